/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Inputs that are more than strings: content parts, messages, objects, media, pictures as URIs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "items.h"

static bool openai_part(struct sim_items *items, const json_t *part) {
  const json_t *image = json_object_get(part, "image_url");
  if (items->call->provider->flags & SIM_BLIND) return true;
  if (!json_is_object(image))
    return sim_fail(items->call, 400, "Invalid image part: 'image_url' must be an object");
  return sim_items_uri(items, json_object_get(image, "url"));
}

static bool voyage_part(struct sim_items *items, const json_t *part, const char *type) {
  struct sim_call *call = items->call;
  const char *image = json_string_value(json_object_get(part, type));
  if (!image) return sim_fail(call, 400, "Invalid image part: '%.20s' must be a string", type);
  bool data = strncmp(image, "data:", 5) == 0;
  if (data != (strcmp(type, "image_base64") == 0))
    return sim_fail(call, 400,
                    "Invalid image part: 'image_base64' takes a data URI, 'image_url' an address");
  return sim_items_uri(items, json_object_get(part, type));
}

bool sim_items_parts(struct sim_items *items, const json_t *content, enum sim_parts parts) {
  if (json_is_string(content) && parts == SIM_PARTS_OPENAI) {
    sim_items_text(items, content);
    return true;
  }
  if (!json_is_array(content) || json_array_size(content) == 0)
    return sim_fail(items->call, 400, "'content' must be a non-empty array of parts");
  for (size_t i = 0; i < json_array_size(content); i++) {
    const json_t *part = json_array_get(content, i);
    const char *type = json_string_value(json_object_get(part, "type"));
    const json_t *text = json_object_get(part, "text");
    bool url = type && strcmp(type, "image_url") == 0;
    bool base64 = type && strcmp(type, "image_base64") == 0 && parts == SIM_PARTS_VOYAGE;
    if (type && strcmp(type, "text") == 0 && json_is_string(text))
      sim_items_text(items, text);
    else if (!url && !base64)
      return sim_fail(items->call, 400, "Invalid content part %zu", i);
    else if (!(parts == SIM_PARTS_VOYAGE ? voyage_part(items, part, type)
                                         : openai_part(items, part)))
      return false;
  }
  return true;
}

/* Whether the messages hold words, as a string or as a part. */
static bool has_text(const json_t *messages) {
  for (size_t i = 0; i < json_array_size(messages); i++) {
    const json_t *content = json_object_get(json_array_get(messages, i), "content");
    if (json_is_string(content)) return true;
    for (size_t k = 0; k < json_array_size(content); k++)
      if (json_object_get(json_array_get(content, k), "text")) return true;
  }
  return false;
}

bool sim_items_messages(struct sim_items *items, const json_t *messages) {
  if (json_array_size(messages) == 0)
    return sim_fail(items->call, 400, "'messages' must not be empty");
  sim_items_next(items);
  for (size_t i = 0; i < json_array_size(messages); i++) {
    const json_t *message = json_array_get(messages, i);
    if (!json_is_string(json_object_get(message, "role")))
      return sim_fail(items->call, 400, "messages[%zu].role: Field required", i);
    if (!sim_items_parts(items, json_object_get(message, "content"), SIM_PARTS_OPENAI))
      return false;
  }
  bool single = sim_model_has(items->call, " clip siglip CLIP SigLIP ");
  if (single && items->call->images && has_text(messages))
    return sim_fail(items->call, 400, "CLIP accepts text-only or image-only inputs, no mixing");
  return true;
}

/* {"text":..} or {"image":bare base64 or URI}, one vector each. */
bool sim_item_object(struct sim_items *items, const json_t *value, size_t i) {
  const json_t *text = json_object_get(value, "text");
  const json_t *image = json_object_get(value, "image");
  if (json_object_size(value) != 1 || (!json_is_string(text) && !json_is_string(image)))
    return sim_fail(items->call, 422, "input[%zu]: an object must hold either 'text' or 'image'",
                    i);
  if (image) return sim_items_uri_or_base64(items, image);
  sim_items_text(items, text);
  return true;
}

/* {"content":[parts]}, fused. */
bool sim_item_contents(struct sim_items *items, const json_t *value, size_t i) {
  const json_t *content = json_object_get(value, "content");
  if (!content) return sim_fail(items->call, 400, "input[%zu]: 'content' is required", i);
  return sim_items_parts(items, content, SIM_PARTS_OPENAI);
}

/* Takes `marker` out of the prompt; returns how many there were. */
static size_t take_markers(const char *prompt, const char *marker, struct sim_text *words) {
  size_t markers = 0;
  for (const char *next; (next = strstr(prompt, marker)); prompt = next + strlen(marker)) {
    sim_text_add(words, prompt, (size_t)(next - prompt));
    markers++;
  }
  sim_text_adds(words, prompt);
  return markers;
}

