/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The pipeline where the model embeds images itself, and what is fetched, signed or cut on the way,
 * over a scripted server: a function from request to status and body. Each exchange takes 10 ms of
 * a clock that only polling moves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "embed/embed.h"
#include "wire/base64.h"

#define PNG "\x89PNG\r\n\x1a\n"
#define MAX_FLYING 64
#define N(array) (sizeof(array) / sizeof *(array))

struct server {
  long long now;
  struct emb_exchange *flying[MAX_FLYING];
  int n_flying, peak, n_requests;
  /* Writes the body of the reply to this request and returns its status. */
  int (*answer)(struct server *server, const struct emb_request *request, struct emb_buf *body);
  char urls[100][160];
  int n_items[100]; /* of the list in each request */
  struct emb_engine engine;
  struct emb_client *client;
  struct emb_embed *embed;
  const struct emb_input *inputs;
  int n_inputs, n_read, state;
};

static struct server s;

static int start(void *ctx, struct emb_exchange *exchange) {
  struct server *server = ctx;
  assert_true(server->n_flying < MAX_FLYING && server->n_requests < 100);
  snprintf(server->urls[server->n_requests++], sizeof server->urls[0], "%s",
           exchange->request->url);
  server->flying[server->n_flying++] = exchange;
  if (server->n_flying > server->peak) server->peak = server->n_flying;
  return 0;
}

static int poll_all(void *ctx, int wait_ms) {
  struct server *server = ctx;
  int n = server->n_flying;
  server->now += n ? 10 : wait_ms > 0 ? wait_ms : 1;
  server->n_flying = 0;
  for (int i = 0; i < n; i++) {
    struct emb_exchange *exchange = server->flying[i];
    struct emb_buf body = EMB_BUF_INIT;
    int status = server->answer(server, exchange->request, &body);
    exchange->reply->status = status;
    if (status == 200 && exchange->sink)
      exchange->sink_error = exchange->sink->write(exchange->sink->ctx, body.data, body.n);
    else
      emb_buf_add(&exchange->reply->body, body.data, body.n);
    exchange->done = 1;
    emb_buf_release(&body);
  }
  return 0;
}

static void cancel(void *ctx, struct emb_exchange *exchange) {
  struct server *server = ctx;
  for (int i = 0; i < server->n_flying; i++)
    if (server->flying[i] == exchange) server->flying[i] = server->flying[--server->n_flying];
}

static void close_all(void *ctx) { assert_int_equal(((struct server *)ctx)->n_flying, 0); }
static long long now_ms(void *ctx) { return ((struct server *)ctx)->now; }
static long long unix_ms(void *ctx) { return ((struct server *)ctx)->now + 784111777000LL; }

static int source(void *ctx, struct emb_source_item *item, struct emb_err *err) {
  struct server *server = ctx;
  (void)err;
  if (server->n_read == server->n_inputs) return EMB_END;
  item->input = server->inputs[server->n_read++];
  return EMB_OK;
}

static void begin(void) {
  static const struct emb_embed_options options = {0};
  struct emb_err err = {0};
  s.n_read = 0;
  if (emb_embed_open(s.client, &s.engine, source, &s, &options, &s.embed, &err))
    fail_msg("%s", err.message);
}

static void serve(const char *options, const struct emb_input *inputs, int n,
                  int (*answer)(struct server *, const struct emb_request *, struct emb_buf *)) {
  struct emb_err err = {0};
  memset(&s, 0, sizeof s);
  s.now = 1000;
  s.inputs = inputs;
  s.n_inputs = n;
  s.answer = answer;
  emb_engine_init(&s.engine,
                  (struct emb_transport){&s, start, poll_all, cancel, close_all, now_ms, unix_ms},
                  1);
  if (emb_client_new("c", options, strlen(options), &s.client, &err)) fail_msg("%s", err.message);
  begin();
}

static void stop(void) {
  emb_embed_close(s.embed);
  emb_client_unref(s.client);
  emb_engine_release(&s.engine);
}

static struct emb_result next(int i) {
  struct emb_result result;
  struct emb_err err = {0};
  if (emb_embed_next(s.embed, &result, &err)) fail_msg("input %d: %s", i, err.message);
  assert_int_equal(result.index, i);
  return result;
}

