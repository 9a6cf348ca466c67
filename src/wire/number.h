/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_NUMBER_H
#define EMB_NUMBER_H
/* Decimal text -> float32, bit-identical to (float)strtod in the C locale, whatever the host's
 * locale. */
#include <stddef.h>

/* text[0..n) must be one JSON number; other text gives NaN. More than 512 characters need memory
 * for a moment, and give NaN if there is none. */
float emb_number_float(const char *text, size_t n);
double emb_number_double(const char *text, size_t n);

/* A count as a server says it: whole, or -1 where it cannot be one. Sums of them do not overflow.
 */
static inline long long emb_number_count(double number) {
  return number >= 0 && number < 1e12 ? (long long)number : -1;
}

#endif
