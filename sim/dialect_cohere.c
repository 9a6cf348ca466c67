/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Cohere v2: /v2/embed (texts, images or inputs; several types at once) and /v2/chat. */
#include <stdlib.h>
#include <string.h>

#include "items.h"

static bool read_images(struct sim_items *items, const json_t *images) {
  struct sim_call *call = items->call;
  for (size_t i = 0; i < json_array_size(images); i++) {
    const json_t *url = json_array_get(images, i);
    struct sim_picture picture = {0};
    sim_items_next(items);
    bool fine =
        json_is_string(url) || sim_fail(call, 400, "invalid request: images must be strings");
    fine = fine &&
           sim_picture_data_uri(call, json_string_value(url), json_string_length(url), &picture) &&
           sim_items_picture(items, picture.bytes, picture.n, picture.declared);
    free(picture.bytes);
    if (!fine) return false;
  }
  return true;
}

static bool read_inputs(struct sim_items *items) {
  struct sim_call *call = items->call;
  const json_t *texts = json_object_get(call->root, "texts");
  const json_t *images = json_object_get(call->root, "images");
  const json_t *inputs = json_object_get(call->root, "inputs");
  int given = (texts != NULL) + (images != NULL) + (inputs != NULL);
  if (given != 1)
    return sim_fail(call, 400,
                    "invalid request: exactly one of texts, images or inputs must be "
                    "provided");
  const json_t *list = texts ? texts : images ? images : inputs;
  if (json_array_size(list) == 0)
    return sim_fail(call, 400, "invalid request: list must not be empty");
  const char *type = json_string_value(json_object_get(call->root, "input_type"));
  bool is_image = strcmp(type, "image") == 0;
  if ((images != NULL) != is_image && !inputs)
    return sim_fail(call, 400, "invalid request: input_type %s does not go with %s", type,
                    images ? "images" : "texts");
  if (texts) return sim_items_strings(items, texts, "texts");
  if (images) return read_images(items, images);
  for (size_t i = 0; i < json_array_size(inputs); i++) {
    sim_items_next(items);
    if (!sim_items_parts(items, json_object_get(json_array_get(inputs, i), "content"),
                         SIM_PARTS_OPENAI))
      return false;
  }
  return true;
}

static bool check(struct sim_call *call) {
  static const char types[] = " search_document search_query classification clustering image ";
  const char *type = json_string_value(json_object_get(call->root, "input_type"));
  if (!sim_check_fields(call, NULL, call->provider->fields) || !sim_check_model(call)) return false;
  if (!type || !*type || strchr(type, ' ') || !strstr(types, type))
    return sim_fail(call, 400,
                    "invalid request: valid input_type must be provided with the "
                    "provided model");
  return true;
}

void sim_cohere_embed(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  json_t *types = json_object_get(call->root, "embedding_types");
  bool fine = check(call) && read_inputs(&items) && sim_items_check(&items, "texts");
  size_t types_n = types ? json_array_size(types) : 1;
  if (fine && types_n == 0) fine = sim_fail(call, 400, "invalid request: embedding_types is empty");
  if (fine) sim_text_adds(&call->out, "{\"id\":\"sim\",\"embeddings\":{");
  for (size_t t = 0; fine && t < types_n; t++) {
    const char *name = types ? json_string_value(json_array_get(types, t)) : "float";
    enum sim_dtype dtype = sim_dtype_named(name);
    if (dtype == SIM_NO_DTYPE) {
      fine = sim_fail(call, 400, "invalid request: unsupported embedding type");
      break;
    }
    sim_text_adds(&call->out, t ? "," : "");
    sim_text_quotes(&call->out, name);
    sim_text_adds(&call->out, ":[");
    for (size_t i = 0; i < items.slots_n; i++) {
      if (i) sim_text_adds(&call->out, ",");
      sim_items_write(&items, i, dtype);
    }
    sim_text_adds(&call->out, "]");
  }
  if (fine)
    sim_text_addf(
        &call->out,
        "},\"texts\":[],\"meta\":{\"api_version\":{\"version\":\"2\"},\"billed_units\":"
        "{\"input_tokens\":%zu,\"images\":%zu}},\"response_type\":\"embeddings_by_type\"}",
        items.tokens, call->images);
  sim_items_release(&items);
}

void sim_cohere_chat(struct sim_call *call) {
  struct sim_text prompt = {0}, answer = {0};
  const json_t *messages = json_object_get(call->root, "messages");
  const json_t *last = json_array_get(messages, json_array_size(messages) - 1);
  const json_t *content = json_object_get(last, "content");
  bool fine = sim_check_model(call);
  if (fine && !last) fine = sim_fail(call, 400, "invalid request: messages must not be empty");
  if (json_is_string(content)) sim_text_adds(&prompt, json_string_value(content));
  for (size_t i = 0; i < json_array_size(content); i++) {
    const char *text = json_string_value(json_object_get(json_array_get(content, i), "text"));
    if (text) sim_text_adds(&prompt, text);
  }
  if (fine && prompt.n && strstr(prompt.data, "POISON"))
    fine = sim_fail(call, 400, "Invalid 'messages[0]': poisoned input");
  for (size_t i = 0; fine && i < json_array_size(content); i++) {
    const json_t *url = json_object_get(json_array_get(content, i), "image_url");
    if (!url) continue;
    url = json_object_get(url, "url");
    struct sim_picture picture = {0};
    call->vision = true;
    fine = json_is_string(url) || sim_fail(call, 400, "invalid request: image_url needs a url");
    fine = fine &&
           sim_picture_data_uri(call, json_string_value(url), json_string_length(url), &picture) &&
           sim_picture_describe(call, &picture, prompt.data, &answer);
    free(picture.bytes);
  }
  if (fine) {
    if (!answer.n) sim_text_addf(&answer, "You said: %s", prompt.data ? prompt.data : "");
    sim_text_adds(&call->out, "{\"id\":\"sim\",\"message\":{\"role\":\"assistant\",\"content\":"
                              "[{\"type\":\"text\",\"text\":");
    sim_text_quote(&call->out, answer.data, answer.n);
    sim_text_addf(&call->out,
                  "}]},\"finish_reason\":\"COMPLETE\",\"usage\":{\"billed_units\":"
                  "{\"input_tokens\":%zu,\"output_tokens\":%zu}}}",
                  sim_tokens(prompt.n), sim_tokens(answer.n));
  }
  sim_text_release(&prompt);
  sim_text_release(&answer);
}
