/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The tables that tell, read-only and eponymous:
 *
 *   SELECT * FROM rembed_providers;  -- the provider table with its capabilities
 *   SELECT * FROM rembed_stats;      -- one row per client: what it did since it was registered
 *
 * Both are lists of columns over a row number, so one cursor serves them; a table is its schema,
 * its row count and its column function.
 */
#include <string.h>

#include "sql/functions.h"

SQLITE_EXTENSION_INIT3

struct list {
  const char *schema;
  int (*count)(struct emb_conn *conn);
  void (*column)(struct emb_conn *conn, int row, int column, sqlite3_context *context);
};

struct list_table {
  sqlite3_vtab base; /* must be first */
  const struct list *list;
  struct emb_conn *conn; /* shared */
};

struct list_cursor {
  sqlite3_vtab_cursor base; /* must be first */
  int row;
};

static int connect_list(sqlite3 *db, struct emb_conn *conn, const struct list *list,
                        sqlite3_vtab **out) {
  int rc = sqlite3_declare_vtab(db, list->schema);
  if (rc) return rc;
  struct list_table *table = sqlite3_malloc64(sizeof *table);
  if (!table) return SQLITE_NOMEM;
  memset(table, 0, sizeof *table);
  table->list = list;
  table->conn = emb_conn_ref(conn);
  sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
  *out = &table->base;
  return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *base) {
  emb_conn_unref(((struct list_table *)base)->conn);
  sqlite3_free(base);
  return SQLITE_OK;
}

static int best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  (void)base;
  info->estimatedCost = 100;
  return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
  (void)base;
  struct list_cursor *cursor = sqlite3_malloc64(sizeof *cursor);
  if (!cursor) return SQLITE_NOMEM;
  memset(cursor, 0, sizeof *cursor);
  *out = &cursor->base;
  return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *base) {
  sqlite3_free(base);
  return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *base, int plan, const char *text, int argc,
                  sqlite3_value **argv) {
  (void)plan, (void)text, (void)argc, (void)argv;
  ((struct list_cursor *)base)->row = 0;
  return SQLITE_OK;
}

static int next_row(sqlite3_vtab_cursor *base) {
  ((struct list_cursor *)base)->row++;
  return SQLITE_OK;
}

static int eof(sqlite3_vtab_cursor *base) {
  struct list_table *table = (struct list_table *)base->pVtab;
  return ((struct list_cursor *)base)->row >= table->list->count(table->conn);
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *context, int i) {
  struct list_table *table = (struct list_table *)base->pVtab;
  table->list->column(table->conn, ((struct list_cursor *)base)->row, i, context);
  return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  *out = ((struct list_cursor *)base)->row + 1;
  return SQLITE_OK;
}

#define LIST_MODULE(connect_function)                                                              \
  {                                                                                                \
    .iVersion = 1, .xConnect = connect_function, .xBestIndex = best_index,                         \
    .xDisconnect = disconnect, .xOpen = open_cursor, .xClose = close_cursor, .xFilter = filter,    \
    .xNext = next_row, .xEof = eof, .xColumn = column, .xRowid = rowid                             \
  }

