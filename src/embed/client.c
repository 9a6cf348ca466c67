/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From the text of `options` to a client: see client.h. Three steps: read the text into struct
 * emb_options; work out the endpoints (endpoint.c); refuse every option that the provider cannot
 * honour, so that nothing is dropped silently.
 */
#include "embed/client.h"

#include <string.h>

#include "base/mem.h"
#include "embed/local_route.h"
#include "embed/policy.h"
#include "local/local.h"

enum { DEFAULT_BATCH_BYTES = 8 * 1024 * 1024 };

static const char default_prompt[] = "Describe this image for search. State the main subject, "
                                     "objects, people's actions, setting, colours, any "
                                     "readable text (verbatim), and the type of image (photo, "
                                     "chart, screenshot, drawing). One plain paragraph, "
                                     "no preamble.";

static int no_memory(struct emb_err *err) { return emb_err_set(err, EMB_ENOMEM, "out of memory"); }

static int replace(char **field, const char *text, size_t n) {
  char *copy = emb_strndup(text, n);
  if (!copy) return EMB_ENOMEM;
  emb_free_secret(*field);
  *field = copy;
  return EMB_OK;
}

/* ---- 1. the text of the options ---- */

/* 'provider', 'provider:key', 'provider::model'. */
static int read_short(struct emb_options *options, const char *name, const char *text, size_t n,
                      struct emb_err *err) {
  const char *colon = memchr(text, ':', n);
  size_t n_provider = colon ? (size_t)(colon - text) : n;
  const struct emb_provider *provider = emb_listed_provider(text, n_provider);
  if (!provider) return emb_unknown_provider(text, n_provider, err);
  if (replace(&options->provider, provider->name, strlen(provider->name))) return no_memory(err);
  if (!colon) {
    /* The bare form: the client's name is the model, unless it is the provider's own name. */
    if (provider->text.item && !(provider->flags & EMB_IN_PROCESS) &&
        emb_listed_provider(name, strlen(name)) != provider &&
        replace(&options->model, name, strlen(name)))
      return no_memory(err);
    return EMB_OK;
  }
  const char *rest = colon + 1;
  int is_model = rest < text + n && *rest == ':';
  if (is_model) rest++;
  size_t n_rest = (size_t)(text + n - rest);
  if (!n_rest)
    return emb_err_set(err, EMB_ECONFIG, "options '%s:' name no %s", provider->name,
                       is_model ? "model" : "key");
  return replace(is_model ? &options->model : &options->key, rest, n_rest) ? no_memory(err)
                                                                           : EMB_OK;
}

/* Moves a 'provider::' in front of a model into `provider`. */
static int split_model(char **model, char **provider) {
  char *colons = *model ? strstr(*model, "::") : NULL;
  const struct emb_provider *row =
      colons ? emb_listed_provider(*model, (size_t)(colons - *model)) : NULL;
  if (!row) return EMB_OK;
  if (replace(provider, row->name, strlen(row->name))) return EMB_ENOMEM;
  memmove(*model, colons + 2, strlen(colons + 2) + 1);
  return EMB_OK;
}

/* The seed's multimodal form: with embedding_model, `model` is the vision model. */
static int settle_models(struct emb_options *o) {
  int rc = EMB_OK;
  if (o->embedding_model) {
    if (o->model && !o->vision_model) {
      o->vision_model = o->model;
      o->model = NULL;
    }
    rc = replace(&o->model, o->embedding_model, strlen(o->embedding_model));
  }
  if (!rc) rc = split_model(&o->vision_model, &o->vision_provider);
  char *before = o->provider;
  if (!rc && !before) rc = split_model(&o->model, &o->provider);
  if (!rc && before && o->embedding_model) rc = split_model(&o->model, &o->provider);
  /* 'model': 'ollama::llava' beside embedding_model also says who embeds, when nothing else does.
   */
  if (!rc && !o->provider && o->vision_provider)
    rc = replace(&o->provider, o->vision_provider, strlen(o->vision_provider));
  return rc;
}

