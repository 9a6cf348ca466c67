/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SIM_VECTOR_H
#define SIM_VECTOR_H
/*
 * The deterministic embedding of a text. All sums are integers, so any language recomputes it
 * exactly:
 *
 *  1. Lower-case A-Z. A word is a longest run of a-z, 0-9 and bytes >= 0x80.
 *  2. Drop the words: a an and are as at be by for from in is it of on or that the this to was
 * with.
 *  3. hash = FNV-1a 64 of the word's lower-cased bytes (offset 14695981039346656037, prime
 *     1099511628211). splitmix64 seeded with the hash gives 64 bits at a time:
 *       state += 0x9E3779B97F4A7C15; z = state;
 *       z = (z ^ z>>30) * 0xBF58476D1CE4E5B9; z = (z ^ z>>27) * 0x94D049BB133111EB; z ^= z>>31.
 *     Dimension d takes bit d%64 (bit 0 the lowest) of output d/64: 1 is +1, 0 is -1.
 *  4. s[d] = 20 * (sum of the signs over all kept words, repeats counted) + sign of the whole text,
 *     whose hash is FNV-1a 64 of its bytes as given (not lower-cased). So the whole text weighs
 * 0.05.
 *  5. v[d] = s[d] / sqrt(sum of s[d]^2 over the dims asked for), in double.
 *  6. q[d] = llround(v[d] * 1e8). JSON numbers are q[d] / 1e8 with exactly eight decimals; base64
 * and the other encodings use (float)(q[d] / 1e8). So every encoding carries the same vector.
 *
 * Fewer dims are the first ones of more dims, normalised again. Where a provider's vectors do not
 * have unit length, every q[d] is multiplied by SIM_LONG.
 */
#include <stddef.h>
#include <stdint.h>

#include "text.h"

#define SIM_MAX_DIMS 4096
#define SIM_LONG 3 /* length of vectors that are not normalised */

enum sim_dtype {
  SIM_FLOAT,       /* JSON numbers */
  SIM_BASE64,      /* little-endian float32 in base64 */
  SIM_INT8,        /* round(v * 127) */
  SIM_UINT8,       /* that plus 128 */
  SIM_BINARY,      /* sign bits, 8 per signed byte (offset 128), first dim the highest bit */
  SIM_UBINARY,     /* the same, unsigned */
  SIM_BASE64_INT8, /* from here on: the bytes of those four in base64 */
  SIM_BASE64_UINT8,
  SIM_BASE64_BINARY,
  SIM_BASE64_UBINARY,
  SIM_BITS, /* sign bits, each a number 0 or 1 */
  SIM_NO_DTYPE
};

/* The type named `name` ("float", "base64", .. "ubinary"), SIM_NO_DTYPE for an unknown one. */
enum sim_dtype sim_dtype_named(const char *name);
const char *sim_dtype_name(enum sim_dtype dtype);         /* of those six */
enum sim_dtype sim_dtype_in_base64(enum sim_dtype dtype); /* the same bytes as a string */

uint64_t sim_hash(const void *bytes, size_t n); /* FNV-1a 64 */

/* q[0..dims): the vector times 1e8. dims is 1..SIM_MAX_DIMS. */
void sim_vector(const char *text, size_t n, size_t dims, int32_t *q);

/* Appends the vector of the text times `length`: an array, or a string for those in base64. */
void sim_vector_write(struct sim_text *out, const char *text, size_t n, size_t dims, int length,
                      enum sim_dtype dtype);

#endif
