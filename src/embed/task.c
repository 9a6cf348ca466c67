/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One request of the pipeline from its slots to their results. This file judges replies: what is
 * good, what may go away, what halves the batch, what ends the client. Halving: a refused batch
 * becomes two halves that are sent by themselves, down to the single guilty item, so that one
 * poisoned row costs about 2 log2(n) requests and no other row.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "embed/pipeline.h"
#include "embed/trace.h"
#include "http/hint.h"
#include "wire/number.h"

static void sink_begin(void *ctx) {
  struct task *task = ctx;
  task->n_head = 0;
  task->head[0] = 0;
  emb_vectors_begin(&task->vectors);
}

static int sink_write(void *ctx, const char *bytes, size_t n) {
  struct task *task = ctx;
  for (size_t i = 0; i < n && task->n_head < sizeof task->head - 1; i++)
    task->head[task->n_head++] = bytes[i] > ' ' && bytes[i] <= '~' ? bytes[i] : ' ';
  task->head[task->n_head] = 0;
  return emb_vectors_write(&task->vectors, bytes, n);
}

/* What came in place of JSON is shown: a page says whose it is. */
static void quote_head(const struct task *task, struct emb_err *err) {
  const char *head = task->head;
  size_t n = strlen(err->message);
  while (*head == ' ') head++;
  if (*head && *head != '{' && *head != '[')
    snprintf(err->message + n, sizeof err->message - n, "; it begins with: %s", head);
}

/* A local server that met a NaN fails the whole batch with a 500: the guilty text must be found,
 * not retried. */
static int is_nan_failure(const struct emb_reply *reply) {
  return reply->status == 500 && reply->body.data &&
         (strstr(reply->body.data, "NaN") || strstr(reply->body.data, "too large to process"));
}

/* What the request was written with is no longer known: a token that ran out early, a server that
 * started anew with another marker. Once for each input. */
static int is_stale(const struct task *task, const struct emb_reply *reply) {
  if (!task->n_fetched || task->slots[0]->again) return 0;
  return reply->status == 401 ||
         (reply->body.data && strstr(reply->body.data, "number of markers"));
}

static void set_verdict(struct emb_verdict *v, enum emb_action action, const struct emb_err *err) {
  v->action = action;
  if (err) v->err = *err;
}

static void judge_reply(struct emb_job *job, struct emb_verdict *verdict) {
  struct task *task = job->owner;
  struct emb_reply *reply = &job->reply;
  struct emb_client *client = task->embed->client;
  emb_retry_judge(reply, job->ended_unix_ms, verdict);
  client->stats.bytes_in += (long long)reply->bytes_in;
  client->stats.bytes_out += (long long)reply->bytes_out;
  client->stats.connections += reply->new_connections;
  client->stats.requests++;
  /* A reply that our own reader gave up on has no status, but the reader knows best. */
  int stopped = job->exchange.sink_error != 0;
  if (stopped || (reply->status >= 200 && reply->status < 300)) {
    if (!task->job.sink) return;
    int rc = reply->transport ? reply->transport : emb_vectors_end(&task->vectors);
    if (!rc) return;
    if (task->vectors.err.code) {
      task->vectors.err.http_status = reply->status;
      memcpy(task->vectors.err.request_id, reply->request_id, sizeof reply->request_id);
      set_verdict(verdict, rc == EMB_ETRUNCATED ? EMB_ACTION_RETRY : EMB_ACTION_FAIL,
                  &task->vectors.err);
      quote_head(task, &verdict->err);
      if (reply->status == 204) { /* an end that was meant */
        verdict->action = EMB_ACTION_FAIL;
        emb_err_set(&verdict->err, EMB_EREPLY, "HTTP 204: no content; check the client's url");
      } else if (!task->n_head && rc == EMB_ETRUNCATED) {
        emb_err_set(&verdict->err, rc, "the reply is empty");
      }
    }
    return;
  }
  if (!reply->status || reply->transport == EMB_ENOMEM) return; /* the transport's words stand */
  struct emb_refusal refusal;
  emb_wire_refusal(reply, &refusal, &verdict->err);
  if (refusal.quota || refusal.fatal) verdict->action = EMB_ACTION_FATAL;
  task->too_large = refusal.size;
  if (is_nan_failure(reply)) verdict->action = EMB_ACTION_SPLIT;
  if (is_stale(task, reply)) {
    task->is_stale = 1;
    verdict->action = EMB_ACTION_FAIL;
  }
  verdict->hint_ms =
      emb_hint_ms(reply, refusal.retry_delay, verdict->err.message, job->ended_unix_ms);
}

