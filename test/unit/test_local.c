/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Words, tokens, sums and files of the models that run in this process. (That words and tokens are
 * those of the reference library, for every character, is shown by test/peers/local.py.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "local/local.h"
#include "local/pack.h"
#include "local/safetensors.h"
#include "local/tokenizer_json.h"

/* ---- words ---- */

/* The words of a text, joined by |. */
static const char *words_of(const char *text, size_t n) {
  static char out[2048];
  struct emb_words words;
  size_t at = 0;
  emb_words_init(&words, text, n);
  while (emb_words_next(&words))
    at += (size_t)snprintf(out + at, sizeof out - at, "%s%.*s", at ? "|" : "", words.n, words.word);
  out[at] = 0;
  return out;
}

static void test_local__splits_and_normalises(void **state) {
  static const char *const rows[][2] = {
      {"", ""},
      {"  \t\n", ""},
      {"Hello, World!", "hello|,|world|!"},
      {"don't-stop", "don|'|t|-|stop"},
      {"Na\xc3\xafve CAF\xc3\x89", "naive|cafe"},
      {"a\xcc\x81\xcc\x80z", "az"},                                    /* combining accents go */
      {"x\xe4\xb8\xad\xe6\x96\x87y", "x|\xe4\xb8\xad|\xe6\x96\x87|y"}, /* CJK stands alone */
      {"\xef\xa9\x80", "\xe6\x87\xb2"},                         /* a compatibility ideograph */
      {"\xed\x95\x9c", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"}, /* Hangul: its letters */
      {"a\xc2\xa0"
       "b\xe2\x80\x83"
       "c",
       "a|b|c"}, /* spaces of all kinds */
      {"a\x01"
       "b\xe2\x80\x8b"
       "c\xc2\xad"
       "d",
       "abcd"},                           /* controls and invisibles vanish */
      {"5\xe2\x82\xac", "5\xe2\x82\xac"}, /* a currency sign is no punctuation */
      {"\xc2\xbfque?", "\xc2\xbf|que|?"},
      {"\xce\xa3\xce\x91\xce\xa3", "\xcf\x83\xce\xb1\xcf\x83"}, /* no final sigma */
      {"\xc4\xb0", "i"},
      {"a\xff\xc3(b\xe2\x82", "a|(|b"}, /* bytes that are no UTF-8 vanish */
      {"\xed\xa0\x80z\xf4\x90\x80\x80\xc0\xaf", "z"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_string_equal(words_of(rows[i][0], strlen(rows[i][0])), rows[i][1]);
  assert_string_equal(words_of("a\0b", 3), "ab");
}

static void test_local__sorts_marks_that_stay(void **state) {
  (void)state;
  /* U+302E (class 224) and U+1E01C (230), U+116B6 (9): kept by this normaliser, put in order */
  assert_string_equal(words_of("\xf0\x9e\x80\x9c\xf0\x91\x9a\xb6", 8),
                      "\xf0\x91\x9a\xb6\xf0\x9e\x80\x9c");
  /* a letter between them is a wall */
  assert_string_equal(words_of("\xf0\x9e\x80\x9cx\xf0\x91\x9a\xb6", 9),
                      "\xf0\x9e\x80\x9cx\xf0\x91\x9a\xb6");
}

static void test_local__counts_what_it_does_not_keep(void **state) {
  char text[5000];
  struct emb_words words;
  (void)state;
  memset(text, 'a', sizeof text);
  emb_words_init(&words, text, sizeof text);
  assert_true(emb_words_next(&words));
  assert_int_equal(words.n_chars, 5000);
  assert_int_equal(words.n, EMB_WORD_CHARS);
  assert_false(emb_words_next(&words));
}

/* ---- tokens ---- */

#define NORMALIZER                                                                                 \
  "\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true," \
  "\"strip_accents\":null,\"lowercase\":true}"
#define PRE "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}"
#define MODEL(vocab)                                                                               \
  "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##"   \
  "\","                                                                                            \
  "\"max_input_chars_per_word\":100,\"vocab\":" vocab "}"
#define VOCAB                                                                                      \
  "{\"[UNK]\":0,\"un\":1,\"##aff\":2,\"##able\":3,\"want\":4,\"##ed\":5,\"[SEP]\":6,\"##a\":7,"    \
  "\"unwant\":8,\"\\u00df\":9,\"[SEP]x\":10,\",\":11}"
#define ADDED                                                                                      \
  "\"added_tokens\":[{\"id\":6,\"content\":\"[SEP]\",\"normalized\":false},"                       \
  "{\"id\":10,\"content\":\"[SEP]x\",\"normalized\":false}]"

static const char good[] = "{" ADDED "," NORMALIZER "," PRE "," MODEL(VOCAB) "}";

static const char *ids_of(const struct emb_wordpiece *wp, const char *text) {
  static char out[1024];
  uint32_t ids[256];
  size_t at = 0;
  struct emb_tokens tokens;
  out[0] = 0;
  emb_tokens_init(&tokens, wp, text, strlen(text));
  for (int n; (n = emb_tokens_next(&tokens, ids, 256)) > 0;)
    for (int i = 0; i < n; i++)
      at += (size_t)snprintf(out + at, sizeof out - at, "%s%u", at ? " " : "", ids[i]);
  return out;
}

static void test_local__finds_the_longest_pieces(void **state) {
  struct emb_tokenizer t;
  struct emb_err err = {0};
  (void)state;
  assert_int_equal(emb_tokenizer_read(good, strlen(good), &t, &err), EMB_OK);
  assert_string_equal(ids_of(&t.wordpiece, "unaffable"), "1 2 3");
  assert_string_equal(ids_of(&t.wordpiece, "Unwanted, un"), "8 5 11 1");
  assert_string_equal(ids_of(&t.wordpiece, "unaffably want"),
                      "0 4"); /* one piece fails: the word is unknown */
  assert_string_equal(ids_of(&t.wordpiece, "aff"), "0");
  assert_string_equal(ids_of(&t.wordpiece, "\xc3\x9f"), "9"); /* written as an escape in the file */
  assert_string_equal(ids_of(&t.wordpiece, ""), "");
  assert_string_equal(ids_of(&t.wordpiece, "wa\xE2\x80\x8Bnt wan\xEF\xBB\xBFt w\xC2\xAD"
                                           "ant"),
                      "4 4 4");
  assert_string_equal(ids_of(&t.wordpiece, "wa\xEF\xB8\x8Fnt"), "4"); /* a mark of class 0 */
  emb_tokenizer_release(&t);
}

static void test_local__finds_special_tokens_first(void **state) {
  struct emb_tokenizer t;
  (void)state;
  assert_int_equal(emb_tokenizer_read(good, strlen(good), &t, NULL), EMB_OK);
  assert_string_equal(ids_of(&t.wordpiece, "un[SEP]want"), "1 6 4");
  assert_string_equal(ids_of(&t.wordpiece, "[SEP][SEP]x"), "6 10"); /* the longest */
  assert_string_equal(ids_of(&t.wordpiece, "[sep]"), "0 0 0");      /* as written only */
  assert_string_equal(ids_of(&t.wordpiece, "[SEP"), "0 0");
  emb_tokenizer_release(&t);
}

static void test_local__gives_long_texts_in_parts(void **state) {
  struct emb_tokenizer t;
  struct emb_tokens tokens;
  uint32_t ids[EMB_WORD_CHARS];
  char text[3000];
  int total = 0;
  (void)state;
  assert_int_equal(emb_tokenizer_read(good, strlen(good), &t, NULL), EMB_OK);
  for (size_t i = 0; i < sizeof text; i += 3) memcpy(text + i, "un ", 3);
  emb_tokens_init(&tokens, &t.wordpiece, text, sizeof text);
  for (int n; (n = emb_tokens_next(&tokens, ids, EMB_WORD_CHARS)) > 0;) total += n;
  assert_int_equal(total, 1000);
  emb_tokenizer_release(&t);
}

/* Ids may have gaps, and what is in the place of added tokens need not be a list. */
static void test_local__takes_odd_files(void **state) {
  static const char *const files[] = {
      "{" NORMALIZER "," PRE "," MODEL("{\"[UNK]\":0,\"want\":5}") "}",
      "{\"added_tokens\":7," NORMALIZER "," PRE "," MODEL("{\"[UNK]\":0,\"want\":5}") "}"};
  (void)state;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    struct emb_tokenizer t;
    struct emb_err err = {0};
    assert_int_equal(emb_tokenizer_read(files[i], strlen(files[i]), &t, &err), EMB_OK);
    assert_string_equal(ids_of(&t.wordpiece, "want not"), "5 0");
    emb_tokenizer_release(&t);
  }
}

static void test_local__refuses_other_tokenizers(void **state) {
  static const char *const rows[][2] = {
      {"", "not a JSON object"},
      {"[1]", "not a JSON object"},
      {"{}", "no model"},
      {"{\"model\":{\"type\":\"Unigram\",\"vocab\":[]}}", "Unigram"},
      {"{\"model\":{\"type\":\"BPE\",\"vocab\":{}}}", "BPE"},
      {"{" NORMALIZER "," PRE "," MODEL("[]") "}", "not an object"},
      {"{" NORMALIZER "," PRE "," MODEL("{}") "}", "empty"},
      {"{" NORMALIZER "," PRE "," MODEL("{\"a\":-1}") "}", "no number below"},
      {"{" NORMALIZER "," PRE "," MODEL("{\"a\":1e9}") "}", "no number below"},
      {"{" NORMALIZER "," PRE "," MODEL("{\"a\":1048575}") "}", "no number below 1048575"},
      {"{" NORMALIZER "," PRE "," MODEL("{\"a\":0,\"b\":0}") "}", "two tokens have one id"},
      {"{" NORMALIZER "," PRE "," MODEL("{\"a\":0}") "}", "unk_token is not in the vocabulary"},
      {"{" PRE "," MODEL(VOCAB) "}", "not BertNormalizer"},
      {"{" NORMALIZER "," MODEL(VOCAB) "}", "not BertPreTokenizer"},
      {"{\"normalizer\":{\"type\":\"BertNormalizer\",\"lowercase\":false}," PRE
       "," MODEL(VOCAB) "}",
       "keeps upper case"},
      {"{\"normalizer\":{\"type\":\"BertNormalizer\",\"strip_accents\":false}," PRE
       "," MODEL(VOCAB) "}",
       "keeps accents"},
      {"{\"added_tokens\":[{\"id\":1,\"content\":\"x\",\"normalized\":true}]," NORMALIZER "," PRE
       "," MODEL(VOCAB) "}",
       "an added token is normalized"},
      {"{\"added_tokens\":[{\"id\":1,\"content\":7}]," NORMALIZER "," PRE "," MODEL(VOCAB) "}",
       "is no string"},
      {"{\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":false}," PRE
       "," MODEL(VOCAB) "}",
       "clean_text or handle_chinese_chars is off"},
      {"{\"model\":{\"type\":\"WordLevel\",\"vocab\":{}}}", "not WordPiece"},
      {"{\"model\":{\"vocab\":{}}}", "continuing_subword_prefix is not ##"},
      {"{\"model\":{\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_word\":99,\"vocab\":"
       "{}}}",
       "max_input_chars_per_word is not 100"},
      {"{" NORMALIZER "," PRE ",\"model\":{\"continuing_subword_prefix\":\"##\",\"vocab\":" VOCAB
       "}}",
       "names no unk_token"},
      {"{\"added_tokens\":[{\"content\":\"x\"}]," NORMALIZER "," PRE "," MODEL(VOCAB) "}",
       "an added token has no id"},
      {"{\"added_tokens\":[{\"id\":1}]," NORMALIZER "," PRE "," MODEL(VOCAB) "}",
       "an added token has no content"},
      {"{\"added_tokens\":[{\"id\":1,\"content\":\"\"}]," NORMALIZER "," PRE "," MODEL(VOCAB) "}",
       "more than 32 added tokens, or an empty"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct emb_tokenizer t;
    struct emb_err err = {0};
    assert_int_equal(emb_tokenizer_read(rows[i][0], strlen(rows[i][0]), &t, &err), EMB_ECONFIG);
    if (!strstr(err.message, rows[i][1])) fail_msg("'%s' is not in: %s", rows[i][1], err.message);
  }
}

static void test_local__survives_want_of_memory(void **state) {
  int done = 0;
  (void)state;
  for (long n = 1; !done && n < 200; n++) {
    struct emb_tokenizer t;
    struct emb_err err = {0};
    emb_mem_fail_at(n, 0);
    int rc = emb_tokenizer_read(good, strlen(good), &t, &err);
    done = emb_mem_fail_at(0, 0) < n;
    assert_int_equal(rc, done ? EMB_OK : EMB_ENOMEM);
    if (!rc) emb_tokenizer_release(&t);
  }
  assert_true(done);
}

/* ---- tensors ---- */

static size_t tensor_file(unsigned char *out, const char *header, size_t n_data) {
  size_t n = strlen(header);
  memset(out, 0, 8);
  emb_put_le32(out, (uint32_t)n);
  memcpy(out + 8, header, n);
  for (size_t i = 0; i < n_data; i++) out[8 + n + i] = (unsigned char)(i * 17);
  return 8 + n + n_data;
}

static void test_local__reads_every_type(void **state) {
  static const struct {
    const char *dtype;
    unsigned char bytes[8];
    size_t size;
    double value;
  } rows[] = {{"F16", {0x00, 0xC1}, 2, -2.5},
              {"F16", {0x01, 0x00}, 2, 0x1p-24}, /* the smallest */
              {"BF16", {0x20, 0xC0}, 2, -2.5},
              {"F32", {0, 0, 0x20, 0xC0}, 4, -2.5},
              {"F64", {0, 0, 0, 0, 0, 0, 0x04, 0xC0}, 8, -2.5},
              {"I8", {0xFD}, 1, -3},
              {"I32", {0xFD, 0xFF, 0xFF, 0xFF}, 4, -3},
              {"I64", {0xFD, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 8, -3}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    unsigned char bytes[256];
    char header[128];
    snprintf(header, sizeof header,
             "{\"x\":{\"dtype\":\"%s\",\"shape\":[1,2],\"data_offsets\":[0,%zu]}}", rows[i].dtype,
             2 * rows[i].size);
    size_t n = tensor_file(bytes, header, 2 * rows[i].size);
    memcpy(bytes + n - 2 * rows[i].size, rows[i].bytes, rows[i].size);
    memcpy(bytes + n - rows[i].size, rows[i].bytes, rows[i].size);
    struct emb_safetensors file;
    struct emb_tensor t;
    assert_int_equal(emb_safetensors_open(bytes, n, &file, NULL), EMB_OK);
    assert_int_equal(emb_safetensors_find(&file, "x", &t, NULL), EMB_OK);
    assert_true(emb_tensor_at(&t, 1) == rows[i].value);
    float sums[2] = {1, 0};
    emb_tensor_add_row(&t, 0, 2, 2, sums);
    assert_true(sums[0] == (float)(1 + 2 * rows[i].value) && sums[1] == (float)(2 * rows[i].value));
    assert_string_equal(emb_dtype_name(t.dtype), rows[i].dtype);
  }
}

static void test_local__refuses_tensors_that_are_not_there(void **state) {
  static const char *const headers[] = {
      "{\"x\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,15]}}",
      "{\"x\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[4,20]}}",
      "{\"x\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[16,0]}}",
      "{\"x\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[-16,0]}}",
      "{\"x\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16,32]}}",
      "{\"x\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,16]}}",
      "{\"x\":{\"dtype\":\"F32\",\"shape\":[0,2],\"data_offsets\":[0,0]}}",
      "{\"x\":{\"dtype\":\"F32\",\"shape\":[2,2,1],\"data_offsets\":[0,16]}}",
      "{\"x\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}",
      "{\"x\":{\"dtype\":\"Q4\",\"shape\":[2,2],\"data_offsets\":[0,16]}}",
      "{\"x\":{\"shape\":[2,2],\"data_offsets\":[0,16]}}",
      "{\"x\":7}",
  };
  unsigned char bytes[256];
  struct emb_safetensors file;
  struct emb_tensor t;
  struct emb_err err = {0};
  (void)state;
  for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
    size_t n = tensor_file(bytes, headers[i], 16);
    assert_int_equal(emb_safetensors_open(bytes, n, &file, &err), EMB_OK);
    assert_int_equal(emb_safetensors_find(&file, "x", &t, &err), EMB_ECONFIG);
    assert_int_equal(emb_safetensors_find(&file, "y", &t, &err), EMB_END);
  }
  size_t n = tensor_file(bytes, "{\"x\"", 4);
  assert_int_equal(emb_safetensors_open(bytes, n, &file, &err), EMB_ECONFIG);
  n = tensor_file(bytes, "{}", 0);
  assert_int_equal(emb_safetensors_open(bytes, n - 1, &file, &err), EMB_ECONFIG);
  assert_int_equal(emb_safetensors_open(bytes, 7, &file, &err), EMB_ECONFIG);
}

/* ---- folders ---- */

static void write_file(const char *folder, const char *name, const void *bytes, size_t n) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, n, file), n);
  fclose(file);
}

