/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Vectors in the form an index wants: see output.h. The forms are those of sqlite-vec (subtypes
 * 223, 225, 224). */
#include "embed/output.h"

#include <math.h>
#include <string.h>

static double length_of(const float *v, int n) {
  double sum = 0;
  for (int i = 0; i < n; i++) sum += (double)v[i] * v[i];
  return sqrt(sum);
}

static void put_float(char *at, float x) {
  unsigned bits;
  memcpy(&bits, &x, 4);
  for (int i = 0; i < 4; i++) at[i] = (char)(bits >> (8 * i));
}

static float get_float(const unsigned char *p) {
  unsigned bits = p[0] | (unsigned)p[1] << 8 | (unsigned)p[2] << 16 | (unsigned)p[3] << 24;
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

static void put_bits(char *at, const float *v, int n) {
  for (int i = 0; i < n; i += 8) {
    unsigned byte = 0;
    for (int k = 0; k < 8; k++) byte |= (unsigned)(v[i + k] > 0) << k;
    at[i / 8] = (char)byte;
  }
}

static char to_int8(double x) {
  return (char)(signed char)lrint(x > 127 ? 127 : x < -127 ? -127 : x);
}

int emb_output_append(struct emb_buf *out, const float *v, int n, enum emb_output form,
                      int normalize, struct emb_err *err) {
  size_t size = form == EMB_OUTPUT_FLOAT32 ? (size_t)n * 4
                : form == EMB_OUTPUT_BIT   ? (size_t)n / 8
                                           : (size_t)n;
  if (form == EMB_OUTPUT_BIT && n % 8)
    return emb_err_set(err, EMB_EREPLY,
                       "output bit needs a multiple of 8 dimensions; the model gives %d", n);
  if (emb_buf_reserve(out, size))
    return emb_err_set(err, out->failed, "%s", emb_err_text(out->failed));
  char *at = out->data + out->n;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (form == EMB_OUTPUT_FLOAT32 && !normalize) { /* memory is the wire form already */
    memcpy(at, v, size);
    out->n += size;
    out->data[out->n] = 0;
    return EMB_OK;
  }
#endif
  double length = normalize || form == EMB_OUTPUT_INT8 ? length_of(v, n) : 1;
  if (!(length > 0)) length = 1;
  if (form == EMB_OUTPUT_BIT)
    put_bits(at, v, n);
  else if (form == EMB_OUTPUT_INT8_GIVEN)
    for (int i = 0; i < n; i++)
      at[i] = (char)(signed char)(v[i] < -128 ? -128 : v[i] > 127 ? 127 : v[i]);
  else if (form == EMB_OUTPUT_INT8)
    for (int i = 0; i < n; i++) at[i] = to_int8(v[i] * 127 / length);
  else
    for (int i = 0; i < n; i++) put_float(at + 4 * i, normalize ? (float)(v[i] / length) : v[i]);
  out->n += size;
  out->data[out->n] = 0;
  return EMB_OK;
}

double emb_cosine(const void *a, const void *b, int n) {
  const unsigned char *p = a, *q = b;
  double dot = 0, aa = 0, bb = 0;
  for (int i = 0; i < n; i++) {
    double x = get_float(p + 4 * i), y = get_float(q + 4 * i);
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  double cosine = dot / sqrt(aa * bb);
  return cosine > 1 ? 1 : cosine < -1 ? -1 : cosine;
}
