/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Walking JSON in place, and quoting: see span.h. Syntax is judged once, by the push scanner
 * (json.c); the walkers below only find where values end. Pure. */
#include "wire/span.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "wire/json.h"

static int accept_all(void *ctx, struct emb_json *scan, enum emb_json_event event, const char *text,
                      size_t n) {
  (void)ctx, (void)scan, (void)text, (void)n;
  return event == EMB_JSON_STRING_BEGIN ? EMB_JSON_WANT_SKIP : EMB_JSON_GO;
}

int emb_span_check(const char *text, size_t n, struct emb_err *err) {
  struct emb_json scan;
  emb_json_init(&scan, accept_all, NULL);
  int rc = emb_json_feed(&scan, text, n);
  if (!rc) rc = emb_json_end(&scan);
  if (rc == EMB_ENOMEM)
    emb_err_set(err, rc, "out of memory");
  else if (rc)
    rc = emb_err_set(err, EMB_EARG, "Invalid JSON: %s", scan.err.message);
  emb_json_release(&scan);
  return rc;
}

static int is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

struct emb_span emb_span_trim(struct emb_span value) {
  while (value.n && is_space(*value.p)) value.p++, value.n--;
  while (value.n && is_space(value.p[value.n - 1])) value.n--;
  return value;
}

char emb_span_kind(struct emb_span value) {
  value = emb_span_trim(value);
  if (!value.n) return 0;
  if (strchr("{[\"tfn", *value.p)) return *value.p;
  return *value.p == '-' || (*value.p >= '0' && *value.p <= '9') ? '0' : 0;
}

/* Position after the string that starts at i. Images in base64 are long strings without escapes:
 * memchr finds their ends. */
static size_t skip_string(const char *p, size_t n, size_t i) {
  const char *at = p + i + 1, *end = p + n, *quote = NULL;
  while (at < end) {
    if (!quote || quote < at) quote = memchr(at, '"', (size_t)(end - at));
    if (!quote) return n;
    const char *escape = memchr(at, '\\', (size_t)(quote - at));
    if (!escape) return (size_t)(quote - p) + 1;
    at = escape + 2;
  }
  return n;
}

/* Position after the value that starts at i. */
static size_t skip_value(const char *p, size_t n, size_t i) {
  int depth = 0;
  while (i < n) {
    char c = p[i];
    if (c == '"') {
      i = skip_string(p, n, i);
      if (!depth) return i;
      continue;
    }
    if (c == '{' || c == '[') depth++;
    if (c == '}' || c == ']') {
      if (!depth) return i;
      if (!--depth) return i + 1;
    }
    if (!depth && (c == ',' || c == ':' || is_space(c))) return i;
    i++;
  }
  return n;
}

static size_t skip_space(struct emb_span s, size_t i) {
  while (i < s.n && (is_space(s.p[i]) || s.p[i] == ',' || s.p[i] == ':')) i++;
  return i;
}

int emb_span_next(struct emb_span container, size_t *at, struct emb_span *key,
                  struct emb_span *value) {
  container = emb_span_trim(container);
  if (container.n < 2) return 0;
  char close = *container.p == '{' ? '}' : ']';
  size_t i = skip_space(container, *at ? *at : 1);
  struct emb_span name = {container.p + i, 0};
  if (i >= container.n || container.p[i] == close) return 0;
  if (close == '}') {
    size_t end = skip_string(container.p, container.n, i);
    if (end - i < 2) return 0;
    name = (struct emb_span){container.p + i + 1, end - i - 2};
    i = skip_space(container, end);
  }
  size_t end = skip_value(container.p, container.n, i);
  if (end == i) return 0;
  if (key) *key = name;
  *value = (struct emb_span){container.p + i, end - i};
  *at = end;
  return 1;
}

int emb_span_member(struct emb_span object, const char *name, struct emb_span *value) {
  struct emb_span key, found;
  if (emb_span_kind(object) != '{') return 0;
  for (size_t at = 0; emb_span_next(object, &at, &key, &found);)
    if (key.n == strlen(name) && memcmp(key.p, name, key.n) == 0) {
      if (value) *value = found;
      return 1;
    }
  return 0;
}

