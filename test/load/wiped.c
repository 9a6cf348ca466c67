/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Once a client is gone its keys are nowhere in the memory of the process: not in what we freed,
 * not in what libcurl freed. The statement and its parameters are the host's; here they are a
 * buffer of our own that is wiped. */
#include <fcntl.h>
#include <unistd.h>

#include "load.h"

/* Made at run time, so that they stand in no constant. */
static char key[40], vision_key[40], header[40], signing[100], exchanged[40];

static void make(char *out, size_t n, const char *tail) {
  memset(out, 0, n);
  for (int i = 0; i < 20; i++) out[i] = (char)('a' + (i * 7 + tail[0]) % 26);
  strcpy(out + 20, tail);
}

static void rot(char *text) { /* and back: what is looked for must not be there itself */
  for (; *text; text++) *text = (char)(*text ^ 1);
}

/* How often the text (given rotted) stands in the writable memory of this process. */
static int count_in_memory(const char *rotted) {
  size_t n = strlen(rotted), room = 1 << 20;
  int found = 0, fd = open("/proc/self/mem", O_RDONLY);
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[512], *chunk = malloc(room);
  if (fd < 0 || !maps || !chunk) return -1;
  while (fgets(line, sizeof line, maps)) {
    unsigned long from, to;
    char rights[8];
    if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3) continue;
    if (rights[0] != 'r' || rights[1] != 'w') continue;
    if (to - from > 1ul << 33) continue; /* a sanitizer's shadow */
    for (unsigned long at = from; at < to;) {
      size_t want = to - at < room ? to - at : room;
      ssize_t got = pread(fd, chunk, want, (off_t)at);
      if (got <= 0) break;
      for (ssize_t i = 0; i + (ssize_t)n <= got; i++) {
        size_t k = 0;
        while (k < n && chunk[i + (ssize_t)k] == (char)(rotted[k] ^ 1)) k++;
        found += k == n;
      }
      if ((size_t)got < want || at + (unsigned long)got >= to) break;
      at += (unsigned long)got - n + 1;
    }
  }
  memset(chunk, 0, room);
  free(chunk);
  fclose(maps);
  close(fd);
  return found;
}

static int registers(sqlite3 *db, const char *name, char *options) {
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(db, "INSERT INTO temp.rembed_clients VALUES (?1, ?2)", -1, &s, NULL);
  sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
  sqlite3_bind_text(s, 2, options, -1, SQLITE_STATIC);
  if (!rc) rc = sqlite3_step(s) == SQLITE_DONE ? SQLITE_OK : SQLITE_ERROR;
  if (rc) printf("     %s\n", sqlite3_errmsg(db));
  sqlite3_finalize(s);
  return rc;
}

static void expect_gone(const char *rotted, const char *what) {
  int n = count_in_memory(rotted);
  if (n) printf("     %s: %d copies\n", what, n);
  check(n == 0, what);
}

int main(void) {
#ifdef __SANITIZE_ADDRESS__
  printf("not under AddressSanitizer: it keeps what was freed, and its own maps have terabytes\n");
  return 0;
#endif
  struct sim sim;
  static char options[2000];
  sim_start(&sim, NULL);
  make(key, sizeof key, "-key");
  make(vision_key, sizeof vision_key, "eye-key");
  make(header, sizeof header, "header");
  make(exchanged, sizeof exchanged, "xchange");
  make(signing, sizeof signing, "sign");
  sqlite3 *db = open_loaded();

  snprintf(options, sizeof options,
           "{\"provider\":\"openai\",\"key\":\"%s\",\"vision_key\":\"%s\",\"url\":\"%s/openai/v1\","
           "\"headers\":{\"X-Own\":\"%s\"},\"max_retries\":1}",
           key, vision_key, sim.url, header);
  check(registers(db, "c", options) == SQLITE_OK, "a client can be registered");
  snprintf(options, sizeof options,
           "{\"provider\":\"openai\",\"key\":\"%s\",\"url\":\"%s/fault/status=401/openai/v1\"}",
           key, sim.url);
  check(registers(db, "refused", options) == SQLITE_OK, "and one that will be refused");
  snprintf(options, sizeof options,
           "{\"provider\":\"bedrock\",\"key\":\"AKIDEXAMPLE:%s\",\"url\":\"%s/bedrock\","
           "\"max_retries\":0}",
           signing, sim.url);
  check(registers(db, "signed", options) == SQLITE_OK, "and one that signs");
  snprintf(
      options, sizeof options,
      "{\"provider\":\"watsonx\",\"key\":\"%s\",\"url\":\"%s/watsonx/ml/v1\",\"account\":\"p\","
      "\"token_url\":\"%s/watsonx/identity/token\",\"max_retries\":0}",
      exchanged, sim.url, sim.url);
  check(registers(db, "exchanged", options) == SQLITE_OK, "and one that exchanges its key");
  memset(options, 0, sizeof options);
  rot(key), rot(vision_key), rot(header), rot(signing), rot(exchanged);

  check(count_in_memory(key) > 0, "a key is found where there is one");
  check(is(db, "SELECT length(rembed('c', 'hello'))", "1024"), "it is used");
  static const char png[] = "89504e470d0a1a0a0000000d4948445200000004000000040802000000269309290000"
                            "00104944415478da63f8cfc000470cc47100ae930ff1385e8c1100000000"
                            "49454e44ae426082";
  char *describe = sqlite3_mprintf("SELECT rembed_describe('c', x'%s') IS NOT NULL", png);
  check(is(db, describe, "1"), "and that of the vision model");
  sqlite3_free(describe);
  check(strstr(ask(db, "SELECT rembed('refused', 'hello')"), "HTTP 401") != NULL, "and refused");
  check(strstr(ask(db, "SELECT rembed('signed', 'hello')"), "HTTP 403") != NULL, "and signs");
  check(is(db, "SELECT length(rembed('exchanged', 'hello')) > 100", "1"), "and is exchanged");
  ask(db, "SELECT group_concat(options) FROM temp.rembed_clients");
  check(run(db, "DELETE FROM temp.rembed_clients") == SQLITE_OK, "they go");

  expect_gone(key, "no key of a client that is gone");
  expect_gone(vision_key, "nor of its vision model");
  expect_gone(header, "nor a header");
  expect_gone(signing, "nor what signs");
  expect_gone(exchanged, "nor what was exchanged");
  sqlite3_close(db);
  expect_gone(key, "nor after the connection");
  sim_stop(&sim);
  return finish();
}
