/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_WORDS_H
#define EMB_WORDS_H
/*
 * BERT's uncased normaliser and pre-tokeniser as one walk over UTF-8 text: it gives the words one
 * by one, normalised, exactly as Hugging Face's `tokenizers` does (BertNormalizer with lower case,
 * BertPreTokenizer). It allocates nothing and needs no copy of the text, whatever its length.
 * A byte that is no UTF-8 vanishes, as U+FFFD does.
 */
#include <stddef.h>
#include <stdint.h>

enum { EMB_WORD_CHARS = 100, EMB_WORD_BYTES = 4 * EMB_WORD_CHARS };

struct emb_words {
  const char *p, *end; /* borrowed: what is left of the text */
  const uint8_t *sub;  /* the rest of a string that a code point became */
  int n_sub;
  int run; /* where the marks at the end of the word begin */
  char word[EMB_WORD_BYTES + 8];
  int n; /* bytes of the word; what exceeds EMB_WORD_CHARS is counted, not kept */
  int n_chars;
};

void emb_words_init(struct emb_words *words, const char *text, size_t n);
/* 1 with the next word in word[0..n), 0 at the end. */
int emb_words_next(struct emb_words *words);

#endif
