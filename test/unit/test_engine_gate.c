/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the scheduler makes of a gate: one "slow down" holds back every job of that place and of no
 * other, a pause that a job cannot live through ends it at once, a place that refuses everybody is
 * asked no more. The rules of the gate itself are in test_gate.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_transport.h"

#define MANY 12

static struct emb_engine engine;
static struct fake fake;
static struct emb_job jobs[MANY];
static struct emb_gate *gate;

/* All jobs pass one gate; none is submitted yet. */
static void open_gate(const struct step *script, int n) {
  open_engine(&engine, &fake, script, n);
  gate = emb_gates_get(&engine.gates, 1);
  for (int i = 0; i < MANY; i++) {
    fill_job(&jobs[i]);
    jobs[i].gate = gate;
  }
}

static void submit(int from, int n) {
  for (int i = from; i < from + n; i++) emb_engine_submit(&engine, &jobs[i]);
}

static void close_gate(void) {
  close_engine(&engine, &fake, NULL);
  for (int i = 0; i < MANY; i++) emb_job_release(&jobs[i]);
}

static void assert_ended(const struct emb_job *job, int code, const char *words) {
  assert_int_equal(job->state, EMB_JOB_DONE);
  if (job->verdict.err.code != code || !strstr(job->verdict.err.message, words))
    fail_msg("%d %s", job->verdict.err.code, job->verdict.err.message);
}

static void test_engine__hint_pauses_every_job_of_the_place(void **state) {
  (void)state;
  const struct step script[] = {{.status = 429, .takes_ms = 10, .retry_after_ms = "1000"},
                                {.status = 200, .takes_ms = 500}, /* in flight: goes on */
                                {.status = 200, .takes_ms = 5},   /* of another place */
                                {.status = 200, .takes_ms = 20},
                                {.status = 200, .takes_ms = 20},
                                {.status = 200, .takes_ms = 20}};
  open_gate(script, N(script));
  submit(0, 2);
  emb_engine_poll(&engine, 10);
  submit(2, 2);
  jobs[4].gate = emb_gates_get(&engine.gates, 2);
  submit(4, 1);
  run(&engine, &fake, &jobs[4]);
  assert_int_equal(fake.now, 15);
  run(&engine, &fake, &jobs[1]);
  assert_int_equal(fake.now, 500);
  assert_int_equal(fake.n_starts, 3);
  for (int i = 0; i < 4; i++) run(&engine, &fake, &jobs[i]);
  for (int i = 3; i < 6; i++) assert_in_range(fake.starts[i], 1010, 2300);
  assert_int_equal(jobs[0].attempts, 2);
  assert_int_equal(jobs[2].attempts, 1);
  assert_true(gate->paused_ms >= 1000);
  close_gate();
}

static void test_engine__window_holds_jobs_back(void **state) {
  (void)state;
  struct step script[MANY];
  for (int i = 0; i < MANY; i++) script[i] = (struct step){.status = 200, .takes_ms = 100};
  open_gate(script, N(script));
  gate->window.size = gate->window.ceiling = 2;
  submit(0, 6);
  for (int i = 0; i < 6; i++) run(&engine, &fake, &jobs[i]);
  assert_in_range(engine.stats.peak_in_flight, 2, 3);
  assert_true(fake.now >= 200);
  close_gate();
}

static void test_engine__deadline_starts_when_there_is_room(void **state) {
  (void)state;
  const struct step script[] = {{.status = 200, .takes_ms = 900}, {.status = 200, .takes_ms = 900}};
  open_gate(script, N(script));
  gate->window.size = gate->window.ceiling = 1;
  jobs[0].policy.deadline_ms = jobs[1].policy.deadline_ms = 1000;
  submit(0, 2);
  run(&engine, &fake, &jobs[0]);
  run(&engine, &fake, &jobs[1]);
  assert_int_equal(jobs[0].verdict.action, EMB_ACTION_DONE);
  assert_int_equal(jobs[1].verdict.action, EMB_ACTION_DONE);
  close_gate();
}

/* A retry is due and the one place is taken: the deadline goes on, whether its end comes while the
 * engine waits or between two polls. */
