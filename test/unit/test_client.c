/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From the text of options to a client: every form it may have, what follows from it, what is
 * refused and in which words, and that a key never shows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "embed/client.h"

#define KEY "sk-SECRET-9f8e7d"
#define N(array) (sizeof(array) / sizeof *(array))

/* No key of the machine's environment may have a say. */
static int clear_environment(void **state) {
  (void)state;
  int n;
  const struct emb_provider *rows = emb_providers(&n);
  for (int i = 0; i < n; i++)
    for (const char *p = rows[i].key_env; p && *p;) {
      char name[128];
      size_t length = strcspn(p, " ");
      snprintf(name, sizeof name, "%.*s", (int)length, p);
      unsetenv(name);
      p += length + (p[length] == ' ');
    }
  unsetenv("MY_KEY");
  unsetenv("REMBED_ALLOW_HOSTS");
  return 0;
}

static struct emb_client *client(const char *name, const char *options) {
  struct emb_client *c = NULL;
  struct emb_err err = {0};
  if (emb_client_new(name, options, strlen(options), &c, &err))
    fail_msg("%s: %s", options, err.message);
  return c;
}

static void refused(const char *name, const char *options, const char *words) {
  struct emb_client *c = NULL;
  struct emb_err err = {0};
  assert_int_equal(emb_client_new(name, options, strlen(options), &c, &err), EMB_ECONFIG);
  assert_null(c);
  if (!strstr(err.message, words)) fail_msg("%s: %s", options, err.message);
  if (strstr(err.message, KEY)) fail_msg("the key shows: %s", err.message);
}

static void test_client__forms_name_provider_model_and_key(void **state) {
  (void)state;
  static const struct {
    const char *name, *options, *provider, *model, *key;
  } rows[] = {
      {"c", "openai:" KEY, "openai", "text-embedding-3-small", KEY},
      {"c", " openai:" KEY " ", "openai", "text-embedding-3-small", KEY},
      {"c", "OpenAI:" KEY, "openai", "text-embedding-3-small", KEY},
      {"c", "google:" KEY, "gemini", "gemini-embedding-001", KEY},
      {"c", "ollama::bge-m3", "ollama", "bge-m3", NULL},
      {"c", "ollama::bge-m3:latest", "ollama", "bge-m3:latest", NULL},
      {"c", "{\"provider\":\"openai\",\"key\":\"" KEY "\"}", "openai", "text-embedding-3-small",
       KEY},
      {"c", "{\"format\":\"openai\",\"api_key\":\"" KEY "\",\"model\":\"m\"}", "openai", "m", KEY},
      {"c", "{\"model\":\"openai::m\",\"key\":\"" KEY "\"}", "openai", "m", KEY},
      {"c", "{\"format\":\"ollama\",\"options\":{\"model\":\"m\"}}", "ollama", "m", NULL},
      {"c", "{\"format\":\"ollama\",\"model\":null}", "ollama", "nomic-embed-text", NULL},
      {"c", "{\"format\":\"ollama\",\"model\":\"\"}", "ollama", "nomic-embed-text", NULL},
      {"c", "{\"format\":\"ollama\",\"model\":\"\\u00e9\"}", "ollama", "\xC3\xA9", NULL},
      {"c", "{\"format\":\"llamacpp\"}", "llamacpp", NULL, NULL},
      {"c", "{\"format\":\"openai-compatible\",\"url\":\"http://h\",\"model\":\"m\"}",
       "openai-compatible", "m", NULL},
  };
  for (size_t i = 0; i < N(rows); i++) {
    struct emb_client *c = client(rows[i].name, rows[i].options);
    assert_string_equal(c->text.provider->name, rows[i].provider);
    assert_int_equal(!c->text.model, !rows[i].model);
    if (rows[i].model) assert_string_equal(c->text.model, rows[i].model);
    assert_int_equal(!c->text.key, !rows[i].key);
    if (rows[i].key) assert_string_equal(c->text.key, rows[i].key);
    emb_client_unref(c);
  }
}

static void test_client__name_may_be_the_model(void **state) {
  (void)state;
  setenv("OPENAI_API_KEY", KEY, 1);
  static const struct {
    const char *name, *options, *model;
  } rows[] = {
      /* the bare form: the name is the model, unless it is the provider's */
      {"bge-m3", "ollama", "bge-m3"},
      {"ollama", "ollama", "nomic-embed-text"},
      {"text-embedding-3-large", "openai", "text-embedding-3-large"},
      {"openai", "openai", "text-embedding-3-small"},
      /* other forms: only a name that looks like a model of the provider */
      {"text-embedding-3-large", "openai:" KEY, "text-embedding-3-large"},
      {"mine", "openai:" KEY, "text-embedding-3-small"},
      {"text-embedding-3-large", "{\"format\":\"openai\"}", "text-embedding-3-large"},
      {"text-embedding-3-large", "{\"format\":\"openai\",\"model\":\"x\"}", "x"},
      {"mine", "{\"format\":\"openai\"}", "text-embedding-3-small"},
      /* a provider that takes any model takes no name for one */
      {"mine", "{\"format\":\"ollama\"}", "nomic-embed-text"},
  };
  for (size_t i = 0; i < N(rows); i++) {
    struct emb_client *c = client(rows[i].name, rows[i].options);
    if (strcmp(c->text.model, rows[i].model) != 0) fail_msg("row %zu: %s", i, c->text.model);
    emb_client_unref(c);
  }
}

