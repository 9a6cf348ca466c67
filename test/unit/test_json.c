/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The push scanner: grammar, events, floats, strings; and that cutting changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "wire/json.h"

/* What a scan did, as text: events, then the floats and bytes. */
struct log {
  struct emb_buf text;
  struct emb_floats floats;
  struct emb_buf bytes;
  int floats_at; /* depth of arrays to take as floats; 0: none */
  int mode;      /* answer to every string */
  int rc;
  struct emb_err err;
};

static int record(void *ctx, struct emb_json *scan, enum emb_json_event event, const char *text,
                  size_t n) {
  static const char names[] = "{}[]ks\"SNTF0";
  struct log *log = ctx;
  emb_buf_addf(&log->text, "%c%d", names[event], scan->depth);
  if (event == EMB_JSON_NUMBER) emb_buf_addf(&log->text, "=%.17g", scan->number);
  if (text) {
    emb_buf_addc(&log->text, '(');
    emb_buf_add(&log->text, text, n);
    emb_buf_addc(&log->text, ')');
  }
  emb_buf_addc(&log->text, ' ');
  if (event == EMB_JSON_ARRAY_BEGIN && log->floats_at && scan->depth >= log->floats_at)
    return EMB_JSON_WANT_FLOATS;
  if (event == EMB_JSON_STRING_BEGIN) return log->mode;
  return EMB_JSON_GO;
}

static void run(struct log *log, const char *json, size_t n, size_t piece, int floats_at,
                int mode) {
  memset(log, 0, sizeof *log);
  log->floats_at = floats_at;
  log->mode = mode;
  struct emb_json scan;
  emb_json_init(&scan, record, log);
  scan.floats = &log->floats;
  scan.bytes = &log->bytes;
  for (size_t i = 0; i < n && !log->rc; i += piece) {
    size_t size = piece < n - i ? piece : n - i;
    char *exact = malloc(size); /* so that the sanitizer sees a read beyond the piece */
    memcpy(exact, json + i, size);
    log->rc = emb_json_feed(&scan, exact, size);
    free(exact);
  }
  if (!log->rc) log->rc = emb_json_end(&scan);
  log->err = scan.err;
  assert_int_equal(log->rc, log->err.code);
  if (!log->rc) assert_true(emb_json_complete(&scan));
  emb_json_release(&scan);
}

static void drop(struct log *log) {
  emb_buf_release(&log->text);
  emb_buf_release(&log->bytes);
  emb_floats_release(&log->floats);
}

static void assert_same(const struct log *a, const struct log *b) {
  assert_int_equal(a->rc, b->rc);
  assert_string_equal(a->err.message, b->err.message);
  assert_string_equal(a->text.n ? a->text.data : "", b->text.n ? b->text.data : "");
  assert_int_equal(a->floats.n, b->floats.n);
  if (a->floats.n) assert_memory_equal(a->floats.data, b->floats.data, a->floats.n * sizeof(float));
  assert_int_equal(a->bytes.n, b->bytes.n);
  if (a->bytes.n) assert_memory_equal(a->bytes.data, b->bytes.data, a->bytes.n);
}

static int code_of(const char *json, int floats_at) {
  struct log log;
  run(&log, json, strlen(json), SIZE_MAX / 2, floats_at, EMB_JSON_GO);
  int rc = log.rc;
  drop(&log);
  return rc;
}

static void gives(const char *json, int floats_at, int mode, const char *events) {
  struct log log;
  run(&log, json, strlen(json), SIZE_MAX / 2, floats_at, mode);
  if (log.rc) print_error("%s\n", log.err.message);
  assert_int_equal(log.rc, 0);
  assert_string_equal(log.text.data, events);
  drop(&log);
}

static void test_json__reports_events_with_depth(void **state) {
  (void)state;
  gives("{\"a\":[1,-2.5e1,true,false,null,\"x\"],\"b\":{}}", 0, EMB_JSON_GO,
        "{1 k1(a) [2 N2=1(1) N2=-25(-2.5e1) T2 F2 02 s2 \"2(x) ]2 k1(b) {2 }2 }1 ");
  gives(" 12 ", 0, EMB_JSON_GO, "N0=12(12) ");
  gives("null", 0, EMB_JSON_GO, "00 ");
  gives("\"\"", 0, EMB_JSON_GO, "s0 \"0() ");
  gives("[\"ab\",\"\\u0041\"]", 0, EMB_JSON_WANT_SKIP, "[1 s1 S1 s1 S1 ]1 ");
}

