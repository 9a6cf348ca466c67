/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The guard: see guard.h.
 *
 * DIRECTONLY keeps views, triggers and DEFAULTs of a file away from our functions, but SQLite
 * enforces it for CHECK constraints only from 3.50 on, and for these, generated columns and indexes
 * on expressions only when the schema is read after the functions were registered. So the text of
 * the schema is looked at here, at the first call of each statement.
 *
 * It takes no lock: an expression of a schema can only be evaluated by a statement that has a
 * transaction open on that database, so databases without one need no look; where there is one,
 * reading the schema inside it changes nothing. A call without a table (rembed_into() above all)
 * costs one question to SQLite and reads nothing.
 *
 * Views and triggers are left to DIRECTONLY. The `type` of an entry is not believed, since SQLite
 * goes by the text alone; nor is the TEMP schema looked at: only the application writes there.
 */
#include "sql/guard.h"

#include <stdlib.h>
#include <string.h>

#include "sql/functions.h"

SQLITE_EXTENSION_INIT3

/* ---- the text of a schema entry ---- */

enum token { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_OPEN, TOKEN_DOT, TOKEN_OTHER };

/* Characters and cases as SQLite has them, whatever the host's locale. */
static int is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || (unsigned char)c >= 0x80;
}

static int is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static const char *skip_blank(const char *p) {
  for (;;) {
    if (is_blank(*p)) {
      p++;
    } else if (strncmp(p, "\xEF\xBB\xBF", 3) == 0) { /* where a token begins, a blank to SQLite */
      p += 3;
    } else if (p[0] == '-' && p[1] == '-') {
      p += strcspn(p, "\n");
    } else if (p[0] == '/' && p[1] == '*') {
      const char *end = strstr(p + 2, "*/");
      p = end ? end + 2 : p + strlen(p);
    } else {
      return p;
    }
  }
}

/* 1 where the text holds the word, in any case. */
static int holds(const char *text, const char *word) {
  int n = (int)strlen(word);
  for (; *text; text++)
    if (sqlite3_strnicmp(text, word, n) == 0) return 1;
  return 0;
}

/* The next token; *text and *n get a word, or what stands between quotes. */
static enum token next_token(const char **at, const char **text, size_t *n) {
  const char *p = *at = skip_blank(*at);
  *text = p;
  *n = 0;
  if (!*p) return TOKEN_END;
  if (is_word(*p)) {
    while (is_word(**at)) ++*at;
    *n = (size_t)(*at - p);
    return TOKEN_WORD;
  }
  ++*at;
  if (*p == '(') return TOKEN_OPEN;
  if (*p == '.') return TOKEN_DOT;
  if (!strchr("'\"`[", *p)) return TOKEN_OTHER;
  char end = *p == '[' ? ']' : *p;
  while (**at && (**at != end || (end != ']' && (*at)[1] == end))) *at += 1 + (**at == end);
  *text = p + 1;
  *n = (size_t)(*at - *text);
  *at += **at != 0;
  return TOKEN_QUOTED;
}

static int is(const char *text, size_t n, const char *word) {
  return strlen(word) == n && sqlite3_strnicmp(text, word, (int)n) == 0;
}

/* Behind these a name is that of a table, not of a function. */
static int names_table(const char *text, size_t n) {
  return is(text, n, "TABLE") || is(text, n, "ON") || is(text, n, "REFERENCES") ||
         is(text, n, "EXISTS");
}

/* 1 where the text of a schema entry calls a DIRECTONLY function of ours; *name, *n_name: which. */
static int calls_us(const char *sql, const char **name, int *n_name) {
  const char *at = sql, *text;
  /* what nearly all texts do not hold, and every name of ours does */
  if (!holds(sql, "rembed") && !holds(sql, "readfile_base64")) return 0;
  size_t n;
  int is_virtual = 0, n_tokens = 0, behind_table = 0;
  for (enum token token; (token = next_token(&at, &text, &n)) != TOKEN_END;) {
    /* as they stand in a file; TEMP ones do not and are looked at */
    if (++n_tokens == 2 && (is(text, n, "VIEW") || is(text, n, "TRIGGER"))) return 0;
    if (n_tokens == 2) is_virtual = is(text, n, "VIRTUAL");
    if ((token == TOKEN_WORD || token == TOKEN_QUOTED) && !behind_table &&
        emb_is_direct_function(text, n) && *skip_blank(at) == '(') {
      *name = text;
      *n_name = (int)n;
      return 1;
    }
    behind_table =
        !is_virtual && (token == TOKEN_DOT || (token == TOKEN_WORD && names_table(text, n)));
  }
  return 0;
}

