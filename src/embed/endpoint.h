/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_ENDPOINT_H
#define EMB_ENDPOINT_H
/*
 * One route of a client: where its texts or images go, with which model and key, and what is asked
 * for there. Worked out once from the options; only what is fetched changes afterwards.
 */
#include "embed/options.h"
#include "wire/wire.h"

struct emb_endpoint {
  const struct emb_provider *provider;        /* NULL: the client has no such route, see `why` */
  char *url, *model, *key, *region, *account; /* owned or NULL */
  char key_source[160]; /* "option", the environment variable's name, "none" */
  int accept_gzip;
  int send_dimensions; /* asked of the provider; 0: the model's */
  int cut_dimensions;  /* cut here and made unit length again; 0: nothing is cut */
  const struct emb_element_field *element; /* what is asked for; NULL: nothing to say */
  struct emb_err why;
  int is_same_provider; /* vision: that of the text route, whose headers it shares */
  int is_uneven;        /* vectors come without unit length, which they shall have */
  /* what a prelude fetched: a token or a marker */
  char *fetched;              /* owned, wiped; NULL: to be fetched where the route needs it */
  char *fetched_before;       /* owned, wiped: a reply may still quote it */
  long long fetched_until_ms; /* monotonic; 0: no end */
  int n_fetched;              /* tells one from the one before */
};

/* The text route: row, model, url, key, dimensions, element. */
int emb_endpoint_open_text(struct emb_endpoint *e, const struct emb_options *options,
                           const char *client_name, struct emb_err *err);
/* The native image route beside that text route. Where it is missing, e->provider stays NULL and
 * e->why says why; with image_mode native that is an error. */
int emb_endpoint_open_image(struct emb_endpoint *e, const struct emb_endpoint *text,
                            const struct emb_options *options, struct emb_err *err);
/* The vision route: may be missing, as above, never an error but for memory or a wrong provider. */
int emb_endpoint_open_vision(struct emb_endpoint *e, const struct emb_endpoint *text,
                             const struct emb_options *options, struct emb_err *err);
/* Starts the reader of the vectors that n inputs bring on this route. */
int emb_endpoint_open_vectors(const struct emb_endpoint *e, enum emb_route route, int n,
                              struct emb_vectors *vectors);
/* The prelude that this route has to run before its next request, or NULL. */
const struct emb_prelude *emb_endpoint_prelude(const struct emb_endpoint *e, enum emb_route route,
                                               long long now_ms);
/* Takes what a prelude fetched, owned from now on; NULL forgets it. */
void emb_endpoint_take(struct emb_endpoint *e, char *fetched, long long until_ms);
/* The identity of its gate (http/gate.h). */
unsigned long long emb_endpoint_gate(const struct emb_endpoint *e);
void emb_endpoint_release(struct emb_endpoint *e);

/* The row that is listed under that name or alias, or NULL. */
const struct emb_provider *emb_listed_provider(const char *name, size_t n);
/* EMB_ECONFIG with the list of providers. */
int emb_unknown_provider(const char *name, size_t n, struct emb_err *err);

#endif
