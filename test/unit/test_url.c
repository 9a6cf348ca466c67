/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From what a user gives as url to the endpoints of both routes, as one table. */
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
      /* a full endpoint stays as it is */
      {"openai", T, "https://h/v1/embeddings", "m", NULL, "https://h/v1/embeddings"},
      {"openai", T, "https://h/v1/embeddings?a=b", "m", NULL, "https://h/v1/embeddings?a=b"},
      {"openai-compatible", T, "http://h:8000/v1/embeddings/", "m", NULL,
       "http://h:8000/v1/embeddings/"},
      {"ollama", T, "http://h:11434/api/embed", "m", NULL, "http://h:11434/api/embed"},
      {"cohere", T, "https://h/v2/embed", "m", NULL, "https://h/v2/embed"},
      {"nomic", T, "https://h/v1/embedding/text", "m", NULL, "https://h/v1/embedding/text"},
      {"openai", V, "https://h/x/chat/completions", "m", NULL, "https://h/x/chat/completions"},
      /* the superseded endpoint of Ollama gives way to its successor */
      {"ollama", T, "http://h:11434/api/embeddings", "m", NULL, "http://h:11434/api/embed"},
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
    int rc = emb_wire_url(row(rows[i].provider), rows[i].route, rows[i].url, rows[i].model,
                          rows[i].version, &url, &err);
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
      {"openai", "http://h/a b", "a space or a control character"},
      {"openai", "http://h/\r\nX: y", "a space or a control character"},
      {"openai-compatible", NULL, "needs the option 'url'"},
      {"azure", NULL, "needs the option 'url'"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char *url = NULL;
    struct emb_err err = {0};
    assert_int_equal(emb_wire_url(row(rows[i].provider), T, rows[i].url, "m", NULL, &url, &err),
                     EMB_ECONFIG);
    assert_null(url);
    if (!strstr(err.message, rows[i].words)) fail_msg("row %zu: %s", i, err.message);
  }
}

static void test_url__ending_chooses_the_shape(void **state) {
  (void)state;
  static const struct {
    const char *provider, *url, *want;
  } rows[] = {
      {"ollama", NULL, "ollama"},
      {"ollama", "http://h:11434", "ollama"},
      {"ollama", "http://h:11434/api/embed", "ollama"},
      {"ollama", "http://h:11434/api/embeddings", "ollama"},
      {"ollama", "http://h:11434/v1/embeddings", "ollama-openai"},
      {"ollama", "http://h:11434/v1/embeddings?x=1", "ollama-openai"},
      {"llamacpp", "http://h:8080/embedding", "llamacpp-native"},
      {"llamacpp", "http://h:8080/v1/embeddings", "llamacpp"},
      {"tei", "http://h/v1/embeddings", "tei-openai"},
      {"tei", "http://h/embed", "tei"},
      {"openai", "http://h/embedding", "openai"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_string_equal(emb_provider_for_url(row(rows[i].provider), rows[i].url)->name,
                        rows[i].want);
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
      cmocka_unit_test(test_url__ending_chooses_the_shape),
      cmocka_unit_test(test_url__tells_endpoints_from_bases),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
