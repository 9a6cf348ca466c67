/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_OUTPUT_H
#define EMB_OUTPUT_H
/* Vectors in the form an index wants: float32, int8 or bit, of unit length where asked; and their
 * similarity. Pure. */
#include "embed/options.h"

/* Appends the bytes of a vector: float32 little endian (4 n), int8 (n; components of the unit
 * vector times 127) or bit (n/8; bit i of byte i/8 is set where component i > 0; n must be a
 * multiple of 8). normalize: scale to unit length first (float32 only; int8 always does).
 * EMB_EREPLY when n does not fit the form. */
int emb_output_append(struct emb_buf *out, const float *vector, int n, enum emb_output form,
                      int normalize, struct emb_err *err);
/* Cosine similarity of two little-endian float32 vectors, in -1..1; NAN when one has length zero.
 */
double emb_cosine(const void *a, const void *b, int n);

#endif
