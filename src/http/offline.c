/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The transport of a build without network (NETWORK=0), in place of curl.c and curl_setup.c: the
 * engine opens and keeps time, and every exchange is refused with what to do about it. There is no
 * socket, no name is resolved and libcurl is not linked.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "http/curl.h"

int emb_curl_global(struct emb_err *err) {
  (void)err;
  return EMB_OK;
}

const char *emb_curl_version(void) { return "none (built without network)"; }

static long long now_ms(void *ctx) {
  (void)ctx;
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int start(void *ctx, struct emb_exchange *exchange) {
  struct emb_reply *reply = exchange->reply;
  (void)ctx;
  reply->transport = EMB_ECONFIG;
  reply->may_retry = 0;
  snprintf(reply->transport_text, sizeof reply->transport_text,
           "this build of the extension has no network (NETWORK=0), nothing was sent; load one "
           "that has");
  return EMB_ECONFIG;
}

static int wait_for_nothing(void *ctx, int wait_ms) {
  (void)ctx;
  if (wait_ms > 0) poll(NULL, 0, wait_ms);
  return EMB_OK;
}

static void cancel(void *ctx, struct emb_exchange *exchange) { (void)ctx, (void)exchange; }

static void close_nothing(void *ctx) { (void)ctx; }

int emb_curl_open(struct emb_transport *out, int max_connections, struct emb_err *err) {
  (void)max_connections, (void)err;
  memset(out, 0, sizeof *out);
  out->start = start;
  out->poll = wait_for_nothing;
  out->cancel = cancel;
  out->close = close_nothing;
  out->now_ms = now_ms;
  return EMB_OK;
}
