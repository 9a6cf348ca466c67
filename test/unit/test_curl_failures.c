/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The real transport where a reply, the network, a proxy or the machine's certificates are not as
 * they should be; test_curl.c has the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "http/curl.h"
#include "http/curl_setup.h"
#include "loopback.h"

static struct loopback server;
static struct emb_transport transport;

struct call {
  struct emb_request request;
  struct emb_reply reply;
  struct emb_exchange exchange;
};

static void prepare(struct call *call, const char *url) {
  memset(call, 0, sizeof *call);
  call->request.url = emb_strdup(url);
  call->exchange.request = &call->request;
  call->exchange.reply = &call->reply;
}

/* Runs to the end. */
static void finish(struct call *call) {
  long long limit = transport.now_ms(transport.ctx) + 10000;
  int rc = transport.start(transport.ctx, &call->exchange);
  if (rc) return; /* the reply says why */
  while (!call->exchange.done) {
    assert_int_equal(transport.poll(transport.ctx, 100), 0);
    if (transport.now_ms(transport.ctx) > limit) fail_msg("no end");
  }
}

static void assert_failed(struct call *call, int code, int may_retry, const char *words) {
  if (call->reply.transport != code || call->reply.may_retry != may_retry ||
      !strstr(call->reply.transport_text, words))
    fail_msg("%d, %d: %s", call->reply.transport, call->reply.may_retry,
             call->reply.transport_text);
  assert_null(strstr(call->reply.transport_text, "secret"));
  assert_null(call->exchange.handle);
  emb_request_release(&call->request);
  emb_reply_release(&call->reply);
}

static int open_both(void **state) {
  struct emb_err err;
  (void)state;
  if (loopback_start(&server)) return -1;
  return emb_curl_open(&transport, 8, &err);
}

static int close_both(void **state) {
  (void)state;
  transport.close(transport.ctx);
  loopback_stop(&server);
  return 0;
}

/* Every way in which a reply can be bad, with its code, whether it may go away, and the words. */
static void test_failures__replies_are_told_by_kind(void **state) {
  (void)state;
  static const struct {
    const char *path;
    int code, may_retry;
    const char *words;
  } rows[] = {
      {"/cut", EMB_ETRUNCATED, 1, "cut short after 5 bytes"},
      {"/nothing", EMB_ECONNECT, 1, "closed the connection without a reply"},
      {"/ssh", EMB_EREPLY, 0, "does not speak HTTP"},
      {"/badgzip", EMB_EREPLY, 0, "could not be decoded"},
      {"/badsum", EMB_EREPLY, 0, "could not be decoded"},
      {"/longheader", EMB_EREPLY, 0, "headers are too large"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct call call;
    char url[80], host[40];
    snprintf(host, sizeof host, "127.0.0.1:%d", server.port);
    snprintf(url, sizeof url, "http://%s%s?key=sk-secret", host, rows[i].path);
    prepare(&call, url);
    assert_int_equal(emb_request_header(&call.request, "api-key", "sk-secret"), 0);
    finish(&call);
    assert_int_equal(call.reply.status, 0);
    assert_non_null(strstr(call.reply.transport_text, host));
    assert_failed(&call, rows[i].code, rows[i].may_retry, rows[i].words);
  }
}

static void test_failures__refused_connection_names_host_and_port(void **state) {
  (void)state;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* bound, so that no one else listens */
  assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
  char url[100], want[200];
  int port = ntohs(address.sin_port);
  snprintf(url, sizeof url, "http://me:sk-secret@127.0.0.1:%d/v1?key=sk-secret", port);
  snprintf(want, sizeof want,
           "could not connect to 127.0.0.1:%d (connection refused); is the server running, and the "
           "client's url right?",
           port);
  struct call call;
  prepare(&call, url);
  finish(&call);
  assert_string_equal(call.reply.transport_text, want);
  assert_failed(&call, EMB_ECONNECT, 2, want);
  close(fd);
}

static void test_failures__a_proxy_that_refuses_is_told_from_the_server(void **state) {
  (void)state;
  static const struct {
    const char *url, *words;
    int may_retry;
  } rows[] = {{"https://far.example/v1?key=secret", "far.example:443 (HTTP 502)", 1},
              {"https://denied.example/", "denied.example:443 (HTTP 407)", 0}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct call call;
    char proxy[80];
    prepare(&call, rows[i].url);
    snprintf(proxy, sizeof proxy, "http://user:secret@127.0.0.1:%d", server.port);
    call.request.proxy = emb_strdup(proxy);
    finish(&call);
    assert_non_null(strstr(call.reply.transport_text, "the proxy refused to connect to "));
    assert_failed(&call, EMB_ECONNECT, rows[i].may_retry, rows[i].words);
  }
}

static void test_failures__a_url_that_is_none(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "http://[::1/?secret");
  finish(&call);
  assert_failed(&call, EMB_ECONFIG, 0, "no clear name of a host");
}

static void test_failures__a_connection_that_is_reset(void **state) {
  (void)state;
  struct call call;
  char url[80];
  snprintf(url, sizeof url, "http://127.0.0.1:%d/resetbody?secret", server.port);
  prepare(&call, url);
  finish(&call);
  assert_failed(&call, EMB_ECONNECT, 1, "broke (");
}

