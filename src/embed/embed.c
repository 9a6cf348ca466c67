/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The pull iterator: see embed.h for what it promises, pipeline.h for its parts.
 *
 * Invariants: slots are consumed in input order; a slot is in exactly one of the waiting queues, a
 * split or a task, or it is DONE; at most max_in_flight tasks embed and as many describe; at most
 * max_open slots are open, or LATE_WINDOWS times as many while the oldest is late. A batch is sent
 * when it is full, or when nothing more can join it; captions are sent as soon as nothing is being
 * embedded, so that they travel in ever larger batches while the vision model is at work. What a
 * route needs to know first (a token, a marker) is fetched before its first request.
 */
#include "embed/embed.h"

#include <string.h>

#include "base/mem.h"
#include "embed/local_route.h"
#include "embed/pipeline.h"
#include "embed/trace.h"

enum { POLL_MS = 50, ASK_MS = 20, MAX_OPEN_BYTES = 64 * 1024 * 1024, BYTES_PER_TOKEN = 3 };
enum { LATE_WINDOWS = 8 };

static int larger(int a, int b) { return a > b ? a : b; }

/* What goes into a request of each route, with what this call asks for. */
static void set_limits(struct emb_embed *e, const struct emb_embed_options *options) {
  const struct emb_client *c = e->client;
  struct batch_limits *text = &e->limits[EMB_ROUTE_TEXT], *image = &e->limits[EMB_ROUTE_IMAGE];
  *text = (struct batch_limits){c->max_items, c->max_tokens, (size_t)c->max_bytes};
  *image = (struct batch_limits){c->max_images, 0, (size_t)c->max_image_bytes};
  if (options->batch_size) {
    if (!c->text.provider || c->text.provider->text.max_items != 1)
      text->max_items = options->batch_size;
    const struct emb_provider *p = c->image.provider;
    image->max_items =
        p && options->batch_size > p->image.max_items ? p->image.max_items : options->batch_size;
  }
  text->max_items = larger(text->max_items, 1);
  image->max_items = larger(image->max_items, 1);
  /* One batch to consume, one being filled, and a full set in flight. */
  e->max_open = (e->max_in_flight + 2) * larger(text->max_items, image->max_items);
}

int emb_embed_open(struct emb_client *client, struct emb_engine *engine, emb_source_fn source,
                   void *source_ctx, const struct emb_embed_options *options,
                   struct emb_embed **out, struct emb_err *err) {
  int rc = emb_client_check_task(client, options->input_type, err);
  if (!rc && !client->text.provider && !client->image.provider && !options->describe_only)
    rc = emb_err_set(err, EMB_ECONFIG, "%s", client->text.why.message);
  int trace_fd = -1;
  if (!rc) rc = emb_trace_open(&trace_fd, err);
  if (rc) {
    emb_err_prefix(err, "client '%.60s': ", client->name);
    return rc;
  }
  struct emb_embed *e = emb_calloc(1, sizeof *e);
  if (e && options->input_type && !(e->input_type = emb_strdup(options->input_type))) {
    emb_free(e);
    e = NULL;
  }
  if (!e) {
    emb_trace_close(trace_fd);
    return emb_err_set(err, EMB_ENOMEM, "out of memory");
  }
  e->options = *options;
  e->trace_fd = trace_fd;
  e->client = emb_client_ref(client);
  e->engine = engine;
  e->source = source;
  e->source_ctx = source_ctx;
  e->max_in_flight = options->max_concurrent_requests
                         ? options->max_concurrent_requests
                         : (int)client->options.max_concurrent_requests;
  set_limits(e, options);
  long long now = emb_embed_now_ms(e);
  if (!client->rate_started) {
    client->rate_started = 1;
    emb_rate_init(&client->request_rate, (double)client->options.requests_per_minute, now);
    emb_rate_init(&client->token_rate, (double)client->options.tokens_per_minute, now);
  }
  *out = e;
  return EMB_OK;
}

void emb_embed_close(struct emb_embed *e) {
  if (!e) return;
  while (e->tasks) {
    struct task *task = e->tasks;
    e->tasks = task->next;
    e->client->stats.in_flight--;
    emb_task_free(task);
  }
  emb_slot_free(e, e->consumed);
  while (e->head) {
    struct slot *next = e->head->next;
    emb_slot_free(e, e->head);
    e->head = next;
  }
  while (e->splits) {
    struct split *next = e->splits->next;
    emb_free(e->splits);
    e->splits = next;
  }
  emb_trace_close(e->trace_fd);
  emb_client_unref(e->client);
  emb_free(e->input_type);
  emb_free(e);
}

