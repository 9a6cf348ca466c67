/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From a call to a request: url, headers, body. The body comes from the row's dialect; the helpers
 * here are what dialects share. Members of `extra` win over ours: a member that extra holds is not
 * written by us, and extra is appended at the end. Pure; the request is the caller's.
 */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "wire/base64.h"
#include "wire/media.h"
#include "wire/span.h"
#include "wire/wire.h"

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

void emb_body_bool(const struct emb_call *call, struct emb_buf *body, const char *name, int value) {
  if (emb_body_member(call, body, name)) emb_buf_adds(body, value ? "true" : "false");
}

void emb_body_text(const struct emb_call *call, struct emb_buf *body,
                   const struct emb_input *input) {
  int kind = emb_wire_task_kind(call->input_type);
  const char *prefix = kind == 1 ? call->query_prefix : kind == 2 ? call->document_prefix : NULL;
  if (!prefix) {
    emb_json_quote(body, input->text, input->n_text);
    return;
  }
  emb_json_quote(body, prefix, strlen(prefix));
  if (body->failed) return;
  body->n--; /* the closing quote of the prefix gives way to the text */
  size_t at = body->n;
  emb_json_quote(body, input->text, input->n_text);
  if (body->failed) return;
  memmove(body->data + at, body->data + at + 1,
          body->n - at); /* and so does the text's opening one */
  body->n--;
}

void emb_body_image(struct emb_buf *body, const struct emb_input *input, int data_uri) {
  emb_buf_addc(body, '"');
  if (data_uri) {
    const char *type = emb_media_type(input->image, input->n_image);
    emb_buf_addf(body, "data:%s;base64,", type ? type : "application/octet-stream");
  }
  emb_base64_append(body, input->image, input->n_image);
  emb_buf_addc(body, '"');
}

void emb_body_prompt(const struct emb_call *call, struct emb_buf *body,
                     const struct emb_input *input) {
  const char *prompt = input->prompt ? input->prompt : call->prompt;
  emb_json_quote(body, prompt, input->prompt ? input->n_prompt : strlen(prompt));
}

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
  if (!provider->task_field) return NULL;
  if (!input_type) return provider->flags & EMB_TASK_REQUIRED ? provider->document_word : NULL;
  int kind = emb_wire_task_kind(input_type);
  return kind == 1 ? provider->query_word : kind == 2 ? provider->document_word : input_type;
}

/* Adds a header of ours, unless the user's own hold one of that name: theirs wins. */
static int own_header(const struct emb_call *call, struct emb_request *request, const char *name,
                      const char *value) {
  struct emb_span key, other;
  for (size_t at = 0; call->headers && emb_span_next(span_of(call->headers), &at, &key, &other);)
    if (key.n == strlen(name) && strncasecmp(key.p, name, key.n) == 0) return EMB_OK;
  return emb_request_header(request, name, value);
}

static int add_auth(const struct emb_call *call, struct emb_request *request) {
  int rc = EMB_OK;
  if (call->provider->auth == EMB_AUTH_X_API_KEY)
    rc = own_header(call, request, "anthropic-version", "2023-06-01");
  if (rc || !call->key) return rc;
  switch (call->provider->auth) {
  case EMB_AUTH_NONE: return EMB_OK;
  case EMB_AUTH_API_KEY: return own_header(call, request, "api-key", call->key);
  case EMB_AUTH_X_API_KEY: return own_header(call, request, "x-api-key", call->key);
  case EMB_AUTH_GOOG: return own_header(call, request, "x-goog-api-key", call->key);
  case EMB_AUTH_BEARER: break;
  }
  char *value = emb_malloc(strlen(call->key) + 8);
  if (!value) return EMB_ENOMEM;
  strcpy(value, "Bearer ");
  strcat(value, call->key);
  rc = own_header(call, request, "Authorization", value);
  emb_free_secret(value);
  return rc;
}

/* The user's own headers: {"Name": "value"}. */
static int add_headers(const struct emb_call *call, struct emb_request *request) {
  struct emb_span key, value;
  int rc = EMB_OK;
  for (size_t at = 0;
       !rc && call->headers && emb_span_next(span_of(call->headers), &at, &key, &value);) {
    char *name = emb_strndup(key.p, key.n), *text = emb_span_strdup(value);
    rc = name && text ? emb_request_header(request, name, text) : EMB_ENOMEM;
    emb_free(name);
    emb_free_secret(text);
  }
  return rc;
}

int emb_wire_encode(const struct emb_call *call, struct emb_request *request, struct emb_err *err) {
  const struct emb_dialect *dialect =
      call->route == EMB_ROUTE_TEXT ? call->provider->text : call->provider->vision;
  request->url = emb_strdup(call->url);
  int rc = request->url ? EMB_OK : EMB_ENOMEM;
  if (!rc) rc = own_header(call, request, "Content-Type", "application/json");
  if (!rc) rc = own_header(call, request, "Accept", "application/json");
  if (!rc) rc = add_auth(call, request);
  if (!rc) rc = add_headers(call, request);
  if (rc == EMB_EARG)
    return emb_err_set(err, EMB_ECONFIG,
                       "the key or a header holds a line break; it cannot be sent");
  if (rc == EMB_ETOOBIG) return emb_err_set(err, EMB_ECONFIG, "too many headers");
  struct emb_buf *body = &request->body;
  if (!rc) {
    emb_buf_addc(body, '{');
    rc = dialect->body(call, body);
    struct emb_span extra = emb_span_trim(span_of(call->extra));
    if (!rc && extra.n > 2 && emb_span_trim((struct emb_span){extra.p + 1, extra.n - 2}).n) {
      if (body->data[body->n - 1] != '{') emb_buf_addc(body, ',');
      emb_buf_add(body, extra.p + 1, extra.n - 2);
    }
    emb_buf_addc(body, '}');
    if (!rc) rc = body->failed;
  }
  if (rc == EMB_ENOMEM) return emb_err_set(err, rc, "out of memory");
  if (rc) return emb_err_set(err, rc, "the request could not be written");
  return EMB_OK;
}
