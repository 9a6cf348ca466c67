/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The HTTP side, on libmicrohttpd: receives requests, lets them wait without a thread each, and
 * sends the answers, spoiled where a fault asks for it.
 *
 * Life of an exchange: RECEIVING (body arrives) -> the answer is made at once -> WAITING
 * (suspended, in the timer's heap) -> READY (resumed by the timer) -> SENT. With drip it goes
 * through suspended spells while SENT. A client that hangs up while we wait makes it ABANDONED.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base64.h"
#include "journal.h"
#include "timer.h"

#define MAX_BODY (256u << 20)
#define LOGGED_BODY (64u << 10)
#define HANG_UP_CHECK_NS 250000000u
#define FOREVER UINT64_MAX

enum phase { RECEIVING, WAITING, READY, SENT, ABANDONED };

struct sim_server {
  struct sim_options options;
  struct MHD_Daemon *daemon;
  struct sim_timer *timer;
  char *cert; /* owned */
  char *key;  /* owned */
  int port;
};

struct exchange {
  struct sim_server *server;
  struct MHD_Connection *connection;
  _Atomic enum phase phase;
  bool started;   /* the handler was called for it */
  bool control;   /* under /_sim/ */
  bool journaled; /* its end is written */
  unsigned long number;
  uint64_t begun_ns;
  uint64_t due_ns; /* FOREVER for a stall */
  struct sim_text uri;
  struct sim_text body;
  char path[1024];
  struct sim_call call;
  struct sim_fault fault;
  char spec[1300];
  char why[200]; /* not empty: the spec was wrong */
  double retry_after;
  /* While the answer goes out piece by piece: */
  size_t total; /* bytes, padding included */
  size_t end;   /* bytes after which it ends */
  bool proper;  /* the end is a proper one */
  uint64_t drip_ns;
};

const char *sim_header(const struct sim_call *call, const char *name) {
  return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

static int descriptor(struct exchange *ex) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(ex->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

static bool hung_up(struct exchange *ex) {
  struct pollfd way = {.fd = descriptor(ex), .events = POLLRDHUP};
  return poll(&way, 1, 0) > 0 && way.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

/* In the timer's thread: sends a waiting exchange on its way, or looks again later. */
static uint64_t wake(void *who, bool last) {
  struct exchange *ex = who;
  uint64_t now = sim_now_ns();
  if (last || hung_up(ex)) {
    ex->phase = ABANDONED;
  } else if (ex->due_ns > now) {
    uint64_t again = now + HANG_UP_CHECK_NS;
    return again < ex->due_ns ? again : ex->due_ns;
  } else if (ex->phase == WAITING) {
    ex->phase = READY;
  }
  MHD_resume_connection(ex->connection);
  return 0;
}

static void wait_until(struct exchange *ex, uint64_t due_ns) {
  uint64_t check = sim_now_ns() + HANG_UP_CHECK_NS;
  ex->due_ns = due_ns;
  MHD_suspend_connection(ex->connection);
  if (!sim_timer_add(ex->server->timer, due_ns < check ? due_ns : check, ex)) {
    ex->phase = ABANDONED;
    MHD_resume_connection(ex->connection);
  }
}

static uint64_t mix(uint64_t z) {
  z += 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

/* Takes the path, the query and the fault of the path out of the raw address. */
static void split_uri(struct exchange *ex) {
  char *uri = ex->uri.data;
  char *query = strchr(uri, '?');
  if (query) *query++ = 0;
  ex->call.query = query ? query : "";
  static const char prefix[] = "/fault/";
  const char *path = uri;
  while (strncmp(path, prefix, sizeof prefix - 1) == 0) {
    const char *spec = path + sizeof prefix - 1;
    size_t n = strcspn(spec, "/");
    size_t used = strlen(ex->spec);
    snprintf(ex->spec + used, sizeof ex->spec - used, "%s%.*s", used ? "+" : "", (int)n, spec);
    path = spec + n;
  }
  sim_percent_decode(path, strlen(path), ex->path, sizeof ex->path);
  ex->call.target = uri;
  ex->call.raw_path = path;
  ex->call.path = ex->path;
  ex->control = strncmp(ex->path, "/_sim/", 6) == 0;
}

static void add_spec(struct exchange *ex, const char *spec) {
  size_t used = strlen(ex->spec);
  if (spec && *spec)
    snprintf(ex->spec + used, sizeof ex->spec - used, "%s%s", used ? "+" : "", spec);
}

static void choose_fault(struct exchange *ex) {
  char value[700];
  size_t n = strlen("fault=");
  for (const char *at = ex->call.query; *at;) {
    size_t length = strcspn(at, "&");
    if (strncmp(at, "fault=", n) == 0 && length - n < sizeof value) {
      memcpy(value, at + n, length - n);
      value[length - n] = 0;
      /* A client library may have encoded '=' and '+' of the query. */
      char plain[700];
      bool encoded = !strchr(value, '=') && strstr(value, "%3");
      if (encoded) sim_percent_decode(value, length - n, plain, sizeof plain);
      add_spec(ex, encoded ? plain : value);
    }
    at += length + (at[length] == '&');
  }
  add_spec(ex, sim_header(&ex->call, "X-Sim-Fault"));
  sim_journal_fault(ex->number, mix(ex->call.random ^ 3), value, sizeof value);
  add_spec(ex, value);
  if (!*ex->spec) return;
  if (!sim_fault_read(&ex->fault, ex->spec, ex->why, sizeof ex->why)) return;
  if (ex->fault.first < 0 && ex->fault.after < 0) return;
  char key[sizeof ex->spec + sizeof ex->path + 2];
  snprintf(key, sizeof key, "%s %s", ex->spec, ex->path);
  unsigned long seen = sim_fault_seen(key);
  if ((ex->fault.first >= 0 && seen >= (unsigned long)ex->fault.first) ||
      (ex->fault.after >= 0 && seen < (unsigned long)ex->fault.after))
    sim_fault_clear(&ex->fault);
}

/* Replaces the answer where the fault does. */
static void spoil(struct exchange *ex) {
  struct sim_call *call = &ex->call;
  const struct sim_fault *fault = &ex->fault;
  ex->retry_after = fault->retry_after;
  if (fault->retry_after_ms >= 0) call->retry_after_ms = fault->retry_after_ms;
  if (*ex->why) {
    sim_fail(call, 400, "%s", ex->why);
  } else if (*fault->redirect) {
    sim_text_clear(&call->out);
    call->status = fault->status ? fault->status : 307;
  } else if (fault->status && fault->status != 200) {
    long hint = fault->retry_after >= 0 ? (long)(fault->retry_after * 1000) : -1;
    if (call->retry_after_ms < 0) call->retry_after_ms = hint;
    sim_fail(call, fault->status, "simulated fault %d", fault->status);
    call->retry_after_ms = fault->retry_after_ms;
  } else if (fault->html) {
    sim_text_clear(&call->out);
    sim_text_adds(&call->out, "<!DOCTYPE html>\n<html><head><title>Welcome</title></head>"
                              "<body><h1>It works!</h1></body></html>\n");
    call->status = 200;
    call->content_type = "text/html; charset=utf-8";
  } else if (fault->errorbody) {
    sim_fail(call, 400, "simulated error in the body");
    call->status = 200;
  } else if (fault->empty) {
    sim_text_clear(&call->out);
    call->status = 200;
  }
}

/* The rate limit, which comes before all else at a provider; true when it gave the answer. */
static bool limit(struct exchange *ex) {
  struct sim_call *call = &ex->call;
  long wait = sim_journal_rate();
  if (wait <= 0) return false;
  sim_fault_clear(&ex->fault);
  call->retry_after_ms = wait;
  sim_fail(call, 429, "Rate limit reached. Please try again in %ldms.", wait);
  ex->retry_after = (double)((wait + 999) / 1000);
  return true;
}

static void err(struct exchange *ex, double error_rate) {
  struct sim_call *call = &ex->call;
  if ((double)(mix(call->random) >> 11) / 9007199254740992.0 >= error_rate) return;
  sim_fail(call, call->random & 1 ? 503 : 500, "The server had an error processing your request");
}

/* Makes the answer; returns how long it waits, in nanoseconds. */
static uint64_t answer(struct exchange *ex) {
  struct sim_call *call = &ex->call;
  call->options = &ex->server->options;
  call->fault = &ex->fault;
  call->body = ex->body.data;
  call->body_n = ex->body.n;
  call->retry_after_ms = -1;
  call->random = mix(ex->server->options.seed ^ mix(ex->number));
  ex->retry_after = -1;
  if (ex->control) {
    sim_control(call);
    return 0;
  }
  choose_fault(ex);
  sim_answer(call);
  struct sim_settings settings = sim_journal_settings();
  bool counts = call->status == 200 && call->provider;
  if (!counts || *ex->why || !limit(ex)) {
    if (ex->fault.any || *ex->why)
      spoil(ex);
    else if (counts && settings.error_rate > 0)
      err(ex, settings.error_rate);
  }
  if (ex->fault.stall) return FOREVER;
  long ms = settings.latency_ms;
  if (call->vision && settings.vision_latency_ms >= 0) ms = settings.vision_latency_ms;
  if (ex->fault.latency >= 0) ms = ex->fault.latency;
  uint64_t wait = (uint64_t)ms * 1000000u + (uint64_t)settings.per_item_us * 1000u * call->items;
  if (settings.jitter_ms > 0)
    wait += mix(call->random ^ 7) % ((uint64_t)settings.jitter_ms * 1000000u);
  return wait;
}

static enum MHD_Result write_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                    const char *value) {
  struct sim_text *head = cls;
  char lower[64];
  size_t n = 0;
  (void)kind;
  for (; name[n] && n + 1 < sizeof lower; n++)
    lower[n] = (char)(name[n] >= 'A' && name[n] <= 'Z' ? name[n] + 32 : name[n]);
  lower[n] = 0;
  sim_text_adds(head, head->data[head->n - 1] == '{' ? "" : ",");
  sim_text_quotes(head, lower);
  sim_text_adds(head, ":");
  sim_text_quotes(head, value ? value : "");
  return MHD_YES;
}

/* The body as JSON on one line, or else in base64 beside a null; nothing when it is too long. */
static void journal_body(struct exchange *ex, struct sim_entry *entry) {
  struct sim_text *head = &entry->head, *body = &ex->body;
  struct sim_call *call = &ex->call;
  bool fits = body->n && body->n <= LOGGED_BODY;
  json_t *json = fits && call->is_json ? json_incref(call->root) : NULL;
  /* A request that was refused early was not read yet. */
  if (fits && !json) json = json_loadb(body->data, body->n, JSON_ALLOW_NUL, NULL);
  if (fits && !json) {
    sim_text_adds(head, ",\"body_base64\":\"");
    sim_base64_write(head, body->data, body->n);
    sim_text_adds(head, "\"");
  }
  sim_text_adds(head, ",\"body\":");
  if (json && memchr(body->data, '\n', body->n)) {
    entry->body = json_dumps(json, JSON_COMPACT);
    entry->body_n = entry->body ? strlen(entry->body) : 0;
  } else if (json) {
    entry->body = body->data;
    entry->body_n = body->n;
    *body = (struct sim_text){0};
    call->body = NULL;
  }
  json_decref(json);
}

/* Counts and remembers the exchange, once. `status` 0 says it got no answer. */
static void journal(struct exchange *ex, int status) {
  if (ex->journaled || ex->control || ex->number == 0) return;
  ex->journaled = true;
  struct sim_call *call = &ex->call;
  struct sim_entry entry = {0};
  struct sim_text *head = &entry.head;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  call->status = status;
  sim_text_addf(head, "{\"n\":%lu,\"time\":%lld.%03ld,\"method\":", ex->number,
                (long long)now.tv_sec, now.tv_nsec / 1000000);
  sim_text_quotes(head, call->method);
  sim_text_adds(head, ",\"path\":");
  sim_text_quotes(head, call->path);
  sim_text_adds(head, ",\"raw_path\":");
  sim_text_quotes(head, call->target);
  sim_text_adds(head, ",\"query\":");
  sim_text_quotes(head, call->query);
  sim_text_adds(head, ",\"provider\":");
  sim_text_quotes(head, call->provider ? call->provider->name : NULL);
  sim_text_adds(head, ",\"fault\":");
  sim_text_quotes(head, *ex->spec ? ex->spec : NULL);
  sim_text_adds(head, ",\"headers\":{");
  MHD_get_connection_values(ex->connection, MHD_HEADER_KIND, write_header, head);
  sim_text_addf(head, "},\"status\":%d,\"ms\":%.3f,\"items\":%zu,\"images\":%zu,\"body_bytes\":%zu",
                status, (double)(sim_now_ns() - ex->begun_ns) / 1e6, call->items, call->images,
                call->body_n);
  journal_body(ex, &entry);
  sim_journal_end(call, &entry);
}

static ssize_t read_piece(void *cls, uint64_t at, char *buffer, size_t max) {
  struct exchange *ex = cls;
  const struct sim_text *out = &ex->call.out;
  if (ex->phase == ABANDONED) return MHD_CONTENT_READER_END_WITH_ERROR;
  if (at >= ex->end)
    return ex->proper ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
  size_t n = ex->end - (size_t)at;
  if (n > max) n = max;
  if (ex->fault.drip > 0) {
    uint64_t now = sim_now_ns();
    double allowed = (double)(now - ex->drip_ns) / 1e9 * (double)ex->fault.drip;
    size_t may = allowed > (double)at ? (size_t)(allowed - (double)at) : 0;
    if (may == 0) {
      uint64_t step = 1000000000u / (uint64_t)ex->fault.drip;
      wait_until(ex, now + (step < 10000000u ? 10000000u : step));
      return 0;
    }
    if (n > may) n = may;
  }
  size_t have = at < out->n ? out->n - (size_t)at : 0;
  if (have > n) have = n;
  if (have) memcpy(buffer, out->data + at, have);
  memset(buffer + have, ' ', n - have);
  return (ssize_t)n;
}

static struct MHD_Response *make_response(struct exchange *ex) {
  const struct sim_fault *fault = &ex->fault;
  struct sim_call *call = &ex->call;
  ex->total = call->out.n;
  if (fault->huge > (long)ex->total) ex->total = (size_t)fault->huge;
  ex->end = ex->total;
  ex->proper = true;
  bool whole = fault->drip <= 0 && fault->huge < 0;
  uint64_t size = ex->total;
  if (fault->cut >= 0 && (size_t)fault->cut < ex->total) {
    ex->end = (size_t)fault->cut;
    ex->proper = whole = false;
  } else if (fault->cutclean >= 0) {
    if ((size_t)fault->cutclean < ex->end) ex->end = (size_t)fault->cutclean;
    size = MHD_SIZE_UNKNOWN;
    whole = false;
  }
  ex->drip_ns = sim_now_ns();
  if (!whole) return MHD_create_response_from_callback(size, 64 << 10, read_piece, ex, NULL);
  char *data = call->out.data;
  size_t n = call->out.n;
  call->out = (struct sim_text){0};
  if (!n) {
    free(data);
    return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
  }
  return MHD_create_response_from_buffer(n, data, MHD_RESPMEM_MUST_FREE);
}

static void add_headers(struct exchange *ex, struct MHD_Response *response) {
  char value[64];
  if (ex->call.out.n || ex->call.content_type)
    MHD_add_response_header(response, "Content-Type", ex->call.content_type);
  if (*ex->fault.redirect) MHD_add_response_header(response, "Location", ex->fault.redirect);
  if (ex->retry_after >= 0) {
    snprintf(value, sizeof value, "%g", ex->retry_after);
    MHD_add_response_header(response, "Retry-After", value);
  }
  if (ex->call.retry_after_ms >= 0) {
    snprintf(value, sizeof value, "%ld", ex->call.retry_after_ms);
    MHD_add_response_header(response, "retry-after-ms", value);
  }
  for (size_t i = 0; i < ex->call.reply_n; i++)
    MHD_add_response_header(response, ex->call.reply[i].name, ex->call.reply[i].value);
  if (!ex->control) {
    const struct sim_provider *provider = ex->call.provider;
    snprintf(value, sizeof value, "req-sim-%lu", ex->number);
    MHD_add_response_header(
        response, provider && provider->request_id ? provider->request_id : "x-request-id", value);
  }
}

/* TCP reset: a connect to no address drops the connection at once. */
static void reset(struct exchange *ex) {
  struct linger linger = {.l_onoff = 1, .l_linger = 0};
  struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
  setsockopt(descriptor(ex), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  connect(descriptor(ex), &nowhere, sizeof nowhere);
}

static enum MHD_Result send_answer(struct exchange *ex) {
  if (ex->fault.reset || ex->fault.close) {
    journal(ex, 0);
    ex->phase = SENT;
    if (ex->fault.reset) reset(ex);
    return MHD_NO;
  }
  struct MHD_Response *response = make_response(ex);
  if (!response) return MHD_NO;
  add_headers(ex, response);
  journal(ex, ex->call.status);
  ex->phase = SENT;
  enum MHD_Result result = MHD_queue_response(ex->connection, (unsigned)ex->call.status, response);
  MHD_destroy_response(response);
  return result;
}

/* Called with the raw address before anything of it is decoded: the exchange begins here. */
static void *begin(void *cls, const char *uri, struct MHD_Connection *connection) {
  struct exchange *ex = sim_alloc(sizeof *ex);
  ex->server = cls;
  ex->connection = connection;
  ex->begun_ns = sim_now_ns();
  sim_fault_clear(&ex->fault);
  ex->call.connection = connection;
  ex->call.retry_after_ms = -1;
  sim_text_adds(&ex->uri, uri);
  split_uri(ex);
  return ex;
}

/* True the first time an exchange other than a control one uses the connection. */
static bool first_use(struct exchange *ex) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(ex->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  bool *used = info ? info->socket_context : NULL;
  if (!used || *used) return false;
  return *used = true;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *data_n, void **context) {
  struct exchange *ex = *context;
  (void)cls, (void)url, (void)version, (void)connection;
  if (!ex) return MHD_NO;
  if (!ex->started) {
    ex->started = true;
    ex->call.method = method;
    if (!ex->control) ex->number = sim_journal_begin(first_use(ex));
    return MHD_YES;
  }
  switch ((enum phase)ex->phase) {
  case RECEIVING:
    if (*data_n) {
      if (ex->body.n + *data_n > MAX_BODY) return MHD_NO;
      sim_text_add(&ex->body, data, *data_n);
      *data_n = 0;
      return MHD_YES;
    }
    {
      uint64_t wait = answer(ex);
      if (wait == 0) return send_answer(ex);
      ex->phase = WAITING;
      uint64_t due = wait == FOREVER ? FOREVER : ex->begun_ns + wait;
      wait_until(ex, due);
    }
    return MHD_YES;
  case READY: return send_answer(ex);
  case WAITING: return MHD_YES;
  case SENT: return MHD_YES;
  case ABANDONED: break;
  }
  journal(ex, 0);
  return MHD_NO;
}

static void completed(void *cls, struct MHD_Connection *connection, void **context,
                      enum MHD_RequestTerminationCode code) {
  struct exchange *ex = *context;
  (void)cls, (void)connection, (void)code;
  if (!ex) return;
  journal(ex, 0);
  sim_text_release(&ex->uri);
  sim_text_release(&ex->body);
  sim_text_release(&ex->call.out);
  json_decref(ex->call.root);
  free(ex->call.part);
  free(ex);
  *context = NULL;
}

static void connection_changed(void *cls, struct MHD_Connection *connection, void **socket_context,
                               enum MHD_ConnectionNotificationCode code) {
  (void)cls, (void)connection;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    *socket_context = sim_alloc(sizeof(bool));
  } else {
    free(*socket_context);
    *socket_context = NULL;
  }
}

static void say(void *cls, const char *format, va_list args) {
  (void)cls;
  if (getenv("REMBED_SIM_VERBOSE")) vfprintf(stderr, format, args);
}

static char *read_file(const char *name) {
  FILE *file = fopen(name, "rb");
  if (!file) return NULL;
  struct sim_text text = {0};
  size_t n;
  do {
    char piece[4096];
    n = fread(piece, 1, sizeof piece, file);
    sim_text_add(&text, piece, n);
  } while (n);
  fclose(file);
  return text.data;
}

/* Of the clock and the process, not of the seed: a client must ask for it every time. */
static void make_marker(struct sim_options *options) {
  uint64_t random = mix(sim_now_ns() ^ (uint64_t)getpid() << 40);
  snprintf(options->media_marker, sizeof options->media_marker, "<__media_%016llx__>",
           (unsigned long long)random);
}

struct sim_server *sim_server_start(const struct sim_options *options) {
  struct sim_server *server = sim_alloc(sizeof *server);
  server->options = *options;
  make_marker(&server->options);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options->port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  struct MHD_OptionItem more[4] = {{MHD_OPTION_END, 0, NULL}};
  int n = 0;
  if (options->tls) {
    flags |= MHD_USE_TLS;
    server->cert = read_file(options->cert_file);
    server->key = read_file(options->key_file);
    more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, server->cert};
    more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, server->key};
  }
  if (options->threads > 1)
    more[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, options->threads, NULL};
  more[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
  sim_journal_start(options);
  server->timer = sim_timer_start(wake);
  server->daemon = MHD_start_daemon(
      flags, (uint16_t)options->port, NULL, NULL, handle, server, MHD_OPTION_EXTERNAL_LOGGER, say,
      NULL, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_URI_LOG_CALLBACK, begin,
      server, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_NOTIFY_CONNECTION,
      connection_changed, NULL, MHD_OPTION_CONNECTION_LIMIT, 8192u, MHD_OPTION_LISTEN_BACKLOG_SIZE,
      1024u, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(128 << 10), MHD_OPTION_ARRAY, more,
      MHD_OPTION_END);
  if (!server->daemon) {
    sim_server_stop(server);
    return NULL;
  }
  server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
  return server;
}

int sim_server_port(const struct sim_server *server) { return server->port; }

void sim_server_stop(struct sim_server *server) {
  sim_timer_stop(server->timer);
  if (server->daemon) MHD_stop_daemon(server->daemon);
  sim_timer_free(server->timer);
  sim_journal_stop();
  sim_fault_forget();
  free(server->cert);
  free(server->key);
  free(server);
}
