/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is shown of requests: urls and headers without secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "embed/show.h"

#define KEY "sk-SECRET-9f8e7d"
#define N(array) (sizeof(array) / sizeof *(array))

static struct emb_client *client(const char *options) {
  struct emb_client *c = NULL;
  struct emb_err err = {0};
  if (emb_client_new("c", options, strlen(options), &c, &err)) fail_msg("%s", err.message);
  return c;
}

static void test_show__urls(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"https://h/v1/embeddings", "https://h/v1/embeddings"},
      {"https://me:pw@h:8443/v1", "https://h:8443/v1"},
      {"https://h/v1?key=abc&api-version=7&x", "https://h/v1?key=***&api-version=7&x"},
      {"https://h/v1?version=2024-05-31#part", "https://h/v1?version=2024-05-31"},
      {"https://h?a=1", "https://h?a=***"},
      {"https://h/" KEY "/v1", "https://h/****************/v1"},
  };
  struct emb_client *c = client("openai:" KEY);
  for (size_t i = 0; i < N(rows); i++) {
    struct emb_buf out = EMB_BUF_INIT;
    emb_show_url(&out, c, rows[i][0]);
    assert_string_equal(out.data, rows[i][1]);
    emb_buf_release(&out);
  }
  emb_client_unref(c);
}

static void test_show__requests(void **state) {
  (void)state;
  struct emb_client *c = client("{\"provider\":\"openai\",\"key\":\"" KEY
                                "\",\"headers\":{\"X-Own\":\"hush\",\"X-Two\":\"a b\"}}");
  struct emb_call call = emb_client_call(c, EMB_ROUTE_TEXT, NULL);
  struct emb_input input = {.text = "hello, " KEY, .n_text = 7 + strlen(KEY)};
  struct emb_request request = {0};
  struct emb_buf out = EMB_BUF_INIT;
  call.inputs = &input;
  call.n_inputs = 1;
  assert_int_equal(emb_wire_encode(&call, &request, NULL), EMB_OK);
  emb_show_request(&out, c, &request);
  assert_string_equal(out.data, "POST https://api.openai.com/v1/embeddings\n"
                                "Content-Type: application/json\n"
                                "Authorization: Bearer ***\n"
                                "Accept: application/json\n"
                                "X-Own: ***\n"
                                "X-Two: ***\n"
                                "\n"
                                "{\"model\":\"text-embedding-3-small\",\"input\":[\"hello, "
                                "****************\"],\"encoding_format\":\"base64\"}");
  emb_request_release(&request);
  emb_buf_clear(&out);
  /* what is no text is counted, and what holds a key too */
  request.url = emb_strdup("https://h");
  emb_buf_add(&request.body, "\x89PNG\0", 5);
  emb_show_request(&out, c, &request);
  assert_string_equal(out.data, "POST https://h\n\n(5 bytes)");
  emb_buf_clear(&out);
  request.body.is_secret = 1;
  emb_show_request(&out, c, &request);
  assert_string_equal(out.data, "POST https://h\n\n(5 bytes with the key)");
  emb_request_release(&request);
  emb_buf_release(&out);
  emb_client_unref(c);
}

static void test_show__long_bodies_are_cut_and_redacted_throughout(void **state) {
  (void)state;
  struct emb_client *c = client("openai:" KEY);
  struct emb_request request = {.url = emb_strdup("https://h")};
  struct emb_buf out = EMB_BUF_INIT;
  for (int i = 0; i < 200; i++) emb_buf_adds(&request.body, "[1.25,\"" KEY "\"],");
  emb_show_request(&out, c, &request);
  assert_null(strstr(out.data, "SECRET"));
  assert_non_null(strstr(out.data, "... (5200 bytes)"));
  assert_true(out.n < 2100);
  emb_request_release(&request);
  emb_buf_release(&out);
  emb_client_unref(c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_show__urls),
      cmocka_unit_test(test_show__requests),
      cmocka_unit_test(test_show__long_bodies_are_cut_and_redacted_throughout),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
