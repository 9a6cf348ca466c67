/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Replies with vectors: shapes of all families, places, bad elements, everything to refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "wire/vectors.h"

static const struct emb_reply_shape openai = {"data", "embedding", "index", "usage.total_tokens"};
static const struct emb_reply_shape cohere = {"embeddings.float", "", NULL,
                                              "meta.billed_units.input_tokens"};
static const struct emb_reply_shape gemini = {"embeddings", "values", NULL, NULL};
static const struct emb_reply_shape gemini_one = {"embedding", "values", NULL, NULL};
static const struct emb_reply_shape ollama_old = {"embedding", "", NULL, NULL};
static const struct emb_reply_shape ollama = {"embeddings", "", NULL, "prompt_eval_count"};
static const struct emb_reply_shape tei = {"", "", NULL, NULL};
static const struct emb_reply_shape llama = {"", "embedding", "index", NULL};
static const struct emb_reply_shape vertex = {"predictions", "embeddings.values", NULL, NULL};

struct result {
  struct emb_vectors v;
  int rc;
};

static enum emb_element element; /* of the replies being read */

static struct result read_pieces(const struct emb_reply_shape *shape, int n, int dims,
                                 const char *json, size_t length, size_t piece) {
  struct result r;
  assert_int_equal(emb_vectors_init(&r.v, shape, element, n, dims), 0);
  r.rc = 0;
  for (size_t i = 0; i < length && !r.rc; i += piece) {
    size_t size = piece < length - i ? piece : length - i;
    char *exact = malloc(size); /* so that the sanitizer sees a read beyond the piece */
    memcpy(exact, json + i, size);
    r.rc = emb_vectors_write(&r.v, exact, size);
    free(exact);
  }
  int end = emb_vectors_end(&r.v);
  if (!r.rc) r.rc = end;
  assert_int_equal(r.rc, end);
  assert_int_equal(r.rc, r.v.err.code);
  return r;
}

/* want: "a,b;c,d" with '-' for a bad vector, or NULL for an error whose text holds `error`. */
static void check(const struct emb_reply_shape *shape, int n, int dims, const char *json,
                  const char *want, const char *error) {
  size_t length = strlen(json);
  char first[1000] = "";
  for (size_t piece = 0; piece <= 64; piece++) {
    struct result r = read_pieces(shape, n, dims, json, length, piece ? piece : length + 1);
    char got[1000] = "";
    if (!r.rc)
      for (int i = 0; i < n; i++) {
        const float *f = emb_vectors_at(&r.v, i);
        if (i) strcat(got, ";");
        if (!f) strcat(got, "-");
        for (int k = 0; f && k < r.v.n_dims; k++)
          sprintf(got + strlen(got), "%s%g", k ? "," : "", (double)f[k]);
      }
    else
      strcpy(got, r.v.err.message);
    if ((r.rc == 0) != (want != NULL) || (want ? strcmp(got, want) != 0 : !strstr(got, error))) {
      print_error("%s\n in pieces of %zu: %d %s\n", json, piece, r.rc, got);
      fail();
    }
    if (!piece) strcpy(first, got);
    assert_string_equal(first, got);
    emb_vectors_release(&r.v);
    emb_vectors_release(&r.v);
  }
}

static void test_vectors__reads_every_family(void **state) {
  (void)state;
  check(&openai, 2, 2,
        "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.5,-"
        "1]},"
        "{\"index\":1,\"embedding\":[2,3]}],\"model\":\"m\",\"usage\":{\"total_tokens\":5}}",
        "0.5,-1;2,3", NULL);
  check(&cohere, 2, 0,
        "{\"id\":\"x\",\"embeddings\":{\"float\":[[1,2],[3,4]]},\"texts\":[\"a\",\"b\"]}",
        "1,2;3,4", NULL);
  check(&gemini, 2, 0, "{\"embeddings\":[{\"values\":[1]},{\"values\":[2]}]}", "1;2", NULL);
  check(&gemini_one, 1, 0, "{\"embedding\":{\"values\":[1,2]}}", "1,2", NULL);
  check(&ollama_old, 1, 0, "{\"embedding\":[1,2,3]}", "1,2,3", NULL);
  check(&ollama, 2, 0, "{\"model\":\"m\",\"embeddings\":[[1],[2]],\"prompt_eval_count\":3}", "1;2",
        NULL);
  check(&tei, 2, 0, "[[1,2],[3,4]]", "1,2;3,4", NULL);
  check(&tei, 1, 0, "[[1,2]]", "1,2", NULL);
  check(&tei, 1, 0, "[1,2]", "1,2", NULL);
  check(&llama, 2, 0, "[{\"index\":0,\"embedding\":[[1,2]]},{\"index\":1,\"embedding\":[[3,4]]}]",
        "1,2;3,4", NULL);
  check(&vertex, 1, 0,
        "{\"predictions\":[{\"embeddings\":{\"statistics\":{\"values\":[9]},\"values\":[1,2]}}]}",
        "1,2", NULL);
  check(&openai, 1, 0, "{\"data\":{\"embedding\":[1,2]}}", "1,2", NULL);
}

