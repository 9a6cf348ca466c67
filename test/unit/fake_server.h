/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_TEST_FAKE_SERVER_H
#define EMB_TEST_FAKE_SERVER_H
/*
 * A transport that is a small Ollama, for tests of the pipeline. The text "t17" or "c17" has the
 * vector [17, 1]; the picture asked about with the prompt "p17" has the caption "c17". A test bends
 * this with `answer`, which sees the texts of a request and may change status, body and duration.
 * Time is an integer that only polling moves. Header only; include it after <cmocka.h>.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "embed/embed.h"

#define MAX_REQUESTS 4096
#define MAX_FLYING 64
#define MAX_TEXTS 256

/* What a request asks and what it will get. */
struct exchange_plan {
  int number; /* of the request, from 0 */
  int is_vision;
  int n_texts;
  char text[MAX_TEXTS][64]; /* cut there */
  size_t n_bytes;           /* of all texts */
  int status;               /* preset: 200 */
  long takes_ms;            /* preset: 10 */
  int transport;
  const char *retry_after;
  char body[65536]; /* preset: the right reply */
};

struct world {
  long long now;
  void (*answer)(struct world *world, struct exchange_plan *plan);
  struct {
    struct emb_exchange *exchange;
    struct exchange_plan *plan;
    long long end;
  } flying[MAX_FLYING];
  int n_flying, n_requests, n_text, n_vision, cancels;
  int text_now, vision_now, text_peak, vision_peak;
  int items[MAX_REQUESTS];
  long long starts[MAX_REQUESTS];
  size_t max_reply_bytes; /* of the last request */
  /* for the tests */
  int n_inputs, n_read, bad_at;
  struct emb_engine engine;
  struct emb_client *client;
  struct emb_embed *embed;
  struct emb_embed_options options;
  const struct emb_input *inputs; /* or NULL: "t0", "t1", ... */
  char text[64];
};

static void plan_texts(struct exchange_plan *plan, const struct emb_request *request) {
  struct emb_span body = {request->body.data, request->body.n}, list, key, value;
  struct emb_span message;
  size_t at = 0;
  if (emb_span_member(body, "messages", &list)) {
    assert_int_equal(emb_span_next(list, &at, &key, &message), 1);
    assert_int_equal(emb_span_member(message, "content", &value), 1);
    plan->is_vision = plan->n_texts = 1;
    snprintf(plan->text[0], sizeof plan->text[0], "%.*s", (int)value.n - 2, value.p + 1);
    return;
  }
  assert_int_equal(emb_span_member(body, "input", &list), 1);
  while (emb_span_next(list, &at, &key, &value)) {
    assert_true(plan->n_texts < MAX_TEXTS);
    snprintf(plan->text[plan->n_texts++], sizeof plan->text[0], "%.*s", (int)value.n - 2,
             value.p + 1);
    plan->n_bytes += value.n - 2;
  }
}

/* The vector of text i of a request as JSON, at the end of the body. */
static void add_vector(struct exchange_plan *plan, int i, const char *vector) {
  size_t n = strlen(plan->body);
  snprintf(plan->body + n, sizeof plan->body - n, "%s%s", i ? "," : "", vector);
}

static void right_reply(struct exchange_plan *plan) {
  if (plan->is_vision) {
    snprintf(plan->body, sizeof plan->body, "{\"message\":{\"content\":\"c%s\"},\"eval_count\":3}",
             plan->text[0] + 1);
    return;
  }
  strcpy(plan->body, "{\"embeddings\":[");
  for (int i = 0; i < plan->n_texts; i++) {
    char vector[80];
    snprintf(vector, sizeof vector, "[%d,1]", atoi(plan->text[i] + 1));
    add_vector(plan, i, vector);
  }
  strcat(plan->body, "],\"prompt_eval_count\":8}");
}

static int world_start(void *ctx, struct emb_exchange *exchange) {
  struct world *w = ctx;
  struct exchange_plan *plan = calloc(1, sizeof *plan);
  assert_non_null(plan);
  assert_true(w->n_flying < MAX_FLYING && w->n_requests < MAX_REQUESTS);
  plan->number = w->n_requests;
  plan->status = 200;
  plan->takes_ms = 10;
  plan_texts(plan, exchange->request);
  right_reply(plan);
  if (w->answer) w->answer(w, plan);
  w->items[w->n_requests] = plan->n_texts;
  w->starts[w->n_requests++] = w->now;
  w->max_reply_bytes = exchange->request->max_reply_bytes;
  *(plan->is_vision ? &w->n_vision : &w->n_text) += 1;
  int *now = plan->is_vision ? &w->vision_now : &w->text_now;
  int *peak = plan->is_vision ? &w->vision_peak : &w->text_peak;
  if (++*now > *peak) *peak = *now;
  w->flying[w->n_flying].exchange = exchange;
  w->flying[w->n_flying].plan = plan;
  w->flying[w->n_flying++].end = w->now + plan->takes_ms;
  return 0;
}

static void world_drop(struct world *w, int i) {
  *(w->flying[i].plan->is_vision ? &w->vision_now : &w->text_now) -= 1;
  free(w->flying[i].plan);
  w->flying[i] = w->flying[--w->n_flying];
}