static void test_client__embedding_model_makes_model_the_vision_model(void **state) {
  (void)state;
  static const struct {
    const char *options, *provider, *model, *vision_provider, *vision_model;
  } rows[] = {
      {"{\"format\":\"ollama\",\"model\":\"llava:7b\",\"embedding_model\":\"bge-m3\"}", "ollama",
       "bge-m3", "ollama", "llava:7b"},
      {"{\"model\":\"ollama::llava\",\"embedding_model\":\"bge-m3\"}", "ollama", "bge-m3", "ollama",
       "llava"},
      {"{\"model\":\"ollama::llava\",\"embedding_model\":\"ollama::bge-m3\"}", "ollama", "bge-m3",
       "ollama", "llava"},
      {"{\"model\":\"ollama::llava\",\"embedding_model\":\"openai::e\",\"key\":\"" KEY "\"}",
       "openai", "e", "ollama", "llava"},
      {"{\"format\":\"ollama\",\"model\":\"llava\",\"embedding_model\":\"openai::e\",\"key\":\"" KEY
       "\"}",
       "openai", "e", NULL, NULL},
      {"{\"format\":\"ollama\",\"model\":\"bge-m3\",\"vision_model\":\"llava\"}", "ollama",
       "bge-m3", "ollama", "llava"},
      {"{\"format\":\"voyage\",\"key\":\"" KEY "\",\"vision_provider\":\"anthropic\","
       "\"vision_key\":\"k2\"}",
       "voyage", "voyage-3.5", "anthropic", "claude-haiku-4-5"},
      {"{\"format\":\"ollama\",\"vision_model\":\"openai::gpt-x\",\"vision_key\":\"k2\"}", "ollama",
       "nomic-embed-text", "openai", "gpt-x"},
  };
  for (size_t i = 0; i < N(rows); i++) {
    struct emb_client *c = client("c", rows[i].options);
    if (strcmp(c->text.provider->name, rows[i].provider) || strcmp(c->text.model, rows[i].model))
      fail_msg("row %zu: %s %s", i, c->text.provider->name, c->text.model);
    if (rows[i].vision_provider) {
      if (!c->vision.provider) fail_msg("row %zu: %s", i, c->vision.why.message);
      assert_string_equal(c->vision.provider->name, rows[i].vision_provider);
      assert_string_equal(c->vision.model, rows[i].vision_model);
    }
    emb_client_unref(c);
  }
}

static void test_client__vision_route_says_why_it_is_missing(void **state) {
  (void)state;
  static const struct {
    const char *options, *words;
  } rows[] = {
      {"voyage:" KEY, "no vision model to describe images"},
      {"{\"format\":\"vllm\",\"model\":\"m\"}", "set the option vision_model"},
      {"{\"format\":\"openai\",\"key\":\"k\",\"url\":\"http://h/v1/embeddings\"}",
       "set the option vision_url"},
      {"{\"format\":\"ollama\",\"vision_provider\":\"openai\"}", "OPENAI_API_KEY"},
  };
  for (size_t i = 0; i < N(rows); i++) {
    struct emb_client *c = client("c", rows[i].options);
    assert_null(c->vision.provider);
    if (!strstr(c->vision.why.message, rows[i].words)) fail_msg("%s", c->vision.why.message);
    emb_client_unref(c);
  }
}

static void test_client__urls_make_both_endpoints(void **state) {
  (void)state;
  struct emb_client *c = client("c", "{\"format\":\"ollama\",\"url\":\"http://gpu:11434\"}");
  assert_string_equal(c->text.url, "http://gpu:11434/api/embed");
  assert_string_equal(c->vision.url, "http://gpu:11434/api/chat");
  emb_client_unref(c);
  c = client("c", "{\"format\":\"ollama\",\"url\":\"http://gpu/v1/embeddings\","
                  "\"vision_url\":\"http://eye:11434\"}");
  assert_string_equal(c->text.provider->name, "ollama-openai");
  assert_string_equal(c->text.url, "http://gpu/v1/embeddings");
  assert_string_equal(c->vision.url, "http://eye:11434/api/chat");
  emb_client_unref(c);
  refused("c", "{\"format\":\"openai\",\"key\":\"" KEY "\",\"url\":\"h/v1\"}",
          "must start with http://");
  refused("c", "{\"format\":\"openai-compatible\",\"model\":\"m\"}", "needs the option 'url'");
}

static void test_client__unknown_option_lists_the_valid_ones(void **state) {
  (void)state;
  struct emb_client *c = NULL;
  struct emb_err err = {0};
  static const char text[] = "{\"format\":\"openai\",\"modell\":\"m\",\"key\":\"" KEY "\"}";
  assert_int_equal(emb_client_new("c", text, sizeof text - 1, &c, &err), EMB_ECONFIG);
  assert_non_null(strstr(err.message, "'modell'"));
  int n;
  const struct emb_option *rows = emb_option_rows(&n);
  for (int i = 0; i < n; i++)
    if (!strstr(err.message, rows[i].name)) fail_msg("%s is not listed", rows[i].name);
}

static void test_client__unknown_provider_lists_the_valid_ones(void **state) {
  (void)state;
  struct emb_client *c = NULL;
  struct emb_err err = {0};
  assert_int_equal(emb_client_new("c", "opena", 5, &c, &err), EMB_ECONFIG);
  assert_non_null(strstr(err.message, "'opena'"));
  int n;
  const struct emb_provider *rows = emb_providers(&n);
  for (int i = 0; i < n; i++) {
    int hidden = rows[i].of != NULL;
    char name[64];
    snprintf(name, sizeof name, " %s%s", rows[i].name, i + 1 < n ? "," : "");
    if (!hidden && !strstr(err.message, name)) fail_msg("%s is not listed", rows[i].name);
    if (hidden && strstr(err.message, rows[i].name)) fail_msg("%s is listed", rows[i].name);
  }
  refused("c", "ollama-openai", "Unknown");
}

