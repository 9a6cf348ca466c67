/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From options to endpoints: see endpoint.h. Keys come from the option or from the provider's
 * environment variables, are read once, and are never written anywhere. The environment's key is
 * used only for the provider's own address or where key_env names it: a url of the user's must not
 * receive a key that was meant for another host.
 */
#include "embed/endpoint.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/host.h"
#include "base/mem.h"
#include "embed/policy.h"
#include "http/gate.h"

static int no_memory(struct emb_err *err) { return emb_err_set(err, EMB_ENOMEM, "out of memory"); }

const struct emb_provider *emb_listed_provider(const char *name, size_t n) {
  const struct emb_provider *p = emb_provider_find(name, n);
  return p && !p->of ? p : NULL;
}

int emb_unknown_provider(const char *name, size_t n, struct emb_err *err) {
  struct emb_buf list = EMB_BUF_INIT;
  int n_rows;
  const struct emb_provider *rows = emb_providers(&n_rows);
  for (int i = 0; i < n_rows; i++)
    if (!rows[i].of) emb_buf_addf(&list, "%s%s", list.n ? ", " : "", rows[i].name);
  /* What was given may be a key in the wrong place: only something that looks like a name is
   * repeated. */
  int is_name = n > 0 && n <= 16;
  for (size_t i = 0; i < n && is_name; i++)
    is_name = (name[i] >= 'a' && name[i] <= 'z') || name[i] == '.' || name[i] == '_';
  int rc = emb_err_set(err, EMB_ECONFIG, "Unknown %s '%.*s'; the providers are: %s", "format",
                       is_name ? (int)n : 3, is_name ? name : "...", list.data ? list.data : "");
  emb_buf_release(&list);
  return rc;
}

/* The words of a list separated by a character, one at a time. */
static int next_word(const char **list, const char *separators, const char **word, size_t *n) {
  while (*list && **list && strchr(separators, **list)) ++*list;
  if (!*list || !**list) return 0;
  *word = *list;
  *n = strcspn(*list, separators);
  *list += *n;
  return 1;
}

/* The value of the variable name[0..n), or NULL where it is not set or empty. */
static const char *variable(const char *name, size_t n) {
  char copy[64];
  if (n >= sizeof copy) return NULL;
  memcpy(copy, name, n);
  copy[n] = 0;
  const char *value = getenv(copy);
  return value && *value ? value : NULL;
}

/* ---- keys ---- */

/* The value of "A" or of "A+B+C?": joined by colons, those with ? may be missing. *out stays NULL
 * where one is not set. */
static int read_variables(const char *names, size_t n, char **out) {
  char copy[200];
  struct emb_buf joined = {.is_secret = 1};
  const char *rest = copy, *word;
  size_t n_word;
  if (n >= sizeof copy) return EMB_OK;
  memcpy(copy, names, n);
  copy[n] = 0;
  int complete = 1, n_found = 0;
  while (complete && next_word(&rest, "+", &word, &n_word)) {
    int optional = word[n_word - 1] == '?';
    const char *value = variable(word, n_word - (size_t)optional);
    if (!value && !optional) complete = 0;
    if (value && n_found++) emb_buf_addc(&joined, ':');
    if (value) emb_buf_adds(&joined, value);
  }
  int rc = joined.failed;
  if (!rc && complete && n_found) *out = emb_buf_take(&joined, NULL);
  emb_buf_release(&joined);
  return rc;
}

/* What to say where a key is needed and none is there. */
static int no_key(const struct emb_provider *p, struct emb_err *err) {
  size_t first = strcspn(p->key_env, " ");
  return emb_err_set(err, EMB_ECONFIG,
                     "%.*s environment variable not defined; set it, or pass the option 'key' "
                     "(for example '%s:YOUR_KEY')",
                     (int)first, p->key_env, p->of ? p->of : p->name);
}