static struct emb_result next_vector(int i, float first) {
  struct emb_result r = next(i);
  if (r.status != EMB_RESULT_VECTOR)
    fail_msg("input %d: %s", i, r.err ? r.err->message : "no vector");
  if (r.vector[0] != first) fail_msg("input %d: %f", i, r.vector[0]);
  return r;
}

static void next_failed(int i, int code, const char *words) {
  struct emb_result r = next(i);
  assert_int_equal(r.status, EMB_RESULT_FAILED);
  if (!strstr(r.err->message, words)) fail_msg("input %d: %s", i, r.err->message);
  assert_int_equal(r.err->code, code);
}

/* ---- inputs: image i has i in its bytes, text i is "i" ---- */

static char texts[200][8], bytes[200][12];
static struct emb_input made[200];

static void make_image(int i) {
  memcpy(bytes[i], PNG, 8);
  snprintf(bytes[i] + 8, 4, "%03d", i);
  made[i] = (struct emb_input){.image = (const unsigned char *)bytes[i], .n_image = 11};
}

static void make_text(int i) {
  int n = snprintf(texts[i], sizeof texts[i], "%d", i);
  made[i] = (struct emb_input){.text = texts[i], .n_text = (size_t)n};
}

/* The number in an item, whichever form it has. */
static int number_of(struct emb_span item) {
  struct emb_span value = item;
  if (emb_span_kind(item) == '{' && !emb_span_member(item, "image", &value))
    assert_int_equal(emb_span_member(item, "text", &value), 1);
  char *text = emb_span_strdup(value);
  struct emb_buf image = EMB_BUF_INIT;
  size_t bad;
  assert_non_null(text);
  int is_image = !emb_base64_decode(text, strlen(text), 1, &image, &bad) && image.n == 11;
  int number = atoi(is_image ? image.data + 8 : text);
  emb_buf_release(&image);
  emb_free(text);
  return number;
}

/* An OpenAI-shaped reply: the vector of item i is [i, 1]. Counts images and texts apart. */
static int embed_items(struct server *server, const struct emb_request *request,
                       struct emb_buf *body) {
  struct emb_span root = {request->body.data, request->body.n}, list, key, item;
  int n = 0;
  assert_int_equal(emb_span_member(root, "input", &list), 1);
  emb_buf_adds(body, "{\"data\":[");
  for (size_t at = 0; emb_span_next(list, &at, &key, &item); n++)
    emb_buf_addf(body, "%s{\"index\":%d,\"embedding\":[%d,1]}", n ? "," : "", n, number_of(item));
  emb_buf_adds(body, "],\"usage\":{\"total_tokens\":9}}");
  server->n_items[server->n_requests - 1] = n;
  return 200;
}

#define JINA "{\"provider\":\"jina\",\"url\":\"http://h/v1\",\"model\":\"jina-clip-v2\""

static void test_native__images_travel_in_batches(void **state) {
  (void)state;
  for (int i = 0; i < 70; i++) make_image(i);
  serve(JINA ",\"max_concurrent_requests\":2}", made, 70, embed_items);
  for (int i = 0; i < 70; i++) assert_null(next_vector(i, (float)i).caption);
  assert_int_equal(s.n_requests, 3); /* 32, 32, 6 */
  assert_int_equal(s.peak, 2);
  assert_int_equal(s.client->stats.items, 70);
  stop();
  serve(JINA ",\"batch_size\":10}", made, 70, embed_items);
  for (int i = 0; i < 70; i++) next_vector(i, (float)i);
  assert_int_equal(s.n_requests, 7);
  stop();
}

static void test_native__batches_of_images_are_bounded_by_bytes(void **state) {
  (void)state;
  for (int i = 0; i < 20; i++) make_image(i);
  serve(JINA ",\"max_batch_bytes\":44}", made, 20, embed_items); /* four of 11 bytes */
  for (int i = 0; i < 20; i++) next_vector(i, (float)i);
  assert_int_equal(s.n_requests, 5);
  stop();
}

