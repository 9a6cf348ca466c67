/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The rules of a gate one by one, on a clock that is an integer. What they come to together is in
 * test_engine_limit.c, what the scheduler makes of them in test_engine_gate.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "http/gate.h"

static struct emb_gate gate;
static long long now;
static const struct emb_err refused = {.code = EMB_ECONNECT, .message = "connection refused"};

static int setup(void **state) {
  (void)state;
  now = 1000;
  emb_gate_init(&gate, 1);
  return 0;
}

static struct emb_gate_end end_of(enum emb_gate_event event, long long started_ms) {
  return (struct emb_gate_end){.event = event,
                               .answered = event != EMB_GATE_BROKEN && event != EMB_GATE_FAILED,
                               .started_ms = started_ms,
                               .took_ms = (long)(now - started_ms),
                               .hint_ms = -1,
                               .requests_left = -1,
                               .tokens_left = -1,
                               .requests_reset_ms = -1,
                               .tokens_reset_ms = -1,
                               .err = &refused};
}

static int end(enum emb_gate_event event, long long started_ms) {
  struct emb_gate_end e = end_of(event, started_ms);
  return emb_gate_end(&gate, &e, now);
}

/* One request by itself. */
static void one(enum emb_gate_event event, long takes_ms) {
  long wait = emb_gate_wait_ms(&gate, now);
  assert_true(wait >= 0);
  now += wait;
  emb_gate_start(&gate, now);
  now += takes_ms;
  end(event, now - takes_ms);
}

static void start(int n) {
  for (int i = 0; i < n; i++) emb_gate_start(&gate, now);
}

/* ---- window ---- */

static void test_gate__window_is_open_until_a_refusal(void **state) {
  (void)state;
  for (int i = 0; i < 200; i++) {
    assert_int_equal(emb_gate_wait_ms(&gate, now), 0);
    emb_gate_start(&gate, now);
  }
  assert_int_equal(gate.in_flight, 200);
}

static void test_gate__one_flight_is_cut_once(void **state) {
  (void)state;
  start(20);
  long long started = now;
  now += 100;
  for (int i = 0; i < 10; i++) end(EMB_GATE_GOOD, started);
  assert_int_equal(end(EMB_GATE_LIMITED, started), 0);
  double window = gate.window.size;
  assert_true(window > 0 && window <= 10);
  for (int i = 0; i < 9; i++) assert_int_equal(end(EMB_GATE_LIMITED, started), 1);
  assert_true(gate.window.size == window);
  now += 100;
  start(1);
  now += 100;
  assert_int_equal(end(EMB_GATE_LIMITED, now - 100), 0);
  assert_true(gate.window.size < window);
}

static void test_gate__cut_is_a_factor_of_0_7_when_requests_were_let_in(void **state) {
  (void)state;
  gate.window.size = 10;
  gate.window.cut_ms = 0;
  one(EMB_GATE_GOOD, 100);
  one(EMB_GATE_LIMITED, 100);
  assert_true(gate.window.size > 6.99 && gate.window.size < 7.01);
}

static void test_gate__window_holds_and_good_replies_widen_it(void **state) {
  (void)state;
  gate.window.size = gate.window.ceiling = 2;
  gate.window.reply_ms = 100;
  start(2);
  assert_int_equal(emb_gate_wait_ms(&gate, now), EMB_GATE_FULL);
  now += 100;
  end(EMB_GATE_GOOD, now - 100);
  assert_true(gate.window.size > 2); /* somebody waited for it */
  double window = gate.window.size;
  end(EMB_GATE_GOOD, now - 100);
  assert_true(gate.window.size == window); /* nobody did */
}

static void test_gate__after_a_refusal_the_first_good_reply_is_waited_for(void **state) {
  (void)state;
  start(10);
  now += 20;
  for (int i = 0; i < 8; i++) end(EMB_GATE_LIMITED, now - 20);
  assert_true(gate.window.size > 2); /* there would be room beside the two */
  assert_int_equal(emb_gate_wait_ms(&gate, now), EMB_GATE_FULL);
  now += 80;
  end(EMB_GATE_GOOD, now - 100);
  assert_int_equal(emb_gate_wait_ms(&gate, now), 0);
}

static void test_gate__starts_are_spread_over_the_time_of_a_reply(void **state) {
  (void)state;
  gate.window.size = gate.window.ceiling = 4;
  gate.window.reply_ms = 100;
  start(1);
  assert_int_equal(emb_gate_wait_ms(&gate, now), 25);
  now += 25;
  assert_int_equal(emb_gate_wait_ms(&gate, now), 0);
}

