/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The pipeline over a scripted server: results in input order, batches within their limits, images
 * through captions, bounded windows, limits on the rate. What goes wrong is in test_embed_errors.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_server.h"

#define PNG "\x89PNG\r\n\x1a\n...."
#define N_PNG 12

static struct world w;

static void second_batch_is_faster(struct world *world, struct exchange_plan *plan) {
  (void)world;
  plan->takes_ms = plan->number == 0 ? 200 : 10;
}

static void test_embed__keeps_order_when_second_batch_finishes_first(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":2}", 6, second_batch_is_faster);
  for (int i = 0; i < 6; i++) {
    struct emb_result r = next_vector(&w, i, i);
    assert_int_equal(r.attempts, 1);
    assert_int_equal(r.ms, i < 2 ? 200 : 10);
    assert_true(r.tokens == 4);
  }
  assert_end(&w);
  assert_end(&w);
  assert_int_equal(w.n_requests, 3);
  assert_int_equal(w.client->stats.items, 6);
  assert_int_equal(w.client->stats.in_flight, 0);
  world_release(&w);
}

static void test_embed__blank_and_null_send_nothing(void **state) {
  (void)state;
  static const struct emb_input inputs[] = {
      {.text = NULL}, {.text = "", .n_text = 0}, {.text = " \t\r\n\f\v", .n_text = 6}};
  assert_int_equal(world_open(&w, "ollama", 3, NULL), 0);
  w.inputs = inputs;
  assert_int_equal(world_begin(&w), 0);
  for (int i = 0; i < 3; i++) {
    struct emb_result r = next_result(&w, i);
    assert_int_equal(r.status, EMB_RESULT_NULL);
    assert_null(r.vector);
  }
  assert_end(&w);
  assert_int_equal(w.n_requests, 0);
  world_release(&w);
}

static void test_embed__blank_among_texts_keeps_its_place(void **state) {
  (void)state;
  static const struct emb_input inputs[] = {
      {.text = "t1", .n_text = 2}, {.text = " ", .n_text = 1}, {.text = "t3", .n_text = 2}};
  assert_int_equal(world_open(&w, "ollama", 3, NULL), 0);
  w.inputs = inputs;
  assert_int_equal(world_begin(&w), 0);
  next_vector(&w, 0, 1);
  assert_int_equal(next_result(&w, 1).status, EMB_RESULT_NULL);
  next_vector(&w, 2, 3);
  assert_int_equal(w.n_requests, 1);
  assert_int_equal(w.items[0], 2);
  world_release(&w);
}

static void test_embed__no_input_gives_no_result(void **state) {
  (void)state;
  world_start_run(&w, "ollama", 0, NULL);
  assert_end(&w);
  assert_int_equal(w.n_requests, 0);
  world_release(&w);
}

static size_t byte_limit, token_limit;

static void check_limits(struct world *world, struct exchange_plan *plan) {
  (void)world;
  if (plan->n_texts == 1) return; /* what is too large by itself is sent by itself */
  if (byte_limit) assert_true(plan->n_bytes <= byte_limit);
  if (token_limit) assert_true(plan->n_bytes / 3 <= token_limit);
}

static void test_embed__splits_batches_by_items(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":3}", 8, NULL);
  for (int i = 0; i < 8; i++) next_vector(&w, i, i);
  assert_int_equal(w.n_requests, 3);
  assert_int_equal(w.items[0], 3);
  assert_int_equal(w.items[1], 3);
  assert_int_equal(w.items[2], 2);
  world_release(&w);
}

/* 30 texts of 20 bytes, one of 60. */
static void run_long_texts(const char *options) {
  static struct emb_input inputs[31];
  static char text[31][64];
  for (int i = 0; i < 31; i++) {
    snprintf(text[i], sizeof text[i], "t%-*d", i == 20 ? 59 : 19, i);
    inputs[i] = (struct emb_input){.text = text[i], .n_text = strlen(text[i])};
  }
  assert_int_equal(world_open(&w, options, 31, check_limits), 0);
  w.inputs = inputs;
  assert_int_equal(world_begin(&w), 0);
  for (int i = 0; i < 31; i++) next_vector(&w, i, i);
  assert_end(&w);
}

