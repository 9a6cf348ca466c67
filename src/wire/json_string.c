/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The inside of strings for the push scanner: escapes, surrogates, and the three things that can
 * become of the contents (collected, dropped, decoded as base64 while they come in).
 *
 * Invariants: `high` is a high surrogate still waiting for its low half; everything before it has
 * been put away already, and whatever else comes next turns it into U+FFFD first. Escapes are
 * checked and resolved in all three modes: servers that write "\/" do so in base64 too. Collected
 * text is made valid UTF-8 once, at the closing quote, because a sequence may be split between
 * pieces.
 */
#include <stdio.h>
#include <string.h>

#include "wire/json_private.h"

void emb_json_string_begin(struct emb_json *scan, const char *p, int mode, int is_key) {
  scan->token_offset = scan->chunk_offset + (p - scan->chunk);
  scan->string_mode = mode;
  scan->is_key = is_key;
  scan->high = 0;
  scan->state = S_STRING;
  emb_buf_clear(&scan->text);
  scan->base64 = (struct emb_base64_stream){0};
}

static int fail_base64(struct emb_json *scan, int code) {
  char what[64];
  if (code == EMB_EARG) {
    /* Named by its start: how far decoding got depends on how the text came in. */
    snprintf(what, sizeof what, "bad base64 in the string");
    code = EMB_EREPLY;
  } else {
    snprintf(what, sizeof what, "%s: the base64 string", emb_err_text(code));
  }
  return emb_json_fail_at(scan, scan->token_offset, code, what);
}

static int put(struct emb_json *scan, const char *p, const char *bytes, size_t n) {
  if (scan->string_mode == M_SKIP || !n) return EMB_OK;
  if (scan->string_mode == M_BASE64) {
    int rc = emb_base64_feed(&scan->base64, bytes, n, scan->bytes);
    return rc ? fail_base64(scan, rc) : EMB_OK;
  }
  if (scan->max_string && n > scan->max_string - scan->text.n)
    return emb_json_fail_at(scan, scan->token_offset, EMB_ETOOBIG, "string too long");
  int rc = emb_buf_add(&scan->text, bytes, n);
  return rc ? emb_json_fail(scan, p, rc, emb_err_text(rc)) : EMB_OK;
}

static int put_code_point(struct emb_json *scan, const char *p, unsigned c) {
  char out[4];
  size_t n;
  if (c < 0x80) {
    out[0] = (char)c;
    n = 1;
  } else if (c < 0x800) {
    out[0] = (char)(0xc0 | c >> 6);
    out[1] = (char)(0x80 | (c & 0x3f));
    n = 2;
  } else if (c < 0x10000) {
    out[0] = (char)(0xe0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3f));
    out[2] = (char)(0x80 | (c & 0x3f));
    n = 3;
  } else {
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    n = 4;
  }
  return put(scan, p, out, n);
}

/* A high surrogate whose low half did not come. */
static int flush_high(struct emb_json *scan, const char *p) {
  if (!scan->high) return EMB_OK;
  scan->high = 0;
  return put_code_point(scan, p, 0xfffd);
}

static int put_unit(struct emb_json *scan, const char *p, unsigned unit) {
  if (unit >= 0xdc00 && unit <= 0xdfff) {
    if (!scan->high) return put_code_point(scan, p, 0xfffd);
    unsigned c = 0x10000 + ((scan->high - 0xd800) << 10) + (unit - 0xdc00);
    scan->high = 0;
    return put_code_point(scan, p, c);
  }
  int rc = flush_high(scan, p);
  if (rc) return rc;
  if (unit >= 0xd800 && unit <= 0xdbff) {
    scan->high = unit;
    return EMB_OK;
  }
  return put_code_point(scan, p, unit);
}

/* The length of the UTF-8 sequence at p, 0 if it is not one. */
static size_t utf8_length(const unsigned char *p, size_t n) {
  unsigned c = p[0];
  if (c < 0x80) return 1;
  size_t need = c >= 0xc2 && c <= 0xdf   ? 2
                : c >= 0xe0 && c <= 0xef ? 3
                : c >= 0xf0 && c <= 0xf4 ? 4
                                         : 0;
  if (!need || n < need) return 0;
  for (size_t i = 1; i < need; i++)
    if ((p[i] & 0xc0) != 0x80) return 0;
  if (c == 0xe0 && p[1] < 0xa0) return 0; /* overlong */
  if (c == 0xed && p[1] > 0x9f) return 0; /* surrogate */
  if (c == 0xf0 && p[1] < 0x90) return 0;
  if (c == 0xf4 && p[1] > 0x8f) return 0;
  return need;
}

