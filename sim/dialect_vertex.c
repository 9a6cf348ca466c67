/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Vertex AI: predict for the older text models and for multimodalembedding, embedContent for the
 * newer ones. generateContent is Gemini's. */
#include <string.h>

#include "gemini.h"

#define PREDICT_TEXT 250
#define PREDICT_TOKENS 20000
#define TEXT_TOKENS 2048

static bool known_model(struct sim_call *call, bool predict) {
  static const char old[] = " text-embedding- text-multilingual-embedding- gemini-embedding-001 "
                            "multimodalembedding@001 textembedding-gecko ";
  if (strncmp(call->segment, "missing", 7) == 0)
    return sim_fail(call, 404, "Publisher Model `publishers/google/models/%.100s` was not found",
                    call->segment);
  if (sim_model_has(call, old) == predict) return true;
  return sim_fail(call, 400, "%.100s is not supported by %s. Use %s instead.", call->segment,
                  predict ? "predict" : "embedContent", predict ? "embedContent" : "predict");
}

/* The instances of a text model. */
static bool read_texts(struct sim_items *items, const json_t *instances) {
  struct sim_call *call = items->call;
  const json_t *parameters = json_object_get(call->root, "parameters");
  if (!sim_gemini_names(call, parameters, " autoTruncate outputDimensionality ")) return false;
  items->max_items = PREDICT_TEXT;
  items->max_tokens = PREDICT_TOKENS;
  items->max_text = TEXT_TOKENS * 4;
  items->cuts = !json_is_false(json_object_get(parameters, "autoTruncate"));
  for (size_t i = 0; i < json_array_size(instances); i++) {
    const json_t *instance = json_array_get(instances, i);
    const json_t *content = json_object_get(instance, "content");
    if (!sim_gemini_names(call, instance, " content task_type title ") ||
        !sim_gemini_task(call, json_object_get(instance, "task_type")))
      return false;
    if (!json_is_string(content))
      return sim_fail(call, 400, "instances[%zu].content must be a string", i);
    sim_items_next(items);
    sim_items_text(items, content);
  }
  return sim_items_dims(items, json_object_get(parameters, "outputDimensionality"),
                        "outputDimensionality");
}

static void write_texts(struct sim_items *items) {
  struct sim_text *out = &items->call->out;
  size_t bytes = 0;
  sim_text_adds(out, "{\"predictions\":[");
  for (size_t i = 0; i < items->slots_n; i++) {
    const struct sim_item *item = &items->item[items->slot[i].item];
    bytes += item->n;
    sim_text_adds(out, i ? ",{\"embeddings\":{\"values\":" : "{\"embeddings\":{\"values\":");
    sim_items_write(items, i, SIM_FLOAT);
    sim_text_addf(out, ",\"statistics\":{\"truncated\":%s,\"token_count\":%zu}}}",
                  items->cut && item->n + 4 > items->max_text ? "true" : "false",
                  sim_tokens(item->n));
  }
  sim_text_addf(out, "],\"metadata\":{\"billableCharacterCount\":%zu}}", bytes);
}

/* An instance of multimodalembedding: its text and its picture are inputs of their own. */
static bool read_pair(struct sim_items *items, const json_t *instance, size_t i) {
  struct sim_call *call = items->call;
  const json_t *text = json_object_get(instance, "text");
  const json_t *image = json_object_get(instance, "image");
  if (!sim_gemini_names(call, instance, " text image ")) return false;
  if (!text && !image)
    return sim_fail(call, 400, "instances[%zu]: one of text, image or video is required", i);
  if (text && !json_is_string(text))
    return sim_fail(call, 400, "instances[%zu].text must be a string", i);
  if (text) {
    sim_items_next(items);
    sim_items_text(items, text);
  }
  if (!image) return true;
  if (!sim_gemini_names(call, image, " bytesBase64Encoded gcsUri mimeType ")) return false;
  sim_items_next(items);
  const char *type = json_string_value(json_object_get(image, "mimeType"));
  return sim_items_base64(items, json_object_get(image, "bytesBase64Encoded"), type);
}

static bool read_pairs(struct sim_items *items, const json_t *instances) {
  static const int sizes[] = {128, 256, 512, 1408, 0};
  const json_t *parameters = json_object_get(items->call->root, "parameters");
  items->max_images = 0;
  if (!sim_gemini_names(items->call, parameters, " dimension ") ||
      !sim_items_sizes(items, json_object_get(parameters, "dimension"), "dimension", sizes))
    return false;
  for (size_t i = 0; i < json_array_size(instances); i++)
    if (!read_pair(items, json_array_get(instances, i), i)) return false;
  return true;
}

static void write_pairs(struct sim_items *items, const json_t *instances) {
  struct sim_text *out = &items->call->out;
  size_t slot = 0;
  sim_text_adds(out, "{\"predictions\":[");
  for (size_t i = 0; i < json_array_size(instances); i++) {
    const json_t *instance = json_array_get(instances, i);
    bool text = json_object_get(instance, "text") && slot < items->slots_n;
    sim_text_adds(out, i ? ",{" : "{");
    if (text) {
      sim_text_adds(out, "\"textEmbedding\":");
      sim_items_write(items, slot++, SIM_FLOAT);
    }
    if (json_object_get(instance, "image") && slot < items->slots_n) {
      sim_text_adds(out, text ? ",\"imageEmbedding\":" : "\"imageEmbedding\":");
      sim_items_write(items, slot++, SIM_FLOAT);
    }
    sim_text_adds(out, "}");
  }
  sim_text_adds(out, "],\"deployedModelId\":\"sim\"}");
}

void sim_vertex_predict(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  const json_t *instances = json_object_get(call->root, "instances");
  bool pairs = sim_model_has(call, " multimodalembedding ");
  bool fine =
      known_model(call, true) && sim_gemini_names(call, call->root, " instances parameters ");
  if (fine && json_array_size(instances) == 0)
    fine = sim_fail(call, 400, "instances must not be empty");
  fine = fine && (pairs ? read_pairs(&items, instances) : read_texts(&items, instances)) &&
         sim_items_check(&items, "instances");
  if (fine && pairs)
    write_pairs(&items, instances);
  else if (fine)
    write_texts(&items);
  sim_items_release(&items);
}

void sim_vertex_embed(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  const json_t *config = json_object_get(call->root, "embedContentConfig");
  items.cuts = !json_is_false(json_object_get(config, "autoTruncate"));
  if (known_model(call, false) &&
      sim_gemini_names(call, call->root, " content embedContentConfig ") &&
      sim_gemini_names(call, config,
                       " outputDimensionality taskType title autoTruncate documentOcr ") &&
      sim_gemini_task(call, json_object_get(config, "taskType")) &&
      sim_gemini_content(&items, json_object_get(call->root, "content")) &&
      sim_items_dims(&items, json_object_get(config, "outputDimensionality"),
                     "outputDimensionality") &&
      sim_items_check(&items, "content")) {
    sim_text_adds(&call->out, "{\"embedding\":{\"values\":");
    if (items.slots_n)
      sim_items_write(&items, 0, SIM_FLOAT);
    else
      sim_text_adds(&call->out, "[]");
    sim_text_addf(&call->out, "},\"usageMetadata\":{\"promptTokenCount\":%zu},\"truncated\":%s}",
                  items.tokens, items.cut ? "true" : "false");
  }
  sim_items_release(&items);
}
