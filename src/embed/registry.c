/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Name -> client: see registry.h. A handful of clients per connection: a scan is the right index.
 */
#include "embed/registry.h"

#include <string.h>

#include "base/mem.h"

void emb_registry_release(struct emb_registry *r) {
  for (int i = 0; i < r->n; i++) emb_client_unref(r->clients[i]);
  emb_free(r->clients);
  emb_free(r->ids);
  memset(r, 0, sizeof *r);
}

int emb_registry_index(const struct emb_registry *r, const char *name) {
  for (int i = 0; i < r->n; i++)
    if (strcmp(r->clients[i]->name, name) == 0) return i;
  return -1;
}

struct emb_client *emb_registry_find(const struct emb_registry *r, const char *name) {
  int at = emb_registry_index(r, name);
  return at < 0 ? NULL : r->clients[at];
}

int emb_registry_position(const struct emb_registry *r, long long id) {
  for (int i = 0; i < r->n; i++)
    if (r->ids[i] == id) return i;
  return -1;
}

int emb_registry_add(struct emb_registry *r, struct emb_client *client, long long *id) {
  if (r->n == r->capacity) {
    int capacity = r->capacity ? 2 * r->capacity : 8;
    struct emb_client **clients = emb_realloc(r->clients, (size_t)capacity * sizeof(*clients));
    if (!clients) return EMB_ENOMEM;
    r->clients = clients;
    long long *ids = emb_realloc(r->ids, (size_t)capacity * sizeof *ids);
    if (!ids) return EMB_ENOMEM;
    r->ids = ids;
    r->capacity = capacity;
  }
  r->ids[r->n] = ++r->next_id;
  r->clients[r->n++] = client;
  if (id) *id = r->next_id;
  return EMB_OK;
}

void emb_registry_replace(struct emb_registry *r, int position, struct emb_client *client) {
  struct emb_client *old = r->clients[position];
  r->clients[position] = client;
  emb_client_unref(old);
}

void emb_registry_remove(struct emb_registry *r, int position) {
  struct emb_client *old = r->clients[position];
  int after = --r->n - position;
  memmove(r->clients + position, r->clients + position + 1, (size_t)after * sizeof *r->clients);
  memmove(r->ids + position, r->ids + position + 1, (size_t)after * sizeof *r->ids);
  emb_client_unref(old);
}
