/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Windows: see window.h. Arithmetic over a struct; the time is passed in.
 *
 * Before the first refusal it is open: the caller's own limit is the window, and a server without
 * limits is used in full from the first request on. A refusal cuts it, at most once for all
 * requests that were in flight together. Then it returns quickly to just below where it was
 * refused, creeps past that point, and climbs ever faster beyond. Cuts by 0.7 alone would leave a
 * sixth of a limit unused; creeping finds the limit and meets few refusals there. A large flight
 * that was refused in part shows by how much the window is too wide, as its replies come in:
 * waiting for the next refusals would cost another flight. While everybody waits as the server
 * asks, its limit saves up, and then bears more than it does for long: that is discounted.
 *
 * Starts are spread by reply time / window, so a limit of 50 a second holds whether a reply takes
 * 10 ms (half a request in flight) or 10 s (500).
 *
 * A 429 that comes by accident looks like the limit, and each one lowers the ceiling by more than
 * creeping has raised it: a few in a hundred would press the window down for good. But accidents
 * also come where there is room. So when the ceiling has fallen far, a window below it is held for
 * a trial, long enough for a refusal if they come as often as before: what is refused there as well
 * was no limit, unless it is far more than before. The share of such strays is then allowed for,
 * the ceiling is what it was before it fell, and only clearly more refusals than that cut again, to
 * another trial. Of strays that were believed wrongly (the ceiling had been far above a real limit)
 * the next cut comes soon, and ends the belief.
 */
#include "http/window.h"

#include <math.h>
#include <string.h>

#define CUT 0.7
#define DEEP_CUT 0.5        /* when none was let in since the last cut, or hardly any before it */
#define DEEPEST_CUT 0.2     /* when both */
#define SEARCH 0.25         /* growth per good reply while the limit is unknown */
#define NEAR 0.95           /* of the ceiling: where the quick return ends */
#define PAST 1.05           /* of the ceiling: where creeping ends */
#define RETURN_REPLIES 4.0  /* good replies for half of the way back, at least */
#define CREEP_REPLIES 800.0 /* good replies from NEAR to PAST, at least */
#define CLIMB_REPLIES 220.0 /* above PAST: in which the way from NEAR grows by itself */
#define SAVED_UP 1.08       /* times what is borne for long: after a pause there is more to use */
#define LARGE_FLIGHT 16     /* requests that were in flight at a cut */
#define LET_IN 0.5          /* of what such a flight seems to show: a full bucket helped it */
#define FELL 0.85           /* of the highest ceiling: time for a trial */
#define TRIAL 0.85          /* of the ceiling: the window meanwhile */
#define TRIAL_LEAST 150     /* replies, good or refused, of requests that it let start */
#define TRIAL_MOST 400      /* where none is refused */
#define TRIAL_APART 2.0     /* of the replies between two refusals, within these */
#define TRIAL_BAD 4         /* refused ones, and as many */
#define TRIAL_WORSE 3       /* times as before: that ends it, the window is still above a limit */
#define APART_LEAST 20.0    /* more often no accidents are expected */
#define BURST (1.0 / 8)     /* of a flight, refused together: a limit did that */
#define BURST_LEAST 2       /* and so many of it */
#define MARGIN 1.5          /* of the strays' share: so much is no limit's */
#define EXCESS 3.0          /* refusals beyond that, to cut */
#define EXCESS_OF_SHARE 20  /* and as many more as chance makes of a large share */
#define SOON 60             /* good replies after a trial: too few for strays to add up to a cut */
#define SLOWEST_MS 30000.0  /* between two starts */
#define SMOOTH_REPLY (1.0 / 8)
#define SMOOTH_APART (1.0 / 4)

void emb_window_init(struct emb_window *window) {
  memset(window, 0, sizeof *window);
  window->cut_ms = -1;
}

int emb_window_is_full(const struct emb_window *window, int in_flight) {
  if (window->size <= 0) return 0;
  /* after a refusal, and before it is known how long a good reply takes, one is waited for */
  int is_blind = window->reply_ms <= 0 && in_flight > 0;
  return is_blind || in_flight >= window->size;
}

