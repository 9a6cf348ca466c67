/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * libFuzzer target of addresses: the user's url, model, region, account and api version through
 * every row and route. What comes out is a url of the same host, without a byte that a request line
 * cannot hold; so is the url of a prelude.
 */
#include <strings.h>

#include "fuzz.h"
#include "wire/wire.h"

enum { SLICES = 4 }; /* an input meets every fourth row, by its length */

/* Scheme and authority. */
static size_t origin(const char *url) {
  const char *host = strstr(url, "://");
  check(host);
  return (size_t)(host + 3 - url) + strcspn(host + 3, "/?#");
}

static void check_url(const char *url) {
  check(strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0);
  for (const char *p = url; *p; p++) check((unsigned char)*p > ' ' && *p != 0x7F);
}

static void one(const struct emb_provider *p, enum emb_route route,
                const struct emb_url_parts *parts) {
  const struct emb_api *api = emb_provider_api(p, route);
  if (route == EMB_ROUTE_VISION ? !p->vision : !api) return;
  if (p->flags & EMB_IN_PROCESS) return; /* nothing is sent */
  struct emb_err err = {0};
  char *out = NULL;
  int rc = emb_wire_url(p, route, parts, &out, &err);
  check_err(&err, rc);
  check((rc == 0) == (out != NULL));
  if (!out) return;
  check_url(out);
  if (parts->url) {
    size_t n = origin(parts->url);
    check(origin(out) == n && !memcmp(out, parts->url, n));
  }
  if (api && api->prelude) {
    struct emb_request request = {0};
    rc = emb_wire_prelude(api->prelude, out, NULL, parts->model, p->auth, &request, &err);
    check(!rc || rc == EMB_ECONFIG);
    if (!rc) check_url(request.url);
    emb_request_release(&request);
  }
  free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct input in = {(const char *)data, size};
  int n_rows;
  const struct emb_provider *rows = emb_providers(&n_rows);
  char *url = or_null(take_text(&in));
  char *model = or_null(take_text(&in));
  char *region = or_null(take_text(&in));
  char *account = or_null(take_text(&in));
  char *version = or_null(take_text(&in));
  struct emb_url_parts parts = {
      .url = url, .model = model, .api_version = version, .region = region, .account = account};
  for (int i = (int)(size % SLICES); i < n_rows; i += SLICES)
    for (int route = 0; route < EMB_N_ROUTES; route++) one(&rows[i], (enum emb_route)route, &parts);
  free(url);
  free(model);
  free(region);
  free(account);
  free(version);
  return 0;
}
