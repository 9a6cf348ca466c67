/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_TOKENIZER_JSON_H
#define EMB_TOKENIZER_JSON_H
/*
 * Hugging Face's tokenizer.json, as far as it describes an uncased BERT WordPiece tokenizer: the
 * kind that the potion models before May 2025 and the English StaticEmbedding models have. Anything
 * else is an EMB_ECONFIG that names what is not supported, never a tokenizer that gives other
 * tokens.
 */
#include "local/wordpiece.h"

struct emb_tokenizer {
  struct emb_wordpiece wordpiece; /* a view of the tables below */
  unsigned char *starts, *slots;  /* owned */
  char *text;                     /* owned */
  char *specials;                 /* owned: the texts of the special tokens */
};

int emb_tokenizer_read(const char *json, size_t n, struct emb_tokenizer *out, struct emb_err *err);
void emb_tokenizer_release(struct emb_tokenizer *tokenizer); /* safe twice and on zeroed memory */

#endif
