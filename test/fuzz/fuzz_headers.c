/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * libFuzzer target of what a server says about time: two header values, and a wait computed from
 * them. A date that is understood must be what strptime() and timegm() make of it, a duration what
 * a sum in long double makes of it.
 */
#include <time.h>

#include "fuzz.h"
#include "http/retry.h"

static void date(const char *text) {
  long long unix_s = emb_retry_http_date(text);
  if (unix_s < 0) return;
  struct tm parts = {0};
  const char *rest = strptime(text, " %a, %d %b %Y %H:%M:%S GMT", &parts);
  check(rest && strspn(rest, " \t") == strlen(rest));
  check(timegm(&parts) == unix_s);
}

/* The unit at *p in ms, which is eaten; 0 where there is none. */
static long double take_unit(const char **p) {
  static const struct {
    const char *name;
    long double ms;
  } units[] = {{"ms", 1},     {"us", 1e-3L}, {"\xC2\xB5s", 1e-3L}, {"\xCE\xBCs", 1e-3L},
               {"ns", 1e-6L}, {"h", 3.6e6L}, {"m", 6e4L},          {"s", 1e3L}};
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    size_t n = strlen(units[i].name);
    if (strncmp(*p, units[i].name, n) != 0) continue;
    *p += n;
    return units[i].ms;
  }
  return 0;
}

static void duration(const char *text) {
  long ms = emb_retry_duration_ms(text);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct input in = {(const char *)data, size};
  unsigned attempts = 1 + take_byte(&in) % 40;
  unsigned wait_s = take_byte(&in);
  char *after = take_text(&in);
  char *after_ms = take_text(&in);
  date(after);
  duration(after);
  long long now_ms = 1735689600000LL;
  long hint = emb_retry_hint_ms(after, after_ms, now_ms);
  check(hint >= -1);
  check(emb_retry_hint_ms(NULL, NULL, now_ms) == -1);
  struct emb_retry_policy policy = {20, 30000, 300000, (long)wait_s * 1000};
  for (int i = 0; i < 3; i++) {
    long wait = emb_retry_wait_ms(&policy, (int)attempts, hint, i * 0.4999);
    check(wait >= -1 && (wait < 0 || wait <= policy.max_wait_ms + policy.max_wait_ms / 10));
    check(wait < 0 || (int)attempts <= policy.max_retries);
  }
  struct emb_reply reply = {.status = 100 + (int)(attempts * wait_s) % 500};
  snprintf(reply.retry_after, sizeof reply.retry_after, "%s", after);
  snprintf(reply.retry_after_ms, sizeof reply.retry_after_ms, "%s", after_ms);
  snprintf(reply.should_retry, sizeof reply.should_retry, "%s", after_ms);
  struct emb_verdict verdict;
  emb_retry_judge(&reply, now_ms, &verdict);
  check(verdict.hint_ms >= -1);
  check((verdict.action == EMB_ACTION_DONE) == (reply.status >= 200 && reply.status < 300));
  check(verdict.action == EMB_ACTION_DONE || verdict.err.message[0]);
  free(after);
  free(after_ms);
  return 0;
}
