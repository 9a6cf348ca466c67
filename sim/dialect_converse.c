/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bedrock's Converse: pictures as bare base64 with their format, words as text blocks. */
#include <stdlib.h>
#include <string.h>

#include "items.h"

#define MAX_PICTURES 20

static bool read_image(struct sim_call *call, const json_t *image, const char *prompt,
                       struct sim_text *answer) {
  const char *format = json_string_value(json_object_get(image, "format"));
  const json_t *bytes = json_object_get(json_object_get(image, "source"), "bytes");
  if (!format || !sim_listed(" png jpeg gif webp ", format))
    return sim_fail(call, 400,
                    "Value at 'messages.1.member.content.1.member.image.format' failed to satisfy "
                    "constraint: Member must satisfy enum value set: [gif, jpeg, png, webp]");
  if (!json_is_string(bytes))
    return sim_fail(call, 400, "The image source must hold bytes or an s3Location");
  if (call->images == MAX_PICTURES)
    return sim_fail(call, 400, "too many images: at most %d", MAX_PICTURES);
  char type[32] = "image/";
  strcat(type, format);
  struct sim_picture picture = {0};
  call->vision = true;
  bool fine = sim_picture_base64(call, json_string_value(bytes), json_string_length(bytes), type,
                                 &picture) &&
              sim_picture_describe(call, &picture, prompt, answer);
  free(picture.bytes);
  return fine;
}

/* A block is one of text and image; the words of all of them are the prompt. */
static bool read_blocks(struct sim_call *call, const json_t *content, struct sim_text *prompt,
                        struct sim_text *answer) {
  for (size_t i = 0; i < json_array_size(content); i++) {
    const json_t *block = json_array_get(content, i);
    const char *text = json_string_value(json_object_get(block, "text"));
    if (json_object_size(block) != 1 || (!text && !json_object_get(block, "image")))
      return sim_fail(
          call, 400, "The content block at messages.0.content.%zu must set one of: text, image", i);
    if (text && !*text)
      return sim_fail(call, 400,
                      "The text field in the ContentBlock object at messages.0.content.%zu is "
                      "blank. Add text to the text field, and try again.",
                      i);
    if (text) sim_text_adds(prompt, text);
  }
  const char *words = prompt->data ? prompt->data : "";
  if (strstr(words, "POISON")) return sim_fail(call, 400, "Invalid 'messages[0]': poisoned input");
  for (size_t i = 0; i < json_array_size(content); i++) {
    const json_t *image = json_object_get(json_array_get(content, i), "image");
    if (image && !read_image(call, image, words, answer)) return false;
  }
  return true;
}

static bool check(struct sim_call *call, const json_t *message) {
  const char *role = json_string_value(json_object_get(message, "role"));
  const json_t *config = json_object_get(call->root, "inferenceConfig");
  const char *name;
  json_t *value;
  if (!sim_check_fields(call, NULL,
                        " messages system inferenceConfig toolConfig guardrailConfig "
                        "additionalModelRequestFields additionalModelResponseFieldPaths "
                        "promptVariables requestMetadata performanceConfig "))
    return false;
  json_object_foreach((json_t *)(uintptr_t)config, name, value) {
    if (!sim_listed(" maxTokens temperature topP stopSequences ", name))
      return sim_fail_field(call, name);
  }
  if (strstr(call->segment, "missing"))
    return sim_fail(call, 400, "The provided model identifier is invalid.");
  if (!role || strcmp(role, "user") != 0)
    return sim_fail(call, 400, "A conversation must end with a user message.");
  return json_array_size(json_object_get(message, "content")) ||
         sim_fail(call, 400, "The content field in the Message object at messages.0 is empty.");
}

void sim_bedrock_converse(struct sim_call *call) {
  struct sim_text prompt = {0}, answer = {0};
  const json_t *messages = json_object_get(call->root, "messages");
  const json_t *last = json_array_get(messages, json_array_size(messages) - 1);
  if (check(call, last) && read_blocks(call, json_object_get(last, "content"), &prompt, &answer)) {
    const json_t *most =
        json_object_get(json_object_get(call->root, "inferenceConfig"), "maxTokens");
    size_t max = json_is_integer(most) ? (size_t)json_integer_value(most) * 4 : answer.n;
    if (!answer.n) sim_text_addf(&answer, "You said: %s", prompt.data ? prompt.data : "");
    bool cut = max && max < answer.n;
    if (cut) answer.n = max;
    size_t in = sim_tokens(prompt.n), out = sim_tokens(answer.n);
    sim_text_adds(&call->out,
                  "{\"output\":{\"message\":{\"role\":\"assistant\",\"content\":[{\"text\":");
    sim_text_quote(&call->out, answer.data, answer.n);
    sim_text_addf(&call->out,
                  "}]}},\"stopReason\":\"%s\",\"usage\":{\"inputTokens\":%zu,"
                  "\"outputTokens\":%zu,\"totalTokens\":%zu},\"metrics\":{\"latencyMs\":1}}",
                  cut ? "max_tokens" : "end_turn", in, out, in + out);
  }
  sim_text_release(&prompt);
  sim_text_release(&answer);
}
