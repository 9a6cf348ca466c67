/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Windows: see window.h. Arithmetic over a struct; the time is passed in.
 *
 * Before the first refusal it is open: the caller's own limit is the window, and a server without
 * limits is used in full from the first request on. A refusal cuts it, at most once for all
 * requests that were in flight together. Then it returns quickly to just below where it was
 * refused, creeps past that point, and climbs by one per round trip beyond. Cuts by 0.7 alone would
 * leave a sixth of a limit unused; creeping finds the limit and meets few refusals there.
 *
 * Starts are spread by reply time / window, so a limit of 50 a second holds whether a reply takes
 * 10 ms (half a request in flight) or 10 s (500).
 *
 * A 429 that comes by accident looks like the limit. Each lowers the ceiling more than creeping has
 * raised it, unless they are rare: so what is far below the highest ceiling that was earned creeps
 * back more quickly, or accidents would press the window down for good.
 */
#include "http/window.h"

#include <string.h>

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
#define SMOOTH_REPLY (1.0 / 8)

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
    if (window->ceiling < window->highest * LOW) replies = LOW_CREEP_REPLIES;
    window->size += (past - near) / replies;
  } else {
    window->size += (1 / w > CLIMB ? 1 / w : CLIMB) * share * share;
  }
}

/* Remembers how high the ceiling was. */
static void note_ceiling(struct emb_window *window, int is_guess) {
  if (is_guess)
    window->highest = 0;
  else if (window->ceiling > window->highest && window->new_good >= EARNED)
    window->highest = window->ceiling;
  else if (window->ceiling < window->highest && window->new_good < SOON)
    window->highest -= (window->highest - window->ceiling) * FORGET;
}

/* How much is cut depends on how much was let in since the last cut: if nothing, or if hardly any
 * of what was in flight then, the window is far above the limit and the ceiling a guess. */
static void cut(struct emb_window *window, long long now_ms, int in_flight) {
  double before = window->size > 0 ? window->size : in_flight;
  double smallest = window->reply_ms > 0 ? window->reply_ms / SLOWEST_MS : 1;
  int hardly_any = window->old_bad >= 8 && window->old_good * 4 < window->old_bad;
  double share = window->new_good && !hardly_any   ? CUT
                 : !window->new_good && hardly_any ? DEEPEST_CUT
                                                 : DEEP_CUT;
  int was_guess = window->is_searching;
  window->is_searching = window->size <= 0 || !window->new_good;
  window->size = before * share;
  window->ceiling = window->is_searching || hardly_any ? window->size / CUT : before;
  note_ceiling(window, was_guess || window->is_searching || hardly_any);
  if (window->size < smallest) window->size = smallest;
  window->cut_ms = now_ms;
  window->wanted = window->new_good = window->old_good = window->old_bad = 0;
}

static void good(struct emb_window *window, long took_ms) {
  window->reply_ms +=
      ((double)took_ms - window->reply_ms) * (window->reply_ms > 0 ? SMOOTH_REPLY : 1);
  if (window->reply_ms < 1) window->reply_ms = 1;
  if (window->size > 0 && window->wanted) grow(window);
  window->wanted = 0;
}

int emb_window_end(struct emb_window *window, const struct emb_window_end *end, long long now_ms) {
  int is_new = end->started_ms >= window->cut_ms; /* else it was on its way at the last cut */
  if (is_new)
    window->new_good += end->is_good;
  else if (end->is_good || end->is_refusal)
    *(end->is_good ? &window->old_good : &window->old_bad) += 1;
  if (end->is_good) good(window, end->took_ms);
  if (end->is_refusal && is_new) cut(window, now_ms, end->in_flight);
  return end->is_refusal && !is_new;
}
