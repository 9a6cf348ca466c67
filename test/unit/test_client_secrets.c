/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a client keeps to itself: where its keys come from and to which hosts they may go, that no
 * error and no listing shows them, and that nothing smuggles a line into a request.
 */
#include "client_help.h"

static void test_client_secrets__key_never_shows(void **state) {
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

static void test_client_secrets__print_shows_everything_but_secrets(void **state) {
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

static void test_client_secrets__missing_key_names_the_variable(void **state) {
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

static void test_client_secrets__key_of_the_environment_goes_to_no_named_host(void **state) {
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

static void test_client_secrets__voyage_keys_of_mongodb_go_there(void **state) {
  (void)state;
  struct emb_client *c = client("c", "voyage:al-" KEY);
  assert_string_equal(c->text.url, "https://ai.mongodb.com/v1/embeddings");
  emb_client_unref(c);
  c = client("c", "{\"format\":\"voyage\",\"key\":\"al-x\",\"url\":\"https://h/v1\"}");
  assert_string_equal(c->text.url, "https://h/v1/embeddings");
  emb_client_unref(c);
}

static void test_client_secrets__secrets_are_masked_however_they_come(void **state) {
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

static void test_client_secrets__key_env_names_another_variable(void **state) {
  (void)state;
  setenv("OPENAI_API_KEY", "other", 1);
  refused("c", "{\"format\":\"openai\",\"key_env\":\"MY_KEY\"}", "MY_KEY");
  setenv("MY_KEY", KEY, 1);
  struct emb_client *c = client("c", "{\"format\":\"openai\",\"key_env\":\"MY_KEY\"}");
  assert_string_equal(c->text.key, KEY);
  emb_client_unref(c);
}

static void test_client_secrets__environments_key_goes_to_its_own_host_only(void **state) {
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

static void test_client_secrets__keys_of_several_variables_are_joined(void **state) {
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

static void test_client_secrets__line_break_in_a_key_is_not_sent(void **state) {
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

static void test_client_secrets__control_characters_are_refused_by_name(void **state) {
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

static void test_client_secrets__headers_are_lines(void **state) {
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

static void test_client_secrets__environments_key_with_a_line_break_is_refused(void **state) {
  (void)state;
  setenv("OPENAI_API_KEY", KEY "\n", 1);
  refused("c", "openai", "OPENAI_API_KEY holds a line break");
  setenv("OPENAI_API_KEY", KEY, 1);
  emb_client_unref(client("c", "openai"));
}

static void test_client_secrets__plain_http_is_for_private_hosts(void **state) {
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

static void test_client_secrets__allowed_hosts_are_the_only_ones(void **state) {
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

int main(void) {
#define TEST(name) cmocka_unit_test_setup(name, clear_environment)
  const struct CMUnitTest tests[] = {
      TEST(test_client_secrets__key_never_shows),
      TEST(test_client_secrets__print_shows_everything_but_secrets),
      TEST(test_client_secrets__missing_key_names_the_variable),
      TEST(test_client_secrets__key_of_the_environment_goes_to_no_named_host),
      TEST(test_client_secrets__voyage_keys_of_mongodb_go_there),
      TEST(test_client_secrets__secrets_are_masked_however_they_come),
      TEST(test_client_secrets__key_env_names_another_variable),
      TEST(test_client_secrets__environments_key_goes_to_its_own_host_only),
      TEST(test_client_secrets__keys_of_several_variables_are_joined),
      TEST(test_client_secrets__line_break_in_a_key_is_not_sent),
      TEST(test_client_secrets__control_characters_are_refused_by_name),
      TEST(test_client_secrets__headers_are_lines),
      TEST(test_client_secrets__environments_key_with_a_line_break_is_refused),
      TEST(test_client_secrets__plain_http_is_for_private_hosts),
      TEST(test_client_secrets__allowed_hosts_are_the_only_ones),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
