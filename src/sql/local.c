/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The models that run in this process:
 *
 *   rembed_local(text [, dims])   -> vector of the built-in model: float32, unit length
 *   rembed_model_info(client)     -> JSON: what is known of a client's model in this process
 *
 * rembed_local depends on nothing but its arguments: no client, no settings, no file. The same text
 * gives the same bytes on every machine, so it may stand in generated columns, indexes and
 * triggers. (It sets no subtype: SQLite would not use an index on it then. sqlite-vec takes the
 * BLOB for what it is.)
 */
#include "local/local.h"

#include "base/mem.h"
#include "sql/functions.h"
#include "sql/value.h"

SQLITE_EXTENSION_INIT3

/* The built-in model, opened once a connection. */
static struct emb_local *builtin(struct emb_conn *conn, struct emb_err *err) {
  if (!conn->builtin) emb_local_builtin(&conn->builtin, err);
  return conn->builtin;
}

static void embed(sqlite3_context *context, const struct emb_local *model, sqlite3_value *value,
                  int n_dims) {
  int nomem = 0;
  size_t n = 0;
  const char *text = emb_value_text(value, &n, &nomem);
  if (!text) {
    if (nomem) sqlite3_result_error_nomem(context);
    return;
  }
  float *vector = emb_malloc((size_t)n_dims * sizeof *vector);
  if (!vector) {
    sqlite3_result_error_nomem(context);
    return;
  }
  if (emb_local_embed(model, text, n, n_dims, vector, NULL)) { /* no known token */
    emb_free(vector);
    return;
  }
  sqlite3_result_blob64(context, vector, (sqlite3_uint64)n_dims * sizeof *vector, emb_free);
}

void rembed_local(sqlite3_context *context, int argc, sqlite3_value **argv) {
  struct emb_err err = {0};
  struct emb_local *model = builtin(sqlite3_user_data(context), &err);
  if (!model) {
    emb_value_error(context, &err);
    return;
  }
  if (sqlite3_value_type(argv[0]) == SQLITE_BLOB) {
    sqlite3_result_error(context, "rembed_local() takes text, not a BLOB", -1);
    return;
  }
  int n_dims = emb_local_dims(model);
  if (argc > 1) {
    sqlite3_int64 wanted = sqlite3_value_int64(argv[1]);
    if (sqlite3_value_numeric_type(argv[1]) != SQLITE_INTEGER || wanted < 1 || wanted > n_dims) {
      char *text =
          sqlite3_mprintf("rembed_local(): dims must be a whole number from 1 to %d", n_dims);
      sqlite3_result_error(context, text ? text : "out of memory", -1);
      sqlite3_free(text);
      return;
    }
    n_dims = (int)wanted;
  }
  embed(context, model, argv[0], n_dims);
}

void rembed_model_info(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  int nomem = 0;
  struct emb_err err = {0};
  struct emb_buf out = EMB_BUF_INIT;
  const char *name = emb_value_text(argv[0], NULL, &nomem);
  if (!name) {
    if (nomem)
      sqlite3_result_error_nomem(context);
    else
      sqlite3_result_error(context, "the client's name is NULL; name a client of rembed_clients",
                           -1);
    return;
  }
  struct emb_client *client = emb_conn_client(sqlite3_user_data(context), context, name, &err);
  if (client && !client->local)
    emb_err_set(&err, EMB_EARG,
                "client '%.60s': its model runs at provider '%s', not in this process; "
                "rembed_clients shows "
                "what is known of it",
                name, client->options.provider);
  if (!client || !client->local) {
    emb_value_error(context, &err);
  } else {
    emb_local_print(client->local, &out);
    emb_value_take_text(context, &out);
  }
  emb_client_unref(client);
}
