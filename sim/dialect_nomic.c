/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Nomic: texts as JSON, pictures as the files of a form; one answer for both. */
#include <string.h>

#include "items.h"

static void write_reply(struct sim_items *items, const char *model, size_t model_n) {
  struct sim_text *out = &items->call->out;
  sim_text_adds(out, "{\"embeddings\":[");
  for (size_t i = 0; i < items->slots_n; i++) {
    if (i) sim_text_adds(out, ",");
    sim_items_write(items, i, SIM_FLOAT);
  }
  sim_text_addf(out, "],\"usage\":{\"prompt_tokens\":%zu,\"total_tokens\":%zu},\"model\":",
                items->tokens, items->tokens);
  sim_text_quote(out, model, model_n);
  sim_text_adds(out, "}");
}

void sim_nomic_text(struct sim_call *call) {
  static const char tasks[] = " search_query search_document classification clustering ";
  struct sim_items items;
  sim_items_start(&items, call);
  const json_t *texts = json_object_get(call->root, "texts");
  const json_t *task = json_object_get(call->root, "task_type");
  const char *name = json_string_value(task);
  bool fine = sim_check_fields(call, NULL, call->provider->fields) && sim_check_model(call) &&
              sim_check_word(call, "long_text_mode", " truncate mean ");
  if (fine && task && (!name || !sim_listed(tasks, name)))
    fine = sim_fail(call, 422, "task_type is not one of%s", tasks);
  if (fine && json_array_size(texts) == 0)
    fine = sim_fail(call, 422, "texts must be a non-empty list of strings");
  if (fine && sim_items_strings(&items, texts, "texts") && sim_items_check(&items, "texts")) {
    const char *model = sim_model(call);
    write_reply(&items, model, strlen(model));
  }
  sim_items_release(&items);
}

/* The parts of a form: one `model`, and `images` files or `urls`, not both. */
static bool read_parts(struct sim_items *items, const struct sim_part **model) {
  struct sim_call *call = items->call;
  bool urls = false, files = false;
  for (size_t i = 0; i < call->parts_n; i++) {
    const struct sim_part *part = &call->part[i];
    if (strcmp(part->name, "model") == 0 && !part->file) {
      *model = part;
    } else if (strcmp(part->name, "urls") == 0 && !part->file) {
      urls = true;
    } else if (strcmp(part->name, "images") == 0 && part->file) {
      files = true;
    } else {
      return sim_fail(call, 422, "unexpected form field '%.60s' (images are files)", part->name);
    }
  }
  if (urls && files) return sim_fail(call, 422, "urls and images cannot be mixed");
  if (urls) return sim_fail(call, 400, "Failed to download an image from urls");
  if (!files) return sim_fail(call, 422, "images: field required");
  return true;
}

void sim_nomic_image(struct sim_call *call) {
  struct sim_items items;
  const struct sim_part *model = NULL;
  sim_items_start(&items, call);
  bool fine = read_parts(&items, &model);
  if (fine && !(model && memmem(model->bytes, model->n, "embed-vision", 12)))
    fine = sim_fail(call, 400, "model: a vision model is required");
  for (size_t i = 0; fine && i < call->parts_n; i++) {
    const struct sim_part *part = &call->part[i];
    if (!part->file) continue;
    /* octet-stream claims nothing about the picture */
    const char *type = strncmp(part->type, "image/", 6) == 0 ? part->type : NULL;
    sim_items_next(&items);
    fine = sim_items_picture(&items, (const unsigned char *)part->bytes, part->n, type);
  }
  if (fine && model && sim_items_check(&items, "images"))
    write_reply(&items, model->bytes, model->n);
  sim_items_release(&items);
}
