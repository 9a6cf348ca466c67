/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From a path to its row and handler, and the checks every request passes on the way. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "form.h"

/* Documents a client may GET. */
static const struct {
  const char *path;
  const char *body;
} documents[] = {
    {"/tei/info", "{\"model_id\":\"sim\",\"max_client_batch_size\":32,\"max_input_length\":8192}"},
    {"/ollama/api/tags", "{\"models\":[]}"},
    {"/llamacpp/health", "{\"status\":\"ok\"}"},
    {"/", "{\"name\":\"rembed-sim\"}"},
};

/* One segment of a path against one of a pattern; what '*' stands for goes to `star`. */
static bool match_segment(const char *pattern, size_t n, const char *text, char *star,
                          size_t size) {
  const char *at = memchr(pattern, '*', n);
  if (!at) return strlen(text) == n && memcmp(pattern, text, n) == 0;
  size_t before = (size_t)(at - pattern), after = n - before - 1, text_n = strlen(text);
  if (text_n <= before + after || memcmp(pattern, text, before) != 0) return false;
  if (memcmp(at + 1, text + text_n - after, after) != 0) return false;
  snprintf(star, size, "%.*s", (int)(text_n - before - after), text + before);
  return true;
}

static size_t count_slashes(const char *path) {
  size_t n = 0;
  for (; *path; path++) n += *path == '/';
  return n;
}

/* The raw path is cut at its slashes before it is decoded, so an encoded one is no cut. */
static bool matches(const char *pattern, const char *path, char *segment, size_t size) {
  char text[1024];
  size_t patterns = count_slashes(pattern), pieces = count_slashes(path);
  *segment = 0;
  while (*pattern == '/' && *path == '/') {
    size_t pattern_n = strcspn(++pattern, "/"), path_n = strcspn(++path, "/");
    bool many = pattern_n == 2 && memcmp(pattern, "**", 2) == 0;
    for (size_t more = many && pieces > patterns ? pieces - patterns : 0; more; more--)
      path_n += 1 + strcspn(path + path_n + 1, "/");
    sim_percent_decode(path, path_n, text, sizeof text);
    if (many ? !*text : !match_segment(pattern, pattern_n, text, segment, size)) return false;
    if (many) snprintf(segment, size, "%.*s", (int)size - 1, text);
    pattern += pattern_n;
    path += path_n;
  }
  return !*pattern && !*path;
}

bool sim_query_value(const char *query, const char *name, char *value, size_t size) {
  size_t name_n = strlen(name);
  while (*query) {
    size_t n = strcspn(query, "&");
    if (n > name_n && strncmp(query, name, name_n) == 0 && query[name_n] == '=') {
      sim_percent_decode(query + name_n + 1, n - name_n - 1, value, size);
      return true;
    }
    query += n + (query[n] == '&');
  }
  return false;
}

bool sim_listed(const char *list, const char *word) {
  size_t n = strlen(word);
  if (!n || strchr(word, ' ')) return false;
  for (const char *at = list; (at = strstr(at, word)); at++)
    if (at > list && at[-1] == ' ' && at[n] == ' ') return true;
  return false;
}

void sim_reply_header(struct sim_call *call, const char *name, const char *format, ...) {
  if (call->reply_n == SIM_MAX_REPLY_HEADERS) return;
  va_list args;
  va_start(args, format);
  call->reply[call->reply_n].name = name;
  vsnprintf(call->reply[call->reply_n].value, sizeof call->reply->value, format, args);
  call->reply_n++;
  va_end(args);
}

bool sim_check_fields(struct sim_call *call, const char *refused, const char *fields) {
  const char *name;
  json_t *value;
  json_object_foreach(call->root, name, value) {
    if ((refused && sim_listed(refused, name)) || (fields && !sim_listed(fields, name)))
      return sim_fail_field(call, name);
  }
  return true;
}

const char *sim_model(const struct sim_call *call) {
  const char *model = json_string_value(json_object_get(call->root, "model"));
  if (!model) model = json_string_value(json_object_get(call->root, "model_id"));
  return model ? model : call->segment;
}

bool sim_model_has(const struct sim_call *call, const char *list) {
  const char *model = sim_model(call);
  for (const char *at = list + strspn(list, " "); *at; at += strspn(at, " ")) {
    size_t n = strcspn(at, " ");
    if (memmem(model, strlen(model), at, n)) return true;
    at += n;
  }
  return false;
}