static void test_embed__splits_batches_by_bytes(void **state) {
  (void)state;
  byte_limit = 50;
  run_long_texts("{\"format\":\"ollama\",\"max_batch_bytes\":50}");
  byte_limit = 0;
  assert_in_range(w.n_requests, 16, 18);
  world_release(&w);
}

static void test_embed__splits_batches_by_tokens(void **state) {
  (void)state;
  token_limit = 24;
  run_long_texts("{\"format\":\"ollama\",\"max_batch_tokens\":24}");
  token_limit = 0;
  assert_in_range(w.n_requests, 11, 13);
  world_release(&w);
}

static void test_embed__keeps_within_its_window(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":4,\"max_concurrent_requests\":3}",
                  1000, NULL);
  for (int i = 0; i < 1000; i++) {
    next_vector(&w, i, i);
    assert_true(w.n_read - i <= (3 + 2) * 4 + 1);
  }
  assert_int_equal(w.text_peak, 3);
  assert_int_equal(w.n_requests, 250);
  assert_int_equal(w.client->stats.peak_in_flight, 3);
  world_release(&w);
}

static void first_is_late(struct world *world, struct exchange_plan *plan) {
  (void)world;
  if (plan->number == 0) plan->takes_ms = 10000;
}

/* Others go on behind a late one, eight windows far and no further. */
static void test_embed__late_request_holds_up_results_only(void **state) {
  (void)state;
  enum { WINDOW = (3 + 2) * 4 };
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":4,\"max_concurrent_requests\":3}",
                  1000, first_is_late);
  next_vector(&w, 0, 0);
  assert_int_equal(w.n_read, 8 * WINDOW);
  assert_int_equal(w.n_requests, 8 * WINDOW / 4);
  for (int i = 1; i < 1000; i++) {
    next_vector(&w, i, i);
    assert_true(w.n_read - i <= (i < 8 * WINDOW ? 8 * WINDOW : WINDOW + 1));
  }
  assert_int_equal(w.n_requests, 250);
  world_release(&w);
}

static void test_embed__options_of_one_run_win(void **state) {
  (void)state;
  assert_int_equal(world_open(&w, "{\"format\":\"ollama\",\"batch_size\":4}", 9, NULL), 0);
  w.options.max_concurrent_requests = 1;
  w.options.batch_size = 2;
  assert_int_equal(world_begin(&w), 0);
  for (int i = 0; i < 9; i++) next_vector(&w, i, i);
  assert_int_equal(w.text_peak, 1);
  assert_int_equal(w.n_requests, 5);
  world_release(&w);
}

/* ---- images ---- */

static struct emb_input images[100];
static char prompts[100][16];

static void make_images(int n) {
  for (int i = 0; i < n; i++) {
    int length = snprintf(prompts[i], sizeof prompts[i], "p%d", i);
    images[i] = (struct emb_input){.image = (const unsigned char *)PNG,
                                   .n_image = N_PNG,
                                   .prompt = prompts[i],
                                   .n_prompt = (size_t)length};
  }
}

static void slow_vision(struct world *world, struct exchange_plan *plan) {
  (void)world;
  if (plan->is_vision) plan->takes_ms = 100;
}

static void test_embed__images_go_through_captions_in_batches(void **state) {
  (void)state;
  make_images(24);
  assert_int_equal(
      world_open(&w, "{\"format\":\"ollama\",\"max_concurrent_requests\":3}", 24, slow_vision), 0);
  w.inputs = images;
  assert_int_equal(world_begin(&w), 0);
  for (int i = 0; i < 24; i++) {
    char caption[16];
    struct emb_result r = next_vector(&w, i, i);
    snprintf(caption, sizeof caption, "c%d", i);
    assert_int_equal(r.n_caption, strlen(caption));
    assert_string_equal(r.caption, caption);
    assert_int_equal(r.attempts, 2);
    assert_true(r.tokens > 3);
  }
  assert_end(&w);
  assert_int_equal(w.n_vision, 24);
  assert_int_equal(w.vision_peak, 3);
  assert_true(w.n_text <= 8); /* three captions or more in each */
  assert_true(w.now - 1000 < 24 / 3 * 100 + 200);
  world_release(&w);
}

