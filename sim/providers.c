/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The providers, one row each, their paths, and the checks every request passes first. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sim.h"

#define OPENAI_FIELDS " model input encoding_format dimensions user "
#define OPENAI_TOO_MANY                                                                            \
  "Invalid 'input': array too long. Expected an array with maximum length {max}, but got an "      \
  "array "                                                                                         \
  "with length {got} instead."
#define OPENAI_EMPTY                                                                               \
  "'$.input' is invalid. Please check the API reference: "                                         \
  "https://platform.openai.com/docs/api-reference."

static const struct sim_provider openai = {.name = "openai",
                                           .auth = SIM_AUTH_BEARER,
                                           .shape = SIM_ERR_OPENAI,
                                           .max_items = 2048,
                                           .max_tokens = 300000,
                                           .too_many = OPENAI_TOO_MANY,
                                           .empty = OPENAI_EMPTY,
                                           .dims_field = "dimensions",
                                           .fields = OPENAI_FIELDS,
                                           .max_picture = 28u << 20};
/* The paths at the top: any OpenAI-compatible server, taken as it comes. */
static const struct sim_provider plain = {.name = "plain",
                                          .shape = SIM_ERR_OPENAI,
                                          .max_items = 2048,
                                          .too_many = OPENAI_TOO_MANY,
                                          .empty = OPENAI_EMPTY,
                                          .dims_field = "dimensions",
                                          .flags = SIM_NO_MODEL | SIM_STRING_URL};
static const struct sim_provider azure = {.name = "azure",
                                          .auth = SIM_AUTH_API_KEY,
                                          .shape = SIM_ERR_AZURE,
                                          .max_items = 2048,
                                          .too_many = OPENAI_TOO_MANY,
                                          .empty = OPENAI_EMPTY,
                                          .dims_field = "dimensions",
                                          .fields = OPENAI_FIELDS,
                                          .flags = SIM_NO_MODEL};
static const struct sim_provider azure_v1 = {.name = "azure",
                                             .auth = SIM_AUTH_API_KEY,
                                             .shape = SIM_ERR_AZURE,
                                             .max_items = 2048,
                                             .too_many = OPENAI_TOO_MANY,
                                             .empty = OPENAI_EMPTY,
                                             .dims_field = "dimensions",
                                             .fields = OPENAI_FIELDS};
static const struct sim_provider ollama = {.name = "ollama",
                                           .shape = SIM_ERR_OLLAMA,
                                           .dims_field = "dimensions",
                                           .truncate_field = "truncate",
                                           .truncates = true,
                                           .flags = SIM_EMPTY_OK | SIM_NO_INDEX};
static const struct sim_provider ollama_compat = {.name = "ollama",
                                                  .shape = SIM_ERR_OPENAI,
                                                  .dims_field = "dimensions",
                                                  .flags = SIM_EMPTY_OK | SIM_DATA_URI};
static const struct sim_provider cohere = {
    .name = "cohere",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_COHERE,
    .max_items = 96,
    .too_many = "invalid request: total number of texts must be at most {max} - received {got}",
    .empty = "inputs contains an element that is the empty string at index {i}",
    .dims_field = "output_dimension",
    .truncate_field = "truncate",
    .truncates = true,
    .flags = SIM_NO_INDEX | SIM_DATA_URI,
    .max_picture = 7u << 20,
    .fields = " model input_type texts images inputs embedding_types output_dimension truncate "
              "max_tokens priority "};
static const struct sim_provider gemini = {
    .name = "gemini",
    .auth = SIM_AUTH_GOOGLE,
    .shape = SIM_ERR_GEMINI,
    .max_items = 100,
    .too_many = "* BatchEmbedContentsRequest.requests: at most {max} requests can be in one batch",
    .empty_status = 429,
    .empty = "Resource has been exhausted (e.g. check quota).",
    .flags = SIM_NO_INDEX | SIM_NO_MODEL};