static void test_client__key_never_shows(void **state) {
  (void)state;
  static const char *const wrong[] = {
      KEY,
      KEY ":openai",
      "{\"format\":\"" KEY "\"}",
      "{\"format\":\"openai\",\"key\":\"" KEY "\",\"dimensions\":\"x\"}",
      "{\"format\":\"openai\",\"key\":\"" KEY "\",\"nonsense\":1}",
      "{\"format\":\"openai\",\"key\":\"" KEY "\",}",
      "{\"format\":\"openai\",\"key\":\"" KEY,
      "{\"format\":\"openai\",\"key\":{\"x\":\"" KEY "\"}}",
      "{\"format\":\"openai\",\"headers\":\"" KEY "\"}",
      "{\"format\":\"openai\",\"headers\":{\"X\":\"" KEY "\"},\"dimensions\":0}",
      "{\"format\":\"deepseek\",\"key\":\"" KEY "\"}",
      "{\"key\":\"" KEY "\"}",
      "{\"format\":\"openai\",\"key\":\"" KEY "\",\"truncate\":true}",
  };
  for (size_t i = 0; i < N(wrong); i++) {
    struct emb_client *c = NULL;
    struct emb_err err = {0};
    if (!emb_client_new("c", wrong[i], strlen(wrong[i]), &c, &err)) fail_msg("%s", wrong[i]);
    if (strstr(err.message, "SECRET")) fail_msg("%s: %s", wrong[i], err.message);
  }
}

static void test_client__print_shows_everything_but_secrets(void **state) {
  (void)state;
  struct emb_client *c =
      client("c", "{\"format\":\"ollama\",\"key\":\"" KEY "1\",\"vision_key\":\"" KEY
                  "2\",\"headers\":{\"X-Token\":\"" KEY "3\"},\"dimensions\":\"256\","
                  "\"request_timeout\":2.5,\"truncate\":false,\"on_error\":\"null\","
                  "\"extra\":{\"keep_alive\":\"5m\"},\"prompt\":\"say \\\"cat\\\"\"}");
  struct emb_buf out = EMB_BUF_INIT;
  assert_int_equal(emb_client_print(c, &out), 0);
  assert_int_equal(emb_span_check(out.data, out.n, NULL), 0);
  assert_null(strstr(out.data, "SECRET"));
  static const char *const members[] = {"\"provider\":\"ollama\"",
                                        "\"dimensions\":256",
                                        "\"request_timeout\":2.500",
                                        "\"truncate\":false",
                                        "\"on_error\":\"null\"",
                                        "\"extra\":{\"keep_alive\":\"5m\"}",
                                        "\"prompt\":\"say \\\"cat\\\"\"",
                                        "\"effective_model\":\"nomic-embed-text\"",
                                        "\"effective_url\":\"http://localhost:11434/api/embed\"",
                                        "\"key_source\":\"option\"",
                                        "\"image_model\":\"llava:7b\""};
  for (size_t i = 0; i < N(members); i++)
    if (!strstr(out.data, members[i])) fail_msg("%s is not in %s", members[i], out.data);
  emb_buf_release(&out);
  emb_client_unref(c);
}

static void test_client__missing_key_names_the_variable(void **state) {
  (void)state;
  int n;
  const struct emb_provider *rows = emb_providers(&n);
  for (int i = 0; i < n; i++) {
    char options[256], words[128];
    if (!rows[i].text.item || !rows[i].key_env || rows[i].of || (rows[i].flags & EMB_KEY_OPTIONAL))
      continue;
    snprintf(options, sizeof options, "{\"format\":\"%s\"%s%s}", rows[i].name,
             strstr(rows[i].base_url, "{account}") || rows[i].account_field ? ",\"account\":\"a\""
                                                                            : "",
             rows[i].flags & EMB_NEEDS_URL ? ",\"url\":\"https://r.example\"" : "");
    snprintf(words, sizeof words, "%.*s environment variable not defined",
             (int)strcspn(rows[i].key_env, " "), rows[i].key_env);
    if (strcmp(rows[i].name, "databricks") == 0) continue; /* its account is a host: below */
    refused("c", options, words);
    snprintf(words, sizeof words, "%.*s", (int)strcspn(rows[i].key_env, " "), rows[i].key_env);
    setenv(words, KEY, 1);
    struct emb_client *c = client("c", options);
    assert_string_equal(c->text.key, KEY);
    emb_client_unref(c);
    unsetenv(words);
  }
}

static void test_client__key_of_the_environment_goes_to_no_named_host(void **state) {
  (void)state;
  setenv("WATSONX_APIKEY", KEY, 1);
  setenv("DATABRICKS_TOKEN", KEY, 1);
  refused("c",
          "{\"format\":\"watsonx\",\"account\":\"p\",\"token_url\":\"https://evil.example/t\"}",
          "not sent to a host that an option names");
  refused("c", "{\"format\":\"databricks\",\"account\":\"evil.example\"}",
          "not sent to a host that an option names");
  setenv("DATABRICKS_HOST", "https://w.example/", 1);
  struct emb_client *c = client("c", "databricks");
  assert_string_equal(c->text.key, KEY);
  assert_string_equal(c->text.url, "https://w.example/serving-endpoints/c/invocations");
  emb_client_unref(c);
  c = client(
      "c",
      "{\"format\":\"databricks\",\"account\":\"mine.example\",\"key_env\":\"DATABRICKS_TOKEN\"}");
  assert_string_equal(c->text.key, KEY);
  emb_client_unref(c);
  unsetenv("WATSONX_APIKEY");
  unsetenv("DATABRICKS_TOKEN");
  unsetenv("DATABRICKS_HOST");
}

static void test_client__voyage_keys_of_mongodb_go_there(void **state) {
  (void)state;
  struct emb_client *c = client("c", "voyage:al-" KEY);
  assert_string_equal(c->text.url, "https://ai.mongodb.com/v1/embeddings");
  emb_client_unref(c);
  c = client("c", "{\"format\":\"voyage\",\"key\":\"al-x\",\"url\":\"https://h/v1\"}");
  assert_string_equal(c->text.url, "https://h/v1/embeddings");
  emb_client_unref(c);
}

