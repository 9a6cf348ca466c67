/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef REMBED_CONN_H
#define REMBED_CONN_H
/*
 * The state of one database connection: registry and engine. Reference counted: every registered
 * function and module holds one reference, with emb_conn_unref as its destructor, and so do
 * cursors; the order in which SQLite destroys them does not matter. One thread at a time (SQLite's
 * own rule).
 */
#include <sqlite3ext.h>

#include "embed/embed.h"
#include "embed/registry.h"

struct emb_conn {
  int references;
  sqlite3 *db; /* borrowed: valid while a function or cursor of ours runs */
  struct emb_registry registry;
  struct emb_engine engine;
  int engine_open;
  struct emb_local *builtin; /* for rembed_local(); NULL until used */
};

struct emb_conn *emb_conn_new(sqlite3 *db);
struct emb_conn *emb_conn_ref(struct emb_conn *conn);
void emb_conn_unref(void *conn);
/* The engine, opened at first use. NULL with err set when libcurl cannot start. */
struct emb_engine *emb_conn_engine(struct emb_conn *conn, struct emb_err *err);
/* The engine that this client needs: NULL in *engine where it needs none, so that a model in this
 * process never starts libcurl. 0, or the code in err. */
int emb_conn_engine_for(struct emb_conn *conn, const struct emb_client *client,
                        struct emb_engine **engine, struct emb_err *err);
/* Milliseconds of a monotonic clock. */
long long emb_conn_now_ms(const struct emb_conn *conn);
/* 1 when sqlite3_interrupt() was called. */
int emb_conn_interrupted(void *conn);
/* The client of that name with a reference for the caller, or NULL with err set: also where the
 * guard (guard.h) does not let the call send anything. `context` as there. */
struct emb_client *emb_conn_client(struct emb_conn *conn, sqlite3_context *context,
                                   const char *name, struct emb_err *err);

#endif
