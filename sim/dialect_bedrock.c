/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bedrock's InvokeModel, one body for each family of models: Titan text, Titan image, Nova, Cohere.
 */
#include <string.h>

#include "items.h"

/* The model's own name: without what an ARN and a region's inference profile put before it. */
static const char *model_name(const struct sim_call *call) {
  static const char *const regions[] = {"us.", "eu.", "apac.", "global.", "us-gov.", "jp.", "au."};
  const char *name = call->segment;
  const char *slash = strrchr(name, '/');
  if (strncmp(name, "arn:", 4) == 0 && slash) name = slash + 1;
  for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
    if (strncmp(name, regions[i], strlen(regions[i])) == 0) return name + strlen(regions[i]);
  return name;
}

static bool bad(struct sim_call *call, const char *why) {
  return sim_fail(call, 400,
                  "Malformed input request: %s, please reformat your input and try again.", why);
}

/* Unknown keys of a nested object. */
static bool check_object(struct sim_call *call, const json_t *object, const char *fields) {
  const char *name;
  json_t *value;
  if (!json_is_object(object)) return bad(call, "expected type: JSONObject");
  json_object_foreach((json_t *)(uintptr_t)object, name, value) {
    if (!sim_listed(fields, name)) return sim_fail_field(call, name);
  }
  return true;
}

static bool add_text(struct sim_items *items, const json_t *text) {
  if (!json_is_string(text)) return bad(items->call, "#/inputText: expected type: String");
  if (json_string_length(text) == 0)
    return bad(items->call, "#/inputText: expected minLength: 1, actualLength: 0");
  sim_items_text(items, text);
  return true;
}

static void write_embedding(struct sim_items *items, enum sim_dtype dtype) {
  if (items->slots_n)
    sim_items_write(items, 0, dtype);
  else
    sim_text_adds(&items->call->out, "[]");
}

/* The tokens of the answer are in a header, too. */
static void count_tokens(struct sim_items *items) {
  sim_reply_header(items->call, "x-amzn-bedrock-input-token-count", "%zu", items->tokens);
  sim_reply_header(items->call, "x-amzn-bedrock-invocation-latency", "1");
}

static bool read_types(struct sim_items *items, bool *floats, bool *bits) {
  const json_t *types = json_object_get(items->call->root, "embeddingTypes");
  *floats = !types;
  *bits = false;
  if (types && json_array_size(types) == 0)
    return bad(items->call, "#/embeddingTypes: expected minimum item count: 1, found: 0");
  for (size_t i = 0; i < json_array_size(types); i++) {
    const char *type = json_string_value(json_array_get(types, i));
    if (!type || !sim_listed(" float binary ", type))
      return bad(items->call, "#/embeddingTypes/0: is not a valid enum value");
    *(*type == 'f' ? floats : bits) = true;
  }
  return true;
}

static void titan_text(struct sim_call *call, bool second) {
  static const int sizes[] = {256, 512, 1024, 0};
  struct sim_items items;
  bool floats, bits;
  sim_items_start(&items, call);
  sim_items_next(&items);
  items.cuts = false;
  if (json_is_false(json_object_get(call->root, "normalize"))) items.length = SIM_LONG;
  if (sim_check_fields(
          call, NULL, second ? " inputText dimensions normalize embeddingTypes " : " inputText ") &&
      add_text(&items, json_object_get(call->root, "inputText")) &&
      sim_items_sizes(&items, json_object_get(call->root, "dimensions"), "dimensions", sizes) &&
      read_types(&items, &floats, &bits) && sim_items_check(&items, "inputText")) {
    struct sim_text *out = &call->out;
    sim_text_adds(out, "{");
    if (floats) {
      sim_text_adds(out, "\"embedding\":");
      write_embedding(&items, SIM_FLOAT);
      sim_text_adds(out, ",");
    }
    if (second) sim_text_adds(out, "\"embeddingsByType\":{");
    if (second && floats) {
      sim_text_adds(out, "\"float\":");
      write_embedding(&items, SIM_FLOAT);
    }
    if (second && bits) {
      sim_text_adds(out, floats ? ",\"binary\":" : "\"binary\":");
      write_embedding(&items, SIM_BITS);
    }
    sim_text_addf(out, "%s\"inputTextTokenCount\":%zu}", second ? "}," : "", items.tokens);
    count_tokens(&items);
  }
  sim_items_release(&items);
}

static bool read_titan_image(struct sim_items *items) {
  static const int sizes[] = {256, 384, 1024, 0};
  struct sim_call *call = items->call;
  const json_t *text = json_object_get(call->root, "inputText");
  const json_t *image = json_object_get(call->root, "inputImage");
  const json_t *config = json_object_get(call->root, "embeddingConfig");
  const json_t *dims = json_object_get(config, "outputEmbeddingLength");
  items->max_edge = 2048;
  if (!text && !image)
    return sim_fail(call, 400, "At least one of inputText or inputImage must be provided");
  if (config && !check_object(call, config, " outputEmbeddingLength ")) return false;
  if (!sim_items_sizes(items, dims, "outputEmbeddingLength", sizes)) return false;
  if (text && !add_text(items, text)) return false;
  if (json_string_length(text) > 256 * 4)
    return sim_fail(call, 400,
                    "Too many input tokens. Max input tokens: 256, request input token "
                    "count: %zu",
                    sim_tokens(json_string_length(text)));
  if (image && strncmp(json_string_value(image) ? json_string_value(image) : "", "data:", 5) == 0)
    return sim_fail(call, 400, "Invalid Base64 image");
  return !image || sim_items_base64(items, image, NULL);
}

