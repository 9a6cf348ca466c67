/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Starting and asking a simulator: see sim.h. */
#include "sim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what) {
  fprintf(stderr, "cannot %s: %s\n", what, strerror(errno));
  exit(2);
}

void sim_start(struct sim *sim, const char *program) {
  int to[2], from[2];
  if (!program) program = getenv("REMBED_SIM");
  if (!program) program = "build/rembed-sim";
  signal(SIGPIPE, SIG_IGN);
  if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC)) die("make a pipe");
  sim->pid = fork();
  if (sim->pid < 0) die("fork");
  if (!sim->pid) {
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    execl(program, program, "--port", "0", "--parent-watch", (char *)NULL);
    _exit(127);
  }
  close(to[0]);
  close(from[1]);
  sim->hold = to[1];
  FILE *out = fdopen(from[0], "r");
  char line[256];
  if (!out || !fgets(line, sizeof line, out) ||
      sscanf(line, "listening on http://127.0.0.1:%d", &sim->port) != 1) {
    fprintf(stderr, "cannot start the simulator %s (make sim builds it)\n", program);
    exit(2);
  }
  fclose(out);
  snprintf(sim->url, sizeof sim->url, "http://127.0.0.1:%d", sim->port);
}

void sim_stop(struct sim *sim) {
  close(sim->hold);
  kill(sim->pid, SIGTERM);
  waitpid(sim->pid, NULL, 0);
}

static int open_socket(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) {
    if (fd >= 0) close(fd);
    return -1;
  }
  return fd;
}

/* Everything until the other side closes; free() it. */
static char *read_all(int fd) {
  size_t n = 0, room = 4096;
  char *text = malloc(room);
  for (;;) {
    if (!text) die("get memory");
    ssize_t got = read(fd, text + n, room - n - 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    n += (size_t)got;
    if (n + 1 == room) text = realloc(text, room *= 2);
  }
  text[n] = 0;
  return text;
}

char *sim_exchange(const struct sim *sim, const char *method, const char *path, const char *body) {
  int fd = open_socket(sim->port);
  if (fd < 0) return NULL;
  char *request = NULL;
  int n = asprintf(&request,
                   "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                   "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                   method, path, body ? strlen(body) : 0, body ? body : "");
  int sent = n > 0 && write(fd, request, (size_t)n) == n;
  free(request);
  char *reply = sent ? read_all(fd) : NULL;
  close(fd);
  char *start = reply && strncmp(reply, "HTTP/1.1 2", 10) == 0 ? strstr(reply, "\r\n\r\n") : NULL;
  char *out = start ? strdup(start + 4) : NULL;
  free(reply);
  return out;
}

int sim_config(const struct sim *sim, const char *json) {
  char *reply = sim_exchange(sim, "POST", "/_sim/config", json);
  free(reply);
  return !reply;
}

void sim_reset(const struct sim *sim) {
  sim_config(sim, "{\"defaults\":true,\"fault\":\"\"}");
  free(sim_exchange(sim, "POST", "/_sim/reset", NULL));
}

long sim_stat(const struct sim *sim, const char *name) {
  char quoted[80];
  char *stats = sim_exchange(sim, "GET", "/_sim/stats", NULL);
  snprintf(quoted, sizeof quoted, "\"%s\":", name);
  const char *at = stats ? strstr(stats, quoted) : NULL;
  long value = at ? strtol(at + strlen(quoted), NULL, 10) : -1;
  free(stats);
  return value;
}

int sim_wait(const struct sim *sim, const char *name, long least, int ms) {
  for (; ms >= 0; ms -= 2) {
    if (sim_stat(sim, name) >= least) return 1;
    nanosleep(&(struct timespec){0, 2000000}, NULL);
  }
  return 0;
}

int sim_dead_port(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t n = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, n) ||
      getsockname(fd, (struct sockaddr *)&address, &n))
    die("find a free port");
  close(fd);
  return ntohs(address.sin_port);
}
