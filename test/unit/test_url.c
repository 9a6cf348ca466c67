/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From what a user gives as url to the endpoints of all routes, as one table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "wire/wire.h"

#define T EMB_ROUTE_TEXT
#define V EMB_ROUTE_VISION
#define I EMB_ROUTE_IMAGE

static const struct emb_provider *row(const char *name) {
  const struct emb_provider *p = emb_provider_find(name, strlen(name));
  assert_non_null(p);
  return p;
}

static void test_url__table(void **state) {
  (void)state;
  static const struct {
    const char *provider;
    enum emb_route route;
    const char *url, *model, *version, *want;
  } rows[] = {
      /* the provider's own address */
      {"openai", T, NULL, "m", NULL, "https://api.openai.com/v1/embeddings"},
      {"openai", V, NULL, "m", NULL, "https://api.openai.com/v1/chat/completions"},
      {"ollama", T, NULL, "m", NULL, "http://localhost:11434/api/embed"},
      {"ollama", V, NULL, "m", NULL, "http://localhost:11434/api/chat"},
      {"cohere", T, NULL, "m", NULL, "https://api.cohere.com/v2/embed"},
      {"tei", T, NULL, "m", NULL, "http://localhost:8080/embed"},
      {"anthropic", V, NULL, "m", NULL, "https://api.anthropic.com/v1/messages"},
      /* a host may be called like a path */
      {"tei", T, "http://embed", "m", NULL, "http://embed/embed"},
      {"openai", T, "https://embeddings/", "m", NULL, "https://embeddings/v1/embeddings"},
      {"dashscope", T, "https://compatible-mode/v1", "m", NULL,
       "https://compatible-mode/v1/embeddings"},
      {"dashscope-multimodal", I, "https://compatible-mode/v1", "m", NULL,
       "https://compatible-mode/v1/multimodal-embedding/multimodal-embedding"},
      /* a full endpoint stays as it is */
      {"openai", T, "https://h/v1/embeddings", "m", NULL, "https://h/v1/embeddings"},
      {"openai", T, "https://h/v1/embeddings?a=b", "m", NULL, "https://h/v1/embeddings?a=b"},
      {"openai-compatible", T, "http://h:8000/v1/embeddings/", "m", NULL,
       "http://h:8000/v1/embeddings/"},
      {"ollama", T, "http://h:11434/api/embed", "m", NULL, "http://h:11434/api/embed"},
      {"cohere", T, "https://h/v2/embed", "m", NULL, "https://h/v2/embed"},
      {"nomic", T, "https://h/v1/embedding/text", "m", NULL, "https://h/v1/embedding/text"},
      {"openai", V, "https://h/x/chat/completions", "m", NULL, "https://h/x/chat/completions"},
      {"ollama-legacy", T, "http://h:11434/api/embeddings", "m", NULL,
       "http://h:11434/api/embeddings"},
      /* region, account and model have their places, encoded as each wants it */
      {"bedrock", T, NULL, "amazon.titan-embed-text-v2:0", NULL,
       "https://bedrock-runtime.eu.amazonaws.com/model/amazon.titan-embed-text-v2%3A0/invoke"},
      {"bedrock", T, NULL, "arn:aws:x/y", NULL,
       "https://bedrock-runtime.eu.amazonaws.com/model/arn%3Aaws%3Ax%2Fy/invoke"},
      {"bedrock", V, NULL, "amazon.nova-lite-v1:0", NULL,
       "https://bedrock-runtime.eu.amazonaws.com/model/amazon.nova-lite-v1%3A0/converse"},
      {"cloudflare", T, NULL, "@cf/baai/bge-m3", NULL,
       "https://api.cloudflare.com/client/v4/accounts/acme/ai/run/@cf/baai/bge-m3"},
      {"huggingface", T, NULL, "BAAI/bge-m3", NULL,
       "https://router.huggingface.co/hf-inference/models/BAAI/bge-m3/pipeline/feature-extraction"},
      {"databricks", T, NULL, "gte", NULL, "https://acme/serving-endpoints/gte/invocations"},
      {"databricks", T, "https://w.example", "gte", NULL,
       "https://w.example/serving-endpoints/gte/invocations"},
      {"watsonx", T, NULL, "m", NULL,
       "https://eu.ml.cloud.ibm.com/ml/v1/text/embeddings?version=2024-05-31"},
      {"watsonx", T, "https://h/ml/v1/text/embeddings", "m", NULL,
       "https://h/ml/v1/text/embeddings?version=2024-05-31"},
      {"azure_vision", T, "https://r.example", "2023-04-15", NULL,
       "https://r.example/computervision/retrieval:vectorizeText?api-version=2024-02-01"
       "&model-version=2023-04-15"},
      {"azure_vision", T, "https://r.example?a=b", "2023-04-15", NULL,
       "https://r.example/computervision/retrieval:vectorizeText?api-version=2024-02-01"
       "&model-version=2023-04-15&a=b"},
      /* images go beside texts, unless the path is the same */
      {"azure_vision", I, "https://r.example", "2023-04-15", NULL,
       "https://r.example/computervision/retrieval:vectorizeImage?api-version=2024-02-01"
       "&model-version=2023-04-15"},
      {"nomic-v1.5", I, NULL, "m", NULL, "https://api-atlas.nomic.ai/v1/embedding/image"},
      {"nomic-v1.5", I, "https://h/v1/embedding/text", "m", NULL, "https://h/v1/embedding/image"},
      {"nomic-v1.5", I, "https://h/v1/embedding/image", "m", NULL, "https://h/v1/embedding/image"},
      {"dashscope-qwen3-vl", I, "https://h/api/v1/services/embeddings", "m", NULL,
       "https://h/api/v1/services/embeddings/multimodal-embedding/multimodal-embedding"},
      /* a url written for the provider's main form gives way to that of the model's own */
      {"dashscope-qwen3-vl", T, "https://h/compatible-mode/v1", "m", NULL,
       "https://h/api/v1/services/embeddings/multimodal-embedding/multimodal-embedding"},
      {"dashscope-qwen3-vl", I, "https://h/compatible-mode/v1/embeddings", "m", NULL,
       "https://h/api/v1/services/embeddings/multimodal-embedding/multimodal-embedding"},
      {"voyage-multimodal", T, "https://h/v1/embeddings", "m", NULL,
       "https://h/v1/multimodalembeddings"},
      {"voyage-multimodal", I, "https://h/v1", "m", NULL, "https://h/v1/multimodalembeddings"},
      {"cohere", I, "https://h/v2/embed", "m", NULL, "https://h/v2/embed"},
      /* a base without a path gets the provider's own path */
      {"openai", T, "http://h:8000", "m", NULL, "http://h:8000/v1/embeddings"},
      {"openai", T, "http://h:8000/", "m", NULL, "http://h:8000/v1/embeddings"},
      {"openai", V, "http://h:8000", "m", NULL, "http://h:8000/v1/chat/completions"},
      {"groq", V, "https://h", "m", NULL, "https://h/openai/v1/chat/completions"},
      {"ollama", T, "HTTP://h", "m", NULL, "HTTP://h/api/embed"},
      /* a base with a path keeps it */
      {"openai", T, "https://h/proxy/v1", "m", NULL, "https://h/proxy/v1/embeddings"},
      {"openai", T, "https://h/proxy/v1//", "m", NULL, "https://h/proxy/v1/embeddings"},
      {"openai", T, "https://h/v1?tag=1", "m", NULL, "https://h/v1/embeddings?tag=1"},
      {"ollama", T, "https://h/deep/er", "m", NULL, "https://h/deep/er/api/embed"},
      /* the model in the path */
      {"gemini", T, NULL, "gemini-embedding-001", NULL,
       "https://generativelanguage.googleapis.com/v1beta/models/"
       "gemini-embedding-001:batchEmbedContents"},
      {"gemini", V, "https://h", "gemini-2.5-flash", NULL,
       "https://h/v1beta/models/gemini-2.5-flash:generateContent"},
      {"gemini", T, NULL, "a b?c#d%", NULL,
       "https://generativelanguage.googleapis.com/v1beta/models/"
       "a%20b%3Fc%23d%25:batchEmbedContents"},
      /* azure's two styles */
      {"azure", T, "https://r.openai.azure.com", "m", NULL,
       "https://r.openai.azure.com/openai/v1/embeddings"},
      {"azure", T, "https://r.openai.azure.com/openai/v1/", "m", NULL,
       "https://r.openai.azure.com/openai/v1/embeddings"},
      {"azure", T, "https://r.openai.azure.com/openai/deployments/d", "m", NULL,
       "https://r.openai.azure.com/openai/deployments/d/embeddings?api-version=2024-10-21"},
      {"azure", T, "https://r.openai.azure.com/openai/deployments/d", "m", "2025-01-01-preview",
       "https://r.openai.azure.com/openai/deployments/d/embeddings?api-version=2025-01-01-preview"},
      {"azure", T, "https://r.openai.azure.com/openai/deployments/d?api-version=X", "m", NULL,
       "https://r.openai.azure.com/openai/deployments/d/embeddings?api-version=X"},
      {"azure", T, "https://r.openai.azure.com/openai/deployments/d/embeddings", "m", "2024-06-01",
       "https://r.openai.azure.com/openai/deployments/d/embeddings?api-version=2024-06-01"},
      {"azure", T, "https://r.openai.azure.com/openai/deployments/d/embeddings?api-version=X", "m",
       "2024-06-01", "https://r.openai.azure.com/openai/deployments/d/embeddings?api-version=X"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char *url = NULL;
    struct emb_err err = {0};
    struct emb_url_parts parts = {.url = rows[i].url,
                                  .model = rows[i].model,
                                  .api_version = rows[i].version,
                                  .region = "eu",
                                  .account = "acme"};
    int rc = emb_wire_url(row(rows[i].provider), rows[i].route, &parts, &url, &err);
    if (rc) fail_msg("row %zu: %s", i, err.message);
    if (strcmp(url, rows[i].want) != 0)
      fail_msg("row %zu (%s): %s, not %s", i, rows[i].url ? rows[i].url : "none", url,
               rows[i].want);
    emb_free(url);
  }
}

static void test_url__refuses_what_is_no_url(void **state) {
  (void)state;
  static const struct {
    const char *provider, *url, *words;
  } rows[] = {
      {"openai", "localhost:8000", "must start with http:// or https://"},
      {"openai", "file:///etc/passwd", "must start with http:// or https://"},
      {"openai", "", "must start with http:// or https://"},
      {"openai", "https://", "has no host"},
      {"openai", "http:///v1", "has no host"},
      {"openai", "http://h/a b", "a space or a control character"},
      {"openai", "http://h/\r\nX: y", "a space or a control character"},
      {"openai-compatible", NULL, "needs the option 'url'"},
      {"azure", NULL, "needs the option 'url'"},
      {"bedrock", NULL, "needs the option 'region'"},
      {"vertex", NULL, "needs the option 'region'"},
      {"cloudflare", NULL, "needs the option 'account'"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char *url = NULL;
    struct emb_err err = {0};
    struct emb_url_parts parts = {.url = rows[i].url, .model = "m"};
    assert_int_equal(emb_wire_url(row(rows[i].provider), T, &parts, &url, &err), EMB_ECONFIG);
    assert_null(url);
    if (!strstr(err.message, rows[i].words)) fail_msg("row %zu: %s", i, err.message);
  }
}

static void test_url__url_and_model_choose_the_row(void **state) {
  (void)state;
  static const struct {
    const char *provider, *url, *model, *want;
    int image;
  } rows[] = {
      {"ollama", NULL, "m", "ollama", 0},
      {"ollama", "http://h:11434", "m", "ollama", 0},
      {"ollama", "http://h:11434/api/embed", "m", "ollama", 0},
      {"ollama", "http://h:11434/api/embeddings", "m", "ollama-legacy", 0},
      {"ollama", "http://h:11434/v1/embeddings", "m", "ollama-openai", 0},
      {"ollama", "http://h:11434/v1/embeddings?x=1", "m", "ollama-openai", 0},
      {"llamacpp", "http://h:8080/embedding", "m", "llamacpp-native", 0},
      {"llamacpp", "http://h:8080/v1/embeddings", NULL, "llamacpp", 0},
      {"tei", "http://h/v1/embeddings", NULL, "tei-openai", 0},
      {"tei", "http://h/embed", NULL, "tei", 0},
      {"openai", "http://h/embedding", "m", "openai", 0},
      {"cohere", NULL, "embed-v4.0", "cohere", 0},
      {"cohere", NULL, "embed-english-v3.0", "cohere-v3", 0},
      {"gemini", NULL, "gemini-embedding-001", "gemini", 0},
      {"gemini", NULL, "gemini-embedding-2-preview", "gemini-2", 0},
      {"bedrock", NULL, "amazon.titan-embed-text-v2:0", "bedrock", 0},
      {"bedrock", NULL, "amazon.titan-embed-text-v1", "bedrock-titan-v1", 0},
      {"bedrock", NULL, "amazon.titan-embed-image-v1", "bedrock-titan-image", 0},
      {"bedrock", NULL, "us.amazon.nova-2-multimodal-embeddings-v1:0", "bedrock-nova", 0},
      {"bedrock", NULL, "us.cohere.embed-v4:0", "bedrock-cohere", 0},
      {"bedrock", NULL, "cohere.embed-multilingual-v3", "bedrock-cohere-v3", 0},
      {"siliconflow", NULL, "Qwen/Qwen3-Embedding-8B", "siliconflow-qwen3", 0},
      {"siliconflow", NULL, "Qwen/Qwen3-VL-Embedding-8B", "siliconflow-vl", 0},
      {"dashscope", NULL, "qwen2.5-vl-embedding", "dashscope-multimodal", 0},
      {"jina", NULL, "jina-clip-v2", "jina-clip", 0},
      {"jina", NULL, "jina-embeddings-v3", "jina", 0},
      /* images are wanted: a row that embeds them, also where the model is not known for it */
      {"voyage", NULL, NULL, "voyage-multimodal", 1},
      {"voyage", NULL, "voyage-3.5", "voyage", 1}, /* its models' names are known */
      {"nomic", NULL, "nomic-embed-text-v2-moe", "nomic", 1},
      {"bedrock", NULL, "amazon.titan-embed-text-v2:0", "bedrock", 1},
      {"vertex", NULL, "gemini-embedding-001", "vertex", 0},
      {"vertex", NULL, "gemini-embedding-exp-03-07", "vertex-content", 0},
      {"llamacpp", "http://h:8080/embeddings", NULL, "llamacpp-native", 0},
      {"vllm", NULL, "my/own-clip", "vllm-multimodal", 1},
      {"vllm", NULL, "my/own", "vllm-multimodal", 1},
      {"llamacpp", NULL, NULL, "llamacpp-multimodal", 1},
      {"openai", NULL, "m", "openai", 1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct emb_provider *p =
        emb_provider_for(row(rows[i].provider), rows[i].url, rows[i].model, rows[i].image);
    if (strcmp(p->name, rows[i].want) != 0) fail_msg("row %zu: %s", i, p->name);
  }
}

static void test_url__tells_endpoints_from_bases(void **state) {
  (void)state;
  const struct emb_provider *p = row("openai");
  assert_int_equal(emb_wire_url_is_endpoint(p, "https://h/v1/embeddings"), 1);
  assert_int_equal(emb_wire_url_is_endpoint(p, "https://h/v1/embeddings#x"), 1);
  assert_int_equal(emb_wire_url_is_endpoint(p, "https://h/v1"), 0);
  assert_int_equal(emb_wire_url_is_endpoint(p, "https://h?x=/embeddings"), 0);
  assert_int_equal(emb_wire_url_is_endpoint(row("tei"), "https://h/embed"), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_url__table),
      cmocka_unit_test(test_url__refuses_what_is_no_url),
      cmocka_unit_test(test_url__url_and_model_choose_the_row),
      cmocka_unit_test(test_url__tells_endpoints_from_bases),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
