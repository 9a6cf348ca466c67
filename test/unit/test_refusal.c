/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Refusals by the words of the providers: what they mean for the request and for the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "wire/wire.h"

static struct emb_refusal refusal_of(int status, const char *body, struct emb_err *err) {
  struct emb_reply reply = {.status = status};
  struct emb_refusal refusal;
  assert_int_equal(emb_buf_adds(&reply.body, body), 0);
  emb_wire_refusal(&reply, &refusal, err);
  emb_reply_release(&reply);
  return refusal;
}

static void test_refusal__what_was_too_large(void **state) {
  (void)state;
  static const struct {
    int status;
    const char *body;
    enum emb_size_refusal want;
  } rows[] = {
      {413, "{\"error\":\"batch size 64 > maximum allowed batch size 32\"}", EMB_SIZE_ITEMS},
      {422, "{\"error\":\"batch size 64 > maximum allowed batch size 32\"}", EMB_SIZE_ITEMS},
      {400, "{\"error\":{\"message\":\"at most 100 requests can be in one batch\"}}",
       EMB_SIZE_ITEMS},
      {400, "{\"error\":{\"message\":\"Too many inputs. The max number of inputs is 1.\"}}",
       EMB_SIZE_ITEMS},
      {400,
       "{\"error\":{\"message\":\"Value error, batch size is invalid, it should not be larger than "
       "10\"}}",
       EMB_SIZE_ITEMS},
      {400, "{\"error\":{\"message\":\"Requested 375703 tokens, max 300000 tokens per request\"}}",
       EMB_SIZE_BYTES},
      {400, "{\"detail\":\"The max allowed tokens per submitted batch is 120000.\"}",
       EMB_SIZE_BYTES},
      {400, "{\"message\":\"Too many tokens in batch. Max is 16384 got 17555\"}", EMB_SIZE_BYTES},
      {413, "", EMB_SIZE_BYTES},
      {413, "<html>413 Request Entity Too Large</html>", EMB_SIZE_BYTES},
      {400, "{\"error\":{\"message\":\"This model's maximum context length is 8192 tokens\"}}",
       EMB_SIZE_FITS},
      {400, "{\"error\":{\"message\":\"invalid input\"}}", EMB_SIZE_FITS},
      {429, "{\"error\":{\"message\":\"too many tokens\"}}", EMB_SIZE_FITS},
      {500, "{\"error\":\"too large to process\"}", EMB_SIZE_FITS},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int got = (int)refusal_of(rows[i].status, rows[i].body, NULL).size;
    if (got != (int)rows[i].want) fail_msg("%s: %d", rows[i].body, got);
  }
}

static void test_refusal__final_ones_under_status_400(void **state) {
  (void)state;
  static const struct {
    const char *body;
    int fatal, code;
  } rows[] = {
      {"{\"error\":{\"code\":400,\"message\":\"API key not "
       "valid.\",\"status\":\"INVALID_ARGUMENT\","
       "\"details\":[{\"reason\":\"API_KEY_INVALID\"}]}}",
       1, EMB_EAUTH},
      {"{\"code\":\"invalid-argument\",\"error\":\"Incorrect API key provided: xa***\"}", 1,
       EMB_EAUTH},
      {"{\"error\":{\"code\":\"model_not_found\",\"message\":\"no such model\"}}", 1, EMB_EHTTP},
      {"{\"code\":\"Arrearage\",\"message\":\"Access denied.\"}", 1, EMB_EQUOTA},
      {"{\"error\":{\"message\":\"Your credit balance is too low to access the API.\"}}", 1,
       EMB_EQUOTA},
      {"{\"error\":{\"code\":null,\"message\":\"bad input\"}}", 0, EMB_EINPUT},
      /* a text that is quoted decides nothing */
      {"{\"error\":{\"message\":\"bad input: 'model_not_found API_KEY_INVALID'\"}}", 0, EMB_EINPUT},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct emb_err err = {0};
    struct emb_refusal refusal = refusal_of(400, rows[i].body, &err);
    if (refusal.fatal != rows[i].fatal || err.code != rows[i].code)
      fail_msg("%s: %d, %s", rows[i].body, refusal.fatal, err.message);
  }
}