/* A prelude's reply: the endpoint gets what it gave. */
static void take_answer(struct task *task, struct emb_verdict *verdict) {
  struct emb_embed *e = task->embed;
  struct emb_endpoint *end = emb_client_endpoint(e->client, task->route);
  struct emb_buf answer = {.is_secret = 1};
  long ttl_s = 0;
  int rc = emb_wire_prelude_answer(task->prelude, &task->job.reply, &answer, &ttl_s, &verdict->err);
  if (!rc) {
    long long now = emb_embed_now_ms(e);
    char *fetched = emb_buf_take(&answer, NULL);
    if (fetched)
      emb_endpoint_take(end, fetched, ttl_s ? now + ttl_s * 1000 * 9 / 10 : 0);
    else
      rc = emb_err_set(&verdict->err, EMB_ENOMEM, "out of memory");
  }
  if (rc) verdict->action = EMB_ACTION_FAIL;
  emb_buf_release(&answer);
}

/* A prelude: its answer, what stands in for it where the server has no such place, or - when a key
 * is refused - the end of everything that needs it. */
static void judge_prelude(struct task *task, struct emb_verdict *verdict) {
  int status = task->job.reply.status;
  if (status == 404 && task->prelude->fallback) {
    memset(verdict, 0, sizeof *verdict);
    verdict->action = EMB_ACTION_DONE;
  }
  if (verdict->action == EMB_ACTION_DONE) {
    take_answer(task, verdict);
  } else if (task->prelude->form) {
    if (verdict->action == EMB_ACTION_SPLIT || verdict->action == EMB_ACTION_FAIL)
      verdict->action = status >= 400 && status < 500 ? EMB_ACTION_FATAL : EMB_ACTION_FAIL;
    emb_err_prefix(&verdict->err, "no token for the key from %.200s: ", task->job.request.url);
  }
}

/* Tells those who watch of an attempt that has ended. */
static void observe(struct task *task, const struct emb_verdict *verdict) {
  struct emb_embed *e = task->embed;
  if (e->trace_fd < 0 && !e->options.observe) return;
  long long now = emb_trace_unix_ms();
  long long waited = now - task->job.reply.elapsed_ms - task->idle_unix_ms;
  struct emb_attempt attempt = {.client = e->client,
                                .route = task->route,
                                .is_prelude = task->prelude != NULL,
                                .n_items = task->n_slots,
                                .job = &task->job,
                                .verdict = verdict,
                                .wait_ms = waited > 0 ? (long)waited : 0};
  task->n_observed = task->job.attempts;
  task->idle_unix_ms = now;
  if (e->trace_fd >= 0) emb_trace_attempt(e->trace_fd, &attempt);
  if (e->options.observe) e->options.observe(e->options.observer, &attempt);
}

/* Judges an attempt. A provider may repeat the key in its words: it goes no further than this. */
static void judge(struct emb_job *job, struct emb_verdict *verdict) {
  struct task *task = job->owner;
  judge_reply(job, verdict);
  if (task->prelude) judge_prelude(task, verdict);
  emb_client_redact(task->embed->client, &verdict->err);
  observe(task, verdict);
}

static struct emb_input slot_input(const struct slot *slot) {
  return (struct emb_input){.text = slot->text,
                            .n_text = slot->n_text,
                            .image = slot->image,
                            .n_image = slot->n_image,
                            .prompt = slot->prompt,
                            .n_prompt = slot->n_prompt};
}

/* More than a reply with that many vectors can have, be it laid out one number a line. */
static size_t most_bytes(int n_vectors) {
  enum { OF_NUMBER = 32, OF_THE_REST = 1 << 20, MOST = 1 << 30 };
  size_t n = OF_THE_REST + (size_t)n_vectors * EMB_MAX_DIMS * OF_NUMBER;
  return n < MOST ? n : MOST;
}

