/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Gates: see gate.h. Arithmetic over a struct; the time is passed in.
 *
 * The window. Before the first refusal it is open: the caller's own limit is the window, and a
 * server without limits is used in full from the first request on. A refusal cuts it, at most once
 * for all requests that were in flight together. Then it returns quickly to just below where it was
 * refused, creeps past that point, and climbs by one per round trip beyond. Cuts by 0.7 alone would
 * leave a sixth of a limit unused; creeping finds the limit and meets few refusals there.
 *
 * Starts are spread by reply time / window, so a limit of 50 a second holds whether a reply takes
 * 10 ms (half a request in flight) or 10 s (500).
 *
 * A 429 that comes by accident looks like the limit. Each lowers the ceiling more than creeping has
 * raised it, unless they are rare: so what is far below the highest ceiling that was earned creeps
 * back more quickly, or accidents would press the window down for good.
 *
 * A lone 503 or timeout is an accident like a broken connection and must not slow the rest down;
 * it takes a share of them to call it overload. A 503 that asks for a pause gets the pause, no
 * more.
 */
#include "http/gate.h"

#include <string.h>

#include "base/mem.h"

#define MAX_GATES 64
#define CUT 0.7
#define DEEP_CUT 0.5        /* when none was let in since the last cut */
#define DEEPEST_CUT 0.2     /* when hardly any was before it, too */
#define SEARCH 0.25         /* growth per good reply while the limit is unknown */
#define CLIMB 0.1           /* the same above the last limit, at least */
#define NEAR 0.95           /* of the ceiling: where the quick return ends */
#define PAST 1.05           /* of the ceiling: where creeping ends */
#define RETURN_REPLIES 4.0  /* good replies for half of the way back, at least */
#define CREEP_REPLIES 600.0 /* good replies from NEAR to PAST, at least */
#define LOW 0.75            /* of the highest ceiling: below it creeping is quick */
#define LOW_CREEP_REPLIES 100.0
#define EARNED 150         /* good replies between two refusals: the ceiling was no accident */
#define SOON 60            /* the same: it may have come down to stay */
#define FORGET (1.0 / 128) /* of the way down from the highest ceiling, then */
#define SLOWEST_MS 30000.0 /* between two starts */
#define SMOOTH_DEMAND (1.0 / 8)
#define OVERLOAD 0.2 /* share of strained replies that is no accident */
#define SMOOTH_STRAIN (1.0 / 64)
#define SMOOTH_REPLY (1.0 / 8)
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
  gate->broken_ms = gate->cut_ms = -1;
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
  /* after a refusal, and before it is known how long a good reply takes, one is waited for */
  int is_blind = gate->window > 0 && gate->reply_ms <= 0 && gate->in_flight > 0;
  if (is_blind || (gate->window > 0 && gate->in_flight >= gate->window)) {
    gate->wanted = 1;
    return EMB_GATE_FULL;
  }
  if (gate->spread_ms > 0 && now_ms >= gate->spread_until_ms) gate->spread_ms = 0;
  if (gate->next_ms > (double)now_ms) {
    gate->wanted = 1;
    return until(gate->next_ms, now_ms);
  }
  if (gate->spread_ms > 0 && gate->spread_next_ms > (double)now_ms)
    return until(gate->spread_next_ms, now_ms);
  return 0;
}

int emb_gate_is_spread(const struct emb_gate *gate, long long now_ms) {
  return !gate->is_shut && gate->resume_ms <= now_ms && gate->next_ms <= (double)now_ms &&
         gate->spread_ms > 0 && gate->spread_next_ms > (double)now_ms;
}

void emb_gate_start(struct emb_gate *gate, long long now_ms) {
  double now = (double)now_ms;
  if (++gate->in_flight > gate->peak) {
    gate->peak = gate->in_flight;
    if (gate->peak > BUDGET_SLOTS) gate->budget += BUDGET_PER_SLOT;
  }
  if (gate->in_flight > gate->demand) gate->demand = gate->in_flight;
  gate->is_probing = gate->is_shut;
  if (gate->window > 0) {
    double gap = gate->reply_ms / gate->window;
    if (gap > SLOWEST_MS) gap = SLOWEST_MS;
    /* whole milliseconds must not add up: a start that came a little late is made up for */
    gate->next_ms = (gate->next_ms > now - 2 ? gate->next_ms : now) + gap;
  }
  if (gate->spread_ms > 0) gate->spread_next_ms = now + gate->spread_ms;
}

/* ---- after it ---- */

/* After a good reply that others waited for. A round trip is as many of those as the window holds.
 */
