/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What goes wrong below the sockets, on demand: names that do not resolve or hang, threads that
 * cannot be started, a clock that jumps. Preloaded into the driver of the fault matrix
 * (LD_PRELOAD), which sets it through the shim_ functions; everything it was not told of passes
 * through.
 *
 * Names: those that end in ".test" are never looked up outside; each is 127.0.0.1 unless told
 * otherwise. Every function may be called from any thread.
 */
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_NAMES 256

struct rule {
  char name[64];
  int code;    /* EAI_NONAME, EAI_AGAIN ...; 0: resolves */
  int hang_ms; /* before it answers */
  int left;    /* how many more look-ups it is for; -1: all */
  int asked;   /* look-ups so far */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rule rules[MAX_NAMES]; /* guarded by lock */
static int n_rules;
static _Atomic long long clock_offset_s;
static _Atomic int no_threads;

void shim_name(const char *name, int code, int hang_ms, int count);
int shim_name_asked(const char *name);
void shim_clock(long long offset_s);
void shim_threads(int allowed);

/* The address comes from the first of these symbols, the meaning from the second. */
static void *next(const char *symbol) { return dlsym(RTLD_NEXT, symbol); }

static struct rule *find(const char *name) {
  for (int i = 0; i < n_rules; i++)
    if (strcmp(rules[i].name, name) == 0) return &rules[i];
  return NULL;
}

/* The next `count` look-ups (-1: all) of the name take hang_ms and give code. */
void shim_name(const char *name, int code, int hang_ms, int count) {
  pthread_mutex_lock(&lock);
  struct rule *rule = find(name);
  if (!rule && n_rules < MAX_NAMES) rule = &rules[n_rules++];
  if (rule) {
    snprintf(rule->name, sizeof rule->name, "%s", name);
    rule->code = code;
    rule->hang_ms = hang_ms;
    rule->left = count;
    rule->asked = 0;
  }
  pthread_mutex_unlock(&lock);
}

int shim_name_asked(const char *name) {
  pthread_mutex_lock(&lock);
  const struct rule *rule = find(name);
  int asked = rule ? rule->asked : 0;
  pthread_mutex_unlock(&lock);
  return asked;
}

/* The wall clock is off by so much from now on. */
void shim_clock(long long offset_s) { clock_offset_s = offset_s; }

/* 0: pthread_create fails with EAGAIN, as at the limit of processes. */
void shim_threads(int allowed) { no_threads = !allowed; }

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) {
  static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  if (!real) *(void **)&real = next("getaddrinfo");
  size_t n = node ? strlen(node) : 0;
  if (n < 5 || strcmp(node + n - 5, ".test") != 0) return real(node, service, hints, result);
  int code = 0, hang_ms = 0;
  pthread_mutex_lock(&lock);
  struct rule *rule = find(node);
  if (rule) {
    rule->asked++;
    if (rule->left) {
      code = rule->code;
      hang_ms = rule->hang_ms;
      if (rule->left > 0) rule->left--;
    }
  }
  pthread_mutex_unlock(&lock);
  if (hang_ms) nanosleep(&(struct timespec){hang_ms / 1000, hang_ms % 1000 * 1000000L}, NULL);
  return code ? code : real("127.0.0.1", service, hints, result);
}

int clock_gettime(clockid_t id, struct timespec *at) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) *(void **)&real = next("clock_gettime");
  int rc = real(id, at);
  if (!rc && id == CLOCK_REALTIME) at->tv_sec += clock_offset_s;
  return rc;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument) {
  static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  if (!real) *(void **)&real = next("pthread_create");
  return no_threads ? EAGAIN : real(thread, attributes, run, argument);
}
