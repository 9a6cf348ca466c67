/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Runs files of SQL with what they must give: run_sql [-v] dist/rembed0.so file.sql...
 *
 * A file is a row of tests in one :memory: database, with the extension loaded and a simulator at
 * hand. Lines:
 *
 *   -- test: sentence             a test begins; the simulator forgets its counters and faults
 *   SQL                           run as it comes
 *   --| a|b|c                     the next row of output: NULL, numbers, text, blob(N) for blobs
 *   -- expect like: pattern       the next row, as a LIKE pattern
 *   -- expect error: words        the SQL fails, and the message holds these words
 *   -- expect not: words          neither message nor output hold these words
 *   -- requests: N                the test made exactly N requests so far
 *   -- within: MS                 the whole test takes less
 *   -- sim: {json}                settings of the simulator from here
 *   -- sim reset                  counters and settings back to the start
 *   -- env: NAME=value            an environment variable; without value it is removed
 *   -- needs: 3.50.0              skipped on an older SQLite (-- until: 3.50.0 on that and newer)
 *
 * ${SIM} is the simulator's base url, ${HOST} its host:port, ${DEAD} a host:port nobody listens on,
 * ${TMP} a directory of the test's own. Beside the extension's there are test_subtype(x), the
 * subtype of a value, and test_writefile(path, blob). Other comments are just that.
 */
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../support/sim.h"

struct text {
  char *data;
  size_t n;
};

enum { MAX_EXPECTED = 64 };

struct expectation {
  char kind; /* '|' row, '~' like, '!' error, '-' not */
  char *text;
};

struct run {
  struct sim sim;
  sqlite3 *db;
  const char *file;
  char tmp[64], dead[32];
  int verbose, n_passed, n_failed, n_skipped;
  /* the test at work */
  char *name;
  struct text sql, out;
  char *error; /* message of the statement that failed, or NULL */
  struct expectation expected[MAX_EXPECTED];
  int n_expected, failed, skip;
  long within;
  struct timespec started;
};

static void add(struct text *text, const char *more, size_t n) {
  text->data = realloc(text->data, text->n + n + 1);
  if (!text->data) exit(2);
  memcpy(text->data + text->n, more, n);
  text->n += n;
  text->data[text->n] = 0;
}

static void clear(struct text *text) {
  free(text->data);
  *text = (struct text){NULL, 0};
}

/* Adds a line with its ${...} replaced. */
static void add_line(const struct run *r, struct text *text, const char *line) {
  const struct {
    const char *name, *value;
  } names[] = {{"${SIM}", r->sim.url},
               {"${HOST}", r->sim.url + 7},
               {"${DEAD}", r->dead},
               {"${TMP}", r->tmp}};
  for (const char *hole; (hole = strstr(line, "${"));) {
    size_t i = 0;
    while (i < 4 && strncmp(hole, names[i].name, strlen(names[i].name)) != 0) i++;
    add(text, line, (size_t)(hole - line) + (i == 4 ? 2 : 0));
    if (i < 4) add(text, names[i].value, strlen(names[i].value));
    line = hole + (i == 4 ? 2 : strlen(names[i].name));
  }
  add(text, line, strlen(line));
}

__attribute__((format(printf, 2, 3))) static void fail(struct run *r, const char *format, ...) {
  va_list args;
  va_start(args, format);
  if (!r->failed++) printf("FAIL %s: %s\n", r->file, r->name);
  printf("     ");
  vprintf(format, args);
  printf("\n");
  va_end(args);
}

/* ---- running SQL ---- */

static void print_value(struct text *out, sqlite3_stmt *statement, int i) {
  char buffer[64];
  switch (sqlite3_column_type(statement, i)) {
  case SQLITE_NULL: add(out, "NULL", 4); break;
  case SQLITE_BLOB:
    snprintf(buffer, sizeof buffer, "blob(%d)", sqlite3_column_bytes(statement, i));
    add(out, buffer, strlen(buffer));
    break;
  default:
    add(out, (const char *)sqlite3_column_text(statement, i),
        (size_t)sqlite3_column_bytes(statement, i));
  }
}

static int step_all(struct run *r, sqlite3_stmt *statement) {
  int rc;
  while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
      if (i) add(&r->out, "|", 1);
      print_value(&r->out, statement, i);
    }
    add(&r->out, "\n", 1);
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Runs what was gathered; the first failure ends the SQL of the test. */
static void flush(struct run *r) {
  const char *tail = r->sql.data;
  while (tail && *tail && !r->error && !r->skip) {
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(r->db, tail, -1, &statement, &tail);
    if (!rc && statement) rc = step_all(r, statement);
    if (rc) r->error = strdup(sqlite3_errmsg(r->db));
    sqlite3_finalize(statement);
  }
  clear(&r->sql);
}

