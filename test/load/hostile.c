/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files whose schema calls our functions: whatever is done with them, and whether the schema was
 * read before or after the extension came, nothing is sent and no file is read. And what is no such
 * file goes on working, without a lock taken for the look at its schema. */
#include <unistd.h>

#include "load.h"

static char path[] = "/tmp/rembed-hostile-XXXXXX";
static struct sim sim;
static int n_calls; /* of functions that stand in for ours while a file is made */

static void stand_in(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc, (void)argv;
  n_calls++;
  sqlite3_result_int(context, 1);
}

/* Makes the file anew, on a connection that takes our names for harmless functions. */
static void make_file(const char *sql) {
  sqlite3 *db = NULL;
  char *error = NULL;
  unlink(path);
  if (sqlite3_open(path, &db)) exit(2);
  int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  sqlite3_create_function_v2(db, "rembed", 2, flags, NULL, stand_in, NULL, NULL, NULL);
  sqlite3_create_function_v2(db, "rembed_batch", 2, flags, NULL, stand_in, NULL, NULL, NULL);
  sqlite3_create_function_v2(db, "readfile_base64", 1, flags, NULL, stand_in, NULL, NULL, NULL);
  if (sqlite3_exec(db, sql, NULL, NULL, &error)) {
    printf("     %s\n     %s\n", sql, error);
    check(0, "the file can be made");
  }
  sqlite3_free(error);
  sqlite3_close(db);
}

/* A connection to the file; its schema is read before the extension is loaded, or after. */
static sqlite3 *open_file(int schema_first) {
  sqlite3 *db = NULL;
  char *error = NULL;
  if (sqlite3_open(path, &db)) exit(2);
  if (schema_first) run(db, "SELECT count(*) FROM sqlite_schema; SELECT * FROM nowhere");
  if (load(db, &error)) {
    fprintf(stderr, "cannot load the extension: %s\n", error);
    exit(2);
  }
  char *client = sqlite3_mprintf("INSERT INTO temp.rembed_clients VALUES ('c', '{\"provider\":"
                                 "\"openai\",\"key\":\"k\",\"url\":\"%s/openai/v1\"}')",
                                 sim.url);
  run(db, client); /* fails where SQLite refuses the whole schema */
  sqlite3_free(client);
  return db;
}

/* Where SQLite itself refuses, its words will do. */
static void expect_error(sqlite3 *db, const char *sql, const char *words) {
  int rc = run(db, sql);
  int by_sqlite = rc && strstr(sqlite3_errmsg(db), "unsafe use of ");
  if (!rc || (!by_sqlite && !strstr(sqlite3_errmsg(db), words))) {
    printf("     %s\n     gave: %s, not: %s\n", sql, rc ? sqlite3_errmsg(db) : "no error", words);
    check(0, "the error says what it should");
  } else {
    check(1, sql);
  }
}

struct hostile {
  const char *what, *sql;
};

static const struct hostile files[] = {
    {"CHECK", "CREATE TABLE t(a, CHECK (rembed('c', a) IS NOT NULL)); INSERT INTO t VALUES ('x')"},
    {"CHECK of a column, quoted and commented",
     "CREATE TABLE t(a CHECK (\"Rembed\" /* ( */ ('c', a) IS NOT NULL)); INSERT INTO t VALUES (1)"},
    {"CHECK with a batch", "CREATE TABLE t(a CHECK (rembed_batch('c', '[\"x\"]') IS NOT NULL)); "
                           "INSERT INTO t VALUES (1)"},
    {"VIRTUAL generated column",
     "CREATE TABLE t(a, b AS (rembed('c', a))); INSERT INTO t VALUES ('x')"},
    {"STORED generated column",
     "CREATE TABLE t(a, b AS ([rembed]('c', a)) STORED); INSERT INTO t VALUES ('x')"},
    {"index on an expression",
     "CREATE TABLE t(a); CREATE INDEX i ON t(rembed('c', a)); INSERT INTO t VALUES ('x')"},
    {"partial index", "CREATE TABLE t(a); CREATE INDEX i ON t(a) WHERE rembed('c', a) > 0; INSERT "
                      "INTO t VALUES (1)"},
    {"DEFAULT", "CREATE TABLE t(a, b DEFAULT (rembed('c', 'x'))); INSERT INTO t(a) VALUES ('x')"},
    {"view", "CREATE TABLE u(a); INSERT INTO u VALUES ('x');"
             "CREATE VIEW t AS SELECT a, rembed('c', a) FROM u"},
    {"trigger", "CREATE TABLE t(a); INSERT INTO t VALUES ('x'); CREATE TRIGGER g AFTER INSERT ON t "
                "BEGIN SELECT rembed('c', new.a); END"},
    {"trigger that claims to be TEMP",
     "CREATE TABLE t(a); INSERT INTO t VALUES ('x'); CREATE TRIGGER g AFTER INSERT ON t BEGIN "
     "SELECT rembed('c', new.a); END; PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = "
     "replace(sql, 'CREATE TRIGGER', 'CREATE TEMP TRIGGER')"},
    {"table that claims to be a view",
     "CREATE TABLE t(a, CHECK (rembed('c', a) IS NOT NULL)); INSERT INTO t VALUES ('x');"
     "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET type = 'view'"},
    {"CHECK that reads a file", "CREATE TABLE t(a, CHECK (readfile_base64('/etc/hostname') <> ''));"
                                " INSERT INTO t VALUES (1)"},
    {"generated column that reads a file",
     "CREATE TABLE t(a, b AS (readfile_base64('/etc/hostname'))); INSERT INTO t VALUES (1)"},
    {"CHECK behind a byte order mark, which is a blank",
     "CREATE TABLE t(a CHECK (\xEF\xBB\xBF"
     "rembed('c', a) IS NOT NULL)); INSERT INTO t VALUES (1)"},
    {"CHECK with a byte order mark before the parenthesis",
     "CREATE TABLE t(a CHECK (\"rembed\"\xEF\xBB\xBF('c', a) IS NOT NULL)); INSERT INTO t VALUES "
     "(1)"},
};

