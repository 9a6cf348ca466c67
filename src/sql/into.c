/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Embedding a table outside the write lock:
 *
 *   SELECT rembed_into('client', 'SELECT id, body FROM docs WHERE id NOT IN (SELECT id FROM
 * vectors)', 'INSERT INTO vectors(id, embedding) VALUES (?1, ?2)', 1000);
 *   -> {"rows": 5000, "embedded": 4999, "failed": 1, "commits": 5, "lock_ms": 31}
 *
 * The rows of the SELECT are copied to a TEMP table first, so that no read of the main database
 * stays open; then results are gathered with no lock at all, and every `commit_every` of them are
 * written in one short transaction. The statement gets ?1 id, ?2 embedding, ?3 error, ?4 caption. A
 * failed row is given to it only when it uses ?3; otherwise it is left out, so that a second run
 * tries it again. Whatever happens, what was committed stays; running the same call again goes on
 * from there when the SELECT leaves out what is done.
 */
#include <stdarg.h>
#include <string.h>

#include "base/mem.h"
#include "sql/functions.h"
#include "sql/value.h"

#include "embed/output.h"

SQLITE_EXTENSION_INIT3

enum {
  COMMIT_EVERY = 1000,
  BUSY_WAIT_MS = 20,
  BUSY_LIMIT_MS = 300000,
  MAX_PENDING_BYTES = 64 * 1024 * 1024
};

/* One result that waits for the next transaction. All owned. */
struct row {
  sqlite3_value *id;
  char *vector, *error, *caption;
  size_t n_vector, n_caption;
};

struct into {
  struct emb_conn *conn;     /* borrowed */
  struct emb_client *client; /* shared */
  struct emb_embed *embed;
  sqlite3_stmt *inputs, *ids, *insert;
  char table[40];
  struct row *rows; /* owned array of commit_every */
  int n_rows, commit_every;
  size_t pending_bytes;
  sqlite3_int64 n_read; /* inputs given to the pipeline */
  sqlite3_int64 n, n_embedded, n_failed, n_commits;
  long long lock_ms;
};

static long long now_ms(struct into *into) { return emb_conn_now_ms(into->conn); }

static int sql_failed(struct into *into, int rc, const char *what, struct emb_err *err) {
  if (rc == SQLITE_NOMEM) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  if (rc == SQLITE_INTERRUPT) return emb_err_set(err, EMB_EINTERRUPT, "interrupted");
  return emb_err_set(err, EMB_EARG, "%s: %s", what, sqlite3_errmsg(into->conn->db));
}

static int prepare_one(struct into *into, const char *sql, sqlite3_stmt **out, const char *what,
                       struct emb_err *err) {
  const char *tail = NULL;
  int rc = sqlite3_prepare_v2(into->conn->db, sql, -1, out, &tail);
  if (rc) return sql_failed(into, rc, what, err);
  if (!*out || !emb_value_is_empty_sql(into->conn->db, tail))
    return emb_err_set(err, EMB_EARG, "%s must be exactly one SQL statement", what);
  return EMB_OK;
}

/* ---- inputs ---- */

/* Waits for other connections, so that paid results are not thrown away. */
static int exec_patiently(struct into *into, const char *sql) {
  int rc = SQLITE_BUSY;
  for (int waited = 0; waited < BUSY_LIMIT_MS; waited += BUSY_WAIT_MS) {
    rc = sqlite3_exec(into->conn->db, sql, NULL, NULL, NULL);
    if (rc != SQLITE_BUSY) break;
    if (emb_conn_interrupted(into->conn)) return SQLITE_INTERRUPT;
    sqlite3_sleep(BUSY_WAIT_MS);
  }
  return rc;
}

static int exec_format(struct into *into, const char *what, struct emb_err *err, const char *format,
                       ...) {
  va_list args;
  va_start(args, format);
  char *sql = sqlite3_vmprintf(format, args);
  va_end(args);
  if (!sql) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  int rc = exec_patiently(into, sql);
  sqlite3_free(sql);
  return rc ? sql_failed(into, rc, what, err) : EMB_OK;
}