static void test_embed__texts_and_images_mix(void **state) {
  (void)state;
  static struct emb_input mixed[60];
  static char text[60][16];
  make_images(60);
  for (int i = 0; i < 60; i++) {
    mixed[i] = images[i];
    if (i % 3) continue;
    int n = snprintf(text[i], sizeof text[i], "t%d", i);
    mixed[i] = (struct emb_input){.text = text[i], .n_text = (size_t)n};
  }
  assert_int_equal(world_open(&w, "{\"format\":\"ollama\",\"batch_size\":5}", 60, slow_vision), 0);
  w.inputs = mixed;
  assert_int_equal(world_begin(&w), 0);
  for (int i = 0; i < 60; i++) {
    struct emb_result r = next_vector(&w, i, i);
    assert_int_equal(r.caption != NULL, i % 3 != 0);
  }
  assert_end(&w);
  assert_int_equal(w.n_vision, 40);
  world_release(&w);
}

static void test_embed__describe_only_gives_captions(void **state) {
  (void)state;
  make_images(5);
  images[2] = (struct emb_input){.text = "t2", .n_text = 2};
  assert_int_equal(world_open(&w, "ollama", 5, NULL), 0);
  w.inputs = images;
  w.options.describe_only = 1;
  assert_int_equal(world_begin(&w), 0);
  for (int i = 0; i < 5; i++) {
    struct emb_result r = next_result(&w, i);
    assert_int_equal(r.status, i == 2 ? EMB_RESULT_FAILED : EMB_RESULT_CAPTION);
    if (i == 2)
      assert_int_equal(r.err->code, EMB_EINPUT);
    else
      assert_int_equal(atoi(r.caption + 1), i);
  }
  assert_int_equal(w.n_text, 0);
  world_release(&w);
}

/* ---- the rate ---- */

static void test_embed__keeps_to_requests_per_minute(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":1,\"requests_per_minute\":60}", 40,
                  NULL);
  for (int i = 0; i < 40; i++) next_vector(&w, i, i);
  assert_end(&w);
  assert_int_equal(w.n_requests, 40);
  /* a burst of ten seconds' worth, then one a second, and no slower */
  for (int i = 0; i < 40; i++) {
    int within = 0;
    for (int j = i; j < 40 && w.starts[j] < w.starts[i] + 10000; j++) within++;
    assert_true(within <= 20);
  }
  assert_in_range(w.starts[39] - w.starts[0], 29000, 31000);
  world_release(&w);
}

static void test_embed__keeps_to_tokens_per_minute(void **state) {
  (void)state;
  /* 40 texts of one estimated token each, ten to a batch, 60 a minute: ten at once, then 1/s */
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":10,\"tokens_per_minute\":60}", 40,
                  NULL);
  for (int i = 0; i < 40; i++) next_vector(&w, i, i);
  assert_in_range(w.now - 1000, 15000, 35000);
  world_release(&w);
}

static void test_embed__limits_hold_across_runs(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":1,\"requests_per_minute\":60}", 10,
                  NULL);
  for (int i = 0; i < 10; i++) next_vector(&w, i, i);
  emb_embed_close(w.embed);
  w.n_read = 0;
  w.n_inputs = 5;
  assert_int_equal(world_begin(&w), 0);
  for (int i = 0; i < 5; i++) next_vector(&w, i, i);
  assert_true(w.now - 1000 > 4000);
  world_release(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_embed__keeps_order_when_second_batch_finishes_first),
      cmocka_unit_test(test_embed__blank_and_null_send_nothing),
      cmocka_unit_test(test_embed__blank_among_texts_keeps_its_place),
      cmocka_unit_test(test_embed__no_input_gives_no_result),
      cmocka_unit_test(test_embed__splits_batches_by_items),
      cmocka_unit_test(test_embed__splits_batches_by_bytes),
      cmocka_unit_test(test_embed__splits_batches_by_tokens),
      cmocka_unit_test(test_embed__keeps_within_its_window),
      cmocka_unit_test(test_embed__late_request_holds_up_results_only),
      cmocka_unit_test(test_embed__options_of_one_run_win),
      cmocka_unit_test(test_embed__images_go_through_captions_in_batches),
      cmocka_unit_test(test_embed__texts_and_images_mix),
      cmocka_unit_test(test_embed__describe_only_gives_captions),
      cmocka_unit_test(test_embed__keeps_to_requests_per_minute),
      cmocka_unit_test(test_embed__keeps_to_tokens_per_minute),
      cmocka_unit_test(test_embed__limits_hold_across_runs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
