/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signature Version 4, the verifier's side; sigv4.h states what is asked. */
#include "sigv4.h"

#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ACCESS_KEY "AKIDSIM"
#define SECRET "SECRETSIM"
#define SKEW_S 300
#define DIGEST 32
#define MAX_PAIRS 64

/* What the Authorization header and x-amz-date say. */
struct claim {
  char key[64];
  char day[16];
  char region[64];
  char service[64];
  char headers[1024]; /* SignedHeaders: lower-case names, ';' between */
  char signature[80];
  const char *date; /* x-amz-date */
};

static bool refuse(struct sim_call *call, const char *kind, const char *message) {
  return sim_fail_param(call, 403, NULL, kind, message);
}

static void hex(const unsigned char *digest, char *text) {
  for (int i = 0; i < DIGEST; i++) snprintf(text + 2 * (size_t)i, 3, "%02x", digest[i]);
}

static void sha256_hex(const void *bytes, size_t n, char *text) {
  unsigned char digest[DIGEST];
  gnutls_hash_fast(GNUTLS_DIG_SHA256, n ? bytes : "", n, digest);
  hex(digest, text);
}

static void hmac(const void *key, size_t key_n, const char *text, unsigned char *digest) {
  gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key_n, text, strlen(text), digest);
}

/* "AWS4-HMAC-SHA256 Credential=K/DAY/REGION/SERVICE/aws4_request, SignedHeaders=.., Signature=.."
 */
static bool read_claim(const char *authorization, struct claim *claim) {
  static const char algorithm[] = "AWS4-HMAC-SHA256 ";
  char end[16];
  if (strncmp(authorization, algorithm, sizeof algorithm - 1) != 0) return false;
  const char *credential = strstr(authorization, "Credential=");
  const char *headers = strstr(authorization, "SignedHeaders=");
  const char *signature = strstr(authorization, "Signature=");
  return credential && headers && signature &&
         sscanf(credential, "Credential=%63[^/]/%15[^/]/%63[^/]/%63[^/]/%15[a-z0-9_]", claim->key,
                claim->day, claim->region, claim->service, end) == 5 &&
         strcmp(end, "aws4_request") == 0 &&
         sscanf(headers, "SignedHeaders=%1023[^, ]", claim->headers) == 1 &&
         sscanf(signature, "Signature=%79[0-9a-f]", claim->signature) == 1;
}

static bool is_signed(const struct claim *claim, const char *name) {
  char padded[1100], wanted[64];
  snprintf(padded, sizeof padded, ";%s;", claim->headers);
  snprintf(wanted, sizeof wanted, ";%s;", name);
  return strstr(padded, wanted) != NULL;
}

/* The path as it came, encoded once more: '%' of it becomes %25. */
static void add_path(struct sim_text *out, const char *path) {
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~/";
  for (; *path; path++)
    if (strchr(plain, *path))
      sim_text_add(out, path, 1);
    else
      sim_text_addf(out, "%%%02X", (unsigned char)*path);
}

