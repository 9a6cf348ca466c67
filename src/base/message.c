/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Requests and replies: see message.h. */
#include "base/message.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

void emb_request_release(struct emb_request *request) {
  for (int i = 0; i < request->n_headers; i++) emb_free_secret(request->headers[i]);
  emb_free(request->url);
  emb_free(request->proxy);
  emb_free(request->ca_file);
  emb_buf_release(&request->body);
  memset(request, 0, sizeof *request);
}

/* EMB_EARG where name or value could smuggle in a second header. */
int emb_request_header(struct emb_request *request, const char *name, const char *value) {
  if (request->n_headers == EMB_MAX_HEADERS) return EMB_ETOOBIG;
  if (strpbrk(name, "\r\n:") || strpbrk(value, "\r\n")) return EMB_EARG;
  size_t n_name = strlen(name), n_value = strlen(value);
  char *line = emb_malloc(n_name + n_value + 3);
  if (!line) return EMB_ENOMEM;
  memcpy(line, name, n_name);
  memcpy(line + n_name, ": ", 2);
  memcpy(line + n_name + 2, value, n_value + 1);
  request->headers[request->n_headers++] = line;
  return EMB_OK;
}

void emb_request_drop_header(struct emb_request *request, const char *name) {
  size_t n = strlen(name);
  int kept = 0;
  for (int i = 0; i < request->n_headers; i++) {
    char *line = request->headers[i];
    if (strncasecmp(line, name, n) == 0 && line[n] == ':')
      emb_free_secret(line);
    else
      request->headers[kept++] = line;
  }
  for (int i = kept; i < request->n_headers; i++) request->headers[i] = NULL;
  request->n_headers = kept;
}

void emb_reply_clear(struct emb_reply *reply) {
  struct emb_buf body = reply->body;
  memset(reply, 0, sizeof *reply);
  reply->body = body;
  reply->body.max_bytes = 0;
  emb_buf_clear(&reply->body);
}

void emb_reply_release(struct emb_reply *reply) {
  emb_buf_release(&reply->body);
  memset(reply, 0, sizeof *reply);
}
