/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * AWS signatures: the table of botocore's (sigv4_cases.h), and what a table cannot say: signing
 * again, headers that are not sent, refusals, lack of memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "wire/sigv4.h"

#include "sigv4_cases.h"

#define URL "https://bedrock-runtime.us-east-1.amazonaws.com/model/x%3A0/invoke"

/* The value of a header that is there once; NULL: not there; fails the test when there twice. */
static const char *header(const struct emb_request *request, const char *name) {
  const char *value = NULL;
  size_t n = strlen(name);
  for (int i = 0; i < request->n_headers; i++)
    if (strncasecmp(request->headers[i], name, n) == 0 && request->headers[i][n] == ':') {
      if (value) fail_msg("%s is there twice", name);
      value = request->headers[i] + n + 2;
    }
  return value;
}

static void add_header(struct emb_request *request, const char *line) {
  char name[64];
  size_t n = strcspn(line, ":");
  snprintf(name, sizeof name, "%.*s", (int)n, line);
  assert_int_equal(emb_request_header(request, name, line + n + 2), 0);
}

static void fill(struct emb_request *request, const char *url, const char *body, size_t n_body) {
  memset(request, 0, sizeof *request);
  request->url = emb_strdup(url);
  assert_int_equal(emb_buf_add(&request->body, body, n_body), 0);
}

static struct emb_sigv4 some(void) {
  return (struct emb_sigv4){.access_key = SIGV4_ACCESS_KEY,
                            .secret_key = SIGV4_SECRET_KEY,
                            .region = "us-east-1",
                            .service = "bedrock",
                            .unix_s = 1440938160}; /* 2015-08-30T12:36:00Z */
}

static void test_sigv4__signs_as_botocore_does(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof sigv4_cases / sizeof *sigv4_cases; i++) {
    struct emb_request request;
    struct emb_err err = {0};
    struct emb_sigv4 how = some();
    how.session_token = sigv4_cases[i].token;
    how.region = sigv4_cases[i].region;
    how.unix_s = sigv4_cases[i].unix_s;
    fill(&request, sigv4_cases[i].url, sigv4_cases[i].body, sigv4_cases[i].n_body);
    for (const char *const *line = sigv4_cases[i].headers; *line; line++)
      add_header(&request, *line);
    for (int again = 0; again < 2; again++) {
      if (emb_sigv4_sign(&request, &how, &err)) fail_msg("case %zu: %s", i, err.message);
      const char *got = header(&request, "Authorization"), *token;
      if (strcmp(got, sigv4_cases[i].authorization) != 0)
        fail_msg("case %zu, %s\n%s, not\n%s", i, sigv4_cases[i].url, got,
                 sigv4_cases[i].authorization);
      token = header(&request, "X-Amz-Security-Token");
      if (how.session_token)
        assert_string_equal(token, how.session_token);
      else
        assert_null(token);
    }
    emb_request_release(&request);
  }
}

static void test_sigv4__a_request_sent_again_is_signed_again(void **state) {
  (void)state;
  struct emb_request request, fresh;
  struct emb_err err = {0};
  struct emb_sigv4 how = some();
  fill(&request, URL, "{}", 2);
  add_header(&request, "Content-Type: application/json");
  how.session_token = "first";
  assert_int_equal(emb_sigv4_sign(&request, &how, &err), 0);
  assert_string_equal(header(&request, "X-Amz-Date"), "20150830T123600Z");
  how.session_token = "second";
  how.unix_s += 61;
  for (int i = 0; i < 100; i++) assert_int_equal(emb_sigv4_sign(&request, &how, &err), 0);
  assert_string_equal(header(&request, "X-Amz-Date"), "20150830T123701Z");
  assert_string_equal(header(&request, "X-Amz-Security-Token"), "second");
  assert_int_equal(request.n_headers, 4);
  fill(&fresh, URL, "{}", 2);
  add_header(&fresh, "Content-Type: application/json");
  assert_int_equal(emb_sigv4_sign(&fresh, &how, &err), 0);
  assert_string_equal(header(&request, "Authorization"), header(&fresh, "Authorization"));
  how.session_token = ""; /* none */
  assert_int_equal(emb_sigv4_sign(&request, &how, &err), 0);
  assert_null(header(&request, "X-Amz-Security-Token"));
  assert_int_equal(request.n_headers, 3);
  emb_request_release(&request);
  emb_request_release(&fresh);
}

