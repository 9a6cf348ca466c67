/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sqlite3_interrupt() from another thread at random moments, in every state that a request can be
 * in: the statement ends with SQLITE_INTERRUPT soon, nothing is left in flight, and the connection
 * is usable. $REMBED_ROUNDS: how many moments a state (make check takes many). That a state is
 * reached is seen from what a request says there that may take no longer.
 *
 * The resolver that never answers is this program's own getaddrinfo(): a program's symbols come
 * before those of the libraries that it loads.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
enum { SLOWER = 10 }; /* what is measured is our code, checked or not optimised */
#else
enum { SLOWER = 1 };
#endif
enum { MAX_ROUNDS = 2000, MAX_STATES = 20 };
enum { MEDIAN_MS = 100 * SLOWER, WORST_MS = 500 * SLOWER, P99_MS = 100 * SLOWER };
enum { BIG_TEXT = 20 * 1000 * 1000 };

static struct sim sim;
static int n_rounds = 5;

/* ---- a resolver that hangs ---- */

static atomic_int n_asked, n_let_go; /* who came before it was let go waits no longer */

__attribute__((visibility("default"))) int getaddrinfo(const char *node, const char *service,
                                                       const struct addrinfo *hints,
                                                       struct addrinfo **out) {
  static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  if (node && strstr(node, ".hangs.test")) {
    int mine = atomic_fetch_add(&n_asked, 1);
    for (int i = 0; i < 4000 && atomic_load(&n_let_go) <= mine; i++) sleep_ms(5);
    return EAI_AGAIN;
  }
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  return real(node, service, hints, out);
}

/* ---- servers that do nothing ---- */

static int listen_on(int backlog, int *port) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t n = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, n) || listen(fd, backlog) ||
      getsockname(fd, (struct sockaddr *)&address, &n))
    exit(2);
  *port = ntohs(address.sin_port);
  return fd;
}

/* A connection that is being made; 1 where it is made within 100 ms. */
static int dial(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) exit(2);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) exit(2);
  struct pollfd way = {.fd = fd, .events = POLLOUT};
  return poll(&way, 1, 100) > 0;
}

/* A port whose queue of connections is full: one more gets no answer to its SYN. */
static int full_port(void) {
  int port;
  listen_on(0, &port);
  for (int i = 0; i < 8; i++)
    if (!dial(port)) return port;
  check(0, "the kernel lets a full queue of connections wait");
  return port;
}

/* A port that takes connections and says nothing; the kernel does it, nobody reads. */
static int mute_port(void) {
  int port;
  listen_on(4096, &port);
  return port;
}

/* ---- the states ---- */

struct state {
  const char *name;
  char options[400]; /* JSON members, the provider's among them */
  const char *sql;   /* %s: the client's name; ?1: a text of BIG_TEXT bytes */
  const char *says;  /* what a request_timeout of 0.3 s says there, or NULL: it has none */
};

static struct state states[MAX_STATES];
static int n_states;

static void add(const char *name, const char *sql, const char *says, const char *format, ...) {
  struct state *s = &states[n_states++];
  va_list args;
  *s = (struct state){.name = name, .sql = sql, .says = says};
  va_start(args, format);
  vsnprintf(s->options, sizeof s->options, format, args);
  va_end(args);
}

static const char one[] = "SELECT rembed('%s', 'hello')";
static const char five[] = "SELECT rembed_batch('%s', '[\"a1\",\"b2\",\"c3\",\"d4\",\"e5\"]')";
static const char picture[] = "SELECT rembed_describe('%s', x'89504e470d0a1a0a00000000')";

