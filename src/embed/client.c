/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From the text of `options` to a client: see client.h. Three steps: read the text into struct
 * emb_options; work out the text and the vision endpoint; refuse every option that the provider
 * cannot honour, so that nothing is dropped silently. Keys come from the option or from the
 * provider's environment variables, are read once, and are never written anywhere. The
 * environment's key is used only for the provider's own address or where key_env names it: a url of
 * the user's must not receive a key that was meant for another host.
 */
#include "embed/client.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

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

static int unknown_provider(const char *name, size_t n, struct emb_err *err) {
  struct emb_buf list = EMB_BUF_INIT;
  int n_rows;
  const struct emb_provider *rows = emb_providers(&n_rows);
  for (int i = 0; i < n_rows; i++)
    if (!(rows[i].flags & EMB_HIDDEN))
      emb_buf_addf(&list, "%s%s", list.n ? ", " : "", rows[i].name);
  /* What was given may be a key in the wrong place: only something that looks like a name is
   * repeated. */
  int is_name = n > 0 && n <= 16 && strspn(name, "abcdefghijklmnopqrstuvwxyz._") >= n;
  int rc = emb_err_set(err, EMB_ECONFIG, "Unknown %s '%.*s'; the providers are: %s", "format",
                       is_name ? (int)n : 3, is_name ? name : "...", list.data ? list.data : "");
  emb_buf_release(&list);
  return rc;
}

static const struct emb_provider *listed_provider(const char *name, size_t n) {
  const struct emb_provider *p = emb_provider_find(name, n);
  return p && !(p->flags & EMB_HIDDEN) ? p : NULL;
}

/* ---- 1. the text of the options ---- */