static void test_vectors__reads_base64(void **state) {
  (void)state;
  check(&openai, 2, 2,
        "{\"data\":[{\"embedding\":\"AACAPwAAAEA=\"},{\"embedding\":\"AABAQAAAgEA=\"}]}", "1,2;3,4",
        NULL);
  check(&openai, 2, 0, "{\"data\":[{\"embedding\":\"AACAPwAAAEA=\"},{\"embedding\":[3,4]}]}",
        "1,2;3,4", NULL);
  check(&tei, 2, 0, "[\"AACAPw==\",\"AAAAQA\"]", "1;2", NULL);
  check(&ollama_old, 1, 0, "{\"embedding\":\"AACAP\\u0077==\"}", "1", NULL);
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":\"AADAfwAAAEA=\"}]}", "-", NULL); /* NaN */
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":\"AACAPwAAAA==\"}]}", NULL,
        "not a multiple of 4");
  check(&openai, 1, 1, "{\"data\":[{\"embedding\":\"AAAAAAAA8D8=\"}]}", NULL, "float64");
  check(&openai, 1, 3, "{\"data\":[{\"embedding\":\"AACAPwAAAEA=\"}]}", NULL,
        "2 dimensions where 3");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":\"AACA*wAAAEA=\"}]}", NULL, "bad base64");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":\"\"}]}", NULL, "empty vector");
}

static void test_vectors__reads_other_elements(void **state) {
  (void)state;
  element = EMB_ELEMENT_INT8;
  check(&openai, 1, 0, "{\"data\":[{\"index\":0,\"embedding\":[-128,0,127]}]}", "-128,0,127", NULL);
  check(&openai, 2, 2,
        "{\"data\":[{\"index\":0,\"embedding\":\"gH8=\"},{\"index\":1,\"embedding\":\"AP8=\"}]}",
        "-128,127;0,-1", NULL);
  element = EMB_ELEMENT_BITS; /* the first dimension is the highest bit */
  check(&openai, 1, 0, "{\"data\":[{\"index\":0,\"embedding\":[129,0]}]}",
        "1,-1,-1,-1,-1,-1,-1,1,-1,-1,-1,-1,-1,-1,-1,-1", NULL);
  check(&openai, 2, 8,
        "{\"data\":[{\"index\":1,\"embedding\":\"gQ==\"},{\"index\":0,\"embedding\":\"/w==\"}]}",
        "1,1,1,1,1,1,1,1;1,-1,-1,-1,-1,-1,-1,1", NULL);
  check(&openai, 1, 9, "{\"data\":[{\"index\":0,\"embedding\":[1]}]}", NULL,
        "8 dimensions where 9 were expected");
  check(&openai, 1, 0, "{\"data\":[{\"index\":0,\"embedding\":[1.5]}]}", NULL, "other than bytes");
  check(&openai, 1, 0, "{\"data\":[{\"index\":0,\"embedding\":[256]}]}", NULL, "other than bytes");
  check(&openai, 1, 0, "{\"data\":[{\"index\":0,\"embedding\":[-1]}]}", NULL, "other than bytes");
  check(&openai, 1, 0, "{\"data\":[{\"index\":0,\"embedding\":\"\"}]}", NULL, "an empty vector");
  check(&openai, 1, 0, "{\"data\":[{\"index\":0,\"embedding\":[]}]}", NULL, "an empty vector");
  element = EMB_ELEMENT_FLOAT;
}