static void test_client__secrets_are_masked_however_they_come(void **state) {
  (void)state;
  char long_token[700], options[1200];
  memset(long_token, 'T', sizeof long_token - 1);
  long_token[sizeof long_token - 1] = 0;
  snprintf(options, sizeof options,
           "{\"format\":\"bedrock\",\"key\":\"AKID:SECRETPART:%s\","
           "\"headers\":{\"X-Org\":\"HEADERVALUE\"}}",
           long_token);
  struct emb_client *c = client("c", options);
  struct emb_err err = {0};
  emb_err_set(&err, EMB_EHTTP, "said SECRETPART, HEADERVALUE and %.300s", long_token);
  emb_client_redact(c, &err);
  assert_null(strstr(err.message, "SECRETPART"));
  assert_null(strstr(err.message, "HEADERVALUE"));
  assert_null(strstr(err.message, "TTTT"));
  assert_non_null(strstr(err.message, "said ***"));
  emb_client_unref(c);
  c = client("c", "{\"format\":\"watsonx\",\"key\":\"a/b+c d\",\"account\":\"p\"}");
  emb_err_set(&err, EMB_EHTTP, "got apikey=a%%2Fb%%2Bc%%20d");
  emb_client_redact(c, &err);
  assert_null(strstr(err.message, "2Fb"));
  emb_endpoint_take(&c->text, emb_strdup("first-token-of-some-length"), 0);
  emb_endpoint_take(&c->text, emb_strdup("second-token-of-some-length"), 0);
  emb_err_set(&err, EMB_EHTTP, "first-token-of-some-length has expired");
  emb_client_redact(c, &err);
  assert_null(strstr(err.message, "first-token"));
  emb_client_unref(c);
}

static void test_client__key_env_names_another_variable(void **state) {
  (void)state;
  setenv("OPENAI_API_KEY", "other", 1);
  refused("c", "{\"format\":\"openai\",\"key_env\":\"MY_KEY\"}", "MY_KEY");
  setenv("MY_KEY", KEY, 1);
  struct emb_client *c = client("c", "{\"format\":\"openai\",\"key_env\":\"MY_KEY\"}");
  assert_string_equal(c->text.key, KEY);
  emb_client_unref(c);
}

static void test_client__environments_key_goes_to_its_own_host_only(void **state) {
  (void)state;
  setenv("OPENAI_API_KEY", KEY, 1);
  struct emb_client *c = client("c", "{\"format\":\"openai\",\"url\":\"https://evil.example\"}");
  assert_null(c->text.key);
  assert_null(c->vision.key);
  emb_client_unref(c);
  c = client("c", "{\"format\":\"openai\",\"url\":\"http://h\",\"key_env\":\"OPENAI_API_KEY\"}");
  assert_string_equal(c->text.key, KEY);
  emb_client_unref(c);
  /* nor does one provider's key go to another that describes the images */
  c = client("c", "{\"format\":\"openai\",\"vision_provider\":\"ollama\"}");
  assert_string_equal(c->text.key, KEY);
  assert_null(c->vision.key);
  emb_client_unref(c);
}

static void test_client__bad_json_says_where(void **state) {
  (void)state;
  refused("c", "{}", "'model' or 'format' key is required");
  refused("c", "", "client options required");
  refused("c", "  ", "client options required");
  refused("c", "openai:", "name no key");
  refused("c", "ollama::", "name no model");
  struct emb_client *c = NULL;
  struct emb_err err = {0};
  static const char text[] = "{\"format\": \"openai\" \"key\": 1}";
  assert_int_not_equal(emb_client_new("c", text, sizeof text - 1, &c, &err), 0);
  if (!strstr(err.message, "Invalid JSON") || !strstr(err.message, "20"))
    fail_msg("%s", err.message);
  assert_non_null(strstr(err.message, "client 'c'"));
}

static void test_client__values_are_checked(void **state) {
  (void)state;
  static const struct {
    const char *member, *words;
  } rows[] = {
      {"\"dimensions\":0", "'dimensions' must be a whole number from 1 to 65536"},
      {"\"dimensions\":1.5", "'dimensions' must be a whole number"},
      {"\"dimensions\":\"many\"", "'dimensions'"},
      {"\"dimensions\":[3]", "'dimensions'"},
      {"\"dimensions\":true", "'dimensions'"},
      {"\"request_timeout\":-1", "'request_timeout' must be a number of seconds"},
      {"\"request_timeout\":1e99", "'request_timeout'"},
      {"\"max_retries\":101", "'max_retries' must be a whole number from 0 to 100"},
      {"\"truncate\":\"yes\"", "'truncate' must be true or false"},
      {"\"encoding\":\"hex\"", "'encoding' must be one of auto|float|base64"},
      {"\"on_error\":\"ignore\"", "'on_error' must be one of fail|null"},
      {"\"extra\":[1]", "'extra' must be a JSON object"},
      {"\"headers\":\"{x}\"", "'headers' must be a JSON object"},
      {"\"headers\":{\"X-A\":\"b\",\"X-B\":3}", "the value of each must be text"},
      {"\"model\":7", "'model' must be text"},
      {"\"options\":7", "'options' must be a JSON object"},
  };
  for (size_t i = 0; i < N(rows); i++) {
    char options[256];
    snprintf(options, sizeof options, "{\"format\":\"ollama\",%s}", rows[i].member);
    refused("c", options, rows[i].words);
  }
}

static void test_client__provider_without_embeddings_says_so(void **state) {
  (void)state;
  refused("c", "deepseek:" KEY, "DeepSeek has no embedding API");
  static const char *const vision_only[] = {"anthropic:" KEY, "groq:" KEY, "xai:" KEY};
  for (size_t i = 0; i < N(vision_only); i++) {
    struct emb_client *c = client("c", vision_only[i]);
    assert_null(c->text.provider);
    assert_non_null(strstr(c->text.why.message, "has no embedding API"));
    assert_non_null(c->vision.provider);
    assert_string_equal(c->vision.key, KEY);
    emb_client_unref(c);
  }
  refused("c", "anthropic", "ANTHROPIC_API_KEY");
}