/* What signs alike although it is written otherwise, and what does not. */
static void test_sigv4__signs_what_is_sent(void **state) {
  (void)state;
  static const struct {
    const char *url, *more, *body;
    int same;
  } rows[] = {
      {URL, NULL, "{}", 1},
      {URL, "User-Agent: other", "{}", 1},
      {URL, "TRACEPARENT: 00-1-2-3", "{}", 1},
      {URL, "X-Empty: ", "{}", 1}, /* libcurl does not send it */
      {URL, "X-Blank:   \t ", "{}", 1},
      {URL, "Date: Sun, 30 Aug 2015 12:36:00 GMT", "{}", 1}, /* X-Amz-Date says it */
      {URL "#part", NULL, "{}", 1},
      {"https://me@BEDROCK-RUNTIME.us-east-1.amazonaws.com:443//model/./x%3A0/invoke", NULL, "{}",
       1},
      {URL, "X-Full: x", "{}", 0},
      {URL, "User-Agents: x", "{}", 0},
      {URL, NULL, "{ }", 0},
      {URL, NULL, "", 0},
      {URL "?", NULL, "{}", 1},
      {URL "?a", NULL, "{}", 0},
      {"https://bedrock-runtime.us-east-1.amazonaws.com/model/x:0/invoke", NULL, "{}", 0},
  };
  char first[400] = "";
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct emb_request request;
    struct emb_err err = {0};
    struct emb_sigv4 how = some();
    fill(&request, rows[i].url, rows[i].body, strlen(rows[i].body));
    if (rows[i].more) add_header(&request, rows[i].more);
    assert_int_equal(emb_sigv4_sign(&request, &how, &err), 0);
    if (!i) snprintf(first, sizeof first, "%s", header(&request, "Authorization"));
    if ((strcmp(first, header(&request, "Authorization")) == 0) != rows[i].same)
      fail_msg("row %zu: %s", i, header(&request, "Authorization"));
    emb_request_release(&request);
  }
}

static void test_sigv4__lower_cases_the_host_that_is_sent(void **state) {
  (void)state;
  struct emb_request request;
  struct emb_err err = {0};
  struct emb_sigv4 how = some();
  fill(&request, "HTTPS://Me@Bedrock.Example:8443/Model/X%3A0?A=B", "{}", 2);
  assert_int_equal(emb_sigv4_sign(&request, &how, &err), 0);
  assert_string_equal(request.url, "HTTPS://Me@bedrock.example:8443/Model/X%3A0?A=B");
  emb_request_release(&request);
}

/* The message says what to do, holds no key, and nothing of a signature stays. */
static void refuse(const struct emb_sigv4 *how, const char *url, const char *words) {
  struct emb_request request;
  struct emb_err err = {0};
  fill(&request, url, "{}", 2);
  add_header(&request, "Authorization: stale");
  assert_int_equal(emb_sigv4_sign(&request, how, &err), EMB_ECONFIG);
  if (!strstr(err.message, words)) fail_msg("%s, not %s", err.message, words);
  assert_null(strstr(err.message, "sesame"));
  assert_null(header(&request, "Authorization"));
  emb_request_release(&request);
}

