/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* POST .../embeddings in OpenAI's shape, with each vendor's own rules from its row, and Voyage's
 * multimodal endpoint, whose answer has the same shape. */
#include <string.h>

#include "items.h"

/* One vector: as asked, or an object with one of each type asked for. */
static void write_vector(struct sim_items *items, size_t slot) {
  struct sim_text *out = &items->call->out;
  bool nested = items->call->provider->flags & SIM_NESTED;
  if (items->types_n == 0) {
    if (nested) sim_text_adds(out, "[");
    sim_items_write(items, slot, items->dtype);
    if (nested) sim_text_adds(out, "]");
    return;
  }
  for (size_t t = 0; t < items->types_n; t++) {
    sim_text_addf(out, "%s\"%s\":", t ? "," : "{", sim_dtype_name(items->types[t]));
    sim_items_write(items, slot, items->types[t]);
  }
  sim_text_adds(out, "}");
}

static void write_usage(struct sim_items *items) {
  unsigned flags = items->call->provider->flags;
  struct sim_text *out = &items->call->out;
  size_t tokens = flags & SIM_ZERO_USAGE ? 0 : items->tokens;
  if (flags & SIM_NO_USAGE) return;
  sim_text_adds(out, ",\"usage\":{");
  if (flags & SIM_PIXEL_USAGE)
    sim_text_addf(out, "\"text_tokens\":%zu,\"image_pixels\":%zu,\"video_pixels\":0,", tokens,
                  items->pixels);
  else if (!(flags & SIM_TOTAL_ONLY))
    sim_text_addf(out, "\"prompt_tokens\":%zu,", tokens);
  sim_text_addf(out, "\"total_tokens\":%zu}", tokens);
}

static void write_reply(struct sim_items *items) {
  struct sim_call *call = items->call;
  struct sim_text *out = &call->out;
  const char *kind = items->types_n ? "embedding_dict" : "embedding";
  sim_text_adds(out, "{");
  if (call->provider->flags & SIM_HAS_ID)
    sim_text_adds(out, "\"id\":\"embd-sim\",\"created\":1767225600,");
  sim_text_adds(out, "\"object\":\"list\",\"data\":[");
  for (size_t i = 0; i < items->slots_n; i++) {
    sim_text_addf(out, "%s{\"object\":\"%s\"", i ? "," : "", kind);
    if (!(call->provider->flags & SIM_NO_INDEX))
      sim_text_addf(out, ",\"index\":%zu", items->slot[i].index);
    sim_text_adds(out, ",\"embedding\":");
    write_vector(items, i);
    sim_text_adds(out, "}");
  }
  sim_text_adds(out, "],\"model\":");
  const char *model = sim_model(call);
  sim_text_quotes(out, *model ? model : "sim");
  write_usage(items);
  sim_text_adds(out, "}");
}

static bool read_input(struct sim_items *items) {
  struct sim_call *call = items->call;
  const char *name = call->provider->input_field ? call->provider->input_field : "input";
  const json_t *input = json_object_get(call->root, name);
  const json_t *messages = json_object_get(call->root, "messages");
  if (!input && messages && call->provider->flags & SIM_MESSAGES)
    return sim_items_messages(items, messages) && sim_items_check(items, "messages");
  return sim_items_read(items, input, name) && sim_items_check(items, name);
}

void sim_openai_embed(struct sim_call *call) {
  const struct sim_provider *provider = call->provider;
  struct sim_items items;
  sim_items_start(&items, call);
  if (sim_check_fields(call, provider->refused, provider->fields) && sim_check_model(call) &&
      (!provider->rules || provider->rules(&items)) && sim_items_encoding(&items) &&
      read_input(&items))
    write_reply(&items);
  sim_items_release(&items);
}

/* Pictures come as addresses or as data URIs, but not some so and some so. */
static bool check_mix(struct sim_call *call, const json_t *inputs) {
  bool urls = false, data = false;
  for (size_t i = 0; i < json_array_size(inputs); i++) {
    const json_t *content = json_object_get(json_array_get(inputs, i), "content");
    for (size_t k = 0; k < json_array_size(content); k++) {
      const json_t *part = json_array_get(content, k);
      urls |= json_object_get(part, "image_url") != NULL;
      data |= json_object_get(part, "image_base64") != NULL;
    }
  }
  return !(urls && data) ||
         sim_fail(call, 400, "image_url and image_base64 cannot be used in the same request");
}

/* Voyage's multimodal endpoint: inputs[i].content is a list of parts, one vector each. */
void sim_voyage_multimodal(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  const json_t *inputs = json_object_get(call->root, "inputs");
  bool fine = sim_check_fields(call, NULL, call->provider->fields) && sim_check_model(call) &&
              sim_check_word(call, "input_type", " query document ") &&
              sim_items_encoding(&items) && check_mix(call, inputs);
  if (fine && json_array_size(inputs) == 0)
    fine = sim_fail(call, 400, "'inputs' must be a non-empty array");
  if (fine && !sim_model_has(call, " multimodal "))
    fine = sim_fail(call, 400, "Model %.80s is not supported by this endpoint", sim_model(call));
  for (size_t i = 0; fine && i < json_array_size(inputs); i++) {
    sim_items_next(&items);
    fine = sim_items_parts(&items, json_object_get(json_array_get(inputs, i), "content"),
                           SIM_PARTS_VOYAGE);
  }
  if (fine && sim_items_check(&items, "inputs")) write_reply(&items);
  sim_items_release(&items);
}
