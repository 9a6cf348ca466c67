/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_WINDOW_H
#define EMB_WINDOW_H
/*
 * How many requests a place takes at once, learned from what it refuses: AIMD. Open at first; a
 * refusal cuts it, good replies widen it again, slowly where it was refused before. Its fraction
 * counts: starts are spread over the time of a reply. Refusals that come by accident, and not for
 * want of room, are found out by a trial and allowed for.
 *
 * A window knows no requests: how many are in flight is passed in, and so is the time.
 */

struct emb_window {
  double size;    /* requests at once; 0: open */
  double ceiling; /* where it was last refused; 0: unknown */
  double highest; /* the highest ceiling since the last trial; 0: unknown */
  int wanted;     /* a request had to wait for it */
  /* the last cut: when, -1: none; from what; the requests in flight then */
  long long cut_ms;
  double cut_from;
  int flight;
  int is_searching; /* the ceiling is a guess */
  /* good and refused replies to requests that started after the last cut; the same before it */
  long new_good, new_bad, old_good, old_bad;
  /* refusals that come whatever is sent: their share of all, and how many more came of late */
  double strays, excess;
  double apart; /* good replies for each refused one, smoothed */
  /* the replies of a trial, 0: there is none; those that came; the refused among them */
  int trial, trial_done, trial_bad;
  double reply_ms; /* smoothed time of a good reply; 0: none came yet */
  double next_ms;  /* no start before: the fraction */
};

/* How an attempt ended. One that is neither good nor refused says nothing. */
struct emb_window_end {
  int is_good, is_refusal;
  long long started_ms;
  long took_ms;
  long hint_ms;  /* what a refusal asks to wait; -1: nothing */
  int in_flight; /* with this one */
};

void emb_window_init(struct emb_window *window);
/* 1 when the next request may start no sooner than another has ended. */
int emb_window_is_full(const struct emb_window *window, int in_flight);
void emb_window_start(struct emb_window *window, long long now_ms);
/* Returns 1 for a refusal that says nothing new: it was on its way when another one cut the window.
 */
int emb_window_end(struct emb_window *window, const struct emb_window_end *end, long long now_ms);

#endif
