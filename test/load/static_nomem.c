/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Every allocation of the extension's own fails, once and for ever: while it starts, while a client
 * is registered, while it asks in every way. The answer is right or it is SQLITE_NOMEM; a failed
 * start leaves nothing; the connection works afterwards. (nomem.c does the same with SQLite's
 * allocations; make check-asan sees that nothing leaks.)
 */
#include "load.h"

#include "base/mem.h"
#include "sqlite-rembed.h"

#define RED                                                                                        \
  "x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478"         \
  "da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'"

enum { MANY = 20000 };

static struct sim sim;
static long n_failed_allocations;

static sqlite3 *open_with(void) {
  sqlite3 *db = NULL;
  if (sqlite3_open(":memory:", &db) || sqlite3_rembed_init(db, NULL, NULL)) exit(2);
  return db;
}

static void starting(void) {
  int good = 1;
  long n = 1, seen = 0, ended = 0;
  for (; !ended && n < MANY; n++) {
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
  n_failed_allocations += n - 2;
  check(good && n > 5, "a start that fails leaves nothing");
}

/* ---- statements ---- */

struct test {
  const char *what;
  const char *before; /* run before each round, with %s for the simulator's url; or NULL */
  const char *sql;    /* its first value is `wanted` */
  const char *wanted;
};

/* Registers client c of a provider: its options but key and url, and where it is on the
 * simulator. */
#define CLIENT(options, path)                                                                      \
  "INSERT OR REPLACE INTO temp.rembed_clients VALUES ('c', json_set('{" options                    \
  "}', '$.key', 'k', '$.url', '%s" path "'));"
#define OPENAI(more) CLIENT("\"provider\":\"openai\"" more, "/openai/v1")
static const struct test tests[] = {
    {"registering a client", "DELETE FROM temp.rembed_clients WHERE name = 'x'",
     "INSERT INTO temp.rembed_clients VALUES ('x', rembed_client_options('format', 'ollama', "
     "'model', 'm', 'headers', '{\"a\":\"b\"}')) RETURNING name",
     "x"},
    {"registering one that signs", "DELETE FROM temp.rembed_clients WHERE name = 'x'",
     "INSERT INTO temp.rembed_clients VALUES ('x', '{\"provider\":\"bedrock\",\"key\":\"A:B:C\","
     "\"region\":\"eu-west-1\",\"model\":\"amazon.titan-embed-image-v1\"}') RETURNING name",
     "x"},
    {"showing clients", NULL, "SELECT count(options) > 1 FROM rembed_clients", "1"},
    {"showing providers", NULL, "SELECT count(image_models) > 5 FROM rembed_providers", "1"},
    {"rembed()", OPENAI(""), "SELECT length(rembed('c', 'hello'))", "1024"},
    {"rembed() of all options",
     OPENAI(",\"user\":\"u\",\"extra\":{\"user\":\"z\"},\"headers\":{\"X-A\":\"b\"},"
            "\"query_prefix\":\"q: \",\"document_prefix\":\"d: \",\"encoding\":\"float\","
            "\"dimensions\":64,\"normalize\":true"),
     "SELECT length(rembed('c', 'tw\xC3\xB6 \"quoted\"', 'query'))", "256"},
    {"rembed_batch()", OPENAI(""),
     "SELECT json_array_length(rembed_batch('c', '[\"one\", null, \"tw\\u006f\"]'))", "3"},
    {"rembed_batch() where a failed item is null", OPENAI(",\"on_error\":\"null\""),
     "SELECT count(value) FROM json_each(rembed_batch('c', '[\"one\",\"two\",\"three\"]'))", "3"},
    {"a refusal",
     CLIENT("\"provider\":\"openai\",\"on_error\":\"null\"", "/fault/status=400/openai/v1"),
     "SELECT coalesce(rembed('c', 'hello'), 'refused')", "refused"},
    {"a batch that is halved",
     CLIENT("\"provider\":\"openai\",\"on_error\":\"null\"", "/fault/status=413+first=1/openai/v1"),
     "SELECT count(value) FROM json_each(rembed_batch('c', '[\"one\",\"two\",\"three\"]'))", "3"},
    {"a request that is tried again",
     CLIENT("\"provider\":\"openai\",\"max_retry_wait\":0.001",
            "/fault/status=503+first=1/openai/v1"),
     "SELECT length(rembed('c', 'hello'))", "1024"},
    {"a batch that is read as numbers", OPENAI(",\"encoding\":\"float\",\"on_error\":\"null\""),
     "SELECT count(value) FROM json_each(rembed_batch('c', '[\"one\",\"two\",\"three\"]'))", "3"},
    {"int8", OPENAI(",\"output\":\"int8\""), "SELECT length(rembed('c', 'hello'))", "256"},
    {"bit", OPENAI(",\"output\":\"bit\""), "SELECT length(rembed('c', 'hello'))", "32"},
    {"int8 of the provider's", CLIENT("\"provider\":\"voyage\",\"output\":\"int8\"", "/voyage/v1"),
     "SELECT length(rembed('c', 'hello')) > 0", "1"},
    {"bits of the provider's", CLIENT("\"provider\":\"cohere\",\"output\":\"bit\"", "/cohere"),
     "SELECT length(rembed('c', 'hello')) > 0", "1"},
    {"a token that is fetched first",
     "INSERT OR REPLACE INTO temp.rembed_clients VALUES ('c', json_set('{\"provider\":\"watsonx\","
     "\"key\":\"k\",\"account\":\"p\"}', '$.url', '%s/watsonx/ml/v1', '$.token_url', "
     "'%s/watsonx/identity/token'));",
     "SELECT length(rembed('c', 'hello')) > 0", "1"},
    {"a signature",
     "INSERT OR REPLACE INTO temp.rembed_clients VALUES ('c', json_set('{\"provider\":\"bedrock\","
     "\"key\":\"AKIDSIM:SECRETSIM:SESSION\"}', '$.url', '%s/bedrock'));",
     "SELECT length(rembed('c', 'hello')) > 0", "1"},
    {"a native image", CLIENT("\"provider\":\"jina\",\"model\":\"jina-clip-v2\"", "/jina/v1"),
     "SELECT length(rembed_image('c', " RED ")) > 0", "1"},
    {"a native image in a form", CLIENT("\"provider\":\"nomic\"", "/nomic/v1"),
     "SELECT length(rembed_image('c', " RED ")) > 0", "1"},
    {"a native image behind a marker",
     CLIENT("\"provider\":\"llamacpp\",\"image_mode\":\"native\"", "/llamacpp/v1"),
     "SELECT length(rembed_image('c', " RED ")) > 0", "1"},
    {"text and image fused",
     CLIENT("\"provider\":\"voyage\",\"model\":\"voyage-multimodal-3.5\"", "/voyage/v1"),
     "SELECT count(value) FROM json_each(rembed_batch('c', json_array(json_object('text', 'a', "
     "'image', readfile_base64(" RED ")))))",
     "1"},
    {"a description", OPENAI(""), "SELECT length(rembed_describe('c', " RED ")) > 20", "1"},
    {"a picture by its description", OPENAI(""),
     "SELECT length(rembed_image_prompt('c', " RED ", 'what?'))", "1024"},
    {"many pictures", OPENAI(""),
     "SELECT rembed_images_concurrent('c', json_array(readfile_base64(" RED "), 'AAAA')) ->> "
     "'$.stats.successful'",
     "1"},
    {"rembed('local')", NULL,
     "SELECT length(rembed('local', 'hello')) + length(rembed_local('hello'))", "2048"},
    {"rembed_each('local')", NULL,
     "SELECT sum(length(embedding)) FROM rembed_each('local', '[\"a\",\"b\"]')", "2048"},
    {"rembed_doctor", OPENAI(""), "SELECT group_concat(ok, '') FROM rembed_doctor('c')",
     "11111111111"},
    {"the helpers", NULL, "SELECT hex(base64_decode(readfile_base64(x'00ff10')))", "00FF10"},
    {"rembed_each", OPENAI(""),
     "SELECT count(embedding) FROM rembed_each('c', '[\"one\",\"two\",\"three\"]')", "3"},
    {"rembed_stream", OPENAI(",\"batch_size\":2"),
     "SELECT count(embedding) FROM rembed_stream('c', 'SELECT 1, ''a'' UNION ALL SELECT 2, ''b'' "
     "UNION ALL SELECT 3, x''89504e470d0a1a0a00'' UNION ALL SELECT 4, ''c''') WHERE "
     "id <> 3",
     "3"},
    {"rembed_into", OPENAI(",\"batch_size\":2") "DELETE FROM vectors",
     "SELECT rembed_into('c', 'SELECT 1, ''a'' UNION ALL SELECT 2, ''b'' UNION ALL SELECT 3, "
     "''c''', 'INSERT INTO vectors VALUES (?1, ?2)', 2) ->> '$.embedded'",
     "3"},
};

/* One round: the value of the statement in `got`, its code returned. */
static int answer(sqlite3 *db, const char *sql, char *got, size_t size) {
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
  if (!rc) rc = sqlite3_step(s);
  if (rc == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(s, 0);
    snprintf(got, size, "%s", text ? text : "NULL");
    rc = sqlite3_step(s); /* to its end: what comes behind the row can fail, too */
  }
  if (rc != SQLITE_DONE) snprintf(got, size, "%d: %s", rc, sqlite3_errmsg(db));
  sqlite3_finalize(s);
  return rc;
}

static void before(sqlite3 *db, const struct test *t) {
  if (!t->before) return;
  char *sql = sqlite3_mprintf(t->before, sim.url, sim.url);
  if (run(db, sql)) printf("     %s: %s\n", sql, sqlite3_errmsg(db));
  sqlite3_free(sql);
}

/* `forever`: from the n-th on all fail, as on a machine that has no memory left. */
static void statement(const struct test *t, int forever) {
  int good = 1, n_refused = 0;
  long n = 1, seen = 0, ended = 0;
  char got[300], line[200];
  sqlite3 *db = open_with();
  run(db, "CREATE TABLE vectors(id INTEGER PRIMARY KEY, embedding BLOB)");
  add_client(db, &sim, "good", "", "");
  for (; !ended && n < MANY; n++) {
    before(db, t);
    free(sim_exchange(&sim, "POST", "/_sim/reset", NULL)); /* first=1 counts anew */
    emb_mem_fail_at(n, forever);
    int rc = answer(db, t->sql, got, sizeof got);
    seen = emb_mem_fail_at(0, 0);
    ended = seen < n;
    n_refused += rc == SQLITE_NOMEM;
    if (rc != SQLITE_NOMEM && (rc != SQLITE_DONE || strcmp(got, t->wanted) != 0)) {
      printf("     %s: allocation %ld: %s\n", t->what, n, got);
      good = 0;
    }
    if (n % 8 == 1) good &= is(db, "SELECT length(rembed('good', 'after it'))", "1024");
  }
  good &= is(db, "SELECT sum(in_flight) FROM rembed_stats", "0");
  good &= sqlite3_get_autocommit(db);
  good &= sqlite3_close(db) == SQLITE_OK;
  n_failed_allocations += n - 2;
  if (!n_refused) printf("     no allocation of %ld failed the statement\n", seen);
  snprintf(line, sizeof line, "out of memory%s: %s", forever ? " for ever" : "", t->what);
  check(good && n_refused, line);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  sim_start(&sim, NULL);
  starting();
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
    for (int forever = 0; forever < 2; forever++) statement(&tests[i], forever);
  printf("%ld allocations failed, %zu statements survived\n", n_failed_allocations,
         sizeof tests / sizeof *tests);
  sim_stop(&sim);
  return finish();
}
