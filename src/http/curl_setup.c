/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Options, certificate authorities and error texts of the libcurl transport: see curl_setup.h.
 *
 * The library found at run time may be older or newer than the headers: an option it does not know
 * is an error where security rests on it (the list of protocols) and ignored where only comfort
 * does (QUICK_EXIT).
 *
 * What is written into a reply's text is host and port, sizes, and libcurl's own message only for
 * codes whose message cannot quote a URL or a proxy with its password.
 */
#include "http/curl_setup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/host.h"
#include "base/mem.h"

#ifndef EMB_VERSION
#define EMB_VERSION "dev"
#endif

#define CONNECT_TIMEOUT_MS 10000

/* ---- certificate authorities ---- */

static int readable(const char *path) { return path && *path && access(path, R_OK) == 0; }

int emb_curl_find_ca(struct emb_curl_ca *ca) {
  /* Wheels carry a libcurl whose built-in path is that of another distribution: so the places of
   * the common ones are tried too. libcurl itself reads none of these variables. */
  static const char *const places[] = {"/etc/ssl/certs/ca-certificates.crt",
                                       "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                       "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                                       "/etc/ssl/cert.pem"};
  memset(ca, 0, sizeof *ca);
  const char *file = getenv("SSL_CERT_FILE");
  if (!file || !*file) file = getenv("CURL_CA_BUNDLE");
  if (!file || !*file) {
    file = NULL;
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
#if CURL_AT_LEAST_VERSION(7, 70, 0)
    if (info->age >= CURLVERSION_SEVENTH && readable(info->cainfo)) {
      ca->default_exists = 1;
      return EMB_OK;
    }
#else
    (void)info;
#endif
    for (size_t i = 0; i < sizeof places / sizeof *places && !file; i++)
      if (readable(places[i])) file = places[i];
  }
  const char *directory = file ? NULL : getenv("SSL_CERT_DIR");
  if (file && !(ca->file = emb_strdup(file))) return EMB_ENOMEM;
  if (directory && *directory && !(ca->directory = emb_strdup(directory))) return EMB_ENOMEM;
  return EMB_OK;
}

void emb_curl_release_ca(struct emb_curl_ca *ca) {
  emb_free(ca->file);
  emb_free(ca->directory);
  memset(ca, 0, sizeof *ca);
}

/* ---- options ---- */

static int is_link_local(const struct sockaddr *address) {
  static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
  static const unsigned char aws[16] = {0xFD, 0, 0x0E, 0xC2, [14] = 0x02, [15] = 0x54};
  if (address->sa_family == AF_INET) {
    struct sockaddr_in v4;
    memcpy(&v4, address, sizeof v4);
    return (ntohl(v4.sin_addr.s_addr) >> 16) == 0xA9FE; /* 169.254/16 */
  }
  if (address->sa_family != AF_INET6) return 0;
  struct sockaddr_in6 v6;
  memcpy(&v6, address, sizeof v6);
  const unsigned char *bytes = v6.sin6_addr.s6_addr;
  if (memcmp(bytes, mapped, 12) == 0) return bytes[12] == 169 && bytes[13] == 254;
  return (bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80) || memcmp(bytes, aws, 16) == 0;
}

static int is_private(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    struct sockaddr_in v4;
    memcpy(&v4, address, sizeof v4);
    return emb_address_is_private((const unsigned char *)&v4.sin_addr, 4);
  }
  struct sockaddr_in6 v6;
  if (address->sa_family != AF_INET6) return 0;
  memcpy(&v6, address, sizeof v6);
  return emb_address_is_private(v6.sin6_addr.s6_addr, 16);
}