/* 1 where the key of the environment would go to a host that an option names. */
static int is_named_host(const struct emb_provider *p, const struct emb_options *o,
                         const char *url) {
  int account_is_host = strncmp(p->base_url, "https://{account}/", 18) == 0;
  if (p->flags & EMB_KEY_OPTIONAL) return 0;
  return (url && !(p->flags & EMB_NEEDS_URL)) || o->token_url || (account_is_host && o->account);
}

/* What the environment gives goes into a header as it is. */
static int check_key(const char *key, const char *variable, struct emb_err *err) {
  for (const char *p = key; *p; p++)
    if ((unsigned char)*p < ' ' || *p == 0x7F)
      return emb_err_set(err, EMB_ECONFIG,
                         "the environment variable %.100s holds a line break or another control "
                         "character; set it anew without",
                         variable);
  return EMB_OK;
}

/* The key of an endpoint: option, else environment. */
static int find_key(struct emb_endpoint *e, const struct emb_provider *p, const char *option,
                    const char *key_env, const char *url, const struct emb_options *o,
                    struct emb_err *err) {
  strcpy(e->key_source, "none");
  if (option) {
    strcpy(e->key_source, "option");
    return (e->key = emb_strdup(option)) ? EMB_OK : no_memory(err);
  }
  int named = is_named_host(p, o, url);
  const char *names = key_env ? key_env : named ? NULL : p->key_env, *word;
  size_t n;
  while (next_word(&names, " ", &word, &n)) {
    if (n >= sizeof e->key_source) continue;
    if (read_variables(word, n, &e->key)) return no_memory(err);
    if (!e->key) continue;
    memcpy(e->key_source, word, n);
    e->key_source[n] = 0;
    return check_key(e->key, e->key_source, err);
  }
  if (key_env)
    return emb_err_set(err, EMB_ECONFIG,
                       "key_env names the environment variable %.64s, which is not set", key_env);
  if (!p->key_env || (p->flags & EMB_KEY_OPTIONAL)) return EMB_OK;
  /* Behind another address there may be a proxy that adds the key; azure always has one, where it
   * needs a key or a token in `headers`. */
  if (url && (o->headers || !(p->flags & EMB_NEEDS_URL))) return EMB_OK;
  if (named)
    return emb_err_set(
        err, EMB_ECONFIG,
        "the key of the environment is not sent to a host that an option names; pass "
        "the option 'key', or name the variable with 'key_env'");
  return no_key(p, err);
}

/* ---- addresses ---- */

/* 1 for loopback and private hosts, where compression costs more than it saves. */
static int is_local(const char *url) {
  struct emb_host host;
  return !emb_host_of_url(url, &host) && emb_host_is_private(host.name);
}

/* An option, the first variable that is set, or a default; owned. A host that a variable gives with
 * its scheme loses it. */
static int find_part(char **out, const char *option, const char *variables, const char *otherwise) {
  const char *value = option, *word;
  size_t n;
  while (!value && next_word(&variables, " ", &word, &n)) value = variable(word, n);
  if (!value) value = otherwise;
  if (!value) return EMB_OK;
  if (strncmp(value, "https://", 8) == 0) value += 8;
  n = strlen(value);
  while (n && value[n - 1] == '/') n--;
  return (*out = emb_strndup(value, n)) ? EMB_OK : EMB_ENOMEM;
}

static int find_address(struct emb_endpoint *e, const struct emb_provider *p, enum emb_route route,
                        const struct emb_options *o, const char *url, struct emb_err *err) {
  if (find_part(&e->region, o->region, p->region_env, p->region) ||
      find_part(&e->account, o->account, p->account_env, NULL))
    return no_memory(err);
  int other = p->key_prefix && e->key && strncmp(e->key, p->key_prefix, strlen(p->key_prefix)) == 0;
  struct emb_url_parts parts = {
      url, other ? p->key_base_url : NULL, e->model, o->api_version, e->region, e->account};
  int rc = emb_wire_url(p, route, &parts, &e->url, err);
  if (!rc)
    rc = emb_policy_check_url(o, url ? "option 'url'" : "the provider's address", e->url, err);
  if (!rc) e->accept_gzip = !is_local(e->url);
  return rc;
}

