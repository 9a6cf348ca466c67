/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The scheduler's decisions: what each kind of ending does to a job, and what its error says.
 *
 * The classification itself is tested in test_retry.c; here it is what the scheduler makes of it:
 * another attempt after the right wait, or an end with the right code and text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_transport.h"

static void test_engine__each_form_of_retry_after(void **state) {
  (void)state;
  static const struct {
    const char *after, *after_ms;
    long low, high; /* of the wait; low -1: stops */
  } rows[] = {
      {"2", NULL, 2000, 2200},
      {"1.5", NULL, 1500, 1650},
      {"Sun, 06 Nov 1994 08:49:47 GMT", NULL, 10000, 11000},
      {"Sun, 06 Nov 1994 08:00:00 GMT", NULL, 250, 500},
      {"-5", NULL, 250, 500},
      {"abc", NULL, 250, 500},
      {"1e20", NULL, 250, 500},
      {"1m0s", NULL, 60000, 66000},
      {"6m0s", NULL, -1, -1},
      {"86400", NULL, -1, -1},
      {"9", "700", 700, 770},
      {NULL, "40", 40, 44},
  };
  for (int i = 0; i < N(rows); i++) {
    const struct step script[] = {
        {.status = 429, .retry_after = rows[i].after, .retry_after_ms = rows[i].after_ms},
        {.status = 200}};
    struct emb_engine engine;
    struct fake fake;
    struct emb_job job;
    fill_job(&job);
    long long took = play(&engine, &fake, &job, script, N(script));
    if (rows[i].low < 0) {
      assert_int_equal(job.verdict.action, EMB_ACTION_FAIL);
      assert_int_equal(job.verdict.err.code, EMB_ERATE);
      assert_non_null(strstr(job.verdict.err.message, "asks to wait"));
      assert_int_equal(job.attempts, 1);
    } else {
      assert_int_equal(job.verdict.action, EMB_ACTION_DONE);
      assert_in_range(took, rows[i].low, rows[i].high);
    }
    close_engine(&engine, &fake, &job);
  }
}

