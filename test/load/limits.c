/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Servers that send without end: bodies, compressed bodies, headers, numbers, nesting, words of an
 * error. Each is cut off at its limit with a clear error, soon, with little memory, and the
 * connection works afterwards. Also texts and pictures that are too large to send. The server is
 * this program's own: a thread for each connection, which the path tells what to send.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

enum { SOON_MS = 5000, MORE_KB = 64 * 1024 };

static struct sim sim;

/* ---- the server ---- */

/* Everything, or 0 when the client has hung up. */
static int put(int fd, const void *bytes, size_t n) {
  for (const char *p = bytes; n;) {
    ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
    if (sent <= 0) return 0;
    p += sent;
    n -= (size_t)sent;
  }
  return 1;
}

static int puts_to(int fd, const char *text) { return put(fd, text, strlen(text)); }

/* The text again and again until the client has enough; at most 2 GiB. */
static void repeat(int fd, const char *text) {
  char block[65536];
  size_t n = 0, length = strlen(text);
  while (n + length <= sizeof block) memcpy(block + n, text, length), n += length;
  for (size_t sent = 0; sent < (size_t)2 << 30 && put(fd, block, n);) sent += n;
}

/* Deflate with its fixed codes, written bit by bit: a text, and then spaces 258 at a time, of which
 * each costs 13 bits. */
struct bits {
  unsigned char bytes[65536];
  size_t n;
  unsigned waiting, n_waiting;
};

static void add_bits(struct bits *out, unsigned value, unsigned n) {
  out->waiting |= value << out->n_waiting;
  for (out->n_waiting += n; out->n_waiting >= 8; out->n_waiting -= 8, out->waiting >>= 8)
    out->bytes[out->n++] = (unsigned char)out->waiting;
}

/* Codes stand the other way round. */
static void add_code(struct bits *out, unsigned code, unsigned n) {
  for (unsigned i = n; i-- > 0;) add_bits(out, code >> i & 1, 1);
}

static void bomb(int fd, const char *start) {
  static const unsigned char header[10] = {0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255};
  struct bits *out = calloc(1, sizeof *out);
  if (!out || !put(fd, header, sizeof header)) exit(2);
  add_bits(out, 1, 1);
  add_bits(out, 1, 2);
  for (; *start; start++) add_code(out, 0x30 + (unsigned char)*start, 8);
  add_code(out, 0x30 + ' ', 8);
  for (size_t sent = 0; sent < (size_t)16 << 20;) {
    while (out->n < sizeof out->bytes - 8) {
      add_code(out, 0xC5, 8); /* length 258 */
      add_code(out, 0, 5);    /* of the byte before */
    }
    if (!put(fd, out->bytes, out->n)) break;
    sent += out->n;
    out->n = 0;
  }
  free(out);
}

static void answer(int fd, const char *path) {
  const char *ok = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
#define IS(name) (strncmp(path, "/" name "/", sizeof name + 1) == 0)
  if (IS("spaces")) {
    puts_to(fd, ok);
    repeat(fd, "    ");
  } else if (IS("bomb")) {
    puts_to(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n");
    bomb(fd, "{\"data\":[");
  } else if (IS("headers")) {
    puts_to(fd, "HTTP/1.1 200 OK\r\n");
    repeat(fd, "X-Filler: a value of no use to anybody\r\n");
  } else if (IS("header")) {
    puts_to(fd, "HTTP/1.1 200 OK\r\nX-Filler: ");
    repeat(fd, "a value of no use to anybody ");
  } else if (IS("early")) {
    repeat(fd, "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n");
  } else if (IS("numbers")) {
    puts_to(fd, ok);
    puts_to(fd, "{\"data\":[{\"index\":0,\"embedding\":[0.5");
    repeat(fd, ",0.5");
  } else if (IS("base64")) {
    puts_to(fd, ok);
    puts_to(fd, "{\"data\":[{\"index\":0,\"embedding\":\"");
    repeat(fd, "AAAAAAAA");
  } else if (IS("deep")) {
    puts_to(fd, ok);
    puts_to(fd, "{\"data\":");
    repeat(fd, "[");
  } else if (IS("string")) {
    puts_to(fd, ok);
    puts_to(fd, "{\"error\":{\"message\":\"");
    repeat(fd, "no ");
  } else if (IS("items")) {
    puts_to(fd, ok);
    puts_to(fd, "{\"data\":[{\"embedding\":[1]}");
    repeat(fd, ",{\"embedding\":[1]}");
  } else if (IS("digits")) {
    puts_to(fd, ok);
    puts_to(fd, "{\"data\":[{\"embedding\":[1");
    repeat(fd, "1");
  } else if (IS("refusal")) {
    puts_to(fd, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n{\"error\":{\"message\":\"");
    repeat(fd, "no ");
  } else if (IS("words")) { /* of a model that describes */
    puts_to(fd, ok);
    puts_to(fd, "{\"choices\":[{\"message\":{\"content\":\"");
    repeat(fd, "and so on ");
  }
#undef IS
}

static void *serve(void *ctx) {
  int fd = (int)(intptr_t)ctx;
  char head[65536], path[100] = "";
  size_t n = 0;
  while (n + 1 < sizeof head) { /* all requests here are small */
    ssize_t got = recv(fd, head + n, sizeof head - 1 - n, 0);
    if (got <= 0) break;
    n += (size_t)got;
    head[n] = 0;
    const char *end = strstr(head, "\r\n\r\n"), *length = strcasestr(head, "content-length:");
    if (end && (!length || strlen(end + 4) >= strtoul(length + 15, NULL, 10))) break;
  }
  if (sscanf(head, "%*s %99s", path) == 1) answer(fd, path);
  close(fd);
  return NULL;
}

static void *accept_all(void *ctx) {
  int listener = (int)(intptr_t)ctx;
  for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) {
    pthread_t thread;
    pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd);
    pthread_detach(thread);
  }
  return NULL;
}

