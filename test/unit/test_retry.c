/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The retry policy as tables: which status or failure leads to which action, how long the
 * waits are.
 *
 * A failing row names its input. Randomness and the wall clock are arguments of what is tested, so
 * every expectation is exact.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "http/retry.h"

#define NOW_MS 784111777000LL /* Sun, 06 Nov 1994 08:49:37 GMT */

static void test_retry__endless_hint_does_not_overflow(void **state) {
  (void)state;
  struct emb_retry_policy policy = EMB_RETRY_POLICY_DEFAULT;
  assert_true(emb_retry_wait_ms(&policy, 1, LONG_MAX, 0.5) == -1);
}

static void test_retry__every_status_has_its_action(void **state) {
  (void)state;
  for (int status = 0; status < 700; status++) {
    struct emb_reply reply = {.status = status};
    struct emb_verdict verdict;
    enum emb_action want = EMB_ACTION_FAIL;
    switch (status) {
    case 400:
    case 413:
    case 422: want = EMB_ACTION_SPLIT; break;
    case 401:
    case 402:
    case 403:
    case 404:
    case 405:
    case 498: want = EMB_ACTION_FATAL; break;
    case 408:
    case 409:
    case 424:
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
    case 520:
    case 521:
    case 522:
    case 523:
    case 524:
    case 529: want = EMB_ACTION_RETRY; break;
    default:
      if (status >= 200 && status < 300) want = EMB_ACTION_DONE;
      if (status >= 300 && status < 400) want = EMB_ACTION_FATAL;
    }
    emb_retry_judge(&reply, NOW_MS, &verdict);
    if (verdict.action != want) fail_msg("HTTP %d: action %d", status, (int)verdict.action);
    assert_int_equal(verdict.hint_ms, -1);
    assert_true((verdict.err.code == 0) == (want == EMB_ACTION_DONE));
    assert_true((verdict.err.message[0] == 0) == (want == EMB_ACTION_DONE));
    if (want != EMB_ACTION_DONE) assert_int_equal(verdict.err.http_status, status);
  }
}

static void test_retry__should_retry_header_overrides_both_ways(void **state) {
  (void)state;
  static const struct {
    int status;
    const char *header;
    enum emb_action want;
  } rows[] = {{503, "false", EMB_ACTION_FAIL},  {429, "False", EMB_ACTION_FAIL},
              {400, "true", EMB_ACTION_RETRY},  {401, "true", EMB_ACTION_RETRY},
              {418, "TRUE", EMB_ACTION_RETRY},  {400, "false", EMB_ACTION_SPLIT},
              {401, "false", EMB_ACTION_FATAL}, {200, "true", EMB_ACTION_DONE},
              {503, "maybe", EMB_ACTION_RETRY}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct emb_reply reply = {.status = rows[i].status};
    struct emb_verdict verdict;
    snprintf(reply.should_retry, sizeof reply.should_retry, "%s", rows[i].header);
    emb_retry_judge(&reply, NOW_MS, &verdict);
    assert_int_equal(verdict.action, rows[i].want);
  }
}

static void test_retry__transport_failures(void **state) {
  (void)state;
  static const struct {
    int code, may_retry;
    enum emb_action want;
  } rows[] = {{EMB_ECONNECT, 1, EMB_ACTION_RETRY}, {EMB_ECONNECT, 2, EMB_ACTION_RETRY},
              {EMB_ECONNECT, 0, EMB_ACTION_FAIL},  {EMB_ETIMEOUT, 1, EMB_ACTION_RETRY},
              {EMB_ETLS, 0, EMB_ACTION_FATAL},     {EMB_ETLS, 1, EMB_ACTION_RETRY},
              {EMB_ECONFIG, 0, EMB_ACTION_FATAL},  {EMB_ETRUNCATED, 1, EMB_ACTION_RETRY},
              {EMB_EREPLY, 1, EMB_ACTION_RETRY},   {EMB_EREPLY, 0, EMB_ACTION_FAIL},
              {EMB_ETOOBIG, 1, EMB_ACTION_FAIL},   {EMB_ENOMEM, 1, EMB_ACTION_FAIL},
              {EMB_EINTERRUPT, 1, EMB_ACTION_FAIL}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct emb_reply reply = {.transport = rows[i].code, .may_retry = rows[i].may_retry};
    struct emb_verdict verdict;
    snprintf(reply.transport_text, sizeof reply.transport_text, "could not connect to h:1");
    emb_retry_judge(&reply, NOW_MS, &verdict);
    assert_int_equal(verdict.action, rows[i].want);
    assert_int_equal(verdict.err.code, rows[i].code);
    assert_string_equal(verdict.err.message, "could not connect to h:1");
  }
}