static void test_native__texts_and_images_keep_their_order(void **state) {
  (void)state;
  for (int i = 0; i < 100; i++) i % 3 ? make_image(i) : make_text(i);
  serve(JINA ",\"max_concurrent_requests\":3,\"batch_size\":8}", made, 100, embed_items);
  for (int i = 0; i < 100; i++) next_vector(i, (float)i);
  assert_true(s.peak <= 3);
  assert_in_range(s.n_requests, 13, 20); /* 34 texts and 66 images */
  stop();
}

static int refuse_13(struct server *server, const struct emb_request *request,
                     struct emb_buf *body) {
  embed_items(server, request, body);
  if (!strstr(body->data, "[13,1]")) return 200;
  emb_buf_clear(body);
  emb_buf_adds(body, "{\"detail\":\"Cannot identify image file\"}");
  return 400;
}

static void test_native__the_guilty_image_is_found(void **state) {
  (void)state;
  for (int i = 0; i < 32; i++) make_image(i);
  serve(JINA "}", made, 32, refuse_13);
  for (int i = 0; i < 32; i++)
    if (i == 13)
      next_failed(i, EMB_EINPUT, "Cannot identify image file");
    else
      next_vector(i, (float)i);
  assert_int_equal(s.n_requests, 11); /* 1 + 2 log2(32) */
  stop();
}

static void test_native__refuses_before_sending(void **state) {
  (void)state;
  static const char gif[] = "GIF89a\x02\0\x03\0", huge[] = PNG "\0\0\0\rIHDR\0\x01\0\0\0\0\x01\x40";
  struct emb_input both = {.text = "x", .n_text = 1, .image = (const void *)PNG, .n_image = 8};
  struct emb_input asked = {.image = (const void *)PNG, .n_image = 8, .prompt = "?", .n_prompt = 1};
  struct emb_input no_format = {.image = (const void *)gif, .n_image = sizeof gif - 1};
  struct emb_input many_pixels = {.image = (const void *)huge, .n_image = sizeof huge - 1};
  const struct {
    const char *options, *words;
    struct emb_input input;
    int code;
  } rows[] = {
      {JINA "}", "makes no one vector of text and image", both, EMB_EINPUT},
      {JINA "}", "embeds images itself", asked, EMB_EINPUT},
      {"{\"provider\":\"gemini\",\"url\":\"http://h/v1beta\",\"model\":\"gemini-embedding-2\"}",
       "the image is gif, and this model of provider 'gemini' takes: png jpeg", no_format,
       EMB_EINPUT},
      {"{\"provider\":\"voyage\",\"url\":\"http://h/v1\",\"model\":\"voyage-multimodal-3.5\"}",
       "65536 x 320 pixels, over the 16000000", many_pixels, EMB_ETOOBIG},
      {"{\"provider\":\"bedrock\",\"url\":\"http://h\",\"model\":\"amazon.titan-embed-image-v1\"}",
       "over the 2048 a side", many_pixels, EMB_ETOOBIG},
  };
  for (size_t i = 0; i < N(rows); i++) {
    serve(rows[i].options, &rows[i].input, 1, embed_items);
    next_failed(0, rows[i].code, rows[i].words);
    assert_int_equal(s.n_requests, 0);
    stop();
  }
}

/* ---- what has to be fetched first ---- */

/* llama.cpp: /props tells the marker, which changes when `state` does. */
static int llama(struct server *server, const struct emb_request *request, struct emb_buf *body) {
  char marker[32];
  snprintf(marker, sizeof marker, "<__media_%d__>", server->state);
  if (strcmp(request->url, "http://h/props") == 0) {
    assert_int_equal(request->body.n, 0);
    emb_buf_addf(body, "{\"total_slots\":1,\"media_marker\":\"%s\"}", marker);
    return 200;
  }
  if (!strstr(request->body.data, marker)) {
    emb_buf_adds(body,
                 "{\"error\":{\"code\":400,\"message\":\"number of bitmaps (1) does not match "
                 "number of markers (0)\"}}");
    return 400;
  }
  emb_buf_adds(body, "{\"data\":[{\"index\":0,\"embedding\":[7,1]}]}");
  return 200;
}

