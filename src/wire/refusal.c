/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a provider says when it does not give vectors or a caption: its words out of any of the
 * error shapes in use, the code that follows from status and words, and captions out of chat
 * replies. Pure.
 */
#include <stdio.h>
#include <string.h>

#include "wire/pick.h"
#include "wire/wire.h"

/* First that is a non-empty string wins. */
static const char *const message_paths[] = {
    "error.message",     "error",          "message",           "detail",    "detail[0].msg",
    "detail.error",      "detail.message", "errors[0].message", "errors[0]", "error.metadata.raw",
    "[0].error.message", "title",          "errorMessage",      "error[0]",
};

static int is_quota(const char *body) {
  return strstr(body, "insufficient_quota") || strstr(body, "billing_hard_limit") ||
         strstr(body, "PerDay") || strstr(body, "exceeded your current quota") ||
         strstr(body, "INSUFFICIENT_BALANCE");
}

static int code_of(int status, int quota) {
  if (quota || status == 402) return EMB_EQUOTA;
  if (status == 401 || status == 403 || status == 498) return EMB_EAUTH; /* 498: Cohere */
  if (status == 429) return EMB_ERATE;
  if (status == 400 || status == 413 || status == 422) return EMB_EINPUT;
  return EMB_EHTTP;
}

/* What to do next, by code. */
static const char *advice(int code, int status) {
  if (code == EMB_EAUTH) return "; check the client's key";
  if (code == EMB_EQUOTA) return "; check the account's plan and billing";
  if (status == 404) return "; check the client's model and url";
  if (status == 405) return "; check the client's url";
  return "";
}

/* Collapses control characters so that a message stays one readable line. */
static void tidy(char *text) {
  for (char *p = text; *p; p++)
    if ((unsigned char)*p < 0x20 || *p == 0x7F) *p = ' ';
}

void emb_wire_refusal(const struct emb_reply *reply, struct emb_refusal *refusal,
                      struct emb_err *err) {
  struct emb_buf words = EMB_BUF_INIT, delay = EMB_BUF_INIT;
  const char *body = reply->body.data ? reply->body.data : "";
  memset(refusal, 0, sizeof *refusal);
  for (size_t i = 0; i < sizeof message_paths / sizeof *message_paths && !words.n; i++)
    emb_pick(body, reply->body.n, message_paths[i], &words);
  if (!words.n && reply->body.n)
    emb_buf_add(&words, body, emb_utf8_floor(body, reply->body.n < 200 ? reply->body.n : 200));
  if (emb_pick(body, reply->body.n, "error.details[].retryDelay", &delay) == 1 &&
      delay.n < sizeof refusal->retry_delay)
    memcpy(refusal->retry_delay, delay.data, delay.n + 1);
  refusal->quota = (reply->status == 429 || reply->status == 403) && is_quota(body);
  int code = code_of(reply->status, refusal->quota);
  const char *said = words.n ? words.data : reply->location[0] ? reply->location : "no explanation";
  emb_err_set(err, code, "HTTP %d: %s%.600s%s", reply->status,
              !words.n && reply->location[0] ? "redirected (not followed) to " : "", said,
              advice(code, reply->status));
  if (err) {
    tidy(err->message);
    err->http_status = reply->status;
    snprintf(err->request_id, sizeof err->request_id, "%s", reply->request_id);
  }
  emb_buf_release(&words);
  emb_buf_release(&delay);
}

/* Reasoning models may put their thoughts in front. */
static void drop_thoughts(struct emb_buf *text) {
  const char *end =
      text->n && strncmp(text->data, "<think>", 7) == 0 ? strstr(text->data, "</think>") : NULL;
  if (!end) return;
  end += 8;
  text->n -= (size_t)(end - text->data);
  memmove(text->data, end, text->n + 1);
}

static void trim(struct emb_buf *text) {
  size_t start = 0;
  while (text->n && (unsigned char)text->data[text->n - 1] <= ' ') text->n--;
  while (start < text->n && (unsigned char)text->data[start] <= ' ') start++;
  text->n -= start;
  if (!text->data) return;
  memmove(text->data, text->data + start, text->n);
  text->data[text->n] = 0;
}

int emb_wire_caption(const struct emb_provider *provider, const struct emb_reply *reply,
                     struct emb_buf *caption, long long *tokens, struct emb_err *err) {
  const struct emb_chat *d = provider->vision;
  const char *body = reply->body.data ? reply->body.data : "";
  size_t n = reply->body.n;
  struct emb_buf why = EMB_BUF_INIT;
  emb_buf_clear(caption);
  int found = emb_pick(body, n, d->caption, caption);
  /* Some servers give the content as a list of parts. */
  if (!found && d->parts) found = emb_pick(body, n, d->parts, caption);
  *tokens = d->tokens ? (long long)emb_pick_number(body, n, d->tokens, -1) : -1;
  if (found < 0) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  drop_thoughts(caption);
  trim(caption);
  int rc = EMB_OK;
  if (d->stop && emb_pick(body, n, d->stop, &why) == 1 && why.n)
    rc = emb_err_set(err, EMB_EINPUT, "the vision model refused: %.300s", why.data);
  else if (!caption->n && (emb_pick(body, n, "error.message", &why) == 1 ||
                           emb_pick(body, n, "error", &why) == 1 ||
                           emb_pick(body, n, "errors[0].message", &why) == 1))
    rc = emb_err_set(err, EMB_EREPLY, "the provider answered 200 with an error: %.300s", why.data);
  else if (!caption->n)
    rc = emb_err_set(err, EMB_EREPLY, "the vision model gave no description");
  if (rc && err) tidy(err->message);
  emb_buf_release(&why);
  return rc;
}
