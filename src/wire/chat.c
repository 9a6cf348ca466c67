/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Vision chat in three shapes: OpenAI's (a data URI inside image_url), Ollama's (bare base64 in
 * `images`, stream off) and Anthropic's (bare base64 with its media type). One image a request, the
 * picture before the words.
 */
#include <string.h>

#include "wire/media.h"
#include "wire/wire.h"

static int openai_body(const struct emb_call *call, struct emb_buf *out) {
  emb_body_string(call, out, "model", call->model);
  if (emb_body_member(call, out, "messages")) {
    emb_buf_adds(
        out, "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":");
    emb_body_image(out, call->inputs, 1);
    emb_buf_adds(out, "}},{\"type\":\"text\",\"text\":");
    emb_body_prompt(call, out, call->inputs);
    emb_buf_adds(out, "}]}]");
  }
  emb_body_int(call, out, call->provider->max_tokens_field, call->caption_tokens);
  return out->failed;
}

static int ollama_body(const struct emb_call *call, struct emb_buf *out) {
  emb_body_string(call, out, "model", call->model);
  emb_body_bool(call, out, "stream", 0);
  if (emb_body_member(call, out, "messages")) {
    emb_buf_adds(out, "[{\"role\":\"user\",\"content\":");
    emb_body_prompt(call, out, call->inputs);
    emb_buf_adds(out, ",\"images\":[");
    emb_body_image(out, call->inputs, 0);
    emb_buf_adds(out, "]}]");
  }
  if (emb_body_member(call, out, "options"))
    emb_buf_addf(out, "{\"temperature\":0,\"num_predict\":%d}", call->caption_tokens);
  return out->failed;
}

static int anthropic_body(const struct emb_call *call, struct emb_buf *out) {
  emb_body_string(call, out, "model", call->model);
  emb_body_int(call, out, call->provider->max_tokens_field, call->caption_tokens);
  if (emb_body_member(call, out, "messages")) {
    emb_buf_addf(
        out,
        "[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\","
        "\"media_type\":\"%s\",\"data\":",
        emb_media_type(call->inputs->image, call->inputs->n_image));
    emb_body_image(out, call->inputs, 0);
    emb_buf_adds(out, "}},{\"type\":\"text\",\"text\":");
    emb_body_prompt(call, out, call->inputs);
    emb_buf_adds(out, "}]}]");
  }
  return out->failed;
}

const struct emb_dialect emb_chat_openai = {.name = "openai-chat",
                                            .body = openai_body,
                                            .caption = "choices[0].message.content",
                                            .stop = "choices[0].message.refusal",
                                            .tokens = "usage.total_tokens"};
const struct emb_dialect emb_chat_ollama = {.name = "ollama-chat",
                                            .body = ollama_body,
                                            .caption = "message.content",
                                            .tokens = "eval_count"};
const struct emb_dialect emb_chat_anthropic = {.name = "anthropic-chat",
                                               .body = anthropic_body,
                                               .caption = "content[].text",
                                               .tokens = "usage.output_tokens"};
