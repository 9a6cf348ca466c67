/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Captions from pixels; caption.h states their form. */
#include "caption.h"

#include <png.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "vector.h"

#define MAX_EDGE 10000
#define MAX_PIXELS (64u << 20)

static const char *const colour_names[] = {"black", "white", "gray", "red",    "orange", "yellow",
                                           "green", "cyan",  "blue", "purple", "pink",   "brown"};
enum { BLACK, WHITE, GRAY, RED, ORANGE, YELLOW, GREEN, CYAN, BLUE, PURPLE, PINK, BROWN, COLOURS };

static int colour_of(int r, int g, int b) {
  int high = r > g ? (r > b ? r : b) : (g > b ? g : b);
  int low = r < g ? (r < b ? r : b) : (g < b ? g : b);
  int spread = high - low;
  if (high < 40) return BLACK;
  if (spread < 30 || spread * 8 < high) return high > 215 ? WHITE : high < 64 ? BLACK : GRAY;
  int hue; /* 0..359 */
  if (high == r)
    hue = (60 * (g - b) / spread + 360) % 360;
  else if (high == g)
    hue = 120 + 60 * (b - r) / spread;
  else
    hue = 240 + 60 * (r - g) / spread;
  if (hue < 15 || hue >= 345) return low > 140 ? PINK : RED;
  if (hue < 45) return high < 170 ? BROWN : ORANGE;
  if (hue < 70) return YELLOW;
  if (hue < 165) return GREEN;
  if (hue < 200) return CYAN;
  if (hue < 260) return BLUE;
  if (hue < 300) return PURPLE;
  return PINK;
}

static unsigned big16(const unsigned char *at) { return (unsigned)at[0] << 8 | at[1]; }
static unsigned little16(const unsigned char *at) { return at[0] | (unsigned)at[1] << 8; }

const char *sim_media_type(const unsigned char *bytes, size_t n) {
  if (n >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0) return "image/png";
  if (n >= 3 && memcmp(bytes, "\xFF\xD8\xFF", 3) == 0) return "image/jpeg";
  if (n >= 6 && (memcmp(bytes, "GIF87a", 6) == 0 || memcmp(bytes, "GIF89a", 6) == 0))
    return "image/gif";
  if (n >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0)
    return "image/webp";
  return NULL;
}

static bool jpeg_size(const unsigned char *bytes, size_t n, unsigned *width, unsigned *height) {
  for (size_t at = 2; at + 9 < n;) {
    if (bytes[at] != 0xFF) return false;
    unsigned marker = bytes[at + 1];
    if (marker == 0xFF) {
      at++;
      continue;
    }
    if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) {
      *height = big16(bytes + at + 5);
      *width = big16(bytes + at + 7);
      return true;
    }
    if (marker == 0xD9 || marker == 0xDA) return false;
    at += 2 + (size_t)big16(bytes + at + 2);
  }
  return false;
}

static bool webp_size(const unsigned char *bytes, size_t n, unsigned *width, unsigned *height) {
  if (n < 30) return false;
  if (memcmp(bytes + 12, "VP8X", 4) == 0) {
    *width = 1 + (little16(bytes + 24) | (unsigned)bytes[26] << 16);
    *height = 1 + (little16(bytes + 27) | (unsigned)bytes[29] << 16);
  } else if (memcmp(bytes + 12, "VP8L", 4) == 0 && bytes[20] == 0x2F) {
    unsigned bits = little16(bytes + 21) | little16(bytes + 23) << 16;
    *width = 1 + (bits & 0x3FFF);
    *height = 1 + (bits >> 14 & 0x3FFF);
  } else if (memcmp(bytes + 12, "VP8 ", 4) == 0) {
    *width = little16(bytes + 26) & 0x3FFF;
    *height = little16(bytes + 28) & 0x3FFF;
  } else {
    return false;
  }
  return true;
}

static void count_colours(const unsigned char *pixels, size_t n, unsigned long *counts,
                          unsigned long *light) {
  size_t step = n > 1u << 20 ? n >> 19 : 1;
  for (size_t i = 0; i < n; i += step) {
    const unsigned char *rgb = pixels + 3 * i;
    counts[colour_of(rgb[0], rgb[1], rgb[2])]++;
    *light += (unsigned)(299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2]) / 1000;
  }
}

