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

/* ---- width and height ---- */

static unsigned big16(const unsigned char *p) { return (unsigned)p[0] << 8 | p[1]; }
static unsigned little16(const unsigned char *p) { return (unsigned)p[1] << 8 | p[0]; }
static unsigned big32(const unsigned char *p) { return big16(p) << 16 | big16(p + 2); }
static unsigned little32(const unsigned char *p) { return little16(p + 2) << 16 | little16(p); }

/* Walks the segments up to the frame header. */
static void jpeg_size(const unsigned char *p, size_t n, unsigned *width, unsigned *height) {
  for (size_t at = 2; at + 9 < n && p[at] == 0xFF;) {
    unsigned kind = p[at + 1];
    int is_frame = kind >= 0xC0 && kind <= 0xCF && kind != 0xC4 && kind != 0xC8 && kind != 0xCC;
    if (is_frame) {
      *height = big16(p + at + 5);
      *width = big16(p + at + 7);
      return;
    }
    at += kind == 0xFF ? 1 : 2 + big16(p + at + 2);
  }
}

static void webp_size(const unsigned char *p, size_t n, unsigned *width, unsigned *height) {
  if (n < 30) return;
  if (memcmp(p + 12, "VP8X", 4) == 0) {
    *width = 1 + (little16(p + 24) | (unsigned)p[26] << 16);
    *height = 1 + (little16(p + 27) | (unsigned)p[29] << 16);
  } else if (memcmp(p + 12, "VP8L", 4) == 0) {
    unsigned bits = little32(p + 21);
    *width = 1 + (bits & 0x3FFF);
    *height = 1 + (bits >> 14 & 0x3FFF);
  } else if (memcmp(p + 12, "VP8 ", 4) == 0) {
    *width = little16(p + 26) & 0x3FFF;
    *height = little16(p + 28) & 0x3FFF;
  }
}

int emb_media_size(const void *bytes, size_t n, unsigned *width, unsigned *height) {
  const unsigned char *p = bytes;
  const char *type = emb_media_type(bytes, n);
  *width = *height = 0;
  if (!type) return 0;
  if (strcmp(type, "image/jpeg") == 0) {
    jpeg_size(p, n, width, height);
  } else if (strcmp(type, "image/webp") == 0) {
    webp_size(p, n, width, height);
  } else if (strcmp(type, "image/png") == 0 && n >= 24) {
    *width = big32(p + 16);
    *height = big32(p + 20);
  } else if (strcmp(type, "image/gif") == 0 && n >= 10) {
    *width = little16(p + 6);
    *height = little16(p + 8);
  } else if (strcmp(type, "image/bmp") == 0 && n >= 26 && p[14] != 12) {
    unsigned rows = little32(p + 22); /* negative: from the top */
    *width = little32(p + 18);
    *height = rows > 0x7FFFFFFF ? 0u - rows : rows;
  }
  return *width > 0;
}