/* ---- reading inputs ---- */

/* Reads one input. EMB_OK, EMB_END, or what ends the pipeline. */
static int pull(struct emb_embed *e) {
  struct emb_source_item item = {0};
  struct emb_err err = {0};
  int rc = e->source(e->source_ctx, &item, &err);
  if (rc) { /* what was read before an error is still delivered */
    e->ended = 1;
    e->err = err;
    e->source_failed = rc == EMB_END ? 0 : rc;
    return rc == EMB_ENOMEM || rc == EMB_EINTERRUPT ? rc : EMB_END;
  }
  struct slot *slot = emb_calloc(1, sizeof *slot);
  if (!slot) return EMB_ENOMEM;
  slot->index = e->n_inputs++;
  slot->tokens = -1;
  slot->state = SLOT_BUSY;
  if (e->tail)
    e->tail->next = slot;
  else
    e->head = slot;
  e->tail = slot;
  e->n_open++;
  return emb_slot_admit(e, slot, &item, &err);
}

/* A request that is slow or tried again holds up all results behind it, not the requests: while the
 * consumer waits for it, more slots are opened, as long as they and their vectors are small. */
static long most_open(const struct emb_embed *e) {
  int is_late = e->head && e->head->state == SLOT_BUSY;
  size_t vectors = (size_t)e->n_open * (size_t)e->n_dims * sizeof(float);
  return is_late && e->open_bytes + vectors < MAX_OPEN_BYTES ? (long)e->max_open * LATE_WINDOWS
                                                             : e->max_open;
}

static int has_room(const struct emb_embed *e) {
  return !e->ended && !e->fatal.code && e->n_open < most_open(e) && e->open_bytes < MAX_OPEN_BYTES;
}

/* ---- packing and sending ---- */

size_t emb_token_estimate(size_t bytes) { return bytes / BYTES_PER_TOKEN + 1; }

/* The limits of a route with what was learned of them. */
static struct batch_limits limits_of(const struct emb_embed *e, enum emb_route route) {
  struct batch_limits limits = e->limits[route];
  double items = e->client->fit_items[route].limit, bytes = e->client->fit_bytes[route].limit;
  if (items > 0 && items < limits.max_items) limits.max_items = (int)items;
  if (bytes > 0 && bytes < (double)limits.max_bytes) limits.max_bytes = (size_t)bytes;
  return limits;
}

static int batch_is_full(const struct emb_embed *e, enum emb_route route) {
  const struct batch_limits limits = limits_of(e, route);
  const struct slot_queue *queue = &e->to_embed[route];
  if (!queue->n) return 0;
  return queue->n >= limits.max_items || queue->bytes >= limits.max_bytes ||
         (limits.max_tokens && emb_token_estimate(queue->bytes) >= (size_t)limits.max_tokens);
}

/* How many slots from the front of the queue make one batch. */
static int batch_size(const struct emb_embed *e, enum emb_route route) {
  const struct batch_limits limits = limits_of(e, route);
  size_t bytes = 0, tokens = 0;
  int n = 0;
  for (struct slot *s = e->to_embed[route].first; s && n < limits.max_items; s = s->queue) {
    bytes += emb_slot_bytes(s);
    tokens += emb_token_estimate(s->n_text);
    if (n &&
        (bytes > limits.max_bytes || (limits.max_tokens && tokens > (size_t)limits.max_tokens)))
      break;
    n++;
  }
  return n;
}

/* 0 when a request of that size may go now; else remembers when. */
static int must_hold(struct emb_embed *e, size_t bytes) {
  struct emb_client *c = e->client;
  long long now = emb_embed_now_ms(e);
  double tokens = (double)emb_token_estimate(bytes);
  long wait = emb_rate_wait_ms(&c->request_rate, 1, now),
       other = emb_rate_wait_ms(&c->token_rate, tokens, now);
  if (other > wait) wait = other;
  e->hold_until_ms = wait ? now + wait : 0;
  if (wait) return 1;
  emb_rate_take(&c->request_rate, 1, now);
  emb_rate_take(&c->token_rate, tokens, now);
  return 0;
}

/* 1 where requests of that route may go; else what has to come first is on its way. */
static int is_ready(struct emb_embed *e, enum emb_route route, int *rc) {
  const struct emb_endpoint *end = emb_client_endpoint(e->client, route);
  const struct emb_prelude *prelude = emb_endpoint_prelude(end, route, emb_embed_now_ms(e));
  *rc = EMB_OK;
  if (!prelude) return 1;
  if (!e->fetching[route]) *rc = emb_task_start_prelude(e, route, prelude);
  return 0;
}

