/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Paths into small documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/mem.h"
#include "wire/pick.h"

static void picks(const char *json, const char *path, const char *want) {
  struct emb_buf out = EMB_BUF_INIT;
  int found = emb_pick(json, strlen(json), path, &out);
  if (found != (want != NULL) || (want && strcmp(out.n ? out.data : "", want))) {
    print_error("%s in %s: %d \"%s\"\n", path, json, found, out.n ? out.data : "");
    fail();
  }
  emb_buf_release(&out);
}

static void test_pick__follows_keys_and_positions(void **state) {
  (void)state;
  picks("{\"a\":{\"b\":\"x\"}}", "a.b", "x");
  picks("{\"b\":1,\"a\":{\"c\":{\"b\":2},\"b\":\"x\"}}", "a.b", "x");
  picks("{\"choices\":[{\"message\":{\"content\":\"hi\"}},{\"message\":{\"content\":\"no\"}}]}",
        "choices[0].message.content", "hi");
  picks("{\"choices\":[{\"message\":{\"content\":\"hi\"}},{\"message\":{\"content\":\"no\"}}]}",
        "choices[1].message.content", "no");
  picks("[{\"error\":{\"message\":\"m\"}}]", "[0].error.message", "m");
  picks("[[1,2],[3,[4,5]]]", "[1][1][0]", "4");
  picks("{\"a\":[\"x\",\"y\"]}", "a[1]", "y");
  picks("\"root\"", "", "root");
  picks("12.50", "", "12.50");
}

static void test_pick__concatenates_every_element(void **state) {
  (void)state;
  const char *json = "{\"content\":[{\"type\":\"t\",\"text\":\"a\"},{\"x\":{\"text\":\"no\"}},5,"
                     "{\"text\":\"b\"}],\"text\":\"no\"}";
  picks(json, "content[].text", "ab");
  picks("[1,\"x\",true,null,[2]]", "[]", "1xtrue");
}

static void test_pick__takes_scalars_only(void **state) {
  (void)state;
  picks("{\"a\":true,\"b\":false,\"c\":null,\"d\":{},\"e\":[],\"f\":\"\"}", "a", "true");
  picks("{\"a\":true,\"b\":false,\"c\":null,\"d\":{},\"e\":[],\"f\":\"\"}", "b", "false");
  picks("{\"a\":true,\"b\":false,\"c\":null,\"d\":{},\"e\":[],\"f\":\"\"}", "c", NULL);
  picks("{\"a\":true,\"b\":false,\"c\":null,\"d\":{},\"e\":[],\"f\":\"\"}", "d", NULL);
  picks("{\"a\":true,\"b\":false,\"c\":null,\"d\":{},\"e\":[],\"f\":\"\"}", "e", NULL);
  picks("{\"a\":true,\"b\":false,\"c\":null,\"d\":{},\"e\":[],\"f\":\"\"}", "f", "");
}

static void test_pick__does_not_confuse_arrays_and_objects(void **state) {
  (void)state;
  picks("{\"a\":{\"x\":1}}", "a[0]", NULL);
  picks("{\"a\":{\"x\":1}}", "a[]", NULL);
  picks("{\"a\":[\"b\",1]}", "a.b", NULL);
  picks("[1]", "a", NULL);
  picks("{\"a\":1}", "a.b", NULL);
  picks("{\"a\":[1]}", "a[5]", NULL);
  picks("{\"a\":[{\"a\":{\"b\":1}}]}", "a.b", NULL);
  picks("{\"a\":1,\"a\":2}", "a", "1");
}

static void test_pick__keeps_what_came_before_an_error(void **state) {
  (void)state;
  picks("{\"a\":\"x\",,,", "a", "x");
  picks("{\"a\":\"x\"", "a", "x");
  picks("{\"a\":\"x", "a", NULL);
  picks("<html>", "a", NULL);
  picks("", "a", NULL);
  picks("{\"c\":[\"x\",\"y\",nul", "c[]", "xy");
}

static void test_pick__unescapes(void **state) {
  (void)state;
  picks("{\"a\":\"\\u00e9\\n\\ud83d\\ude00\\ud800\"}", "a",
        "\xc3\xa9\n\xf0\x9f\x98\x80\xef\xbf\xbd");
  picks("{\"\\u0061\":1}", "a", "1");
}

static void test_pick__refuses_bad_paths(void **state) {
  (void)state;
  struct emb_path path;
  static const char *const bad[] = {".", "a.", "a..b", "[", "[x]", "[1", "a[", "[]x[", ".a"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(emb_path_init(&path, bad[i]), EMB_EARG);
  assert_int_equal(emb_path_init(&path, "a.b.c.d.e.f.g.h.i.j.k.l"), EMB_OK);
  assert_int_equal(emb_path_init(&path, "a.b.c.d.e.f.g.h.i.j.k.l.m"), EMB_EARG);
}

static void test_pick__reads_numbers(void **state) {
  (void)state;
  const char *json = "{\"usage\":{\"total_tokens\":42,\"s\":\"7\"}}";
  assert_true(emb_pick_number(json, strlen(json), "usage.total_tokens", -1) == 42);
  assert_true(emb_pick_number(json, strlen(json), "usage.s", -1) == -1);
  assert_true(emb_pick_number(json, strlen(json), "usage.x", -1) == -1);
}

static void test_pick__reports_lack_of_memory(void **state) {
  (void)state;
  const char *json = "{\"a\":\"some text\"}";
  for (long nth = 1;; nth++) {
    struct emb_buf out = EMB_BUF_INIT;
    emb_mem_fail_at(nth, 1);
    int found = emb_pick(json, strlen(json), "a", &out);
    long asked = emb_mem_fail_at(0, 0);
    emb_buf_release(&out);
    if (asked < nth) {
      assert_int_equal(found, 1);
      break;
    }
    assert_int_equal(found, -EMB_ENOMEM);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pick__follows_keys_and_positions),
      cmocka_unit_test(test_pick__concatenates_every_element),
      cmocka_unit_test(test_pick__takes_scalars_only),
      cmocka_unit_test(test_pick__does_not_confuse_arrays_and_objects),
      cmocka_unit_test(test_pick__keeps_what_came_before_an_error),
      cmocka_unit_test(test_pick__unescapes),
      cmocka_unit_test(test_pick__refuses_bad_paths),
      cmocka_unit_test(test_pick__reads_numbers),
      cmocka_unit_test(test_pick__reports_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
