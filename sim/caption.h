/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SIM_CAPTION_H
#define SIM_CAPTION_H
/*
 * What a picture looks like, in words, from the picture itself:
 *
 *   PNG:   "A {small|large} {W}x{H} PNG picture, mostly {colour}, {bright|dark}, with {colour}
 *           parts. Bytes {8 hex digits}."
 *          The part "with .. parts" is left out when the second colour covers under 2 %.
 *   JPEG, GIF, WEBP: "A {small|large} {W}x{H} JPEG picture. Bytes {8 hex digits}."
 *
 * Large is 256 pixels or more on the long edge. The digits are the low half of FNV-1a 64 of the
 * bytes. Colours: black white gray red orange yellow green cyan blue purple pink brown.
 */
#include <stdbool.h>
#include <stddef.h>

struct sim_caption {
  char text[256];
  const char *colour;     /* "unknown" unless it is a PNG */
  const char *media_type; /* from the magic bytes */
  unsigned width;
  unsigned height;
  char why[128]; /* when sim_caption fails */
};

/* The media type by the first bytes, NULL for none that is known. */
const char *sim_media_type(const unsigned char *bytes, size_t n);

/* False, with `why`, when it is no picture or `declared` (NULL or "" for none) is not its type. */
bool sim_caption(const unsigned char *bytes, size_t n, const char *declared,
                 struct sim_caption *caption);

#endif
