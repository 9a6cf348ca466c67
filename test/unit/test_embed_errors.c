/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the pipeline does when something goes wrong: a poisoned text costs few requests and no other
 * text, an error that every request would meet stops the sending, an interrupt and a close end it
 * at once, and running out of memory anywhere leaves nothing behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>

#include "fake_server.h"

#define PNG "\x89PNG\r\n\x1a\n...."
#define N_PNG 12

static struct world w;

static int holds(const struct exchange_plan *plan, const char *text) {
  for (int i = 0; i < plan->n_texts; i++)
    if (strcmp(plan->text[i], text) == 0) return 1;
  return 0;
}

static void refuse(struct exchange_plan *plan, int status, const char *message) {
  plan->status = status;
  snprintf(plan->body, sizeof plan->body, "{\"error\":\"%s\"}", message);
}

static struct emb_result next_failure(int i, int code, const char *words) {
  struct emb_result r = next_result(&w, i);
  assert_int_equal(r.status, EMB_RESULT_FAILED);
  assert_null(r.vector);
  if (r.err->code != code || !strstr(r.err->message, words))
    fail_msg("input %d: %d %s", i, r.err->code, r.err->message);
  return r;
}

/* ---- one bad text ---- */

static int poison_status;

static void poisoned(struct world *world, struct exchange_plan *plan) {
  (void)world;
  if (holds(plan, "t57")) refuse(plan, poison_status, "NaN in the input");
}

static void run_poisoned(int status, int code) {
  poison_status = status;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":100}", 100, poisoned);
  for (int i = 0; i < 100; i++)
    if (i == 57)
      next_failure(i, code, "NaN in the input");
    else
      next_vector(&w, i, i);
  assert_end(&w);
  assert_true(w.n_requests - 1 < 16);
  assert_int_equal(w.client->stats.errors, 1);
  world_release(&w);
}

static void test_embed__halving_isolates_one_poisoned_text(void **state) {
  (void)state;
  run_poisoned(400, EMB_EINPUT);
  run_poisoned(413, EMB_EINPUT);
  run_poisoned(422, EMB_EINPUT);
  run_poisoned(500, EMB_EHTTP); /* a local server that met a NaN */
}

static void test_embed__poison_in_a_batch_does_not_hold_up_others(void **state) {
  (void)state;
  poison_status = 400;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":8}", 200, poisoned);
  for (int i = 0; i < 200; i++)
    if (i == 57)
      next_failure(i, EMB_EINPUT, "NaN");
    else
      next_vector(&w, i, i);
  assert_true(w.n_requests <= 25 + 6);
  world_release(&w);
}

/* ---- batches that are too large ---- */

static void at_most_eight(struct world *world, struct exchange_plan *plan) {
  (void)world;
  if (plan->n_texts > 8) refuse(plan, 413, "batch size 9 > maximum allowed batch size 8");
}

static void test_embed__size_that_worked_is_remembered(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":100,\"max_concurrent_requests\":1}",
                  1000, at_most_eight);
  for (int i = 0; i < 1000; i++) next_vector(&w, i, i);
  assert_end(&w);
  int refused = 0;
  for (int i = 0; i < w.n_requests; i++) refused += w.items[i] > 8;
  assert_true(refused <= 24);       /* the first batch's halves, and larger ones tried later */
  assert_true(w.n_requests <= 200); /* 125 at the least */
  int late = 0;
  for (int i = w.n_requests / 2; i < w.n_requests; i++) late += w.items[i] > 8;
  assert_true(late <= 3);
  /* and by the runs after it */
  emb_embed_close(w.embed);
  int before = w.n_requests;
  w.n_read = 0;
  w.n_inputs = 20;
  assert_int_equal(world_begin(&w), 0);
  for (int i = 0; i < 20; i++) next_vector(&w, i, i);
  assert_true(w.n_requests - before <= 4);
  world_release(&w);
}

static void at_most_400_bytes(struct world *world, struct exchange_plan *plan) {
  (void)world;
  if (plan->n_bytes > 400) refuse(plan, 400, "Requested 500 tokens, max 400 tokens per request");
}

static void test_embed__bytes_that_worked_are_remembered(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":250,\"max_concurrent_requests\":1}",
                  4000, at_most_400_bytes);
  for (int i = 0; i < 4000; i++) next_vector(&w, i, i);
  assert_end(&w);
  assert_true(w.client->fit_bytes[0].limit > 200 && w.client->fit_items[0].limit == 0);
  assert_true(w.n_requests <= 80); /* 48 at the least */
  world_release(&w);
}

