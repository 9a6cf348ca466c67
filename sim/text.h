/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SIM_TEXT_H
#define SIM_TEXT_H
/*
 * Growable text for the answers of the simulator. Out of memory ends the program: it is a tool for
 * tests, not a service.
 *
 * Invariant: whenever data is not NULL, data[n] is 0.
 */
#include <stddef.h>

struct sim_text {
  char *data; /* owned; NULL while empty */
  size_t n;
  size_t capacity;
};

void *sim_alloc(size_t bytes);               /* never NULL, zero filled */
void *sim_grow(void *old, size_t bytes);     /* realloc, never NULL */
char *sim_copy(const char *text, size_t n);  /* n bytes and a 0; free() it */
void sim_text_release(struct sim_text *out); /* safe twice */
void sim_text_clear(struct sim_text *out);   /* n = 0, keeps the memory */
/* Room for `bytes` more; returns where they go. The caller adds to n what it wrote. */
char *sim_text_room(struct sim_text *out, size_t bytes);
void sim_text_add(struct sim_text *out, const void *bytes, size_t n);
void sim_text_adds(struct sim_text *out, const char *text);
void sim_text_addf(struct sim_text *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void sim_text_quote(struct sim_text *out, const char *text, size_t n);
void sim_text_quotes(struct sim_text *out, const char *text); /* NULL writes null */

#endif
