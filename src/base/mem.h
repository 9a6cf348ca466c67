/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_MEM_H
#define EMB_MEM_H
/*
 * Memory of all layers below `sql`. Sizes are in bytes; every allocator returns NULL when it fails
 * and never aborts. Tests make the Nth allocation fail through emb_mem_fail_at().
 */
#include <stddef.h>

void *emb_malloc(size_t n);
void *emb_calloc(size_t count, size_t size); /* zeroed; NULL on overflow too */
void *emb_realloc(void *p, size_t n);        /* keeps p on failure */
void emb_free(void *p);                      /* NULL is fine */
char *emb_strdup(const char *text);          /* NULL gives NULL */
char *emb_strndup(const char *text, size_t n);
/* Overwrites n bytes in a way the compiler may not remove. */
void emb_wipe(void *p, size_t n);
/* Wipes and frees a NUL-terminated secret; NULL is fine. */
void emb_free_secret(char *secret);

/* Test hook: the nth allocation from now fails (1 = the next one), and all after it when `forever`;
 * 0 switches it off. Returns how many allocations were asked for while the hook was armed
 * (LONG_MAX counts without failing). */
long emb_mem_fail_at(long nth, int forever);

#endif
