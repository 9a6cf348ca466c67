/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* rembed-sim: a local server that answers like the embedding and vision APIs. Options and life. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sim.h"

static const char usage[] =
    "usage: rembed-sim [options]\n"
    "  --port N               0 (the default) takes any free port\n"
    "  --port-file F          also write the port to F\n"
    "  --parent-watch         end when standard input ends\n"
    "  --tls --cert F --key-file F   speak TLS (--key F too, while --tls comes before it)\n"
    "  --key K                the only key accepted (default: any but \"bad-key\")\n"
    "  --latency-ms N         wait before each answer\n"
    "  --vision-latency-ms N  the same for requests with a picture to describe\n"
    "  --per-item-us N        more wait for each input\n"
    "  --jitter-ms N          up to N ms more, at random\n"
    "  --rate-limit RPS       429 above it\n"
    "  --error-rate P         that share of requests gets 500 or 503\n"
    "  --no-limits            texts and requests of any size\n"
    "  --dims N               default length of vectors (256)\n"
    "  --threads N            threads that serve (2)\n"
    "  --log FILE             one JSON line for each request\n"
    "  --seed N               for everything random\n";

enum {
  PORT = 1,
  PORT_FILE,
  WATCH,
  TLS,
  CERT,
  KEY_FILE,
  KEY,
  LATENCY,
  VISION,
  PER_ITEM,
  JITTER,
  RATE,
  ERRORS,
  NO_LIMITS,
  DIMS,
  THREADS,
  LOG,
  SEED,
  HELP
};

static const struct option long_options[] = {{"port", required_argument, NULL, PORT},
                                             {"port-file", required_argument, NULL, PORT_FILE},
                                             {"parent-watch", no_argument, NULL, WATCH},
                                             {"tls", no_argument, NULL, TLS},
                                             {"cert", required_argument, NULL, CERT},
                                             {"key-file", required_argument, NULL, KEY_FILE},
                                             {"key", required_argument, NULL, KEY},
                                             {"latency-ms", required_argument, NULL, LATENCY},
                                             {"vision-latency-ms", required_argument, NULL, VISION},
                                             {"per-item-us", required_argument, NULL, PER_ITEM},
                                             {"jitter-ms", required_argument, NULL, JITTER},
                                             {"rate-limit", required_argument, NULL, RATE},
                                             {"error-rate", required_argument, NULL, ERRORS},
                                             {"no-limits", no_argument, NULL, NO_LIMITS},
                                             {"dims", required_argument, NULL, DIMS},
                                             {"threads", required_argument, NULL, THREADS},
                                             {"log", required_argument, NULL, LOG},
                                             {"seed", required_argument, NULL, SEED},
                                             {"help", no_argument, NULL, HELP},
                                             {NULL, 0, NULL, 0}};

static double number(const char *text, double low, double high) {
  char *end = NULL;
  double value = strtod(text, &end);
  if (end == text || *end || !(value >= low && value <= high)) {
    fprintf(stderr, "rembed-sim: '%s' is not a number from %g to %g\n", text, low, high);
    exit(2);
  }
  return value;
}

static void read_options(int argc, char **argv, struct sim_options *o) {
  *o = (struct sim_options){.dims = 256, .vision_latency_ms = -1, .threads = 2, .seed = 1};
  for (int option; (option = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
    switch (option) {
    case PORT: o->port = (int)number(optarg, 0, 65535); break;
    case PORT_FILE: o->port_file = optarg; break;
    case WATCH: o->parent_watch = true; break;
    case TLS: o->tls = true; break;
    case CERT: o->cert_file = optarg; break;
    case KEY_FILE: o->key_file = optarg; break;
    case KEY:
      if (o->tls && !o->key_file)
        o->key_file = optarg;
      else
        o->key = optarg;
      break;
    case LATENCY: o->latency_ms = (long)number(optarg, 0, 1e7); break;
    case VISION: o->vision_latency_ms = (long)number(optarg, 0, 1e7); break;
    case PER_ITEM: o->per_item_us = (long)number(optarg, 0, 1e9); break;
    case JITTER: o->jitter_ms = (long)number(optarg, 0, 1e7); break;
    case RATE: o->rate_limit = number(optarg, 0, 1e9); break;
    case ERRORS: o->error_rate = number(optarg, 0, 1); break;
    case NO_LIMITS: o->no_limits = true; break;
    case DIMS: o->dims = (int)number(optarg, 1, SIM_MAX_DIMS); break;
    case THREADS: o->threads = (int)number(optarg, 1, 64); break;
    case LOG: o->log_file = optarg; break;
    case SEED: o->seed = (uint64_t)number(optarg, 0, 1e15); break;
    case HELP: fputs(usage, stdout); exit(0);
    default: fputs(usage, stderr); exit(2);
    }
  }
  if (optind < argc || (o->tls && !(o->cert_file && o->key_file))) {
    fputs(usage, stderr);
    exit(2);
  }
}

static void raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  rlim_t want = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
  if (limit.rlim_cur >= want) return;
  limit.rlim_cur = want;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/* Returns once a signal asks for the end or, when watched, standard input ends. */
static void wait_for_end(int signals, bool watch) {
  struct pollfd ways[2] = {{.fd = signals, .events = POLLIN},
                           {.fd = watch ? STDIN_FILENO : -1, .events = POLLIN}};
  for (;;) {
    if (poll(ways, 2, -1) < 0 && errno != EINTR) return;
    if (ways[0].revents) return;
    if (!ways[1].revents) continue;
    char ignored[256];
    ssize_t n = read(STDIN_FILENO, ignored, sizeof ignored);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) return;
  }
}

/* Whole or not at all, for those who wait for the file to appear. */
static bool write_port(const char *name, int port) {
  char draft[4096];
  snprintf(draft, sizeof draft, "%s.new", name);
  FILE *file = fopen(draft, "w");
  if (!file) return false;
  fprintf(file, "%d\n", port);
  return fclose(file) == 0 && rename(draft, name) == 0;
}

int main(int argc, char **argv) {
  struct sim_options options;
  read_options(argc, argv, &options);
  raise_file_limit();
  signal(SIGPIPE, SIG_IGN);
  /* Before any thread starts, so that all of them leave the signals to the descriptor. */
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &ends, NULL);
  int signals = signalfd(-1, &ends, SFD_CLOEXEC);
  struct sim_server *server = signals < 0 ? NULL : sim_server_start(&options);
  if (!server) {
    fprintf(stderr, "rembed-sim: cannot listen on 127.0.0.1:%d\n", options.port);
    return 1;
  }
  int port = sim_server_port(server);
  if (options.port_file && !write_port(options.port_file, port)) perror(options.port_file);
  printf("listening on %s://127.0.0.1:%d\n", options.tls ? "https" : "http", port);
  fflush(stdout);
  wait_for_end(signals, options.parent_watch);
  sim_server_stop(server);
  close(signals);
  return 0;
}
