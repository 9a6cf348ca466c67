/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_TRANSPORT_H
#define EMB_TRANSPORT_H
/*
 * The seam between the scheduler and the network: a table of calls. curl.c is the real one, tests
 * give a script. A transport never queues, never retries, never looks at a deadline: the engine
 * does. reply->may_retry is 1 for a failure that may go away, 2 for one worth a few attempts only
 * (a name that does not resolve), 0 for one that stays.
 */
#include "base/message.h"

/* One exchange in flight. The engine owns it; the transport fills `reply` and sets `done`. */
struct emb_exchange {
  const struct emb_request *request; /* borrowed until done or cancelled */
  struct emb_sink *sink;             /* borrowed; NULL: 2xx bodies go to reply->body (16 MiB) */
  struct emb_reply *reply;           /* borrowed; cleared by the engine before start */
  int sink_error;                    /* what sink->write returned, if it stopped the transfer */
  int done;                          /* set by the transport when the exchange has ended */
  void *handle;                      /* the transport's own; NULL when not in flight */
};

struct emb_transport {
  void *ctx;
  /* Starts an exchange. 0, or a code when it could not be started (nothing is in flight then).
   * The engine has called sink->begin before. */
  int (*start)(void *ctx, struct emb_exchange *exchange);
  /* Moves bytes, waiting at most wait_ms (0: not at all) for something to happen. */
  int (*poll)(void *ctx, int wait_ms);
  /* Ends an exchange at once; `done` stays 0 and the handle is gone. May leave in
   * reply->transport_text what it was at ("connecting to localhost:11434"). */
  void (*cancel)(void *ctx, struct emb_exchange *exchange);
  void (*close)(void *ctx);
  /* Milliseconds of a monotonic clock. */
  long long (*now_ms)(void *ctx);
  /* Milliseconds of the wall clock, for dates in headers. NULL: the system's. */
  long long (*unix_ms)(void *ctx);
};

#endif
