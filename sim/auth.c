/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The key of a request: where it is, whether it is a good one, and how its lack is said. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "sigv4.h"
#include "sim.h"

/* By kind: the header of its own, and whether Authorization: Bearer will do. */
static const struct {
  const char *header;
  bool bearer;
} places[] = {
    [SIM_AUTH_NONE] = {NULL, true},
    [SIM_AUTH_BEARER] = {NULL, true},
    [SIM_AUTH_API_KEY] = {"api-key", true},
    [SIM_AUTH_X_API] = {"x-api-key", true},
    [SIM_AUTH_GOOGLE] = {"x-goog-api-key", false},
    [SIM_AUTH_VISION] = {"Ocp-Apim-Subscription-Key", false},
    [SIM_AUTH_AWS] = {NULL, true},
    [SIM_AUTH_IAM] = {NULL, true},
    [SIM_AUTH_SNOW] = {NULL, true},
};

/* The key the request carries, "" for none. */
static void find_key(const struct sim_call *call, char *key, size_t size) {
  enum sim_auth auth = call->provider->auth;
  const char *own = places[auth].header ? sim_header(call, places[auth].header) : NULL;
  const char *bearer = places[auth].bearer ? sim_header(call, "Authorization") : NULL;
  *key = 0;
  if (own)
    snprintf(key, size, "%s", own);
  else if (auth == SIM_AUTH_GOOGLE && sim_query_value(call->query, "key", key, size))
    return;
  else if (bearer && strncasecmp(bearer, "Bearer ", 7) == 0)
    snprintf(key, size, "%s", bearer + 7);
}

static bool refuse_none(struct sim_call *call) {
  switch (call->provider->auth) {
  case SIM_AUTH_X_API: return sim_fail(call, 401, "x-api-key header is required");
  case SIM_AUTH_GOOGLE: return sim_fail(call, 403, "Method doesn't allow unregistered callers");
  case SIM_AUTH_AWS:
    return sim_fail_param(call, 403, NULL, "MissingAuthenticationTokenException",
                          "Missing Authentication Token");
  case SIM_AUTH_VISION:
    return sim_fail(call, 401,
                    "Access denied due to invalid subscription key or wrong API endpoint.");
  default: return sim_fail(call, 401, "You didn't provide an API key.");
  }
}

static bool refuse_bad(struct sim_call *call, const char *key) {
  switch (call->provider->shape) {
  case SIM_ERR_COHERE: return sim_fail(call, 401, "invalid api token");
  case SIM_ERR_ANTHROPIC: return sim_fail(call, 401, "invalid x-api-key");
  case SIM_ERR_MISTRAL:
  case SIM_ERR_VLLM: return sim_fail(call, 401, "Unauthorized");
  case SIM_ERR_DETAIL: return sim_fail(call, 401, "Provided API key is invalid.");
  case SIM_ERR_GEMINI:
    return sim_fail(call, 401, "API key not valid. Please pass a valid API key.");
  case SIM_ERR_AWS:
    return sim_fail(call, 403, "Authentication failed: Please make sure your API Key is valid.");
  case SIM_ERR_CLOUDFLARE: return sim_fail(call, 401, "Authentication error");
  case SIM_ERR_DASHSCOPE: return sim_fail(call, 401, "Invalid API-key provided.");
  case SIM_ERR_SILICONFLOW: return sim_fail(call, 401, "Invalid token");
  case SIM_ERR_VISION:
    return sim_fail(call, 401,
                    "Access denied due to invalid subscription key or wrong API endpoint.");
  case SIM_ERR_WATSONX:
    return sim_fail(call, 401, "Failed to authenticate the request due to an invalid token");
  default: return sim_fail(call, 401, "Incorrect API key provided: %.3s***.", key);
  }
}

/* A token of sim_watsonx_token(), eyJ<header>.<when it ends, in seconds>.sim. One with anything
 * but digits in the middle never ends. */
static bool good_token(const char *token) {
  size_t n = strlen(token);
  const char *middle = strchr(token, '.');
  if (strncmp(token, "eyJ", 3) != 0 || n < 8 || strcmp(token + n - 3, "sim") != 0) return false;
  if (!middle) return true;
  char *end = NULL;
  long long ends = strtoll(middle + 1, &end, 10);
  return end == middle + 1 || *end != '.' || ends > (long long)time(NULL);
}

static bool good_key(const struct sim_call *call, const char *key) {
  enum sim_auth auth = call->provider->auth;
  if (auth == SIM_AUTH_IAM) return good_token(key);
  if (call->options->key && auth != SIM_AUTH_NONE) return strcmp(key, call->options->key) == 0;
  return strcmp(key, "bad-key") != 0;
}

bool sim_check_key(struct sim_call *call) {
  static const char kinds[] = " KEYPAIR_JWT OAUTH PROGRAMMATIC_ACCESS_TOKEN ";
  enum sim_auth auth = call->provider->auth;
  const char *authorization = sim_header(call, "Authorization");
  if (auth == SIM_AUTH_AWS && authorization && strncmp(authorization, "AWS4-", 5) == 0)
    return sim_sigv4_check(call, authorization);
  char key[4096];
  find_key(call, key, sizeof key);
  if (!*key) return auth == SIM_AUTH_NONE || refuse_none(call);
  if (!good_key(call, key)) return refuse_bad(call, key);
  if (auth == SIM_AUTH_X_API && !sim_header(call, "anthropic-version"))
    return sim_fail(call, 400, "anthropic-version: header is required");
  const char *kind = sim_header(call, "X-Snowflake-Authorization-Token-Type");
  if (auth == SIM_AUTH_SNOW && !(kind && sim_listed(kinds, kind)))
    return sim_fail(call, 401, "Invalid X-Snowflake-Authorization-Token-Type header");
  return true;
}