static void remove_folder(const char *folder) {
  char path[256];
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  unlink(path);
  snprintf(path, sizeof path, "%s/tokenizer.json", folder);
  unlink(path);
  rmdir(folder);
}

static void test_local__opens_folders(void **state) {
  char folder[] = "/tmp/emb-local-XXXXXX";
  unsigned char bytes[512];
  struct emb_local *model = NULL;
  struct emb_err err = {0};
  float vector[2];
  (void)state;
  assert_non_null(mkdtemp(folder));
  write_file(folder, "tokenizer.json", good, strlen(good));
  size_t n = tensor_file(
      bytes, "{\"embeddings\":{\"dtype\":\"I8\",\"shape\":[12,2],\"data_offsets\":[0,24]}}", 24);
  write_file(folder, "model.safetensors", bytes, n);
  int done = 0;
  for (long k = 1; !done && k < 300; k++) { /* each allocation fails once */
    emb_mem_fail_at(k, 0);
    int rc = emb_local_open(folder, &model, &err);
    done = emb_mem_fail_at(0, 0) < k;
    assert_int_equal(rc, done ? EMB_OK : EMB_ENOMEM);
  }
  assert_int_equal(emb_local_dims(model), 2);
  assert_int_equal(emb_local_embed(model, "want", 4, 2, vector, NULL),
                   EMB_OK); /* row 4: 136, 153 as int8 */
  assert_true(fabsf(vector[0] + 120 / hypotf(120, 103)) < 1e-6F &&
              fabsf(vector[1] + 103 / hypotf(120, 103)) < 1e-6F);
  assert_int_equal(emb_local_embed(model, "nothing", 7, 2, vector, NULL), EMB_END);
  emb_local_close(model);
  /* a tokenizer with more tokens than there are rows; a tensor of another name; no file */
  n = tensor_file(
      bytes, "{\"embeddings\":{\"dtype\":\"I8\",\"shape\":[11,2],\"data_offsets\":[0,22]}}", 22);
  write_file(folder, "model.safetensors", bytes, n);
  assert_int_equal(emb_local_open(folder, &model, &err), EMB_ECONFIG);
  assert_non_null(strstr(err.message, "12 tokens, the model only 11 rows"));
  n = tensor_file(bytes, "{\"other\":{\"dtype\":\"I8\",\"shape\":[12,2],\"data_offsets\":[0,24]}}",
                  24);
  write_file(folder, "model.safetensors", bytes, n);
  assert_int_equal(emb_local_open(folder, &model, &err), EMB_ECONFIG);
  assert_non_null(strstr(err.message, "no tensor"));
  /* a mapping that points past the rows */
  n = tensor_file(bytes,
                  "{\"embeddings\":{\"dtype\":\"I8\",\"shape\":[2,2],\"data_offsets\":[0,4]},"
                  "\"mapping\":{\"dtype\":\"I32\",\"shape\":[12],\"data_offsets\":[4,52]}}",
                  52);
  write_file(folder, "model.safetensors", bytes, n);
  assert_int_equal(emb_local_open(folder, &model, &err), EMB_ECONFIG);
  assert_non_null(strstr(err.message, "names a row that is not there"));
  n = tensor_file(bytes,
                  "{\"embeddings\":{\"dtype\":\"I8\",\"shape\":[12,2],\"data_offsets\":[0,24]},"
                  "\"weights\":{\"dtype\":\"C64\",\"shape\":[12],\"data_offsets\":[24,36]}}",
                  36);
  write_file(folder, "model.safetensors", bytes, n);
  assert_int_equal(emb_local_open(folder, &model, &err), EMB_ECONFIG);
  assert_non_null(strstr(err.message, "'weights'"));
  /* weights that are not one a token; vectors that are too long; a file without a byte */
  n = tensor_file(bytes,
                  "{\"embeddings\":{\"dtype\":\"I8\",\"shape\":[12,2],\"data_offsets\":[0,24]},"
                  "\"weights\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[24,36]}}",
                  36);
  write_file(folder, "model.safetensors", bytes, n);
  assert_int_equal(emb_local_open(folder, &model, &err), EMB_ECONFIG);
  assert_non_null(strstr(err.message, "'weights' has not one element a token"));
  static unsigned char wide[12 * 70000 + 512];
  n = tensor_file(
      wide, "{\"embeddings\":{\"dtype\":\"I8\",\"shape\":[12,70000],\"data_offsets\":[0,840000]}}",
      840000);
  write_file(folder, "model.safetensors", wide, n);
  assert_int_equal(emb_local_open(folder, &model, &err), EMB_ECONFIG);
  assert_non_null(strstr(err.message, "the model's vectors are too long"));
  /* one token over and over would lie in one place of the table */
  struct emb_buf twins = EMB_BUF_INIT;
  emb_buf_adds(&twins,
               "{" NORMALIZER "," PRE ",\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\","
               "\"continuing_subword_prefix\":\"##\",\"vocab\":{\"[UNK]\":0");
  for (int i = 1; i < 3000; i++) emb_buf_addf(&twins, ",\"a\":%d", i);
  emb_buf_adds(&twins, "}}}");
  write_file(folder, "tokenizer.json", twins.data, twins.n);
  assert_int_equal(emb_local_open(folder, &model, &err), EMB_ECONFIG);
  assert_non_null(strstr(err.message, "repeats its tokens"));
  emb_buf_release(&twins);
  write_file(folder, "tokenizer.json", "", 0);
  assert_int_equal(emb_local_open(folder, &model, &err), EMB_ECONFIG);
  assert_non_null(strstr(err.message, "is empty or no file"));
  remove_folder(folder);
  assert_int_equal(emb_local_open(folder, &model, &err), EMB_ECONFIG);
  assert_non_null(strstr(err.message, "No such file"));
}

