/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How one input stands in a request: a text, an image, or both. Each function is one form that the
 * table names. Where a form cannot hold both, the row does not fuse and no such input comes here.
 */
#include <string.h>

#include "wire/body.h"
#include "wire/media.h"
#include "wire/span.h"

/* "png" of "image/png". */
static const char *format_of(const struct emb_input *input) {
  const char *type = emb_media_type(input->image, input->n_image);
  return type ? type + strlen("image/") : "octet-stream";
}

/* "text"; "data:image/png;base64,..."; where a model fuses, both with a space between. */
void emb_item_string(const struct emb_call *call, struct emb_buf *out,
                     const struct emb_input *input) {
  emb_buf_addc(out, '"');
  if (input->text) emb_body_words(call, out, input);
  if (input->text && input->image) emb_buf_addc(out, ' ');
  if (input->image) emb_body_picture(out, input, 1);
  emb_buf_addc(out, '"');
}

static void object(const struct emb_call *call, struct emb_buf *out, const struct emb_input *input,
                   int data_uri) {
  emb_buf_addc(out, '{');
  if (input->text) {
    emb_buf_adds(out, "\"text\":");
    emb_body_text(call, out, input);
  }
  if (input->image) {
    emb_buf_adds(out, input->text ? ",\"image\":" : "\"image\":");
    emb_body_image(out, input, data_uri);
  }
  emb_buf_addc(out, '}');
}

/* {"text": T}, {"image": data URI} or both (siliconflow, dashscope). */
void emb_item_object(const struct emb_call *call, struct emb_buf *out,
                     const struct emb_input *input) {
  object(call, out, input, 1);
}

/* The same with bare base64 (jina). */
void emb_item_object_bare(const struct emb_call *call, struct emb_buf *out,
                          const struct emb_input *input) {
  object(call, out, input, 0);
}

/* [{"type":"text",...},{"type":"image_url","image_url":{"url":...}}] */
static void parts(const struct emb_call *call, struct emb_buf *out, const struct emb_input *input,
                  const char *before, const char *after) {
  emb_buf_addc(out, '[');
  if (input->text) {
    emb_buf_adds(out, "{\"type\":\"text\",\"text\":");
    emb_body_text(call, out, input);
    emb_buf_adds(out, input->image ? "}," : "}");
  }
  if (input->image) {
    emb_buf_adds(out, before);
    emb_body_image(out, input, 1);
    emb_buf_adds(out, after);
  }
  emb_buf_addc(out, ']');
}

static const char image_url[] = "{\"type\":\"image_url\",\"image_url\":{\"url\":";

/* {"content": [parts of OpenAI's chat]} (openrouter, cohere v4). */
void emb_item_parts(const struct emb_call *call, struct emb_buf *out,
                    const struct emb_input *input) {
  emb_buf_adds(out, "{\"content\":");
  parts(call, out, input, image_url, "}}");
  emb_buf_addc(out, '}');
}

/* {"content": [parts]} where an image is {"type":"image_base64","image_base64": data URI}. */
void emb_item_voyage(const struct emb_call *call, struct emb_buf *out,
                     const struct emb_input *input) {
  emb_buf_adds(out, "{\"content\":");
  parts(call, out, input, "{\"type\":\"image_base64\",\"image_base64\":", "}");
  emb_buf_addc(out, '}');
}

/* Members: "messages": one user message of those parts is one prompt, one vector (vllm). */
void emb_item_messages(const struct emb_call *call, struct emb_buf *out,
                       const struct emb_input *input) {
  if (!emb_body_member(call, out, "messages")) return;
  emb_buf_adds(out, "[{\"role\":\"user\",\"content\":");
  parts(call, out, input, image_url, "}}");
  emb_buf_adds(out, "}]");
}

/* A text as it is; an image as {"prompt_string": marker and text, "multimodal_data": [base64]}
 * (llama.cpp, whose marker is another one each time it starts). */
void emb_item_media(const struct emb_call *call, struct emb_buf *out,
                    const struct emb_input *input) {
  if (!input->image) {
    emb_body_text(call, out, input);
    return;
  }
  emb_buf_adds(out, "{\"prompt_string\":\"");
  if (call->marker) emb_json_escape(out, call->marker, strlen(call->marker));
  if (input->text) emb_body_words(call, out, input);
  emb_buf_adds(out, "\",\"multimodal_data\":[");
  emb_body_image(out, input, 0);
  emb_buf_adds(out, "]}");
}

