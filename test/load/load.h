/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TEST_LOAD_H
#define TEST_LOAD_H
/* What the programs of this folder share: checks that count, a connection with the extension, one
 * value out of one statement. */
#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../support/sim.h"

static int n_passed, n_failed;

__attribute__((unused)) static void check(int good, const char *what) {
  if (good)
    n_passed++;
  else
    n_failed++;
  if (!good) printf("FAIL %s\n", what);
}

__attribute__((unused)) static int finish(void) {
  printf("%d passed, %d failed\n", n_passed, n_failed);
  return n_failed != 0;
}

/* The extension to load: $REMBED_EXTENSION, or dist/rembed0.so. */
__attribute__((unused)) static int load(sqlite3 *db, char **error) {
  const char *path = getenv("REMBED_EXTENSION");
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, NULL);
  return sqlite3_load_extension(db, path ? path : "dist/rembed0.so", NULL, error);
}

__attribute__((unused)) static sqlite3 *open_loaded(void) {
  sqlite3 *db = NULL;
  char *error = NULL;
  if (sqlite3_open(":memory:", &db) || load(db, &error)) {
    fprintf(stderr, "cannot load the extension: %s\n", error ? error : "no database");
    exit(2);
  }
  return db;
}

__attribute__((unused)) static int run(sqlite3 *db, const char *sql) {
  return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* The first value of a statement as text, or the error as "error: ..."; valid until the next call.
 */
__attribute__((unused)) static const char *ask(sqlite3 *db, const char *sql) {
  static char answer[4096];
  sqlite3_stmt *statement = NULL;
  int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
  if (!rc) rc = sqlite3_step(statement);
  if (rc == SQLITE_ROW) {
    int is_null = sqlite3_column_type(statement, 0) == SQLITE_NULL;
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    snprintf(answer, sizeof answer, "%s", text ? text : is_null ? "NULL" : "error: out of memory");
  } else {
    snprintf(answer, sizeof answer, "error: %s", rc == SQLITE_DONE ? "no row" : sqlite3_errmsg(db));
  }
  sqlite3_finalize(statement);
  return answer;
}

__attribute__((unused)) static int is(sqlite3 *db, const char *sql, const char *wanted) {
  const char *got = ask(db, sql);
  if (strcmp(got, wanted) != 0) printf("     %s\n     gave: %s\n", sql, got);
  return strcmp(got, wanted) == 0;
}

__attribute__((unused)) static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

__attribute__((unused)) static void sleep_ms(long ms) {
  nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static int count_entries(const char *path) {
  int n = 0;
  DIR *folder = opendir(path);
  if (!folder) return -1;
  while (readdir(folder)) n++;
  closedir(folder);
  return n - 2;
}

/* Open descriptors of this process; the one that counts is among them. */
__attribute__((unused)) static int count_descriptors(void) {
  return count_entries("/proc/self/fd");
}

__attribute__((unused)) static int count_threads(void) { return count_entries("/proc/self/task"); }

/* Waits a little until no more than `n` threads are left: one that has been let go ends soon. */
__attribute__((unused)) static int threads_end(int n) {
  for (int i = 0; i < 400; i++) {
    if (count_threads() <= n) return 1;
    sleep_ms(5);
  }
  printf("     %d threads, not %d\n", count_threads(), n);
  return 0;
}

/* Ends a forked child, with exit() so that what it counted for `make coverage` is written. Not
 * under a sanitizer, for which what it left alone of its parent's would be lost memory. */
__attribute__((unused, noreturn)) static void end_child(int code) {
  fflush(stdout);
#ifndef __SANITIZE_ADDRESS__
  exit(code);
#endif
  _exit(code);
}

/* Registers a client of the simulator, with more options as JSON members (", \"a\":1" or ""). */
__attribute__((unused)) static int add_client(sqlite3 *db, const struct sim *sim, const char *name,
                                              const char *fault, const char *more) {
  char *sql = sqlite3_mprintf(
      "INSERT INTO temp.rembed_clients VALUES (%Q, '{\"provider\":\"openai\",\"key\":\"k\","
      "\"url\":\"%s%s/openai/v1\"%s}')",
      name, sim->url, fault, more);
  int rc = run(db, sql);
  if (rc) printf("     %s\n", sqlite3_errmsg(db));
  sqlite3_free(sql);
  return rc;
}

#endif
