/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The real transport over libcurl against a server in this process (loopback.h): what reaches the
 * wire, what comes back, which hosts are refused, and that a fork and a cancel do no harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "http/curl.h"
#include "loopback.h"

static struct loopback server;
static struct emb_transport transport;

/* One request with everything that belongs to it. */
struct call {
  struct emb_request request;
  struct emb_reply reply;
  struct emb_exchange exchange;
  struct emb_sink sink;
  struct emb_buf got; /* what the sink was given */
  int sink_answer;
};

static int keep(void *ctx, const char *bytes, size_t n) {
  struct call *call = ctx;
  if (call->sink_answer) return call->sink_answer;
  return emb_buf_add(&call->got, bytes, n);
}

static void prepare_url(struct call *call, const char *url) {
  memset(call, 0, sizeof *call);
  call->request.url = emb_strdup(url);
  call->sink.write = keep;
  call->sink.ctx = call;
  call->exchange.request = &call->request;
  call->exchange.reply = &call->reply;
  call->exchange.sink = &call->sink;
}

static void prepare(struct call *call, const char *path) {
  char url[300];
  snprintf(url, sizeof url, "http://127.0.0.1:%d%s", server.port, path);
  prepare_url(call, url);
}

static void finish(struct call *call) {
  long long limit = transport.now_ms(transport.ctx) + 10000;
  int rc = transport.start(transport.ctx, &call->exchange);
  if (rc) fail_msg("not started: %d %s", rc, call->reply.transport_text);
  while (!call->exchange.done) {
    assert_int_equal(transport.poll(transport.ctx, 100), 0);
    if (transport.now_ms(transport.ctx) > limit) fail_msg("no end");
  }
  assert_null(call->exchange.handle);
}

static void release(struct call *call) {
  emb_request_release(&call->request);
  emb_reply_release(&call->reply);
  emb_buf_release(&call->got);
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

static void test_curl__body_of_a_200_goes_to_the_sink(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "/ok");
  finish(&call);
  assert_int_equal(call.reply.transport, 0);
  assert_int_equal(call.reply.status, 200);
  assert_string_equal(call.got.data, "hello");
  assert_int_equal(call.reply.body.n, 0);
  assert_int_equal(call.reply.bytes_in, 5);
  assert_int_equal(call.reply.new_connections, 1);
  assert_string_equal(call.reply.request_id, "req-7");
  release(&call);
}

static void test_curl__body_of_a_200_without_sink_is_kept(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "/ok");
  call.exchange.sink = NULL;
  finish(&call);
  assert_string_equal(call.reply.body.data, "hello");
  release(&call);
}

static void test_curl__connections_are_reused(void **state) {
  (void)state;
  for (int i = 0; i < 5; i++) {
    struct call call;
    prepare(&call, i == 2 ? "/e503" : "/ok"); /* an error body that is cut keeps it, too */
    finish(&call);
    assert_int_equal(call.reply.new_connections, i == 0);
    release(&call);
  }
  assert_int_equal(atomic_load(&server.connections), 1);
  assert_int_equal(atomic_load(&server.requests), 5);
}

static void test_curl__burst_keeps_all_its_connections(void **state) {
  (void)state;
  struct call calls[8];
  for (int round = 0; round < 3; round++) {
    int done = 0;
    for (int i = 0; i < 8; i++) {
      prepare(&calls[i], "/ok");
      assert_int_equal(transport.start(transport.ctx, &calls[i].exchange), 0);
    }
    while (done < 8) {
      transport.poll(transport.ctx, 100);
      done = 0;
      for (int i = 0; i < 8; i++) done += calls[i].exchange.done;
    }
    for (int i = 0; i < 8; i++) release(&calls[i]);
  }
  assert_in_range(atomic_load(&server.connections), 1, 8);
}

static void test_curl__error_body_is_kept_up_to_its_cap(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "/e503");
  finish(&call);
  assert_int_equal(call.reply.transport, 0);
  assert_int_equal(call.reply.status, 503);
  assert_int_equal(call.reply.body.n, EMB_MAX_ERROR_BODY);
  assert_int_equal(call.got.n, 0);
  assert_string_equal(call.reply.retry_after, "7");
  assert_string_equal(call.reply.retry_after_ms, "250");
  assert_string_equal(call.reply.should_retry, "true");
  assert_string_equal(call.reply.request_id, "amz-1");
  release(&call);
}

