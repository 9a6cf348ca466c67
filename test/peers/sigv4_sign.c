/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Signs the requests on standard input for AWS, for sigv4.py: one JSON object a line, with the
 * members
 *
 *   url, access_key, secret_key, region, service   strings
 *   session_token                                  string; absent: none
 *   headers                                        array of strings "Name: value"
 *   body                                           string in base64
 *   unix_s                                         number
 *
 * and for each, on standard output, a line with the JSON array of the headers after signing, or
 * with a string that says why there is no signature.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "wire/base64.h"
#include "wire/sigv4.h"
#include "wire/span.h"

static void die(const char *what) {
  fprintf(stderr, "sigv4_sign: %s\n", what);
  exit(2);
}

/* The text of a member, owned; NULL where there is none. */
static char *text_of(struct emb_span object, const char *name) {
  struct emb_span value;
  return emb_span_member(object, name, &value) ? emb_span_strdup(value) : NULL;
}

static void read_headers(struct emb_span object, struct emb_request *request) {
  struct emb_span list, line;
  if (!emb_span_member(object, "headers", &list)) die("a case has no headers");
  for (size_t at = 0; emb_span_next(list, &at, NULL, &line);) {
    char *text = emb_span_strdup(line), *value = text ? strstr(text, ": ") : NULL;
    if (!value) die("a header is no \"Name: value\"");
    *value = 0;
    if (emb_request_header(request, text, value + 2)) die("a header was refused");
    emb_free(text);
  }
}

static void write_result(const struct emb_request *request, const struct emb_err *err) {
  struct emb_buf out = EMB_BUF_INIT;
  if (err->code) {
    emb_json_quote(&out, err->message, strlen(err->message));
  } else {
    emb_buf_addc(&out, '[');
    for (int i = 0; i < request->n_headers; i++) {
      if (i) emb_buf_addc(&out, ',');
      emb_json_quote(&out, request->headers[i], strlen(request->headers[i]));
    }
    emb_buf_addc(&out, ']');
  }
  if (out.failed) die("out of memory");
  puts(out.data);
  emb_buf_release(&out);
}

static void sign(struct emb_span object) {
  struct emb_request request = {.url = text_of(object, "url")};
  struct emb_err err = {0};
  struct emb_span unix_s;
  char *access_key = text_of(object, "access_key"), *secret_key = text_of(object, "secret_key");
  char *session_token = text_of(object, "session_token"), *region = text_of(object, "region");
  char *service = text_of(object, "service"), *body = text_of(object, "body");
  if (!request.url || !body || !emb_span_member(object, "unix_s", &unix_s))
    die("a case lacks a member");
  if (emb_base64_decode(body, strlen(body), 0, &request.body, NULL)) die("a body is no base64");
  read_headers(object, &request);
  struct emb_sigv4 how = {access_key, secret_key, session_token,
                          region,     service,    strtoll(unix_s.p, NULL, 10)};
  if (emb_sigv4_sign(&request, &how, &err) && !err.code) die("an error without a message");
  write_result(&request, &err);
  emb_request_release(&request);
  emb_free(access_key);
  emb_free(secret_key);
  emb_free(session_token);
  emb_free(region);
  emb_free(service);
  emb_free(body);
}

int main(void) {
  char *line = NULL;
  size_t capacity = 0;
  for (ssize_t n; (n = getline(&line, &capacity, stdin)) > 0;) {
    struct emb_err err;
    if (emb_span_check(line, (size_t)n, &err)) die(err.message);
    sign((struct emb_span){line, (size_t)n});
  }
  free(line);
  return 0;
}
