/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Words to token ids: see wordpiece.h. The hash of every prefix of a word is computed on the way to
 * the hash of the whole, so that shorter and shorter pieces cost one look each. */
#include "local/wordpiece.h"

#include <string.h>

enum { FNV_WORD = 0x811C9DC5u, FNV_PIECE = 0x050C5D1Fu, FNV_PRIME = 0x01000193u, TAG_SHIFT = 20 };
#define ID_MASK ((1u << TAG_SHIFT) - 1)

uint32_t emb_le32(const void *bytes) {
  const unsigned char *b = bytes;
  return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

void emb_put_le32(void *bytes, uint32_t value) {
  unsigned char *b = bytes;
  for (int i = 0; i < 4; i++) b[i] = (unsigned char)(value >> 8 * i);
}

uint32_t emb_piece_hash(int continues) { return continues ? FNV_PIECE : FNV_WORD; }

uint32_t emb_piece_hash_add(uint32_t hash, unsigned char byte) { return (hash ^ byte) * FNV_PRIME; }

uint32_t emb_piece_slot(uint32_t hash, uint32_t n_slots) {
  return (uint32_t)((uint64_t)hash * n_slots >> 32);
}

uint32_t emb_piece_tag(uint32_t hash) { return hash & 0xFFF; }

/* The id of a piece, or -1. */
static long find(const struct emb_vocab *v, int continues, const char *piece, uint32_t n,
                 uint32_t hash) {
  for (uint32_t at = emb_piece_slot(hash, v->n_slots), i = 0; i < v->n_slots; i++) {
    uint32_t slot = emb_le32(v->slots + 4 * (size_t)at);
    if (!slot) return -1;
    uint32_t id = (slot & ID_MASK) - 1;
    if (slot >> TAG_SHIFT == emb_piece_tag(hash) && id < v->n_tokens) {
      uint32_t start = emb_le32(v->starts + 4 * (size_t)id),
               end = emb_le32(v->starts + 4 * (size_t)(id + 1));
      uint32_t from = start & ~EMB_PIECE_CONTINUES, to = end & ~EMB_PIECE_CONTINUES;
      if (!(start & EMB_PIECE_CONTINUES) == !continues && to - from == n &&
          memcmp(v->text + from, piece, n) == 0)
        return (long)id;
    }
    if (++at == v->n_slots) at = 0;
  }
  return -1;
}

/* The longest piece at the start of word[0..n): its length with the id, or 0. */
static uint32_t longest(const struct emb_vocab *v, int continues, const char *word, uint32_t n,
                        uint32_t *id) {
  uint32_t hashes[EMB_WORD_BYTES + 1];
  if (n > v->max_bytes) n = v->max_bytes;
  hashes[0] = emb_piece_hash(continues);
  for (uint32_t i = 0; i < n; i++)
    hashes[i + 1] = emb_piece_hash_add(hashes[i], (unsigned char)word[i]);
  for (; n; n--) {
    if (((unsigned char)word[n] & 0xC0) == 0x80) continue; /* inside a character */
    long found = find(v, continues, word, n, hashes[n]);
    if (found < 0) continue;
    *id = (uint32_t)found;
    return n;
  }
  return 0;
}

/* The ids of one word. */
static int pieces(const struct emb_vocab *v, struct emb_words *w, uint32_t *ids) {
  int n_ids = 0;
  ids[0] = v->unknown;
  if (w->n_chars > EMB_WORD_CHARS) return 1;
  w->word[w->n] = 0; /* the byte after the word is looked at */
  for (int at = 0; at < w->n; n_ids++) {
    uint32_t n = longest(v, at > 0, w->word + at, (uint32_t)(w->n - at), &ids[n_ids]);
    if (!n) {
      ids[0] = v->unknown;
      return 1;
    }
    at += (int)n;
  }
  return n_ids;
}

int emb_wordpiece_special(struct emb_wordpiece *wp, const char *text, size_t n, uint32_t id) {
  if (!n || n > EMB_MAX_SPECIAL_BYTES || wp->n_specials == EMB_MAX_SPECIALS) return EMB_EARG;
  int first = (unsigned char)text[0];
  wp->first_byte = !wp->n_specials || wp->first_byte == first ? first : -1;
  wp->specials[wp->n_specials++] = (struct emb_special){text, (uint32_t)n, id};
  return EMB_OK;
}

/* The longest special token at p, or NULL. */
static const struct emb_special *special_at(const struct emb_wordpiece *wp, const char *p,
                                            const char *end) {
  const struct emb_special *best = NULL;
  for (int i = 0; i < wp->n_specials; i++) {
    const struct emb_special *s = &wp->specials[i];
    if ((size_t)(end - p) >= s->n && memcmp(p, s->text, s->n) == 0 && (!best || s->n > best->n))
      best = s;
  }
  return best;
}

/* Sets up the stretch from `from` to the next special token. */
static void next_stretch(struct emb_tokens *t, const char *from) {
  const struct emb_wordpiece *wp = t->wordpiece;
  const char *p = from;
  t->special = NULL;
  for (; wp->n_specials && p < t->end; p++) {
    if (wp->first_byte >= 0 && !(p = memchr(p, wp->first_byte, (size_t)(t->end - p)))) break;
    if ((t->special = special_at(wp, p, t->end))) break;
  }
  t->rest = t->special ? p : t->end;
  emb_words_init(&t->words, from, (size_t)(t->rest - from));
}

void emb_tokens_init(struct emb_tokens *t, const struct emb_wordpiece *wordpiece, const char *text,
                     size_t n) {
  t->wordpiece = wordpiece;
  t->end = text + n;
  next_stretch(t, text);
}

int emb_tokens_next(struct emb_tokens *t, uint32_t *ids, int max) {
  int n = 0;
  while (n + EMB_WORD_CHARS <= max) {
    if (emb_words_next(&t->words)) {
      n += pieces(&t->wordpiece->vocab, &t->words, ids + n);
    } else if (t->special) {
      ids[n++] = t->special->id;
      next_stretch(t, t->rest + t->special->n);
    } else {
      break;
    }
  }
  return n;
}
