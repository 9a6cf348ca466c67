/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reading, checking and ordering the inputs of an embedding request. */
#include "items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caption.h"

#define MAX_TEXT (8192 * 4) /* bytes of one input, at four a token */

size_t sim_tokens(size_t bytes) { return bytes == 0 ? 1 : (bytes + 3) / 4; }

static bool truncates(const struct sim_call *call) {
  const struct sim_provider *provider = call->provider;
  if (!provider->truncate_field) return false;
  const json_t *value = json_object_get(call->root, provider->truncate_field);
  if (json_is_boolean(value)) return json_is_true(value);
  if (json_is_string(value)) return strcmp(json_string_value(value), "NONE") != 0;
  return provider->truncates;
}

void sim_items_start(struct sim_items *items, struct sim_call *call) {
  const struct sim_provider *provider = call->provider;
  memset(items, 0, sizeof *items);
  items->call = call;
  items->max_items = provider->max_items;
  items->max_images = provider->max_images;
  items->max_tokens = provider->max_tokens;
  items->max_text = MAX_TEXT;
  if (call->options->no_limits) {
    items->max_tokens = 0;
    items->max_text = SIZE_MAX;
  }
  items->max_edge = provider->max_edge;
  items->cuts = truncates(call);
  items->dims = (size_t)call->options->dims;
  items->length = call->fault->unnormalised ? SIM_LONG : 1;
  call->embeds = true;
}

void sim_items_release(struct sim_items *items) {
  for (size_t i = 0; i < items->n; i++) free(items->item[i].owned);
  free(items->item);
  free(items->slot);
  memset(items, 0, sizeof *items);
}

void sim_items_next(struct sim_items *items) {
  if (items->n == items->capacity) {
    items->capacity = items->capacity ? items->capacity * 2 : 16;
    items->item = sim_grow(items->item, items->capacity * sizeof *items->item);
  }
  items->item[items->n++] = (struct sim_item){"", 0, NULL};
}

static void add(struct sim_items *items, const char *text, size_t n, bool borrow) {
  struct sim_item *item = &items->item[items->n - 1];
  if (item->n == 0 && borrow) {
    item->text = text;
    item->n = n;
    return;
  }
  size_t gap = item->n ? 1 : 0;
  char *joined = sim_alloc(item->n + gap + n + 1);
  memcpy(joined, item->text, item->n);
  if (gap) joined[item->n] = ' ';
  memcpy(joined + item->n + gap, text, n);
  item->n += gap + n;
  free(item->owned);
  item->text = item->owned = joined;
}

void sim_items_text(struct sim_items *items, const json_t *string) {
  add(items, json_string_value(string), json_string_length(string), true);
}

void sim_items_words(struct sim_items *items, const char *text, size_t n) {
  add(items, text, n, false);
}

/* Whether the model takes pictures, of this type and size, and one more of them. */
static bool check_picture(struct sim_items *items, const struct sim_caption *caption) {
  struct sim_call *call = items->call;
  const struct sim_provider *provider = call->provider;
  if (provider->image_models && !sim_model_has(call, provider->image_models))
    return sim_fail(call, 400, "The model '%.80s' does not support image input", sim_model(call));
  if (items->max_images && call->images >= items->max_images)
    return sim_fail(call, 400, "Too many images: at most %zu are allowed in one request",
                    items->max_images);
  if (provider->flags & SIM_JPEG_PNG && strcmp(caption->media_type, "image/png") != 0 &&
      strcmp(caption->media_type, "image/jpeg") != 0)
    return sim_fail(call, 400, "Unsupported MIME type: %s", caption->media_type);
  if (items->max_edge && (caption->width > items->max_edge || caption->height > items->max_edge))
    return sim_fail(call, 400, "Image exceeds max pixels allowed");
  return true;
}

bool sim_items_picture(struct sim_items *items, const unsigned char *bytes, size_t n,
                       const char *declared) {
  struct sim_caption caption;
  if (!sim_caption(bytes, n, declared, &caption))
    return sim_fail(items->call, 400, "Invalid image: %s", caption.why);
  if (!check_picture(items, &caption)) return false;
  add(items, caption.text, strlen(caption.text), false);
  items->call->images++;
  items->pixels += (size_t)caption.width * caption.height;
  return true;
}

