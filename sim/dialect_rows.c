/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Dialects whose answer is rows without more: llama.cpp's own /embedding, TEI's
 * /embed and Hugging Face's pipeline (bare arrays), and Cloudflare's run. */
#include <string.h>

#include "items.h"

static void write_rows(struct sim_items *items) {
  struct sim_text *out = &items->call->out;
  sim_text_adds(out, "[");
  for (size_t i = 0; i < items->slots_n; i++) {
    if (i) sim_text_adds(out, ",");
    sim_items_write(items, i, SIM_FLOAT);
  }
  sim_text_adds(out, "]");
}

/* llama.cpp's own form: an array of {"index","embedding":[[..]]}. */
void sim_llamacpp_embedding(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  const json_t *content = json_object_get(call->root, "content");
  const char *name = content ? "content" : "input";
  if (!content) content = json_object_get(call->root, "input");
  bool fine = content || sim_fail(call, 400, "\"input\" or \"content\" must be provided");
  if (fine && sim_items_encoding(&items) && sim_items_read(&items, content, name) &&
      sim_items_check(&items, name)) {
    sim_text_adds(&call->out, "[");
    for (size_t i = 0; i < items.slots_n; i++) {
      sim_text_addf(&call->out, "%s{\"index\":%zu,\"embedding\":[", i ? "," : "",
                    items.slot[i].index);
      sim_items_write(&items, i, SIM_FLOAT);
      sim_text_adds(&call->out, "]}");
    }
    sim_text_adds(&call->out, "]");
  }
  sim_items_release(&items);
}

/* On this path too a body with `content` is answered in llama.cpp's own form. */
void sim_llamacpp_openai(struct sim_call *call) {
  if (json_object_get(call->root, "content"))
    sim_llamacpp_embedding(call);
  else
    sim_openai_embed(call);
}

void sim_llamacpp_props(struct sim_call *call) {
  sim_text_adds(&call->out,
                "{\"default_generation_settings\":{},\"total_slots\":1,\"media_marker\":");
  sim_text_quotes(&call->out, call->options->media_marker);
  sim_text_adds(&call->out, ",\"modalities\":{\"vision\":true,\"audio\":false}}");
}

/* `inputs` for the servers of Hugging Face; false with the error written. */
static bool read_inputs(struct sim_items *items) {
  struct sim_call *call = items->call;
  const json_t *inputs = json_object_get(call->root, "inputs");
  if (!inputs) return sim_fail(call, 422, "missing field `inputs`");
  if (json_is_array(inputs) && json_array_size(inputs) == 0)
    return sim_fail(call, 400, "`inputs` cannot be empty");
  return sim_check_word(call, "truncation_direction", " left right Left Right ") &&
         sim_items_encoding(items) && sim_items_strings(items, inputs, "inputs") &&
         sim_items_check(items, "inputs");
}

void sim_tei_embed(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  if (read_inputs(&items)) {
    write_rows(&items);
    sim_reply_header(call, "x-compute-tokens", "%zu", items.tokens);
  }
  sim_items_release(&items);
}

/* One string gives one vector, a list gives a list. */
void sim_huggingface_embed(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  bool fine = sim_check_fields(call, NULL, call->provider->fields);
  if (fine && strncmp(call->segment, "missing", 7) == 0)
    fine = sim_fail(call, 404, "Model %.100s does not exist", call->segment);
  if (fine && read_inputs(&items)) {
    if (json_is_string(json_object_get(call->root, "inputs")) && items.slots_n)
      sim_items_write(&items, 0, SIM_FLOAT);
    else
      write_rows(&items);
    sim_reply_header(call, "x-compute-tokens", "%zu", items.tokens);
  }
  sim_items_release(&items);
}

void sim_cloudflare_run(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  bool fine = sim_check_fields(call, NULL, call->provider->fields) &&
              sim_check_word(call, "pooling", " mean cls ");
  if (fine && strncmp(call->segment, "@cf/", 4) != 0)
    fine = sim_fail(call, 404, "No route for that URI");
  if (fine && strstr(call->segment, "missing"))
    fine = sim_fail(call, 400, "No such model %.100s or task", call->segment);
  if (fine && sim_items_read(&items, json_object_get(call->root, "text"), "text") &&
      sim_items_check(&items, "text")) {
    const char *pooling = json_string_value(json_object_get(call->root, "pooling"));
    sim_text_addf(&call->out, "{\"result\":{\"shape\":[%zu,%zu],\"data\":", items.slots_n,
                  items.dims);
    write_rows(&items);
    sim_text_addf(&call->out,
                  ",\"pooling\":\"%s\"},\"success\":true,\"errors\":[],\"messages\":[]}",
                  pooling ? pooling : "mean");
  }
  sim_items_release(&items);
}

/* One path for both kinds of endpoint: what the body holds decides. */
void sim_databricks_invoke(struct sim_call *call) {
  if (strncmp(call->segment, "missing", 7) == 0)
    sim_fail(call, 404, "The endpoint '%.100s' does not exist", call->segment);
  else if (json_object_get(call->root, "messages"))
    sim_openai_chat(call);
  else
    sim_openai_embed(call);
}