/* ---- what is asked for ---- */

static int find_dimensions(struct emb_endpoint *e, const struct emb_provider *p,
                           enum emb_route route, const struct emb_options *o, struct emb_err *err) {
  const struct emb_model_facts *facts = emb_model_facts(e->model);
  const struct emb_api *api = emb_provider_api(p, route);
  if (!o->dimensions) return EMB_OK;
  if (p->dims_field && !(api->flags & EMB_API_NO_DIMS)) {
    e->send_dimensions = (int)o->dimensions;
    e->is_uneven = (p->flags & EMB_CUT_UNEVEN) && o->normalize != 0;
  } else if (facts && facts->matryoshka) {
    e->cut_dimensions = (int)o->dimensions;
  } else {
    return emb_err_set(err, EMB_ECONFIG,
                       "provider '%s' has no option for dimensions, and model '%.80s' is not known "
                       "as one whose vectors may be cut; leave dimensions out",
                       p->of ? p->of : p->name, e->model ? e->model : "");
  }
  return EMB_OK;
}

static void choose_element(struct emb_endpoint *e, const struct emb_provider *p,
                           const struct emb_options *o) {
  const struct emb_element_field *native = o->output == EMB_OUTPUT_INT8  ? &p->int8
                                           : o->output == EMB_OUTPUT_BIT ? &p->bit
                                                                         : NULL;
  /* What is cut here must be quantised after it. */
  if (native && native->field && !e->cut_dimensions)
    e->element = native;
  else
    e->element = p->float32.field ? &p->float32 : NULL;
  /* Numbers of int8 have no length of their own. */
  if (e->element && e->element->element == EMB_ELEMENT_INT8 && o->output == EMB_OUTPUT_FLOAT32)
    e->is_uneven = 1;
}

/* Where a key is exchanged for a token it goes to another host than the texts. */
static int check_exchange(const struct emb_endpoint *e, const struct emb_provider *p,
                          const struct emb_options *o, struct emb_err *err) {
  const struct emb_prelude *prelude = p->text.prelude;
  if (!prelude || *prelude->url == '/' || o->token_url || !e->key || emb_wire_is_jwt(e->key))
    return EMB_OK;
  return emb_policy_check_url(o, "the address for tokens", prelude->url, err);
}

/* ---- the routes ---- */

/* Why there is no text route, where that is no mistake; 0 where it is one. */
static int has_use_without_text(const struct emb_provider *p, const struct emb_options *o) {
  return o->vision_model || o->prompt || p->vision;
}

int emb_endpoint_open_text(struct emb_endpoint *e, const struct emb_options *o,
                           const char *client_name, struct emb_err *err) {
  const struct emb_provider *base = emb_listed_provider(o->provider, strlen(o->provider));
  if (!base) return emb_unknown_provider(o->provider, strlen(o->provider), err);
  if (!base->text.item) {
    emb_err_set(&e->why, EMB_ECONFIG, "%s", base->note);
    return has_use_without_text(base, o) ? EMB_OK : emb_err_set(err, EMB_ECONFIG, "%s", base->note);
  }
  const char *model = o->model;
  if (!model && base->models && strcmp(base->models, "*") != 0 &&
      emb_provider_knows_model(base, client_name))
    model = client_name;
  const struct emb_provider *p =
      emb_provider_for(base, o->url, model, o->image_mode == EMB_IMAGE_NATIVE);
  if (!model) model = p->model;
  if (!model && !(p->flags & EMB_MODEL_OPTIONAL))
    return emb_err_set(err, EMB_ECONFIG, "'model' option is required for provider '%s'",
                       base->name);
  if (p->text.model) model = p->text.model;
  if (model && strchr(p->text.path, '{') && strncmp(model, "models/", 7) == 0) model += 7;
  if (model && !(e->model = emb_strdup(model))) return no_memory(err);
  int rc = find_key(e, p, o->key, o->key_env, o->url, o, err);
  if (!rc) rc = find_address(e, p, EMB_ROUTE_TEXT, o, o->url, err);
  if (!rc) rc = check_exchange(e, p, o, err);
  if (!rc) rc = find_dimensions(e, p, EMB_ROUTE_TEXT, o, err);
  if (rc) return rc;
  choose_element(e, p, o);
  e->provider = p;
  return EMB_OK;
}

