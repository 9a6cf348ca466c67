/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From a provider row and what the user gave as `url` to the endpoint of a route. A url is a full
 * endpoint when its path ends like one; otherwise it is a base: a base without a path gets the path
 * of the row's own base ("http://host:8000" -> "http://host:8000/v1"), then the route's path. A
 * full text endpoint serves images too where both have one path, or where the text path can be
 * replaced. {region} and {account} come from the options. Azure's classic deployments carry an
 * api-version. Pure.
 */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "wire/wire.h"

static const char endpoint_tails[] =
    "*/embeddings */embeddings/ */embed */embedding */embedding/text */messages */api/chat "
    "*/chat/completions *:batchEmbedContents *:generateContent *:predict *:embedContent";

/* Length of the url without query and fragment. */
static size_t path_end(const char *url) { return strcspn(url, "?#"); }

/* The path of an absolute url ("" if none). */
static const char *url_path(const char *url) {
  const char *host = strstr(url, "://");
  host = host ? host + 3 : url;
  return host + strcspn(host, "/?#");
}

/* 1 where the path in url[0..n) ends like this; a host is never a part of it ("http://embed"). */
static int ends_with(const char *url, size_t n, const char *tail, size_t n_tail) {
  return n >= n_tail + (size_t)(url_path(url) - url) &&
         strncmp(url + n - n_tail, tail, n_tail) == 0;
}

/* 1 where the url's path ends like this one, whatever stands for its {model}. */
static int ends_like(const char *url, const char *path) {
  struct emb_buf pattern = EMB_BUF_INIT, plain = EMB_BUF_INIT;
  if (!path) return 0;
  emb_buf_addc(&pattern, '*');
  for (const char *p = path; *p && *p != '?'; p++) {
    emb_buf_addc(&pattern, *p == '{' ? '*' : *p);
    if (*p == '{') p += strcspn(p, "}");
  }
  url = url_path(url);
  emb_buf_add(&plain, url, path_end(url));
  int same = pattern.data && plain.data && emb_globs_match(pattern.data, plain.data);
  emb_buf_release(&pattern);
  emb_buf_release(&plain);
  return same;
}

int emb_wire_url_is_endpoint(const struct emb_provider *provider, const char *url) {
  char plain[512];
  const char *base_path = url_path(provider->base_url);
  size_t n = path_end(url);
  /* A base that looks like an endpoint: dashscope's ends with /embeddings. */
  if (*base_path && ends_with(url, n, base_path, strlen(base_path))) return 0;
  if (ends_like(url, provider->text.path) || ends_like(url, provider->image.path) ||
      ends_like(url, provider->vision_path))
    return 1;
  url = url_path(url);
  n = path_end(url);
  if (n >= sizeof plain) return 0;
  memcpy(plain, url, n);
  plain[n] = 0;
  return emb_globs_match(endpoint_tails, plain);
}

/* Percent-encodes what a path may not hold as it is. */
static void add_encoded(struct emb_buf *out, const char *text, int slash_too) {
  for (const char *p = text; *p; p++) {
    unsigned char c = (unsigned char)*p;
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        strchr("-._~@", c) || (c == '/' && !slash_too))
      emb_buf_addc(out, *p);
    else
      emb_buf_addf(out, "%%%02X", c);
  }
}

/* Appends a template[0..n), its holes filled. Where the region is "global", Google's hosts have no
 * region in front. EMB_ECONFIG names the option of a hole that nothing fills. */
static int add_filled(struct emb_buf *out, const char *text, size_t n,
                      const struct emb_provider *provider, const struct emb_url_parts *parts,
                      struct emb_err *err) {
  const struct {
    const char *hole, *value, *option;
  } holes[] = {{"{model}", parts->model ? parts->model : "", NULL},
               {"{region}", parts->region, "region"},
               {"{account}", parts->account, "account"}};
  for (size_t i = 0; i < n;) {
    size_t k = 0, length = 0;
    for (; k < 3; k++) {
      length = strlen(holes[k].hole);
      if (n - i >= length && memcmp(text + i, holes[k].hole, length) == 0) break;
    }
    if (k == 3) {
      emb_buf_addc(out, text[i++]);
      continue;
    }
    if (!holes[k].value)
      return emb_err_set(err, EMB_ECONFIG, "provider '%s' needs the option '%s', for its url %s",
                         provider->name, holes[k].option, provider->base_url);
    i += length;
    if (i < n && text[i] == '-' && strcmp(holes[k].value, "global") == 0)
      i++;
    else
      add_encoded(out, holes[k].value, k > 0 || (provider->flags & EMB_ENCODE_SLASH));
  }
  return EMB_OK;
}

/* Azure's deployment urls must name one. */
static void add_version(struct emb_buf *out, const char *api_version) {
  emb_buf_adds(out, "?api-version=");
  add_encoded(out, api_version ? api_version : "2024-10-21", 1);
}

static const char *route_path(const struct emb_provider *p, enum emb_route route) {
  return route == EMB_ROUTE_TEXT    ? p->text.path
         : route == EMB_ROUTE_IMAGE ? p->image.path
                                    : p->vision_path;
}

/* A url that is written for the provider's main form, while this row is another one: its text path
 * and, where that differs too, its base path give way to this row's. Appends the rest as a base. */