static void test_engine__deadline_ends_a_retry_without_room(void **state) {
  (void)state;
  const struct step script[] = {{.status = 500, .takes_ms = 5}, {.status = 200, .takes_ms = HANG}};
  for (int between = 0; between < 2; between++) {
    open_gate(script, N(script));
    gate->window.size = gate->window.ceiling = 1;
    jobs[1].policy.deadline_ms = 2000;
    submit(1, 1);
    while (!jobs[1].attempts || jobs[1].state != EMB_JOB_WAITING) emb_engine_poll(&engine, 10);
    jobs[0].policy.attempt_timeout_ms = 0;
    submit(0, 1);
    while (between && fake.now < 1960) emb_engine_poll(&engine, 20);
    if (between) fake.now += 60; /* no pause of a consumer's yet */
    run(&engine, &fake, &jobs[1]);
    assert_in_range(fake.now, 2000, 2060);
    assert_ended(&jobs[1], EMB_ETIMEOUT, "within the deadline of 2 s (1 attempt, last: HTTP 500");
    assert_int_equal(fake.n_starts, 2);
    close_gate();
  }
}

static void test_engine__pause_past_the_deadline_ends_those_who_wait(void **state) {
  (void)state;
  const struct step script[] = {{.status = 429, .takes_ms = 10, .retry_after = "60"}};
  open_gate(script, N(script));
  jobs[1].policy.deadline_ms = 5000;
  submit(0, 1);
  emb_engine_poll(&engine, 10);
  submit(1, 1);
  run(&engine, &fake, &jobs[1]);
  assert_int_equal(fake.now, 10);
  assert_ended(&jobs[1], EMB_ETIMEOUT,
               "within the deadline of 5 s (0 attempts, last: HTTP 429: rate limited)");
  assert_int_equal(fake.n_starts, 1);
  close_gate();
}

static void test_engine__wait_that_is_too_long_keeps_others_from_asking(void **state) {
  (void)state;
  const struct step script[] = {{.status = 429, .retry_after = "3600"}, {.status = 200}};
  open_gate(script, N(script));
  submit(0, 1);
  run(&engine, &fake, &jobs[0]);
  assert_ended(&jobs[0], EMB_ERATE, "asks to wait 3600 s, longer than max_retry_wait)");
  submit(1, 1);
  run(&engine, &fake, &jobs[1]);
  assert_ended(&jobs[1], EMB_ERATE, "asks to wait 3600 s, longer than max_retry_wait) (not sent: ");
  assert_int_equal(jobs[1].attempts, 0);
  assert_int_equal(fake.n_starts, 1);
  fake.now += 10000; /* another try, after a silence */
  submit(2, 1);
  run(&engine, &fake, &jobs[2]);
  assert_int_equal(jobs[2].verdict.action, EMB_ACTION_DONE);
  close_gate();
}

static void test_engine__refused_connections_open_the_breaker(void **state) {
  (void)state;
  const struct step bad = {.transport = EMB_ECONNECT, .may_retry = 2};
  const struct step script[] = {bad, bad, bad, bad, bad};
  open_gate(script, N(script));
  submit(0, 1);
  run(&engine, &fake, &jobs[0]);
  assert_ended(&jobs[0], EMB_ECONNECT, "it broke (after 3 attempts)");
  submit(1, 1);
  run(&engine, &fake, &jobs[1]); /* its third attempt would be the sixth */
  assert_int_equal(jobs[1].attempts, 2);
  assert_ended(&jobs[1], EMB_ECONNECT, "it broke (not sent: ");
  submit(2, 1);
  run(&engine, &fake, &jobs[2]);
  assert_int_equal(jobs[2].attempts, 0);
  assert_ended(&jobs[2], EMB_ECONNECT, "it broke (not sent: ");
  close_gate();
}

static void test_engine__restart_of_a_server_costs_no_job(void **state) {
  (void)state;
  const struct step bad = {.transport = EMB_ECONNECT, .may_retry = 2},
                    good = {.status = 200, .takes_ms = 10};
  const struct step script[] = {good, bad, bad, bad, bad, bad, good, good, good, good, good, good};
  open_gate(script, N(script));
  submit(0, 1);
  run(&engine, &fake, &jobs[0]);
  int failed = 0;
  for (int i = 1; i < 7; i++) {
    submit(i, 1);
    run(&engine, &fake, &jobs[i]);
    failed += jobs[i].verdict.action != EMB_ACTION_DONE;
  }
  assert_int_equal(failed, 0);
  assert_in_range(fake.now, 5000, 15000);
  close_gate();
}

static void test_engine__wrong_key_opens_the_breaker(void **state) {
  (void)state;
  const struct step bad = {.status = 401, .takes_ms = 5};
  const struct step script[] = {bad, bad, bad, bad, bad};
  open_gate(script, N(script));
  for (int i = 0; i < 6; i++) {
    submit(i, 1);
    run(&engine, &fake, &jobs[i]);
    assert_int_equal(jobs[i].attempts, i < 5);
    assert_int_equal(jobs[i].verdict.err.code, EMB_EAUTH);
  }
  close_gate();
}

