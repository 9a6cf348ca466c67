/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The transport over libcurl: see transport.h and curl.h.
 *
 * A `flight` is one easy handle and what belongs to it. It is in `flying` exactly while its
 * exchange is in flight, else in `idle`, where the handle waits, reset, for reuse (an idle handle
 * keeps its TLS sessions). The connections live in the multi handle. An exchange's `handle` points
 * to its flight and back; request, sink and reply are borrowed until the exchange is done or
 * cancelled.
 *
 * Fork: the sockets of a multi handle are shared with a child, and two processes on one keep-alive
 * connection read each other's replies. So the pid is stored with the handle, and in another
 * process everything is abandoned unclosed (a TLS close_notify would end the parent's connection
 * too); what was in flight there ends as a broken connection.
 *
 * Timeouts but the connect timeout are the engine's. Nothing here follows a redirect: custom
 * headers with keys would be sent to the new host. No text made here holds a header value or a URL
 * beyond its host and port; libcurl's own text is used only where it cannot quote a proxy or URL.
 */
#include "http/curl.h"

#include <curl/curl.h>
#include <errno.h>
#ifdef __linux__
#include <malloc.h>
#endif
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sigpipe.h"
#include "http/curl_setup.h"
#include "http/hint.h"

#define MAX_PLAIN_BODY (16u << 20)           /* of a 2xx that has no sink */
#define MAX_REPLY_BYTES ((size_t)1 << 30)    /* unless the request says otherwise */
#define MAX_HEADER_BYTES ((size_t)256 << 10) /* of all headers of an exchange */
#define MAX_DROPPED_BYTES ((size_t)16 << 20) /* of an error body: enough to keep the connection */

struct emb_curl {
  CURLM *multi; /* NULL until the first start, and after a fork */
  pid_t pid;    /* whose `multi` is */
  int max_connections;
  struct emb_curl_flight *flying, *idle; /* owned */
  int n_idle;
  struct emb_curl_ca ca; /* found at open */
};

/* ---- the process ---- */

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static CURLcode global_rc;

/* libcurl copies headers with keys into buffers of its own, which it frees as they are. So it gets
 * the C library's allocator with one thing more: what is freed is wiped first. Memory of the one is
 * memory of the other, so it does not matter who of the process started libcurl, or how often;
 * where the host did so before us, libcurl keeps the allocator that it has. */
#ifdef __linux__
static void free_wiped(void *p) {
  if (p) emb_wipe(p, malloc_usable_size(p));
  free(p);
}

static void *realloc_wiped(void *p, size_t n) {
  size_t old = p ? malloc_usable_size(p) : 0;
  if (p && n && n <= old && n > old / 2) return p;
  void *grown = malloc(n ? n : 1);
  if (!grown || !p) return grown;
  memcpy(grown, p, old < n ? old : n);
  free_wiped(p);
  return grown;
}
#endif

/* Never undone: the host may use libcurl too, and the library stays loaded. */
static void global_start(void) {
#ifdef __linux__
  global_rc =
      curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, free_wiped, realloc_wiped, strdup, calloc);
#else
  global_rc = curl_global_init(CURL_GLOBAL_DEFAULT);
#endif
}

int emb_curl_global(struct emb_err *err) {
  if (pthread_once(&global_once, global_start) || global_rc)
    return emb_err_set(err, EMB_EINTERNAL, "libcurl could not be started");
  return EMB_OK;
}

const char *emb_curl_version(void) { return curl_version(); }