static void test_curl__informational_reply_leaves_nothing(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "/hints");
  finish(&call);
  assert_int_equal(call.reply.status, 200);
  assert_string_equal(call.reply.retry_after, "");
  assert_string_equal(call.reply.tokens_left.reset, "");
  assert_string_equal(call.got.data, "hinted");
  release(&call);
}

static void test_curl__limits_are_read_and_bounded(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "/hints");
  finish(&call);
  assert_string_equal(call.reply.requests_left.remaining, "49");
  assert_string_equal(call.reply.requests_left.reset, "20ms");
  assert_int_equal(strlen(call.reply.tokens_left.remaining), 23);
  release(&call);
}

static void test_curl__redirect_is_not_followed(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "/302");
  finish(&call);
  assert_int_equal(call.reply.status, 302);
  assert_int_equal(call.reply.transport, 0);
  assert_string_equal(call.reply.location, "http://127.0.0.1:1/elsewhere"); /* without the query */
  assert_int_equal(atomic_load(&server.requests), 1);
  release(&call);
}

static void test_curl__headers_and_body_reach_the_server(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "/ok");
  assert_int_equal(emb_request_header(&call.request, "Authorization", "Bearer sk-secret"), 0);
  assert_int_equal(emb_request_header(&call.request, "Content-Type", "application/json"), 0);
  assert_int_equal(emb_buf_add(&call.request.body, "{\"a\":\0}", 7), 0); /* with a NUL inside */
  finish(&call);
  assert_int_equal(call.reply.bytes_out, 7);
  pthread_mutex_lock(&server.lock);
  assert_int_equal(strncmp(server.head, "POST /ok HTTP/1.1\r\n", 19), 0);
  assert_non_null(strstr(server.head, "\r\nAuthorization: Bearer sk-secret\r\n"));
  assert_non_null(strstr(server.head, "\r\nContent-Type: application/json\r\n"));
  assert_non_null(strstr(server.head, "\r\nUser-Agent: sqlite-rembed/"));
  assert_non_null(strstr(server.head, "\r\nAccept-Encoding: identity\r\n"));
  assert_null(strcasestr(server.head, "expect"));
  assert_int_equal(server.body_n, 7);
  pthread_mutex_unlock(&server.lock);
  release(&call);
}

static void test_curl__empty_body_is_a_get_that_may_ask_for_gzip(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "/ok");
  call.request.accept_gzip = 1;
  finish(&call);
  pthread_mutex_lock(&server.lock);
  assert_int_equal(strncmp(server.head, "GET /ok HTTP/1.1\r\n", 18), 0);
  assert_non_null(strstr(server.head, "\r\nAccept-Encoding: gzip\r\n"));
  pthread_mutex_unlock(&server.lock);
  release(&call);
}

static void test_curl__large_body_does_not_wait_for_100_continue(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "/ok");
  assert_int_equal(emb_buf_reserve(&call.request.body, 3u << 20), 0);
  memset(call.request.body.data, 'a', 3u << 20);
  call.request.body.n = 3u << 20;
  finish(&call);
  assert_int_equal(call.reply.status, 200);
  assert_true(call.reply.elapsed_ms < 900);
  assert_int_equal(call.reply.bytes_out, 3u << 20);
  pthread_mutex_lock(&server.lock);
  assert_int_equal(server.body_n, 3u << 20);
  assert_null(strcasestr(server.head, "expect"));
  pthread_mutex_unlock(&server.lock);
  release(&call);
}

static void test_curl__refusal_during_the_upload_is_still_that_refusal(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "/early413");
  assert_int_equal(emb_buf_reserve(&call.request.body, 16u << 20), 0);
  memset(call.request.body.data, 'a', 16u << 20);
  call.request.body.n = 16u << 20;
  finish(&call);
  assert_int_equal(call.reply.status, 413);
  assert_int_equal(call.reply.transport, 0);
  release(&call);
}

static void test_curl__unasked_gzip_is_decoded(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "/gzip");
  finish(&call);
  assert_int_equal(call.reply.transport, 0);
  assert_string_equal(call.got.data, "hello gzip");
  assert_int_equal(call.reply.bytes_in, 10);
  release(&call);
}

