/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_SAFETENSORS_H
#define EMB_SAFETENSORS_H
/*
 * Reading tensors out of a safetensors file that is in memory: u64 length of a JSON header, the
 * header, the data. Nothing of the file is trusted: every tensor lies inside it and has the size
 * that its shape and type ask for, or there is an error.
 */
#include "base/err.h"

enum emb_dtype {
  EMB_DTYPE_F16,
  EMB_DTYPE_BF16,
  EMB_DTYPE_F32,
  EMB_DTYPE_F64,
  EMB_DTYPE_I8,
  EMB_DTYPE_I32,
  EMB_DTYPE_I64
};

struct emb_tensor {
  enum emb_dtype dtype;
  size_t n_rows, n_columns;  /* a vector has one column */
  const unsigned char *data; /* borrowed; any alignment */
};

struct emb_safetensors {
  const unsigned char *bytes; /* borrowed: the file */
  size_t n_bytes;
  size_t n_header; /* of the JSON, which begins at byte 8 */
};

int emb_safetensors_open(const unsigned char *bytes, size_t n, struct emb_safetensors *out,
                         struct emb_err *err);
/* EMB_OK, EMB_END when there is no tensor of that name, or EMB_ECONFIG. */
int emb_safetensors_find(const struct emb_safetensors *file, const char *name,
                         struct emb_tensor *out, struct emb_err *err);
const char *emb_dtype_name(enum emb_dtype dtype);
/* The i-th element. */
double emb_tensor_at(const struct emb_tensor *tensor, size_t i);
/* sums[d] += weight * row[d] for d < n (n <= n_columns). */
void emb_tensor_add_row(const struct emb_tensor *tensor, size_t row, float weight, int n,
                        float *sums);

#endif
