/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_WORDPIECE_H
#define EMB_WORDPIECE_H
/*
 * Text to token ids: special tokens, words, then the longest known pieces of each word (WordPiece),
 * exactly as Hugging Face's `tokenizers` does for uncased BERT models without its [CLS] and [SEP].
 *
 * The vocabulary is a view of little-endian tables, so that those of the built-in model can be used
 * where they lie in the file: token texts in one blob, their ends, and an open-addressing hash
 * table.
 */
#include "base/err.h"
#include "local/words.h"

#define EMB_PIECE_CONTINUES                                                                        \
  0x80000000u /* in `starts`: a piece inside a word ("##ing" without ##) */
enum { EMB_MAX_TOKENS = 1 << 20, EMB_MAX_SPECIALS = 32, EMB_MAX_SPECIAL_BYTES = 256 };

struct emb_vocab {
  const unsigned char
      *starts; /* u32[n_tokens + 1]: where the text of a token begins, and the bit above */
  const unsigned char *slots; /* u32[n_slots]: 12 bits of the hash, 20 bits of id + 1; 0 is free */
  const char *text;
  uint32_t n_tokens, n_slots; /* n_slots is over n_tokens */
  uint32_t unknown;           /* the id of [UNK] */
  uint32_t max_bytes;         /* of the longest token */
};

/* A token that is found in the raw text before anything else. */
struct emb_special {
  const char *text; /* borrowed */
  uint32_t n, id;
};

struct emb_wordpiece {
  struct emb_vocab vocab;
  struct emb_special specials[EMB_MAX_SPECIALS];
  int n_specials;
  int first_byte; /* of all specials; -1: they differ */
};

uint32_t emb_le32(const void *bytes);
void emb_put_le32(void *bytes, uint32_t value);
/* The hash of a piece, and the next one when a byte is added. */
uint32_t emb_piece_hash(int continues);
uint32_t emb_piece_hash_add(uint32_t hash, unsigned char byte);
/* Where a hash starts to look, and the 12 bits that a slot keeps of it. */
uint32_t emb_piece_slot(uint32_t hash, uint32_t n_slots);
uint32_t emb_piece_tag(uint32_t hash);

/* Adds a special token. EMB_EARG when there is no room. */
int emb_wordpiece_special(struct emb_wordpiece *wordpiece, const char *text, size_t n, uint32_t id);

/* The walk over one text. */
struct emb_tokens {
  const struct emb_wordpiece *wordpiece; /* borrowed */
  struct emb_words words;                /* of the stretch before the next special token */
  const char *rest, *end;                /* what comes after it */
  const struct emb_special *special;     /* the one at `rest`, or NULL */
};

void emb_tokens_init(struct emb_tokens *tokens, const struct emb_wordpiece *wordpiece,
                     const char *text, size_t n);
/* Writes at most max ids (max >= EMB_WORD_CHARS) and returns how many: 0 only at the end of the
 * text. A word that cannot be pieced together is one `unknown`. */
int emb_tokens_next(struct emb_tokens *tokens, uint32_t *ids, int max);

#endif