static int take_string(void *ctx, struct emb_json *scan, enum emb_json_event event,
                       const char *text, size_t n) {
  (void)scan;
  if (event == EMB_JSON_STRING) return emb_buf_add(ctx, text, n);
  return event == EMB_JSON_STRING_BEGIN ? EMB_JSON_GO : EMB_EARG;
}

int emb_span_string(struct emb_span value, struct emb_buf *out) {
  value = emb_span_trim(value);
  if (value.n < 2 || *value.p != '"') return EMB_EARG;
  /* Without escapes the bytes are the text. */
  if (!memchr(value.p, '\\', value.n)) return emb_buf_add(out, value.p + 1, value.n - 2);
  struct emb_json scan;
  emb_json_init(&scan, take_string, out);
  scan.text.is_secret = 1; /* it may be a key */
  scan.max_string = value.n;
  int rc = emb_json_feed(&scan, value.p, value.n);
  if (!rc) rc = emb_json_end(&scan);
  emb_json_release(&scan);
  return rc;
}

char *emb_span_strdup(struct emb_span value) {
  struct emb_buf text = {.is_secret = 1};
  char *copy = emb_span_string(value, &text) ? NULL : emb_buf_take(&text, NULL);
  emb_buf_release(&text);
  return copy;
}

/* Length of the valid UTF-8 sequence at p (RFC 3629: no overlong forms, no surrogates), or 0. */
static size_t utf8_length(const unsigned char *p, size_t n) {
  if (p[0] < 0x80) return 1;
  size_t need = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
  if (p[0] < 0xC2 || p[0] > 0xF4 || n < need) return 0;
  unsigned char low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
  unsigned char high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
  if (p[1] < low || p[1] > high) return 0;
  for (size_t i = 2; i < need; i++)
    if (p[i] < 0x80 || p[i] > 0xBF) return 0;
  return need;
}

/* How many bytes at p need no escape and are ASCII, eight at a time. A byte counts as one that may
 * need it where its high bit is set after these sums; a borrow from its neighbour may set it
 * needlessly, but only where the neighbour is one itself. */
static size_t plain_run(const unsigned char *p, size_t n) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  size_t i = 0;
  for (; n - i >= 8; i += 8) {
    uint64_t x;
    memcpy(&x, p + i, 8);
    uint64_t bad = x | (x + ones)              /* 0x7F and above */
                   | (x - ones * 0x20)         /* control characters */
                   | ((x ^ ones * '"') - ones) /* these two become 0 */
                   | ((x ^ ones * '\\') - ones);
    if (bad & ones * 0x80) break;
  }
  return i;
}

int emb_json_escape(struct emb_buf *out, const char *text, size_t n) {
  const unsigned char *p = (const unsigned char *)text;
  if (emb_buf_reserve(out, n)) return out->failed;
  size_t start = 0, i = 0;
  while (i < n) {
    i += plain_run(p + i, n - i);
    if (i == n) break;
    unsigned char c = p[i];
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != 0x7F) {
      i++;
      continue;
    }
    size_t good = c >= 0x80 ? utf8_length(p + i, n - i) : 0;
    if (good) {
      i += good;
      continue;
    }
    emb_buf_add(out, text + start, i - start);
    if (c == '"' || c == '\\')
      emb_buf_addf(out, "\\%c", c);
    else if (c == '\n')
      emb_buf_adds(out, "\\n");
    else if (c == '\t')
      emb_buf_adds(out, "\\t");
    else if (c < 0x80)
      emb_buf_addf(out, "\\u%04x", c);
    else
      emb_buf_adds(out, "\xEF\xBF\xBD");
    start = ++i;
  }
  return emb_buf_add(out, text + start, n - start);
}

int emb_json_quote(struct emb_buf *out, const char *text, size_t n) {
  if (emb_buf_reserve(out, n + 2)) return out->failed;
  emb_buf_addc(out, '"');
  emb_json_escape(out, text, n);
  return emb_buf_addc(out, '"');
}
