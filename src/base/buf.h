/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_BUF_H
#define EMB_BUF_H
/*
 * Growable bytes with a maximum set at init.
 *
 * Invariants: data[0..n) is the content and, whenever data is not NULL, data[n] is 0. A failed
 * append leaves the content as it was and makes the buffer sticky-failed: later appends do nothing,
 * so a writer may append freely and look at `failed` once at the end.
 */
#include <stddef.h>

#include "base/err.h"

struct emb_buf {
  char *data;       /* owned; NULL while empty */
  size_t n;         /* bytes used */
  size_t capacity;  /* bytes allocated */
  size_t max_bytes; /* 0: no limit */
  int failed;       /* EMB_OK, EMB_ENOMEM or EMB_ETOOBIG */
  int is_secret;    /* memory is wiped before it is given back: set it before the first byte */
};

#define EMB_BUF_INIT                                                                               \
  { 0 }

void emb_buf_init(struct emb_buf *buf, size_t max_bytes);
void emb_buf_release(struct emb_buf *buf); /* safe twice; no secret afterwards */
void emb_buf_clear(struct emb_buf *buf);   /* n = 0 and usable again; keeps the memory */
/* Makes room for n more bytes; data + n may then be written by hand. */
int emb_buf_reserve(struct emb_buf *buf, size_t n);
int emb_buf_add(struct emb_buf *buf, const void *bytes, size_t n);
int emb_buf_adds(struct emb_buf *buf, const char *text);
int emb_buf_addc(struct emb_buf *buf, char c);
int emb_buf_addf(struct emb_buf *buf, const char *format, ...) EMB_PRINTF(2, 3);
/* Moves the bytes to the caller (emb_free them; never NULL on success) and leaves the buffer empty.
 */
char *emb_buf_take(struct emb_buf *buf, size_t *n);

#endif
