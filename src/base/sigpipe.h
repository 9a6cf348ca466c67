/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_SIGPIPE_H
#define EMB_SIGPIPE_H
/*
 * Holds SIGPIPE back in this thread around something that writes, and eats the one that it caused:
 * a pipe or socket without a reader must not end the host. NOSIGNAL keeps libcurl's hands off the
 * host's signals, but older TLS libraries write() to sockets that may be closed.
 */
#include <signal.h>

struct emb_sigpipe {
  sigset_t old;
  int active, was_pending;
};

void emb_sigpipe_hold(struct emb_sigpipe *guard);
void emb_sigpipe_release(struct emb_sigpipe *guard);

#endif