static void remember_peer(struct emb_curl_flight *flight, const struct sockaddr *address) {
  char host[INET6_ADDRSTRLEN] = "?";
  if (address->sa_family == AF_INET) {
    struct sockaddr_in v4;
    memcpy(&v4, address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
    flight->peer_port = ntohs(v4.sin_port);
    snprintf(flight->peer, sizeof flight->peer, "%s:%d", host, flight->peer_port);
  } else if (address->sa_family == AF_INET6) {
    struct sockaddr_in6 v6;
    memcpy(&v6, address, sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
    flight->peer_port = ntohs(v6.sin6_port);
    snprintf(flight->peer, sizeof flight->peer, "[%s]:%d", host, flight->peer_port);
  }
}

/* Sees the final address, whatever the URL's spelling: the metadata services of the clouds hand out
 * credentials at link-local ones, and a name that looks private may lead to a public one. Sockets
 * must not be inherited by programs the host starts. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address) {
  struct emb_curl_flight *flight = ctx;
  (void)purpose;
  remember_peer(flight, &address->addr);
  flight->socket_error = 0;
  flight->refused_address = is_link_local(&address->addr)                          ? 1
                            : flight->needs_private && !is_private(&address->addr) ? 2
                                                                                   : 0;
  if (flight->refused_address) return CURL_SOCKET_BAD;
#ifdef SOCK_CLOEXEC
  int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else
  int fd = socket(address->family, address->socktype, address->protocol);
  if (fd >= 0) fcntl(fd, F_SETFD, FD_CLOEXEC);
#endif
  if (fd < 0) flight->socket_error = errno;
#ifdef SO_NOSIGPIPE
  int on = 1;
  if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  return fd;
}

void emb_curl_free_headers(struct emb_curl_flight *flight) {
  for (struct curl_slist *item = flight->headers; item; item = item->next)
    emb_wipe(item->data, strlen(item->data));
  curl_slist_free_all(flight->headers);
  flight->headers = NULL;
}

static int add_header(struct emb_curl_flight *flight, const char *line) {
  struct curl_slist *longer = curl_slist_append(flight->headers, line);
  if (!longer) return EMB_ENOMEM;
  flight->headers = longer;
  return EMB_OK;
}

static CURLcode only_http(CURL *easy) {
#if CURL_AT_LEAST_VERSION(7, 85, 0)
  CURLcode rc = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  if (rc != CURLE_UNKNOWN_OPTION) return rc;
#endif
  /* CURLOPT_PROTOCOLS by number, because newer headers warn of its name; 3 is HTTP and HTTPS */
  return curl_easy_setopt(easy, (CURLoption)(CURLOPTTYPE_LONG + 181), 3L);
}

static CURLcode set_ca(CURL *easy, const struct emb_request *request,
                       const struct emb_curl_ca *ca) {
  const char *file = request->ca_file && *request->ca_file ? request->ca_file : ca->file;
  if (file || ca->default_exists) {
    /* with a directory besides the file libcurl parses 140 certificates for every connection
     * instead of keeping them; libraries without this option have no such directory either */
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);
  }
  if (file) {
    curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, file);
    return curl_easy_setopt(easy, CURLOPT_CAINFO, file);
  }
  if (ca->directory) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    return curl_easy_setopt(easy, CURLOPT_CAPATH, ca->directory);
  }
  return CURLE_OK;
}

/* Host and port of a URL, without user and password, path and query. */
static void origin_of(const char *url, char *out, size_t size) {
  const char *host = strstr(url, "://");
  const char *port = host && strncasecmp(url, "https", 5) == 0 ? ":443" : ":80";
  host = host ? host + 3 : url;
  size_t n = strcspn(host, "/?#\\");
  for (size_t i = n; i > 0; i--)
    if (host[i - 1] == '@') {
      host += i;
      n -= i;
      break;
    }
  int has_port = 0;
  for (size_t i = 0; i < n; i++) has_port = host[i] == ']' ? 0 : has_port || host[i] == ':';
  if (n > 150) n = 150;
  snprintf(out, size, "%.*s%s", (int)n, host, has_port ? "" : port);
  for (; *out; out++)
    if (*out <= ' ' || *out > '~') *out = '?';
}

static int start_failed(struct emb_curl_flight *flight, CURLcode rc) {
  struct emb_reply *reply = flight->exchange->reply;
  reply->transport = rc == CURLE_OUT_OF_MEMORY ? EMB_ENOMEM : EMB_EINTERNAL;
  reply->may_retry = 0;
  snprintf(reply->transport_text, sizeof reply->transport_text, "libcurl: %s",
           curl_easy_strerror(rc));
  return reply->transport;
}

static int refuse(struct emb_curl_flight *flight, const char *what, const char *why) {
  struct emb_reply *reply = flight->exchange->reply;
  reply->transport = EMB_ECONFIG;
  reply->may_retry = 0;
  snprintf(reply->transport_text, sizeof reply->transport_text, "%.170s: %s", what, why);
  return EMB_ECONFIG;
}

/* The host of the URL as libcurl itself reads it; where it cannot, nothing is sent. */
static int host_of(const char *url, struct emb_host *host) {
  char *name = NULL, *port = NULL, *scheme = NULL;
  CURLU *parts = curl_url();
  int rc = parts ? EMB_EARG : EMB_ENOMEM;
  if (parts && !curl_url_set(parts, CURLUPART_URL, url, 0) &&
      !curl_url_get(parts, CURLUPART_HOST, &name, 0) &&
      !curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) &&
      !curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT))
    rc = emb_host_of_parts(name, (int)strtol(port, NULL, 10), host) ? EMB_ECONFIG : EMB_OK;
  if (!rc) host->is_http = strcmp(scheme, "http") == 0;
  curl_free(name);
  curl_free(port);
  curl_free(scheme);
  curl_url_cleanup(parts);
  return rc;
}

