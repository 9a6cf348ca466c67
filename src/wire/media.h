/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_MEDIA_H
#define EMB_MEDIA_H
/* Media type of a picture from its first bytes: never assumed, never taken from a name. */
#include <stddef.h>

/* "image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/tiff", "image/avif",
 * "image/heic", or NULL. */
const char *emb_media_type(const void *bytes, size_t n);

#endif
