/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * libFuzzer target of what a server says about time and limits: header names and values, words, and
 * a wait computed from them. A date or timestamp that is understood must be what strptime() and
 * timegm() make of it, a duration what a sum in long double makes of it.
 */
#include <strings.h>
#include <time.h>

#include "fuzz.h"
#include "http/hint.h"
#include "http/retry.h"

static const long long now_ms = 1735689600000LL;

static void date(const char *text) {
  long long unix_s = emb_hint_http_date(text);
  check(unix_s >= -1);
  if (unix_s < 0) return;
  struct tm parts = {0};
  const char *rest = strptime(text, " %a, %d %b %Y %H:%M:%S GMT", &parts);
  check(rest && strspn(rest, " \t") == strlen(rest));
  check(timegm(&parts) == unix_s);
}

static void timestamp(const char *text) {
  long long at_ms = emb_hint_timestamp_ms(text);
  if (at_ms == -1) return;
  struct tm parts = {0};
  char copy[20], *end;
  text += strspn(text, " \t");
  memcpy(copy, text, 19);
  copy[19] = 0;
  copy[10] = 'T';
  check(strptime(copy, "%Y-%m-%dT%H:%M:%S", &parts) == copy + 19);
  long double ms = (long double)timegm(&parts) * 1000;
  text += 19;
  if (*text == '.') {
    ms += strtold(text, &end) * 1000;
    text = end;
  }
  if (*text == '+' || *text == '-')
    ms -= (*text == '+' ? 60000 : -60000) *
          (((text[1] - '0') * 10 + text[2] - '0') * 60 + (text[4] - '0') * 10 + text[5] - '0');
  check((long double)at_ms <= ms + 1 && (long double)at_ms >= ms - 1);
}

/* The longest unit at *p in ms, which is eaten; 0 where there is none. */
static long double take_unit(const char **p) {
  static const struct {
    const char *name;
    long double ms;
  } units[] = {{"ms", 1},     {"us", 1e-3L}, {"\xC2\xB5s", 1e-3L}, {"\xCE\xBCs", 1e-3L},
               {"ns", 1e-6L}, {"h", 3.6e6L}, {"m", 6e4L},          {"s", 1e3L}};
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    size_t n = strlen(units[i].name);
    if (strncasecmp(*p, units[i].name, n) != 0) continue;
    *p += n;
    return units[i].ms;
  }
  return 0;
}

static void duration(const char *text) {
  long ms = emb_hint_duration_ms(text);
  check(ms >= -1);
  if (ms < 0) return;
  long double sum = 0;
  for (const char *p = text + strspn(text, " \t"); *p && *p != ' ' && *p != '\t';) {
    char number[400], *end;
    size_t n = strspn(p, "0123456789.");
    if (n >= sizeof number) return;
    memcpy(number, p, n);
    number[n] = 0;
    long double value = strtold(number, &end);
    check(n && !*end);
    p += n;
    long double unit = take_unit(&p);
    check(unit > 0);
    sum += value * unit;
  }
  check((long double)ms <= sum + 1 && (long double)ms >= sum - 1 - sum * 1e-12L);
}

/* A header about limits goes into the reply, and nowhere else. */
static void limit(struct emb_reply *reply, const char *name, const char *value) {
  size_t size = 0;
  char *exact = copy_bytes(name, strlen(name));
  char *field = emb_hint_limit_field(reply, exact, strlen(name), &size);
  free(exact);
  if (!field) return;
  check(size && field >= (char *)reply && field + size <= (char *)(reply + 1));
  snprintf(field, size, "%s", value);
}

static void wait(const struct emb_retry_policy *policy, int attempts, long hint) {
  for (int i = 0; i < 3; i++) {
    long ms = emb_retry_wait_ms(policy, attempts, hint, i * 0.4999);
    check(ms >= -1 && (ms < 0 || ms <= policy->max_wait_ms + policy->max_wait_ms / 10));
    check(ms < 0 || attempts <= policy->max_retries);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct input in = {(const char *)data, size};
  int attempts = 1 + (int)(take_byte(&in) % 40);
  unsigned wait_s = take_byte(&in);
  char *after = take_text(&in);
  char *after_ms = take_text(&in);
  char *name = take_text(&in);
  char *value = take_text(&in);
  char *words = copy_text(in.p, in.n);
  date(after);
  timestamp(after);
  duration(after);
  check(emb_hint_reset_ms(value, now_ms) >= -1);
  check(emb_hint_words_ms(words) >= -1);
  struct emb_reply reply = {.status = wait_s & 1 ? 429 : 100 + attempts * (int)wait_s % 500};
  snprintf(reply.retry_after, sizeof reply.retry_after, "%s", after);
  snprintf(reply.retry_after_ms, sizeof reply.retry_after_ms, "%s", after_ms);
  snprintf(reply.should_retry, sizeof reply.should_retry, "%s", after_ms);
  limit(&reply, name, value);
  limit(&reply, after, value);
  check(emb_hint_remaining(&reply.requests_left) >= -1);
  struct emb_retry_policy policy = {20, 30000, 300000, (long)wait_s * 1000};
  long hint = emb_hint_ms(&reply, after_ms, words, now_ms);
  check(hint >= -1);
  wait(&policy, attempts, hint);
  struct emb_verdict verdict;
  emb_retry_judge(&reply, now_ms, &verdict);
  check(verdict.hint_ms >= -1);
  check((verdict.action == EMB_ACTION_DONE) == (reply.status >= 200 && reply.status < 300));
  check(verdict.action == EMB_ACTION_DONE || verdict.err.message[0]);
  free(after);
  free(after_ms);
  free(name);
  free(value);
  free(words);
  return 0;
}
