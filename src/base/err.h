/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_ERR_H
#define EMB_ERR_H
/*
 * The error record and the list of error codes: the one idiom by which every layer reports failure.
 *
 * A function that can fail returns a code (0 is success) and, where a message is possible, takes
 * `struct emb_err *err` last. The message is written once, at the place that knows most, by
 * `return emb_err_set(err, EMB_EREPLY, "...")`; callers may put context in front, never replace it.
 * A record has no owned memory: it may be copied by assignment and needs no release.
 * No message ever holds a key.
 */
#include <stddef.h>

/* X(name, value, text): what the code means when nothing better is known. */
#define EMB_ERR_MAP(X)                                                                             \
  X(OK, 0, "no error")                                                                             \
  X(NOMEM, 1, "out of memory")                                                                     \
  X(INTERRUPT, 2, "interrupted")                                                                   \
  X(ARG, 3, "bad argument")                                                                        \
  X(CONFIG, 4, "bad client configuration")                                                         \
  X(CONNECT, 5, "could not reach the server")                                                      \
  X(TIMEOUT, 6, "timed out")                                                                       \
  X(HTTP, 7, "the provider refused the request")                                                   \
  X(AUTH, 8, "the provider refused the key")                                                       \
  X(QUOTA, 9, "the account has no quota left")                                                     \
  X(RATE, 10, "rate limited")                                                                      \
  X(INPUT, 11, "the provider refused the input")                                                   \
  X(TOOBIG, 12, "too large")                                                                       \
  X(REPLY, 13, "the reply could not be understood")                                                \
  X(TRUNCATED, 14, "the reply was cut short")                                                      \
  X(TLS, 15, "TLS failed")                                                                         \
  X(INTERNAL, 16, "internal error")

enum emb_code {
#define X(name, value, text) EMB_E##name = value,
  EMB_ERR_MAP(X)
#undef X
};
#define EMB_OK EMB_EOK
#define EMB_END 100 /* not an error: an iterator has no more */

struct emb_err {
  int code;            /* enum emb_code */
  int http_status;     /* 0 where no reply came */
  char message[1000];  /* UTF-8, NUL terminated, never a key */
  char request_id[80]; /* the provider's, "" if none */
};

#if defined(__GNUC__)
#define EMB_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define EMB_MUST_USE __attribute__((warn_unused_result))
#else
#define EMB_PRINTF(f, a)
#define EMB_MUST_USE
#endif

/* Stores code and formatted message and returns the code. `err` may be NULL. */
int emb_err_set(struct emb_err *err, int code, const char *format, ...) EMB_PRINTF(3, 4);
/* Puts formatted context in front of the stored message, cutting the tail if it gets too long. */
void emb_err_prefix(struct emb_err *err, const char *format, ...) EMB_PRINTF(2, 3);
/* Overwrites every occurrence of secret[0..n) in the message with asterisks, and of its beginning
 * where a cut left 12 bytes of it or more. Secrets shorter than 4 bytes are left. */
void emb_err_redact(struct emb_err *err, const char *secret, size_t n);
/* Forgets the error. */
void emb_err_clear(struct emb_err *err);
/* The static text of a code. */
const char *emb_err_text(int code);
/* The name of a code ("NOMEM"), for tables and tests. */
const char *emb_err_name(int code);
/* Cuts text[0..n) so that it does not end inside a UTF-8 sequence; returns the new length. */
size_t emb_utf8_floor(const char *text, size_t n);

#endif
