/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A JSON array in, a JSON document out:
 *
 *   rembed_batch(client, '["a", "b"]' [, input_type])  -> ["base64", "base64"]
 *   rembed_images_batch(client, '["base64", ...]')     -> ["base64", ...]
 *   rembed_images_concurrent(client, '["base64", ...]')
 *        -> {"embeddings": ["base64", null], "errors": [{"index": 1, "message": "..."}], "stats":
 * {...}}
 *
 * Output i belongs to input i, always; the array has the length of the input; NULL and blank
 * elements give null.
 */
#include <string.h>

#include "sql/functions.h"
#include "sql/source.h"
#include "sql/value.h"

#include "embed/output.h"
#include "wire/base64.h"

SQLITE_EXTENSION_INIT3

struct batch {
  struct emb_conn *conn;
  struct emb_client *client;
  struct emb_array array;
  struct emb_embed *embed;
  struct emb_buf out, errors, bytes;
  int keep_going; /* a failed item is null, with an entry in errors */
  long long n, n_failed, n_done;
};

static int open_batch(struct batch *b, sqlite3_context *context, sqlite3_value **argv,
                      const char *task, int images, struct emb_err *err) {
  int nomem = 0;
  size_t n = 0;
  const char *name = emb_value_text(argv[0], NULL, &nomem);
  if (!nomem && !name)
    return emb_err_set(err, EMB_EARG, "the client's name is NULL; name a client of rembed_clients");
  if (!nomem && !(b->client = emb_conn_client(b->conn, context, name, err))) return err->code;
  const char *text = nomem ? NULL : emb_value_text(argv[1], &n, &nomem);
  if (nomem) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  int rc = emb_array_open(&b->array, text, n, images, err);
  if (rc) {
    emb_err_prefix(err, "client '%.60s': ", b->client->name);
    return rc;
  }
  struct emb_engine *engine = NULL;
  if (emb_conn_engine_for(b->conn, b->client, &engine, err)) return err->code;
  struct emb_embed_options options = {
      .input_type = task, .interrupted = emb_conn_interrupted, .ctx = b->conn};
  return emb_embed_open(b->client, engine, emb_source_array, &b->array, &options, &b->embed, err);
}

static void close_batch(struct batch *b) {
  emb_embed_close(b->embed);
  emb_array_close(&b->array);
  emb_client_unref(b->client);
  emb_buf_release(&b->out);
  emb_buf_release(&b->errors);
  emb_buf_release(&b->bytes);
}

static int add_failure(struct batch *b, const struct emb_result *r, struct emb_err *err) {
  if (!b->keep_going) {
    *err = *r->err;
    emb_err_prefix(err, "client '%.60s': item %lld: ", b->client->name, r->index);
    return err->code;
  }
  emb_buf_adds(&b->out, "null");
  emb_buf_addf(&b->errors, "%s{\"index\":%lld,\"message\":", b->n_failed++ ? "," : "", r->index);
  emb_json_quote(&b->errors, r->err->message, strlen(r->err->message));
  if (r->err->http_status) emb_buf_addf(&b->errors, ",\"status\":%d", r->err->http_status);
  if (r->err->request_id[0]) {
    emb_buf_adds(&b->errors, ",\"request_id\":");
    emb_json_quote(&b->errors, r->err->request_id, strlen(r->err->request_id));
  }
  emb_buf_addc(&b->errors, '}');
  return EMB_OK;
}

static int add_vector(struct batch *b, const struct emb_result *r, struct emb_err *err) {
  emb_buf_clear(&b->bytes);
  int rc = emb_output_append(&b->bytes, r->vector, r->n_dims, b->client->output,
                             b->client->normalize, err);
  if (rc) return rc;
  /* The first vector tells the size of all: one allocation instead of a growing one. */
  if (!b->n_done++)
    emb_buf_reserve(&b->out, (size_t)b->array.n * (emb_base64_size(b->bytes.n) + 3) + 1024);
  emb_buf_addc(&b->out, '"');
  emb_base64_append(&b->out, b->bytes.data, b->bytes.n);
  emb_buf_addc(&b->out, '"');
  return EMB_OK;
}

