/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H
/*
 * What the libFuzzer targets of this folder share. A target cuts its input into lines (the last
 * field takes what is left), so that its seeds are text; what it finds wrong it abort()s on. Every
 * text is handed over as a heap block of its exact size, so that a byte read beyond it is seen.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the target where `ok` is 0. */
#define check(ok)                                                                                  \
  do {                                                                                             \
    if (!(ok)) {                                                                                   \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #ok);                             \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

struct input {
  const char *p;
  size_t n;
};

/* The first byte; 0 at the end. */
__attribute__((unused)) static unsigned take_byte(struct input *in) {
  if (!in->n) return 0;
  in->n--;
  return (unsigned char)*in->p++;
}

/* A copy of bytes, free() it. */
__attribute__((unused)) static char *copy_bytes(const char *bytes, size_t n) {
  char *copy = malloc(n ? n : 1);
  check(copy);
  if (n) memcpy(copy, bytes, n);
  return copy;
}

/* A copy as a C string, up to its first 0; free() it. */
__attribute__((unused)) static char *copy_text(const char *text, size_t n) {
  const char *zero = n ? memchr(text, 0, n) : NULL;
  if (zero) n = (size_t)(zero - text);
  char *copy = malloc(n + 1);
  check(copy);
  if (n) memcpy(copy, text, n);
  copy[n] = 0;
  return copy;
}

/* The bytes up to the next line feed, which is eaten. */
__attribute__((unused)) static struct input take_line(struct input *in) {
  const char *end = in->n ? memchr(in->p, '\n', in->n) : NULL;
  struct input line = {in->p, end ? (size_t)(end - in->p) : in->n};
  size_t used = line.n + (end != NULL);
  in->p += used;
  in->n -= used;
  return line;
}

/* The same as a C string; free() it. */
__attribute__((unused)) static char *take_text(struct input *in) {
  struct input line = take_line(in);
  return copy_text(line.p, line.n);
}

/* NULL for an empty text, which it frees. */
__attribute__((unused)) static char *or_null(char *text) {
  if (*text) return text;
  free(text);
  return NULL;
}

/* What holds of every error record. */
__attribute__((unused)) static void check_err(const struct emb_err *err, int rc) {
  check(err->code == rc);
  check(memchr(err->message, 0, sizeof err->message));
  check(memchr(err->request_id, 0, sizeof err->request_id));
  check(rc == 0 || err->message[0]);
}

#endif
