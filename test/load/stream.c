/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* rembed_stream() and rembed_into() in time: when rows come, what a consumer may do between them,
 * how they end early, that none is lost, what they hold in memory, and who may write meanwhile.
 * Where a time is judged, the best of a few rounds counts: the machine may be busy. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

enum { ROUNDS = 8 };

static struct sim sim;

/* Waits until the simulator has done with every request: it counts their items at their ends. */
static long drain(void) {
  long left = -1;
  for (int i = 0; i < 1000 && (left = sim_stat(&sim, "in_flight")) != 0; i++) sleep_ms(5);
  return left;
}

/* A stream of `n` made up texts. */
static sqlite3_stmt *stream(sqlite3 *db, const char *client, int n) {
  sqlite3_stmt *statement = NULL;
  char *sql = sqlite3_mprintf(
      "SELECT id, embedding, error FROM rembed_stream(%Q, 'WITH RECURSIVE n(i) AS (SELECT 1 UNION "
      "ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i, ''text '' || i %% 50 FROM n')",
      client, n);
  if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL)) printf("     %s\n", sqlite3_errmsg(db));
  sqlite3_free(sql);
  return statement;
}

/* ---- when rows come ---- */

static void first_row(sqlite3 *db) {
  double best = 1e9;
  add_client(db, &sim, "first", "", ",\"batch_size\":10,\"max_concurrent_requests\":4");
  ask(db, "SELECT length(rembed('first', 'warm'))");
  sim_config(&sim, "{\"latency_ms\":200}");
  for (int i = 0; i < ROUNDS && best > 300; i++) {
    sqlite3_stmt *s = stream(db, "first", 1000);
    double since = now_ms();
    check(sqlite3_step(s) == SQLITE_ROW, "a first row comes");
    double took = now_ms() - since;
    if (took < best) best = took;
    sqlite3_finalize(s);
  }
  printf("first row of 1000 after %.0f ms, latency 200 ms\n", best);
  check(best <= 300, "the first row comes within 1.5 latencies");
  sim_reset(&sim);
}

static void limit(sqlite3 *db) {
  enum { WINDOW = (2 + 2) * 5 };
  add_client(db, &sim, "limit", "", ",\"batch_size\":5,\"max_concurrent_requests\":2");
  drain(); /* of the test before */
  sim_reset(&sim);
  sim_config(&sim, "{\"latency_ms\":5}");
  check(is(db,
           "SELECT count(*) FROM (SELECT id FROM rembed_stream('limit', 'WITH RECURSIVE n(i) AS "
           "(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, ''text '' || i FROM n') LIMIT 10)",
           "10"),
        "LIMIT 10 of a query without end");
  sleep_ms(50);
  drain();
  long n = sim_stat(&sim, "items");
  printf("after LIMIT 10: %ld items were sent, window %d\n", n, WINDOW);
  check(n >= 10 && n <= WINDOW + 10, "LIMIT 10 sends no more than the window and 10 items");
  sim_reset(&sim);
}

/* ---- what the consumer may do ---- */

static void pauses(sqlite3 *db) {
  int n = 0, rc;
  add_client(db, &sim, "pauses", "",
             ",\"batch_size\":5,\"max_concurrent_requests\":2,\"request_timeout\":0.4,"
             "\"max_retries\":0");
  sim_config(&sim, "{\"latency_ms\":30}");
  sqlite3_stmt *s = stream(db, "pauses", 60);
  while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
    check(sqlite3_column_type(s, 1) == SQLITE_BLOB, "a row after a pause has its vector");
    if (sqlite3_column_type(s, 2) != SQLITE_NULL)
      printf("     %s\n", (const char *)sqlite3_column_text(s, 2));
    if (n % 20 == 0 || n == 4) sleep_ms(800);
    n++;
  }
  check(rc == SQLITE_DONE && n == 60,
        "a consumer that pauses twice the request timeout loses none");
  sqlite3_finalize(s);
  sim_reset(&sim);
}