static void test_gate__window_may_be_less_than_one_request(void **state) {
  (void)state;
  for (int i = 0; i < 12; i++) {
    one(EMB_GATE_GOOD, 100);
    one(EMB_GATE_LIMITED, 100);
  }
  assert_true(gate.window.size > 0 && gate.window.size < 1);
  emb_gate_start(&gate, now);
  now += 100;
  end(EMB_GATE_GOOD, now - 100);
  assert_true(emb_gate_wait_ms(&gate, now) > 0);
  for (int i = 0; i < 200; i++) one(EMB_GATE_LIMITED, 100);
  now += emb_gate_wait_ms(&gate, now);
  emb_gate_start(&gate, now);
  assert_int_equal(emb_gate_wait_ms(&gate, now), EMB_GATE_FULL);
  end(EMB_GATE_GOOD, now);
  assert_true(emb_gate_wait_ms(&gate, now) <= 30000); /* but never slower than that */
}

static void test_gate__scattered_strain_is_no_overload_but_a_share_of_it_is(void **state) {
  (void)state;
  for (int i = 0; i < 400; i++) one(i % 20 ? EMB_GATE_GOOD : EMB_GATE_STRAIN, 100);
  assert_true(gate.window.size == 0);
  for (int i = 0; i < 100; i++) one(i % 2 ? EMB_GATE_GOOD : EMB_GATE_STRAIN, 100);
  assert_true(gate.window.size > 0);
}

/* ---- pause ---- */

static void test_gate__pause_holds_all_and_is_counted_once(void **state) {
  (void)state;
  emb_gate_pause(&gate, now + 500, now, &refused);
  emb_gate_pause(&gate, now + 300, now, &refused); /* a shorter one changes nothing */
  assert_int_equal(emb_gate_wait_ms(&gate, now), 500);
  assert_int_equal(emb_gate_is_paused(&gate, now), 1);
  now += 400;
  emb_gate_pause(&gate, now + 200, now, &refused);
  assert_int_equal(emb_gate_wait_ms(&gate, now), 200);
  assert_int_equal(gate.paused_ms, 600);
  now += 200;
  assert_int_equal(emb_gate_wait_ms(&gate, now), 0);
  assert_int_equal(emb_gate_is_paused(&gate, now), 0);
}

/* ---- spread ---- */

static void say_left(double requests, long requests_reset_ms, double tokens, long tokens_reset_ms,
                     int in_flight) {
  start(in_flight);
  struct emb_gate_end e = end_of(EMB_GATE_GOOD, now);
  e.requests_left = requests;
  e.requests_reset_ms = requests_reset_ms;
  e.tokens_left = tokens;
  e.tokens_reset_ms = tokens_reset_ms;
  e.tokens = 100;
  emb_gate_end(&gate, &e, now);
}

static void test_gate__little_that_remains_is_spread_over_the_time_to_its_reset(void **state) {
  (void)state;
  say_left(4, 1000, -1, -1, 10);
  assert_int_equal(emb_gate_wait_ms(&gate, now), 200);
  now += 200;
  assert_int_equal(emb_gate_wait_ms(&gate, now), 0);
  emb_gate_start(&gate, now);
  assert_int_equal(emb_gate_wait_ms(&gate, now), 200);
  now += 800; /* it is whole again */
  assert_int_equal(emb_gate_wait_ms(&gate, now), 0);
  start(3);
  assert_int_equal(emb_gate_wait_ms(&gate, now), 0);
}

static void test_gate__much_that_remains_holds_nothing_back(void **state) {
  (void)state;
  say_left(4, 1000, -1, -1, 10);
  say_left(500, 60000, 100000, 1000, 10); /* the next reply says so */
  assert_int_equal(emb_gate_wait_ms(&gate, now), 0);
}

static void test_gate__tokens_that_remain_count_by_the_request(void **state) {
  (void)state;
  say_left(5000, 1000, 300, 2000, 10); /* for three requests of 100 */
  assert_int_equal(emb_gate_wait_ms(&gate, now), 500);
}

static void test_gate__one_request_left_is_enough_for_one_at_a_time(void **state) {
  (void)state;
  say_left(1, 60000, -1, -1, 1);
  assert_int_equal(emb_gate_wait_ms(&gate, now), 0);
}