/* ---- judging ---- */

static void check_expected(struct run *r) {
  char *rest = r->out.data ? r->out.data : strdup("");
  int wants_error = 0;
  r->out = (struct text){NULL, 0};
  char *all = strdup(rest), *at = rest;
  for (int i = 0; i < r->n_expected; i++) {
    const struct expectation *e = &r->expected[i];
    if (e->kind == '!') {
      wants_error = 1;
      if (!r->error)
        fail(r, "no error, expected one with: %s", e->text);
      else if (!strstr(r->error, e->text))
        fail(r, "error:    %s\n     expected: %s", r->error, e->text);
    } else if (e->kind == '-') {
      if (strstr(all, e->text) || (r->error && strstr(r->error, e->text)))
        fail(r, "must not be there: %s\n     error: %s\n     output: %s", e->text,
             r->error ? r->error : "none", all);
    } else {
      size_t n = strcspn(at, "\n");
      int ended = !at[n];
      at[n] = 0;
      int same = e->kind == '|' ? strcmp(at, e->text) == 0 : sqlite3_strlike(e->text, at, 0) == 0;
      if (ended || !same)
        fail(r, "row:      %s\n     expected: %s", ended ? "(none)" : at, e->text);
      at += n + !ended;
    }
  }
  if (*at) fail(r, "more rows than expected: %s", at);
  if (r->error && !wants_error) fail(r, "error: %s", r->error);
  free(all);
  free(rest);
}

