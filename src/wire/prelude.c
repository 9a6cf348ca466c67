/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What has to be asked before the first request: a token in exchange for a key (watsonx), the media
 * marker that llama.cpp makes up each time it starts. Pure: the request out, the answer in.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "wire/pick.h"
#include "wire/wire.h"

void emb_wire_percent(struct emb_buf *out, const char *text) {
  for (const unsigned char *p = (const unsigned char *)text; *p; p++)
    if ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
        strchr("-._~", *p))
      emb_buf_addc(out, (char)*p);
    else
      emb_buf_addf(out, "%%%02X", *p);
}

/* Scheme and authority of an absolute url. */
static size_t origin_length(const char *url) {
  const char *host = strstr(url, "://");
  host = host ? host + 3 : url;
  return (size_t)(host - url) + strcspn(host, "/?#");
}

/* Where to ask: a path stands at the root of the endpoint's host, below what a proxy may have put
 * in front of /v1 and its like. */
static char *address(const struct emb_prelude *prelude, const char *endpoint, const char *url) {
  static const char *const roots[] = {"/v1/", "/embedding", "/embeddings"};
  struct emb_buf text = EMB_BUF_INIT;
  if (url || *prelude->url != '/') return emb_strdup(url ? url : prelude->url);
  size_t n = origin_length(endpoint), end = n + strcspn(endpoint + n, "?#");
  for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
    const char *at = strstr(endpoint + n, roots[i]);
    if (at && at < endpoint + end) {
      n = (size_t)(at - endpoint);
      break;
    }
  }
  emb_buf_add(&text, endpoint, n);
  emb_buf_adds(&text, prelude->url);
  char *out = emb_buf_take(&text, NULL);
  emb_buf_release(&text);
  return out;
}

int emb_wire_prelude(const struct emb_prelude *prelude, const char *endpoint, const char *url,
                     const char *key, const char *auth, struct emb_request *request,
                     struct emb_err *err) {
  request->url = address(prelude, endpoint, url);
  int rc = request->url ? EMB_OK : EMB_ENOMEM;
  if (!rc) rc = emb_request_header(request, "Accept", "application/json");
  if (!rc && prelude->form) {
    rc = emb_request_header(request, "Content-Type", "application/x-www-form-urlencoded");
    request->body.is_secret = 1;
    emb_buf_adds(&request->body, prelude->form);
    emb_wire_percent(&request->body, key ? key : "");
    if (!rc) rc = request->body.failed;
  } else if (!rc && key && auth) {
    const char *colon = strchr(auth, ':');
    struct emb_buf name = EMB_BUF_INIT, value = {.is_secret = 1};
    emb_buf_add(&name, auth, (size_t)(colon - auth));
    emb_buf_adds(&value, colon + 2);
    emb_buf_adds(&value, key);
    rc = name.failed || value.failed ? EMB_ENOMEM
                                     : emb_request_header(request, name.data, value.data);
    emb_buf_release(&name);
    emb_buf_release(&value);
  }
  if (rc == EMB_ENOMEM) return emb_err_set(err, rc, "out of memory");
  if (rc) return emb_err_set(err, EMB_ECONFIG, "the key holds a line break; it cannot be sent");
  return EMB_OK;
}

int emb_wire_prelude_answer(const struct emb_prelude *prelude, const struct emb_reply *reply,
                            struct emb_buf *answer, long *ttl_s, struct emb_err *err) {
  const char *body = reply->body.data ? reply->body.data : "";
  emb_buf_clear(answer);
  int found = emb_pick(body, reply->body.n, prelude->answer, answer);
  if (found < 0) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  double ttl = prelude->ttl_s ? emb_pick_number(body, reply->body.n, prelude->ttl_s, 0) : 0;
  *ttl_s = ttl > 0 && ttl < 1e8 ? (long)ttl : 0;
  if ((!found || !answer->n) && prelude->fallback) emb_buf_adds(answer, prelude->fallback);
  if (answer->failed) return emb_err_set(err, answer->failed, "out of memory");
  return answer->n ? EMB_OK
                   : emb_err_set(err, EMB_EREPLY, "no \"%s\" in the reply of %.200s",
                                 prelude->answer, prelude->url);
}