static void test_native__a_marker_is_fetched_once_and_again_when_it_changed(void **state) {
  (void)state;
  for (int i = 0; i < 5; i++) make_image(i);
  serve("{\"provider\":\"llamacpp\",\"url\":\"http://h/"
        "v1\",\"image_mode\":\"native\",\"batch_size\":1}",
        made, 5, llama);
  for (int i = 0; i < 5; i++) next_vector(i, 7);
  assert_string_equal(s.urls[0], "http://h/props");
  assert_int_equal(s.n_requests, 6);
  emb_embed_close(s.embed);
  s.state = 1; /* it was started anew */
  begin();
  for (int i = 0; i < 5; i++) next_vector(i, 7);
  emb_embed_close(s.embed);
  int before = s.n_requests;
  begin();
  for (int i = 0; i < 5; i++) next_vector(i, 7);
  assert_int_equal(s.n_requests, before + 5);
  stop();
}

static int always_stale(struct server *server, const struct emb_request *request,
                        struct emb_buf *body) {
  if (strstr(request->url, "/props")) return llama(server, request, body);
  emb_buf_adds(body, "{\"error\":{\"message\":\"number of bitmaps (1) does not match number of "
                     "markers (0)\"}}");
  return 400;
}

static void test_native__a_marker_is_fetched_anew_only_once(void **state) {
  (void)state;
  make_image(0);
  serve("{\"provider\":\"llamacpp\",\"url\":\"http://h/v1\",\"image_mode\":\"native\"}", made, 1,
        always_stale);
  next_failed(0, EMB_EINPUT, "number of markers");
  assert_int_equal(s.n_requests, 4); /* twice marker and request */
  stop();
}

/* watsonx: a key is exchanged for a token that ends after an hour; `state` -1 refuses the key, 1
 * refuses the first token early. */
static int watsonx(struct server *server, const struct emb_request *request, struct emb_buf *body) {
  char bearer[64];
  if (strcmp(request->url, "http://iam/token") == 0) {
    assert_string_equal(
        request->body.data,
        "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=key%2F1");
    if (server->state == -1) {
      emb_buf_adds(body, "{\"errorMessage\":\"Provided API key could not be found key/1.\"}");
      return 400;
    }
    emb_buf_addf(body, "{\"access_token\":\"eyJ%lld\",\"expires_in\":3600}", server->now);
    return 200;
  }
  snprintf(bearer, sizeof bearer, "Bearer eyJ");
  const char *sent = NULL;
  for (int i = 0; i < request->n_headers; i++)
    if (strncmp(request->headers[i], "Authorization: ", 15) == 0) sent = request->headers[i] + 15;
  assert_non_null(sent);
  assert_int_equal(strncmp(sent, bearer, strlen(bearer)), 0);
  if (server->state == 2 && strcmp(sent, "Bearer eyJ1010") == 0) {
    emb_buf_adds(body, "{\"errors\":[{\"message\":\"expired\"}]}");
    return 401;
  }
  if (server->state == 1) {
    server->state = 0;
    emb_buf_adds(body,
                 "{\"errors\":[{\"code\":\"authentication_token_expired\",\"message\":\"Failed "
                 "to authenticate\"}]}");
    return 401;
  }
  emb_buf_adds(body, "{\"results\":[{\"embedding\":[3,4]}],\"input_token_count\":2}");
  return 200;
}

#define WATSONX                                                                                    \
  "{\"provider\":\"watsonx\",\"key\":\"key/1\",\"url\":\"http://h\",\"token_url\":"                \
  "\"http://iam/token\",\"batch_size\":1,\"account\":\"p\",\"max_concurrent_requests\":1}"

static void test_native__a_key_is_exchanged_for_a_token(void **state) {
  (void)state;
  for (int i = 0; i < 4; i++) make_text(i);
  serve(WATSONX, made, 4, watsonx);
  for (int i = 0; i < 4; i++) next_vector(i, 3);
  assert_int_equal(s.n_requests, 5);
  emb_embed_close(s.embed);
  begin(); /* the token is the client's: no second exchange */
  for (int i = 0; i < 4; i++) next_vector(i, 3);
  assert_int_equal(s.n_requests, 9);
  emb_embed_close(s.embed);
  s.now += 3600 * 1000; /* it has run out */
  begin();
  next_vector(0, 3);
  assert_int_equal(s.n_requests, 11);
  emb_embed_close(s.embed);
  s.state = 1; /* it was taken back early */
  begin();
  for (int i = 0; i < 4; i++) next_vector(i, 3);
  assert_int_equal(s.n_requests, 11 + 1 + 1 + 4);
  stop();
}