/* Walks the whole stream with `work_ms` of sleep a row; gives the time, and that of the sleeps. */
static double walk(sqlite3 *db, int n, long work_ms, double *asleep) {
  int rows = 0;
  double since = now_ms();
  sqlite3_stmt *s = stream(db, "works", n);
  *asleep = 0;
  while (sqlite3_step(s) == SQLITE_ROW) {
    rows++;
    if (!work_ms) continue;
    double before = now_ms();
    sleep_ms(work_ms);
    *asleep += now_ms() - before;
  }
  sqlite3_finalize(s);
  check(rows == n, "every row comes");
  return now_ms() - since;
}

/* The wall time is that of the slower side, network or consumer, not their sum. */
static void works(sqlite3 *db, const char *what, const char *latency) {
  double best = 1e9, asleep;
  sim_config(&sim, latency);
  double network = walk(db, 600, 0, &asleep);
  for (int i = 0; i < ROUNDS && best > 1.15; i++) {
    double wall = walk(db, 600, 1, &asleep), ratio = wall / (network > asleep ? network : asleep);
    if (ratio < best) best = ratio;
  }
  printf("%s: network %.0f ms, consumer %.0f ms, together %.2f of the larger\n", what, network,
         asleep, best);
  check(best <= 1.15, "a consumer that works 1 ms a row loses nothing");
  sim_reset(&sim);
}

/* ---- early ends ---- */

struct strike {
  sqlite3 *db;
  double at;
};

static void *strike(void *ctx) {
  struct strike *s = ctx;
  sleep_ms(150);
  s->at = now_ms();
  sqlite3_interrupt(s->db);
  return NULL;
}

/* A stream whose first rows are NULL and come at once, while 16 requests and more are in flight
 * that will not be answered. */
static sqlite3_stmt *with_16_in_flight(sqlite3 *db) {
  enum { NULLS = 30 };
  sqlite3_stmt *s = NULL;
  sim_config(&sim, "{\"latency_ms\":60000}");
  sqlite3_prepare_v2(
      db,
      "SELECT id, embedding FROM rembed_stream('ends', 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
      "SELECT i + 1 FROM n) SELECT i, CASE WHEN i > 30 THEN ''text '' || i END FROM n')",
      -1, &s, NULL);
  for (int i = 0; i < NULLS; i++) {
    if (sqlite3_step(s) != SQLITE_ROW) printf("     %s\n", sqlite3_errmsg(db));
    sleep_ms(2);
  }
  return s;
}

static void abandoned(sqlite3 *db) {
  double best = 1e9;
  long in_flight = 0;
  for (int i = 0; i < ROUNDS && best > 50; i++) {
    sqlite3_stmt *s = with_16_in_flight(db);
    sim_wait(&sim, "in_flight", 16, 500);
    in_flight = sim_stat(&sim, "in_flight");
    double since = now_ms();
    if (i % 2)
      sqlite3_finalize(s);
    else
      sqlite3_reset(s);
    double took = now_ms() - since;
    if (took < best) best = took;
    if (i % 2 == 0) sqlite3_finalize(s);
  }
  printf("abandoned with %ld requests in flight: %.1f ms\n", in_flight, best);
  check(in_flight >= 10, "requests are in flight when the cursor is abandoned");
  check(best < 50, "an abandoned cursor returns at once");
  check(drain() == 0, "and nothing stays in flight");
  sim_reset(&sim);
  check(is(db, "SELECT length(rembed('ends', 'hello'))", "1024"), "the connection is usable");
}

static void interrupted(sqlite3 *db) {
  double best = 1e9;
  for (int i = 0; i < ROUNDS && best > 100; i++) {
    struct strike mine = {.db = db};
    pthread_t thread;
    sqlite3_stmt *s = with_16_in_flight(db);
    pthread_create(&thread, NULL, strike, &mine);
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) continue;
    double ended = now_ms();
    pthread_join(thread, NULL);
    check(rc == SQLITE_INTERRUPT, "an interrupted stream says so");
    if (ended - mine.at < best) best = ended - mine.at;
    sqlite3_finalize(s);
  }
  printf("interrupted: %.0f ms\n", best);
  check(best <= 100, "an interrupt ends the stream within 100 ms");
  sim_reset(&sim);
}

