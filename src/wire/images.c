/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whether an image is one that the provider takes, before it is sent: a refusal by the provider
 * costs a request, and its words are seldom as clear. Pure. */
#include <string.h>

#include "wire/media.h"
#include "wire/wire.h"

static int takes(const char *formats, const char *format) {
  size_t n = strlen(format);
  for (const char *p = formats; *p;) {
    size_t length = strcspn(p, " ");
    if (length == n && memcmp(p, format, n) == 0) return 1;
    p += length + (p[length] == ' ');
  }
  return 0;
}

int emb_wire_check_image(const struct emb_provider *provider, const unsigned char *image, size_t n,
                         struct emb_err *err) {
  const struct emb_image_rules *rules = &provider->images;
  const char *name = provider->of ? provider->of : provider->name;
  const char *type = emb_media_type(image, n);
  const char *format = type ? type + strlen("image/") : "of an unknown format";
  unsigned width, height;
  if (rules->formats && (!type || !takes(rules->formats, format)))
    return emb_err_set(err, EMB_EINPUT,
                       "the image is %s, and this model of provider '%s' takes: %s; convert it, or "
                       "set image_mode 'describe'",
                       format, name, rules->formats);
  if (rules->max_bytes && n > (size_t)rules->max_bytes)
    return emb_err_set(err, EMB_ETOOBIG,
                       "the image has %zu bytes, over the %ld that this model of provider '%s' "
                       "takes; make it smaller",
                       n, rules->max_bytes, name);
  if (!emb_media_size(image, n, &width, &height)) return EMB_OK;
  unsigned side = width > height ? width : height;
  if (rules->max_side_px && side > (unsigned long)rules->max_side_px)
    return emb_err_set(err, EMB_ETOOBIG,
                       "the image is %u x %u pixels, over the %ld a side that this model of "
                       "provider '%s' takes; make it smaller",
                       width, height, rules->max_side_px, name);
  if (rules->max_pixels &&
      (unsigned long long)width * height > (unsigned long long)rules->max_pixels)
    return emb_err_set(err, EMB_ETOOBIG,
                       "the image is %u x %u pixels, over the %lld that this model of provider "
                       "'%s' takes; make it smaller",
                       width, height, rules->max_pixels, name);
  return EMB_OK;
}