static long long now_ms(void *ctx) {
  (void)ctx;
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- what libcurl calls ---- */

/* Copies text[0..n) trimmed, as printable ASCII: it will be shown in messages. */
static void copy_value(char *out, size_t size, const char *text, size_t n) {
  while (n && (*text == ' ' || *text == '\t')) text++, n--;
  while (n && (unsigned char)text[n - 1] <= ' ') n--;
  if (n >= size) n = size - 1;
  for (size_t i = 0; i < n; i++) out[i] = text[i] < ' ' || text[i] == 127 ? '?' : text[i];
  for (size_t i = 0; i < n; i++)
    if ((unsigned char)out[i] >= 0x80) out[i] = '?';
  out[n] = 0;
}

static int is_request_id(const char *name, size_t n) {
  static const char *const names[] = {
      "x-request-id",       "request-id",        "apim-request-id",
      "x-amzn-requestid",   "x-amz-request-id",  "x-siliconcloud-trace-id",
      "x-request-trace-id", "x-debug-trace-id",  "x-ms-request-id",
      "x-trace-id",         "x-goog-request-id", "x-compute-request-id"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strlen(names[i]) == n && strncasecmp(names[i], name, n) == 0) return 1;
  return 0;
}

static void status_line(struct emb_curl_flight *flight, const char *line, size_t n) {
  struct emb_reply *reply = flight->exchange->reply;
  /* a 1xx, or the reply of a proxy, came before: nothing of it counts */
  reply->request_id[0] = reply->retry_after[0] = reply->retry_after_ms[0] = reply->tokens[0] = 0;
  reply->should_retry[0] = reply->location[0] = 0;
  memset(&reply->requests_left, 0, sizeof reply->requests_left);
  memset(&reply->tokens_left, 0, sizeof reply->tokens_left);
  flight->status = flight->headers_complete = 0;
  size_t i = 5;
  while (i < n && line[i] != ' ') i++;
  while (i < n && line[i] == ' ') i++;
  for (int digits = 0; i < n && digits < 3 && line[i] >= '0' && line[i] <= '9'; i++, digits++)
    flight->status = flight->status * 10 + (line[i] - '0');
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx) {
  struct emb_curl_flight *flight = ctx;
  size_t n = size * count;
  struct emb_reply *reply = flight->exchange->reply;
  flight->header_bytes += n;
  if (flight->header_bytes > MAX_HEADER_BYTES) { /* libcurls before 8.3 take any number of them */
    flight->stop_code = EMB_ETOOBIG;
    flight->stop_bytes = MAX_HEADER_BYTES;
    flight->stopped_in_headers = 1;
    return 0;
  }
  if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) {
    status_line(flight, line, n);
    return n;
  }
  if (n <= 2) {
    if (flight->status >= 200) flight->headers_complete = 1;
    return n;
  }
  const char *colon = memchr(line, ':', n);
  if (!colon || flight->headers_complete) return n; /* trailers may not change the verdict */
  size_t name_n = (size_t)(colon - line), value_n = n - name_n - 1;
  const char *value = colon + 1;
  size_t limit_size;
  char *limit;
#define IS(text) (name_n == sizeof text - 1 && strncasecmp(line, text, name_n) == 0)
  if (IS("retry-after"))
    copy_value(reply->retry_after, sizeof reply->retry_after, value, value_n);
  else if (IS("retry-after-ms"))
    copy_value(reply->retry_after_ms, sizeof reply->retry_after_ms, value, value_n);
  else if (IS("x-compute-tokens") || IS("x-amzn-bedrock-input-token-count"))
    copy_value(reply->tokens, sizeof reply->tokens, value, value_n);
  else if (IS("x-should-retry"))
    copy_value(reply->should_retry, sizeof reply->should_retry, value, value_n);
  else if (IS("location")) {
    /* the query may repeat what the request's URL held */
    for (size_t i = 0; i < value_n; i++)
      if (value[i] == '?' || value[i] == '#') value_n = i;
    copy_value(reply->location, sizeof reply->location, value, value_n);
  } else if (!reply->request_id[0] && is_request_id(line, name_n))
    copy_value(reply->request_id, sizeof reply->request_id, value, value_n);
  else if ((limit = emb_hint_limit_field(reply, line, name_n, &limit_size)))
    copy_value(limit, limit_size, value, value_n);
#undef IS
  return n;
}

