/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_SIGV4_H
#define EMB_SIGV4_H
/*
 * AWS Signature Version 4 of a request, in headers, as botocore makes it for every service but S3.
 *
 * The url is what goes over the wire: its path is percent-encoded once, and the signature encodes
 * it again. What is signed: every header of the request but those that proxies may change, the
 * host, the query, the body.
 */
#include "base/err.h"
#include "base/message.h"

struct emb_sigv4 {
  const char *access_key; /* all borrowed */
  const char *secret_key;
  const char *session_token; /* NULL or "": none */
  const char *region;        /* "us-east-1" */
  const char *service;       /* "bedrock" */
  long long unix_s;          /* when it is sent; AWS allows five minutes off */
};

/* Sets X-Amz-Date, X-Amz-Security-Token (with a session token) and Authorization, in place of those
 * that are there: a request is signed again whenever it is sent again. A Date is taken out, since
 * X-Amz-Date says the same. Lower-cases the host in the url, which is how it is signed. After an
 * error the request has no Authorization and must not be sent. */
int emb_sigv4_sign(struct emb_request *request, const struct emb_sigv4 *how,
                   struct emb_err *err) EMB_MUST_USE;

#endif
