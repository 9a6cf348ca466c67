/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Gates: see gate.h. Arithmetic over a struct; the time is passed in.
 *
 * A lone 503 or timeout is an accident like a broken connection and must not slow the rest down;
 * it takes a share of them to call it overload. A 503 that asks for a pause gets the pause, no
 * more.
 */
#include "http/gate.h"

#include <string.h>

#include "base/mem.h"

#define MAX_GATES 64
#define SMOOTH_DEMAND (1.0 / 8)
#define OVERLOAD 0.2 /* share of strained replies that is no accident */
#define SMOOTH_STRAIN (1.0 / 64)
#define MAX_SPREAD_MS 120000.0 /* a limit that is further away is met when it is met */
#define BUDGET_PER_SLOT 50     /* of the requests that were in flight together at most */
#define BUDGET_SLOTS 10        /* but no fewer */
#define RETRY_COST 5
#define TIMEOUT_COST 10
#define BREAK_AFTER 5
#define SHUT_MS 30000
#define OUTAGE_MS 60000 /* how long a server that answered before is waited for */
#define PROBE_MS 5000   /* how often it is asked meanwhile */
#define QUIET_MS 2000   /* after a silence a request is a new try of the user's */

unsigned long long emb_gate_id(const char *url, const char *key, const char *model) {
  const char *parts[] = {url, key, model};
  unsigned long long hash = 14695981039346656037ULL; /* FNV-1a: keeps no key */
  for (int i = 0; i < 3; i++) {
    for (const char *p = parts[i] ? parts[i] : ""; *p; p++)
      hash = (hash ^ (unsigned char)*p) * 1099511628211ULL;
    hash *= 1099511628211ULL; /* a 0 between the parts */
  }
  return hash;
}

void emb_gate_init(struct emb_gate *gate, unsigned long long id) {
  memset(gate, 0, sizeof *gate);
  gate->id = id;
  gate->budget = BUDGET_SLOTS * BUDGET_PER_SLOT;
  gate->broken_ms = -1;
  emb_window_init(&gate->window);
}

/* Forgets the least used gate without jobs. */
static void forget_one(struct emb_gates *gates) {
  struct emb_gate **oldest = NULL;
  for (struct emb_gate **at = &gates->first; *at; at = &(*at)->next)
    if (!(*at)->n_jobs) oldest = at;
  if (!oldest) return;
  struct emb_gate *gate = *oldest;
  *oldest = gate->next;
  emb_free(gate);
  gates->n--;
}

struct emb_gate *emb_gates_get(struct emb_gates *gates, unsigned long long id) {
  struct emb_gate **at = &gates->first, *gate;
  while (*at && (*at)->id != id) at = &(*at)->next;
  if ((gate = *at)) {
    *at = gate->next;
  } else {
    if (gates->n >= MAX_GATES) forget_one(gates);
    if (!(gate = emb_malloc(sizeof *gate))) return NULL;
    emb_gate_init(gate, id);
    gates->n++;
  }
  gate->next = gates->first;
  return gates->first = gate;
}

const struct emb_gate *emb_gates_find(const struct emb_gates *gates, unsigned long long id) {
  const struct emb_gate *gate = gates->first;
  while (gate && gate->id != id) gate = gate->next;
  return gate;
}

void emb_gates_release(struct emb_gates *gates) {
  while (gates->first) {
    struct emb_gate *next = gates->first->next;
    emb_free(gates->first);
    gates->first = next;
  }
  gates->n = 0;
}

/* ---- before a request ---- */

static long until(double at_ms, long long now_ms) {
  double left = at_ms - (double)now_ms;
  long whole = (long)left;
  return (double)whole < left ? whole + 1 : whole;
}

static int is_shut_now(const struct emb_gate *gate, long long now_ms) {
  return gate->is_shut && now_ms < gate->shut_until_ms && now_ms - gate->asked_ms < QUIET_MS;
}

int emb_gate_is_paused(const struct emb_gate *gate, long long now_ms) {
  return gate->resume_ms > now_ms || (gate->is_outage && is_shut_now(gate, now_ms));
}

long emb_gate_wait_ms(struct emb_gate *gate, long long now_ms) {
  if (gate->is_shut) {
    if (gate->is_probing) return EMB_GATE_FULL;
    int shut = is_shut_now(gate, now_ms);
    gate->asked_ms = now_ms;
    if (shut) return gate->is_outage ? (long)(gate->shut_until_ms - now_ms) : EMB_GATE_SHUT;
  }
  if (gate->resume_ms > now_ms) return (long)(gate->resume_ms - now_ms);
  if (emb_window_is_full(&gate->window, gate->in_flight)) {
    gate->window.wanted = 1;
    return EMB_GATE_FULL;
  }
  if (gate->spread_ms > 0 && now_ms >= gate->spread_until_ms) gate->spread_ms = 0;
  if (gate->window.next_ms > (double)now_ms) {
    gate->window.wanted = 1;
    return until(gate->window.next_ms, now_ms);
  }
  if (gate->spread_ms > 0 && gate->spread_next_ms > (double)now_ms)
    return until(gate->spread_next_ms, now_ms);
  return 0;
}

int emb_gate_is_spread(const struct emb_gate *gate, long long now_ms) {
  return !gate->is_shut && gate->resume_ms <= now_ms && gate->window.next_ms <= (double)now_ms &&
         gate->spread_ms > 0 && gate->spread_next_ms > (double)now_ms;
}

