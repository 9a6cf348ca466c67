/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The state of one database connection: see conn.h. */
#include "sql/conn.h"

#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/curl.h"
#include "local/local.h"
#include "sql/guard.h"

SQLITE_EXTENSION_INIT3

enum { IDLE_CONNECTIONS = 256 };

struct emb_conn *emb_conn_new(sqlite3 *db) {
  struct emb_conn *conn = emb_calloc(1, sizeof *conn);
  if (!conn) return NULL;
  conn->references = 1;
  conn->db = db;
  return conn;
}

struct emb_conn *emb_conn_ref(struct emb_conn *conn) {
  conn->references++;
  return conn;
}

void emb_conn_unref(void *p) {
  struct emb_conn *conn = p;
  if (--conn->references) return;
  emb_registry_release(&conn->registry);
  if (conn->engine_open) emb_engine_release(&conn->engine);
  emb_local_close(conn->builtin);
  emb_free(conn);
}

struct emb_engine *emb_conn_engine(struct emb_conn *conn, struct emb_err *err) {
  struct emb_transport transport;
  if (conn->engine_open) return &conn->engine;
  if (emb_curl_open(&transport, IDLE_CONNECTIONS, err)) return NULL;
  sqlite3_uint64 seed;
  sqlite3_randomness(sizeof seed, &seed);
  emb_engine_init(&conn->engine, transport, seed);
  conn->engine_open = 1;
  return &conn->engine;
}

int emb_conn_engine_for(struct emb_conn *conn, const struct emb_client *client,
                        struct emb_engine **engine, struct emb_err *err) {
  *engine = NULL;
  if (emb_client_is_offline(client)) return EMB_OK;
  *engine = emb_conn_engine(conn, err);
  return *engine ? EMB_OK : err->code;
}

long long emb_conn_now_ms(const struct emb_conn *conn) {
  const struct emb_transport *transport = &conn->engine.transport;
  return conn->engine_open ? transport->now_ms(transport->ctx) : emb_clock_ms();
}

/* sqlite3_is_interrupted() came with 3.41; this asks the same on every version: a statement that
 * starts while an interrupt is pending ends at once with SQLITE_INTERRUPT. Called once per 50 ms of
 * waiting. */
int emb_conn_interrupted(void *p) {
  struct emb_conn *conn = p;
  return sqlite3_exec(conn->db, "SELECT 1", NULL, NULL, NULL) == SQLITE_INTERRUPT;
}

struct emb_client *emb_conn_client(struct emb_conn *conn, sqlite3_context *context,
                                   const char *name, struct emb_err *err) {
  struct emb_client *client = emb_registry_find(&conn->registry, name);
  if (client && emb_client_is_offline(client)) return emb_client_ref(client); /* nothing leaves */
  if (emb_guard_schema(conn, context, err)) return NULL;
  if (client) return emb_guard_write(conn, client, err) ? NULL : emb_client_ref(client);
  emb_err_set(
      err, EMB_EARG,
      "Client with name %.60s was not registered with rembed_clients. Register it: INSERT INTO "
      "temp.rembed_clients(name, options) VALUES ('%.60s', 'openai:YOUR_KEY')",
      name, name);
  return NULL;
}