/* ---- sums ---- */

static void test_local__adds_up_the_same_on_every_processor(void **state) {
  enum { ROWS = 50, DIMS = 256 };
  static int8_t rows[ROWS * DIMS];
  unsigned char weights[2 * ROWS];
  uint32_t ids[4096];
  unsigned seed = 1;
  emb_accumulate_fn best = emb_accumulate_best();
  (void)state;
  for (size_t i = 0; i < sizeof rows; i++) rows[i] = (int8_t)(rand_r(&seed) % 255 - 127);
  for (int i = 0; i < ROWS; i++) {
    int weight = i ? rand_r(&seed) % (EMB_MAX_WEIGHT + 1) : EMB_MAX_WEIGHT;
    weights[2 * i] = (unsigned char)weight;
    weights[2 * i + 1] = (unsigned char)(weight >> 8);
  }
  memset(rows, 127, DIMS); /* the first row is the largest that there can be */
  for (int i = 0; i < 4096; i++) ids[i] = (uint32_t)(rand_r(&seed) % ROWS);
  for (int n = 0; n <= 4096; n = n < 20                          ? n + 1
                                 : n * 2 - 1 > 4096 || n == 4096 ? n + 4096
                                                                 : n * 2 - 1) {
    int32_t a[DIMS] = {5}, b[DIMS] = {5};
    emb_accumulate_plain(rows, weights, DIMS, ids, n, a);
    best(rows, weights, DIMS, ids, n, b);
    assert_memory_equal(a, b, sizeof a);
  }
  memset(ids, 0, sizeof ids); /* 4096 times the largest: the sum fits */
  int32_t a[DIMS] = {0}, b[DIMS] = {0};
  emb_accumulate_plain(rows, weights, DIMS, ids, 4096, a);
  best(rows, weights, DIMS, ids, 4096, b);
  assert_int_equal(a[0], 4096 * EMB_MAX_WEIGHT * 127);
  assert_memory_equal(a, b, sizeof a);
}

