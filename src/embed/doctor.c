/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The doctor: see doctor.h. What the request came to is watched through the pipeline's observer;
 * the findings are then read off the phases of the connection, the status and the error, in the
 * order in which things happen. What comes after the first thing that failed is left open (-1).
 */
#include "embed/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "embed/show.h"

/* What was seen of the attempts. */
struct watched {
  int n_attempts, status, transport, is_prelude;
  long elapsed_ms;
  struct emb_phases phases;
  struct emb_limit requests_left, tokens_left;
  char transport_text[256];
  struct emb_buf request; /* owned; as it may be shown */
};

struct doctor {
  struct emb_client *client; /* borrowed */
  enum emb_route route;
  const struct emb_endpoint *end; /* borrowed */
  struct watched seen;
  struct emb_err err; /* of the item; code 0: there is a result */
  int n_dims;
  int given; /* the one input */
  struct emb_diagnosis *out;
};

/* A white disc, for clients that take no text. */
static const unsigned char picture[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x40, 0x01, 0x00, 0x00, 0x00, 0x00, 0x82, 0x12, 0x4c,
    0x73, 0x00, 0x00, 0x00, 0x60, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0xc5, 0x90, 0xc1, 0x0d, 0x80,
    0x20, 0x10, 0x04, 0x31, 0x3c, 0x28, 0xc3, 0x52, 0x2c, 0x4d, 0x4b, 0xb3, 0x14, 0x4a, 0xa0, 0x00,
    0xe3, 0x08, 0x87, 0x59, 0x31, 0xf8, 0xc6, 0xfb, 0xdc, 0x3c, 0xf6, 0x92, 0xdb, 0x71, 0xee, 0xa7,
    0x59, 0xce, 0x1b, 0x60, 0xb3, 0xed, 0x21, 0x1a, 0x04, 0x48, 0x06, 0x33, 0x1c, 0x35, 0x0b, 0x35,
    0xbd, 0x02, 0x6f, 0xc8, 0xdb, 0xee, 0xa7, 0x02, 0x7b, 0x0b, 0xbe, 0x40, 0x6c, 0x21, 0x14, 0x48,
    0x83, 0xa1, 0x7f, 0xa3, 0x7f, 0x55, 0x2d, 0x3e, 0x0a, 0xaa, 0xbb, 0x6c, 0xc8, 0x8f, 0x8c, 0xc9,
    0xe1, 0x63, 0x75, 0xd4, 0x5c, 0x30, 0x60, 0x9d, 0x7a, 0xc2, 0xbf, 0x93, 0xf8, 0x00, 0x00, 0x00,
    0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

static void say(struct doctor *d, enum emb_finding_name name, int ok, const char *format, ...)
    EMB_PRINTF(4, 5);

static void say(struct doctor *d, enum emb_finding_name name, int ok, const char *format, ...) {
  char text[1600];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (n >= (int)sizeof text) text[emb_utf8_floor(text, sizeof text - 1)] = 0;
  d->out->findings[name].ok = ok;
  emb_buf_clear(&d->out->findings[name].detail);
  emb_buf_adds(&d->out->findings[name].detail, n < 0 ? "" : text);
}

/* ---- what is known without the network ---- */

static const char *key_words(const struct emb_endpoint *e, char *out, size_t n) {
  if (strcmp(e->key_source, "none") == 0 || !e->key_source[0])
    snprintf(out, n, "no key");
  else if (strcmp(e->key_source, "option") == 0)
    snprintf(out, n, "the key of the options");
  else
    snprintf(out, n, "the key of %.150s", e->key_source);
  return out;
}

static void configuration(struct doctor *d) {
  const struct emb_provider *p = d->end->provider;
  struct emb_buf url = EMB_BUF_INIT;
  char key[200];
  emb_show_url(&url, d->client, d->end->url);
  say(d, EMB_FINDING_CONFIGURATION, 1, "provider %s, model %.200s, %.800s, %s",
      p->of ? p->of : p->name, d->end->model ? d->end->model : "of the server",
      url.data ? url.data : "", key_words(d->end, key, sizeof key));
  if (url.failed) d->out->findings[EMB_FINDING_CONFIGURATION].detail.failed = url.failed;
  emb_buf_release(&url);
}

static void images(struct doctor *d) {
  const struct emb_client *c = d->client;
  const char *why_not = c->image.why.message;
  if (c->image.provider)
    say(d, EMB_FINDING_IMAGES, 1, "native: %.200s embeds images itself",
        c->image.model ? c->image.model : "the model");
  else if (c->vision.provider)
    say(d, EMB_FINDING_IMAGES, 1,
        "describe: %.200s of %s describes them and the description is embedded%s%.600s",
        c->vision.model, c->vision.provider->name, *why_not ? ", since " : "", why_not);
  else
    say(d, EMB_FINDING_IMAGES, -1, "none: %.900s", c->vision.why.message);
}

/* Adds ", <number> <what>" where there is a number. */
static void add_limit(struct emb_buf *out, long number, const char *what) {
  if (number > 0) emb_buf_addf(out, ", %ld %s", number, what);
}

/* Adds what the server said with its reply, and what replies to other calls have taught. */
static void add_learned(struct doctor *d, struct emb_buf *out, const struct emb_engine *learned) {
  const struct watched *seen = &d->seen;
  if (seen->requests_left.remaining[0])
    emb_buf_addf(out, "; the server allows %s more requests", seen->requests_left.remaining);
  if (seen->tokens_left.remaining[0])
    emb_buf_addf(out, "; the server allows %s more tokens", seen->tokens_left.remaining);
  if (d->route != EMB_ROUTE_VISION) {
    double items = d->client->fit_items[d->route].limit,
           bytes = d->client->fit_bytes[d->route].limit;
    if (items > 0) emb_buf_addf(out, "; learned: %ld inputs in a request", (long)items);
    if (bytes > 0) emb_buf_addf(out, "; learned: %ld bytes in a request", (long)bytes);
  }
  const struct emb_gate *gate =
      learned ? emb_gates_find(&learned->gates, emb_endpoint_gate(d->end)) : NULL;
  if (!gate) return;
  long long now = learned->transport.now_ms(learned->transport.ctx);
  if (gate->window.size > 0)
    emb_buf_addf(out, "; learned: %ld requests at once", (long)(gate->window.size + 0.5));
  if (gate->paused_ms) emb_buf_addf(out, "; paused for %lld ms so far", gate->paused_ms);
  if (strcmp(emb_gate_breaker(gate, now), "closed") != 0)
    emb_buf_addf(out, "; calls wait for the server to come back (breaker %s)",
                 emb_gate_breaker(gate, now));
}

static void limits(struct doctor *d, const struct emb_engine *learned) {
  const struct emb_client *c = d->client;
  const struct emb_options *o = &c->options;
  struct emb_finding *finding = &d->out->findings[EMB_FINDING_LIMITS];
  struct emb_buf *out = &finding->detail;
  finding->ok = 1;
  emb_buf_clear(out);
  emb_buf_addf(out, "%ld requests at once", o->max_concurrent_requests);
  if (d->route == EMB_ROUTE_TEXT) {
    add_limit(out, c->max_items, "texts in a request");
    add_limit(out, c->max_tokens, "tokens in a request");
    add_limit(out, c->max_bytes, "bytes of text in a request");
  } else {
    add_limit(out, d->route == EMB_ROUTE_IMAGE ? c->max_images : 1, "images in a request");
  }
  add_limit(out, o->requests_per_minute, "requests a minute");
  add_limit(out, o->tokens_per_minute, "tokens a minute");
  add_learned(d, out, learned);
}

/* ---- the request ---- */

static int give_input(void *ctx, struct emb_source_item *item, struct emb_err *err) {
  struct doctor *d = ctx;
  (void)err;
  if (d->given++) return EMB_END;
  if (d->route == EMB_ROUTE_TEXT) {
    item->input.text = "hello";
    item->input.n_text = 5;
  } else {
    item->input.image = picture;
    item->input.n_image = sizeof picture;
  }
  return EMB_OK;
}

static void observe(void *observer, const struct emb_attempt *a) {
  struct doctor *d = observer;
  struct watched *seen = &d->seen;
  const struct emb_reply *reply = &a->job->reply;
  /* a second request over the same connection has no phases of its own */
  if (!seen->n_attempts++ || reply->new_connections || reply->transport)
    seen->phases = reply->phases;
  seen->status = reply->status;
  seen->transport = reply->transport;
  seen->is_prelude = a->is_prelude;
  seen->elapsed_ms = reply->elapsed_ms;
  seen->requests_left = reply->requests_left;
  seen->tokens_left = reply->tokens_left;
  memcpy(seen->transport_text, reply->transport_text, sizeof seen->transport_text);
  emb_buf_clear(&seen->request);
  emb_show_request(&seen->request, a->client, &a->job->request);
}

static int send(struct doctor *d, struct emb_engine *engine, int (*interrupted)(void *ctx),
                void *ctx, struct emb_err *err) {
  struct emb_embed_options options = {.no_retries = 1,
                                      .describe_only = d->route == EMB_ROUTE_VISION,
                                      .observe = observe,
                                      .observer = d,
                                      .interrupted = interrupted,
                                      .ctx = ctx};
  struct emb_embed *embed = NULL;
  struct emb_result result = {0};
  int rc = emb_embed_open(d->client, engine, give_input, d, &options, &embed, &d->err);
  if (!rc) rc = emb_embed_next(embed, &result, &d->err);
  if (!rc && result.status == EMB_RESULT_FAILED) d->err = *result.err;
  if (d->err.code == EMB_ENOMEM) rc = EMB_ENOMEM;
  if (!rc && result.status == EMB_RESULT_VECTOR) d->n_dims = result.n_dims;
  emb_embed_close(embed);
  if (rc != EMB_ENOMEM && rc != EMB_EINTERRUPT) return EMB_OK;
  *err = d->err;
  return rc;
}

/* ---- what it came to ---- */

static int is_good(const struct doctor *d) { return !d->err.code; }

/* Where the connection failed; 1 where it stands. */
static int connection(struct doctor *d) {
  const struct watched *seen = &d->seen;
  const struct emb_phases *p = &seen->phases;
  int is_https = strncasecmp(d->end->url, "https:", 6) == 0;
  const char *text = seen->transport_text;
  if (seen->transport == EMB_ECONFIG || !seen->n_attempts) {
    say(d, EMB_FINDING_CONNECT, 0, "%.900s", *text ? text : d->err.message);
    return 0;
  }
  if (!p->resolved_us && !p->peer[0] && !seen->status) {
    say(d, EMB_FINDING_DNS, 0, "%s (can this machine resolve other names?)", text);
    return 0;
  }
  say(d, EMB_FINDING_DNS, 1, "%s after %.3f ms", p->peer[0] ? p->peer : "resolved",
      (double)p->resolved_us / 1000);
  /* libcurl tells the time of a connection only once TLS stands */
  if (!p->connected_us && !seen->status && seen->transport != EMB_ETLS) {
    say(d, EMB_FINDING_CONNECT, 0, "%s (or a firewall is on the way)", text);
    return 0;
  }
  if (p->connected_us)
    say(d, EMB_FINDING_CONNECT, 1, "after %.3f ms", (double)p->connected_us / 1000);
  else
    say(d, EMB_FINDING_CONNECT, 1, "connected");
  if (!is_https) {
    say(d, EMB_FINDING_TLS, -1, "not used: the url is plain http");
  } else if (!p->secured_us && !seen->status) {
    say(d, EMB_FINDING_TLS, 0, "%s", text);
    return 0;
  } else {
    say(d, EMB_FINDING_TLS, 1, "certificate verified, after %.3f ms", (double)p->secured_us / 1000);
  }
  return 1;
}

/* The provider's words blame the model. */
static int blames_model(const struct doctor *d) {
  char words[sizeof d->err.message];
  int status = d->seen.status;
  if (status != 404 && status != 400 && status != 422 && status != 403) return 0;
  memcpy(words, d->err.message, sizeof words);
  char *advice = strstr(words, "; check the client's");
  if (advice) *advice = 0;
  return strcasestr(words, "model") || (d->end->model && strstr(words, d->end->model));
}

static void reply(struct doctor *d) {
  const struct watched *seen = &d->seen;
  const char *what = seen->is_prelude ? " to the request for a token or marker" : "";
  if (is_good(d))
    say(d, EMB_FINDING_REPLY, 1, "HTTP %d%s", seen->status, what);
  else if (!seen->status)
    say(d, EMB_FINDING_REPLY, 0, "%.900s%s", d->err.message,
        d->err.code == EMB_ETIMEOUT ? "; a slow server may need a larger request_timeout" : "");
  else if (d->err.code == EMB_EAUTH || blames_model(d))
    say(d, EMB_FINDING_REPLY, 1, "HTTP %d%s: see below", seen->status, what);
  else if (seen->status == 404 || seen->status == 405 ||
           (seen->status >= 300 && seen->status < 400))
    say(d, EMB_FINDING_REPLY, 0,
        "%.700s%s; nothing answers there: give a base (https://host/v1) or the whole endpoint as "
        "url",
        d->err.message, what);
  else
    say(d, EMB_FINDING_REPLY, 0, "%.900s%s", d->err.message, what);
}

static void authentication(struct doctor *d) {
  char key[200];
  key_words(d->end, key, sizeof key);
  if (is_good(d))
    say(d, EMB_FINDING_AUTHENTICATION, 1, "accepted with %s", key);
  else if (d->err.code == EMB_EQUOTA)
    say(d, EMB_FINDING_AUTHENTICATION, 1, "accepted with %s, but the account has no quota left",
        key);
  else if (d->err.code != EMB_EAUTH || blames_model(d))
    say(d, EMB_FINDING_AUTHENTICATION, -1, "not decided by HTTP %d", d->seen.status);
  else if (strcmp(key, "no key") == 0)
    say(d, EMB_FINDING_AUTHENTICATION, 0, "%.700s; no key was sent: set the option key%s%s",
        d->err.message, d->end->provider->key_env ? " or the environment variable " : "",
        d->end->provider->key_env ? d->end->provider->key_env : "");
  else
    say(d, EMB_FINDING_AUTHENTICATION, 0,
        "%.700s; what was sent is %s: is it whole, not revoked, and of this provider?",
        d->err.message, key);
}

static void model(struct doctor *d) {
  const char *name = d->end->model ? d->end->model : "the server's own";
  if (is_good(d))
    say(d, EMB_FINDING_MODEL, 1, "%.200s", name);
  else if (d->err.code != EMB_EAUTH && blames_model(d))
    say(d, EMB_FINDING_MODEL, 0,
        "%.700s; set the option model to one that the provider offers to this account (a local "
        "server may have to fetch it first)",
        d->err.message);
}

static void dimensions(struct doctor *d) {
  long wanted = d->client->options.dimensions;
  if (d->route == EMB_ROUTE_VISION)
    say(d, EMB_FINDING_DIMENSIONS, -1, "a description has none");
  else if (is_good(d) && wanted && wanted != d->n_dims)
    say(d, EMB_FINDING_DIMENSIONS, 0, "%d, not the %ld asked for; leave the option dimensions out",
        d->n_dims, wanted);
  else if (is_good(d))
    say(d, EMB_FINDING_DIMENSIONS, 1, "%d%s", d->n_dims, wanted ? ", as asked for" : "");
}

static void latency(struct doctor *d) {
  const struct emb_phases *p = &d->seen.phases;
  if (!is_good(d)) return;
  say(d, EMB_FINDING_LATENCY, 1,
      "%ld ms for one %s: %.3f ms until the answer began, of them %.3f ms to connect",
      d->seen.elapsed_ms, d->route == EMB_ROUTE_TEXT ? "text" : "image",
      (double)p->answered_us / 1000,
      (double)(p->secured_us > p->connected_us ? p->secured_us : p->connected_us) / 1000);
}

static void open_diagnosis(struct emb_diagnosis *out) {
  static const char *const names[] = {"configuration", "images",     "request", "dns",
                                      "connect",       "tls",        "reply",   "authentication",
                                      "model",         "dimensions", "latency", "limits"};
  memset(out, 0, sizeof *out);
  for (int i = 0; i < EMB_N_FINDINGS; i++) {
    out->findings[i].name = names[i];
    out->findings[i].ok = -1;
    emb_buf_adds(&out->findings[i].detail, "not reached");
  }
}

/* A model in this process: there is nobody to reach. */
static void find_out_here(struct doctor *d) {
  for (int i = EMB_FINDING_REQUEST; i <= EMB_FINDING_AUTHENTICATION; i++)
    say(d, (enum emb_finding_name)i, -1, "not needed: the model runs in this process");
  say(d, EMB_FINDING_CONFIGURATION, 1, "provider %s, model %.200s, in this process",
      d->end->provider->name, d->end->model ? d->end->model : "built in");
  if (!is_good(d)) say(d, EMB_FINDING_MODEL, 0, "%.900s", d->err.message);
  model(d);
  say(d, EMB_FINDING_LATENCY, -1, "nothing to wait for");
  say(d, EMB_FINDING_LIMITS, -1, "none");
  images(d);
  dimensions(d);
}

static void find_out(struct doctor *d, const struct emb_engine *learned) {
  struct emb_buf *request = &d->out->findings[EMB_FINDING_REQUEST].detail;
  configuration(d);
  images(d);
  limits(d, learned);
  if (d->seen.n_attempts) {
    emb_buf_clear(request);
    emb_buf_add(request, d->seen.request.data, d->seen.request.n);
    if (d->seen.request.failed) request->failed = d->seen.request.failed;
    d->out->findings[EMB_FINDING_REQUEST].ok = 1;
  } else {
    say(d, EMB_FINDING_REQUEST, 0, "%.900s", d->err.message);
    return;
  }
  if (!connection(d)) return;
  reply(d);
  if (d->seen.status) {
    authentication(d);
    model(d);
  }
  dimensions(d);
  latency(d);
}

int emb_doctor_run(struct emb_client *client, struct emb_engine *engine,
                   const struct emb_engine *learned, int (*interrupted)(void *ctx), void *ctx,
                   struct emb_diagnosis *out, struct emb_err *err) {
  struct doctor d = {.client = client, .out = out};
  d.route = client->text.provider    ? EMB_ROUTE_TEXT
            : client->image.provider ? EMB_ROUTE_IMAGE
                                     : EMB_ROUTE_VISION;
  d.end = emb_client_endpoint(client, d.route);
  open_diagnosis(out);
  int rc = send(&d, engine, interrupted, ctx, err);
  if (!rc && client->local && d.route == EMB_ROUTE_TEXT)
    find_out_here(&d);
  else if (!rc)
    find_out(&d, learned);
  emb_buf_release(&d.seen.request);
  for (int i = 0; i < EMB_N_FINDINGS && !rc; i++)
    if (out->findings[i].detail.failed) rc = emb_err_set(err, EMB_ENOMEM, "out of memory");
  return rc;
}

void emb_diagnosis_release(struct emb_diagnosis *diagnosis) {
  for (int i = 0; i < EMB_N_FINDINGS; i++) emb_buf_release(&diagnosis->findings[i].detail);
}
