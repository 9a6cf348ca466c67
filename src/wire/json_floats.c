/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The hot loop of a JSON reply: elements of a vector, straight from the piece that came in to
 * float32; and the growable array they go to.
 *
 * The loop only takes what it is sure of: a number the fast reader can do exactly, with enough
 * bytes after it in this piece that loading eight at a time stays inside, and room to put it. At
 * anything else it stops in front of that element and json.c's byte-by-byte states take over, and
 * they alone report errors. So where a piece ends cannot change a result or a message.
 *
 * Invariant of emb_floats: data[0..n) is content, n <= capacity, and n <= max where max is set.
 */
#include "wire/json.h"

#include "base/mem.h"
#include "wire/number_fast.h"

void emb_floats_release(struct emb_floats *floats) {
  emb_free(floats->data);
  floats->data = NULL;
  floats->n = floats->capacity = 0;
}

int emb_floats_reserve(struct emb_floats *floats, size_t n) {
  if (n > SIZE_MAX / 16 - floats->n) return EMB_ETOOBIG;
  size_t need = floats->n + n;
  if (floats->max && need > floats->max) return EMB_ETOOBIG;
  if (need <= floats->capacity) return EMB_OK;
  /* Half again, but exactly what is asked when that is more: a caller who knows the final size gets
   * no slack. */
  size_t capacity = floats->capacity + floats->capacity / 2;
  if (capacity < 512) capacity = 512;
  if (floats->max && capacity > floats->max) capacity = floats->max;
  if (capacity < need) capacity = need;
  float *data = emb_realloc(floats->data, capacity * sizeof *data);
  if (!data) return EMB_ENOMEM;
  floats->data = data;
  floats->capacity = capacity;
  return EMB_OK;
}

#if EMB_NUMBER_FAST
/* White space is rare (minified) or a newline and a run of spaces (pretty-printed); needs 8 bytes
 * beyond what it returns, which `last` guarantees. */
static inline const char *skip_space(const char *p, const char *last) {
  while (p <= last) {
    if (*p == ' ') {
      uint64_t other = emb_load8(p) ^ 0x2020202020202020u;
      if (other) {
        p += __builtin_ctzll(other) >> 3;
        if ((unsigned char)*p > ' ') break;
      } else {
        p += 8;
      }
    } else if (*p == '\n' || *p == '\r' || *p == '\t') {
      p++;
    } else {
      break;
    }
  }
  return p;
}

const char *emb_json_floats(struct emb_json *scan, const char *p, const char *end,
                            int *after_value) {
  struct emb_floats *floats = scan->floats;
  *after_value = 0;
  if (end - p < EMB_NUMBER_FAST_BYTES) return p;
  const char *last = end - EMB_NUMBER_FAST_BYTES; /* a number may start here at the latest */
  float *data = floats->data;
  size_t n = floats->n, limit = floats->capacity;
  for (;;) {
    if ((unsigned char)*p <= ' ') {
      p = skip_space(p, last);
      if (p > last) break;
    }
    if (__builtin_expect(n == limit, 0)) {
      floats->n = n;
      if (emb_floats_reserve(floats, 1)) break; /* the slow way fails on it again, and says so */
      data = floats->data;
      limit = floats->capacity;
    }
    float value;
    const char *q = emb_number_scan(p, &value);
    if (__builtin_expect(!q, 0)) break;
    unsigned char c = (unsigned char)*q;
    if (c != ',') {
      /* Only white space or the end may follow; else the slow way must see the whole number. */
      if (c != ']' && c != ' ' && c != '\n' && c != '\r' && c != '\t') break;
      data[n++] = value;
      p = q;
      *after_value = 1;
      break;
    }
    data[n++] = value;
    p = q + 1;
    if (p > last) break;
  }
  floats->n = n;
  return p;
}
#else
const char *emb_json_floats(struct emb_json *scan, const char *p, const char *end,
                            int *after_value) {
  (void)scan;
  (void)end;
  *after_value = 0;
  return p;
}
#endif