/* 'provider', 'provider:key', 'provider::model'. */
static int read_short(struct emb_options *options, const char *name, const char *text, size_t n,
                      struct emb_err *err) {
  const char *colon = memchr(text, ':', n);
  size_t n_provider = colon ? (size_t)(colon - text) : n;
  const struct emb_provider *provider = listed_provider(text, n_provider);
  if (!provider) return unknown_provider(text, n_provider, err);
  if (replace(&options->provider, provider->name, strlen(provider->name))) return no_memory(err);
  if (!colon) {
    /* The bare form: the client's name is the model, unless it is the provider's own name. */
    if (provider->text && listed_provider(name, strlen(name)) != provider &&
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
      colons ? listed_provider(*model, (size_t)(colons - *model)) : NULL;
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
  if (*span.p != '{') return read_short(o, name, span.p, span.n, err);
  int rc = emb_span_check(span.p, span.n, err);
  if (!rc) rc = emb_options_set_all(o, span, err);
  if (rc) return rc;
  return settle_models(o) ? no_memory(err) : EMB_OK;
}

/* ---- 2. endpoints ---- */

/* The key of an endpoint: option, else environment. */
static int find_key(struct emb_endpoint *e, const char *option, const char *key_env,
                    const char *url, const char *headers, struct emb_err *err) {
  const struct emb_provider *p = e->provider;
  strcpy(e->key_source, "none");
  if (option) {
    strcpy(e->key_source, "option");
    return (e->key = emb_strdup(option)) ? EMB_OK : no_memory(err);
  }
  int own_host = !url || (p->flags & (EMB_NEEDS_URL | EMB_KEY_OPTIONAL));
  const char *names = key_env ? key_env : own_host ? p->key_env : NULL;
  for (const char *word = names; word && *word;) {
    size_t length = strcspn(word, " ");
    if (length < sizeof e->key_source) {
      memcpy(e->key_source, word, length);
      e->key_source[length] = 0;
      const char *value = getenv(e->key_source);
      if (value && *value) {
        return (e->key = emb_strdup(value)) ? EMB_OK : no_memory(err);
      }
    }
    word += length + (word[length] == ' ');
  }
  strcpy(e->key_source, "none");
  if (key_env)
    return emb_err_set(err, EMB_ECONFIG,
                       "key_env names the environment variable %.64s, which is not set", key_env);
  if (!p->key_env || (p->flags & EMB_KEY_OPTIONAL)) return EMB_OK;
  /* Behind another address there may be a proxy that adds the key; azure always has one, where it
   * needs a key or a token in `headers`. */
  if (url && (headers || !(p->flags & EMB_NEEDS_URL))) return EMB_OK;
  size_t first = strcspn(p->key_env, " ");
  return emb_err_set(err, EMB_ECONFIG,
                     "%.*s environment variable not defined; set it, or pass the option 'key' "
                     "(for example '%s:YOUR_KEY')",
                     (int)first, p->key_env, p->name);
}

/* 1 for loopback and private names, where compression costs more than it saves. */
static int is_local(const char *url) {
  static const char *const hosts[] = {"localhost", "127.",  "10.",   "192.168.",
                                      "[::1]",     "172.1", "172.2", "172.3"};
  const char *host = strstr(url, "://");
  host = host ? host + 3 : url;
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
    if (strncmp(host, hosts[i], strlen(hosts[i])) == 0) return 1;
  return 0;
}

static int open_text(struct emb_client *c, struct emb_err *err) {
  struct emb_options *o = &c->options;
  struct emb_endpoint *e = &c->text;
  const struct emb_provider *p = listed_provider(o->provider, strlen(o->provider));
  if (!p) return unknown_provider(o->provider, strlen(o->provider), err);
  if (!p->text) {
    emb_err_set(&e->why, EMB_ECONFIG, "%s", p->signup);
    /* Without any use as a vision client either this is a mistake. */
    return o->vision_model || o->prompt || p->vision
               ? EMB_OK
               : emb_err_set(err, EMB_ECONFIG, "%s", p->signup);
  }
  p = emb_provider_for_url(p, o->url);
  e->provider = p;
  const char *model = o->model;
  if (!model && emb_provider_knows_model(p, c->name) && strcmp(p->model_pattern, "*") != 0)
    model = c->name;
  if (!model) model = p->model;
  if (!model && !(p->flags & EMB_MODEL_OPTIONAL))
    return emb_err_set(err, EMB_ECONFIG, "'model' option is required for provider '%s'", p->name);
  if (model && strchr(p->text_path, '{') && strncmp(model, "models/", 7) == 0) model += 7;
  if (model && !(e->model = emb_strdup(model))) return no_memory(err);
  int rc = emb_wire_url(p, EMB_ROUTE_TEXT, o->url, model, o->api_version, &e->url, err);
  if (!rc) rc = find_key(e, o->key, o->key_env, o->url, o->headers, err);
  if (rc) return rc;
  c->max_items = o->batch_size ? (int)o->batch_size : p->max_items;
  c->max_tokens = o->max_batch_tokens ? (int)o->max_batch_tokens : p->max_tokens / 5 * 4;
  c->max_bytes = o->max_batch_bytes ? (int)o->max_batch_bytes
                 : p->max_bytes     ? p->max_bytes
                                    : 8 * 1024 * 1024;
  return EMB_OK;
}

/* The vision route may be missing: the reason is kept for whoever asks for it. Only memory is an
 * error. */
static int open_vision(struct emb_client *c, struct emb_err *err) {
  struct emb_options *o = &c->options;
  struct emb_endpoint *e = &c->vision;
  const char *name = o->vision_provider ? o->vision_provider : o->provider;
  const struct emb_provider *p = listed_provider(name, strlen(name));
  if (!p) return unknown_provider(name, strlen(name), err);
  int same = strcmp(p->name, o->provider) == 0 || (c->text.provider && p == c->text.provider);
  const char *url = o->vision_url ? o->vision_url : same ? o->url : NULL;
  const char *model = o->vision_model ? o->vision_model : p->vision_model;
  if (!p->vision) {
    emb_err_set(
        &e->why, EMB_ECONFIG,
        "provider '%s' has no vision model to describe images; set the options vision_provider and "
        "vision_model (for example ollama and llava:7b)",
        p->name);
    return EMB_OK;
  }
  if (!model) {
    emb_err_set(&e->why, EMB_ECONFIG, "no vision model; set the option vision_model");
    return EMB_OK;
  }
  int is_deployment =
      url && strstr(url, "/deployments/"); /* azure: its path names the text model */
  if (url && url == o->url && c->text.provider &&
      (is_deployment || emb_wire_url_is_endpoint(c->text.provider, url))) {
    emb_err_set(&e->why, EMB_ECONFIG,
                "the client's url is the endpoint of its text model; set the option vision_url to "
                "describe images");
    return EMB_OK;
  }
  e->provider = p;
  int rc = emb_wire_url(p, EMB_ROUTE_VISION, url, model, o->api_version, &e->url, &e->why);
  if (!rc)
    rc = find_key(e,
                  o->vision_key ? o->vision_key
                  : same        ? o->key
                                : NULL,
                  same ? o->key_env : NULL, url, o->headers, &e->why);
  if (!rc && !(e->model = emb_strdup(model))) rc = no_memory(&e->why);
  if (rc == EMB_ENOMEM) return no_memory(err);
  if (rc) e->provider = NULL;
  return EMB_OK;
}

static int open_routes(struct emb_client *c, struct emb_err *err) {
  if (!c->options.provider)
    return emb_err_set(err, EMB_ECONFIG, "'model' or 'format' key is required");
  int rc = open_text(c, err);
  if (!rc) rc = open_vision(c, err);
  if (!rc && !c->text.provider && !c->vision.provider) /* of no use at all */
    rc = emb_err_set(err, EMB_ECONFIG, "%s", c->vision.why.message);
  return rc;
}

/* ---- 3. what the provider cannot do ---- */

int emb_client_check_task(const struct emb_client *c, const char *input_type, struct emb_err *err) {
  const struct emb_provider *p = c->text.provider;
  if (!input_type || !p || p->task_field) return EMB_OK;
  int kind = emb_wire_task_kind(input_type);
  if ((kind == 1 || kind == 2) && (c->options.query_prefix || c->options.document_prefix))
    return EMB_OK;
  return emb_err_set(
      err, EMB_ECONFIG,
      "provider '%s' has no input_type; leave it out, or set the options query_prefix and "
      "document_prefix for models that want prefixes",
      p->name);
}

static int check_options(const struct emb_client *c, struct emb_err *err) {
  const struct emb_options *o = &c->options;
  const struct emb_provider *p = c->text.provider;
  if (!p) return EMB_OK;
  const struct {
    int set;
    const char *field, *name;
  } wanted[] = {
      {o->dimensions != 0, p->dims_field, "dimensions"},
      {o->truncate >= 0, p->truncate_field, "truncate"},
      {o->encoding == EMB_ENCODING_BASE64, p->encoding_field, "encoding base64"},
      {o->user != NULL, p->user_field, "user"},
      {o->normalize == 0, p->normalize_field, "normalize false"},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    if (wanted[i].set && !wanted[i].field)
      return emb_err_set(err, EMB_ECONFIG, "provider '%s' has no option for %s; leave it out",
                         p->name, wanted[i].name);
  if (o->image_mode == EMB_IMAGE_NATIVE)
    return emb_err_set(
        err, EMB_ECONFIG,
        "image_mode native: no native image embeddings of provider '%s' are supported; use auto or "
        "describe",
        p->name);
  return emb_client_check_task(c, o->input_type, err);
}

/* ---- life ---- */

static void endpoint_release(struct emb_endpoint *e) {
  emb_free(e->url);
  emb_free(e->model);
  emb_free_secret(e->key);
}

int emb_client_new(const char *name, const char *options, size_t n, struct emb_client **out,
                   struct emb_err *err) {
  struct emb_client *c = emb_calloc(1, sizeof *c);
  if (!c) return no_memory(err);
  c->references = 1;
  emb_options_init(&c->options);
  int rc = (c->name = emb_strdup(name)) ? EMB_OK : no_memory(err);
  if (!rc) rc = read_options(&c->options, name, options, n, err);
  if (!rc) rc = open_routes(c, err);
  if (!rc) rc = check_options(c, err);
  if (rc) {
    emb_err_prefix(err, "client '%.60s': ", name);
    emb_client_unref(c);
    return rc;
  }
  int base64 = emb_client_call(c, EMB_ROUTE_TEXT, NULL).base64;
  c->text.accept_gzip = c->text.url && !base64 && !is_local(c->text.url);
  c->vision.accept_gzip = c->vision.url && !is_local(c->vision.url);
  *out = c;
  return EMB_OK;
}

struct emb_client *emb_client_ref(struct emb_client *client) {
  client->references++;
  return client;
}

void emb_client_unref(struct emb_client *client) {
  if (!client || --client->references) return;
  endpoint_release(&client->text);
  endpoint_release(&client->vision);
  emb_options_release(&client->options);
  emb_free(client->name);
  emb_free(client);
}

static int wants_base64(const struct emb_client *c) {
  const struct emb_provider *p = c->text.provider;
  if (!p || !p->encoding_field || c->options.encoding == EMB_ENCODING_FLOAT) return 0;
  if (c->options.encoding == EMB_ENCODING_BASE64) return 1;
  return (p->flags & EMB_BASE64_DEFAULT) && (!c->options.url || (p->flags & EMB_NEEDS_URL));
}

struct emb_call emb_client_call(const struct emb_client *c, enum emb_route route,
                                const char *input_type) {
  const struct emb_options *o = &c->options;
  const struct emb_endpoint *e = route == EMB_ROUTE_TEXT ? &c->text : &c->vision;
  int is_text = route == EMB_ROUTE_TEXT;
  return (struct emb_call){
      .provider = e->provider,
      .route = route,
      .url = e->url,
      .key = e->key,
      .model = e->model,
      .input_type = input_type ? input_type : o->input_type,
      .dimensions = (int)o->dimensions,
      .truncate = (int)o->truncate,
      .normalize = (int)o->normalize,
      .base64 = is_text && wants_base64(c),
      .user = o->user,
      .extra = is_text ? o->extra : NULL,
      .headers = is_text || e->provider == c->text.provider ? o->headers : NULL,
      .query_prefix = o->query_prefix,
      .document_prefix = o->document_prefix,
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
  emb_buf_addc(out, '{');
  emb_options_print(&c->options, out);
  print_pair(out, "effective_model", c->text.model);
  print_pair(out, "effective_url", c->text.url);
  print_pair(out, "key_source", c->text.provider ? c->text.key_source : c->vision.key_source);
  print_pair(out, "image_route", c->vision.provider ? "describe" : NULL);
  print_pair(out, "image_model", c->vision.model);
  print_pair(out, "image_url", c->vision.url);
  print_pair(out, "image_route_missing", c->vision.provider ? NULL : c->vision.why.message);
  return emb_buf_addc(out, '}');
}