/* Wherever the reply is cut, what is behind the JSON text is not taken for a web page. */
static void test_vectors__tells_a_page_from_a_tail(void **state) {
  (void)state;
  check(&openai, 1, 0, "<html>", NULL, "the reply is not JSON, check the client's url: ");
  check(&openai, 1, 0, " nope", NULL, "the reply is not JSON, check the client's url: ");
  check(&openai, 1, 0, "{\"data\":null},", NULL, "bad JSON: ',' where the end should be");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":[1]}]}<", NULL,
        "bad JSON: '<' where the end should be");
}

/* One vector of n numbers, or of n bytes in base64, in pieces. */
static int read_long(int as_base64, size_t n, struct result *r) {
  size_t size = n * 2 + 100;
  char *json = malloc(size);
  assert_non_null(json);
  size_t at = (size_t)snprintf(json, size, "{\"data\":[{\"embedding\":%c", as_base64 ? '"' : '[');
  if (as_base64)
    for (size_t i = 0; i < n / 3 * 4; i++) json[at++] = 'A';
  else
    for (size_t i = 0; i < n; i++) json[at++] = '1', json[at++] = ',';
  if (as_base64) at += (size_t)sprintf(json + at, "%s", n % 3 == 1 ? "AA==" : n % 3 ? "AAA=" : "");
  at += (size_t)sprintf(json + at - !as_base64, "%c}]}", as_base64 ? '"' : ']') - !as_base64;
  *r = read_pieces(&openai, 1, 0, json, at, 1000);
  free(json);
  return r->rc;
}

static void test_vectors__bounds_the_dimensions(void **state) {
  (void)state;
  static const struct {
    enum emb_element element;
    int as_base64;
    size_t n; /* numbers or bytes of EMB_MAX_DIMS */
  } rows[] = {{EMB_ELEMENT_FLOAT, 0, EMB_MAX_DIMS},    {EMB_ELEMENT_FLOAT, 1, 4 * EMB_MAX_DIMS},
              {EMB_ELEMENT_INT8, 0, EMB_MAX_DIMS},     {EMB_ELEMENT_INT8, 1, EMB_MAX_DIMS},
              {EMB_ELEMENT_BITS, 0, EMB_MAX_DIMS / 8}, {EMB_ELEMENT_BITS, 1, EMB_MAX_DIMS / 8}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct result r;
    element = rows[i].element;
    assert_int_equal(read_long(rows[i].as_base64, rows[i].n, &r), 0);
    assert_int_equal(r.v.n_dims, EMB_MAX_DIMS);
    emb_vectors_release(&r.v);
    size_t more = rows[i].element == EMB_ELEMENT_FLOAT && rows[i].as_base64 ? 4 : 1;
    assert_int_equal(read_long(rows[i].as_base64, rows[i].n + more, &r), EMB_ETOOBIG);
    assert_string_equal(r.v.err.message, "item 0 of the reply: more than 65536 dimensions");
    emb_vectors_release(&r.v);
  }
  element = EMB_ELEMENT_FLOAT;
}

static void test_vectors__places_by_index(void **state) {
  (void)state;
  check(&openai, 3, 0,
        "{\"data\":[{\"embedding\":[2],\"index\":2},{\"index\":0,\"embedding\":[0]},"
        "{\"embedding\":[1],\"index\":1}]}",
        "0;1;2", NULL);
  check(&openai, 2, 0, "{\"data\":[{\"embedding\":[7]},{\"embedding\":[8]}]}", "7;8", NULL);
  check(&openai, 2, 0,
        "{\"data\":[{\"embedding\":[7],\"index\":null},{\"embedding\":[8],\"index\":null}]}", "7;8",
        NULL);
  check(&openai, 2, 0,
        "{\"data\":[{\"embedding\":[7],\"index\":0},{\"embedding\":[8],\"index\":0}]}", NULL,
        "index 0 comes twice");
  check(&openai, 2, 0, "{\"data\":[{\"embedding\":[7],\"index\":0},{\"embedding\":[8]}]}", NULL,
        "only 1 of 2 items");
  check(&openai, 2, 0,
        "{\"data\":[{\"embedding\":[7],\"index\":0},{\"embedding\":[8],\"index\":2}]}", NULL,
        "index 2 for 2 inputs");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":[7],\"index\":-1}]}", NULL, "index -1");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":[7],\"index\":0.5}]}", NULL, "index 0.5");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":[7],\"index\":1e99}]}", NULL, "for 1 inputs");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":[7],\"index\":\"0\"}]}", NULL, "not a number");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":[7],\"index\":0,\"index\":0}]}", NULL,
        "two indexes");
}

