/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From a provider row and what the user gave as `url` to the endpoint of a route. A url is a full
 * endpoint when its path ends like one; otherwise it is a base: a base without a path gets the path
 * of the row's own base
 * ("http://host:8000" -> "http://host:8000/v1"), then the route's path. Azure's classic deployments
 * carry an api-version. Pure.
 */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "wire/wire.h"

static const char *const endpoint_tails[] = {
    "/embeddings",         "/embeddings/",     "/embed",    "/embedding",
    "/embedding/text",     "/messages",        "/api/chat", "/chat/completions",
    ":batchEmbedContents", ":generateContent",
};

/* Length of the url without query and fragment. */
static size_t path_end(const char *url) { return strcspn(url, "?#"); }

static int ends_with(const char *text, size_t n, const char *tail) {
  size_t n_tail = strlen(tail);
  return n >= n_tail && strncmp(text + n - n_tail, tail, n_tail) == 0;
}

int emb_wire_url_is_endpoint(const struct emb_provider *provider, const char *url) {
  size_t n = path_end(url);
  if (provider->text_path && !strchr(provider->text_path, '{') &&
      ends_with(url, n, provider->text_path))
    return 1;
  for (size_t i = 0; i < sizeof endpoint_tails / sizeof *endpoint_tails; i++)
    if (ends_with(url, n, endpoint_tails[i])) return 1;
  return 0;
}

const struct emb_provider *emb_provider_for_url(const struct emb_provider *provider,
                                                const char *url) {
  if (url && provider->alternative && ends_with(url, path_end(url), provider->alternative_suffix))
    return emb_provider_find(provider->alternative, strlen(provider->alternative));
  return provider;
}

/* The path of an absolute url ("" if none). */
static const char *url_path(const char *url) {
  const char *host = strstr(url, "://");
  host = host ? host + 3 : url;
  return host + strcspn(host, "/?#");
}

/* Appends a path, {model} replaced (percent-encoded but for the characters that model names use).
 */
static void add_path(struct emb_buf *out, const char *path, const char *model) {
  const char *hole = strstr(path, "{model}");
  if (!hole) {
    emb_buf_adds(out, path);
    return;
  }
  emb_buf_add(out, path, (size_t)(hole - path));
  for (const char *p = model; *p; p++) {
    unsigned char c = (unsigned char)*p;
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        strchr("-._~/", c))
      emb_buf_addc(out, *p);
    else
      emb_buf_addf(out, "%%%02X", c);
  }
  emb_buf_adds(out, hole + 7);
}

/* Azure's deployment urls must name one. */
static void add_version(struct emb_buf *out, const char *api_version) {
  emb_buf_addf(out, "?api-version=%s", api_version ? api_version : "2024-10-21");
}

int emb_wire_url(const struct emb_provider *provider, enum emb_route route, const char *url,
                 const char *model, const char *api_version, char **out, struct emb_err *err) {
  const char *path = route == EMB_ROUTE_TEXT ? provider->text_path : provider->vision_path;
  if (!url && (provider->flags & EMB_NEEDS_URL))
    return emb_err_set(err, EMB_ECONFIG, "provider '%s' needs the option 'url', for example '%s'",
                       provider->name, provider->base_url);
  if (url && strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
    return emb_err_set(err, EMB_ECONFIG, "option 'url' must start with http:// or https://");
  if (url)
    for (const char *p = url; *p; p++)
      if ((unsigned char)*p <= ' ' || *p == 0x7F)
        return emb_err_set(err, EMB_ECONFIG, "option 'url' holds a space or a control character");
  struct emb_buf text = EMB_BUF_INIT;
  if (url && emb_wire_url_is_endpoint(provider, url)) {
    emb_buf_adds(&text, url);
    /* Ollama's superseded endpoint takes one text under another name; its successor stands beside
     * it. */
    if (provider->text_path && strcmp(provider->text_path, "/api/embed") == 0 &&
        ends_with(url, path_end(url), "/api/embeddings"))
      text.n = path_end(url) - strlen("dings"), text.data[text.n] = 0;
    if (!url[path_end(url)] && strstr(url, "/deployments/")) add_version(&text, api_version);
  } else {
    const char *base = url ? url : provider->base_url;
    size_t n = path_end(base);
    while (n && base[n - 1] == '/') n--;
    emb_buf_add(&text, base, n);
    const char *own = url_path(base);
    if (url && (!*own || strspn(own, "/") == strlen(own)))
      emb_buf_adds(&text, url_path(provider->base_url));
    add_path(&text, path, model ? model : "");
    if (base[path_end(base)] == '?')
      emb_buf_adds(&text, base + path_end(base));
    else if (strstr(base, "/deployments/"))
      add_version(&text, api_version);
  }
  *out = emb_buf_take(&text, NULL);
  emb_buf_release(&text);
  return *out ? EMB_OK : emb_err_set(err, EMB_ENOMEM, "out of memory");
}
