/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* SIGPIPE, held back: see sigpipe.h. */
#include "base/sigpipe.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <time.h>

void emb_sigpipe_hold(struct emb_sigpipe *guard) {
  sigset_t pipe_only, pending;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  guard->was_pending = sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
  guard->active = pthread_sigmask(SIG_BLOCK, &pipe_only, &guard->old) == 0;
}

void emb_sigpipe_release(struct emb_sigpipe *guard) {
  if (!guard->active) return;
  sigset_t pending, pipe_only;
  if (!guard->was_pending && sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1) {
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
#ifdef __APPLE__
    int got;
    sigwait(&pipe_only, &got); /* it is pending: returns at once */
#else
    struct timespec zero = {0, 0};
    while (sigtimedwait(&pipe_only, NULL, &zero) < 0 && errno == EINTR) {
    }
#endif
  }
  pthread_sigmask(SIG_SETMASK, &guard->old, NULL);
}
