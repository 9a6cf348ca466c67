/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_POLICY_H
#define EMB_POLICY_H
/*
 * Where a client may send: over https, unless the host is one of our own network or the client says
 * allow_http; and only to hosts that REMBED_ALLOW_HOSTS lists, where it is set. Asked when a client
 * is registered; the transport asks again for each connection (http/curl_setup.c).
 */
#include "embed/options.h"

/* EMB_ECONFIG unless requests of the client may go to that url; `what` names it in the message. */
int emb_policy_check_url(const struct emb_options *options, const char *what, const char *url,
                         struct emb_err *err);
/* The same for every url that the options name, the proxy included. */
int emb_policy_check_options(const struct emb_options *options, struct emb_err *err);

#endif
