/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The form vectors come back in, from the field of the request that says so. */
#include <stdio.h>
#include <string.h>

#include "items.h"

#define DTYPES " float int8 uint8 binary ubinary "

static bool refuse(struct sim_call *call, const char *name, const json_t *value) {
  char message[128];
  snprintf(message, sizeof message, "Invalid value for '%s': '%.40s'", name,
           json_is_string(value) ? json_string_value(value) : "(not a string)");
  return sim_fail_param(call, 400, name, NULL, message);
}

static bool in(const json_t *value, const char *list) {
  return json_is_string(value) && sim_listed(list, json_string_value(value));
}

/* encoding_format, with output_dtype beside it where the provider has that. */
static bool read_pair(struct sim_items *items, const char *formats, bool typed) {
  const json_t *format = json_object_get(items->call->root, "encoding_format");
  const json_t *dtype = typed ? json_object_get(items->call->root, "output_dtype") : NULL;
  if (format && !json_is_null(format) && !in(format, formats))
    return refuse(items->call, "encoding_format", format);
  if (dtype && !json_is_null(dtype)) {
    if (!in(dtype, DTYPES)) return refuse(items->call, "output_dtype", dtype);
    items->dtype = sim_dtype_named(json_string_value(dtype));
  }
  if (in(format, " base64 ")) items->dtype = sim_dtype_in_base64(items->dtype);
  return true;
}

/* One type, or a list of them, which makes every vector an object. */
static bool read_types(struct sim_items *items, const char *name, const char *known) {
  const json_t *value = json_object_get(items->call->root, name);
  if (!value || json_is_null(value)) return true;
  if (!json_is_array(value)) {
    if (!in(value, known)) return refuse(items->call, name, value);
    items->dtype = sim_dtype_named(json_string_value(value));
    return true;
  }
  size_t most = sizeof items->types / sizeof *items->types;
  for (size_t i = 0; i < json_array_size(value); i++) {
    const json_t *one = json_array_get(value, i);
    if (!in(one, known) || items->types_n == most) return refuse(items->call, name, one);
    items->types[items->types_n++] = sim_dtype_named(json_string_value(one));
  }
  return items->types_n || refuse(items->call, name, value);
}

/* Perplexity has no floats: bytes or packed bits, both in base64. */
static bool read_no_floats(struct sim_items *items) {
  const json_t *format = json_object_get(items->call->root, "encoding_format");
  if (format && !in(format, " base64_int8 base64_binary "))
    return refuse(items->call, "encoding_format", format);
  items->dtype = in(format, " base64_binary ") ? SIM_BASE64_UBINARY : SIM_BASE64_INT8;
  return true;
}

/* Vectors of another length than 1, where a provider leaves that to a field. */
static void read_length(struct sim_items *items) {
  static const char *const fields[] = {"normalize", "normalized", "use_activation"};
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    if (json_is_false(json_object_get(items->call->root, fields[i]))) items->length = SIM_LONG;
  const json_t *norm = json_object_get(items->call->root, "embd_normalize");
  if (json_is_integer(norm) && json_integer_value(norm) != 2) items->length = SIM_LONG;
}

bool sim_items_encoding(struct sim_items *items) {
  read_length(items);
  switch (items->call->provider->encoding) {
  case SIM_ENC_BOTH: return read_pair(items, " float base64 ", false);
  case SIM_ENC_FLOAT: return read_pair(items, " float ", false);
  case SIM_ENC_DTYPE: return read_pair(items, " float base64 ", true);
  case SIM_ENC_BASE64_ONLY: return read_pair(items, " base64 ", true);
  case SIM_ENC_TYPE_FIELD:
    return read_types(items, "embedding_type", " float base64 binary ubinary ");
  case SIM_ENC_ANY:
    return read_types(items, "encoding_format", " float base64 int8 uint8 binary ubinary ");
  case SIM_ENC_NO_FLOATS: return read_no_floats(items);
  case SIM_ENC_IGNORED: break;
  }
  return true;
}