/* The rules of embed/policy.h once more, for what is really connected to. */
static int check_policy(struct emb_curl_flight *flight) {
  const struct emb_request *request = flight->exchange->request;
  const char *list = getenv("REMBED_ALLOW_HOSTS");
  struct emb_host host;
  char origin[170];
  int rc = host_of(request->url, &host);
  if (rc == EMB_ENOMEM) return start_failed(flight, CURLE_OUT_OF_MEMORY);
  origin_of(request->url, origin, sizeof origin);
  if (rc) return refuse(flight, origin, "this is no clear name of a host");
  flight->needs_private = host.is_http && !request->allow_http;
  if (list && !emb_host_is_allowed(list, &host))
    return refuse(flight, origin, "this host is not in REMBED_ALLOW_HOSTS");
  if (!list || !request->proxy) return EMB_OK;
  if (emb_host_of_url(request->proxy, &host) || !emb_host_is_allowed(list, &host))
    return refuse(flight, "the proxy", "its host is not in REMBED_ALLOW_HOSTS");
  return EMB_OK;
}

int emb_curl_setup(struct emb_curl_flight *flight, const struct emb_curl_ca *ca) {
  CURL *easy = flight->easy;
  const struct emb_request *request = flight->exchange->request;
  CURLcode rc = CURLE_OK;
  int refused = check_policy(flight);

  if (refused) return refused;
  for (int i = 0; i < request->n_headers; i++)
    if (add_header(flight, request->headers[i])) return start_failed(flight, CURLE_OUT_OF_MEMORY);
  /* else a body over 1 MB waits a second for a "100 Continue" that few servers send */
  if (add_header(flight, "Expect:")) return start_failed(flight, CURLE_OUT_OF_MEMORY);

#define SET(option, value)                                                                         \
  do {                                                                                             \
    if (!rc) rc = curl_easy_setopt(easy, option, value);                                           \
  } while (0)
  SET(CURLOPT_PRIVATE, (char *)flight);
  SET(CURLOPT_ERRORBUFFER, flight->error);
  SET(CURLOPT_HEADERFUNCTION, flight->on_header);
  SET(CURLOPT_HEADERDATA, flight);
  SET(CURLOPT_WRITEFUNCTION, flight->on_body);
  SET(CURLOPT_WRITEDATA, flight);
  SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  SET(CURLOPT_OPENSOCKETDATA, flight);

  SET(CURLOPT_URL, request->url);
  if (!rc) rc = only_http(easy);
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  SET(CURLOPT_USERAGENT, "sqlite-rembed/" EMB_VERSION);
  SET(CURLOPT_HTTPHEADER, flight->headers);
  SET(CURLOPT_ACCEPT_ENCODING, request->accept_gzip ? "gzip" : "identity");
  if (request->body.n) {
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
    SET(CURLOPT_POSTFIELDS, request->body.data);
  } else {
    SET(CURLOPT_HTTPGET, 1L);
  }
  if (request->proxy) SET(CURLOPT_PROXY, request->proxy); /* else libcurl reads the environment */

  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_TIMEOUT_MS, 0L);
  SET(CURLOPT_CONNECTTIMEOUT_MS, request->connect_timeout_ms > 0 ? (long)request->connect_timeout_ms
                                                                 : CONNECT_TIMEOUT_MS + 0L);
  SET(CURLOPT_TCP_KEEPALIVE, 1L);
  SET(CURLOPT_TCP_KEEPIDLE, 30L);
  SET(CURLOPT_TCP_KEEPINTVL, 15L);
  if (!rc) rc = set_ca(easy, request, ca);
#undef SET
  /* comfort only: without these it works, too */
  if (!rc) curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 65536L);
  if (!rc && request->use_http2) {
    if (curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) == CURLE_OK)
      curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
  } else if (!rc) {
    rc = curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  }
#if CURL_AT_LEAST_VERSION(7, 87, 0)
  /* a resolver that hangs must not hang us: neither at cancel nor at close */
  if (!rc && curl_version_info(CURLVERSION_NOW)->version_num >= 0x075700)
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
  return rc ? start_failed(flight, rc) : EMB_OK;
}

/* ---- texts ---- */

