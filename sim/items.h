/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SIM_ITEMS_H
#define SIM_ITEMS_H
/*
 * The inputs of one embedding request and the order of its answer.
 *
 * Use: sim_items_start; sim_items_text / _picture for each input (several between two _next calls
 * fuse into one vector); sim_items_check; then for each of the slots_n slots sim_items_write.
 *
 * The limits are those of the provider's row until something changes them; pictures count as they
 * are added, so theirs must be right before.
 */
#include "sim.h"

struct sim_item {
  const char *text; /* borrowed from the JSON, or the same as owned */
  size_t n;
  char *owned; /* NULL while borrowed */
};

struct sim_slot {
  size_t item;  /* which input's vector is here */
  size_t index; /* what it says it is */
};

struct sim_items {
  struct sim_call *call;
  struct sim_item *item; /* owned */
  size_t n;
  size_t capacity;
  size_t tokens; /* over all, after sim_items_check */
  size_t pixels; /* of all pictures */
  size_t max_items;
  size_t max_images;
  size_t max_tokens;
  size_t max_text;   /* bytes of one input */
  unsigned max_edge; /* pixels of a picture; 0: no limit */
  bool cuts;         /* over-long texts are cut, not refused */
  bool cut;          /* one was */
  size_t dims;
  int length; /* 1, or SIM_LONG for vectors that are not normalised */
  enum sim_dtype dtype;
  enum sim_dtype types[6]; /* when types_n: an object with one vector for each */
  size_t types_n;
  struct sim_slot *slot; /* owned; after sim_items_check */
  size_t slots_n;
};

void sim_items_start(struct sim_items *items, struct sim_call *call);
void sim_items_release(struct sim_items *items);
void sim_items_next(struct sim_items *items); /* begins the next input */
/* Adds to the current input; the JSON string stays the caller's. */
void sim_items_text(struct sim_items *items, const json_t *string);
void sim_items_words(struct sim_items *items, const char *text, size_t n); /* copies them */
/* Adds a picture: its caption is what is embedded. False with the error written. */
bool sim_items_picture(struct sim_items *items, const unsigned char *bytes, size_t n,
                       const char *declared);
/* The same from JSON: a data URI (or address), bare base64, or either. */
bool sim_items_uri(struct sim_items *items, const json_t *value);
bool sim_items_base64(struct sim_items *items, const json_t *value, const char *declared);
bool sim_items_uri_or_base64(struct sim_items *items, const json_t *value);
/* A JSON string, or an array of strings, each an input. False with the error written. */
bool sim_items_strings(struct sim_items *items, const json_t *value, const char *name);
/* Count, empty, length and poison; then dims from the provider's field and the slots. */
bool sim_items_check(struct sim_items *items, const char *name);
bool sim_items_dims(struct sim_items *items, const json_t *value, const char *name);
void sim_items_write(struct sim_items *items, size_t slot, enum sim_dtype dtype);
size_t sim_tokens(size_t bytes);
/* The same, where only the sizes in `sizes` (ended by 0) exist. */
bool sim_items_sizes(struct sim_items *items, const json_t *value, const char *name,
                     const int *sizes);

/* inputs.c: inputs that are more than strings. */
enum sim_parts {
  SIM_PARTS_OPENAI, /* {"type":"image_url","image_url":{"url":..}} */
  SIM_PARTS_VOYAGE  /* {"type":"image_url","image_url":".."}, {"type":"image_base64",..} */
};
/* Adds the parts of a chat-like content: a string, or an array of text and picture parts. */
bool sim_items_parts(struct sim_items *items, const json_t *content, enum sim_parts parts);
/* All of `messages` as one input. */
bool sim_items_messages(struct sim_items *items, const json_t *messages);
bool sim_item_object(struct sim_items *items, const json_t *value, size_t i);
bool sim_item_contents(struct sim_items *items, const json_t *value, size_t i);
bool sim_item_media(struct sim_items *items, const json_t *value, size_t i);
bool sim_item_uri(struct sim_items *items, const json_t *value, size_t i);
bool sim_item_nvidia(struct sim_items *items, const json_t *value, size_t i);
/* Each of value (the thing itself, or an array of them) with the provider's reader. */
bool sim_items_read(struct sim_items *items, const json_t *value, const char *name);

/* encoding.c: items->dtype, types and length as the request asks. */
bool sim_items_encoding(struct sim_items *items);

/* rules.c */
bool sim_rules_mistral(struct sim_items *items);
bool sim_rules_voyage(struct sim_items *items);
bool sim_rules_jina(struct sim_items *items);
bool sim_rules_infinity(struct sim_items *items);
bool sim_rules_nvidia(struct sim_items *items);
bool sim_rules_github(struct sim_items *items);
bool sim_rules_siliconflow(struct sim_items *items);
bool sim_rules_dashscope(struct sim_items *items);
bool sim_rules_zhipu(struct sim_items *items);
bool sim_rules_upstage(struct sim_items *items);
bool sim_rules_perplexity(struct sim_items *items);
bool sim_rules_vllm(struct sim_items *items);
bool sim_rules_openrouter(struct sim_items *items);
/* A field whose value must be one of the words of the list (" a b "), or null. */
bool sim_check_word(struct sim_call *call, const char *name, const char *list);

/* picture.c: a picture as the provider's JSON carries it. False with the error written. */
struct sim_picture {
  unsigned char *bytes; /* owned */
  size_t n;
  char declared[64]; /* media type it claims, "" when it claims none */
};
bool sim_picture_data_uri(struct sim_call *call, const char *url, size_t n,
                          struct sim_picture *picture);
bool sim_picture_base64(struct sim_call *call, const char *text, size_t n, const char *declared,
                        struct sim_picture *picture);
/* What a chat model says of it for this prompt. */
bool sim_picture_describe(struct sim_call *call, const struct sim_picture *picture,
                          const char *prompt, struct sim_text *answer);

#endif
