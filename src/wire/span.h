/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_SPAN_H
#define EMB_SPAN_H
/*
 * Walking a JSON text that is already in memory (options, headers, arrays of inputs) without
 * building a tree, and writing JSON strings. The walkers take text that emb_span_check() has
 * accepted; on anything else they stop, but never read outside it.
 */
#include "base/buf.h"

struct emb_span {
  const char *p; /* borrowed */
  size_t n;
};

/* 0 when text[0..n) is one complete JSON value; else EMB_EARG with the byte position in err. */
int emb_span_check(const char *text, size_t n, struct emb_err *err);
/* The kind of a value by its first character: '{' '[' '"' 't' 'f' 'n' '0' (number), or 0. */
char emb_span_kind(struct emb_span value);
/* Trims white space at both ends. */
struct emb_span emb_span_trim(struct emb_span value);
/* Next member of an object or element of an array: at starts at 0 and is moved on. key may be NULL
 * (arrays leave it empty). 1 while there is one, 0 at the end. */
int emb_span_next(struct emb_span container, size_t *at, struct emb_span *key,
                  struct emb_span *value);
/* The member of that name, 1 or 0. Names are compared unescaped-literally (ours hold no escapes).
 */
int emb_span_member(struct emb_span object, const char *name, struct emb_span *value);
/* Appends the unescaped text of a string value. */
int emb_span_string(struct emb_span value, struct emb_buf *out);
/* The unescaped text of a string value, owned by the caller; NULL when not a string or out of
 * memory. */
char *emb_span_strdup(struct emb_span value);

/* Appends a JSON string: invalid UTF-8 becomes U+FFFD, control characters are escaped. */
int emb_json_quote(struct emb_buf *out, const char *text, size_t n);
/* The same without the quotes, to be put together with others. */
int emb_json_escape(struct emb_buf *out, const char *text, size_t n);

#endif