static int read_options(struct emb_options *o, const char *name, const char *text, size_t n,
                        struct emb_err *err) {
  struct emb_span span = emb_span_trim((struct emb_span){text, n});
  if (!span.n) return emb_err_set(err, EMB_ECONFIG, "client options required");
  if (memchr(span.p, 0, span.n))
    return emb_err_set(err, EMB_ECONFIG, "the options hold a NUL character; take it out");
  int is_json = *span.p == '{';
  int rc = is_json ? emb_span_check(span.p, span.n, err) : read_short(o, name, span.p, span.n, err);
  if (!rc && is_json) rc = emb_options_set_all(o, span, err);
  if (!rc) rc = emb_options_check(o, err);
  if (rc || !is_json) return rc;
  return settle_models(o) ? no_memory(err) : EMB_OK;
}

/* ---- 2. endpoints ---- */

/* A provider's limit, unless the option says another. */
static int limit(long option, int provider, int otherwise) {
  return option ? (int)option : provider ? provider : otherwise;
}

static void set_limits(struct emb_client *c) {
  const struct emb_options *o = &c->options;
  const struct emb_provider *p = c->text.provider, *q = c->image.provider;
  if (p) {
    c->max_items = limit(o->batch_size, p->text.max_items, 1);
    c->max_tokens = limit(o->max_batch_tokens, p->text.max_tokens / 5 * 4, 0);
    c->max_bytes = limit(o->max_batch_bytes, p->text.max_bytes, DEFAULT_BATCH_BYTES);
    if (p->text.max_items == 1) c->max_items = 1; /* a form with room for one */
  }
  if (q) {
    c->max_images = limit(o->batch_size, q->image.max_items, 1);
    if (c->max_images > q->image.max_items) c->max_images = q->image.max_items;
    c->max_image_bytes = limit(o->max_batch_bytes, q->image.max_bytes, DEFAULT_BATCH_BYTES);
  }
  c->output = (enum emb_output)o->output;
  c->normalize = o->normalize == 1 || c->text.is_uneven;
  if (p && c->text.element == &p->int8 && o->output == EMB_OUTPUT_INT8)
    c->output = EMB_OUTPUT_INT8_GIVEN;
}

static int open_routes(struct emb_client *c, struct emb_err *err) {
  const struct emb_options *o = &c->options;
  if (!o->provider) return emb_err_set(err, EMB_ECONFIG, "'model' or 'format' key is required");
  const struct emb_provider *p = emb_listed_provider(o->provider, strlen(o->provider));
  int rc = p && p->flags & EMB_IN_PROCESS ? emb_client_open_local(c, p, err)
                                          : emb_endpoint_open_text(&c->text, o, c->name, err);
  if (!rc) rc = emb_endpoint_open_image(&c->image, &c->text, o, err);
  if (!rc) rc = emb_endpoint_open_vision(&c->vision, &c->text, o, err);
  if (rc) return rc;
  if (!c->text.provider && !c->vision.provider) /* of no use at all */
    return emb_err_set(err, EMB_ECONFIG, "%s", c->vision.why.message);
  set_limits(c);
  return EMB_OK;
}

/* ---- 3. what the provider cannot do ---- */

/* The prefix for a kind of text: the option's, else what is known of the model where the provider
 * has no field for it. */
static const char *prefix(const struct emb_client *c, int kind) {
  const struct emb_provider *p = c->text.provider;
  const char *own = kind == 1 ? c->options.query_prefix : c->options.document_prefix;
  if (own || !p || p->task_field || p->flags & EMB_TASK_IN_MODEL) return own;
  const struct emb_model_facts *facts = emb_model_facts(c->text.model);
  return !facts ? NULL : kind == 1 ? facts->query_prefix : facts->document_prefix;
}