static void text_or_null(sqlite3_context *context, const char *text) {
  if (text) sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

static void int_or_null(sqlite3_context *context, long long number) {
  if (number) sqlite3_result_int64(context, number);
}

/* ---- rembed_providers ---- */

/* The i-th row that is listed. */
static const struct emb_provider *listed(int i) {
  int n;
  const struct emb_provider *rows = emb_providers(&n);
  for (int k = 0; k < n; k++)
    if (!rows[k].of && i-- == 0) return &rows[k];
  return NULL;
}

static int count_providers(struct emb_conn *conn) {
  int n = 0;
  (void)conn;
  while (listed(n)) n++;
  return n;
}

static void images_column(const struct emb_provider *p, int i, sqlite3_context *context) {
  struct emb_buf models = EMB_BUF_INIT;
  struct emb_image_abilities can = emb_provider_images(p, &models);
  if (models.failed)
    sqlite3_result_error_nomem(context);
  else if (i == 4)
    text_or_null(context, can.n_rows ? "native" : p->text.item ? "describe" : NULL);
  else if (i == 15)
    text_or_null(context, models.data);
  else if (i == 16)
    sqlite3_result_int(context, can.fuses);
  else
    int_or_null(context, can.max_items);
  emb_buf_release(&models);
}

/* Element types that the provider gives itself. */
static void outputs_column(const struct emb_provider *p, sqlite3_context *context) {
  int int8 = emb_provider_over(p, emb_provider_has_int8);
  int bit = emb_provider_over(p, emb_provider_has_bit);
  if (!p->text.item) return;
  text_or_null(context, int8 && bit ? "float32 int8 bit"
                        : int8      ? "float32 int8"
                        : bit       ? "float32 bit"
                                    : "float32");
}

static void ability_column(const struct emb_provider *p, int i, sqlite3_context *context) {
  static int (*const has[])(const struct emb_provider *) = {[11] = emb_provider_has_dims,
                                                            [12] = emb_provider_has_task,
                                                            [13] = emb_provider_has_base64,
                                                            [19] = emb_provider_has_truncate,
                                                            [20] = emb_provider_has_normalize};
  sqlite3_result_int(context, emb_provider_over(p, has[i]) > 0);
}

static void provider_column(struct emb_conn *conn, int row, int i, sqlite3_context *context) {
  const struct emb_provider *p = listed(row);
  int has_text = p->text.item != NULL;
  (void)conn;
  switch (i) {
  case 0: text_or_null(context, p->name); break;
  case 1: text_or_null(context, p->aliases); break;
  case 2: sqlite3_result_int(context, has_text); break;
  case 3: sqlite3_result_int(context, p->vision != NULL); break;
  case 4:
  case 15:
  case 16:
  case 21: images_column(p, i, context); break;
  case 5: text_or_null(context, *p->base_url ? p->base_url : NULL); break;
  case 6: text_or_null(context, p->key_env); break;
  case 7: text_or_null(context, p->model); break;
  case 8: text_or_null(context, p->vision_model); break;
  case 9: int_or_null(context, has_text ? p->text.max_items : 0); break;
  case 10: int_or_null(context, p->text.max_tokens); break;
  case 11:
  case 12:
  case 13:
  case 19:
  case 20: ability_column(p, i, context); break;
  case 14: text_or_null(context, p->note); break;
  case 17: outputs_column(p, context); break;
  case 18: text_or_null(context, p->unconfirmed); break;
  }
}

static const struct list providers_list = {
    "CREATE TABLE x(name TEXT, aliases TEXT, text_embedding INT, vision_chat INT, image_route "
    "TEXT, base_url TEXT, key_env TEXT, default_model TEXT, default_vision_model TEXT, "
    "max_batch_items INT, max_batch_tokens INT, dimensions INT, input_type INT, base64 INT, note "
    "TEXT, image_models TEXT, fuses INT, outputs TEXT, unconfirmed TEXT, truncate INT, normalize "
    "INT, "
    "max_batch_images INT)",
    count_providers, provider_column};

static int connect_providers(sqlite3 *db, void *aux, int argc, const char *const *argv,
                             sqlite3_vtab **out, char **error) {
  (void)argc, (void)argv, (void)error;
  return connect_list(db, aux, &providers_list, out);
}

const sqlite3_module emb_providers_module = LIST_MODULE(connect_providers);

/* ---- rembed_stats ---- */

static int count_stats(struct emb_conn *conn) { return conn->registry.n; }

/* What was learned of the place that the client's vectors come from; NULL before its first request.
 */
static const struct emb_gate *gate_of(struct emb_conn *conn, const struct emb_client *client) {
  const struct emb_endpoint *end = client->text.provider    ? &client->text
                                   : client->image.provider ? &client->image
                                                            : &client->vision;
  return conn->engine_open ? emb_gates_find(&conn->engine.gates, emb_endpoint_gate(end)) : NULL;
}

static void gate_column(struct emb_conn *conn, const struct emb_client *client, int i,
                        sqlite3_context *context) {
  const struct emb_gate *gate = gate_of(conn, client);
  if (i == 13) {
    if (gate && gate->window.size > 0)
      sqlite3_result_double(context, (double)(long)(gate->window.size * 100 + 0.5) / 100);
  } else if (i == 14) {
    sqlite3_result_int64(context, gate ? gate->paused_ms : 0);
  } else {
    long long now = gate ? conn->engine.transport.now_ms(conn->engine.transport.ctx) : 0;
    text_or_null(context, gate ? emb_gate_breaker(gate, now) : "closed");
  }
}

static void stats_column(struct emb_conn *conn, int row, int i, sqlite3_context *context) {
  const struct emb_client *client = conn->registry.clients[row];
  const struct emb_stats *s = &client->stats;
  const long long numbers[] = {s->requests,  s->items,         s->retries,   s->errors,
                               s->tokens,    s->bytes_in,      s->bytes_out, s->connections,
                               s->in_flight, s->peak_in_flight};
  if (i == 0)
    text_or_null(context, client->name);
  else if (i <= 10)
    sqlite3_result_int64(context, numbers[i - 1]);
  else if (i >= 13)
    gate_column(conn, client, i, context);
  else {
    int ms = emb_stats_quantile(s, i == 11 ? 0.5 : 0.95);
    if (ms >= 0) sqlite3_result_int(context, ms);
  }
}

static const struct list stats_list = {"CREATE TABLE x(client TEXT, requests INT, items INT, "
                                       "retries INT, errors INT, tokens INT, bytes_in INT, "
                                       "bytes_out INT, connections_opened INT, in_flight INT, "
                                       "peak_in_flight INT, p50_ms INT, p95_ms INT, window REAL, "
                                       "paused_ms INT, breaker TEXT)",
                                       count_stats, stats_column};

static int connect_stats(sqlite3 *db, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **error) {
  (void)argc, (void)argv, (void)error;
  return connect_list(db, aux, &stats_list, out);
}

const sqlite3_module emb_stats_module = LIST_MODULE(connect_stats);