bool sim_check_model(struct sim_call *call) {
  const json_t *model = json_object_get(call->root, "model");
  if (!model && call->provider->flags & SIM_NO_MODEL) return true;
  if (!json_is_string(model) || json_string_length(model) == 0)
    return sim_fail_param(call, 400, "model", NULL, "you must provide a model parameter");
  if (strncmp(json_string_value(model), "missing", 7) == 0) {
    char message[160];
    snprintf(message, sizeof message, "The model `%.80s` does not exist", json_string_value(model));
    return sim_fail_param(call, 404, "model", "model_not_found", message);
  }
  return true;
}

static bool check_query(struct sim_call *call) {
  const char *names = call->provider->query;
  for (const char *at = names ? names + 1 : ""; *at;) {
    char name[32], value[256];
    size_t n = strcspn(at, " ");
    snprintf(name, sizeof name, "%.*s", (int)n, at);
    if (!sim_query_value(call->query, name, value, sizeof value))
      return call->provider->shape == SIM_ERR_AZURE
                 ? sim_fail(call, 404, "Resource not found")
                 : sim_fail(call, 400, "Missing required query parameter: '%s'", name);
    at += n + (at[n] == ' ');
  }
  return true;
}

static bool has_type(const char *type, const char *wanted) {
  size_t n = strlen(wanted);
  return type && strncasecmp(type, wanted, n) == 0 && (!type[n] || strchr("; ", type[n]));
}

static bool refuse_type(struct sim_call *call, const char *wanted) {
  return sim_fail(call, 415, "Unsupported Media Type: expected %s", wanted);
}

static bool read_body(struct sim_call *call, enum sim_body body) {
  const char *type = sim_header(call, "Content-Type");
  if (call->provider->max_body && call->body_n > call->provider->max_body)
    return sim_fail(call, 413, "length limit exceeded");
  if (body == SIM_FORM) {
    if (!has_type(type, "application/x-www-form-urlencoded"))
      return refuse_type(call, "application/x-www-form-urlencoded");
    return sim_form_urlencoded(call) || sim_fail(call, 400, "The body is not a form");
  }
  if (body == SIM_MULTIPART) {
    if (!has_type(type, "multipart/form-data")) return refuse_type(call, "multipart/form-data");
    return sim_form_multipart(call, type) || sim_fail(call, 400, "The multipart body is malformed");
  }
  if (body == SIM_BYTES && has_type(type, "application/octet-stream"))
    return call->body_n || sim_fail(call, 400, "The body is empty");
  bool assumed = !type && body == SIM_JSON_ASSUMED;
  if (!assumed && !has_type(type, "application/json")) return refuse_type(call, "application/json");
  json_error_t error;
  call->root = json_loadb(call->body ? call->body : "", call->body_n, JSON_ALLOW_NUL, &error);
  if (!call->root)
    return sim_fail(call, 400, "We could not parse the JSON body of your request: %s", error.text);
  call->is_json = true;
  if (!json_is_object(call->root))
    return sim_fail(call, 400, "The body of the request must be a JSON object");
  return true;
}

static bool answer_document(struct sim_call *call) {
  for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
    if (strcmp(call->method, "GET") == 0 && strcmp(call->path, documents[i].path) == 0) {
      sim_text_adds(&call->out, documents[i].body);
      return true;
    }
  return false;
}

void sim_answer(struct sim_call *call) {
  static const struct sim_route *const tables[] = {sim_routes_openai, sim_routes_own,
                                                   sim_routes_cloud, sim_routes_local};
  call->status = 200;
  call->content_type = "application/json";
  for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
    for (const struct sim_route *route = tables[t]; route->path; route++) {
      if (!matches(route->path, call->raw_path, call->segment, sizeof call->segment)) continue;
      const char *method = route->body == SIM_GET ? "GET" : "POST";
      call->provider = route->provider;
      if (strcmp(call->method, method) != 0)
        sim_fail(call, 405, "Method Not Allowed");
      else if (sim_check_key(call) && check_query(call) &&
               (route->body == SIM_GET || read_body(call, route->body)))
        route->handle(call);
      return;
    }
  if (!answer_document(call)) sim_fail(call, 404, "Unknown request URL: %.200s", call->path);
}