void emb_window_start(struct emb_window *window, long long now_ms) {
  if (window->size <= 0) return;
  double now = (double)now_ms, gap = window->reply_ms / window->size;
  if (gap > SLOWEST_MS) gap = SLOWEST_MS;
  /* whole milliseconds must not add up: a start that came a little late is made up for */
  window->next_ms = (window->next_ms > now - 2 ? window->next_ms : now) + gap;
}

/* After a good reply that others waited for. A round trip is as many of those as the window holds.
 */
static void grow(struct emb_window *window) {
  double w = window->size, share = w < 1 ? w : 1;
  double near = window->ceiling * NEAR, past = window->ceiling * PAST;
  if (w < near) {
    window->size += (window->ceiling - w) / 2 / (w > RETURN_REPLIES ? w : RETURN_REPLIES);
  } else if (window->is_searching) {
    window->size += SEARCH * share;
  } else if (w < past) {
    double replies = 8 * w > CREEP_REPLIES ? 8 * w : CREEP_REPLIES;
    window->size += (past - near) / replies;
  } else {
    window->size += (w - near) / CLIMB_REPLIES;
  }
}

/* ---- refusals that no limit explains ---- */

/* Whether a good part of the flight at the last cut was refused. */
static int was_burst(const struct emb_window *window) {
  double flight = (double)(window->old_good + window->old_bad);
  return window->old_bad >= BURST_LEAST && (double)window->old_bad > flight * BURST;
}

/* At a cut, which the caller has made the ceiling: whether what was refused may be strays. */
static int may_be_strays(const struct emb_window *window) {
  if (was_burst(window)) return 0;
  return window->strays > 0 || (window->highest >= 1 && window->ceiling < window->highest * FELL);
}

static void begin_trial(struct emb_window *window) {
  double n = window->apart * TRIAL_APART;
  window->trial = n < TRIAL_LEAST ? TRIAL_LEAST : n > TRIAL_MOST ? TRIAL_MOST : (int)n;
  window->trial_done = window->trial_bad = 0;
  window->size = window->ceiling * TRIAL;
}

static void end_trial(struct emb_window *window) {
  window->trial = 0;
  window->excess = 0;
  window->strays = (double)window->trial_bad / window->trial_done;
  if (window->trial_bad)
    window->ceiling = window->highest;
  else
    window->highest = window->ceiling;
}

/* Counts a reply or refusal of a trial; 1 when it ends with a cut. */
static int is_failed_trial(struct emb_window *window, int is_refusal) {
  window->trial_done++;
  window->trial_bad += is_refusal;
  double apart = window->apart > APART_LEAST ? window->apart : APART_LEAST;
  if (window->trial_bad > TRIAL_BAD + TRIAL_WORSE * window->trial_done / apart) return 1;
  if (window->trial_done >= (window->trial_bad ? TRIAL_LEAST : window->trial)) end_trial(window);
  return 0;
}

/* Counts a reply or refusal; 1 when the window is to be cut. */
static int is_too_much(struct emb_window *window, int is_refusal) {
  if (window->trial) return is_failed_trial(window, is_refusal);
  if (window->strays <= 0) return is_refusal;
  window->excess += is_refusal ? 1 : -MARGIN * window->strays;
  if (window->excess < 0) window->excess = 0;
  return is_refusal && window->excess >= EXCESS + EXCESS_OF_SHARE * window->strays;
}

/* At a cut: what it says of strays, and whether the next replies are a trial. */
static void suspect(struct emb_window *window, int is_guess) {
  int was_limit =
      window->trial || (window->strays > 0 && window->new_good < window->trial_done + SOON);
  if (was_limit) window->strays = window->highest = 0;
  window->trial = 0;
  window->excess = 0;
  window->apart +=
      ((double)window->new_good / (double)window->new_bad - window->apart) * SMOOTH_APART;
  if (is_guess) {
    window->highest = 0;
    return;
  }
  if (was_burst(window)) window->highest = window->ceiling; /* what was above it was no room */
  if (may_be_strays(window)) begin_trial(window);
  if (window->ceiling > window->highest) window->highest = window->ceiling;
}