static const struct sim_provider mistral = {
    .name = "mistral",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_MISTRAL,
    .max_tokens = 16384,
    .empty = "Input at index {i} must not be empty",
    .dims_field = "output_dimension",
    .flags = SIM_STRING_URL,
    .max_picture = 14u << 20,
    .fields = " model input encoding_format output_dimension output_dtype metadata ",
    .chat_refused = " max_completion_tokens user store detail "};
static const struct sim_provider voyage = {
    .name = "voyage",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_DETAIL,
    .max_items = 1000,
    .max_tokens = 320000,
    .encoding = SIM_ENC_BASE64_ONLY,
    .too_many = "The batch size limit is {max}. Your batch size is {got}.",
    .empty = "Input cannot contain empty strings or empty lists",
    .dims_field = "output_dimension",
    .truncate_field = "truncation",
    .truncates = true,
    .flags = SIM_TOTAL_ONLY | SIM_DATA_URI,
    .fields = " input model input_type truncation output_dimension output_dtype encoding_format "};
static const struct sim_provider jina = {
    .name = "jina",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_DETAIL,
    .max_items = 2048,
    .encoding = SIM_ENC_TYPE_FIELD,
    .too_many = "input length {got} is larger than the largest allowed size {max}",
    .empty_status = 422,
    .empty = "Input text at index {i} cannot be empty",
    .dims_field = "dimensions",
    .truncate_field = "truncate",
    .flags = SIM_OBJECTS,
    .fields = " model input task dimensions embedding_type normalized late_chunking truncate "
              "return_multivector "};
static const struct sim_provider nomic = {
    .name = "nomic",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_DETAIL,
    .max_items = 512,
    .too_many = "texts: at most {max} items, got {got}",
    .empty_status = 422,
    .empty = "texts[{i}] must not be empty",
    .dims_field = "dimensionality",
    .truncate_field = "long_text_mode",
    .truncates = true,
    .flags = SIM_NO_INDEX,
    .fields = " texts model task_type dimensionality long_text_mode "};
static const struct sim_provider mixedbread = {
    .name = "mixedbread",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_MESSAGE,
    .max_items = 256,
    .encoding = SIM_ENC_ANY,
    .too_many = "input must hold at most {max} items, got {got}",
    .empty_status = 422,
    .empty = "input[{i}] must not be empty",
    .dims_field = "dimensions",
    .fields = " model input dimensions prompt normalized encoding_format "};
static const struct sim_provider llamacpp = {.name = "llamacpp",
                                             .shape = SIM_ERR_LLAMACPP,
                                             .empty = "Input content cannot be empty",
                                             .flags = SIM_NO_MODEL | SIM_MEDIA | SIM_BARE_B64};
static const struct sim_provider tei = {.name = "tei",
                                        .shape = SIM_ERR_TEI,
                                        .max_items = 32,
                                        .too_many_status = 422,
                                        .too_many =
                                            "batch size {got} > maximum allowed batch size {max}",
                                        .empty = "`inputs` cannot be empty",
                                        .dims_field = "dimensions",
                                        .truncate_field = "truncate",
                                        .truncates = true,
                                        .flags = SIM_NO_MODEL | SIM_NO_INDEX};
static const struct sim_provider tei_compat = {
    .name = "tei",
    .shape = SIM_ERR_TEI_COMPAT,
    .max_items = 32,
    .too_many_status = 422,
    .too_many = "batch size {got} > maximum allowed batch size {max}",
    .empty = "`input` cannot be empty",
    .dims_field = "dimensions",
    .flags = SIM_NO_MODEL};
static const struct sim_provider together = {.name = "together",
                                             .auth = SIM_AUTH_BEARER,
                                             .shape = SIM_ERR_OPENAI,
                                             .flags = SIM_NO_USAGE,
                                             .empty = "Input at index {i} is empty",
                                             .fields = " model input "};
static const struct sim_provider fireworks = {.name = "fireworks",
                                              .auth = SIM_AUTH_BEARER,
                                              .shape = SIM_ERR_FIREWORKS,
                                              .max_items = 256,
                                              .empty = "input[{i}] must be a non-empty string",
                                              .dims_field = "dimensions",
                                              .max_picture = 10u << 20};