static void titan_image(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  sim_items_next(&items);
  items.cuts = false;
  if (sim_check_fields(call, NULL, " inputText inputImage embeddingConfig ") &&
      read_titan_image(&items) && sim_items_check(&items, "inputText")) {
    const json_t *text = json_object_get(call->root, "inputText");
    sim_text_adds(&call->out, "{\"embedding\":");
    write_embedding(&items, SIM_FLOAT);
    sim_text_addf(&call->out, ",\"inputTextTokenCount\":%zu,\"message\":null}",
                  text ? sim_tokens(json_string_length(text)) : 0);
    count_tokens(&items);
  }
  sim_items_release(&items);
}

/* {"format":..,"detailLevel":..,"source":{"bytes":..}} */
static bool read_nova_image(struct sim_items *items, const json_t *image) {
  struct sim_call *call = items->call;
  const char *format = json_string_value(json_object_get(image, "format"));
  const json_t *source = json_object_get(image, "source");
  const char *detail = json_string_value(json_object_get(image, "detailLevel"));
  if (!check_object(call, image, " format detailLevel source ")) return false;
  if (!format || !sim_listed(" png jpeg gif webp ", format))
    return bad(call, "image.format must be one of png, jpeg, gif, webp");
  if (detail && !sim_listed(" STANDARD_IMAGE DOCUMENT_IMAGE ", detail))
    return bad(call, "image.detailLevel is not a valid enum value");
  if (!check_object(call, source, " bytes ")) return false;
  char type[32] = "image/";
  strcat(type, format);
  return sim_items_base64(items, json_object_get(source, "bytes"), type);
}

static bool read_nova_text(struct sim_items *items, const json_t *text) {
  struct sim_call *call = items->call;
  const char *mode = json_string_value(json_object_get(text, "truncationMode"));
  if (!check_object(call, text, " truncationMode value source ")) return false;
  if (!mode || !sim_listed(" START END NONE ", mode))
    return bad(call, "text.truncationMode must be one of START, END, NONE");
  items->cuts = strcmp(mode, "NONE") != 0;
  return add_text(items, json_object_get(text, "value"));
}

static bool read_nova(struct sim_items *items) {
  static const int sizes[] = {256, 384, 1024, 3072, 0};
  static const char purposes[] =
      " GENERIC_INDEX GENERIC_RETRIEVAL TEXT_RETRIEVAL IMAGE_RETRIEVAL VIDEO_RETRIEVAL "
      "DOCUMENT_RETRIEVAL AUDIO_RETRIEVAL CLASSIFICATION CLUSTERING ";
  struct sim_call *call = items->call;
  const char *task = json_string_value(json_object_get(call->root, "taskType"));
  const json_t *params = json_object_get(call->root, "singleEmbeddingParams");
  const char *purpose = json_string_value(json_object_get(params, "embeddingPurpose"));
  const json_t *text = json_object_get(params, "text");
  const json_t *image = json_object_get(params, "image");
  if (!sim_check_fields(call, NULL, " schemaVersion taskType singleEmbeddingParams ") ||
      !sim_check_word(call, "schemaVersion", " nova-multimodal-embed-v1 "))
    return false;
  if (!task || strcmp(task, "SINGLE_EMBEDDING") != 0)
    return bad(call, "taskType must be SINGLE_EMBEDDING");
  if (!check_object(call, params, " embeddingPurpose embeddingDimension text image ")) return false;
  if (!purpose || !sim_listed(purposes, purpose))
    return bad(call, "singleEmbeddingParams.embeddingPurpose is not a valid enum value");
  if ((text != NULL) + (image != NULL) != 1)
    return bad(call, "exactly one of text, image, audio or video must be given");
  return sim_items_sizes(items, json_object_get(params, "embeddingDimension"), "embeddingDimension",
                         sizes) &&
         (text ? read_nova_text(items, text) : read_nova_image(items, image));
}

static void nova(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  sim_items_next(&items);
  items.cuts = false;
  if (read_nova(&items) && sim_items_check(&items, "singleEmbeddingParams")) {
    sim_text_addf(&call->out, "{\"embeddings\":[{\"embeddingType\":\"%s\",\"embedding\":",
                  call->images ? "IMAGE" : "TEXT");
    write_embedding(&items, SIM_FLOAT);
    sim_text_adds(&call->out, "}]}");
    count_tokens(&items);
  }
  sim_items_release(&items);
}

static bool begins(const char *name, const char *start) {
  return strncmp(name, start, strlen(start)) == 0;
}

void sim_bedrock_invoke(struct sim_call *call) {
  const char *name = model_name(call);
  if (begins(name, "amazon.titan-embed-text-v1"))
    titan_text(call, false);
  else if (begins(name, "amazon.titan-embed-text-v2:0"))
    titan_text(call, true);
  else if (begins(name, "amazon.titan-embed-image-v1"))
    titan_image(call);
  else if (begins(name, "amazon.nova-2-multimodal-embeddings-v1:0"))
    nova(call);
  else if (begins(name, "cohere.embed-english-v3") ||
           begins(name, "cohere.embed-multilingual-v3") || begins(name, "cohere.embed-v4:0"))
    sim_bedrock_cohere(call);
  else
    sim_fail(call, 400, "The provided model identifier is invalid.");
}