/* llama.cpp's {"prompt_string":"..MARKER..","multimodal_data":["base64",...]}. */
bool sim_item_media(struct sim_items *items, const json_t *value, size_t i) {
  const json_t *prompt = json_object_get(value, "prompt_string");
  const json_t *media = json_object_get(value, "multimodal_data");
  if (!json_is_string(prompt))
    return sim_fail(items->call, 400, "input[%zu]: \"prompt_string\" must be a string", i);
  struct sim_text words = {0};
  size_t markers =
      take_markers(json_string_value(prompt), items->call->options->media_marker, &words);
  bool fine = markers == json_array_size(media);
  if (!fine)
    sim_fail(items->call, 400, "number of bitmaps (%zu) does not match number of markers (%zu)",
             json_array_size(media), markers);
  for (size_t k = 0; fine && k < markers; k++)
    fine = sim_items_base64(items, json_array_get(media, k), NULL);
  if (fine && words.n) sim_items_words(items, words.data, words.n);
  sim_text_release(&words);
  return fine;
}

/* A string that is a picture where the request's modality says so (rules.c checked the word). */
bool sim_item_uri(struct sim_items *items, const json_t *value, size_t i) {
  const char *modality = json_string_value(json_object_get(items->call->root, "modality"));
  if (!json_is_string(value)) return sim_fail(items->call, 422, "input[%zu]: not a string", i);
  if (modality && strcmp(modality, "image") == 0) return sim_items_uri(items, value);
  sim_items_text(items, value);
  return true;
}

/* The word for input i of `modality`, which is one word or a list of them; NULL for none. */
static const char *modality_of(const struct sim_call *call, size_t i) {
  const json_t *modality = json_object_get(call->root, "modality");
  return json_string_value(json_is_array(modality) ? json_array_get(modality, i) : modality);
}

/* A text, a data URI, or (VLM models, as `modality` says) both in one string. */
bool sim_item_nvidia(struct sim_items *items, const json_t *value, size_t i) {
  struct sim_call *call = items->call;
  const char *text = json_string_value(value);
  if (!text) return sim_fail(call, 400, "input[%zu]: expected a string", i);
  const char *uri = strstr(text, "data:image/");
  bool clip = sim_model_has(call, " nvclip ");
  const char *modality = modality_of(call, i);
  bool fits = !modality || strcmp(modality, "text") == 0;
  if (uri && !clip) fits = modality && strcmp(modality, uri > text ? "text_image" : "image") == 0;
  if (uri && clip) fits = fits && uri == text;
  if (!fits)
    return sim_fail(call, 400, "input[%zu] is not of the modality '%.20s'", i,
                    modality ? modality : "text");
  const char *type = json_string_value(json_object_get(call->root, "input_type"));
  if (uri && type && strcmp(type, "passage") != 0)
    return sim_fail(call, 400, "input[%zu]: images must have input_type 'passage'", i);
  if (!uri) {
    sim_items_text(items, value);
    return true;
  }
  json_t *picture = json_string(uri);
  bool fine = sim_items_uri(items, picture);
  json_decref(picture);
  if (fine && uri > text) sim_items_words(items, text, (size_t)(uri - text));
  return fine;
}

bool sim_items_read(struct sim_items *items, const json_t *value, const char *name) {
  struct sim_call *call = items->call;
  const struct sim_provider *provider = call->provider;
  bool list = json_is_array(value);
  size_t n = list ? json_array_size(value) : 1;
  char message[112];
  if (!value || json_is_null(value)) {
    snprintf(message, sizeof message, "Missing required parameter: '%.40s'.", name);
    return sim_fail_param(call, 400, name, "missing_required_parameter", message);
  }
  if (n == 0) return sim_fail(call, 400, "Invalid '%.40s': must not be empty.", name);
  for (size_t i = 0; i < n; i++) {
    const json_t *one = list ? json_array_get(value, i) : value;
    bool own = json_is_object(one) || provider->flags & SIM_URI_STRINGS;
    sim_items_next(items);
    if (own && provider->read_item) {
      if (!provider->read_item(items, one, i)) return false;
    } else if (json_is_string(one)) {
      sim_items_text(items, one);
    } else {
      char param[64];
      snprintf(param, sizeof param, "%.40s[%zu]", name, i);
      snprintf(message, sizeof message, "Invalid type for '%s': expected a string", param);
      return sim_fail_param(call, 400, param, "invalid_type", message);
    }
  }
  return true;
}
