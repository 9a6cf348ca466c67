/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_TEST_FAKE_TRANSPORT_H
#define EMB_TEST_FAKE_TRANSPORT_H
/*
 * A scripted transport for tests of the scheduler. Time is an integer that only fake_poll and the
 * tests move: every start takes the next step of the script, ends `takes_ms` later, and a poll
 * moves the clock to that moment or to the end of its wait, whichever is first. Header only;
 * include it after <cmocka.h>.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "http/engine.h"

#define HANG 1000000000L /* a step that never ends */
#define MAX_FLYING 16
#define UNIX_MS 784111777000LL /* Sun, 06 Nov 1994 08:49:37 GMT */

struct step {
  int status;
  long takes_ms;
  int transport, may_retry;
  const char *retry_after, *retry_after_ms, *should_retry, *requests_left, *requests_reset;
  const char *body; /* to the sink */
  int start_rc;
};

struct fake {
  long long now;
  const struct step *script;
  int n_steps, next_step;
  struct {
    struct emb_exchange *exchange;
    const struct step *step;
    long long end;
  } flying[MAX_FLYING];
  int n_flying, cancels, closes, polls, poll_rc;
  int last_wait;
  long long starts[64];
  int n_starts;
};

static int fake_start(void *ctx, struct emb_exchange *exchange) {
  struct fake *fake = ctx;
  assert_true(fake->next_step < fake->n_steps);
  const struct step *step = &fake->script[fake->next_step++];
  assert_false(exchange->done);
  assert_null(exchange->handle);
  assert_int_equal(exchange->reply->status, 0);
  assert_int_equal(exchange->reply->transport, 0);
  fake->starts[fake->n_starts++] = fake->now;
  if (step->start_rc) return step->start_rc;
  assert_true(fake->n_flying < MAX_FLYING);
  fake->flying[fake->n_flying].exchange = exchange;
  fake->flying[fake->n_flying].step = step;
  fake->flying[fake->n_flying++].end = fake->now + step->takes_ms;
  exchange->handle = fake;
  return 0;
}

static void drop(struct fake *fake, int i) {
  fake->flying[i].exchange->handle = NULL;
  fake->flying[i] = fake->flying[--fake->n_flying];
}

static void end_exchange(struct fake *fake, int i) {
  struct emb_exchange *exchange = fake->flying[i].exchange;
  const struct step *step = fake->flying[i].step;
  struct emb_reply *reply = exchange->reply;
  reply->status = step->status;
  reply->transport = step->transport;
  reply->may_retry = step->may_retry;
  if (step->transport) snprintf(reply->transport_text, sizeof reply->transport_text, "it broke");
  snprintf(reply->retry_after, sizeof reply->retry_after, "%s",
           step->retry_after ? step->retry_after : "");
  snprintf(reply->retry_after_ms, sizeof reply->retry_after_ms, "%s",
           step->retry_after_ms ? step->retry_after_ms : "");
  snprintf(reply->should_retry, sizeof reply->should_retry, "%s",
           step->should_retry ? step->should_retry : "");
  snprintf(reply->requests_left.remaining, sizeof reply->requests_left.remaining, "%s",
           step->requests_left ? step->requests_left : "");
  snprintf(reply->requests_left.reset, sizeof reply->requests_left.reset, "%s",
           step->requests_reset ? step->requests_reset : "");
  snprintf(reply->request_id, sizeof reply->request_id, "id-%d", fake->next_step);
  reply->bytes_in = 10;
  reply->bytes_out = 3;
  reply->new_connections = 1;
  if (step->body && exchange->sink)
    exchange->sink_error =
        exchange->sink->write(exchange->sink->ctx, step->body, strlen(step->body));
  exchange->done = 1;
  drop(fake, i);
}

static int fake_poll(void *ctx, int wait_ms) {
  struct fake *fake = ctx;
  fake->polls++;
  fake->last_wait = wait_ms;
  assert_true(wait_ms >= 0);
  long long until = fake->now + wait_ms;
  for (int i = 0; i < fake->n_flying; i++)
    if (fake->flying[i].end < until)
      until = fake->flying[i].end > fake->now ? fake->flying[i].end : fake->now;
  fake->now = until;
  for (int i = fake->n_flying - 1; i >= 0; i--)
    if (fake->flying[i].end <= fake->now) end_exchange(fake, i);
  return fake->poll_rc;
}

static void fake_cancel(void *ctx, struct emb_exchange *exchange) {
  struct fake *fake = ctx;
  int found = 0;
  for (int i = 0; i < fake->n_flying; i++)
    if (fake->flying[i].exchange == exchange) {
      drop(fake, i);
      found = 1;
      break;
    }
  assert_true(found);
  snprintf(exchange->reply->transport_text, sizeof exchange->reply->transport_text,
           "waiting for h:1 to answer");
  fake->cancels++;
}

static void fake_close(void *ctx) { ((struct fake *)ctx)->closes++; }
static long long fake_now(void *ctx) { return ((struct fake *)ctx)->now; }
static long long fake_unix(void *ctx) { return ((struct fake *)ctx)->now + UNIX_MS; }

static void open_engine(struct emb_engine *engine, struct fake *fake, const struct step *script,
                        int n) {
  memset(fake, 0, sizeof *fake);
  fake->script = script;
  fake->n_steps = n;
  struct emb_transport transport = {fake,       fake_start, fake_poll, fake_cancel,
                                    fake_close, fake_now,   fake_unix};
  emb_engine_init(engine, transport, 42);
}

static const struct emb_retry_policy default_policy = EMB_RETRY_POLICY_DEFAULT;

static void fill_job(struct emb_job *job) {
  memset(job, 0, sizeof *job);
  job->policy = default_policy;
  job->request.url = emb_strdup("http://h:1/");
}

/* Polls like a consumer that waits; returns how long that took. */
static long long run(struct emb_engine *engine, struct fake *fake, struct emb_job *job) {
  long long from = fake->now;
  for (int turns = 0; job->state != EMB_JOB_DONE; turns++) {
    assert_true(turns < 100000);
    assert_int_equal(emb_engine_poll(engine, 50), 0);
  }
  return fake->now - from;
}

static void close_engine(struct emb_engine *engine, struct fake *fake, struct emb_job *job) {
  emb_engine_release(engine);
  emb_engine_release(engine);
  assert_int_equal(fake->closes, 1);
  assert_int_equal(fake->n_flying, 0);
  assert_int_equal(engine->stats.in_flight, 0);
  if (job) emb_job_release(job);
}

/* Runs one job over a script. */
static inline long long play(struct emb_engine *engine, struct fake *fake, struct emb_job *job,
                             const struct step *script, int n) {
  open_engine(engine, fake, script, n);
  emb_engine_submit(engine, job);
  return run(engine, fake, job);
}

#define N(array) ((int)(sizeof(array) / sizeof *(array)))

#endif