/* The query itself is at work, without end and without a row. */
static void interrupted_query(sqlite3 *db) {
  double best = 1e9;
  for (int i = 0; i < ROUNDS && best > 100; i++) {
    struct strike mine = {.db = db};
    pthread_t thread;
    sqlite3_stmt *s = NULL;
    sqlite3_prepare_v2(
        db,
        "SELECT id FROM rembed_stream('ends', 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT "
        "i + 1 FROM n) SELECT i, ''text'' FROM n WHERE i < 0')",
        -1, &s, NULL);
    pthread_create(&thread, NULL, strike, &mine);
    int rc = sqlite3_step(s);
    double ended = now_ms();
    pthread_join(thread, NULL);
    check(rc == SQLITE_INTERRUPT, "an interrupted query says so");
    if (ended - mine.at < best) best = ended - mine.at;
    sqlite3_finalize(s);
  }
  check(best <= 100, "an interrupt ends the query of a stream within 100 ms");
}

static void removed(sqlite3 *db) {
  int n = 0, rc;
  add_client(db, &sim, "removed", "", ",\"batch_size\":5,\"max_concurrent_requests\":2");
  sqlite3_stmt *s = stream(db, "removed", 100);
  while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
    if (++n == 7) run(db, "DELETE FROM temp.rembed_clients WHERE name = 'removed'");
    check(sqlite3_column_bytes(s, 1) == 1024, "a row of a removed client");
  }
  check(rc == SQLITE_DONE && n == 100, "a removed client serves its stream to the end");
  sqlite3_finalize(s);
  s = stream(db, "removed", 1);
  check(sqlite3_step(s) == SQLITE_ERROR, "and no other stream");
  sqlite3_finalize(s);
}

/* The table of the query changes on the same connection while it is read. */
static void changes(sqlite3 *db) {
  int n = 0, rc;
  add_client(db, &sim, "changes", "", ",\"batch_size\":5,\"max_concurrent_requests\":2");
  run(db, "CREATE TABLE docs(id INTEGER PRIMARY KEY, body TEXT)");
  run(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT "
          "INTO docs SELECT i, 'text ' || i FROM n");
  sqlite3_stmt *s = NULL;
  sqlite3_prepare_v2(
      db, "SELECT id, embedding FROM rembed_stream('changes', 'SELECT id, body FROM docs')", -1, &s,
      NULL);
  sqlite3_int64 last = 0;
  while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
    check(sqlite3_column_int64(s, 0) > last && sqlite3_column_bytes(s, 1) == 1024,
          "a row of a table that changes");
    last = sqlite3_column_int64(s, 0);
    if (++n == 10) run(db, "DELETE FROM docs WHERE id > 150");
    if (n == 20)
      check(run(db, "DROP TABLE docs") == SQLITE_LOCKED, "a table that is read is not dropped");
  }
  check(rc == SQLITE_DONE && last == 150, "rows that are gone when their turn comes are left out");
  sqlite3_finalize(s);
  run(db, "DROP TABLE docs");
}

/* ---- none is lost ---- */

enum { TEXTS = 50 };

