/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How a window tells refusals for want of room from strays, step by step: a server that is a count.
 * What it comes to over a long run is in test_engine_limit.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/window.h"

static struct emb_window window;
static long long now;

static int setup(void **state) {
  (void)state;
  now = 1000;
  emb_window_init(&window);
  window.size = window.ceiling = 20;
  window.reply_ms = 100;
  window.cut_ms = 0;
  return 0;
}

/* An attempt that took 100 ms, with the window in full use. */
static int end(int is_good, long hint_ms) {
  now += 100;
  window.wanted = 1;
  return emb_window_end(&window,
                        &(struct emb_window_end){.is_good = is_good,
                                                 .is_refusal = !is_good,
                                                 .started_ms = now - 100,
                                                 .took_ms = 100,
                                                 .hint_ms = hint_ms,
                                                 .in_flight = (int)window.size + 1},
                        now);
}

static void good(int n) {
  while (n--) end(1, -1);
}

/* Refused once in 20 until the ceiling has fallen so far that a trial begins. */
static void fall(long hint_ms) {
  for (int i = 0; i < 40 && !window.trial_left; i++) {
    good(19);
    end(0, hint_ms);
  }
}

static void test_window__trial_begins_when_the_ceiling_has_fallen_far(void **state) {
  (void)state;
  good(1);
  end(0, -1);
  assert_int_equal(window.trial_left, 0);
  assert_true(window.highest > 19.9);
  fall(-1);
  assert_int_equal(window.trial_left, 150);
  assert_true(window.ceiling < 17 && window.highest > 19.9);
}

static void test_window__trial_holds_the_window(void **state) {
  (void)state;
  fall(-1);
  double size = window.size;
  good(75);
  end(0, -1);
  good(73);
  assert_true(window.size == size && window.trial_left == 1);
}

static void test_window__refusals_in_a_trial_are_strays(void **state) {
  (void)state;
  fall(-1);
  good(147);
  for (int i = 0; i < 3; i++) end(0, -1);
  assert_true(window.strays > 0.0199 && window.strays < 0.0201);
  assert_true(window.ceiling > 19.9); /* what it was before it fell */
  double size = window.size;
  for (int i = 0; i < 40; i++) {
    good(49);
    end(0, -1); /* as often as that they are expected */
    assert_true(window.size > size);
    size = window.size;
  }
  assert_true(size > 20);
  for (int i = 0; i < 4; i++) end(0, -1); /* and that is more */
  assert_true(window.size < size * 0.71);
}

static void test_window__trial_without_a_refusal_finds_the_limit(void **state) {
  (void)state;
  fall(-1);
  double ceiling = window.ceiling;
  good(150);
  assert_true(window.strays == 0 && window.ceiling == ceiling && window.highest == ceiling);
  good(200);
  double size = window.size;
  end(0, -1);
  assert_true(window.size < size * 0.71 && window.trial_left == 0);
}

static void test_window__many_refusals_end_a_trial_and_cut(void **state) {
  (void)state;
  fall(-1);
  double size = window.size;
  for (int i = 0; i < 30; i++) end(0, -1);
  assert_true(window.size == size);
  end(0, -1);
  assert_true(window.size < size && window.strays == 0);
}

static void test_window__cut_soon_after_a_trial_was_the_limit(void **state) {
  (void)state;
  fall(-1);
  good(149);
  end(0, -1);
  assert_true(window.strays > 0);
  good(30);
  for (int i = 0; i < 4; i++) end(0, -1);
  assert_true(window.strays == 0 && window.trial_left == 0);
}

static void test_window__wait_that_the_server_names_is_no_stray(void **state) {
  (void)state;
  fall(1000);
  assert_true(window.trial_left == 0 && window.size < 5);
}

static void test_window__refused_part_of_a_flight_is_no_stray(void **state) {
  (void)state;
  for (int i = 0; i < 40 && window.size > 5; i++) {
    good(19);
    end(0, -1);
    long long cut_ms = window.cut_ms;
    for (int k = 0; k < 12; k++) { /* of that flight */
      struct emb_window_end late = {.is_good = k > 2,
                                    .is_refusal = k <= 2,
                                    .started_ms = cut_ms - 50,
                                    .took_ms = 100,
                                    .hint_ms = -1,
                                    .in_flight = 5};
      assert_int_equal(emb_window_end(&window, &late, now), k <= 2);
    }
    assert_int_equal(window.trial_left, 0);
  }
  assert_true(window.size <= 5);
}

static void test_window__half_empty_window_does_not_grow(void **state) {
  (void)state;
  struct emb_window_end end = {.is_good = 1, .started_ms = 1000, .took_ms = 100, .hint_ms = -1};
  window.wanted = 1;
  end.in_flight = 9;
  emb_window_end(&window, &end, 1100);
  assert_true(window.size == 20);
  window.wanted = 1;
  end.in_flight = 10;
  emb_window_end(&window, &end, 1100);
  assert_true(window.size > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_window__trial_begins_when_the_ceiling_has_fallen_far, setup),
      cmocka_unit_test_setup(test_window__trial_holds_the_window, setup),
      cmocka_unit_test_setup(test_window__refusals_in_a_trial_are_strays, setup),
      cmocka_unit_test_setup(test_window__trial_without_a_refusal_finds_the_limit, setup),
      cmocka_unit_test_setup(test_window__many_refusals_end_a_trial_and_cut, setup),
      cmocka_unit_test_setup(test_window__cut_soon_after_a_trial_was_the_limit, setup),
      cmocka_unit_test_setup(test_window__wait_that_the_server_names_is_no_stray, setup),
      cmocka_unit_test_setup(test_window__refused_part_of_a_flight_is_no_stray, setup),
      cmocka_unit_test_setup(test_window__half_empty_window_does_not_grow, setup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
