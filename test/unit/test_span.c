/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Walking JSON in place and writing JSON strings; broken text stops the walkers and is never read
 * past its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "wire/span.h"

static struct emb_span of(const char *text) { return (struct emb_span){text, strlen(text)}; }

static void assert_span(struct emb_span span, const char *text) {
  assert_int_equal(span.n, strlen(text));
  assert_memory_equal(span.p, text, span.n);
}

static void test_span__walks_an_array(void **state) {
  (void)state;
  static const char *const want[] = {"1",    "\"a,]\\\"\"", "[2, [3]]", "{\"k\": [\"}\"]}",
                                     "null", "-1.5e3",      "true"};
  struct emb_span key, value;
  size_t at = 0, n = 0;
  struct emb_span array = of(" [1, \"a,]\\\"\",[2, [3]] ,{\"k\": [\"}\"]}, null,-1.5e3,\n true ] ");
  while (emb_span_next(array, &at, &key, &value)) {
    assert_true(n < sizeof want / sizeof *want);
    assert_int_equal(key.n, 0);
    assert_span(value, want[n++]);
  }
  assert_int_equal(n, sizeof want / sizeof *want);
}

static void test_span__walks_an_object(void **state) {
  (void)state;
  struct emb_span key, value;
  size_t at = 0;
  struct emb_span object = of("{\"a\":1, \"b,:\" : {\"a\": 2}, \"\": \"x\"}");
  assert_int_equal(emb_span_next(object, &at, &key, &value), 1);
  assert_span(key, "a");
  assert_span(value, "1");
  assert_int_equal(emb_span_next(object, &at, &key, &value), 1);
  assert_span(key, "b,:");
  assert_span(value, "{\"a\": 2}");
  assert_int_equal(emb_span_next(object, &at, NULL, &value), 1);
  assert_span(value, "\"x\"");
  assert_int_equal(emb_span_next(object, &at, &key, &value), 0);
}

static void test_span__empty_containers_hold_nothing(void **state) {
  (void)state;
  static const char *const empty[] = {"", "{}", "[]", " [ \n] ", "[", "{"};
  for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
    struct emb_span key, value;
    size_t at = 0;
    assert_int_equal(emb_span_next(of(empty[i]), &at, &key, &value), 0);
  }
}

static void test_span__finds_a_member(void **state) {
  (void)state;
  struct emb_span value;
  struct emb_span object = of("{\"ab\":{\"c\":3},\"a\":\"x\"}");
  assert_int_equal(emb_span_member(object, "a", &value), 1);
  assert_span(value, "\"x\"");
  assert_int_equal(emb_span_member(object, "ab", NULL), 1);
  assert_int_equal(emb_span_member(object, "c", &value), 0);
  assert_int_equal(emb_span_member(object, "", &value), 0);
  assert_int_equal(emb_span_member(of("[\"a\",1]"), "a", &value), 0);
}

static void test_span__tells_kinds(void **state) {
  (void)state;
  assert_int_equal(emb_span_kind(of(" {}")), '{');
  assert_int_equal(emb_span_kind(of("[1]")), '[');
  assert_int_equal(emb_span_kind(of("\"x\"")), '"');
  assert_int_equal(emb_span_kind(of("-3")), '0');
  assert_int_equal(emb_span_kind(of("7")), '0');
  assert_int_equal(emb_span_kind(of("true")), 't');
  assert_int_equal(emb_span_kind(of("false")), 'f');
  assert_int_equal(emb_span_kind(of("null")), 'n');
  assert_int_equal(emb_span_kind(of("  ")), 0);
  assert_int_equal(emb_span_kind(of("+1")), 0);
}

static void test_span__unescapes_strings(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"\"plain\"", "plain"},
      {" \"\" ", ""},
      {"\"a\\n\\t\\\"\\\\\\/b\"", "a\n\t\"\\/b"},
      {"\"\\u00e9\\ud83d\\ude00\"", "\xC3\xA9\xF0\x9F\x98\x80"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char *text = emb_span_strdup(of(rows[i][0]));
    assert_non_null(text);
    assert_string_equal(text, rows[i][1]);
    emb_free(text);
  }
  assert_null(emb_span_strdup(of("12")));
  assert_null(emb_span_strdup(of("\"")));
}

