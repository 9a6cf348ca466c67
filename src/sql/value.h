/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef REMBED_VALUE_H
#define REMBED_VALUE_H
/* sqlite3_value -> input, vector -> result, error -> result: the one place of those mappings. */
#include "sql/conn.h"

enum { EMB_SUBTYPE_FLOAT32 = 223, EMB_SUBTYPE_BIT = 224, EMB_SUBTYPE_INT8 = 225 };

/* Text of an argument, NULL for SQL NULL. Sets *nomem when SQLite ran out of memory. */
const char *emb_value_text(sqlite3_value *value, size_t *n, int *nomem);
/* Bytes of an image given as BLOB (borrowed) or as base64 text or data URI (decoded into `buf`). */
int emb_value_image(const char *text, size_t n, struct emb_buf *buf, struct emb_err *err);
/* Fills the image part of an input from a value. */
int emb_value_image_input(sqlite3_value *value, struct emb_buf *buf, struct emb_input *input,
                          struct emb_err *err);
/* An input out of a query's row: `column` is the text (TEXT) or image (BLOB), the one after it, if
 * any, a prompt. Borrowed until the next step. */
int emb_value_row_input(sqlite3_stmt *row, int column, struct emb_input *input,
                        struct emb_err *err);
/* The result: a blob with the subtype of the client's output form. */
void emb_value_vector(sqlite3_context *context, const struct emb_client *client,
                      const struct emb_result *result);
/* The result: an error, mapped to SQLite's codes; request id and status included. */
void emb_value_error(sqlite3_context *context, const struct emb_err *err);
/* The full text of an error of an item: its message and request id. sqlite3_free it. */
char *emb_value_error_text(const struct emb_err *err);
/* 1 when there is no statement in it: blanks, semicolons and comments. */
int emb_value_is_empty_sql(sqlite3 *db, const char *sql);
/* SQLite's code for ours. */
int emb_value_code(int code);
/* Gives the bytes of a buffer away as text or blob; reports a failed buffer. */
void emb_value_take_text(sqlite3_context *context, struct emb_buf *buf);

#endif
