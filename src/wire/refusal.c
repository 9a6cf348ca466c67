/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a provider says when it does not give vectors or a caption: its words out of any of the
 * error shapes in use, the code that follows from status and words, and captions out of chat
 * replies. Pure.
 */
#include <stdio.h>
#include <string.h>

#include "wire/number.h"
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

/* Codes that say, under a status of another meaning, what 401, 404 and 402 say. Only codes are
 * looked at, as a whole: a message may quote the input. */
static const char *const code_paths[] = {"error.code", "error.type", "error.status", "code",
                                         "error.details[].reason"};
static const struct {
  const char *word;
  int code;
} final_codes[] = {{"API_KEY_INVALID", EMB_EAUTH},
                   {"invalid_api_key", EMB_EAUTH},
                   {"InvalidApiKey", EMB_EAUTH},
                   {"authentication_error", EMB_EAUTH},
                   {"model_not_found", EMB_EHTTP},
                   {"INPUT_MODEL_NOT_FOUND", EMB_EHTTP},
                   {"insufficient_quota", EMB_EQUOTA},
                   {"Arrearage", EMB_EQUOTA},
                   {"AUTHZ_INSUFFICIENT_BALANCE", EMB_EQUOTA}};

/* The code of a refusal with status 400, 0 where it is about the input. */
static int final_code(const char *body, size_t n, const char *said) {
  struct emb_buf word = EMB_BUF_INIT;
  int code = 0;
  for (size_t i = 0; i < sizeof code_paths / sizeof *code_paths && !code; i++) {
    emb_buf_clear(&word);
    if (emb_pick(body, n, code_paths[i], &word) != 1 || !word.n) continue;
    for (size_t k = 0; k < sizeof final_codes / sizeof *final_codes; k++)
      if (strcmp(word.data, final_codes[k].word) == 0) code = final_codes[k].code;
  }
  emb_buf_release(&word);
  /* xAI and Anthropic have no code for these */
  if (strncmp(said, "Incorrect API key", 17) == 0) code = EMB_EAUTH;
  if (strncmp(said, "Your credit balance is too low", 30) == 0) code = EMB_EQUOTA;
  return code;
}

/* Whether a refusal was about the size of the request as a whole, by the words in use. */
static enum emb_size_refusal size_of(int status, const char *said) {
  static const char *const items[] = {
      "batch size",       "batchsize",       "too many inputs", "too many items", "too many texts",
      "number of inputs", "number of texts", "number of items", "in one batch",   "array too long"};
  static const char *const bytes[] = {"tokens per request",
                                      "tokens per submitted batch",
                                      "tokens in batch",
                                      "too many tokens",
                                      "payload",
                                      "too large",
                                      "body size",
                                      "length limit exceeded"};
  if (status != 400 && status != 413 && status != 422) return EMB_SIZE_FITS;
  for (size_t i = 0; i < sizeof items / sizeof *items; i++)
    if (strcasestr(said, items[i])) return EMB_SIZE_ITEMS;
  for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++)
    if (strcasestr(said, bytes[i])) return EMB_SIZE_BYTES;
  return status == 413 ? EMB_SIZE_BYTES : EMB_SIZE_FITS;
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
  if (status == 400 && code == EMB_EHTTP) return "; check the client's model";
  if (status == 405 || (status >= 300 && status < 400)) return "; check the client's url";
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
  /* a model that is being loaded says how long that takes */
  double loading_s = refusal->retry_delay[0] || reply->status != 503
                         ? 0
                         : emb_pick_number(body, reply->body.n, "estimated_time", 0);
  if (loading_s > 0 && loading_s < 1e6)
    snprintf(refusal->retry_delay, sizeof refusal->retry_delay, "%.0fms", loading_s * 1000);
  int code = code_of(reply->status, refusal->quota);
  const char *said = words.n ? words.data : reply->location[0] ? reply->location : "no explanation";
  int final = reply->status == 400 ? final_code(body, reply->body.n, said) : 0;
  if (final) code = final;
  refusal->fatal = final != 0;
  refusal->size = final ? EMB_SIZE_FITS : size_of(reply->status, said);
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
  *tokens = d->tokens ? emb_number_count(emb_pick_number(body, n, d->tokens, -1)) : -1;
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
