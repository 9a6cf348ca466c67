/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Threads with connections of their own, which they open, use in every way and close, again and
 * again, while others do the same: each gets the vectors of its own texts. make check-tsan runs
 * this under ThreadSanitizer, with the extension compiled for it as well.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "load.h"

enum { N_THREADS = 4, CYCLES = 6, N_TEXTS = 30 };

static struct sim sim;
static pthread_barrier_t together;

struct worker {
  int number, n_wrong;
  char said[300]; /* of the first thing that went wrong */
};

static void expect(struct worker *w, int good, const char *what, const char *got) {
  if (good || w->n_wrong++) return;
  snprintf(w->said, sizeof w->said, "%s: %s", what, got);
}

/* ask() of load.h has a static buffer; here every thread has its own. */
static void asks(struct worker *w, sqlite3 *db, const char *sql, const char *wanted) {
  sqlite3_stmt *s = NULL;
  char got[200];
  int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
  if (!rc) rc = sqlite3_step(s);
  const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
  snprintf(got, sizeof got, "%s", text ? text : sqlite3_errmsg(db));
  sqlite3_finalize(s);
  expect(w, strcmp(got, wanted) == 0, sql, got);
}

static void add(struct worker *w, sqlite3 *db, const char *name, const char *fault,
                const char *more) {
  char *sql = sqlite3_mprintf(
      "INSERT INTO temp.rembed_clients VALUES (%Q, '{\"provider\":\"openai\",\"key\":\"k%d\","
      "\"url\":\"%s%s/openai/v1\"%s}')",
      name, w->number, sim.url, fault, more);
  expect(w, run(db, sql) == SQLITE_OK, name, sqlite3_errmsg(db));
  sqlite3_free(sql);
}

/* Half of a stream is read, then it is given up. */
static void give_up(struct worker *w, sqlite3 *db) {
  sqlite3_stmt *s = NULL;
  sqlite3_prepare_v2(db,
                     "SELECT id FROM rembed_stream('c', 'WITH RECURSIVE n(i) AS (SELECT 1 UNION "
                     "ALL SELECT i + 1 FROM n) SELECT i, ''text '' || i FROM n')",
                     -1, &s, NULL);
  for (int i = 0; i < 10; i++)
    expect(w, sqlite3_step(s) == SQLITE_ROW, "a stream", sqlite3_errmsg(db));
  sqlite3_finalize(s);
}

static void cycle(struct worker *w) {
  sqlite3 *db = NULL;
  char *error = NULL;
  if (sqlite3_open(":memory:", &db) || load(db, &error)) {
    expect(w, 0, "load", error ? error : "");
    sqlite3_free(error);
    sqlite3_close(db);
    return;
  }
  add(w, db, "c", "", ",\"batch_size\":3,\"dimensions\":32");
  add(w, db, "failing", "/fault/status=503+first=1", ",\"max_retry_wait\":0.01");
  add(w, db, "wrong", "/fault/status=401", "");
  char *sql = sqlite3_mprintf(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d), v(i, e) AS "
      "MATERIALIZED (SELECT i, rembed('c', 'thread %d text ' || i) FROM n) SELECT "
      "sum(e = rembed('c', 'thread %d text ' || i)) || ' ' || count(DISTINCT e) FROM v",
      N_TEXTS, w->number, w->number);
  asks(w, db, sql, "30 30");
  sqlite3_free(sql);
  asks(w, db, "SELECT json_array_length(rembed_batch('c', '[\"a\",\"b\",\"c\",\"d\",\"e\"]'))",
       "5");
  asks(w, db, "SELECT length(rembed('failing', 'x'))", "1024");
  asks(w, db, "SELECT count(embedding) FROM rembed_each('c', '[\"a\",\"b\",\"c\",\"d\",\"e\"]')",
       "5");
  asks(w, db, "SELECT count(*) > 40 FROM rembed_providers", "1");
  asks(w, db, "SELECT sum(in_flight) FROM rembed_stats", "0");
  give_up(w, db);
  expect(w, run(db, "SELECT rembed('wrong', 'x')") == SQLITE_ERROR, "a wrong key", "no error");
  expect(w, sqlite3_close(db) == SQLITE_OK, "close", sqlite3_errmsg(db));
}

static void *work(void *ctx) {
  struct worker *w = ctx;
  for (int i = 0; i < CYCLES; i++) {
    pthread_barrier_wait(&together);
    cycle(w);
  }
  return NULL;
}

int main(void) {
  pthread_t threads[N_THREADS];
  struct worker workers[N_THREADS];
  sim_start(&sim, NULL);
  pthread_barrier_init(&together, NULL, N_THREADS);
  for (int i = 0; i < N_THREADS; i++) {
    workers[i] = (struct worker){.number = i};
    pthread_create(&threads[i], NULL, work, &workers[i]);
  }
  for (int i = 0; i < N_THREADS; i++) {
    pthread_join(threads[i], NULL);
    check(!workers[i].n_wrong, "a thread with its own connections gets what it asks for");
    if (workers[i].n_wrong) printf("     %s\n", workers[i].said);
  }
  printf("%d threads opened and closed %d connections each\n", N_THREADS, CYCLES);
  pthread_barrier_destroy(&together);
  sim_stop(&sim);
  return finish();
}