static void test_vectors__marks_vectors_that_are_not_finite(void **state) {
  (void)state;
  check(&tei, 3, 2, "[[1,2],[null,3],[4,5]]", "1,2;-;4,5", NULL);
  check(&tei, 2, 2, "[[1e999,2],[-1e39,3]]", "-;-", NULL);
  check(&tei, 1, 2, "[[null,null]]", "-", NULL);
  check(&tei, 2, 2, "[[3.4028235e38,-3.4028235e38],[1e-46,0]]", "3.40282e+38,-3.40282e+38;0,0",
        NULL);
  check(&openai, 2, 0,
        "{\"data\":[{\"index\":1,\"embedding\":[null]},{\"index\":0,\"embedding\":[4]}]}", "4;-",
        NULL);
  struct result r = read_pieces(&tei, 2, 0, "[[null,1],[2,3]]", 16, 5);
  assert_int_equal(r.rc, 0);
  assert_int_equal(r.v.n_bad, 1);
  assert_int_equal(r.v.bad[0], 1);
  assert_true(r.v.floats.data[0] == 0 && r.v.floats.data[1] == 0);
  emb_vectors_release(&r.v);
  check(&tei, 1, 0, "[[NaN]]", NULL, "bad JSON");
  check(&tei, 1, 0, "[[1,\"2\"]]", NULL, "a number of a vector");
  check(&tei, 1, 0, "[[1,true]]", NULL, "a number of a vector");
  check(&tei, 1, 0, "[[1,{}]]", NULL, "a number of a vector");
  check(&tei, 1, 0, "[[{}]]", NULL, "other than numbers");
  check(&tei, 1, 0, "[[true]]", NULL, "other than numbers");
}

static void test_vectors__refuses_mixed_and_unwanted_dims(void **state) {
  (void)state;
  check(&tei, 2, 0, "[[1,2],[3]]", NULL, "1 dimensions, but 2");
  check(&tei, 1, 3, "[[1,2]]", NULL, "2 dimensions where 3");
  check(&tei, 1, 0, "[[]]", NULL, "empty vector");
  check(&tei, 2, 0, "[[],[]]", NULL, "empty vector");
}

static void test_vectors__refuses_a_wrong_count(void **state) {
  (void)state;
  check(&tei, 2, 0, "[[1]]", NULL, "1 vectors for 2 inputs");
  check(&tei, 2, 0, "[]", NULL, "0 vectors for 2 inputs");
  check(&tei, 1, 0, "[]", NULL, "0 vectors for 1 inputs");
  check(&tei, 2, 0, "[[1],[2],[3]]", NULL, "more than 2 vectors for 2 inputs");
  check(&ollama, 1, 0, "{\"embeddings\":[]}", NULL, "0 vectors for 1 inputs");
  check(&tei, 3, 0, "[1,2,3]", NULL, "a number where an item should be");
  struct emb_vectors v; /* at once: not only at the end */
  emb_vectors_init(&v, &tei, EMB_ELEMENT_FLOAT, 1, 0);
  assert_int_equal(emb_vectors_write(&v, "[[1],[", 6), EMB_EREPLY);
  emb_vectors_release(&v);
}

static void test_vectors__unwraps_one_nesting_and_refuses_matrices(void **state) {
  (void)state;
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":[[1,2]]}]}", "1,2", NULL);
  check(&tei, 2, 0, "[[[1,2]],[[3,4]]]", "1,2;3,4", NULL);
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":[[1,2],[3,4]]}]}", NULL, "matrix per input");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":[[[1,2]]]}]}", NULL, "other than numbers");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":[[1,2],3]}]}", NULL, "other than numbers");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":[[]]}]}", NULL, "empty vector");
}

