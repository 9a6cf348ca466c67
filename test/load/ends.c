/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The ways a statement can end while 64 of its requests are in flight: finalized, reset, given up
 * by a LIMIT or an error, the connection closed under it, the process forked. Nothing of it stays:
 * no request at the server, no descriptor, no thread, no memory.
 */
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

enum { N_NULLS = 90, N_TAKEN = 88, LAST = 150, IN_FLIGHT = 64, CYCLES = 12 };

static struct sim sim;

/* Waits until the simulator has done with every request. */
static long drain(void) {
  long left = -1;
  for (int i = 0; i < 1000 && (left = sim_stat(&sim, "in_flight")) != 0; i++) sleep_ms(5);
  return left;
}

static sqlite3 *open_with_clients(void) {
  sqlite3 *db = open_loaded();
  add_client(db, &sim, "c", "", ",\"batch_size\":1,\"max_concurrent_requests\":68");
  add_client(db, &sim, "good", "", "");
  return db;
}

/* Rows of NULL come at once; while they are taken, the requests of what follows them start. `tail`
 * goes behind the call. */
static sqlite3_stmt *with_64_in_flight(sqlite3 *db, const char *tail) {
  sqlite3_stmt *s = NULL;
  sim_config(&sim, "{\"latency_ms\":60000}");
  char *sql = sqlite3_mprintf(
      "SELECT id, embedding FROM rembed_stream('c', 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
      "SELECT i + 1 FROM n) SELECT i, CASE WHEN i > %d THEN ''text '' || i END FROM n')%s",
      N_NULLS, tail);
  if (sqlite3_prepare_v2(db, sql, -1, &s, NULL)) printf("     %s\n", sqlite3_errmsg(db));
  sqlite3_free(sql);
  for (int i = 0; i < N_TAKEN; i++) {
    if (sqlite3_step(s) != SQLITE_ROW) printf("     %s\n", sqlite3_errmsg(db));
    sleep_ms(2);
  }
  return s;
}

/* 1 when as many as are allowed are at the server. */
static int all_in_flight(void) {
  int good = sim_wait(&sim, "in_flight", IN_FLIGHT, 3000);
  if (!good) printf("     %ld in flight\n", sim_stat(&sim, "in_flight"));
  return good;
}

static void nothing_stays(sqlite3 *db, const char *what) {
  char line[160];
  snprintf(line, sizeof line, "%s: nothing stays at the server", what);
  check(drain() == 0, line);
  sim_reset(&sim);
  if (!db) return;
  snprintf(line, sizeof line, "%s: nothing is counted as in flight", what);
  check(is(db, "SELECT sum(in_flight) FROM rembed_stats", "0"), line);
  snprintf(line, sizeof line, "%s: the connection is usable", what);
  check(is(db, "SELECT length(rembed('good', 'hello'))", "1024"), line);
}

/* ---- one end each ---- */

static void finalized(sqlite3 *db) {
  sqlite3_stmt *s = with_64_in_flight(db, "");
  check(all_in_flight(), "64 are in flight");
  double since = now_ms();
  sqlite3_finalize(s);
  check(now_ms() - since < 200, "a finalized statement returns at once");
  nothing_stays(db, "finalize");
}

static void reset(sqlite3 *db) {
  sqlite3_stmt *s = with_64_in_flight(db, "");
  check(all_in_flight(), "64 are in flight");
  check(sqlite3_reset(s) == SQLITE_OK, "reset says nothing was wrong");
  nothing_stays(db, "reset");
  check(sqlite3_step(s) == SQLITE_ROW, "after a reset it begins anew");
  sqlite3_finalize(s);
  nothing_stays(db, "reset and finalize");
}

static void limited(sqlite3 *db) {
  sqlite3_stmt *s = with_64_in_flight(db, " LIMIT 88");
  int rc;
  check(all_in_flight(), "64 are in flight");
  while ((rc = sqlite3_step(s)) == SQLITE_ROW) continue;
  check(rc == SQLITE_DONE, "LIMIT ends the statement");
  nothing_stays(db, "LIMIT"); /* before it is finalized */
  sqlite3_finalize(s);
}

static void failed(sqlite3 *db) {
  sqlite3_stmt *s = with_64_in_flight(db, " WHERE id <= 88 OR abs(-9223372036854775808) > 0");
  int rc;
  check(all_in_flight(), "64 are in flight");
  while ((rc = sqlite3_step(s)) == SQLITE_ROW) continue;
  check(rc == SQLITE_ERROR && strstr(sqlite3_errmsg(db), "integer overflow"),
        "an error of another function ends the statement");
  nothing_stays(db, "an error");
  sqlite3_finalize(s);
}

static void rolled_back(sqlite3 *db) {
  run(db, "CREATE TABLE t(x); BEGIN; INSERT INTO t VALUES (1)");
  sqlite3_stmt *s = with_64_in_flight(db, "");
  check(all_in_flight(), "64 are in flight");
  check(run(db, "ROLLBACK") == SQLITE_OK, "a transaction is rolled back meanwhile");
  sqlite3_finalize(s);
  nothing_stays(db, "ROLLBACK");
  run(db, "DROP TABLE IF EXISTS t");
}

static void closed(void) {
  sqlite3 *db = open_with_clients();
  sqlite3_stmt *s = with_64_in_flight(db, "");
  check(all_in_flight(), "64 are in flight");
  check(sqlite3_close(db) == SQLITE_BUSY, "sqlite3_close refuses");
  check(sqlite3_step(s) == SQLITE_ROW, "and changes nothing");
  sqlite3_finalize(s);
  double since = now_ms();
  check(sqlite3_close(db) == SQLITE_OK, "the connection closes");
  check(now_ms() - since < 200, "at once");
  nothing_stays(NULL, "close");
}