static int send_batch(struct emb_embed *e, enum emb_route route) {
  int n = batch_size(e, route), rc;
  size_t bytes = 0;
  struct slot *s = e->to_embed[route].first;
  for (int i = 0; i < n; i++, s = s->queue) bytes += s->n_text;
  if (!is_ready(e, route, &rc)) return rc ? rc : EMB_END;
  if (must_hold(e, bytes)) return EMB_END;
  struct slot **slots = emb_malloc((size_t)n * sizeof(*slots));
  if (!slots) return EMB_ENOMEM;
  for (int i = 0; i < n; i++) slots[i] = emb_queue_pop(&e->to_embed[route]);
  rc = emb_task_start(e, route, slots, n);
  emb_free(slots);
  return rc;
}

static int send_split(struct emb_embed *e) {
  struct split *split = e->splits;
  size_t bytes = 0;
  int rc;
  for (int i = 0; i < split->n_slots; i++) bytes += split->slots[i]->n_text;
  if (!is_ready(e, split->route, &rc)) return rc ? rc : EMB_END;
  if (must_hold(e, bytes)) return EMB_END;
  e->splits = split->next;
  rc = emb_task_start(e, split->route, split->slots, split->n_slots);
  emb_free(split);
  return rc;
}

static int send_image(struct emb_embed *e) {
  if (must_hold(e, 0)) return EMB_END;
  struct slot *slot = emb_queue_pop(&e->to_describe);
  return emb_task_start(e, EMB_ROUTE_VISION, &slot, 1);
}

/* Images wait to be described only while every vision request is busy: reading goes no further than
 * one ahead. */
static int can_read(const struct emb_embed *e) { return has_room(e) && !e->to_describe.n; }

/* A partial batch goes when nothing can join it any more, or when the consumer waits for one of its
 * items while nothing of its kind is being embedded: so captions travel while later images are
 * being described, and a window full of results that nobody took yet sends no crumbs. */
static int batch_is_due(const struct emb_embed *e, enum emb_route route) {
  int may_get_captions =
      route == EMB_ROUTE_TEXT && (e->n_tasks[EMB_ROUTE_VISION] || e->to_describe.n);
  if (!e->to_embed[route].n) return 0;
  if (batch_is_full(e, route)) return 1;
  if (can_read(e)) return 0;
  if (e->ended && !may_get_captions) return 1;
  return !e->n_tasks[route] && e->head->state == SLOT_EMBED && e->head->route == route;
}

/* Fails everything unsent with the fatal error. */
static int fail_unsent(struct emb_embed *e) {
  int rc = emb_queue_fail(e, &e->to_embed[EMB_ROUTE_TEXT], &e->fatal);
  if (!rc) rc = emb_queue_fail(e, &e->to_embed[EMB_ROUTE_IMAGE], &e->fatal);
  if (!rc) rc = emb_queue_fail(e, &e->to_describe, &e->fatal);
  while (e->splits && !rc) {
    struct split *split = e->splits;
    for (int i = 0; i < split->n_slots && !rc; i++)
      rc = emb_slot_fail(e, split->slots[i], &e->fatal);
    e->splits = split->next;
    emb_free(split);
  }
  return rc;
}

/* Asks the host, but not more often than every 20 ms: the question costs a statement. */
static int is_interrupted(struct emb_embed *e) {
  long long now = emb_embed_now_ms(e);
  if (!e->options.interrupted || now - e->asked_ms < ASK_MS) return 0;
  e->asked_ms = now;
  return e->options.interrupted(e->options.ctx);
}

/* Starts one more request if one may start. EMB_OK: started; EMB_END: nothing to do now. */
static int start_one(struct emb_embed *e) {
  if (e->fatal.code) return fail_unsent(e) ? EMB_ENOMEM : EMB_END;
  if (e->client->local && e->to_embed[EMB_ROUTE_TEXT].n) {
    if (is_interrupted(e)) return EMB_EINTERRUPT;
    return emb_embed_here(e, emb_queue_pop(&e->to_embed[EMB_ROUTE_TEXT]));
  }
  if (e->to_describe.n && e->n_tasks[EMB_ROUTE_VISION] < e->max_in_flight) return send_image(e);
  if (emb_tasks_embedding(e) >= e->max_in_flight) return EMB_END;
  if (e->splits) return send_split(e);
  int rc = EMB_END;
  for (int route = 0; route < N_EMBED_ROUTES && rc == EMB_END; route++)
    if (batch_is_due(e, (enum emb_route)route)) rc = send_batch(e, (enum emb_route)route);
  return rc;
}

