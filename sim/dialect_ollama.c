/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Ollama's own API: /api/embed, /api/embeddings, /api/chat, /api/generate. */
#include <stdlib.h>
#include <string.h>

#include "items.h"

static const char *model_of(const struct sim_call *call) {
  return json_string_value(json_object_get(call->root, "model"));
}

static bool check_model(struct sim_call *call) {
  const char *model = model_of(call);
  if (!model || !*model) return sim_fail(call, 400, "model is required");
  if (strncmp(model, "missing", 7) == 0) return sim_fail(call, 404, "model '%s' not found", model);
  return true;
}

void sim_ollama_embed(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  const json_t *input = json_object_get(call->root, "input");
  bool fine = check_model(call);
  bool sole_empty = !input || (json_is_string(input) && json_string_length(input) == 0) ||
                    (json_is_array(input) && json_array_size(input) == 0);
  if (fine && !sole_empty) {
    fine = json_is_string(input) || json_is_array(input);
    for (size_t i = 0; fine && i < json_array_size(input); i++)
      fine = json_is_string(json_array_get(input, i));
    if (!fine) sim_fail(call, 400, "invalid input type");
    fine = fine && sim_items_strings(&items, input, "input");
  }
  if (fine && sim_items_check(&items, "input")) {
    sim_text_adds(&call->out, "{\"model\":");
    sim_text_quotes(&call->out, model_of(call));
    sim_text_adds(&call->out, ",\"embeddings\":[");
    for (size_t i = 0; i < items.slots_n; i++) {
      if (i) sim_text_adds(&call->out, ",");
      sim_items_write(&items, i, SIM_FLOAT);
    }
    sim_text_addf(&call->out,
                  "],\"total_duration\":14143917,\"load_duration\":1019500,"
                  "\"prompt_eval_count\":%zu}",
                  items.tokens);
  }
  sim_items_release(&items);
}

void sim_ollama_embed_old(struct sim_call *call) {
  struct sim_items items;
  sim_items_start(&items, call);
  const json_t *prompt = json_object_get(call->root, "prompt");
  bool fine = check_model(call);
  if (fine && !json_is_string(prompt)) fine = sim_fail(call, 400, "prompt is required");
  if (fine && sim_items_strings(&items, prompt, "prompt") && sim_items_check(&items, "prompt")) {
    sim_text_adds(&call->out, "{\"embedding\":");
    if (items.slots_n)
      sim_items_write(&items, 0, SIM_FLOAT);
    else
      sim_text_adds(&call->out, "[]");
    sim_text_adds(&call->out, "}");
  }
  sim_items_release(&items);
}

/* Describes the bare base64 pictures of `images`. */
static bool describe(struct sim_call *call, const json_t *images, const char *prompt,
                     struct sim_text *answer) {
  for (size_t i = 0; i < json_array_size(images); i++) {
    const json_t *image = json_array_get(images, i);
    struct sim_picture picture = {0};
    bool fine = json_is_string(image) || sim_fail(call, 400, "images must be base64 strings");
    fine = fine &&
           sim_picture_base64(call, json_string_value(image), json_string_length(image), NULL,
                              &picture) &&
           sim_picture_describe(call, &picture, prompt, answer);
    free(picture.bytes);
    if (!fine) return false;
  }
  return true;
}

/* One object of the answer: `words` under "message" (chat) or "response" (generate). */
static void write_piece(struct sim_call *call, bool chat, const char *words, size_t n, bool done,
                        size_t prompt_n) {
  struct sim_text *out = &call->out;
  sim_text_adds(out, "{\"model\":");
  sim_text_quotes(out, model_of(call));
  sim_text_adds(out, ",\"created_at\":\"2026-01-01T00:00:00Z\",");
  sim_text_adds(out, chat ? "\"message\":{\"role\":\"assistant\",\"content\":" : "\"response\":");
  sim_text_quote(out, words, n);
  if (chat) sim_text_adds(out, "}");
  if (done)
    sim_text_addf(out,
                  ",\"done_reason\":\"stop\",\"done\":true,\"total_duration\":1,"
                  "\"prompt_eval_count\":%zu,\"eval_count\":%zu}",
                  sim_tokens(prompt_n), sim_tokens(n));
  else
    sim_text_adds(out, ",\"done\":false}");
}

static void write_answer(struct sim_call *call, bool chat, const struct sim_text *answer,
                         size_t prompt_n) {
  if (json_is_false(json_object_get(call->root, "stream"))) {
    write_piece(call, chat, answer->data, answer->n, true, prompt_n);
    return;
  }
  call->content_type = "application/x-ndjson";
  for (size_t at = 0; at < answer->n;) {
    size_t n = at + 1;
    while (n < answer->n && answer->data[n] != ' ') n++;
    write_piece(call, chat, answer->data + at, n - at, false, prompt_n);
    sim_text_adds(&call->out, "\n");
    at = n;
  }
  write_piece(call, chat, "", 0, true, prompt_n);
  sim_text_adds(&call->out, "\n");
}

static void talk(struct sim_call *call, bool chat, const json_t *images, const char *prompt) {
  struct sim_text answer = {0};
  call->vision = json_array_size(images) > 0;
  bool fine =
      !strstr(prompt, "POISON") || sim_fail(call, 400, "Invalid 'messages[0]': poisoned input");
  fine = fine && describe(call, images, prompt, &answer);
  if (fine && answer.n == 0) sim_text_addf(&answer, "You said: %s", prompt);
  if (fine) write_answer(call, chat, &answer, strlen(prompt));
  sim_text_release(&answer);
}

void sim_ollama_chat(struct sim_call *call) {
  if (!check_model(call)) return;
  const json_t *messages = json_object_get(call->root, "messages");
  const json_t *last = json_array_get(messages, json_array_size(messages) - 1);
  const char *prompt = json_string_value(json_object_get(last, "content"));
  if (!prompt)
    sim_fail(call, 400, "messages must end with one whose content is a string");
  else
    talk(call, true, json_object_get(last, "images"), prompt);
}

void sim_ollama_generate(struct sim_call *call) {
  if (!check_model(call)) return;
  const char *prompt = json_string_value(json_object_get(call->root, "prompt"));
  if (!prompt)
    sim_fail(call, 400, "prompt is required");
  else
    talk(call, false, json_object_get(call->root, "images"), prompt);
}