static void test_local__scales_to_unit_length(void **state) {
  int64_t sums[3] = {3, 0, -4}, none[2] = {0, 0};
  int64_t large[2] = {INT64_C(3) << 50, -(INT64_C(4) << 50)};
  float out[3];
  (void)state;
  assert_int_equal(emb_unit_vector(sums, 3, out), 0);
  assert_true(out[0] == 0.6F && out[1] == 0 && out[2] == -0.8F);
  assert_int_equal(emb_unit_vector(large, 2, out), 0);
  assert_true(out[0] == 0.6F && out[1] == -0.8F);
  assert_int_equal(emb_unit_vector(none, 2, out), -1);
}

/* ---- the pack ---- */

static void test_local__refuses_damaged_packs(void **state) {
  size_t n;
  const char *sha256;
  const unsigned char *bytes = emb_pack_builtin(&n, &sha256);
  struct emb_pack pack;
  struct emb_err err = {0};
  (void)state;
  if (!bytes) skip();
  unsigned char header[96];
  assert_int_equal(emb_pack_open(bytes, n, &pack, &err), EMB_OK);
  assert_int_equal(emb_pack_open(bytes, n - 1, &pack, &err),
                   EMB_ECONFIG); /* the rows end the file */
  assert_int_equal(emb_pack_open(bytes, 95, &pack, &err), EMB_ECONFIG);
  /* A field that points out of the file, or says too much; what lies behind the header is not read.
   */
  for (size_t at = 8; at < 96; at += 4) {
    memcpy(header, bytes, sizeof header);
    if (at == 28 || at == 36) continue; /* the longest token's length and the reserved word */
    emb_put_le32(header + at, 0xFFFFFFF0u);
    assert_int_equal(emb_pack_open(header, sizeof header, &pack, &err), EMB_ECONFIG);
  }
}