int emb_client_check_task(const struct emb_client *c, const char *input_type, struct emb_err *err) {
  const struct emb_provider *p = c->text.provider;
  if (!input_type || !p || p->task_field) return EMB_OK;
  int kind = emb_wire_task_kind(input_type);
  if (kind && (p->flags & EMB_TASK_IN_MODEL || prefix(c, 1) || prefix(c, 2))) return EMB_OK;
  return emb_err_set(
      err, EMB_ECONFIG,
      "provider '%s' has no input_type; leave it out, or set the options query_prefix and "
      "document_prefix for models that want prefixes",
      p->of ? p->of : p->name);
}

/* A key that cannot sign is better refused now than at the first request. */
static int check_signing(const struct emb_endpoint *e, struct emb_err *err) {
  struct emb_request request = {0};
  if (!e->provider || !e->key) return EMB_OK;
  int rc = (request.url = emb_strdup(e->url))
               ? emb_wire_sign(e->provider, e->key, e->region, 0, &request, err)
               : no_memory(err);
  emb_request_release(&request);
  return rc;
}

/* What has no place in any address or request of this provider. */
static int check_places(const struct emb_client *c, const struct emb_provider *p,
                        struct emb_err *err) {
  const struct emb_options *o = &c->options;
  int is_azure = (o->url && strstr(o->url, "/deployments/")) ||
                 (o->vision_url && strstr(o->vision_url, "/deployments/"));
  const struct {
    int set, has;
    const char *name;
  } wanted[] = {
      {o->region != NULL, strstr(p->base_url, "{region}") || p->flags & EMB_SIGV4, "region"},
      {o->account != NULL, strstr(p->base_url, "{account}") || p->account_field, "account"},
      {o->api_version != NULL, is_azure, "api_version (it is for azure's urls of deployments)"},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    if (wanted[i].set && !wanted[i].has)
      return emb_err_set(err, EMB_ECONFIG, "provider '%s' has no place for %s; leave it out",
                         p->of ? p->of : p->name, wanted[i].name);
  struct emb_span extra = {o->extra, o->extra ? strlen(o->extra) : 0};
  if (p->account_field && !c->text.account &&
      !(o->extra && (emb_span_member(extra, p->account_field, NULL) ||
                     emb_span_member(extra, p->account_other, NULL))))
    return emb_err_set(err, EMB_ECONFIG,
                       "provider '%s' needs the option 'account', its %s, or a %s in 'extra'",
                       p->of ? p->of : p->name, p->account_field, p->account_other);
  if (o->extra && c->image.provider && c->image.provider->image.flags & EMB_API_BYTES)
    return emb_err_set(
        err, EMB_ECONFIG,
        "an image goes to provider '%s' as it is, without a place for 'extra'; leave "
        "it out",
        p->of ? p->of : p->name);
  return EMB_OK;
}

static int check_encoding(const struct emb_client *c, struct emb_err *err) {
  const struct emb_provider *p = c->text.provider;
  const struct emb_element_field *e = c->text.element;
  const char *word = NULL;
  if (!e || e->element == EMB_ELEMENT_FLOAT) return EMB_OK;
  if (c->options.encoding == EMB_ENCODING_BASE64 && strcmp(e->field, p->encoding_field) == 0)
    word = "encoding base64 beside this output";
  if (c->options.encoding == EMB_ENCODING_FLOAT && e == &p->float32) word = "encoding float";
  if (!word) return EMB_OK;
  return emb_err_set(err, EMB_ECONFIG, "provider '%s' has no option for %s; leave it out",
                     p->of ? p->of : p->name, word);
}

static int check_options(const struct emb_client *c, struct emb_err *err) {
  static const struct emb_provider none = {.name = "none", .base_url = ""};
  const struct emb_options *o = &c->options;
  const struct emb_provider *p = c->text.provider ? c->text.provider : &none;
  const struct {
    int set, has;
    const char *name;
  } wanted[] = {
      {o->truncate >= 0, p->truncate_field != NULL, "truncate"},
      {o->encoding == EMB_ENCODING_BASE64, p->encoding_field != NULL, "encoding base64"},
      {o->user != NULL, p->user_field != NULL, "user"},
      {o->normalize == 0, emb_provider_has_normalize(p), "normalize false"},
      {o->token_url != NULL, p->text.prelude && p->text.prelude->form, "token_url"},
      {o->dimensions != 0, p != &none, "dimensions"},
      {o->output != EMB_OUTPUT_FLOAT32, p != &none, "output"},
      {o->input_type != NULL, p != &none, "input_type"},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    if (wanted[i].set && !wanted[i].has)
      return emb_err_set(err, EMB_ECONFIG, "provider '%s' has no option for %s; leave it out",
                         p == &none ? o->provider
                         : p->of    ? p->of
                                    : p->name,
                         wanted[i].name);
  if (p == &none) return EMB_OK;
  int rc = check_signing(&c->text, err);
  if (!rc) rc = check_places(c, p, err);
  if (!rc) rc = check_encoding(c, err);
  return rc ? rc : emb_client_check_task(c, o->input_type, err);
}

/* ---- life ---- */

static void drop_key(char **key) {
  emb_free_secret(*key);
  *key = NULL;
}

int emb_client_new(const char *name, const char *options, size_t n, struct emb_client **out,
                   struct emb_err *err) {
  struct emb_client *c = emb_calloc(1, sizeof *c);
  if (!c) return no_memory(err);
  c->references = 1;
  emb_options_init(&c->options);
  int rc = (c->name = emb_strdup(name)) ? EMB_OK : no_memory(err);
  if (!rc) rc = read_options(&c->options, name, options, n, err);
  if (!rc) rc = emb_policy_check_options(&c->options, err);
  if (!rc) rc = open_routes(c, err);
  if (!rc) rc = check_options(c, err);
  drop_key(&c->options.key); /* the endpoints have theirs */
  drop_key(&c->options.vision_key);
  if (rc) {
    emb_err_prefix(err, "client '%.60s': ", name);
    emb_client_unref(c);
    return rc;
  }
  if (emb_client_call(c, EMB_ROUTE_TEXT, NULL).base64) c->text.accept_gzip = 0;
  if (emb_client_call(c, EMB_ROUTE_IMAGE, NULL).base64) c->image.accept_gzip = 0;
  *out = c;
  return EMB_OK;
}

struct emb_client *emb_client_ref(struct emb_client *client) {
  client->references++;
  return client;
}

void emb_client_unref(struct emb_client *client) {
  if (!client || --client->references) return;
  emb_endpoint_release(&client->text);
  emb_endpoint_release(&client->image);
  emb_endpoint_release(&client->vision);
  emb_local_close(client->local);
  emb_options_release(&client->options);
  emb_free(client->name);
  emb_free(client);
}

int emb_client_is_offline(const struct emb_client *c) { return c->local && !c->vision.provider; }

struct emb_endpoint *emb_client_endpoint(struct emb_client *c, enum emb_route route) {
  return route == EMB_ROUTE_TEXT ? &c->text : route == EMB_ROUTE_IMAGE ? &c->image : &c->vision;
}

static void redact(struct emb_err *err, const char *secret) {
  if (secret) emb_err_redact(err, secret, strlen(secret));
}

/* A key as a form carries it. */
static void redact_encoded(struct emb_err *err, const char *key) {
  struct emb_buf text = {.is_secret = 1};
  emb_wire_percent(&text, key);
  if (text.data) emb_err_redact(err, text.data, text.n);
  emb_buf_release(&text);
}

static void redact_endpoint(const struct emb_endpoint *e, struct emb_err *err) {
  redact(err, e->key);
  redact(err, e->fetched);
  redact(err, e->fetched_before);
  if (e->provider && e->provider->text.prelude && e->key) redact_encoded(err, e->key);
  if (!e->provider || !(e->provider->flags & EMB_SIGV4)) return;
  /* Parts of a signing key are secrets of their own. */
  for (const char *p = e->key ? strchr(e->key, ':') : NULL; p; p = strchr(p, ':')) {
    p++;
    emb_err_redact(err, p, strcspn(p, ":"));
  }
}

/* Values of headers may be keys; their names are not. */
static void redact_headers(const char *headers, struct emb_err *err) {
  struct emb_span object = {headers, headers ? strlen(headers) : 0}, key, value;
  for (size_t at = 0; headers && emb_span_next(object, &at, &key, &value);) {
    char *text = emb_span_strdup(value);
    redact(err, text);
    emb_free_secret(text);
  }
}

void emb_client_redact(const struct emb_client *c, struct emb_err *err) {
  redact_endpoint(&c->text, err);
  redact_endpoint(&c->image, err);
  redact_endpoint(&c->vision, err);
  redact_headers(c->options.headers, err);
}

static int wants_base64(const struct emb_client *c, const struct emb_endpoint *e) {
  const struct emb_provider *p = e->provider;
  int is_float = !e->element || e->element->element == EMB_ELEMENT_FLOAT;
  if (!p || !p->encoding_field || c->options.encoding == EMB_ENCODING_FLOAT) return 0;
  if (c->options.encoding == EMB_ENCODING_BASE64) return 1;
  if (!is_float) return 0;
  return (p->flags & EMB_BASE64_DEFAULT) && (!c->options.url || (p->flags & EMB_NEEDS_URL));
}

struct emb_call emb_client_call(const struct emb_client *c, enum emb_route route,
                                const char *input_type) {
  const struct emb_options *o = &c->options;
  const struct emb_endpoint *e = emb_client_endpoint((struct emb_client *)(void *)c, route);
  int embeds = route != EMB_ROUTE_VISION;
  const struct emb_api *api = e->provider ? emb_provider_api(e->provider, route) : NULL;
  int is_exchanged = api && api->prelude && api->prelude->form && e->fetched;
  return (struct emb_call){
      .provider = e->provider,
      .route = route,
      .url = e->url,
      .key = is_exchanged ? e->fetched : e->key,
      .model = e->model,
      .account = e->account,
      .marker = is_exchanged ? NULL : e->fetched,
      .input_type = input_type ? input_type : o->input_type,
      .dimensions = e->send_dimensions,
      .truncate = (int)o->truncate,
      .normalize = (int)o->normalize,
      .base64 = embeds && wants_base64(c, e),
      .element = e->element,
      .user = o->user,
      .extra = embeds ? o->extra : NULL,
      .headers = embeds || e->is_same_provider ? o->headers : NULL,
      .query_prefix = prefix(c, 1),
      .document_prefix = prefix(c, 2),
      .prompt = o->prompt ? o->prompt : default_prompt,
      .caption_tokens = (int)o->caption_tokens,
  };
}

static void print_pair(struct emb_buf *out, const char *name, const char *value) {
  if (!value) return;
  emb_buf_addf(out, ",\"%s\":", name);
  emb_json_quote(out, value, strlen(value));
}

int emb_client_print(const struct emb_client *c, struct emb_buf *out) {
  int is_native = c->image.provider != NULL, describes = c->vision.provider != NULL;
  const struct emb_endpoint *images = is_native ? &c->image : &c->vision;
  const char *why_not = c->image.why.message; /* "" where the route was not even tried */
  emb_buf_addc(out, '{');
  emb_options_print(&c->options, out);
  print_pair(out, "effective_model", c->text.model);
  print_pair(out, "effective_url", c->text.url);
  print_pair(out, "key_source", c->text.provider ? c->text.key_source : c->vision.key_source);
  print_pair(out, "image_route", is_native ? "native" : describes ? "describe" : NULL);
  print_pair(out, "image_route_reason",
             !is_native && *why_not                      ? why_not
             : !is_native                                ? NULL
             : c->options.image_mode == EMB_IMAGE_NATIVE ? "image_mode is native"
                                                         : "the model embeds images itself");
  print_pair(out, "image_model", images->model);
  print_pair(out, "image_url", images->url);
  print_pair(out, "image_route_missing", is_native || describes ? NULL : c->vision.why.message);
  return emb_buf_addc(out, '}');
}