/* Names an option by which the user asked for descriptions, or NULL. */
static const char *asks_for_description(const struct emb_options *o) {
  const struct {
    const char *value, *name;
  } options[] = {{o->embedding_model, "embedding_model"}, {o->vision_provider, "vision_provider"},
                 {o->vision_model, "vision_model"},       {o->vision_url, "vision_url"},
                 {o->vision_key, "vision_key"},           {o->prompt, "prompt"}};
  if (o->image_mode == EMB_IMAGE_DESCRIBE) return "image_mode";
  for (size_t i = 0; i < sizeof options / sizeof *options; i++)
    if (options[i].value) return options[i].name;
  return NULL;
}

static int fill_image(struct emb_endpoint *e, const struct emb_endpoint *text,
                      const struct emb_options *o, struct emb_err *err) {
  const struct emb_provider *p = text->provider;
  const char *model = p->image.model ? p->image.model : text->model;
  if (model && !(e->model = emb_strdup(model))) return no_memory(err);
  memcpy(e->key_source, text->key_source, sizeof e->key_source);
  if (text->key && !(e->key = emb_strdup(text->key))) return no_memory(err);
  int rc = find_address(e, p, EMB_ROUTE_IMAGE, o, o->url, err);
  if (!rc) rc = find_dimensions(e, p, EMB_ROUTE_IMAGE, o, err);
  if (rc) return rc;
  e->element = text->element;
  e->provider = p;
  return EMB_OK;
}

static int embeds_images(const struct emb_provider *p, const char *model) {
  return p->image.item &&
         (!p->images.models || (model && emb_globs_match(p->images.models, model)));
}

/* Says which models of the provider would. */
static void no_images(const struct emb_provider *p, const char *model, struct emb_err *why) {
  const char *name = p->of ? p->of : p->name;
  struct emb_buf models = EMB_BUF_INIT;
  struct emb_image_abilities can =
      emb_provider_images(emb_provider_find(name, strlen(name)), &models);
  emb_err_set(why, EMB_ECONFIG, "provider '%s' embeds no images with model '%.80s'%s%.300s", name,
              model ? model : "", can.n_rows && models.data ? "; it does with " : "",
              can.n_rows && models.data ? models.data : "");
  emb_buf_release(&models);
}

int emb_endpoint_open_image(struct emb_endpoint *e, const struct emb_endpoint *text,
                            const struct emb_options *o, struct emb_err *err) {
  const char *asked = o->image_mode == EMB_IMAGE_NATIVE ? NULL : asks_for_description(o);
  const struct emb_provider *p = text->provider;
  if (!p)
    e->why = text->why;
  else if (asked)
    emb_err_set(&e->why, EMB_ECONFIG, "the option %s asks for descriptions", asked);
  else if (!embeds_images(p, text->model))
    no_images(p, text->model, &e->why);
  else if (fill_image(e, text, o, &e->why) == EMB_ENOMEM)
    return no_memory(err);
  if (e->provider || o->image_mode != EMB_IMAGE_NATIVE) return EMB_OK;
  return emb_err_set(err, EMB_ECONFIG, "image_mode native: %.700s; use auto or describe",
                     e->why.message);
}

