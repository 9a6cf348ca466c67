/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The scheduler: see engine.h.
 *
 * A job is in the list exactly while it is WAITING or RUNNING; an exchange is in flight exactly
 * while its job is RUNNING. The list is doubly linked, and the head's `previous` is the tail, so
 * that a submit needs no walk. All walks take `next` before they may unlink.
 *
 * One turn: expire and start what waits, one transport->poll that never sleeps past the next timer,
 * then judge what ended and cut what is late. What the transport has already received is looked at
 * before any deadline, so a reply that lies in a socket buffer is never thrown away as late.
 *
 * Nothing is allocated here. A judge or a sink must not submit, cancel or poll.
 */
#include "http/engine.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "http/hint.h"

#define PAUSE_MS 100       /* a longer gap between polls is the consumer's pause */
#define FEW_ATTEMPTS 3     /* of a failure with may_retry == 2, at a place that never answered */
#define PATIENT_FAILURES 4 /* hints that did not help, before a job waits longer */
#define NO_TIMER LLONG_MAX
#define MAX_PATIENCE_MS 60000
#define LONG_PAUSE_MS 30000 /* how long a wait that is too long keeps others from asking again */

static long long now_of(struct emb_engine *engine) {
  return engine->transport.now_ms(engine->transport.ctx);
}

