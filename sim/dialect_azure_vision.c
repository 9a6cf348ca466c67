/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Azure AI Vision: one text, or one picture as the bytes of the body, to one vector. */
#include <string.h>

#include "items.h"

static bool check_version(struct sim_call *call, char *version, size_t size) {
  sim_query_value(call->query, "model-version", version, size);
  return sim_listed(" 2023-04-15 2022-04-11 latest ", version) ||
         sim_fail(call, 400, "The model version is not supported: %.40s", version);
}

static void write_reply(struct sim_items *items, const char *version) {
  sim_text_adds(&items->call->out, "{\"modelVersion\":");
  sim_text_quotes(&items->call->out, version);
  sim_text_adds(&items->call->out, ",\"vector\":");
  if (items->slots_n)
    sim_items_write(items, 0, SIM_FLOAT);
  else
    sim_text_adds(&items->call->out, "[]");
  sim_text_adds(&items->call->out, "}");
}

void sim_vision_text(struct sim_call *call) {
  struct sim_items items;
  char version[32] = "";
  const json_t *text = json_object_get(call->root, "text");
  sim_items_start(&items, call);
  sim_items_next(&items);
  bool fine =
      check_version(call, version, sizeof version) && sim_check_fields(call, NULL, " text ");
  if (fine && !json_is_string(text)) fine = sim_fail(call, 400, "The text field is required.");
  if (fine) sim_items_text(&items, text);
  if (fine && sim_items_check(&items, "text")) write_reply(&items, version);
  sim_items_release(&items);
}

void sim_vision_image(struct sim_call *call) {
  struct sim_items items;
  char version[32] = "";
  sim_items_start(&items, call);
  sim_items_next(&items);
  bool fine = check_version(call, version, sizeof version);
  if (fine && call->root) {
    const json_t *url = json_object_get(call->root, "url");
    fine = sim_check_fields(call, NULL, " url ");
    if (fine && (!json_is_string(url) || strncmp(json_string_value(url), "http", 4) != 0))
      fine = sim_fail(call, 400, "The url field is required and must be an http(s) address.");
    fine = fine && sim_items_uri(&items, url);
  } else if (fine) {
    fine = sim_items_picture(&items, (const unsigned char *)call->body, call->body_n, NULL);
  }
  if (fine && sim_items_check(&items, "image")) write_reply(&items, version);
  sim_items_release(&items);
}