static void try_file(const struct hostile *file, int schema_first) {
  static const char *const statements[] = {"SELECT * FROM t",
                                           "SELECT count(*) FROM t WHERE a > ''",
                                           "INSERT INTO t(a) VALUES ('y')",
                                           "UPDATE t SET a = 'z'",
                                           "DELETE FROM t",
                                           "PRAGMA integrity_check",
                                           "REINDEX",
                                           "ANALYZE",
                                           "VACUUM"};
  for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
    make_file(file->sql);
    sqlite3 *db = open_file(schema_first);
    sim_reset(&sim);
    run(db, statements[i]);
    long n = sim_stat(&sim, "requests");
    if (n) printf("     %s: %s: %ld requests\n", file->what, statements[i], n);
    check(n == 0, "a file's schema sends nothing");
    check(sqlite3_close(db) == SQLITE_OK, "the connection closes");
  }
}

/* What CHECK and generated columns of a file would see: nothing of another file. */
static void reads_no_file(void) {
  make_file("CREATE TABLE t(a, b AS (readfile_base64('/etc/hostname'))); INSERT INTO t VALUES (1)");
  sqlite3 *db = open_file(1);
  expect_error(db, "SELECT b FROM t",
               "'t' in the schema of database 'main' calls readfile_base64()");
  sqlite3_close(db);
  make_file("CREATE TABLE t(a, CHECK (readfile_base64('/etc/hostname') <> ''))");
  db = open_file(0);
  expect_error(db, "INSERT INTO t VALUES ('y')",
               "'t' in the schema of database 'main' calls readfile_base64()");
  sqlite3_close(db);
}

/* The guard speaks up where DIRECTONLY does not, and names the place. */
static void names_the_place(void) {
  static const char found[] = "'t' in the schema of database 'main' calls rembed() by itself";
  make_file(files[0].sql);
  sqlite3 *db = open_file(0);
  expect_error(db, "INSERT INTO t VALUES ('y')", found);
  expect_error(db, "SELECT rembed('c', a) FROM t", found);
  check(is(db, "SELECT length(rembed('c', 'text'))", "1024"), "a call without a table goes on");
  sqlite3_close(db);
  make_file(files[5].sql);
  db = open_file(1);
  expect_error(db, "INSERT INTO t VALUES ('y')", "'i' in the schema of database 'main' calls");
  sqlite3_close(db);
}

static void attached(void) {
  make_file(files[0].sql);
  sqlite3 *db = open_loaded();
  add_client(db, &sim, "c", "", "");
  char *sql = sqlite3_mprintf("ATTACH %Q AS other", path);
  int refused = run(db, sql) != SQLITE_OK; /* newer versions do not even open its schema */
  sqlite3_free(sql);
  if (refused) {
    check(strstr(sqlite3_errmsg(db), "rembed") != NULL, sqlite3_errmsg(db));
    sqlite3_close(db);
    return;
  }
  sim_reset(&sim);
  run(db, "INSERT INTO other.t VALUES ('y')");
  check(sim_stat(&sim, "requests") == 0, "an attached file sends nothing");
  check(run(db, "CREATE TABLE mine(a); INSERT INTO mine VALUES ('x')") == SQLITE_OK, "own table");
  check(is(db, "SELECT length(rembed('c', a)) FROM mine", "1024"),
        "a statement that leaves the attached file alone goes on");
  expect_error(db, "SELECT rembed('c', other.t.a) FROM other.t",
               "in the schema of database 'other'");
  check(run(db, "DETACH other") == SQLITE_OK, "it can be detached");
  check(is(db, "SELECT length(rembed('c', a)) FROM mine", "1024"), "and all is well");
  sqlite3_close(db);
}

