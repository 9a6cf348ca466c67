/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Decimal text to float: see number.h.
 *
 * Nearly every number takes number_fast.h; what that refuses goes to strtod_l with a C locale, so
 * that a host which called setlocale(LC_ALL, "de_DE") does not turn 0.5 into 0. The locale object
 * is made once and never freed: it is a process-wide constant, and freeing it from a library that
 * may be used by several threads at exit would be the only way to get this wrong.
 *
 * (float)strtod rounds twice (to double, then to float). That is what is promised and what every
 * other JSON reader does, so it is kept even where strtof would differ by one unit.
 */
#include "wire/number.h"

#include <locale.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

#include "base/mem.h"
#include "wire/number_fast.h"

#define MAX_ON_STACK 512

static _Atomic(locale_t) c_locale;

static locale_t get_c_locale(void) {
  locale_t have = atomic_load_explicit(&c_locale, memory_order_acquire);
  if (have) return have;
  locale_t made = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!made) return (locale_t)0;
  if (atomic_compare_exchange_strong(&c_locale, &have, made)) return made;
  freelocale(made); /* another thread was first */
  return have;
}

/* JSON's grammar is narrower than strtod's: no white space, '+', hex, inf or nan. */
static int may_be_number(const char *text, size_t n) {
  size_t i = n && text[0] == '-';
  if (i == n || text[i] < '0' || text[i] > '9') return 0;
  for (; i < n; i++) {
    char c = text[i];
    if (!((c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'))
      return 0;
  }
  return 1;
}

double emb_number_double(const char *text, size_t n) {
  if (!may_be_number(text, n)) return NAN;
  locale_t locale = get_c_locale();
  if (!locale) return NAN; /* better no number than one read with a decimal comma */
  char stack[MAX_ON_STACK + 1];
  char *copy = stack;
  if (n > MAX_ON_STACK) {
    copy = emb_malloc(n + 1);
    if (!copy) return NAN;
  }
  memcpy(copy, text, n);
  copy[n] = 0;
  char *end;
  double value = strtod_l(copy, &end, locale);
  int whole = (size_t)(end - copy) == n;
  if (copy != stack) emb_free(copy);
  return whole ? value : NAN;
}

float emb_number_float(const char *text, size_t n) {
#if EMB_NUMBER_FAST
  char padded[2 * EMB_NUMBER_FAST_BYTES];
  if (n < EMB_NUMBER_FAST_BYTES) {
    float value;
    memset(padded, 0, sizeof padded);
    memcpy(padded, text, n);
    const char *end = emb_number_scan(padded, &value);
    if (end && (size_t)(end - padded) == n) return value;
  }
#endif
  return (float)emb_number_double(text, n);
}
