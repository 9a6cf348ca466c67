/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The kinds of pictures are told by their first bytes; anything else, and any prefix too short to
 * tell, is no picture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "wire/media.h"

static const struct {
  const char *bytes;
  size_t n; /* fewest bytes that tell */
  const char *type;
} rows[] = {
    {"\x89PNG\r\n\x1a\n", 8, "image/png"},
    {"\xff\xd8\xff", 3, "image/jpeg"},
    {"RIFF\x10\0\0\0WEBP", 12, "image/webp"},
    {"GIF87a", 6, "image/gif"},
    {"GIF89a", 6, "image/gif"},
    {"II*\0", 4, "image/tiff"},
    {"MM\0*", 4, "image/tiff"},
    {"\0\0\0\x1c"
     "ftypavif",
     12, "image/avif"},
    {"\0\0\0\x1c"
     "ftypavis",
     12, "image/avif"},
    {"\0\0\0\x18"
     "ftypheic",
     12, "image/heic"},
    {"\0\0\0\x18"
     "ftypmif1",
     12, "image/heic"},
    {"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", 18, "image/bmp"},
};

/* Looks at a copy that ends where the bytes end, so that a sanitizer sees a read too far. */
static const char *type_of(const char *bytes, size_t n) {
  char *copy = malloc(n ? n : 1);
  assert_non_null(copy);
  memcpy(copy, bytes, n);
  const char *type = emb_media_type(copy, n);
  free(copy);
  return type;
}

static void test_media__knows_each_kind(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *type = type_of(rows[i].bytes, rows[i].n);
    if (!type) fail_msg("row %zu: not known", i);
    assert_string_equal(type, rows[i].type);
  }
}

static void test_media__a_shorter_prefix_tells_nothing(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (size_t n = 0; n < rows[i].n; n++)
      if (type_of(rows[i].bytes, n)) fail_msg("row %zu: known by %zu bytes", i, n);
}

static void test_media__other_bytes_are_no_picture(void **state) {
  (void)state;
  static const char *const others[] = {"%PDF-1.7 and more bytes",
                                       "<svg xmlns='http://www.w3.org/2000/svg'>",
                                       "RIFF1234WAVEfmt and more",
                                       "XXXX1234WEBP and more",
                                       "BMW is a make of cars, not a bitmap",
                                       "0000ftypisomiso2 a video",
                                       "GIF88a is no version of it"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (type_of(others[i], strlen(others[i]))) fail_msg("%s", others[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_media__knows_each_kind),
      cmocka_unit_test(test_media__a_shorter_prefix_tells_nothing),
      cmocka_unit_test(test_media__other_bytes_are_no_picture),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
