/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_CURL_H
#define EMB_CURL_H
/* The transport over libcurl's multi interface, on the caller's thread. curl.c and curl_setup.c are
 * the only files that include <curl/curl.h>; a build without network has offline.c in their place,
 * whose transport refuses every exchange. */
#include "http/transport.h"

/* Starts libcurl once for the process (thread-safe); 0 or EMB_EINTERNAL. */
int emb_curl_global(struct emb_err *err);
/* Opens a transport: a multi handle, made lazily at the first start. `max_connections` idle ones
 * are kept. */
int emb_curl_open(struct emb_transport *out, int max_connections, struct emb_err *err);
/* "libcurl/7.88.1 OpenSSL/3.0.22 ..." */
const char *emb_curl_version(void);

#endif
