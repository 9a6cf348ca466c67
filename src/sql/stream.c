/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Rows in, rows out, while the requests are in flight:
 *
 *   SELECT idx, embedding, error FROM rembed_each('client', '["a", "b"]');
 *   SELECT id, embedding, error FROM rembed_stream('client', 'SELECT id, body FROM docs');
 *   INSERT INTO vectors SELECT id, embedding FROM rembed_stream('client', 'SELECT id, body FROM
 * docs'); SELECT ... FROM rembed_stream('client', 'SELECT ...') WHERE max_concurrent_requests = 16
 * AND batch_size = 64;
 *
 *   CREATE TABLE x(id, embedding BLOB, error TEXT, caption TEXT, tokens REAL, ms INT, attempts INT,
 *                  client HIDDEN, input HIDDEN, input_type HIDDEN,
 *                  max_concurrent_requests HIDDEN, batch_size HIDDEN, on_error HIDDEN);
 *
 * rembed_stream runs the SELECT of `input` itself, on this connection: one read-only statement
 * whose first column is the id (any type), the second the input (TEXT: text, BLOB: image), the
 * third, if any, a prompt. rembed_each walks a JSON array; its first column is called idx. Rows
 * come in input order; a failed item is a row with an error and no vector.
 *
 * idxNum: bit k is set when hidden column COLUMN_CLIENT + k has an equality; xFilter gets those
 * values in that order. The first two are required. xNext does the I/O; xEof and xColumn none.
 */
#include <string.h>

#include "base/mem.h"
#include "sql/functions.h"
#include "sql/source.h"
#include "sql/value.h"

SQLITE_EXTENSION_INIT3

enum {
  COLUMN_ID,
  COLUMN_EMBEDDING,
  COLUMN_ERROR,
  COLUMN_CAPTION,
  COLUMN_TOKENS,
  COLUMN_MS,
  COLUMN_ATTEMPTS,
  COLUMN_CLIENT,
  COLUMN_INPUT,
  COLUMN_INPUT_TYPE,
  COLUMN_MAX_CONCURRENT_REQUESTS,
  COLUMN_BATCH_SIZE,
  COLUMN_ON_ERROR,
  N_COLUMNS
};
enum { N_ARGUMENTS = N_COLUMNS - COLUMN_CLIENT, REQUIRED = 3 /* client and input */ };

#define STREAM_SCHEMA(first)                                                                       \
  "CREATE TABLE x(" first ", embedding BLOB, error TEXT, caption TEXT, tokens REAL, ms INT, "      \
  "attempts INT, client HIDDEN, input HIDDEN, input_type HIDDEN, "                                 \
  "max_concurrent_requests HIDDEN, batch_size HIDDEN, on_error HIDDEN)"

struct stream_table {
  sqlite3_vtab base;     /* must be first */
  struct emb_conn *conn; /* shared */
  int is_query;          /* rembed_stream, else rembed_each */
};

/* An id that waits for its row. */
struct waiting {
  struct waiting *next;
  sqlite3_value *id; /* owned */
};

struct stream_cursor {
  sqlite3_vtab_cursor base;  /* must be first */
  struct emb_client *client; /* shared */
  struct emb_embed *embed;   /* owned */
  sqlite3_stmt *query;       /* owned; rembed_stream */
  struct waiting *first, *last;
  char *json; /* owned; rembed_each */
  struct emb_array array;
  sqlite3_value *arguments[N_ARGUMENTS]; /* owned copies, for xColumn */
  struct emb_result result;
  int fail_on_error, eof;
  sqlite3_int64 row;
};

static int connect_stream(sqlite3 *db, struct emb_conn *conn, int is_query, sqlite3_vtab **out) {
  int rc = sqlite3_declare_vtab(db, is_query ? STREAM_SCHEMA("id") : STREAM_SCHEMA("idx INT"));
  if (rc) return rc;
  struct stream_table *table = sqlite3_malloc64(sizeof *table);
  if (!table) return SQLITE_NOMEM;
  memset(table, 0, sizeof *table);
  table->conn = emb_conn_ref(conn);
  table->is_query = is_query;
  /* It sends data out: not from views and triggers of a database file. */
  sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
  *out = &table->base;
  return SQLITE_OK;
}

static int connect_query(sqlite3 *db, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **error) {
  (void)argc, (void)argv, (void)error;
  return connect_stream(db, aux, 1, out);
}

static int connect_each(sqlite3 *db, void *aux, int argc, const char *const *argv,
                        sqlite3_vtab **out, char **error) {
  (void)argc, (void)argv, (void)error;
  return connect_stream(db, aux, 0, out);
}

static int disconnect(sqlite3_vtab *base) {
  emb_conn_unref(((struct stream_table *)base)->conn);
  sqlite3_free(base);
  return SQLITE_OK;
}

static int fail(sqlite3_vtab *base, int code, const char *format, const char *text) {
  sqlite3_free(base->zErrMsg);
  base->zErrMsg = sqlite3_mprintf(format, text);
  return code;
}

static int best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  (void)base;
  int at[N_ARGUMENTS], plan = 0, unusable = 0;
  for (int i = 0; i < info->nConstraint; i++) {
    int k = info->aConstraint[i].iColumn - COLUMN_CLIENT;
    if (k < 0 || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (!info->aConstraint[i].usable) {
      unusable |= 1 << k;
    } else {
      plan |= 1 << k;
      at[k] = i;
    }
  }
  /* An argument that another table still has to give: another join order may. */
  if (unusable & ~plan) return SQLITE_CONSTRAINT;
  if ((plan & REQUIRED) != REQUIRED) {
    /* SQLite also asks for the parts of a WHERE with OR: never the best plan, and where it is the
     * only one xFilter says what is missing. */
    info->idxNum = 0;
    info->estimatedCost = 1e99;
    return SQLITE_OK;
  }
  for (int k = 0, n = 0; k < N_ARGUMENTS; k++)
    if (plan & (1 << k)) {
      info->aConstraintUsage[at[k]].argvIndex = ++n;
      info->aConstraintUsage[at[k]].omit = 1;
    }
  info->idxNum = plan;
  info->estimatedCost = 1e6;
  info->estimatedRows = 1000;
  return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
  (void)base;
  struct stream_cursor *cursor = sqlite3_malloc64(sizeof *cursor);
  if (!cursor) return SQLITE_NOMEM;
  memset(cursor, 0, sizeof *cursor);
  *out = &cursor->base;
  return SQLITE_OK;
}

static void drop_first(struct stream_cursor *cursor) {
  struct waiting *first = cursor->first;
  cursor->first = first->next;
  if (!cursor->first) cursor->last = NULL;
  sqlite3_value_free(first->id);
  emb_free(first);
}

/* Back to the state after xOpen: xFilter may come again. */
static void reset(struct stream_cursor *cursor) {
  emb_embed_close(cursor->embed);
  emb_client_unref(cursor->client);
  sqlite3_finalize(cursor->query);
  while (cursor->first) drop_first(cursor);
  emb_array_close(&cursor->array);
  emb_free(cursor->json);
  for (int k = 0; k < N_ARGUMENTS; k++) sqlite3_value_free(cursor->arguments[k]);
  sqlite3_vtab_cursor base = cursor->base;
  memset(cursor, 0, sizeof *cursor);
  cursor->base = base;
}

static int close_cursor(sqlite3_vtab_cursor *base) {
  reset((struct stream_cursor *)base);
  sqlite3_free(base);
  return SQLITE_OK;
}

/* ---- the source ---- */

static int query_failed(sqlite3 *db, int rc, struct emb_err *err) {
  if (rc == SQLITE_NOMEM) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  if (rc == SQLITE_INTERRUPT) return emb_err_set(err, EMB_EINTERRUPT, "interrupted");
  return emb_err_set(err, EMB_EARG, "the query failed: %s", sqlite3_errmsg(db));
}

/* The next row of the query. Its values stay valid until the next step, which is all the pipeline
 * asks. */
static int source_query(void *ctx, struct emb_source_item *item, struct emb_err *err) {
  struct stream_cursor *cursor = ctx;
  int rc = sqlite3_step(cursor->query);
  if (rc == SQLITE_DONE) return EMB_END;
  if (rc != SQLITE_ROW) return query_failed(sqlite3_db_handle(cursor->query), rc, err);
  struct waiting *waiting = emb_calloc(1, sizeof *waiting);
  if (waiting) waiting->id = sqlite3_value_dup(sqlite3_column_value(cursor->query, 0));
  if (!waiting || !waiting->id) {
    emb_free(waiting);
    return emb_err_set(err, EMB_ENOMEM, "out of memory");
  }
  if (cursor->last)
    cursor->last->next = waiting;
  else
    cursor->first = waiting;
  cursor->last = waiting;
  return emb_value_row_input(cursor->query, 1, &item->input, err);
}

static int prepare(struct stream_cursor *cursor, sqlite3 *db, const char *sql,
                   struct emb_err *err) {
  const char *tail = NULL;
  int rc = sqlite3_prepare_v2(db, sql, -1, &cursor->query, &tail);
  if (rc) return emb_err_set(err, EMB_EARG, "the query is not valid SQL: %s", sqlite3_errmsg(db));
  if (!cursor->query)
    return emb_err_set(err, EMB_EARG, "the query is empty; give SELECT id, text FROM ...");
  if (!sqlite3_stmt_readonly(cursor->query))
    return emb_err_set(err, EMB_EARG, "the query writes; give a SELECT");
  if (!emb_value_is_empty_sql(db, tail))
    return emb_err_set(err, EMB_EARG, "the query holds more than one statement");
  if (sqlite3_bind_parameter_count(cursor->query))
    return emb_err_set(err, EMB_EARG, "the query has parameters; write the values into it");
  int n_columns = sqlite3_column_count(cursor->query);
  if (n_columns < 2 || n_columns > 3)
    return emb_err_set(
        err, EMB_EARG,
        "the query must give two columns, an id and a text or image (and may give a prompt)");
  return EMB_OK;
}

/* ---- the cursor ---- */

static int fail_with(struct stream_cursor *cursor, struct emb_err *err) {
  char *text = emb_value_error_text(err);
  int rc = text ? fail(cursor->base.pVtab, emb_value_code(err->code), "%s", text) : SQLITE_NOMEM;
  sqlite3_free(text);
  cursor->eof = 1;
  return rc;
}

static int next_row(sqlite3_vtab_cursor *base) {
  struct stream_cursor *cursor = (struct stream_cursor *)base;
  struct emb_err err = {0};
  if (cursor->query && cursor->row) drop_first(cursor);
  int rc = emb_embed_next(cursor->embed, &cursor->result, &err);
  cursor->row++;
  if (rc == EMB_END) {
    cursor->eof = 1;
    return SQLITE_OK;
  }
  if (!rc && cursor->result.status == EMB_RESULT_FAILED && cursor->fail_on_error) {
    err = *cursor->result.err;
    emb_err_prefix(&err, "client '%.60s': item %lld: ", cursor->client->name, cursor->result.index);
    rc = err.code;
  }
  return rc ? fail_with(cursor, &err) : SQLITE_OK;
}

/* A whole number argument in bounds, 0 when absent. */
static int limit_of(sqlite3_value *value, int max, const char *name, int *out,
                    struct emb_err *err) {
  if (!value || sqlite3_value_type(value) == SQLITE_NULL) return EMB_OK;
  int is_whole = sqlite3_value_numeric_type(value) == SQLITE_INTEGER;
  sqlite3_int64 number = is_whole ? sqlite3_value_int64(value) : 0;
  if (number < 1 || number > max)
    return emb_err_set(err, EMB_EARG, "%s must be a whole number from 1 to %d", name, max);
  *out = (int)number;
  return EMB_OK;
}

static const char *text_of(sqlite3_value *value) {
  return value && sqlite3_value_type(value) != SQLITE_NULL ? (const char *)sqlite3_value_text(value)
                                                           : NULL;
}

/* Reads the arguments that override options. */
static int read_overrides(struct stream_cursor *cursor, struct emb_embed_options *options,
                          struct emb_err *err) {
  sqlite3_value **v = cursor->arguments;
  const char *on_error = text_of(v[COLUMN_ON_ERROR - COLUMN_CLIENT]);
  options->input_type = text_of(v[COLUMN_INPUT_TYPE - COLUMN_CLIENT]);
  int rc = limit_of(v[COLUMN_MAX_CONCURRENT_REQUESTS - COLUMN_CLIENT], 256,
                    "max_concurrent_requests", &options->max_concurrent_requests, err);
  if (!rc)
    rc = limit_of(v[COLUMN_BATCH_SIZE - COLUMN_CLIENT], 100000, "batch_size", &options->batch_size,
                  err);
  if (!rc && on_error && strcmp(on_error, "fail") != 0 && strcmp(on_error, "null") != 0)
    rc = emb_err_set(err, EMB_EARG, "on_error must be fail or null");
  cursor->fail_on_error = on_error && strcmp(on_error, "fail") == 0;
  return rc;
}

static int start(struct stream_cursor *cursor, struct emb_err *err) {
  struct stream_table *table = (struct stream_table *)cursor->base.pVtab;
  const char *name = text_of(cursor->arguments[0]), *input = text_of(cursor->arguments[1]);
  struct emb_embed_options options = {.interrupted = emb_conn_interrupted, .ctx = table->conn};
  if (!name)
    return emb_err_set(err, EMB_EARG, "the client's name is NULL; name a client of rembed_clients");
  if (!(cursor->client = emb_conn_client(table->conn, NULL, name, err))) return err->code;
  int rc = read_overrides(cursor, &options, err);
  if (!rc && table->is_query) rc = prepare(cursor, table->conn->db, input, err);
  if (!rc && !table->is_query)
    rc = emb_array_open(&cursor->array, input, (size_t)sqlite3_value_bytes(cursor->arguments[1]), 0,
                        err);
  struct emb_engine *engine = NULL;
  if (rc || emb_conn_engine_for(table->conn, cursor->client, &engine, err)) return err->code;
  return emb_embed_open(cursor->client, engine, table->is_query ? source_query : emb_source_array,
                        table->is_query ? (void *)cursor : (void *)&cursor->array, &options,
                        &cursor->embed, err);
}

static int filter(sqlite3_vtab_cursor *base, int plan, const char *text, int argc,
                  sqlite3_value **argv) {
  struct stream_cursor *cursor = (struct stream_cursor *)base;
  struct emb_err err = {0};
  (void)text, (void)argc;
  reset(cursor);
  if ((plan & REQUIRED) != REQUIRED)
    return fail(base->pVtab, SQLITE_ERROR, "%s takes a client's name and an input as arguments",
                ((struct stream_table *)base->pVtab)->is_query ? "rembed_stream()"
                                                               : "rembed_each()");
  for (int k = 0, n = 0; k < N_ARGUMENTS; k++)
    if (plan & (1 << k) && !(cursor->arguments[k] = sqlite3_value_dup(argv[n++])))
      return SQLITE_NOMEM;
  if (!text_of(cursor->arguments[1])) { /* NULL in, no rows out */
    cursor->eof = 1;
    return SQLITE_OK;
  }
  if (start(cursor, &err)) return fail_with(cursor, &err);
  return next_row(base);
}

static int eof(sqlite3_vtab_cursor *base) { return ((struct stream_cursor *)base)->eof; }

static void error_column(sqlite3_context *context, const struct emb_result *r) {
  if (!r->err) return;
  char *text = emb_value_error_text(r->err);
  if (text)
    sqlite3_result_text(context, text, -1, sqlite3_free);
  else
    sqlite3_result_error_nomem(context);
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *context, int i) {
  struct stream_cursor *cursor = (struct stream_cursor *)base;
  const struct emb_result *r = &cursor->result;
  switch (i) {
  case COLUMN_ID:
    if (cursor->query)
      sqlite3_result_value(context, cursor->first->id);
    else
      sqlite3_result_int64(context, r->index);
    break;
  case COLUMN_EMBEDDING:
    if (r->status == EMB_RESULT_VECTOR) emb_value_vector(context, cursor->client, r);
    break;
  case COLUMN_ERROR: error_column(context, r); break;
  case COLUMN_CAPTION:
    if (r->caption)
      sqlite3_result_text64(context, r->caption, r->n_caption, SQLITE_TRANSIENT, SQLITE_UTF8);
    break;
  case COLUMN_TOKENS:
    if (r->tokens >= 0) sqlite3_result_double(context, r->tokens);
    break;
  case COLUMN_MS:
    if (r->attempts) sqlite3_result_int64(context, r->ms);
    break;
  case COLUMN_ATTEMPTS: sqlite3_result_int(context, r->attempts); break;
  default:
    if (cursor->arguments[i - COLUMN_CLIENT])
      sqlite3_result_value(context, cursor->arguments[i - COLUMN_CLIENT]);
  }
  return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  *out = ((struct stream_cursor *)base)->row;
  return SQLITE_OK;
}

#define STREAM_MODULE(connect_function)                                                            \
  {                                                                                                \
    .iVersion = 1, .xConnect = connect_function, .xBestIndex = best_index,                         \
    .xDisconnect = disconnect, .xOpen = open_cursor, .xClose = close_cursor, .xFilter = filter,    \
    .xNext = next_row, .xEof = eof, .xColumn = column, .xRowid = rowid                             \
  }

const sqlite3_module emb_each_module = STREAM_MODULE(connect_each);
const sqlite3_module emb_stream_module = STREAM_MODULE(connect_query);
