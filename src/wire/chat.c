/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Vision chat in five shapes: OpenAI's (a data URI inside image_url; Cohere answers it in another
 * place), Ollama's (bare base64 in `images`, stream off), and Anthropic's, Gemini's and Bedrock's
 * (bare base64 with its media type or format). One image a request, the picture before the words.
 */
#include <string.h>

#include "wire/body.h"
#include "wire/media.h"

static int openai_body(const struct emb_call *call, struct emb_buf *out) {
  if (!strstr(call->provider->vision_path, "{model}"))
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
  emb_body_json(call, out, "stream", "false");
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

static int gemini_body(const struct emb_call *call, struct emb_buf *out) {
  if (emb_body_member(call, out, "contents")) {
    emb_buf_addf(out,
                 "[{\"role\":\"user\",\"parts\":[{\"inlineData\":{\"mimeType\":\"%s\",\"data\":",
                 emb_media_type(call->inputs->image, call->inputs->n_image));
    emb_body_image(out, call->inputs, 0);
    emb_buf_adds(out, "}},{\"text\":");
    emb_body_prompt(call, out, call->inputs);
    emb_buf_adds(out, "}]}]");
  }
  /* Thinking models spend this budget on thoughts first: a small one would leave no caption. */
  int tokens = call->caption_tokens < 1024 ? 1024 : call->caption_tokens;
  if (emb_body_member(call, out, "generationConfig"))
    emb_buf_addf(out, "{\"maxOutputTokens\":%d,\"temperature\":0}", tokens);
  return out->failed;
}

static int converse_body(const struct emb_call *call, struct emb_buf *out) {
  const char *type = emb_media_type(call->inputs->image, call->inputs->n_image);
  if (emb_body_member(call, out, "messages")) {
    emb_buf_addf(out,
                 "[{\"role\":\"user\",\"content\":[{\"image\":{\"format\":\"%s\",\"source\":{"
                 "\"bytes\":",
                 type ? type + strlen("image/") : "png");
    emb_body_image(out, call->inputs, 0);
    emb_buf_adds(out, "}}},{\"text\":");
    emb_body_prompt(call, out, call->inputs);
    emb_buf_adds(out, "}]}]");
  }
  if (emb_body_member(call, out, "inferenceConfig"))
    emb_buf_addf(out, "{\"maxTokens\":%d,\"temperature\":0}", call->caption_tokens);
  return out->failed;
}

const struct emb_chat emb_chat_openai = {.name = "openai",
                                         .body = openai_body,
                                         .caption = "choices[0].message.content",
                                         .parts = "choices[0].message.content[].text",
                                         .stop = "choices[0].message.refusal",
                                         .tokens = "usage.total_tokens"};
const struct emb_chat emb_chat_cohere = {.name = "cohere",
                                         .body = openai_body,
                                         .caption = "message.content[].text",
                                         .tokens = "usage.billed_units.output_tokens"};
const struct emb_chat emb_chat_ollama = {
    .name = "ollama", .body = ollama_body, .caption = "message.content", .tokens = "eval_count"};
const struct emb_chat emb_chat_anthropic = {.name = "anthropic",
                                            .body = anthropic_body,
                                            .caption = "content[].text",
                                            .tokens = "usage.output_tokens"};
const struct emb_chat emb_chat_gemini = {.name = "gemini",
                                         .body = gemini_body,
                                         .caption = "candidates[0].content.parts[].text",
                                         .stop = "promptFeedback.blockReason",
                                         .tokens = "usageMetadata.totalTokenCount"};
const struct emb_chat emb_chat_converse = {.name = "converse",
                                           .body = converse_body,
                                           .caption = "output.message.content[].text",
                                           .tokens = "usage.totalTokens"};
