/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Magic bytes of the picture formats that providers accept: see media.h. Pure; reads at most 32
 * bytes. */
#include "wire/media.h"

#include <string.h>

struct magic {
  size_t offset, n;
  const char *bytes;
  const char *type;
};

static const struct magic table[] = {
    {0, 8, "\x89PNG\r\n\x1a\n", "image/png"},
    {0, 3, "\xff\xd8\xff", "image/jpeg"},
    {8, 4, "WEBP", "image/webp"}, /* RIFF....WEBP: the RIFF is checked below */
    {0, 6, "GIF87a", "image/gif"},
    {0, 6, "GIF89a", "image/gif"},
    {0, 4, "II*\0", "image/tiff"},
    {0, 4, "MM\0*", "image/tiff"},
    {4, 8, "ftypavif", "image/avif"},
    {4, 8, "ftypavis", "image/avif"},
    {4, 8, "ftypheic", "image/heic"},
    {4, 8, "ftypheix", "image/heic"},
    {4, 8, "ftypmif1", "image/heic"},
};

const char *emb_media_type(const void *bytes, size_t n) {
  const char *p = bytes;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    const struct magic *m = &table[i];
    if (n < m->offset + m->n || memcmp(p + m->offset, m->bytes, m->n) != 0) continue;
    if (m->offset == 8 && memcmp(p, "RIFF", 4) != 0) continue;
    return m->type;
  }
  /* "BM" alone is weak: the header's size field must be one that BMP knows. */
  if (n >= 18 && p[0] == 'B' && p[1] == 'M' && p[15] == 0 && p[16] == 0 && p[17] == 0 &&
      (p[14] == 12 || p[14] == 40 || p[14] == 108 || p[14] == 124))
    return "image/bmp";
  return NULL;
}
