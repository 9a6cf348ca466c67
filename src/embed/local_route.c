/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where `local` meets the pipeline: see local_route.h. */
#include "embed/local_route.h"

#include <string.h>

#include "base/mem.h"
#include "local/local.h"

/* What a model in this process has; and what no part of such a client can have. All other options
 * are of use where images are described by somebody else. */
static const char *const always[] = {"provider",        "model",           "dimensions",
                                     "output",          "normalize",       "input_type",
                                     "query_prefix",    "document_prefix", "on_error",
                                     "vision_provider", "max_text_bytes"};
static const char *const never[] = {
    "url",    "key",        "key_env",     "encoding",         "extra",
    "user",   "batch_size", "api_version", "max_batch_tokens", "max_batch_bytes",
    "region", "account",    "token_url",   "truncate"};

static int is_among(const char *name, const char *const *names, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(name, names[i]) == 0) return 1;
  return 0;
}

/* 1 where the option has another value than its default. */
static int is_set(const struct emb_options *options, const struct emb_option *row) {
  const char *field = (const char *)options + row->offset;
  if (row->type == EMB_OPTION_TEXT || row->type == EMB_OPTION_OBJECT)
    return *(char *const *)(const void *)field != NULL;
  return *(const long *)(const void *)field != row->value;
}

static int check(const struct emb_client *c, const struct emb_provider *p, struct emb_err *err) {
  int n;
  const struct emb_option *rows = emb_option_rows(&n);
  for (int i = 0; i < n; i++) {
    if (!is_set(&c->options, &rows[i]) ||
        is_among(rows[i].name, always, sizeof always / sizeof *always))
      continue;
    if (is_among(rows[i].name, never, sizeof never / sizeof *never))
      return emb_err_set(
          err, EMB_ECONFIG,
          "provider '%s' runs inside this process and has no option '%s'; leave it out", p->name,
          rows[i].name);
    if (!c->options.vision_provider)
      return emb_err_set(err, EMB_ECONFIG,
                         "provider '%s' sends nothing, so option '%s' has no use; leave it out, or "
                         "name a vision_provider that describes images",
                         p->name, rows[i].name);
  }
  return EMB_OK;
}

static int open_model(struct emb_client *c, const struct emb_provider *p, struct emb_err *err) {
  const char *model = c->options.model;
  if (p->model) { /* the built-in one; its name stands for these exact vectors */
    if (model && strcmp(model, p->model) != 0)
      return emb_err_set(err, EMB_ECONFIG,
                         "the built-in model is '%s', not '%.60s'; for a model in a folder use "
                         "'model2vec::/path/to/model'",
                         p->model, model);
    return emb_local_builtin(&c->local, err);
  }
  if (!model)
    return emb_err_set(err, EMB_ECONFIG,
                       "name the folder of the model (model.safetensors and tokenizer.json): "
                       "'model2vec::/path/to/model'");
  return emb_local_open(model, &c->local, err);
}

int emb_client_open_local(struct emb_client *c, const struct emb_provider *p, struct emb_err *err) {
  int rc = check(c, p, err);
  if (!rc) rc = open_model(c, p, err);
  if (rc) return rc;
  if (c->options.dimensions > emb_local_dims(c->local))
    return emb_err_set(err, EMB_ECONFIG, "option 'dimensions' is %ld, but the model has only %d",
                       c->options.dimensions, emb_local_dims(c->local));
  c->text.provider = p;
  c->text.model = emb_strdup(p->model ? p->model : c->options.model);
  strcpy(c->text.key_source, "none");
  c->max_items = 1; /* nothing is gained by reading far ahead */
  return c->text.model ? EMB_OK : emb_err_set(err, EMB_ENOMEM, "out of memory");
}

/* The text with the prefix of its input type in front: in `joined` where there is one. */
static int prefixed(const struct emb_embed *e, const struct slot *slot, struct emb_buf *joined) {
  const struct emb_options *o = &e->client->options;
  int kind = emb_wire_task_kind(e->input_type ? e->input_type : o->input_type);
  const char *prefix = kind == 1 ? o->query_prefix : kind == 2 ? o->document_prefix : NULL;
  if (!prefix) return EMB_OK;
  emb_buf_adds(joined, prefix);
  return emb_buf_add(joined, slot->text, slot->n_text);
}

int emb_embed_here(struct emb_embed *e, struct slot *slot) {
  const struct emb_local *model = e->client->local;
  struct emb_buf joined = EMB_BUF_INIT;
  long long n_tokens = 0;
  int n_dims =
      e->client->options.dimensions ? (int)e->client->options.dimensions : emb_local_dims(model);
  slot->vector = emb_malloc((size_t)n_dims * sizeof(float));
  if (!slot->vector || prefixed(e, slot, &joined)) {
    emb_buf_release(&joined);
    return EMB_ENOMEM;
  }
  int rc = emb_local_embed(model, joined.n ? joined.data : slot->text,
                           joined.n ? joined.n : slot->n_text, n_dims, slot->vector, &n_tokens);
  emb_buf_release(&joined);
  slot->n_dims = n_dims;
  slot->tokens = (slot->tokens < 0 ? 0 : slot->tokens) + (double)n_tokens;
  e->client->stats.tokens += n_tokens;
  /* No known token: there is nothing that a vector could mean. */
  emb_slot_done(e, slot, rc ? EMB_RESULT_NULL : EMB_RESULT_VECTOR);
  if (rc) {
    emb_free(slot->vector);
    slot->vector = NULL;
  }
  return EMB_OK;
}
