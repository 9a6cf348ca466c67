/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Forms, strictly: every part of a multipart body needs its name, its blank line and its end. */
#include "form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool sim_form_urlencoded(struct sim_call *call) {
  call->root = json_object();
  for (size_t at = 0; at < call->body_n;) {
    const char *pair = call->body + at;
    size_t n = 0;
    while (at + n < call->body_n && pair[n] != '&') n++;
    const char *equals = memchr(pair, '=', n);
    if (!equals) return false;
    char *text = sim_copy(pair, n);
    for (size_t i = 0; i < n; i++)
      if (text[i] == '+') text[i] = ' ';
    size_t name_n = (size_t)(equals - pair);
    char *name = sim_alloc(n + 1), *value = sim_alloc(n + 1);
    sim_percent_decode(text, name_n, name, n + 1);
    sim_percent_decode(text + name_n + 1, n - name_n - 1, value, n + 1);
    json_object_set_new(call->root, name, json_string(value));
    free(text);
    free(name);
    free(value);
    at += n + 1;
  }
  return true;
}

/* The value of name="..." (or name=...) in a header's line; false when it is not there. */
static bool parameter(const char *line, const char *name, char *value, size_t size) {
  size_t n = strlen(name);
  for (const char *at = strchr(line, ';'); at; at = strchr(at, ';')) {
    at += 1 + strspn(at + 1, " ");
    if (strncasecmp(at, name, n) != 0 || at[n] != '=') continue;
    at += n + 1;
    size_t length = *at == '"' ? strcspn(++at, "\"") : strcspn(at, "; ");
    snprintf(value, size, "%.*s", (int)length, at);
    return true;
  }
  return false;
}

/* The headers of one part, [at, end). */
static bool read_headers(const char *at, const char *end, struct sim_part *part) {
  bool named = false;
  while (at < end) {
    const char *stop = memmem(at, (size_t)(end - at), "\r\n", 2);
    if (!stop) stop = end;
    char line[512], ignored[256];
    snprintf(line, sizeof line, "%.*s", (int)(stop - at), at);
    if (strncasecmp(line, "Content-Disposition: form-data", 30) == 0) {
      named = parameter(line, "name", part->name, sizeof part->name);
      part->file = parameter(line, "filename", ignored, sizeof ignored);
    } else if (strncasecmp(line, "Content-Type:", 13) == 0) {
      snprintf(part->type, sizeof part->type, "%.60s", line + 13 + strspn(line + 13, " "));
    }
    at = stop + 2;
  }
  return named;
}

bool sim_form_multipart(struct sim_call *call, const char *type) {
  char boundary[128], mark[140];
  if (!parameter(type, "boundary", boundary, sizeof boundary) || !*boundary) return false;
  int mark_n = snprintf(mark, sizeof mark, "\r\n--%s", boundary);
  const char *at = call->body ? call->body : "", *end = at + call->body_n;
  /* The first delimiter has no line before it. */
  if (call->body_n < (size_t)mark_n || memcmp(at, mark + 2, (size_t)mark_n - 2) != 0) return false;
  at += mark_n - 2;
  call->part = sim_alloc(SIM_MAX_PARTS * sizeof *call->part);
  for (;;) {
    if (end - at >= 2 && memcmp(at, "--", 2) == 0) return true;
    if (end - at < 2 || memcmp(at, "\r\n", 2) != 0 || call->parts_n == SIM_MAX_PARTS) return false;
    at += 2;
    struct sim_part *part = &call->part[call->parts_n++];
    const char *blank = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
    if (!blank || !read_headers(at, blank, part)) return false;
    part->bytes = blank + 4;
    at = memmem(part->bytes, (size_t)(end - part->bytes), mark, (size_t)mark_n);
    if (!at) return false;
    part->n = (size_t)(at - part->bytes);
    at += mark_n;
  }
}
