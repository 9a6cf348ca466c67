/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* POST .../embeddings in OpenAI's shape, with each vendor's own rules from its row. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "items.h"

/* {"type":"image_url","image_url":DURI or {"url":DURI}} or {"image_base64":DURI}. */
static bool picture_part(struct sim_items *items, const json_t *part) {
  const json_t *url = json_object_get(part, "image_url");
  if (json_is_object(url)) url = json_object_get(url, "url");
  if (!url) url = json_object_get(part, "image_base64");
  if (!json_is_string(url)) return sim_fail(items->call, 400, "Invalid image part");
  struct sim_picture picture = {0};
  bool fine = sim_picture_data_uri(items->call, json_string_value(url), json_string_length(url),
                                   &picture) &&
              sim_items_picture(items, picture.bytes, picture.n, picture.declared);
  free(picture.bytes);
  return fine;
}

bool sim_items_parts(struct sim_items *items, const json_t *content) {
  if (json_is_string(content)) {
    sim_items_text(items, content);
    return true;
  }
  if (!json_is_array(content) || json_array_size(content) == 0)
    return sim_fail(items->call, 400, "'content' must be a non-empty array of parts");
  for (size_t i = 0; i < json_array_size(content); i++) {
    const json_t *part = json_array_get(content, i);
    const char *type = json_string_value(json_object_get(part, "type"));
    const json_t *text = json_object_get(part, "text");
    if (type && strcmp(type, "text") == 0 && json_is_string(text))
      sim_items_text(items, text);
    else if (type && strncmp(type, "image", 5) == 0) {
      if (!picture_part(items, part)) return false;
    } else {
      return sim_fail(items->call, 400, "Invalid content part %zu", i);
    }
  }
  return true;
}

/* Jina's {"text":..} or {"image":bare base64 or data URI}. */
static bool object_item(struct sim_items *items, const json_t *object) {
  const json_t *text = json_object_get(object, "text");
  const json_t *image = json_object_get(object, "image");
  if (json_is_string(text) && !image) {
    sim_items_text(items, text);
    return true;
  }
  if (!json_is_string(image) || text)
    return sim_fail(items->call, 422, "Each input object must hold either 'text' or 'image'");
  const char *data = json_string_value(image);
  size_t n = json_string_length(image);
  struct sim_picture picture = {0};
  bool fine = strncmp(data, "data:", 5) == 0 || strncmp(data, "http", 4) == 0
                  ? sim_picture_data_uri(items->call, data, n, &picture)
                  : sim_picture_base64(items->call, data, n, NULL, &picture);
  fine = fine && sim_items_picture(items, picture.bytes, picture.n, picture.declared);
  free(picture.bytes);
  return fine;
}

/* llama.cpp's {"prompt_string":"..<__media__>..","multimodal_data":["base64",...]}. */
static bool media_item(struct sim_items *items, const json_t *object) {
  static const char marker[] = "<__media__>";
  const json_t *prompt = json_object_get(object, "prompt_string");
  const json_t *media = json_object_get(object, "multimodal_data");
  if (!json_is_string(prompt)) return sim_fail(items->call, 400, "\"prompt_string\" is required");
  size_t markers = 0;
  struct sim_text words = {0};
  const char *at = json_string_value(prompt);
  for (const char *next; (next = strstr(at, marker)); at = next + sizeof marker - 1) {
    sim_text_add(&words, at, (size_t)(next - at));
    markers++;
  }
  sim_text_adds(&words, at);
  bool fine = markers == json_array_size(media);
  if (!fine)
    sim_fail(items->call, 400, "number of bitmaps (%zu) does not match number of markers (%zu)",
             json_array_size(media), markers);
  for (size_t i = 0; fine && i < markers; i++) {
    const json_t *data = json_array_get(media, i);
    struct sim_picture picture = {0};
    fine = json_is_string(data)
               ? sim_picture_base64(items->call, json_string_value(data), json_string_length(data),
                                    NULL, &picture)
               : sim_fail(items->call, 400, "multimodal_data must hold base64 strings");
    fine = fine && sim_items_picture(items, picture.bytes, picture.n, NULL);
    free(picture.bytes);
  }
  json_t *rest = fine && words.n ? json_stringn(words.data, words.n) : NULL;
  if (rest) {
    char *copy = sim_copy(words.data, words.n);
    struct sim_item *item = &items->item[items->n - 1];
    if (item->n == 0) {
      item->text = item->owned = copy;
      item->n = words.n;
    } else {
      sim_items_text(items, rest);
      free(copy);
    }
    json_decref(rest);
  }
  sim_text_release(&words);
  return fine;
}

static bool read_item(struct sim_items *items, const json_t *value, size_t i) {
  unsigned flags = items->call->provider->flags;
  sim_items_next(items);
  if (json_is_string(value)) {
    sim_items_text(items, value);
    return true;
  }
  if (json_is_object(value) && flags & SIM_OBJECTS) return object_item(items, value);
  if (json_is_object(value) && flags & SIM_MEDIA && json_object_get(value, "prompt_string"))
    return media_item(items, value);
  if (json_is_object(value) && flags & SIM_CONTENTS)
    return sim_items_parts(items, json_object_get(value, "content"));
  char param[48], message[96];
  snprintf(param, sizeof param, "input[%zu]", i);
  snprintf(message, sizeof message, "Invalid type for '%s': expected a string", param);
  return sim_fail_param(items->call, 400, param, "invalid_type", message);
}

