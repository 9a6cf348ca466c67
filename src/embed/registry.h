/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_REGISTRY_H
#define EMB_REGISTRY_H
/* Name -> client, in order of registration. Holds one reference to each client. */
#include "embed/client.h"

struct emb_registry {
  struct emb_client **clients; /* owned array of shared clients */
  long long *ids;              /* owned: stable row numbers, beside clients */
  int n, capacity;
  long long next_id;
};

void emb_registry_release(struct emb_registry *registry);
/* The client of that name (borrowed), or NULL. */
struct emb_client *emb_registry_find(const struct emb_registry *registry, const char *name);
/* Position of the client of that name, or -1. */
int emb_registry_index(const struct emb_registry *registry, const char *name);
/* Position of a row number, or -1. */
int emb_registry_position(const struct emb_registry *registry, long long id);
/* Adds a client (takes over the caller's reference on success); the name must be free. */
int emb_registry_add(struct emb_registry *registry, struct emb_client *client,
                     long long *id) EMB_MUST_USE;
/* Puts another client at a position (takes over the reference). */
void emb_registry_replace(struct emb_registry *registry, int position, struct emb_client *client);
void emb_registry_remove(struct emb_registry *registry, int position);

#endif