static uint32_t hash_of(const void *bytes, size_t n) {
  uint32_t h = 0x811C9DC5u;
  for (size_t i = 0; i < n; i++) h = (h ^ ((const unsigned char *)bytes)[i]) * 0x01000193u;
  return h;
}

/* The vectors of the built-in model, for ever: another hash is another model and needs another
 * name. */
static void test_local__gives_the_same_bytes_for_ever(void **state) {
  static const struct {
    const char *text;
    uint32_t hash;
  } rows[] = {
#include "local_vectors.h"
  };
  struct emb_local *model = NULL;
  (void)state;
  if (!emb_local_has_builtin()) skip();
  assert_int_equal(emb_local_builtin(&model, NULL), EMB_OK);
  assert_int_equal(emb_local_dims(model), 256);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    float fast[256], plain[256];
    assert_int_equal(emb_local_embed(model, rows[i].text, strlen(rows[i].text), 256, fast, NULL),
                     EMB_OK);
    emb_local_embed_by(model, emb_accumulate_plain, rows[i].text, strlen(rows[i].text), 256, plain,
                       NULL);
    assert_memory_equal(fast, plain, sizeof fast);
    uint32_t hash = hash_of(fast, sizeof fast);
    if (hash != rows[i].hash) fail_msg("'%s' gives 0x%08X", rows[i].text, hash);
  }
  emb_local_close(model);
}