static void test_client__refuses_what_the_provider_cannot_do(void **state) {
  (void)state;
  static const struct {
    const char *provider, *member, *words;
  } rows[] = {
      {"together", "\"dimensions\":256", "no option for dimensions"},
      {"openai", "\"truncate\":true", "no option for truncate"},
      {"cohere", "\"encoding\":\"base64\"", "no option for encoding base64"},
      {"ollama", "\"user\":\"u\"", "no option for user"},
      {"openai", "\"normalize\":false", "no option for normalize false"},
      {"openai", "\"input_type\":\"query\"", "no input_type"},
      {"openai", "\"image_mode\":\"native\"", "image_mode native"},
      {"nomic", "\"image_mode\":\"native\",\"model\":\"nomic-embed-text-v2-moe\"",
       "it does with nomic-embed-text-v1.5"},
      {"cohere", "\"image_mode\":\"native\",\"model\":\"embed-english-v2.0\"", "embeds no images"},
      {"anthropic", "\"dimensions\":256", "no option for dimensions"},
      {"anthropic", "\"output\":\"bit\"", "no option for output"},
      {"groq", "\"truncate\":true", "no option for truncate"},
      {"openai", "\"region\":\"eu\"", "no place for region"},
      {"openai", "\"account\":\"a\"", "no place for account"},
      {"openai", "\"api_version\":\"1\"", "no place for api_version"},
      {"mixedbread", "\"output\":\"int8\",\"encoding\":\"base64\"",
       "encoding base64 beside this output"},
      {"perplexity", "\"encoding\":\"float\"", "no option for encoding float"},
      {"watsonx", "\"user\":\"u\"", "no option for user"},
      {"watsonx", "\"on_error\":\"null\"", "needs the option 'account', its project_id"},
      {"azure_vision", "\"url\":\"https://r\",\"extra\":{\"a\":1}", "without a place for 'extra'"},
  };
  for (size_t i = 0; i < N(rows); i++) {
    char options[256];
    snprintf(options, sizeof options, "{\"format\":\"%s\",\"key\":\"" KEY "\",%s}",
             rows[i].provider, rows[i].member);
    refused("c", options, rows[i].words);
  }
}

static void test_client__prefixes_stand_in_for_an_input_type(void **state) {
  (void)state;
  struct emb_err err = {0};
  struct emb_client *c = client("c", "{\"format\":\"ollama\",\"query_prefix\":\"q: \"}");
  assert_int_equal(emb_client_check_task(c, "query", &err), 0);
  assert_int_equal(emb_client_check_task(c, "clustering", &err), EMB_ECONFIG);
  assert_int_equal(emb_client_check_task(c, NULL, &err), 0);
  emb_client_unref(c);
  c = client("c", "ollama");
  assert_int_equal(emb_client_check_task(c, "query", &err), EMB_ECONFIG);
  assert_non_null(strstr(err.message, "query_prefix"));
  emb_client_unref(c);
}

/* What a request says of "x" with this input type. */
static void sent(const char *options, const char *input_type, const char *words) {
  struct emb_client *c = client("c", options);
  struct emb_input input = {.text = "x", .n_text = 1};
  struct emb_call call = emb_client_call(c, EMB_ROUTE_TEXT, input_type);
  struct emb_request request = {0};
  struct emb_err err = {0};
  call.inputs = &input;
  call.n_inputs = 1;
  assert_int_equal(emb_client_check_task(c, input_type, &err), 0);
  assert_int_equal(emb_wire_encode(&call, &request, &err), 0);
  if (!strstr(request.body.data, words)) fail_msg("%s: %s", options, request.body.data);
  emb_request_release(&request);
  emb_client_unref(c);
}

static void test_client__known_models_get_their_prefixes(void **state) {
  (void)state;
  sent("ollama::nomic-embed-text:latest", "query", "[\"search_query: x\"]");
  sent("ollama::nomic-embed-text:latest", "document", "[\"search_document: x\"]");
  sent("ollama::nomic-embed-text:latest", NULL, "[\"x\"]");
  sent("vllm::intfloat/multilingual-e5-large", "passage", "[\"passage: x\"]");
  sent("vllm::BAAI/bge-small-en-v1.5", "query", "searching relevant passages: x\"]");
  sent("vllm::BAAI/bge-small-en-v1.5", "document", "[\"x\"]");
  sent("ollama::embeddinggemma", "document", "[\"title: none | text: x\"]");
  sent("ollama::qwen3-embedding:0.6b", "query", "answer the query\\nQuery:x\"]");
  sent("{\"format\":\"ollama\",\"model\":\"nomic-embed-text\",\"query_prefix\":\"mine: \"}",
       "query", "[\"mine: x\"]");
  sent("{\"format\":\"siliconflow\",\"key\":\"k\",\"model\":\"BAAI/bge-large-en-v1.5\"}", "query",
       "searching relevant passages: x\"]");
  /* a provider with a field of its own gets no prefix */
  sent("nomic:" KEY, "query", "\"texts\":[\"x\"]");
  /* where the model's name says it */
  sent("upstage:" KEY, NULL, "\"solar-embedding-1-large-passage\"");
  sent("upstage:" KEY, "query", "\"solar-embedding-1-large-query\"");
  sent("{\"format\":\"upstage\",\"key\":\"k\",\"model\":\"embedding-passage\"}", "query",
       "\"embedding-passage\"");
}

