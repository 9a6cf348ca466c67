/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Texts to vectors; vector.h states the algorithm. */
#include "vector.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base64.h"

#define WORD_WEIGHT 20 /* against 1 for the whole text */

static const char *const names[] = {"float", "base64", "int8", "uint8", "binary", "ubinary"};

enum sim_dtype sim_dtype_named(const char *name) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (name && strcmp(name, names[i]) == 0) return (enum sim_dtype)i;
  return SIM_NO_DTYPE;
}

const char *sim_dtype_name(enum sim_dtype dtype) { return names[dtype]; }

enum sim_dtype sim_dtype_in_base64(enum sim_dtype dtype) {
  if (dtype == SIM_FLOAT) return SIM_BASE64;
  return dtype >= SIM_INT8 && dtype <= SIM_UBINARY ? dtype + (SIM_BASE64_INT8 - SIM_INT8) : dtype;
}

uint64_t sim_hash(const void *bytes, size_t n) {
  const unsigned char *at = bytes;
  uint64_t hash = 14695981039346656037u;
  for (size_t i = 0; i < n; i++) hash = (hash ^ at[i]) * 1099511628211u;
  return hash;
}

/* sums[d] += weight * the sign the hash gives dimension d. */
static void add_signs(int32_t *sums, size_t dims, uint64_t hash, int32_t weight) {
  for (size_t d = 0; d < dims; d += 64) {
    uint64_t z = hash += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    for (size_t bit = 0; bit < 64; bit++)
      sums[d + bit] += (int32_t)(z >> bit & 1) * 2 * weight - weight;
  }
}

static bool is_stop_word(const char *word, size_t n) {
  static const char words[] =
      " a an and are as at be by for from in is it of on or that the this to "
      "was with ";
  if (n > 4) return false;
  char padded[8] = " ";
  memcpy(padded + 1, word, n);
  padded[n + 1] = ' ';
  padded[n + 2] = 0;
  return strstr(words, padded) != NULL;
}

static void add_words(int32_t *sums, size_t dims, const char *text, size_t n) {
  uint64_t hash = sim_hash("", 0);
  char start[4];
  size_t length = 0;
  for (size_t i = 0; i <= n; i++) {
    unsigned char c = i < n ? (unsigned char)text[i] : ' ';
    if (c >= 'A' && c <= 'Z') c = (unsigned char)(c + 32);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80) {
      if (length < sizeof start) start[length] = (char)c;
      length++;
      hash = (hash ^ c) * 1099511628211u;
    } else if (length) {
      if (!is_stop_word(start, length)) add_signs(sums, dims, hash, WORD_WEIGHT);
      hash = sim_hash("", 0);
      length = 0;
    }
  }
}

void sim_vector(const char *text, size_t n, size_t dims, int32_t *q) {
  int32_t sums[SIM_MAX_DIMS];
  memset(sums, 0, (dims + 63) / 64 * 64 * sizeof *sums);
  add_words(sums, dims, text, n);
  add_signs(sums, dims, sim_hash(text, n), 1);
  int64_t squares = 0;
  for (size_t d = 0; d < dims; d++) squares += (int64_t)sums[d] * sums[d];
  double norm = sqrt((double)squares); /* never 0: every sum is +-1 modulo 20 */
  for (size_t d = 0; d < dims; d++) q[d] = (int32_t)llround(sums[d] / norm * 1e8);
}

static char *write_fixed(char *at, int32_t q) {
  uint32_t size = q < 0 ? (uint32_t)-q : (uint32_t)q;
  if (q < 0) *at++ = '-';
  *at++ = (char)('0' + size / 100000000);
  *at++ = '.';
  size %= 100000000;
  for (int i = 7; i >= 0; i--) {
    at[i] = (char)('0' + size % 10);
    size /= 10;
  }
  return at + 8;
}

static void write_base64(struct sim_text *out, const int32_t *q, size_t dims) {
  static _Thread_local unsigned char bytes[SIM_MAX_DIMS * 4];
  for (size_t d = 0; d < dims; d++) {
    float value = (float)(q[d] / 1e8);
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int k = 0; k < 4; k++) bytes[4 * d + (size_t)k] = (unsigned char)(bits >> (8 * k));
  }
  sim_text_add(out, "\"", 1);
  sim_base64_write(out, bytes, dims * 4);
  sim_text_add(out, "\"", 1);
}

/* The value of dimension d, or of the eight from d on, in one of the four small types. */
static int small_value(const int32_t *q, size_t dims, size_t d, enum sim_dtype dtype) {
  if (dtype < SIM_BINARY) {
    long value = lround(q[d] / 1e8 * 127);
    if (value > 127) value = 127;
    if (value < -128) value = -128;
    return (int)value + (dtype == SIM_UINT8 ? 128 : 0);
  }
  int value = 0;
  for (size_t k = 0; k < 8; k++) value = value << 1 | (d + k < dims && q[d + k] > 0);
  return dtype == SIM_BINARY ? value - 128 : value;
}

static void write_small(struct sim_text *out, const int32_t *q, size_t dims, enum sim_dtype dtype) {
  for (size_t d = 0; d < dims; d += dtype < SIM_BINARY ? 1 : 8)
    sim_text_addf(out, "%s%d", d ? "," : "", small_value(q, dims, d, dtype));
}

static void write_small_base64(struct sim_text *out, const int32_t *q, size_t dims,
                               enum sim_dtype dtype) {
  unsigned char bytes[SIM_MAX_DIMS];
  size_t n = 0;
  for (size_t d = 0; d < dims; d += dtype < SIM_BINARY ? 1 : 8)
    bytes[n++] = (unsigned char)(small_value(q, dims, d, dtype) & 0xFF);
  sim_text_add(out, "\"", 1);
  sim_base64_write(out, bytes, n);
  sim_text_add(out, "\"", 1);
}

static void write_floats(struct sim_text *out, const int32_t *q, size_t dims) {
  char *start = sim_text_room(out, dims * 12);
  char *at = start;
  for (size_t d = 0; d < dims; d++) {
    if (d) *at++ = ',';
    at = write_fixed(at, q[d]);
  }
  out->n += (size_t)(at - start);
}

void sim_vector_write(struct sim_text *out, const char *text, size_t n, size_t dims, int length,
                      enum sim_dtype dtype) {
  int32_t q[SIM_MAX_DIMS];
  sim_vector(text, n, dims, q);
  for (size_t d = 0; d < dims && length != 1; d++) q[d] *= length;
  if (dtype == SIM_BASE64) {
    write_base64(out, q, dims);
    return;
  }
  if (dtype >= SIM_BASE64_INT8 && dtype <= SIM_BASE64_UBINARY) {
    write_small_base64(out, q, dims, dtype - (SIM_BASE64_INT8 - SIM_INT8));
    return;
  }
  sim_text_add(out, "[", 1);
  if (dtype == SIM_FLOAT)
    write_floats(out, q, dims);
  else if (dtype == SIM_BITS)
    for (size_t d = 0; d < dims; d++) sim_text_addf(out, "%s%d", d ? "," : "", q[d] > 0);
  else
    write_small(out, q, dims, dtype);
  sim_text_add(out, "]", 1);
}
