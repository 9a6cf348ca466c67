/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pictures as requests carry them, as strictly as each provider takes them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "caption.h"
#include "items.h"

bool sim_picture_base64(struct sim_call *call, const char *text, size_t n, const char *declared,
                        struct sim_picture *picture) {
  size_t max = call->provider->max_picture;
  if (max && n > max)
    return sim_fail(call, call->provider->auth == SIM_AUTH_X_API ? 400 : 413,
                    "image exceeds %zu MB maximum: %zu bytes > %zu bytes", max >> 20, n, max);
  if (!sim_base64_read(text, n, &picture->bytes, &picture->n))
    return sim_fail(call, 400, "Invalid base64 image data");
  snprintf(picture->declared, sizeof picture->declared, "%s", declared ? declared : "");
  return true;
}

bool sim_picture_data_uri(struct sim_call *call, const char *url, size_t n,
                          struct sim_picture *picture) {
  if (strncmp(url, "data:", 5) != 0) {
    if (strncmp(url, "http", 4) != 0) {
      if (call->provider->flags & SIM_BARE_B64)
        return sim_picture_base64(call, url, n, NULL, picture);
      return sim_fail(call, 400, "Invalid image URL: expected a data URI or an http(s) address");
    }
    if (call->provider->flags & SIM_DATA_URI)
      return sim_fail(call, 400,
                      "image URLs are not currently supported, please use base64 encoded data "
                      "instead");
    return sim_fail(call, 400, "Failed to download image from %.120s", url);
  }
  const char *comma = memchr(url, ',', n);
  static const char mark[] = ";base64";
  if (!comma || comma - url < (long)sizeof mark - 1 + 5 ||
      memcmp(comma - (sizeof mark - 1), mark, sizeof mark - 1) != 0)
    return sim_fail(call, 400, "Invalid data URI: expected data:<media type>;base64,<data>");
  char declared[64];
  const char *type = url + 5;
  snprintf(declared, sizeof declared, "%.*s", (int)(comma - (sizeof mark - 1) - type), type);
  if (strncmp(declared, "image/", 6) != 0)
    return sim_fail(call, 400, "Invalid MIME type '%.40s'. Only image types are supported.",
                    declared);
  comma++;
  return sim_picture_base64(call, comma, n - (size_t)(comma - url), declared, picture);
}

bool sim_picture_describe(struct sim_call *call, const struct sim_picture *picture,
                          const char *prompt, struct sim_text *answer) {
  struct sim_caption caption;
  if (!sim_caption(picture->bytes, picture->n, picture->declared, &caption))
    return sim_fail(call, 400, "Invalid image: %s", caption.why);
  if (call->provider->flags & SIM_JPEG_PNG && strcmp(caption.media_type, "image/png") != 0 &&
      strcmp(caption.media_type, "image/jpeg") != 0)
    return sim_fail(call, 400, "Unsupported content-type encountered when downloading image: %s",
                    caption.media_type);
  unsigned edge = call->provider->max_edge;
  if (edge && (caption.width > edge || caption.height > edge))
    return sim_fail(call, 400, "image dimensions exceed the max allowed size: %u pixels", edge);
  call->images++;
  if (answer->n) sim_text_adds(answer, " ");
  sim_text_adds(answer, prompt && strstr(prompt, "one word") ? caption.colour : caption.text);
  return true;
}
