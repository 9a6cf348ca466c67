/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What is wrong with a client:
 *
 *   SELECT name, ok, detail FROM rembed_doctor('client');
 *
 *   CREATE TABLE x(name TEXT, ok INT, detail TEXT, client HIDDEN);
 *
 * ok is 1, 0 (and detail says what to do) or NULL for what was not reached. It sends one request,
 * over an engine of its own, so that name, connection and TLS are seen anew. idxNum 1: the client
 * is given, as the only argument of xFilter. All I/O is in xFilter.
 */
#include <string.h>

#include "base/mem.h"
#include "embed/doctor.h"
#include "http/curl.h"
#include "sql/functions.h"
#include "sql/value.h"

SQLITE_EXTENSION_INIT3

enum { COLUMN_NAME, COLUMN_OK, COLUMN_DETAIL, COLUMN_CLIENT };

struct doctor_table {
  sqlite3_vtab base;     /* must be first */
  struct emb_conn *conn; /* shared */
};

struct doctor_cursor {
  sqlite3_vtab_cursor base; /* must be first */
  struct emb_diagnosis diagnosis;
  char *client; /* owned */
  int row, is_open;
};

static int connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out,
                   char **error) {
  (void)argc, (void)argv, (void)error;
  int rc =
      sqlite3_declare_vtab(db, "CREATE TABLE x(name TEXT, ok INT, detail TEXT, client HIDDEN)");
  if (rc) return rc;
  struct doctor_table *table = sqlite3_malloc64(sizeof *table);
  if (!table) return SQLITE_NOMEM;
  memset(table, 0, sizeof *table);
  table->conn = emb_conn_ref(aux);
  /* It sends a request and shows settings: not from views and triggers of a database file. */
  sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
  *out = &table->base;
  return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *base) {
  emb_conn_unref(((struct doctor_table *)base)->conn);
  sqlite3_free(base);
  return SQLITE_OK;
}

static int fail(sqlite3_vtab *base, int code, const char *text) {
  sqlite3_free(base->zErrMsg);
  base->zErrMsg = sqlite3_mprintf("%s", text);
  return code;
}

static int best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  (void)base;
  int unusable = 0;
  for (int i = 0; i < info->nConstraint; i++) {
    if (info->aConstraint[i].iColumn != COLUMN_CLIENT ||
        info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
      continue;
    if (!info->aConstraint[i].usable) {
      unusable = 1;
      continue;
    }
    info->aConstraintUsage[i].argvIndex = 1;
    info->aConstraintUsage[i].omit = 1;
    info->idxNum = 1;
    info->estimatedCost = 1e6;
    info->estimatedRows = EMB_N_FINDINGS;
    return SQLITE_OK;
  }
  /* a client that another table still has to give: another join order may */
  if (unusable) return SQLITE_CONSTRAINT;
  /* Asked for a part of a WHERE with OR: never the best plan, and xFilter says what is missing. */
  info->estimatedCost = 1e99;
  return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
  (void)base;
  struct doctor_cursor *cursor = sqlite3_malloc64(sizeof *cursor);
  if (!cursor) return SQLITE_NOMEM;
  memset(cursor, 0, sizeof *cursor);
  *out = &cursor->base;
  return SQLITE_OK;
}

static void reset(struct doctor_cursor *cursor) {
  if (cursor->is_open) emb_diagnosis_release(&cursor->diagnosis);
  emb_free(cursor->client);
  cursor->client = NULL;
  cursor->is_open = cursor->row = 0;
}

static int close_cursor(sqlite3_vtab_cursor *base) {
  reset((struct doctor_cursor *)base);
  sqlite3_free(base);
  return SQLITE_OK;
}

static int examine(struct doctor_cursor *cursor, struct emb_conn *conn, const char *name,
                   struct emb_err *err) {
  struct emb_transport transport;
  struct emb_engine engine = {0};
  sqlite3_uint64 seed;
  struct emb_client *client = emb_conn_client(conn, NULL, name, err);
  if (!client) return err->code;
  int rc = emb_curl_open(&transport, 1, err);
  if (!rc) {
    sqlite3_randomness(sizeof seed, &seed);
    emb_engine_init(&engine, transport, seed);
    cursor->is_open = 1;
    rc = emb_doctor_run(client, &engine, conn->engine_open ? &conn->engine : NULL,
                        emb_conn_interrupted, conn, &cursor->diagnosis, err);
    emb_engine_release(&engine);
  }
  emb_client_unref(client);
  return rc;
}

static int filter(sqlite3_vtab_cursor *base, int plan, const char *text, int argc,
                  sqlite3_value **argv) {
  struct doctor_cursor *cursor = (struct doctor_cursor *)base;
  struct emb_err err = {0};
  int nomem = 0;
  (void)text, (void)argc;
  reset(cursor);
  if (!plan)
    return fail(base->pVtab, SQLITE_ERROR, "rembed_doctor() takes a client's name as argument");
  const char *name = emb_value_text(argv[0], NULL, &nomem);
  if (nomem) return SQLITE_NOMEM;
  if (!name)
    return fail(base->pVtab, SQLITE_ERROR,
                "the client's name is NULL; name a client of rembed_clients");
  if (!(cursor->client = emb_strdup(name))) return SQLITE_NOMEM;
  int rc = examine(cursor, ((struct doctor_table *)base->pVtab)->conn, name, &err);
  return rc ? fail(base->pVtab, emb_value_code(rc), err.message) : SQLITE_OK;
}

static int next_row(sqlite3_vtab_cursor *base) {
  ((struct doctor_cursor *)base)->row++;
  return SQLITE_OK;
}

static int eof(sqlite3_vtab_cursor *base) {
  struct doctor_cursor *cursor = (struct doctor_cursor *)base;
  return !cursor->is_open || cursor->row >= EMB_N_FINDINGS;
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *context, int i) {
  struct doctor_cursor *cursor = (struct doctor_cursor *)base;
  const struct emb_finding *finding = &cursor->diagnosis.findings[cursor->row];
  if (i == COLUMN_NAME)
    sqlite3_result_text(context, finding->name, -1, SQLITE_STATIC);
  else if (i == COLUMN_OK && finding->ok >= 0)
    sqlite3_result_int(context, finding->ok);
  else if (i == COLUMN_DETAIL)
    sqlite3_result_text64(context, finding->detail.data, finding->detail.n, SQLITE_TRANSIENT,
                          SQLITE_UTF8);
  else if (i == COLUMN_CLIENT)
    sqlite3_result_text(context, cursor->client, -1, SQLITE_TRANSIENT);
  return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  *out = ((struct doctor_cursor *)base)->row + 1;
  return SQLITE_OK;
}

const sqlite3_module emb_doctor_module = {
    .iVersion = 1,
    .xConnect = connect, /* no xCreate: eponymous only, always there */
    .xBestIndex = best_index,
    .xDisconnect = disconnect,
    .xOpen = open_cursor,
    .xClose = close_cursor,
    .xFilter = filter,
    .xNext = next_row,
    .xEof = eof,
    .xColumn = column,
    .xRowid = rowid,
};
