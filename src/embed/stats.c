/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Counters of one client: see stats.h. */
#include "embed/stats.h"

#include <stdlib.h>
#include <string.h>

void emb_stats_latency(struct emb_stats *stats, long ms) {
  stats->latency_ms[stats->n_latencies++ % EMB_LATENCIES] = (int)ms;
}

static int by_value(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

int emb_stats_quantile(const struct emb_stats *stats, double q) {
  int sorted[EMB_LATENCIES];
  int n = stats->n_latencies < EMB_LATENCIES ? (int)stats->n_latencies : EMB_LATENCIES;
  if (!n) return -1;
  memcpy(sorted, stats->latency_ms, (size_t)n * sizeof *sorted);
  qsort(sorted, (size_t)n, sizeof *sorted, by_value);
  int i = (int)(q * (n - 1) + 0.5);
  return sorted[i];
}