/* Made by the application itself, after the extension was there. */
static void made_later(void) {
  make_file("CREATE TABLE fine(a); INSERT INTO fine VALUES ('x')");
  sqlite3 *db = open_file(0);
  check(is(db, "SELECT length(rembed('c', a)) FROM fine", "1024"), "a fine file works");
  if (sqlite3_libversion_number() < 3050000) {
    run(db, "CREATE TABLE t(a, CHECK (rembed('c', a) IS NOT NULL))");
    sim_reset(&sim);
    expect_error(db, "INSERT INTO t VALUES ('y')", "calls rembed() by itself");
    check(sim_stat(&sim, "requests") == 0, "a CHECK made later sends nothing");
    run(db, "DROP TABLE t");
  }
  check(is(db, "SELECT length(rembed('c', a)) FROM fine", "1024"), "and works again without it");
  sqlite3_close(db);
}

/* Names that look like ours, and ours where they are no calls. */
static void harmless(void) {
  make_file("CREATE TABLE rembed(id INTEGER PRIMARY KEY, body, embedding);"
            "CREATE TABLE rembed_into(x);"
            "CREATE INDEX by_body ON rembed(body);"
            "CREATE TABLE main.\"rembed_batch\"(x REFERENCES rembed(id) ON DELETE CASCADE);"
            "CREATE TABLE note(a DEFAULT 'rembed(1)', b /* rembed( */, rembed TEXT, -- rembed(\n"
            " CHECK (a <> 'rembed' AND (b IS NULL OR rembed IS NULL)));"
            "CREATE TABLE rembed_cache(a CHECK (length(a) > 0));"
            "CREATE TABLE u(a); CREATE VIEW spy AS SELECT rembed('c', a) FROM u;"
            "CREATE TRIGGER g AFTER INSERT ON u BEGIN SELECT rembed('c', new.a); END;"
            "INSERT INTO rembed VALUES (1, 'x', NULL)");
  sqlite3 *db = open_file(0);
  check(is(db, "SELECT length(rembed('c', body)) FROM rembed", "1024"),
        "tables of our names, texts and comments are no calls");
  check(run(db, "UPDATE rembed SET embedding = rembed('c', body)") == SQLITE_OK, "an UPDATE works");
  check(run(db, "CREATE TEMP TABLE log(v); CREATE TEMP TRIGGER mine AFTER INSERT ON rembed BEGIN "
                "INSERT INTO log SELECT rembed('c', new.body); END;"
                "INSERT INTO rembed(body) VALUES ('y')") == SQLITE_OK &&
            is(db, "SELECT length(v) FROM log", "1024"),
        "a TEMP trigger works");
  sqlite3_close(db);
}

static sqlite3 *watched;
static char states[100];

static void state(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc, (void)argv;
  sqlite3_result_int(context, sqlite3_txn_state(watched, "main"));
}

/* The look takes no lock and leaves none: another connection can write all the time. */
static void takes_no_lock(void) {
  make_file("CREATE TABLE docs(id INTEGER PRIMARY KEY, body); CREATE TABLE vecs(id, v);"
            "INSERT INTO docs(body) VALUES ('a'), ('b'), ('c')");
  sqlite3 *db = watched = open_file(0), *other = NULL;
  sqlite3_create_function_v2(db, "main_state", -1, SQLITE_UTF8, NULL, state, NULL, NULL, NULL);
  snprintf(states, sizeof states, "%s",
           ask(db, "SELECT main_state() || length(rembed('c', 'x')) || main_state(1)"));
  check(strcmp(states, "010240") == 0, "a call without a table leaves main without a lock");
  check(is(db, "SELECT main_state() || length(rembed('c', body)) || main_state(1) FROM docs",
           "110241"),
        "a call over a table has the lock it had");
  if (sqlite3_open(path, &other)) exit(2);
  check(run(other, "BEGIN EXCLUSIVE") == SQLITE_OK, "another connection takes the file for itself");
  check(is(db, "SELECT length(rembed('c', 'x'))", "1024"), "a call without a table still works");
  check(run(other, "COMMIT") == SQLITE_OK, "and the other one goes on");
  const char *answer = ask(db, "SELECT rembed_into('c', 'SELECT id, body FROM docs', 'INSERT INTO "
                               "vecs VALUES (?1, ?2)', 1)");
  check(strstr(answer, "\"embedded\":3,\"failed\":0,\"commits\":3") != NULL, answer);
  check(sqlite3_txn_state(db, "main") == SQLITE_TXN_NONE, "no lock is left");
  sqlite3_close(other);
  sqlite3_close(db);
}

int main(void) {
  int fd = mkstemp(path);
  if (fd < 0) return 2;
  close(fd);
  sim_start(&sim, NULL);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    for (int schema_first = 0; schema_first < 2; schema_first++) try_file(&files[i], schema_first);
  reads_no_file();
  names_the_place();
  attached();
  made_later();
  harmless();
  takes_no_lock();
  unlink(path);
  sim_stop(&sim);
  return finish();
}