/* Every return but n ends the transfer. */
static size_t on_body(char *bytes, size_t size, size_t count, void *ctx) {
  struct emb_curl_flight *flight = ctx;
  struct emb_exchange *exchange = flight->exchange;
  struct emb_buf *body = &exchange->reply->body;
  size_t n = size * count;
  if (!n) return 0;
  int good = flight->status >= 200 && flight->status < 300;
  size_t max = exchange->request->max_reply_bytes;
  if (!max) max = MAX_REPLY_BYTES;
  if (!good) max = MAX_DROPPED_BYTES;
  if (good && !exchange->sink && max > MAX_PLAIN_BODY) max = MAX_PLAIN_BODY;
  if (n > max - flight->bytes_in) {
    flight->stop_code = EMB_ETOOBIG;
    flight->stop_bytes = max;
    return 0;
  }
  flight->bytes_in += n;
  if (good && exchange->sink) {
    exchange->sink_error = exchange->sink->write(exchange->sink->ctx, bytes, n);
    if (!exchange->sink_error) return n;
    flight->stop_code = exchange->sink_error;
    return 0;
  }
  size_t keep = n;
  if (!good)
    keep = body->n >= EMB_MAX_ERROR_BODY      ? 0
           : n > EMB_MAX_ERROR_BODY - body->n ? EMB_MAX_ERROR_BODY - body->n
                                              : n;
  if (keep && emb_buf_add(body, bytes, keep)) {
    flight->stop_code = EMB_ENOMEM;
    return 0;
  }
  return n;
}

/* ---- flights ---- */

static void release_flight(struct emb_curl_flight *flight) {
  if (flight->easy) curl_easy_cleanup(flight->easy);
  emb_curl_free_headers(flight);
  emb_free(flight);
}

static void unlink_flight(struct emb_curl *curl, struct emb_curl_flight *flight) {
  struct emb_curl_flight **at = &curl->flying;
  while (*at && *at != flight) at = &(*at)->next;
  if (*at) *at = flight->next;
  flight->next = NULL;
}

/* Back to the idle ones if all went well, else away: an easy handle that failed early keeps buffers
 * that refuse new settings. The exchange is no longer known here afterwards. */
static void land(struct emb_curl *curl, struct emb_curl_flight *flight, int went_well) {
  unlink_flight(curl, flight);
  flight->exchange->handle = NULL;
  flight->exchange = NULL;
  if (!went_well) {
    release_flight(flight);
    return;
  }
  curl_easy_reset(flight->easy); /* before the headers go: it still points to them */
  emb_curl_free_headers(flight);
  if (curl->n_idle >= curl->max_connections) {
    release_flight(flight);
    return;
  }
  flight->next = curl->idle;
  curl->idle = flight;
  curl->n_idle++;
}

static long measure_us(CURL *easy, CURLINFO what) {
  curl_off_t us = 0;
  return curl_easy_getinfo(easy, what, &us) == CURLE_OK && us > 0 ? (long)us : 0;
}

static void take_phases(CURL *easy, struct emb_phases *phases) {
  char *peer = NULL;
  phases->resolved_us = measure_us(easy, CURLINFO_NAMELOOKUP_TIME_T);
  phases->connected_us = measure_us(easy, CURLINFO_CONNECT_TIME_T);
  phases->secured_us = measure_us(easy, CURLINFO_APPCONNECT_TIME_T);
  phases->answered_us = measure_us(easy, CURLINFO_STARTTRANSFER_TIME_T);
  if (curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &peer) == CURLE_OK && peer)
    snprintf(phases->peer, sizeof phases->peer, "%s", peer);
}

