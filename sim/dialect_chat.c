/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* POST .../chat/completions in OpenAI's shape: a picture and a prompt in, a caption out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "items.h"

#define MAX_PICTURES 64

/* What the parts of a request add up to. */
struct talk {
  struct sim_text prompt;
  const json_t *urls[MAX_PICTURES]; /* borrowed */
  size_t urls_n;
};

static bool read_part(struct sim_call *call, const json_t *part, size_t i, struct talk *talk) {
  const char *type = json_string_value(json_object_get(part, "type"));
  const json_t *text = json_object_get(part, "text");
  if (type && strcmp(type, "text") == 0 && json_is_string(text)) {
    sim_text_adds(&talk->prompt, json_string_value(text));
    return true;
  }
  if (!type || strcmp(type, "image_url") != 0)
    return sim_fail(call, 400, "Invalid value: '%.40s'. Supported values are: 'text', 'image_url'.",
                    type ? type : "null");
  const json_t *url = json_object_get(part, "image_url");
  if (json_is_object(url))
    url = json_object_get(url, "url");
  else if (!(call->provider->flags & SIM_STRING_URL))
    url = NULL;
  if (!json_is_string(url) || talk->urls_n == MAX_PICTURES)
    return sim_fail(call, 400,
                    "Invalid type for 'messages[0].content[%zu].image_url': expected an object "
                    "with a url",
                    i);
  talk->urls[talk->urls_n++] = url;
  return true;
}

static bool read_message(struct sim_call *call, const json_t *message, struct talk *talk) {
  const json_t *content = json_object_get(message, "content");
  if (!json_is_string(json_object_get(message, "role")))
    return sim_fail_param(call, 400, "messages[0].role", "missing_required_parameter",
                          "Missing required parameter: 'messages[0].role'.");
  if (json_is_string(content)) {
    sim_text_adds(&talk->prompt, json_string_value(content));
    return true;
  }
  if (!json_is_array(content) || json_array_size(content) == 0)
    return sim_fail_param(call, 400, "messages[0].content", NULL,
                          "Invalid 'messages[0].content': expected a string or an array of parts.");
  for (size_t i = 0; i < json_array_size(content); i++)
    if (!read_part(call, json_array_get(content, i), i, talk)) return false;
  return true;
}

static bool answer_talk(struct sim_call *call, const struct talk *talk, struct sim_text *answer) {
  const char *prompt = talk->prompt.data ? talk->prompt.data : "";
  if (strstr(prompt, "POISON")) return sim_fail(call, 400, "Invalid 'messages[0]': poisoned input");
  for (size_t i = 0; i < talk->urls_n; i++) {
    struct sim_picture picture = {0};
    const json_t *url = talk->urls[i];
    bool fine =
        sim_picture_data_uri(call, json_string_value(url), json_string_length(url), &picture) &&
        sim_picture_describe(call, &picture, prompt, answer);
    free(picture.bytes);
    if (!fine) return false;
  }
  if (answer->n == 0) sim_text_addf(answer, "You said: %s", prompt);
  return true;
}

/* Words as tokens: cut to the limit asked for; true when something was cut. */
static bool limit(const struct sim_call *call, struct sim_text *answer) {
  const json_t *max = json_object_get(call->root, "max_completion_tokens");
  if (!max) max = json_object_get(call->root, "max_tokens");
  if (!json_is_integer(max) || json_integer_value(max) < 1) return false;
  size_t bytes = (size_t)json_integer_value(max) * 4;
  if (answer->n <= bytes) return false;
  answer->n = bytes;
  answer->data[bytes] = 0;
  return true;
}

static void write_reply(struct sim_call *call, const struct talk *talk, struct sim_text *answer) {
  struct sim_text *out = &call->out;
  bool cut = limit(call, answer);
  size_t prompt = sim_tokens(talk->prompt.n) + 85 * talk->urls_n;
  size_t completion = sim_tokens(answer->n);
  sim_text_adds(out, "{\"id\":\"chatcmpl-sim\",\"object\":\"chat.completion\","
                     "\"created\":1767225600,\"system_fingerprint\":\"fp_sim\",\"model\":");
  const char *model = json_string_value(json_object_get(call->root, "model"));
  sim_text_quotes(out, model ? model : *call->segment ? call->segment : "sim");
  sim_text_adds(out, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":");
  sim_text_quote(out, answer->data, answer->n);
  sim_text_adds(out, ",\"refusal\":null},\"logprobs\":null,\"finish_reason\":");
  sim_text_quotes(out, cut ? "length" : "stop");
  sim_text_addf(out,
                "}],\"usage\":{\"prompt_tokens\":%zu,\"completion_tokens\":%zu,"
                "\"total_tokens\":%zu}}",
                prompt, completion, prompt + completion);
}

void sim_openai_chat(struct sim_call *call) {
  struct talk *talk = sim_alloc(sizeof *talk);
  struct sim_text answer = {0};
  const json_t *messages = json_object_get(call->root, "messages");
  bool fine = sim_check_fields(call, call->provider->chat_refused, NULL) && sim_check_model(call);
  if (fine && json_array_size(messages) == 0)
    fine = sim_fail_param(call, 400, "messages", "missing_required_parameter",
                          "Missing required parameter: 'messages'.");
  if (fine && json_is_true(json_object_get(call->root, "stream")))
    fine = sim_fail(call, 400, "rembed-sim does not stream");
  for (size_t i = 0; fine && i < json_array_size(messages); i++)
    fine = read_message(call, json_array_get(messages, i), talk);
  call->vision = talk->urls_n > 0;
  if (fine && answer_talk(call, talk, &answer)) write_reply(call, talk, &answer);
  sim_text_release(&answer);
  sim_text_release(&talk->prompt);
  free(talk);
}