static void test_engine__exhausted_retries_keep_the_last_error(void **state) {
  (void)state;
  const struct step script[] = {{.status = 503}, {.status = 429}, {.status = 500}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  job.policy.max_retries = 2;
  play(&engine, &fake, &job, script, N(script));
  assert_int_equal(job.verdict.action, EMB_ACTION_FAIL);
  assert_int_equal(job.verdict.err.code, EMB_EHTTP);
  assert_int_equal(job.verdict.err.http_status, 500);
  assert_string_equal(job.verdict.err.request_id, "id-3");
  assert_string_equal(job.verdict.err.message, "HTTP 500: the server failed (after 3 attempts)");
  close_engine(&engine, &fake, &job);
}

static void test_engine__name_that_does_not_resolve_gets_three_attempts(void **state) {
  (void)state;
  const struct step bad = {.transport = EMB_ECONNECT, .may_retry = 2};
  const struct step script[] = {bad, bad, bad};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  play(&engine, &fake, &job, script, N(script));
  assert_int_equal(job.attempts, 3);
  assert_int_equal(job.verdict.err.code, EMB_ECONNECT);
  assert_string_equal(job.verdict.err.message, "it broke (after 3 attempts)");
  close_engine(&engine, &fake, &job);
}

static void test_engine__start_that_is_refused_is_a_failed_attempt(void **state) {
  (void)state;
  const struct step script[] = {{.start_rc = EMB_ECONNECT}, {.status = 200}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  assert_in_range(play(&engine, &fake, &job, script, N(script)), 250, 501);
  assert_int_equal(job.attempts, 2);
  assert_int_equal(job.verdict.action, EMB_ACTION_DONE);
  close_engine(&engine, &fake, &job);
}

static void test_engine__start_without_memory_fails_the_job_at_once(void **state) {
  (void)state;
  const struct step script[] = {{.start_rc = EMB_ENOMEM}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  assert_int_equal(play(&engine, &fake, &job, script, N(script)), 0);
  assert_int_equal(job.verdict.action, EMB_ACTION_FAIL);
  assert_int_equal(job.verdict.err.code, EMB_ENOMEM);
  assert_int_equal(fake.polls, 1);
  assert_int_equal(fake.last_wait, 0);
  close_engine(&engine, &fake, &job);
}

struct counting_sink {
  int begins, writes, left;
  int codes[4]; /* answers of write, in order */
};

static void sink_begin(void *ctx) {
  struct counting_sink *sink = ctx;
  sink->begins++;
  sink->left = 0;
}

static int sink_write(void *ctx, const char *bytes, size_t n) {
  struct counting_sink *sink = ctx;
  (void)bytes;
  sink->left += (int)n;
  return sink->codes[sink->writes++];
}

static void test_engine__sink_error_stops_or_retries_by_its_kind(void **state) {
  (void)state;
  static const struct {
    int code, attempts;
    enum emb_action want;
  } rows[] = {{EMB_ETOOBIG, 1, EMB_ACTION_FAIL},
              {EMB_ENOMEM, 1, EMB_ACTION_FAIL},
              {EMB_ETRUNCATED, 2, EMB_ACTION_DONE},
              {EMB_EREPLY, 2, EMB_ACTION_DONE}};
  for (int i = 0; i < N(rows); i++) {
    const struct step script[] = {{.status = 200, .body = "12345"}, {.status = 200, .body = "123"}};
    struct emb_engine engine;
    struct fake fake;
    struct emb_job job;
    struct counting_sink counting = {.codes = {rows[i].code}};
    struct emb_sink sink = {sink_begin, sink_write, &counting};
    fill_job(&job);
    job.sink = &sink;
    play(&engine, &fake, &job, script, N(script));
    assert_int_equal(job.verdict.action, rows[i].want);
    assert_int_equal(job.attempts, rows[i].attempts);
    assert_int_equal(counting.begins, rows[i].attempts);
    if (rows[i].want == EMB_ACTION_DONE) {
      assert_int_equal(counting.left, 3);
    } else {
      assert_int_equal(job.verdict.err.code, rows[i].code);
    }
    close_engine(&engine, &fake, &job);
  }
}

static void test_engine__other_verdicts_end_the_job_without_retry(void **state) {
  (void)state;
  static const struct {
    struct step step;
    enum emb_action want;
    int code;
  } rows[] = {
      {{.status = 401}, EMB_ACTION_FATAL, EMB_EAUTH},
      {{.status = 302}, EMB_ACTION_FATAL, EMB_EHTTP},
      {{.transport = EMB_ETLS}, EMB_ACTION_FATAL, EMB_ETLS},
      {{.status = 400}, EMB_ACTION_SPLIT, EMB_EINPUT},
      {{.status = 413}, EMB_ACTION_SPLIT, EMB_EINPUT},
      {{.status = 418}, EMB_ACTION_FAIL, EMB_EHTTP},
      {{.status = 503, .should_retry = "false"}, EMB_ACTION_FAIL, EMB_EHTTP},
  };
  for (int i = 0; i < N(rows); i++) {
    struct emb_engine engine;
    struct fake fake;
    struct emb_job job;
    fill_job(&job);
    play(&engine, &fake, &job, &rows[i].step, 1);
    assert_int_equal(job.verdict.action, rows[i].want);
    assert_int_equal(job.verdict.err.code, rows[i].code);
    assert_int_equal(job.attempts, 1);
    assert_null(strstr(job.verdict.err.message, "attempt"));
    close_engine(&engine, &fake, &job);
  }
}

static void test_engine__should_retry_true_retries_a_400(void **state) {
  (void)state;
  const struct step script[] = {{.status = 400, .should_retry = "true"}, {.status = 200}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  play(&engine, &fake, &job, script, N(script));
  assert_int_equal(job.attempts, 2);
  assert_int_equal(job.verdict.action, EMB_ACTION_DONE);
  close_engine(&engine, &fake, &job);
}

/* An owner that wants a good reply twice: what a final check of the vectors may say. */
static void suspicious_judge(struct emb_job *job, struct emb_verdict *verdict) {
  assert_int_equal(verdict->hint_ms, -1);
  assert_int_equal(verdict->err.code, 0);
  emb_retry_judge(&job->reply, job->ended_unix_ms, verdict);
  if (verdict->action == EMB_ACTION_DONE && (*(int *)job->owner)++ == 0) {
    verdict->action = EMB_ACTION_RETRY;
    verdict->hint_ms = 1000;
    emb_err_set(&verdict->err, EMB_ETRUNCATED, "half of it");
  }
}

static void test_engine__owner_may_retry_a_200(void **state) {
  (void)state;
  const struct step script[] = {{.status = 200}, {.status = 200}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  int calls = 0;
  fill_job(&job);
  job.judge = suspicious_judge;
  job.owner = &calls;
  assert_in_range(play(&engine, &fake, &job, script, N(script)), 1000, 1100);
  assert_int_equal(calls, 2);
  assert_int_equal(job.verdict.action, EMB_ACTION_DONE);
  close_engine(&engine, &fake, &job);
}

static void silent_judge(struct emb_job *job, struct emb_verdict *verdict) {
  (void)job;
  verdict->action = EMB_ACTION_FAIL;
}

static void test_engine__failure_without_a_reason_gets_one(void **state) {
  (void)state;
  const struct step script[] = {{.status = 418}};
  struct emb_engine engine;
  struct fake fake;
  struct emb_job job;
  fill_job(&job);
  job.judge = silent_judge;
  play(&engine, &fake, &job, script, N(script));
  assert_int_equal(job.verdict.err.code, EMB_EHTTP);
  assert_int_equal(job.verdict.err.http_status, 418);
  assert_true(job.verdict.err.message[0] != 0);
  close_engine(&engine, &fake, &job);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_engine__each_form_of_retry_after),
      cmocka_unit_test(test_engine__exhausted_retries_keep_the_last_error),
      cmocka_unit_test(test_engine__name_that_does_not_resolve_gets_three_attempts),
      cmocka_unit_test(test_engine__start_that_is_refused_is_a_failed_attempt),
      cmocka_unit_test(test_engine__start_without_memory_fails_the_job_at_once),
      cmocka_unit_test(test_engine__sink_error_stops_or_retries_by_its_kind),
      cmocka_unit_test(test_engine__other_verdicts_end_the_job_without_retry),
      cmocka_unit_test(test_engine__should_retry_true_retries_a_400),
      cmocka_unit_test(test_engine__owner_may_retry_a_200),
      cmocka_unit_test(test_engine__failure_without_a_reason_gets_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