static void test_embed__poison_does_not_make_batches_smaller(void **state) {
  (void)state;
  poison_status = 400;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":100}", 300, poisoned);
  for (int i = 0; i < 300; i++) next_result(&w, i);
  assert_true(w.client->fit_items[0].limit == 0 && w.client->fit_bytes[0].limit == 0);
  world_release(&w);
}

static void wrong_key_as_400(struct world *world, struct exchange_plan *plan) {
  (void)world;
  plan->status = 400;
  strcpy(plan->body,
         "{\"error\":{\"code\":400,\"message\":\"API key not valid. Please pass a valid "
         "API key.\",\"details\":[{\"reason\":\"API_KEY_INVALID\"}]}}");
}

static void test_embed__wrong_key_under_another_status_stops_the_sending(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":10,\"max_concurrent_requests\":2}",
                  500, wrong_key_as_400);
  for (int i = 0; i < 500; i++) next_failure(i, EMB_EAUTH, "API key not valid");
  assert_end(&w);
  assert_true(w.n_requests <= 2);
  world_release(&w);
}

static void too_large_then_no_key(struct world *world, struct exchange_plan *plan) {
  (void)world;
  if (plan->n_texts > 4)
    refuse(plan, 413, "too large");
  else
    refuse(plan, 401, "no such key");
}

/* Halves that wait to be sent when the key turns out to be wrong. */
static void test_embed__wrong_key_fails_the_halves(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":8,\"max_concurrent_requests\":1}", 8,
                  too_large_then_no_key);
  for (int i = 0; i < 8; i++) next_failure(i, EMB_EAUTH, "no such key");
  assert_end(&w);
  assert_int_equal(w.n_requests, 2);
  world_release(&w);
}

static void everything_refused(struct world *world, struct exchange_plan *plan) {
  (void)world;
  refuse(plan, 400, "no");
}

static void test_embed__all_refused_fails_all(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":16}", 16, everything_refused);
  for (int i = 0; i < 16; i++) next_failure(i, EMB_EINPUT, "no");
  assert_end(&w);
  assert_int_equal(w.n_requests, 31);
  world_release(&w);
}

/* Text 3 is null once, text 5 always. */
static void nan_vectors(struct world *world, struct exchange_plan *plan) {
  (void)world;
  strcpy(plan->body, "{\"embeddings\":[");
  for (int i = 0; i < plan->n_texts; i++) {
    char vector[80];
    int value = atoi(plan->text[i] + 1), bad = (value == 3 && plan->number == 0) || value == 5;
    snprintf(vector, sizeof vector, bad ? "[%d,null]" : "[%d,1]", value);
    add_vector(plan, i, vector);
  }
  strcat(plan->body, "]}");
}

static void test_embed__bad_vector_is_asked_for_again_alone(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":8}", 8, nan_vectors);
  for (int i = 0; i < 8; i++)
    if (i == 5)
      next_failure(i, EMB_EREPLY, "null, NaN or infinity");
    else
      assert_int_equal(next_vector(&w, i, i).attempts, i == 3 ? 2 : 1);
  assert_end(&w);
  assert_int_equal(w.n_requests, 3);
  assert_int_equal(w.items[1], 1);
  assert_int_equal(w.items[2], 1);
  world_release(&w);
}

/* ---- errors that every request would meet ---- */

static void bad_key(struct world *world, struct exchange_plan *plan) {
  (void)world;
  refuse(plan, 401, "bad key");
}

static void test_embed__bad_key_stops_the_sending(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":2,\"max_concurrent_requests\":3}", 500,
                  bad_key);
  for (int i = 0; i < 500; i++) next_failure(i, EMB_EAUTH, "bad key");
  assert_end(&w);
  assert_true(w.n_requests <= 3);
  world_release(&w);
}

static void third_request_is_refused(struct world *world, struct exchange_plan *plan) {
  (void)world;
  if (plan->number == 2) refuse(plan, 403, "key expired");
}

static void test_embed__what_came_before_a_fatal_error_stands(void **state) {
  (void)state;
  assert_int_equal(
      world_open(&w, "{\"format\":\"ollama\",\"batch_size\":5}", 50, third_request_is_refused), 0);
  w.options.max_concurrent_requests = 1;
  assert_int_equal(world_begin(&w), 0);
  for (int i = 0; i < 10; i++) next_vector(&w, i, i);
  for (int i = 10; i < 50; i++) next_failure(i, EMB_EAUTH, "key expired");
  assert_end(&w);
  assert_int_equal(w.n_requests, 3);
  world_release(&w);
}