/* ---- after an attempt ---- */

/* At a cut with a pause, as the one before it, so that the limit had nothing left at both ends:
 * what it let in between is what it bears. It is less where it could not save up all of the pause;
 * so the ceiling goes half of the way there, and what the coming pause saves up is to be used. */
static void discount_pause(struct emb_window *window, long long now_ms) {
  if (window->cut_ms < 0 || !window->new_good) return;
  double n = (double)(window->new_good + window->old_good);
  double borne = n * window->reply_ms / (double)(now_ms - window->cut_ms);
  if (borne >= window->ceiling) return;
  window->ceiling = sqrt(borne * window->ceiling) * SAVED_UP;
  if (window->size > window->ceiling * NEAR) window->size = window->ceiling * NEAR;
}

/* How much is cut depends on how much was let in since the last cut: if nothing, and not most of
 * what was in flight then, or hardly any of that, the window is far above the limit and the ceiling
 * a guess. */
static void cut(struct emb_window *window, const struct emb_window_end *end, long long now_ms) {
  double before = window->size > 0 ? window->size : end->in_flight;
  double smallest = window->reply_ms > 0 ? window->reply_ms / SLOWEST_MS : 1;
  int none = !window->new_good && window->old_good <= window->old_bad;
  int hardly_any = window->old_bad >= 8 && window->old_good * 4 < window->old_bad;
  double share = none && hardly_any ? DEEPEST_CUT : none || hardly_any ? DEEP_CUT : CUT;
  window->is_searching = window->size <= 0 || none;
  window->size = before * share;
  window->ceiling = window->is_searching || hardly_any ? window->size / CUT : before;
  if (end->hint_ms > window->reply_ms) discount_pause(window, now_ms);
  suspect(window, window->is_searching || hardly_any);
  if (window->size < smallest) window->size = smallest;
  window->cut_from = before;
  window->flight = end->in_flight;
  window->cut_ms = now_ms;
  window->wanted = 0;
  window->new_good = window->new_bad = window->old_good = window->old_bad = 0;
}

/* A window that is not half used is wide enough: it may be far above a limit that nobody met. */
static void good(struct emb_window *window, const struct emb_window_end *end) {
  double weight = window->reply_ms > 0 ? SMOOTH_REPLY : 1;
  window->reply_ms += ((double)end->took_ms - window->reply_ms) * weight;
  if (window->reply_ms < 1) window->reply_ms = 1;
  if (window->size > 0 && window->wanted && end->in_flight * 2 >= window->size && !window->trial)
    grow(window);
  window->wanted = 0;
}

/* After one more refusal of the flight at the last cut. */
static void narrow(struct emb_window *window) {
  if (window->flight < LARGE_FLIGHT) return;
  double let_in = window->cut_from * (1 - (double)window->old_bad / window->flight);
  double share = window->is_searching ? LET_IN : 1, least = window->cut_from / 10;
  double size = let_in * share > least ? let_in * share : least;
  if (size >= window->size) return;
  window->size = size;
  if (window->is_searching) window->ceiling = size / share;
}

int emb_window_end(struct emb_window *window, const struct emb_window_end *end, long long now_ms) {
  int is_new = end->started_ms >= window->cut_ms; /* else it was on its way at the last cut */
  *(is_new ? &window->new_good : &window->old_good) += end->is_good;
  *(is_new ? &window->new_bad : &window->old_bad) += end->is_refusal;
  int counts = is_new && (end->is_good || end->is_refusal);
  if (end->is_good) good(window, end);
  if (counts && is_too_much(window, end->is_refusal)) cut(window, end, now_ms);
  if (end->is_refusal && !is_new) narrow(window);
  return end->is_refusal && !is_new;
}
