/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * AWS Signature Version 4: see sigv4.h. The names are those of AWS's description: the canonical
 * request is hashed, the hash goes into the string to sign, and that is signed with a key derived
 * from the secret.
 *
 * Neither of the two texts is ever written down: both go piece by piece into a hash, so no copy of
 * the session token (a signed header) is left in memory that was given back. What is sorted or
 * rewritten first (headers, query, path) is an array of spans or a buffer of its own.
 *
 * What AWS's description leaves open is done as botocore does it, but for two things: a header
 * without a value is left out, because libcurl does not send it, and a Date is not signed in place
 * of X-Amz-Date but dropped.
 */
#include "wire/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/sha256.h"
#include "wire/span.h"

#define LAST_UNIX_S 253402300799LL /* 9999-12-31T23:59:59Z */

struct address {
  struct emb_span host, path,
      query; /* into the url; the host with a port that is not the default */
};

struct header {
  struct emb_span name, value; /* into the request */
};

struct signing {
  const struct emb_request *request;
  const struct emb_sigv4 *how;
  struct address address;
  struct header headers[EMB_MAX_HEADERS + 1]; /* sorted by name; one more for the host */
  int n_headers;
  struct emb_buf names; /* "content-type;host;x-amz-date" */
  char stamp[32];       /* "20150830T123600Z"; its first 8 characters are the date */
  unsigned char hash[EMB_SHA256_BYTES]; /* of the canonical request */
};

/* ---- the url ---- */

static char lower(char c) { return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }

/* Cuts a port that is the scheme's own off the host. 0 where the port is no number as libcurl would
 * write it. */
static int settle_port(struct emb_span *host, const char *default_port) {
  size_t n = host->n;
  while (n && host->p[n - 1] >= '0' && host->p[n - 1] <= '9') n--;
  if (!n || host->p[n - 1] != ':')
    return memchr(host->p, ':', host->n) == NULL || host->p[0] == '[';
  const char *port = host->p + n;
  size_t n_port = host->n - n;
  if (n_port > 5 || (n_port && *port == '0')) return 0;
  if (!n_port || (n_port == strlen(default_port) && memcmp(port, default_port, n_port) == 0))
    host->n = n - 1;
  return 1;
}

static int read_url(char *url, struct address *address, struct emb_err *err) {
  int is_https = strncasecmp(url, "https://", 8) == 0;
  if (!is_https && strncasecmp(url, "http://", 7) != 0)
    return emb_err_set(err, EMB_ECONFIG, "the url to sign must start with http:// or https://");
  char *start = url + (is_https ? 8 : 7);
  char *end = start + strcspn(start, "/?#");
  for (char *p = start; p < end; p++)
    if (*p == '@') start = p + 1;
  for (char *p = start; p < end; p++) *p = lower(*p);
  address->host = (struct emb_span){start, (size_t)(end - start)};
  if (!settle_port(&address->host, is_https ? "443" : "80") || !address->host.n)
    return emb_err_set(err, EMB_ECONFIG, "the url to sign has no host or a wrong port");
  address->path = (struct emb_span){end, strcspn(end, "?#")};
  const char *query = end + address->path.n;
  if (*query == '?') query++;
  address->query = (struct emb_span){query, strcspn(query, "#")};
  return EMB_OK;
}

/* "/a//b/./../c" -> "/a/c": AWS signs paths without empty and dot segments. */
static int normalize_path(struct emb_span path, struct emb_buf *out) {
  const char *p = path.p, *end = path.p + path.n;
  while (p < end) {
    const char *slash = memchr(p, '/', (size_t)(end - p));
    size_t n = (size_t)((slash ? slash : end) - p);
    if (n == 2 && memcmp(p, "..", 2) == 0) {
      while (out->n && out->data[--out->n] != '/') continue;
      if (out->data) out->data[out->n] = 0;
    } else if (n && !(n == 1 && *p == '.')) {
      emb_buf_addc(out, '/');
      emb_buf_add(out, p, n);
    }
    p += n + (slash ? 1 : 0);
  }
  if (!out->n || path.p[path.n - 1] == '/') emb_buf_addc(out, '/');
  return out->failed;
}

static void add_span(struct emb_sha256 *hash, struct emb_span span) {
  emb_sha256_add(hash, span.p, span.n);
}

static int add_path(struct emb_sha256 *hash, struct emb_span path) {
  struct emb_buf normal = EMB_BUF_INIT;
  int rc = normalize_path(path, &normal);
  for (size_t i = 0; !rc && i < normal.n; i++) {
    unsigned char c = (unsigned char)normal.data[i];
    char code[4];
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        (c && strchr("/-._~", c))) {
      emb_sha256_add(hash, &normal.data[i], 1);
    } else {
      snprintf(code, sizeof code, "%%%02X", c);
      emb_sha256_adds(hash, code);
    }
  }
  emb_buf_release(&normal);
  return rc;
}

