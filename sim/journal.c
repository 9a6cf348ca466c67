/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Counters, settings and the last requests, and the /_sim/ paths that show and change them. */
#include "journal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timer.h"

#define LAST 200       /* requests kept */
#define MAX_PATHS 1000 /* different paths counted */

struct counters {
  unsigned long requests, in_flight, peak, items, images, vision, embed, connections, errors,
      faulty, limited;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* All of these are guarded by lock. */
static struct counters counters;
static struct sim_settings settings;
static struct sim_settings first_settings; /* those of the command line */
static struct sim_entry entries[LAST];
static unsigned long entries_written;
static struct {
  char *path;
  unsigned long count;
} paths[MAX_PATHS];
static size_t paths_n;
static double tokens; /* of the rate limit's bucket */
static uint64_t tokens_at;
static FILE *log_file;

void sim_journal_start(const struct sim_options *options) {
  settings.latency_ms = options->latency_ms;
  settings.vision_latency_ms = options->vision_latency_ms;
  settings.per_item_us = options->per_item_us;
  settings.jitter_ms = options->jitter_ms;
  settings.rate_limit = options->rate_limit;
  settings.error_rate = options->error_rate;
  settings.fault_share = 1;
  first_settings = settings;
  if (options->log_file) log_file = fopen(options->log_file, "w");
  if (options->log_file && !log_file) perror(options->log_file);
}

static void forget(void) {
  for (size_t i = 0; i < LAST; i++) {
    sim_text_release(&entries[i].head);
    free(entries[i].body);
    entries[i].body = NULL;
  }
  entries_written = 0;
  while (paths_n) free(paths[--paths_n].path);
}

void sim_journal_stop(void) {
  forget();
  if (log_file) fclose(log_file);
  log_file = NULL;
}

unsigned long sim_journal_begin(bool new_connection) {
  pthread_mutex_lock(&lock);
  counters.connections += new_connection;
  unsigned long number = ++counters.requests;
  if (++counters.in_flight > counters.peak) counters.peak = counters.in_flight;
  pthread_mutex_unlock(&lock);
  return number;
}

static void count_path(const char *path) {
  size_t i = 0;
  while (i < paths_n && strcmp(paths[i].path, path) != 0) i++;
  if (i == paths_n) {
    if (i == MAX_PATHS) return;
    paths[paths_n].count = 0;
    paths[paths_n++].path = sim_copy(path, strlen(path));
  }
  paths[i].count++;
}

void sim_journal_end(const struct sim_call *call, struct sim_entry *entry) {
  pthread_mutex_lock(&lock);
  if (counters.in_flight) counters.in_flight--;
  counters.items += call->items;
  counters.images += call->images;
  counters.embed += call->embeds;
  counters.vision += call->vision;
  counters.faulty += call->fault && call->fault->any;
  counters.errors += call->status == 0 || call->status >= 400;
  count_path(call->path);
  if (log_file) {
    fwrite(entry->head.data, 1, entry->head.n, log_file);
    fwrite(entry->body ? entry->body : "null", 1, entry->body ? entry->body_n : 4, log_file);
    fputs("}\n", log_file);
    fflush(log_file);
  }
  struct sim_entry *slot = &entries[entries_written++ % LAST];
  struct sim_entry old = *slot;
  *slot = *entry;
  pthread_mutex_unlock(&lock);
  sim_text_release(&old.head);
  free(old.body);
}

struct sim_settings sim_journal_settings(void) {
  pthread_mutex_lock(&lock);
  struct sim_settings copy = settings;
  pthread_mutex_unlock(&lock);
  return copy;
}

/* One of the specs that are joined by '|'. */
static void pick_spec(const char *specs, uint64_t random, char *spec, size_t size) {
  size_t n = 1;
  for (const char *at = specs; *at; at++) n += *at == '|';
  for (size_t skip = random % n; skip; skip--) specs = strchr(specs, '|') + 1;
  snprintf(spec, size, "%.*s", (int)strcspn(specs, "|"), specs);
}

void sim_journal_fault(unsigned long number, uint64_t random, char *spec, size_t size) {
  *spec = 0;
  pthread_mutex_lock(&lock);
  if (*settings.fault && number >= settings.fault_from && settings.fault_left &&
      (double)(random >> 40) / (1 << 24) < settings.fault_share) {
    settings.fault_left--;
    pick_spec(settings.fault, random, spec, size);
  }
  pthread_mutex_unlock(&lock);
}

long sim_journal_rate(void) {
  long wait = 0;
  pthread_mutex_lock(&lock);
  if (settings.rate_limit > 0) {
    double rate = settings.rate_limit;
    double burst = rate > 1 ? rate : 1;
    uint64_t now = sim_now_ns();
    tokens = tokens_at == 0 ? burst : tokens + (double)(now - tokens_at) / 1e9 * rate;
    if (tokens > burst) tokens = burst;
    tokens_at = now;
    if (tokens >= 1)
      tokens -= 1;
    else
      wait = 1 + (long)((1 - tokens) / rate * 1000);
    counters.limited += wait > 0;
  }
  pthread_mutex_unlock(&lock);
  return wait;
}

static void write_stats(struct sim_text *out) {
  pthread_mutex_lock(&lock);
  sim_text_addf(out,
                "{\"requests\":%lu,\"in_flight\":%lu,\"peak_concurrency\":%lu,\"items\":%lu,"
                "\"images\":%lu,\"vision_requests\":%lu,\"embed_requests\":%lu,"
                "\"connections\":%lu,\"errors\":%lu,\"faulty\":%lu,\"limited\":%lu,\"per_path\":{",
                counters.requests, counters.in_flight, counters.peak, counters.items,
                counters.images, counters.vision, counters.embed, counters.connections,
                counters.errors, counters.faulty, counters.limited);
  for (size_t i = 0; i < paths_n; i++) {
    if (i) sim_text_adds(out, ",");
    sim_text_quotes(out, paths[i].path);
    sim_text_addf(out, ":%lu", paths[i].count);
  }
  sim_text_adds(out, "}}\n");
  pthread_mutex_unlock(&lock);
}

static void write_log(struct sim_text *out) {
  pthread_mutex_lock(&lock);
  unsigned long start = entries_written > LAST ? entries_written - LAST : 0;
  sim_text_adds(out, "[");
  for (unsigned long i = start; i < entries_written; i++) {
    const struct sim_entry *entry = &entries[i % LAST];
    sim_text_adds(out, i > start ? ",\n" : "\n");
    sim_text_add(out, entry->head.data, entry->head.n);
    if (entry->body)
      sim_text_add(out, entry->body, entry->body_n);
    else
      sim_text_adds(out, "null");
    sim_text_adds(out, "}");
  }
  sim_text_adds(out, "]\n");
  pthread_mutex_unlock(&lock);
}

static void write_settings(struct sim_text *out) {
  struct sim_settings now = sim_journal_settings();
  sim_text_addf(out,
                "{\"latency_ms\":%ld,\"vision_latency_ms\":%ld,\"per_item_us\":%ld,"
                "\"jitter_ms\":%ld,\"rate_limit\":%g,\"error_rate\":%g,\"fault\":",
                now.latency_ms, now.vision_latency_ms, now.per_item_us, now.jitter_ms,
                now.rate_limit, now.error_rate);
  sim_text_quotes(out, now.fault);
  sim_text_addf(out, ",\"fault_from\":%lu,\"fault_left\":%lu,\"fault_share\":%g}\n", now.fault_from,
                now.fault_left, now.fault_share);
}

static bool read_long(const json_t *root, const char *name, long *value) {
  const json_t *found = json_object_get(root, name);
  if (!json_is_number(found)) return false;
  *value = (long)json_number_value(found);
  return true;
}

static bool change(struct sim_call *call) {
  static const char known[] = " latency_ms vision_latency_ms per_item_us jitter_ms rate_limit "
                              "error_rate fault fault_from fault_count fault_share defaults ";
  const char *name;
  json_t *value;
  json_object_foreach(call->root, name, value) {
    char padded[64];
    snprintf(padded, sizeof padded, " %s ", name);
    if (!strstr(known, padded))
      return sim_fail(call, 400, "rembed-sim: unknown setting '%s'", name);
  }
  const char *spec = json_string_value(json_object_get(call->root, "fault"));
  struct sim_fault fault;
  char why[160];
  sim_fault_clear(&fault);
  for (const char *at = spec; at && *at; at += strcspn(at, "|"), at += *at == '|') {
    char one[sizeof settings.fault];
    snprintf(one, sizeof one, "%.*s", (int)strcspn(at, "|"), at);
    if (!sim_fault_read(&fault, one, why, sizeof why)) return sim_fail(call, 400, "%s", why);
  }
  pthread_mutex_lock(&lock);
  if (json_is_true(json_object_get(call->root, "defaults"))) settings = first_settings;
  read_long(call->root, "latency_ms", &settings.latency_ms);
  read_long(call->root, "vision_latency_ms", &settings.vision_latency_ms);
  read_long(call->root, "per_item_us", &settings.per_item_us);
  read_long(call->root, "jitter_ms", &settings.jitter_ms);
  value = json_object_get(call->root, "rate_limit");
  if (json_is_number(value)) {
    settings.rate_limit = json_number_value(value);
    tokens_at = 0;
  }
  value = json_object_get(call->root, "error_rate");
  if (json_is_number(value)) settings.error_rate = json_number_value(value);
  value = json_object_get(call->root, "fault");
  if (value) {
    long number;
    snprintf(settings.fault, sizeof settings.fault, "%s", spec ? spec : "");
    settings.fault_from = counters.requests + 1;
    settings.fault_left = ~0ul;
    settings.fault_share = 1;
    if (read_long(call->root, "fault_from", &number) && number > 0)
      settings.fault_from = (unsigned long)number;
    if (read_long(call->root, "fault_count", &number) && number >= 0)
      settings.fault_left = (unsigned long)number;
    const json_t *share = json_object_get(call->root, "fault_share");
    if (json_is_number(share)) settings.fault_share = json_number_value(share);
  }
  pthread_mutex_unlock(&lock);
  write_settings(&call->out);
  return true;
}

static void reset(void) {
  pthread_mutex_lock(&lock);
  unsigned long in_flight = counters.in_flight;
  memset(&counters, 0, sizeof counters);
  counters.in_flight = counters.peak = in_flight;
  forget();
  pthread_mutex_unlock(&lock);
  sim_fault_forget();
}

void sim_control(struct sim_call *call) {
  const char *path = call->path + strlen("/_sim");
  bool post = strcmp(call->method, "POST") == 0;
  call->status = 200;
  call->content_type = "application/json";
  if (strcmp(path, "/stats") == 0 && !post) {
    write_stats(&call->out);
  } else if (strcmp(path, "/log") == 0 && !post) {
    write_log(&call->out);
  } else if (strcmp(path, "/config") == 0 && !post) {
    write_settings(&call->out);
  } else if (strcmp(path, "/config") == 0) {
    call->root = json_loadb(call->body ? call->body : "", call->body_n, 0, NULL);
    if (json_is_object(call->root))
      change(call);
    else
      sim_fail(call, 400, "rembed-sim: the settings must be a JSON object");
  } else if (strcmp(path, "/reset") == 0 && post) {
    reset();
    sim_text_adds(&call->out, "{}\n");
  } else {
    sim_fail(call, 404, "rembed-sim: no %s under /_sim", call->method);
  }
}
