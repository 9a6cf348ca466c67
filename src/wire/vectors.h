/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_VECTORS_H
#define EMB_VECTORS_H
/*
 * The one reader of vector-bearing replies, decoding while the bytes arrive. What differs between
 * providers is a row of paths (struct emb_reply_shape); the form of the elements (number array,
 * base64 string, one array nested in the element) is decided by what came, not by what was asked.
 *
 * Paths are those of pick.h, from the place named: "data", "embeddings.float", "" (the place
 * itself). Invariants after emb_vectors_end() returned 0: exactly n_expected vectors, all of the
 * same n_dims > 0, all finite or marked bad, placed by index where the reply had indexes (a
 * permutation of 0..n-1, all or none), the document complete.
 */
#include "wire/json.h"
#include "wire/pick.h"

struct emb_reply_shape {
  const char *list;   /* path from the root to the array of items; "" = the root array. When
                         n_expected is 1, the value there may also be an object (the only item) or,
                         where `vector` is "", the vector itself (an array of numbers, a string) */
  const char *vector; /* path inside an item; "" = the item itself is the vector */
  const char *index;  /* path inside an item, or NULL */
  const char *tokens; /* path from the root to a total token count, or NULL */
};

/* What the numbers of a reply are. */
enum emb_element {
  EMB_ELEMENT_FLOAT, /* the components; base64: little-endian float32 */
  EMB_ELEMENT_INT8,  /* the components as int8, times whatever; base64: bytes */
  EMB_ELEMENT_BITS   /* bytes (0..255) of eight components, the first the highest bit: read as 1
                        and -1; base64: the same bytes */
};

#define EMB_VECTORS_ERRORS 6
#define EMB_MAX_DIMS 65536 /* of one vector: more than any model has */

struct emb_vectors {
  /* results */
  struct emb_floats floats; /* the n-th vector that came occupies floats.data[n * n_dims ...) */
  int n_dims;
  int n_vectors;      /* that came */
  int *place;         /* owned, n_expected: place[i] = which of those belongs to input i */
  unsigned char *bad; /* owned, n_expected: bad[i] = 1 where vector of input i held null, NaN or
                         infinity (its floats are zero) */
  int n_bad;
  long long tokens; /* -1: the reply did not say */
  struct emb_err err;
  /* private below */
  const struct emb_reply_shape *shape; /* borrowed */
  enum emb_element element;
  struct emb_json scan;
  struct emb_buf bytes; /* of the base64 vector being read */
  struct emb_path list, vector, index, tokens_path, error[EMB_VECTORS_ERRORS];
  char error_text[600]; /* the provider's words, "" if none came */
  int error_rank;       /* which of the error paths they came from; n: none */
  int taking_error;     /* the string being collected is for that path; -1: none */
  int n_expected, wanted_dims;
  int state, list_depth, vector_depth;
  int list_seen, list_odd; /* the list came; something else came in its place */
  int only_item;           /* the list's place holds the only item itself */
  int n_items, has_vector, n_rows, n_indexed;
  size_t vector_start;     /* floats.n where the current vector began */
  int *came_index;         /* owned, n_expected: the index that came with the n-th item; -1 */
  unsigned char *came_bad; /* owned, n_expected: by order of arrival */
};

/* Starts reading a reply for n_expected inputs. wanted_dims: 0 any, else a mismatch is an error.
 * shape and its texts must outlive vectors. 0, EMB_ENOMEM or EMB_EARG. */
int emb_vectors_init(struct emb_vectors *vectors, const struct emb_reply_shape *shape,
                     enum emb_element element, int n_expected, int wanted_dims);
void emb_vectors_release(struct emb_vectors *vectors); /* safe on zeroed memory and twice */
/* Forgets what came (another attempt begins); keeps the memory. */
void emb_vectors_begin(struct emb_vectors *vectors);
/* Consumes a piece of the body; 0 or a code (sticky), message in vectors->err. */
int emb_vectors_write(struct emb_vectors *vectors, const char *bytes, size_t n);
/* The body is over: checks completeness, count, dims, indexes. EMB_ETRUNCATED, EMB_EREPLY or 0. If
 * the reply was a complete JSON document with an error message instead of vectors ("error" object
 * or string, "message", "success":false), err says so with the provider's words. */
int emb_vectors_end(struct emb_vectors *vectors);
/* The n_dims floats of input i, or NULL where bad. Borrowed until release/begin. */
const float *emb_vectors_at(const struct emb_vectors *vectors, int i);

#endif
