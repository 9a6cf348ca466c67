/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Base64 (RFC 4648 section 4): see base64.h.
 *
 * The decoder has two gears. Whole groups of four go through four 256-entry tables whose entries
 * are the output bits already in place, so a group is four loads, three ors and one store; a group
 * with anything else in it (padding, white space, a wrong character, a group split between two
 * calls) goes character by character through the stream's carry. The careful gear alone decides
 * what is an error, so both gears agree for every way of cutting the text.
 *
 * Invariants of a stream between calls: carry holds n_carry (0..3) sextets, the first one highest;
 * n_padding > 0 means only more padding may follow.
 */
#include "wire/base64.h"

#include <stdint.h>
#include <string.h>

#include "wire/base64_tables.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t emb_base64_size(size_t n) { return (n / 3 + (n % 3 != 0)) * 4; }

void emb_base64_encode(const void *bytes, size_t n, char *out) {
  const unsigned char *in = bytes;
  for (; n >= 3; n -= 3, in += 3) {
    uint32_t word = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
    memcpy(out, base64_pairs[word >> 12], 2);
    memcpy(out + 2, base64_pairs[word & 4095], 2);
    out += 4;
  }
  if (!n) return;
  uint32_t word = (uint32_t)in[0] << 16 | (n == 2 ? (uint32_t)in[1] << 8 : 0);
  *out++ = alphabet[word >> 18];
  *out++ = alphabet[word >> 12 & 63];
  *out++ = n == 2 ? alphabet[word >> 6 & 63] : '=';
  *out = '=';
}

int emb_base64_append(struct emb_buf *buf, const void *bytes, size_t n) {
  if (n > SIZE_MAX / 4 * 2) return buf->failed ? buf->failed : (buf->failed = EMB_ETOOBIG);
  size_t size = emb_base64_size(n);
  int rc = emb_buf_reserve(buf, size);
  if (rc) return rc;
  emb_base64_encode(bytes, n, buf->data + buf->n);
  buf->n += size;
  buf->data[buf->n] = 0;
  return EMB_OK;
}

static inline uint32_t group(const unsigned char *in) {
  return base64_table[0][in[0]] | base64_table[1][in[1]] | base64_table[2][in[2]] |
         base64_table[3][in[3]];
}

/* Three bytes from the low end. May write a fourth, meaningless one: the room for the terminating
 * NUL that emb_buf always keeps is what makes that safe for the last group. */
static inline void put(char *out, uint32_t word) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  memcpy(out, &word, 4);
#else
  out[0] = (char)(word & 0xff);
  out[1] = (char)(word >> 8 & 0xff);
  out[2] = (char)(word >> 16 & 0xff);
#endif
}

/* Decodes whole groups up to the first that needs care; returns the characters consumed. */
static size_t decode_groups(const unsigned char *in, size_t n, char **out) {
  const unsigned char *start = in;
  char *to = *out;
  while (n >= 16) {
    uint32_t a = group(in), b = group(in + 4), c = group(in + 8), d = group(in + 12);
    if ((a | b | c | d) & EMB_BASE64_BAD) break;
    put(to, a);
    put(to + 3, b);
    put(to + 6, c);
    put(to + 9, d);
    to += 12;
    in += 16;
    n -= 16;
  }
  while (n >= 4) {
    uint32_t a = group(in);
    if (a & EMB_BASE64_BAD) break;
    put(to, a);
    to += 3;
    in += 4;
    n -= 4;
  }
  *out = to;
  return (size_t)(in - start);
}

static int is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* The value of a character, or -1. Table 3 holds the sextet as the third byte. */
static int sextet(char c) {
  uint32_t entry = base64_table[3][(unsigned char)c];
  return entry & EMB_BASE64_BAD ? -1 : (int)(entry >> 16);
}

/* Feeds text; *done is how many characters went well. */
static int feed(struct emb_base64_stream *stream, const char *text, size_t n, int allow_space,
                struct emb_buf *out, size_t *done) {
  size_t i = 0;
  *done = 0;
  int rc = emb_buf_reserve(out, n / 4 * 3 + 6);
  if (rc == EMB_ETOOBIG && out->max_bytes) {
    /* The bound counts what padding and spaces never become: only the real bytes may be refused.
     * Text that cannot fit is refused by the exact checks below. */
    out->failed = EMB_OK;
  } else if (rc) {
    return rc;
  }
  while (i < n) {
    if (!stream->n_carry && !stream->n_padding && n - i >= 4) {
      size_t whole = (n - i) / 4;
      size_t room = out->capacity ? (out->capacity - 1 - out->n) / 3 : 0;
      if (whole > room) whole = room;
      if (out->max_bytes && whole > (out->max_bytes - out->n) / 3)
        whole = (out->max_bytes - out->n) / 3;
      char *to = out->data + out->n;
      if (whole) i += decode_groups((const unsigned char *)text + i, whole * 4, &to);
      if (whole) out->n = (size_t)(to - out->data);
      if (i == n) break;
    }
    char c = text[i];
    int value = sextet(c);
    if (value >= 0 && !stream->n_padding) {
      stream->carry = stream->carry << 6 | (unsigned)value;
      if (++stream->n_carry == 4) {
        char bytes[3] = {(char)(stream->carry >> 16 & 0xff), (char)(stream->carry >> 8 & 0xff),
                         (char)(stream->carry & 0xff)};
        stream->n_carry = 0;
        stream->carry = 0;
        rc = emb_buf_add(out, bytes, 3);
        if (rc) return rc;
      }
    } else if (c == '=' && stream->n_carry >= 2 && stream->n_carry + stream->n_padding < 4) {
      stream->n_padding++;
    } else if (!(allow_space && is_space(c))) {
      *done = i;
      if (out->data) out->data[out->n] = 0;
      return EMB_EARG;
    }
    i++;
  }
  *done = n;
  if (out->data) out->data[out->n] = 0;
  return EMB_OK;
}

int emb_base64_feed(struct emb_base64_stream *stream, const char *text, size_t n,
                    struct emb_buf *out) {
  size_t done;
  return feed(stream, text, n, 0, out, &done);
}

int emb_base64_finish(struct emb_base64_stream *stream, struct emb_buf *out) {
  int n_carry = stream->n_carry, n_padding = stream->n_padding;
  unsigned carry = stream->carry;
  *stream = (struct emb_base64_stream){0};
  if (n_carry == 1 || (n_padding && n_carry + n_padding != 4)) return EMB_EARG;
  if (n_carry == 0) return EMB_OK;
  carry <<= 6 * (4 - n_carry);
  char bytes[2] = {(char)(carry >> 16 & 0xff), (char)(carry >> 8 & 0xff)};
  return emb_buf_add(out, bytes, (size_t)n_carry - 1);
}

int emb_base64_decode(const char *text, size_t n, int allow_space, struct emb_buf *out,
                      size_t *bad) {
  struct emb_base64_stream stream = {0};
  size_t done = 0;
  int rc = feed(&stream, text, n, allow_space, out, &done);
  if (!rc) {
    done = n;
    rc = emb_base64_finish(&stream, out);
  }
  if (rc == EMB_EARG && bad) *bad = done;
  return rc;
}
