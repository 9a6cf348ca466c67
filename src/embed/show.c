/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Requests for the eye: see show.h. Masking goes by what is known to be harmless, not by what is
 * known to be secret: of a header that is not listed here the value is not shown, whoever made it.
 * Beyond that every text goes through the client's own redaction.
 */
#include "embed/show.h"

#include <string.h>
#include <strings.h>

enum { MAX_BODY_BYTES = 2000 };

static const char mask[] = "***";

/* Appends text in pieces, each without the client's keys. A key that two pieces share is not found
 * in either; so the pieces overlap in nothing but are cut at line ends and commas. */
static void add_redacted(struct emb_buf *out, const struct emb_client *client, const char *text,
                         size_t n) {
  struct emb_err piece = {0};
  while (n) {
    size_t take = n < sizeof piece.message - 1 ? n : sizeof piece.message - 1;
    while (take < n && take > sizeof piece.message / 2 && !strchr(",\n ", text[take - 1])) take--;
    memcpy(piece.message, text, take);
    piece.message[take] = 0;
    emb_client_redact(client, &piece);
    emb_buf_add(out, piece.message, take);
    text += take;
    n -= take;
  }
}

static int is_version(const char *name, size_t n) {
  return (n == 11 && memcmp(name, "api-version", 11) == 0) ||
         (n == 7 && memcmp(name, "version", 7) == 0);
}

/* Of "a=b&version=1": "a=***&version=1". */
static void add_query(struct emb_buf *out, const char *query) {
  while (*query && *query != '#') {
    size_t n = strcspn(query, "&#"), n_name = strcspn(query, "=&#");
    int is_plain = n_name == n || is_version(query, n_name);
    emb_buf_add(out, query, is_plain ? n : n_name + 1);
    if (!is_plain) emb_buf_adds(out, mask);
    query += n;
    if (*query == '&') emb_buf_addc(out, *query++);
  }
}

void emb_show_url(struct emb_buf *out, const struct emb_client *client, const char *url) {
  struct emb_buf text = EMB_BUF_INIT;
  const char *host = strstr(url, "://");
  host = host ? host + 3 : url;
  size_t n = strcspn(host, "/?#");
  emb_buf_add(&text, url, (size_t)(host - url));
  for (size_t i = n; i > 0; i--)
    if (host[i - 1] == '@') {
      host += i;
      break;
    }
  n = strcspn(host, "?#");
  emb_buf_add(&text, host, n);
  if (host[n] == '?') {
    emb_buf_addc(&text, '?');
    add_query(&text, host + n + 1);
  }
  if (text.failed)
    out->failed = text.failed;
  else
    add_redacted(out, client, text.data, text.n);
  emb_buf_release(&text);
}

/* 1 where text[0..n) is one of the words. */
static int is_one_of(const char *const *words, const char *text, size_t n) {
  for (; *words; words++)
    if (strlen(*words) == n && strncasecmp(text, *words, n) == 0) return 1;
  return 0;
}

static void add_header(struct emb_buf *out, const char *line) {
  static const char *const harmless[] = {"Content-Type", "Accept", "X-Amz-Date",
                                         "anthropic-version", NULL};
  /* these tell nothing, and whether they are there is worth knowing */
  static const char *const schemes[] = {"Bearer",           "Basic", "Key", "Token",
                                        "AWS4-HMAC-SHA256", NULL};
  size_t n_name = strcspn(line, ":");
  const char *value = line[n_name] ? line + n_name + 2 : "";
  size_t n_scheme = strcspn(value, " ");
  emb_buf_addf(out, "%.*s: ", (int)n_name, line);
  if (is_one_of(harmless, line, n_name))
    emb_buf_addf(out, "%s\n", value);
  else if (value[n_scheme] && is_one_of(schemes, value, n_scheme))
    emb_buf_addf(out, "%.*s %s\n", (int)n_scheme, value, mask);
  else
    emb_buf_addf(out, "%s\n", mask);
}

static int is_text(const struct emb_buf *body) {
  for (size_t i = 0; i < body->n; i++)
    if ((unsigned char)body->data[i] < ' ' && !memchr("\t\r\n", body->data[i], 3)) return 0;
  return 1;
}

void emb_show_request(struct emb_buf *out, const struct emb_client *client,
                      const struct emb_request *request) {
  const struct emb_buf *body = &request->body;
  emb_buf_adds(out, body->n ? "POST " : "GET ");
  emb_show_url(out, client, request->url);
  emb_buf_addc(out, '\n');
  for (int i = 0; i < request->n_headers; i++) add_header(out, request->headers[i]);
  if (!body->n) return;
  emb_buf_addc(out, '\n');
  if (body->is_secret)
    emb_buf_addf(out, "(%zu bytes with the key)", body->n);
  else if (!is_text(body))
    emb_buf_addf(out, "(%zu bytes)", body->n);
  else
    add_redacted(out, client, body->data,
                 body->n > MAX_BODY_BYTES ? emb_utf8_floor(body->data, MAX_BODY_BYTES) : body->n);
  if (body->n > MAX_BODY_BYTES && is_text(body) && !body->is_secret)
    emb_buf_addf(out, "... (%zu bytes)", body->n);
}