/* How the request reaches its server. */
static int set_transport(struct task *task, struct emb_err *err) {
  const struct emb_options *o = &task->embed->client->options;
  struct emb_request *request = &task->job.request;
  if ((o->proxy && !(request->proxy = emb_strdup(o->proxy))) ||
      (o->ca_file && !(request->ca_file = emb_strdup(o->ca_file))))
    return emb_err_set(err, EMB_ENOMEM, "out of memory");
  request->connect_timeout_ms = (int)o->connect_timeout;
  request->accept_gzip = emb_client_endpoint(task->embed->client, task->route)->accept_gzip;
  request->use_http2 = (int)o->http2;
  request->allow_http = (int)o->allow_http;
  if (task->route != EMB_ROUTE_VISION) request->max_reply_bytes = most_bytes(task->n_slots);
  return EMB_OK;
}

/* Writes the request. */
static int encode(struct task *task, struct emb_err *err) {
  struct emb_embed *e = task->embed;
  struct emb_call call = emb_client_call(e->client, task->route, e->input_type);
  struct emb_input *inputs = emb_calloc((size_t)task->n_slots, sizeof *inputs);
  if (!inputs) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  for (int i = 0; i < task->n_slots; i++) inputs[i] = slot_input(task->slots[i]);
  call.inputs = inputs;
  call.n_inputs = task->n_slots;
  const struct emb_endpoint *end = emb_client_endpoint(e->client, task->route);
  if (end->fetched && task->route != EMB_ROUTE_VISION) task->n_fetched = end->n_fetched;
  int rc = emb_wire_encode(&call, &task->job.request, err);
  emb_free(inputs);
  return rc ? rc : set_transport(task, err);
}

/* Before each attempt: a signature holds for minutes, a request may wait longer. */
static int sign(struct emb_job *job, long long unix_ms) {
  struct task *task = job->owner;
  const struct emb_endpoint *end = emb_client_endpoint(task->embed->client, task->route);
  return emb_wire_sign(end->provider, end->key, end->region, unix_ms / 1000, &job->request, NULL);
}

static struct task *task_new(struct emb_embed *e, enum emb_route route, struct slot **slots,
                             int n_slots) {
  struct task *task = emb_calloc(1, sizeof *task);
  if (!task) return NULL;
  task->embed = e;
  task->route = route;
  task->slots = emb_malloc((size_t)(n_slots ? n_slots : 1) * sizeof(*slots));
  if (!task->slots) {
    emb_free(task);
    return NULL;
  }
  if (n_slots) memcpy(task->slots, slots, (size_t)n_slots * sizeof *slots);
  task->n_slots = n_slots;
  for (int i = 0; i < n_slots; i++) task->n_bytes += emb_slot_bytes(slots[i]);
  return task;
}

static void cancel(struct task *task) {
  emb_engine_cancel(task->embed->engine, &task->job);
  if (task->job.attempts > task->n_observed) observe(task, NULL);
}

void emb_task_free(struct task *task) {
  if (!task) return;
  if (task->job.state == EMB_JOB_WAITING || task->job.state == EMB_JOB_RUNNING) cancel(task);
  emb_job_release(&task->job);
  emb_vectors_release(&task->vectors);
  emb_free(task->slots);
  emb_free(task);
}

int emb_tasks_embedding(const struct emb_embed *e) {
  return e->n_tasks[EMB_ROUTE_TEXT] + e->n_tasks[EMB_ROUTE_IMAGE];
}

static int fail_all(struct task *task, const struct emb_err *err) {
  int rc = EMB_OK;
  for (int i = 0; i < task->n_slots; i++)
    if (emb_slot_fail(task->embed, task->slots[i], err)) rc = EMB_ENOMEM;
  return rc;
}

/* The reader of the vectors that this route's requests bring. */
static int open_vectors(struct task *task, struct emb_err *err) {
  const struct emb_endpoint *end = emb_client_endpoint(task->embed->client, task->route);
  int rc = emb_endpoint_open_vectors(end, task->route, task->n_slots, &task->vectors);
  if (rc) *err = task->vectors.err;
  task->sink = (struct emb_sink){sink_begin, sink_write, task};
  task->job.sink = &task->sink;
  return rc;
}