static int compare_pairs(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The pairs of the query as they came, in order; a name without '=' gets one. */
static bool add_query(struct sim_text *out, const char *query) {
  char *pairs[MAX_PAIRS];
  size_t pairs_n = 0;
  bool fine = true;
  while (*query && fine) {
    size_t n = strcspn(query, "&");
    fine = pairs_n < MAX_PAIRS;
    if (n && fine) {
      bool equals = memchr(query, '=', n) != NULL;
      char *pair = pairs[pairs_n++] = sim_alloc(n + 2);
      snprintf(pair, n + 2, "%.*s%s", (int)n, query, equals ? "" : "=");
      /* '=' sorts before every character of a name, as it must: as the lowest of all. */
      *strchr(pair, '=') = 1;
    }
    query += n + (query[n] == '&');
  }
  qsort(pairs, pairs_n, sizeof *pairs, compare_pairs);
  for (size_t i = 0; i < pairs_n; i++) {
    *strchr(pairs[i], 1) = '=';
    if (fine) sim_text_addf(out, "%s%s", i ? "&" : "", pairs[i]);
    free(pairs[i]);
  }
  return fine;
}

/* "name:value\n" for each signed header, white space trimmed and runs of it made one. */
static bool add_headers(struct sim_text *out, const struct sim_call *call,
                        const struct claim *claim) {
  for (const char *at = claim->headers; *at;) {
    char name[128];
    size_t n = strcspn(at, ";");
    snprintf(name, sizeof name, "%.*s", (int)n, at);
    const char *value = sim_header(call, name);
    if (!value) return false;
    sim_text_addf(out, "%s:", name);
    for (value += strspn(value, " "); *value; value++)
      if (*value != ' ' || (value[1] != ' ' && value[1])) sim_text_add(out, value, 1);
    sim_text_adds(out, "\n");
    at += n + (at[n] == ';');
  }
  return true;
}

static bool canonical_request(struct sim_text *out, const struct sim_call *call,
                              const struct claim *claim, const char *payload) {
  sim_text_addf(out, "%s\n", call->method);
  add_path(out, call->target);
  sim_text_adds(out, "\n");
  if (!add_query(out, call->query)) return false;
  sim_text_adds(out, "\n");
  if (!add_headers(out, call, claim)) return false;
  sim_text_addf(out, "\n%s\n%s", claim->headers, payload);
  return true;
}

static void sign(const struct claim *claim, const struct sim_text *request, char *signature) {
  unsigned char key[DIGEST], next[DIGEST];
  char digest[2 * DIGEST + 1];
  struct sim_text words = {0};
  sha256_hex(request->data, request->n, digest);
  sim_text_addf(&words, "AWS4-HMAC-SHA256\n%s\n%s/%s/%s/aws4_request\n%s", claim->date, claim->day,
                claim->region, claim->service, digest);
  hmac("AWS4" SECRET, strlen("AWS4" SECRET), claim->day, key);
  hmac(key, DIGEST, claim->region, next);
  hmac(next, DIGEST, claim->service, key);
  hmac(key, DIGEST, "aws4_request", next);
  hmac(next, DIGEST, words.data, key);
  hex(key, signature);
  sim_text_release(&words);
}

/* False when the date is malformed, not of the credential's day, or too far from now. */
static bool check_date(struct sim_call *call, const struct claim *claim) {
  struct tm parts = {0};
  const char *end = claim->date ? strptime(claim->date, "%Y%m%dT%H%M%SZ", &parts) : NULL;
  if (!end || *end)
    return refuse(call, "IncompleteSignatureException",
                  "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' "
                  "header.");
  if (strncmp(claim->date, claim->day, 8) != 0 || claim->day[8])
    return refuse(call, "InvalidSignatureException",
                  "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date");
  long long off = (long long)timegm(&parts) - (long long)time(NULL);
  if (off >= -SKEW_S && off <= SKEW_S) return true;
  char message[160];
  snprintf(message, sizeof message,
           "Signature %s: %s is now %s than five minutes from the time of the server",
           off < 0 ? "expired" : "not yet current", claim->date, off < 0 ? "earlier" : "later");
  return refuse(call, "InvalidSignatureException", message);
}

static bool check_scope(struct sim_call *call, const struct claim *claim) {
  if (strcmp(claim->key, ACCESS_KEY) != 0)
    return refuse(call, "UnrecognizedClientException",
                  "The security token included in the request is invalid.");
  if (strcmp(claim->service, "bedrock") != 0)
    return refuse(call, "InvalidSignatureException",
                  "Credential should be scoped to correct service: 'bedrock'.");
  if (!is_signed(claim, "host") || !is_signed(claim, "x-amz-date"))
    return refuse(call, "InvalidSignatureException",
                  "'Host' and 'X-Amz-Date' must be 'SignedHeader's in the AWS Authorization.");
  if (sim_header(call, "X-Amz-Security-Token") && !is_signed(claim, "x-amz-security-token"))
    return refuse(call, "InvalidSignatureException",
                  "'X-Amz-Security-Token' must be a 'SignedHeader' in the AWS Authorization.");
  return true;
}

bool sim_sigv4_check(struct sim_call *call, const char *authorization) {
  static const char mismatch[] =
      "The request signature we calculated does not match the signature you provided. Check your "
      "AWS Secret Access Key and signing method. Consult the service documentation for details.";
  struct claim claim = {.date = sim_header(call, "X-Amz-Date")};
  if (!read_claim(authorization, &claim))
    return refuse(call, "IncompleteSignatureException",
                  "Authorization header is malformed: it needs Credential, SignedHeaders and "
                  "Signature.");
  if (!check_scope(call, &claim) || !check_date(call, &claim)) return false;
  char payload[2 * DIGEST + 1], signature[2 * DIGEST + 1];
  sha256_hex(call->body, call->body_n, payload);
  const char *declared = sim_header(call, "X-Amz-Content-SHA256");
  struct sim_text request = {0};
  bool fine = (!declared || strcmp(declared, payload) == 0) &&
              canonical_request(&request, call, &claim, payload);
  if (fine) sign(&claim, &request, signature);
  sim_text_release(&request);
  return (fine && strcmp(signature, claim.signature) == 0) ||
         refuse(call, "InvalidSignatureException", mismatch);
}