static void test_curl__limit_of_the_reply_stops_it(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "/big");
  call.request.max_reply_bytes = 1000000;
  finish(&call);
  assert_int_equal(call.reply.transport, EMB_ETOOBIG);
  assert_int_equal(call.reply.status, 0);
  assert_int_equal(call.reply.may_retry, 0);
  assert_non_null(strstr(call.reply.transport_text, "1000000 bytes"));
  assert_true(call.got.n <= 1000000);
  release(&call);
  prepare(&call, "/big"); /* exactly the limit is fine */
  call.request.max_reply_bytes = 3u << 20;
  finish(&call);
  assert_int_equal(call.reply.transport, 0);
  assert_int_equal(call.got.n, 3u << 20);
  release(&call);
}

static void test_curl__body_without_sink_has_its_own_limit(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "/huge");
  call.exchange.sink = NULL;
  finish(&call);
  assert_int_equal(call.reply.transport, EMB_ETOOBIG);
  release(&call);
}

static void test_curl__sink_that_refuses_stops_the_transfer(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "/big");
  call.sink_answer = EMB_EREPLY;
  finish(&call);
  assert_int_equal(call.exchange.sink_error, EMB_EREPLY);
  assert_int_equal(call.reply.transport, EMB_EREPLY);
  release(&call);
}

static void test_curl__link_local_addresses_are_refused(void **state) {
  (void)state;
  static const char *const urls[] = {
      "http://169.254.169.254/latest",    "http://0xa9fea9fe/",   "http://2852039166/",
      "http://[::ffff:169.254.169.254]/", "http://[fe80::1]:80/", "http://[fd00:ec2::254]/"};
  for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
    struct call call;
    prepare_url(&call, urls[i]);
    finish(&call);
    assert_int_equal(call.reply.transport, EMB_ECONNECT);
    assert_int_equal(call.reply.may_retry, 0);
    if (!strstr(call.reply.transport_text, "link-local address refused"))
      fail_msg("%s: %s", urls[i], call.reply.transport_text);
    release(&call);
  }
}

static void expect_refusal(const char *url, const char *proxy, int code, const char *words) {
  struct call call;
  prepare_url(&call, url);
  if (proxy) call.request.proxy = emb_strdup(proxy);
  if (!transport.start(transport.ctx, &call.exchange))
    while (!call.exchange.done) assert_int_equal(transport.poll(transport.ctx, 100), 0);
  assert_int_equal(call.reply.transport, code);
  assert_int_equal(call.reply.may_retry, 0);
  assert_int_equal(call.reply.new_connections, 0);
  if (!strstr(call.reply.transport_text, words)) fail_msg("%s: %s", url, call.reply.transport_text);
  release(&call);
}

static void test_curl__plain_http_goes_to_private_addresses_only(void **state) {
  (void)state;
  /* written as a number it could pass for a name without a dot */
  static const char *const urls[] = {"http://192.0.2.1/", "http://3221225985/",
                                     "http://0xC0000201/", "http://[2001:db8::1]/"};
  for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
    expect_refusal(urls[i], NULL, EMB_ECONNECT, "its address is public and plain http");
}

static void test_curl__allowed_hosts_are_the_only_ones(void **state) {
  (void)state;
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d/ok", server.port);
  setenv("REMBED_ALLOW_HOSTS", "localhost, *.example.com", 1);
  expect_refusal(url, NULL, EMB_ECONFIG, "this host is not in REMBED_ALLOW_HOSTS");
  expect_refusal("http://127.0.0.1:1@evil.invalid/", NULL, EMB_ECONFIG,
                 "evil.invalid:80: this host");
  setenv("REMBED_ALLOW_HOSTS", "127.0.0.1", 1);
  expect_refusal(url, "http://127.0.0.2:9", EMB_ECONFIG, "the proxy: its host is not in");
  struct call call;
  prepare_url(&call, url);
  finish(&call);
  assert_int_equal(call.reply.status, 200);
  release(&call);
  prepare_url(&call, "http://127.0.0.1:1/by/proxy"); /* both are on the list */
  snprintf(url, sizeof url, "http://127.0.0.1:%d", server.port);
  call.request.proxy = emb_strdup(url);
  finish(&call);
  assert_int_equal(call.reply.status, 502); /* of the proxy */
  release(&call);
  unsetenv("REMBED_ALLOW_HOSTS");
}

