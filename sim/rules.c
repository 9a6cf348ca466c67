/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What vendors of OpenAI-shaped embeddings ask for beyond their rows: rules that depend on the
 * model or on another field. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "items.h"

bool sim_check_word(struct sim_call *call, const char *name, const char *list) {
  const json_t *value = json_object_get(call->root, name);
  if (!value || json_is_null(value)) return true;
  if (json_is_string(value) && sim_listed(list, json_string_value(value))) return true;
  char message[128];
  snprintf(message, sizeof message, "Invalid value for '%.40s'", name);
  return sim_fail_param(call, 400, name, NULL, message);
}

static bool has(const struct sim_items *items, const char *name) {
  const json_t *value = json_object_get(items->call->root, name);
  return value && !json_is_null(value);
}

static bool refuse(struct sim_items *items, const char *name, const char *why) {
  char message[160];
  snprintf(message, sizeof message, "'%.40s' %.100s", name, why);
  return sim_fail_param(items->call, 400, name, NULL, message);
}

bool sim_rules_mistral(struct sim_items *items) {
  if (has(items, "output_dtype") && !sim_model_has(items->call, " codestral-embed "))
    return refuse(items, "output_dtype", "is not supported by this model");
  return true;
}

bool sim_rules_voyage(struct sim_items *items) {
  static const char strict[] = " -4-large -3-large code-3 finance-2 law-2 ";
  if (sim_model_has(items->call, " -lite ")) items->max_tokens = 1000000;
  if (sim_model_has(items->call, strict)) items->max_tokens = 120000;
  return sim_check_word(items->call, "input_type", " query document ");
}

bool sim_rules_jina(struct sim_items *items) {
  struct sim_call *call = items->call;
  const char *tasks = " retrieval.query retrieval.passage text-matching classification "
                      "separation ";
  if (sim_model_has(call, " clip "))
    tasks = " retrieval.query ";
  else if (sim_model_has(call, " -v4 "))
    tasks = " retrieval.query retrieval.passage text-matching code.query code.passage ";
  else if (sim_model_has(call, " jina-code "))
    tasks = " nl2code.query nl2code.passage code2code.query code2code.passage code2nl.query "
            "code2nl.passage code2completion.query code2completion.passage qa.query qa.passage ";
  if (sim_model_has(call, " -v4 ") && has(items, "normalized"))
    return sim_fail_field(call, "normalized");
  return sim_check_word(call, "task", tasks);
}

bool sim_rules_infinity(struct sim_items *items) {
  const char *modality = json_string_value(json_object_get(items->call->root, "modality"));
  if (modality && strcmp(modality, "image") == 0) items->max_items = 32;
  items->max_text = 122880;
  return sim_check_word(items->call, "modality", " text image ");
}

bool sim_rules_nvidia(struct sim_items *items) {
  struct sim_call *call = items->call;
  const char *model = sim_model(call);
  size_t n = strlen(model);
  bool suffixed = (n > 6 && strcmp(model + n - 6, "-query") == 0) ||
                  (n > 8 && strcmp(model + n - 8, "-passage") == 0);
  if (!sim_check_word(call, "input_type", " query passage ") ||
      !sim_check_word(call, "truncate", " NONE START END "))
    return false;
  if (sim_model_has(call, " nvclip ") && has(items, "input_type"))
    return refuse(items, "input_type", "is not supported by this model");
  if (sim_model_has(call, " embedqa e5 ") && !suffixed && !has(items, "input_type"))
    return refuse(items, "input_type", "parameter is required for asymmetric models");
  return true;
}

bool sim_rules_github(struct sim_items *items) {
  if (strchr(sim_model(items->call), '/')) return true;
  return sim_fail_param(items->call, 400, NULL, "unknown_model",
                        "Unknown model: expected publisher/name");
}

bool sim_rules_siliconflow(struct sim_items *items) {
  if (has(items, "dimensions") && !sim_model_has(items->call, " Qwen3 "))
    return refuse(items, "dimensions", "is not supported by this model");
  return true;
}

/* The compatible endpoint: counts and sizes by the generation of text-embedding-vN. */
bool sim_rules_dashscope(struct sim_items *items) {
  static const int sizes[] = {2048, 1536, 1024, 768, 512, 256, 128, 64, 0};
  struct sim_call *call = items->call;
  bool old = sim_model_has(call, " -v1 -v2 ");
  items->max_items = old ? 25 : 10;
  if (old) items->max_text = 2048 * 4;
  if (old && has(items, "dimensions"))
    return refuse(items, "dimensions", "is not supported by this model");
  return sim_items_sizes(items, json_object_get(call->root, "dimensions"), "dimensions",
                         sim_model_has(call, " -v3 ") ? sizes + 2 : sizes);
}

bool sim_rules_zhipu(struct sim_items *items) {
  static const int sizes[] = {256, 512, 1024, 2048, 0};
  const json_t *dims = json_object_get(items->call->root, "dimensions");
  if (dims && !sim_model_has(items->call, " embedding-3 "))
    return refuse(items, "dimensions", "is not supported by this model");
  return sim_items_sizes(items, dims, "dimensions", sizes);
}

bool sim_rules_upstage(struct sim_items *items) {
  const char *model = sim_model(items->call);
  const char *end = strrchr(model, '-');
  if (end && (strcmp(end, "-query") == 0 || strcmp(end, "-passage") == 0)) return true;
  return sim_fail_param(items->call, 400, "model", "invalid_model",
                        "The requested model is invalid or no longer supported: the name of an "
                        "embedding model ends in -query or -passage");
}

bool sim_rules_perplexity(struct sim_items *items) {
  const json_t *dims = json_object_get(items->call->root, "dimensions");
  json_int_t most = sim_model_has(items->call, " -4b ") ? 2560 : 1024;
  json_int_t value = json_integer_value(dims);
  if (dims && (value < 128 || value > most))
    return refuse(items, "dimensions", "is out of the range of this model");
  return true;
}

bool sim_rules_vllm(struct sim_items *items) {
  if (has(items, "input") && has(items, "messages"))
    return refuse(items, "messages", "must not be given together with 'input'");
  return true;
}

bool sim_rules_openrouter(struct sim_items *items) {
  return sim_check_word(items->call, "input_type",
                        " search_query search_document classification clustering query document "
                        "passage ");
}