/* Why connect() failed; only looked at when it did, since libcurl never resets the number. */
static long connect_errno(struct emb_curl_flight *flight) {
  long number = 0;
  if (flight->socket_error) return flight->socket_error;
  curl_easy_getinfo(flight->easy, CURLINFO_OS_ERRNO, &number);
  return number;
}

static const char *connect_reason(struct emb_curl_flight *flight) {
  switch (connect_errno(flight)) {
  case ECONNREFUSED: return "connection refused";
  case EHOSTUNREACH: return "no route to the host";
  case ENETUNREACH: return "network unreachable";
  case ETIMEDOUT: return "timed out";
  case ECONNRESET: return "connection reset";
  case EMFILE:
  case ENFILE: return "too many open files";
  case EACCES:
  case EPERM: return "not permitted";
  default: return "no connection";
  }
}

static int is_transient(CURLcode rc) {
  switch ((int)rc) {
  /* a wrong name stays wrong and a server that is not there stays away; a hiccup or a restart do
   * not */
  case 6:
  case 7: return 2;
  case 5:
  case 8: /* weird reply: a Content-Length that is none */
  case 16:
  case 18:
  case 28:
  case 35:
  case 52:
  case 55:
  case 56:
  case 92:
  case 97: return 1;
  default: return 0;
  }
}

static int code_of(CURLcode rc) {
  switch ((int)rc) {
  case 5:
  case 6:
  case 7:
  case 16:
  case 52:
  case 55:
  case 56:
  case 92:
  case 97: return EMB_ECONNECT;
  case 28: return EMB_ETIMEOUT;
  case 18: return EMB_ETRUNCATED;
  case 35:
  case 53:
  case 54:
  case 58:
  case 59:
  case 60:
  case 66:
  case 77:
  case 80:
  case 82:
  case 83:
  case 90:
  case 91: return EMB_ETLS;
  case 3: return EMB_ECONFIG;
  case 1:
  case 8:
  case 27:
  case 61: return EMB_EREPLY;
  default: return EMB_EINTERNAL;
  }
}

/* libcurl's message for this transfer, made printable, where it is safe to show. */
static void detail_of(struct emb_curl_flight *flight, CURLcode rc, char *out, size_t size) {
  const char *text = code_of(rc) == EMB_ETLS || rc == CURLE_RECV_ERROR || rc == CURLE_SEND_ERROR ||
                             rc == CURLE_PARTIAL_FILE
                         ? flight->error
                         : "";
  if (!*text) text = curl_easy_strerror(rc);
  snprintf(out, size, "%s", text);
  for (; *out; out++)
    if (*out < ' ' || *out > '~') *out = '?';
}

/* The port that a URL names or implies. */
static int port_of(const char *origin) {
  const char *colon = strrchr(origin, ':');
  return colon ? atoi(colon + 1) : 0;
}

/* What the user can do about it, to stand behind the text; "" where the text says all. */
static const char *advice_of(struct emb_curl_flight *flight, CURLcode rc, int to_proxy) {
  const char *said = flight->error;
  switch ((int)rc) {
  case 1: return "; check the client's url";
  case 5: return "; check the client's proxy, or http_proxy and https_proxy";
  case 6: return "; check the client's url, and the network";
  case 7:
    if (to_proxy) return "; check the client's proxy, or http_proxy and https_proxy";
    switch (connect_errno(flight)) {
    case ECONNREFUSED: return "; is the server running, and the client's url right?";
    case EMFILE:
    case ENFILE: return "; close some, or raise the limit (ulimit -n)";
    default: return "; check the network, and the client's url";
    }
  case 28: return "; check the network, or raise connect_timeout";
  case 35:
    /* what is no TLS comes as its words, or not at all where the server is quick to hang up */
    return strstr(said, "wrong version") || strstr(said, "SSL_ERROR_SYSCALL") ||
                   strstr(said, "reset by peer")
               ? "; does it speak plain HTTP? Then its url begins with http://"
               : "";
  case 60:
    if (strstr(said, "expired")) return "; the server needs a new one, or this clock is wrong";
    if (strstr(said, "does not match") || strstr(said, "subject name"))
      return "; check the host in the client's url";
    return "; if it is to be trusted, name the file of its authority in ca_file";
  case 77: return "; check ca_file";
  default: return "";
  }
}

