/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Growable bytes: see buf.h. Growth is by half again, so n appends cost O(n). */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void emb_buf_init(struct emb_buf *buf, size_t max_bytes) {
  *buf = (struct emb_buf)EMB_BUF_INIT;
  buf->max_bytes = max_bytes;
}

void emb_buf_release(struct emb_buf *buf) {
  if (buf->is_secret && buf->data) emb_wipe(buf->data, buf->capacity);
  emb_free(buf->data);
  emb_buf_init(buf, buf->max_bytes);
}

void emb_buf_clear(struct emb_buf *buf) {
  buf->n = 0;
  buf->failed = EMB_OK;
  if (buf->data) buf->data[0] = 0;
}

/* Like emb_realloc, but leaves nothing of a secret where it was. */
static char *grow(struct emb_buf *buf, size_t capacity) {
  if (!buf->is_secret) return emb_realloc(buf->data, capacity);
  char *data = emb_malloc(capacity);
  if (!data || !buf->data) return data;
  memcpy(data, buf->data, buf->n);
  emb_wipe(buf->data, buf->capacity);
  emb_free(buf->data);
  return data;
}

int emb_buf_reserve(struct emb_buf *buf, size_t n) {
  if (buf->failed) return buf->failed;
  if (n > SIZE_MAX / 4 - buf->n) return buf->failed = EMB_ETOOBIG;
  size_t need = buf->n + n + 1;
  if (buf->max_bytes && need - 1 > buf->max_bytes) return buf->failed = EMB_ETOOBIG;
  if (need <= buf->capacity) return EMB_OK;
  size_t capacity = buf->capacity + buf->capacity / 2;
  if (capacity < need) capacity = need < 64 ? 64 : need;
  char *data = grow(buf, capacity);
  if (!data) return buf->failed = EMB_ENOMEM;
  buf->data = data;
  buf->capacity = capacity;
  return EMB_OK;
}

int emb_buf_add(struct emb_buf *buf, const void *bytes, size_t n) {
  int rc = emb_buf_reserve(buf, n);
  if (rc) return rc;
  if (n) memcpy(buf->data + buf->n, bytes, n);
  buf->n += n;
  buf->data[buf->n] = 0;
  return EMB_OK;
}

int emb_buf_adds(struct emb_buf *buf, const char *text) {
  return emb_buf_add(buf, text, strlen(text));
}

int emb_buf_addc(struct emb_buf *buf, char c) { return emb_buf_add(buf, &c, 1); }

int emb_buf_addf(struct emb_buf *buf, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  int rc = n < 0 ? EMB_EINTERNAL : emb_buf_reserve(buf, (size_t)n);
  if (!rc) {
    vsnprintf(buf->data + buf->n, (size_t)n + 1, format, again);
    buf->n += (size_t)n;
  }
  va_end(again);
  return rc;
}

char *emb_buf_take(struct emb_buf *buf, size_t *n) {
  if (buf->failed || emb_buf_reserve(buf, 0)) return NULL;
  char *data = buf->data;
  data[buf->n] = 0;
  if (n) *n = buf->n;
  emb_buf_init(buf, buf->max_bytes);
  return data;
}
