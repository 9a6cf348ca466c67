/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The layout of the built-in model: see pack.h. */
#include "local/pack.h"

#include <string.h>

#include "local/accumulate.h"

enum { HEADER_BYTES = 96, VERSION = 1 };

struct part {
  const unsigned char *bytes;
  size_t n;
};

static int part_at(const unsigned char *bytes, size_t n, size_t field, size_t least,
                   struct part *out) {
  size_t begin = emb_le32(bytes + field), size = emb_le32(bytes + field + 4);
  if (begin > n || size > n - begin || size < least) return EMB_ECONFIG;
  *out = (struct part){bytes + begin, size};
  return EMB_OK;
}

int emb_pack_open(const unsigned char *bytes, size_t n, struct emb_pack *out, struct emb_err *err) {
  memset(out, 0, sizeof *out);
  if (n < HEADER_BYTES || memcmp(bytes, "REMBPACK", 8) != 0 || emb_le32(bytes + 8) != VERSION)
    return emb_err_set(err, EMB_ECONFIG, "not a model pack of version %d", VERSION);
  struct emb_vocab *v = &out->wordpiece.vocab;
  size_t n_tokens = v->n_tokens = emb_le32(bytes + 12);
  size_t n_dims = emb_le32(bytes + 16), n_specials = emb_le32(bytes + 32);
  v->n_slots = emb_le32(bytes + 20);
  v->unknown = emb_le32(bytes + 24);
  v->max_bytes = emb_le32(bytes + 28);
  int rc = n_tokens < 1 || n_tokens > EMB_MAX_TOKENS || !n_dims || n_dims > EMB_ROW_DIMS ||
           n_dims % 64 || v->n_slots <= n_tokens || v->unknown >= n_tokens;
  struct part metadata, starts, slots, texts, specials, weights, rows;
  rc = rc || part_at(bytes, n, 40, 2, &metadata) ||
       part_at(bytes, n, 48, 4 * (n_tokens + 1), &starts) ||
       part_at(bytes, n, 56, 4 * (size_t)v->n_slots, &slots) || part_at(bytes, n, 64, 1, &texts) ||
       part_at(bytes, n, 72, 4 * n_specials, &specials) ||
       part_at(bytes, n, 80, 2 * n_tokens, &weights) ||
       part_at(bytes, n, 88, n_tokens * n_dims, &rows);
  for (size_t i = 0; !rc && i < n_specials; i++) {
    uint32_t id = emb_le32(specials.bytes + 4 * i);
    if (id >= n_tokens) return emb_err_set(err, EMB_ECONFIG, "the model pack is damaged");
    uint32_t from = emb_le32(starts.bytes + 4 * (size_t)id) & ~EMB_PIECE_CONTINUES;
    uint32_t to = emb_le32(starts.bytes + 4 * (size_t)(id + 1)) & ~EMB_PIECE_CONTINUES;
    rc = to < from || to > texts.n ||
         emb_wordpiece_special(&out->wordpiece, (const char *)texts.bytes + from, to - from, id);
  }
  if (rc) return emb_err_set(err, EMB_ECONFIG, "the model pack is damaged");
  v->starts = starts.bytes;
  v->slots = slots.bytes;
  v->text = (const char *)texts.bytes;
  out->metadata = (const char *)metadata.bytes;
  out->n_metadata = metadata.n;
  out->weights = weights.bytes;
  out->rows = (const int8_t *)rows.bytes;
  out->n_dims = (int)n_dims;
  return EMB_OK;
}
