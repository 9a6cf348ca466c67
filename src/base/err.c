/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Error records: see err.h. Pure; any thread. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

size_t emb_utf8_floor(const char *text, size_t n) {
  size_t back = 0;
  while (back < 4 && back < n && ((unsigned char)text[n - 1 - back] & 0xC0) == 0x80) back++;
  if (back == n || back == 4) return n;
  unsigned char lead = (unsigned char)text[n - 1 - back];
  size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  return need > back + 1 ? n - 1 - back : n;
}

int emb_err_set(struct emb_err *err, int code, const char *format, ...) {
  if (!err) return code;
  err->code = code;
  va_list args;
  va_start(args, format);
  int n = vsnprintf(err->message, sizeof err->message, format, args);
  va_end(args);
  if (n >= (int)sizeof err->message)
    err->message[emb_utf8_floor(err->message, sizeof err->message - 1)] = 0;
  return code;
}

void emb_err_prefix(struct emb_err *err, const char *format, ...) {
  if (!err) return;
  char whole[2 * sizeof err->message];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(whole, sizeof err->message, format, args);
  va_end(args);
  if (n < 0) return;
  if (n >= (int)sizeof err->message) n = (int)sizeof err->message - 1;
  memcpy(whole + n, err->message, strlen(err->message) + 1);
  size_t length = strlen(whole);
  if (length >= sizeof err->message) length = emb_utf8_floor(whole, sizeof err->message - 1);
  memcpy(err->message, whole, length);
  err->message[length] = 0;
}

void emb_err_redact(struct emb_err *err, const char *secret, size_t n) {
  enum { SHORTEST = 4, TELLING = 12 };
  if (n < SHORTEST) return;
  for (char *at = err->message; *at; at++) {
    size_t same = 0; /* stops at the message's NUL, which a secret does not hold */
    while (same < n && at[same] == secret[same]) same++;
    if (same == n || same >= TELLING) memset(at, '*', same);
  }
}

void emb_err_clear(struct emb_err *err) {
  if (!err) return;
  err->code = EMB_OK;
  err->http_status = 0;
  err->message[0] = 0;
  err->request_id[0] = 0;
}

const char *emb_err_text(int code) {
  switch (code) {
#define X(name, value, text)                                                                       \
  case value: return text;
    EMB_ERR_MAP(X)
#undef X
  default: return "unknown error";
  }
}

const char *emb_err_name(int code) {
  static const char *const names[] = {
#define X(name, value, text) [value] = #name,
      EMB_ERR_MAP(X)
#undef X
  };
  return code >= 0 && code < (int)(sizeof names / sizeof *names) ? names[code] : "?";
}