/* What holds the job back: the gate of the place it goes to, and the client's own limits. */
static int set_limits(struct task *task) {
  struct emb_embed *e = task->embed;
  struct emb_job *job = &task->job;
  const struct emb_endpoint *end = emb_client_endpoint(e->client, task->route);
  size_t bytes = 0;
  for (int i = 0; i < task->n_slots; i++) bytes += task->slots[i]->n_text;
  unsigned long long id =
      task->prelude ? emb_gate_id(job->request.url, end->key, NULL) : emb_endpoint_gate(end);
  job->gate = emb_gates_get(&e->engine->gates, id);
  job->request_rate = &e->client->request_rate;
  job->token_rate = &e->client->token_rate;
  job->tokens = (double)emb_token_estimate(bytes);
  return job->gate ? EMB_OK : EMB_ENOMEM;
}

/* Puts a task in flight. */
static void submit(struct task *task) {
  struct emb_embed *e = task->embed;
  const struct emb_options *o = &e->client->options;
  task->job.policy = (struct emb_retry_policy){e->options.no_retries ? 0 : (int)o->max_retries,
                                               o->request_timeout, o->deadline, o->max_retry_wait};
  task->idle_unix_ms = emb_trace_unix_ms();
  task->job.judge = judge;
  task->job.prepare = task->prelude ? NULL : sign;
  task->job.owner = task;
  task->next = e->tasks;
  e->tasks = task;
  if (!task->prelude) e->n_tasks[task->route]++;
  struct emb_stats *stats = &e->client->stats;
  if (++stats->in_flight > stats->peak_in_flight) stats->peak_in_flight = stats->in_flight;
  emb_engine_submit(e->engine, &task->job);
}

int emb_task_start(struct emb_embed *e, enum emb_route route, struct slot **slots, int n_slots) {
  struct emb_err err = {0};
  struct task *task = task_new(e, route, slots, n_slots);
  if (!task) return EMB_ENOMEM;
  int rc = encode(task, &err);
  if (!rc && route != EMB_ROUTE_VISION) rc = open_vectors(task, &err);
  if (!rc) rc = set_limits(task);
  if (rc) {
    int again = rc == EMB_ENOMEM ? rc : fail_all(task, &err);
    emb_task_free(task);
    return again;
  }
  long long now = emb_embed_now_ms(e);
  for (int i = 0; i < n_slots; i++) {
    struct slot *slot = slots[i];
    slot->state = SLOT_BUSY;
    if (!slot->started_ms) slot->started_ms = now;
    /* A description is not sent in parts: its image is in the request body now. */
    if (route == EMB_ROUTE_VISION) emb_slot_drop_image(e, slot);
  }
  submit(task);
  return EMB_OK;
}

int emb_task_start_prelude(struct emb_embed *e, enum emb_route route,
                           const struct emb_prelude *prelude) {
  const struct emb_endpoint *end = emb_client_endpoint(e->client, route);
  struct emb_err err = {0};
  struct task *task = task_new(e, route, NULL, 0);
  if (!task) return EMB_ENOMEM;
  task->prelude = prelude;
  task->job.reply.body.is_secret = 1; /* it may hold a token */
  int rc = emb_wire_prelude(prelude, end->url, e->client->options.token_url, end->key,
                            end->provider->auth, &task->job.request, &err);
  if (!rc) rc = set_transport(task, &err);
  if (!rc) rc = set_limits(task);
  if (rc) {
    int again = rc == EMB_ENOMEM ? rc : emb_queue_fail(e, &e->to_embed[route], &err);
    emb_task_free(task);
    return again;
  }
  e->fetching[route] = 1;
  submit(task);
  return EMB_OK;
}

/* Puts slots[from..to) up to be sent by themselves. */
static int push_split(struct emb_embed *e, enum emb_route route, struct slot **slots, int n) {
  struct split *split = emb_malloc(sizeof *split + (size_t)n * sizeof(*slots));
  if (!split) return EMB_ENOMEM;
  split->route = route;
  split->n_slots = n;
  memcpy(split->slots, slots, (size_t)n * sizeof *slots);
  split->next = e->splits;
  e->splits = split;
  return EMB_OK;
}