static void closed_v2(void) {
  sqlite3 *db = open_with_clients();
  sqlite3_stmt *s = with_64_in_flight(db, "");
  check(all_in_flight(), "64 are in flight");
  check(sqlite3_close_v2(db) == SQLITE_OK, "sqlite3_close_v2 under the statement");
  check(sqlite3_step(s) == SQLITE_ROW, "which goes on");
  check(sqlite3_finalize(s) == SQLITE_OK, "and ends the connection with it");
  nothing_stays(NULL, "close_v2");
}

/* ---- fork ---- */

/* Takes what is left of the rows up to the last one wanted and compares each with a fresh answer.
 */
static int right_to_the_last(sqlite3 *db, sqlite3_stmt *s) {
  int rc, rows = 0, wrong = 0;
  while ((rc = sqlite3_step(s)) == SQLITE_ROW && sqlite3_column_int(s, 0) <= LAST) {
    int id = sqlite3_column_int(s, 0);
    rows++;
    if (id <= N_NULLS) continue;
    char *sql = sqlite3_mprintf("SELECT hex(rembed('good', 'text %d'))", id);
    char *wanted = strdup(ask(db, sql));
    const unsigned char *got = sqlite3_column_blob(s, 1);
    int n = sqlite3_column_bytes(s, 1), same = n == (int)strlen(wanted) / 2 && n > 0;
    for (int i = 0; i < n && same; i++) {
      char byte[3];
      snprintf(byte, sizeof byte, "%02X", got[i]);
      same = memcmp(byte, wanted + 2 * (size_t)i, 2) == 0;
    }
    wrong += !same;
    free(wanted);
    sqlite3_free(sql);
  }
  if (rc != SQLITE_ROW || wrong)
    printf("     %d: %d of %d rows wrong: %s\n", rc, wrong, rows, sqlite3_errmsg(db));
  sqlite3_finalize(s);
  return rc == SQLITE_ROW && !wrong && rows == LAST - N_TAKEN;
}

static void forked(sqlite3 *db) {
  sqlite3_stmt *s = with_64_in_flight(db, "");
  check(all_in_flight(), "64 are in flight");
  sim_config(&sim, "{\"latency_ms\":1}"); /* those on their way keep their minute */
  pid_t child = fork();
  if (!child) {
    int good = right_to_the_last(db, s);
    good &= sqlite3_close(db) == SQLITE_OK;
    end_child(good ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  check(WIFEXITED(status) && WEXITSTATUS(status) == 0,
        "a child goes on with the inherited statement, on connections of its own");
  check(sim_stat(&sim, "in_flight") >= IN_FLIGHT, "and does not end what its parent has in flight");
  sqlite3_finalize(s);
  nothing_stays(db, "fork");
}

/* Both go on with one statement at once. */
static void forked_both(sqlite3 *db) {
  sqlite3_stmt *s = NULL;
  sim_config(&sim, "{\"latency_ms\":30}");
  sqlite3_prepare_v2(db,
                     "SELECT id, embedding FROM rembed_stream('c', 'WITH RECURSIVE n(i) AS (SELECT "
                     "89 UNION ALL SELECT i + 1 FROM n) SELECT i, CASE WHEN i > 90 THEN ''text '' "
                     "|| i END FROM n')",
                     -1, &s, NULL);
  sqlite3_step(s); /* connections are there to be shared */
  sqlite3_reset(s);
  pid_t child = fork();
  int good = right_to_the_last(db, s);
  if (!child) {
    end_child(good ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  check(good, "the parent gets its own vectors while the child asks");
  check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "and the child its own");
  nothing_stays(db, "two processes");
}

/* ---- what is left ---- */

static void cycle(void) {
  sqlite3 *db = open_with_clients();
  sqlite3_stmt *s = with_64_in_flight(db, "");
  sqlite3_finalize(s);
  sqlite3_close(db);
}

static void leftovers(void) {
  cycle();
  drain();
  struct mallinfo2 before = mallinfo2();
  int n_descriptors = count_descriptors(), n_threads = count_threads();
  for (int i = 0; i < CYCLES; i++) cycle();
  drain();
  struct mallinfo2 after = mallinfo2();
  long grown = (long)after.uordblks - (long)before.uordblks;
  printf("%d times 64 in flight given up: %d descriptors, %d threads, %ld bytes more\n", CYCLES,
         count_descriptors() - n_descriptors, count_threads() - n_threads, grown);
  check(count_descriptors() <= n_descriptors, "no descriptor is left");
  check(count_threads() <= n_threads, "no thread is left");
#ifndef __SANITIZE_ADDRESS__ /* whose allocator does not count here */
  check(grown <= 0, "no memory is left");
#endif
  check(sqlite3_memory_used() == 0, "and none of SQLite's");
  sim_reset(&sim);
}

int main(int argc, char **argv) {
  static const char exact[] = "glibc.malloc.tcache_count=0";
  (void)argc;
  /* Blocks kept for reuse by a thread count as in use: without them the figures are exact. */
  if (!getenv("GLIBC_TUNABLES") && !setenv("GLIBC_TUNABLES", exact, 1))
    execv("/proc/self/exe", argv);
  setvbuf(stdout, NULL, _IOLBF, 0);
  sim_start(&sim, NULL);
  leftovers();
  sqlite3 *db = open_with_clients();
  finalized(db);
  reset(db);
  limited(db);
  failed(db);
  rolled_back(db);
  forked(db);
  forked_both(db);
  check(sqlite3_close(db) == SQLITE_OK, "the connection closes");
  closed();
  closed_v2();
  sim_stop(&sim);
  return finish();
}
