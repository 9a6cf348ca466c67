/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_TEST_LOOPBACK_H
#define EMB_TEST_LOOPBACK_H
/*
 * A tiny HTTP/1.1 server on 127.0.0.1 for the tests of the real transport: one thread that accepts,
 * one per connection, keep-alive, the path chooses the behaviour. Stopping it shuts every
 * connection down and joins all threads. Header only, for one test program.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOPBACK_MAX 128 /* connections in the life of a server */

struct loopback {
  int fd, port;
  pthread_t acceptor;
  pthread_t threads[LOOPBACK_MAX];
  int fds[LOOPBACK_MAX];
  int n; /* connections accepted; written by the acceptor only, read after the join */
  atomic_int connections, requests;
  pthread_mutex_t lock;
  char head[16384]; /* of the newest request, under lock */
  size_t body_n;
};

struct loopback_connection {
  struct loopback *server;
  int fd;
};

static void loopback_send(int fd, const void *bytes, size_t n) {
  const char *p = bytes;
  while (n) {
    ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
    if (sent <= 0) return;
    p += sent;
    n -= (size_t)sent;
  }
}

static void loopback_reply(int fd, const char *status_and_headers, const void *body, size_t n) {
  char head[2048];
  int head_n = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n",
                        status_and_headers, n);
  loopback_send(fd, head, (size_t)head_n);
  loopback_send(fd, body, n);
}

static void loopback_fill(int fd, const char *status_and_headers, size_t n) {
  char *body = malloc(n);
  memset(body, 'x', n);
  loopback_reply(fd, status_and_headers, body, n);
  free(body);
}