static long elapsed_ms(const struct timespec *since) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long)(now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

static void end_test(struct run *r) {
  if (!r->name) {
    flush(r);
    if (r->error) printf("FAIL %s: before the first test: %s\n", r->file, r->error);
    if (r->error) r->n_failed++;
  } else {
    flush(r);
    if (!r->skip) check_expected(r);
    if (!r->skip && r->within && elapsed_ms(&r->started) > r->within)
      fail(r, "took %ld ms", elapsed_ms(&r->started));
    r->n_passed += !r->failed && !r->skip;
    r->n_failed += r->failed != 0;
    r->n_skipped += r->skip;
    if (r->verbose && !r->failed) printf("%s %s\n", r->skip ? "skip" : "ok  ", r->name);
  }
  for (int i = 0; i < r->n_expected; i++) free(r->expected[i].text);
  free(r->error);
  free(r->name);
  clear(&r->out);
  r->error = r->name = NULL;
  r->n_expected = r->failed = r->skip = 0;
  r->within = 0;
}

/* ---- reading a file ---- */

/* The rest of the line after a directive, or NULL when it is another line. */
static const char *after(const char *line, const char *directive) {
  size_t n = strlen(directive);
  if (strncmp(line, directive, n) != 0) return NULL;
  line += n;
  return line + (*line == ' ');
}

static void expect(struct run *r, char kind, const char *line) {
  struct text text = {strdup(""), 0};
  add_line(r, &text, line);
  if (r->n_expected == MAX_EXPECTED) {
    fail(r, "too many expectations");
    free(text.data);
    return;
  }
  r->expected[r->n_expected++] = (struct expectation){kind, text.data};
}

static int version_of(const char *text) {
  int major = 0, minor = 0, patch = 0;
  sscanf(text, "%d.%d.%d", &major, &minor, &patch);
  return major * 1000000 + minor * 1000 + patch;
}

static void set_environment(const char *pair) {
  char name[64];
  const char *equals = strchr(pair, '=');
  snprintf(name, sizeof name, "%.*s", equals ? (int)(equals - pair) : 63, pair);
  if (equals && equals[1])
    setenv(name, equals + 1, 1);
  else
    unsetenv(name);
}

/* A line that says what to do to the world: first the SQL before it runs. 1: it was one. */
static int act(struct run *r, const char *line) {
  const char *value;
  if ((value = after(line, "-- sim:"))) {
    struct text json = {NULL, 0};
    flush(r);
    add_line(r, &json, value);
    if (sim_config(&r->sim, json.data)) fail(r, "the simulator refused %s", json.data);
    clear(&json);
  } else if (after(line, "-- sim reset")) {
    flush(r);
    sim_reset(&r->sim);
  } else if ((value = after(line, "-- env:"))) {
    struct text pair = {NULL, 0};
    flush(r);
    add_line(r, &pair, value);
    set_environment(pair.data);
    clear(&pair);
  } else if ((value = after(line, "-- requests:"))) {
    flush(r);
    long n = sim_stat(&r->sim, "requests");
    if (!r->skip && n != strtol(value, NULL, 10)) fail(r, "%ld requests, expected %s", n, value);
  } else {
    return 0;
  }
  return 1;
}

static void take_line(struct run *r, const char *line) {
  const char *value;
  if ((value = after(line, "-- test:"))) {
    end_test(r);
    sim_reset(&r->sim);
    r->name = strdup(value);
    clock_gettime(CLOCK_MONOTONIC, &r->started);
  } else if (act(r, line)) {
    return;
  } else if ((value = after(line, "--|"))) {
    expect(r, '|', value);
  } else if ((value = after(line, "-- expect like:"))) {
    expect(r, '~', value);
  } else if ((value = after(line, "-- expect error:"))) {
    expect(r, '!', value);
  } else if ((value = after(line, "-- expect not:"))) {
    expect(r, '-', value);
  } else if (strncmp(line, "-- expect", 9) == 0) {
    fail(r, "an unknown expectation: %s", line);
  } else if ((value = after(line, "-- within:"))) {
    r->within = strtol(value, NULL, 10);
  } else if ((value = after(line, "-- needs:"))) {
    r->skip |= sqlite3_libversion_number() < version_of(value);
  } else if ((value = after(line, "-- until:"))) {
    r->skip |= sqlite3_libversion_number() >= version_of(value);
  } else {
    add_line(r, &r->sql, line);
    add(&r->sql, "\n", 1);
  }
}

/* ---- the database ---- */

static void test_subtype(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  sqlite3_result_int(context, (int)sqlite3_value_subtype(argv[0]));
}

static void test_writefile(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  FILE *file = fopen((const char *)sqlite3_value_text(argv[0]), "wb");
  size_t n = (size_t)sqlite3_value_bytes(argv[1]);
  if (!file || (n && fwrite(sqlite3_value_blob(argv[1]), 1, n, file) != n))
    sqlite3_result_error(context, "test_writefile failed", -1);
  if (file) fclose(file);
}

#ifndef SQLITE_SUBTYPE
#define SQLITE_SUBTYPE 0
#endif

static void open_database(struct run *r, const char *extension) {
  char *error = NULL;
  if (sqlite3_open(":memory:", &r->db)) exit(2);
  sqlite3_db_config(r->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, NULL);
  if (sqlite3_load_extension(r->db, extension, NULL, &error)) {
    fprintf(stderr, "cannot load %s: %s\n", extension, error);
    exit(2);
  }
  sqlite3_create_function_v2(r->db, "test_subtype", 1, SQLITE_UTF8 | SQLITE_SUBTYPE, NULL,
                             test_subtype, NULL, NULL, NULL);
  sqlite3_create_function_v2(r->db, "test_writefile", 2, SQLITE_UTF8, NULL, test_writefile, NULL,
                             NULL, NULL);
}

static void run_file(struct run *r, const char *extension, const char *path) {
  const char *slash = strrchr(path, '/');
  FILE *file = fopen(path, "r");
  char *line = NULL;
  size_t room = 0;
  if (!file) {
    perror(path);
    exit(2);
  }
  r->file = slash ? slash + 1 : path;
  open_database(r, extension);
  for (ssize_t n; (n = getline(&line, &room, file)) >= 0;) {
    if (n && line[n - 1] == '\n') line[n - 1] = 0;
    take_line(r, line);
  }
  end_test(r);
  free(line);
  fclose(file);
  if (sqlite3_close(r->db)) {
    printf("FAIL %s: the connection did not close\n", r->file);
    r->n_failed++;
  }
}

int main(int argc, char **argv) {
  struct run r = {.verbose = argc > 1 && strcmp(argv[1], "-v") == 0};
  if (argc < 3 + r.verbose) {
    fprintf(stderr, "usage: run_sql [-v] extension file.sql...\n");
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  /* A proxy or a key of the caller's must not reach the tests. */
  static const char *const strangers[] = {
      "http_proxy",     "https_proxy",          "all_proxy",         "ALL_PROXY", "OPENAI_API_KEY",
      "OLLAMA_API_KEY", "REMBED_DENY_IN_WRITE", "REMBED_ALLOW_HOSTS"};
  for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) unsetenv(strangers[i]);
  sim_start(&r.sim, NULL);
  snprintf(r.dead, sizeof r.dead, "127.0.0.1:%d", sim_dead_port());
  snprintf(r.tmp, sizeof r.tmp, "/tmp/rembed-sql-XXXXXX");
  if (!mkdtemp(r.tmp)) return 2;
  for (int i = 2 + r.verbose; i < argc; i++) run_file(&r, argv[1 + r.verbose], argv[i]);
  sim_stop(&r.sim);
  char *command = sqlite3_mprintf("rm -rf '%s'", r.tmp);
  if (system(command)) fprintf(stderr, "could not remove %s\n", r.tmp);
  sqlite3_free(command);
  if (r.n_skipped) printf("%d skipped on SQLite %s\n", r.n_skipped, sqlite3_libversion());
  printf("%d passed, %d failed\n", r.n_passed, r.n_failed);
  return r.n_failed != 0;
}
