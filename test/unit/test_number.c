/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Numbers: bit-identical to (float)strtod in the C locale, whatever locale the host has set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/number.h"

static void same(const char *text) {
  float ours = emb_number_float(text, strlen(text)), theirs = (float)strtod(text, NULL);
  if (memcmp(&ours, &theirs, 4)) {
    print_error("%s: %.9g, strtod %.9g\n", text, (double)ours, (double)theirs);
    fail();
  }
}

static void test_number__equals_strtod_on_chosen_texts(void **state) {
  (void)state;
  static const char *const texts[] = {"0",
                                      "-0",
                                      "0.0",
                                      "-0.0",
                                      "1",
                                      "-1",
                                      "10",
                                      "123456789",
                                      "0.1",
                                      "-0.0069292834",
                                      "-0.006929283495992422",
                                      "1e-05",
                                      "-1.2E-7",
                                      "1E+2",
                                      "1e999",
                                      "-1e999",
                                      "1e-999",
                                      "3.4028235e38",
                                      "3.4028236e38",
                                      "3.40282356779733661637539395458142568447e38",
                                      "1.17549435e-38",
                                      "1.1754942e-38",
                                      "1e-45",
                                      "7e-46",
                                      "1.4e-45",
                                      "0.00000000000000000000000000000001234567",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "18446744073709551616",
                                      "0.9223372036854775808",
                                      "99999999999999999999999",
                                      "1.00000005960464477539062500",
                                      "1.00000005960464477539062501",
                                      "1.0000000596046448",
                                      "1.00000017881393432617187500",
                                      "16777217",
                                      "16777217.0",
                                      "16777216.999999999",
                                      "0.000000059604644775390625",
                                      "1e22",
                                      "1e23",
                                      "123e-44",
                                      "123e-45",
                                      "1.2345678901234567890123456789012345678901234567890",
                                      "0e5",
                                      "0.0e-400",
                                      "5e0",
                                      "1e-22"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) same(texts[i]);
}

static void test_number__equals_strtod_on_random_bits(void **state) {
  (void)state;
  uint64_t x = 88172645463325252u;
  char text[80];
  for (int i = 0; i < 100000; i++) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    uint32_t bits = (uint32_t)x;
    float f;
    memcpy(&f, &bits, 4);
    if (!isfinite(f)) continue;
    snprintf(text, sizeof text, "%.*e", 6 + i % 18, (double)f);
    same(text);
    snprintf(text, sizeof text, "%.*g", 7 + i % 12, (double)(int32_t)bits / 3e10);
    same(text);
  }
}

static void test_number__reads_only_the_given_length(void **state) {
  (void)state;
  char *exact = malloc(3); /* so that the sanitizer sees a read beyond */
  memcpy(exact, "1.5", 3);
  assert_true(emb_number_float(exact, 3) == 1.5f);
  assert_true(emb_number_float(exact, 1) == 1.0f);
  assert_true(emb_number_double(exact, 3) == 1.5);
  free(exact);
}

static void test_number__reads_very_long_texts(void **state) {
  (void)state;
  char text[2000];
  memset(text, '0', sizeof text);
  memcpy(text, "0.25", 4);
  assert_true(emb_number_float(text, sizeof text) == 0.25f);
}

static void test_number__gives_nan_for_other_texts(void **state) {
  (void)state;
  static const char *const texts[] = {"",   "-",  "x",   "inf",  "nan", "NaN", "0x10", "+1",
                                      " 1", "1 ", "1,5", "1.5x", "--1", "1e",  "1e+",  "Infinity"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    assert_true(isnan(emb_number_float(texts[i], strlen(texts[i]))));
    assert_true(isnan(emb_number_double(texts[i], strlen(texts[i]))));
  }
}

static void test_number__does_not_care_about_the_locale(void **state) {
  (void)state;
  static const char *const names[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "de_DE.utf8"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (setlocale(LC_ALL, names[i])) break;
  assert_true(emb_number_float("0.5", 3) == 0.5f);
  assert_true(emb_number_double("0.5", 3) == 0.5);
  assert_true(emb_number_float("1.0000000596046450", 18) > 1.0f);
  setlocale(LC_ALL, "C");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_number__equals_strtod_on_chosen_texts),
      cmocka_unit_test(test_number__equals_strtod_on_random_bits),
      cmocka_unit_test(test_number__reads_only_the_given_length),
      cmocka_unit_test(test_number__reads_very_long_texts),
      cmocka_unit_test(test_number__gives_nan_for_other_texts),
      cmocka_unit_test(test_number__does_not_care_about_the_locale),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