static void loopback_reset(int fd) {
  struct linger hard = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

static void loopback_swallow(int fd) { /* until the peer has enough */
  char junk[4096];
  while (recv(fd, junk, sizeof junk, 0) > 0) {
  }
}

/* Answers one request; 0 ends the connection. */
static int loopback_answer(int fd, const char *path) {
  static const unsigned char gz[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                                     0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0x48, 0xaf, 0xca, 0x2c,
                                     0x00, 0x00, 0x19, 0x6a, 0xd2, 0xdf, 0x0a, 0x00, 0x00, 0x00};
#define IS(text) (strncmp(path, text, strlen(text)) == 0)
  if (IS("/ok")) {
    loopback_reply(fd, "200 OK\r\nX-Request-Id:  req-7 ", "hello", 5);
  } else if (IS("/echo")) {
    loopback_reply(fd, "200 OK", path, strlen(path));
  } else if (IS("/early413")) {
    loopback_reply(fd, "413 Too Large\r\nConnection: close", "small please", 12);
    usleep(20000); /* the reply must get there before the reset */
    loopback_reset(fd);
    return 0;
  } else if (IS("/e503")) {
    loopback_fill(fd,
                  "503 Busy\r\nRetry-After: 7\r\nretry-after-ms: 250\r\nX-Should-Retry: true\r\n"
                  "x-amzn-requestid: amz-1",
                  100000);
  } else if (IS("/302")) {
    loopback_reply(fd, "302 Found\r\nLocation: http://127.0.0.1:1/elsewhere?key=secret", "", 0);
  } else if (IS("/hints")) {
    static const char early[] =
        "HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\nx-ratelimit-reset-tokens: 1s\r\n\r\n";
    loopback_send(fd, early, sizeof early - 1);
    loopback_reply(
        fd,
        "200 OK\r\nx-ratelimit-limit-requests: 50\r\nx-ratelimit-remaining-requests: 49\r\n"
        "x-ratelimit-reset-requests: 20ms\r\nX-RateLimit-Remaining-Tokens: "
        "1234567890123456789012345678901234567890",
        "hinted", 6);
  } else if (IS("/big")) {
    loopback_fill(fd, "200 OK", 3u << 20);
  } else if (IS("/huge")) {
    loopback_fill(fd, "200 OK", (16u << 20) + 1);
  } else if (IS("/gzip")) {
    loopback_reply(fd, "200 OK\r\nContent-Encoding: gzip", gz, sizeof gz);
  } else if (IS("/badsum")) {
    unsigned char bad[sizeof gz];
    memcpy(bad, gz, sizeof gz);
    bad[22] ^= 1; /* in the CRC */
    loopback_reply(fd, "200 OK\r\nContent-Encoding: gzip", bad, sizeof bad);
  } else if (IS("/badgzip")) {
    loopback_reply(fd, "200 OK\r\nContent-Encoding: gzip", "not gzip at all", 15);
  } else if (IS("/hang")) {
    loopback_swallow(fd);
    return 0;
  } else if (IS("/cut")) {
    static const char cut[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort";
    loopback_send(fd, cut, sizeof cut - 1);
    return 0;
  } else if (IS("/ssh")) {
    loopback_send(fd, "SSH-2.0-x\r\n", 11);
    return 0;
  } else if (IS("/longheader")) {
    char *line = malloc(400000);
    memset(line, 'a', 400000);
    loopback_send(fd, "HTTP/1.1 200 OK\r\nX-Long: ", 25);
    loopback_send(fd, line, 400000);
    loopback_send(fd, "\r\n\r\n", 4);
    free(line);
    return 0;
  } else if (IS("/resetbody")) {
    static const char part[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort";
    loopback_send(fd, part, sizeof part - 1);
    usleep(50000);
    loopback_reset(fd);
    return 0;
  } else if (*path != '/') { /* CONNECT host:port, as to a proxy */
    loopback_reply(fd, strstr(path, "denied") ? "407 No\r\nProxy-Authenticate: Basic" : "502 Bad",
                   "", 0);
  } else {
    return 0; /* "/nothing" */
  }
#undef IS
  return 1;
}

static void *loopback_serve(void *argument) {
  struct loopback_connection *connection = argument;
  struct loopback *server = connection->server;
  int fd = connection->fd, more = 1;
  free(connection);
  while (more) {
    char head[sizeof server->head];
    size_t n = 0, length = 0, body_n = 0;
    char *end = NULL;
    while (!end && n < sizeof head - 1) {
      ssize_t got = recv(fd, head + n, sizeof head - 1 - n, 0);
      if (got <= 0) goto out;
      n += (size_t)got;
      head[n] = 0;
      if (head[0] == 0x16) { /* the handshake of TLS, which is not spoken here */
        loopback_send(fd, "HTTP/1.1 400 Bad\r\n\r\n", 20);
        goto out;
      }
      end = strstr(head, "\r\n\r\n");
    }
    if (!end) break;
    body_n = n - (size_t)(end + 4 - head);
    end[2] = 0; /* the last header keeps its end of line */
    for (char *p = strstr(head, "\r\n"); p; p = strstr(p + 2, "\r\n"))
      if (strncasecmp(p + 2, "Content-Length:", 15) == 0) length = strtoul(p + 17, NULL, 10);
    char *path = strchr(head, ' ');
    char target[256] = "";
    if (path) sscanf(path + 1, "%255s", target);
    if (strcmp(target, "/early413") != 0) {
      char junk[65536];
      while (body_n < length) {
        ssize_t got = recv(fd, junk, sizeof junk, 0);
        if (got <= 0) goto out;
        body_n += (size_t)got;
      }
    }
    pthread_mutex_lock(&server->lock);
    memcpy(server->head, head, sizeof head);
    server->body_n = body_n;
    pthread_mutex_unlock(&server->lock);
    atomic_fetch_add(&server->requests, 1);
    more = loopback_answer(fd, target);
  }
out:
  /* the descriptor is closed by stop or, for a reset, by nobody but the linger option here */
  struct linger linger;
  socklen_t size = sizeof linger;
  if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size) == 0 && linger.l_onoff) {
    int none = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    dup3(none, fd, O_CLOEXEC); /* closes the connection, keeps the number ours */
    close(none);
  } else {
    shutdown(fd, SHUT_WR);
  }
  return NULL;
}

static void *loopback_accept(void *argument) {
  struct loopback *server = argument;
  while (server->n < LOOPBACK_MAX) {
    int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) break;
    struct loopback_connection *connection = malloc(sizeof *connection);
    connection->server = server;
    connection->fd = fd;
    server->fds[server->n] = fd;
    pthread_create(&server->threads[server->n++], NULL, loopback_serve, connection);
    atomic_fetch_add(&server->connections, 1);
  }
  return NULL;
}

static int loopback_start(struct loopback *server) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  memset(server, 0, sizeof *server);
  pthread_mutex_init(&server->lock, NULL);
  server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (server->fd < 0 || bind(server->fd, (struct sockaddr *)&address, size) ||
      listen(server->fd, 64) || getsockname(server->fd, (struct sockaddr *)&address, &size))
    return -1;
  server->port = ntohs(address.sin_port);
  return pthread_create(&server->acceptor, NULL, loopback_accept, server);
}

static void loopback_stop(struct loopback *server) {
  shutdown(server->fd, SHUT_RDWR);
  pthread_join(server->acceptor, NULL);
  close(server->fd);
  for (int i = 0; i < server->n; i++) shutdown(server->fds[i], SHUT_RDWR);
  for (int i = 0; i < server->n; i++) {
    pthread_join(server->threads[i], NULL);
    close(server->fds[i]);
  }
  pthread_mutex_destroy(&server->lock);
}

#endif