/* Reads ahead and sends until the window is full or a limit holds. */
static int fill(struct emb_embed *e) {
  for (;;) {
    int rc = start_one(e);
    if (rc && rc != EMB_END) return rc;
    if (!rc) continue;
    /* Images wait in the queue only while every vision slot is busy: read no further than one
     * ahead. */
    int enough = batch_is_full(e, EMB_ROUTE_TEXT) || batch_is_full(e, EMB_ROUTE_IMAGE) ||
                 e->to_describe.n > 0;
    if (!has_room(e) || enough) return EMB_OK;
    rc = pull(e);
    if (rc && rc != EMB_END) return rc;
  }
}

/* ---- results ---- */

static int collect(struct emb_embed *e) {
  for (struct task *task = e->tasks, *next; task; task = next) {
    next = task->next;
    int rc = task->job.state == EMB_JOB_DONE ? emb_task_finish(task) : EMB_OK;
    if (rc) return rc;
  }
  return EMB_OK;
}

static int stop(struct emb_embed *e, int rc, struct emb_err *err) {
  if (e->err.code != rc) emb_err_set(&e->err, rc, "%s", emb_err_text(rc));
  if (!e->failed) emb_err_prefix(&e->err, "client '%.60s': ", e->client->name);
  e->failed = rc;
  if (err) *err = e->err;
  return rc;
}

static int wait_for_network(struct emb_embed *e) {
  int wait_ms = POLL_MS;
  if (e->hold_until_ms) {
    long long left = e->hold_until_ms - emb_embed_now_ms(e);
    if (left > 0 && left < POLL_MS) wait_ms = (int)left;
    if (left <= 0) e->hold_until_ms = 0;
  }
  int rc = emb_engine_poll(e->engine, wait_ms);
  return rc ? rc : collect(e);
}

static void give(struct emb_embed *e, struct slot *slot, struct emb_result *result) {
  *result = (struct emb_result){
      .index = slot->index,
      .status = slot->status,
      .vector = slot->task ? emb_vectors_at(&slot->task->vectors, slot->i_vector) : slot->vector,
      .n_dims = slot->task ? slot->task->n_dims : slot->n_dims,
      .caption = slot->is_caption ? slot->text : NULL,
      .n_caption = slot->is_caption ? slot->n_text : 0,
      .err = slot->err,
      .tokens = slot->tokens,
      .ms = slot->started_ms ? (long)(slot->finished_ms - slot->started_ms) : 0,
      .attempts = slot->attempts,
  };
  e->head = slot->next;
  if (!e->head) e->tail = NULL;
  e->n_open--;
  e->consumed = slot;
}

/* While results are being consumed, what is in flight must move too: once a millisecond, without
 * waiting. */
static int keep_moving(struct emb_embed *e) {
  if (!e->tasks || emb_embed_now_ms(e) == e->engine->last_poll_ms) return EMB_OK;
  if (is_interrupted(e)) return EMB_EINTERRUPT;
  int rc = emb_engine_poll(e->engine, 0);
  return rc ? rc : collect(e);
}

int emb_embed_next(struct emb_embed *e, struct emb_result *result, struct emb_err *err) {
  if (e->failed) return stop(e, e->failed, err);
  emb_slot_free(e, e->consumed);
  e->consumed = NULL;
  int busy = keep_moving(e);
  if (busy) return stop(e, busy, err);
  for (;;) {
    int rc = fill(e);
    if (rc) return stop(e, rc, err);
    if (e->head && e->head->state == SLOT_DONE) {
      give(e, e->head, result);
      return EMB_OK;
    }
    if (!e->head && e->ended) return e->source_failed ? stop(e, e->source_failed, err) : EMB_END;
    if (!e->head && e->fatal.code) { /* the window is shut: let inputs in one by one, to fail */
      rc = pull(e);
      if (rc == EMB_END) continue;
      if (!rc && e->head && e->head->state != SLOT_DONE) rc = fail_unsent(e);
      if (rc) return stop(e, rc, err);
      continue;
    }
    if (is_interrupted(e)) return stop(e, EMB_EINTERRUPT, err);
    rc = wait_for_network(e);
    if (rc) return stop(e, rc, err);
  }
}