static void test_vectors__refuses_items_without_a_vector(void **state) {
  (void)state;
  check(&openai, 1, 0, "{\"data\":[{\"index\":0}]}", NULL, "no vector in it");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":null}]}", NULL, "null in place");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":5}]}", NULL, "neither an array nor a string");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":{}}]}", NULL, "neither an array nor a string");
  check(&openai, 1, 0, "{\"data\":[null]}", NULL, "no vector in it");
  check(&openai, 1, 0, "{\"data\":[\"x\",{\"embedding\":[1]}]}", NULL, "no vector in it");
  check(&openai, 1, 0, "{\"data\":[[1]]}", NULL, "no vector in it");
  check(&openai, 1, 0, "{\"data\":[1]}", NULL, "a number where");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":[1],\"embedding\":[2]}]}", NULL, "two vectors");
  check(&openai, 1, 0, "{\"data\":[{\"x\":{\"embedding\":[1]}}]}", NULL, "no vector in it");
  check(&openai, 1, 0, "{\"x\":{\"data\":[{\"embedding\":[1]}]}}", NULL,
        "no \"data\" in the reply");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":[1]}],\"data\":[]}", NULL, "twice");
  check(&openai, 1, 0, "{\"data\":7}", NULL, "no array of vectors at \"data\"");
  check(&openai, 2, 0, "{\"data\":{\"embedding\":[1]}}", NULL, "no array of vectors");
}

static void test_vectors__quotes_the_providers_error(void **state) {
  (void)state;
  check(&openai, 1, 0, "{\"message\":\"second\",\"error\":{\"code\":5,\"message\":\"no credit\"}}",
        NULL, "without vectors: no credit");
  check(&openai, 1, 0, "{\"error\":\"model not found\"}", NULL, "model not found");
  check(&openai, 1, 0, "{\"detail\":\"nope\"}", NULL, "nope");
  check(&openai, 2, 0,
        "{\"result\":null,\"data\":{},\"success\":false,\"errors\":[{\"code\":1,\"message\":"
        "\"AiError\"},"
        "{\"message\":\"other\"}]}",
        NULL, "without vectors: AiError");
  check(&openai, 1, 0, "{\"data\":[],\"error\":{\"message\":\"\\ud83d\\ude00 \\ud83d\"}}", NULL,
        "\xf0\x9f\x98\x80 \xef\xbf\xbd");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":[1]}],\"message\":\"fine\"}", "1", NULL);
  char json[2100] = "{\"message\":\"";
  for (int i = 0; i < 500; i++) strcat(json, "\xc3\xa9x");
  strcat(json, "\"}");
  struct result r = read_pieces(&openai, 1, 0, json, strlen(json), 100);
  size_t n = strlen(r.v.error_text);
  assert_true(n >= 597 && n < 600 && emb_utf8_floor(r.v.error_text, n) == n);
  emb_vectors_release(&r.v);
}

static void test_vectors__counts_tokens(void **state) {
  (void)state;
  static const char *const tails[] = {"{\"total_tokens\":9}", "{\"x\":1}", "null",
                                      "{\"total_tokens\":\"9\"}", "{\"total_tokens\":-4}"};
  for (int i = 0; i < 5; i++) {
    char json[200];
    snprintf(json, sizeof json, "{\"usage\":%s,\"data\":[{\"embedding\":[1],\"total_tokens\":3}]}",
             tails[i]);
    struct result r = read_pieces(&openai, 1, 0, json, strlen(json), 3);
    assert_int_equal(r.rc, 0);
    assert_true(r.v.tokens == (i ? -1 : 9));
    emb_vectors_release(&r.v);
  }
}

static void test_vectors__never_accepts_a_cut_reply(void **state) {
  (void)state;
  static const struct {
    const struct emb_reply_shape *shape;
    int n;
    const char *json;
  } replies[] = {{&openai, 2,
                  "{\"data\":[{\"index\":1,\"embedding\":[0.5,-1.25e-3]},{\"index\":0,"
                  "\"embedding\":\"AACAPwAAAEA=\"}],"
                  "\"usage\":{\"total_tokens\":5}}"},
                 {&tei, 1, "[[0.25,1]]"},
                 {&ollama_old, 1, "{\"embedding\":[1,2,3]}"},
                 {&openai, 1, "{\"data\":[{\"embedding\":[[12,13]]}]}"}};
  for (int k = 0; k < 4; k++)
    for (size_t cut = 0; cut <= strlen(replies[k].json); cut++) {
      struct result r = read_pieces(replies[k].shape, replies[k].n, 0, replies[k].json, cut, 9);
      if (cut == strlen(replies[k].json))
        assert_int_equal(r.rc, 0);
      else
        assert_true(r.rc == EMB_ETRUNCATED || r.rc == EMB_EREPLY);
      emb_vectors_release(&r.v);
    }
}