static void test_retry__what_an_end_says_about_other_requests(void **state) {
  (void)state;
  static const struct {
    int status, transport, may_retry, timed_out;
    enum emb_action action;
    enum emb_gate_event want;
  } rows[] = {
      {200, 0, 0, 0, EMB_ACTION_DONE, EMB_GATE_GOOD},
      {200, 0, 0, 0, EMB_ACTION_RETRY, EMB_GATE_FAILED}, /* cut short */
      {400, 0, 0, 0, EMB_ACTION_SPLIT, EMB_GATE_GOOD},
      {500, 0, 0, 0, EMB_ACTION_SPLIT, EMB_GATE_GOOD}, /* a poisoned input */
      {418, 0, 0, 0, EMB_ACTION_FAIL, EMB_GATE_GOOD},
      {401, 0, 0, 0, EMB_ACTION_FATAL, EMB_GATE_BROKEN},
      {429, 0, 0, 0, EMB_ACTION_RETRY, EMB_GATE_LIMITED},
      {429, 0, 0, 0, EMB_ACTION_FAIL, EMB_GATE_LIMITED},
      {429, 0, 0, 0, EMB_ACTION_FATAL, EMB_GATE_BROKEN}, /* no quota */
      {503, 0, 0, 0, EMB_ACTION_RETRY, EMB_GATE_STRAIN},
      {529, 0, 0, 0, EMB_ACTION_RETRY, EMB_GATE_STRAIN},
      {504, 0, 0, 0, EMB_ACTION_RETRY, EMB_GATE_STRAIN},
      {500, 0, 0, 0, EMB_ACTION_RETRY, EMB_GATE_FAILED},
      {0, EMB_ETIMEOUT, 1, 1, EMB_ACTION_RETRY, EMB_GATE_STRAIN},
      {0, EMB_ETIMEOUT, 1, 0, EMB_ACTION_RETRY, EMB_GATE_BROKEN}, /* of the connect */
      {0, EMB_ECONNECT, 2, 0, EMB_ACTION_RETRY, EMB_GATE_BROKEN}, /* refused, no such name */
      {0, EMB_ECONNECT, 0, 0, EMB_ACTION_FAIL, EMB_GATE_BROKEN},
      {0, EMB_ECONNECT, 1, 0, EMB_ACTION_RETRY, EMB_GATE_FAILED}, /* reset */
      {0, EMB_ETLS, 1, 0, EMB_ACTION_RETRY, EMB_GATE_BROKEN},
      {0, EMB_ETLS, 0, 0, EMB_ACTION_FATAL, EMB_GATE_BROKEN},
      {0, EMB_ETRUNCATED, 1, 0, EMB_ACTION_RETRY, EMB_GATE_FAILED},
      {0, EMB_ENOMEM, 0, 0, EMB_ACTION_FAIL, EMB_GATE_FAILED},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct emb_reply reply = {
        .status = rows[i].status, .transport = rows[i].transport, .may_retry = rows[i].may_retry};
    int got = (int)emb_retry_event(&reply, rows[i].action, rows[i].timed_out);
    if (got != (int)rows[i].want) fail_msg("row %zu: %d", i, got);
  }
}

static void test_retry__redirect_names_its_target(void **state) {
  (void)state;
  struct emb_reply reply = {.status = 307, .location = "https://other.example/v1"};
  struct emb_verdict verdict;
  emb_retry_judge(&reply, NOW_MS, &verdict);
  assert_non_null(strstr(verdict.err.message, "https://other.example/v1"));
}

static void test_retry__request_id_is_kept(void **state) {
  (void)state;
  struct emb_reply reply = {.status = 500, .request_id = "req_1"};
  struct emb_verdict verdict;
  emb_retry_judge(&reply, NOW_MS, &verdict);
  assert_string_equal(verdict.err.request_id, "req_1");
}

static void test_retry__backoff_doubles_up_to_the_ceiling(void **state) {
  (void)state;
  struct emb_retry_policy policy = EMB_RETRY_POLICY_DEFAULT;
  policy.max_retries = 100;
  assert_int_equal(emb_retry_wait_ms(&policy, 1, -1, 0), 250);
  assert_int_equal(emb_retry_wait_ms(&policy, 2, -1, 0), 500);
  assert_int_equal(emb_retry_wait_ms(&policy, 3, -1, 0), 1000);
  assert_in_range(emb_retry_wait_ms(&policy, 1, -1, 0.9999999), 499, 500);
  assert_int_equal(emb_retry_wait_ms(&policy, 8, -1, 0), 15000);
  assert_int_equal(emb_retry_wait_ms(&policy, 90, -1, 0), 15000);
  policy.max_wait_ms = 100;
  assert_int_equal(emb_retry_wait_ms(&policy, 90, -1, 0), 50);
}

static void test_retry__hint_is_obeyed_with_up_to_ten_percent_more(void **state) {
  (void)state;
  struct emb_retry_policy policy = EMB_RETRY_POLICY_DEFAULT;
  assert_int_equal(emb_retry_wait_ms(&policy, 1, 7000, 0), 7000);
  assert_int_equal(emb_retry_wait_ms(&policy, 1, 7000, 0.5), 7350);
  assert_in_range(emb_retry_wait_ms(&policy, 1, 120000, 0.99), 120000, 132000);
  assert_int_equal(emb_retry_wait_ms(&policy, 1, 120001, 0), -1);
  assert_int_equal(emb_retry_wait_ms(&policy, 1, 0, 0), 250);
}

static void test_retry__no_wait_after_the_last_attempt(void **state) {
  (void)state;
  struct emb_retry_policy policy = EMB_RETRY_POLICY_DEFAULT;
  assert_true(emb_retry_wait_ms(&policy, 5, -1, 0) > 0);
  assert_int_equal(emb_retry_wait_ms(&policy, 6, -1, 0), -1);
  assert_int_equal(emb_retry_wait_ms(&policy, 6, 10, 0), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_retry__endless_hint_does_not_overflow),
      cmocka_unit_test(test_retry__every_status_has_its_action),
      cmocka_unit_test(test_retry__should_retry_header_overrides_both_ways),
      cmocka_unit_test(test_retry__transport_failures),
      cmocka_unit_test(test_retry__what_an_end_says_about_other_requests),
      cmocka_unit_test(test_retry__redirect_names_its_target),
      cmocka_unit_test(test_retry__request_id_is_kept),
      cmocka_unit_test(test_retry__backoff_doubles_up_to_the_ceiling),
      cmocka_unit_test(test_retry__hint_is_obeyed_with_up_to_ten_percent_more),
      cmocka_unit_test(test_retry__no_wait_after_the_last_attempt),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
