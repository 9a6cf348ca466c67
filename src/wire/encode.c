/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From a call to a request: url, headers, body. The body is the row's (body.c, form.c, chat.c); of
 * `extra`, members win over ours: one that extra holds is not written by us, and extra is appended
 * at the end. Pure; the request is the caller's.
 */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "wire/body.h"
#include "wire/sigv4.h"
#include "wire/span.h"

static struct emb_span span_of(const char *text) {
  return (struct emb_span){text, text ? strlen(text) : 0};
}

static int is_named(struct emb_span key, const char *name) {
  return key.n == strlen(name) && strncasecmp(key.p, name, key.n) == 0;
}

/* Adds a header of ours, unless the user's own hold one of that name: theirs wins. */
static int own_header(const struct emb_call *call, struct emb_request *request, const char *name,
                      const char *value) {
  struct emb_span key, other;
  for (size_t at = 0; call->headers && emb_span_next(span_of(call->headers), &at, &key, &other);)
    if (is_named(key, name)) return EMB_OK;
  return emb_request_header(request, name, value);
}

/* 1 for a key ACCESS:SECRET[:TOKEN] of a provider that signs. */
static int signs(const struct emb_provider *provider, const char *key) {
  return key && (provider->flags & EMB_SIGV4) && strchr(key, ':');
}

int emb_wire_is_jwt(const char *key) { return strncmp(key, "eyJ", 3) == 0; }

/* "Name: value" with more of the value behind it. */
static int add_line(const struct emb_call *call, struct emb_request *request, const char *line,
                    const char *more) {
  const char *colon = strchr(line, ':');
  size_t n_name = (size_t)(colon - line), n = strlen(colon + 2);
  char name[64] = "", *value = emb_malloc(n + strlen(more) + 1);
  if (!value) return EMB_ENOMEM;
  if (n_name < sizeof name) memcpy(name, line, n_name);
  memcpy(value, colon + 2, n);
  strcpy(value + n, more);
  int rc = own_header(call, request, name, value);
  emb_free_secret(value);
  return rc;
}

static int add_auth(const struct emb_call *call, struct emb_request *request) {
  const struct emb_provider *p = call->provider;
  int is_jwt = p->header_jwt && call->key && emb_wire_is_jwt(call->key);
  const char *header = is_jwt ? p->header_jwt : p->header;
  int rc = header ? add_line(call, request, header, "") : EMB_OK;
  if (rc || !call->key || !p->auth || signs(p, call->key)) return rc;
  return add_line(call, request, p->auth, call->key);
}

/* The user's own headers, {"Name": "value"}, but one named `ours`, which may be NULL. */
static int add_headers(const struct emb_call *call, const char *ours, struct emb_request *request) {
  struct emb_span key, value;
  int rc = EMB_OK;
  for (size_t at = 0;
       !rc && call->headers && emb_span_next(span_of(call->headers), &at, &key, &value);) {
    if (emb_span_kind(value) != '"') return EMB_EARG;
    if (ours && is_named(key, ours)) continue;
    char *name = emb_strndup(key.p, key.n), *text = emb_span_strdup(value);
    rc = name && text ? emb_request_header(request, name, text) : EMB_ENOMEM;
    emb_free(name);
    emb_free_secret(text);
  }
  return rc;
}

/* The type of a body that is no JSON is ours alone: of a form it names the boundary, and without it
 * no server can read it. */
static int add_all_headers(const struct emb_call *call, struct emb_request *request, int is_form,
                           const char *type, struct emb_err *err) {
  int rc = is_form ? emb_request_header(request, "Content-Type", type)
                   : own_header(call, request, "Content-Type", type);
  if (!rc) rc = add_auth(call, request);
  if (!rc) rc = own_header(call, request, "Accept", "application/json");
  if (!rc) rc = add_headers(call, is_form ? "Content-Type" : NULL, request);
  if (rc == EMB_EARG)
    return emb_err_set(err, EMB_ECONFIG,
                       "the key or a header holds a line break, or a header is no text; it cannot "
                       "be sent");
  if (rc == EMB_ETOOBIG) return emb_err_set(err, EMB_ECONFIG, "too many headers");
  return rc;
}

static int write_json(const struct emb_call *call, struct emb_buf *body) {
  emb_buf_addc(body, '{');
  int rc = call->route == EMB_ROUTE_VISION ? call->provider->vision->body(call, body)
                                           : emb_body_write(call, body);
  struct emb_span extra = emb_span_trim(span_of(call->extra));
  if (!rc && extra.n > 2 && emb_span_trim((struct emb_span){extra.p + 1, extra.n - 2}).n) {
    if (body->data[body->n - 1] != '{') emb_buf_addc(body, ',');
    emb_buf_add(body, extra.p + 1, extra.n - 2);
  }
  emb_buf_addc(body, '}');
  return rc ? rc : body->failed;
}

int emb_wire_encode(const struct emb_call *call, struct emb_request *request, struct emb_err *err) {
  const struct emb_api *api = emb_provider_api(call->provider, call->route);
  int is_form = api && (api->flags & (EMB_API_BYTES | EMB_API_FORM));
  char type[96] = "application/json";
  request->url = emb_strdup(call->url);
  int rc = request->url ? EMB_OK : EMB_ENOMEM;
  if (!rc)
    rc = is_form ? emb_form_write(call, &request->body, type, sizeof type)
                 : write_json(call, &request->body);
  if (!rc) rc = add_all_headers(call, request, is_form, type, err);
  if (rc == EMB_ENOMEM) return emb_err_set(err, rc, "out of memory");
  if (rc == EMB_ECONFIG) return rc;
  if (rc) return emb_err_set(err, rc, "the request could not be written");
  return EMB_OK;
}

/* Cuts the first word up to a colon off rest; owned. */
static char *next_word(const char **rest) {
  size_t n = strcspn(*rest, ":");
  char *word = emb_strndup(*rest, n);
  *rest += n + ((*rest)[n] == ':');
  return word;
}

int emb_wire_sign(const struct emb_provider *provider, const char *key, const char *region,
                  long long unix_s, struct emb_request *request, struct emb_err *err) {
  if (!signs(provider, key)) return EMB_OK;
  const char *rest = key;
  char *access = next_word(&rest), *secret = next_word(&rest);
  char *token = *rest ? emb_strdup(rest) : NULL;
  int rc = access && secret && (!*rest || token)
               ? emb_sigv4_sign(request,
                                &(struct emb_sigv4){.access_key = access,
                                                    .secret_key = secret,
                                                    .session_token = token,
                                                    .region = region,
                                                    .service = "bedrock",
                                                    .unix_s = unix_s},
                                err)
               : emb_err_set(err, EMB_ENOMEM, "out of memory");
  emb_free_secret(access);
  emb_free_secret(secret);
  emb_free_secret(token);
  return rc;
}
