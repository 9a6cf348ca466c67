/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The one writer of embedding requests in JSON: what differs between providers is in the row.
 *
 *   {"model": M, "input": [item, item], "encoding_format": "float", "dimensions": 256}
 *
 * Members of `extra` win over ours: a member that extra holds is not written here; encode.c appends
 * extra itself.
 */
#include <string.h>
#include <strings.h>

#include "wire/base64.h"
#include "wire/body.h"
#include "wire/media.h"
#include "wire/span.h"

static struct emb_span span_of(const char *text) {
  return (struct emb_span){text, text ? strlen(text) : 0};
}

int emb_body_member(const struct emb_call *call, struct emb_buf *body, const char *name) {
  if (!name || (call->extra && emb_span_member(span_of(call->extra), name, NULL))) return 0;
  if (body->n && body->data[body->n - 1] != '{') emb_buf_addc(body, ',');
  emb_buf_addf(body, "\"%s\":", name);
  return 1;
}

void emb_body_string(const struct emb_call *call, struct emb_buf *body, const char *name,
                     const char *value) {
  if (value && emb_body_member(call, body, name)) emb_json_quote(body, value, strlen(value));
}

void emb_body_int(const struct emb_call *call, struct emb_buf *body, const char *name, int value) {
  if (emb_body_member(call, body, name)) emb_buf_addf(body, "%d", value);
}

void emb_body_json(const struct emb_call *call, struct emb_buf *body, const char *name,
                   const char *json) {
  if (json && emb_body_member(call, body, name)) emb_buf_adds(body, json);
}

void emb_body_words(const struct emb_call *call, struct emb_buf *body,
                    const struct emb_input *input) {
  int kind = emb_wire_task_kind(call->input_type);
  const char *prefix = kind == 1 ? call->query_prefix : kind == 2 ? call->document_prefix : NULL;
  if (prefix) emb_json_escape(body, prefix, strlen(prefix));
  emb_json_escape(body, input->text, input->n_text);
}

void emb_body_text(const struct emb_call *call, struct emb_buf *body,
                   const struct emb_input *input) {
  emb_buf_addc(body, '"');
  emb_body_words(call, body, input);
  emb_buf_addc(body, '"');
}

void emb_body_picture(struct emb_buf *body, const struct emb_input *input, int data_uri) {
  if (data_uri) {
    const char *type = emb_media_type(input->image, input->n_image);
    emb_buf_addf(body, "data:%s;base64,", type ? type : "application/octet-stream");
  }
  emb_base64_append(body, input->image, input->n_image);
}

void emb_body_image(struct emb_buf *body, const struct emb_input *input, int data_uri) {
  emb_buf_addc(body, '"');
  emb_body_picture(body, input, data_uri);
  emb_buf_addc(body, '"');
}

void emb_body_prompt(const struct emb_call *call, struct emb_buf *body,
                     const struct emb_input *input) {
  const char *prompt = input->prompt ? input->prompt : call->prompt;
  emb_json_quote(body, prompt, input->prompt ? input->n_prompt : strlen(prompt));
}

/* ---- input types ---- */

int emb_wire_task_kind(const char *input_type) {
  static const char *const query[] = {"query", "search_query", "retrieval.query",
                                      "RETRIEVAL_QUERY"};
  static const char *const document[] = {"document", "search_document", "passage",
                                         "retrieval.passage", "RETRIEVAL_DOCUMENT"};
  if (!input_type) return 0;
  for (size_t i = 0; i < sizeof query / sizeof *query; i++)
    if (strcasecmp(input_type, query[i]) == 0) return 1;
  for (size_t i = 0; i < sizeof document / sizeof *document; i++)
    if (strcasecmp(input_type, document[i]) == 0) return 2;
  return 0;
}

const char *emb_wire_task(const struct emb_provider *provider, const char *input_type) {
  if (!provider->task_field && !(provider->flags & EMB_TASK_IN_MODEL)) return NULL;
  if (!input_type) return provider->flags & EMB_TASK_REQUIRED ? provider->document_word : NULL;
  int kind = emb_wire_task_kind(input_type);
  return kind == 1 ? provider->query_word : kind == 2 ? provider->document_word : input_type;
}

/* ---- the body ---- */

static int ends_with(const char *text, const char *tail) {
  size_t n = strlen(text), n_tail = strlen(tail);
  return n >= n_tail && strcmp(text + n - n_tail, tail) == 0;
}

/* The model, with the ending that says the input type where the provider wants that. */
static void write_model(const struct emb_call *call, const struct emb_api *api,
                        struct emb_buf *out) {
  const struct emb_provider *p = call->provider;
  if (!call->model || strstr(api->path, "{model}")) return;
  const char *name = p->model_field ? p->model_field : "model";
  const char *ending = p->flags & EMB_TASK_IN_MODEL ? emb_wire_task(p, call->input_type) : NULL;
  if (!ending || ends_with(call->model, p->query_word) || ends_with(call->model, p->document_word))
    emb_body_string(call, out, name, call->model);
  else if (emb_body_member(call, out, name)) {
    emb_buf_addc(out, '"');
    emb_json_escape(out, call->model, strlen(call->model));
    emb_json_escape(out, ending, strlen(ending));
    emb_buf_addc(out, '"');
  }
}

