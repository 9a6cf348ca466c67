/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Growable text and JSON string quoting, for everything the simulator writes. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(void) {
  fputs("rembed-sim: out of memory\n", stderr);
  abort();
}

void *sim_alloc(size_t bytes) {
  void *memory = calloc(1, bytes ? bytes : 1);
  if (!memory) die();
  return memory;
}

void *sim_grow(void *old, size_t bytes) {
  void *memory = realloc(old, bytes ? bytes : 1);
  if (!memory) die();
  return memory;
}

char *sim_copy(const char *text, size_t n) {
  char *copy = sim_alloc(n + 1);
  if (n) memcpy(copy, text, n);
  return copy;
}

void sim_text_release(struct sim_text *out) {
  free(out->data);
  memset(out, 0, sizeof *out);
}

void sim_text_clear(struct sim_text *out) {
  out->n = 0;
  if (out->data) out->data[0] = 0;
}

char *sim_text_room(struct sim_text *out, size_t bytes) {
  size_t need = out->n + bytes + 1;
  if (need > out->capacity) {
    size_t capacity = out->capacity ? out->capacity : 256;
    while (capacity < need) capacity *= 2;
    out->data = sim_grow(out->data, capacity);
    out->capacity = capacity;
  }
  return out->data + out->n;
}

void sim_text_add(struct sim_text *out, const void *bytes, size_t n) {
  char *at = sim_text_room(out, n);
  if (n) memcpy(at, bytes, n);
  out->n += n;
  out->data[out->n] = 0;
}

void sim_text_adds(struct sim_text *out, const char *text) {
  sim_text_add(out, text, strlen(text));
}

void sim_text_addf(struct sim_text *out, const char *format, ...) {
  size_t room = 128;
  for (;;) {
    char *at = sim_text_room(out, room);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(at, room + 1, format, args);
    va_end(args);
    if (n < 0) return;
    if ((size_t)n <= room) {
      out->n += (size_t)n;
      return;
    }
    room = (size_t)n;
  }
}

/* Length of the UTF-8 character at `at`, 0 when the bytes are not one. */
static size_t utf8_length(const unsigned char *at, size_t n) {
  size_t length = at[0] < 0x80                    ? 1
                  : at[0] >= 0xC2 && at[0] < 0xE0 ? 2
                  : at[0] >= 0xE0 && at[0] < 0xF0 ? 3
                  : at[0] >= 0xF0 && at[0] < 0xF5 ? 4
                                                  : 0;
  if (length == 0 || length > n) return 0;
  for (size_t i = 1; i < length; i++)
    if ((at[i] & 0xC0) != 0x80) return 0;
  if (at[0] == 0xE0 && at[1] < 0xA0) return 0;
  if (at[0] == 0xED && at[1] > 0x9F) return 0;
  if (at[0] == 0xF0 && at[1] < 0x90) return 0;
  if (at[0] == 0xF4 && at[1] > 0x8F) return 0;
  return length;
}

void sim_text_quote(struct sim_text *out, const char *text, size_t n) {
  const unsigned char *bytes = (const unsigned char *)text;
  sim_text_add(out, "\"", 1);
  for (size_t i = 0; i < n;) {
    size_t start = i;
    while (i < n && bytes[i] >= 0x20 && bytes[i] < 0x80 && bytes[i] != '"' && bytes[i] != '\\') i++;
    if (i > start) {
      sim_text_add(out, text + start, i - start);
      continue;
    }
    size_t length = utf8_length(bytes + i, n - i);
    if (length > 1) {
      sim_text_add(out, text + i, length);
      i += length;
    } else if (length == 0) {
      sim_text_add(out, "\xEF\xBF\xBD", 3);
      i++;
    } else if (bytes[i] == '"' || bytes[i] == '\\') {
      sim_text_addf(out, "\\%c", text[i++]);
    } else {
      sim_text_addf(out, "\\u%04x", bytes[i++]);
    }
  }
  sim_text_add(out, "\"", 1);
}

void sim_text_quotes(struct sim_text *out, const char *text) {
  if (text)
    sim_text_quote(out, text, strlen(text));
  else
    sim_text_adds(out, "null");
}