static bool add_picture(struct sim_items *items, struct sim_picture *picture, bool read) {
  bool fine = read && sim_items_picture(items, picture->bytes, picture->n, picture->declared);
  free(picture->bytes);
  return fine;
}

bool sim_items_uri(struct sim_items *items, const json_t *value) {
  struct sim_picture picture = {0};
  if (!json_is_string(value)) return sim_fail(items->call, 400, "Invalid image: not a string");
  const char *uri = json_string_value(value);
  return add_picture(items, &picture,
                     sim_picture_data_uri(items->call, uri, json_string_length(value), &picture));
}

bool sim_items_base64(struct sim_items *items, const json_t *value, const char *declared) {
  struct sim_picture picture = {0};
  if (!json_is_string(value)) return sim_fail(items->call, 400, "Invalid image: not a string");
  return add_picture(items, &picture,
                     sim_picture_base64(items->call, json_string_value(value),
                                        json_string_length(value), declared, &picture));
}

bool sim_items_uri_or_base64(struct sim_items *items, const json_t *value) {
  const char *text = json_string_value(value);
  bool uri = text && (strncmp(text, "data:", 5) == 0 || strncmp(text, "http", 4) == 0);
  return uri ? sim_items_uri(items, value) : sim_items_base64(items, value, NULL);
}

bool sim_items_strings(struct sim_items *items, const json_t *value, const char *name) {
  if (json_is_string(value)) {
    sim_items_next(items);
    sim_items_text(items, value);
    return true;
  }
  if (!json_is_array(value))
    return sim_fail(items->call, value ? 400 : 422,
                    value ? "Invalid type for '%s': expected a string or an array of strings"
                          : "Missing required parameter: '%s'",
                    name);
  for (size_t i = 0; i < json_array_size(value); i++) {
    const json_t *string = json_array_get(value, i);
    if (!json_is_string(string))
      return sim_fail(items->call, 400, "Invalid type for '%s[%zu]': expected a string", name, i);
    sim_items_next(items);
    sim_items_text(items, string);
  }
  return true;
}

bool sim_items_dims(struct sim_items *items, const json_t *value, const char *name) {
  if (!value || json_is_null(value)) return true;
  json_int_t dims = json_integer_value(value);
  if (!json_is_integer(value) || dims < 1 || dims > SIM_MAX_DIMS) {
    char message[128];
    snprintf(message, sizeof message, "Invalid value for '%.40s': expected an integer from 1 to %d",
             name, SIM_MAX_DIMS);
    return sim_fail_param(items->call, 400, name, NULL, message);
  }
  items->dims = (size_t)dims;
  return true;
}

bool sim_items_sizes(struct sim_items *items, const json_t *value, const char *name,
                     const int *sizes) {
  if (!sim_items_dims(items, value, name)) return false;
  if (!value || json_is_null(value)) return true;
  for (const int *size = sizes; *size; size++)
    if ((size_t)*size == items->dims) return true;
  char message[128];
  snprintf(message, sizeof message, "Invalid value for '%.40s': %zu is not supported by the model",
           name, items->dims);
  return sim_fail_param(items->call, 400, name, NULL, message);
}

/* Cuts the text to `max` bytes, at a UTF-8 boundary. */
static void truncate_item(struct sim_item *item, size_t max) {
  while (max && ((unsigned char)item->text[max] & 0xC0) == 0x80) max--;
  item->n = max;
}

static bool is_empty(const struct sim_item *item, unsigned flags) {
  size_t blank = 0;
  while (flags & SIM_NO_BLANKS && blank < item->n && strchr(" \t\r\n", item->text[blank])) blank++;
  return blank == item->n && !(flags & SIM_EMPTY_OK);
}

