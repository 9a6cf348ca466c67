/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H
/*
 * What goes wrong with one request. A spec is faults joined by '+', each a name or name=value;
 * values may be percent-encoded (%2F, %2B). The spec of the settings may be several, joined by '|':
 * each request that it hits gets one of them, at random.
 *
 *   status=N            the provider's own error with this status
 *   retry_after=S       adds Retry-After: S          (S may have a fraction)
 *   retry_after_ms=MS   adds retry-after-ms: MS
 *   first=N             only the first N requests with this very spec and path
 *   after=N             only the requests after the first N with this very spec and path
 *   cut=N               full Content-Length, N bytes of body, then the connection ends
 *   cutclean=N          no Content-Length, N bytes of body, then a proper end
 *   drip=N              N bytes a second
 *   latency=MS          in place of the latency of the options
 *   stall               never answers
 *   close               the connection ends without an answer
 *   reset               the same with a TCP reset
 *   redirect=URL        307 (or status=N) with Location
 *   html                200 with an HTML page
 *   errorbody           200 with the provider's own error
 *   empty               200 with no body
 *   huge=N              the right answer, padded with spaces to N bytes
 *   reorder             data in another order, each with its own index
 *   dupindex            the second vector repeats the first's index
 *   count=-1|+1         one vector less, or one more
 *   nan                 the first vector begins with null
 *   wrongdims           the last vector is one number short
 *   unnormalised        vectors of length 3, as of servers that do not normalise
 */
#include <stdbool.h>
#include <stddef.h>

struct sim_fault {
  bool any;
  int status;         /* 0: none */
  double retry_after; /* -1: none, as are the longs below */
  long retry_after_ms;
  long first;
  long after;
  long cut;
  long cutclean;
  long drip;
  long latency;
  long huge;
  int count;
  bool stall, close, reset, html, errorbody, empty, reorder, dupindex, nan, wrongdims, unnormalised;
  char redirect[512];
};

void sim_fault_clear(struct sim_fault *fault);
/* Adds the faults of the spec; false, with the bad word in `why`, on an unknown one. */
bool sim_fault_read(struct sim_fault *fault, const char *spec, char *why, size_t size);
/* Decodes %XX of text[0..n) into out (at most size - 1 bytes and a 0). */
void sim_percent_decode(const char *text, size_t n, char *out, size_t size);

/* How often this very key (spec and path) was seen before; counts it. */
unsigned long sim_fault_seen(const char *key);
void sim_fault_forget(void); /* all of them back to 0 */

#endif