static void test_json__rejects_what_the_grammar_forbids(void **state) {
  (void)state;
  static const char *const bad[] = {"[1,]",        "[,1]",
                                    "[1 2]",       "{,}",
                                    "{\"a\"}",     "{\"a\":}",
                                    "{\"a\":1,}",  "{a:1}",
                                    "{1:2}",       "[1}",
                                    "{\"a\":1]",   "01",
                                    "-",           "-a",
                                    "1.",          "1.x",
                                    ".5",          "+1",
                                    "1e",          "1e+",
                                    "1ex",         "1.e5",
                                    "00",          "-01",
                                    "[1.]",        "[0x1]",
                                    "[NaN]",       "[Infinity]",
                                    "[-Infinity]", "nul",
                                    "nulL",        "tru e",
                                    "True",        "\"\t\"",
                                    "\"\n\"",      "\"\\x\"",
                                    "\"\\u12g4\"", "'a'",
                                    "[1]]",        "]",
                                    "}",           "{}{}",
                                    "1 2",         "/**/1",
                                    "[1,/**/2]",   "\xef\xbb\xbf[1]",
                                    "[1\f]",       "[\"a\" \"b\"]",
                                    "{\"a\" 1}",   "{\"a\":1 \"b\":2}",
                                    "<html>",      "[--1]",
                                    "[1e5.5]",     "[1.5.5]",
                                    "[1-2]",       "[1e--5]",
                                    "undefined",   "[\\]"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    for (int floats = 0; floats < 2; floats++) {
      int rc = code_of(bad[i], floats);
      if (rc != EMB_EREPLY && rc != EMB_ETRUNCATED) {
        print_error("%s: %d\n", bad[i], rc);
        fail();
      }
    }
}

static void test_json__rejects_trailing_garbage(void **state) {
  (void)state;
  assert_int_equal(code_of("{} x", 0), EMB_EREPLY);
  assert_int_equal(code_of("[1] ,", 0), EMB_EREPLY);
  assert_int_equal(code_of("{}\n\n \t", 0), EMB_OK);
}

static void test_json__names_the_byte(void **state) {
  (void)state;
  struct log log;
  run(&log, "{\"a\": ?}", 8, 100, 0, EMB_JSON_GO);
  assert_string_equal(log.err.message, "bad JSON: '?' where a value should be at byte 6");
  drop(&log);
}

static void test_json__bounds_the_depth(void **state) {
  (void)state;
  char text[2 * EMB_JSON_MAX_DEPTH + 3];
  for (int depth = EMB_JSON_MAX_DEPTH; depth <= EMB_JSON_MAX_DEPTH + 1; depth++) {
    memset(text, '[', (size_t)depth);
    memset(text + depth, ']', (size_t)depth);
    text[2 * depth] = 0;
    for (int floats = 0; floats < 2; floats++)
      assert_int_equal(code_of(text, floats), depth > EMB_JSON_MAX_DEPTH ? EMB_EREPLY : 0);
  }
  char *bomb = malloc(1000001);
  memset(bomb, '[', 1000000);
  bomb[1000000] = 0;
  assert_int_equal(code_of(bomb, 0), EMB_EREPLY);
  for (int i = 0; i < 1000000; i += 5) memcpy(bomb + i, "{\"a\":", 5);
  assert_int_equal(code_of(bomb, 0), EMB_EREPLY);
  free(bomb);
}

static void test_json__resolves_escapes_and_lone_surrogates(void **state) {
  (void)state;
  gives("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\"", 0, EMB_JSON_GO,
        "s0 \"0(\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac) ");
  gives("\"\\ud83d\\ude00\"", 0, EMB_JSON_GO, "s0 \"0(\xf0\x9f\x98\x80) ");
  gives("\"\\ud83d\"", 0, EMB_JSON_GO, "s0 \"0(\xef\xbf\xbd) ");
  gives("\"\\ude00x\"", 0, EMB_JSON_GO, "s0 \"0(\xef\xbf\xbdx) ");
  gives("\"\\ud83dx\"", 0, EMB_JSON_GO, "s0 \"0(\xef\xbf\xbdx) ");
  gives("\"\\ud83d\\n\"", 0, EMB_JSON_GO, "s0 \"0(\xef\xbf\xbd\n) ");
  gives("\"\\ud83d\\ud83d\\ude00\"", 0, EMB_JSON_GO, "s0 \"0(\xef\xbf\xbd\xf0\x9f\x98\x80) ");
  gives("\"\\ud83d\\u0041\"", 0, EMB_JSON_GO,
        "s0 \"0(\xef\xbf\xbd"
        "A) ");
}

static void test_json__replaces_bytes_that_are_not_utf8(void **state) {
  (void)state;
  gives("\"a\xff"
        "b\"",
        0, EMB_JSON_GO,
        "s0 \"0(a\xef\xbf\xbd"
        "b) ");
  gives("\"\xc3\xa9\xf0\x9f\x98\x80\"", 0, EMB_JSON_GO, "s0 \"0(\xc3\xa9\xf0\x9f\x98\x80) ");
  gives("\"\xe2\x82\"", 0, EMB_JSON_GO, "s0 \"0(\xef\xbf\xbd\xef\xbf\xbd) ");
  gives("\"\xc0\x80\"", 0, EMB_JSON_GO, "s0 \"0(\xef\xbf\xbd\xef\xbf\xbd) ");
}

static void test_json__appends_floats_without_events(void **state) {
  (void)state;
  struct log log;
  const char *json = "{\"a\":[0.5, -1e-05 ,\n 3,null,1e999,-0.0,7.038531e-26]}";
  run(&log, json, strlen(json), 1000, 2, EMB_JSON_GO);
  assert_int_equal(log.rc, 0);
  assert_string_equal(log.text.data, "{1 k1(a) [2 ]2 }1 ");
  assert_int_equal(log.floats.n, 7);
  assert_true(log.floats.data[0] == 0.5f && log.floats.data[1] == -1e-05f);
  assert_true(isnan(log.floats.data[3]) && isinf(log.floats.data[4]));
  assert_true(signbit(log.floats.data[5]));
  drop(&log);
}

static void test_json__refuses_other_elements_among_floats(void **state) {
  (void)state;
  static const char *const bad[] = {"[1,\"2\"]",  "[1,[2]]", "[1,{}]", "[1,true]", "[1,false]",
                                    "[null,[1]]", "[1,NaN]", "[1,]",   "[1,,2]",   "[1 2]"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(code_of(bad[i], 1), EMB_EREPLY);
}

static void test_json__lets_the_wish_for_floats_lapse_at_the_first_element(void **state) {
  (void)state;
  struct log log;
  run(&log, "[[1,2],[3],4]", 13, 100, 1, EMB_JSON_GO);
  assert_int_equal(log.rc, 0);
  assert_string_equal(log.text.data, "[1 [2 ]2 [2 ]2 N1=4(4) ]1 ");
  assert_int_equal(log.floats.n, 3);
  drop(&log);
  gives("[{\"a\":1},2]", 1, EMB_JSON_GO, "[1 {2 k2(a) N2=1(1) }2 N1=2(2) ]1 ");
}

static void test_json__stops_at_the_most_floats_allowed(void **state) {
  (void)state;
  for (size_t piece = 1; piece < 200; piece += 99) {
    struct log log = {0};
    char text[500] = "[1";
    for (int i = 0; i < 99; i++) strcat(text, ",2.5");
    struct emb_json scan;
    emb_json_init(&scan, record, &log);
    log.floats_at = 1;
    log.floats.max = 50;
    scan.floats = &log.floats;
    int rc = 0;
    for (size_t i = 0; i < strlen(text) && !rc; i += piece) {
      size_t left = strlen(text) - i;
      rc = emb_json_feed(&scan, text + i, piece < left ? piece : left);
    }
    assert_int_equal(rc, EMB_ETOOBIG);
    assert_int_equal(log.floats.n, 50);
    assert_string_equal(scan.err.message, "too many numbers at byte 202");
    emb_json_release(&scan);
    drop(&log);
  }
}

static void test_json__bounds_the_length_of_numbers_and_strings(void **state) {
  (void)state;
  char text[600];
  for (int n = EMB_JSON_MAX_NUMBER; n <= EMB_JSON_MAX_NUMBER + 1; n++) {
    memset(text, '1', sizeof text);
    text[0] = '[';
    text[n + 1] = ']';
    text[n + 2] = 0;
    for (int floats = 0; floats < 2; floats++)
      assert_int_equal(code_of(text, floats), n > EMB_JSON_MAX_NUMBER ? EMB_EREPLY : 0);
  }
  struct log log = {0};
  struct emb_json scan;
  emb_json_init(&scan, record, &log);
  scan.max_string = 10;
  assert_int_equal(emb_json_feed(&scan, "[\"0123456789\",\"0123456789a\"]", 28), EMB_ETOOBIG);
  emb_json_release(&scan);
  drop(&log);
}

static void test_json__decodes_base64_strings(void **state) {
  (void)state;
  struct log log;
  const char *json = "[\"Zm9v\",\"Y\\u006dFy\",\"\\/\\/8=\",\"\",\"Zg\"]";
  for (size_t piece = 1; piece < 60; piece++) {
    run(&log, json, strlen(json), piece, 0, EMB_JSON_WANT_BASE64);
    assert_int_equal(log.rc, 0);
    assert_int_equal(log.bytes.n, 9);
    assert_memory_equal(log.bytes.data,
                        "foobar\xff\xff"
                        "f",
                        9);
    drop(&log);
  }
  static const char *const bad[] = {"\"Zm9v!\"",  "\"Z\"",       "\"Zg=\"",    "\"Zm9v\\n\"",
                                    "\"Zm\t9v\"", "\"\\u00e9\"", "\"\\ud800\""};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    run(&log, bad[i], strlen(bad[i]), 100, 0, EMB_JSON_WANT_BASE64);
    assert_int_equal(log.rc, EMB_EREPLY);
    drop(&log);
  }
}

static const char *const documents[] = {
    "{\"data\":[{\"embedding\":[-0.0069292834,0.012345678901234567,1e-05,-1.5E+3,0,null,12],\"i\":"
    "0},"
    "\n        {\"embedding\":[\n            0.5,\n            -0.25\n        "
    "]}],\"u\":{\"n\":17}}  ",
    "[0.0001234567890123456789,1.00000005960464477539062501,123456789012345678901234567890,"
    "-0.000000000000000000000000000000012345,0.1,0.22,0.333,0.4444,0.55555,0.666666,0.7777777]",
    "[\"Zm9v\\/YmFy\",\"plain text that is longer than eight bytes \\ud83d\\ude00 \\ud83d "
    "\xc3\xa9\"]",
    "[[[1.5,2.5]],[3.5]]",
    "[1,2,3,x]",
    "[1.5,2.5,,]",
    "{\"a\":tru}",
    "[0.123456789,0.1234567890.1]",
    "[0.5,\"x\"]",
    "[0.5,-]",
    "{\"a\":\"\\uZ\"}",
    "[-0.1,-0.2,-0.3,-0.4,-0.5,-0.6,-0.7,-0.8,-0.9,-0.10,"
    "-0.11,-0.12,01]",
    "  -12.5e2  "};

static void test_json__gives_the_same_for_any_pieces(void **state) {
  (void)state;
  static const int modes[] = {EMB_JSON_GO, EMB_JSON_WANT_SKIP, EMB_JSON_WANT_BASE64};
  for (size_t d = 0; d < sizeof documents / sizeof *documents; d++)
    for (int floats_at = 0; floats_at < 4; floats_at++)
      for (int m = 0; m < 3; m++) {
        struct log whole, cut;
        size_t n = strlen(documents[d]);
        run(&whole, documents[d], n, n, floats_at, modes[m]);
        for (size_t piece = 1; piece <= 64; piece++) {
          run(&cut, documents[d], n, piece, floats_at, modes[m]);
          assert_same(&whole, &cut);
          drop(&cut);
        }
        drop(&whole);
      }
}

static void test_json__never_accepts_a_cut_document(void **state) {
  (void)state;
  for (size_t d = 0; d < 4; d++) {
    size_t n = strlen(documents[d]);
    while (documents[d][n - 1] == ' ') n--;
    for (size_t cut = 0; cut < n; cut++) {
      struct log log;
      run(&log, documents[d], cut, 7, 1, EMB_JSON_GO);
      assert_true(log.rc == EMB_ETRUNCATED || log.rc == EMB_EREPLY);
      drop(&log);
    }
  }
}

static void test_json__reads_long_arrays_with_any_white_space(void **state) {
  (void)state;
  static const char *const gaps[] = {
      "", " ", "\n        ", "\r\n\t", "       ", "         \n", "\n                         "};
  for (size_t before = 0; before < 7; before++)
    for (size_t after = 0; after < 7; after++) {
      struct emb_buf json = EMB_BUF_INIT;
      float want[60];
      emb_buf_adds(&json, "[");
      for (int i = 0; i < 60; i++) {
        char text[40];
        snprintf(text, sizeof text, i % 3 ? "%.9g" : "%.17g", (i - 30) / 7e2 / (i % 5 ? 1 : 1e4));
        want[i] = (float)strtod(text, NULL);
        emb_buf_addf(&json, "%s%s%s%s", i ? "," : "", gaps[before], text, gaps[after]);
      }
      emb_buf_adds(&json, "]");
      for (size_t piece = 1; piece < 5000; piece = piece < 90 ? piece + 1 : piece * 2) {
        struct log log;
        run(&log, json.data, json.n, piece, 1, EMB_JSON_GO);
        assert_int_equal(log.rc, 0);
        assert_int_equal(log.floats.n, 60);
        assert_memory_equal(log.floats.data, want, sizeof want);
        drop(&log);
      }
      emb_buf_release(&json);
    }
}

static int refuse_numbers(void *ctx, struct emb_json *scan, enum emb_json_event event,
                          const char *text, size_t n) {
  (void)ctx, (void)scan, (void)text, (void)n;
  return event == EMB_JSON_NUMBER ? EMB_EINPUT : EMB_JSON_GO;
}

static void test_json__stays_failed(void **state) {
  (void)state;
  struct emb_json scan;
  emb_json_init(&scan, refuse_numbers, NULL);
  assert_int_equal(emb_json_feed(&scan, "[1,", 3), EMB_EINPUT);
  assert_int_equal(emb_json_feed(&scan, "2]", 2), EMB_EINPUT);
  assert_int_equal(emb_json_end(&scan), EMB_EINPUT);
  assert_int_equal(scan.err.code, EMB_EINPUT);
  emb_json_release(&scan);
}

static int ignore(void *ctx, struct emb_json *scan, enum emb_json_event event, const char *text,
                  size_t n) {
  (void)ctx, (void)scan, (void)text, (void)n;
  return event == EMB_JSON_ARRAY_BEGIN ? EMB_JSON_WANT_FLOATS : EMB_JSON_GO;
}

static void test_json__survives_lack_of_memory(void **state) {
  (void)state;
  char text[9000] = "{\"key\":\"bad utf-8 \xff\",\"v\":[1";
  for (int i = 0; i < 1000; i++) strcat(text, ",0.25");
  strcat(text, "]}");
  for (long nth = 1;; nth++) {
    struct emb_json scan;
    struct emb_floats floats = {0};
    emb_json_init(&scan, ignore, NULL);
    scan.floats = &floats;
    emb_mem_fail_at(nth, 1);
    int rc = emb_json_feed(&scan, text, strlen(text));
    if (!rc) rc = emb_json_end(&scan);
    long asked = emb_mem_fail_at(0, 0);
    emb_json_release(&scan);
    emb_floats_release(&floats);
    assert_int_equal(rc, asked < nth ? EMB_OK : EMB_ENOMEM);
    if (asked < nth) break;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json__reports_events_with_depth),
      cmocka_unit_test(test_json__rejects_what_the_grammar_forbids),
      cmocka_unit_test(test_json__rejects_trailing_garbage),
      cmocka_unit_test(test_json__names_the_byte),
      cmocka_unit_test(test_json__bounds_the_depth),
      cmocka_unit_test(test_json__resolves_escapes_and_lone_surrogates),
      cmocka_unit_test(test_json__replaces_bytes_that_are_not_utf8),
      cmocka_unit_test(test_json__appends_floats_without_events),
      cmocka_unit_test(test_json__refuses_other_elements_among_floats),
      cmocka_unit_test(test_json__lets_the_wish_for_floats_lapse_at_the_first_element),
      cmocka_unit_test(test_json__stops_at_the_most_floats_allowed),
      cmocka_unit_test(test_json__bounds_the_length_of_numbers_and_strings),
      cmocka_unit_test(test_json__decodes_base64_strings),
      cmocka_unit_test(test_json__gives_the_same_for_any_pieces),
      cmocka_unit_test(test_json__never_accepts_a_cut_document),
      cmocka_unit_test(test_json__reads_long_arrays_with_any_white_space),
      cmocka_unit_test(test_json__stays_failed),
      cmocka_unit_test(test_json__survives_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
