/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The trace: see trace.h. The file is opened for each pipeline, so that nothing is kept between
 * calls and the file may be moved away; each line is one write, so that processes may share it.
 * Words of a server are left out: they may quote a text.
 */
#include "embed/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/sigpipe.h"
#include "embed/show.h"

int emb_trace_open(int *fd, struct emb_err *err) {
  const char *name = secure_getenv("REMBED_TRACE");
  *fd = -1;
  if (!name || !*name) return EMB_OK;
  *fd = strcmp(name, "stderr") == 0
            ? STDERR_FILENO
            : open(name,
                   O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK,
                   0600);
  if (*fd >= 0) return EMB_OK;
  return emb_err_set(err, EMB_ECONFIG,
                     "the environment's REMBED_TRACE: cannot open '%.200s': %s; name a file that "
                     "can be written, or stderr, or unset it",
                     name, strerror(errno));
}

void emb_trace_close(int fd) {
  if (fd >= 0 && fd != STDERR_FILENO) close(fd);
}

long long emb_trace_unix_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void add_time(struct emb_buf *out, long long unix_ms) {
  time_t seconds = (time_t)(unix_ms / 1000);
  struct tm t;
  char text[32];
  gmtime_r(&seconds, &t);
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &t);
  emb_buf_addf(out, "{\"time\":\"%s.%03dZ\"", text, (int)(unix_ms % 1000));
}

static void add_text(struct emb_buf *out, const char *name, const char *text) {
  emb_buf_addf(out, ",\"%s\":", name);
  emb_json_quote(out, text, strlen(text));
}

/* Redacted: a server may have put a key into it. */
static void add_request_id(struct emb_buf *out, const struct emb_attempt *a) {
  struct emb_err err = {0};
  if (!a->job->reply.request_id[0]) return;
  memcpy(err.message, a->job->reply.request_id, sizeof a->job->reply.request_id);
  emb_client_redact(a->client, &err);
  add_text(out, "request_id", err.message);
}

static void add_outcome(struct emb_buf *out, const struct emb_attempt *a) {
  static const char *const actions[] = {[EMB_ACTION_DONE] = "done",
                                        [EMB_ACTION_RETRY] = "retry",
                                        [EMB_ACTION_SPLIT] = "split",
                                        [EMB_ACTION_FAIL] = "fail",
                                        [EMB_ACTION_FATAL] = "fatal"};
  const struct emb_reply *reply = &a->job->reply;
  const struct emb_verdict *v = a->verdict;
  add_text(out, "action", v ? actions[v->action] : "cancelled");
  if (v && v->action != EMB_ACTION_DONE && v->err.code)
    add_text(out, "error", emb_err_name(v->err.code));
  if (reply->transport && reply->transport_text[0])
    add_text(out, "transport", reply->transport_text);
}

void emb_trace_attempt(int fd, const struct emb_attempt *a) {
  struct emb_buf line = EMB_BUF_INIT, url = EMB_BUF_INIT;
  const struct emb_job *job = a->job;
  const struct emb_request *request = &job->request;
  emb_show_url(&url, a->client, request->url);
  add_time(&line, emb_trace_unix_ms());
  add_text(&line, "client", a->client->name);
  add_text(&line, "method", request->body.n ? "POST" : "GET");
  add_text(&line, "url", url.data ? url.data : "");
  emb_buf_addf(&line,
               ",\"status\":%d,\"items\":%d,\"bytes_out\":%zu,\"bytes_in\":%zu,\"ms\":%ld,"
               "\"attempt\":%d,\"wait_ms\":%ld",
               job->reply.status, a->n_items, job->reply.bytes_out, job->reply.bytes_in,
               job->reply.elapsed_ms, job->attempts, a->wait_ms);
  add_outcome(&line, a);
  add_request_id(&line, a);
  emb_buf_adds(&line, "}\n");
  struct emb_sigpipe guard;
  emb_sigpipe_hold(&guard); /* the reader of a pipe may have gone */
  ssize_t written = line.failed || url.failed ? 0 : write(fd, line.data, line.n);
  (void)written;
  emb_sigpipe_release(&guard);
  emb_buf_release(&line);
  emb_buf_release(&url);
}
