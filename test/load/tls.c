/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* TLS against an authority that the system does not know: refused, told by rembed_doctor() and
 * accepted once ca_file names it; a certificate for another name is refused even so. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

static char directory[] = "/tmp/rembed-tls-XXXXXX";

struct tls_server {
  pid_t pid;
  int port;
};

/* A certificate that is its own authority, for that name. */
static int make_certificate(const char *file, const char *name) {
  char *command =
      sqlite3_mprintf("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=sim -addext "
                      "subjectAltName=%s -keyout %s/%s.key -out %s/%s.crt >%s/log 2>&1",
                      name, directory, file, directory, file, directory);
  int rc = system(command);
  sqlite3_free(command);
  return rc;
}

static struct tls_server start(const char *file) {
  const char *program = getenv("REMBED_SIM");
  struct tls_server server = {-1, 0};
  char certificate[100], key[100], port_file[100];
  snprintf(certificate, sizeof certificate, "%s/%s.crt", directory, file);
  snprintf(key, sizeof key, "%s/%s.key", directory, file);
  snprintf(port_file, sizeof port_file, "%s/%s.port", directory, file);
  fflush(stdout);
  server.pid = fork();
  if (!server.pid) {
    if (!freopen("/dev/null", "w", stdout)) _exit(127);
    if (!program) program = "build/rembed-sim";
    execl(program, program, "--port", "0", "--tls", "--cert", certificate, "--key-file", key,
          "--port-file", port_file, (char *)NULL);
    _exit(127);
  }
  for (int i = 0; i < 500 && !server.port; i++) {
    FILE *in = fopen(port_file, "r");
    if (in && fscanf(in, "%d", &server.port) != 1) server.port = 0;
    if (in) fclose(in);
    usleep(10000);
  }
  return server;
}

static void stop(struct tls_server *server) {
  kill(server->pid, SIGTERM);
  waitpid(server->pid, NULL, 0);
}

static void add_tls_client(sqlite3 *db, const char *name, const struct tls_server *server,
                           const char *ca) {
  char *sql = sqlite3_mprintf(
      "INSERT INTO temp.rembed_clients VALUES (%Q, json_patch('{\"provider\":\"openai\",\"key\":"
      "\"sk-THE-KEY\",\"url\":\"https://127.0.0.1:%d/openai/v1\"}', CASE WHEN %Q <> '' THEN "
      "json_object('ca_file', '%s/' || %Q || '.crt') ELSE '{}' END))",
      name, server->port, ca, directory, ca);
  int rc = run(db, sql);
  if (rc) printf("     %s\n", sqlite3_errmsg(db));
  check(rc == SQLITE_OK, "a client can be registered");
  sqlite3_free(sql);
}

int main(void) {
  unsetenv("SSL_CERT_FILE");
  unsetenv("CURL_CA_BUNDLE");
  if (!mkdtemp(directory)) return 2;
  if (make_certificate("good", "IP:127.0.0.1") || make_certificate("other", "DNS:other.example")) {
    fprintf(stderr, "cannot make certificates (is openssl there?): %s/log\n", directory);
    return 2;
  }
  struct tls_server good = start("good"), other = start("other");
  check(good.port && other.port, "two servers speak TLS");
  sqlite3 *db = open_loaded();
  add_tls_client(db, "stranger", &good, "");
  add_tls_client(db, "trusted", &good, "good");
  add_tls_client(db, "misnamed", &other, "other");

  const char *answer = ask(db, "SELECT rembed('stranger', 'x')");
  check(strstr(answer, "TLS to 127.0.0.1:") && strstr(answer, "certificate"), answer);
  check(!strstr(answer, "THE-KEY"), "without the key");
  check(is(db,
           "SELECT group_concat(ok, ',') FROM rembed_doctor('stranger') WHERE name IN "
           "('dns', 'connect', 'tls', 'reply')",
           "1,1,0"),
        "the doctor finds TLS at fault, and nothing before it");
  answer = ask(db, "SELECT detail FROM rembed_doctor('stranger') WHERE name = 'tls'");
  check(strstr(answer, "certificate") && strstr(answer, "ca_file"), answer);

  check(is(db, "SELECT length(rembed('trusted', 'x'))", "1024"), "ca_file makes it trusted");
  check(is(db, "SELECT group_concat(ok, ',') FROM rembed_doctor('trusted')",
           "1,1,1,1,1,1,1,1,1,1,1,1"),
        "and the doctor content");
  answer = ask(db, "SELECT detail FROM rembed_doctor('trusted') WHERE name = 'tls'");
  check(strstr(answer, "certificate verified, after") != NULL, answer);

  answer = ask(db, "SELECT rembed('misnamed', 'x')");
  check(strstr(answer, "TLS to 127.0.0.1:") != NULL, answer);
  check(is(db, "SELECT ok FROM rembed_doctor('misnamed') WHERE name = 'tls'", "0"),
        "a certificate for another name is refused");
  check(sqlite3_close(db) == SQLITE_OK, "the connection closes");
  stop(&good);
  stop(&other);
  char *command = sqlite3_mprintf("rm -rf %s", directory);
  check(system(command) == 0, "nothing is left");
  sqlite3_free(command);
  return finish();
}
