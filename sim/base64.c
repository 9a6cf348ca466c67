/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Base64: vectors go out in it, pictures come in in it. */
#include "base64.h"

#include <stdlib.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void sim_base64_write(struct sim_text *out, const void *bytes, size_t n) {
  const unsigned char *in = bytes;
  size_t length = (n + 2) / 3 * 4;
  char *at = sim_text_room(out, length);
  for (size_t i = 0; i < n; i += 3) {
    unsigned long group = (unsigned long)in[i] << 16;
    if (i + 1 < n) group |= (unsigned long)in[i + 1] << 8;
    if (i + 2 < n) group |= in[i + 2];
    *at++ = alphabet[group >> 18 & 63];
    *at++ = alphabet[group >> 12 & 63];
    *at++ = i + 1 < n ? alphabet[group >> 6 & 63] : '=';
    *at++ = i + 2 < n ? alphabet[group & 63] : '=';
  }
  out->n += length;
  out->data[out->n] = 0;
}

static int digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool sim_base64_read(const char *text, size_t length, unsigned char **bytes, size_t *n) {
  *bytes = NULL;
  *n = 0;
  if (length == 0 || length % 4) return false;
  size_t padding = text[length - 1] != '=' ? 0 : text[length - 2] != '=' ? 1 : 2;
  unsigned char *out = sim_alloc(length / 4 * 3);
  size_t used = 0;
  for (size_t i = 0; i < length; i += 4) {
    unsigned long group = 0;
    size_t digits = i + 4 == length ? 4 - padding : 4;
    for (size_t k = 0; k < 4; k++) {
      int value = k < digits ? digit(text[i + k]) : 0;
      if (value < 0) {
        free(out);
        return false;
      }
      group = group << 6 | (unsigned long)value;
    }
    for (size_t k = 0; k + 1 < digits; k++) out[used++] = (unsigned char)(group >> (16 - 8 * k));
  }
  *bytes = out;
  *n = used;
  return true;
}
