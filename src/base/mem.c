/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Memory: see mem.h. The hook's counters are the only mutable statics of the product besides the
 * once-guards; they are inert (one relaxed load) unless a test arms them. */
#include "base/mem.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static atomic_long fail_nth; /* 0: hook off */
static atomic_long asked;
static atomic_int fail_forever;

static int must_fail(void) {
  long nth = atomic_load_explicit(&fail_nth, memory_order_relaxed);
  if (!nth) return 0;
  long count = atomic_fetch_add(&asked, 1) + 1;
  return atomic_load(&fail_forever) ? count >= nth : count == nth;
}

long emb_mem_fail_at(long nth, int forever) {
  long seen = atomic_exchange(&asked, 0);
  atomic_store(&fail_forever, forever);
  atomic_store(&fail_nth, nth);
  return seen;
}

void *emb_malloc(size_t n) { return must_fail() ? NULL : malloc(n ? n : 1); }

void *emb_calloc(size_t count, size_t size) {
  if (must_fail()) return NULL;
  return calloc(count ? count : 1, size ? size : 1);
}

void *emb_realloc(void *p, size_t n) { return must_fail() ? NULL : realloc(p, n ? n : 1); }

void emb_free(void *p) { free(p); }

char *emb_strndup(const char *text, size_t n) {
  if (n == SIZE_MAX) return NULL;
  char *copy = emb_malloc(n + 1);
  if (!copy) return NULL;
  if (n) memcpy(copy, text, n);
  copy[n] = 0;
  return copy;
}

char *emb_strdup(const char *text) { return text ? emb_strndup(text, strlen(text)) : NULL; }

void emb_wipe(void *p, size_t n) {
#ifdef __GNUC__
  memset(p, 0, n);
  __asm__ volatile("" : : "r"(p) : "memory"); /* somebody may look: the memset stays */
#else
  volatile unsigned char *bytes = p;
  while (n--) *bytes++ = 0;
#endif
}

void emb_free_secret(char *secret) {
  if (!secret) return;
  emb_wipe(secret, strlen(secret));
  emb_free(secret);
}
