/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_CURL_SETUP_H
#define EMB_CURL_SETUP_H
/* The halves of the libcurl transport: curl.c moves the handles, curl_setup.c knows the options,
 * the certificate authorities and the texts. Only these two files include this header. */
#include <curl/curl.h>
#include <stddef.h>

#include "http/transport.h"

/* One easy handle and what belongs to it; see curl.c. */
struct emb_curl_flight {
  CURL *easy;                    /* owned */
  struct curl_slist *headers;    /* owned; may hold keys */
  struct emb_exchange *exchange; /* borrowed */
  struct emb_curl_flight *next;
  size_t (*on_header)(char *, size_t, size_t, void *);
  size_t (*on_body)(char *, size_t, size_t, void *);
  int status, headers_complete;
  int stop_code;     /* why on_header or on_body ended the transfer */
  size_t stop_bytes; /* the limit that was hit, for EMB_ETOOBIG */
  int stopped_in_headers;
  int needs_private;   /* plain http that may go to private addresses only */
  int refused_address; /* 1: a link-local address was asked for, 2: a public one over plain http */
  int socket_error;    /* errno of a socket that could not be made */
  char peer[64];       /* the address last asked for, with its port: the server's or a proxy's */
  int peer_port;
  size_t bytes_in;      /* decoded body bytes */
  size_t header_bytes;  /* of all replies of the exchange, a proxy's among them */
  long long started_ms; /* monotonic */
  char error[CURL_ERROR_SIZE];
};

/* Where trust comes from when the request names no file. */
struct emb_curl_ca {
  char *file;         /* owned; NULL: libcurl's own default */
  char *directory;    /* owned; only when there is no file */
  int default_exists; /* libcurl's own file exists */
};

/* EMB_OK or EMB_ENOMEM. Reads the environment. */
int emb_curl_find_ca(struct emb_curl_ca *ca);
void emb_curl_release_ca(struct emb_curl_ca *ca);
/* Sets every option of a reset handle for its exchange; on failure fills the reply too. */
int emb_curl_setup(struct emb_curl_flight *flight, const struct emb_curl_ca *ca);
void emb_curl_free_headers(struct emb_curl_flight *flight);
/* Fills transport, transport_text and may_retry of the reply from a failed transfer. */
void emb_curl_explain(struct emb_curl_flight *flight, CURLcode rc);
/* Writes what a transfer is at into transport_text. */
void emb_curl_describe_progress(struct emb_curl_flight *flight);

#endif
