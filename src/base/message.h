/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_MESSAGE_H
#define EMB_MESSAGE_H
/*
 * struct emb_request and struct emb_reply: the plain data that `wire` and `http` hand each other,
 * so that neither needs to know the other. A request knows nothing of providers; a reply nothing of
 * vectors.
 */
#include <stddef.h>

#include "base/buf.h"

#define EMB_MAX_HEADERS 24
#define EMB_MAX_ERROR_BODY 65536 /* bytes kept of a body that is not streamed to a sink */

struct emb_request {
  char *url;                      /* owned, absolute */
  char *headers[EMB_MAX_HEADERS]; /* owned "Name: value", no CR or LF; wiped on release (may hold
                                     keys) */
  int n_headers;
  struct emb_buf body; /* owned; POST when not empty, else GET */
  /* how to reach it; all owned or NULL */
  char *proxy;
  char *ca_file;
  int connect_timeout_ms; /* 0: default */
  int accept_gzip;        /* ask for gzip (JSON floats over a WAN); else identity */
  int use_http2;          /* 0: HTTP/1.1 keep-alive */
  int allow_http;         /* 0: plain http only to private addresses */
  size_t max_reply_bytes; /* decompressed; 0: default (1 GiB) */
};

/* Where the body of a 2xx reply goes while it arrives. begin() is called before the first byte of
 * every attempt and must forget what an earlier attempt left; write() returns 0 or an error code,
 * which aborts the transfer. */
struct emb_sink {
  void (*begin)(void *ctx);
  int (*write)(void *ctx, const char *bytes, size_t n);
  void *ctx; /* borrowed */
};

/* What a server says it still allows of requests or tokens: raw header values, "" if not said. */
struct emb_limit {
  char remaining[24]; /* a number */
  char reset[40];     /* when it is whole again: a duration, seconds or a date */
};

/* How far an attempt came, in microseconds from its start; 0: not so far, or on a connection that
 * was there. */
struct emb_phases {
  long resolved_us, connected_us, secured_us, answered_us;
  char peer[64]; /* address that was connected to, "" if none */
};

struct emb_reply {
  int status;               /* HTTP status; 0: no complete reply */
  int transport;            /* enum emb_code when the exchange failed, else 0 */
  char transport_text[400]; /* what failed, host and port, what to do; never a key */
  int may_retry; /* a transport failure that may go away: 1 yes, 2 at most 3 attempts (DNS), 0 no */
  char request_id[80];     /* x-request-id, request-id, x-amzn-requestid, ... */
  char retry_after[64];    /* raw Retry-After, "" if none */
  char retry_after_ms[32]; /* raw retry-after-ms */
  char tokens[24];         /* raw count of tokens that a header gives, "" if none */
  char should_retry[8];    /* raw x-should-retry */
  /* x-ratelimit-remaining-*, x-ratelimit-reset-* and their like */
  struct emb_limit requests_left, tokens_left;
  char location[256];         /* of a 3xx, for the message */
  struct emb_buf body;        /* of a non-2xx, cut at EMB_MAX_ERROR_BODY */
  size_t bytes_in, bytes_out; /* body bytes on the wire of the last attempt (in: decoded) */
  int new_connections;        /* opened for the last attempt */
  long elapsed_ms;            /* of the last attempt */
  struct emb_phases phases;   /* of the last attempt */
};

void emb_request_release(
    struct emb_request *request); /* safe twice and on zeroed memory; wipes headers */
int emb_request_header(struct emb_request *request, const char *name,
                       const char *value) EMB_MUST_USE;
/* Wipes and removes every header of that name, whatever its case. */
void emb_request_drop_header(struct emb_request *request, const char *name);
void emb_reply_clear(struct emb_reply *reply); /* ready for another attempt; keeps body memory */
void emb_reply_release(struct emb_reply *reply);

#endif