static void test_curl__only_http_urls_are_taken(void **state) {
  (void)state;
  static const char *const urls[] = {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://h/"};
  for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
    struct call call;
    prepare_url(&call, urls[i]);
    int rc = transport.start(transport.ctx, &call.exchange); /* no host to check, or no http */
    while (!rc && !call.exchange.done) assert_int_equal(transport.poll(transport.ctx, 100), 0);
    assert_int_equal(call.reply.transport, rc ? EMB_ECONFIG : EMB_EREPLY);
    assert_int_equal(call.reply.may_retry, 0);
    assert_int_equal(call.got.n, 0);
    release(&call);
  }
}

static void test_curl__ca_file_that_is_missing_is_named(void **state) {
  (void)state;
  struct call call;
  char url[60];
  snprintf(url, sizeof url, "https://127.0.0.1:%d/ok", server.port);
  prepare_url(&call, url);
  call.request.ca_file = emb_strdup("/nowhere/ca.pem");
  finish(&call);
  assert_int_equal(call.reply.transport, EMB_ETLS);
  assert_int_equal(call.reply.may_retry, 0);
  assert_non_null(strstr(call.reply.transport_text, "/nowhere/ca.pem"));
  release(&call);
}

static void test_curl__cancel_in_flight_leaves_the_transport_usable(void **state) {
  (void)state;
  struct call call;
  prepare(&call, "/hang");
  assert_int_equal(transport.start(transport.ctx, &call.exchange), 0);
  for (int i = 0; i < 200 && atomic_load(&server.requests) == 0; i++)
    transport.poll(transport.ctx, 10);
  assert_int_equal(atomic_load(&server.requests), 1);
  transport.cancel(transport.ctx, &call.exchange);
  assert_null(call.exchange.handle);
  assert_int_equal(call.exchange.done, 0);
  assert_non_null(strstr(call.reply.transport_text, "waiting for 127.0.0.1:"));
  transport.cancel(transport.ctx, &call.exchange); /* nothing in flight: no harm */
  release(&call);
  prepare(&call, "/ok");
  finish(&call);
  assert_string_equal(call.got.data, "hello");
  release(&call);
}

static void test_curl__close_ends_what_is_in_flight(void **state) {
  (void)state;
  struct call call;
  struct emb_err err;
  prepare(&call, "/hang");
  assert_int_equal(transport.start(transport.ctx, &call.exchange), 0);
  transport.poll(transport.ctx, 10);
  transport.close(transport.ctx);
  assert_null(call.exchange.handle);
  release(&call);
  assert_int_equal(emb_curl_open(&transport, 8, &err), 0);
}

/* What the child does with the parent's transport; the exit code tells. */
static int child_work(struct call *in_flight) {
  struct call call;
  transport.poll(transport.ctx, 0);
  if (!in_flight->exchange.done || in_flight->reply.transport != EMB_ECONNECT) return 1;
  prepare(&call, "/echo?child");
  if (transport.start(transport.ctx, &call.exchange)) return 2;
  for (int i = 0; i < 100 && !call.exchange.done; i++) transport.poll(transport.ctx, 100);
  if (!call.exchange.done || call.reply.new_connections != 1) return 3;
  if (!call.got.data || strcmp(call.got.data, "/echo?child") != 0) return 4;
  transport.close(transport.ctx);
  return 0;
}

static void test_curl__forked_child_makes_its_own_connections(void **state) {
  (void)state;
  struct call first, pending, second;
  prepare(&first, "/echo?first");
  finish(&first);
  prepare(&pending, "/echo?pending");
  assert_int_equal(transport.start(transport.ctx, &pending.exchange), 0);
  pid_t child = fork();
  if (child == 0) _exit(child_work(&pending));
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
  for (int i = 0; i < 100 && !pending.exchange.done; i++) transport.poll(transport.ctx, 100);
  assert_string_equal(pending.got.data, "/echo?pending");
  assert_int_equal(pending.reply.new_connections, 0);
  prepare(&second, "/echo?second");
  finish(&second);
  assert_int_equal(second.reply.new_connections, 0);
  assert_string_equal(second.got.data, "/echo?second");
  release(&first);
  release(&pending);
  release(&second);
}

