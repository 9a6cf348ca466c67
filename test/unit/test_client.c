/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From the text of options to a client: every form it may have, what follows from it, and what is
 * refused, in which words.
 */
#include <limits.h>

#include "client_help.h"

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
      TEST(test_client__bad_json_says_where),
      TEST(test_client__values_are_checked),
      TEST(test_client__provider_without_embeddings_says_so),
      TEST(test_client__refuses_what_the_provider_cannot_do),
      TEST(test_client__prefixes_stand_in_for_an_input_type),
      TEST(test_client__known_models_get_their_prefixes),
      TEST(test_client__images_take_the_route_that_fits),
      TEST(test_client__extra_wins_and_headers_are_added),
      TEST(test_client__own_headers_replace_ours),
      TEST(test_client__survives_running_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
