/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * libFuzzer target of the reply readers. The first byte chooses shape and count, the second seeds
 * the cutting; the rest is the reply. Fed whole and in pieces (each piece a fresh heap block of its
 * exact size) it must give the same code, message and floats, bit for bit. The same bytes also go
 * to the number, base64 and path readers, where what can be checked against a second opinion is.
 */
#include <math.h>

#include "fuzz.h"
#include "wire/base64.h"
#include "wire/number.h"
#include "wire/pick.h"
#include "wire/vectors.h"

static const struct emb_reply_shape shapes[8] = {
    {"data", "embedding", "index", "usage.total_tokens"},
    {"embeddings.float", "", NULL, NULL},
    {"embedding", "", NULL, NULL},
    {"", "", NULL, NULL},
    {"", "embedding", "index", NULL},
    {"predictions", "embeddings.values", NULL, NULL},
    {"embedding", "values", NULL, NULL},
    {"a", "b", "c", "d"},
};

static int feed(struct emb_vectors *v, const char *text, size_t n, uint32_t seed) {
  int rc = 0;
  for (size_t i = 0; i < n && !rc;) {
    size_t piece = n;
    if (seed) {
      seed = seed * 1664525u + 1013904223u;
      piece = 1 + (seed >> 24) % ((seed >> 16 & 7) ? 9 : 120);
    }
    if (piece > n - i) piece = n - i;
    char *exact = malloc(piece);
    memcpy(exact, text + i, piece);
    rc = emb_vectors_write(v, exact, piece);
    free(exact);
    i += piece;
  }
  return emb_vectors_end(v);
}

static void vectors(const char *text, size_t n, unsigned choice, uint32_t seed) {
  struct emb_vectors a, b;
  int count = 1 + (int)(choice >> 3 & 3), dims = choice & 32 ? 2 : 0;
  enum emb_element element = choice & 128  ? EMB_ELEMENT_BITS
                             : choice & 64 ? EMB_ELEMENT_INT8
                                           : EMB_ELEMENT_FLOAT;
  check(!emb_vectors_init(&a, &shapes[choice & 7], element, count, dims));
  check(!emb_vectors_init(&b, &shapes[choice & 7], element, count, dims));
  int rc = feed(&a, text, n, 0);
  check(rc == feed(&b, text, n, seed | 1));
  check(!strcmp(a.err.message, b.err.message));
  check(a.err.code == rc && b.err.code == rc && (rc || !*a.err.message));
  if (!rc) {
    check(a.n_dims == b.n_dims && a.n_dims > 0 && a.n_vectors == count && a.tokens == b.tokens);
    check(a.floats.n == (size_t)count * (size_t)a.n_dims && b.floats.n == a.floats.n);
    check(!memcmp(a.floats.data, b.floats.data, a.floats.n * sizeof(float)));
    for (int i = 0; i < count; i++) {
      check(a.place[i] == b.place[i] && a.bad[i] == b.bad[i]);
      const float *f = emb_vectors_at(&a, i);
      for (int k = 0; f && k < a.n_dims; k++) check(isfinite(f[k]));
    }
  }
  emb_vectors_release(&a);
  emb_vectors_release(&b);
}

/* The same reply read as float32, int8 and packed bits: what stands there as numbers is the same
 * numbers, or the bits of them; what stands there as base64 is the same bytes. */
static void elements(const char *text, size_t n, unsigned choice) {
  struct emb_vectors read[3];
  int count = 1 + (int)(choice >> 3 & 3), rc[3];
  for (int i = 0; i < 3; i++) {
    check(!emb_vectors_init(&read[i], &shapes[choice & 7], (enum emb_element)i, count, 0));
    rc[i] = feed(&read[i], text, n, 0);
  }
  const struct emb_vectors *f = &read[0], *bytes = &read[1], *bits = &read[2];
  if (!rc[1] && !rc[2]) {
    check(bits->n_dims == 8 * bytes->n_dims && bits->tokens == bytes->tokens);
    for (int i = 0; i < count; i++) {
      const float *from = emb_vectors_at(bytes, i), *to = emb_vectors_at(bits, i);
      check(from && to);
      for (int k = 0; k < bits->n_dims; k++) {
        int byte = (int)from[k / 8] & 255;
        check(to[k] == (byte >> (7 - k % 8) & 1 ? 1 : -1));
      }
    }
  }
  if (!rc[0] && !rc[1] && bytes->n_dims == 4 * f->n_dims) { /* it was base64 */
    for (int i = 0; i < count; i++) {
      const float *from = emb_vectors_at(bytes, i), *to = emb_vectors_at(f, i);
      for (int k = 0; to && k < bytes->n_dims; k++)
        check(((const signed char *)to)[k] == (signed char)from[k]);
    }
  } else if (!rc[0] && !rc[1]) {
    check(bytes->n_dims == f->n_dims && bytes->n_bad == f->n_bad);
    for (int i = 0; i < count; i++)
      check(!memcmp(&bytes->floats.data[(size_t)i * (size_t)f->n_dims],
                    &f->floats.data[(size_t)i * (size_t)f->n_dims],
                    (size_t)f->n_dims * sizeof(float)));
  }
  for (int i = 0; i < 3; i++) emb_vectors_release(&read[i]);
}

static void base64(const char *text, size_t n, uint32_t seed) {
  struct emb_buf whole = EMB_BUF_INIT, cut = EMB_BUF_INIT;
  size_t bad = 0;
  int rc = emb_base64_decode(text, n, 0, &whole, &bad);
  struct emb_base64_stream stream = {0};
  int rc_cut = 0;
  for (size_t i = 0; i < n && !rc_cut;) {
    seed = seed * 1664525u + 1013904223u;
    size_t piece = 1 + (seed >> 24) % 40;
    if (piece > n - i) piece = n - i;
    rc_cut = emb_base64_feed(&stream, text + i, piece, &cut);
    i += piece;
  }
  if (!rc_cut) rc_cut = emb_base64_finish(&stream, &cut);
  check(rc == rc_cut && (!rc || bad <= n));
  check(whole.n == cut.n && (!whole.n || !memcmp(whole.data, cut.data, cut.n)));
  emb_buf_clear(&cut);
  emb_base64_decode(text, n, 1, &cut, &bad);
  emb_buf_clear(&cut);
  check(!emb_base64_append(&cut, text, n));
  emb_buf_clear(&whole);
  check(!emb_base64_decode(cut.data ? cut.data : "", cut.n, 0, &whole, NULL));
  check(whole.n == n && (!n || !memcmp(whole.data, text, n)));
  emb_buf_release(&whole);
  emb_buf_release(&cut);
}

static void number(const char *text, size_t n) {
  float value = emb_number_float(text, n);
  if (n > 500 || isnan(value)) return;
  char copy[512];
  memcpy(copy, text, n);
  copy[n] = 0;
  float other = (float)strtod(copy, NULL);
  check(!memcmp(&value, &other, sizeof value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  const char *text = (const char *)data + 2;
  size_t n = size - 2;
  uint32_t seed = data[1] * 2654435761u;
  vectors(text, n, data[0], seed);
  elements(text, n, data[0]);
  base64(text, n, seed);
  number(text, n);
  static const char *const paths[] = {"error.message",  "",      "choices[0].message.content",
                                      "content[].text", "[0].a", "a[][1].b"};
  struct emb_buf out = EMB_BUF_INIT;
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    emb_buf_clear(&out);
    check(emb_pick(text, n, paths[i], &out) >= 0);
    emb_pick_number(text, n, paths[i], -1);
  }
  emb_buf_release(&out);
  return 0;
}