static void test_refusal__rate_and_quota_are_told_apart(void **state) {
  (void)state;
  static const struct {
    const char *body;
    int quota;
  } rows[] = {
      {"{\"error\":{\"code\":\"insufficient_quota\",\"message\":\"You exceeded your current "
       "quota\"}}",
       1},
      {"{\"error\":{\"code\":\"billing_hard_limit_reached\"}}", 1},
      {"{\"error\":{\"details\":[{\"violations\":[{\"quotaId\":\"EmbedRequestsPerDayPerUser\"}]}]}"
       "}",
       1},
      {"{\"error\":{\"details\":[{\"violations\":[{\"quotaId\":\"EmbedRequestsPerMinute\"}]}]}}",
       0},
      {"{\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"Rate limit reached\"}}", 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct emb_err err = {0};
    struct emb_refusal refusal = refusal_of(429, rows[i].body, &err);
    if (refusal.quota != rows[i].quota) fail_msg("%s", rows[i].body);
    assert_int_equal(err.code, rows[i].quota ? EMB_EQUOTA : EMB_ERATE);
  }
}

static void test_refusal__waits_in_the_body(void **state) {
  (void)state;
  struct emb_refusal refusal =
      refusal_of(503, "{\"error\":\"Model x is currently loading\",\"estimated_time\":20.5}", NULL);
  assert_string_equal(refusal.retry_delay, "20500ms");
  refusal = refusal_of(
      429, "{\"error\":{\"details\":[{\"@type\":\"x\"},{\"retryDelay\":\"34.074824224s\"}]}}",
      NULL);
  assert_string_equal(refusal.retry_delay, "34.074824224s");
  refusal = refusal_of(503, "{\"estimated_time\":-1}", NULL);
  assert_string_equal(refusal.retry_delay, "");
}

/* What a model thought, or its refusal, is no description. */
static void test_refusal__captions(void **state) {
  (void)state;
  static const struct {
    const char *provider, *body, *caption, *error;
  } rows[] = {
      {"openai", "{\"choices\":[{\"message\":{\"content\":\"<think>a cat?</think>\\n A cat. \"}}]}",
       "A cat.", NULL},
      {"openai", "{\"choices\":[{\"message\":{\"content\":\"<think>for ever\"}}]}",
       "<think>for ever", NULL},
      {"openai", "{\"choices\":[{\"message\":{\"content\":\"<think></think>\"}}]}", NULL,
       "gave no description"},
      {"openai", "{\"error\":{\"message\":\"busy\\nnow\"}}", NULL, "with an error: busy now"},
      {"gemini", "{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}", NULL, "refused: SAFETY"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct emb_reply reply = {.status = 200};
    struct emb_buf caption = EMB_BUF_INIT;
    struct emb_err err = {0};
    long long tokens;
    assert_int_equal(emb_buf_adds(&reply.body, rows[i].body), 0);
    const struct emb_provider *p = emb_provider_find(rows[i].provider, strlen(rows[i].provider));
    int rc = emb_wire_caption(p, &reply, &caption, &tokens, &err);
    if (rows[i].caption) {
      assert_int_equal(rc, 0);
      assert_string_equal(caption.data, rows[i].caption);
    } else if (!rc || !strstr(err.message, rows[i].error)) {
      fail_msg("row %zu: %d %s", i, rc, err.message);
    }
    emb_buf_release(&caption);
    emb_reply_release(&reply);
  }
}

/* A number of tokens that none can be is not believed. */
static void test_refusal__tokens_of_a_caption(void **state) {
  (void)state;
  static const struct {
    const char *number;
    long long tokens;
  } rows[] = {{"7", 7}, {"-1", -1}, {"2222222222222222222222222222222222", -1}, {"1e999", -1}};
  const struct emb_provider *p = emb_provider_find("openai", 6);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct emb_reply reply = {.status = 200};
    struct emb_buf caption = EMB_BUF_INIT;
    struct emb_err err = {0};
    long long tokens = 0;
    emb_buf_addf(&reply.body,
                 "{\"choices\":[{\"message\":{\"content\":\"x\"}}],"
                 "\"usage\":{\"total_tokens\":%s}}",
                 rows[i].number);
    assert_int_equal(emb_wire_caption(p, &reply, &caption, &tokens, &err), 0);
    assert_int_equal(tokens, rows[i].tokens);
    emb_buf_release(&caption);
    emb_reply_release(&reply);
  }
}

static void test_refusal__wrong_address_says_what_to_check(void **state) {
  (void)state;
  static const int statuses[] = {301, 307, 308, 404, 405};
  for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
    struct emb_err err = {0};
    refusal_of(statuses[i], "", &err);
    if (!strstr(err.message, "; check the client's") || !strstr(err.message, "url"))
      fail_msg("%s", err.message);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_refusal__what_was_too_large),
      cmocka_unit_test(test_refusal__tokens_of_a_caption),
      cmocka_unit_test(test_refusal__final_ones_under_status_400),
      cmocka_unit_test(test_refusal__rate_and_quota_are_told_apart),
      cmocka_unit_test(test_refusal__waits_in_the_body),
      cmocka_unit_test(test_refusal__captions),
      cmocka_unit_test(test_refusal__wrong_address_says_what_to_check),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