struct parameter {
  struct emb_span name, value;
};

static int compare_spans(struct emb_span a, struct emb_span b) {
  size_t n = a.n < b.n ? a.n : b.n;
  int order = n ? memcmp(a.p, b.p, n) : 0;
  return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_parameters(const void *a, const void *b) {
  const struct parameter *one = a, *two = b;
  int order = compare_spans(one->name, two->name);
  return order ? order : compare_spans(one->value, two->value);
}

static struct parameter read_parameter(const char *p, size_t n) {
  const char *equals = memchr(p, '=', n);
  size_t n_name = equals ? (size_t)(equals - p) : n;
  struct parameter parameter = {{p, n_name}, {p + n, 0}};
  if (equals) parameter.value = (struct emb_span){equals + 1, n - n_name - 1};
  return parameter;
}

/* The parameters, which are encoded already, by name and then value. */
static int add_query(struct emb_sha256 *hash, struct emb_span query) {
  size_t n = 1, at = 0;
  if (!query.n) return EMB_OK;
  for (size_t i = 0; i < query.n; i++) n += query.p[i] == '&';
  struct parameter *all = emb_calloc(n, sizeof *all);
  if (!all) return EMB_ENOMEM;
  for (size_t i = 0; i < n; i++) {
    const char *p = query.p + at, *amp = memchr(p, '&', query.n - at);
    size_t n_pair = amp ? (size_t)(amp - p) : query.n - at;
    all[i] = read_parameter(p, n_pair);
    at += n_pair + 1;
  }
  qsort(all, n, sizeof *all, compare_parameters);
  for (size_t i = 0; i < n; i++) {
    if (i) emb_sha256_adds(hash, "&");
    add_span(hash, all[i].name);
    emb_sha256_adds(hash, "=");
    add_span(hash, all[i].value);
  }
  emb_free(all);
  return EMB_OK;
}

/* ---- the headers ---- */

static int is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static int is_named(const struct header *header, const char *name) {
  size_t n = strlen(name);
  for (size_t i = 0; i < n && i < header->name.n; i++)
    if (lower(header->name.p[i]) != name[i]) return 0;
  return header->name.n == n;
}

/* Headers that change or vanish on the way, or are rewritten by whoever sends them. */
static int is_unsigned(const struct header *header) {
  static const char *const names[] = {
      "baggage", "connection", "expect",          "keep-alive",        "proxy-authenticate",
      "te",      "trailer",    "traceparent",     "tracestate",        "proxy-authorization",
      "upgrade", "user-agent", "x-amzn-trace-id", "transfer-encoding",
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (is_named(header, names[i])) return 1;
  return 0;
}

static int compare_names(const struct header *a, const struct header *b) {
  size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;
  for (size_t i = 0; i < n; i++) {
    int order = (unsigned char)lower(a->name.p[i]) - (unsigned char)lower(b->name.p[i]);
    if (order) return order;
  }
  return (a->name.n > b->name.n) - (a->name.n < b->name.n);
}

/* Keeps the array sorted; of the same name, the earlier stays first. */
static void insert_header(struct signing *s, struct header header) {
  int i = s->n_headers++;
  for (; i > 0 && compare_names(&s->headers[i - 1], &header) > 0; i--)
    s->headers[i] = s->headers[i - 1];
  s->headers[i] = header;
}

static void choose_headers(struct signing *s) {
  int has_host = 0;
  for (int i = 0; i < s->request->n_headers; i++) {
    const char *line = s->request->headers[i];
    size_t n_name = strcspn(line, ":");
    if (!line[n_name]) continue;
    const char *value = line + n_name + 1;
    while (is_blank(*value)) value++;
    struct header header = {{line, n_name}, {value, strlen(value)}};
    if (!header.value.n || is_unsigned(&header)) continue;
    has_host |= is_named(&header, "host");
    insert_header(s, header);
  }
  if (!has_host) insert_header(s, (struct header){{"host", 4}, s->address.host});
}

static int is_repeated(const struct signing *s, int i) {
  return i > 0 && compare_names(&s->headers[i - 1], &s->headers[i]) == 0;
}

static int list_names(struct signing *s) {
  for (int i = 0; i < s->n_headers; i++) {
    struct emb_span name = s->headers[i].name;
    if (is_repeated(s, i)) continue;
    if (s->names.n) emb_buf_addc(&s->names, ';');
    for (size_t k = 0; k < name.n; k++) emb_buf_addc(&s->names, lower(name.p[k]));
  }
  return s->names.failed;
}

/* The words of a value with one space between. */
static void add_value(struct emb_sha256 *hash, struct emb_span value) {
  const char *p = value.p, *end = value.p + value.n;
  for (int n_words = 0;; n_words++) {
    while (p < end && is_blank(*p)) p++;
    if (p == end) return;
    const char *word = p;
    while (p < end && !is_blank(*p)) p++;
    if (n_words) emb_sha256_adds(hash, " ");
    emb_sha256_add(hash, word, (size_t)(p - word));
  }
}

/* A line "name:value" each; values of the same name with commas between. */
static void add_headers(struct emb_sha256 *hash, const struct signing *s) {
  for (int i = 0; i < s->n_headers; i++) {
    struct emb_span name = s->headers[i].name;
    for (size_t k = 0; k < name.n && !is_repeated(s, i); k++) {
      char c = lower(name.p[k]);
      emb_sha256_add(hash, &c, 1);
    }
    emb_sha256_adds(hash, is_repeated(s, i) ? "," : ":");
    add_value(hash, s->headers[i].value);
    if (i + 1 == s->n_headers || !is_repeated(s, i + 1)) emb_sha256_adds(hash, "\n");
  }
}

/* ---- signing ---- */

/* The hash of the body, or what the caller's own header says of it. */
static void add_body(struct emb_sha256 *hash, const struct signing *s) {
  struct emb_sha256 body;
  unsigned char digest[EMB_SHA256_BYTES];
  char hex[2 * EMB_SHA256_BYTES + 1];
  for (int i = 0; i < s->n_headers; i++)
    if (is_named(&s->headers[i], "x-amz-content-sha256")) {
      add_span(hash, s->headers[i].value);
      return;
    }
  emb_sha256_init(&body);
  emb_sha256_add(&body, s->request->body.data, s->request->body.n);
  emb_sha256_end(&body, digest);
  emb_sha256_hex(digest, hex);
  emb_sha256_adds(hash, hex);
}

static int hash_canonical_request(struct signing *s) {
  struct emb_sha256 hash;
  emb_sha256_init(&hash);
  emb_sha256_adds(&hash, s->request->body.n ? "POST\n" : "GET\n");
  int rc = add_path(&hash, s->address.path);
  emb_sha256_adds(&hash, "\n");
  if (!rc) rc = add_query(&hash, s->address.query);
  emb_sha256_adds(&hash, "\n");
  add_headers(&hash, s);
  emb_sha256_adds(&hash, "\n");
  emb_sha256_add(&hash, s->names.data, s->names.n);
  emb_sha256_adds(&hash, "\n");
  add_body(&hash, s);
  emb_sha256_end(&hash, s->hash);
  return rc;
}

/* key = HMAC(key, text) */
static void derive(unsigned char key[EMB_SHA256_BYTES], const char *text, size_t n) {
  struct emb_hmac_sha256 hmac;
  emb_hmac_sha256_init(&hmac, key, EMB_SHA256_BYTES);
  emb_hmac_sha256_add(&hmac, text, n);
  emb_hmac_sha256_end(&hmac, key);
}

/* The key that is good for one day, region and service. */
static int derive_key(const struct signing *s, unsigned char key[EMB_SHA256_BYTES]) {
  const struct emb_sigv4 *how = s->how;
  size_t n = strlen(how->secret_key);
  char *secret = emb_malloc(n + 5);
  if (!secret) return EMB_ENOMEM;
  memcpy(secret, "AWS4", 4);
  memcpy(secret + 4, how->secret_key, n + 1);
  struct emb_hmac_sha256 hmac;
  emb_hmac_sha256_init(&hmac, secret, n + 4);
  emb_hmac_sha256_add(&hmac, s->stamp, 8);
  emb_hmac_sha256_end(&hmac, key);
  emb_free_secret(secret);
  derive(key, how->region, strlen(how->region));
  derive(key, how->service, strlen(how->service));
  derive(key, "aws4_request", strlen("aws4_request"));
  return EMB_OK;
}

static int sign(const struct signing *s, char signature[2 * EMB_SHA256_BYTES + 1]) {
  unsigned char key[EMB_SHA256_BYTES];
  char hex[2 * EMB_SHA256_BYTES + 1];
  int rc = derive_key(s, key);
  if (rc) return rc;
  emb_sha256_hex(s->hash, hex);
  struct emb_hmac_sha256 hmac;
  emb_hmac_sha256_init(&hmac, key, sizeof key);
  emb_hmac_sha256_adds(&hmac, "AWS4-HMAC-SHA256\n");
  emb_hmac_sha256_adds(&hmac, s->stamp);
  emb_hmac_sha256_adds(&hmac, "\n");
  emb_hmac_sha256_add(&hmac, s->stamp, 8);
  emb_hmac_sha256_adds(&hmac, "/");
  emb_hmac_sha256_adds(&hmac, s->how->region);
  emb_hmac_sha256_adds(&hmac, "/");
  emb_hmac_sha256_adds(&hmac, s->how->service);
  emb_hmac_sha256_adds(&hmac, "/aws4_request\n");
  emb_hmac_sha256_adds(&hmac, hex);
  emb_hmac_sha256_end(&hmac, key);
  emb_sha256_hex(key, signature);
  return EMB_OK;
}

static int set_authorization(struct emb_request *request, struct signing *s) {
  char signature[2 * EMB_SHA256_BYTES + 1];
  struct emb_buf value = EMB_BUF_INIT;
  int rc = list_names(s);
  if (!rc) rc = hash_canonical_request(s);
  if (!rc) rc = sign(s, signature);
  if (!rc)
    rc = emb_buf_addf(&value,
                      "AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/%s/aws4_request, SignedHeaders=%s, "
                      "Signature=%s",
                      s->how->access_key, s->stamp, s->how->region, s->how->service, s->names.data,
                      signature);
  if (!rc) rc = emb_request_header(request, "Authorization", value.data);
  emb_buf_release(&value);
  return rc;
}

/* ---- the call ---- */

/* Visible ASCII and more than none of it: a key pasted with a line feed is a common slip. */
static int is_word(const char *text) {
  if (!text || !*text) return 0;
  for (; *text; text++)
    if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7F) return 0;
  return 1;
}

static int check(const struct emb_sigv4 *how, struct emb_err *err) {
  const struct {
    const char *text, *what;
  } parts[] = {{how->access_key, "access key id"},
               {how->secret_key, "secret access key"},
               {how->region, "region"},
               {how->service, "service"}};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (!is_word(parts[i].text))
      return emb_err_set(
          err, EMB_ECONFIG,
          "the AWS %s is missing or holds a space, a line end or a character that is "
          "not ASCII; set it again",
          parts[i].what);
  if (how->session_token && *how->session_token && !is_word(how->session_token))
    return emb_err_set(err, EMB_ECONFIG,
                       "the AWS session token holds a space, a line end or a character that is not "
                       "ASCII; set it again");
  if (how->unix_s < 0 || how->unix_s > LAST_UNIX_S)
    return emb_err_set(err, EMB_ECONFIG, "the system's clock is wrong; set it to sign for AWS");
  return EMB_OK;
}

/* "20150830T123600Z". gmtime_r() would take the C library's lock for time zones. */
static void write_stamp(long long unix_s, char stamp[32]) {
  int second = (int)(unix_s % 86400);
  /* days since 0000-03-01 of the proleptic Gregorian calendar, years counted from March */
  long long days = unix_s / 86400 + 719468;
  int of_era = (int)(days % 146097);
  int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int from_march = (5 * of_year + 2) / 153;
  int day = of_year - (153 * from_march + 2) / 5 + 1;
  int month = from_march < 10 ? from_march + 3 : from_march - 9;
  int year = (int)(days / 146097) * 400 + year_of_era + (month <= 2);
  snprintf(stamp, 32, "%04d%02d%02dT%02d%02d%02dZ", year % 10000, month, day, second / 3600,
           second / 60 % 60, second % 60);
}

static void drop_signature(struct emb_request *request) {
  static const char *const names[] = {"Authorization", "X-Amz-Date", "X-Amz-Security-Token",
                                      "Date"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    emb_request_drop_header(request, names[i]);
}

int emb_sigv4_sign(struct emb_request *request, const struct emb_sigv4 *how, struct emb_err *err) {
  struct signing s = {.request = request, .how = how};
  drop_signature(request);
  int rc = check(how, err);
  if (!rc) rc = read_url(request->url, &s.address, err);
  if (rc) return rc;
  write_stamp(how->unix_s, s.stamp);
  rc = emb_request_header(request, "X-Amz-Date", s.stamp);
  if (!rc && how->session_token && *how->session_token)
    rc = emb_request_header(request, "X-Amz-Security-Token", how->session_token);
  if (!rc) {
    choose_headers(&s);
    rc = set_authorization(request, &s);
  }
  emb_buf_release(&s.names);
  if (rc == EMB_ETOOBIG) return emb_err_set(err, EMB_ECONFIG, "too many headers");
  return rc ? emb_err_set(err, rc, "%s", emb_err_text(rc)) : EMB_OK;
}