/* ---- errors that go away ---- */

static void busy_at_first(struct world *world, struct exchange_plan *plan) {
  (void)world;
  if (plan->number == 0) {
    refuse(plan, 429, "slow down");
    plan->retry_after = "7";
  } else if (plan->number == 1) {
    plan->body[strlen(plan->body) / 2] = 0; /* cut short */
  } else if (plan->number == 2) {
    plan->transport = EMB_ECONNECT;
  }
}

static void test_embed__retries_what_may_go_away(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\"}", 3, busy_at_first);
  for (int i = 0; i < 3; i++) assert_int_equal(next_vector(&w, i, i).attempts, 4);
  assert_end(&w);
  assert_int_equal(w.n_requests, 4);
  assert_true(w.starts[1] - w.starts[0] >= 7000);
  assert_int_equal(w.client->stats.retries, 3);
  world_release(&w);
}

static void pause_at_first(struct world *world, struct exchange_plan *plan) {
  (void)world;
  if (plan->number) return;
  refuse(plan, 429, "Rate limit reached. Please try again in 3s.");
  plan->takes_ms = 5;
}

/* Another client embeds one text in the same world; returns how long that took. */
static long long one_by(const char *options) {
  struct emb_err err = {0};
  struct emb_client *first = w.client;
  struct emb_embed *saved = w.embed;
  long long from = w.now;
  assert_int_equal(emb_client_new("d", options, strlen(options), &w.client, &err), 0);
  w.n_read = 0;
  assert_int_equal(world_begin(&w), 0);
  next_vector(&w, 0, 0);
  emb_embed_close(w.embed);
  emb_client_unref(w.client);
  w.embed = saved;
  w.client = first;
  return w.now - from;
}

static void test_embed__pause_holds_all_clients_of_the_place(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"max_retries\":0}", 1, pause_at_first);
  next_failure(0, EMB_ERATE, "try again in 3s");
  assert_int_equal(one_by("{\"format\":\"ollama\",\"url\":\"http://elsewhere:11434\"}"), 10);
  assert_int_equal(one_by("{\"format\":\"ollama\",\"model\":\"another\"}"), 10);
  assert_in_range(one_by("{\"format\":\"ollama\"}"), 2900, 3300);
  assert_int_equal(one_by("{\"format\":\"ollama\"}"), 10);
  world_release(&w);
}

static void always_busy(struct world *world, struct exchange_plan *plan) {
  (void)world;
  refuse(plan, 503, "overloaded");
}

static void test_embed__gives_up_after_max_retries(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"max_retries\":2}", 3, always_busy);
  for (int i = 0; i < 3; i++) next_failure(i, EMB_EHTTP, "overloaded (after 3 attempts)");
  assert_end(&w);
  assert_int_equal(w.n_requests, 3);
  world_release(&w);
}

static void wrong_count(struct world *world, struct exchange_plan *plan) {
  (void)world;
  strcpy(plan->body, "{\"embeddings\":[[1,2]]}");
}

static void test_embed__wrong_reply_fails_without_retry(void **state) {
  (void)state;
  world_start_run(&w, "ollama", 3, wrong_count);
  for (int i = 0; i < 3; i++) next_failure(i, EMB_EREPLY, "1 vectors for 3 inputs");
  assert_int_equal(w.n_requests, 1);
  world_release(&w);
}

/* ---- inputs that are bad in themselves ---- */

static void test_embed__bad_input_fails_alone(void **state) {
  (void)state;
  static const struct emb_input inputs[] = {
      {.text = "t0", .n_text = 2},
      {.image = (const unsigned char *)"not a picture", .n_image = 13},
      {.text = "t2", .n_text = 2, .image = (const unsigned char *)PNG, .n_image = N_PNG},
      {.text = "t3", .n_text = 2},
      {.image = (const unsigned char *)PNG "too many bytes", .n_image = N_PNG + 14},
      {.text = "t5", .n_text = 2},
      {.text = "t6", .n_text = 2},
  };
  assert_int_equal(world_open(&w, "{\"format\":\"ollama\",\"max_image_bytes\":16}", 7, NULL), 0);
  w.inputs = inputs;
  w.bad_at = 5;
  assert_int_equal(world_begin(&w), 0);
  next_vector(&w, 0, 0);
  next_failure(1, EMB_EINPUT, "not an image");
  next_failure(2, EMB_EINPUT, "both text and image");
  next_vector(&w, 3, 3);
  next_failure(4, EMB_ETOOBIG, "max_image_bytes");
  next_failure(5, EMB_EINPUT, "a blob of no known kind");
  next_vector(&w, 6, 6);
  assert_end(&w);
  assert_int_equal(w.n_vision, 0);
  world_release(&w);
}