/* Two requests in flight with one token that has run out: neither takes the other down. */
static void test_native__requests_with_the_same_stale_token_all_recover(void **state) {
  (void)state;
  for (int i = 0; i < 40; i++) make_text(i);
  serve("{\"provider\":\"watsonx\",\"key\":\"key/1\",\"url\":\"http://h\",\"token_url\":"
        "\"http://iam/token\",\"batch_size\":1,\"account\":\"p\",\"max_concurrent_requests\":4}",
        made, 40, watsonx);
  s.state = 2; /* the first token is refused whoever brings it */
  for (int i = 0; i < 40; i++) next_vector(i, 3);
  assert_in_range(s.n_requests, 40 + 2 + 1, 40 + 2 + 4);
  stop();
}

static void test_native__a_refused_key_ends_the_run(void **state) {
  (void)state;
  for (int i = 0; i < 20; i++) make_text(i);
  serve(WATSONX, made, 20, watsonx);
  s.state = -1;
  for (int i = 0; i < 20; i++)
    next_failed(i, EMB_EINPUT, "no token for the key from http://iam/token");
  assert_int_equal(s.n_requests, 1);
  stop();
}

static int old_llama(struct server *server, const struct emb_request *request,
                     struct emb_buf *body) {
  (void)server;
  if (strstr(request->url, "/props")) {
    emb_buf_adds(body, "{\"error\":{\"code\":404,\"message\":\"File Not Found\"}}");
    return 404;
  }
  assert_non_null(strstr(request->body.data, "\"<__media__>\""));
  emb_buf_adds(body, "{\"data\":[{\"index\":0,\"embedding\":[7,1]}]}");
  return 200;
}

static void test_native__a_server_without_props_gets_the_old_marker(void **state) {
  (void)state;
  make_image(0);
  serve("{\"provider\":\"llamacpp\",\"url\":\"http://h/v1\",\"image_mode\":\"native\"}", made, 1,
        old_llama);
  next_vector(0, 7);
  stop();
}

/* One text before many images: the first result does not wait for all of them. */
static void test_native__the_first_result_does_not_wait_for_the_other_kind(void **state) {
  (void)state;
  make_text(0);
  for (int i = 1; i < 200; i++) make_image(i);
  serve(JINA ",\"batch_size\":4,\"max_concurrent_requests\":2}", made, 200, embed_items);
  next_vector(0, 0);
  assert_true(s.n_requests <= 4);
  stop();
}

static void test_native__a_refused_exchange_fails_without_the_key(void **state) {
  (void)state;
  make_text(0);
  make_text(1);
  serve(WATSONX, made, 2, watsonx);
  s.state = -1;
  for (int i = 0; i < 2; i++) {
    struct emb_result r = next(i);
    assert_int_equal(r.status, EMB_RESULT_FAILED);
    assert_non_null(strstr(r.err->message, "HTTP 400"));
    assert_null(strstr(r.err->message, "key/1"));
  }
  emb_embed_close(s.embed);
  s.state = 0;
  begin(); /* and it is tried again */
  next_vector(0, 3);
  stop();
}

static void test_native__a_token_of_the_users_is_used_as_it_is(void **state) {
  (void)state;
  make_text(0);
  serve("{\"provider\":\"watsonx\",\"key\":\"eyJmine\",\"url\":\"http://h\",\"account\":\"p\"}",
        made, 1, watsonx);
  next_vector(0, 3);
  assert_int_equal(s.n_requests, 1);
  stop();
}

/* ---- signatures ---- */

static char dates[8][64];

static int bedrock(struct server *server, const struct emb_request *request, struct emb_buf *body) {
  const char *signature = NULL;
  for (int i = 0; i < request->n_headers; i++) {
    if (strncmp(request->headers[i], "X-Amz-Date: ", 12) == 0)
      snprintf(dates[server->state], sizeof dates[0], "%s", request->headers[i]);
    if (strncmp(request->headers[i], "Authorization: ", 15) == 0) {
      assert_null(signature);
      signature = request->headers[i] + 15;
    }
  }
  assert_non_null(signature);
  assert_int_equal(strncmp(signature, "AWS4-HMAC-SHA256 Credential=AK/", 31), 0);
  if (server->state++ == 0) {
    emb_buf_adds(body, "{\"message\":\"Too many requests\"}");
    return 503;
  }
  emb_buf_adds(body, "{\"embedding\":[5,1],\"inputTextTokenCount\":1}");
  return 200;
}