static void make_states(void) {
  int full = full_port(), mute = mute_port();
  const char *at = sim.url;
#define OPENAI "\"provider\":\"openai\",\"key\":\"k\","
  add("a name that does not resolve", one, "while connecting to",
      OPENAI "\"url\":\"http://a.hangs.test/v1\"");
  add("connecting", one, "while connecting to", OPENAI "\"url\":\"http://127.0.0.1:%d/v1\"", full);
  add("the handshake of TLS", one, "while connecting to",
      OPENAI "\"url\":\"https://127.0.0.1:%d/v1\"", mute);
  add("sending 20 MB", "SELECT rembed('%s', ?1)", "while waiting for",
      OPENAI "\"url\":\"http://127.0.0.1:%d/v1\"", mute);
  add("waiting for the answer", one, "while waiting for",
      OPENAI "\"url\":\"%s/fault/stall/openai/v1\"", at);
  add("reading the answer", one, "while reading the reply",
      OPENAI "\"url\":\"%s/fault/drip=5/openai/v1\"", at);
  add("the queue behind a request", five, "while waiting for",
      OPENAI "\"url\":\"%s/fault/stall/openai/v1\",\"batch_size\":1,\"max_concurrent_requests\":1",
      at);
  add("four requests in flight", five, "while waiting for",
      OPENAI "\"url\":\"%s/fault/stall/openai/v1\",\"batch_size\":1", at);
  add("waiting to try again", one, NULL,
      OPENAI "\"url\":\"%s/fault/status=500/openai/v1\",\"max_retries\":100", at);
  add("a wait that the server asked for", one, NULL,
      OPENAI "\"url\":\"%s/fault/status=429+retry_after=30/openai/v1\"", at);
  add("a wait for our own rate", one, NULL,
      OPENAI "\"url\":\"%s/openai/v1\",\"requests_per_minute\":1", at);
  add("fetching a token", one, "while waiting for",
      "\"provider\":\"watsonx\",\"key\":\"k\",\"project\":\"p\",\"url\":\"http://127.0.0.1:%d\","
      "\"token_url\":\"http://127.0.0.1:%d/token\"",
      mute, mute);
  add("describing a picture", picture, "while waiting for",
      OPENAI "\"url\":\"%s/fault/stall/openai/v1\"", at);
  add("rembed_into",
      "SELECT rembed_into('%s', 'SELECT 1, ''text''', 'INSERT INTO t VALUES (?1, ?2)')", NULL,
      OPENAI "\"url\":\"%s/fault/stall/openai/v1\"", at);
  add("waiting for a lock",
      "SELECT rembed_into('%s', 'SELECT 1, ''text''', 'INSERT INTO locked.t VALUES (?1, ?2)')",
      NULL, OPENAI "\"url\":\"%s/openai/v1\"", at);
  add("the query of a stream",
      "SELECT id FROM rembed_stream('%s', 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
      "FROM n) SELECT i, ''text'' FROM n WHERE i < 0')",
      NULL, OPENAI "\"url\":\"%s/openai/v1\"", at);
#undef OPENAI
}

static sqlite3_stmt *prepare(sqlite3 *db, const struct state *s, const char *client) {
  static char *big;
  sqlite3_stmt *statement = NULL;
  char sql[400];
  snprintf(sql, sizeof sql, s->sql, client);
  if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL)) printf("     %s\n", sqlite3_errmsg(db));
  if (!big) {
    big = malloc(BIG_TEXT);
    if (!big) exit(2);
    memset(big, 'x', BIG_TEXT);
  }
  if (statement && sqlite3_bind_parameter_count(statement))
    sqlite3_bind_text(statement, 1, big, BIG_TEXT, SQLITE_STATIC);
  return statement;
}

static void add_clients(sqlite3 *db, int i) {
  const struct state *s = &states[i];
  for (int late = 0; late < 2; late++) {
    char *sql = sqlite3_mprintf("INSERT INTO temp.rembed_clients VALUES ('%s%d', '{%s%s}')",
                                late ? "late" : "c", i, s->options,
                                late ? ",\"request_timeout\":0.3,\"max_retries\":0" : "");
    if ((!late || s->says) && run(db, sql)) {
      printf("     %s\n", sqlite3_errmsg(db));
      check(0, s->name);
    }
    sqlite3_free(sql);
  }
}

/* A request that may take 0.3 s says where it was. */
static void is_reached(sqlite3 *db, int i) {
  char client[20], line[200];
  snprintf(client, sizeof client, "late%d", i);
  sqlite3_stmt *statement = prepare(db, &states[i], client);
  sqlite3_step(statement);
  int good = strstr(sqlite3_errmsg(db), states[i].says) != NULL;
  if (!good) printf("     %s\n", sqlite3_errmsg(db));
  snprintf(line, sizeof line, "%s: the state is reached", states[i].name);
  check(good, line);
  sqlite3_finalize(statement);
  atomic_store(&n_let_go, atomic_load(&n_asked));
}

/* ---- a lock ---- */

static char folder[] = "/tmp/rembed-interrupt-XXXXXX";
static sqlite3 *holder; /* of the lock on folder/locked.db */

/* Attaches a database that another connection writes to for ever. */
static void attach_locked(sqlite3 *db) {
  check(mkdtemp(folder) != NULL, "a folder of one's own");
  char *name = sqlite3_mprintf("%s/locked.db", folder);
  char *sql = sqlite3_mprintf("ATTACH %Q AS locked", name);
  check(sqlite3_open(name, &holder) == SQLITE_OK, "a file that can be locked");
  check(run(holder, "CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB)") == SQLITE_OK, "its table");
  check(run(db, sql) == SQLITE_OK, "it is attached");
  check(run(holder, "BEGIN IMMEDIATE") == SQLITE_OK, "it is locked");
  sqlite3_free(sql);
  sqlite3_free(name);
}

static void detach_locked(sqlite3 *db) {
  char command[80];
  run(holder, "ROLLBACK");
  check(is(holder, "SELECT count(*) FROM t", "0"), "nothing was written under the lock");
  check(run(db, "DETACH locked") == SQLITE_OK, "it can be detached");
  sqlite3_close(holder);
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  if (system(command)) printf("     %s stays\n", folder);
}

