/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_GATE_H
#define EMB_GATE_H
/*
 * What is known about one place where requests go (a url, a key and a model): how many may be in
 * flight, when the next may start, whether it is worth sending at all. All jobs for that place pass
 * the same gate, so that one "slow down" holds them all back, and what was learned stays for the
 * jobs after them. A gate knows no jobs and no transport; the time is passed in.
 *
 * Five things hold a request back:
 *   pause    the server asked to wait: nothing is sent until then; what is in flight goes on
 *   window   what it takes at once, learned from its refusals: see window.h
 *   spread   little remains of a limit that the server reports: spread over the time to its reset
 *   budget   retries cost, good replies pay: when most requests fail, failures are not repeated
 *   breaker  requests that fail as every other would (no connection, wrong key): after five in a
 *            row nothing is sent for 30 s but a probe; where the server answered before, the rest
 *            waits for up to a minute, else it fails at once
 */
#include "base/message.h"
#include "http/window.h"

/* How an attempt ended, as far as the next requests are concerned. */
enum emb_gate_event {
  EMB_GATE_GOOD,    /* a reply: good, or a refusal of this very input */
  EMB_GATE_LIMITED, /* too many requests: 429 */
  EMB_GATE_STRAIN,  /* may be overload, may be an accident: 503, 529, a timeout */
  EMB_GATE_FAILED,  /* an accident: 500, a broken connection */
  EMB_GATE_BROKEN   /* every other request would meet it */
};

struct emb_gate_end {
  enum emb_gate_event event;
  int answered;         /* a status came */
  long long started_ms; /* when the attempt started */
  long took_ms;         /* without the consumer's pauses */
  long hint_ms;         /* what the server asks to wait; -1: nothing */
  /* what the server says remains, -1 if nothing, and when that is whole again */
  double requests_left, tokens_left;
  long requests_reset_ms, tokens_reset_ms;
  double tokens;             /* what one request takes, about */
  const struct emb_err *err; /* why, when not GOOD */
};

struct emb_gate {
  struct emb_gate *next;
  unsigned long long id;
  int n_jobs; /* that hold a pointer to it */
  int in_flight, peak;
  struct emb_window window;
  double strain; /* share of strained replies, smoothed */
  /* spread */
  double demand; /* how many are in flight together, of late */
  double spread_ms, spread_next_ms;
  long long spread_until_ms;
  /* pause */
  long long resume_ms, paused_ms; /* paused_ms: all pauses so far */
  int n_refused;                  /* 429s since the last good reply */
  double budget;
  /* breaker */
  int n_broken, is_shut, is_probing, is_outage;
  long long outage_ms, broken_ms, shut_until_ms, asked_ms;
  struct emb_err why; /* of the pause or the breaker */
};

/* Answers of emb_gate_wait_ms. */
enum {
  EMB_GATE_SHUT = -1, /* do not send: `why` says why */
  EMB_GATE_FULL = -2  /* when another request has ended */
};

struct emb_gates {
  struct emb_gate *first; /* owned list, the last used first */
  int n;
};

/* The identity of a place. key and model may be NULL. */
unsigned long long emb_gate_id(const char *url, const char *key, const char *model);
/* The gate of that identity, made when it is not there; NULL: out of memory. It stays while it has
 * jobs; of many others the oldest is forgotten. */
struct emb_gate *emb_gates_get(struct emb_gates *gates, unsigned long long id);
/* The same, NULL when it is not there. */
const struct emb_gate *emb_gates_find(const struct emb_gates *gates, unsigned long long id);
void emb_gates_release(struct emb_gates *gates);

void emb_gate_init(struct emb_gate *gate, unsigned long long id);
/* 0: a request may start now; ms to wait; or one of the answers above. */
long emb_gate_wait_ms(struct emb_gate *gate, long long now_ms);
/* 1 where the server, not our own window, holds requests back: its wish, or that it is away. */
int emb_gate_is_paused(const struct emb_gate *gate, long long now_ms);
/* 1 where only what remains of a limit that the server reported holds requests back. */
int emb_gate_is_spread(const struct emb_gate *gate, long long now_ms);
void emb_gate_start(struct emb_gate *gate, long long now_ms);
/* Returns 1 for a refusal that says nothing new: it was on its way when another one cut the window.
 */
int emb_gate_end(struct emb_gate *gate, const struct emb_gate_end *end, long long now_ms);
/* Ends an attempt of which nothing was learned. */
void emb_gate_cancel(struct emb_gate *gate);
/* Holds everything back until then. */
void emb_gate_pause(struct emb_gate *gate, long long until_ms, long long now_ms,
                    const struct emb_err *why);
/* Lets nothing through until then, but a probe after a silence. */
void emb_gate_shut(struct emb_gate *gate, long long until_ms, long long now_ms,
                   const struct emb_err *why);
/* Pays for a retry; 0 when the budget does not allow it. */
int emb_gate_pay(struct emb_gate *gate, int timed_out);
/* "closed", "open" or "half-open", for tables. */
const char *emb_gate_breaker(const struct emb_gate *gate, long long now_ms);

#endif
