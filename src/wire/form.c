/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Bodies that are no JSON: an image as it is (azure_vision), and multipart/form-data with one file
 * part for each image (nomic). The boundary is one that nothing in the form holds.
 */
#include <stdio.h>
#include <string.h>

#include "wire/body.h"
#include "wire/media.h"
#include "wire/span.h"

/* How often the boundary stands in the form. */
static int count(const struct emb_buf *form, const char *boundary) {
  size_t n = strlen(boundary);
  int found = 0;
  const char *p = form->data, *end = form->data + form->n;
  while ((p = memmem(p, (size_t)(end - p), boundary, n))) p += n, found++;
  return found;
}

/* Members of `extra` become fields. */
static int write_extra(const struct emb_call *call, const char *boundary, struct emb_buf *out) {
  int n = 0;
  struct emb_span extra = {call->extra, call->extra ? strlen(call->extra) : 0}, key, value;
  for (size_t at = 0; call->extra && emb_span_next(extra, &at, &key, &value); n++) {
    emb_buf_addf(out, "--%s\r\nContent-Disposition: form-data; name=\"", boundary);
    for (size_t i = 0; i < key.n; i++)
      if (key.p[i] == '"')
        emb_buf_adds(out, "%22");
      else
        emb_buf_addc(out, key.p[i]);
    emb_buf_adds(out, "\"\r\n\r\n");
    if (emb_span_kind(value) == '"')
      emb_span_string(value, out);
    else
      emb_buf_add(out, value.p, value.n);
    emb_buf_adds(out, "\r\n");
  }
  return n;
}

/* Gives how often it wrote the boundary. */
static int write_form(const struct emb_call *call, const struct emb_api *api, const char *boundary,
                      struct emb_buf *out) {
  if (call->model)
    emb_buf_addf(out, "--%s\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n%s\r\n",
                 boundary, call->model);
  int n_fields = (call->model != NULL) + write_extra(call, boundary, out);
  for (int i = 0; i < call->n_inputs; i++) {
    const struct emb_input *input = &call->inputs[i];
    const char *type = emb_media_type(input->image, input->n_image);
    emb_buf_addf(out,
                 "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%d\"\r\n"
                 "Content-Type: %s\r\n\r\n",
                 boundary, api->list, i, type ? type : "application/octet-stream");
    emb_buf_add(out, input->image, input->n_image);
    emb_buf_adds(out, "\r\n");
  }
  emb_buf_addf(out, "--%s--\r\n", boundary);
  return n_fields + call->n_inputs + 1;
}

int emb_form_write(const struct emb_call *call, struct emb_buf *out, char *type, size_t n_type) {
  const struct emb_api *api = emb_provider_api(call->provider, call->route);
  if (api->flags & EMB_API_BYTES) {
    snprintf(type, n_type, "application/octet-stream");
    return emb_buf_add(out, call->inputs->image, call->inputs->n_image);
  }
  char boundary[40];
  unsigned n = 0;
  int n_written;
  do { /* once, but for forms made to hold it */
    snprintf(boundary, sizeof boundary, "rembed-part-%08x", 0x5eed0000u + n++);
    emb_buf_clear(out);
    n_written = write_form(call, api, boundary, out);
  } while (!out->failed && count(out, boundary) != n_written);
  snprintf(type, n_type, "multipart/form-data; boundary=%s", boundary);
  return out->failed;
}
