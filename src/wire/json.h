/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_JSON_H
#define EMB_JSON_H
/*
 * The push scanner: strict JSON (RFC 8259) fed in pieces of any size, with two fast paths that need
 * no copy: an array of numbers straight to float32, and a base64 string straight to bytes.
 *
 * Events go to one callback; it may not call emb_json_feed. On JSON_ARRAY_BEGIN the callback may
 * answer JSON_WANT_FLOATS: numbers that are direct elements of that array are then appended to
 * scan->floats as float32, bit-identical to (float)strtod in the C locale, without events. There a
 * null appends NaN and a number beyond float's range appends an infinity, so that the caller can
 * tell which vector is bad; any other element is EMB_EREPLY. Only where the very first element is
 * not a number or null does the wish lapse, and the array is reported like any other (some servers
 * nest a vector once). JSON_ARRAY_END is still reported. On JSON_STRING_BEGIN it may answer
 * JSON_WANT_BASE64 (the decoded bytes are appended to scan->bytes, then JSON_STRING_END) or
 * JSON_WANT_SKIP (contents dropped, then JSON_STRING_END); by default the text (unescaped, UTF-8,
 * lone surrogates and invalid bytes -> U+FFFD) is collected up to max_string bytes and reported by
 * JSON_STRING. Feeding any chunking of a document gives the same result as feeding it whole, down
 * to the position in an error message.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "wire/base64.h"

enum emb_json_event {
  EMB_JSON_OBJECT_BEGIN,
  EMB_JSON_OBJECT_END,
  EMB_JSON_ARRAY_BEGIN,
  EMB_JSON_ARRAY_END,
  EMB_JSON_KEY,          /* text, n */
  EMB_JSON_STRING_BEGIN, /* a value string starts; answer may be a WANT */
  EMB_JSON_STRING,       /* text, n: the whole string */
  EMB_JSON_STRING_END,   /* after WANT_BASE64 or WANT_SKIP */
  EMB_JSON_NUMBER,       /* text, n: as written; scan->number holds it as double */
  EMB_JSON_TRUE,
  EMB_JSON_FALSE,
  EMB_JSON_NULL
};

enum emb_json_want {
  EMB_JSON_GO = 0,
  EMB_JSON_WANT_FLOATS = -1,
  EMB_JSON_WANT_BASE64 = -2,
  EMB_JSON_WANT_SKIP = -3
  /* a positive answer is an error code and stops the scan; the callback may set scan->err first */
};

#define EMB_JSON_MAX_DEPTH 64
#define EMB_JSON_MAX_NUMBER 512 /* characters; longer is EMB_EREPLY */

struct emb_floats {
  float *data; /* owned */
  size_t n, capacity;
  size_t max; /* most floats allowed; 0: no limit */
};

struct emb_json;
typedef int (*emb_json_fn)(void *ctx, struct emb_json *scan, enum emb_json_event event,
                           const char *text, size_t n);

struct emb_json {
  emb_json_fn fn;
  void *ctx;
  struct emb_floats *floats; /* borrowed; where WANT_FLOATS appends */
  struct emb_buf *bytes;     /* borrowed; where WANT_BASE64 appends */
  double number;
  size_t max_string;  /* longest collected string; default 16 MiB */
  int depth;          /* open containers, the current one included */
  long long offset;   /* bytes consumed so far, for messages */
  struct emb_err err; /* set when feed or end returned an error; names the byte position */
  /* private below */
  const char *chunk;       /* start of the piece being fed */
  long long chunk_offset;  /* its position in the whole input */
  long long token_offset;  /* where the current string or number began */
  uint64_t objects;        /* bit d-1: the container at depth d is an object */
  uint64_t float_arrays;   /* bit d-1: the array at depth d goes to floats */
  struct emb_buf text;     /* the key or string being collected */
  const char *literal;     /* the rest of the literal being read */
  int literal_event;       /* and what it will be */
  int failed;              /* sticky code */
  unsigned unit, high;     /* \u escape being read; a high surrogate waiting for its low one */
  int state, number_state; /* see json.c */
  int string_mode, is_key; /* what becomes of the current string */
  int n_hex;               /* digits of the escape so far */
  int n_carry;             /* bytes of carry used */
  struct emb_base64_stream base64;
  char carry[EMB_JSON_MAX_NUMBER]; /* a number off the fast path or split between pieces */
};

/* Starts a scan; `scan` needs no prior content. */
void emb_json_init(struct emb_json *scan, emb_json_fn fn, void *ctx);
void emb_json_release(struct emb_json *scan);
/* Consumes n bytes. 0 or an error code (sticky). EMB_EREPLY for bad syntax. */
int emb_json_feed(struct emb_json *scan, const char *bytes, size_t n);
/* Says the input is over: EMB_ETRUNCATED unless exactly one complete value came. */
int emb_json_end(struct emb_json *scan);
/* 1 once a complete top-level value has been read. */
int emb_json_complete(const struct emb_json *scan);

void emb_floats_release(struct emb_floats *floats);
/* Room for n more. 0, EMB_ENOMEM, or EMB_ETOOBIG beyond floats->max. */
int emb_floats_reserve(struct emb_floats *floats, size_t n) EMB_MUST_USE;

/* For json.c only (json_floats.c): reads elements of a float array as long as it can do so quickly,
 * from p, where a value is expected. Returns where it stopped; *after_value says which of "a value
 * comes next" (0) and "a value has just ended" (1) holds there. */
const char *emb_json_floats(struct emb_json *scan, const char *p, const char *end,
                            int *after_value);

#endif