static void test_client__images_take_the_route_that_fits(void **state) {
  (void)state;
  static const struct {
    const char *options, *route, *reason;
  } rows[] = {
      {"voyage:" KEY, NULL, "provider 'voyage' embeds no images with model 'voyage-3.5'"},
      {"{\"format\":\"voyage\",\"key\":\"k\",\"model\":\"voyage-multimodal-3\"}", "native",
       "the model embeds images itself"},
      {"{\"format\":\"voyage\",\"key\":\"k\",\"image_mode\":\"native\"}", "native",
       "image_mode is native"},
      {"{\"format\":\"cohere\",\"key\":\"k\",\"image_mode\":\"describe\"}", "describe",
       "the option image_mode asks for descriptions"},
      {"{\"format\":\"cohere\",\"key\":\"k\",\"vision_model\":\"v\"}", "describe",
       "the option vision_model asks for descriptions"},
      {"{\"format\":\"cohere\",\"key\":\"k\",\"prompt\":\"?\",\"image_mode\":\"native\"}", "native",
       "image_mode is native"},
      {"{\"format\":\"nomic\",\"key\":\"k\",\"dimensions\":256}", NULL,
       "no option for dimensions, and model 'nomic-embed-vision-v1.5'"},
      {"openai:" KEY, "describe", "embeds no images with model"},
  };
  for (size_t i = 0; i < N(rows); i++) {
    char route[64];
    struct emb_client *c = client("c", rows[i].options);
    struct emb_buf out = EMB_BUF_INIT;
    assert_int_equal(emb_client_print(c, &out), 0);
    snprintf(route, sizeof route, "\"image_route\":\"%s\"", rows[i].route ? rows[i].route : "");
    if (rows[i].route ? !strstr(out.data, route) : strstr(out.data, "\"image_route\":") != NULL)
      fail_msg("%s: %s", rows[i].options, out.data);
    if (!strstr(out.data, rows[i].reason)) fail_msg("%s: %s", rows[i].options, out.data);
    emb_buf_release(&out);
    emb_client_unref(c);
  }
}

static void test_client__keys_of_several_variables_are_joined(void **state) {
  (void)state;
  setenv("AWS_ACCESS_KEY_ID", "AKID", 1);
  refused("c", "bedrock", "AWS_BEARER_TOKEN_BEDROCK environment variable not defined");
  setenv("AWS_SECRET_ACCESS_KEY", "SECRET", 1);
  struct emb_client *c = client("c", "bedrock");
  assert_string_equal(c->text.key, "AKID:SECRET");
  assert_string_equal(c->text.region, "us-east-1");
  emb_client_unref(c);
  setenv("AWS_SESSION_TOKEN", "TOKEN", 1);
  setenv("AWS_DEFAULT_REGION", "eu-west-3", 1);
  c = client("c", "bedrock");
  assert_string_equal(c->text.key, "AKID:SECRET:TOKEN");
  assert_non_null(strstr(c->text.url, "bedrock-runtime.eu-west-3."));
  struct emb_err err = {0};
  emb_err_set(&err, EMB_EHTTP, "it said SECRET and TOKEN");
  emb_client_redact(c, &err);
  assert_null(strstr(err.message, "SECRET"));
  assert_null(strstr(err.message, "TOKEN"));
  emb_client_unref(c);
  setenv("AWS_BEARER_TOKEN_BEDROCK", "bearer", 1);
  c = client("c", "{\"format\":\"bedrock\",\"region\":\"eu-west-1\"}");
  assert_string_equal(c->text.key, "bearer");
  assert_non_null(strstr(c->text.url, "bedrock-runtime.eu-west-1."));
  emb_client_unref(c);
  refused("c", "bedrock:AKID:", "client 'c': ");
  static const char *const names[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                      "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION",
                                      "AWS_BEARER_TOKEN_BEDROCK"};
  for (size_t i = 0; i < N(names); i++) unsetenv(names[i]);
}

static void test_client__extra_wins_and_headers_are_added(void **state) {
  (void)state;
  struct emb_client *c = client("c", "{\"format\":\"ollama\",\"query_prefix\":\"q: \\\"\","
                                     "\"headers\":{\"X-A\":\"1\",\"X-B\":\"2\"},"
                                     "\"extra\":{\"model\":\"mine\",\"keep_alive\":\"5m\"}}");
  struct emb_input input = {.text = "\"x\"", .n_text = 3};
  struct emb_call call = emb_client_call(c, EMB_ROUTE_TEXT, "query");
  struct emb_request request = {0};
  struct emb_err err = {0};
  call.inputs = &input;
  call.n_inputs = 1;
  assert_int_equal(emb_wire_encode(&call, &request, &err), 0);
  assert_string_equal(request.body.data, "{\"input\":[\"q: \\\"\\\"x\\\"\"],\"model\":\"mine\","
                                         "\"keep_alive\":\"5m\"}");
  assert_string_equal(request.headers[request.n_headers - 2], "X-A: 1");
  assert_string_equal(request.headers[request.n_headers - 1], "X-B: 2");
  emb_request_release(&request);
  emb_client_unref(c);
}

static void test_client__own_headers_replace_ours(void **state) {
  (void)state;
  struct emb_client *c =
      client("c", "{\"format\":\"ollama\",\"key\":\"" KEY "\",\"headers\":{"
                  "\"authorization\":\"Basic x\",\"Content-Type\":\"application/json; v=1\"}}");
  struct emb_input input = {.text = "x", .n_text = 1};
  struct emb_call call = emb_client_call(c, EMB_ROUTE_TEXT, NULL);
  struct emb_request request = {0};
  struct emb_err err = {0};
  call.inputs = &input;
  call.n_inputs = 1;
  assert_int_equal(emb_wire_encode(&call, &request, &err), 0);
  assert_int_equal(request.n_headers, 3);
  assert_string_equal(request.headers[0], "Accept: application/json");
  assert_string_equal(request.headers[1], "authorization: Basic x");
  assert_string_equal(request.headers[2], "Content-Type: application/json; v=1");
  emb_request_release(&request);
  emb_client_unref(c);
}

static void test_client__line_break_in_a_key_is_not_sent(void **state) {
  (void)state;
  refused("c", "{\"format\":\"ollama\",\"key\":\"" KEY "\\r\\nX: y\"}",
          "option 'key' holds a line");
  struct emb_client *c = client("c", "ollama");
  struct emb_input input = {.text = "x", .n_text = 1};
  struct emb_call call = emb_client_call(c, EMB_ROUTE_TEXT, NULL);
  struct emb_request request = {0};
  struct emb_err err = {0};
  call.key = KEY "\r\nX: y"; /* from wherever */
  call.inputs = &input;
  call.n_inputs = 1;
  assert_int_equal(emb_wire_encode(&call, &request, &err), EMB_ECONFIG);
  assert_null(strstr(err.message, "SECRET"));
  emb_request_release(&request);
  emb_client_unref(c);
}

