/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A model and what it makes of a text: see local.h. Both kinds read tokens the same way and differ
 * in their rows: int8 with integer weights, summed exactly, or a tensor of a file, summed in float.
 */
#include "local/local.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "local/folder.h"
#include "local/pack.h"
#include "wire/span.h"

enum { IDS = 1024, CHUNK = 4096 /* rows that fit a 32-bit sum */ };

struct emb_local {
  int is_folder;
  int n_dims;
  const struct emb_wordpiece *wordpiece; /* of pack or folder */
  struct emb_pack pack;
  const char *sha256; /* static */
  struct emb_folder folder;
};

int emb_local_has_builtin(void) {
  size_t n;
  const char *sha256;
  return emb_pack_builtin(&n, &sha256) != NULL;
}

int emb_local_builtin(struct emb_local **out, struct emb_err *err) {
  size_t n;
  const char *sha256;
  const unsigned char *bytes = emb_pack_builtin(&n, &sha256);
  if (!bytes)
    return emb_err_set(
        err, EMB_ECONFIG,
        "this build has no built-in model (it was made with LOCAL=0); use model2vec::/path or "
        "another provider");
  struct emb_local *model = emb_calloc(1, sizeof *model);
  if (!model) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  int rc = emb_pack_open(bytes, n, &model->pack, err);
  if (rc) {
    emb_free(model);
    return rc;
  }
  model->sha256 = sha256;
  model->wordpiece = &model->pack.wordpiece;
  model->n_dims = model->pack.n_dims;
  *out = model;
  return EMB_OK;
}

int emb_local_open(const char *folder, struct emb_local **out, struct emb_err *err) {
  struct emb_local *model = emb_calloc(1, sizeof *model);
  if (!model) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  int rc = emb_folder_open(folder, &model->folder, err);
  if (rc) {
    emb_free(model);
    return rc;
  }
  model->is_folder = 1;
  model->wordpiece = &model->folder.tokenizer.wordpiece;
  model->n_dims = (int)model->folder.rows.n_columns;
  *out = model;
  return EMB_OK;
}

void emb_local_close(struct emb_local *model) {
  if (!model) return;
  if (model->is_folder) emb_folder_release(&model->folder);
  emb_free(model);
}

int emb_local_dims(const struct emb_local *model) { return model->n_dims; }

int emb_local_print(const struct emb_local *m, struct emb_buf *out) {
  if (m->is_folder) return emb_folder_print(&m->folder, out);
  /* the metadata of the pack is an object: the hash is put in behind its members */
  struct emb_span metadata = emb_span_trim((struct emb_span){m->pack.metadata, m->pack.n_metadata});
  emb_buf_add(out, metadata.p, metadata.n - 1);
  return emb_buf_addf(out, ",\"sha256\":\"%s\"}", m->sha256);
}

/* Drops the ids that carry nothing, brings the rows of the others towards the processor. */
static int keep_known(const struct emb_pack *pack, uint32_t *ids, int n) {
  int kept = 0;
  for (int i = 0; i < n; i++) {
    uint32_t id = ids[i];
    if (!pack->weights[2 * (size_t)id] && !pack->weights[2 * (size_t)id + 1]) continue;
#ifdef __GNUC__
    const int8_t *row = pack->rows + (size_t)id * (size_t)pack->n_dims;
    for (int d = 0; d < pack->n_dims; d += 64) __builtin_prefetch(row + d);
#endif
    ids[kept++] = id;
  }
  return kept;
}

static int embed_pack(const struct emb_pack *pack, emb_accumulate_fn accumulate,
                      struct emb_tokens *tokens, int n_dims, float *out, long long *n_tokens) {
  uint32_t ids[IDS];
  int32_t sums[EMB_ROW_DIMS] = {0};
  int64_t totals[EMB_ROW_DIMS] = {0};
  long long n_all = 0;
  for (int n, n_summed = 0; (n = emb_tokens_next(tokens, ids, IDS)) > 0;) {
    n = keep_known(pack, ids, n);
    if (n_summed + n > CHUNK) {
      for (int d = 0; d < pack->n_dims; d++) totals[d] += sums[d];
      memset(sums, 0, sizeof sums);
      n_summed = 0;
    }
    accumulate(pack->rows, pack->weights, pack->n_dims, ids, n, sums);
    n_summed += n;
    n_all += n;
  }
  for (int d = 0; d < pack->n_dims; d++) totals[d] += sums[d];
  *n_tokens = n_all;
  return n_all && !emb_unit_vector(totals, n_dims, out) ? EMB_OK : EMB_END;
}

static int embed_folder(const struct emb_folder *folder, struct emb_tokens *tokens, int n_dims,
                        float *out, long long *n_tokens) {
  uint32_t ids[IDS];
  uint32_t unknown = folder->tokenizer.wordpiece.vocab.unknown;
  long long n_all = 0;
  for (int d = 0; d < n_dims; d++) out[d] = 0;
  for (int n; (n = emb_tokens_next(tokens, ids, IDS)) > 0;)
    for (int i = 0; i < n; i++) {
      if (ids[i] == unknown) continue;
      emb_folder_add(folder, ids[i], n_dims, out);
      n_all++;
    }
  double squares = 0;
  for (int d = 0; d < n_dims; d++) squares += (double)out[d] * out[d];
  *n_tokens = n_all;
  if (!(squares > 0) || isinf(squares)) return EMB_END;
  double scale = 1.0 / sqrt(squares);
  for (int d = 0; d < n_dims; d++) out[d] = (float)(out[d] * scale);
  return EMB_OK;
}

int emb_local_embed_by(const struct emb_local *m, emb_accumulate_fn accumulate, const char *text,
                       size_t n, int n_dims, float *out, long long *n_tokens) {
  struct emb_tokens tokens;
  long long ignored;
  if (!n_tokens) n_tokens = &ignored;
  emb_tokens_init(&tokens, m->wordpiece, text, n);
  return m->is_folder ? embed_folder(&m->folder, &tokens, n_dims, out, n_tokens)
                      : embed_pack(&m->pack, accumulate, &tokens, n_dims, out, n_tokens);
}

int emb_local_embed(const struct emb_local *m, const char *text, size_t n, int n_dims, float *out,
                    long long *n_tokens) {
  return emb_local_embed_by(m, emb_accumulate_best(), text, n, n_dims, out, n_tokens);
}

int emb_local_tokens(const struct emb_local *m, const char *text, size_t n, struct emb_buf *out) {
  struct emb_tokens tokens;
  uint32_t ids[IDS];
  emb_tokens_init(&tokens, m->wordpiece, text, n);
  for (int n_ids; (n_ids = emb_tokens_next(&tokens, ids, IDS)) > 0;) {
    if (emb_buf_reserve(out, 4 * (size_t)n_ids)) return EMB_ENOMEM;
    for (int i = 0; i < n_ids; i++, out->n += 4) emb_put_le32(out->data + out->n, ids[i]);
  }
  return EMB_OK;
}
