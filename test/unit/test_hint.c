/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Waits and limits as servers write them, as tables of text and meaning. A failing row names its
 * text. The wall clock is an argument, so every expectation is exact.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "http/hint.h"

#define NOW_MS 784111777000LL /* Sun, 06 Nov 1994 08:49:37 GMT */

static void test_hint__retry_after_table(void **state) {
  (void)state;
  static const struct {
    const char *after, *after_ms;
    long want;
  } rows[] = {
      {"", "", -1},
      {"0", "", 0},
      {"7", "", 7000},
      {" 7 ", "", 7000},
      {"0.5", "", 500},
      {"1.5", "", 1500},
      {".25", "", 250},
      {"2e1", "", 20000},
      {"-5", "", -1},
      {"-0.5", "", -1},
      {"abc", "", -1},
      {"5 apples", "", -1},
      {"nan", "", -1},
      {"inf", "", -1},
      {"1e20", "", -1},
      {"1e999999999", "", -1},
      {"99999999999999999999999999", "", -1},
      {"2000000000", "", -1},
      {"1e", "", -1},
      {".", "", -1},
      {"6m0s", "", 360000},
      {"20ms", "", 20},
      {"Sun, 06 Nov 1994 08:49:47 GMT", "", 10000},
      {"Sun, 06 Nov 1994 08:49:37 GMT", "", 0},
      {"Sun, 06 Nov 1994 08:49:27 GMT", "", 0},
      {"Thu, 01 Jan 1970 00:00:00 GMT", "", 0},
      {"Sunday, 06-Nov-94 08:49:37 GMT", "", -1},
      {"Sun, 06 Nov 1994 08:49:37", "", -1},
      {"", "250", 250},
      {"9", "250", 250},
      {"9", "12.7", 12},
      {"9", "abc", 9000},
      {"9", "-1", 9000},
      {"9", "1e20", 9000},
      {"", "abc", -1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    long got = emb_hint_after_ms(rows[i].after, rows[i].after_ms, NOW_MS);
    if (got != rows[i].want)
      fail_msg("\"%s\" / \"%s\": %ld, not %ld", rows[i].after, rows[i].after_ms, got, rows[i].want);
  }
  assert_int_equal(emb_hint_after_ms(NULL, NULL, NOW_MS), -1);
}

static void test_hint__far_date_does_not_overflow(void **state) {
  (void)state;
  long got = emb_hint_after_ms("Fri, 31 Dec 9999 23:59:59 GMT", "", 0);
  assert_true(got == -1 || got > 1000000000L);
}

static void test_hint__go_durations(void **state) {
  (void)state;
  static const struct {
    const char *text;
    long want;
  } rows[] = {{"1s", 1000},
              {"6m0s", 360000},
              {"2m59.56s", 179560},
              {"7.66s", 7660},
              {"20ms", 20},
              {"1h2m", 3720000},
              {"34.074824224s", 34074},
              {"1.5us", 0},
              {"900ms", 900},
              {"1\xC2\xB5s", 0},
              {"5ns", 0},
              {"", -1},
              {"5", -1},
              {"s", -1},
              {"-1s", -1},
              {"1d", -1},
              {"1s2", -1},
              {"1s x", -1},
              {"1 s", -1},
              {"1e3s", -1},
              {"99999999999h", -1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    long got = emb_hint_duration_ms(rows[i].text);
    if (got != rows[i].want) fail_msg("\"%s\": %ld, not %ld", rows[i].text, got, rows[i].want);
  }
  assert_int_equal(emb_hint_duration_ms(NULL), -1);
}

static void test_hint__http_dates(void **state) {
  (void)state;
  static const struct {
    const char *text;
    long long want;
  } rows[] = {{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
              {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
              {"Thu, 29 Feb 2024 12:00:00 GMT", 1709208000},
              {"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
              {"Fri, 01 Mar 2024 00:00:00 GMT", 1709251200},
              {"Sun, 31 Dec 2023 23:59:60 GMT", 1704067200},
              {"Tue, 19 Jan 2038 03:14:08 GMT", 2147483648LL},
              {"Sun, 00 Nov 1994 08:49:37 GMT", -1},
              {"Sun, 31 Nov 1994 08:49:37 GMT", -1},
              {"Sun, 06 Nov 1994 24:49:37 GMT", -1},
              {"Sun, 06 Nov 1994 08:60:37 GMT", -1},
              {"Sun, 06 Nov 1994 08:49:61 GMT", -1},
              {"Sun, 06 nov 1994 08:49:37 GMT", -1},
              {"Sun, 06 Nov 1994 08:49:37 CET", -1},
              {"Sun, 06 Nov 1994 08:49:37 GMT+1", -1},
              {"Xxx, 06 Nov 1994 08:49:37 GMT", -1},
              {"Sun, 6 Nov 1994 08:49:37 GMT", -1},
              {"", -1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    long long got = emb_hint_http_date(rows[i].text);
    if (got != rows[i].want) fail_msg("\"%s\": %lld", rows[i].text, got);
  }
}

static void test_hint__timestamps(void **state) {
  (void)state;
  static const struct {
    const char *text;
    long long want;
  } rows[] = {{"1994-11-06T08:49:37Z", 784111777000LL},
              {"1994-11-06t08:49:37z", 784111777000LL},
              {"1994-11-06T08:49:37.25Z", 784111777250LL},
              {"1994-11-06T09:49:37+01:00", 784111777000LL},
              {"1994-11-06T03:19:37.5-05:30", 784111777500LL},
              {"1994-11-06T08:49:37", -1},
              {"1994-11-06 08:49:37Z", -1},
              {"1994-13-06T08:49:37Z", -1},
              {"1994-11-06T08:49:37.Z", -1},
              {"1994-11-06T08:49:37+0100", -1},
              {"1994-11-06T08:49:37+25:00", -1},
              {"1994-11-06T08:49:37Zulu", -1},
              {"", -1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    long long got = emb_hint_timestamp_ms(rows[i].text);
    if (got != rows[i].want) fail_msg("\"%s\": %lld", rows[i].text, got);
  }
  assert_int_equal(emb_hint_timestamp_ms(NULL), -1);
}

static void test_hint__words(void **state) {
  (void)state;
  static const struct {
    const char *text;
    long want;
  } rows[] = {{"Rate limit reached for text-embedding-3-small. Please try again in 20s.", 20000},
              {"Limit 3, Used 3, Requested 1. Please try again in 1m30.5s. Visit ...", 90500},
              {"please TRY AGAIN IN 450ms", 450},
              {"Please retry after 6 seconds.", 6000},
              {"Please retry after 86400 seconds", 86400000},
              {"Please retry in 34.074824224s.", 34074},
              {"Try again in 1 minute", 60000},
              {"Try again after 2 minutes and be patient", 120000},
              {"retry after 1 second, or retry after 9 seconds", 1000},
              {"try again in a while, then retry in 3 s", 3000},
              {"retry in 1 hour 5 min", 3900000},
              {"try again in 2 days", 172800000},
              {"try again in 5", -1},
              {"try again in 5 sheep", -1},
              {"try again in -5s", -1},
              {"20 tries in 5 s", -1},
              {"try again in", -1},
              {"", -1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    long got = emb_hint_words_ms(rows[i].text);
    if (got != rows[i].want) fail_msg("\"%s\": %ld, not %ld", rows[i].text, got, rows[i].want);
  }
  assert_int_equal(emb_hint_words_ms(NULL), -1);
}

static void test_hint__resets(void **state) {
  (void)state;
  static const struct {
    const char *text;
    long want;
  } rows[] = {{"6m0s", 360000},
              {"20ms", 20},
              {"1", 1000},
              {"0.25", 250},
              {"784111780", 784111780000}, /* seconds: before 2001 it is no moment */
              {"784111780000", -1},
              {"1994-11-06T08:49:47Z", 10000},
              {"1994-11-06T08:49:27Z", 0},
              {"Sun, 06 Nov 1994 08:49:38 GMT", 1000},
              {"soon", -1},
              {"-1", -1},
              {"", -1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    long got = emb_hint_reset_ms(rows[i].text, NOW_MS);
    if (got != rows[i].want) fail_msg("\"%s\": %ld, not %ld", rows[i].text, got, rows[i].want);
  }
  /* moments, as unix time in s and in ms */
  assert_int_equal(emb_hint_reset_ms("1769500030", 1769500000000LL), 30000);
  assert_int_equal(emb_hint_reset_ms("1769500030500", 1769500000000LL), 30500);
  assert_int_equal(emb_hint_reset_ms("1769499999", 1769500000000LL), 0);
}

static void test_hint__first_found_wins(void **state) {
  (void)state;
  static const struct {
    int status;
    const char *after_ms, *after, *delay, *left, *reset, *tokens_left, *tokens_reset, *words;
    long want;
  } rows[] = {
      {429, "5", "2", "3s", "0", "4s", "", "", "try again in 6s", 5},
      {429, "", "2", "3s", "0", "4s", "", "", "try again in 6s", 2000},
      {429, "", "", "3s", "0", "4s", "", "", "try again in 6s", 3000},
      {429, "", "", NULL, "0", "4s", "", "", "try again in 6s", 4000},
      {429, "", "", "soon", "7", "4s", "", "", "try again in 6s", 6000},
      {429, "", "", NULL, "7", "4s", "0", "9s", "try again in 6s", 9000},
      {429, "", "", NULL, "0", "4s", "0", "1s", NULL, 4000},
      {429, "", "", NULL, "", "4s", "", "", NULL, 4000}, /* only a reset is given */
      {503, "", "", NULL, "0", "4s", "", "", "try again in 6s", 6000},
      {429, "", "", NULL, "0", "", "", "", NULL, -1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct emb_reply reply = {.status = rows[i].status};
    snprintf(reply.retry_after_ms, sizeof reply.retry_after_ms, "%s", rows[i].after_ms);
    snprintf(reply.retry_after, sizeof reply.retry_after, "%s", rows[i].after);
    snprintf(reply.requests_left.remaining, sizeof reply.requests_left.remaining, "%s",
             rows[i].left);
    snprintf(reply.requests_left.reset, sizeof reply.requests_left.reset, "%s", rows[i].reset);
    snprintf(reply.tokens_left.remaining, sizeof reply.tokens_left.remaining, "%s",
             rows[i].tokens_left);
    snprintf(reply.tokens_left.reset, sizeof reply.tokens_left.reset, "%s", rows[i].tokens_reset);
    long got = emb_hint_ms(&reply, rows[i].delay, rows[i].words, NOW_MS);
    if (got != rows[i].want) fail_msg("row %zu: %ld, not %ld", i, got, rows[i].want);
  }
}

static void test_hint__header_names(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int want; /* 1, 2: of requests, what remains and the reset; 3, 4: of tokens; 0: none */
  } rows[] = {{"x-ratelimit-remaining-requests", 1},
              {"x-ratelimit-reset-requests", 2},
              {"X-RateLimit-Remaining-Tokens", 3},
              {"x-ratelimit-reset-tokens", 4},
              {"X-RateLimit-Remaining", 1},
              {"x-ratelimit-reset", 2},
              {"ratelimit-remaining", 1},
              {"anthropic-ratelimit-requests-remaining", 1},
              {"anthropic-ratelimit-tokens-reset", 4},
              {"anthropic-ratelimit-output-tokens-remaining", 0},
              {"x-ratelimit-limit-requests", 0},
              {"x-ratelimit-resource", 0},
              {"x-ratelimit", 0},
              {"x-ratelimit-", 0},
              {"x-ratelimitremaining", 0},
              {"noratelimit-remaining", 0},
              {"ratelimit", 0},
              {"retry-after", 0},
              {"", 0}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct emb_reply reply = {0};
    size_t size = 0;
    char *got = emb_hint_limit_field(&reply, rows[i].name, strlen(rows[i].name), &size);
    char *const want[] = {NULL, reply.requests_left.remaining, reply.requests_left.reset,
                          reply.tokens_left.remaining, reply.tokens_left.reset};
    if (got != want[rows[i].want]) fail_msg("%s", rows[i].name);
    assert_int_equal(size, !got ? 0 : rows[i].want % 2 ? 24 : 40);
  }
}

static void test_hint__remaining(void **state) {
  (void)state;
  struct emb_limit limit = {"12", ""};
  assert_true(emb_hint_remaining(&limit) == 12);
  strcpy(limit.remaining, "-1");
  assert_true(emb_hint_remaining(&limit) == -1);
  strcpy(limit.remaining, "lots");
  assert_true(emb_hint_remaining(&limit) == -1);
  strcpy(limit.remaining, "1e300");
  assert_true(emb_hint_remaining(&limit) == -1);
}

static void test_hint__numbers_do_not_obey_the_locale(void **state) {
  (void)state;
  if (!setlocale(LC_ALL, "de_DE.UTF-8")) skip();
  assert_int_equal(emb_hint_after_ms("1.5", "", NOW_MS), 1500);
  assert_int_equal(emb_hint_after_ms("Sun, 06 Nov 1994 08:49:47 GMT", "", NOW_MS), 10000);
  setlocale(LC_ALL, "C");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hint__retry_after_table),
      cmocka_unit_test(test_hint__far_date_does_not_overflow),
      cmocka_unit_test(test_hint__go_durations),
      cmocka_unit_test(test_hint__http_dates),
      cmocka_unit_test(test_hint__timestamps),
      cmocka_unit_test(test_hint__words),
      cmocka_unit_test(test_hint__resets),
      cmocka_unit_test(test_hint__first_found_wins),
      cmocka_unit_test(test_hint__header_names),
      cmocka_unit_test(test_hint__remaining),
      cmocka_unit_test(test_hint__numbers_do_not_obey_the_locale),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