static bool describe_png(const unsigned char *bytes, size_t n, struct sim_caption *caption) {
  png_image image = {.version = PNG_IMAGE_VERSION};
  if (!png_image_begin_read_from_memory(&image, bytes, n)) {
    snprintf(caption->why, sizeof caption->why, "could not process image");
    return false;
  }
  if (image.width > MAX_EDGE || image.height > MAX_EDGE ||
      (uint64_t)image.width * image.height > MAX_PIXELS) {
    snprintf(caption->why, sizeof caption->why, "image dimensions exceed the maximum allowed size");
    png_image_free(&image);
    return false;
  }
  image.format = PNG_FORMAT_RGB;
  png_color paper = {255, 255, 255};
  unsigned char *pixels = sim_alloc(PNG_IMAGE_SIZE(image));
  if (!png_image_finish_read(&image, &paper, pixels, 0, NULL)) {
    snprintf(caption->why, sizeof caption->why, "could not process image");
    free(pixels);
    return false;
  }
  unsigned long counts[COLOURS] = {0}, light = 0, total = 0;
  count_colours(pixels, (size_t)image.width * image.height, counts, &light);
  free(pixels);
  int first = 0, second = -1;
  for (int i = 0; i < COLOURS; i++) {
    total += counts[i];
    if (counts[i] > counts[first]) first = i;
  }
  for (int i = 0; i < COLOURS; i++)
    if (i != first && counts[i] * 50 >= total && (second < 0 || counts[i] > counts[second]))
      second = i;
  char parts[40] = "";
  if (second >= 0) snprintf(parts, sizeof parts, ", with %s parts", colour_names[second]);
  caption->colour = colour_names[first];
  caption->width = image.width;
  caption->height = image.height;
  bool large = image.width >= 256 || image.height >= 256;
  snprintf(caption->text, sizeof caption->text,
           "A %s %ux%u PNG picture, mostly %s, %s%s. Bytes %08x.", large ? "large" : "small",
           (unsigned)image.width, (unsigned)image.height, colour_names[first],
           light / (total ? total : 1) >= 128 ? "bright" : "dark", parts,
           (unsigned)(sim_hash(bytes, n) & 0xFFFFFFFFu));
  return true;
}

bool sim_caption(const unsigned char *bytes, size_t n, const char *declared,
                 struct sim_caption *caption) {
  memset(caption, 0, sizeof *caption);
  caption->colour = "unknown";
  caption->media_type = sim_media_type(bytes, n);
  if (!caption->media_type) {
    snprintf(caption->why, sizeof caption->why, "the bytes are not a PNG, JPEG, GIF or WEBP image");
    return false;
  }
  if (declared && *declared && strcasecmp(declared, caption->media_type) != 0) {
    snprintf(caption->why, sizeof caption->why,
             "the media type %.30s was declared, but the image appears to be %s", declared,
             caption->media_type);
    return false;
  }
  const char *kind = caption->media_type + strlen("image/");
  if (strcmp(kind, "png") == 0) return describe_png(bytes, n, caption);
  unsigned width = 0, height = 0;
  bool sized = false;
  if (strcmp(kind, "jpeg") == 0) {
    sized = jpeg_size(bytes, n, &width, &height);
  } else if (strcmp(kind, "webp") == 0) {
    sized = webp_size(bytes, n, &width, &height);
  } else if (n >= 10) {
    width = little16(bytes + 6);
    height = little16(bytes + 8);
    sized = true;
  }
  if (!sized || !width || !height) {
    snprintf(caption->why, sizeof caption->why, "could not process image");
    return false;
  }
  caption->width = width;
  caption->height = height;
  char upper[8] = "";
  for (size_t i = 0; kind[i] && i + 1 < sizeof upper; i++) upper[i] = (char)(kind[i] & ~32);
  snprintf(caption->text, sizeof caption->text, "A %s %ux%u %s picture. Bytes %08x.",
           width >= 256 || height >= 256 ? "large" : "small", width, height, upper,
           (unsigned)(sim_hash(bytes, n) & 0xFFFFFFFFu));
  return true;
}
