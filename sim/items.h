/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SIM_ITEMS_H
#define SIM_ITEMS_H
/*
 * The inputs of one embedding request and the order of its answer.
 *
 * Use: sim_items_start; sim_items_text / _picture for each input (several between two _next calls
 * fuse into one vector); sim_items_check; then for each of the slots_n slots sim_items_write.
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
  size_t dims;
  enum sim_dtype dtype;
  struct sim_slot *slot; /* owned; after sim_items_check */
  size_t slots_n;
};

void sim_items_start(struct sim_items *items, struct sim_call *call);
void sim_items_release(struct sim_items *items);
void sim_items_next(struct sim_items *items); /* begins the next input */
/* Adds to the current input; the JSON string stays the caller's. */
void sim_items_text(struct sim_items *items, const json_t *string);
/* Adds a picture: its caption is what is embedded. False with the error written. */
bool sim_items_picture(struct sim_items *items, const unsigned char *bytes, size_t n,
                       const char *declared);
/* A JSON string, or an array of strings, each an input. False with the error written. */
bool sim_items_strings(struct sim_items *items, const json_t *value, const char *name);
/* Count, empty, length and poison; then dims from the provider's field and the slots. */
bool sim_items_check(struct sim_items *items, const char *name);
bool sim_items_dims(struct sim_items *items, const json_t *value, const char *name);
void sim_items_write(struct sim_items *items, size_t slot, enum sim_dtype dtype);
size_t sim_tokens(size_t bytes);
/* Adds the parts of a chat-like content: a string, or an array of text and picture parts. */
bool sim_items_parts(struct sim_items *items, const json_t *content);

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
