/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where a client may send: see policy.h. Messages name hosts, never whole urls: there may be a
 * password in them. */
#include "embed/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/host.h"

static int check_list(const char *what, const struct emb_host *host, struct emb_err *err) {
  const char *list = getenv("REMBED_ALLOW_HOSTS");
  if (!list || emb_host_is_allowed(list, host)) return EMB_OK;
  char port[16] = "";
  if (host->port) snprintf(port, sizeof port, ":%d", host->port);
  return emb_err_set(err, EMB_ECONFIG,
                     "%s: the host %.200s%s is not in the environment's REMBED_ALLOW_HOSTS; use "
                     "one that is, or have it added there",
                     what, host->name, port);
}

static int read_host(const char *what, const char *url, struct emb_host *host,
                     struct emb_err *err) {
  if (emb_host_of_url(url, host))
    return emb_err_set(err, EMB_ECONFIG,
                       "%s has no clear host; write it as https://host:port/path, an address as "
                       "127.0.0.1 or [::1]",
                       what);
  return EMB_OK;
}

int emb_policy_check_url(const struct emb_options *o, const char *what, const char *url,
                         struct emb_err *err) {
  struct emb_host host;
  if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
    return emb_err_set(err, EMB_ECONFIG, "%s must start with http:// or https://", what);
  int rc = read_host(what, url, &host, err);
  if (rc) return rc;
  if (host.is_http && o->allow_http != 1 && !emb_host_is_private(host.name))
    return emb_err_set(err, EMB_ECONFIG,
                       "%s is plain http to the public host %.200s: keys and texts could be read "
                       "on the way; use https (or set the option allow_http to true)",
                       what, host.name);
  return check_list(what, &host, err);
}

int emb_policy_check_options(const struct emb_options *o, struct emb_err *err) {
  const struct {
    const char *what, *url;
  } urls[] = {{"option 'url'", o->url},
              {"option 'vision_url'", o->vision_url},
              {"option 'token_url'", o->token_url}};
  struct emb_host proxy;
  int rc = EMB_OK;
  for (size_t i = 0; i < sizeof urls / sizeof *urls && !rc; i++)
    if (urls[i].url) rc = emb_policy_check_url(o, urls[i].what, urls[i].url, err);
  if (!rc && o->proxy) rc = read_host("option 'proxy'", o->proxy, &proxy, err);
  if (!rc && o->proxy) rc = check_list("option 'proxy'", &proxy, err);
  return rc;
}
