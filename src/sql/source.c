/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Inputs out of SQL values: see source.h. */
#include "sql/source.h"

#include <string.h>

#include "sql/value.h"

int emb_source_one(void *ctx, struct emb_source_item *item, struct emb_err *err) {
  struct emb_one *one = ctx;
  (void)err;
  if (one->given++) return EMB_END;
  item->input = one->input;
  return EMB_OK;
}

int emb_array_open(struct emb_array *array, const char *text, size_t n, int images,
                   struct emb_err *err) {
  memset(array, 0, sizeof *array);
  array->text = (struct emb_span){text, n};
  array->images = images;
  struct emb_err why = {0};
  int rc = emb_span_check(text, n, &why);
  if (rc == EMB_ENOMEM) return emb_err_set(err, rc, "out of memory");
  if (rc) return emb_err_set(err, EMB_EARG, "Invalid JSON array: %s", why.message);
  if (emb_span_kind(array->text) != '[')
    return emb_err_set(err, EMB_EARG,
                       "Invalid JSON array: the input must be an array, such as '[\"a\", \"b\"]'");
  struct emb_span element;
  for (size_t at = 0; emb_span_next(array->text, &at, NULL, &element);) array->n++;
  return EMB_OK;
}

void emb_array_close(struct emb_array *array) {
  for (int i = 0; i < 3; i++) emb_buf_release(&array->strings[i]);
}

/* Unescapes a string value into strings[i]; decodes it too when it is an image. */
static int take(struct emb_array *a, struct emb_span value, int i, int is_image,
                struct emb_err *err) {
  struct emb_buf *out = &a->strings[i];
  emb_buf_clear(out);
  if (!is_image)
    return emb_span_string(value, out) ? emb_err_set(err, EMB_ENOMEM, "out of memory") : EMB_OK;
  value = emb_span_trim(value);
  if (!memchr(value.p, '\\', value.n)) return emb_value_image(value.p + 1, value.n - 2, out, err);
  struct emb_buf plain = EMB_BUF_INIT;
  int rc = emb_span_string(value, &plain) ? emb_err_set(err, EMB_ENOMEM, "out of memory")
                                          : emb_value_image(plain.data, plain.n, out, err);
  emb_buf_release(&plain);
  return rc;
}

static const char *text_of(const struct emb_buf *buf) { return buf->data ? buf->data : ""; }

static int take_member(struct emb_array *a, struct emb_span object, const char *name, int i,
                       struct emb_input *input, struct emb_err *err) {
  struct emb_span value;
  if (!emb_span_member(object, name, &value) || emb_span_kind(value) == 'n') return EMB_OK;
  if (emb_span_kind(value) != '"') return emb_err_set(err, EMB_EARG, "'%s' must be a string", name);
  int rc = take(a, value, i, i == 1, err);
  if (rc) return rc;
  const struct emb_buf *b = &a->strings[i];
  if (i == 0) input->text = text_of(b), input->n_text = b->n;
  if (i == 1) input->image = (const unsigned char *)text_of(b), input->n_image = b->n;
  if (i == 2) input->prompt = text_of(b), input->n_prompt = b->n;
  return EMB_OK;
}

static int take_object(struct emb_array *a, struct emb_span object, struct emb_input *input,
                       struct emb_err *err) {
  if (!emb_span_member(object, "text", NULL) && !emb_span_member(object, "image", NULL))
    return emb_err_set(err, EMB_EARG, "an object must hold \"text\" or \"image\"");
  int rc = take_member(a, object, "text", 0, input, err);
  if (!rc) rc = take_member(a, object, "image", 1, input, err);
  if (!rc) rc = take_member(a, object, "prompt", 2, input, err);
  return rc;
}

int emb_source_array(void *ctx, struct emb_source_item *item, struct emb_err *err) {
  struct emb_array *a = ctx;
  struct emb_span value;
  if (!emb_span_next(a->text, &a->at, NULL, &value)) return EMB_END;
  struct emb_input *input = &item->input;
  int rc = EMB_OK;
  switch (emb_span_kind(value)) {
  case 'n': break;
  case '{': rc = take_object(a, value, input, err); break;
  case '"':
    rc = take(a, value, a->images, a->images, err);
    if (rc) break;
    if (a->images)
      input->image = (const unsigned char *)text_of(&a->strings[1]),
      input->n_image = a->strings[1].n;
    else
      input->text = text_of(&a->strings[0]), input->n_text = a->strings[0].n;
    break;
  default:
    rc = emb_err_set(err, EMB_EARG,
                     "an element must be a string, null or an object with \"text\" or \"image\"");
  }
  if (!rc && input->image && !input->n_image && !input->text)
    input->image = NULL; /* "" is nothing */
  if (rc == EMB_ENOMEM) return rc;
  item->error = rc;
  return EMB_OK;
}
