/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every allocation of the extension's own fails once: while it starts, while a client is
 * registered, while it asks. The answer is right or it is "out of memory"; a failed start leaves
 * nothing; the connection works afterwards. (nomem.c does the same with SQLite's allocations.) */
#include "load.h"

#include "base/mem.h"
#include "sqlite-rembed.h"

static struct sim sim;

static sqlite3 *open_with(void) {
  sqlite3 *db = NULL;
  if (sqlite3_open(":memory:", &db) || sqlite3_rembed_init(db, NULL, NULL)) exit(2);
  return db;
}

static void starting(void) {
  int good = 1;
  long n = 1, seen = 0, ended = 0;
  for (; !ended && n < 5000; n++) {
    sqlite3 *db = NULL;
    char *error = NULL;
    sqlite3_open(":memory:", &db);
    emb_mem_fail_at(n, 0);
    int rc = sqlite3_rembed_init(db, &error, NULL);
    seen = emb_mem_fail_at(0, 0);
    ended = seen < n;
    if (rc && rc != SQLITE_NOMEM)
      printf("     allocation %ld gave %d: %s\n", n, rc, error ? error : "no words");
    sqlite3_free(error);
    if (rc == SQLITE_OK)
      good &= is(db, "SELECT rembed_version() IS NOT NULL", "1");
    else
      good &= rc == SQLITE_NOMEM && strstr(ask(db, "SELECT rembed_version()"), "no such function");
    good &= sqlite3_close(db) == SQLITE_OK;
  }
  check(good && n > 5, "a start that fails leaves nothing");
}

/* `forever`: from the n-th on all fail, as on a machine that has no memory left. */
static void statement(const char *what, const char *sql, const char *wanted, int forever) {
  int good = 1, n_errors = 0;
  long n = 1, seen = 0, ended = 0;
  sqlite3 *db = open_with();
  add_client(db, &sim, "c", "", "");
  for (; !ended && n < 5000; n++) {
    emb_mem_fail_at(n, forever);
    char *got = strdup(ask(db, sql));
    seen = emb_mem_fail_at(0, 0);
    ended = seen < n;
    int refused = strstr(got, "out of memory") != NULL;
    n_errors += refused;
    if (!refused && strcmp(got, wanted) != 0) {
      printf("     allocation %ld: %s\n", n, got);
      good = 0;
    }
    free(got);
    good &= is(db, "SELECT length(rembed('c', 'after it'))", "1024");
    run(db, "DELETE FROM temp.rembed_clients WHERE name = 'x'");
  }
  good &= is(db, "SELECT sum(in_flight) FROM rembed_stats", "0");
  good &= sqlite3_close(db) == SQLITE_OK;
  if (!n_errors) printf("     no allocation of %ld failed the statement\n", seen);
  check(good && n_errors, what);
}

int main(void) {
  sim_start(&sim, NULL);
  starting();
  for (int forever = 0; forever < 2; forever++) {
    statement(
        "out of memory while registering a client",
        "INSERT INTO temp.rembed_clients VALUES ('x', "
        "rembed_client_options('format', 'ollama', 'model', 'm', 'headers', '{\"a\":\"b\"}')) "
        "RETURNING name",
        "x", forever);
    statement("out of memory while showing clients", "SELECT count(options) FROM rembed_clients",
              "3", forever);
    statement("out of memory in rembed('local')",
              "SELECT length(rembed('local', 'hello')) + length(rembed_local('hello'))", "2048",
              forever);
    statement("out of memory in rembed_each('local')",
              "SELECT sum(length(embedding)) FROM rembed_each('local', '[\"a\",\"b\"]')", "2048",
              forever);
    statement("out of memory in rembed()", "SELECT length(rembed('c', 'hello'))", "1024", forever);
    statement("out of memory in rembed_batch()",
              "SELECT json_array_length(rembed_batch('c', '[\"one\", null, \"tw\\u006f\"]'))", "3",
              forever);
    statement(
        "out of memory while a picture is described",
        "SELECT length(rembed_describe('c', "
        "x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478"
        "da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082')) > 20",
        "1", forever);
    statement("out of memory in the helpers",
              "SELECT hex(base64_decode(readfile_base64(x'00ff10')))", "00FF10", forever);
    statement("out of memory in rembed_each",
              "SELECT count(coalesce(embedding, error)) FROM rembed_each('c', "
              "'[\"one\",\"two\",\"three\"]')",
              "3", forever);
    statement("out of memory in rembed_doctor",
              "SELECT group_concat(ok, '') FROM rembed_doctor('c')", "11111111111", forever);
  }
  sim_stop(&sim);
  return finish();
}
