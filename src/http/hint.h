/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_HINT_H
#define EMB_HINT_H
/*
 * How long a server wants us to wait, and how much it still allows: read out of headers and words.
 * Pure; the wall clock is passed in. All waits are in ms, -1 when there is none or it is not
 * understood; a moment that has passed is 0.
 */
#include "base/message.h"

/* The server's wish, first found: retry-after-ms; Retry-After; `delay`, a duration out of the body;
 * on a 429 the reset of a limit of which nothing remains; a wait in `words`, what the server said.
 * delay and words may be NULL. */
long emb_hint_ms(const struct emb_reply *reply, const char *delay, const char *words,
                 long long unix_now_ms);
/* The two raw headers: ms, and seconds, a duration or a date. */
long emb_hint_after_ms(const char *retry_after, const char *retry_after_ms, long long unix_now_ms);
/* "1s", "6m0s", "2m59.56s", "7.66s", "20ms", "1h2m": a Go duration. */
long emb_hint_duration_ms(const char *text);
/* "... try again in 20s.", "Please retry after 6 seconds", "retry in 1m30.5s". */
long emb_hint_words_ms(const char *text);
/* When a limit is whole again: a duration, seconds, unix seconds, RFC 3339 or an HTTP date. */
long emb_hint_reset_ms(const char *text, long long unix_now_ms);
/* How much of a limit remains; -1 when not said. */
double emb_hint_remaining(const struct emb_limit *limit);
/* IMF-fixdate (RFC 9110 5.6.7) -> unix seconds; -1 when not one. */
long long emb_hint_http_date(const char *text);
/* "2026-01-27T12:00:30Z", "2026-01-27T12:00:30.5+01:00" -> unix ms; -1 when not one. */
long long emb_hint_timestamp_ms(const char *text);
/* Where in the reply the value of a header about rate limits belongs, *size being the room there;
 * NULL for other headers. */
char *emb_hint_limit_field(struct emb_reply *reply, const char *name, size_t n, size_t *size);

#endif