int emb_endpoint_open_vision(struct emb_endpoint *e, const struct emb_endpoint *text,
                             const struct emb_options *o, struct emb_err *err) {
  const char *name = o->vision_provider ? o->vision_provider : o->provider;
  const struct emb_provider *p = emb_listed_provider(name, strlen(name)), *row = text->provider;
  if (!p) return emb_unknown_provider(name, strlen(name), err);
  int same = strcmp(p->name, o->provider) == 0 ||
             (row && strcmp(p->name, row->of ? row->of : row->name) == 0);
  const char *url = o->vision_url ? o->vision_url : same ? o->url : NULL;
  const char *model = o->vision_model ? o->vision_model : p->vision_model;
  if (!p->vision)
    return emb_err_set(&e->why, EMB_ECONFIG,
                       "provider '%s' has no vision model to describe images; set the options "
                       "vision_provider and vision_model (for example ollama and llava:7b)",
                       p->name),
           EMB_OK;
  if (!model)
    return emb_err_set(&e->why, EMB_ECONFIG, "no vision model; set the option vision_model"),
           EMB_OK;
  /* azure: a deployment's path names the text model */
  if (url && url == o->url && row &&
      (strstr(url, "/deployments/") || emb_wire_url_is_endpoint(row, url)))
    return emb_err_set(&e->why, EMB_ECONFIG,
                       "the client's url is the endpoint of its text model; set the option "
                       "vision_url to describe images"),
           EMB_OK;
  const char *key = o->vision_key ? o->vision_key : same ? o->key : NULL;
  e->is_same_provider = same;
  int rc = (e->model = emb_strdup(model)) ? EMB_OK : no_memory(&e->why);
  if (!rc) rc = find_key(e, p, key, same ? o->key_env : NULL, url, o, &e->why);
  if (!rc) rc = find_address(e, p, EMB_ROUTE_VISION, o, url, &e->why);
  if (rc == EMB_ENOMEM) return no_memory(err);
  if (!rc) e->provider = p;
  return EMB_OK;
}

int emb_endpoint_open_vectors(const struct emb_endpoint *e, enum emb_route route, int n,
                              struct emb_vectors *vectors) {
  const struct emb_api *api = emb_provider_api(e->provider, route);
  const struct emb_element_field *f = e->element;
  return emb_vectors_init(vectors, f && f->shape ? f->shape : api->shape,
                          f ? f->element : EMB_ELEMENT_FLOAT, n, e->send_dimensions);
}

const struct emb_prelude *emb_endpoint_prelude(const struct emb_endpoint *e, enum emb_route route,
                                               long long now_ms) {
  const struct emb_api *api = e->provider ? emb_provider_api(e->provider, route) : NULL;
  const struct emb_prelude *prelude = api ? api->prelude : NULL;
  if (!prelude) return NULL;
  /* A token that the user brings is used as it is. */
  if (prelude->form && (!e->key || emb_wire_is_jwt(e->key))) return NULL;
  return e->fetched && (!e->fetched_until_ms || now_ms < e->fetched_until_ms) ? NULL : prelude;
}

void emb_endpoint_take(struct emb_endpoint *e, char *fetched, long long until_ms) {
  if (e->fetched) {
    emb_free_secret(e->fetched_before);
    e->fetched_before = e->fetched;
  }
  e->fetched = fetched;
  e->fetched_until_ms = until_ms;
  e->n_fetched += fetched != NULL;
}

unsigned long long emb_endpoint_gate(const struct emb_endpoint *e) {
  return emb_gate_id(e->url, e->key, e->model);
}

void emb_endpoint_release(struct emb_endpoint *e) {
  emb_free(e->url);
  emb_free(e->model);
  emb_free(e->region);
  emb_free(e->account);
  emb_free_secret(e->key);
  emb_free_secret(e->fetched);
  emb_free_secret(e->fetched_before);
}
