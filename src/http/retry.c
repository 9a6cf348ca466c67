/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Retry policy: see retry.h. Everything here is a pure function of its arguments; nothing is
 * allocated, no clock and no random source is read.
 */
#include "http/retry.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include "http/hint.h"

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
  /* a certificate or a URL that is no good now is no good for any other request either */
  return reply->transport == EMB_ETLS || reply->transport == EMB_ECONFIG ? EMB_ACTION_FATAL
                                                                         : EMB_ACTION_FAIL;
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
  verdict->hint_ms = emb_hint_ms(reply, NULL, NULL, unix_now_ms);
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

static enum emb_gate_event event_of_transport(const struct emb_reply *reply, int timed_out) {
  if (timed_out) return EMB_GATE_STRAIN;
  switch (reply->transport) {
  case EMB_ETLS:
  case EMB_ETIMEOUT: /* the transport's own: of the connect */ return EMB_GATE_BROKEN;
  case EMB_ECONNECT: return reply->may_retry == 1 ? EMB_GATE_FAILED : EMB_GATE_BROKEN;
  default: return EMB_GATE_FAILED;
  }
}

enum emb_gate_event emb_retry_event(const struct emb_reply *reply, enum emb_action action,
                                    int timed_out) {
  if (action == EMB_ACTION_FATAL) return EMB_GATE_BROKEN;
  if (reply->transport) return event_of_transport(reply, timed_out);
  switch (reply->status) {
  case 429: return EMB_GATE_LIMITED;
  case 408:
  case 503:
  case 504:
  case 529: return EMB_GATE_STRAIN;
  default: return action == EMB_ACTION_RETRY ? EMB_GATE_FAILED : EMB_GATE_GOOD;
  }
}
