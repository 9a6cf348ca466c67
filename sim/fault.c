/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reading fault specs; fault.h lists them. */
#include "fault.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

struct seen {
  struct seen *next;
  unsigned long count;
  char *key;
};

static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;
static struct seen *seen_list; /* guarded by seen_lock */

void sim_fault_clear(struct sim_fault *fault) {
  memset(fault, 0, sizeof *fault);
  fault->retry_after = -1;
  fault->retry_after_ms = fault->first = fault->after = fault->cut = fault->cutclean = -1;
  fault->drip = fault->latency = fault->huge = -1;
}

static int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 32;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void sim_percent_decode(const char *text, size_t n, char *out, size_t size) {
  size_t used = 0;
  for (size_t i = 0; i < n && used + 1 < size; i++) {
    if (text[i] == '%' && i + 2 < n && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out[used++] = (char)(hex(text[i + 1]) << 4 | hex(text[i + 2]));
      i += 2;
    } else {
      out[used++] = text[i];
    }
  }
  if (size) out[used] = 0;
}

static bool read_one(struct sim_fault *fault, const char *name, const char *value) {
  struct {
    const char *name;
    long *number;
  } numbers[] = {{"retry_after_ms", &fault->retry_after_ms},
                 {"first", &fault->first},
                 {"after", &fault->after},
                 {"cut", &fault->cut},
                 {"cutclean", &fault->cutclean},
                 {"drip", &fault->drip},
                 {"latency", &fault->latency},
                 {"huge", &fault->huge}};
  struct {
    const char *name;
    bool *flag;
  } flags[] = {{"stall", &fault->stall},
               {"close", &fault->close},
               {"reset", &fault->reset},
               {"html", &fault->html},
               {"errorbody", &fault->errorbody},
               {"empty", &fault->empty},
               {"reorder", &fault->reorder},
               {"dupindex", &fault->dupindex},
               {"nan", &fault->nan},
               {"wrongdims", &fault->wrongdims},
               {"unnormalised", &fault->unnormalised}};
  if (!value) {
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
      if (strcmp(name, flags[i].name) == 0) return *flags[i].flag = true;
    return false;
  }
  if (strcmp(name, "redirect") == 0) {
    snprintf(fault->redirect, sizeof fault->redirect, "%s", value);
    return *value != 0;
  }
  char *end = NULL;
  double number = strtod(value, &end);
  if (end == value || *end) return false;
  if (strcmp(name, "status") == 0) {
    fault->status = (int)number;
    return number >= 200 && number <= 599;
  }
  if (strcmp(name, "count") == 0) return (fault->count = (int)number) != 0;
  if (number < 0) return false;
  if (strcmp(name, "retry_after") == 0) {
    fault->retry_after = number;
    return true;
  }
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (strcmp(name, numbers[i].name) == 0) {
      *numbers[i].number = (long)number;
      return true;
    }
  return false;
}

bool sim_fault_read(struct sim_fault *fault, const char *spec, char *why, size_t size) {
  while (*spec) {
    size_t n = 0;
    while (spec[n] && (spec[n] != '+' || (n && spec[n - 1] == '='))) n++;
    char word[640];
    sim_percent_decode(spec, n, word, sizeof word);
    char *value = strchr(word, '=');
    if (value) *value++ = 0;
    if (*word && strcmp(word, "none") != 0) {
      if (!read_one(fault, word, value)) {
        snprintf(why, size, "rembed-sim: bad fault '%.*s'", (int)(n > 100 ? 100 : n), spec);
        return false;
      }
      fault->any = true;
    }
    spec += n + (spec[n] == '+');
  }
  return true;
}

unsigned long sim_fault_seen(const char *key) {
  pthread_mutex_lock(&seen_lock);
  struct seen *at = seen_list;
  while (at && strcmp(at->key, key) != 0) at = at->next;
  if (!at) {
    at = sim_alloc(sizeof *at);
    at->key = sim_copy(key, strlen(key));
    at->next = seen_list;
    seen_list = at;
  }
  unsigned long before = at->count++;
  pthread_mutex_unlock(&seen_lock);
  return before;
}

void sim_fault_forget(void) {
  pthread_mutex_lock(&seen_lock);
  while (seen_list) {
    struct seen *next = seen_list->next;
    free(seen_list->key);
    free(seen_list);
    seen_list = next;
  }
  pthread_mutex_unlock(&seen_lock);
}