/* ---- the databases ---- */

static int cannot_check(struct emb_conn *conn, int rc, const char *schema, struct emb_err *err) {
  if (rc == SQLITE_NOMEM) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  if (rc == SQLITE_INTERRUPT) return emb_err_set(err, EMB_EINTERRUPT, "interrupted");
  return emb_err_set(err, EMB_EARG,
                     "cannot read the schema of '%.60s' to see whether it calls functions that "
                     "send data: %s%s",
                     schema, sqlite3_errmsg(conn->db),
                     rc == SQLITE_AUTH ? "; the application's authorizer must allow PRAGMA "
                                         "database_list and reading sqlite_schema"
                                       : "");
}

static int check_database(struct emb_conn *conn, const char *schema, struct emb_err *err) {
  sqlite3_stmt *s = NULL;
  char *sql = sqlite3_mprintf("SELECT name, sql FROM \"%w\".sqlite_schema", schema);
  int rc = sql ? sqlite3_prepare_v2(conn->db, sql, -1, &s, NULL) : SQLITE_NOMEM, why = EMB_OK;
  sqlite3_free(sql);
  while (!rc && !why && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(s, 1), *name;
    int n;
    rc = text || sqlite3_column_type(s, 1) == SQLITE_NULL ? SQLITE_OK : SQLITE_NOMEM;
    if (text && calls_us(text, &name, &n))
      why = emb_err_set(err, EMB_EARG,
                        "'%.100s' in the schema of database '%.60s' calls %.*s() by itself (CHECK, "
                        "generated column or index): no data is sent beside it. Do not open a file "
                        "of strangers with this extension; in a file of your own, drop '%.100s' "
                        "and use a TEMP trigger or rembed_into() instead",
                        sqlite3_column_text(s, 0), schema, n, name, sqlite3_column_text(s, 0));
  }
  if (rc == SQLITE_DONE) rc = SQLITE_OK;
  if (rc) why = cannot_check(conn, rc, schema, err);
  sqlite3_finalize(s);
  return why;
}

static int check_all(struct emb_conn *conn, struct emb_err *err) {
  sqlite3_stmt *list = NULL;
  int why = EMB_OK, rc = sqlite3_prepare_v2(conn->db, "PRAGMA database_list", -1, &list, NULL);
  while (!rc && !why && (rc = sqlite3_step(list)) == SQLITE_ROW) {
    const char *schema = (const char *)sqlite3_column_text(list, 1);
    rc = schema ? SQLITE_OK : SQLITE_NOMEM;
    if (schema && strcmp(schema, "temp") != 0 &&
        sqlite3_txn_state(conn->db, schema) != SQLITE_TXN_NONE)
      why = check_database(conn, schema, err);
  }
  if (rc && rc != SQLITE_DONE && !why) why = cannot_check(conn, rc, "main", err);
  sqlite3_finalize(list);
  return why;
}

int emb_guard_schema(struct emb_conn *conn, sqlite3_context *context, struct emb_err *err) {
  static char passed; /* only its address is used */
  if (sqlite3_txn_state(conn->db, NULL) == SQLITE_TXN_NONE) return EMB_OK;
  if (context && sqlite3_get_auxdata(context, 0) == &passed) return EMB_OK;
  int rc = check_all(conn, err);
  if (!rc && context) sqlite3_set_auxdata(context, 0, &passed, NULL);
  return rc;
}

/* ---- writes ---- */

int emb_guard_write(struct emb_conn *conn, const struct emb_client *client, struct emb_err *err) {
  const char *variable = getenv("REMBED_DENY_IN_WRITE");
  int everywhere = variable && *variable && strcmp(variable, "0") != 0;
  if (!everywhere && client->options.in_write != EMB_IN_WRITE_REFUSE) return EMB_OK;
  if (emb_client_is_offline(client)) return EMB_OK; /* gives the same on every node */
  if (sqlite3_txn_state(conn->db, "main") != SQLITE_TXN_WRITE) return EMB_OK;
  return emb_err_set(err, EMB_EARG,
                     "client '%.60s': refused inside a write on the main database (%s): where "
                     "statements are replicated, every node would send the data again. Get the "
                     "vectors outside of it first - with a SELECT, rembed_into() or into a TEMP "
                     "table - and write them as values",
                     client->name,
                     everywhere ? "REMBED_DENY_IN_WRITE is set" : "its option in_write is refuse");
}