static long long unix_now(struct emb_engine *engine) {
  if (engine->transport.unix_ms) return engine->transport.unix_ms(engine->transport.ctx);
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* xorshift64*: jitter needs no better. */
static double random01(struct emb_engine *engine) {
  unsigned long long x = engine->random;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  engine->random = x;
  return (double)((x * 0x2545F4914F6CDD1DULL) >> 11) / 9007199254740992.0;
}

void emb_engine_init(struct emb_engine *engine, struct emb_transport transport,
                     unsigned long long seed) {
  memset(engine, 0, sizeof *engine);
  engine->transport = transport;
  engine->random = seed ? seed : 0x9E3779B97F4A7C15ULL; /* xorshift stays at 0 for ever */
  engine->last_poll_ms = now_of(engine);
}

static void link_last(struct emb_engine *engine, struct emb_job *job) {
  job->next = NULL;
  if (!engine->jobs) {
    job->previous = job;
    engine->jobs = job;
    return;
  }
  job->previous = engine->jobs->previous;
  job->previous->next = job;
  engine->jobs->previous = job;
}

static void unlink_job(struct emb_engine *engine, struct emb_job *job) {
  if (job->gate) job->gate->n_jobs--;
  if (engine->jobs == job)
    engine->jobs = job->next;
  else
    job->previous->next = job->next;
  if (job->next)
    job->next->previous = job->previous;
  else if (engine->jobs)
    engine->jobs->previous = job->previous;
  job->next = job->previous = NULL;
}

void emb_engine_submit(struct emb_engine *engine, struct emb_job *job) {
  if (job->state == EMB_JOB_WAITING || job->state == EMB_JOB_RUNNING) return;
  long long now = now_of(engine);
  emb_reply_clear(&job->reply);
  memset(&job->verdict, 0, sizeof job->verdict);
  memset(&job->exchange, 0, sizeof job->exchange);
  job->verdict.hint_ms = -1;
  job->attempts = job->n_excused = job->timed_out = 0;
  job->submitted_ms = job->due_ms = job->look_ms = now;
  job->finished_ms = job->attempt_deadline_ms = 0;
  job->deadline_ms = job->policy.deadline_ms > 0 ? now + job->policy.deadline_ms : 0;
  job->state = EMB_JOB_WAITING;
  if (job->gate) job->gate->n_jobs++;
  link_last(engine, job);
}

static void cancel_exchange(struct emb_engine *engine, struct emb_job *job) {
  /* an exchange that is done has left the transport */
  if (!job->exchange.done) engine->transport.cancel(engine->transport.ctx, &job->exchange);
  engine->stats.in_flight--;
}

void emb_engine_cancel(struct emb_engine *engine, struct emb_job *job) {
  if (job->state == EMB_JOB_RUNNING) {
    cancel_exchange(engine, job);
    if (job->gate) emb_gate_cancel(job->gate);
  }
  if (job->state == EMB_JOB_RUNNING || job->state == EMB_JOB_WAITING) unlink_job(engine, job);
  job->state = EMB_JOB_IDLE;
}

void emb_engine_release(struct emb_engine *engine) {
  while (engine->jobs) emb_engine_cancel(engine, engine->jobs);
  emb_gates_release(&engine->gates);
  if (engine->transport.close) engine->transport.close(engine->transport.ctx);
  memset(&engine->transport, 0, sizeof engine->transport);
}

void emb_job_release(struct emb_job *job) {
  emb_request_release(&job->request);
  emb_reply_release(&job->reply);
  emb_err_clear(&job->verdict.err);
}

/* Puts text behind the message, cutting the message rather than the text. */
static void append(struct emb_err *err, const char *text) {
  size_t n = strlen(err->message), extra = strlen(text);
  if (n + extra >= sizeof err->message)
    n = emb_utf8_floor(err->message, sizeof err->message - 1 - extra);
  memcpy(err->message + n, text, extra + 1);
}

static void finish(struct emb_engine *engine, struct emb_job *job, long long now) {
  struct emb_err *err = &job->verdict.err;
  unlink_job(engine, job);
  job->state = EMB_JOB_DONE;
  job->finished_ms = now;
  if (job->verdict.action == EMB_ACTION_DONE) return;
  if (!err->code) /* a judge that gave no reason */
    emb_err_set(err, job->reply.transport ? job->reply.transport : EMB_EHTTP, "%s",
                job->reply.transport_text[0] ? job->reply.transport_text
                                             : "the provider refused the request");
  if (!err->http_status) err->http_status = job->reply.status;
  if (!err->request_id[0]) memcpy(err->request_id, job->reply.request_id, sizeof err->request_id);
}

/* Writes ms as seconds without needless digits: "30 s", "0.25 s". */
static void seconds_text(char *out, size_t n, long ms) {
  if (ms % 1000 == 0)
    snprintf(out, n, "%ld s", ms / 1000);
  else
    snprintf(out, n, "%ld.%03ld s", ms / 1000, ms % 1000);
}

static void finish_late(struct emb_engine *engine, struct emb_job *job, long long now) {
  struct emb_err last = job->verdict.err;
  if (!last.code && job->gate && emb_gate_is_paused(job->gate, now)) last = job->gate->why;
  char seconds[32];
  seconds_text(seconds, sizeof seconds, job->policy.deadline_ms);
  job->timed_out = 2;
  job->verdict.action = EMB_ACTION_FAIL;
  emb_err_set(&job->verdict.err, EMB_ETIMEOUT,
              "no good reply within the deadline of %s (%d attempt%s%s%.900s)", seconds,
              job->attempts, job->attempts == 1 ? "" : "s", last.code ? ", last: " : "",
              last.code ? last.message : "");
  finish(engine, job, now);
}

/* Ends a job that would have been worth another attempt; `why` comes behind its error. */
static void give_up(struct emb_engine *engine, struct emb_job *job, long long now,
                    const char *why) {
  job->verdict.action = EMB_ACTION_FAIL;
  finish(engine, job, now); /* fills in a missing reason first */
  append(&job->verdict.err, why);
}

/* How long a 429 without a hint must hold everything back: when it came to a request that was
 * alone, and not for the first time, only more patience can help. 0: not at all. */
static long patience_ms(struct emb_engine *engine, const struct emb_job *job) {
  const struct emb_gate *gate = job->gate;
  if (!gate || job->reply.status != 429 || job->verdict.hint_ms > 0 || gate->in_flight > 0 ||
      gate->window.size > 1 || gate->n_refused < 2)
    return 0;
  double ms = 1000.0 * (1 << (gate->n_refused < 8 ? gate->n_refused - 2 : 6));
  ms *= 1 + random01(engine);
  if (ms > MAX_PATIENCE_MS) ms = MAX_PATIENCE_MS;
  return ms > (double)job->policy.max_wait_ms ? job->policy.max_wait_ms : (long)ms;
}

static void give_up_on_long_wait(struct emb_engine *engine, struct emb_job *job, long long now) {
  char text[100], seconds[32];
  long hint_ms = job->verdict.hint_ms;
  seconds_text(seconds, sizeof seconds, hint_ms);
  snprintf(text, sizeof text, " (the server asks to wait %s, longer than max_retry_wait)", seconds);
  give_up(engine, job, now, text);
  if (!job->gate) return;
  long shut_ms = hint_ms < LONG_PAUSE_MS ? hint_ms : LONG_PAUSE_MS;
  emb_gate_shut(job->gate, now + shut_ms, now, &job->verdict.err);
}

/* The wait of a job that failed although it was given the time that the server had asked for: from
 * the fourth failure on no shorter than without a hint, for this job alone. A limit is met again by
 * chance, and its hints are true. */
static long more_patient(struct emb_engine *engine, const struct emb_job *job, int attempts,
                         long wait) {
  if (attempts < PATIENT_FAILURES || job->reply.status == 429) return wait;
  long own = emb_retry_wait_ms(&job->policy, attempts - PATIENT_FAILURES + 1, -1, random01(engine));
  return own > wait ? own : wait;
}

/* After an attempt whose verdict is RETRY: when the next one is due, or the end. */
static void plan_retry(struct emb_engine *engine, struct emb_job *job, long long now) {
  struct emb_gate *gate = job->gate;
  long hint_ms = job->verdict.hint_ms;
  struct emb_retry_policy policy = job->policy;
  int answered_before = gate && gate->window.reply_ms > 0;
  if (job->reply.transport && job->reply.may_retry == 2 && !answered_before &&
      policy.max_retries > FEW_ATTEMPTS - 1)
    policy.max_retries = FEW_ATTEMPTS - 1;
  int attempts = job->attempts - job->n_excused;
  if (hint_ms > policy.max_wait_ms) {
    give_up_on_long_wait(engine, job, now);
    return;
  }
  long wait = emb_retry_wait_ms(&policy, attempts > 0 ? attempts : 1, hint_ms, random01(engine));
  long pause = hint_ms > 0 ? (wait > 0 ? wait : hint_ms) : patience_ms(engine, job);
  /* a job that gives up was told to wait, too, and so were all others */
  if (gate && pause > 0) emb_gate_pause(gate, now + pause, now, &job->verdict.err);
  if (wait >= 0 && pause > wait) wait = pause;
  if (wait >= 0 && hint_ms > 0) wait = more_patient(engine, job, attempts, wait);
  if (wait < 0) {
    char text[80];
    snprintf(text, sizeof text, " (after %d attempt%s)", job->attempts,
             job->attempts == 1 ? "" : "s");
    give_up(engine, job, now, text);
  } else if (job->deadline_ms && now + wait >= job->deadline_ms) {
    /* no use in sleeping up to a deadline that the next attempt would miss */
    finish_late(engine, job, now);
  } else if (gate && job->reply.status != 429 && !emb_gate_pay(gate, job->timed_out)) {
    give_up(engine, job, now, " (not tried again: too many requests failed of late)");
  } else {
    job->state = EMB_JOB_WAITING;
    job->due_ms = job->look_ms = now + wait;
  }
}

/* What the gate learns from an attempt that was judged. */
static void tell_gate(struct emb_job *job, long long now) {
  const struct emb_reply *reply = &job->reply;
  struct emb_gate_end end = {
      .event = emb_retry_event(reply, job->verdict.action, job->timed_out),
      .answered = reply->status > 0,
      .started_ms = job->started_ms,
      .took_ms = (long)(now - job->started_ms - job->forgiven_ms),
      .hint_ms = job->verdict.hint_ms,
      .requests_left = emb_hint_remaining(&reply->requests_left),
      .tokens_left = emb_hint_remaining(&reply->tokens_left),
      .requests_reset_ms = emb_hint_reset_ms(reply->requests_left.reset, job->ended_unix_ms),
      .tokens_reset_ms = emb_hint_reset_ms(reply->tokens_left.reset, job->ended_unix_ms),
      .tokens = job->tokens,
      .err = &job->verdict.err,
  };
  /* one too many of a burst of ours: not the request's fault, and the burst was cut already */
  job->n_excused += emb_gate_end(job->gate, &end, now);
}

/* Decides what comes after an attempt; reply and exchange are final and nothing is in flight. */
static void attempt_ended(struct emb_engine *engine, struct emb_job *job, long long now) {
  struct emb_reply *reply = &job->reply;
  engine->stats.bytes_in += (long long)reply->bytes_in;
  engine->stats.bytes_out += (long long)reply->bytes_out;
  engine->stats.connections_opened += reply->new_connections;
  if (job->exchange.sink_error) {
    /* the sink knows more about a body than the transport about its end */
    reply->transport = job->exchange.sink_error;
    reply->may_retry = reply->transport == EMB_EREPLY || reply->transport == EMB_ETRUNCATED;
    snprintf(reply->transport_text, sizeof reply->transport_text, "%s",
             emb_err_text(reply->transport));
  }
  job->ended_unix_ms = unix_now(engine);
  memset(&job->verdict, 0, sizeof job->verdict);
  job->verdict.hint_ms = -1;
  if (job->judge)
    job->judge(job, &job->verdict);
  else
    emb_retry_judge(reply, job->ended_unix_ms, &job->verdict);
  if (job->gate) tell_gate(job, now);
  if (job->verdict.action == EMB_ACTION_RETRY)
    plan_retry(engine, job, now);
  else
    finish(engine, job, now);
}

static void start_attempt(struct emb_engine *engine, struct emb_job *job, long long now) {
  emb_reply_clear(&job->reply);
  memset(&job->exchange, 0, sizeof job->exchange);
  job->exchange.request = &job->request;
  job->exchange.sink = job->sink;
  job->exchange.reply = &job->reply;
  job->timed_out = 0;
  job->started_ms = now;
  job->forgiven_ms = 0;
  if (job->gate) emb_gate_start(job->gate, now);
  if (job->attempts && job->request_rate) emb_rate_take(job->request_rate, 1, now);
  if (job->attempts && job->token_rate) emb_rate_take(job->token_rate, job->tokens, now);
  job->attempts++;
  engine->stats.requests++;
  if (job->attempts > 1) engine->stats.retries++;
  /* even an attempt without a single byte must leave nothing of the one before */
  if (job->sink && job->sink->begin) job->sink->begin(job->sink->ctx);
  int rc = job->prepare ? job->prepare(job, unix_now(engine)) : EMB_OK;
  if (!rc) rc = engine->transport.start(engine->transport.ctx, &job->exchange);
  if (rc) {
    struct emb_reply *reply = &job->reply;
    if (!reply->transport) {
      reply->transport = rc;
      reply->may_retry = rc == EMB_ECONNECT || rc == EMB_ETIMEOUT;
    }
    if (!reply->transport_text[0])
      snprintf(reply->transport_text, sizeof reply->transport_text, "%s",
               emb_err_text(reply->transport));
    attempt_ended(engine, job, now);
    return;
  }
  job->state = EMB_JOB_RUNNING;
  job->attempt_deadline_ms =
      job->policy.attempt_timeout_ms > 0 ? now + job->policy.attempt_timeout_ms : 0;
  if (++engine->stats.in_flight > engine->stats.peak_in_flight)
    engine->stats.peak_in_flight = engine->stats.in_flight;
}

/* Ends a running attempt that took too long. */
static void attempt_late(struct emb_engine *engine, struct emb_job *job, long long now) {
  struct emb_reply *reply = &job->reply;
  cancel_exchange(engine, job);
  char doing[sizeof reply->transport_text], seconds[32];
  memcpy(doing, reply->transport_text, sizeof doing); /* what cancel found it at, or "" */
  long since = (long)(now - (job->attempt_deadline_ms - job->policy.attempt_timeout_ms));
  seconds_text(seconds, sizeof seconds,
               job->attempt_deadline_ms ? job->policy.attempt_timeout_ms : since);
  reply->status = 0;
  reply->transport = EMB_ETIMEOUT;
  reply->may_retry = 1;
  job->exchange.sink_error = 0;
  snprintf(reply->transport_text, sizeof reply->transport_text,
           doing[0] ? "no complete reply within %s, while %.190s" : "no complete reply within %s",
           seconds, doing);
  job->timed_out = 1;
  attempt_ended(engine, job, now);
}

static void deadline_hit_in_flight(struct emb_engine *engine, struct emb_job *job, long long now) {
  struct emb_reply *reply = &job->reply;
  cancel_exchange(engine, job);
  if (job->gate) emb_gate_cancel(job->gate);
  if (reply->transport_text[0]) /* newer than the verdict of the attempt before */
    emb_err_set(&job->verdict.err, EMB_ETIMEOUT, "%s", reply->transport_text);
  reply->status = 0;
  reply->transport = EMB_ETIMEOUT;
  finish_late(engine, job, now);
}

static int past(long long deadline_ms, long long now) { return deadline_ms && now >= deadline_ms; }

/* A consumer that did not poll must not pay for it: timers stand still meanwhile. */
static void forgive_pause(struct emb_engine *engine, long long now) {
  if (now - engine->last_poll_ms <= PAUSE_MS) return;
  for (struct emb_job *job = engine->jobs; job; job = job->next) {
    long long from = engine->last_poll_ms;
    if (job->submitted_ms > from) from = job->submitted_ms;
    if (job->deadline_ms) job->deadline_ms += now - from;
    if (job->attempt_deadline_ms) job->attempt_deadline_ms += now - from;
    job->forgiven_ms += now - from;
  }
}

static long long next_timer(const struct emb_engine *engine) {
  long long next = NO_TIMER;
  for (const struct emb_job *job = engine->jobs; job; job = job->next) {
    long long own = job->state == EMB_JOB_WAITING ? job->look_ms : job->attempt_deadline_ms;
    if ((job->state == EMB_JOB_WAITING || own) && own < next) next = own;
    if (job->deadline_ms && job->deadline_ms < next) next = job->deadline_ms;
  }
  return next;
}

/* Ends a job that its gate lets through no more, with the error that shut it. */
static void finish_unsent(struct emb_engine *engine, struct emb_job *job, long long now) {
  char text[100], seconds[32];
  long left = (long)(job->gate->shut_until_ms - now);
  seconds_text(seconds, sizeof seconds, (left + 999) / 1000 * 1000);
  job->verdict.err = job->gate->why;
  give_up(engine, job, now, "");
  snprintf(text, sizeof text, " (not sent: the requests before failed so; next try in %s)",
           seconds);
  append(&job->verdict.err, text);
}

/* A job that is due: starts it, or finds out when to look again, or ends it. */
static void consider(struct emb_engine *engine, struct emb_job *job, long long now) {
  long wait = job->gate ? emb_gate_wait_ms(job->gate, now) : 0;
  if (wait == EMB_GATE_SHUT) {
    finish_unsent(engine, job, now);
    return;
  }
  /* A server that would have each request wait longer than the client waits for anything is not
   * obeyed: if it means it, it will refuse. */
  const struct emb_retry_policy *policy = &job->policy;
  if (wait > 0 && emb_gate_is_spread(job->gate, now) &&
      (wait > policy->max_wait_ms || (policy->deadline_ms && wait >= policy->deadline_ms)))
    wait = 0;
  int is_paused = job->gate && emb_gate_is_paused(job->gate, now);
  if (!wait && job->attempts) { /* for the first attempt the owner has asked */
    long other = job->request_rate ? emb_rate_wait_ms(job->request_rate, 1, now) : 0;
    wait = job->token_rate ? emb_rate_wait_ms(job->token_rate, job->tokens, now) : 0;
    if (other > wait) wait = other;
  }
  if (!wait) {
    start_attempt(engine, job, now);
  } else if (is_paused && job->deadline_ms && now + wait >= job->deadline_ms) {
    finish_late(engine, job, now);
  } else {
    job->look_ms = wait == EMB_GATE_FULL ? NO_TIMER : now + wait;
    if (!job->attempts && !is_paused && job->deadline_ms)
      job->deadline_ms = now + job->policy.deadline_ms;
  }
}

int emb_engine_poll(struct emb_engine *engine, int wait_ms) {
  long long now = now_of(engine);
  int news = 0; /* a job finished without any I/O: its owner should hear of it at once */
  forgive_pause(engine, now);
  for (struct emb_job *job = engine->jobs, *next; job; job = next) {
    next = job->next;
    if (job->state != EMB_JOB_WAITING) continue;
    if (past(job->deadline_ms, now))
      finish_late(engine, job, now);
    else if (job->due_ms <= now)
      consider(engine, job, now);
    if (job->state == EMB_JOB_DONE) news = 1;
  }

  long long timer = next_timer(engine);
  if (news || wait_ms < 0 || timer <= now)
    wait_ms = 0;
  else if (timer - now < wait_ms)
    wait_ms = (int)(timer - now);
  int rc = engine->transport.poll(engine->transport.ctx, wait_ms);

  now = now_of(engine);
  for (struct emb_job *job = engine->jobs, *next; job; job = next) {
    next = job->next;
    if (job->state == EMB_JOB_RUNNING && job->exchange.done) {
      engine->stats.in_flight--;
      attempt_ended(engine, job, now);
    } else if (job->state == EMB_JOB_RUNNING && past(job->deadline_ms, now)) {
      deadline_hit_in_flight(engine, job, now);
    } else if (job->state == EMB_JOB_RUNNING && past(job->attempt_deadline_ms, now)) {
      attempt_late(engine, job, now);
    } else if (job->state == EMB_JOB_WAITING && past(job->deadline_ms, now)) {
      finish_late(engine, job, now);
    }
  }
  engine->last_poll_ms = now;
  return rc;
}
