/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hosts of URLs, private ones, and lists of those that are allowed, as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "base/host.h"

#define N(array) (sizeof(array) / sizeof *(array))

static void test_host__of_a_url(void **state) {
  (void)state;
  static const struct {
    const char *url, *name;
    int port;
  } rows[] = {
      {"https://api.openai.com/v1/embeddings", "api.openai.com", 443},
      {"HTTPS://API.OpenAI.com", "api.openai.com", 443},
      {"http://h", "h", 80},
      {"http://h:8080/x:9", "h", 8080},
      {"http://h.:8080", "h", 8080},
      {"http://h?x=@y", "h", 80},
      {"http://h#@y", "h", 80},
      {"http://me:pw@h:81/", "h", 81},
      {"http://[::1]:11434/api", "::1", 11434},
      {"http://[FE80::1]/", "fe80::1", 80},
      {"socks5h://proxy:1080", "proxy", 1080},
      {"socks5h://proxy", "proxy", 0},
      {"proxy:3128", "proxy", 3128},
      {"http://h:/", "h", 80},
  };
  static const char *const bad[] = {"http://",        "http:///path",       "http://a@b@c",
                                    "http://a\\@b/",  "http://h:70000/",    "http://h:8x/",
                                    "http://[::1",    "http://[::1]x",      "http://%31.0.0.1/",
                                    "http://a b/",    "http://h:123456789", "http://.",
                                    "http://a\x7f/x", "http://u@/"};
  for (size_t i = 0; i < N(rows); i++) {
    struct emb_host host;
    if (emb_host_of_url(rows[i].url, &host)) fail_msg("%s", rows[i].url);
    assert_string_equal(host.name, rows[i].name);
    assert_int_equal(host.port, rows[i].port);
  }
  for (size_t i = 0; i < N(bad); i++) {
    struct emb_host host;
    if (emb_host_of_url(bad[i], &host) != EMB_EARG) fail_msg("%s: %s", bad[i], host.name);
  }
}

static void test_host__private_names_and_addresses(void **state) {
  (void)state;
  static const char *const own[] = {
      "localhost",  "x.localhost",     "127.0.0.1",   "127.9.9.9",   "10.1.2.3",
      "172.16.0.1", "172.31.9.9",      "192.168.0.7", "100.100.1.1", "0.0.0.0",
      "::1",        "fd00::1",         "ollama",      "nas.local",   "gpu.svc",
      "x.lan",      "::ffff:10.0.0.1", "a.internal",  "h.home.arpa", "no-such-host.invalid"};
  static const char *const other[] = {"api.openai.com", "8.8.8.8",     "172.15.0.1",
                                      "172.32.0.1",     "192.169.0.1", "100.128.0.1",
                                      "11.0.0.1",       "2001:db8::1", "::2",
                                      "::ffff:8.8.8.8", "127.1",       "2130706433",
                                      "0x7f000001",     "0177.0.0.1",  "127.0.0.1.example.com",
                                      "local.com",      "xlocal.com",  "evil.lan.io",
                                      "10.0.0.1.nip.io"};
  for (size_t i = 0; i < N(own); i++)
    if (!emb_host_is_private(own[i])) fail_msg("%s", own[i]);
  for (size_t i = 0; i < N(other); i++)
    if (emb_host_is_private(other[i])) fail_msg("%s", other[i]);
}

static void test_host__lists_of_the_allowed(void **state) {
  (void)state;
  static const struct {
    const char *list, *url;
    int allowed;
  } rows[] = {
      {"api.openai.com", "https://api.openai.com/v1", 1},
      {"API.openai.com", "https://api.openai.com./v1", 1},
      {"api.openai.com", "https://api.openai.com.evil.com/", 0},
      {"api.openai.com", "https://xapi.openai.com/", 0},
      {"a, localhost:11434 ,b", "http://localhost:11434/", 1},
      {"localhost:11434", "http://localhost:11435/", 0},
      {"localhost:80", "http://localhost/", 1},
      {"https://h/", "https://h/x", 1},
      {"*.example.com", "https://a.example.com", 1},
      {"*.example.com", "https://a.b.example.com:8443", 1},
      {"*.example.com:443", "https://a.example.com:8443", 0},
      {"*.example.com", "https://example.com", 0},
      {"*.example.com", "https://aexample.com", 0},
      {"*", "https://anything", 1},
      {"", "https://anything", 0},
      {" , ,", "https://anything", 0},
      {"[::1]:8080", "http://[::1]:8080/", 1},
      {"h", "https://me@h/", 1},
      {"h", "https://h@evil.com/", 0},
      {"*.", "https://a.b", 0},
  };
  for (size_t i = 0; i < N(rows); i++) {
    struct emb_host host;
    assert_int_equal(emb_host_of_url(rows[i].url, &host), EMB_OK);
    if (emb_host_is_allowed(rows[i].list, &host) != rows[i].allowed)
      fail_msg("'%s' and %s", rows[i].list, rows[i].url);
  }
}

static void test_host__of_parts(void **state) {
  (void)state;
  struct emb_host host;
  assert_int_equal(emb_host_of_parts("[FD00::1]", 443, &host), EMB_OK);
  assert_string_equal(host.name, "fd00::1");
  assert_int_equal(emb_host_of_parts("API.Example.com.", 8443, &host), EMB_OK);
  assert_string_equal(host.name, "api.example.com");
  assert_int_equal(host.port, 8443);
  assert_int_equal(emb_host_of_parts("", 1, &host), EMB_EARG);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_host__of_a_url),
      cmocka_unit_test(test_host__private_names_and_addresses),
      cmocka_unit_test(test_host__lists_of_the_allowed),
      cmocka_unit_test(test_host__of_parts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
