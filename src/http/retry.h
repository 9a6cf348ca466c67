/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_RETRY_H
#define EMB_RETRY_H
/*
 * What to do with a finished attempt, and how long to wait before the next: pure functions, no
 * state, time and randomness passed in. Policy and numbers: exponential backoff U(0.5,1) x min(500
 * ms x 2^k, 30 s); a server's hint (hint.h) is obeyed with 0-10 % added, a hint of 0 means the
 * plain backoff, and one longer than max_wait_ms means stop.
 */
#include "http/gate.h"

enum emb_action {
  EMB_ACTION_DONE,  /* good: the reply stands */
  EMB_ACTION_RETRY, /* may go away: 408 409 425 429 5xx 529, broken connections, cut bodies */
  EMB_ACTION_SPLIT, /* the batch may be at fault: 400 413 422 */
  EMB_ACTION_FAIL,  /* this request will never work */
  EMB_ACTION_FATAL  /* no request of this client will work: 401 402 403 404 405, quota, certificate
                     */
};

struct emb_verdict {
  enum emb_action action;
  long hint_ms;       /* the server's wish; -1 if none */
  struct emb_err err; /* why, when not DONE */
};

struct emb_retry_policy {
  int max_retries;         /* attempts = 1 + max_retries */
  long attempt_timeout_ms; /* of one exchange */
  long deadline_ms;        /* of the job from submit, waits included; 0: none */
  long max_wait_ms;        /* a longer hint means stop */
};

#define EMB_RETRY_POLICY_DEFAULT                                                                   \
  { 5, 30000, 300000, 120000 }

/* Judges by status, transport failure and x-should-retry alone; fills action, hint_ms and a plain
 * err. */
void emb_retry_judge(const struct emb_reply *reply, long long unix_now_ms,
                     struct emb_verdict *verdict);
/* The wait before attempt number `attempts` + 1, or -1 to stop. random01 in [0,1). */
long emb_retry_wait_ms(const struct emb_retry_policy *policy, int attempts, long hint_ms,
                       double random01);
/* What the end of an attempt says about the requests after it. */
enum emb_gate_event emb_retry_event(const struct emb_reply *reply, enum emb_action action,
                                    int timed_out);

#endif
