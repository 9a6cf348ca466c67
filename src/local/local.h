/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_LOCAL_H
#define EMB_LOCAL_H
/*
 * Models that run inside this process: the built-in one, and any static (Model2Vec or
 * StaticEmbedding) model in a folder. A text's vector is the unit vector of the sum of its tokens'
 * rows. Immutable after opening.
 */
#include "base/buf.h"
#include "local/accumulate.h"

struct emb_local;

/* The id of the built-in model. It stands for these exact vectors for ever: a better model gets
 * another id. */
#define EMB_LOCAL_BUILTIN_ID "rembed-local-en-256-v1"

/* 1 where this build carries the built-in model. */
int emb_local_has_builtin(void);
/* The built-in model. Reads nothing but a header; the rows come in as they are touched. */
int emb_local_builtin(struct emb_local **out, struct emb_err *err);
/* A static model in a folder (model.safetensors and tokenizer.json), memory-mapped. EMB_ECONFIG
 * says what is wrong with it or what of it is not supported. */
int emb_local_open(const char *folder, struct emb_local **out, struct emb_err *err);
void emb_local_close(struct emb_local *model); /* NULL is fine */

int emb_local_dims(const struct emb_local *model);
/* Appends what is known of the model as a JSON object. */
int emb_local_print(const struct emb_local *model, struct emb_buf *out);

/* The vector of a text: the first n_dims components of it (1 to emb_local_dims), of unit length.
 * EMB_END, with no vector, when the text holds no known token. *n_tokens (may be NULL) gets how
 * many known tokens it holds. */
int emb_local_embed(const struct emb_local *model, const char *text, size_t n, int n_dims,
                    float *out, long long *n_tokens);
/* For tests and measurements: as above with a given way to add up the rows of the built-in model.
 */
int emb_local_embed_by(const struct emb_local *model, emb_accumulate_fn accumulate,
                       const char *text, size_t n, int n_dims, float *out, long long *n_tokens);
/* The ids of a text's tokens, in the numbering of the model's vocabulary, appended as u32. */
int emb_local_tokens(const struct emb_local *model, const char *text, size_t n,
                     struct emb_buf *out);

#endif
