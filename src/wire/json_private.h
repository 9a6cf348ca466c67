/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_JSON_PRIVATE_H
#define EMB_JSON_PRIVATE_H
/* What json.c and json_string.c share, and nobody else needs. */
#include "wire/json.h"

enum emb_json_state {
  S_VALUE,       /* a value must come */
  S_FIRST_VALUE, /* after '[': a value or ']' */
  S_KEY,         /* after ',' in an object: a key must come */
  S_FIRST_KEY,   /* after '{': a key or '}' */
  S_COLON,
  S_AFTER, /* after a value inside a container: ',' or its end */
  S_DONE,  /* after the top-level value: only white space */
  S_NUMBER,
  S_LITERAL,
  S_STRING,
  S_ESCAPE, /* after a backslash */
  S_HEX     /* in the four digits after \u */
};

enum emb_json_string_mode { M_COLLECT, M_SKIP, M_BASE64 };

/* Stops the scan at p with "WHAT at byte N"; returns the code. */
int emb_json_fail(struct emb_json *scan, const char *p, int code, const char *what);
int emb_json_fail_at(struct emb_json *scan, long long offset, int code, const char *what);
/* Stops the scan because the byte at p does not belong there; `wanted` says what would. */
int emb_json_unexpected(struct emb_json *scan, const char *p, const char *wanted);
/* Reports an event at p; negative answers are returned, errors stop the scan (positive). */
int emb_json_report(struct emb_json *scan, const char *p, enum emb_json_event event,
                    const char *text, size_t n);
/* A value has ended: what may come next. */
void emb_json_value_done(struct emb_json *scan);

/* json_string.c. Starts a string whose opening quote is at p. */
void emb_json_string_begin(struct emb_json *scan, const char *p, int mode, int is_key);
/* Continues in one of the string states; returns where it stopped, NULL when the scan failed. */
const char *emb_json_string(struct emb_json *scan, const char *p, const char *end);

#endif
