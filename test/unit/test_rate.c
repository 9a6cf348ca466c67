/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Token buckets on a clock that is an integer: exact waits, bursts, debts and odd clocks.
 *
 * The waits are compared exactly, since one millisecond too few would send a request the provider
 * refuses and one wait too many would add up over a million rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/rate.h"

static void test_rate__zero_means_no_limit(void **state) {
  (void)state;
  struct emb_rate rate;
  emb_rate_init(&rate, 0, 5);
  for (int i = 0; i < 1000; i++) {
    assert_int_equal(emb_rate_wait_ms(&rate, 1e9, 5), 0);
    emb_rate_take(&rate, 1e9, 5);
  }
  emb_rate_init(&rate, -3, 5);
  assert_int_equal(emb_rate_wait_ms(&rate, 1, 5), 0);
}

static void test_rate__burst_is_ten_seconds_worth_then_paced(void **state) {
  (void)state;
  struct emb_rate rate;
  emb_rate_init(&rate, 60, 1000); /* 1 per s, burst 10 */
  for (int i = 0; i < 10; i++) {
    assert_int_equal(emb_rate_wait_ms(&rate, 1, 1000), 0);
    emb_rate_take(&rate, 1, 1000);
  }
  assert_int_equal(emb_rate_wait_ms(&rate, 1, 1000), 1000);
  assert_int_equal(emb_rate_wait_ms(&rate, 1, 1999), 1);
  assert_int_equal(emb_rate_wait_ms(&rate, 1, 2000), 0);
}

static void test_rate__long_run_is_exact(void **state) {
  (void)state;
  struct emb_rate rate;
  long long now = 0;
  long taken = 0;
  emb_rate_init(&rate, 700, 0);
  while (now < 600000) {
    long wait = emb_rate_wait_ms(&rate, 1, now);
    if (wait) {
      now += wait;
      assert_int_equal(emb_rate_wait_ms(&rate, 1, now), 0); /* one wait is enough */
    }
    emb_rate_take(&rate, 1, now);
    taken++;
  }
  assert_in_range(taken, 7000, 7000 + 700 / 6 + 2);
}

static void test_rate__oversized_amount_waits_for_a_full_bucket_and_pays_later(void **state) {
  (void)state;
  struct emb_rate rate;
  emb_rate_init(&rate, 6000, 0); /* 0.1 per ms, burst 1000 */
  assert_int_equal(emb_rate_wait_ms(&rate, 5000, 0), 0);
  emb_rate_take(&rate, 5000, 0);
  assert_int_equal(emb_rate_wait_ms(&rate, 1, 0), 40010);
  assert_int_equal(emb_rate_wait_ms(&rate, 5000, 40010), 9990);
}

static void test_rate__clock_stepping_back_refills_nothing(void **state) {
  (void)state;
  struct emb_rate rate;
  emb_rate_init(&rate, 60, 100000);
  emb_rate_take(&rate, 10, 100000);
  assert_int_equal(emb_rate_wait_ms(&rate, 1, 50000), 1000);
  assert_int_equal(emb_rate_wait_ms(&rate, 1, 51000), 0);
}

static void test_rate__tiny_rate_gives_a_finite_wait(void **state) {
  (void)state;
  struct emb_rate rate;
  emb_rate_init(&rate, 1e-30, 0);
  emb_rate_take(&rate, 1, 0);
  assert_true(emb_rate_wait_ms(&rate, 1, 0) > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rate__zero_means_no_limit),
      cmocka_unit_test(test_rate__burst_is_ten_seconds_worth_then_paced),
      cmocka_unit_test(test_rate__long_run_is_exact),
      cmocka_unit_test(test_rate__oversized_amount_waits_for_a_full_bucket_and_pays_later),
      cmocka_unit_test(test_rate__clock_stepping_back_refills_nothing),
      cmocka_unit_test(test_rate__tiny_rate_gives_a_finite_wait),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
