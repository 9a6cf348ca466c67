/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Token buckets: see rate.h. Pure arithmetic over a struct of the caller's; the time is passed in.
 *
 * Invariant: available <= capacity. It may be negative: a request larger than the bucket is let
 * through once the bucket is full and its debt then holds back the ones after it, so the long-run
 * rate is exact for any request size. A clock that steps back refills nothing and forgets nothing.
 */
#include "http/rate.h"

#include <limits.h>

#define BURST_MS 10000.0 /* a bucket holds what flows in during this time */

void emb_rate_init(struct emb_rate *rate, double per_minute, long long now_ms) {
  /* written so that NaN means no limit as well */
  rate->per_ms = per_minute > 0 ? per_minute / 60000.0 : 0;
  rate->capacity = rate->per_ms * BURST_MS;
  rate->available = rate->capacity;
  rate->at_ms = now_ms;
}

static void refill(struct emb_rate *rate, long long now_ms) {
  if (now_ms > rate->at_ms) {
    rate->available += (double)(now_ms - rate->at_ms) * rate->per_ms;
    if (rate->available > rate->capacity) rate->available = rate->capacity;
  }
  rate->at_ms = now_ms;
}

long emb_rate_wait_ms(struct emb_rate *rate, double amount, long long now_ms) {
  if (rate->per_ms <= 0) return 0;
  refill(rate, now_ms);
  double need = amount < rate->capacity ? amount : rate->capacity;
  double missing = need - rate->available;
  /* rounding of the refill must not cost a second wait of 1 ms */
  if (missing <= rate->capacity * 1e-9) return 0;
  double wait = missing / rate->per_ms;
  if (wait >= (double)(LONG_MAX / 2)) return LONG_MAX / 2;
  long whole = (long)wait;
  return (double)whole + 1e-6 < wait ? whole + 1 : whole > 0 ? whole : 1;
}

void emb_rate_take(struct emb_rate *rate, double amount, long long now_ms) {
  if (rate->per_ms <= 0) return;
  refill(rate, now_ms);
  rate->available -= amount;
}
