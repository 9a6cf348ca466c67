/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Loading and closing: twice on one connection, many connections, a thousand times, with statements
 * that outlive the connection, abandoned in the middle, with requests in flight. */
#include <unistd.h>

#include "load.h"

static struct sim sim;

static void load_twice(void) {
  sqlite3 *db = open_loaded();
  char *error = NULL;
  check(add_client(db, &sim, "one", "", "") == 0, "a client is registered");
  check(load(db, &error) == SQLITE_OK, "loading twice on one connection is fine");
  check(is(db, "SELECT rembed_version() IS NOT NULL", "1"), "the functions are there after it");
  check(is(db, "SELECT count(*) > 0 FROM temp.rembed_clients", "1"), "and so is the table");
  check(add_client(db, &sim, "two", "", "") == 0, "a client can be registered after it");
  check(is(db, "SELECT length(rembed('two', 'hello'))", "1024"), "and works");
  check(sqlite3_close(db) == SQLITE_OK, "the connection closes");
}

static void two_connections(void) {
  sqlite3 *a = open_loaded(), *b = open_loaded();
  add_client(a, &sim, "mine", "", ",\"dimensions\":8");
  add_client(b, &sim, "mine", "", ",\"dimensions\":16");
  add_client(b, &sim, "theirs", "", "");
  check(is(a, "SELECT length(rembed('mine', 'hello'))", "32"), "the first has its own client");
  check(is(b, "SELECT length(rembed('mine', 'hello'))", "64"), "the second has its own");
  check(strstr(ask(a, "SELECT rembed('theirs', 'x')"), "was not registered") != NULL,
        "clients do not cross connections");
  sqlite3_close(a);
  check(is(b, "SELECT length(rembed('mine', 'again'))", "64"), "closing one leaves the other");
  check(sqlite3_close(b) == SQLITE_OK, "the other closes");
}

static void many_times(void) {
  int good = 0, before = count_descriptors(), n_threads = count_threads();
  for (int i = 0; i < 1000; i++) {
    sqlite3 *db = open_loaded();
    if (i % 50 == 0) {
      add_client(db, &sim, "c", "", "");
      good += is(db, "SELECT length(rembed('c', 'hello'))", "1024");
    } else {
      good += is(db, "SELECT count(*) FROM temp.rembed_clients", "2");
    }
    good += sqlite3_close(db) == SQLITE_OK;
  }
  check(good == 2000, "a thousand loads and closes");
  check(count_descriptors() <= before + 1, "and no descriptor is left open");
  check(count_threads() <= n_threads, "and no thread");
}

static void close_with_statement(void) {
  sqlite3 *db = open_loaded();
  sqlite3_stmt *statement = NULL;
  add_client(db, &sim, "c", "", "");
  sqlite3_prepare_v2(db,
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) "
                     "SELECT length(rembed('c', 'row ' || i)) FROM n",
                     -1, &statement, NULL);
  check(sqlite3_step(statement) == SQLITE_ROW, "a statement is in the middle");
  check(sqlite3_close(db) == SQLITE_BUSY, "sqlite3_close refuses");
  check(sqlite3_close_v2(db) == SQLITE_OK, "sqlite3_close_v2 does not");
  check(sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0) == 1024,
        "the statement works on after it");
  check(sqlite3_finalize(statement) == SQLITE_OK, "and ends well");
}

static void close_with_cursor(void) {
  sqlite3 *db = open_loaded();
  sqlite3_stmt *statement = NULL;
  sqlite3_prepare_v2(db, "SELECT name, options FROM temp.rembed_clients", -1, &statement, NULL);
  check(sqlite3_step(statement) == SQLITE_ROW, "a cursor is on the clients");
  check(sqlite3_close_v2(db) == SQLITE_OK, "sqlite3_close_v2 with a cursor open");
  check(sqlite3_column_text(statement, 1) != NULL, "the row can still be read");
  check(sqlite3_finalize(statement) == SQLITE_OK, "and the cursor ends well");
}

/* An array longer than one window, whose second request never comes back in time. */
static void fail_in_flight(void) {
  sqlite3 *db = open_loaded();
  add_client(db, &sim, "slow", "/fault/latency=20000",
             ",\"batch_size\":1,\"request_timeout\":0.2,\"max_retries\":0");
  check(
      strstr(ask(db, "SELECT rembed_batch('slow', '[\"a1\",\"b2\",\"c3\",\"d4\",\"e5\",\"f6\"]')"),
             "error: ") != NULL,
      "a batch fails while others of it are in flight");
  check(is(db, "SELECT in_flight FROM rembed_stats WHERE client = 'slow'", "0"),
        "nothing is in flight afterwards");
  check(sqlite3_close(db) == SQLITE_OK, "and the connection closes at once");
}

/* A streaming statement that is given up after its first row. */
static void abandon_stream(void) {
  sqlite3 *db = open_loaded();
  sqlite3_stmt *statement = NULL;
  sim_reset(&sim);
  add_client(db, &sim, "c", "", ",\"batch_size\":2");
  add_client(db, &sim, "late", "/fault/latency=20000+after=1", ",\"batch_size\":2");
  int rc = sqlite3_prepare_v2(
      db,
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) SELECT idx, "
      "length(embedding) FROM rembed_each('late', (SELECT json_group_array('row ' || i) FROM n))",
      -1, &statement, NULL);
  check(rc == SQLITE_OK, "a stream is prepared");
  check(sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 1) == 1024,
        "its first row comes while other requests are in flight");
  check(sqlite3_reset(statement) == SQLITE_OK, "the statement is given up");
  check(is(db, "SELECT in_flight FROM rembed_stats WHERE client = 'late'", "0"),
        "its requests are cancelled");
  check(is(db, "SELECT length(rembed('c', 'hello'))", "1024"), "the connection is usable");
  check(sqlite3_finalize(statement) == SQLITE_OK, "the statement ends");
  check(sqlite3_close(db) == SQLITE_OK, "the connection closes");
}

static void change_while_scanning(void) {
  sqlite3 *db = open_loaded();
  sqlite3_stmt *statement = NULL;
  for (char name[2] = "a"; *name < 'k'; ++*name) add_client(db, &sim, name, "", "");
  sqlite3_prepare_v2(db, "SELECT name, options FROM temp.rembed_clients", -1, &statement, NULL);
  check(sqlite3_step(statement) == SQLITE_ROW, "a scan of the clients begins");
  check(run(db, "DELETE FROM temp.rembed_clients") == SQLITE_OK, "all clients go under it");
  check(sqlite3_step(statement) == SQLITE_DONE, "the scan ends");
  sqlite3_finalize(statement);
  check(sqlite3_close(db) == SQLITE_OK, "the connection closes");
}

int main(void) {
  sim_start(&sim, NULL);
  load_twice();
  two_connections();
  many_times();
  close_with_statement();
  close_with_cursor();
  fail_in_flight();
  abandon_stream();
  change_while_scanning();
  sim_stop(&sim);
  return finish();
}
