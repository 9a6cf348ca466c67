/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The registry as a table, one per connection, gone with it:
 *
 *   CREATE TABLE temp.rembed_clients(name TEXT PRIMARY KEY, options TEXT);
 *
 *   INSERT INTO temp.rembed_clients(name, options) VALUES ('openai', 'openai:sk-...');
 *   UPDATE temp.rembed_clients SET options = 'ollama::all-minilm' WHERE name = 'mine';
 *   SELECT name, options FROM temp.rembed_clients;     -- effective options, never a key
 *
 * Writing is not transactional: a ROLLBACK does not bring a client back. idxNum 1: name = ? is the
 * only argument of xFilter.
 */
#include <string.h>

#include "base/mem.h"
#include "sql/functions.h"
#include "sql/value.h"

SQLITE_EXTENSION_INIT3

struct clients_table {
  sqlite3_vtab base;     /* must be first */
  struct emb_conn *conn; /* shared */
};

struct clients_cursor {
  sqlite3_vtab_cursor base; /* must be first */
  int position, end;
};

enum { COLUMN_NAME, COLUMN_OPTIONS };

static int connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out,
                   char **error) {
  (void)argc, (void)argv, (void)error;
  int rc = sqlite3_declare_vtab(db, "CREATE TABLE x(name TEXT PRIMARY KEY, options TEXT)");
  if (rc) return rc;
  struct clients_table *table = sqlite3_malloc64(sizeof *table);
  if (!table) return SQLITE_NOMEM;
  memset(table, 0, sizeof *table);
  table->conn = emb_conn_ref(aux);
  /* A view or trigger of a hostile database must not register clients or read their settings. */
  sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
  /* A refused write changes nothing, so that INSERT OR IGNORE may go on. */
  sqlite3_vtab_config(db, SQLITE_VTAB_CONSTRAINT_SUPPORT, 1);
  *out = &table->base;
  return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *base) {
  struct clients_table *table = (struct clients_table *)base;
  emb_conn_unref(table->conn);
  sqlite3_free(table);
  return SQLITE_OK;
}

static int best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  (void)base;
  info->estimatedCost = 100;
  for (int i = 0; i < info->nConstraint; i++) {
    if (!info->aConstraint[i].usable || info->aConstraint[i].iColumn != COLUMN_NAME ||
        info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
      continue;
    info->aConstraintUsage[i].argvIndex = 1;
    info->idxNum = 1;
    info->estimatedCost = 1;
    info->estimatedRows = 1;
    break;
  }
  return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
  (void)base;
  struct clients_cursor *cursor = sqlite3_malloc64(sizeof *cursor);
  if (!cursor) return SQLITE_NOMEM;
  memset(cursor, 0, sizeof *cursor);
  *out = &cursor->base;
  return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *base) {
  sqlite3_free(base);
  return SQLITE_OK;
}

static struct emb_registry *registry_of(sqlite3_vtab_cursor *base) {
  return &((struct clients_table *)base->pVtab)->conn->registry;
}

static int filter(sqlite3_vtab_cursor *base, int plan, const char *text, int argc,
                  sqlite3_value **argv) {
  (void)text, (void)argc;
  struct clients_cursor *cursor = (struct clients_cursor *)base;
  struct emb_registry *r = registry_of(base);
  cursor->position = 0;
  cursor->end = r->n;
  if (!plan) return SQLITE_OK;
  const char *name = (const char *)sqlite3_value_text(argv[0]);
  int at = name ? emb_registry_index(r, name) : -1;
  cursor->position = at < 0 ? 0 : at;
  cursor->end = at + 1;
  return SQLITE_OK;
}

static int next_row(sqlite3_vtab_cursor *base) {
  ((struct clients_cursor *)base)->position++;
  return SQLITE_OK;
}

/* Rows may vanish under a cursor (DELETE while scanning): both ends count. */
static int eof(sqlite3_vtab_cursor *base) {
  struct clients_cursor *cursor = (struct clients_cursor *)base;
  return cursor->position >= cursor->end || cursor->position >= registry_of(base)->n;
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *context, int i) {
  struct clients_cursor *cursor = (struct clients_cursor *)base;
  struct emb_client *client = registry_of(base)->clients[cursor->position];
  if (i == COLUMN_NAME) {
    sqlite3_result_text(context, client->name, -1, SQLITE_TRANSIENT);
  } else if (!sqlite3_vtab_nochange(context)) {
    struct emb_buf text = EMB_BUF_INIT;
    emb_client_print(client, &text);
    emb_value_take_text(context, &text);
  }
  return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  *out = registry_of(base)->ids[((struct clients_cursor *)base)->position];
  return SQLITE_OK;
}