/* A port whose queue of connections is full answers no SYN. */
static void test_failures__a_server_that_does_not_answer_the_connection(void **state) {
  (void)state;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), waiting[8], n = 0;
  assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
  assert_int_equal(listen(listener, 0), 0);
  assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
  for (int full = 0; n < 8 && !full; n++) {
    waiting[n] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connect(waiting[n], (struct sockaddr *)&address, size))
      assert_int_equal(errno, EINPROGRESS);
    struct pollfd way = {.fd = waiting[n], .events = POLLOUT};
    full = poll(&way, 1, 100) == 0;
  }
  struct call call;
  char url[80];
  snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(address.sin_port));
  prepare(&call, url);
  call.request.connect_timeout_ms = 150;
  long long since = transport.now_ms(transport.ctx);
  finish(&call);
  assert_in_range(transport.now_ms(transport.ctx) - since, 140, 5000);
  assert_failed(&call, EMB_ETIMEOUT, 1, "could not connect to 127.0.0.1");
  while (n--) close(waiting[n]);
  close(listener);
}

static void test_failures__http2_is_asked_for_and_may_be_refused(void **state) {
  (void)state;
  struct call call;
  char url[80];
  snprintf(url, sizeof url, "http://127.0.0.1:%d/ok", server.port);
  prepare(&call, url);
  call.request.use_http2 = 1;
  finish(&call);
  assert_int_equal(call.reply.status, 200);
  assert_string_equal(call.reply.body.data, "hello");
  emb_request_release(&call.request);
  emb_reply_release(&call.reply);
}

/* ---- where certificates come from ---- */

static void forget_variables(void) {
  unsetenv("SSL_CERT_FILE");
  unsetenv("CURL_CA_BUNDLE");
  unsetenv("SSL_CERT_DIR");
}

static void test_failures__certificates_are_found(void **state) {
  (void)state;
  static const char *const names[] = {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"};
  char *kept[3];
  struct emb_curl_ca ca;
  for (int i = 0; i < 3; i++) kept[i] = emb_strdup(getenv(names[i]));
  forget_variables();
  assert_int_equal(emb_curl_find_ca(&ca), 0);
  assert_true(ca.default_exists || ca.file); /* those of the machine */
  emb_curl_release_ca(&ca);
  setenv("CURL_CA_BUNDLE", "/b", 1);
  assert_int_equal(emb_curl_find_ca(&ca), 0);
  assert_string_equal(ca.file, "/b");
  emb_curl_release_ca(&ca);
  setenv("SSL_CERT_FILE", "/a", 1);
  assert_int_equal(emb_curl_find_ca(&ca), 0);
  assert_string_equal(ca.file, "/a");
  emb_curl_release_ca(&ca);
  setenv("SSL_CERT_FILE", "", 1); /* as good as none */
  assert_int_equal(emb_curl_find_ca(&ca), 0);
  assert_string_equal(ca.file, "/b");
  emb_curl_release_ca(&ca);
  emb_curl_release_ca(&ca);
  forget_variables();
  for (int i = 0; i < 3; i++) {
    if (kept[i]) setenv(names[i], kept[i], 1);
    emb_free(kept[i]);
  }
}

/* Without a variable libcurl's own default stands, and a server that speaks no TLS is told so. */
static void test_failures__the_default_certificates_are_used(void **state) {
  (void)state;
  struct emb_transport own, other = transport;
  struct emb_err err;
  struct call call;
  char url[80];
  pid_t child = fork();
  if (!child) {
    forget_variables();
    if (emb_curl_open(&own, 2, &err)) _exit(2);
    transport = own;
    snprintf(url, sizeof url, "https://127.0.0.1:%d/ok", server.port);
    prepare(&call, url);
    finish(&call);
    int good = call.reply.transport == EMB_ETLS && strstr(call.reply.transport_text, "TLS to ");
    transport.close(transport.ctx);
    transport = other;
    emb_request_release(&call.request);
    emb_reply_release(&call.reply);
#ifndef __SANITIZE_ADDRESS__ /* for which the parent's memory would be lost */
    exit(good ? 0 : 1);      /* so that what was counted for make coverage is written */
#endif
    _exit(good ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_failures__a_proxy_that_is_away_is_named_in_place_of_the_server(void **state) {
  (void)state;
  struct call call;
  char url[60];
  snprintf(url, sizeof url, "http://127.0.0.1:%d/ok", server.port);
  prepare(&call, url);
  call.request.proxy = emb_strdup("http://me:sk-secret@127.0.0.1:1");
  finish(&call);
  assert_non_null(strstr(call.reply.transport_text, "; check the client's proxy"));
  assert_failed(&call, EMB_ECONNECT, 2, "connect to the proxy 127.0.0.1:1 (connection refused)");
}

static void test_failures__a_lack_of_descriptors_is_named(void **state) {
  (void)state;
  struct call call;
  struct rlimit old, none;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
  prepare(&call, "http://127.0.0.1:1/");
  assert_int_equal(transport.start(transport.ctx, &call.exchange), 0);
  none = old;
  none.rlim_cur = 0; /* those that are open stay so */
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  for (int i = 0; i < 200 && !call.exchange.done; i++) transport.poll(transport.ctx, 0);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
  assert_failed(&call, EMB_ECONNECT, 2, "(too many open files); ");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_failures__replies_are_told_by_kind),
      cmocka_unit_test(test_failures__refused_connection_names_host_and_port),
      cmocka_unit_test(test_failures__a_proxy_that_refuses_is_told_from_the_server),
      cmocka_unit_test(test_failures__a_proxy_that_is_away_is_named_in_place_of_the_server),
      cmocka_unit_test(test_failures__a_lack_of_descriptors_is_named),
      cmocka_unit_test(test_failures__a_url_that_is_none),
      cmocka_unit_test(test_failures__a_connection_that_is_reset),
      cmocka_unit_test(test_failures__a_server_that_does_not_answer_the_connection),
      cmocka_unit_test(test_failures__http2_is_asked_for_and_may_be_refused),
      cmocka_unit_test(test_failures__certificates_are_found),
      cmocka_unit_test(test_failures__the_default_certificates_are_used),
  };
  return cmocka_run_group_tests(tests, open_both, close_both);
}