/* Streams n rows and compares each with the vector of its text. */
static void compare(sqlite3 *db, const char *client, int n, unsigned char *const *wanted,
                    int n_bytes) {
  int rows = 0, wrong = 0, rc;
  double since = now_ms();
  sqlite3_stmt *s = stream(db, client, n);
  while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
    rows++;
    int good = sqlite3_column_int(s, 0) == rows && sqlite3_column_bytes(s, 1) == n_bytes &&
               memcmp(sqlite3_column_blob(s, 1), wanted[rows % TEXTS], (size_t)n_bytes) == 0;
    if (!good && !wrong++)
      printf("     row %d: id %d, error %s\n", rows, sqlite3_column_int(s, 0),
             (const char *)sqlite3_column_text(s, 2));
  }
  sqlite3_finalize(s);
  printf("%s: %d rows in %.1f s\n", client, rows, (now_ms() - since) / 1e3);
  check(rc == SQLITE_DONE && rows == n, "every row comes exactly once");
  check(!wrong, "in order, with its own vector");
}

static void exactly_once(sqlite3 *db) {
  static const char more[] = ",\"batch_size\":20,\"max_concurrent_requests\":32,"
                             "\"max_retries\":20,\"max_retry_wait\":0.2";
  unsigned char *wanted[TEXTS] = {0};
  int n_bytes = 0;
  sqlite3_stmt *s = stream(db, "works", TEXTS);
  for (int i = 1; sqlite3_step(s) == SQLITE_ROW; i++) {
    n_bytes = sqlite3_column_bytes(s, 1);
    wanted[i % TEXTS] = malloc((size_t)n_bytes);
    memcpy(wanted[i % TEXTS], sqlite3_column_blob(s, 1), (size_t)n_bytes);
  }
  sqlite3_finalize(s);
  add_client(db, &sim, "failing", "", more);
  add_client(db, &sim, "reordering", "/fault/reorder", more);
  sim_config(&sim, "{\"error_rate\":0.05,\"jitter_ms\":20}");
  compare(db, "failing", 20000, wanted, n_bytes);
  long n = atol(ask(db, "SELECT retries FROM rembed_stats WHERE client = 'failing'"));
  printf("%ld requests failed and were repeated\n", n);
  check(n > 10, "requests did fail");
  compare(db, "reordering", 5000, wanted, n_bytes);
  for (int i = 0; i < TEXTS; i++) free(wanted[i]);
  sim_reset(&sim);
}

/* ---- memory ---- */

/* A child of our own: streams n rows with these options, prints its peak. */
static int child(const char *url, int n, const char *options) {
  sqlite3 *db = open_loaded();
  int rows = 0;
  char line[160];
  long peak = 0;
  snprintf(sim.url, sizeof sim.url, "%s", url);
  add_client(db, &sim, "m", "", options);
  sqlite3_stmt *s = stream(db, "m", n);
  while (sqlite3_step(s) == SQLITE_ROW) rows += sqlite3_column_bytes(s, 1) > 0;
  sqlite3_finalize(s);
  sqlite3_close(db);
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status))
    if (sscanf(line, "VmHWM: %ld", &peak) == 1) break;
  if (status) fclose(status);
  printf("%ld\n", peak);
  return rows != n || !peak;
}

static long peak_of(const char *self, int n, const char *options) {
  char command[4600];
  long peak = -1;
  snprintf(command, sizeof command, "'%s' --child %s %d '%s'", self, sim.url, n, options);
  FILE *out = popen(command, "r");
  if (out && fscanf(out, "%ld", &peak) != 1) peak = -1;
  if (out && pclose(out)) peak = -1;
  return peak;
}

static void memory(void) {
  char self[4096];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  if (n < 0) exit(2);
  self[n] = 0;
  const char *small = ",\"batch_size\":25,\"max_concurrent_requests\":8";
  long few = peak_of(self, 20000, small), many = peak_of(self, 200000, small);
  printf("peak memory: %ld KB for 20,000 rows, %ld KB for 200,000\n", few, many);
  check(few > 0 && many > 0, "both children stream all rows");
  sim_config(&sim, "{\"fault\":\"latency=4000\",\"fault_count\":1}");
  long late = peak_of(self, 20000,
                      ",\"batch_size\":128,\"max_concurrent_requests\":16,\"dimensions\":4096");
  printf("peak memory: %ld KB for 20,000 rows of 16 KB behind a late one\n", late);
  check(late > 0, "all rows behind a late one come");
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
  check(many - few <= 4096, "ten times the rows take no more memory");
  check(late <= 112640, "results that wait for a late one are bounded in bytes");
#endif
}

