/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Retry policy: see retry.h. Everything here is a pure function of its arguments; nothing is
 * allocated, no clock and no random source is read, and no libc parser that obeys the locale is
 * used.
 *
 * The server's headers are untrusted text. What is not understood, negative or absurd (more than
 * 1e9) counts as no hint at all, because obeying it would stop the client for ever; libcurl's own
 * Retry-After parser gets fractions, durations and past dates wrong, hence this one.
 */
#include "http/retry.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#define ABSURD 1e9

static int is_digit(char c) { return c >= '0' && c <= '9'; }

static const char *skip_space(const char *text) {
  while (*text == ' ' || *text == '\t') text++;
  return text;
}

/* Reads "12", "1.5", ".5" (and "1e3" with exponent); NULL when there is no number, else what
 * follows it. */
static const char *read_number(const char *text, int exponent, double *out) {
  double value = 0, unit = 1;
  int digits = 0;
  for (; is_digit(*text); text++, digits++) value = value * 10 + (*text - '0');
  if (*text == '.')
    for (text++; is_digit(*text); text++, digits++) value += (*text - '0') * (unit /= 10);
  if (!digits) return NULL;
  if (exponent && (*text == 'e' || *text == 'E')) {
    const char *p = text + 1;
    int negative = *p == '-', power = 0;
    if (*p == '+' || *p == '-') p++;
    if (!is_digit(*p)) return NULL;
    for (; is_digit(*p); p++) power = power < 400 ? power * 10 + (*p - '0') : power;
    for (; power > 0; power--) value = negative ? value / 10 : value * 10;
    text = p;
  }
  *out = value;
  return text;
}

/* A whole header value that is one plain number. */
static int whole_number(const char *text, double *out) {
  const char *end = read_number(skip_space(text), 1, out);
  return end && !*skip_space(end);
}

/* Ms in a long; -1 for what is absurd (NaN and infinity too). */
static long checked_ms(double ms, double largest) {
  if (!(ms >= 0 && ms <= largest)) return -1;
  return ms >= (double)LONG_MAX ? LONG_MAX : (long)ms;
}

long emb_retry_duration_ms(const char *text) {
  static const struct {
    const char *name;
    double ms;
  } units[] = {{"ms", 1},    {"us", 1e-3}, {"\xC2\xB5s", 1e-3}, {"\xCE\xBCs", 1e-3},
               {"ns", 1e-6}, {"h", 3.6e6}, {"m", 6e4},          {"s", 1e3}};
  enum { N_UNITS = sizeof units / sizeof *units };
  if (!text) return -1;
  text = skip_space(text);
  double total = 0;
  int parts = 0;
  while (*text && *text != ' ' && *text != '\t') {
    double value;
    text = read_number(text, 0, &value);
    if (!text) return -1;
    int u = 0;
    while (u < N_UNITS && strncmp(text, units[u].name, strlen(units[u].name)) != 0) u++;
    if (u == N_UNITS) return -1;
    text += strlen(units[u].name);
    total += value * units[u].ms;
    parts++;
  }
  if (!parts || *skip_space(text)) return -1;
  /* 0.0005 ms keeps 7.66 s from becoming 7659 ms */
  return checked_ms(total + 0.0005, ABSURD * 1000);
}