static void take_measures(struct emb_curl_flight *flight) {
  struct emb_reply *reply = flight->exchange->reply;
  curl_off_t sent = 0;
  long connects = 0;
  curl_easy_getinfo(flight->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  curl_easy_getinfo(flight->easy, CURLINFO_NUM_CONNECTS, &connects);
  reply->bytes_in = flight->bytes_in;
  reply->bytes_out = sent > 0 ? (size_t)sent : 0;
  reply->new_connections = (int)connects;
  reply->elapsed_ms = (long)(now_ms(NULL) - flight->started_ms);
  take_phases(flight->easy, &reply->phases);
}

/* In a child process: forgets all that is the parent's, without touching a socket. The easy handles
 * leak on purpose; what was in flight ends as a broken connection and may be tried again. */
static void abandon(struct emb_curl *curl) {
  while (curl->flying) {
    struct emb_curl_flight *flight = curl->flying;
    struct emb_exchange *exchange = flight->exchange;
    curl->flying = flight->next;
    exchange->handle = NULL;
    exchange->done = 1;
    exchange->reply->status = 0;
    exchange->reply->transport = EMB_ECONNECT;
    exchange->reply->may_retry = 1;
    snprintf(exchange->reply->transport_text, sizeof exchange->reply->transport_text,
             "the process was forked while the request was under way");
    emb_free(flight);
  }
  while (curl->idle) {
    struct emb_curl_flight *flight = curl->idle;
    curl->idle = flight->next;
    emb_free(flight);
  }
  curl->n_idle = 0;
  curl->multi = NULL;
}

static void check_pid(struct emb_curl *curl) {
  if (curl->multi && curl->pid != getpid()) abandon(curl);
}

static int open_multi(struct emb_curl *curl) {
  if (curl->multi) return EMB_OK;
  curl->multi = curl_multi_init();
  if (!curl->multi) return EMB_ENOMEM;
  curl->pid = getpid();
  /* the default, 4 x the handles now added, closes good connections as a burst drains */
  curl_multi_setopt(curl->multi, CURLMOPT_MAXCONNECTS, (long)curl->max_connections);
  curl_multi_setopt(curl->multi, CURLMOPT_MAX_CONCURRENT_STREAMS,
                    curl->max_connections > 100 ? (long)curl->max_connections : 100L);
  return EMB_OK;
}

/* ---- the table ---- */

static int start(void *ctx, struct emb_exchange *exchange) {
  struct emb_curl *curl = ctx;
  check_pid(curl);
  if (open_multi(curl)) return EMB_ENOMEM;
  struct emb_curl_flight *flight = curl->idle;
  if (flight) {
    curl->idle = flight->next;
    curl->n_idle--;
  } else {
    flight = emb_calloc(1, sizeof *flight);
    if (!flight) return EMB_ENOMEM;
    flight->easy = curl_easy_init();
    if (!flight->easy) {
      emb_free(flight);
      return EMB_ENOMEM;
    }
  }
  CURL *easy = flight->easy;
  memset(flight, 0, sizeof *flight);
  flight->easy = easy;
  flight->exchange = exchange;
  flight->started_ms = now_ms(NULL);
  flight->on_header = on_header;
  flight->on_body = on_body;
  flight->next = curl->flying;
  curl->flying = flight;
  exchange->handle = flight;
  int rc = emb_curl_setup(flight, &curl->ca);
  if (!rc && curl_multi_add_handle(curl->multi, easy)) rc = EMB_ENOMEM;
  if (rc) land(curl, flight, 0);
  return rc;
}

static void end_flight(struct emb_curl *curl, struct emb_curl_flight *flight, CURLcode rc) {
  struct emb_exchange *exchange = flight->exchange;
  struct emb_reply *reply = exchange->reply;
  take_measures(flight);
  int status_stands = flight->headers_complete && (flight->status < 200 || flight->status > 299);
  if (rc == CURLE_OK ||
      (status_stands && (!flight->stop_code || flight->stop_code == EMB_ETOOBIG))) {
    /* a refusal whose body broke off is still that refusal, as when a server answers 413 and closes
     * while the body is being sent */
    reply->status = flight->status;
  } else {
    reply->status = 0;
    emb_curl_explain(flight, rc);
  }
  curl_multi_remove_handle(curl->multi, flight->easy);
  land(curl, flight, rc == CURLE_OK);
  exchange->done = 1;
}

/* Takes what has ended from the multi handle; returns how many. */
static int collect(struct emb_curl *curl) {
  int n = 0, left;
  CURLMsg *message;
  while ((message = curl_multi_info_read(curl->multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    char *flight = NULL;
    CURLcode rc = message->data.result; /* removing the handle invalidates the message */
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &flight);
    end_flight(curl, (struct emb_curl_flight *)(void *)flight, rc);
    n++;
  }
  return n;
}

static int multi_code(CURLMcode rc) {
  return rc == CURLM_OK ? EMB_OK : rc == CURLM_OUT_OF_MEMORY ? EMB_ENOMEM : EMB_EINTERNAL;
}

static int drive(void *ctx, int wait_ms) {
  struct emb_curl *curl = ctx;
  int was_flying = curl->flying != NULL, running = 0;
  check_pid(curl);
  if (was_flying && !curl->flying) return EMB_OK; /* forked: there is news */
  if (!curl->multi) {
    if (wait_ms > 0) poll(NULL, 0, wait_ms);
    return EMB_OK;
  }
  struct emb_sigpipe guard;
  emb_sigpipe_hold(&guard);
  CURLMcode rc = curl_multi_perform(curl->multi, &running);
  if (!collect(curl) && rc == CURLM_OK && wait_ms > 0) {
    rc = curl_multi_poll(curl->multi, NULL, 0, wait_ms, NULL);
    if (rc == CURLM_OK) rc = curl_multi_perform(curl->multi, &running);
    collect(curl);
  }
  emb_sigpipe_release(&guard);
  return multi_code(rc);
}

static void cancel(void *ctx, struct emb_exchange *exchange) {
  struct emb_curl *curl = ctx;
  check_pid(curl);
  struct emb_curl_flight *flight = exchange->handle;
  if (!flight) {
    exchange->done = 0; /* a fork has just ended it */
    return;
  }
  struct emb_sigpipe guard;
  emb_sigpipe_hold(&guard);
  take_measures(flight);
  emb_curl_describe_progress(flight);
  curl_multi_remove_handle(curl->multi, flight->easy);
  land(curl, flight, 0);
  emb_sigpipe_release(&guard);
}

static void close_transport(void *ctx) {
  struct emb_curl *curl = ctx;
  if (!curl) return;
  check_pid(curl);
  struct emb_sigpipe guard;
  emb_sigpipe_hold(&guard);
  while (curl->flying) {
    struct emb_curl_flight *flight = curl->flying;
    curl_multi_remove_handle(curl->multi, flight->easy);
    land(curl, flight, 0);
  }
  while (curl->idle) {
    struct emb_curl_flight *flight = curl->idle;
    curl->idle = flight->next;
    release_flight(flight);
  }
  if (curl->multi) curl_multi_cleanup(curl->multi);
  emb_sigpipe_release(&guard);
  emb_curl_release_ca(&curl->ca);
  emb_free(curl);
}

int emb_curl_open(struct emb_transport *out, int max_connections, struct emb_err *err) {
  int rc = emb_curl_global(err);
  if (rc) return rc;
  struct emb_curl *curl = emb_calloc(1, sizeof *curl);
  if (!curl) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  curl->max_connections = max_connections > 0 ? max_connections : 1;
  rc = emb_curl_find_ca(&curl->ca);
  if (rc) {
    emb_free(curl);
    return emb_err_set(err, rc, "out of memory");
  }
  memset(out, 0, sizeof *out);
  out->ctx = curl;
  out->start = start;
  out->poll = drive;
  out->cancel = cancel;
  out->close = close_transport;
  out->now_ms = now_ms;
  return EMB_OK;
}
