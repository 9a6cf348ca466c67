/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_PICK_H
#define EMB_PICK_H
/*
 * Picks scalar values out of a small JSON document by path: error messages, captions, usage counts.
 * A path is dotted keys with array steps: "choices[0].message.content", "content[].text" ([]: every
 * element, their texts concatenated), "[0].error.message". Root one-element arrays are NOT
 * unwrapped implicitly.
 */
#include "base/buf.h"
#include "wire/json.h"

/* Appends the string (or number as written, or true/false) found at path to out. 1 found (a
 * non-null scalar), 0 not found, -EMB_ENOMEM on no memory, -EMB_ETOOBIG where
 * out is full. Malformed JSON: what was found before
 * the error still counts. */
int emb_pick(const char *json, size_t n, const char *path, struct emb_buf *out);
/* The number at path, or fallback. */
double emb_pick_number(const char *json, size_t n, const char *path, double fallback);

/* Following one path while a document is scanned: what emb_pick and emb_vectors are made of. */
#define EMB_PATH_STEPS 12
struct emb_path {
  struct emb_path_step {
    const char *key; /* borrowed from the path text; NULL: an array step */
    size_t n;
    long index; /* of an array step; -1: every element */
  } step[EMB_PATH_STEPS];
  long count[EMB_PATH_STEPS]; /* elements seen of the array that step i looks into */
  int n_steps;
  unsigned arrays; /* bit i: the container that step i looks into is an array */
  int repeats;     /* has a [] step */
  int base;        /* depth of the container that holds the place the path starts from; root: 0 */
  int matched;     /* steps taken into containers now open */
  int armed;       /* the next value is where step `matched` leads */
};

/* Compiles text, which must outlive the path. 0 or EMB_EARG. */
int emb_path_init(struct emb_path *path, const char *text);
/* Starts following from the value about to begin inside the container at depth base. */
void emb_path_start(struct emb_path *path, int base);
/* Must see every event while the place is being scanned; 1 where the value that this event begins
 * is the one the path leads to. */
int emb_path_event(struct emb_path *path, const struct emb_json *scan, enum emb_json_event event,
                   const char *text, size_t n);

#endif
