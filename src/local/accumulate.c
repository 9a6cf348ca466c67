/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Integer sums: see accumulate.h. */
#include "local/accumulate.h"

#include <float.h>
#include <math.h>

enum { BLOCK = 64 };

static int32_t weight_of(const unsigned char *weights, uint32_t id) {
  return weights[2 * (size_t)id] | weights[2 * (size_t)id + 1] << 8;
}

void emb_accumulate_plain(const int8_t *rows, const unsigned char *weights, int n_dims,
                          const uint32_t *ids, int n, int32_t *sums) {
  for (int i = 0; i < n; i++) {
    const int8_t *row = rows + (size_t)ids[i] * (size_t)n_dims;
    int32_t weight = weight_of(weights, ids[i]);
    for (int d = 0; d < n_dims; d++) sums[d] += weight * row[d];
  }
}

#if (defined(__x86_64__) || defined(__i386__)) && defined(__GNUC__)
#include <immintrin.h>

/* Two rows at a time: their elements side by side as 16-bit pairs, multiplied by the pair of
 * weights and added to 32 bits by one instruction. One block of columns stays in registers for all
 * rows. */
__attribute__((target("avx2"))) static void accumulate_avx2(const int8_t *rows,
                                                            const unsigned char *weights,
                                                            int n_dims, const uint32_t *ids, int n,
                                                            int32_t *sums) {
  for (int at = 0; at < n_dims; at += BLOCK) {
    __m256i sum[BLOCK / 8];
    for (int k = 0; k < BLOCK / 8; k++) sum[k] = _mm256_setzero_si256();
    for (int i = 0; i < n; i += 2) {
      const int8_t *a = rows + (size_t)ids[i] * (size_t)n_dims + at, *b = a;
      int32_t pair = weight_of(weights, ids[i]);
      if (i + 1 < n) {
        b = rows + (size_t)ids[i + 1] * (size_t)n_dims + at;
        pair |= (int32_t)((uint32_t)weight_of(weights, ids[i + 1]) << 16);
      }
      __m256i both = _mm256_set1_epi32(pair);
      for (int k = 0; k < BLOCK / 16; k++) {
        __m256i x =
            _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(a + 16 * k)));
        __m256i y =
            _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(b + 16 * k)));
        __m256i low = _mm256_unpacklo_epi16(x, y), high = _mm256_unpackhi_epi16(x, y);
        sum[2 * k] = _mm256_add_epi32(sum[2 * k], _mm256_madd_epi16(low, both));
        sum[2 * k + 1] = _mm256_add_epi32(sum[2 * k + 1], _mm256_madd_epi16(high, both));
      }
    }
    for (int k = 0; k < BLOCK / 16; k++) {
      /* unpack worked within halves: columns 0-3 and 8-11 are in `low`, 4-7 and 12-15 in `high` */
      __m256i first = _mm256_permute2x128_si256(sum[2 * k], sum[2 * k + 1], 0x20);
      __m256i second = _mm256_permute2x128_si256(sum[2 * k], sum[2 * k + 1], 0x31);
      __m256i *out = (__m256i *)(void *)(sums + at + 16 * k);
      _mm256_storeu_si256(out, _mm256_add_epi32(_mm256_loadu_si256(out), first));
      _mm256_storeu_si256(out + 1, _mm256_add_epi32(_mm256_loadu_si256(out + 1), second));
    }
  }
}

emb_accumulate_fn emb_accumulate_best(void) {
  return __builtin_cpu_supports("avx2") ? accumulate_avx2 : emb_accumulate_plain;
}
#else
emb_accumulate_fn emb_accumulate_best(void) { return emb_accumulate_plain; }
#endif

_Static_assert(FLT_EVAL_METHOD == 0, "the same bytes everywhere need plain doubles (-mfpmath=sse)");

int emb_unit_vector(const int64_t *sums, int n, float *out) {
  int64_t scaled[EMB_ROW_DIMS];
  uint64_t sizes = 0;
  for (int d = 0; d < n; d++) sizes |= (uint64_t)(sums[d] < 0 ? -sums[d] : sums[d]);
  if (!sizes) return -1;
  int shift = 0;
  while (sizes >> shift >= 1u << 27) shift++; /* the squares of 256 such numbers fit 62 bits */
  if (shift) {                                /* a long text */
    for (int d = 0; d < n; d++) scaled[d] = sums[d] / ((int64_t)1 << shift);
    sums = scaled;
  }
  int64_t squares = 0;
  for (int d = 0; d < n; d++) squares += sums[d] * sums[d];
  double scale = 1.0 / sqrt((double)squares);
  for (int d = 0; d < n; d++) out[d] = (float)((double)sums[d] * scale);
  return 0;
}
