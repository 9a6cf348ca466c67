/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Dialects whose answer is rows without more: Nomic's texts, llama.cpp's own /embedding, and TEI's
 * /embed (a bare array). */
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

void sim_nomic_text(struct sim_call *call) {
  static const char tasks[] = " search_query search_document classification clustering ";
  struct sim_items items;
  sim_items_start(&items, call);
  const json_t *texts = json_object_get(call->root, "texts");
  const json_t *task = json_object_get(call->root, "task_type");
  const char *name = json_string_value(task);
  bool fine = sim_check_fields(call, NULL, call->provider->fields) && sim_check_model(call);
  if (fine && task && (!name || strchr(name, ' ') || !strstr(tasks, name)))
    fine = sim_fail(call, 422, "task_type is not one of%s", tasks);
  if (fine && json_array_size(texts) == 0)
    fine = sim_fail(call, 422, "texts must be a non-empty list of strings");
  if (fine && sim_items_strings(&items, texts, "texts") && sim_items_check(&items, "texts")) {
    sim_text_adds(&call->out, "{\"embeddings\":");
    write_rows(&items);
    sim_text_addf(&call->out, ",\"usage\":{\"prompt_tokens\":%zu,\"total_tokens\":%zu},\"model\":",
                  items.tokens, items.tokens);
    sim_text_quotes(&call->out, json_string_value(json_object_get(call->root, "model")));
    sim_text_adds(&call->out, "}");
  }
  sim_items_release(&items);
}

void sim_llamacpp_embedding(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  const json_t *content = json_object_get(call->root, "content");
  const char *name = content ? "content" : "input";
  if (!content) content = json_object_get(call->root, "input");
  bool fine = content || sim_fail(call, 400, "\"input\" or \"content\" must be provided");
  if (fine && sim_items_strings(&items, content, name) && sim_items_check(&items, name)) {
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

void sim_tei_embed(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  const json_t *inputs = json_object_get(call->root, "inputs");
  bool fine = inputs || sim_fail(call, 422, "missing field `inputs`");
  if (fine && json_is_array(inputs) && json_array_size(inputs) == 0)
    fine = sim_fail(call, 400, "`inputs` cannot be empty");
  if (fine && sim_items_strings(&items, inputs, "inputs") && sim_items_check(&items, "inputs"))
    write_rows(&items);
  sim_items_release(&items);
}
