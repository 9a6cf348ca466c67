/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_CLIENT_H
#define EMB_CLIENT_H
/*
 * One configured client: a provider row, the option values, and what follows from both (endpoints,
 * models, keys, limits). Immutable after creation but for its counters and what its endpoints
 * fetch; reference counted, so a client may be removed from the registry while a query still uses
 * it. One thread at a time.
 */
#include "embed/endpoint.h"
#include "embed/fit.h"
#include "embed/stats.h"
#include "http/rate.h"
#include "http/retry.h"

struct emb_client {
  int references;
  int is_default; /* registered by us at load: a plain INSERT may replace it */
  char *name;
  struct emb_options options;
  struct emb_endpoint text, image, vision;
  struct emb_local *local; /* the text model where it runs in this process, else NULL; shared */
  int max_items, max_tokens, max_bytes; /* of one text request */
  int max_images, max_image_bytes;      /* of one request of the native image route */
  enum emb_output output;
  int normalize;                             /* vectors are given unit length here */
  struct emb_fit fit_items[2], fit_bytes[2]; /* learned, of EMB_ROUTE_TEXT and EMB_ROUTE_IMAGE */
  struct emb_rate request_rate, token_rate;
  int rate_started;
  struct emb_stats stats;
};

/* Makes a client from the text of its options: 'provider', 'provider:key', 'provider::model' or a
 * JSON object. Checks all that can be checked without the network. The reference is the caller's.
 */
int emb_client_new(const char *name, const char *options, size_t n, struct emb_client **out,
                   struct emb_err *err);
struct emb_client *emb_client_ref(struct emb_client *client);
void emb_client_unref(struct emb_client *client); /* NULL is fine; wipes keys with the last one */
/* 1 where the client never sends anything: it needs no engine. */
int emb_client_is_offline(const struct emb_client *client);
/* Appends the effective options as JSON, without keys. */
int emb_client_print(const struct emb_client *client, struct emb_buf *out);
/* Checks an input_type given for one call. */
int emb_client_check_task(const struct emb_client *client, const char *input_type,
                          struct emb_err *err);
struct emb_endpoint *emb_client_endpoint(struct emb_client *client, enum emb_route route);
/* Overwrites every secret of the client in the message. */
void emb_client_redact(const struct emb_client *client, struct emb_err *err);
/* A call of a route with everything but inputs filled in. */
struct emb_call emb_client_call(const struct emb_client *client, enum emb_route route,
                                const char *input_type);

#endif