static void test_engine__empty_budget_ends_the_retries(void **state) {
  (void)state;
  const struct step script[] = {{.status = 500}};
  open_gate(script, N(script));
  while (emb_gate_pay(gate, 0)) {
  }
  submit(0, 1);
  run(&engine, &fake, &jobs[0]);
  assert_ended(&jobs[0], EMB_EHTTP,
               "HTTP 500: the server failed (not tried again: too many requests failed of late)");
  close_gate();
}

static void test_engine__timeout_costs_twice_as_much(void **state) {
  (void)state;
  const struct step script[] = {{.takes_ms = HANG}, {.status = 500}, {.status = 200}};
  open_gate(script, N(script));
  double before = gate->budget;
  jobs[0].policy.attempt_timeout_ms = 1000;
  submit(0, 1);
  run(&engine, &fake, &jobs[0]);
  assert_true(before - gate->budget == 10 + 5 - 1);
  close_gate();
}

static void test_engine__rate_limit_costs_nothing_of_the_budget(void **state) {
  (void)state;
  const struct step script[] = {
      {.status = 429}, {.status = 429, .retry_after = "1"}, {.status = 200}};
  open_gate(script, N(script));
  gate->budget = 0;
  submit(0, 1);
  run(&engine, &fake, &jobs[0]);
  assert_int_equal(jobs[0].verdict.action, EMB_ACTION_DONE);
  close_gate();
}

static void test_engine__refusals_of_one_burst_count_once(void **state) {
  (void)state;
  struct step script[2 * MANY];
  for (int i = 0; i < 2 * MANY; i++)
    script[i] = (struct step){.status = i < MANY ? 429 : 200, .takes_ms = 10};
  open_gate(script, N(script));
  for (int i = 0; i < MANY; i++) jobs[i].policy.max_retries = 1;
  submit(0, MANY);
  int counted = 0;
  emb_engine_poll(&engine, 10);
  for (int i = 0; i < MANY; i++) counted += jobs[i].attempts - jobs[i].n_excused;
  assert_int_equal(counted, 1);
  for (int i = 0; i < MANY; i++) run(&engine, &fake, &jobs[i]);
  for (int i = 0; i < MANY; i++) assert_int_equal(jobs[i].verdict.action, EMB_ACTION_DONE);
  close_gate();
}

static void test_engine__refused_alone_without_a_hint_waits_longer_each_time(void **state) {
  (void)state;
  const struct step no = {.status = 429, .takes_ms = 10};
  const struct step script[] = {no, no, no, no, no, {.status = 200, .takes_ms = 10}};
  open_gate(script, N(script));
  submit(0, 1);
  run(&engine, &fake, &jobs[0]);
  assert_int_equal(jobs[0].attempts, 6);
  /* from the second one on: U(1,2) x 2^k seconds, for everybody */
  static const long low[] = {1000, 2000, 4000, 8000};
  for (int k = 0; k < 4; k++)
    assert_in_range(fake.starts[k + 2] - fake.starts[k + 1], low[k], 2 * low[k] + 20);
  assert_true(gate->paused_ms >= 15000);
  close_gate();
}

static void test_engine__hints_that_do_not_help_are_followed_three_times(void **state) {
  (void)state;
  const struct step no = {.status = 503, .takes_ms = 10, .retry_after_ms = "5"};
  const struct step script[] = {no, no, no, no, no, {.status = 200, .takes_ms = 10}};
  open_gate(script, N(script));
  submit(0, 1);
  run(&engine, &fake, &jobs[0]);
  assert_int_equal(jobs[0].attempts, 6);
  for (int k = 1; k < 4; k++) assert_in_range(fake.starts[k] - fake.starts[k - 1], 15, 20);
  long long waited = fake.starts[5] - fake.starts[3];
  assert_in_range(waited, 750, 1600); /* U(1/2,1) of 0.5 and of 1 s */
  assert_true(gate->paused_ms < 100); /* others were not held back by them */
  close_gate();
}

