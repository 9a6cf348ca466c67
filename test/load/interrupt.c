/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sqlite3_interrupt() from another thread at random moments while a request stalls: the statement
 * ends with SQLITE_INTERRUPT soon, and the connection is usable. */
#include <pthread.h>
#include <time.h>

#include "load.h"

enum { ROUNDS = 30, MEDIAN_MS = 100, WORST_MS = 500 };

static struct sim sim;

struct strike {
  sqlite3 *db;
  int after_ms;
  struct timespec at;
};

static double ms_since(const struct timespec *then) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - then->tv_sec) * 1e3 + (double)(now.tv_nsec - then->tv_nsec) / 1e6;
}

static void *strike(void *ctx) {
  struct strike *s = ctx;
  nanosleep(&(struct timespec){0, s->after_ms * 1000000L}, NULL);
  clock_gettime(CLOCK_MONOTONIC, &s->at);
  sqlite3_interrupt(s->db);
  return NULL;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void rounds(sqlite3 *db, const char *what, const char *sql) {
  double latency[ROUNDS];
  int codes = 1, usable = 1;
  unsigned seed = 7;
  char line[200];
  for (int i = 0; i < ROUNDS; i++) {
    struct strike s = {.db = db, .after_ms = 1 + (int)(rand_r(&seed) % 120)};
    pthread_t thread;
    sqlite3_stmt *statement = NULL;
    sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    pthread_create(&thread, NULL, strike, &s);
    int rc = sqlite3_step(statement);
    pthread_join(thread, NULL);
    latency[i] = ms_since(&s.at);
    if (rc != SQLITE_INTERRUPT || sqlite3_errcode(db) != SQLITE_INTERRUPT) {
      codes = 0;
      printf("     round %d gave %d: %s\n", i, rc, sqlite3_errmsg(db));
    }
    sqlite3_finalize(statement);
    if (i % 10 == 0) usable &= is(db, "SELECT length(rembed('good', 'hello'))", "1024");
  }
  qsort(latency, ROUNDS, sizeof *latency, by_value);
  printf("%s: median %.0f ms, worst %.0f ms\n", what, latency[ROUNDS / 2], latency[ROUNDS - 1]);
  snprintf(line, sizeof line, "%s: every round ends with SQLITE_INTERRUPT", what);
  check(codes, line);
  snprintf(line, sizeof line, "%s: the median is within %d ms", what, MEDIAN_MS);
  check(latency[ROUNDS / 2] <= MEDIAN_MS, line);
  snprintf(line, sizeof line, "%s: the worst is within %d ms", what, WORST_MS);
  check(latency[ROUNDS - 1] <= WORST_MS, line);
  snprintf(line, sizeof line, "%s: the connection is usable", what);
  check(usable, line);
}

int main(void) {
  sim_start(&sim, NULL);
  sqlite3 *db = open_loaded();
  add_client(db, &sim, "good", "", "");
  add_client(db, &sim, "stalled", "/fault/stall", ",\"batch_size\":1");
  add_client(db, &sim, "waiting", "/fault/status=429+retry_after=30", "");
  add_client(db, &sim, "limited", "", ",\"requests_per_minute\":1");
  rounds(db, "one stalled request", "SELECT rembed('stalled', 'hello')");
  rounds(db, "four stalled requests",
         "SELECT rembed_batch('stalled', '[\"a1\",\"b2\",\"c3\",\"d4\",\"e5\"]')");
  rounds(db, "a wait that the server asked for", "SELECT rembed('waiting', 'hello')");
  ask(db, "SELECT rembed('limited', 'the one of this minute')");
  rounds(db, "a wait for our own rate limit", "SELECT rembed('limited', 'hello')");
  check(is(db, "SELECT sum(in_flight) FROM rembed_stats", "0"), "nothing is left in flight");
  check(sqlite3_close(db) == SQLITE_OK, "the connection closes");
  sim_stop(&sim);
  return finish();
}