static void test_local__takes_texts_of_any_length(void **state) {
  struct emb_local *model = NULL;
  float one[256], many[256];
  long long n_tokens = 0;
  (void)state;
  if (!emb_local_has_builtin()) skip();
  enum { N = 900000 };
  char *text = malloc(N);
  assert_non_null(text);
  for (size_t i = 0; i < N; i += 9) memcpy(text + i, "cat sofa ", 9);
  assert_int_equal(emb_local_builtin(&model, NULL), EMB_OK);
  assert_int_equal(emb_local_embed(model, text, N, 256, many, &n_tokens), EMB_OK);
  assert_int_equal(n_tokens, N / 9 * 2);
  assert_int_equal(emb_local_embed(model, "cat sofa", 8, 256, one, NULL), EMB_OK);
  for (int d = 0; d < 256; d++) assert_true(fabsf(one[d] - many[d]) < 1e-6F);
  emb_local_close(model);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_local__splits_and_normalises),
      cmocka_unit_test(test_local__sorts_marks_that_stay),
      cmocka_unit_test(test_local__counts_what_it_does_not_keep),
      cmocka_unit_test(test_local__finds_the_longest_pieces),
      cmocka_unit_test(test_local__finds_special_tokens_first),
      cmocka_unit_test(test_local__gives_long_texts_in_parts),
      cmocka_unit_test(test_local__takes_odd_files),
      cmocka_unit_test(test_local__refuses_other_tokenizers),
      cmocka_unit_test(test_local__survives_want_of_memory),
      cmocka_unit_test(test_local__reads_every_type),
      cmocka_unit_test(test_local__refuses_tensors_that_are_not_there),
      cmocka_unit_test(test_local__opens_folders),
      cmocka_unit_test(test_local__adds_up_the_same_on_every_processor),
      cmocka_unit_test(test_local__scales_to_unit_length),
      cmocka_unit_test(test_local__refuses_damaged_packs),
      cmocka_unit_test(test_local__gives_the_same_bytes_for_ever),
      cmocka_unit_test(test_local__takes_texts_of_any_length),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