static void test_client__control_characters_are_refused_by_name(void **state) {
  (void)state;
  static const char *const names[] = {"key",
                                      "user",
                                      "api_version",
                                      "region",
                                      "account",
                                      "model",
                                      "input_type",
                                      "vision_model",
                                      "vision_key",
                                      "ca_file",
                                      "proxy",
                                      "key_env",
                                      "url",
                                      "vision_url",
                                      "token_url",
                                      "provider",
                                      "embedding_model",
                                      "vision_provider"};
  static const char *const endings[] = {"\\r\\nX: y", "\\n", "\\u0000",
                                        "\\u0001",    "\\t", "\\u007f"};
  char options[300], words[100];
  for (size_t i = 0; i < N(names); i++)
    for (size_t k = 0; k < N(endings); k++) {
      snprintf(options, sizeof options, "{\"format\":\"ollama\",\"%s\":\"" KEY "%s\"}", names[i],
               endings[k]);
      snprintf(words, sizeof words, "option '%s' holds a line break", names[i]);
      refused("c", options, words);
    }
  /* texts for a model are texts */
  emb_client_unref(client("c", "{\"format\":\"ollama\",\"prompt\":\"a\\nb\",\"query_prefix\":"
                               "\"q\\n\",\"document_prefix\":\"d\\n\"}"));
  refused("c", "{\"format\":\"ollama\",\"prompt\":\"a\\u0000b\"}", "option 'prompt' holds");
  /* a backslash before it is no escape of it */
  emb_client_unref(client("c", "{\"format\":\"ollama\",\"user\":null,\"prompt\":\"a\\\\u0000\"}"));
  struct emb_client *c = NULL;
  struct emb_err err = {0};
  assert_int_equal(emb_client_new("c", "openai:good\0evil", 16, &c, &err), EMB_ECONFIG);
  assert_non_null(strstr(err.message, "NUL"));
}

static void test_client__headers_are_lines(void **state) {
  (void)state;
  static const struct {
    const char *headers, *words;
  } rows[] = {
      {"{\"X\":\"" KEY "\\r\\nY: z\"}", "option 'headers' holds a line break"},
      {"{\"X\":\"" KEY "\\u0000\"}", "option 'headers' holds a line break"},
      {"{\"X\":\"" KEY "\\u0007\"}", "option 'headers' holds a line break"},
      {"{\"X: y\":\"" KEY "\"}", "a name holds a character that no header has"},
      {"{\"X\\r\\nY\":\"" KEY "\"}", "a name holds a character that no header has"},
      {"{\"\":\"" KEY "\"}", "a name holds a character that no header has"},
      {"{\"X\":1}", "the value of each must be text"},
      {"{\"X\":{\"Y\":\"" KEY "\"}}", "the value of each must be text"},
  };
  char options[300];
  for (size_t i = 0; i < N(rows); i++) {
    snprintf(options, sizeof options, "{\"format\":\"ollama\",\"headers\":%s}", rows[i].headers);
    refused("c", options, rows[i].words);
  }
  emb_client_unref(
      client("c", "{\"format\":\"ollama\",\"headers\":{\"X-A.b_1\":\"a\\tb \u00e9\"}}"));
}

static void test_client__environments_key_with_a_line_break_is_refused(void **state) {
  (void)state;
  setenv("OPENAI_API_KEY", KEY "\n", 1);
  refused("c", "openai", "OPENAI_API_KEY holds a line break");
  setenv("OPENAI_API_KEY", KEY, 1);
  emb_client_unref(client("c", "openai"));
}

static void test_client__plain_http_is_for_private_hosts(void **state) {
  (void)state;
  static const char *const own[] = {
      "http://localhost:11434", "http://10.1.2.3/v1", "http://gpu",
      "http://[::1]:80/v1",     "http://nas.local",   "HTTPS://h.com"};
  static const char *const other[] = {"http://api.example.com/v1", "http://8.8.8.8", "HTTP://h.com",
                                      "http://127.0.0.1.nip.io", "http://2130706433/v1"};
  char options[300];
  for (size_t i = 0; i < N(own); i++) {
    snprintf(options, sizeof options, "{\"format\":\"openai\",\"key\":\"k\",\"url\":\"%s\"}",
             own[i]);
    emb_client_unref(client("c", options));
  }
  for (size_t i = 0; i < N(other); i++) {
    static const char format[] = "{\"format\":\"openai\",\"key\":\"" KEY "\",\"%s\":\"%s\"%s}";
    snprintf(options, sizeof options, format, "url", other[i], "");
    refused("c", options, "option 'url' is plain http to the public host");
    snprintf(options, sizeof options, format, "vision_url", other[i], "");
    refused("c", options, "option 'vision_url' is plain http to the public host");
    snprintf(options, sizeof options, format, "url", other[i], ",\"allow_http\":true");
    emb_client_unref(client("c", options));
  }
  refused(
      "c",
      "{\"format\":\"watsonx\",\"key\":\"k\",\"account\":\"p\",\"token_url\":\"http://iam.com/t\"}",
      "option 'token_url' is plain http");
  refused(
      "c",
      "{\"format\":\"watsonx\",\"key\":\"k\",\"account\":\"p\",\"token_url\":\"ftp://iam.com/t\"}",
      "option 'token_url' must start with http");
  refused("c", "{\"format\":\"openai\",\"key\":\"k\",\"url\":\"https://a@b@c/v1\"}",
          "no clear host");
  refused("c", "{\"format\":\"openai\",\"key\":\"k\",\"url\":\"http://127.0.0.1\\\\@evil.com/v1\"}",
          "no clear host");
  refused("c", "{\"format\":\"openai\",\"key\":\"k\",\"allow_http\":\"perhaps\"}",
          "option 'allow_http' must be true or false");
}

