/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every allocation of SQLite's fails once: while loading, while registering a client, while asking.
 * A failed load leaves nothing behind; nothing crashes, and the next try works. */
#include "load.h"

static struct sim sim;
static sqlite3_mem_methods real;
static long countdown = -1; /* the allocation that fails; -1: none */
static long n_refused;

static int refuse(void) {
  if (countdown < 0 || countdown-- > 0) return 0;
  n_refused++;
  return 1;
}

static void *failing_malloc(int n) { return refuse() ? NULL : real.xMalloc(n); }
static void *failing_realloc(void *p, int n) { return refuse() ? NULL : real.xRealloc(p, n); }

/* The n-th allocation from here, counted from 0, fails. */
static void fail_at(long n) {
  countdown = n;
  n_refused = 0;
}

/* Ends that; 1 when it came to it. */
static int was_refused(void) {
  countdown = -1;
  return n_refused > 0;
}

static int has_nothing(sqlite3 *db) {
  return strstr(ask(db, "SELECT rembed_version()"), "no such function") &&
         strstr(ask(db, "SELECT base64_decode('')"), "no such function") &&
         strstr(ask(db, "SELECT * FROM rembed_clients"), "no such table");
}

static void loading(void) {
  int good = 1, reached_end = 0;
  long n = 0;
  for (; n < 2000 && !reached_end; n++) {
    sqlite3 *db = NULL;
    char *error = NULL;
    sqlite3_open(":memory:", &db);
    fail_at(n);
    int rc = load(db, &error);
    reached_end = !was_refused();
    sqlite3_free(error);
    if (rc && !has_nothing(db)) {
      good = 0;
      printf("     a load that failed at allocation %ld left something\n", n);
    }
    if (!rc && !is(db, "SELECT rembed_version() IS NOT NULL", "1")) good = 0;
    if (sqlite3_close(db)) good = 0;
  }
  check(good, "a load that fails leaves nothing, one that succeeds leaves all");
  check(reached_end && n > 20, "every allocation of a load failed once");
}

static void statement(const char *what, const char *sql, int with_client, const char *wanted) {
  int good = 1, reached_end = 0;
  long n = 0;
  for (; n < 3000 && !reached_end; n++) {
    sqlite3 *db = open_loaded();
    if (with_client) add_client(db, &sim, "c", "", "");
    fail_at(n);
    const char *got = ask(db, sql);
    reached_end = !was_refused();
    int fine = strcmp(got, wanted) == 0 || strstr(got, "out of memory") != NULL;
    if (!fine) printf("     allocation %ld: %s\n", n, got);
    good &= fine;
    if (with_client) good &= is(db, "SELECT length(rembed('c', 'after it'))", "1024");
    if (sqlite3_close(db)) good = 0;
  }
  check(good && reached_end && n > 10, what);
}

int main(void) {
  sqlite3_mem_methods failing;
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real);
  failing = real;
  failing.xMalloc = failing_malloc;
  failing.xRealloc = failing_realloc;
  sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0); /* every allocation is seen */
  sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
  sim_start(&sim, NULL);
  loading();
  statement(
      "out of memory while registering a client",
      "INSERT INTO temp.rembed_clients VALUES ('x', rembed_client_options('format', 'ollama', "
      "'model', 'm', 'headers', '{\"a\":\"b\"}')) RETURNING name",
      0, "x");
  statement("out of memory while showing clients", "SELECT options IS NOT NULL FROM rembed_clients",
            0, "1");
  statement("out of memory in rembed()", "SELECT length(rembed('c', 'hello'))", 1, "1024");
  statement("out of memory in rembed_batch()",
            "SELECT json_array_length(rembed_batch('c', '[\"one\", null, \"two\"]'))", 1, "3");
  statement("out of memory in the helpers", "SELECT hex(base64_decode(readfile_base64(x'00ff10')))",
            0, "00FF10");
  sim_stop(&sim);
  return finish();
}
