/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_STATS_H
#define EMB_STATS_H
/* Counters of one client, shown by the table rembed_stats. */
#include <stddef.h>

#define EMB_LATENCIES 512

struct emb_stats {
  long long requests, items, retries, errors, tokens, bytes_in, bytes_out, connections;
  int in_flight, peak_in_flight;
  int latency_ms[EMB_LATENCIES]; /* of the last successful requests: a ring */
  long long n_latencies;
};

void emb_stats_latency(struct emb_stats *stats, long ms);
/* The q-quantile (0..1) of the ring in ms, or -1 when empty. */
int emb_stats_quantile(const struct emb_stats *stats, double q);

#endif