static void test_client__allowed_hosts_are_the_only_ones(void **state) {
  (void)state;
  setenv("REMBED_ALLOW_HOSTS", "api.openai.com, gpu:8080, *.corp.example, proxy:3128", 1);
  static const char *const good[] = {
      "{\"format\":\"openai\",\"key\":\"k\"}",
      "{\"format\":\"openai\",\"key\":\"k\",\"url\":\"http://gpu:8080/v1\"}",
      "{\"format\":\"openai\",\"key\":\"k\",\"url\":\"https://x.corp.example/v1\"}",
      "{\"format\":\"openai\",\"key\":\"k\",\"proxy\":\"http://proxy:3128\"}",
      "{\"format\":\"openai\",\"key\":\"k\",\"proxy\":\"proxy:3128\"}"};
  static const char *const bad[] = {
      "{\"format\":\"cohere\",\"key\":\"k\"}",
      "{\"format\":\"ollama\"}",
      "{\"format\":\"openai\",\"key\":\"k\",\"url\":\"http://gpu:8081/v1\"}",
      "{\"format\":\"openai\",\"key\":\"k\",\"url\":\"https://api.openai.com.evil.com/v1\"}",
      "{\"format\":\"openai\",\"key\":\"k\",\"vision_url\":\"https://other.example/v1\"}",
      "{\"format\":\"openai\",\"key\":\"k\",\"proxy\":\"http://other:3128\"}",
      "{\"format\":\"watsonx\",\"key\":\"k\",\"account\":\"p\",\"url\":\"https://x.corp.example\"}",
      "{\"format\":\"watsonx\",\"key\":\"k\",\"account\":\"p\",\"url\":\"https://x.corp.example\","
      "\"token_url\":\"https://other.example\"}"};
  for (size_t i = 0; i < N(good); i++) emb_client_unref(client("c", good[i]));
  for (size_t i = 0; i < N(bad); i++) refused("c", bad[i], "REMBED_ALLOW_HOSTS");
  /* who would describe images is not needed by those who have none */
  struct emb_client *c =
      client("c", "{\"format\":\"openai\",\"key\":\"k\",\"vision_provider\":\"ollama\"}");
  assert_null(c->vision.provider);
  assert_non_null(strstr(c->vision.why.message, "REMBED_ALLOW_HOSTS"));
  emb_client_unref(c);
  setenv("REMBED_ALLOW_HOSTS", "", 1); /* set and empty: nobody */
  refused("c", "openai:k", "REMBED_ALLOW_HOSTS");
}

static void test_client__survives_running_out_of_memory(void **state) {
  (void)state;
  static const char *const options[] = {
      "openai:" KEY,
      "{\"model\":\"ollama::llava\",\"embedding_model\":\"openai::e\",\"key\":\"" KEY
      "\",\"headers\":{\"X\":\"\\u0041\"},\"options\":{\"dimensions\":\"256\"}}",
      "{\"format\":\"openai\",\"nonsense\":1}",
      "{\"format\":\"openai\",\"key\":tru}",
  };
  for (size_t i = 0; i < N(options); i++)
    for (int forever = 0; forever < 2; forever++) {
      struct emb_client *c = NULL;
      struct emb_err err = {0};
      emb_mem_fail_at(LONG_MAX, 0); /* counts only */
      int want = emb_client_new("c", options[i], strlen(options[i]), &c, &err);
      long n = emb_mem_fail_at(0, 0);
      assert_true(n > 2);
      emb_client_unref(c);
      for (long at = 1; at <= n; at++) {
        c = NULL;
        emb_mem_fail_at(at, forever);
        int rc = emb_client_new("c", options[i], strlen(options[i]), &c, &err);
        emb_mem_fail_at(0, 0);
        if (rc != want && rc != EMB_ENOMEM)
          fail_msg("%s: allocation %ld gave %d", options[i], at, rc);
        assert_int_equal(rc == 0, c != NULL);
        emb_client_unref(c);
      }
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup(name, clear_environment)
  const struct CMUnitTest tests[] = {
      TEST(test_client__forms_name_provider_model_and_key),
      TEST(test_client__name_may_be_the_model),
      TEST(test_client__embedding_model_makes_model_the_vision_model),
      TEST(test_client__vision_route_says_why_it_is_missing),
      TEST(test_client__urls_make_both_endpoints),
      TEST(test_client__unknown_option_lists_the_valid_ones),
      TEST(test_client__unknown_provider_lists_the_valid_ones),
      TEST(test_client__key_never_shows),
      TEST(test_client__print_shows_everything_but_secrets),
      TEST(test_client__missing_key_names_the_variable),
      TEST(test_client__key_of_the_environment_goes_to_no_named_host),
      TEST(test_client__voyage_keys_of_mongodb_go_there),
      TEST(test_client__secrets_are_masked_however_they_come),
      TEST(test_client__key_env_names_another_variable),
      TEST(test_client__environments_key_goes_to_its_own_host_only),
      TEST(test_client__bad_json_says_where),
      TEST(test_client__values_are_checked),
      TEST(test_client__provider_without_embeddings_says_so),
      TEST(test_client__refuses_what_the_provider_cannot_do),
      TEST(test_client__prefixes_stand_in_for_an_input_type),
      TEST(test_client__known_models_get_their_prefixes),
      TEST(test_client__images_take_the_route_that_fits),
      TEST(test_client__keys_of_several_variables_are_joined),
      TEST(test_client__extra_wins_and_headers_are_added),
      TEST(test_client__own_headers_replace_ours),
      TEST(test_client__line_break_in_a_key_is_not_sent),
      TEST(test_client__control_characters_are_refused_by_name),
      TEST(test_client__headers_are_lines),
      TEST(test_client__environments_key_with_a_line_break_is_refused),
      TEST(test_client__plain_http_is_for_private_hosts),
      TEST(test_client__allowed_hosts_are_the_only_ones),
      TEST(test_client__survives_running_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
