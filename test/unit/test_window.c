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
  for (int i = 0; i < 40 && !window.trial; i++) {
    good(19);
    end(0, hint_ms);
  }
}

static void test_window__trial_begins_when_the_ceiling_has_fallen_far(void **state) {
  (void)state;
  good(1);
  end(0, -1);
  assert_int_equal(window.trial, 0);
  assert_true(window.highest > 19.9);
  fall(-1);
  assert_int_equal(window.trial, 150);
  assert_true(window.ceiling < 17 && window.highest > 19.9);
  assert_true(window.size > window.ceiling * 0.84 && window.size < window.ceiling * 0.86);
}

static void test_window__trial_is_long_enough_for_rare_refusals(void **state) {
  (void)state;
  window.apart = 200;
  fall(-1);
  assert_in_range(window.trial, 160, 400);
  int longest = window.trial;
  double ceiling = window.ceiling;
  end(0, -1); /* one is enough, but not too soon */
  good(148);
  assert_int_equal(window.trial, longest);
  good(1);
  assert_true(window.trial == 0 && window.strays > 0 && window.ceiling > ceiling);
}

static void test_window__trial_holds_the_window(void **state) {
  (void)state;
  fall(-1);
  double size = window.size;
  good(75);
  end(0, -1);
  good(73);
  assert_true(window.size == size && window.trial_done == 149);
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
  assert_true(window.size < size * 0.86);
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
  assert_true(window.size < size * 0.71 && window.trial == 0);
}

static void test_window__many_refusals_end_a_trial_and_cut(void **state) {
  (void)state;
  fall(-1);
  double size = window.size;
  for (int i = 0; i < 4; i++) end(0, -1);
  assert_true(window.size == size && window.trial);
  end(0, -1);
  assert_true(window.size < size && window.strays == 0);
}

/* Accidents come as often as before, wherever the window is. */
static void test_window__trial_with_far_more_refusals_than_before_is_no_trial(void **state) {
  (void)state;
  fall(-1);
  double size = window.size;
  for (int i = 0; i < 15; i++) { /* twice as often: chance */
    good(9);
    end(0, -1);
  }
  assert_true(window.trial == 0 && window.strays > 0.09 && window.size >= size);
  setup(state);
  fall(-1);
  int n = 0;
  for (size = window.size; n < 30 && window.size == size; n++) {
    good(3);
    end(0, -1);
  }
  assert_int_equal(n, 11);
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
  assert_true(window.strays == 0 && window.trial == 0);
}

/* 300 replies of 100 ms in 3 s: 10 at once, in spite of a window of 20. */
static double ceiling_after_a_pause(long hint_ms) {
  struct emb_window_end end = {.is_good = 1, .took_ms = 100, .hint_ms = -1, .in_flight = 20};
  emb_window_init(&window);
  end.started_ms = window.cut_ms = now;
  window.size = window.ceiling = 20;
  for (int i = 0; i < 300; i++) emb_window_end(&window, &end, now + 2000 + i * 10 / 3);
  end.is_good = 0;
  end.is_refusal = 1;
  end.hint_ms = hint_ms;
  emb_window_end(&window, &end, now + 3000);
  return window.ceiling;
}

static void test_window__what_a_limit_saves_up_in_a_pause_is_discounted(void **state) {
  (void)state;
  assert_true(ceiling_after_a_pause(-1) > 19.9);
  assert_true(ceiling_after_a_pause(99) > 19.9);
  double ceiling = ceiling_after_a_pause(1000);
  assert_true(ceiling > 15.2 && ceiling < 15.3); /* half of the way, as factors, and 8 % */
  assert_true(window.size < ceiling);
}

static void test_window__strays_that_name_a_wait_are_found_out_too(void **state) {
  (void)state;
  fall(1000);
  assert_true(window.trial);
  good(149);
  end(0, 1000);
  assert_true(window.strays > 0);
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
    assert_int_equal(window.trial, 0);
  }
  assert_true(window.size <= 5);
}

static void test_window__first_flight_shows_how_wide_is_too_wide(void **state) {
  (void)state;
  emb_window_init(&window);
  struct emb_window_end end = {.started_ms = now, .took_ms = 100, .hint_ms = -1, .in_flight = 64};
  for (int i = 0; i < 64; i++) {
    end.is_good = i && i % 4 == 0; /* one in four, but not the first */
    end.is_refusal = !end.is_good;
    assert_int_equal(emb_window_end(&window, &end, now + 100), i && !end.is_good);
    end.in_flight--;
  }
  assert_in_range((int)window.size, 7, 9); /* half of the 16 that were let in */
  assert_in_range((int)window.ceiling, 15, 17);
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
      cmocka_unit_test_setup(test_window__trial_is_long_enough_for_rare_refusals, setup),
      cmocka_unit_test_setup(test_window__trial_holds_the_window, setup),
      cmocka_unit_test_setup(test_window__trial_with_far_more_refusals_than_before_is_no_trial,
                             setup),
      cmocka_unit_test_setup(test_window__what_a_limit_saves_up_in_a_pause_is_discounted, setup),
      cmocka_unit_test_setup(test_window__first_flight_shows_how_wide_is_too_wide, setup),
      cmocka_unit_test_setup(test_window__refusals_in_a_trial_are_strays, setup),
      cmocka_unit_test_setup(test_window__trial_without_a_refusal_finds_the_limit, setup),
      cmocka_unit_test_setup(test_window__many_refusals_end_a_trial_and_cut, setup),
      cmocka_unit_test_setup(test_window__cut_soon_after_a_trial_was_the_limit, setup),
      cmocka_unit_test_setup(test_window__strays_that_name_a_wait_are_found_out_too, setup),
      cmocka_unit_test_setup(test_window__refused_part_of_a_flight_is_no_stray, setup),
      cmocka_unit_test_setup(test_window__half_empty_window_does_not_grow, setup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