static void test_engine__further_attempts_keep_to_the_owners_rate(void **state) {
  (void)state;
  const struct step script[] = {{.status = 500, .takes_ms = 10}, {.status = 200, .takes_ms = 10}};
  struct emb_rate requests, tokens;
  open_gate(script, N(script));
  emb_rate_init(&requests, 60, 0); /* one a second, ten at once: all gone */
  emb_rate_take(&requests, 10, 0);
  emb_rate_init(&tokens, 600, 0);
  emb_rate_take(&tokens, 100, 0);
  jobs[0].request_rate = &requests;
  jobs[0].token_rate = &tokens;
  jobs[0].tokens = 20; /* 2 s */
  submit(0, 1);
  run(&engine, &fake, &jobs[0]);
  assert_int_equal(fake.starts[0], 0); /* the owner has asked for the first */
  assert_in_range(fake.starts[1], 2000, 2010);
  assert_in_range(emb_rate_wait_ms(&tokens, 20, fake.starts[1]), 1990, 2000);
  close_gate();
}

/* When the fifth job starts, after a server has said that one request is left for two seconds. */
static long long start_of_fifth(long max_wait_ms) {
  struct step script[6];
  for (int i = 0; i < 6; i++)
    script[i] =
        (struct step){.status = 200, .takes_ms = 10, .requests_left = "1", .requests_reset = "2s"};
  open_gate(script, N(script));
  for (int i = 0; i < 6; i++) jobs[i].policy.max_wait_ms = max_wait_ms;
  submit(0, 4);
  emb_engine_poll(&engine, 10); /* four in flight, and the server says that one is left */
  submit(4, 2);
  run(&engine, &fake, &jobs[4]);
  long long start = fake.starts[4];
  close_gate();
  return start;
}

static void test_engine__headers_of_a_good_reply_slow_down(void **state) {
  (void)state;
  assert_in_range(start_of_fifth(60000), 500, 1100);
}

/* If the server means it, it will refuse. */
static void test_engine__slowing_down_longer_than_a_client_waits_is_not_obeyed(void **state) {
  (void)state;
  assert_in_range(start_of_fifth(200), 10, 60);
}

static void test_engine__pause_of_the_consumer_is_no_slow_reply(void **state) {
  (void)state;
  const struct step script[] = {{.status = 200, .takes_ms = 100}};
  open_gate(script, N(script));
  submit(0, 1);
  emb_engine_poll(&engine, 40);
  fake.now += 5000;
  run(&engine, &fake, &jobs[0]);
  assert_in_range((int)gate->window.reply_ms, 1, 100);
  close_gate();
}

static void test_engine__cancelled_jobs_leave_the_gate(void **state) {
  (void)state;
  const struct step script[] = {{.takes_ms = HANG}, {.takes_ms = HANG}};
  open_gate(script, N(script));
  submit(0, 2);
  emb_engine_poll(&engine, 10);
  submit(2, 1);
  assert_int_equal(gate->n_jobs, 3);
  assert_int_equal(gate->in_flight, 2);
  for (int i = 0; i < 3; i++) emb_engine_cancel(&engine, &jobs[i]);
  assert_int_equal(gate->n_jobs, 0);
  assert_int_equal(gate->in_flight, 0);
  close_gate();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_engine__hint_pauses_every_job_of_the_place),
      cmocka_unit_test(test_engine__window_holds_jobs_back),
      cmocka_unit_test(test_engine__deadline_starts_when_there_is_room),
      cmocka_unit_test(test_engine__deadline_ends_a_retry_without_room),
      cmocka_unit_test(test_engine__pause_past_the_deadline_ends_those_who_wait),
      cmocka_unit_test(test_engine__wait_that_is_too_long_keeps_others_from_asking),
      cmocka_unit_test(test_engine__refused_connections_open_the_breaker),
      cmocka_unit_test(test_engine__restart_of_a_server_costs_no_job),
      cmocka_unit_test(test_engine__wrong_key_opens_the_breaker),
      cmocka_unit_test(test_engine__empty_budget_ends_the_retries),
      cmocka_unit_test(test_engine__timeout_costs_twice_as_much),
      cmocka_unit_test(test_engine__rate_limit_costs_nothing_of_the_budget),
      cmocka_unit_test(test_engine__refusals_of_one_burst_count_once),
      cmocka_unit_test(test_engine__refused_alone_without_a_hint_waits_longer_each_time),
      cmocka_unit_test(test_engine__hints_that_do_not_help_are_followed_three_times),
      cmocka_unit_test(test_engine__further_attempts_keep_to_the_owners_rate),
      cmocka_unit_test(test_engine__headers_of_a_good_reply_slow_down),
      cmocka_unit_test(test_engine__slowing_down_longer_than_a_client_waits_is_not_obeyed),
      cmocka_unit_test(test_engine__pause_of_the_consumer_is_no_slow_reply),
      cmocka_unit_test(test_engine__cancelled_jobs_leave_the_gate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
