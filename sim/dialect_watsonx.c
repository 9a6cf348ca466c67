/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* IBM: an API key becomes a token at one place, and texts become vectors for the token at another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "items.h"

#define LIFE_S 3600

/* The key "expires-N" gives a token that lives N seconds, for tests of its renewal. */
void sim_watsonx_token(struct sim_call *call) {
  static const char type[] = "urn:ibm:params:oauth:grant-type:apikey";
  const char *grant = json_string_value(json_object_get(call->root, "grant_type"));
  const char *key = json_string_value(json_object_get(call->root, "apikey"));
  long life = LIFE_S;
  if (!grant || strcmp(grant, type) != 0) {
    sim_fail_param(call, 400, NULL, "BXNIM0109E", "Property missing or empty: grant_type");
    return;
  }
  if (!key || !*key) {
    sim_fail_param(call, 400, NULL, "BXNIM0109E", "Property missing or empty: apikey");
    return;
  }
  const char *only = call->options->key;
  if (only ? strcmp(key, only) != 0 : strcmp(key, "bad-key") == 0) {
    sim_fail_param(call, 400, NULL, "BXNIM0415E", "Provided API key could not be found.");
    return;
  }
  if (strncmp(key, "expires-", 8) == 0) life = strtol(key + 8, NULL, 10);
  long long now = (long long)time(NULL);
  sim_text_addf(&call->out,
                "{\"access_token\":\"eyJraWQiOiJzaW0ifQ.%lld.sim\",\"refresh_token\":"
                "\"not_supported\",\"ims_user_id\":1,\"token_type\":\"Bearer\","
                "\"expires_in\":%ld,\"expiration\":%lld,\"scope\":\"ibm openid\"}",
                now + life, life, now + life);
}

static bool read_parameters(struct sim_items *items) {
  struct sim_call *call = items->call;
  const json_t *parameters = json_object_get(call->root, "parameters");
  const json_t *cut = json_object_get(parameters, "truncate_input_tokens");
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)parameters, name, value) {
    if (!sim_listed(" truncate_input_tokens return_options ", name))
      return sim_fail_field(call, name);
  }
  if (!cut) return true;
  json_int_t most = json_integer_value(cut);
  if (!json_is_integer(cut) || most == 0 || most < -1)
    return sim_fail(call, 400, "parameters.truncate_input_tokens must be a positive integer or -1");
  items->cuts = true;
  if (most > 0 && (size_t)most * 4 < items->max_text) items->max_text = (size_t)most * 4;
  return true;
}

static bool check(struct sim_items *items) {
  struct sim_call *call = items->call;
  const char *model = json_string_value(json_object_get(call->root, "model_id"));
  bool project = json_object_get(call->root, "project_id") != NULL;
  bool space = json_object_get(call->root, "space_id") != NULL;
  if (!sim_check_fields(call, NULL, call->provider->fields)) return false;
  if (!model || !*model)
    return sim_fail_param(call, 400, NULL, "json_validation_error", "'model_id' is required");
  if (strncmp(model, "missing", 7) == 0)
    return sim_fail_param(call, 404, NULL, "model_not_supported", "Model is not supported");
  if (project == space)
    return sim_fail_param(call, 400, NULL, "json_validation_error",
                          "exactly one of 'project_id' and 'space_id' is required");
  if (!json_is_array(json_object_get(call->root, "inputs")))
    return sim_fail_param(call, 400, NULL, "json_type_error", "'inputs' must be an array");
  return read_parameters(items);
}

void sim_watsonx_embed(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  const json_t *inputs = json_object_get(call->root, "inputs");
  if (check(&items) && sim_items_read(&items, inputs, "inputs") &&
      sim_items_check(&items, "inputs")) {
    const json_t *options =
        json_object_get(json_object_get(call->root, "parameters"), "return_options");
    bool echo = json_is_true(json_object_get(options, "input_text"));
    sim_text_adds(&call->out, "{\"model_id\":");
    sim_text_quotes(&call->out, json_string_value(json_object_get(call->root, "model_id")));
    sim_text_adds(&call->out, ",\"created_at\":\"2026-01-01T00:00:00.000Z\",\"results\":[");
    for (size_t i = 0; i < items.slots_n; i++) {
      const struct sim_item *item = &items.item[items.slot[i].item];
      sim_text_adds(&call->out, i ? ",{\"embedding\":" : "{\"embedding\":");
      sim_items_write(&items, i, SIM_FLOAT);
      if (echo) sim_text_adds(&call->out, ",\"input\":");
      if (echo) sim_text_quote(&call->out, item->text, item->n);
      sim_text_adds(&call->out, "}");
    }
    sim_text_addf(&call->out, "],\"input_token_count\":%zu}", items.tokens);
  }
  sim_items_release(&items);
}