static void test_vectors__refuses_what_is_not_json(void **state) {
  (void)state;
  check(&openai, 1, 0, "<html>", NULL, "not JSON, check the client's url: bad JSON: '<'");
  check(&openai, 1, 0, "", NULL, "no JSON text");
  check(&openai, 1, 0, "{\"data\":[{\"embedding\":[1]}]} x", NULL, "bad JSON: 'x'");
  char bomb[3000];
  memset(bomb, '[', sizeof bomb - 1);
  bomb[sizeof bomb - 1] = 0;
  check(&openai, 1, 0, bomb, NULL, "nested too deeply");
}

static void test_vectors__begins_anew_after_a_failure(void **state) {
  (void)state;
  struct emb_vectors v;
  assert_int_equal(emb_vectors_init(&v, &tei, EMB_ELEMENT_FLOAT, 2, 0), 0);
  assert_int_equal(emb_vectors_write(&v, "[[1,2,3],[4", 11), 0);
  assert_int_equal(emb_vectors_end(&v), EMB_ETRUNCATED);
  emb_vectors_begin(&v);
  assert_int_equal(emb_vectors_write(&v, "[[5],[6]]", 9), 0);
  assert_int_equal(emb_vectors_end(&v), 0);
  assert_true(v.n_dims == 1 && *emb_vectors_at(&v, 1) == 6);
  emb_vectors_release(&v);
}

static void test_vectors__reserves_exactly_once_dims_are_known(void **state) {
  (void)state;
  struct emb_buf json = EMB_BUF_INIT;
  for (int i = 0; i < 64; i++) {
    emb_buf_adds(&json, i ? ",[" : "[[");
    for (int k = 0; k < 768; k++) emb_buf_addf(&json, "%s0.%d", k ? "," : "", k + 1);
    emb_buf_adds(&json, "]");
  }
  emb_buf_adds(&json, "]");
  struct result r = read_pieces(&tei, 64, 768, json.data, json.n, 16384);
  assert_int_equal(r.rc, 0);
  assert_int_equal(r.v.floats.capacity, 64 * 768);
  emb_vectors_release(&r.v);
  emb_buf_release(&json);
}

static void test_vectors__survives_lack_of_memory(void **state) {
  (void)state;
  const char *json =
      "{\"data\":[{\"index\":1,\"embedding\":[0.5,-1.25e-3]},{\"index\":0,\"embedding\":"
      "\"AACAPwAAAEA=\"}],\"message\":\"\xff\"}";
  for (int forever = 0; forever < 2; forever++)
    for (long nth = 1;; nth++) {
      struct emb_vectors v;
      emb_mem_fail_at(nth, forever);
      int rc = emb_vectors_init(&v, &openai, EMB_ELEMENT_FLOAT, 2, 2);
      if (!rc) rc = emb_vectors_write(&v, json, strlen(json));
      if (!rc) rc = emb_vectors_end(&v);
      long asked = emb_mem_fail_at(0, 0);
      emb_vectors_release(&v);
      assert_int_equal(rc, asked < nth ? EMB_OK : EMB_ENOMEM);
      if (asked < nth) break;
    }
  struct emb_vectors v;
  assert_int_equal(emb_vectors_init(&v, &openai, EMB_ELEMENT_FLOAT, 0, 0), EMB_EARG);
  emb_vectors_release(&v);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_vectors__reads_every_family),
      cmocka_unit_test(test_vectors__reads_base64),
      cmocka_unit_test(test_vectors__reads_other_elements),
      cmocka_unit_test(test_vectors__tells_a_page_from_a_tail),
      cmocka_unit_test(test_vectors__bounds_the_dimensions),
      cmocka_unit_test(test_vectors__places_by_index),
      cmocka_unit_test(test_vectors__marks_vectors_that_are_not_finite),
      cmocka_unit_test(test_vectors__refuses_mixed_and_unwanted_dims),
      cmocka_unit_test(test_vectors__refuses_a_wrong_count),
      cmocka_unit_test(test_vectors__unwraps_one_nesting_and_refuses_matrices),
      cmocka_unit_test(test_vectors__refuses_items_without_a_vector),
      cmocka_unit_test(test_vectors__quotes_the_providers_error),
      cmocka_unit_test(test_vectors__counts_tokens),
      cmocka_unit_test(test_vectors__never_accepts_a_cut_reply),
      cmocka_unit_test(test_vectors__refuses_what_is_not_json),
      cmocka_unit_test(test_vectors__begins_anew_after_a_failure),
      cmocka_unit_test(test_vectors__reserves_exactly_once_dims_are_known),
      cmocka_unit_test(test_vectors__survives_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