/* Appends the JSON array of all results to b->out. */
static int run_batch(struct batch *b, struct emb_err *err) {
  struct emb_result r;
  int rc;
  emb_buf_addc(&b->out, '[');
  while ((rc = emb_embed_next(b->embed, &r, err)) == EMB_OK) {
    if (b->n++) emb_buf_addc(&b->out, ',');
    if (r.status == EMB_RESULT_FAILED)
      rc = add_failure(b, &r, err);
    else if (r.status == EMB_RESULT_VECTOR)
      rc = add_vector(b, &r, err);
    else
      emb_buf_adds(&b->out, "null");
    if (rc) return rc;
  }
  emb_buf_addc(&b->out, ']');
  return rc == EMB_END ? EMB_OK : rc;
}

static void array_call(sqlite3_context *context, int argc, sqlite3_value **argv, int images) {
  struct batch b = {.conn = sqlite3_user_data(context)};
  struct emb_err err = {0};
  int nomem = 0;
  if (sqlite3_value_type(argv[1]) == SQLITE_NULL) return;
  const char *task = argc > 2 ? emb_value_text(argv[2], NULL, &nomem) : NULL;
  int rc = nomem ? emb_err_set(&err, EMB_ENOMEM, "out of memory")
                 : open_batch(&b, context, argv, task, images, &err);
  if (!rc && b.client) {
    b.keep_going = b.client->options.on_error == EMB_ON_ERROR_NULL;
    rc = run_batch(&b, &err);
  }
  if (rc)
    emb_value_error(context, &err);
  else
    emb_value_take_text(context, &b.out);
  close_batch(&b);
}

void rembed_batch(sqlite3_context *context, int argc, sqlite3_value **argv) {
  array_call(context, argc, argv, 0);
}

void rembed_images_batch(sqlite3_context *context, int argc, sqlite3_value **argv) {
  array_call(context, argc, argv, 1);
}

/* Thousandths as a decimal number: printf's %f would write the locale's comma. */
static void add_decimal(struct emb_buf *out, const char *name, long long thousandths) {
  emb_buf_addf(out, ",\"%s\":%lld.%03lld", name, thousandths / 1000, thousandths % 1000);
}

static void add_stats(struct batch *b, long long ms) {
  emb_buf_addf(&b->out,
               ",\"stats\":{\"total_processed\":%lld,\"successful\":%lld,\"failed\":%lld,"
               "\"total_duration_ms\":%lld",
               b->n, b->n_done, b->n_failed, ms);
  add_decimal(&b->out, "avg_time_per_item_ms", b->n ? ms * 1000 / b->n : 0);
  add_decimal(&b->out, "throughput", b->n * 1000000 / (ms > 0 ? ms : 1));
  emb_buf_addf(&b->out, ",\"max_concurrent_requests\":%ld}",
               b->client->options.max_concurrent_requests);
}

void rembed_images_concurrent(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  struct batch b = {.conn = sqlite3_user_data(context), .keep_going = 1};
  struct emb_err err = {0};
  if (sqlite3_value_type(argv[1]) == SQLITE_NULL) return;
  emb_buf_adds(&b.out, "{\"embeddings\":");
  int rc = open_batch(&b, context, argv, NULL, 1, &err);
  if (!rc) {
    long long started = emb_conn_now_ms(b.conn);
    rc = run_batch(&b, &err);
    emb_buf_adds(&b.out, ",\"errors\":[");
    emb_buf_add(&b.out, b.errors.data, b.errors.n);
    emb_buf_addc(&b.out, ']');
    if (b.errors.failed) b.out.failed = b.errors.failed;
    add_stats(&b, emb_conn_now_ms(b.conn) - started);
    emb_buf_addc(&b.out, '}');
  }
  if (rc)
    emb_value_error(context, &err);
  else
    emb_value_take_text(context, &b.out);
  close_batch(&b);
}