static int halve(struct task *task) {
  int half = task->n_slots / 2;
  int rc = push_split(task->embed, task->route, task->slots + half, task->n_slots - half);
  return rc ? rc : push_split(task->embed, task->route, task->slots, half);
}

/* Makes a prefix of the vector unit length; what is behind it is not used. */
static int cut(struct task *task, int i, struct emb_err *err) {
  int n = emb_client_endpoint(task->embed->client, task->route)->cut_dimensions;
  float *v = (float *)(void *)emb_vectors_at(&task->vectors, i); /* ours */
  if (!n) return EMB_OK;
  if (n > task->vectors.n_dims)
    return emb_err_set(err, EMB_EREPLY,
                       "the model gives %d dimensions, fewer than the %d asked for",
                       task->vectors.n_dims, n);
  double sum = 0;
  for (int k = 0; k < n; k++) sum += (double)v[k] * v[k];
  double length = sqrt(sum);
  for (int k = 0; k < n && length > 0; k++) v[k] = (float)(v[k] / length);
  task->embed->n_dims = task->n_dims = n;
  return EMB_OK;
}

/* The count of tokens that the reply gives, in its body or in a header; -1: none. */
static long long tokens_of(const struct task *task) {
  const char *header = task->job.reply.tokens;
  if (task->vectors.tokens >= 0) return task->vectors.tokens;
  if (!*header || strspn(header, "0123456789") != strlen(header) || strlen(header) > 15) return -1;
  return (long long)emb_number_double(header, strlen(header));
}

/* Hands out vectors; items whose vector held null or NaN go again alone, once. */
static int take_vectors(struct task *task) {
  struct emb_embed *e = task->embed;
  int rc = EMB_OK;
  task->embed->n_dims = task->n_dims = task->vectors.n_dims;
  long long counted = tokens_of(task);
  double tokens = counted < 0 ? -1 : (double)counted / task->n_slots;
  if (counted > 0) e->client->stats.tokens += counted;
  for (int i = 0; i < task->n_slots && !rc; i++) {
    struct slot *slot = task->slots[i];
    struct emb_err err = {0};
    if (tokens >= 0) slot->tokens = (slot->tokens < 0 ? 0 : slot->tokens) + tokens;
    if (emb_vectors_at(&task->vectors, i)) {
      if (cut(task, i, &err)) {
        rc = emb_slot_fail(e, slot, &err);
        continue;
      }
      slot->task = task;
      slot->i_vector = i;
      task->n_held++;
      emb_slot_done(e, slot, EMB_RESULT_VECTOR);
    } else if (!slot->alone) {
      slot->alone = 1;
      rc = push_split(e, task->route, &task->slots[i], 1);
    } else {
      emb_err_set(&err, EMB_EREPLY, "the provider gave a vector with null, NaN or infinity");
      rc = emb_slot_fail(e, slot, &err);
    }
  }
  return rc;
}

static int take_caption(struct task *task) {
  struct emb_embed *e = task->embed;
  struct slot *slot = task->slots[0];
  struct emb_buf caption = EMB_BUF_INIT;
  struct emb_err err = {0};
  long long tokens = -1;
  int rc = emb_wire_caption(e->client->vision.provider, &task->job.reply, &caption, &tokens, &err);
  if (!rc) {
    slot->text = emb_buf_take(&caption, &slot->n_text);
    if (!slot->text) rc = EMB_ENOMEM;
  }
  emb_buf_release(&caption);
  if (rc) return rc == EMB_ENOMEM ? rc : emb_slot_fail(e, slot, &err);
  slot->is_caption = 1;
  e->open_bytes += slot->n_text;
  if (tokens >= 0) {
    slot->tokens = (double)tokens;
    e->client->stats.tokens += tokens;
  }
  if (e->options.describe_only) {
    emb_slot_done(e, slot, EMB_RESULT_CAPTION);
  } else {
    slot->state = SLOT_EMBED;
    emb_queue_push(&e->to_embed[EMB_ROUTE_TEXT], slot);
  }
  return EMB_OK;
}

