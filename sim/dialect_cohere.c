/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Cohere's embed (texts, images or inputs; several types at once) as Cohere, Bedrock and vLLM serve
 * it, and Cohere's /v2/chat. */
#include <stdlib.h>
#include <string.h>

#include "items.h"

#define MAX_IMAGES_BYTES (28u << 20) /* base64 of 20 MB, over all pictures of a request */

/* How one service's embed differs. */
struct variant {
  const char *fields;
  const char *types; /* of embedding_types */
  const char *words; /* of input_type; NULL: Cohere's */
  bool needs_type;   /* input_type is required */
  bool floats_array; /* without embedding_types: an array, "embeddings_floats" */
  bool old;          /* a v3 model: one image a request, no inputs, no output_dimension */
  const int *sizes;  /* of output_dimension; NULL: any */
};

static bool read_images(struct sim_items *items, const json_t *images) {
  size_t total = 0;
  for (size_t i = 0; i < json_array_size(images); i++) {
    total += json_string_length(json_array_get(images, i));
    if (total > MAX_IMAGES_BYTES)
      return sim_fail(items->call, 400, "invalid request: images must be at most 20 MB together");
    sim_items_next(items);
    if (!sim_items_uri(items, json_array_get(images, i))) return false;
  }
  return true;
}

static bool read_inputs(struct sim_items *items, const struct variant *variant) {
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
  if (inputs && variant->old)
    return sim_fail(call, 400, "invalid request: inputs is not supported by this model");
  const char *type = json_string_value(json_object_get(call->root, "input_type"));
  bool is_image = type && strcmp(type, "image") == 0;
  if (type && ((texts && is_image) || (images && !is_image && variant->old)))
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

static bool check(struct sim_items *items, const struct variant *variant) {
  struct sim_call *call = items->call;
  const json_t *dims = json_object_get(call->root, "output_dimension");
  const char *type = json_string_value(json_object_get(call->root, "input_type"));
  if (!sim_check_fields(call, NULL, variant->fields)) return false;
  if (variant->needs_type && !type)
    return sim_fail(call, 400,
                    "invalid request: valid input_type must be provided with the "
                    "provided model");
  static const char words[] = " search_document search_query classification clustering image ";
  if (!sim_check_word(call, "input_type", variant->words ? variant->words : words) ||
      !sim_check_word(call, "truncate", " NONE START END "))
    return false;
  if (dims && variant->old)
    return sim_fail(call, 400, "invalid request: output_dimension is not supported by this model");
  if (variant->old) items->max_images = 1;
  return variant->sizes ? sim_items_sizes(items, dims, "output_dimension", variant->sizes)
                        : sim_items_dims(items, dims, "output_dimension");
}

static void write_list(struct sim_items *items, enum sim_dtype dtype) {
  struct sim_text *out = &items->call->out;
  sim_text_adds(out, "[");
  for (size_t i = 0; i < items->slots_n; i++) {
    if (i) sim_text_adds(out, ",");
    sim_items_write(items, i, dtype);
  }
  sim_text_adds(out, "]");
}

/* "embeddings":{..} with a list for each type asked for. */
static bool write_types(struct sim_items *items, const json_t *types, const char *known) {
  struct sim_call *call = items->call;
  size_t types_n = types ? json_array_size(types) : 1;
  if (types_n == 0) return sim_fail(call, 400, "invalid request: embedding_types is empty");
  sim_text_adds(&call->out, "{\"id\":\"sim\",\"embeddings\":{");
  for (size_t t = 0; t < types_n; t++) {
    const char *name = types ? json_string_value(json_array_get(types, t)) : "float";
    if (!name || !sim_listed(known, name))
      return sim_fail(call, 400, "invalid request: unsupported embedding type");
    sim_text_adds(&call->out, t ? "," : "");
    sim_text_quotes(&call->out, name);
    sim_text_adds(&call->out, ":");
    write_list(items, sim_dtype_named(name));
  }
  sim_text_adds(&call->out, "}");
  return true;
}

static void embed(struct sim_call *call, const struct variant *variant) {
  struct sim_items items;
  sim_items_start(&items, call);
  items.max_items = 96;
  const json_t *types = json_object_get(call->root, "embedding_types");
  bool fine =
      check(&items, variant) && read_inputs(&items, variant) && sim_items_check(&items, "texts");
  bool plain = variant->floats_array && !types;
  if (fine && plain) {
    sim_text_adds(&call->out, "{\"id\":\"sim\",\"embeddings\":");
    write_list(&items, SIM_FLOAT);
  } else if (fine) {
    fine = write_types(&items, types, variant->types);
  }
  if (fine)
    sim_text_addf(&call->out,
                  ",\"texts\":[],\"meta\":{\"api_version\":{\"version\":\"2\"},\"billed_units\":"
                  "{\"input_tokens\":%zu,\"images\":%zu}},\"response_type\":\"%s\"}",
                  items.tokens, call->images, plain ? "embeddings_floats" : "embeddings_by_type");
  if (fine && call->provider->shape == SIM_ERR_AWS)
    sim_reply_header(call, "x-amzn-bedrock-input-token-count", "%zu", items.tokens);
  sim_items_release(&items);
}

void sim_cohere_embed(struct sim_call *call) {
  struct variant variant = {
      .fields = call->provider->fields,
      .types = " float int8 uint8 binary ubinary base64 ",
      .needs_type = true,
      .old = sim_model_has(call, " -v3 "),
  };
  if (sim_check_model(call)) embed(call, &variant);
}

/* In vLLM an input_type is the name of one of the model's own prompts. */
void sim_vllm_cohere(struct sim_call *call) {
  static const struct variant variant = {
      .fields = " model input_type texts images inputs embedding_types output_dimension truncate ",
      .types = " float binary ubinary base64 ",
      .words = " query document ",
  };
  if (sim_check_model(call)) embed(call, &variant);
}

/* The model is in the path alone. */
void sim_bedrock_cohere(struct sim_call *call) {
  static const int sizes[] = {256, 512, 1024, 1536, 0};
  bool old = sim_model_has(call, " -v3 ");
  struct variant variant = {
      .fields = old ? " input_type texts images embedding_types truncate "
                    : " input_type texts images inputs embedding_types output_dimension truncate "
                      "max_tokens ",
      .types = " float int8 uint8 binary ubinary ",
      .needs_type = true,
      .floats_array = old,
      .old = old,
      .sizes = sizes,
  };
  embed(call, &variant);
}

void sim_cohere_chat(struct sim_call *call) {
  struct sim_text prompt = {0}, answer = {0};
  const json_t *messages = json_object_get(call->root, "messages");
  const json_t *last = json_array_get(messages, json_array_size(messages) - 1);
  const json_t *content = json_object_get(last, "content");
  bool fine = sim_check_model(call);
  if (fine && !last) fine = sim_fail(call, 400, "invalid request: messages must not be empty");
  if (fine && !json_is_string(json_object_get(last, "role")))
    fine = sim_fail(call, 400, "invalid request: a message must have a role");
  if (json_is_string(content)) sim_text_adds(&prompt, json_string_value(content));
  for (size_t i = 0; fine && i < json_array_size(content); i++) {
    const json_t *part = json_array_get(content, i);
    const char *type = json_string_value(json_object_get(part, "type"));
    const char *text = json_string_value(json_object_get(part, "text"));
    if (!type || !sim_listed(" text image_url ", type) || (*type == 't' && !text))
      fine = sim_fail(call, 400, "invalid request: content %zu is neither text nor image_url", i);
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
