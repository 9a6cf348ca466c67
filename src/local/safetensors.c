/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tensors in a file: see safetensors.h. */
#include "local/safetensors.h"

#include <string.h>

#include "local/wordpiece.h"
#include "wire/number.h"
#include "wire/span.h"

enum { MAX_HEADER_BYTES = 100 * 1024 * 1024, MAX_SHAPE = 2 };

static const struct {
  const char *name;
  size_t size;
} dtypes[] = {
    [EMB_DTYPE_F16] = {"F16", 2}, [EMB_DTYPE_BF16] = {"BF16", 2}, [EMB_DTYPE_F32] = {"F32", 4},
    [EMB_DTYPE_F64] = {"F64", 8}, [EMB_DTYPE_I8] = {"I8", 1},     [EMB_DTYPE_I32] = {"I32", 4},
    [EMB_DTYPE_I64] = {"I64", 8}};

static uint64_t le64(const unsigned char *p) {
  return emb_le32(p) | (uint64_t)emb_le32(p + 4) << 32;
}

int emb_safetensors_open(const unsigned char *bytes, size_t n, struct emb_safetensors *out,
                         struct emb_err *err) {
  if (n < 8) return emb_err_set(err, EMB_ECONFIG, "model.safetensors is too short to be one");
  uint64_t n_header = le64(bytes);
  if (n_header > MAX_HEADER_BYTES || n_header > n - 8)
    return emb_err_set(err, EMB_ECONFIG,
                       "model.safetensors is cut short or not a safetensors file");
  int rc = emb_span_check((const char *)bytes + 8, (size_t)n_header, err);
  if (rc == EMB_ENOMEM) return rc;
  if (rc) return emb_err_set(err, EMB_ECONFIG, "model.safetensors has a header that is not JSON");
  *out = (struct emb_safetensors){bytes, n, (size_t)n_header};
  return EMB_OK;
}

/* A whole number from 0 on; -1 for anything else. */
static double whole(struct emb_span value) {
  value = emb_span_trim(value);
  if (emb_span_kind(value) != '0') return -1;
  double x = emb_number_double(value.p, value.n);
  return x >= 0 && x < 9e15 && x == (double)(uint64_t)x ? x : -1;
}

static int read_dtype(struct emb_span entry, struct emb_tensor *out) {
  struct emb_span value;
  if (!emb_span_member(entry, "dtype", &value)) return 0;
  value = emb_span_trim(value);
  for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
    if (value.n == strlen(dtypes[i].name) + 2 &&
        memcmp(value.p + 1, dtypes[i].name, value.n - 2) == 0) {
      out->dtype = (enum emb_dtype)i;
      return 1;
    }
  return 0;
}

static int read_shape(struct emb_span entry, struct emb_tensor *out) {
  struct emb_span shape, value;
  size_t at = 0, sides[MAX_SHAPE] = {0, 1};
  int n = 0;
  if (!emb_span_member(entry, "shape", &shape) || emb_span_kind(shape) != '[') return 0;
  for (; emb_span_next(shape, &at, NULL, &value); n++) {
    double side = whole(value);
    if (n == MAX_SHAPE || side < 1 || side > 1e9) return 0;
    sides[n] = (size_t)side;
  }
  out->n_rows = sides[0];
  out->n_columns = sides[1];
  return n >= 1;
}

static int read_place(const struct emb_safetensors *file, struct emb_span entry,
                      struct emb_tensor *out) {
  struct emb_span offsets, value;
  size_t at = 0, n_data = file->n_bytes - 8 - file->n_header;
  double ends[2] = {-1, -1};
  if (!emb_span_member(entry, "data_offsets", &offsets) || emb_span_kind(offsets) != '[') return 0;
  for (int n = 0; emb_span_next(offsets, &at, NULL, &value); n++) {
    if (n == 2) return 0;
    ends[n] = whole(value);
  }
  if (ends[0] < 0 || ends[1] < ends[0] || ends[1] > (double)n_data) return 0;
  /* sides up to 1e9 and 8 bytes: exact as long as the product fits, which the comparison asks */
  double size = (double)out->n_rows * (double)out->n_columns * (double)dtypes[out->dtype].size;
  if (size != ends[1] - ends[0]) return 0;
  out->data = file->bytes + 8 + file->n_header + (size_t)ends[0];
  return 1;
}

int emb_safetensors_find(const struct emb_safetensors *file, const char *name,
                         struct emb_tensor *out, struct emb_err *err) {
  struct emb_span header = {(const char *)file->bytes + 8, file->n_header}, entry;
  if (emb_span_kind(header) != '{' || !emb_span_member(header, name, &entry)) return EMB_END;
  if (emb_span_kind(entry) != '{' || !read_dtype(entry, out) || !read_shape(entry, out) ||
      !read_place(file, entry, out))
    return emb_err_set(
        err, EMB_ECONFIG,
        "model.safetensors: tensor '%s' has a type, shape or place that is wrong or not "
        "supported",
        name);
  return EMB_OK;
}

const char *emb_dtype_name(enum emb_dtype dtype) { return dtypes[dtype].name; }

static float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static uint32_t le16(const unsigned char *p) { return p[0] | (uint32_t)p[1] << 8; }

/* Half precision: moved into float's fields and scaled by the difference of the exponents' biases.
 */
static float half(uint32_t h) {
  return float_of((h & 0x8000) << 16 | (h & 0x7FFF) << 13) * 0x1p112F;
}

static double double_at(const unsigned char *p) {
  uint64_t bits = le64(p);
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

double emb_tensor_at(const struct emb_tensor *t, size_t i) {
  const unsigned char *p = t->data + i * dtypes[t->dtype].size;
  switch (t->dtype) {
  case EMB_DTYPE_F16: return half(le16(p));
  case EMB_DTYPE_BF16: return float_of(le16(p) << 16);
  case EMB_DTYPE_F32: return float_of(emb_le32(p));
  case EMB_DTYPE_F64: return double_at(p);
  case EMB_DTYPE_I8: return (signed char)*p;
  case EMB_DTYPE_I32: return (int32_t)emb_le32(p);
  default: return (double)(int64_t)le64(p);
  }
}

void emb_tensor_add_row(const struct emb_tensor *t, size_t row, float weight, int n, float *sums) {
  const unsigned char *p = t->data + row * t->n_columns * dtypes[t->dtype].size;
  switch (t->dtype) { /* the types that models have get loops of their own */
  case EMB_DTYPE_F16:
    for (int d = 0; d < n; d++) sums[d] += weight * half(le16(p + 2 * (size_t)d));
    break;
  case EMB_DTYPE_F32:
    for (int d = 0; d < n; d++) sums[d] += weight * float_of(emb_le32(p + 4 * (size_t)d));
    break;
  case EMB_DTYPE_I8:
    for (int d = 0; d < n; d++) sums[d] += weight * (float)(signed char)p[d];
    break;
  default:
    for (int d = 0; d < n; d++)
      sums[d] += weight * (float)emb_tensor_at(t, row * t->n_columns + (size_t)d);
  }
}