/* Ends both reads of the TEMP table; the next step goes on after the last row. While a statement
 * reads anything, a COMMIT would keep a read lock on the main database, and in WAL mode an old
 * snapshot that can not be written from once somebody else has written. */
static void rewind_readers(struct into *into) {
  sqlite3_reset(into->inputs);
  sqlite3_bind_int64(into->inputs, 1, into->n_read);
  sqlite3_reset(into->ids);
  sqlite3_bind_int64(into->ids, 1, into->n);
}

/* An interrupted call cannot drop its table: the interrupt stops that too. The next call does. */
static int drop_leftovers(struct into *into, struct emb_err *err) {
  static const char find[] =
      "SELECT name FROM temp.sqlite_master WHERE type = 'table' AND length(name) = 28 AND name "
      "GLOB 'rembed_into_*' AND substr(name, 13) NOT GLOB '*[^0-9a-f]*'";
  char name[40];
  sqlite3_stmt *s = NULL;
  int rc = prepare_one(into, find, &s, "rembed_into()", err);
  while (!rc && sqlite3_step(s) == SQLITE_ROW) {
    sqlite3_snprintf(sizeof name, name, "%s", sqlite3_column_text(s, 0));
    sqlite3_reset(s);
    rc = exec_format(into, "rembed_into()", err, "DROP TABLE temp.%s", name);
  }
  sqlite3_finalize(s);
  return rc;
}

/* Copies the SELECT's rows to a TEMP table of our own. */
static int copy_inputs(struct into *into, const char *select, struct emb_err *err) {
  sqlite3_stmt *probe = NULL;
  int rc = prepare_one(into, select, &probe, "the SELECT of rembed_into()", err);
  int n_columns = rc ? 0 : sqlite3_column_count(probe),
      readonly = rc ? 0 : sqlite3_stmt_readonly(probe);
  const char *text = rc ? NULL : sqlite3_sql(probe); /* without a tail */
  if (!rc && sqlite3_bind_parameter_count(probe))
    rc = emb_err_set(err, EMB_EARG,
                     "the SELECT of rembed_into() has parameters; write the values into it");
  if (!rc && (!readonly || n_columns < 2 || n_columns > 3))
    rc = emb_err_set(err, EMB_EARG,
                     "the SELECT of rembed_into() must read only and give an id and a text or "
                     "image (and may give a "
                     "prompt)");
  if (!rc) rc = drop_leftovers(into, err);
  unsigned char random[8];
  sqlite3_randomness(sizeof random, random);
  strcpy(into->table, "rembed_into_");
  for (int i = 0; i < 8; i++) sqlite3_snprintf(3, into->table + 12 + 2 * i, "%02x", random[i]);
  size_t n = text ? strlen(text) : 0;
  while (n && strchr("; \t\r\n", text[n - 1])) n--;
  if (!rc)
    rc = exec_format(into, "rembed_into()", err, "CREATE TEMP TABLE %s(id, input%s)", into->table,
                     n_columns > 2 ? ", prompt" : "");
  if (!rc)
    rc = exec_format(into, "the SELECT of rembed_into()", err, "INSERT INTO temp.%s %.*s",
                     into->table, (int)n, text);
  sqlite3_finalize(probe);
  if (rc) return rc;
  char *sql = sqlite3_mprintf("SELECT input%s FROM temp.%s WHERE rowid > ?1 ORDER BY rowid",
                              n_columns > 2 ? ", prompt" : "", into->table);
  char *ids =
      sqlite3_mprintf("SELECT id FROM temp.%s WHERE rowid > ?1 ORDER BY rowid", into->table);
  rc = sql && ids ? prepare_one(into, sql, &into->inputs, "rembed_into()", err)
                  : emb_err_set(err, EMB_ENOMEM, "out of memory");
  if (!rc) rc = prepare_one(into, ids, &into->ids, "rembed_into()", err);
  sqlite3_free(sql);
  sqlite3_free(ids);
  if (!rc) rewind_readers(into);
  return rc;
}

