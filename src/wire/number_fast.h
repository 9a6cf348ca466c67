/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_NUMBER_FAST_H
#define EMB_NUMBER_FAST_H
/*
 * The inner part of number reading, inline for the two places that need its speed (number.c and
 * json_floats.c).
 *
 * emb_number_scan() reads one JSON number from text of which at least EMB_NUMBER_FAST_BYTES may be
 * loaded, and returns the end of it, or NULL for whatever it cannot do exactly: not a number, bad
 * grammar, too many digits, an exponent out of range, a value too near the midpoint of two floats.
 * It never reports errors and never guesses; NULL only means "take the slow way", which decides.
 *
 * Why the result is bit-identical to (float)strtod(): digits give an integer m < 2^63 and a power
 * of ten. If m < 2^53 and the power of ten is exact in a double (|e| <= 22), one division or
 * multiplication rounds once, so the double is strtod's (Clinger). Otherwise m / 10^k (k <= 44, by
 * exact powers, at most three roundings) is within 4 ulp of the true value; both it and strtod's
 * double round to the same float unless a midpoint of two floats lies between them, that is, unless
 * the low 29 bits are within 8 of 0x10000000. Those, and results under the normal floats (where
 * more than 29 bits are dropped), go the slow way.
 */
#include <float.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EMB_NUMBER_FAST_BYTES 72

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && FLT_EVAL_METHOD == 0
#define EMB_NUMBER_FAST 1
#else
#define EMB_NUMBER_FAST 0
#endif

#if EMB_NUMBER_FAST
static const double emb_number_power[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                            1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
static const uint64_t emb_number_tens[9] = {1,      10,      100,      1000,     10000,
                                            100000, 1000000, 10000000, 100000000};
/* m * 10^k + (anything below 10^k) stays below 2^63 for m up to this. */
static const uint64_t emb_number_limit[9] = {
    9223372036854775807u, 922337203685477579u, 92233720368547757u,
    9223372036854774u,    922337203685476u,    92233720368546u,
    9223372036853u,       922337203684u,       92233720367u};

static inline uint64_t emb_load8(const char *p) {
  uint64_t v;
  memcpy(&v, p, 8);
  return v;
}

/* The number of leading bytes of t (8 characters xor '0') that are digits. */
static inline unsigned emb_count_digits(uint64_t t) {
  uint64_t other = ((t + 0x7676767676767676u) | t) & 0x8080808080808080u;
  return other ? (unsigned)__builtin_ctzll(other) >> 3 : 8;
}

/* The value of eight digit values, first digit in the lowest byte. */
static inline uint64_t emb_eight_digits(uint64_t t) {
  t = t * 10 + (t >> 8);
  return ((t & 0x000000ff000000ffu) * 0x000f424000000064u +
          ((t >> 16) & 0x000000ff000000ffu) * 0x0000271000000001u) >>
         32;
}

static inline int emb_is_digit(char c) { return (unsigned char)(c - '0') <= 9; }

static inline const char *emb_number_scan(const char *p, float *out) {
  uint64_t negative = *p == '-';
  p += negative;
  uint64_t m;
  int e10 = 0;
  if (*p == '0') {
    m = 0;
    p++;
    if (__builtin_expect(emb_is_digit(*p), 0)) return NULL;
  } else {
    if (__builtin_expect(!emb_is_digit(*p), 0)) return NULL;
    m = (uint64_t)(*p++ - '0');
    for (int i = 1; emb_is_digit(*p); i++) {
      if (i == 18) return NULL;
      m = m * 10 + (uint64_t)(*p++ - '0');
    }
  }
  if (__builtin_expect(*p == '.', 1)) {
    const char *dot = ++p;
    uint64_t t = emb_load8(p) ^ 0x3030303030303030u;
    unsigned k = emb_count_digits(t);
    if (__builtin_expect(!k, 0)) return NULL;
    for (;;) {
      if (__builtin_expect(m > emb_number_limit[k], 0)) return NULL;
      /* Shifting drops what follows the digits and puts zeros in front of them. */
      m = m * emb_number_tens[k] + emb_eight_digits(k == 8 ? t : t << 8 << (56 - 8 * k));
      p += k;
      if (k < 8) break;
      if (p - dot == 32) return NULL;
      t = emb_load8(p) ^ 0x3030303030303030u;
      k = emb_count_digits(t);
      if (!k) break;
    }
    e10 = (int)(dot - p);
  }
  if (__builtin_expect((*p | 0x20) == 'e', 0)) {
    p++;
    int minus = *p == '-', e = 0;
    if (minus || *p == '+') p++;
    if (!emb_is_digit(*p)) return NULL;
    for (int i = 0; emb_is_digit(*p); i++) {
      if (i == 4) return NULL;
      e = e * 10 + (*p++ - '0');
    }
    e10 += minus ? -e : e;
  }
  double d = (double)(int64_t)m;
  uint64_t bits;
  if (__builtin_expect(m < (uint64_t)1 << 53 && e10 >= -22 && e10 <= 22, 1)) {
    if (e10 <= 0)
      d /= emb_number_power[-e10];
    else
      d *= emb_number_power[e10];
    memcpy(&bits, &d, 8);
  } else {
    if (e10 > 0 || e10 < -44) return NULL;
    if (e10 < -22) {
      d /= emb_number_power[22];
      e10 += 22;
    }
    d /= emb_number_power[-e10];
    memcpy(&bits, &d, 8);
    if (d < 1.2e-38 || (bits & 0x1fffffff) - 0x0ffffff8u <= 16) return NULL;
  }
  bits |= negative << 63;
  memcpy(&d, &bits, 8);
  *out = (float)d;
  return p;
}
#endif
#endif
