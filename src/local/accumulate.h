/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_ACCUMULATE_H
#define EMB_ACCUMULATE_H
/*
 * Sums of weighted int8 rows in integers, and the unit vector of such a sum. Every step is exact or
 * a single correctly rounded operation, so the result is the same bits on every machine and build.
 */
#include <stddef.h>
#include <stdint.h>

enum {
  EMB_ROW_DIMS = 256,   /* most columns; a multiple of 64 */
  EMB_MAX_WEIGHT = 4095 /* times 127, times 4096 rows, fits 32 bits */
};

/* sums[d] += weights[i] * rows[ids[i]][d] for i < n (n <= 4096) and d < n_dims (a multiple of 64).
 */
typedef void (*emb_accumulate_fn)(const int8_t *rows, const unsigned char *weights, int n_dims,
                                  const uint32_t *ids, int n, int32_t *sums);

void emb_accumulate_plain(const int8_t *rows, const unsigned char *weights, int n_dims,
                          const uint32_t *ids, int n, int32_t *sums);
/* The fastest one that this processor has. */
emb_accumulate_fn emb_accumulate_best(void);

/* The unit vector of the first n of sums (n <= EMB_ROW_DIMS), in float32. 0, or -1 when all are
 * zero. */
int emb_unit_vector(const int64_t *sums, int n, float *out);

#endif