static int start_server(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t n = sizeof address;
  pthread_t thread;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, n) || listen(fd, 16) ||
      getsockname(fd, (struct sockaddr *)&address, &n) ||
      pthread_create(&thread, NULL, accept_all, (void *)(intptr_t)fd))
    exit(2);
  pthread_detach(thread);
  return ntohs(address.sin_port);
}

/* ---- the client ---- */

static long peak_kb(void) {
  long kb = -1;
  char line[160];
  FILE *file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "VmHWM: %ld", &kb) == 1) break;
  if (file) fclose(file);
  return kb;
}

static void replies(sqlite3 *db, int port) {
  static const char one[] = "SELECT rembed('%s', 'hello')";
  static const char picture[] = "SELECT rembed_describe('%s', x'89504e470d0a1a0a00')";
  static const struct {
    const char *path, *sql, *says;
  } cases[] = {
      {"spaces", one, "is larger than 3145728 bytes"},
      {"bomb", one, "is larger than 3145728 bytes"},
      {"headers", one, "the headers of 127.0.0.1:"},
      {"header", one, "the reply's headers are too large"},
      {"early", one, "the headers of 127.0.0.1:"},
      {"numbers", one, "item 0 of the reply: more than 65536 dimensions"},
      {"base64", one, "item 0 of the reply: more than 65536 dimensions"},
      {"deep", one, "JSON nested too deeply at byte 71"},
      {"string", one, "is larger than 3145728 bytes"},
      {"items", one, "more than 1 vectors for 1 inputs"},
      {"digits", one, "a number of more than 512 characters"},
      {"refusal", one, "HTTP 400: "},
      {"words", picture, "is larger than 16777216 bytes"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char line[200];
    char *sql = sqlite3_mprintf(
        "INSERT OR REPLACE INTO temp.rembed_clients VALUES ('%s', '{\"provider\":\"openai\","
        "\"key\":\"k\",\"url\":\"http://127.0.0.1:%d/%s/v1\",\"max_retries\":1,"
        "\"max_retry_wait\":0.01}')",
        cases[i].path, port, cases[i].path);
    check(run(db, sql) == SQLITE_OK, cases[i].path);
    sqlite3_free(sql);
    long before = peak_kb();
    double since = now_ms();
    snprintf(line, sizeof line, cases[i].sql, cases[i].path);
    const char *got = ask(db, line);
    double took = now_ms() - since;
    long more = peak_kb() - before;
    int good = strncmp(got, "error: ", 7) == 0 && strstr(got, cases[i].says) != NULL;
    printf("%-8s %5.0f ms, %6ld KB more: %.100s\n", cases[i].path, took, more, got + 7);
    snprintf(line, sizeof line, "%s without end: the error tells which limit", cases[i].path);
    check(good, line);
    snprintf(line, sizeof line, "%s without end: cut off soon", cases[i].path);
    check(took < SOON_MS, line);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
    snprintf(line, sizeof line, "%s without end: with little memory", cases[i].path);
    check(more < MORE_KB, line);
#endif
  }
}

static int says(sqlite3 *db, const char *sql, const char *words) {
  const char *got = ask(db, sql);
  if (!strstr(got, words)) printf("     %s\n", got);
  return strstr(got, words) != NULL;
}

/* What we do not send. */
static void inputs(sqlite3 *db) {
  long before = sim_stat(&sim, "requests");
  check(says(db, "SELECT rembed('good', printf('%.*c', 21000000, 'x'))",
             "the text has 21000000 bytes, over max_text_bytes 20971520; cut it into pieces"),
        "a text that is too large");
  check(is(db,
           "SELECT group_concat(coalesce(error, length(embedding)), '; ') FROM "
           "rembed_each('small', '[\"123456789\", \"1234567890\", \"1234567890a\"]')",
           "1024; 1024; the text has 11 bytes, over max_text_bytes 10; cut it into pieces"),
        "the option says how large a text may be");
  check(says(db, "SELECT rembed_describe('small', x'89504e470d0a1a0a0000000d494844520000')",
             "over max_image_bytes 9; make it smaller"),
        "and how large a picture");
  check(sim_stat(&sim, "requests") == before + 1, "what is too large is not sent");
  check(says(db,
             "INSERT INTO temp.rembed_clients VALUES ('x', "
             "'{\"provider\":\"openai\",\"key\":\"k\",\"dimensions\":65537}')",
             "'dimensions' must be a whole number from 1 to 65536"),
        "dimensions have the limit that replies have");
  char *deep = sqlite3_mprintf("SELECT rembed_batch('good', '%.*c')", 100, '[');
  check(says(db, deep, "nested too deeply"), "an array that is too deep");
  sqlite3_free(deep);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  sim_start(&sim, NULL);
  sqlite3 *db = open_loaded();
  add_client(db, &sim, "good", "", "");
  add_client(db, &sim, "small", "", ",\"max_text_bytes\":10,\"max_image_bytes\":9");
  check(is(db, "SELECT length(rembed('good', 'hello'))", "1024"), "a request before all");
  replies(db, start_server());
  check(is(db, "SELECT length(rembed('good', 'hello'))", "1024"), "a request after all");
  check(is(db, "SELECT sum(in_flight) FROM rembed_stats", "0"), "nothing is left in flight");
  inputs(db);
  check(sqlite3_close(db) == SQLITE_OK, "the connection closes");
  sim_stop(&sim);
  return finish();
}
