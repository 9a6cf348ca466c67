/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Waits and limits out of headers and words: see hint.h. Nothing is allocated, no clock is read,
 * and no libc parser that obeys the locale is used.
 *
 * All of it is untrusted text. What is not understood, negative or absurd (more than 1e9) counts as
 * no hint at all, because obeying it would stop the client for ever; libcurl's own Retry-After
 * parser gets fractions, durations and past dates wrong, hence these.
 */
#include "http/hint.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#define ABSURD 1e9 /* of seconds and of ms */

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

static long from_now(double at_ms, long long unix_now_ms) {
  double left = at_ms - (double)unix_now_ms;
  return left <= 0 ? 0 : checked_ms(left, ABSURD * 1000);
}

/* ---- durations ---- */

struct unit {
  const char *name;
  double ms;
};

/* The longest name that `text` begins with, or NULL. `whole_words`: no letter may follow. */
static const struct unit *find_unit(const struct unit *units, const char *text, int whole_words) {
  const struct unit *best = NULL;
  for (; units->name; units++) {
    size_t n = strlen(units->name);
    if (strncasecmp(text, units->name, n) != 0) continue;
    char next = (char)(text[n] | 32);
    if (whole_words && next >= 'a' && next <= 'z') continue;
    if (!best || n > strlen(best->name)) best = units;
  }
  return best;
}

long emb_hint_duration_ms(const char *text) {
  static const struct unit units[] = {{"ms", 1},    {"us", 1e-3}, {"\xC2\xB5s", 1e-3},
                                      {"s", 1e3},   {"m", 6e4},   {"\xCE\xBCs", 1e-3},
                                      {"h", 3.6e6}, {"ns", 1e-6}, {NULL, 0}};
  if (!text) return -1;
  text = skip_space(text);
  double total = 0;
  int parts = 0;
  while (*text && *text != ' ' && *text != '\t') {
    double value;
    text = read_number(text, 0, &value);
    const struct unit *unit = text ? find_unit(units, text, 0) : NULL;
    if (!unit) return -1;
    text += strlen(unit->name);
    total += value * unit->ms;
    parts++;
  }
  if (!parts || *skip_space(text)) return -1;
  /* 0.0005 ms keeps 7.66 s from becoming 7659 ms */
  return checked_ms(total + 0.0005, ABSURD * 1000);
}

/* A wait as people write it, at the start of the text: "20s.", "6 seconds", "1m30.5s", "2 minutes".
 */
static long spoken_ms(const char *text) {
  static const struct unit units[] = {
      {"ms", 1},        {"milliseconds", 1}, {"millisecond", 1}, {"s", 1e3},       {"sec", 1e3},
      {"secs", 1e3},    {"second", 1e3},     {"seconds", 1e3},   {"m", 6e4},       {"min", 6e4},
      {"mins", 6e4},    {"minute", 6e4},     {"minutes", 6e4},   {"h", 3.6e6},     {"hour", 3.6e6},
      {"hours", 3.6e6}, {"d", 8.64e7},       {"day", 8.64e7},    {"days", 8.64e7}, {NULL, 0}};
  double total = 0, value;
  int parts = 0;
  for (const char *p; (p = read_number(skip_space(text), 0, &value)); parts++) {
    p = skip_space(p);
    const struct unit *unit = find_unit(units, p, 1);
    if (!unit) break;
    total += value * unit->ms;
    text = p + strlen(unit->name);
  }
  return parts ? checked_ms(total + 0.0005, ABSURD * 1000) : -1;
}

long emb_hint_words_ms(const char *text) {
  static const char *const leads[] = {"again in ", "again after ", "retry in ", "retry after "};
  for (; text && *text; text++)
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
      size_t n = strlen(leads[i]);
      if (strncasecmp(text, leads[i], n) != 0) continue;
      long ms = spoken_ms(text + n);
      if (ms >= 0) return ms;
    }
  return -1;
}

/* ---- dates ---- */

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

