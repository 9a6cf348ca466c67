/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sizes that fit, learned from a server that is an integer: what is larger is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "embed/fit.h"

/* Sends batches as large as allowed, n of them; returns how many were refused. */
static int send_many(struct emb_fit *fit, double wanted, double largest, int n) {
  int refused = 0;
  for (int i = 0; i < n; i++) {
    double size = fit->limit > 0 && fit->limit < wanted ? (double)(long)fit->limit : wanted;
    if (size > largest) {
      emb_fit_refused(fit, size);
      refused++;
    } else {
      emb_fit_taken(fit, size);
    }
  }
  return refused;
}

static void test_fit__nothing_is_learned_before_a_refusal(void **state) {
  (void)state;
  struct emb_fit fit = {0};
  assert_int_equal(send_many(&fit, 100, 100, 1000), 0);
  assert_true(fit.limit == 0);
}

static void test_fit__refusal_halves_down_to_what_works(void **state) {
  (void)state;
  struct emb_fit fit = {0};
  assert_int_equal(send_many(&fit, 100, 13, 10), 3); /* 100, 50, 25; 12 works */
  assert_true(fit.limit == 12.5);
  emb_fit_refused(&fit, 1);
  assert_true(fit.limit >= 1);
}

static void test_fit__refusal_of_a_size_known_as_too_large_is_no_news(void **state) {
  (void)state;
  struct emb_fit fit = {0};
  for (int i = 0; i < 8; i++) emb_fit_refused(&fit, 100); /* eight were in flight */
  assert_true(fit.limit == 50);
  assert_int_equal(fit.n_patience, 16);
}

static void test_fit__larger_sizes_are_tried_and_what_worked_comes_back(void **state) {
  (void)state;
  struct emb_fit fit = {0};
  emb_fit_refused(&fit, 100);
  emb_fit_refused(&fit, 50);
  send_many(&fit, 100, 40, 200);
  assert_true(fit.limit > 34 && fit.limit <= 40); /* between 25 and 50, found by bisection */
}

static void test_fit__refusals_get_rarer(void **state) {
  (void)state;
  struct emb_fit fit = {0};
  int first = send_many(&fit, 100, 33, 1000);
  int later = send_many(&fit, 100, 33, 10000);
  assert_true(first <= 12);
  assert_true(later <= 16);
}

static void test_fit__grows_again_when_the_server_takes_more(void **state) {
  (void)state;
  struct emb_fit fit = {0};
  send_many(&fit, 100, 10, 300);
  send_many(&fit, 100, 1000, 3000);
  assert_true(fit.limit >= 100);
}

static void test_fit__size_that_worked_once_may_be_refused_later(void **state) {
  (void)state;
  struct emb_fit fit = {0};
  emb_fit_refused(&fit, 100);
  emb_fit_taken(&fit, 50);
  emb_fit_refused(&fit, 40); /* other texts, more tokens */
  assert_true(fit.limit <= 20);
}

static void test_fit__small_batches_prove_nothing(void **state) {
  (void)state;
  struct emb_fit fit = {0};
  emb_fit_refused(&fit, 100);
  for (int i = 0; i < 1000; i++) emb_fit_taken(&fit, 3);
  assert_true(fit.limit == 50);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fit__nothing_is_learned_before_a_refusal),
      cmocka_unit_test(test_fit__refusal_halves_down_to_what_works),
      cmocka_unit_test(test_fit__refusal_of_a_size_known_as_too_large_is_no_news),
      cmocka_unit_test(test_fit__larger_sizes_are_tried_and_what_worked_comes_back),
      cmocka_unit_test(test_fit__refusals_get_rarer),
      cmocka_unit_test(test_fit__grows_again_when_the_server_takes_more),
      cmocka_unit_test(test_fit__size_that_worked_once_may_be_refused_later),
      cmocka_unit_test(test_fit__small_batches_prove_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