static void test_gate__far_reset_is_not_waited_for(void **state) {
  (void)state;
  say_left(0, 3600000, -1, -1, 1);
  assert_int_equal(emb_gate_wait_ms(&gate, now), 0);
}

/* ---- budget ---- */

static void test_gate__retries_cost_and_good_replies_pay(void **state) {
  (void)state;
  for (int i = 0; i < 50; i++) {
    assert_int_equal(emb_gate_pay(&gate, 0), 1);             /* 5 */
    if (i < 25) assert_int_equal(emb_gate_pay(&gate, 1), 1); /* 10 */
  }
  assert_int_equal(emb_gate_pay(&gate, 0), 0); /* of 500 */
  for (int i = 0; i < 5; i++) one(EMB_GATE_GOOD, 10);
  assert_int_equal(emb_gate_pay(&gate, 1), 0);
  assert_int_equal(emb_gate_pay(&gate, 0), 1);
  assert_int_equal(emb_gate_pay(&gate, 0), 0);
}

static void test_gate__budget_has_its_size_per_request_in_flight(void **state) {
  (void)state;
  start(64);
  for (int i = 0; i < 64 * 10; i++) assert_int_equal(emb_gate_pay(&gate, 0), 1);
  assert_int_equal(emb_gate_pay(&gate, 0), 0);
}

/* ---- breaker ---- */

static void test_gate__five_failures_in_a_row_shut_it(void **state) {
  (void)state;
  for (int i = 0; i < 4; i++) one(EMB_GATE_BROKEN, 10);
  one(EMB_GATE_STRAIN, 10); /* any answer will do */
  for (int i = 0; i < 4; i++) one(EMB_GATE_BROKEN, 10);
  assert_string_equal(emb_gate_breaker(&gate, now), "closed");
  one(EMB_GATE_BROKEN, 10);
  assert_string_equal(emb_gate_breaker(&gate, now), "open");
  assert_int_equal(emb_gate_wait_ms(&gate, now), EMB_GATE_SHUT);
  assert_string_equal(gate.why.message, "connection refused");
}

static void test_gate__failures_of_one_flight_count_once(void **state) {
  (void)state;
  start(64);
  now += 10;
  for (int i = 0; i < 64; i++) end(EMB_GATE_BROKEN, 1000);
  assert_int_equal(gate.n_broken, 1);
  assert_int_equal(emb_gate_wait_ms(&gate, now), 0);
}

static void shut(void) {
  for (int i = 0; i < 5; i++) one(EMB_GATE_BROKEN, 10);
}

/* Asks for 30 s without a silence. */
static void ask_until_half_open(void) {
  long long until = now + 30000;
  for (; now < until; now += 100) assert_int_equal(emb_gate_wait_ms(&gate, now), EMB_GATE_SHUT);
}

static void test_gate__after_30_s_one_probe_decides(void **state) {
  (void)state;
  shut();
  ask_until_half_open();
  assert_string_equal(emb_gate_breaker(&gate, now), "half-open");
  assert_int_equal(emb_gate_wait_ms(&gate, now), 0);
  emb_gate_start(&gate, now);
  assert_int_equal(emb_gate_wait_ms(&gate, now), EMB_GATE_FULL); /* the others wait for it */
  now += 10;
  end(EMB_GATE_BROKEN, now - 10);
  assert_int_equal(emb_gate_wait_ms(&gate, now), EMB_GATE_SHUT); /* another 30 s */
  ask_until_half_open();
  one(EMB_GATE_GOOD, 10);
  assert_string_equal(emb_gate_breaker(&gate, now), "closed");
  start(5);
  assert_int_equal(emb_gate_wait_ms(&gate, now), 0);
}

static void test_gate__server_that_answered_before_is_waited_for_a_minute(void **state) {
  (void)state;
  one(EMB_GATE_GOOD, 10);
  long long from = now + 10;
  shut();
  int probes = 0;
  for (long wait; (wait = emb_gate_wait_ms(&gate, now)) != EMB_GATE_SHUT; probes += !wait) {
    assert_in_range(wait, 0, 5000);
    assert_int_equal(emb_gate_is_paused(&gate, now), wait > 0);
    if (wait)
      now += wait < 1000 ? wait : 1000;
    else
      one(EMB_GATE_BROKEN, 10);
  }
  assert_in_range(now - from, 60000, 66000);
  assert_in_range(probes, 10, 14);
  ask_until_half_open();
  one(EMB_GATE_GOOD, 10);
  assert_string_equal(emb_gate_breaker(&gate, now), "closed");
}

