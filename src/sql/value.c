/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sqlite3_value <-> the pipeline: see value.h. */
#include "sql/value.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "embed/output.h"
#include "wire/base64.h"

SQLITE_EXTENSION_INIT3

const char *emb_value_text(sqlite3_value *value, size_t *n, int *nomem) {
  if (sqlite3_value_type(value) == SQLITE_NULL) return NULL;
  const char *text = (const char *)sqlite3_value_text(value);
  if (!text) *nomem = 1;
  if (n) *n = (size_t)sqlite3_value_bytes(value);
  return text;
}

int emb_value_image(const char *text, size_t n, struct emb_buf *buf, struct emb_err *err) {
  if (n > 5 && strncasecmp(text, "data:", 5) == 0) {
    const char *comma = memchr(text, ',', n);
    if (!comma || comma - text < 12 || strncasecmp(comma - 7, ";base64", 7) != 0)
      return emb_err_set(err, EMB_EARG,
                         "the data URI of the image is not base64 (data:image/png;base64,...)");
    n -= (size_t)(comma + 1 - text);
    text = comma + 1;
  }
  size_t bad = 0;
  int rc = emb_base64_decode(text, n, 1, buf, &bad);
  if (rc == EMB_EARG)
    return emb_err_set(err, rc,
                       "Base64 decode failed: wrong character or length at position %zu; an image "
                       "is a BLOB, base64 "
                       "text or a data URI (use readfile() for a file)",
                       bad);
  return rc ? emb_err_set(err, rc, "%s", emb_err_text(rc)) : EMB_OK;
}

int emb_value_image_input(sqlite3_value *value, struct emb_buf *buf, struct emb_input *input,
                          struct emb_err *err) {
  int type = sqlite3_value_type(value), rc = EMB_OK, nomem = 0;
  memset(input, 0, sizeof *input);
  if (type == SQLITE_NULL) return EMB_OK;
  if (type == SQLITE_BLOB) {
    input->image = sqlite3_value_blob(value);
    input->n_image = (size_t)sqlite3_value_bytes(value);
    if (!input->image) input->n_image = 0;
  } else if (type == SQLITE_TEXT) {
    size_t n;
    const char *text = emb_value_text(value, &n, &nomem);
    if (!text) return emb_err_set(err, EMB_ENOMEM, "out of memory");
    rc = emb_value_image(text, n, buf, err);
    input->image = (const unsigned char *)buf->data;
    input->n_image = buf->n;
  } else {
    return emb_err_set(err, EMB_EARG,
                       "an image is a BLOB, base64 text or a data URI, not a number");
  }
  if (!rc && !input->n_image) input->image = NULL; /* nothing is NULL */
  return rc;
}

int emb_value_row_input(sqlite3_stmt *row, int column, struct emb_input *input,
                        struct emb_err *err) {
  int type = sqlite3_column_type(row, column);
  if (type == SQLITE_BLOB) {
    input->image = sqlite3_column_blob(row, column); /* NULL for an empty one: nothing */
    input->n_image = (size_t)sqlite3_column_bytes(row, column);
  } else if (type != SQLITE_NULL) {
    input->text = (const char *)sqlite3_column_text(row, column);
    input->n_text = (size_t)sqlite3_column_bytes(row, column);
    if (!input->text) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  }
  if (sqlite3_column_count(row) > column + 1) {
    input->prompt = (const char *)sqlite3_column_text(row, column + 1);
    input->n_prompt = (size_t)sqlite3_column_bytes(row, column + 1);
  }
  return EMB_OK;
}

int emb_value_is_empty_sql(sqlite3 *db, const char *sql) {
  sqlite3_stmt *statement = NULL;
  int rc = SQLITE_OK;
  while (!rc && !statement && *sql) rc = sqlite3_prepare_v2(db, sql, -1, &statement, &sql);
  sqlite3_finalize(statement);
  return !rc && !statement;
}

int emb_value_code(int code) {
  switch (code) {
  case EMB_ENOMEM: return SQLITE_NOMEM;
  case EMB_EINTERRUPT: return SQLITE_INTERRUPT;
  case EMB_ETOOBIG: return SQLITE_TOOBIG;
  default: return SQLITE_ERROR;
  }
}

char *emb_value_error_text(const struct emb_err *err) {
  if (!err->request_id[0]) return sqlite3_mprintf("%s", err->message);
  return sqlite3_mprintf("%s (request id %s)", err->message, err->request_id);
}

void emb_value_error(sqlite3_context *context, const struct emb_err *err) {
  if (err->code == EMB_ENOMEM) {
    sqlite3_result_error_nomem(context);
    return;
  }
  char *text = emb_value_error_text(err);
  if (!text) {
    sqlite3_result_error_nomem(context);
    return;
  }
  sqlite3_result_error(context, text, -1);
  sqlite3_free(text);
  if (emb_value_code(err->code) != SQLITE_ERROR)
    sqlite3_result_error_code(context, emb_value_code(err->code));
}

void emb_value_vector(sqlite3_context *context, const struct emb_client *client,
                      const struct emb_result *result) {
  static const unsigned subtypes[] = {EMB_SUBTYPE_FLOAT32, EMB_SUBTYPE_INT8, EMB_SUBTYPE_BIT,
                                      EMB_SUBTYPE_INT8};
  struct emb_buf bytes = EMB_BUF_INIT;
  struct emb_err err = {0};
  if (emb_output_append(&bytes, result->vector, result->n_dims, client->output, client->normalize,
                        &err)) {
    emb_value_error(context, &err);
  } else {
    size_t n;
    char *data = emb_buf_take(&bytes, &n);
    sqlite3_result_blob64(context, data, n, emb_free);
    sqlite3_result_subtype(context, subtypes[client->output]);
  }
  emb_buf_release(&bytes);
}

static void free_secret(void *text) { emb_free_secret(text); }

void emb_value_take_text(sqlite3_context *context, struct emb_buf *buf) {
  size_t n;
  void (*destroy)(void *) = buf->is_secret ? free_secret : emb_free;
  char *text = emb_buf_take(buf, &n);
  if (!text) {
    if (buf->failed == EMB_ETOOBIG)
      sqlite3_result_error_toobig(context);
    else
      sqlite3_result_error_nomem(context);
    emb_buf_release(buf);
    return;
  }
  /* With a length, SQLite would copy the whole text later to put a NUL behind it; without, it takes
   * ours. JSON and base64 hold no NUL. */
  if (n < 0x7fffffff)
    sqlite3_result_text(context, text, -1, destroy);
  else
    sqlite3_result_text64(context, text, n, destroy, SQLITE_UTF8);
}
