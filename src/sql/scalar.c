/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One value in, one vector (or caption) out:
 *
 *   rembed(client, text [, input_type])             -> vector
 *   rembed_image(client, image)                     -> vector
 *   rembed_image_prompt(client, image, prompt)      -> vector
 *   rembed_describe(client, image [, prompt])       -> text
 *
 * NULL or blank in, NULL out, and nothing is sent. A call whose arguments are constant makes one
 * request per statement: the result is kept as auxiliary data of the input argument, keyed by
 * client and third argument.
 */
#include <string.h>

#include "base/mem.h"
#include "sql/functions.h"
#include "sql/source.h"
#include "sql/value.h"

SQLITE_EXTENSION_INIT3

/* What a constant call gave. */
struct memo {
  struct emb_client *client; /* shared */
  char *third;               /* owned or NULL */
  int is_null, n_dims;
  float *vector; /* owned */
  char *caption; /* owned */
  size_t n_caption;
};

static void memo_free(void *p) {
  struct memo *memo = p;
  emb_client_unref(memo->client);
  emb_free(memo->third);
  emb_free(memo->vector);
  emb_free(memo->caption);
  emb_free(memo);
}

static int same(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static void give(sqlite3_context *context, const struct emb_client *client,
                 const struct emb_result *r) {
  if (r->status == EMB_RESULT_VECTOR)
    emb_value_vector(context, client, r);
  else if (r->status == EMB_RESULT_CAPTION)
    sqlite3_result_text64(context, r->caption, r->n_caption, SQLITE_TRANSIENT, SQLITE_UTF8);
  else
    sqlite3_result_null(context);
}

static int give_memo(sqlite3_context *context, const struct emb_client *client, const char *third) {
  struct memo *memo = sqlite3_get_auxdata(context, 1);
  if (!memo || memo->client != client || !same(memo->third, third)) return 0;
  struct emb_result r = {.status = memo->is_null  ? EMB_RESULT_NULL
                                   : memo->vector ? EMB_RESULT_VECTOR
                                                  : EMB_RESULT_CAPTION,
                         .vector = memo->vector,
                         .n_dims = memo->n_dims,
                         .caption = memo->caption,
                         .n_caption = memo->n_caption};
  give(context, client, &r);
  return 1;
}

/* Best effort: without memory there is no memo. */
static void keep_memo(sqlite3_context *context, struct emb_client *client, const char *third,
                      const struct emb_result *r) {
  struct memo *memo = emb_calloc(1, sizeof *memo);
  if (!memo) return;
  memo->client = emb_client_ref(client);
  memo->third = emb_strdup(third);
  memo->is_null = r->status == EMB_RESULT_NULL;
  memo->n_dims = r->n_dims;
  if (r->vector && (memo->vector = emb_malloc((size_t)r->n_dims * sizeof(float))))
    memcpy(memo->vector, r->vector, (size_t)r->n_dims * sizeof(float));
  if (r->status == EMB_RESULT_CAPTION) memo->caption = emb_strndup(r->caption, r->n_caption);
  memo->n_caption = r->n_caption;
  if ((third && !memo->third) || (!memo->is_null && !memo->vector && !memo->caption))
    memo_free(memo);
  else
    sqlite3_set_auxdata(context, 1, memo, memo_free);
}

/* Runs one input through the pipeline and sets the result. */
static void run(sqlite3_context *context, struct emb_client *client, const struct emb_input *input,
                const char *third, const struct emb_embed_options *options) {
  struct emb_conn *conn = sqlite3_user_data(context);
  struct emb_one one = {*input, 0};
  struct emb_embed *embed = NULL;
  struct emb_result result;
  struct emb_err err = {0};
  struct emb_engine *engine = NULL;
  int rc = emb_conn_engine_for(conn, client, &engine, &err);
  if (!rc) rc = emb_embed_open(client, engine, emb_source_one, &one, options, &embed, &err);
  if (!rc) rc = emb_embed_next(embed, &result, &err);
  if (!rc && result.status == EMB_RESULT_FAILED) {
    err = *result.err;
    rc =
        client->options.on_error == EMB_ON_ERROR_NULL && err.code != EMB_ENOMEM ? EMB_OK : err.code;
    if (rc) emb_err_prefix(&err, "client '%.60s': ", client->name);
  }
  if (rc) {
    emb_value_error(context, &err);
  } else {
    give(context, client, &result);
    if (result.status != EMB_RESULT_FAILED) keep_memo(context, client, third, &result);
  }
  emb_embed_close(embed);
}

/* The client of the first argument, or NULL with the result set (an error, or NULL for NULL). */
static struct emb_client *client_of(sqlite3_context *context, sqlite3_value *value) {
  int nomem = 0;
  struct emb_err err = {0};
  const char *name = emb_value_text(value, NULL, &nomem);
  struct emb_client *client = NULL;
  if (nomem)
    emb_err_set(&err, EMB_ENOMEM, "out of memory");
  else if (!name)
    emb_err_set(&err, EMB_EARG, "the client's name is NULL; name a client of rembed_clients");
  else
    client = emb_conn_client(sqlite3_user_data(context), context, name, &err);
  if (!client) emb_value_error(context, &err);
  return client;
}

void rembed_text(sqlite3_context *context, int argc, sqlite3_value **argv) {
  struct emb_conn *conn = sqlite3_user_data(context);
  struct emb_client *client = client_of(context, argv[0]);
  if (!client) return;
  int nomem = 0;
  const char *task = argc > 2 ? emb_value_text(argv[2], NULL, &nomem) : NULL;
  if (!nomem && !give_memo(context, client, task)) {
    struct emb_input input = {0};
    int is_blob = sqlite3_value_type(argv[1]) == SQLITE_BLOB;
    input.text = is_blob ? NULL : emb_value_text(argv[1], &input.n_text, &nomem);
    struct emb_embed_options options = {
        .input_type = task, .interrupted = emb_conn_interrupted, .ctx = conn};
    if (is_blob)
      sqlite3_result_error(context,
                           "rembed() takes text, not a BLOB; use rembed_image() for pictures", -1);
    else if (!nomem)
      run(context, client, &input, task, &options);
  }
  if (nomem) sqlite3_result_error_nomem(context);
  emb_client_unref(client);
}

static void image_call(sqlite3_context *context, int argc, sqlite3_value **argv,
                       int describe_only) {
  struct emb_conn *conn = sqlite3_user_data(context);
  struct emb_client *client = client_of(context, argv[0]);
  if (!client) return;
  int nomem = 0;
  size_t n_prompt = 0;
  const char *prompt = argc > 2 ? emb_value_text(argv[2], &n_prompt, &nomem) : NULL;
  struct emb_buf buf = EMB_BUF_INIT;
  struct emb_input input;
  struct emb_err err = {0};
  if (!nomem && !give_memo(context, client, prompt)) {
    int rc = emb_value_image_input(argv[1], &buf, &input, &err);
    input.prompt = prompt;
    input.n_prompt = n_prompt;
    struct emb_embed_options options = {
        .describe_only = describe_only, .interrupted = emb_conn_interrupted, .ctx = conn};
    if (rc) {
      emb_err_prefix(&err, "client '%.60s': ", client->name);
      emb_value_error(context, &err);
    } else {
      run(context, client, &input, prompt, &options);
    }
  }
  if (nomem) sqlite3_result_error_nomem(context);
  emb_buf_release(&buf);
  emb_client_unref(client);
}

void rembed_image(sqlite3_context *context, int argc, sqlite3_value **argv) {
  image_call(context, argc, argv, 0);
}

void rembed_describe(sqlite3_context *context, int argc, sqlite3_value **argv) {
  image_call(context, argc, argv, 1);
}