static int translate(struct emb_buf *out, const struct emb_provider *p, const char *url) {
  const struct emb_provider *main = p->of ? emb_provider_find(p->of, strlen(p->of)) : NULL;
  const char *theirs = main ? main->text.path : NULL;
  size_t n = path_end(url), n_before = n;
  const char *own = url_path(p->base_url);
  if (!theirs || p->when_url || ends_like(url, p->text.path) || ends_like(url, p->image.path) ||
      (*own && ends_with(url, n, own, strlen(own)) && strcmp(own, url_path(main->base_url)) != 0))
    return 0;
  if (p->text.path && strcmp(theirs, p->text.path) != 0 && !strchr(theirs, '{') &&
      ends_with(url, n, theirs, strlen(theirs)))
    n -= strlen(theirs);
  const char *base = url_path(main->base_url);
  int moved = strcmp(base, own) != 0 && *base && ends_with(url, n, base, strlen(base));
  if (moved) n -= strlen(base);
  if (n == n_before) return 0;
  emb_buf_add(out, url, n);
  if (moved) emb_buf_adds(out, own);
  return 1;
}

/* A full endpoint of another route of this row: its path gives way. */
static int add_beside(struct emb_buf *out, const struct emb_provider *p, const char *path,
                      const struct emb_url_parts *parts, struct emb_err *err) {
  const char *url = parts->url, *text = p->text.path;
  size_t n = path_end(url), n_text = strcspn(text, "?");
  if (!ends_with(url, n, text, n_text))
    return emb_err_set(err, EMB_ECONFIG,
                       "the client's url is the endpoint of its text model; give a base url to "
                       "embed images");
  emb_buf_add(out, url, n - n_text);
  return add_filled(out, path, strlen(path), p, parts, err);
}

static int add_endpoint(struct emb_buf *out, const struct emb_provider *p, enum emb_route route,
                        const struct emb_url_parts *parts, struct emb_err *err) {
  const char *url = parts->url, *path = route_path(p, route), *text = p->text.path;
  size_t n = path_end(url), n_text = text ? strcspn(text, "?") : 0;
  if (route == EMB_ROUTE_IMAGE && text && strcmp(path, text) != 0 && !ends_like(url, path))
    return add_beside(out, p, path, parts, err);
  emb_buf_adds(out, url);
  if (!url[n] && strstr(url, "/deployments/"))
    add_version(out, parts->api_version);
  else if (!url[n] && text && text[n_text]) /* a row whose urls need their query */
    return add_filled(out, text + n_text, strlen(text + n_text), p, parts, err);
  return EMB_OK;
}

static int add_to_base(struct emb_buf *out, const struct emb_provider *p, enum emb_route route,
                       const struct emb_url_parts *parts, struct emb_err *err) {
  const char *base = parts->url ? parts->url : parts->base ? parts->base : p->base_url;
  const char *path = route_path(p, route);
  size_t n = path_end(base);
  while (n && base[n - 1] == '/') n--;
  int rc = EMB_OK;
  if (!parts->url)
    rc = add_filled(out, base, n, p, parts, err);
  else
    emb_buf_add(out, base, n);
  const char *own = url_path(base), *default_path = url_path(p->base_url);
  if (!rc && parts->url && (!*own || strspn(own, "/") == strlen(own)))
    rc = add_filled(out, default_path, strlen(default_path), p, parts, err);
  if (!rc) rc = add_filled(out, path, strlen(path), p, parts, err);
  if (rc) return rc;
  if (base[path_end(base)] == '?') {
    emb_buf_addc(out, strchr(path, '?') ? '&' : '?');
    emb_buf_adds(out, base + path_end(base) + 1);
  } else if (strstr(base, "/deployments/")) {
    add_version(out, parts->api_version);
  }
  return EMB_OK;
}

int emb_wire_url(const struct emb_provider *provider, enum emb_route route,
                 const struct emb_url_parts *parts, char **out, struct emb_err *err) {
  const char *url = parts->url;
  if (!url && (provider->flags & EMB_NEEDS_URL))
    return emb_err_set(err, EMB_ECONFIG, "provider '%s' needs the option 'url', for example '%s'",
                       provider->name, provider->base_url);
  if (url && strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
    return emb_err_set(err, EMB_ECONFIG, "option 'url' must start with http:// or https://");
  if (url && !strcspn(strstr(url, "://") + 3, "/?#"))
    return emb_err_set(err, EMB_ECONFIG, "option 'url' has no host");
  if (url)
    for (const char *p = url; *p; p++)
      if ((unsigned char)*p <= ' ' || *p == 0x7F)
        return emb_err_set(err, EMB_ECONFIG, "option 'url' holds a space or a control character");
  struct emb_buf text = EMB_BUF_INIT, other = EMB_BUF_INIT;
  struct emb_url_parts own = *parts;
  if (url && route != EMB_ROUTE_VISION && translate(&other, provider, url)) own.url = other.data;
  int rc = other.failed ? EMB_ENOMEM
           : own.url && emb_wire_url_is_endpoint(provider, own.url)
               ? add_endpoint(&text, provider, route, &own, err)
               : add_to_base(&text, provider, route, &own, err);
  *out = rc ? NULL : emb_buf_take(&text, NULL);
  emb_buf_release(&text);
  emb_buf_release(&other);
  if (rc == EMB_ENOMEM) return emb_err_set(err, rc, "out of memory");
  if (rc) return rc;
  return *out ? EMB_OK : emb_err_set(err, EMB_ENOMEM, "out of memory");
}