static const struct sim_provider deepinfra = {
    .name = "deepinfra",
    .auth = SIM_AUTH_BEARER,
    .shape = SIM_ERR_DEEPINFRA,
    .max_items = 1024,
    .too_many = "inputs: at most {max} items are allowed, got {got}",
    .empty = "input {i} is an empty string",
    .dims_field = "dimensions"};
static const struct sim_provider openrouter = {.name = "openrouter",
                                               .auth = SIM_AUTH_BEARER,
                                               .shape = SIM_ERR_OPENROUTER,
                                               .max_items = 2048,
                                               .empty = "Input {i} must not be empty",
                                               .dims_field = "dimensions",
                                               .flags = SIM_CONTENTS};
static const struct sim_provider lmstudio = {.name = "lmstudio",
                                             .shape = SIM_ERR_LMSTUDIO,
                                             .encoding = SIM_ENC_IGNORED,
                                             .flags = SIM_EMPTY_OK | SIM_DATA_URI};
static const struct sim_provider vllm = {.name = "vllm",
                                         .shape = SIM_ERR_VLLM,
                                         .dims_field = "dimensions",
                                         .refused = " normalize ",
                                         .empty = "The prompt at index {i} is empty",
                                         .flags = SIM_CONTENTS};
static const struct sim_provider anthropic = {.name = "anthropic",
                                              .auth = SIM_AUTH_X_API,
                                              .shape = SIM_ERR_ANTHROPIC,
                                              .max_picture = 5u << 20};
static const struct sim_provider groq = {
    .name = "groq", .auth = SIM_AUTH_BEARER, .shape = SIM_ERR_OPENAI, .max_picture = 4u << 20};
static const struct sim_provider xai = {.name = "xai",
                                        .auth = SIM_AUTH_BEARER,
                                        .shape = SIM_ERR_XAI,
                                        .flags = SIM_JPEG_PNG,
                                        .max_picture = 27u << 20};

