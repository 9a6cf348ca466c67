/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_PACK_H
#define EMB_PACK_H
/*
 * The built-in model's file, as tools/local_model/pack.py writes it. Little endian, read where it
 * lies; nothing in it is changed or copied.
 *
 *   0    "REMBPACK"
 *   8    u32 version (1)      12  u32 n_tokens     16  u32 n_dims      20  u32 n_slots
 *   24   u32 unknown          28  u32 max_bytes    32  u32 n_specials  36  u32 0
 *   40   ten u32: begin and size in bytes of metadata (JSON), starts, slots, texts, specials
 *   80   four u32: begin and size in bytes of weights (u16[n_tokens]), rows
 * (int8[n_tokens][n_dims])
 *
 * A token's row is weight * row: the rows keep all eight bits, the weights (0 to 4095) the lengths.
 * `specials` are u32 ids; `starts` and `slots` are those of wordpiece.h.
 */
#include "local/wordpiece.h"

struct emb_pack {
  struct emb_wordpiece wordpiece;
  const char *metadata; /* borrowed, like all that follows; JSON */
  size_t n_metadata;
  const unsigned char *weights;
  const int8_t *rows;
  int n_dims;
};

/* Reads and checks the tables' places (not their contents: the file is ours). */
int emb_pack_open(const unsigned char *bytes, size_t n, struct emb_pack *out, struct emb_err *err);

/* The model inside this library: its bytes and the SHA-256 of them in hexadecimal. NULL where the
 * build left it out (make LOCAL=0). */
const unsigned char *emb_pack_builtin(size_t *n, const char **sha256);

#endif
