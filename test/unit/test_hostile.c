/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Arguments and bytes that nobody sends by accident: what fuzzing found, kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "embed/client.h"
#include "wire/media.h"
#include "wire/span.h"
#include "wire/wire.h"

static const unsigned char gif[] = "GIF89a\x02\1\x03\0";

static const char *extra; /* of the next call */

/* The body for one input, NUL terminated; free() it. */
static char *body_of(const char *provider, enum emb_route route, const char *model,
                     const char *type, const struct emb_input *input) {
  struct emb_request request = {0};
  struct emb_err err = {0};
  struct emb_call call = {.provider = emb_provider_find(provider, strlen(provider)),
                          .route = route,
                          .url = "https://host/",
                          .model = model,
                          .input_type = type,
                          .extra = extra,
                          .truncate = -1,
                          .normalize = -1,
                          .inputs = input,
                          .n_inputs = 1};
  assert_non_null(call.provider);
  if (emb_wire_encode(&call, &request, &err)) fail_msg("%s", err.message);
  char *body = malloc(request.body.n + 1);
  assert_non_null(body);
  memcpy(body, request.body.data, request.body.n + 1);
  emb_request_release(&request);
  return body;
}

static void test_hostile__an_input_type_is_quoted_where_it_ends_the_model(void **state) {
  (void)state;
  struct emb_input input = {.text = "x", .n_text = 1};
  char *body = body_of("upstage", EMB_ROUTE_TEXT, "embedding", "\",\"input\":\"\n", &input);
  assert_int_equal(emb_span_check(body, strlen(body), NULL), 0);
  assert_non_null(strstr(body, "\"model\":\"embedding\\\",\\\"input\\\":\\\"\\n\""));
  free(body);
}

static void test_hostile__no_model_ends_a_part_of_a_form(void **state) {
  (void)state;
  struct emb_input input = {.image = gif, .n_image = sizeof gif - 1};
  char *body =
      body_of("nomic-v1.5", EMB_ROUTE_IMAGE, "m\r\n--rembed-part-5eed0000--\r\n", NULL, &input);
  assert_int_equal(strncmp(body, "--rembed-part-5eed0001\r\n", 24), 0);
  free(body);
  extra = "{\"a\\\"; x=\\\"\":\"\\u0072embed-part-5eed0000\",\"b\":1}";
  body = body_of("nomic-v1.5", EMB_ROUTE_IMAGE, "m", NULL, &input);
  extra = NULL;
  assert_int_equal(strncmp(body, "--rembed-part-5eed0001\r\n", 24), 0);
  assert_non_null(strstr(body, "; name=\"a\\%22; x=\\%22\"\r\n\r\nrembed-part-5eed0000\r\n--"));
  free(body);
}

static void test_hostile__an_api_version_is_encoded(void **state) {
  (void)state;
  char *url = NULL;
  struct emb_url_parts parts = {.url = "https://me.openai.azure.com/openai/deployments/d",
                                .api_version = "1 &x=\n",
                                .model = "m"};
  assert_int_equal(emb_wire_url(emb_provider_find("azure", 5), EMB_ROUTE_TEXT, &parts, &url, NULL),
                   0);
  assert_string_equal(
      url,
      "https://me.openai.azure.com/openai/deployments/d/embeddings?api-version=1%20%26x%3D%0A");
  emb_free(url);
}