static void test_native__each_attempt_is_signed_anew(void **state) {
  (void)state;
  make_text(0);
  serve("{\"provider\":\"bedrock\",\"key\":\"AK:SECRET:TOKEN\",\"region\":\"eu-west-1\"}", made, 1,
        bedrock);
  next_vector(0, 5);
  assert_int_equal(s.n_requests, 2);
  assert_string_not_equal(dates[0], "");
  assert_string_not_equal(dates[1], "");
  stop();
}

/* ---- what is done on this side ---- */

static int four_dims(struct server *server, const struct emb_request *request,
                     struct emb_buf *body) {
  (void)server;
  assert_null(strstr(request->body.data, "dimensions"));
  emb_buf_adds(body, "{\"data\":[{\"index\":0,\"embedding\":[3,4,12,84]}]}");
  return 200;
}

static void test_native__known_models_are_cut_here(void **state) {
  (void)state;
  static const char options[] = "{\"provider\":\"lmstudio\",\"model\":\"nomic-embed-text-v1.5\","
                                "\"dimensions\":%d}";
  char text[160];
  make_text(0);
  snprintf(text, sizeof text, options, 2);
  serve(text, made, 1, four_dims);
  struct emb_result r = next(0);
  assert_int_equal(r.n_dims, 2);
  assert_true(fabs(r.vector[0] - 0.6) < 1e-6 && fabs(r.vector[1] - 0.8) < 1e-6);
  stop();
  snprintf(text, sizeof text, options, 5);
  serve(text, made, 1, four_dims);
  next_failed(0, EMB_EREPLY, "the model gives 4 dimensions, fewer than the 5 asked for");
  stop();
}

static int int8_vector(struct server *server, const struct emb_request *request,
                       struct emb_buf *body) {
  (void)server;
  assert_non_null(strstr(request->body.data, "\"output_dtype\":\"int8\""));
  assert_null(strstr(request->body.data, "base64"));
  emb_buf_adds(body, "{\"data\":[{\"index\":0,\"embedding\":[-127,5,127,0]}]}");
  return 200;
}

static void test_native__int8_of_the_provider_is_kept(void **state) {
  (void)state;
  make_text(0);
  serve("{\"provider\":\"voyage\",\"url\":\"http://h/v1\",\"output\":\"int8\"}", made, 1,
        int8_vector);
  next_vector(0, -127);
  assert_int_equal(s.client->output, EMB_OUTPUT_INT8_GIVEN);
  stop();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_native__images_travel_in_batches),
      cmocka_unit_test(test_native__batches_of_images_are_bounded_by_bytes),
      cmocka_unit_test(test_native__texts_and_images_keep_their_order),
      cmocka_unit_test(test_native__the_guilty_image_is_found),
      cmocka_unit_test(test_native__refuses_before_sending),
      cmocka_unit_test(test_native__a_marker_is_fetched_once_and_again_when_it_changed),
      cmocka_unit_test(test_native__a_marker_is_fetched_anew_only_once),
      cmocka_unit_test(test_native__a_key_is_exchanged_for_a_token),
      cmocka_unit_test(test_native__requests_with_the_same_stale_token_all_recover),
      cmocka_unit_test(test_native__a_refused_key_ends_the_run),
      cmocka_unit_test(test_native__a_server_without_props_gets_the_old_marker),
      cmocka_unit_test(test_native__the_first_result_does_not_wait_for_the_other_kind),
      cmocka_unit_test(test_native__a_refused_exchange_fails_without_the_key),
      cmocka_unit_test(test_native__a_token_of_the_users_is_used_as_it_is),
      cmocka_unit_test(test_native__each_attempt_is_signed_anew),
      cmocka_unit_test(test_native__known_models_are_cut_here),
      cmocka_unit_test(test_native__int8_of_the_provider_is_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
