/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The heap of waiting requests and the thread that wakes them. */
#include "timer.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "text.h"

struct entry {
  uint64_t due;
  void *who;
};

struct sim_timer {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  pthread_t thread;
  sim_fire *fire;
  struct entry *heap; /* heap[0] is due first; guarded by lock, as is the rest */
  size_t n;
  size_t capacity;
  bool stopping;
};

uint64_t sim_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void push(struct sim_timer *timer, struct entry entry) {
  if (timer->n == timer->capacity) {
    timer->capacity = timer->capacity ? timer->capacity * 2 : 64;
    timer->heap = sim_grow(timer->heap, timer->capacity * sizeof *timer->heap);
  }
  size_t at = timer->n++;
  while (at && timer->heap[(at - 1) / 2].due > entry.due) {
    timer->heap[at] = timer->heap[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  timer->heap[at] = entry;
}

static struct entry pop(struct sim_timer *timer) {
  struct entry top = timer->heap[0];
  struct entry last = timer->heap[--timer->n];
  size_t at = 0;
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= timer->n) break;
    if (child + 1 < timer->n && timer->heap[child + 1].due < timer->heap[child].due) child++;
    if (timer->heap[child].due >= last.due) break;
    timer->heap[at] = timer->heap[child];
    at = child;
  }
  if (timer->n) timer->heap[at] = last;
  return top;
}

static void *run(void *argument) {
  struct sim_timer *timer = argument;
  pthread_mutex_lock(&timer->lock);
  for (;;) {
    if (timer->n == 0) {
      if (timer->stopping) break;
      pthread_cond_wait(&timer->changed, &timer->lock);
      continue;
    }
    uint64_t due = timer->heap[0].due;
    if (!timer->stopping && due > sim_now_ns()) {
      struct timespec until = {.tv_sec = (time_t)(due / 1000000000u),
                               .tv_nsec = (long)(due % 1000000000u)};
      pthread_cond_timedwait(&timer->changed, &timer->lock, &until);
      continue;
    }
    struct entry entry = pop(timer);
    bool last = timer->stopping;
    pthread_mutex_unlock(&timer->lock);
    uint64_t again = timer->fire(entry.who, last);
    pthread_mutex_lock(&timer->lock);
    if (again && !last) push(timer, (struct entry){again, entry.who});
  }
  pthread_mutex_unlock(&timer->lock);
  return NULL;
}

struct sim_timer *sim_timer_start(sim_fire *fire) {
  struct sim_timer *timer = sim_alloc(sizeof *timer);
  timer->fire = fire;
  pthread_mutex_init(&timer->lock, NULL);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&timer->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  if (pthread_create(&timer->thread, NULL, run, timer) != 0) abort();
  return timer;
}

bool sim_timer_add(struct sim_timer *timer, uint64_t due_ns, void *who) {
  pthread_mutex_lock(&timer->lock);
  bool added = !timer->stopping;
  if (added) {
    bool first = timer->n == 0 || due_ns < timer->heap[0].due;
    push(timer, (struct entry){due_ns, who});
    if (first) pthread_cond_signal(&timer->changed);
  }
  pthread_mutex_unlock(&timer->lock);
  return added;
}

void sim_timer_stop(struct sim_timer *timer) {
  pthread_mutex_lock(&timer->lock);
  timer->stopping = true;
  pthread_cond_signal(&timer->changed);
  pthread_mutex_unlock(&timer->lock);
  pthread_join(timer->thread, NULL);
}

void sim_timer_free(struct sim_timer *timer) {
  pthread_cond_destroy(&timer->changed);
  pthread_mutex_destroy(&timer->lock);
  free(timer->heap);
  free(timer);
}