/* '*' is one segment, or what is left of one before a ':'. */
static const struct {
  const char *path;
  const struct sim_provider *provider;
  sim_handler *handle;
} routes[] = {
    {"/openai/v1/embeddings", &openai, sim_openai_embed},
    {"/openai/v1/chat/completions", &openai, sim_openai_chat},
    {"/azure/openai/deployments/*/embeddings", &azure, sim_openai_embed},
    {"/azure/openai/deployments/*/chat/completions", &azure, sim_openai_chat},
    {"/azure/openai/v1/embeddings", &azure_v1, sim_openai_embed},
    {"/azure/openai/v1/chat/completions", &azure_v1, sim_openai_chat},
    {"/ollama/api/embed", &ollama, sim_ollama_embed},
    {"/ollama/api/embeddings", &ollama, sim_ollama_embed_old},
    {"/ollama/api/chat", &ollama, sim_ollama_chat},
    {"/ollama/api/generate", &ollama, sim_ollama_generate},
    {"/ollama/v1/embeddings", &ollama_compat, sim_openai_embed},
    {"/ollama/v1/chat/completions", &ollama_compat, sim_openai_chat},
    {"/cohere/v2/embed", &cohere, sim_cohere_embed},
    {"/cohere/v2/chat", &cohere, sim_cohere_chat},
    {"/gemini/v1beta/models/*:batchEmbedContents", &gemini, sim_gemini_batch},
    {"/gemini/v1beta/models/*:embedContent", &gemini, sim_gemini_single},
    {"/gemini/v1beta/models/*:generateContent", &gemini, sim_gemini_generate},
    {"/mistral/v1/embeddings", &mistral, sim_openai_embed},
    {"/mistral/v1/chat/completions", &mistral, sim_openai_chat},
    {"/voyage/v1/embeddings", &voyage, sim_openai_embed},
    {"/voyage/v1/multimodalembeddings", &voyage, sim_voyage_multimodal},
    {"/jina/v1/embeddings", &jina, sim_openai_embed},
    {"/nomic/v1/embedding/text", &nomic, sim_nomic_text},
    {"/mixedbread/v1/embeddings", &mixedbread, sim_openai_embed},
    {"/llamacpp/v1/embeddings", &llamacpp, sim_openai_embed},
    {"/llamacpp/embedding", &llamacpp, sim_llamacpp_embedding},
    {"/llamacpp/embeddings", &llamacpp, sim_llamacpp_embedding},
    {"/llamacpp/v1/chat/completions", &llamacpp, sim_openai_chat},
    {"/tei/embed", &tei, sim_tei_embed},
    {"/tei/v1/embeddings", &tei_compat, sim_openai_embed},
    {"/together/v1/embeddings", &together, sim_openai_embed},
    {"/together/v1/chat/completions", &together, sim_openai_chat},
    {"/fireworks/inference/v1/embeddings", &fireworks, sim_openai_embed},
    {"/fireworks/inference/v1/chat/completions", &fireworks, sim_openai_chat},
    {"/deepinfra/v1/openai/embeddings", &deepinfra, sim_openai_embed},
    {"/deepinfra/v1/openai/chat/completions", &deepinfra, sim_openai_chat},
    {"/openrouter/api/v1/embeddings", &openrouter, sim_openai_embed},
    {"/openrouter/api/v1/chat/completions", &openrouter, sim_openai_chat},
    {"/lmstudio/v1/embeddings", &lmstudio, sim_openai_embed},
    {"/lmstudio/v1/chat/completions", &lmstudio, sim_openai_chat},
    {"/vllm/v1/embeddings", &vllm, sim_openai_embed},
    {"/vllm/v1/chat/completions", &vllm, sim_openai_chat},
    {"/anthropic/v1/messages", &anthropic, sim_anthropic_messages},
    {"/groq/openai/v1/chat/completions", &groq, sim_openai_chat},
    {"/xai/v1/chat/completions", &xai, sim_openai_chat},
    {"/v1/embeddings", &plain, sim_openai_embed},
    {"/v1/chat/completions", &plain, sim_openai_chat},
    {"/api/embed", &ollama, sim_ollama_embed},
    {"/api/embeddings", &ollama, sim_ollama_embed_old},
    {"/api/chat", &ollama, sim_ollama_chat},
    {"/api/generate", &ollama, sim_ollama_generate},
};

/* Documents a client may GET. */
static const struct {
  const char *path;
  const char *body;
} documents[] = {
    {"/llamacpp/props", "{\"media_marker\":\"<__media__>\",\"modalities\":{\"vision\":true}}"},
    {"/tei/info", "{\"model_id\":\"sim\",\"max_client_batch_size\":32,\"max_input_length\":8192}"},
    {"/ollama/api/tags", "{\"models\":[]}"},
    {"/llamacpp/health", "{\"status\":\"ok\"}"},
    {"/", "{\"name\":\"rembed-sim\"}"},
};

