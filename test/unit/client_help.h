/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * For the tests of clients: an environment without keys, a client from the text of its options, and
 * a refusal in given words that shows no key.
 */
#ifndef CLIENT_HELP_H
#define CLIENT_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "embed/client.h"

#define KEY "sk-SECRET-9f8e7d"
#define N(array) (sizeof(array) / sizeof *(array))

/* No key of the machine's environment may have a say. */
static int clear_environment(void **state) {
  (void)state;
  int n;
  const struct emb_provider *rows = emb_providers(&n);
  for (int i = 0; i < n; i++)
    for (const char *p = rows[i].key_env; p && *p;) {
      char name[128];
      size_t length = strcspn(p, " ");
      snprintf(name, sizeof name, "%.*s", (int)length, p);
      unsetenv(name);
      p += length + (p[length] == ' ');
    }
  unsetenv("MY_KEY");
  unsetenv("REMBED_ALLOW_HOSTS");
  return 0;
}

static struct emb_client *client(const char *name, const char *options) {
  struct emb_client *c = NULL;
  struct emb_err err = {0};
  if (emb_client_new(name, options, strlen(options), &c, &err))
    fail_msg("%s: %s", options, err.message);
  return c;
}

static void refused(const char *name, const char *options, const char *words) {
  struct emb_client *c = NULL;
  struct emb_err err = {0};
  assert_int_equal(emb_client_new(name, options, strlen(options), &c, &err), EMB_ECONFIG);
  assert_null(c);
  if (!strstr(err.message, words)) fail_msg("%s: %s", options, err.message);
  if (strstr(err.message, KEY)) fail_msg("the key shows: %s", err.message);
}

#endif