static void test_gate__wrong_key_is_not_waited_for(void **state) {
  (void)state;
  one(EMB_GATE_GOOD, 10);
  for (int i = 0; i < 5; i++) {
    struct emb_gate_end e = end_of(EMB_GATE_BROKEN, now);
    e.answered = 1;
    emb_gate_start(&gate, now);
    emb_gate_end(&gate, &e, now);
  }
  assert_int_equal(emb_gate_wait_ms(&gate, now), EMB_GATE_SHUT);
}

static void test_gate__probe_that_is_cancelled_leaves_the_next(void **state) {
  (void)state;
  shut();
  ask_until_half_open();
  emb_gate_start(&gate, now);
  emb_gate_cancel(&gate);
  assert_int_equal(emb_gate_wait_ms(&gate, now), 0);
}

static void test_gate__request_after_a_silence_is_a_probe(void **state) {
  (void)state;
  shut();
  now += 1500;
  assert_int_equal(emb_gate_wait_ms(&gate, now), EMB_GATE_SHUT);
  now += 2500; /* somebody has looked into it, and tries again */
  assert_int_equal(emb_gate_wait_ms(&gate, now), 0);
}

/* ---- gates ---- */

static void test_gate__id_is_of_url_key_and_model(void **state) {
  (void)state;
  unsigned long long id = emb_gate_id("http://a/", "k", "m");
  assert_true(id == emb_gate_id("http://a/", "k", "m"));
  assert_true(id != emb_gate_id("http://b/", "k", "m"));
  assert_true(id != emb_gate_id("http://a/", "l", "m"));
  assert_true(id != emb_gate_id("http://a/", "k", "n"));
  assert_true(id != emb_gate_id("http://a/k", "", "m"));
  assert_true(emb_gate_id("u", NULL, NULL) != emb_gate_id("u", "k", NULL));
}

static void test_gate__same_id_is_the_same_gate_and_idle_ones_are_forgotten(void **state) {
  (void)state;
  struct emb_gates gates = {0};
  struct emb_gate *first = emb_gates_get(&gates, 1), *used = emb_gates_get(&gates, 2);
  assert_ptr_not_equal(first, used);
  assert_ptr_equal(emb_gates_get(&gates, 1), first);
  used->n_jobs = 1;
  for (unsigned long long id = 3; id < 500; id++) assert_non_null(emb_gates_get(&gates, id));
  assert_true(gates.n <= 64);
  assert_ptr_equal(emb_gates_find(&gates, 2), used);
  assert_null(emb_gates_find(&gates, 1));
  assert_non_null(emb_gates_find(&gates, 499));
  emb_gates_release(&gates);
  emb_gates_release(&gates);
}

#define T(name) cmocka_unit_test_setup(test_gate__##name, setup)

int main(void) {
  const struct CMUnitTest tests[] = {
      T(window_is_open_until_a_refusal),
      T(one_flight_is_cut_once),
      T(cut_is_a_factor_of_0_7_when_requests_were_let_in),
      T(window_holds_and_good_replies_widen_it),
      T(after_a_refusal_the_first_good_reply_is_waited_for),
      T(starts_are_spread_over_the_time_of_a_reply),
      T(window_may_be_less_than_one_request),
      T(scattered_strain_is_no_overload_but_a_share_of_it_is),
      T(pause_holds_all_and_is_counted_once),
      T(little_that_remains_is_spread_over_the_time_to_its_reset),
      T(much_that_remains_holds_nothing_back),
      T(tokens_that_remain_count_by_the_request),
      T(one_request_left_is_enough_for_one_at_a_time),
      T(far_reset_is_not_waited_for),
      T(retries_cost_and_good_replies_pay),
      T(budget_has_its_size_per_request_in_flight),
      T(five_failures_in_a_row_shut_it),
      T(failures_of_one_flight_count_once),
      T(after_30_s_one_probe_decides),
      T(server_that_answered_before_is_waited_for_a_minute),
      T(wrong_key_is_not_waited_for),
      T(probe_that_is_cancelled_leaves_the_next),
      T(request_after_a_silence_is_a_probe),
      T(id_is_of_url_key_and_model),
      T(same_id_is_the_same_gate_and_idle_ones_are_forgotten),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
