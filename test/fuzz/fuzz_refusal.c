/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * libFuzzer target of replies that are no vectors: refusals in any shape, captions of every chat
 * form, answers of preludes. Whatever the bytes, a message is one printable line, a caption is
 * trimmed text, an answer is there or an error is.
 */
#include "fuzz.h"
#include "wire/wire.h"

static void check_line(const struct emb_err *err) {
  for (const char *p = err->message; *p; p++) check((unsigned char)*p >= 0x20 && *p != 0x7F);
}

static void refusal(const struct emb_reply *reply) {
  struct emb_refusal refusal;
  struct emb_err err = {0};
  emb_wire_refusal(reply, &refusal, &err);
  check(err.code && err.http_status == reply->status);
  check_err(&err, err.code);
  check_line(&err);
  check(memchr(refusal.retry_delay, 0, sizeof refusal.retry_delay));
}

static void caption(const struct emb_provider *provider, const struct emb_reply *reply) {
  struct emb_buf text = EMB_BUF_INIT;
  struct emb_err err = {0};
  long long tokens = 0;
  int rc = emb_wire_caption(provider, reply, &text, &tokens, &err);
  check_err(&err, rc);
  check_line(&err);
  if (!rc) {
    check(text.n && text.data && !text.data[text.n]);
    check((unsigned char)text.data[0] > ' ' && (unsigned char)text.data[text.n - 1] > ' ');
  }
  emb_buf_release(&text);
}

static void prelude(const struct emb_prelude *prelude, const struct emb_reply *reply) {
  struct emb_buf answer = EMB_BUF_INIT;
  struct emb_err err = {0};
  long ttl_s = -1;
  int rc = emb_wire_prelude_answer(prelude, reply, &answer, &ttl_s, &err);
  check_err(&err, rc);
  check(ttl_s >= 0 && ttl_s < 100000000);
  check((rc == 0) == (answer.n > 0));
  emb_buf_release(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct input in = {(const char *)data, size};
  int n_rows;
  const struct emb_provider *rows = emb_providers(&n_rows);
  struct emb_reply reply = {.status = 100 + (int)(take_byte(&in) << 1 | (in.n & 1))};
  if (in.n > EMB_MAX_ERROR_BODY) return 0;
  emb_buf_add(&reply.body, in.p, in.n);
  snprintf(reply.location, sizeof reply.location, "%.*s", (int)(in.n % 40), in.p);
  refusal(&reply);
  const struct emb_chat *last = NULL;
  for (int i = 0; i < n_rows; i++) {
    const struct emb_prelude *own[] = {rows[i].text.prelude, rows[i].image.prelude};
    for (size_t k = 0; k < 2; k++)
      if (own[k]) prelude(own[k], &reply);
    if (rows[i].vision && rows[i].vision != last) caption(&rows[i], &reply);
    last = rows[i].vision;
  }
  emb_buf_release(&reply.body);
  return 0;
}
