/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The built-in model inside a process: it starts no libcurl and opens no descriptor, its file is
 * read only where rows are touched, it answers at once and can be interrupted. libcurl's start is
 * seen because this program has functions of the same names, which the extension finds first. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

static int n_curl_starts;

/* libcurl's own types are not needed to pass the calls on. */
__attribute__((visibility("default"))) int curl_global_init(long flags);
__attribute__((visibility("default"))) void *curl_multi_init(void);

int curl_global_init(long flags) {
  n_curl_starts++;
  int (*real)(long) = (int (*)(long))dlsym(RTLD_NEXT, "curl_global_init");
  return real ? real(flags) : 2;
}

void *curl_multi_init(void) {
  n_curl_starts++;
  void *(*real)(void) = (void *(*)(void))dlsym(RTLD_NEXT, "curl_multi_init");
  return real ? real() : NULL;
}

static int n_descriptors(void) {
  int n = 0;
  for (int fd = 0; fd < 256; fd++) n += fcntl(fd, F_GETFD) != -1;
  return n;
}

/* KiB of the extension's file that are in this process's memory. */
static long resident_kib(void) {
  char line[512];
  long total = 0, kib;
  int ours = 0;
  FILE *file = fopen("/proc/self/smaps", "r");
  while (file && fgets(line, sizeof line, file)) {
    unsigned long from, to;
    if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
      ours = strstr(line, "/rembed0.so") != NULL;
    else if (ours && sscanf(line, "Rss: %ld kB", &kib) == 1)
      total += kib;
  }
  if (file) fclose(file);
  return total;
}

static void starts_nothing(sqlite3 *db) {
  int before = n_descriptors();
  check(is(db, "SELECT length(rembed('local', 'hello'))", "1024"), "rembed");
  check(is(db, "SELECT json_array_length(rembed_batch('local', '[\"a\", \"b\"]'))", "2"),
        "rembed_batch");
  check(is(db, "SELECT count(embedding) FROM rembed_each('local', '[\"a\", \"b\"]')", "2"),
        "rembed_each");
  check(is(db, "SELECT count(embedding) FROM rembed_stream('local', 'SELECT 1, ''a''')", "1"),
        "rembed_stream");
  ask(db, "CREATE TABLE v(id, e)");
  check(is(db,
           "SELECT json_extract(rembed_into('local', 'SELECT 1, ''a''', 'INSERT INTO v VALUES "
           "(?1, ?2)'), '$.embedded')",
           "1"),
        "rembed_into");
  check(
      is(db, "SELECT json_extract(rembed_images_concurrent('local', '[]'), '$.stats.failed')", "0"),
      "rembed_images_concurrent of nothing");
  check(is(db, "SELECT length(rembed_local('hello', 8))", "32"), "rembed_local");
  check(n_curl_starts == 0, "libcurl was not started");
  check(n_descriptors() == before, "no descriptor was opened");
  /* that the count counts */
  ask(db, "INSERT INTO temp.rembed_clients VALUES ('far', rembed_client_options('format', "
          "'ollama', 'url', 'http://127.0.0.1:9', 'max_retries', 0))");
  ask(db, "SELECT rembed('far', 'hello')");
  check(n_curl_starts > 0, "a client with a server starts it");
}

static void reads_what_it_touches(void) {
  sqlite3 *db = open_loaded();
  long loaded = resident_kib();
#ifndef __SANITIZE_ADDRESS__ /* which reads what it guards */
  check(loaded > 0 && loaded < 4000, "loading does not read the model");
#endif
  double since = now_ms();
  check(is(db, "SELECT length(rembed_local('a first text'))", "1024"), "a first text");
  check(now_ms() - since < 50, "the first vector is there at once");
  long touched = resident_kib();
  check(touched < loaded + 3000, "a text reads a few pages of it");
  ask(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
          "SELECT count(rembed_local(hex(randomblob(4)) || ' ' || char(97 + i % 26, 97 + i / 26 % "
          "26, 97 + i / 676 % 26))) FROM n");
  check(resident_kib() > touched + 500, "and many texts read more");
  sqlite3_close(db);
}

static void *strike(void *ctx) {
  nanosleep(&(struct timespec){0, 50000000L}, NULL);
  sqlite3_interrupt(ctx);
  return NULL;
}

static void can_be_interrupted(sqlite3 *db) {
  static const char sql[] =
      "SELECT length(rembed_batch('local', (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + "
      "1 FROM n WHERE i < 400000) SELECT json_group_array('some words of a text, number ' || i) "
      "FROM n)))";
  pthread_t thread;
  sqlite3_stmt *statement = NULL;
  sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
  double since = now_ms();
  pthread_create(&thread, NULL, strike, db);
  int rc = sqlite3_step(statement);
  double spent = now_ms() - since;
  pthread_join(thread, NULL);
  check(rc == SQLITE_INTERRUPT && spent < 1000, "a long batch can be interrupted");
  sqlite3_finalize(statement);
  check(is(db, "SELECT length(rembed('local', 'after it'))", "1024"), "and the next call works");
}

int main(void) {
  reads_what_it_touches();
  sqlite3 *db = open_loaded();
  starts_nothing(db);
  can_be_interrupted(db);
  check(sqlite3_close(db) == SQLITE_OK, "the connection closes");
  return finish();
}