/* ---- the strikes ---- */

struct strike {
  sqlite3 *db;
  int after_us;
  double at_ms;
};

static void *strike(void *ctx) {
  struct strike *s = ctx;
  nanosleep(&(struct timespec){0, s->after_us * 1000L}, NULL);
  s->at_ms = now_ms();
  sqlite3_interrupt(s->db);
  return NULL;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double all[MAX_ROUNDS * MAX_STATES];
static int n_all;

static void report(const char *what, double *latency, int n) {
  qsort(latency, (size_t)n, sizeof *latency, by_value);
  printf("%-34s %4d moments: median %3.0f ms, 99 %% within %3.0f ms, worst %3.0f ms\n", what, n,
         latency[n / 2], latency[(n * 99 - 1) / 100], latency[n - 1]);
}

static void rounds(sqlite3 *db, int i) {
  static unsigned seed = 7;
  double latency[MAX_ROUNDS];
  int codes = 1, n_threads = count_threads();
  char client[20], line[200];
  const char *name = states[i].name;
  add_clients(db, i);
  if (states[i].says) is_reached(db, i);
  snprintf(client, sizeof client, "c%d", i);
  if (strstr(states[i].options, "requests_per_minute")) { /* the one of this minute */
    snprintf(line, sizeof line, "SELECT rembed('%s', 'x')", client);
    ask(db, line);
  }
  int is_locked = strstr(states[i].sql, "locked.t") != NULL;
  if (is_locked) attach_locked(db);
  for (int k = 0; k < n_rounds; k++) {
    struct strike s = {.db = db, .after_us = 1000 + (int)(rand_r(&seed) % 120000)};
    pthread_t thread;
    sqlite3_stmt *statement = prepare(db, &states[i], client);
    pthread_create(&thread, NULL, strike, &s);
    int rc = sqlite3_step(statement);
    double ended = now_ms();
    pthread_join(thread, NULL);
    all[n_all++] = latency[k] = ended - s.at_ms;
    if (rc != SQLITE_INTERRUPT || sqlite3_errcode(db) != SQLITE_INTERRUPT) {
      codes = 0;
      printf("     round %d gave %d: %s\n", k, rc, sqlite3_errmsg(db));
    }
    sqlite3_finalize(statement);
    atomic_store(&n_let_go, atomic_load(&n_asked));
  }
  if (is_locked) detach_locked(db);
  report(name, latency, n_rounds);
  snprintf(line, sizeof line, "%s: every round ends with SQLITE_INTERRUPT", name);
  check(codes, line);
  snprintf(line, sizeof line, "%s: the median is within %d ms", name, MEDIAN_MS);
  if (n_rounds >= 30) check(latency[n_rounds / 2] <= MEDIAN_MS, line); /* few may be unlucky */
  snprintf(line, sizeof line, "%s: the worst is within %d ms", name, WORST_MS);
  check(latency[n_rounds - 1] <= WORST_MS, line);
  snprintf(line, sizeof line, "%s: the connection is usable", name);
  check(is(db, "SELECT length(rembed('good', 'hello'))", "1024"), line);
  snprintf(line, sizeof line, "%s: nothing is left in flight", name);
  check(is(db, "SELECT sum(in_flight) FROM rembed_stats", "0"), line);
  snprintf(line, sizeof line, "%s: no thread is left", name);
  check(threads_end(n_threads), line);
}

int main(void) {
  const char *wanted = getenv("REMBED_ROUNDS");
  if (wanted && atoi(wanted) > 0) n_rounds = atoi(wanted) < MAX_ROUNDS ? atoi(wanted) : MAX_ROUNDS;
  setvbuf(stdout, NULL, _IOLBF, 0);
  sim_start(&sim, NULL);
  sqlite3 *db = open_loaded();
  make_states();
  add_client(db, &sim, "good", "", "");
  run(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB)");
  check(is(db, "SELECT length(rembed('good', 'hello'))", "1024"), "a request before all");
  int n_descriptors = count_descriptors();
  for (int i = 0; i < n_states; i++) rounds(db, i);
  check(atomic_load(&n_asked) >= n_rounds, "names were asked for");
  report("all states", all, n_all);
  check(all[n_all / 2] <= MEDIAN_MS, "half end within 100 ms");
  if (n_all >= 1000) check(all[(n_all * 99 - 1) / 100] <= P99_MS, "99 % end within the time");
  check(is(db, "SELECT count(*) FROM t", "0"), "nothing was written");
  check(count_descriptors() <= n_descriptors + 1, "no descriptor is left");
  check(sqlite3_close(db) == SQLITE_OK, "the connection closes");
  sim_stop(&sim);
  return finish();
}