void emb_gate_start(struct emb_gate *gate, long long now_ms) {
  if (++gate->in_flight > gate->peak) {
    gate->peak = gate->in_flight;
    if (gate->peak > BUDGET_SLOTS) gate->budget += BUDGET_PER_SLOT;
  }
  if (gate->in_flight > gate->demand) gate->demand = gate->in_flight;
  gate->is_probing = gate->is_shut;
  emb_window_start(&gate->window, now_ms);
  if (gate->spread_ms > 0) gate->spread_next_ms = (double)now_ms + gate->spread_ms;
}

/* ---- after it ---- */

/* Spreads what remains of a limit, when it is less than what may soon be asked for. */
static double spread_of(double left, double each, long reset_ms, double demand) {
  if (left < 0 || reset_ms <= 0 || each <= 0) return 0;
  double requests = left / each;
  if (requests >= demand) return 0;
  double gap = (double)reset_ms / (requests + 1);
  return gap <= MAX_SPREAD_MS ? gap : 0;
}

static void spread(struct emb_gate *gate, const struct emb_gate_end *end, long long now_ms) {
  if (end->requests_left < 0 && end->tokens_left < 0) return; /* nothing said: as it was */
  double by_requests = spread_of(end->requests_left, 1, end->requests_reset_ms, gate->demand);
  double by_tokens = spread_of(end->tokens_left, end->tokens, end->tokens_reset_ms, gate->demand);
  double gap = by_requests > by_tokens ? by_requests : by_tokens;
  long reset_ms = by_requests > by_tokens ? end->requests_reset_ms : end->tokens_reset_ms;
  if (gap > 0 && gate->spread_ms <= 0) gate->spread_next_ms = (double)now_ms + gap;
  gate->spread_ms = gap;
  gate->spread_until_ms = now_ms + reset_ms;
}

/* A request that was under way when another of its kind failed says nothing new. A server that
 * answered before and cannot be reached now may be starting anew: it is waited for, for a while, so
 * that a restart does not cost all that was still to be sent. */
static void broken(struct emb_gate *gate, const struct emb_gate_end *end, long long now_ms) {
  if (end->started_ms < gate->broken_ms) return;
  if (!gate->n_broken++) gate->outage_ms = now_ms;
  gate->broken_ms = now_ms;
  if (gate->n_broken < BREAK_AFTER && !gate->is_shut) return;
  int is_outage =
      gate->window.reply_ms > 0 && !end->answered && now_ms - gate->outage_ms < OUTAGE_MS;
  emb_gate_shut(gate, now_ms + (is_outage ? PROBE_MS : SHUT_MS), now_ms, end->err);
  gate->is_outage = is_outage;
}

static void good(struct emb_gate *gate) {
  int slots = gate->peak > BUDGET_SLOTS ? gate->peak : BUDGET_SLOTS;
  if (gate->budget < slots * BUDGET_PER_SLOT) gate->budget++;
  gate->n_refused = 0;
}

int emb_gate_end(struct emb_gate *gate, const struct emb_gate_end *end, long long now_ms) {
  int in_flight = gate->in_flight--, strained = end->event == EMB_GATE_STRAIN;
  gate->is_probing = 0;
  gate->strain += ((strained ? 1 : 0) - gate->strain) * SMOOTH_STRAIN;
  if (end->event == EMB_GATE_BROKEN) {
    broken(gate, end, now_ms);
    return 0;
  }
  if (end->answered) gate->is_shut = gate->n_broken = 0;
  if (end->event == EMB_GATE_GOOD) good(gate);
  if (end->event == EMB_GATE_LIMITED) gate->n_refused++;
  struct emb_window_end of_window = {
      .is_good = end->event == EMB_GATE_GOOD,
      .is_refusal = end->event == EMB_GATE_LIMITED || (strained && gate->strain > OVERLOAD),
      .started_ms = end->started_ms,
      .took_ms = end->took_ms,
      .hint_ms = end->hint_ms,
      .in_flight = in_flight,
  };
  int says_nothing_new = emb_window_end(&gate->window, &of_window, now_ms);
  spread(gate, end, now_ms);
  gate->demand -= gate->demand * SMOOTH_DEMAND;
  return says_nothing_new;
}

void emb_gate_cancel(struct emb_gate *gate) {
  gate->in_flight--;
  gate->is_probing = 0;
}

void emb_gate_pause(struct emb_gate *gate, long long until_ms, long long now_ms,
                    const struct emb_err *why) {
  long long from = gate->resume_ms > now_ms ? gate->resume_ms : now_ms;
  if (until_ms <= from) return;
  gate->paused_ms += until_ms - from;
  gate->resume_ms = until_ms;
  gate->why = *why;
}

void emb_gate_shut(struct emb_gate *gate, long long until_ms, long long now_ms,
                   const struct emb_err *why) {
  gate->is_shut = 1;
  gate->is_probing = gate->is_outage = 0;
  gate->shut_until_ms = until_ms;
  gate->asked_ms = now_ms;
  gate->why = *why;
}

int emb_gate_pay(struct emb_gate *gate, int timed_out) {
  double cost = timed_out ? TIMEOUT_COST : RETRY_COST;
  if (gate->budget < cost) return 0;
  gate->budget -= cost;
  return 1;
}

const char *emb_gate_breaker(const struct emb_gate *gate, long long now_ms) {
  return !gate->is_shut ? "closed" : now_ms < gate->shut_until_ms ? "open" : "half-open";
}
