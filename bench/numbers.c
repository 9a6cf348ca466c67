/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Differential test: emb_number_float against (float)strtod over generated numbers.
 *
 *   numbers [COUNT [SEED]]      default 50,000,000; exit 1 if any result differs
 *
 * The mix: floats and doubles of all magnitudes printed with 8 to 25 digits, embedding-like values,
 * strings of random digits, exact midpoints of neighbouring floats and doubles a few units around
 * them (where double rounding and the fast path's error bound would show), denormals, huge and
 * overflowing values, plain integers.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/number.h"

static uint64_t state;

static uint64_t rnd(void) { /* splitmix64 */
  uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static float any_float(void) {
  for (;;) {
    uint32_t bits = (uint32_t)rnd();
    float f;
    memcpy(&f, &bits, 4);
    if (isfinite(f)) return f;
  }
}

static double any_double(void) {
  for (;;) {
    uint64_t bits = rnd();
    double d;
    memcpy(&d, &bits, 8);
    if (isfinite(d)) return d;
  }
}

/* About the size of an embedding's element. */
static double small_double(void) {
  return ((double)(int64_t)rnd() / 9223372036854775808.0) * (rnd() % 4 ? 0.08 : 1.0);
}

static float moderate_float(void) { /* exponents -40..40 */
  uint32_t bits = (uint32_t)rnd();
  bits = (bits & 0x807fffffu) | (uint32_t)(127 - 40 + rnd() % 81) << 23;
  float f;
  memcpy(&f, &bits, 4);
  return f;
}

/* The midpoint of f and its neighbour, moved by up to 12 units of the double. */
static double near_midpoint(float f) {
  double d = (double)f;
  uint64_t bits;
  memcpy(&bits, &d, 8);
  bits = (bits & ~(uint64_t)0x1fffffff) | 0x10000000;
  bits += rnd() % 25 - 12;
  memcpy(&d, &bits, 8);
  return d;
}

static int random_digits(char *out) {
  char *p = out;
  if (rnd() % 2) *p++ = '-';
  unsigned whole = rnd() % 4 ? 1 : (unsigned)(1 + rnd() % 22);
  if (whole == 1) {
    *p++ = (char)('0' + rnd() % 10);
  } else {
    *p++ = (char)('1' + rnd() % 9);
    while (--whole) *p++ = (char)('0' + rnd() % 10);
  }
  if (rnd() % 8) {
    *p++ = '.';
    unsigned zeros = rnd() % 4 ? 0 : (unsigned)(rnd() % 12);
    while (zeros--) *p++ = '0';
    unsigned n = (unsigned)(1 + rnd() % 26);
    while (n--) *p++ = (char)('0' + rnd() % 10);
  }
  if (rnd() % 4 == 0) {
    int e = rnd() % 4 ? (int)(rnd() % 40) - 25 : (int)(rnd() % 120) - 70;
    p += sprintf(p, rnd() % 2 ? "e%d" : "E%+d", e);
  }
  *p = 0;
  return (int)(p - out);
}

static int fixed(char *out, double value) {
  return sprintf(out, "%.*f", (int)(5 + rnd() % 20), value);
}

static int make(char *out) {
  switch (rnd() % 12) {
  case 0: return sprintf(out, "%.*e", (int)(7 + rnd() % 10), (double)any_float());
  case 1: return sprintf(out, "%.9g", (double)moderate_float());
  case 2: return sprintf(out, "%.17g", small_double());
  case 3: return sprintf(out, "%.9g", (double)(float)small_double());
  case 4: return sprintf(out, "%.*g", (int)(8 + rnd() % 18), any_double());
  case 5: return sprintf(out, "%.*g", (int)(17 + rnd() % 9), near_midpoint(moderate_float()));
  case 6: return sprintf(out, "%.*e", (int)(15 + rnd() % 10), near_midpoint(any_float()));
  case 7: return sprintf(out, "%.17g", near_midpoint((float)small_double()));
  case 8: return fixed(out, small_double());
  case 9: { /* denormals and the edges of float's range */
    uint32_t bits = (uint32_t)rnd() & (rnd() % 2 ? 0x80ffffffu : 0x807fffffu);
    if (rnd() % 4 == 0) bits = 0x7f700000u + (uint32_t)(rnd() % 0x100000u);
    float f;
    memcpy(&f, &bits, 4);
    if (!isfinite(f)) f = 3.4028234e38f;
    return sprintf(out, "%.*g", (int)(7 + rnd() % 18), (double)f * (1 + (double)(rnd() % 3)));
  }
  default: return random_digits(out);
  }
}

int main(int argc, char **argv) {
  long long count = argc > 1 ? atoll(argv[1]) : 50000000, differences = 0;
  state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  for (long long i = 0; i < count; i++) {
    char text[600];
    int n = make(text);
    float ours = emb_number_float(text, (size_t)n);
    float theirs = (float)strtod(text, NULL); /* this program never leaves the C locale */
    if (memcmp(&ours, &theirs, 4) && ++differences <= 20)
      fprintf(stderr, "numbers: %s gives %.9g, strtod %.9g\n", text, (double)ours, (double)theirs);
  }
  printf("numbers: %lld compared, %lld differences\n", count, differences);
  return differences != 0;
}
