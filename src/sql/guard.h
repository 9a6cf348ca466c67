/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef REMBED_GUARD_H
#define REMBED_GUARD_H
/*
 * What a call that sends or reads files must pass before it does: it does not come from the schema
 * of a database file, and it is not part of a write where the client says so.
 */
#include "sql/conn.h"

/* EMB_EARG where a table or index of an open database calls one of our DIRECTONLY functions and the
 * running statement could have come from there. `context` is that of the scalar function that asks
 * (a passed check is remembered in it for the statement), NULL in a virtual table. */
int emb_guard_schema(struct emb_conn *conn, sqlite3_context *context, struct emb_err *err);
/* EMB_EARG inside a write on the main database, where the client or REMBED_DENY_IN_WRITE forbids
 * it. */
int emb_guard_write(struct emb_conn *conn, const struct emb_client *client, struct emb_err *err);

#endif