static void grow(struct emb_gate *gate) {
  double w = gate->window, share = w < 1 ? w : 1;
  double near = gate->ceiling * NEAR, past = gate->ceiling * PAST;
  if (w < near) {
    gate->window += (gate->ceiling - w) / 2 / (w > RETURN_REPLIES ? w : RETURN_REPLIES);
  } else if (gate->is_searching) {
    gate->window += SEARCH * share;
  } else if (w < past) {
    double replies = 8 * w > CREEP_REPLIES ? 8 * w : CREEP_REPLIES;
    if (gate->ceiling < gate->highest * LOW) replies = LOW_CREEP_REPLIES;
    gate->window += (past - near) / replies;
  } else {
    gate->window += (1 / w > CLIMB ? 1 / w : CLIMB) * share * share;
  }
}

/* Remembers how high the ceiling was. */
static void note_ceiling(struct emb_gate *gate, int is_guess) {
  if (is_guess)
    gate->highest = 0;
  else if (gate->ceiling > gate->highest && gate->new_good >= EARNED)
    gate->highest = gate->ceiling;
  else if (gate->ceiling < gate->highest && gate->new_good < SOON)
    gate->highest -= (gate->highest - gate->ceiling) * FORGET;
}

/* How much is cut depends on how much was let in since the last cut: if nothing, or if hardly any
 * of what was in flight then, the window is far above the limit and the ceiling a guess. */
static void cut(struct emb_gate *gate, long long now_ms, int in_flight) {
  double before = gate->window > 0 ? gate->window : in_flight;
  double smallest = gate->reply_ms > 0 ? gate->reply_ms / SLOWEST_MS : 1;
  int hardly_any = gate->old_bad >= 8 && gate->old_good * 4 < gate->old_bad;
  double share = gate->new_good && !hardly_any   ? CUT
                 : !gate->new_good && hardly_any ? DEEPEST_CUT
                                                 : DEEP_CUT;
  int was_guess = gate->is_searching;
  gate->is_searching = gate->window <= 0 || !gate->new_good;
  gate->window = before * share;
  gate->ceiling = gate->is_searching || hardly_any ? gate->window / CUT : before;
  note_ceiling(gate, was_guess || gate->is_searching || hardly_any);
  if (gate->window < smallest) gate->window = smallest;
  gate->cut_ms = now_ms;
  gate->wanted = gate->new_good = gate->old_good = gate->old_bad = 0;
}

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
  int is_outage = gate->reply_ms > 0 && !end->answered && now_ms - gate->outage_ms < OUTAGE_MS;
  emb_gate_shut(gate, now_ms + (is_outage ? PROBE_MS : SHUT_MS), now_ms, end->err);
  gate->is_outage = is_outage;
}

static void good(struct emb_gate *gate, long took_ms) {
  gate->reply_ms += ((double)took_ms - gate->reply_ms) * (gate->reply_ms > 0 ? SMOOTH_REPLY : 1);
  if (gate->reply_ms < 1) gate->reply_ms = 1;
  gate->n_refused = 0;
  int slots = gate->peak > BUDGET_SLOTS ? gate->peak : BUDGET_SLOTS;
  if (gate->budget < slots * BUDGET_PER_SLOT) gate->budget++;
  if (gate->window > 0 && gate->wanted) grow(gate);
  gate->wanted = 0;
}

int emb_gate_end(struct emb_gate *gate, const struct emb_gate_end *end, long long now_ms) {
  int in_flight = gate->in_flight--;
  int is_new = end->started_ms >= gate->cut_ms; /* else it was on its way when the window was cut */
  int is_good = end->event == EMB_GATE_GOOD, strained = end->event == EMB_GATE_STRAIN;
  gate->is_probing = 0;
  gate->strain += ((strained ? 1 : 0) - gate->strain) * SMOOTH_STRAIN;
  if (end->event == EMB_GATE_BROKEN) {
    broken(gate, end, now_ms);
    return 0;
  }
  if (end->answered) gate->is_shut = gate->n_broken = 0;
  int is_refusal = end->event == EMB_GATE_LIMITED || (strained && gate->strain > OVERLOAD);
  if (is_new)
    gate->new_good += is_good;
  else if (is_good || is_refusal)
    *(is_good ? &gate->old_good : &gate->old_bad) += 1;
  if (is_good) good(gate, end->took_ms);
  if (end->event == EMB_GATE_LIMITED) gate->n_refused++;
  if (is_refusal && is_new) cut(gate, now_ms, in_flight);
  spread(gate, end, now_ms);
  gate->demand -= gate->demand * SMOOTH_DEMAND;
  return is_refusal && !is_new;
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