/* What failed, without the advice. */
static void failure_text(struct emb_curl_flight *flight, CURLcode rc, int to_proxy, char *text,
                         size_t n) {
  char origin[170], detail[CURL_ERROR_SIZE], peer[sizeof flight->peer + 20];
  origin_of(flight->exchange->request->url, origin, sizeof origin);
  detail_of(flight, rc, detail, sizeof detail);
  snprintf(peer, sizeof peer, "the proxy %s", flight->peer);
  const char *to = to_proxy ? peer : origin;
  switch ((int)rc) {
  case 1:
    snprintf(text, n, "%s does not speak HTTP, or the URL is not http or https", origin);
    break;
  case 3: snprintf(text, n, "the URL for %s is malformed", origin); break;
  case 5: snprintf(text, n, "could not resolve the proxy's name (for %s)", origin); break;
  case 6: snprintf(text, n, "could not resolve the host name of %s", origin); break;
  case 7: snprintf(text, n, "could not connect to %s (%s)", to, connect_reason(flight)); break;
  case 18:
    snprintf(text, n, "the reply of %s was cut short after %zu bytes", origin, flight->bytes_in);
    break;
  case 27:
    snprintf(text, n, "the reply's headers are too large or memory ran out (%s)", origin);
    break;
  case 28: snprintf(text, n, "could not connect to %s in time", to); break;
  case 52: snprintf(text, n, "%s closed the connection without a reply", origin); break;
  case 55:
  case 56: snprintf(text, n, "the connection to %s broke (%s)", origin, detail); break;
  case 61: snprintf(text, n, "the compressed reply of %s could not be decoded", origin); break;
  case 77: snprintf(text, n, "TLS to %s: the CA file is not usable (%s)", origin, detail); break;
  default:
    snprintf(text, n, "%s%s: %s", code_of(rc) == EMB_ETLS ? "TLS to " : "", origin, detail);
    break;
  }
}

void emb_curl_explain(struct emb_curl_flight *flight, CURLcode rc) {
  struct emb_reply *reply = flight->exchange->reply;
  char origin[170], text[sizeof reply->transport_text + CURL_ERROR_SIZE];
  size_t n = sizeof text;
  origin_of(flight->exchange->request->url, origin, sizeof origin);
  reply->transport = code_of(rc);
  reply->may_retry = is_transient(rc);
  /* libcurl does not tell whether it went through a proxy of the environment; the port does, unless
   * both have the same */
  int to_proxy = flight->peer_port && flight->peer_port != port_of(origin);
  long proxy_status = 0;
  curl_easy_getinfo(flight->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);

  if (flight->stop_code) {
    /* our own on_header or on_body ended it; libcurl can say no more than "write error" */
    reply->transport = flight->stop_code;
    reply->may_retry = 0;
    if (flight->stop_code == EMB_ETOOBIG && flight->stop_bytes)
      snprintf(text, n, "%s of %s %s larger than %zu bytes",
               flight->stopped_in_headers ? "the headers" : "the reply", origin,
               flight->stopped_in_headers ? "are" : "is", flight->stop_bytes);
    else
      snprintf(text, n, "%s", emb_err_text(flight->stop_code));
  } else if (flight->refused_address && code_of(rc) == EMB_ECONNECT) {
    reply->may_retry = 0;
    snprintf(text, n, "no connection to %s: %s", origin,
             flight->refused_address == 1
                 ? "link-local address refused"
                 : "its address is public and plain http is not for that; use https (or set "
                   "allow_http)");
  } else if (proxy_status >= 300 && rc == CURLE_RECV_ERROR) {
    reply->may_retry = proxy_status >= 500 || proxy_status == 429;
    snprintf(text, n, "the proxy refused to connect to %s (HTTP %ld); check the client's proxy",
             origin, proxy_status);
  } else {
    failure_text(flight, rc, to_proxy, text, n);
    size_t used = strlen(text);
    snprintf(text + used, n - used, "%s", advice_of(flight, rc, to_proxy));
  }
  snprintf(reply->transport_text, sizeof reply->transport_text, "%.*s",
           (int)sizeof reply->transport_text - 1, text);
}

void emb_curl_describe_progress(struct emb_curl_flight *flight) {
  struct emb_reply *reply = flight->exchange->reply;
  char origin[170];
  curl_off_t request_us = 0;
  origin_of(flight->exchange->request->url, origin, sizeof origin);
  curl_easy_getinfo(flight->easy, CURLINFO_PRETRANSFER_TIME_T, &request_us);
  size_t n = sizeof reply->transport_text;
  if (flight->headers_complete)
    snprintf(reply->transport_text, n, "reading the reply of %s (%zu bytes so far)", origin,
             flight->bytes_in);
  else if (request_us > 0)
    snprintf(reply->transport_text, n, "waiting for %s to answer", origin);
  else
    snprintf(reply->transport_text, n, "connecting to %s", origin);
}