static bool read_input(struct sim_items *items) {
  struct sim_call *call = items->call;
  const json_t *input = json_object_get(call->root, "input");
  const json_t *messages = json_object_get(call->root, "messages");
  if (!input && json_is_array(messages) && call->provider->flags & SIM_CONTENTS) {
    sim_items_next(items);
    for (size_t i = 0; i < json_array_size(messages); i++) {
      const json_t *message = json_array_get(messages, i);
      if (!sim_items_parts(items, json_object_get(message, "content"))) return false;
    }
    return true;
  }
  if (json_is_string(input)) return read_item(items, input, 0);
  if (!json_is_array(input))
    return sim_fail_param(call, 400, "input", "missing_required_parameter",
                          "Missing required parameter: 'input'.");
  if (json_array_size(input) == 0)
    return sim_fail_param(call, 400, "input", NULL, "Invalid 'input': must not be empty.");
  for (size_t i = 0; i < json_array_size(input); i++)
    if (!read_item(items, json_array_get(input, i), i)) return false;
  return true;
}

static bool read_dtype(struct sim_items *items) {
  struct sim_call *call = items->call;
  enum sim_encoding rule = call->provider->encoding;
  const char *name = rule == SIM_ENC_TYPE_FIELD ? "embedding_type" : "encoding_format";
  const json_t *value = json_object_get(call->root, name);
  items->dtype = SIM_FLOAT;
  if (json_is_array(value) && (rule == SIM_ENC_TYPE_FIELD || rule == SIM_ENC_ANY))
    value = json_array_get(value, 0);
  if (!value || json_is_null(value) || rule == SIM_ENC_IGNORED) {
    const char *output = json_string_value(json_object_get(call->root, "output_dtype"));
    if (output) items->dtype = sim_dtype_named(output);
    return items->dtype != SIM_NO_DTYPE ||
           sim_fail_param(call, 400, "output_dtype", NULL, "Invalid value for 'output_dtype'.");
  }
  items->dtype = sim_dtype_named(json_string_value(value));
  bool fine = items->dtype != SIM_NO_DTYPE;
  if (rule == SIM_ENC_BOTH) fine = items->dtype == SIM_FLOAT || items->dtype == SIM_BASE64;
  if (rule == SIM_ENC_BASE64_ONLY) fine = items->dtype == SIM_BASE64;
  if (rule == SIM_ENC_TYPE_FIELD) fine = fine && items->dtype != SIM_INT8;
  if (fine) return true;
  char message[128];
  snprintf(message, sizeof message, "Invalid value for '%s': '%.40s'", name,
           json_is_string(value) ? json_string_value(value) : "(not a string)");
  return sim_fail_param(call, 400, name, NULL, message);
}

/* A field whose value must be one of the words of the list (" a b "), or null. */
static bool read_word(struct sim_call *call, const char *name, const char *list) {
  const json_t *value = json_object_get(call->root, name);
  if (!value || json_is_null(value)) return true;
  char padded[64];
  snprintf(padded, sizeof padded, " %.60s ",
           json_is_string(value) ? json_string_value(value) : "?");
  return strstr(list, padded) || sim_fail(call, 400, "Invalid value for '%s'", name);
}

static void write_reply(struct sim_items *items) {
  struct sim_call *call = items->call;
  unsigned flags = call->provider->flags;
  struct sim_text *out = &call->out;
  sim_text_adds(out, "{\"object\":\"list\",\"data\":[");
  for (size_t i = 0; i < items->slots_n; i++) {
    sim_text_adds(out, i ? ",{\"object\":\"embedding\"" : "{\"object\":\"embedding\"");
    if (!(flags & SIM_NO_INDEX)) sim_text_addf(out, ",\"index\":%zu", items->slot[i].index);
    sim_text_adds(out, ",\"embedding\":");
    sim_items_write(items, i, items->dtype);
    sim_text_adds(out, "}");
  }
  sim_text_adds(out, "],\"model\":");
  const char *model = json_string_value(json_object_get(call->root, "model"));
  sim_text_quotes(out, model ? model : *call->segment ? call->segment : "sim");
  if (!(flags & SIM_NO_USAGE)) {
    sim_text_adds(out, ",\"usage\":{");
    if (!(flags & SIM_TOTAL_ONLY)) sim_text_addf(out, "\"prompt_tokens\":%zu,", items->tokens);
    sim_text_addf(out, "\"total_tokens\":%zu}", items->tokens);
  }
  sim_text_adds(out, "}");
}

void sim_openai_embed(struct sim_call *call) {
  const struct sim_provider *provider = call->provider;
  struct sim_items items;
  sim_items_start(&items, call);
  if (sim_check_fields(call, provider->refused, provider->fields) && sim_check_model(call) &&
      read_word(call, "task",
                " retrieval.query retrieval.passage text-matching classification separation "
                "code.query code.passage ") &&
      (strcmp(provider->name, "voyage") != 0 ||
       read_word(call, "input_type", " query document ")) &&
      read_dtype(&items) && read_input(&items) && sim_items_check(&items, "input"))
    write_reply(&items);
  sim_items_release(&items);
}

/* Voyage's multimodal endpoint: inputs[i].content is a list of parts, one vector each. */
void sim_voyage_multimodal(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  const json_t *inputs = json_object_get(call->root, "inputs");
  bool fine = sim_check_model(call) && read_word(call, "input_type", " query document ") &&
              read_dtype(&items);
  if (fine && json_array_size(inputs) == 0)
    fine = sim_fail(call, 400, "'inputs' must be a non-empty array");
  for (size_t i = 0; fine && i < json_array_size(inputs); i++) {
    sim_items_next(&items);
    fine = sim_items_parts(&items, json_object_get(json_array_get(inputs, i), "content"));
  }
  if (fine && sim_items_check(&items, "inputs")) write_reply(&items);
  sim_items_release(&items);
}
