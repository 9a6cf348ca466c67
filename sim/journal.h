/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SIM_JOURNAL_H
#define SIM_JOURNAL_H
/*
 * What the simulator can tell about itself: counters, the settings that can change while it runs,
 * and the last requests. One lock; every function may be called from any thread.
 */
#include "sim.h"

struct sim_settings {
  long latency_ms;
  long vision_latency_ms; /* -1: latency_ms */
  long per_item_us;
  long jitter_ms;
  double rate_limit;
  double error_rate;
  char fault[640];          /* "" for none */
  unsigned long fault_from; /* number of the first request it hits */
  unsigned long fault_left; /* how many more */
  double fault_share;       /* of those requests, at random; 1: all */
};

struct sim_entry {
  struct sim_text head; /* a JSON object without its end, up to its "body": */
  char *body;           /* valid JSON, or NULL; free() it */
  size_t body_n;
};

void sim_journal_start(const struct sim_options *options);
void sim_journal_stop(void);

/* A request begins; returns its number, from 1. */
unsigned long sim_journal_begin(bool new_connection);
/* It has its answer, or none ever (status 0). Takes what the entry owns. */
void sim_journal_end(const struct sim_call *call, struct sim_entry *entry);

struct sim_settings sim_journal_settings(void);
/* The global fault spec for request `number`, "" for none; uses up one of its count. */
void sim_journal_fault(unsigned long number, uint64_t random, char *spec, size_t size);
/* 0 when the rate limit lets a request pass, else the milliseconds until it would. */
long sim_journal_rate(void);

/* Answers the paths under /_sim/. */
void sim_control(struct sim_call *call);

#endif