/* The constant members of the route. */
static void write_members(const struct emb_call *call, const char *members, struct emb_buf *out) {
  struct emb_span key, value;
  for (size_t at = 0; members && emb_span_next(span_of(members), &at, &key, &value);) {
    char name[64] = "";
    if (key.n < sizeof name) memcpy(name, key.p, key.n);
    if (emb_body_member(call, out, name)) emb_buf_add(out, value.p, value.n);
  }
}

static void write_items(const struct emb_call *call, const struct emb_api *api,
                        struct emb_buf *out) {
  if (!api->list || api->flags & EMB_API_BARE) {
    api->item(call, out, call->inputs);
    return;
  }
  for (int i = 0; i < call->n_inputs; i++) {
    emb_buf_addc(out, i ? ',' : '[');
    api->item(call, out, &call->inputs[i]);
  }
  emb_buf_addc(out, ']');
}

/* The inputs under the row's name for them, which may lie one object deep. */
static void write_inputs(const struct emb_call *call, const struct emb_api *api,
                         struct emb_buf *out) {
  const char *dot = api->list ? strchr(api->list, '.') : NULL;
  char outer[32] = "";
  if (!api->list) {
    write_items(call, api, out);
    return;
  }
  if (dot) memcpy(outer, api->list, (size_t)(dot - api->list));
  if (!emb_body_member(call, out, dot ? outer : api->list)) return;
  if (dot) emb_buf_addf(out, "{\"%s\":", dot + 1);
  write_items(call, api, out);
  if (dot) emb_buf_addc(out, '}');
}

static void write_modality(const struct emb_call *call, struct emb_buf *out) {
  if (!emb_body_member(call, out, "modality")) return;
  for (int i = 0; i < call->n_inputs; i++) {
    const struct emb_input *input = &call->inputs[i];
    emb_buf_addf(out, "%c\"%s\"", i ? ',' : '[',
                 !input->image  ? "text"
                 : !input->text ? "image"
                                : "text_image");
  }
  emb_buf_addc(out, ']');
}

static void write_options(const struct emb_call *call, const struct emb_api *api,
                          struct emb_buf *out) {
  const struct emb_provider *p = call->provider;
  const struct emb_element_field *e = call->element;
  int apart = e && e->field && p->encoding_field && strcmp(e->field, p->encoding_field) == 0;
  if (e) emb_body_json(call, out, e->field, e->word);
  if (!apart && call->base64)
    emb_body_string(call, out, p->encoding_field, "base64");
  else if (!apart && !(p->flags & EMB_NO_FLOAT_WORD))
    emb_body_string(call, out, p->encoding_field, "float");
  if (call->dimensions && !(api->flags & EMB_API_NO_DIMS) && !(p->flags & EMB_OPTIONS_IN_ITEM))
    emb_body_int(call, out, p->dims_field, call->dimensions);
  if (!(api->flags & EMB_API_NO_TASK) && !(p->flags & (EMB_OPTIONS_IN_ITEM | EMB_TASK_IN_ITEM)))
    emb_body_string(call, out, p->task_field, emb_wire_task(p, call->input_type));
  if (call->truncate >= 0 && !(p->flags & EMB_OPTIONS_IN_ITEM)) {
    const char *word = call->truncate ? p->truncate_on : p->truncate_off;
    if (!word) word = call->truncate ? "true" : "false";
    if (*word) emb_body_json(call, out, p->truncate_field, word);
  }
  if (call->normalize >= 0)
    emb_body_json(call, out, p->normalize_field, call->normalize ? "true" : "false");
}

int emb_body_write(const struct emb_call *call, struct emb_buf *out) {
  const struct emb_provider *p = call->provider;
  const struct emb_api *api = emb_provider_api(p, call->route);
  write_model(call, api, out);
  write_members(call, api->members, out);
  emb_body_string(call, out, p->account_field, call->account);
  write_inputs(call, api, out);
  if (api->flags & EMB_API_MODALITY) write_modality(call, out);
  if (!p->options_in) {
    write_options(call, api, out);
  } else {
    struct emb_buf options = EMB_BUF_INIT;
    struct emb_call inner = *call;
    inner.extra = NULL; /* extra belongs to the root object */
    emb_buf_addc(&options, '{');
    write_options(&inner, api, &options);
    emb_buf_addc(&options, '}');
    if (options.failed) out->failed = options.failed;
    if (options.n > 2) emb_body_json(call, out, p->options_in, options.data);
    emb_buf_release(&options);
  }
  emb_body_string(call, out, p->user_field, call->user);
  return out->failed;
}
