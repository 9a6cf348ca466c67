/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Base64: RFC 4648 vectors, round trips, every wrong form, any way of cutting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/mem.h"
#include "wire/base64.h"

static const char *const pairs[][2] = {{"", ""},
                                       {"f", "Zg=="},
                                       {"fo", "Zm8="},
                                       {"foo", "Zm9v"},
                                       {"foob", "Zm9vYg=="},
                                       {"fooba", "Zm9vYmE="},
                                       {"foobar", "Zm9vYmFy"}};

static void test_base64__agrees_with_the_rfc(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    struct emb_buf text = EMB_BUF_INIT, bytes = EMB_BUF_INIT;
    assert_int_equal(emb_base64_size(strlen(pairs[i][0])), strlen(pairs[i][1]));
    assert_int_equal(emb_base64_append(&text, pairs[i][0], strlen(pairs[i][0])), 0);
    assert_string_equal(text.data, pairs[i][1]);
    assert_int_equal(emb_base64_decode(text.data, text.n, 0, &bytes, NULL), 0);
    assert_int_equal(bytes.n, strlen(pairs[i][0]));
    if (bytes.n) assert_memory_equal(bytes.data, pairs[i][0], bytes.n);
    emb_buf_clear(&bytes);
    while (text.n && text.data[text.n - 1] == '=') text.n--; /* unpadded is fine too */
    assert_int_equal(emb_base64_decode(text.data, text.n, 0, &bytes, NULL), 0);
    assert_int_equal(bytes.n, strlen(pairs[i][0]));
    emb_buf_release(&text);
    emb_buf_release(&bytes);
  }
}

static void test_base64__round_trips_in_any_pieces(void **state) {
  (void)state;
  unsigned char raw[256];
  for (int i = 0; i < 256; i++) raw[i] = (unsigned char)(i * 167 + 13);
  for (size_t n = 0; n < 200; n += 7) {
    struct emb_buf text = EMB_BUF_INIT, bytes = EMB_BUF_INIT;
    emb_base64_append(&text, raw, n);
    for (size_t piece = 1; piece <= 64; piece++) {
      struct emb_base64_stream stream = {0};
      emb_buf_clear(&bytes);
      for (size_t i = 0; i < text.n; i += piece)
        assert_int_equal(emb_base64_feed(&stream, text.data + i,
                                         piece < text.n - i ? piece : text.n - i, &bytes),
                         0);
      assert_int_equal(emb_base64_finish(&stream, &bytes), 0);
      assert_int_equal(bytes.n, n);
      if (n) assert_memory_equal(bytes.data, raw, n);
    }
    emb_buf_release(&text);
    emb_buf_release(&bytes);
  }
}

static void wrong(const char *text, int allow_space, size_t at) {
  struct emb_buf bytes = EMB_BUF_INIT;
  size_t bad = 999;
  assert_int_equal(emb_base64_decode(text, strlen(text), allow_space, &bytes, &bad), EMB_EARG);
  assert_int_equal(bad, at);
  emb_buf_release(&bytes);
}

static void test_base64__rejects_wrong_texts_and_says_where(void **state) {
  (void)state;
  wrong("Z", 0, 1);
  wrong("Zm9vZ", 0, 5);
  wrong("Z=", 0, 1);
  wrong("=", 0, 0);
  wrong("====", 0, 0);
  wrong("Zg=", 0, 3);
  wrong("Zg===", 0, 4);
  wrong("Zm9v=", 0, 4);
  wrong("Zg==Zg==", 0, 4);
  wrong("Zg=x", 0, 3);
  wrong("Zm9vYmFyZm9vYmFyZm9vYm-y", 0, 22);
  wrong("Zm9v Zm9v", 0, 4);
  wrong("Zm9v_", 1, 4);
  wrong("Zm9vYmFyZm9vYmFyZm9\x80", 0, 19);
}

static void test_base64__skips_space_when_asked(void **state) {
  (void)state;
  struct emb_buf bytes = EMB_BUF_INIT;
  const char *text = " Zm9v\r\nYm Fy\tZg=\n=\n";
  assert_int_equal(emb_base64_decode(text, strlen(text), 1, &bytes, NULL), 0);
  assert_int_equal(bytes.n, 7);
  assert_memory_equal(bytes.data, "foobarf", 7);
  emb_buf_release(&bytes);
}

static void test_base64__obeys_the_limit_of_the_buffer_exactly(void **state) {
  (void)state;
  char text[400];
  memset(text, 'A', sizeof text);
  for (size_t max = 290; max < 310; max++) {
    struct emb_buf bytes;
    emb_buf_init(&bytes, max);
    int rc = emb_base64_decode(text, sizeof text, 0, &bytes, NULL);
    assert_int_equal(rc, max < 300 ? EMB_ETOOBIG : 0);
    assert_true(bytes.n <= max);
    emb_buf_release(&bytes);
  }
}

static void test_base64__survives_lack_of_memory(void **state) {
  (void)state;
  struct emb_buf bytes = EMB_BUF_INIT;
  emb_mem_fail_at(1, 1);
  assert_int_equal(emb_base64_decode("Zm9vYmFy", 8, 0, &bytes, NULL), EMB_ENOMEM);
  emb_buf_clear(&bytes);
  assert_int_equal(emb_base64_append(&bytes, "foo", 3), EMB_ENOMEM);
  emb_mem_fail_at(0, 0);
  emb_buf_release(&bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_base64__agrees_with_the_rfc),
      cmocka_unit_test(test_base64__round_trips_in_any_pieces),
      cmocka_unit_test(test_base64__rejects_wrong_texts_and_says_where),
      cmocka_unit_test(test_base64__skips_space_when_asked),
      cmocka_unit_test(test_base64__obeys_the_limit_of_the_buffer_exactly),
      cmocka_unit_test(test_base64__survives_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
