/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef REMBED_SOURCE_H
#define REMBED_SOURCE_H
/* Inputs for the pipeline out of one SQL value: a single text or image, or a JSON array of them,
 * read lazily. */
#include "embed/embed.h"
#include "wire/span.h"

/* One input. Zero it, set input, give emb_source_one to the pipeline. */
struct emb_one {
  struct emb_input input; /* borrowed */
  int given;
};
int emb_source_one(void *one, struct emb_source_item *item, struct emb_err *err);

/* The elements of a JSON array. A string is text, or an image (base64, data URI) when `images`; an
 * object holds "text" or "image" (and "prompt"); null is NULL. */
struct emb_array {
  struct emb_span text; /* borrowed; checked by emb_array_open */
  size_t at;
  int images;
  long long n;               /* elements */
  struct emb_buf strings[3]; /* text, image, prompt of the current element */
};
/* EMB_EARG with the position unless text[0..n) is a JSON array. */
int emb_array_open(struct emb_array *array, const char *text, size_t n, int images,
                   struct emb_err *err);
void emb_array_close(struct emb_array *array);
int emb_source_array(void *array, struct emb_source_item *item, struct emb_err *err);

#endif