static int source(void *ctx, struct emb_source_item *item, struct emb_err *err) {
  struct into *into = ctx;
  sqlite3_stmt *s = into->inputs;
  int rc = sqlite3_step(s);
  if (rc == SQLITE_DONE) return EMB_END;
  if (rc != SQLITE_ROW) return sql_failed(into, rc, "rembed_into()", err);
  into->n_read++;
  return emb_value_row_input(s, 0, &item->input, err);
}

/* ---- results ---- */

static void row_clear(struct row *row) {
  sqlite3_value_free(row->id);
  emb_free(row->vector);
  emb_free(row->error);
  emb_free(row->caption);
  memset(row, 0, sizeof *row);
}

/* Keeps a result until the next transaction. */
static int keep(struct into *into, const struct emb_result *r, struct emb_err *err) {
  struct row *row = &into->rows[into->n_rows];
  struct emb_buf bytes = EMB_BUF_INIT;
  int rc = sqlite3_step(into->ids);
  if (rc != SQLITE_ROW) return sql_failed(into, rc, "rembed_into()", err);
  into->n++;
  into->n_failed += r->status == EMB_RESULT_FAILED;
  if (r->status == EMB_RESULT_FAILED && sqlite3_bind_parameter_count(into->insert) < 3)
    return EMB_OK;
  row->id = sqlite3_value_dup(sqlite3_column_value(into->ids, 0));
  rc = row->id ? EMB_OK : EMB_ENOMEM;
  if (!rc && r->status == EMB_RESULT_VECTOR) {
    rc = emb_output_append(&bytes, r->vector, r->n_dims, into->client->output,
                           into->client->normalize, err);
    if (!rc && !(row->vector = emb_buf_take(&bytes, &row->n_vector))) rc = EMB_ENOMEM;
    into->n_embedded++;
  }
  emb_buf_release(&bytes);
  if (!rc && r->err && !(row->error = emb_strdup(r->err->message))) rc = EMB_ENOMEM;
  if (!rc && r->caption && !(row->caption = emb_strndup(r->caption, r->n_caption))) rc = EMB_ENOMEM;
  row->n_caption = r->n_caption;
  into->n_rows++;
  into->pending_bytes += row->n_vector + row->n_caption;
  return rc == EMB_ENOMEM ? emb_err_set(err, rc, "out of memory") : rc;
}

static int write_row(struct into *into, const struct row *row) {
  sqlite3_stmt *s = into->insert;
  int n = sqlite3_bind_parameter_count(s);
  sqlite3_bind_value(s, 1, row->id);
  if (row->vector)
    sqlite3_bind_blob64(s, 2, row->vector, row->n_vector, SQLITE_STATIC);
  else
    sqlite3_bind_null(s, 2);
  if (n > 2) sqlite3_bind_text(s, 3, row->error, -1, SQLITE_STATIC);
  if (n > 3) sqlite3_bind_text64(s, 4, row->caption, row->n_caption, SQLITE_STATIC, SQLITE_UTF8);
  sqlite3_step(s);
  return sqlite3_reset(s);
}

/* An interrupt stops a ROLLBACK too, but a write that is interrupted takes the transaction back. */
static void rollback(struct into *into) {
  sqlite3 *db = into->conn->db;
  if (!sqlite3_get_autocommit(db)) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
  if (sqlite3_get_autocommit(db)) return;
  sqlite3_step(into->insert);
  sqlite3_reset(into->insert);
}

/* Writes what is pending in one transaction. */
static int commit(struct into *into, struct emb_err *err) {
  if (!into->n_rows) return EMB_OK;
  rewind_readers(into);
  int rc = exec_patiently(into, "BEGIN IMMEDIATE");
  if (rc) return sql_failed(into, rc, "rembed_into() could not begin a transaction", err);
  long long since = now_ms(into);
  for (int i = 0; i < into->n_rows && !rc; i++) rc = write_row(into, &into->rows[i]);
  int why = rc ? sql_failed(into, rc, "the INSERT of rembed_into() failed", err) : EMB_OK;
  if (!rc) rc = exec_patiently(into, "COMMIT");
  if (rc && !why) why = sql_failed(into, rc, "rembed_into() could not commit", err);
  if (why) rollback(into);
  into->lock_ms += now_ms(into) - since;
  for (int i = 0; i < into->n_rows; i++) row_clear(&into->rows[i]);
  into->n_rows = 0;
  into->pending_bytes = 0;
  into->n_commits += !why;
  return why;
}

