/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Replies that hold no vectors: a page, nothing at all, more than vectors could be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_server.h"

static struct world w;

static void next_failure(int i, int code, const char *words) {
  struct emb_result r = next_result(&w, i);
  assert_int_equal(r.status, EMB_RESULT_FAILED);
  if (r.err->code != code || !strstr(r.err->message, words))
    fail_msg("input %d: %d %s", i, r.err->code, r.err->message);
}

static void page(struct world *world, struct exchange_plan *plan) {
  (void)world;
  strcpy(plan->body, "\n<!DOCTYPE html>\n<h1>Log in\x07</h1>");
}

static void test_embed__page_in_place_of_vectors_is_quoted(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\"}", 1, page);
  next_failure(0, EMB_EREPLY, "check the client's url: ");
  assert_int_equal(w.n_requests, 1);
  world_release(&w);
  world_start_run(&w, "{\"format\":\"ollama\"}", 1, page);
  next_failure(0, EMB_EREPLY, "; it begins with: <!DOCTYPE html> <h1>Log in </h1>");
  assert_end(&w);
  world_release(&w);
}

static void empty_once(struct world *world, struct exchange_plan *plan) {
  (void)world;
  if (plan->number == 0) plan->body[0] = 0;
}

static void no_content(struct world *world, struct exchange_plan *plan) {
  (void)world;
  plan->status = 204;
}

static void test_embed__empty_reply_is_tried_again_unless_it_was_meant(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\"}", 1, empty_once);
  next_vector(&w, 0, 0);
  assert_int_equal(w.n_requests, 2);
  world_release(&w);
  world_start_run(&w, "{\"format\":\"ollama\"}", 1, no_content);
  next_failure(0, EMB_EREPLY, "HTTP 204: no content");
  assert_int_equal(w.n_requests, 1);
  world_release(&w);
}

static void test_embed__reply_may_be_as_large_as_its_vectors(void **state) {
  (void)state;
  world_start_run(&w, "{\"format\":\"ollama\",\"batch_size\":3}", 3, NULL);
  for (int i = 0; i < 3; i++) next_vector(&w, i, i);
  /* 65536 numbers of 24 bytes each, and not much more */
  assert_in_range(w.max_reply_bytes, 3 * 65536 * 24, 3 * 65536 * 24 * 2);
  world_release(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_embed__page_in_place_of_vectors_is_quoted),
      cmocka_unit_test(test_embed__empty_reply_is_tried_again_unless_it_was_meant),
      cmocka_unit_test(test_embed__reply_may_be_as_large_as_its_vectors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
