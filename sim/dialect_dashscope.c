/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* DashScope's own API: texts in, or contents of text and picture objects. */
#include <string.h>

#include "items.h"

#define MAX_CONTENTS 20

static const json_t *under(const struct sim_call *call, const char *object, const char *name) {
  return json_object_get(json_object_get(call->root, object), name);
}

static bool check_parameters(struct sim_call *call, const char *known) {
  const char *name;
  json_t *value;
  json_object_foreach(json_object_get(call->root, "parameters"), name, value) {
    if (!sim_listed(known, name)) return sim_fail_field(call, name);
  }
  const json_t *type = under(call, "parameters", "output_type");
  if (type && (!json_is_string(type) || strcmp(json_string_value(type), "dense") != 0))
    return sim_fail(call, 400, "parameters.output_type: only dense is simulated");
  return sim_check_fields(call, NULL, call->provider->fields) && sim_check_model(call);
}

/* How many texts, how long, and which sizes, by the generation of text-embedding-vN. */
static bool check_text(struct sim_items *items) {
  static const int sizes[] = {2048, 1536, 1024, 768, 512, 256, 128, 64, 0};
  struct sim_call *call = items->call;
  const json_t *dims = under(call, "parameters", "dimension");
  const json_t *type = under(call, "parameters", "text_type");
  bool old = sim_model_has(call, " -v1 -v2 ");
  if (!check_parameters(call, " text_type dimension output_type instruct ")) return false;
  if (type && (!json_is_string(type) || !sim_listed(" query document ", json_string_value(type))))
    return sim_fail(call, 400, "parameters.text_type must be query or document");
  if (dims && old)
    return sim_fail(call, 400, "parameters.dimension is not supported by this model");
  items->max_items = old ? 25 : 10;
  if (old) items->max_text = 2048 * 4;
  return sim_items_sizes(items, dims, "dimension",
                         sim_model_has(call, " -v3 ") ? sizes + 2 : sizes);
}

void sim_dashscope_text(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  const json_t *texts = under(call, "input", "texts");
  bool fine = check_text(&items);
  if (fine && !json_is_array(texts)) fine = sim_fail(call, 400, "input.texts must be an array");
  if (fine && sim_items_read(&items, texts, "input.texts") &&
      sim_items_check(&items, "input.texts")) {
    sim_text_adds(&call->out, "{\"output\":{\"embeddings\":[");
    for (size_t i = 0; i < items.slots_n; i++) {
      sim_text_addf(&call->out, "%s{\"text_index\":%zu,\"embedding\":", i ? "," : "",
                    items.slot[i].index);
      sim_items_write(&items, i, SIM_FLOAT);
      sim_text_adds(&call->out, "}");
    }
    sim_text_addf(&call->out, "]},\"usage\":{\"total_tokens\":%zu},\"request_id\":\"sim-request\"}",
                  items.tokens);
  }
  sim_items_release(&items);
}

/* What kinds of things a request holds. */
struct kinds {
  size_t texts, images;
  bool mixed; /* an object holds both */
};

static bool read_content(struct sim_items *items, const json_t *content, size_t i,
                         struct kinds *kinds) {
  const json_t *text = json_object_get(content, "text");
  const json_t *image = json_object_get(content, "image");
  if (!json_is_object(content) || (!text && !image) ||
      json_object_size(content) != (text ? 1u : 0u) + (image ? 1u : 0u))
    return sim_fail(items->call, 400, "input.contents[%zu] must hold text, image or both", i);
  if (text && !json_is_string(text))
    return sim_fail(items->call, 400, "input.contents[%zu].text must be a string", i);
  kinds->texts += text != NULL;
  kinds->images += image != NULL;
  kinds->mixed |= text && image;
  if (text) sim_items_text(items, text);
  return !image || sim_items_uri(items, image);
}

/* Limits and sizes by model. */
static bool check_multimodal(struct sim_items *items, bool *fuse) {
  static const int sizes[] = {2560, 2048, 1536, 1024, 768, 512, 256, 0};
  static const int vision_sizes[] = {1152, 1024, 512, 256, 128, 64, 0};
  struct sim_call *call = items->call;
  bool qwen3 = sim_model_has(call, " qwen3-vl ");
  bool vision = sim_model_has(call, " embedding-vision ");
  if (!check_parameters(call, " dimension output_type enable_fusion instruct ")) return false;
  *fuse = json_is_true(under(call, "parameters", "enable_fusion"));
  if (*fuse && !qwen3)
    return sim_fail(call, 400, "parameters.enable_fusion is not supported by this model");
  items->max_items = MAX_CONTENTS;
  if (vision) items->max_images = 8;
  const json_t *dims = under(call, "parameters", "dimension");
  if (!qwen3 && !vision) return sim_items_dims(items, dims, "dimension");
  return sim_items_sizes(items, dims, "dimension", qwen3 ? sizes : vision_sizes);
}

static void write_contents(struct sim_items *items, const json_t *contents, bool fuse) {
  struct sim_call *call = items->call;
  sim_text_adds(&call->out, "{\"output\":{\"embeddings\":[");
  for (size_t i = 0; i < items->slots_n; i++) {
    const json_t *content = json_array_get(contents, items->slot[i].item);
    bool both = fuse || json_object_size(content) > 1;
    const char *type = both ? "fusion" : json_object_get(content, "text") ? "text" : "image";
    sim_text_addf(&call->out, "%s{\"index\":%zu,\"type\":\"%s\",\"embedding\":", i ? "," : "",
                  items->slot[i].index, type);
    sim_items_write(items, i, SIM_FLOAT);
    sim_text_adds(&call->out, "}");
  }
  sim_text_addf(&call->out,
                "]},\"usage\":{\"input_tokens\":%zu,\"image_tokens\":%zu,\"total_tokens\":%zu},"
                "\"request_id\":\"sim-request\"}",
                items->tokens, call->images * 896, items->tokens + call->images * 896);
}

void sim_dashscope_multimodal(struct sim_call *call) {
  struct sim_items items;
  struct kinds kinds = {0};
  bool fuse = false;
  sim_items_start(&items, call);
  const json_t *contents = under(call, "input", "contents");
  bool fine = check_multimodal(&items, &fuse);
  size_t n = json_array_size(contents);
  if (fine && n == 0) fine = sim_fail(call, 400, "input.contents must be a non-empty array");
  if (fine && n > MAX_CONTENTS)
    fine = sim_fail_words(call, 400, NULL, call->provider->too_many, n, MAX_CONTENTS, 0);
  for (size_t i = 0; fine && i < n; i++) {
    if (!fuse || i == 0) sim_items_next(&items);
    fine = read_content(&items, json_array_get(contents, i), i, &kinds);
  }
  if (fine && sim_model_has(call, " qwen2.5-vl ") && (kinds.texts > 1 || kinds.images > 1))
    fine = sim_fail(call, 400, "input.contents: each type may be given once at most");
  if (fine && sim_items_check(&items, "input.contents")) write_contents(&items, contents, fuse);
  sim_items_release(&items);
}
