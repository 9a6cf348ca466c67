/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_RATE_H
#define EMB_RATE_H
/*
 * A token bucket with the time passed in: requests_per_minute and tokens_per_minute of one client.
 * A bucket starts full; it holds one minute's worth at most 1/6 (10 s) so that bursts stay small.
 */
struct emb_rate {
  double per_ms;   /* refill; 0: no limit */
  double capacity; /* largest burst */
  double available;
  long long at_ms; /* when `available` was true */
};

/* per_minute <= 0: no limit. */
void emb_rate_init(struct emb_rate *rate, double per_minute, long long now_ms);
/* Ms until `amount` may be taken (0: now). More than the capacity waits for a full bucket. */
long emb_rate_wait_ms(struct emb_rate *rate, double amount, long long now_ms);
/* Takes `amount`; may go below zero (an oversized request pays later). */
void emb_rate_take(struct emb_rate *rate, double amount, long long now_ms);

#endif
