/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hosts: see host.h. Addresses are read in their usual form only (127.0.0.1, not 127.1 or
 * 0x7f000001): the other forms count as public. */
#include "base/host.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"

static int read_port(const char *text, size_t n, int *port) {
  int number = 0;
  if (!n || n > 5) return n ? EMB_EARG : EMB_OK; /* "host:" has no port */
  for (size_t i = 0; i < n; i++) {
    if (!isdigit((unsigned char)text[i])) return EMB_EARG;
    number = number * 10 + (text[i] - '0');
  }
  if (number > 65535) return EMB_EARG;
  *port = number;
  return EMB_OK;
}

static int set_name(struct emb_host *host, const char *text, size_t n) {
  if (n && text[n - 1] == '.') n--;
  if (!n || n >= sizeof host->name) return EMB_EARG;
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c <= ' ' || c == 0x7F || strchr("%@\\\"<>^`{|}", c)) return EMB_EARG;
    host->name[i] = (char)tolower(c);
  }
  host->name[n] = 0;
  return EMB_OK;
}

/* "name", "name:port", "[v6]", "[v6]:port". */
static int read_authority(const char *text, size_t n, struct emb_host *host) {
  const char *colon = memchr(text, ':', n);
  size_t n_name = colon ? (size_t)(colon - text) : n;
  if (n && *text == '[') {
    const char *end = memchr(text, ']', n);
    if (!end) return EMB_EARG;
    size_t n_all = (size_t)(end + 1 - text);
    if (n_all < n && text[n_all] != ':') return EMB_EARG;
    int rc = set_name(host, text + 1, (size_t)(end - text - 1));
    return rc || n_all == n ? rc : read_port(text + n_all + 1, n - n_all - 1, &host->port);
  }
  int rc = set_name(host, text, n_name);
  return rc || !colon ? rc : read_port(colon + 1, n - n_name - 1, &host->port);
}

int emb_host_of_url(const char *url, struct emb_host *host) {
  memset(host, 0, sizeof *host);
  const char *start = strstr(url, "://");
  if (start) {
    host->is_https = start - url == 5 && strncasecmp(url, "https", 5) == 0;
    host->is_http = start - url == 4 && strncasecmp(url, "http", 4) == 0;
    host->port = host->is_https ? 443 : host->is_http ? 80 : 0;
    start += 3;
  } else {
    start = url;
  }
  size_t n = strcspn(start, "/?#");
  const char *at = memchr(start, '@', n);
  if (memchr(start, '\\', n)) return EMB_EARG;
  if (at) { /* user and password */
    size_t skip = (size_t)(at + 1 - start);
    start += skip;
    n -= skip;
  }
  return read_authority(start, n, host);
}

int emb_host_of_parts(const char *name, int port, struct emb_host *host) {
  memset(host, 0, sizeof *host);
  size_t n = strlen(name);
  int is_v6 = n > 2 && *name == '[' && name[n - 1] == ']';
  host->port = port;
  return is_v6 ? set_name(host, name + 1, n - 2) : set_name(host, name, n);
}

int emb_address_is_private(const unsigned char *b, size_t n) {
  static const unsigned char zeros[16], mapped[12] = {[10] = 0xFF, [11] = 0xFF};
  if (n == 16 && memcmp(b, mapped, 12) == 0) return emb_address_is_private(b + 12, 4);
  if (n == 4) /* this host, loopback, private, shared between carrier and customer, link-local */
    return b[0] == 0 || b[0] == 127 || b[0] == 10 || (b[0] == 172 && (b[1] & 0xF0) == 16) ||
           (b[0] == 192 && b[1] == 168) || (b[0] == 100 && (b[1] & 0xC0) == 64) ||
           (b[0] == 169 && b[1] == 254);
  if (n != 16) return 0;
  if (memcmp(b, zeros, 15) == 0) return b[15] <= 1; /* :: and ::1 */
  return (b[0] & 0xFE) == 0xFC || (b[0] == 0xFE && (b[1] & 0xC0) == 0x80);
}

static int ends_with(const char *name, const char *tail) {
  size_t n = strlen(name), n_tail = strlen(tail);
  return n > n_tail && strcmp(name + n - n_tail, tail) == 0;
}

int emb_host_is_private(const char *name) {
  static const char *const tails[] = {".localhost", ".local",       ".internal",
                                      ".lan",       ".localdomain", ".home.arpa",
                                      ".svc",       ".test",        ".invalid"};
  unsigned char bytes[16];
  if (inet_pton(AF_INET, name, bytes) == 1) return emb_address_is_private(bytes, 4);
  if (strchr(name, ':'))
    return inet_pton(AF_INET6, name, bytes) == 1 && emb_address_is_private(bytes, 16);
  const char *last = strrchr(name, '.');
  last = last ? last + 1 : name;
  if (isdigit((unsigned char)*last)) return 0; /* an address in another form */
  if (last == name) return *name != 0;
  for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
    if (ends_with(name, tails[i])) return 1;
  return 0;
}

static int matches(const char *pattern, size_t n, const struct emb_host *host) {
  struct emb_host want = {{0}, 0, 0, 0};
  char text[sizeof want.name + 8];
  if (n == 1 && *pattern == '*') return 1;
  if (!n || n >= sizeof text) return 0;
  memcpy(text, pattern, n);
  text[n] = 0;
  int below = strncmp(text, "*.", 2) == 0;
  if (emb_host_of_url(text + 2 * below, &want)) return 0;
  if (want.port && want.port != host->port) return 0;
  if (!below) return strcmp(want.name, host->name) == 0;
  size_t n_name = strlen(host->name), n_want = strlen(want.name);
  return n_name > n_want + 1 && host->name[n_name - n_want - 1] == '.' &&
         strcmp(host->name + n_name - n_want, want.name) == 0;
}

int emb_host_is_allowed(const char *patterns, const struct emb_host *host) {
  while (*patterns) {
    size_t n = strcspn(patterns, ","), from = strspn(patterns, " \t"), to = n;
    while (to > from && strchr(" \t", patterns[to - 1])) to--;
    if (to > from && matches(patterns + from, to - from, host)) return 1;
    patterns += n + (patterns[n] == ',');
  }
  return 0;
}