/* Replaces bytes that are not UTF-8 in the collected text by U+FFFD. */
static int make_utf8(struct emb_buf *text) {
  const unsigned char *in = (const unsigned char *)text->data;
  size_t i = 0, length;
  while (i < text->n && (length = utf8_length(in + i, text->n - i))) i += length;
  if (i == text->n) return EMB_OK;
  struct emb_buf fixed = EMB_BUF_INIT;
  emb_buf_add(&fixed, in, i);
  while (i < text->n) {
    length = utf8_length(in + i, text->n - i);
    if (length)
      emb_buf_add(&fixed, in + i, length);
    else
      emb_buf_adds(&fixed, "\xef\xbf\xbd");
    i += length ? length : 1;
  }
  if (fixed.failed) {
    int rc = fixed.failed;
    emb_buf_release(&fixed);
    return rc;
  }
  emb_buf_release(text);
  *text = fixed;
  return EMB_OK;
}

static int string_done(struct emb_json *scan, const char *p) {
  int rc = flush_high(scan, p);
  if (rc) return rc;
  switch (scan->string_mode) {
  case M_COLLECT: {
    rc = make_utf8(&scan->text);
    if (rc) return emb_json_fail(scan, p, rc, emb_err_text(rc));
    const char *text = scan->text.n ? scan->text.data : "";
    rc =
        emb_json_report(scan, p, scan->is_key ? EMB_JSON_KEY : EMB_JSON_STRING, text, scan->text.n);
    break;
  }
  case M_BASE64:
    rc = emb_base64_finish(&scan->base64, scan->bytes);
    if (rc) return fail_base64(scan, rc);
    rc = emb_json_report(scan, p, EMB_JSON_STRING_END, NULL, 0);
    break;
  default: rc = emb_json_report(scan, p, EMB_JSON_STRING_END, NULL, 0);
  }
  if (rc > 0) return rc;
  if (scan->is_key)
    scan->state = S_COLON;
  else
    emb_json_value_done(scan);
  return EMB_OK;
}

/* The first byte that is not plain: '"', '\\' or a control character. */
static const char *plain_end(const char *p, const char *end) {
  const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
  while (end - p >= 8) {
    uint64_t v, quote, slash;
    memcpy(&v, p, 8);
    quote = v ^ ones * '"';
    slash = v ^ ones * '\\';
    /* Exact as a yes or no for the eight bytes together; which one is left to the loop below. */
    if (((((v - ones * 0x20) & ~v) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) & tops))
      break;
    p += 8;
  }
  while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20) p++;
  return p;
}

/* For base64 the decoder itself refuses control characters, so two memchr are enough; the window
 * keeps a text full of escapes from being searched to its far end again for each. */
static const char *base64_end(const char *p, const char *end) {
  if (end - p > 4096) end = p + 4096;
  const char *quote = memchr(p, '"', (size_t)(end - p));
  if (quote) end = quote;
  const char *slash = memchr(p, '\\', (size_t)(end - p));
  return slash ? slash : end;
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static int escape(struct emb_json *scan, const char *p) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  if (*p == 'u') {
    scan->unit = 0;
    scan->n_hex = 0;
    scan->state = S_HEX;
    return EMB_OK;
  }
  const char *at = *p ? strchr(from, *p) : NULL;
  if (!at) return emb_json_unexpected(scan, p, "an escape");
  scan->state = S_STRING;
  int rc = flush_high(scan, p);
  return rc ? rc : put(scan, p, to + (at - from), 1);
}

const char *emb_json_string(struct emb_json *scan, const char *p, const char *end) {
  while (p < end) {
    if (scan->state == S_HEX) {
      int value = hex_value(*p);
      if (value < 0) {
        emb_json_unexpected(scan, p, "a hexadecimal digit");
        return NULL;
      }
      scan->unit = scan->unit << 4 | (unsigned)value;
      if (++scan->n_hex == 4) {
        scan->state = S_STRING;
        if (put_unit(scan, p, scan->unit)) return NULL;
      }
      p++;
      continue;
    }
    if (scan->state == S_ESCAPE) {
      if (escape(scan, p)) return NULL;
      p++;
      continue;
    }
    const char *stop = scan->string_mode == M_BASE64 ? base64_end(p, end) : plain_end(p, end);
    if (stop > p) {
      if (flush_high(scan, p) || put(scan, p, p, (size_t)(stop - p))) return NULL;
      p = stop;
      if (p == end) break;
    }
    if (*p == '"') return string_done(scan, p) ? NULL : p + 1;
    if (*p == '\\') {
      scan->state = S_ESCAPE;
      p++;
    } else if ((unsigned char)*p < 0x20) {
      emb_json_unexpected(scan, p, "an escape in place of a control character");
      return NULL;
    } /* else the window of base64_end ended here */
  }
  return p;
}