static void test_curl__sockets_are_not_inherited(void **state) {
  (void)state;
  struct call call;
  int found = 0;
  prepare(&call, "/ok");
  finish(&call);
  for (int fd = 3; fd < 200; fd++) {
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    if (getpeername(fd, (struct sockaddr *)&peer, &size) || peer.sin_family != AF_INET) continue;
    if (ntohs(peer.sin_port) != server.port) continue;
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    found++;
  }
  assert_int_equal(found, 1);
  release(&call);
}

static void test_curl__signal_mask_is_as_before(void **state) {
  (void)state;
  struct call call;
  sigset_t mask;
  prepare(&call, "/ok");
  finish(&call);
  pthread_sigmask(SIG_SETMASK, NULL, &mask);
  assert_int_equal(sigismember(&mask, SIGPIPE), 0);
  release(&call);
}

static void test_curl__idle_transport_sleeps_as_long_as_asked(void **state) {
  (void)state;
  long long from = transport.now_ms(transport.ctx);
  assert_int_equal(transport.poll(transport.ctx, 20), 0);
  assert_in_range(transport.now_ms(transport.ctx) - from, 19, 2000);
}

static void test_curl__own_allocation_that_fails_is_no_memory(void **state) {
  (void)state;
  struct call call;
  struct emb_transport other;
  prepare(&call, "/ok");
  emb_mem_fail_at(1, 0);
  assert_int_equal(transport.start(transport.ctx, &call.exchange), EMB_ENOMEM);
  emb_mem_fail_at(1, 0);
  assert_int_equal(emb_curl_open(&other, 1, NULL), EMB_ENOMEM);
  emb_mem_fail_at(0, 0);
  assert_null(call.exchange.handle);
  finish(&call);
  assert_int_equal(call.reply.status, 200);
  release(&call);
  prepare(&call, "/e503"); /* and for the body that is kept */
  assert_int_equal(transport.start(transport.ctx, &call.exchange), 0);
  emb_mem_fail_at(1, 1);
  for (int i = 0; i < 100 && !call.exchange.done; i++) transport.poll(transport.ctx, 100);
  emb_mem_fail_at(0, 0);
  assert_int_equal(call.reply.transport, EMB_ENOMEM);
  release(&call);
}

int main(void) {
  static const char *const variables[] = {"http_proxy", "https_proxy", "HTTPS_PROXY",
                                          "all_proxy",  "ALL_PROXY",   "SSL_CERT_FILE"};
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) unsetenv(variables[i]);
#define T(name) cmocka_unit_test_setup_teardown(test_curl__##name, open_both, close_both)
  const struct CMUnitTest tests[] = {
      T(body_of_a_200_goes_to_the_sink),
      T(body_of_a_200_without_sink_is_kept),
      T(connections_are_reused),
      T(burst_keeps_all_its_connections),
      T(error_body_is_kept_up_to_its_cap),
      T(informational_reply_leaves_nothing),
      T(limits_are_read_and_bounded),
      T(redirect_is_not_followed),
      T(headers_and_body_reach_the_server),
      T(empty_body_is_a_get_that_may_ask_for_gzip),
      T(large_body_does_not_wait_for_100_continue),
      T(refusal_during_the_upload_is_still_that_refusal),
      T(unasked_gzip_is_decoded),
      T(limit_of_the_reply_stops_it),
      T(body_without_sink_has_its_own_limit),
      T(sink_that_refuses_stops_the_transfer),
      T(link_local_addresses_are_refused),
      T(plain_http_goes_to_private_addresses_only),
      T(allowed_hosts_are_the_only_ones),
      T(only_http_urls_are_taken),
      T(ca_file_that_is_missing_is_named),
      T(cancel_in_flight_leaves_the_transport_usable),
      T(close_ends_what_is_in_flight),
      T(forked_child_makes_its_own_connections),
      T(sockets_are_not_inherited),
      T(signal_mask_is_as_before),
      T(idle_transport_sleeps_as_long_as_asked),
      T(own_allocation_that_fails_is_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
