/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Anthropic messages: bare base64 pictures with a media type that must be the true one. */
#include <stdlib.h>
#include <string.h>

#include "items.h"

static bool read_image(struct sim_call *call, const json_t *part, const char *prompt,
                       struct sim_text *answer) {
  const json_t *source = json_object_get(part, "source");
  const char *kind = json_string_value(json_object_get(source, "type"));
  const char *type = json_string_value(json_object_get(source, "media_type"));
  const json_t *data = json_object_get(source, "data");
  if (!kind || strcmp(kind, "base64") != 0)
    return sim_fail(call, 400, "messages.0.content.0.image.source: only base64 is simulated");
  if (!type || strchr(type, ' ') || !strstr(" image/jpeg image/png image/gif image/webp ", type))
    return sim_fail(call, 400,
                    "messages.0.content.0.image.source.base64.media_type: Input should be "
                    "'image/jpeg', 'image/png', 'image/gif' or 'image/webp'");
  if (!json_is_string(data))
    return sim_fail(call, 400, "messages.0.content.0.image.source.base64.data: Field required");
  struct sim_picture picture = {0};
  bool fine =
      sim_picture_base64(call, json_string_value(data), json_string_length(data), type, &picture) &&
      sim_picture_describe(call, &picture, prompt, answer);
  free(picture.bytes);
  return fine;
}

static bool check(struct sim_call *call) {
  static const char *const required[] = {"model", "max_tokens", "messages"};
  for (size_t i = 0; i < sizeof required / sizeof *required; i++)
    if (!json_object_get(call->root, required[i]))
      return sim_fail(call, 400, "%s: Field required", required[i]);
  if (!sim_check_model(call)) return false;
  const json_t *max = json_object_get(call->root, "max_tokens");
  if (!json_is_integer(max) || json_integer_value(max) < 1)
    return sim_fail(call, 400, "max_tokens: Input should be greater than or equal to 1");
  if (json_array_size(json_object_get(call->root, "messages")) == 0)
    return sim_fail(call, 400, "messages: at least one message is required");
  return sim_check_fields(call, NULL,
                          " model max_tokens messages system temperature top_p top_k metadata "
                          "stop_sequences thinking stream ");
}

static bool read_talk(struct sim_call *call, struct sim_text *prompt, struct sim_text *answer) {
  const json_t *messages = json_object_get(call->root, "messages");
  const json_t *content =
      json_object_get(json_array_get(messages, json_array_size(messages) - 1), "content");
  if (json_is_string(content))
    sim_text_adds(prompt, json_string_value(content));
  else if (json_array_size(content) == 0)
    return sim_fail(call, 400, "messages.0.content: Field required");
  for (size_t i = 0; i < json_array_size(content); i++) {
    const char *text = json_string_value(json_object_get(json_array_get(content, i), "text"));
    if (text) sim_text_adds(prompt, text);
  }
  if (prompt->n && strstr(prompt->data, "POISON"))
    return sim_fail(call, 400, "Invalid 'messages[0]': poisoned input");
  for (size_t i = 0; i < json_array_size(content); i++) {
    const json_t *part = json_array_get(content, i);
    const char *type = json_string_value(json_object_get(part, "type"));
    if (type && strcmp(type, "text") == 0) continue;
    if (!type || strcmp(type, "image") != 0)
      return sim_fail(call, 400, "messages.0.content.%zu: Input tag '%.40s' found does not match",
                      i, type ? type : "");
    call->vision = true;
    if (!read_image(call, part, prompt->data, answer)) return false;
  }
  return true;
}

void sim_anthropic_messages(struct sim_call *call) {
  struct sim_text prompt = {0}, answer = {0};
  if (check(call) && read_talk(call, &prompt, &answer)) {
    if (!answer.n) sim_text_addf(&answer, "You said: %s", prompt.data ? prompt.data : "");
    sim_text_adds(&call->out, "{\"id\":\"msg_sim\",\"type\":\"message\",\"role\":\"assistant\","
                              "\"model\":");
    sim_text_quotes(&call->out, json_string_value(json_object_get(call->root, "model")));
    sim_text_adds(&call->out, ",\"content\":[{\"type\":\"text\",\"text\":");
    sim_text_quote(&call->out, answer.data, answer.n);
    sim_text_addf(&call->out,
                  "}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":"
                  "{\"input_tokens\":%zu,\"output_tokens\":%zu}}",
                  sim_tokens(prompt.n), sim_tokens(answer.n));
  }
  sim_text_release(&prompt);
  sim_text_release(&answer);
}
