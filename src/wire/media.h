/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_MEDIA_H
#define EMB_MEDIA_H
/* Media type, width and height of a picture from its bytes: never assumed, never taken from a name.
 */
#include <stddef.h>

/* "image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/tiff", "image/avif",
 * "image/heic", or NULL. */
const char *emb_media_type(const void *bytes, size_t n);
/* Width and height in pixels of a PNG, JPEG, WebP, GIF or BMP; 0 where they cannot be told. */
int emb_media_size(const void *bytes, size_t n, unsigned *width, unsigned *height);

#endif