/* Unix seconds, or -1 where a part is out of its range. month from 0. */
static long long unix_seconds(int year, int month, int day, int hour, int minute, int second) {
  static const int month_days[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 0 || month > 11 || day < 1 || day > month_days[month] || year < 1970 || hour < 0 ||
      hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
    return -1;
  /* days since 1970-01-01 of the proleptic Gregorian calendar, years counted from March */
  long long y = month < 2 ? year - 1 : year;
  long long era = y / 400, of_era = y % 400;
  long long day_of_year = (153 * ((month + 10) % 12) + 2) / 5 + day - 1;
  long long days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719468;
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

long long emb_hint_http_date(const char *text) {
  /* "Sun, 06 Nov 1994 08:49:37 GMT": 29 bytes, every one at its place */
  if (!text) return -1;
  text = skip_space(text);
  if (strlen(text) < 29 || *skip_space(text + 29)) return -1;
  if (name_index(text, "SunMonTueWedThuFriSat") < 0 || text[3] != ',' || text[4] != ' ' ||
      text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':' ||
      strncmp(text + 25, " GMT", 4) != 0)
    return -1;
  return unix_seconds(fixed_digits(text + 12, 4),
                      name_index(text + 8, "JanFebMarAprMayJunJulAugSepOctNovDec"),
                      fixed_digits(text + 5, 2), fixed_digits(text + 17, 2),
                      fixed_digits(text + 20, 2), fixed_digits(text + 23, 2));
}

long long emb_hint_timestamp_ms(const char *text) {
  /* "2026-01-27T12:00:30" and then a fraction, and "Z" or "+01:00" */
  if (!text) return -1;
  text = skip_space(text);
  if (strlen(text) < 20 || text[4] != '-' || text[7] != '-' || (text[10] | 32) != 't' ||
      text[13] != ':' || text[16] != ':')
    return -1;
  long long seconds = unix_seconds(fixed_digits(text, 4), fixed_digits(text + 5, 2) - 1,
                                   fixed_digits(text + 8, 2), fixed_digits(text + 11, 2),
                                   fixed_digits(text + 14, 2), fixed_digits(text + 17, 2));
  if (seconds < 0) return -1;
  double fraction = 0;
  text += 19;
  if (*text == '.' && !(text = read_number(text, 0, &fraction))) return -1;
  if ((*text | 32) == 'z') {
    text++;
  } else {
    if ((*text != '+' && *text != '-') || strlen(text) < 6 || text[3] != ':') return -1;
    int hours = fixed_digits(text + 1, 2), minutes = fixed_digits(text + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return -1;
    long long offset = (hours * 60LL + minutes) * 60;
    seconds -= *text == '+' ? offset : -offset;
    text += 6;
  }
  return *skip_space(text) ? -1 : seconds * 1000 + (long long)(fraction * 1000 + 0.0005);
}

/* ---- headers ---- */

long emb_hint_after_ms(const char *retry_after, const char *retry_after_ms, long long unix_now_ms) {
  double value;
  if (retry_after_ms && whole_number(retry_after_ms, &value)) {
    long ms = checked_ms(value, ABSURD);
    if (ms >= 0) return ms;
  }
  if (!retry_after || !*retry_after) return -1;
  if (whole_number(retry_after, &value))
    return checked_ms(value > ABSURD ? -1 : value * 1000 + 0.0005, ABSURD * 1001);
  long duration = emb_hint_duration_ms(retry_after);
  if (duration >= 0) return duration;
  long long date = emb_hint_http_date(retry_after);
  return date < 0 ? -1 : from_now((double)date * 1000, unix_now_ms);
}

long emb_hint_reset_ms(const char *text, long long unix_now_ms) {
  double value;
  if (!text || !*text) return -1;
  /* a billion seconds is the year 2001: what is larger is a moment, in s or in ms */
  if (whole_number(text, &value))
    return value > ABSURD ? from_now(value > 1e12 ? value : value * 1000, unix_now_ms)
                          : checked_ms(value * 1000 + 0.0005, ABSURD * 1001);
  long duration = emb_hint_duration_ms(text);
  if (duration >= 0) return duration;
  long long at_ms = emb_hint_timestamp_ms(text);
  if (at_ms < 0 && (at_ms = emb_hint_http_date(text)) >= 0) at_ms *= 1000;
  return at_ms < 0 ? -1 : from_now((double)at_ms, unix_now_ms);
}

double emb_hint_remaining(const struct emb_limit *limit) {
  double value;
  return whole_number(limit->remaining, &value) && value >= 0 && value <= 1e15 ? value : -1;
}

/* The reset of a limit that is used up, -1 when it is not or has none. */
static long exhausted_ms(const struct emb_limit *limit, long long unix_now_ms) {
  if (limit->remaining[0] && emb_hint_remaining(limit) != 0) return -1;
  return emb_hint_reset_ms(limit->reset, unix_now_ms);
}

long emb_hint_ms(const struct emb_reply *reply, const char *delay, const char *words,
                 long long unix_now_ms) {
  long ms = emb_hint_after_ms(reply->retry_after, reply->retry_after_ms, unix_now_ms);
  if (ms < 0 && delay) ms = emb_hint_duration_ms(delay);
  if (ms < 0 && reply->status == 429) {
    long requests = exhausted_ms(&reply->requests_left, unix_now_ms);
    long tokens = exhausted_ms(&reply->tokens_left, unix_now_ms);
    ms = requests > tokens ? requests : tokens;
  }
  return ms < 0 ? emb_hint_words_ms(words) : ms;
}

/* Names in use: x-ratelimit-remaining-requests, X-RateLimit-Reset,
 * anthropic-ratelimit-tokens-reset, ratelimit-remaining. So: "ratelimit", then these words in any
 * order and no other. */
char *emb_hint_limit_field(struct emb_reply *reply, const char *name, size_t n, size_t *size) {
  static const char mark[] = "ratelimit";
  size_t i = 0;
  while (i + sizeof mark - 1 < n && strncasecmp(name + i, mark, sizeof mark - 1) != 0) i++;
  if (i + sizeof mark - 1 >= n || (i && name[i - 1] != '-')) return NULL;
  struct emb_limit *limit = &reply->requests_left;
  int is_remaining = 0, is_reset = 0;
  for (i += sizeof mark - 1; i < n;) {
    if (name[i++] != '-') return NULL;
    size_t length = 0;
    while (i + length < n && name[i + length] != '-') length++;
#define IS(text) (length == sizeof text - 1 && strncasecmp(name + i, text, length) == 0)
    if (IS("remaining"))
      is_remaining = 1;
    else if (IS("reset"))
      is_reset = 1;
    else if (IS("tokens"))
      limit = &reply->tokens_left;
    else if (!IS("requests"))
      return NULL;
#undef IS
    i += length;
  }
  if (is_remaining == is_reset) return NULL;
  *size = is_remaining ? sizeof limit->remaining : sizeof limit->reset;
  return is_remaining ? limit->remaining : limit->reset;
}