static void test_embed__image_without_a_vision_model_says_so(void **state) {
  (void)state;
  static const struct emb_input image = {.image = (const unsigned char *)PNG, .n_image = N_PNG};
  assert_int_equal(world_open(&w, "tei", 1, NULL), 0);
  w.inputs = &image;
  assert_int_equal(world_begin(&w), 0);
  next_failure(0, EMB_ECONFIG, "no vision model");
  world_release(&w);
}

static void empty_caption(struct world *world, struct exchange_plan *plan) {
  (void)world;
  if (plan->is_vision) strcpy(plan->body, "{\"message\":{\"content\":\" \"}}");
}

static void test_embed__empty_caption_is_never_embedded(void **state) {
  (void)state;
  static const struct emb_input image = {.image = (const unsigned char *)PNG, .n_image = N_PNG};
  assert_int_equal(world_open(&w, "ollama", 1, empty_caption), 0);
  w.inputs = &image;
  assert_int_equal(world_begin(&w), 0);
  next_failure(0, EMB_EREPLY, "no description");
  assert_int_equal(w.n_text, 0);
  world_release(&w);
}

/* ---- interrupt and close ---- */

static int interrupted_at(void *ctx) { return ((struct world *)ctx)->now >= 1300; }

static void never_answers(struct world *world, struct exchange_plan *plan) {
  (void)world;
  plan->takes_ms = 1000000;
}

static void test_embed__interrupt_ends_it(void **state) {
  (void)state;
  struct emb_result result;
  struct emb_err err = {0};
  assert_int_equal(world_open(&w, "{\"format\":\"ollama\",\"batch_size\":2}", 100, never_answers),
                   0);
  w.options.interrupted = interrupted_at;
  w.options.ctx = &w;
  assert_int_equal(world_begin(&w), 0);
  assert_int_equal(emb_embed_next(w.embed, &result, &err), EMB_EINTERRUPT);
  assert_int_equal(err.code, EMB_EINTERRUPT);
  assert_in_range(w.now, 1300, 1360);
  assert_int_equal(emb_embed_next(w.embed, &result, &err), EMB_EINTERRUPT);
  assert_int_equal(w.n_flying, 4);
  world_release(&w);
  assert_int_equal(w.cancels, 4);
}

static void later_is_slower(struct world *world, struct exchange_plan *plan) {
  (void)world;
  plan->takes_ms = 10 + 50L * plan->number;
}

static void test_embed__close_cancels_what_is_in_flight(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":2}", 100, later_is_slower);
  for (int i = 0; i < 3; i++) next_vector(&w, i, i);
  int flying = w.n_flying;
  assert_true(flying > 0);
  emb_embed_close(w.embed);
  assert_int_equal(w.n_flying, 0);
  assert_int_equal(w.cancels, flying);
  assert_int_equal(w.client->stats.in_flight, 0);
  w.embed = NULL;
  world_release(&w);
  emb_embed_close(NULL);
}

static void test_embed__close_at_any_point_leaves_nothing(void **state) {
  (void)state;
  poison_status = 400;
  for (int consumed = 0; consumed < 70; consumed += 3) {
    world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":8}", 70, poisoned);
    for (int i = 0; i < consumed; i++) next_result(&w, i);
    world_release(&w);
  }
}

static void test_embed__two_runs_share_an_engine(void **state) {
  (void)state;
  struct world *outer = &w;
  world_start_run(outer, "{\"format\":\"ollama\",\"batch_size\":4}", 20, NULL);
  next_vector(outer, 0, 0);
  /* an inner run over the same engine and client, with inputs of its own, in the middle */
  struct emb_embed *saved = outer->embed;
  int read = outer->n_read;
  static const struct emb_input inner[] = {{.text = "t7", .n_text = 2},
                                           {.text = "t9", .n_text = 2}};
  outer->inputs = inner;
  outer->n_inputs = 2;
  outer->n_read = 0;
  assert_int_equal(world_begin(outer), 0);
  next_vector(outer, 0, 7);
  next_vector(outer, 1, 9);
  assert_end(outer);
  emb_embed_close(outer->embed);
  outer->embed = saved;
  outer->inputs = NULL;
  outer->n_inputs = 20;
  outer->n_read = read;
  for (int i = 1; i < 20; i++) next_vector(outer, i, i);
  assert_end(outer);
  world_release(outer);
}