static void test_sigv4__refuses_what_cannot_be_signed(void **state) {
  (void)state;
  static const char *const bad_words[] = {
      NULL, "", "sesame\n", "ses ame", "sesam\xc3\xa9", "sesame\r\nX: y"};
  struct emb_sigv4 how;
  for (size_t i = 0; i < sizeof bad_words / sizeof *bad_words; i++) {
    how = some(), how.access_key = bad_words[i];
    refuse(&how, URL, "access key id");
    how = some(), how.secret_key = bad_words[i];
    refuse(&how, URL, "secret access key");
    how = some(), how.region = bad_words[i];
    refuse(&how, URL, "region");
    how = some(), how.service = bad_words[i];
    refuse(&how, URL, "service");
    how = some(), how.session_token = bad_words[i];
    if (i > 1) refuse(&how, URL, "session token");
  }
  how = some();
  refuse(&how, "bedrock:443/model", "http://");
  refuse(&how, "https:///model", "no host");
  refuse(&how, "https://:443/model", "no host");
  refuse(&how, "https://h:x/", "port");
  refuse(&how, "https://h:0443/", "port");
  refuse(&how, "https://h:123456/", "port");
  how.unix_s = -1;
  refuse(&how, URL, "clock");
  how.unix_s = 253402300800;
  refuse(&how, URL, "clock");
}

static void test_sigv4__needs_room_for_its_headers(void **state) {
  (void)state;
  for (int room = 0; room < 4; room++) {
    struct emb_request request;
    struct emb_err err = {0};
    struct emb_sigv4 how = some();
    how.session_token = "token";
    fill(&request, URL, "{}", 2);
    while (request.n_headers < EMB_MAX_HEADERS - room) add_header(&request, "Name: value");
    assert_int_equal(emb_sigv4_sign(&request, &how, &err), room < 3 ? EMB_ECONFIG : 0);
    if (room < 3) assert_string_equal(err.message, "too many headers");
    emb_request_release(&request);
  }
}

static void test_sigv4__survives_lack_of_memory(void **state) {
  (void)state;
  long n_allocations = LONG_MAX;
  for (long nth = LONG_MAX; nth; nth = nth == LONG_MAX ? n_allocations : nth - 1) {
    struct emb_request request;
    struct emb_err err = {0};
    struct emb_sigv4 how = some();
    how.session_token = "token";
    fill(&request, URL "?b=1&a=2", "{}", 2);
    emb_mem_fail_at(nth, 0);
    int rc = emb_sigv4_sign(&request, &how, &err);
    long asked = emb_mem_fail_at(0, 0);
    if (nth == LONG_MAX) n_allocations = asked;
    assert_int_equal(rc, nth == LONG_MAX ? 0 : EMB_ENOMEM);
    assert_int_equal(header(&request, "Authorization") != NULL, !rc);
    emb_request_release(&request);
  }
  assert_true(n_allocations > 4);
}

static void test_request__drops_headers_by_name(void **state) {
  (void)state;
  struct emb_request request = {0};
  static const char *const lines[] = {"A: 1", "ab: 2", "a: 3", "B: 4", "A: 5"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) add_header(&request, lines[i]);
  emb_request_drop_header(&request, "c");
  assert_int_equal(request.n_headers, 5);
  emb_request_drop_header(&request, "a");
  assert_int_equal(request.n_headers, 2);
  assert_string_equal(request.headers[0], "ab: 2");
  assert_string_equal(request.headers[1], "B: 4");
  assert_null(request.headers[2]);
  emb_request_release(&request);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sigv4__signs_as_botocore_does),
      cmocka_unit_test(test_sigv4__a_request_sent_again_is_signed_again),
      cmocka_unit_test(test_sigv4__signs_what_is_sent),
      cmocka_unit_test(test_sigv4__lower_cases_the_host_that_is_sent),
      cmocka_unit_test(test_sigv4__refuses_what_cannot_be_signed),
      cmocka_unit_test(test_sigv4__needs_room_for_its_headers),
      cmocka_unit_test(test_sigv4__survives_lack_of_memory),
      cmocka_unit_test(test_request__drops_headers_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
