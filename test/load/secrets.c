/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* After every kind of failure the key is in no error text, in no row, in no trace, on neither
 * standard stream and not in the environment. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load.h"

static const char key[] = "sk-SECRET-0123456789-abcdef";
extern char **environ;

static int in_environment(void) {
  for (char **p = environ; *p; p++)
    if (strstr(*p, key)) return 1;
  return 0;
}

static int in_file(const char *path) {
  static char text[1 << 20];
  FILE *file = fopen(path, "rb");
  size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
  if (file) fclose(file);
  return memmem(text, n, key, strlen(key)) != NULL;
}

static int tell(sqlite3 *db, const char *options, const char *url, const char *fault) {
  char *insert = sqlite3_mprintf("INSERT OR REPLACE INTO temp.rembed_clients VALUES ('c', "
                                 "json_patch('{\"key\":\"%s\",\"url\":\"%s%s/openai/v1\","
                                 "\"max_retries\":0,\"request_timeout\":0.2}', %Q))",
                                 key, url, fault, options);
  int rc = run(db, insert);
  sqlite3_free(insert);
  int clean = !strstr(sqlite3_errmsg(db), key);
  if (rc) return clean;
  static const char *const questions[] = {"SELECT rembed('c', 'hello')",
                                          "SELECT rembed_batch('c', '[\"a\",\"b\"]')",
                                          "SELECT rembed_image('c', x'89504e470d0a1a0a00')",
                                          "SELECT options FROM rembed_clients WHERE name = 'c'",
                                          "SELECT rembed('c', 'hello', 'query')",
                                          "SELECT group_concat(detail) FROM rembed_doctor('c')"};
  for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
    clean &= !strstr(ask(db, questions[i]), key);
  return clean;
}

int main(void) {
  struct sim sim;
  char out[] = "/tmp/rembed-secrets-XXXXXX", dead[64];
  char trace[] = "/tmp/rembed-trace-XXXXXX";
  struct stat about = {0};
  close(mkstemp(trace));
  unlink(trace);
  setenv("REMBED_TRACE", trace, 1);
  sim_start(&sim, NULL);
  snprintf(dead, sizeof dead, "http://127.0.0.1:%d", sim_dead_port());
  int file = mkstemp(out), old_out = dup(1), old_err = dup(2);
  fflush(stdout);
  dup2(file, 1);
  dup2(file, 2);
  static const char *const faults[] = {
      "/fault/status=401", "/fault/status=404",
      "/fault/status=500", "/fault/html",
      "/fault/errorbody",  "/fault/empty",
      "/fault/cut=50",     "/fault/stall",
      "/fault/close",      "/fault/redirect=http:%2F%2Felsewhere.invalid%2F"};
  static const char *const options[] = {"{\"provider\":\"openai\"}", "{\"provider\":\"nobody\"}",
                                        "{\"provider\":\"cohere\"}",
                                        "{\"provider\":\"openai\",\"oops\":1}"};
  int clean = 1;
  sqlite3 *db = open_loaded();
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
    clean &= tell(db, options[0], sim.url, faults[i]);
  for (size_t i = 0; i < sizeof options / sizeof *options; i++)
    clean &= tell(db, options[i], dead, "");
  int environment = in_environment();
  int closed = sqlite3_close(db) == SQLITE_OK;
  fflush(stdout);
  dup2(old_out, 1);
  dup2(old_err, 2);
  check(clean, "no error and no row shows the key");
  check(!environment, "the key is not in the environment");
  check(!in_file(out), "nothing was written that shows the key");
  check(lseek(file, 0, SEEK_END) == 0, "nothing was written at all");
  check(closed, "the connection closes");
  check(stat(trace, &about) == 0 && about.st_size > 1000, "a trace was written");
  check((about.st_mode & 0777) == 0600, "which nobody else may read");
  check(!in_file(trace), "and does not show the key");
  unlink(trace);
  unlink(out);
  sim_stop(&sim);
  return finish();
}
