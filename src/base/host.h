/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_HOST_H
#define EMB_HOST_H
/*
 * Hosts as a policy sees them: the host of a URL, whether it is one of our own network, whether a
 * list of patterns allows it. Pure; the list is the caller's (REMBED_ALLOW_HOSTS).
 */
#include <stddef.h>

struct emb_host {
  char name[256]; /* lower case, without brackets and final dot */
  int port;       /* 0: the URL names none and its scheme is not http or https */
  int is_https, is_http;
};

/* EMB_OK, or EMB_EARG where the URL is not clearly one of a host: what two readers of URLs could
 * take for two hosts (a backslash, two @, an encoded character) is none. The scheme may be any or
 * missing (proxies). */
int emb_host_of_url(const char *url, struct emb_host *host);
/* Fills the host from parts that somebody else found. EMB_EARG where the name is too long. */
int emb_host_of_parts(const char *name, int port, struct emb_host *host);
/* 1 for loopback and private addresses, names without a dot and names that only private networks
 * have (.local, .internal, ...). A name may still resolve to anything: see below. */
int emb_host_is_private(const char *name);
/* The same of an address in network order, of 4 or 16 bytes. */
int emb_address_is_private(const unsigned char *bytes, size_t n);
/* 1 where one of the patterns, separated by commas, allows the host: "host", "host:port",
 * "*.example.com" (what is below it), "*". */
int emb_host_is_allowed(const char *patterns, const struct emb_host *host);

#endif