static void world_end(struct world *w, int i) {
  struct emb_exchange *exchange = w->flying[i].exchange;
  struct exchange_plan *plan = w->flying[i].plan;
  struct emb_reply *reply = exchange->reply;
  reply->status = plan->transport ? 0 : plan->status;
  reply->transport = plan->transport;
  reply->may_retry = plan->transport != 0;
  snprintf(reply->retry_after, sizeof reply->retry_after, "%s",
           plan->retry_after ? plan->retry_after : "");
  if (exchange->sink && plan->status == 200)
    exchange->sink_error =
        exchange->sink->write(exchange->sink->ctx, plan->body, strlen(plan->body));
  else if (emb_buf_adds(&reply->body, plan->body))
    reply->transport = EMB_ENOMEM;
  exchange->done = 1;
  world_drop(w, i);
}

static int world_poll(void *ctx, int wait_ms) {
  struct world *w = ctx;
  long long until = w->now + wait_ms;
  for (int i = 0; i < w->n_flying; i++)
    if (w->flying[i].end < until) until = w->flying[i].end;
  if (until > w->now) w->now = until;
  for (int i = w->n_flying - 1; i >= 0; i--)
    if (w->flying[i].end <= w->now) world_end(w, i);
  return 0;
}

static void world_cancel(void *ctx, struct emb_exchange *exchange) {
  struct world *w = ctx;
  for (int i = 0; i < w->n_flying; i++)
    if (w->flying[i].exchange == exchange) {
      world_drop(w, i);
      w->cancels++;
      return;
    }
  fail_msg("cancelled what is not in flight");
}

static void world_close(void *ctx) { assert_int_equal(((struct world *)ctx)->n_flying, 0); }
static long long world_now(void *ctx) { return ((struct world *)ctx)->now; }
static long long world_unix(void *ctx) { return ((struct world *)ctx)->now + 784111777000LL; }

static int world_source(void *ctx, struct emb_source_item *item, struct emb_err *err) {
  struct world *w = ctx;
  if (w->n_read == w->n_inputs) return EMB_END;
  int i = w->n_read++;
  if (w->bad_at && i == w->bad_at)
    return item->error = emb_err_set(err, EMB_EINPUT, "a blob of no known kind"), EMB_OK;
  if (w->inputs) {
    item->input = w->inputs[i];
    return EMB_OK;
  }
  item->input.n_text = (size_t)snprintf(w->text, sizeof w->text, "t%d", i);
  item->input.text = w->text;
  return EMB_OK;
}

/* A world with n_inputs texts "t0".. for a client; `options` as a client's. 0 or EMB_ENOMEM. */
static int world_open(struct world *w, const char *options, int n_inputs,
                      void (*answer)(struct world *, struct exchange_plan *)) {
  struct emb_err err = {0};
  struct emb_transport transport = {w,           world_start, world_poll, world_cancel,
                                    world_close, world_now,   world_unix};
  memset(w, 0, sizeof *w);
  w->now = 1000;
  w->n_inputs = n_inputs;
  w->answer = answer;
  emb_engine_init(&w->engine, transport, 1);
  int rc = emb_client_new("c", options, strlen(options), &w->client, &err);
  if (rc && rc != EMB_ENOMEM) fail_msg("%s", err.message);
  return rc;
}

static int world_begin(struct world *w) {
  struct emb_err err = {0};
  int rc = emb_embed_open(w->client, &w->engine, world_source, w, &w->options, &w->embed, &err);
  if (rc && rc != EMB_ENOMEM) fail_msg("%s", err.message);
  return rc;
}

static void world_release(struct world *w) {
  emb_embed_close(w->embed);
  emb_client_unref(w->client);
  emb_engine_release(&w->engine);
  assert_int_equal(w->n_flying, 0);
}

static void world_start_run(struct world *w, const char *options, int n_inputs,
                            void (*answer)(struct world *, struct exchange_plan *)) {
  assert_int_equal(world_open(w, options, n_inputs, answer), 0);
  assert_int_equal(world_begin(w), 0);
}

/* The next result, which must be that of input i. */
static struct emb_result next_result(struct world *w, int i) {
  struct emb_result result;
  struct emb_err err = {0};
  int rc = emb_embed_next(w->embed, &result, &err);
  if (rc) fail_msg("input %d: %d %s", i, rc, err.message);
  assert_int_equal(result.index, i);
  return result;
}

static struct emb_result next_vector(struct world *w, int i, int value) {
  struct emb_result result = next_result(w, i);
  if (result.status != EMB_RESULT_VECTOR)
    fail_msg("input %d: %s", i, result.err ? result.err->message : "no vector");
  assert_int_equal(result.n_dims, 2);
  assert_true(result.vector[0] == (float)value && result.vector[1] == 1.0f);
  return result;
}

static void assert_end(struct world *w) {
  struct emb_result result;
  struct emb_err err = {0};
  assert_int_equal(emb_embed_next(w->embed, &result, &err), EMB_END);
}

#endif
