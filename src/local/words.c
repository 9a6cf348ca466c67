/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Text to words: see words.h. What becomes of a code point stands in unicode_tables.h. Combining
 * marks that the normaliser keeps are sorted by their class, as canonical decomposition asks: `run`
 * is where the marks at the end of the current word begin, and each new one is moved back past
 * those of a higher class.
 */
#include "local/words.h"

#include <string.h>

#include "local/unicode_tables.h"

enum {
  HANGUL_FIRST = 0xAC00,
  LEAD = 0x1100,
  VOWEL = 0x1161,
  TAIL = 0x11A7,
  N_TAIL = 28,
  N_VOWEL_TAIL = 588
};

void emb_words_init(struct emb_words *w, const char *text, size_t n) {
  w->p = text;
  w->end = text + n;
  w->sub = NULL;
  w->n_sub = 0;
  w->n = w->n_chars = w->run = 0;
}

/* Reads one code point of p[0..n): its length, with 0xFFFD for a byte that starts none. */
static int decode(const unsigned char *p, size_t n, uint32_t *point) {
  static const struct {
    unsigned char mask, lead, length;
    uint32_t least;
  } forms[] = {
      {0x80, 0x00, 1, 0}, {0xE0, 0xC0, 2, 0x80}, {0xF0, 0xE0, 3, 0x800}, {0xF8, 0xF0, 4, 0x10000}};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    if ((p[0] & forms[i].mask) != forms[i].lead) continue;
    if (n < forms[i].length) break;
    uint32_t c = p[0] & (unsigned char)~forms[i].mask;
    for (int k = 1; k < forms[i].length; k++) {
      if ((p[k] & 0xC0) != 0x80) goto bad;
      c = c << 6 | (p[k] & 0x3Fu);
    }
    if (c < forms[i].least || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) break;
    *point = c;
    return forms[i].length;
  }
bad:
  *point = 0xFFFD;
  return 1;
}

static unsigned kind_of(uint32_t point) {
  return unicode_blocks[unicode_index[point / UNICODE_BLOCK] * UNICODE_BLOCK +
                        point % UNICODE_BLOCK];
}

static int mark_order(uint32_t point) {
  int low = 0, high = N_UNICODE_MARKS;
  while (low < high) {
    int middle = (low + high) / 2;
    if (unicode_marks[middle].point < point)
      low = middle + 1;
    else
      high = middle;
  }
  return low < N_UNICODE_MARKS && unicode_marks[low].point == point ? unicode_marks[low].order : 0;
}

/* Adds a character to the word. */
static void put(struct emb_words *w, const void *bytes, int n) {
  if (w->n_chars++ < EMB_WORD_CHARS) {
    memcpy(w->word + w->n, bytes, (size_t)n);
    w->n += n;
  }
  w->run = w->n;
}

/* Adds a mark: behind the marks of its class, in front of those of a higher one. */
static void put_mark(struct emb_words *w, const void *bytes, int n, uint32_t point) {
  if (w->n_chars++ >= EMB_WORD_CHARS) return; /* the word is too long for any token */
  int order = mark_order(point), at = w->n;
  while (at > w->run) {
    int before = at - 1;
    uint32_t other;
    while (before > w->run && ((unsigned char)w->word[before] & 0xC0) == 0x80) before--;
    decode((const unsigned char *)w->word + before, (size_t)(at - before), &other);
    if (mark_order(other) <= order) break;
    at = before;
  }
  memmove(w->word + at + n, w->word + at, (size_t)(w->n - at));
  memcpy(w->word + at, bytes, (size_t)n);
  w->n += n;
}

static void put_hangul(struct emb_words *w, uint32_t syllable) {
  uint32_t s = syllable - HANGUL_FIRST;
  uint32_t jamo[3] = {LEAD + s / N_VOWEL_TAIL, VOWEL + s % N_VOWEL_TAIL / N_TAIL,
                      TAIL + s % N_TAIL};
  for (int i = 0; i < 2 + (s % N_TAIL != 0); i++) {
    char bytes[3] = {(char)(0xE0 | jamo[i] >> 12), (char)(0x80 | (jamo[i] >> 6 & 0x3F)),
                     (char)(0x80 | (jamo[i] & 0x3F))};
    put(w, bytes, 3);
  }
}

enum verdict { MORE, WORD, AGAIN /* the word ends before this character, which comes again */ };

/* Takes one character of a given kind. */
static enum verdict take(struct emb_words *w, unsigned kind, const void *bytes, int n,
                         uint32_t point) {
  switch (kind) {
  case EMB_UC_SPACE: return w->n_chars ? WORD : MORE;
  case EMB_UC_PUNCT:
  case EMB_UC_CJK:
    if (w->n_chars) return AGAIN;
    put(w, bytes, n);
    return WORD;
  case EMB_UC_MARK: put_mark(w, bytes, n, point); return MORE;
  case EMB_UC_HANGUL: put_hangul(w, point); return MORE;
  case EMB_UC_BARRIER: w->run = w->n; return MORE;
  case EMB_UC_DROP: return MORE;
  default: put(w, bytes, n); return MORE;
  }
}

/* Takes characters of the string that a code point became. */
static enum verdict take_sub(struct emb_words *w) {
  while (w->n_sub) {
    uint32_t point;
    const uint8_t *at = w->sub;
    int n = decode(at, (size_t)w->n_sub, &point);
    unsigned kind = kind_of(point);
    if (kind != EMB_UC_SPACE && kind != EMB_UC_PUNCT && kind != EMB_UC_MARK) kind = EMB_UC_SELF;
    enum verdict verdict = take(w, kind, at, n, point);
    if (verdict == AGAIN) return WORD;
    w->sub += n;
    w->n_sub -= n;
    if (verdict == WORD) return WORD;
  }
  return MORE;
}

/* Takes one code point beyond ASCII. */
static enum verdict take_point(struct emb_words *w) {
  uint32_t point;
  const char *at = w->p;
  int n = decode((const unsigned char *)at, (size_t)(w->end - at), &point);
  unsigned kind = kind_of(point);
  if (kind >= EMB_UC_STRINGS) {
    w->p += n;
    w->n_sub = unicode_strings[kind - EMB_UC_STRINGS];
    w->sub = &unicode_strings[kind - EMB_UC_STRINGS + 1];
    return take_sub(w);
  }
  enum verdict verdict = take(w, kind, at, n, point);
  if (verdict == AGAIN) return WORD;
  w->p += n;
  return verdict;
}

int emb_words_next(struct emb_words *w) {
  w->n = w->n_chars = w->run = 0;
  if (w->n_sub && take_sub(w) == WORD) return 1;
  while (w->p < w->end) {
    unsigned char c = (unsigned char)*w->p;
    if (c >= 0x80) {
      if (take_point(w) == WORD) return 1;
      continue;
    }
    unsigned char becomes = unicode_ascii[c];
    if (becomes == EMB_UC_PUNCT && w->n_chars) return 1;
    w->p++;
    if (becomes == EMB_UC_DROP) continue;
    if (becomes == EMB_UC_SPACE) {
      if (w->n_chars) return 1;
      continue;
    }
    if (becomes == EMB_UC_PUNCT) becomes = c;
    if (w->n_chars < EMB_WORD_CHARS) w->word[w->n++] = (char)becomes;
    w->n_chars++;
    w->run = w->n;
    if (becomes == c && unicode_ascii[c] == EMB_UC_PUNCT) return 1;
  }
  return w->n_chars > 0;
}
