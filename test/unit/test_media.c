/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The kinds of pictures are told by their first bytes, and their sizes by their headers; anything
 * else, and any prefix too short to tell, is no picture. */
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

static const struct {
  const char *name, *bytes;
  size_t n; /* fewest bytes that tell the size */
  unsigned width, height;
} sizes[] = {
    {"png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\2\0\0\0\3", 24, 258, 3},
    {"gif", "GIF89a\x02\1\x03\0", 10, 258, 3},
    {"bmp", "BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\2\1\0\0\3\0\0\0", 26, 258, 3},
    {"bmp from the top", "BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\2\1\0\0\xfd\xff\xff\xff", 26,
     258, 3},
    {"jpeg", "\xff\xd8\xff\xe0\0\4AB\xff\xff\xc2\0\x11\x08\0\3\1\2\3", 19, 258, 3},
    {"webp lossy", "RIFF\x10\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\1\x2a\2\1\3\0", 30, 258, 3},
    {"webp lossless", "RIFF\x10\0\0\0WEBPVP8L\0\0\0\0\x2f\1\x81\0\0\0\0\0\0\0", 30, 258, 3},
    {"webp extended", "RIFF\x10\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\1\1\0\2\0\0", 30, 258, 3},
};

static int size_of(const char *bytes, size_t n, unsigned *width, unsigned *height) {
  char *copy = malloc(n ? n : 1);
  assert_non_null(copy);
  memcpy(copy, bytes, n);
  int told = emb_media_size(copy, n, width, height);
  free(copy);
  return told;
}

static void test_media__headers_tell_the_size(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    unsigned width = 9, height = 9;
    if (!size_of(sizes[i].bytes, sizes[i].n, &width, &height)) fail_msg("%s", sizes[i].name);
    if (width != sizes[i].width || height != sizes[i].height)
      fail_msg("%s: %u x %u", sizes[i].name, width, height);
    for (size_t n = 0; n < sizes[i].n; n++)
      if (size_of(sizes[i].bytes, n, &width, &height)) fail_msg("%s: %zu bytes", sizes[i].name, n);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_media__knows_each_kind),
      cmocka_unit_test(test_media__a_shorter_prefix_tells_nothing),
      cmocka_unit_test(test_media__other_bytes_are_no_picture),
      cmocka_unit_test(test_media__headers_tell_the_size),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