static bool check_each(struct sim_items *items, const char *name) {
  struct sim_call *call = items->call;
  const struct sim_provider *provider = call->provider;
  items->tokens = 0;
  for (size_t i = 0; i < items->n; i++) {
    struct sim_item *item = &items->item[i];
    if (is_empty(item, provider->flags))
      return sim_fail_words(call, provider->empty_status ? provider->empty_status : 400, name,
                            provider->empty ? provider->empty : "input {i} is empty", 0, 0, i);
    if (memmem(item->text, item->n, "POISON", 6))
      return sim_fail(call, 400, "Invalid '%s[%zu]': poisoned input", name, i);
    if (item->n > items->max_text && items->cuts) {
      truncate_item(item, items->max_text);
      items->cut = true;
    }
    if (item->n > items->max_text)
      return sim_fail(call, 400,
                      "Invalid '%s[%zu]': maximum context length is %zu tokens, however you "
                      "requested %zu tokens",
                      name, i, items->max_text / 4, sim_tokens(item->n));
    items->tokens += sim_tokens(item->n);
  }
  if (items->max_tokens && items->tokens > items->max_tokens)
    return sim_fail(call, 400, "Too many tokens in batch. Max is %zu got %zu", items->max_tokens,
                    items->tokens);
  return true;
}

static void make_slots(struct sim_items *items) {
  const struct sim_fault *fault = items->call->fault;
  size_t n = items->n;
  items->slot = sim_alloc((n + 8) * sizeof *items->slot);
  for (size_t i = 0; i < n; i++) items->slot[i] = (struct sim_slot){i, i};
  for (int extra = fault->count; extra > 0 && extra <= 8 && items->n; extra--, n++)
    items->slot[n] = (struct sim_slot){items->n - 1, n};
  for (int fewer = fault->count; fewer < 0 && n; fewer++) n--;
  uint64_t random = items->call->random;
  bool reorder = fault->reorder && !(items->call->provider->flags & SIM_NO_INDEX);
  for (size_t i = n; reorder && i > 1; i--) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    size_t other = (size_t)(random >> 33) % i;
    struct sim_slot swap = items->slot[i - 1];
    items->slot[i - 1] = items->slot[other];
    items->slot[other] = swap;
  }
  /* A shuffle may leave all in place; then turn them round. */
  bool moved = n < 2;
  for (size_t i = 0; i < n; i++) moved |= items->slot[i].item != i;
  if (reorder && !moved) {
    struct sim_slot swap = items->slot[0];
    items->slot[0] = items->slot[n - 1];
    items->slot[n - 1] = swap;
  }
  if (fault->dupindex && n > 1) items->slot[1].index = items->slot[0].index;
  items->slots_n = n;
}

bool sim_items_check(struct sim_items *items, const char *name) {
  struct sim_call *call = items->call;
  const struct sim_provider *provider = call->provider;
  call->items = items->n;
  if (items->max_items && items->n > items->max_items)
    return sim_fail_words(call, provider->too_many_status ? provider->too_many_status : 400, name,
                          provider->too_many ? provider->too_many
                                             : "{got} inputs, at most {max} are allowed",
                          items->n, items->max_items, 0);
  if (!check_each(items, name)) return false;
  if (provider->dims_field) {
    const json_t *dims = json_object_get(call->root, provider->dims_field);
    if (!sim_items_dims(items, dims, provider->dims_field)) return false;
  }
  make_slots(items);
  return true;
}

void sim_items_write(struct sim_items *items, size_t slot, enum sim_dtype dtype) {
  const struct sim_fault *fault = items->call->fault;
  const struct sim_item *item = &items->item[items->slot[slot].item];
  struct sim_text *out = &items->call->out;
  size_t dims = items->dims;
  if (fault->wrongdims && slot + 1 == items->slots_n && dims > 1) dims--;
  if (fault->nan && slot == 0) dtype = SIM_FLOAT;
  size_t start = out->n;
  sim_vector_write(out, item->text, item->n, dims, items->length, dtype);
  if (!fault->nan || slot != 0) return;
  size_t end = start + 1;
  while (end < out->n && out->data[end] != ',' && out->data[end] != ']') end++;
  struct sim_text rest = {0};
  sim_text_add(&rest, out->data + end, out->n - end);
  out->n = start + 1;
  sim_text_adds(out, "null");
  sim_text_add(out, rest.data, rest.n);
  sim_text_release(&rest);
}