static void test_hostile__pixels_do_not_overflow(void **state) {
  (void)state;
  static const unsigned char huge[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff\xff\xff\xb7\x85\x12\0";
  int n_rows, n_limited = 0;
  const struct emb_provider *rows = emb_providers(&n_rows);
  for (int i = 0; i < n_rows; i++) {
    struct emb_err err = {0};
    if (!rows[i].images.max_pixels) continue;
    n_limited++;
    assert_int_equal(emb_wire_check_image(&rows[i], huge, sizeof huge - 1, &err), EMB_ETOOBIG);
    assert_non_null(strstr(err.message, "4294967295 x 3078951424 pixels"));
  }
  assert_true(n_limited > 0);
}

static void test_hostile__bytes_of_a_picture_are_bounded(void **state) {
  (void)state;
  int n_rows, n_limited = 0;
  const struct emb_provider *rows = emb_providers(&n_rows);
  for (int i = 0; i < n_rows; i++) {
    size_t n = (size_t)rows[i].images.max_bytes;
    if (!n) continue;
    unsigned char *big = calloc(1, n + 1);
    struct emb_err err = {0};
    assert_non_null(big);
    memcpy(big, "\xff\xd8\xff", 3);
    n_limited++;
    assert_int_equal(emb_wire_check_image(&rows[i], big, n, &err), 0);
    assert_int_equal(emb_wire_check_image(&rows[i], big, n + 1, &err), EMB_ETOOBIG);
    assert_non_null(strstr(err.message, "make it smaller"));
    free(big);
  }
  assert_true(n_limited > 0);
}

/* A message that is cut stays whole characters. */
static void test_hostile__long_messages_are_cut_between_characters(void **state) {
  (void)state;
  char text[1300] = "";
  struct emb_err err = {0};
  for (int i = 0; i < 400; i++) strcat(text, "\xE2\x82\xAC"); /* three bytes each */
  for (int shift = 0; shift < 3; shift++) {
    assert_int_equal(emb_err_set(&err, EMB_EREPLY, "%.*s%s", shift, "xy", text), EMB_EREPLY);
    size_t n = strlen(err.message);
    assert_true(n > sizeof err.message - 4 && n < sizeof err.message);
    assert_int_equal((n - (size_t)shift) % 3, 0);
  }
  assert_string_equal(emb_err_text(12345), "unknown error");
}

/* A full endpoint that is none of the row's is no place for images. */
static void test_hostile__an_endpoint_of_another_kind_serves_no_images(void **state) {
  (void)state;
  int n_rows, n_refused = 0;
  const struct emb_provider *rows = emb_providers(&n_rows);
  for (int i = 0; i < n_rows; i++) {
    struct emb_url_parts parts = {.url = "http://h/v1/messages", .model = "m"};
    struct emb_err err = {0};
    char *url = NULL;
    if (!rows[i].image.item || !rows[i].text.item) continue;
    int rc = emb_wire_url(&rows[i], EMB_ROUTE_IMAGE, &parts, &url, &err);
    assert_int_equal(rc != 0, url == NULL);
    n_refused += rc && strstr(err.message, "give a base url to embed images");
    emb_free(url);
  }
  assert_true(n_refused > 0);
}

static void test_hostile__a_picture_of_no_width_has_no_size(void **state) {
  (void)state;
  unsigned width, height;
  static const char jpeg[] = "\xff\xd8\xff\xc2\0\x11\x08\0\3\0\0\3";
  static const char webp[] = "RIFF\x10\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\1\x2a\0\0\3";
  assert_int_equal(emb_media_size(jpeg, sizeof jpeg - 1, &width, &height), 0);
  assert_int_equal(emb_media_size(webp, sizeof webp, &width, &height), 0);
}

/* The text of options has a length, and need not have a NUL behind it. */
static void test_hostile__options_are_not_read_beyond_their_end(void **state) {
  (void)state;
  static const char *const texts[] = {"x.ope", "openai:",  "openai:k", "{\"provider\":\"openai\"",
                                      "{}",    "ollama::", " "};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct emb_client *client = NULL;
    struct emb_err err = {0};
    size_t n = strlen(texts[i]);
    char *exact = malloc(n);
    assert_non_null(exact);
    memcpy(exact, texts[i], n);
    int rc = emb_client_new("c", exact, n, &client, &err);
    assert_int_equal(rc != 0, client == NULL);
    emb_client_unref(client);
    free(exact);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hostile__an_input_type_is_quoted_where_it_ends_the_model),
      cmocka_unit_test(test_hostile__no_model_ends_a_part_of_a_form),
      cmocka_unit_test(test_hostile__an_api_version_is_encoded),
      cmocka_unit_test(test_hostile__pixels_do_not_overflow),
      cmocka_unit_test(test_hostile__bytes_of_a_picture_are_bounded),
      cmocka_unit_test(test_hostile__long_messages_are_cut_between_characters),
      cmocka_unit_test(test_hostile__an_endpoint_of_another_kind_serves_no_images),
      cmocka_unit_test(test_hostile__a_picture_of_no_width_has_no_size),
      cmocka_unit_test(test_hostile__options_are_not_read_beyond_their_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