static void unlink_task(struct task *task) {
  struct emb_embed *e = task->embed;
  for (struct task **at = &e->tasks; *at; at = &(*at)->next)
    if (*at == task) {
      *at = task->next;
      break;
    }
  if (!task->prelude) e->n_tasks[task->route]--;
  e->client->stats.in_flight--;
}

/* Sends the slots again, once, with what is fetched anew, unless another request has seen to that.
 */
static int send_again(struct task *task) {
  struct emb_endpoint *end = emb_client_endpoint(task->embed->client, task->route);
  if (end->n_fetched == task->n_fetched) emb_endpoint_take(end, NULL, 0);
  for (int i = 0; i < task->n_slots; i++) task->slots[i]->again = 1;
  return push_split(task->embed, task->route, task->slots, task->n_slots);
}

/* A prelude has ended: without what it was to give, nothing that waits for it can go. */
static int finish_prelude(struct task *task) {
  struct emb_embed *e = task->embed;
  const struct emb_verdict *verdict = &task->job.verdict;
  e->fetching[task->route] = 0;
  if (verdict->action == EMB_ACTION_DONE) return EMB_OK;
  if (verdict->err.code == EMB_ENOMEM) return EMB_ENOMEM;
  if (verdict->action == EMB_ACTION_FATAL && !e->fatal.code) e->fatal = verdict->err;
  int rc = emb_queue_fail(e, &e->to_embed[task->route], &verdict->err);
  for (struct split **at = &e->splits; *at && !rc;) {
    struct split *split = *at;
    if (split->route != task->route) {
      at = &split->next;
      continue;
    }
    for (int i = 0; i < split->n_slots && !rc; i++)
      rc = emb_slot_fail(e, split->slots[i], &verdict->err);
    *at = split->next;
    emb_free(split);
  }
  return rc;
}

/* What a batch of this size came to is remembered for the batches after it. */
static void learn_size(struct task *task) {
  struct emb_embed *e = task->embed;
  int action = (int)task->job.verdict.action;
  if (task->route == EMB_ROUTE_VISION) return;
  struct emb_fit *items = &e->client->fit_items[task->route];
  struct emb_fit *bytes = &e->client->fit_bytes[task->route];
  if (action == EMB_ACTION_DONE) {
    emb_fit_taken(items, task->n_slots);
    emb_fit_taken(bytes, (double)task->n_bytes);
  } else if (action == EMB_ACTION_SPLIT && task->n_slots > 1) {
    if (task->too_large == EMB_SIZE_ITEMS) emb_fit_refused(items, task->n_slots);
    if (task->too_large == EMB_SIZE_BYTES) emb_fit_refused(bytes, (double)task->n_bytes);
  }
}

/* Gives the slots what became of the request. */
static int settle(struct task *task) {
  struct emb_embed *e = task->embed;
  struct emb_job *job = &task->job;
  struct emb_err *err = &job->verdict.err;
  for (int i = 0; i < task->n_slots; i++) task->slots[i]->attempts += job->attempts;
  if (task->is_stale) return send_again(task);
  learn_size(task);
  switch (job->verdict.action) {
  case EMB_ACTION_DONE:
    emb_stats_latency(&e->client->stats, job->reply.elapsed_ms);
    return task->route == EMB_ROUTE_VISION ? take_caption(task) : take_vectors(task);
  case EMB_ACTION_SPLIT: return task->n_slots > 1 ? halve(task) : fail_all(task, err);
  case EMB_ACTION_FATAL:
    if (!e->fatal.code) e->fatal = *err;
    return fail_all(task, err);
  case EMB_ACTION_RETRY:
  case EMB_ACTION_FAIL: break;
  }
  return fail_all(task, err);
}

int emb_task_finish(struct task *task) {
  struct emb_job *job = &task->job;
  unlink_task(task);
  if (job->attempts > task->n_observed) observe(task, &job->verdict); /* the deadline ended it */
  task->embed->client->stats.retries += job->attempts > 1 ? job->attempts - 1 : 0;
  int rc = task->prelude ? finish_prelude(task) : settle(task);
  if (!task->n_held) {
    emb_task_free(task);
  } else { /* only the vectors are still needed */
    emb_job_release(&task->job);
    task->job.state = EMB_JOB_IDLE;
  }
  return rc;
}
