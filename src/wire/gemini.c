/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Google Gemini: batchEmbedContents for text, generateContent for captions. The model stands in the
 * url and again in every item of a batch. gemini-embedding-2 has no taskType: its tasks are words
 * in front of the text.
 */
#include <string.h>

#include "wire/media.h"
#include "wire/span.h"
#include "wire/wire.h"

/* gemini-embedding-001 and the older text-embedding-00x take taskType. */
static int takes_task(const char *model) { return strncmp(model, "gemini-embedding-2", 18) != 0; }

static int text_body(const struct emb_call *call, struct emb_buf *out) {
  const struct emb_provider *p = call->provider;
  const char *task = takes_task(call->model) ? emb_wire_task(p, call->input_type) : NULL;
  int kind = takes_task(call->model) ? 0 : emb_wire_task_kind(call->input_type);
  struct emb_call inner = *call;
  inner.extra = NULL; /* extra belongs to the root object */
  if (kind == 1 && !inner.query_prefix) inner.query_prefix = "task: search result | query: ";
  if (kind == 2 && !inner.document_prefix) inner.document_prefix = "title: none | text: ";
  if (!emb_body_member(call, out, p->input_field)) return out->failed;
  for (int i = 0; i < call->n_inputs; i++) {
    emb_buf_adds(out, i ? ",{\"model\":\"models/" : "[{\"model\":\"models/");
    struct emb_buf quoted = EMB_BUF_INIT;
    if (emb_json_quote(&quoted, call->model, strlen(call->model)) == EMB_OK)
      emb_buf_add(out, quoted.data + 1, quoted.n - 1);
    emb_buf_release(&quoted);
    emb_buf_adds(out, ",\"content\":{\"parts\":[{\"text\":");
    emb_body_text(&inner, out, &call->inputs[i]);
    emb_buf_adds(out, "}]}");
    emb_body_string(&inner, out, p->task_field, task);
    if (call->dimensions) emb_body_int(&inner, out, p->dims_field, call->dimensions);
    emb_buf_addc(out, '}');
  }
  emb_buf_addc(out, ']');
  return out->failed;
}

static int chat_body(const struct emb_call *call, struct emb_buf *out) {
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

const struct emb_dialect emb_dialect_gemini = {.name = "gemini", .body = text_body};
const struct emb_dialect emb_chat_gemini = {.name = "gemini-chat",
                                            .body = chat_body,
                                            .caption = "candidates[0].content.parts[].text",
                                            .stop = "promptFeedback.blockReason",
                                            .tokens = "usageMetadata.totalTokenCount"};
