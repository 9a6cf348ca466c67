/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Gemini: batchEmbedContents, embedContent and generateContent. */
#include <stdlib.h>
#include <string.h>

#include "gemini.h"

const json_t *sim_gemini_either(const json_t *object, const char *camel, const char *snake) {
  const json_t *value = json_object_get(object, camel);
  return value ? value : json_object_get(object, snake);
}

/* Decodes an inlineData part. */
static bool read_inline(struct sim_call *call, const json_t *inline_data,
                        struct sim_picture *picture) {
  const char *type = json_string_value(sim_gemini_either(inline_data, "mimeType", "mime_type"));
  const json_t *data = json_object_get(inline_data, "data");
  if (!type || !json_is_string(data))
    return sim_fail(call, 400, "inlineData needs mimeType and data");
  if (strncmp(json_string_value(data), "data:", 5) == 0)
    return sim_fail(call, 400, "Invalid value (TYPE_BYTES): Base64 decoding failed");
  /* Bytes in the JSON of a protocol buffer may be in either alphabet. */
  size_t n = json_string_length(data);
  char *text = sim_copy(json_string_value(data), n);
  for (size_t i = 0; i < n; i++) text[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
  bool fine = sim_picture_base64(call, text, n, type, picture);
  free(text);
  return fine;
}

bool sim_gemini_content(struct sim_items *items, const json_t *content) {
  struct sim_call *call = items->call;
  const json_t *parts = json_object_get(content, "parts");
  if (json_array_size(parts) == 0) return sim_fail(call, 400, "content contains no parts");
  sim_items_next(items);
  for (size_t i = 0; i < json_array_size(parts); i++) {
    const json_t *part = json_array_get(parts, i);
    const json_t *text = json_object_get(part, "text");
    const json_t *inline_data = sim_gemini_either(part, "inlineData", "inline_data");
    if (json_is_string(text)) {
      sim_items_text(items, text);
      continue;
    }
    struct sim_picture picture = {0};
    bool fine = inline_data || sim_fail(call, 400, "a part needs text or inlineData");
    fine = fine && read_inline(call, inline_data, &picture) &&
           sim_items_picture(items, picture.bytes, picture.n, picture.declared);
    free(picture.bytes);
    if (!fine) return false;
  }
  return true;
}

bool sim_gemini_task(struct sim_call *call, const json_t *task) {
  static const char tasks[] =
      " TASK_TYPE_UNSPECIFIED RETRIEVAL_QUERY RETRIEVAL_DOCUMENT SEMANTIC_SIMILARITY "
      "CLASSIFICATION CLUSTERING QUESTION_ANSWERING FACT_VERIFICATION CODE_RETRIEVAL_QUERY ";
  if (!task || (json_is_string(task) && sim_listed(tasks, json_string_value(task)))) return true;
  return sim_fail(call, 400, "Invalid value at 'task_type' (type.googleapis.com/TaskType)");
}

/* One EmbedContentRequest. */
static bool read_request(struct sim_items *items, const json_t *request) {
  struct sim_call *call = items->call;
  const json_t *task = sim_gemini_either(request, "taskType", "task_type");
  const json_t *dims = sim_gemini_either(request, "outputDimensionality", "output_dimensionality");
  const json_t *config = json_object_get(request, "embedContentConfig");
  if (task && sim_model_has(call, " gemini-embedding-2 "))
    return sim_fail(call, 400, "taskType is not supported by %.100s", call->segment);
  if (!dims) dims = json_object_get(config, "outputDimensionality");
  return sim_gemini_task(call, task) &&
         sim_gemini_content(items, json_object_get(request, "content")) &&
         sim_items_dims(items, dims, "outputDimensionality");
}

/* A request names the model of the path, as models/M. */
static bool check_model(struct sim_call *call, const json_t *request, bool required) {
  const char *model = json_string_value(json_object_get(request, "model"));
  if (!model && !required) return true;
  if (!model || strncmp(model, "models/", 7) != 0)
    return sim_fail(call, 400,
                    "* BatchEmbedContentsRequest.requests[0].model: unexpected model name format");
  if (strcmp(model + 7, call->segment) != 0)
    return sim_fail(call, 400, "* EmbedContentRequest.model: does not match models/%.100s",
                    call->segment);
  return true;
}

static bool known_model(struct sim_call *call) {
  if (strncmp(call->segment, "missing", 7) != 0) return true;
  return sim_fail(call, 404, "models/%.100s is not found for API version v1beta", call->segment);
}

bool sim_gemini_names(struct sim_call *call, const json_t *object, const char *fields) {
  const char *name;
  const json_t *value;
  json_object_foreach((json_t *)(uintptr_t)object, name, value) {
    if (!sim_listed(fields, name)) return sim_fail_field(call, name);
  }
  return true;
}

#define EMBED_FIELDS                                                                               \
  " model content taskType task_type title outputDimensionality output_dimensionality "            \
  "embedContentConfig "

void sim_gemini_batch(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  const json_t *requests = json_object_get(call->root, "requests");
  bool fine = known_model(call) && sim_gemini_names(call, call->root, " requests ");
  if (fine && json_array_size(requests) == 0)
    fine = sim_fail(call, 400, "* BatchEmbedContentsRequest.requests: must not be empty");
  for (size_t i = 0; fine && i < json_array_size(requests); i++) {
    const json_t *request = json_array_get(requests, i);
    fine = check_model(call, request, true) && sim_gemini_names(call, request, EMBED_FIELDS) &&
           read_request(&items, request);
  }
  if (fine && sim_items_check(&items, "requests")) {
    sim_text_adds(&call->out, "{\"embeddings\":[");
    for (size_t i = 0; i < items.slots_n; i++) {
      sim_text_adds(&call->out, i ? ",{\"values\":" : "{\"values\":");
      sim_items_write(&items, i, SIM_FLOAT);
      sim_text_adds(&call->out, "}");
    }
    sim_text_adds(&call->out, "]}");
  }
  sim_items_release(&items);
}

void sim_gemini_single(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  if (known_model(call) && check_model(call, call->root, false) &&
      sim_gemini_names(call, call->root, EMBED_FIELDS) && read_request(&items, call->root) &&
      sim_items_check(&items, "content")) {
    sim_text_adds(&call->out, "{\"embedding\":{\"values\":");
    if (items.slots_n)
      sim_items_write(&items, 0, SIM_FLOAT);
    else
      sim_text_adds(&call->out, "[]");
    sim_text_adds(&call->out, "}}");
  }
  sim_items_release(&items);
}

static bool read_talk(struct sim_call *call, const json_t *parts, struct sim_text *prompt,
                      struct sim_text *answer) {
  for (size_t i = 0; i < json_array_size(parts); i++) {
    const char *text = json_string_value(json_object_get(json_array_get(parts, i), "text"));
    if (text) sim_text_adds(prompt, text);
  }
  if (prompt->n && strstr(prompt->data, "POISON"))
    return sim_fail(call, 400, "Invalid 'contents[0]': poisoned input");
  for (size_t i = 0; i < json_array_size(parts); i++) {
    const json_t *data = sim_gemini_either(json_array_get(parts, i), "inlineData", "inline_data");
    if (!data) continue;
    call->vision = true;
    struct sim_picture picture = {0};
    bool fine = read_inline(call, data, &picture) &&
                sim_picture_describe(call, &picture, prompt->data, answer);
    free(picture.bytes);
    if (!fine) return false;
  }
  return true;
}

void sim_gemini_generate(struct sim_call *call) {
  struct sim_text prompt = {0}, answer = {0};
  const json_t *contents = json_object_get(call->root, "contents");
  const json_t *last = json_array_get(contents, json_array_size(contents) - 1);
  const json_t *parts = json_object_get(last, "parts");
  bool fine = known_model(call) &&
              sim_gemini_names(call, call->root,
                               " contents generationConfig generation_config safetySettings "
                               "systemInstruction system_instruction tools ");
  if (fine && call->provider->flags & SIM_ROLE_NEEDED &&
      !sim_listed(" user model ", json_string_value(json_object_get(last, "role"))
                                      ? json_string_value(json_object_get(last, "role"))
                                      : ""))
    fine = sim_fail(call, 400, "Please use a valid role: user, model.");
  if (fine && json_array_size(parts) == 0)
    fine = sim_fail(call, 400, "* GenerateContentRequest.contents: contents is not specified");
  if (fine && read_talk(call, parts, &prompt, &answer)) {
    if (!answer.n) sim_text_addf(&answer, "You said: %s", prompt.data ? prompt.data : "");
    sim_text_adds(&call->out, "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":");
    sim_text_quote(&call->out, answer.data, answer.n);
    size_t in = sim_tokens(prompt.n), out = sim_tokens(answer.n);
    sim_text_addf(&call->out,
                  "}],\"role\":\"model\"},\"finishReason\":\"STOP\",\"index\":0}],"
                  "\"usageMetadata\":{\"promptTokenCount\":%zu,\"candidatesTokenCount\":%zu,"
                  "\"totalTokenCount\":%zu}}",
                  in, out, in + out);
  }
  sim_text_release(&prompt);
  sim_text_release(&answer);
}