/* ---- the write lock ---- */

enum { N_INTO = 400 };

static sqlite3 *open_file(const char *path) {
  sqlite3 *db = NULL;
  char *error = NULL;
  if (sqlite3_open(path, &db) || load(db, &error)) exit(2);
  sqlite3_busy_timeout(db, 2000);
  add_client(db, &sim, "into", "", ",\"batch_size\":10,\"max_concurrent_requests\":2");
  return db;
}

static const char fill_docs[] =
    "CREATE TABLE docs(id INTEGER PRIMARY KEY, body TEXT);"
    "CREATE TABLE vectors(id INTEGER PRIMARY KEY, embedding BLOB);"
    "CREATE TABLE other(x);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
    "INSERT INTO docs SELECT i, 'text ' || i FROM n";
static const char into_sql[] =
    "SELECT rembed_into('into', 'SELECT id, body FROM docs WHERE id NOT IN (SELECT id FROM "
    "vectors)', 'INSERT INTO vectors VALUES (?1, ?2)', 50)";

struct writer {
  const char *path;
  atomic_int done;
  int n_written, n_refused, n_after; /* after the first transaction of rembed_into() */
  double worst_ms;
};

/* Another connection that writes again and again. It waits a little for the lock, as anybody. */
static void *write_meanwhile(void *ctx) {
  struct writer *w = ctx;
  sqlite3 *db = NULL;
  sqlite3_open(w->path, &db);
  sqlite3_busy_timeout(db, 2000);
  while (!atomic_load(&w->done)) {
    double since = now_ms();
    int rc = run(db, "BEGIN IMMEDIATE; INSERT INTO other VALUES (1); COMMIT");
    double took = now_ms() - since;
    if (rc && w->n_refused++ == 0) printf("     %s\n", sqlite3_errmsg(db));
    if (rc) run(db, "ROLLBACK");
    if (took > w->worst_ms) w->worst_ms = took;
    w->n_written += !rc;
    w->n_after += !rc && strcmp(ask(db, "SELECT count(*) > 0 FROM vectors"), "1") == 0;
    sleep_ms(10);
  }
  sqlite3_close(db);
  return NULL;
}

static void lock(const char *folder, const char *mode) {
  char path[200], pragma[60], answer[300];
  snprintf(path, sizeof path, "%s/%s.db", folder, mode);
  snprintf(pragma, sizeof pragma, "PRAGMA journal_mode = %s; PRAGMA synchronous = OFF", mode);
  sqlite3 *db = open_file(path);
  run(db, pragma);
  run(db, fill_docs);
  sim_config(&sim, "{\"latency_ms\":50}");
  struct writer writer = {.path = path};
  pthread_t thread;
  pthread_create(&thread, NULL, write_meanwhile, &writer);
  double since = now_ms();
  snprintf(answer, sizeof answer, "%s", ask(db, into_sql));
  double took = now_ms() - since;
  atomic_store(&writer.done, 1);
  pthread_join(thread, NULL);
  printf("%s: %s in %.0f ms; another connection wrote %d times, waited at most %.0f ms\n", mode,
         answer, took, writer.n_written, writer.worst_ms);
  check(strstr(answer, "\"rows\":400,\"embedded\":400,\"failed\":0,\"commits\":8") != NULL,
        "rembed_into writes all beside another writer");
  check(writer.n_refused == 0 && writer.n_written >= 10, "others write meanwhile");
  check(writer.n_after >= 5, "also between two transactions of rembed_into");
  check(is(db, "SELECT count(*) FROM vectors JOIN docs USING (id) WHERE length(embedding) = 1024",
           "400"),
        "every vector is there");
  sqlite3_close(db);
  sim_reset(&sim);
}