static bool matches(const char *pattern, const char *path, char *segment, size_t size) {
  const char *star = strchr(pattern, '*');
  *segment = 0;
  if (!star) return strcmp(pattern, path) == 0;
  size_t before = (size_t)(star - pattern);
  const char *tail = star + 1;
  size_t tail_n = strlen(tail), n = strlen(path);
  if (n <= before + tail_n || memcmp(pattern, path, before) != 0) return false;
  if (strcmp(path + n - tail_n, tail) != 0) return false;
  size_t middle = n - before - tail_n;
  if (memchr(path + before, '/', middle)) return false;
  snprintf(segment, size, "%.*s", (int)middle, path + before);
  return true;
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

static bool listed(const char *list, const char *word) {
  size_t n = strlen(word);
  for (const char *at = list; (at = strstr(at, word)); at++)
    if (at > list && at[-1] == ' ' && at[n] == ' ') return true;
  return false;
}

bool sim_check_fields(struct sim_call *call, const char *refused, const char *fields) {
  const char *name;
  json_t *value;
  json_object_foreach(call->root, name, value) {
    if ((refused && listed(refused, name)) || (fields && !listed(fields, name)))
      return sim_fail_field(call, name);
  }
  return true;
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

/* The key the request carries, "" for none. */
static void find_key(const struct sim_call *call, char *key, size_t size) {
  static const char *const headers[] = {
      [SIM_AUTH_API_KEY] = "api-key",
      [SIM_AUTH_X_API] = "x-api-key",
      [SIM_AUTH_GOOGLE] = "x-goog-api-key",
  };
  enum sim_auth auth = call->provider->auth;
  const char *own = auth > SIM_AUTH_BEARER ? sim_header(call, headers[auth]) : NULL;
  const char *bearer = sim_header(call, "Authorization");
  *key = 0;
  if (own)
    snprintf(key, size, "%s", own);
  else if (auth == SIM_AUTH_GOOGLE && sim_query_value(call->query, "key", key, size))
    return;
  else if (bearer && auth <= SIM_AUTH_API_KEY && strncasecmp(bearer, "Bearer ", 7) == 0)
    snprintf(key, size, "%s", bearer + 7);
}

static bool check_key(struct sim_call *call) {
  const struct sim_provider *provider = call->provider;
  char key[512];
  find_key(call, key, sizeof key);
  bool local = provider->auth == SIM_AUTH_NONE;
  if (!*key && local) return true;
  if (!*key) {
    if (provider->auth == SIM_AUTH_X_API)
      return sim_fail(call, 401, "x-api-key header is required");
    if (provider->shape == SIM_ERR_GEMINI)
      return sim_fail(call, 403, "Method doesn't allow unregistered callers");
    return sim_fail(call, 401, "You didn't provide an API key.");
  }
  bool good = strcmp(key, "bad-key") != 0;
  if (call->options->key && !local) good = strcmp(key, call->options->key) == 0;
  if (!good) {
    switch (provider->shape) {
    case SIM_ERR_COHERE: return sim_fail(call, 401, "invalid api token");
    case SIM_ERR_ANTHROPIC: return sim_fail(call, 401, "invalid x-api-key");
    case SIM_ERR_MISTRAL: return sim_fail(call, 401, "Unauthorized");
    case SIM_ERR_VLLM: return sim_fail(call, 401, "Unauthorized");
    case SIM_ERR_DETAIL: return sim_fail(call, 401, "Provided API key is invalid.");
    case SIM_ERR_GEMINI:
      return sim_fail(call, 401, "API key not valid. Please pass a valid API key.");
    default: return sim_fail(call, 401, "Incorrect API key provided: %.3s***.", key);
    }
  }
  if (provider->auth == SIM_AUTH_X_API && !sim_header(call, "anthropic-version"))
    return sim_fail(call, 400, "anthropic-version: header is required");
  return true;
}

static bool check_request(struct sim_call *call) {
  const struct sim_provider *provider = call->provider;
  if (strcmp(call->method, "POST") != 0) return sim_fail(call, 405, "Method Not Allowed");
  if (!check_key(call)) return false;
  if (provider == &azure && !strstr(call->query, "api-version="))
    return sim_fail(call, 404, "Resource not found");
  const char *type = sim_header(call, "Content-Type");
  if (!type || strncasecmp(type, "application/json", 16) != 0)
    return sim_fail(call, 415, "Unsupported Media Type: expected application/json");
  if ((provider == &tei || provider == &tei_compat) && call->body_n > 2000000)
    return sim_fail(call, 413, "length limit exceeded");
  json_error_t error;
  call->root = json_loadb(call->body ? call->body : "", call->body_n, JSON_ALLOW_NUL, &error);
  if (!call->root)
    return sim_fail(call, 400, "We could not parse the JSON body of your request: %s", error.text);
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
  call->status = 200;
  call->content_type = "application/json";
  for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
    if (!matches(routes[i].path, call->path, call->segment, sizeof call->segment)) continue;
    call->provider = routes[i].provider;
    if (check_request(call)) routes[i].handle(call);
    return;
  }
  if (!answer_document(call)) sim_fail(call, 404, "Unknown request URL: %.200s", call->path);
}