static void test_span__check_names_the_position(void **state) {
  (void)state;
  struct emb_err err = {0};
  assert_int_equal(emb_span_check("{\"a\": [1, 2]}", 13, &err), 0);
  static const struct {
    const char *text, *position;
  } bad[] = {{"{\"a\": 1,}", "8"}, {"{\"a\" 1}", "5"}, {"[1 2]", "3"}, {"{\"a\": tru}", "9"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    emb_err_clear(&err);
    assert_int_equal(emb_span_check(bad[i].text, strlen(bad[i].text), &err), EMB_EARG);
    if (!strstr(err.message, bad[i].position)) fail_msg("%s: %s", bad[i].text, err.message);
    assert_non_null(strstr(err.message, "Invalid JSON"));
  }
  assert_int_equal(emb_span_check("", 0, &err), EMB_EARG);
  assert_int_equal(emb_span_check("{\"a\":", 5, &err), EMB_EARG);
}

/* Walks everything, down to the leaves. */
static void walk(struct emb_span value, int depth) {
  char kind = emb_span_kind(value);
  struct emb_span key, inner;
  if (kind == '"') emb_free(emb_span_strdup(value));
  emb_span_member(value, "b", &inner);
  for (size_t at = 0;
       depth < 20 && (kind == '{' || kind == '[') && emb_span_next(value, &at, &key, &inner);)
    walk(inner, depth + 1);
}

static void test_span__broken_text_is_not_read_past_its_end(void **state) {
  (void)state;
  static const char text[] =
      "{\"a\":[1,\"x\\\\\",{\"b\":null,\"c\":\"\\u00e9\\n\"}],\"b\":{\"d\":[[],{}]},\"e\":-1.5}";
  size_t n = sizeof text - 1;
  for (size_t cut = 0; cut <= n; cut++) {
    char *copy = malloc(cut ? cut : 1); /* its end is the end of the block */
    assert_non_null(copy);
    memcpy(copy, text, cut);
    walk((struct emb_span){copy, cut}, 0);
    for (size_t i = 0; i < cut; i++) { /* and one wrong byte anywhere */
      char was = copy[i];
      copy[i] = "\"\\{}[],:"[i % 8];
      walk((struct emb_span){copy, cut}, 0);
      copy[i] = was;
    }
    free(copy);
  }
}

static void test_span__quotes_any_bytes(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t n;
    const char *want;
  } rows[] = {
      {"", 0, "\"\""},
      {"a\"b\\c/", 6, "\"a\\\"b\\\\c/\""},
      {"\n\t\r\x01\x7f", 5, "\"\\n\\t\\u000d\\u0001\\u007f\""},
      {"a\0b", 3, "\"a\\u0000b\""},
      {"caf\xC3\xA9 \xF0\x9F\x98\x80", 10, "\"caf\xC3\xA9 \xF0\x9F\x98\x80\""},
      {"\xC3(", 2, "\"\xEF\xBF\xBD(\""},                               /* cut sequence */
      {"\xC0\xAF", 2, "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},                 /* overlong */
      {"\xED\xA0\x80", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""}, /* surrogate */
      {"x\xE2\x82", 3, "\"x\xEF\xBF\xBD\xEF\xBF\xBD\""},               /* cut at the end */
      {"\xF5\x80\x80\x80", 4, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct emb_buf out = EMB_BUF_INIT;
    assert_int_equal(emb_json_quote(&out, rows[i].text, rows[i].n), 0);
    assert_string_equal(out.data, rows[i].want);
    assert_int_equal(emb_span_check(out.data, out.n, NULL), 0);
    emb_buf_release(&out);
  }
}

/* Every byte at every place of a longer text, where bytes are looked at several at a time. */
static void test_span__quotes_at_every_place(void **state) {
  (void)state;
  for (int c = 0; c < 256; c++)
    for (size_t at = 0; at < 20; at++) {
      char text[20];
      struct emb_buf quoted = EMB_BUF_INIT, back = EMB_BUF_INIT;
      memset(text, 'a' + (int)at, sizeof text);
      text[at] = (char)c;
      assert_int_equal(emb_json_quote(&quoted, text, sizeof text), 0);
      assert_int_equal(emb_span_check(quoted.data, quoted.n, NULL), 0);
      assert_null(memchr(quoted.data, 0x7F, quoted.n));
      assert_int_equal(emb_span_string((struct emb_span){quoted.data, quoted.n}, &back), 0);
      if (c < 0x80) {
        assert_int_equal(back.n, sizeof text);
        assert_memory_equal(back.data, text, sizeof text);
      } else { /* alone it is no UTF-8 */
        assert_int_equal(back.n, sizeof text + 2);
        assert_memory_equal(back.data + at, "\xEF\xBF\xBD", 3);
      }
      emb_buf_release(&quoted);
      emb_buf_release(&back);
    }
}

static void test_span__what_is_quoted_reads_back(void **state) {
  (void)state;
  for (unsigned c = 0; c < 0x80; c++) {
    char text[3] = {'x', (char)c, 'y'};
    struct emb_buf quoted = EMB_BUF_INIT, back = EMB_BUF_INIT;
    assert_int_equal(emb_json_quote(&quoted, text, 3), 0);
    assert_int_equal(emb_span_string((struct emb_span){quoted.data, quoted.n}, &back), 0);
    assert_int_equal(back.n, 3);
    assert_memory_equal(back.data, text, 3);
    emb_buf_release(&quoted);
    emb_buf_release(&back);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_span__walks_an_array),
      cmocka_unit_test(test_span__walks_an_object),
      cmocka_unit_test(test_span__empty_containers_hold_nothing),
      cmocka_unit_test(test_span__finds_a_member),
      cmocka_unit_test(test_span__tells_kinds),
      cmocka_unit_test(test_span__unescapes_strings),
      cmocka_unit_test(test_span__check_names_the_position),
      cmocka_unit_test(test_span__broken_text_is_not_read_past_its_end),
      cmocka_unit_test(test_span__quotes_any_bytes),
      cmocka_unit_test(test_span__quotes_at_every_place),
      cmocka_unit_test(test_span__what_is_quoted_reads_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
