/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_FOLDER_H
#define EMB_FOLDER_H
/*
 * A static model in a folder: model.safetensors is mapped, tokenizer.json is read once. Both
 * layouts are known, model2vec's (tensor `embeddings`, perhaps with `weights` and `mapping`) and
 * sentence-transformers' StaticEmbedding (tensor `embedding.weight`, perhaps in
 * 0_StaticEmbedding/).
 *
 * The file must not be cut short while it is open; replace a model by renaming another into place.
 */
#include "base/buf.h"
#include "local/safetensors.h"
#include "local/tokenizer_json.h"

enum { EMB_MAX_FOLDER_DIMS = 65536 };

struct emb_folder {
  char *path; /* owned: of model.safetensors */
  void *map;  /* owned: the mapped file */
  size_t n_map;
  struct emb_tokenizer tokenizer;
  struct emb_tensor rows;
  struct emb_tensor weights, mapping; /* data NULL: the model has none */
};

int emb_folder_open(const char *path, struct emb_folder *out, struct emb_err *err);
void emb_folder_release(struct emb_folder *folder);
int emb_folder_print(const struct emb_folder *folder, struct emb_buf *out);
/* Adds the row of a token id to sums[0..n). */
void emb_folder_add(const struct emb_folder *folder, uint32_t id, int n, float *sums);

#endif