/* ---- out of memory ---- */

static struct emb_input mixed[12];
static char words[12][16];

static void some_trouble(struct world *world, struct exchange_plan *plan) {
  if (holds(plan, "t7")) refuse(plan, 400, "poison");
  if (plan->number == 1) refuse(plan, 503, "busy");
  if (plan->number >= 3 && !plan->is_vision && plan->n_texts > 1) nan_vectors(world, plan);
}

/* Everything once: open, twelve results, close. `n_results` gets how many came. */
static int run_mixed(int *n_results) {
  struct emb_result result;
  struct emb_err err = {0};
  *n_results = 0;
  int rc = world_open(&w, "{\"format\":\"ollama\",\"batch_size\":5,\"headers\":{\"X\":\"y\"}}", 12,
                      some_trouble);
  w.inputs = mixed;
  w.options.input_type = NULL;
  if (!rc) rc = world_begin(&w);
  while (!rc) {
    rc = emb_embed_next(w.embed, &result, &err);
    if (rc) break;
    assert_int_equal(result.index, *n_results);
    if (result.status == EMB_RESULT_FAILED && result.err->code != EMB_ENOMEM && result.index != 7)
      fail_msg("input %lld: %s", result.index, result.err->message);
    if (result.status == EMB_RESULT_VECTOR) assert_true(result.vector[0] == (float)result.index);
    ++*n_results;
  }
  world_release(&w);
  return rc;
}

static void test_embed__survives_running_out_of_memory(void **state) {
  (void)state;
  int n_results;
  for (int i = 0; i < 12; i++) {
    int is_image = i % 4 == 1;
    int n = snprintf(words[i], sizeof words[i], "%c%d", is_image ? 'p' : 't', i);
    mixed[i] = is_image ? (struct emb_input){.image = (const unsigned char *)PNG,
                                             .n_image = N_PNG,
                                             .prompt = words[i],
                                             .n_prompt = (size_t)n}
                        : (struct emb_input){.text = words[i], .n_text = (size_t)n};
  }
  emb_mem_fail_at(LONG_MAX, 0); /* counts only */
  assert_int_equal(run_mixed(&n_results), EMB_END);
  assert_int_equal(n_results, 12);
  long n = emb_mem_fail_at(0, 0);
  assert_true(n > 100);
  for (int forever = 0; forever < 2; forever++)
    for (long at = 1; at <= n; at++) {
      emb_mem_fail_at(at, forever);
      int rc = run_mixed(&n_results);
      emb_mem_fail_at(0, 0);
      if (rc != EMB_ENOMEM && rc != EMB_END) fail_msg("allocation %ld gave %d", at, rc);
      if (rc == EMB_END) assert_int_equal(n_results, 12);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_embed__halving_isolates_one_poisoned_text),
      cmocka_unit_test(test_embed__poison_in_a_batch_does_not_hold_up_others),
      cmocka_unit_test(test_embed__size_that_worked_is_remembered),
      cmocka_unit_test(test_embed__bytes_that_worked_are_remembered),
      cmocka_unit_test(test_embed__poison_does_not_make_batches_smaller),
      cmocka_unit_test(test_embed__wrong_key_under_another_status_stops_the_sending),
      cmocka_unit_test(test_embed__pause_holds_all_clients_of_the_place),
      cmocka_unit_test(test_embed__wrong_key_fails_the_halves),
      cmocka_unit_test(test_embed__all_refused_fails_all),
      cmocka_unit_test(test_embed__bad_vector_is_asked_for_again_alone),
      cmocka_unit_test(test_embed__bad_key_stops_the_sending),
      cmocka_unit_test(test_embed__what_came_before_a_fatal_error_stands),
      cmocka_unit_test(test_embed__retries_what_may_go_away),
      cmocka_unit_test(test_embed__gives_up_after_max_retries),
      cmocka_unit_test(test_embed__wrong_reply_fails_without_retry),
      cmocka_unit_test(test_embed__bad_input_fails_alone),
      cmocka_unit_test(test_embed__image_without_a_vision_model_says_so),
      cmocka_unit_test(test_embed__empty_caption_is_never_embedded),
      cmocka_unit_test(test_embed__interrupt_ends_it),
      cmocka_unit_test(test_embed__close_cancels_what_is_in_flight),
      cmocka_unit_test(test_embed__close_at_any_point_leaves_nothing),
      cmocka_unit_test(test_embed__two_runs_share_an_engine),
      cmocka_unit_test(test_embed__survives_running_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