static int run(struct into *into, struct emb_err *err) {
  struct emb_result result;
  int rc;
  while ((rc = emb_embed_next(into->embed, &result, err)) == EMB_OK) {
    rc = keep(into, &result, err);
    if (!rc && (into->n_rows == into->commit_every || into->pending_bytes > MAX_PENDING_BYTES))
      rc = commit(into, err);
    if (rc) break;
  }
  if (rc == EMB_END) return commit(into, err);
  /* paid for is paid for: what is there is written before the error is reported */
  struct emb_err ignored;
  if (rc != EMB_EINTERRUPT && rc != EMB_ENOMEM) commit(into, &ignored);
  return rc;
}

/* ---- the function ---- */

static int open_into(struct into *into, int argc, sqlite3_value **argv, struct emb_err *err) {
  const char *texts[3];
  for (int i = 0; i < 3; i++)
    if (!(texts[i] = (const char *)sqlite3_value_text(argv[i])))
      return emb_err_set(err, EMB_EARG,
                         "rembed_into() takes a client's name, a SELECT and an INSERT as text");
  into->commit_every = argc > 3 && sqlite3_value_type(argv[3]) != SQLITE_NULL
                           ? sqlite3_value_int(argv[3])
                           : COMMIT_EVERY;
  if (into->commit_every < 1 || into->commit_every > 1000000)
    return emb_err_set(err, EMB_EARG, "commit_every must be a whole number from 1 to 1000000");
  if (!sqlite3_get_autocommit(into->conn->db))
    return emb_err_set(err, EMB_EARG,
                       "rembed_into() commits by itself; call it outside a transaction");
  if (!(into->client = emb_conn_client(into->conn, NULL, texts[0], err))) return err->code;
  struct emb_engine *engine = NULL;
  if (emb_conn_engine_for(into->conn, into->client, &engine, err)) return err->code;
  int rc = prepare_one(into, texts[2], &into->insert, "the INSERT of rembed_into()", err);
  if (rc) return rc;
  int n = sqlite3_bind_parameter_count(into->insert);
  if (sqlite3_stmt_readonly(into->insert) || n < 2 || n > 4)
    return emb_err_set(err, EMB_EARG,
                       "the INSERT of rembed_into() must write and use ?1 (id) and ?2 (embedding); "
                       "?3 is the error, ?4 "
                       "the caption");
  into->rows = emb_calloc((size_t)into->commit_every, sizeof *into->rows);
  if (!into->rows) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  rc = copy_inputs(into, texts[1], err);
  struct emb_embed_options options = {.interrupted = emb_conn_interrupted, .ctx = into->conn};
  return rc ? rc : emb_embed_open(into->client, engine, source, into, &options, &into->embed, err);
}

static void close_into(struct into *into) {
  emb_embed_close(into->embed);
  sqlite3_finalize(into->inputs);
  sqlite3_finalize(into->ids);
  sqlite3_finalize(into->insert);
  for (int i = 0; i < into->n_rows; i++) row_clear(&into->rows[i]);
  emb_free(into->rows);
  emb_client_unref(into->client);
  if (into->table[0]) exec_format(into, "", NULL, "DROP TABLE IF EXISTS temp.%s", into->table);
}

void rembed_into(sqlite3_context *context, int argc, sqlite3_value **argv) {
  struct into into = {.conn = sqlite3_user_data(context)};
  struct emb_err err = {0};
  int rc = open_into(&into, argc, argv, &err);
  if (!rc && into.rows) rc = run(&into, &err);
  close_into(&into);
  if (rc) {
    emb_value_error(context, &err);
    return;
  }
  char *text = sqlite3_mprintf(
      "{\"rows\":%lld,\"embedded\":%lld,\"failed\":%lld,\"commits\":%lld,\"lock_ms\":%lld}", into.n,
      into.n_embedded, into.n_failed, into.n_commits, into.lock_ms);
  if (text)
    sqlite3_result_text(context, text, -1, sqlite3_free);
  else
    sqlite3_result_error_nomem(context);
}