static int fail(sqlite3_vtab *base, int code, const char *text) {
  sqlite3_free(base->zErrMsg);
  base->zErrMsg = sqlite3_mprintf("%s", text);
  return code;
}

static int fail_with(sqlite3_vtab *base, const struct emb_err *err) {
  return fail(base, emb_value_code(err->code), err->message);
}

/* Makes a client from the two values; the error is on the table. */
static int make_client(sqlite3_vtab *base, sqlite3_value *name_value, sqlite3_value *options_value,
                       struct emb_client **out) {
  struct emb_err err = {0};
  const char *name = (const char *)sqlite3_value_text(name_value);
  if (!name || !*name) return fail(base, SQLITE_ERROR, "a client needs a name");
  if (sqlite3_value_type(options_value) != SQLITE_TEXT)
    return fail(
        base, SQLITE_ERROR,
        "client options required: 'provider', 'provider:key', 'provider::model', a JSON object or "
        "rembed_client_options(...), as text");
  const char *options = (const char *)sqlite3_value_text(options_value);
  if (!options) return SQLITE_NOMEM;
  if (emb_client_new(name, options, (size_t)sqlite3_value_bytes(options_value), out, &err))
    return fail_with(base, &err);
  return SQLITE_OK;
}

static int insert(sqlite3_vtab *base, struct emb_conn *conn, sqlite3_value **argv,
                  sqlite3_int64 *id) {
  struct emb_registry *r = &conn->registry;
  struct emb_client *client = NULL;
  int rc = make_client(base, argv[2 + COLUMN_NAME], argv[2 + COLUMN_OPTIONS], &client);
  if (rc) return rc;
  int at = emb_registry_index(r, client->name);
  if (at >= 0 && !r->clients[at]->is_default &&
      sqlite3_vtab_on_conflict(conn->db) != SQLITE_REPLACE) {
    char *text = sqlite3_mprintf(
        "client '%s' exists already; use INSERT OR REPLACE, UPDATE or DELETE", client->name);
    emb_client_unref(client);
    sqlite3_free(base->zErrMsg);
    base->zErrMsg = text;
    return SQLITE_CONSTRAINT;
  }
  if (at >= 0) {
    emb_registry_replace(r, at, client);
    *id = r->ids[at];
    return SQLITE_OK;
  }
  if (emb_registry_add(r, client, id)) {
    emb_client_unref(client);
    return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

static int rename_client(sqlite3_vtab *base, struct emb_registry *r, int at, sqlite3_value *value) {
  const char *name = (const char *)sqlite3_value_text(value);
  if (!name || !*name) return fail(base, SQLITE_ERROR, "a client needs a name");
  int other = emb_registry_index(r, name);
  if (other >= 0 && other != at)
    return fail(base, SQLITE_CONSTRAINT, "a client of that name exists already");
  char *copy = emb_strdup(name);
  if (!copy) return SQLITE_NOMEM;
  emb_free(r->clients[at]->name);
  r->clients[at]->name = copy;
  return SQLITE_OK;
}

static int change(sqlite3_vtab *base, struct emb_conn *conn, sqlite3_value **argv) {
  struct emb_registry *r = &conn->registry;
  int at = emb_registry_position(r, sqlite3_value_int64(argv[0]));
  if (at < 0) return SQLITE_OK;
  if (sqlite3_value_int64(argv[0]) != sqlite3_value_int64(argv[1]))
    return fail(base, SQLITE_ERROR, "the rowid of a client cannot be changed");
  if (sqlite3_value_nochange(argv[2 + COLUMN_OPTIONS]))
    return rename_client(base, r, at, argv[2 + COLUMN_NAME]);
  struct emb_client *client = NULL;
  int rc = make_client(base, argv[2 + COLUMN_NAME], argv[2 + COLUMN_OPTIONS], &client);
  if (rc) return rc;
  int other = emb_registry_index(r, client->name);
  if (other >= 0 && other != at) {
    emb_client_unref(client);
    return fail(base, SQLITE_CONSTRAINT, "a client of that name exists already");
  }
  emb_registry_replace(r, at, client);
  return SQLITE_OK;
}

static int update(sqlite3_vtab *base, int argc, sqlite3_value **argv, sqlite3_int64 *id) {
  struct emb_conn *conn = ((struct clients_table *)base)->conn;
  if (argc == 1) {
    int at = emb_registry_position(&conn->registry, sqlite3_value_int64(argv[0]));
    if (at >= 0) emb_registry_remove(&conn->registry, at);
    return SQLITE_OK;
  }
  if (sqlite3_value_type(argv[0]) == SQLITE_NULL) return insert(base, conn, argv, id);
  return change(base, conn, argv);
}

const sqlite3_module emb_clients_module = {
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
    .xUpdate = update,
};
