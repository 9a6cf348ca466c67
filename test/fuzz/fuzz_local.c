/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * libFuzzer target of what the local models read: the first byte chooses a file of tensors, a
 * tokenizer.json, or a text. Whatever is accepted is used to its last element: every tensor's rows,
 * the tokenizer on its own file as text, whose ids must be in the vocabulary.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "local/safetensors.h"
#include "local/tokenizer_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int ok) {
  if (!ok) abort();
}

static void tensors(const uint8_t *bytes, size_t n) {
  static const char *const names[] = {"embeddings", "weights", "mapping", "x"};
  struct emb_safetensors file;
  struct emb_err err = {0};
  volatile double sum = 0;
  if (emb_safetensors_open(bytes, n, &file, &err)) return;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct emb_tensor t;
    float sums[64] = {0};
    if (emb_safetensors_find(&file, names[i], &t, &err)) continue;
    for (size_t k = 0; k < t.n_rows * t.n_columns; k++) sum += emb_tensor_at(&t, k);
    int columns = t.n_columns < 64 ? (int)t.n_columns : 64;
    for (size_t row = 0; row < t.n_rows; row++) emb_tensor_add_row(&t, row, 1, columns, sums);
    sum += sums[0];
  }
}

static void tokenizer(const char *json, size_t n) {
  struct emb_tokenizer t;
  struct emb_tokens tokens;
  struct emb_err err = {0};
  uint32_t ids[128];
  if (emb_tokenizer_read(json, n, &t, &err)) {
    check(err.code != 0 && err.message[0]);
    return;
  }
  emb_tokens_init(&tokens, &t.wordpiece, json, n);
  for (int k; (k = emb_tokens_next(&tokens, ids, 128)) > 0;)
    for (int i = 0; i < k; i++) check(ids[i] < t.wordpiece.vocab.n_tokens);
  emb_tokenizer_release(&t);
}

static void text(const char *bytes, size_t n) {
  struct emb_words words;
  emb_words_init(&words, bytes, n);
  while (emb_words_next(&words)) {
    check(words.n_chars > 0 && words.n > 0 && words.n <= EMB_WORD_BYTES);
    check(words.n >= (words.n_chars < EMB_WORD_CHARS ? words.n_chars : EMB_WORD_CHARS));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!size) return 0;
  /* a block of its exact size, so that a read past the end is seen */
  size_t n = size - 1;
  uint8_t *copy = malloc(n ? n : 1);
  check(copy != NULL);
  memcpy(copy, data + 1, n);
  switch (data[0] % 3) {
  case 0: tensors(copy, n); break;
  case 1: tokenizer((const char *)copy, n); break;
  default: text((const char *)copy, n);
  }
  free(copy);
  return 0;
}
