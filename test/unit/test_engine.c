/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The scheduler in time: when jobs start, wait, time out, are cancelled, and how several share it.
 *
 * What is in flight belongs to the fake (fake_transport.h), which fails the test when an exchange
 * is started twice, cancelled without being in flight, or left behind. No test sleeps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_transport.h"

static void test_engine__good_reply_is_done_at_once(void **state) {
  (void)state;
  const struct step script[] = {{.status = 200, .takes_ms = 30}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  assert_int_equal(play(&engine, &fake, &job, script, N(script)), 30);
  assert_int_equal(job.verdict.action, EMB_ACTION_DONE);
  assert_int_equal(job.attempts, 1);
  assert_int_equal(job.finished_ms, 30);
  assert_int_equal(engine.stats.requests, 1);
  assert_int_equal(engine.stats.retries, 0);
  assert_int_equal(engine.stats.bytes_in, 10);
  assert_int_equal(engine.stats.bytes_out, 3);
  assert_int_equal(engine.stats.connections_opened, 1);
  assert_int_equal(engine.stats.peak_in_flight, 1);
  close_engine(&engine, &fake, &job);
}

static void test_engine__retries_503_then_succeeds(void **state) {
  (void)state;
  const struct step script[] = {{.status = 503, .takes_ms = 5}, {.status = 200, .takes_ms = 5}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  assert_in_range(play(&engine, &fake, &job, script, N(script)), 260, 511);
  assert_int_equal(job.verdict.action, EMB_ACTION_DONE);
  assert_int_equal(job.verdict.err.code, 0);
  assert_int_equal(job.attempts, 2);
  assert_int_equal(engine.stats.retries, 1);
  close_engine(&engine, &fake, &job);
}

static void test_engine__deadline_ends_waits(void **state) {
  (void)state;
  const struct step script[] = {
      {.status = 503}, {.status = 503}, {.status = 503}, {.status = 503}, {.status = 503}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  job.policy.deadline_ms = 1500;
  job.policy.max_retries = 100;
  assert_true(play(&engine, &fake, &job, script, N(script)) <= 1500);
  assert_int_equal(job.verdict.action, EMB_ACTION_FAIL);
  assert_int_equal(job.verdict.err.code, EMB_ETIMEOUT);
  assert_int_equal(job.timed_out, 2);
  assert_non_null(strstr(job.verdict.err.message, "deadline of 1.500 s"));
  assert_non_null(strstr(job.verdict.err.message, "last: HTTP 503"));
  close_engine(&engine, &fake, &job);
}

static void test_engine__deadline_ends_a_running_attempt(void **state) {
  (void)state;
  const struct step script[] = {{.status = 200, .takes_ms = HANG}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  job.policy.deadline_ms = 2000;
  assert_int_equal(play(&engine, &fake, &job, script, N(script)), 2000);
  assert_int_equal(job.verdict.err.code, EMB_ETIMEOUT);
  assert_int_equal(job.timed_out, 2);
  assert_int_equal(fake.cancels, 1);
  assert_string_equal(job.verdict.err.message, "no good reply within the deadline of 2 s "
                                               "(1 attempt, last: waiting for h:1 to answer)");
  close_engine(&engine, &fake, &job);
}

static void test_engine__attempt_timeout_cancels_and_retries(void **state) {
  (void)state;
  const struct step script[] = {{.takes_ms = HANG}, {.status = 200, .takes_ms = 7}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  job.policy.attempt_timeout_ms = 1000;
  long long took = play(&engine, &fake, &job, script, N(script));
  assert_in_range(took, 1257, 1507);
  assert_int_equal(fake.cancels, 1);
  assert_int_equal(job.attempts, 2);
  assert_int_equal(job.timed_out, 0);
  assert_int_equal(job.verdict.action, EMB_ACTION_DONE);
  close_engine(&engine, &fake, &job);
}

static void test_engine__attempt_timeout_says_what_it_waited_for(void **state) {
  (void)state;
  const struct step script[] = {{.takes_ms = HANG}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  job.policy.attempt_timeout_ms = 1000;
  job.policy.max_retries = 0;
  play(&engine, &fake, &job, script, N(script));
  assert_int_equal(job.verdict.action, EMB_ACTION_FAIL);
  assert_int_equal(job.verdict.err.code, EMB_ETIMEOUT);
  assert_int_equal(job.timed_out, 1);
  assert_string_equal(
      job.verdict.err.message,
      "no complete reply within 1 s, while waiting for h:1 to answer (after 1 attempt)");
  close_engine(&engine, &fake, &job);
}

static void test_engine__paused_consumer_is_no_timeout(void **state) {
  (void)state;
  const struct step script[] = {{.status = 200, .takes_ms = 20000}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  open_engine(&engine, &fake, script, N(script));
  emb_engine_submit(&engine, &job);
  emb_engine_poll(&engine, 0);
  assert_int_equal(job.state, EMB_JOB_RUNNING);
  fake.now += 600000;
  emb_engine_poll(&engine, 0);
  assert_int_equal(job.state, EMB_JOB_DONE);
  assert_int_equal(job.verdict.action, EMB_ACTION_DONE);
  close_engine(&engine, &fake, &job);
}

static void test_engine__pause_moves_both_deadlines_on_by_its_length(void **state) {
  (void)state;
  const struct step script[] = {{.takes_ms = HANG}, {.takes_ms = HANG}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  job.policy.attempt_timeout_ms = 30000;
  job.policy.deadline_ms = 45000;
  open_engine(&engine, &fake, script, N(script));
  emb_engine_submit(&engine, &job);
  for (int i = 0; i < 10; i++) emb_engine_poll(&engine, 100); /* 1 s of the attempt is gone */
  fake.now += 600000;
  emb_engine_poll(&engine, 0);
  assert_int_equal(job.state, EMB_JOB_RUNNING);
  long long from = fake.now;
  while (job.state == EMB_JOB_RUNNING) emb_engine_poll(&engine, 50);
  assert_int_equal(fake.now - from, 29000);
  run(&engine, &fake, &job);
  assert_int_equal(fake.now - from, 44000);
  assert_int_equal(job.timed_out, 2);
  close_engine(&engine, &fake, &job);
}

static void test_engine__pause_before_the_first_poll_counts_from_the_submit(void **state) {
  (void)state;
  const struct step script[] = {{.takes_ms = HANG}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  job.policy.deadline_ms = 1000;
  open_engine(&engine, &fake, script, N(script));
  fake.now += 5000;
  emb_engine_submit(&engine, &job);
  fake.now += 3000;
  emb_engine_poll(&engine, 0);
  assert_int_equal(job.state, EMB_JOB_RUNNING);
  assert_int_equal(run(&engine, &fake, &job), 1000);
  close_engine(&engine, &fake, &job);
}

static void test_engine__cancel_in_each_state(void **state) {
  (void)state;
  const struct step script[] = {
      {.status = 503}, {.takes_ms = HANG}, {.status = 200}, {.status = 200}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  open_engine(&engine, &fake, script, N(script));
  emb_engine_cancel(&engine, &job); /* IDLE */
  emb_engine_submit(&engine, &job); /* WAITING for its first attempt */
  emb_engine_cancel(&engine, &job);
  assert_int_equal(job.state, EMB_JOB_IDLE);
  assert_null(engine.jobs);
  emb_engine_submit(&engine, &job); /* WAITING for a retry */
  emb_engine_poll(&engine, 0);
  assert_int_equal(job.state, EMB_JOB_WAITING);
  emb_engine_cancel(&engine, &job);
  assert_int_equal(fake.cancels, 0);
  emb_engine_submit(&engine, &job); /* RUNNING */
  emb_engine_poll(&engine, 10);
  assert_int_equal(job.state, EMB_JOB_RUNNING);
  emb_engine_cancel(&engine, &job);
  assert_int_equal(fake.cancels, 1);
  assert_int_equal(fake.n_flying, 0);
  assert_int_equal(engine.stats.in_flight, 0);
  emb_engine_submit(&engine, &job); /* DONE */
  run(&engine, &fake, &job);
  emb_engine_cancel(&engine, &job);
  assert_int_equal(job.state, EMB_JOB_IDLE);
  emb_engine_submit(&engine, &job); /* and it still works */
  run(&engine, &fake, &job);
  assert_int_equal(job.verdict.action, EMB_ACTION_DONE);
  close_engine(&engine, &fake, &job);
}

static void test_engine__release_cancels_what_is_in_flight(void **state) {
  (void)state;
  const struct step script[] = {{.takes_ms = HANG}, {.takes_ms = HANG}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job jobs[3];
  open_engine(&engine, &fake, script, N(script));
  for (int i = 0; i < 3; i++) fill_job(&jobs[i]);
  emb_engine_submit(&engine, &jobs[0]);
  emb_engine_submit(&engine, &jobs[1]);
  emb_engine_poll(&engine, 0);
  emb_engine_submit(&engine, &jobs[2]);
  close_engine(&engine, &fake, NULL);
  assert_int_equal(fake.cancels, 2);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(jobs[i].state, EMB_JOB_IDLE);
    emb_job_release(&jobs[i]);
  }
}

static void test_engine__jobs_of_two_owners_are_interleaved(void **state) {
  (void)state;
  /* outer, outer, then inner while both are in flight; the inner one ends first */
  const struct step script[] = {{.status = 200, .takes_ms = 100},
                                {.status = 503, .takes_ms = 20},
                                {.status = 200, .takes_ms = 10},
                                {.status = 200, .takes_ms = 5}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job outer[2], inner;
  open_engine(&engine, &fake, script, N(script));
  fill_job(&outer[0]);
  fill_job(&outer[1]);
  fill_job(&inner);
  emb_engine_submit(&engine, &outer[0]);
  emb_engine_submit(&engine, &outer[1]);
  emb_engine_poll(&engine, 0);
  emb_engine_submit(&engine, &inner);
  emb_engine_submit(&engine, &inner); /* twice is once */
  run(&engine, &fake, &inner);
  assert_int_equal(fake.now, 10);
  assert_int_equal(outer[0].state, EMB_JOB_RUNNING);
  emb_engine_cancel(&engine, &inner);
  run(&engine, &fake, &outer[0]);
  assert_int_equal(fake.now, 100);
  assert_int_equal(outer[1].state, EMB_JOB_WAITING);
  run(&engine, &fake, &outer[1]);
  assert_int_equal(outer[1].attempts, 2);
  assert_int_equal(engine.stats.peak_in_flight, 3);
  assert_int_equal(engine.stats.requests, 4);
  assert_null(engine.jobs);
  emb_job_release(&outer[0]);
  emb_job_release(&outer[1]);
  close_engine(&engine, &fake, &inner);
}

static void test_engine__poll_never_waits_past_the_next_timer(void **state) {
  (void)state;
  const struct step script[] = {
      {.status = 429, .retry_after_ms = "1000"}, {.takes_ms = HANG}, {.takes_ms = HANG}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job retrying, running;
  open_engine(&engine, &fake, script, N(script));
  fill_job(&retrying);
  fill_job(&running);
  running.policy.attempt_timeout_ms = 700;
  running.policy.max_retries = 0;
  retrying.policy.deadline_ms = 1500;
  emb_engine_submit(&engine, &retrying);
  emb_engine_poll(&engine, 0);
  long long due = retrying.due_ms;
  assert_in_range(due, 1000, 1100);
  emb_engine_submit(&engine, &running);
  emb_engine_poll(&engine, 100000);
  assert_int_equal(fake.now, 700); /* the attempt timeout */
  assert_int_equal(running.state, EMB_JOB_DONE);
  emb_engine_poll(&engine, 100000);
  assert_int_equal(fake.now, due); /* the retry */
  emb_engine_poll(&engine, 100000);
  assert_int_equal(fake.now, 1500); /* the deadline */
  assert_int_equal(retrying.state, EMB_JOB_DONE);
  emb_engine_poll(&engine, 40); /* nothing to do: still the caller's sleep */
  assert_int_equal(fake.now, 1540);
  emb_job_release(&running);
  close_engine(&engine, &fake, &retrying);
}

static void test_engine__broken_transport_is_reported(void **state) {
  (void)state;
  const struct step script[] = {{.takes_ms = HANG}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  open_engine(&engine, &fake, script, N(script));
  fake.poll_rc = EMB_EINTERNAL;
  emb_engine_submit(&engine, &job);
  assert_int_equal(emb_engine_poll(&engine, 10), EMB_EINTERNAL);
  close_engine(&engine, &fake, &job);
}

static void test_engine__list_survives_removal_at_both_ends(void **state) {
  (void)state;
  struct step script[12] = {{0}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job jobs[6];
  for (int i = 0; i < 12; i++) script[i].status = 200;
  open_engine(&engine, &fake, script, N(script));
  for (int i = 0; i < 6; i++) {
    fill_job(&jobs[i]);
    emb_engine_submit(&engine, &jobs[i]);
  }
  static const int order[] = {5, 0, 2, 4};
  for (int i = 0; i < N(order); i++) emb_engine_cancel(&engine, &jobs[order[i]]);
  emb_engine_submit(&engine, &jobs[5]);
  static const int left[] = {1, 3, 5};
  struct emb_job *at = engine.jobs;
  for (int i = 0; i < N(left); i++, at = at->next) assert_ptr_equal(at, &jobs[left[i]]);
  assert_null(at);
  emb_engine_poll(&engine, 0);
  assert_null(engine.jobs);
  for (int i = 0; i < 5; i++) emb_job_release(&jobs[i]);
  close_engine(&engine, &fake, &jobs[5]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_engine__good_reply_is_done_at_once),
      cmocka_unit_test(test_engine__retries_503_then_succeeds),
      cmocka_unit_test(test_engine__deadline_ends_waits),
      cmocka_unit_test(test_engine__deadline_ends_a_running_attempt),
      cmocka_unit_test(test_engine__attempt_timeout_cancels_and_retries),
      cmocka_unit_test(test_engine__attempt_timeout_says_what_it_waited_for),
      cmocka_unit_test(test_engine__paused_consumer_is_no_timeout),
      cmocka_unit_test(test_engine__pause_moves_both_deadlines_on_by_its_length),
      cmocka_unit_test(test_engine__pause_before_the_first_poll_counts_from_the_submit),
      cmocka_unit_test(test_engine__cancel_in_each_state),
      cmocka_unit_test(test_engine__release_cancels_what_is_in_flight),
      cmocka_unit_test(test_engine__jobs_of_two_owners_are_interleaved),
      cmocka_unit_test(test_engine__poll_never_waits_past_the_next_timer),
      cmocka_unit_test(test_engine__broken_transport_is_reported),
      cmocka_unit_test(test_engine__list_survives_removal_at_both_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