/* n digits at text as a number, or -1. */
static int fixed_digits(const char *text, int n) {
  int value = 0;
  for (int i = 0; i < n; i++) {
    if (!is_digit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

/* Index of the three letters at text in a list of such names, or -1. */
static int name_index(const char *text, const char *names) {
  for (int i = 0; names[3 * i]; i++)
    if (strncmp(text, names + 3 * i, 3) == 0) return i;
  return -1;
}

long long emb_retry_http_date(const char *text) {
  /* "Sun, 06 Nov 1994 08:49:37 GMT": 29 bytes, every one at its place */
  if (!text) return -1;
  text = skip_space(text);
  if (strlen(text) < 29 || *skip_space(text + 29)) return -1;
  if (name_index(text, "SunMonTueWedThuFriSat") < 0 || text[3] != ',' || text[4] != ' ' ||
      text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':' ||
      strncmp(text + 25, " GMT", 4) != 0)
    return -1;
  int day = fixed_digits(text + 5, 2), year = fixed_digits(text + 12, 4);
  int month = name_index(text + 8, "JanFebMarAprMayJunJulAugSepOctNovDec");
  int hour = fixed_digits(text + 17, 2), minute = fixed_digits(text + 20, 2);
  int second = fixed_digits(text + 23, 2);
  static const int month_days[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 0 || day < 1 || day > month_days[month] || year < 1970 || hour < 0 || hour > 23 ||
      minute < 0 || minute > 59 || second < 0 || second > 60)
    return -1;
  /* days since 1970-01-01 of the proleptic Gregorian calendar, years counted from March */
  long long y = month < 2 ? year - 1 : year;
  long long era = y / 400, of_era = y % 400;
  long long day_of_year = (153 * ((month + 10) % 12) + 2) / 5 + day - 1;
  long long days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719468;
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

long emb_retry_hint_ms(const char *retry_after, const char *retry_after_ms, long long unix_now_ms) {
  double value;
  if (retry_after_ms && whole_number(retry_after_ms, &value)) {
    long ms = checked_ms(value, ABSURD);
    if (ms >= 0) return ms;
  }
  if (!retry_after || !*retry_after) return -1;
  if (whole_number(retry_after, &value))
    return checked_ms(value > ABSURD ? -1 : value * 1000 + 0.0005, ABSURD * 1001);
  long duration = emb_retry_duration_ms(retry_after);
  if (duration >= 0) return duration;
  long long date = emb_retry_http_date(retry_after);
  if (date < 0) return -1;
  return date * 1000 <= unix_now_ms
             ? 0
             : checked_ms((double)(date * 1000 - unix_now_ms), ABSURD * 1000);
}

long emb_retry_wait_ms(const struct emb_retry_policy *policy, int attempts, long hint_ms,
                       double random01) {
  if (attempts > policy->max_retries) return -1;
  if (hint_ms > policy->max_wait_ms) return -1;
  /* 0 says "now" or comes from a server whose clock is behind: neither is worth a busy loop */
  if (hint_ms > 0) {
    double wait = (double)hint_ms * (1 + 0.1 * random01);
    return wait >= (double)LONG_MAX ? LONG_MAX : (long)wait;
  }
  double ceiling = 500;
  for (int k = 1; k < attempts && ceiling < 30000; k++) ceiling *= 2;
  if (ceiling > 30000) ceiling = 30000;
  if (ceiling > (double)policy->max_wait_ms) ceiling = (double)policy->max_wait_ms;
  return (long)(ceiling * (0.5 + 0.5 * random01));
}

static enum emb_action action_of_transport(const struct emb_reply *reply) {
  if (reply->transport == EMB_ETOOBIG || reply->transport == EMB_ENOMEM ||
      reply->transport == EMB_EINTERRUPT)
    return EMB_ACTION_FAIL;
  if (reply->may_retry) return EMB_ACTION_RETRY;
  /* a certificate that does not hold now holds for no other request either */
  return reply->transport == EMB_ETLS ? EMB_ACTION_FATAL : EMB_ACTION_FAIL;
}

static enum emb_action action_of_status(int status) {
  switch (status) {
  case 400:
  case 413:
  case 422: return EMB_ACTION_SPLIT;
  case 401:
  case 402:
  case 498: /* cohere: invalid token */
  case 403:
  case 404:
  case 405: return EMB_ACTION_FATAL;
  case 408:
  case 409:
  case 424: /* TEI: inference failed */
  case 425:
  case 429:
  case 500:
  case 502:
  case 503:
  case 504:
  case 529: return EMB_ACTION_RETRY;
  default: break;
  }
  if (status >= 200 && status < 300) return EMB_ACTION_DONE;
  if (status >= 300 && status < 400) return EMB_ACTION_FATAL;
  if (status >= 520 && status <= 524) return EMB_ACTION_RETRY; /* Cloudflare: origin trouble */
  return EMB_ACTION_FAIL;
}

static void describe_status(const struct emb_reply *reply, struct emb_err *err) {
  int status = reply->status;
  switch (status) {
  case 400:
  case 422: emb_err_set(err, EMB_EINPUT, "HTTP %d: the provider refused the input", status); return;
  case 401:
  case 403: emb_err_set(err, EMB_EAUTH, "HTTP %d: the provider refused the key", status); return;
  case 402: emb_err_set(err, EMB_EQUOTA, "HTTP 402: the account has no quota left"); return;
  case 404:
    emb_err_set(err, EMB_EHTTP, "HTTP 404: no such address or model at the provider");
    return;
  case 413: emb_err_set(err, EMB_EINPUT, "HTTP 413: the request is too large"); return;
  case 429: emb_err_set(err, EMB_ERATE, "HTTP 429: rate limited"); return;
  default: break;
  }
  if (status < 100)
    emb_err_set(err, EMB_EREPLY, "the exchange ended without an HTTP status");
  else if (status >= 300 && status < 400)
    emb_err_set(err, EMB_EHTTP, "HTTP %d: redirects are not followed; the server points to %s",
                status, reply->location[0] ? reply->location : "nowhere");
  else if (status >= 500)
    emb_err_set(err, EMB_EHTTP, "HTTP %d: the server failed", status);
  else
    emb_err_set(err, EMB_EHTTP, "HTTP %d: the provider refused the request", status);
}

void emb_retry_judge(const struct emb_reply *reply, long long unix_now_ms,
                     struct emb_verdict *verdict) {
  memset(verdict, 0, sizeof *verdict);
  verdict->hint_ms = emb_retry_hint_ms(reply->retry_after, reply->retry_after_ms, unix_now_ms);
  if (reply->transport) {
    verdict->action = action_of_transport(reply);
    emb_err_set(&verdict->err, reply->transport, "%s",
                reply->transport_text[0] ? reply->transport_text : emb_err_text(reply->transport));
  } else {
    verdict->action = action_of_status(reply->status);
    if (verdict->action == EMB_ACTION_DONE) return;
    /* the provider knows best; "false" does not forbid SPLIT, which sends another request */
    if (strcasecmp(reply->should_retry, "true") == 0)
      verdict->action = EMB_ACTION_RETRY;
    else if (strcasecmp(reply->should_retry, "false") == 0 && verdict->action == EMB_ACTION_RETRY)
      verdict->action = EMB_ACTION_FAIL;
    describe_status(reply, &verdict->err);
  }
  verdict->err.http_status = reply->status;
  memcpy(verdict->err.request_id, reply->request_id, sizeof verdict->err.request_id);
  verdict->err.request_id[sizeof verdict->err.request_id - 1] = 0;
}