/* ---- Google ---- */

/* {"parts": [{"text": T}, {"inlineData": ...}]}: several parts are one vector. */
static void google_content(const struct emb_call *call, struct emb_buf *out,
                           const struct emb_input *input) {
  emb_buf_adds(out, "{\"parts\":[");
  if (input->text) {
    emb_buf_adds(out, "{\"text\":");
    emb_body_text(call, out, input);
    emb_buf_adds(out, input->image ? "}," : "}");
  }
  if (input->image) {
    emb_buf_addf(out, "{\"inlineData\":{\"mimeType\":\"image/%s\",\"data\":", format_of(input));
    emb_body_image(out, input, 0);
    emb_buf_adds(out, "}}");
  }
  emb_buf_adds(out, "]}");
}

/* One request of batchEmbedContents: the model again, the content, the options. */
void emb_item_gemini(const struct emb_call *call, struct emb_buf *out,
                     const struct emb_input *input) {
  const struct emb_provider *p = call->provider;
  struct emb_call inner = *call;
  inner.extra = NULL; /* extra belongs to the root object */
  emb_buf_adds(out, "{\"model\":\"models/");
  emb_json_escape(out, call->model, strlen(call->model));
  emb_buf_adds(out, "\",\"content\":");
  google_content(call, out, input);
  emb_body_string(&inner, out, p->task_field, emb_wire_task(p, call->input_type));
  if (call->dimensions) emb_body_int(&inner, out, p->dims_field, call->dimensions);
  emb_buf_addc(out, '}');
}

/* Member: "content" of Vertex embedContent. */
void emb_item_content(const struct emb_call *call, struct emb_buf *out,
                      const struct emb_input *input) {
  if (emb_body_member(call, out, "content")) google_content(call, out, input);
}

/* An instance of Vertex predict: {"content": T, "task_type": ...}. */
void emb_item_instance(const struct emb_call *call, struct emb_buf *out,
                       const struct emb_input *input) {
  struct emb_call inner = *call;
  inner.extra = NULL;
  emb_buf_adds(out, "{\"content\":");
  emb_body_text(call, out, input);
  emb_body_string(&inner, out, call->provider->task_field,
                  emb_wire_task(call->provider, call->input_type));
  emb_buf_addc(out, '}');
}

/* An instance of multimodalembedding: {"text": T} or {"image": {"bytesBase64Encoded": ...}}. */
void emb_item_vertex_image(const struct emb_call *call, struct emb_buf *out,
                           const struct emb_input *input) {
  if (!input->image) {
    object(call, out, input, 0);
    return;
  }
  emb_buf_adds(out, "{\"image\":{\"bytesBase64Encoded\":");
  emb_body_image(out, input, 0);
  emb_buf_adds(out, "}}");
}

/* ---- Amazon ---- */

/* Members: "inputText", "inputImage" (titan). */
void emb_item_titan(const struct emb_call *call, struct emb_buf *out,
                    const struct emb_input *input) {
  if (input->text && emb_body_member(call, out, "inputText")) emb_body_text(call, out, input);
  if (input->image && emb_body_member(call, out, "inputImage")) emb_body_image(out, input, 0);
}

/* Member: "singleEmbeddingParams" (nova). */
void emb_item_nova(const struct emb_call *call, struct emb_buf *out,
                   const struct emb_input *input) {
  const struct emb_provider *p = call->provider;
  struct emb_call inner = *call;
  inner.extra = NULL;
  if (!emb_body_member(call, out, "singleEmbeddingParams")) return;
  emb_buf_addc(out, '{');
  emb_body_string(&inner, out, p->task_field, emb_wire_task(p, call->input_type));
  if (call->dimensions) emb_body_int(&inner, out, p->dims_field, call->dimensions);
  if (input->image) {
    emb_buf_addf(out,
                 ",\"image\":{\"format\":\"%s\",\"detailLevel\":\"STANDARD_IMAGE\",\"source\":{"
                 "\"bytes\":",
                 format_of(input));
    emb_body_image(out, input, 0);
    emb_buf_adds(out, "}}}");
    return;
  }
  emb_buf_addf(out, ",\"text\":{\"truncationMode\":%s,\"value\":",
               call->truncate == 0 ? p->truncate_off : p->truncate_on);
  emb_body_text(call, out, input);
  emb_buf_adds(out, "}}");
}