/* The first run is interrupted, the second does the rest. */
static void run_again(const char *folder) {
  char path[200];
  snprintf(path, sizeof path, "%s/again.db", folder);
  sqlite3 *db = open_file(path);
  run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
  run(db, fill_docs);
  sim_config(&sim, "{\"latency_ms\":20}");
  struct strike mine = {.db = db};
  pthread_t thread;
  pthread_create(&thread, NULL, strike, &mine);
  const char *answer = ask(db, into_sql);
  double late = now_ms() - mine.at;
  pthread_join(thread, NULL);
  check(strstr(answer, "interrupt") != NULL, "rembed_into is interrupted");
  check(late < 1000, "soon");
  int n = atoi(ask(db, "SELECT count(*) FROM vectors"));
  printf("interrupted after %d of %d rows\n", n, N_INTO);
  check(n < N_INTO && n % 50 == 0, "whole transactions stay");
  char wanted[60];
  snprintf(wanted, sizeof wanted, "\"rows\":%d,\"embedded\":%d,", N_INTO - n, N_INTO - n);
  check(strstr(ask(db, into_sql), wanted) != NULL, "the second run does exactly the rest");
  check(is(db, "SELECT count(*) FROM vectors", "400"), "all are there");
  check(is(db, "SELECT count(*) FROM temp.sqlite_master WHERE name LIKE 'rembed_into%'", "0"),
        "and nothing stays behind");
  sqlite3_close(db);
  sim_reset(&sim);
}

/* Called when a statement has ended: strikes between the last INSERT of a transaction and its
 * COMMIT, where nothing that writes is at work. */
static int after_statement(unsigned type, void *ctx, void *statement, void *ns) {
  static int n;
  (void)type, (void)ns;
  const char *sql = sqlite3_sql(statement);
  if (sql && strncmp(sql, "INSERT INTO vectors", 19) == 0 && ++n == 100) sqlite3_interrupt(ctx);
  return 0;
}

static void struck_before_commit(const char *folder) {
  char path[200];
  snprintf(path, sizeof path, "%s/commit.db", folder);
  sqlite3 *db = open_file(path);
  run(db, fill_docs);
  sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, after_statement, db);
  check(strstr(ask(db, into_sql), "interrupt") != NULL, "an interrupt before COMMIT is seen");
  sqlite3_trace_v2(db, 0, NULL, NULL);
  check(sqlite3_get_autocommit(db), "and leaves no transaction open");
  check(is(db, "SELECT count(*) FROM vectors", "50"), "what was committed before it stays");
  check(strstr(ask(db, into_sql), "\"rows\":350,\"embedded\":350,") != NULL, "the rest can follow");
  sqlite3_close(db);
}

int main(int argc, char **argv) {
  char folder[] = "/tmp/rembed-stream-XXXXXX", command[80];
  if (argc == 5 && strcmp(argv[1], "--child") == 0) return child(argv[2], atoi(argv[3]), argv[4]);
  setvbuf(stdout, NULL, _IOLBF, 0);
  sim_start(&sim, NULL);
  if (!mkdtemp(folder)) return 2;
  sqlite3 *db = open_loaded();
  add_client(db, &sim, "works", "", ",\"batch_size\":10,\"max_concurrent_requests\":4");
  add_client(db, &sim, "ends", "", ",\"batch_size\":1,\"max_concurrent_requests\":17");
  first_row(db);
  limit(db);
  pauses(db);
  works(db, "slow network", "{\"latency_ms\":80}");
  works(db, "slow consumer", "{\"latency_ms\":15}");
  abandoned(db);
  interrupted(db);
  interrupted_query(db);
  removed(db);
  changes(db);
  exactly_once(db);
  sqlite3_close(db);
  memory();
  lock(folder, "wal");
  lock(folder, "delete");
  run_again(folder);
  struck_before_commit(folder);
  sim_stop(&sim);
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  if (system(command)) fprintf(stderr, "could not remove %s\n", folder);
  return finish();
}
