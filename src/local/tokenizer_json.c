/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tokenizer.json to the tables of wordpiece.h: see tokenizer_json.h. */
#include "local/tokenizer_json.h"

#include <string.h>

#include "base/mem.h"
#include "wire/number.h"
#include "wire/span.h"

enum { MAX_TRIES = 1000 }; /* slots that one token may have to pass */

static const char supported[] = "only uncased BERT WordPiece tokenizers are supported";

/* One token while the vocabulary is read. */
struct piece {
  size_t from; /* in the unsorted texts */
  uint32_t n;
  unsigned char is_set, continues;
};

struct reading {
  struct emb_buf text;  /* of all tokens, in the order of the file */
  struct piece *pieces; /* owned; by id */
  uint32_t n_tokens;
  struct emb_err *err;
};

static int refuse(struct emb_err *err, const char *what) {
  return emb_err_set(err, EMB_ECONFIG, "tokenizer.json: %s; %s", what, supported);
}

static int no_memory(struct emb_err *err) { return emb_err_set(err, EMB_ENOMEM, "out of memory"); }

/* 1 where object[name] is the string `text`. */
static int is_string(struct emb_span object, const char *name, const char *text) {
  struct emb_span value;
  if (!emb_span_member(object, name, &value)) return 0;
  value = emb_span_trim(value);
  return value.n == strlen(text) + 2 && *value.p == '"' &&
         memcmp(value.p + 1, text, value.n - 2) == 0;
}

/* The first letter of true, false or null; `missing` when there is no such member. */
static char flag_of(struct emb_span object, const char *name, char missing) {
  struct emb_span value;
  return emb_span_member(object, name, &value) ? emb_span_kind(value) : missing;
}

static int read_id(struct emb_span value, uint32_t *id) {
  value = emb_span_trim(value);
  double x = emb_span_kind(value) == '0' ? emb_number_double(value.p, value.n) : -1;
  if (!(x >= 0 && x < EMB_MAX_TOKENS - 1) || /* id + 1 must fit below the tag */
      x != (double)(uint32_t)x)
    return 0;
  *id = (uint32_t)x;
  return 1;
}

/* ---- what the tokenizer does ---- */

static int check_normalizer(struct emb_span root, struct emb_err *err) {
  struct emb_span n;
  if (!emb_span_member(root, "normalizer", &n) || !is_string(n, "type", "BertNormalizer"))
    return refuse(err, "its normalizer is not BertNormalizer");
  if (flag_of(n, "lowercase", 't') != 't') return refuse(err, "it keeps upper case");
  if (flag_of(n, "strip_accents", 'n') == 'f') return refuse(err, "it keeps accents");
  if (flag_of(n, "clean_text", 't') != 't' || flag_of(n, "handle_chinese_chars", 't') != 't')
    return refuse(err, "clean_text or handle_chinese_chars is off");
  return EMB_OK;
}

static int check_model(struct emb_span model, struct emb_err *err) {
  struct emb_span value;
  if (is_string(model, "type", "Unigram")) return refuse(err, "its model is Unigram");
  if (is_string(model, "type", "BPE")) return refuse(err, "its model is BPE");
  /* Files of old have no type: a vocabulary with a word prefix is WordPiece. */
  if (!is_string(model, "type", "WordPiece") && emb_span_member(model, "type", &value))
    return refuse(err, "its model is not WordPiece");
  if (!is_string(model, "continuing_subword_prefix", "##"))
    return refuse(err, "continuing_subword_prefix is not ##");
  uint32_t chars = EMB_WORD_CHARS;
  if (emb_span_member(model, "max_input_chars_per_word", &value) &&
      (!read_id(value, &chars) || chars != EMB_WORD_CHARS))
    return refuse(err, "max_input_chars_per_word is not 100");
  return EMB_OK;
}

/* ---- the vocabulary ---- */

/* Counts the ids of an object {token: id} and of added_tokens. */
static int count_ids(struct emb_span vocab, struct emb_span added, uint32_t *n_tokens,
                     struct emb_err *err) {
  struct emb_span key, value;
  uint32_t id, n = 0;
  for (size_t at = 0; emb_span_next(vocab, &at, &key, &value);) {
    if (!read_id(value, &id))
      return refuse(err, "the vocabulary holds an id that is no number below 1048575");
    if (id >= n) n = id + 1;
  }
  for (size_t at = 0; emb_span_next(added, &at, NULL, &value);) {
    struct emb_span member;
    if (!emb_span_member(value, "id", &member) || !read_id(member, &id))
      return refuse(err, "an added token has no id below 1048575");
    if (id >= n) n = id + 1;
  }
  *n_tokens = n;
  return n ? EMB_OK : refuse(err, "the vocabulary is empty");
}

static int add_piece(struct reading *r, struct emb_span key, uint32_t id) {
  size_t from = r->text.n;
  /* keys come without their quotes */
  struct emb_span quoted = {key.p - 1, key.n + 2};
  if (emb_span_string(quoted, &r->text)) return no_memory(r->err);
  size_t n = r->text.n - from;
  struct piece *piece = &r->pieces[id];
  if (piece->is_set) return refuse(r->err, "two tokens have one id");
  piece->is_set = 1;
  piece->continues = n > 2 && memcmp(r->text.data + from, "##", 2) == 0;
  if (piece->continues) from += 2, n -= 2;
  piece->from = from;
  piece->n = (uint32_t)n;
  return EMB_OK;
}

static int read_vocab(struct reading *r, struct emb_span vocab) {
  struct emb_span key, value;
  uint32_t id = 0;
  if (emb_buf_reserve(&r->text, vocab.n)) return no_memory(r->err); /* so that text never is NULL */
  for (size_t at = 0; emb_span_next(vocab, &at, &key, &value);) {
    int rc = read_id(value, &id) ? add_piece(r, key, id) : refuse(r->err, "an id is no number");
    if (rc) return rc;
  }
  return EMB_OK;
}

/* 0 where so many tokens lie together that the vocabulary cannot be an honest one. */
static int add_slot(struct emb_tokenizer *t, uint32_t id, const char *text, uint32_t n,
                    int continues) {
  uint32_t hash = emb_piece_hash(continues), n_slots = t->wordpiece.vocab.n_slots;
  for (uint32_t i = 0; i < n; i++) hash = emb_piece_hash_add(hash, (unsigned char)text[i]);
  uint32_t at = emb_piece_slot(hash, n_slots);
  for (int n_tried = 0; emb_le32(t->slots + 4 * (size_t)at); at = at + 1 < n_slots ? at + 1 : 0)
    if (++n_tried > MAX_TRIES) return 0;
  emb_put_le32(t->slots + 4 * (size_t)at, emb_piece_tag(hash) << 20 | (id + 1));
  return 1;
}

/* Lays the tables: texts by id, and the hash table. */
static int lay_tables(struct reading *r, struct emb_tokenizer *t) {
  struct emb_vocab *v = &t->wordpiece.vocab;
  v->n_tokens = r->n_tokens;
  v->n_slots = 2 * r->n_tokens;
  t->starts = emb_calloc((size_t)r->n_tokens + 1, 4);
  t->slots = emb_calloc(v->n_slots, 4);
  t->text = emb_malloc(r->text.n + 1);
  if (!t->starts || !t->slots || !t->text) return no_memory(r->err);
  uint32_t n = 0;
  for (uint32_t id = 0; id < r->n_tokens; id++) {
    const struct piece *p = &r->pieces[id];
    emb_put_le32(t->starts + 4 * (size_t)id, n | (p->continues ? EMB_PIECE_CONTINUES : 0));
    if (!p->is_set || !p->n)
      continue; /* an id without a token in the vocabulary, such as an added one */
    memcpy(t->text + n, r->text.data + p->from, p->n);
    if (!add_slot(t, id, t->text + n, p->n, p->continues))
      return refuse(r->err, "the vocabulary repeats its tokens");
    n += p->n;
    if (p->n > v->max_bytes) v->max_bytes = p->n;
  }
  emb_put_le32(t->starts + 4 * (size_t)r->n_tokens, n);
  v->starts = t->starts;
  v->slots = t->slots;
  v->text = t->text;
  return EMB_OK;
}

static int find_unknown(struct reading *r, struct emb_span model, struct emb_tokenizer *t) {
  struct emb_span value;
  if (!emb_span_member(model, "unk_token", &value) || emb_span_kind(value) != '"')
    return refuse(r->err, "it names no unk_token");
  char *text = emb_span_strdup(value);
  if (!text) return no_memory(r->err);
  size_t n = strlen(text);
  int found = 0;
  for (uint32_t id = 0; id < r->n_tokens && !found; id++) {
    const struct piece *p = &r->pieces[id];
    found = p->is_set && !p->continues && p->n == n && memcmp(r->text.data + p->from, text, n) == 0;
    if (found) t->wordpiece.vocab.unknown = id;
  }
  emb_free(text);
  return found ? EMB_OK : refuse(r->err, "its unk_token is not in the vocabulary");
}

/* ---- added tokens ---- */

static int read_special(struct emb_tokenizer *t, struct emb_span token, struct emb_buf *texts,
                        struct emb_err *err) {
  struct emb_span content, value;
  uint32_t id = 0;
  size_t from = texts->n;
  if (flag_of(token, "normalized", 'f') == 't' || flag_of(token, "single_word", 'f') == 't' ||
      flag_of(token, "lstrip", 'f') == 't' || flag_of(token, "rstrip", 'f') == 't')
    return refuse(err, "an added token is normalized, a single word or strips what is beside it");
  if (!emb_span_member(token, "content", &content) || !emb_span_member(token, "id", &value) ||
      !read_id(value, &id))
    return refuse(err, "an added token has no content or id");
  int rc = emb_span_string(content, texts);
  if (rc == EMB_ENOMEM) return no_memory(err);
  if (rc) return refuse(err, "the content of an added token is no string");
  /* `texts` was given its room before: what it holds does not move */
  return emb_wordpiece_special(&t->wordpiece, texts->data + from, texts->n - from, id)
             ? refuse(err, "it has more than 32 added tokens, or an empty or very long one")
             : EMB_OK;
}

static int read_specials(struct emb_tokenizer *t, struct emb_span added, struct emb_err *err) {
  struct emb_buf texts = EMB_BUF_INIT;
  struct emb_span token;
  size_t n;
  /* room for all, a bad byte becoming three */
  int rc = emb_buf_reserve(&texts, 3 * added.n + 1) ? no_memory(err) : EMB_OK;
  for (size_t at = 0; !rc && emb_span_next(added, &at, NULL, &token);)
    rc = read_special(t, token, &texts, err);
  if (!rc && !(t->specials = emb_buf_take(&texts, &n))) rc = no_memory(err);
  emb_buf_release(&texts);
  return rc;
}

int emb_tokenizer_read(const char *json, size_t n, struct emb_tokenizer *out, struct emb_err *err) {
  struct emb_span root = {json, n}, model, vocab, pre, added = {"[]", 2};
  struct reading r = {.err = err};
  memset(out, 0, sizeof *out);
  int rc = emb_span_check(json, n, err);
  if (rc == EMB_ENOMEM) return rc;
  if (rc || emb_span_kind(root) != '{')
    return emb_err_set(err, EMB_ECONFIG, "tokenizer.json is not a JSON object");
  if (!emb_span_member(root, "model", &model) || emb_span_kind(model) != '{' ||
      !emb_span_member(model, "vocab", &vocab))
    return refuse(err, "it has no model with a vocabulary");
  if ((rc = check_model(model, err))) return rc;
  if (emb_span_kind(vocab) != '{') return refuse(err, "its vocabulary is not an object");
  if ((rc = check_normalizer(root, err))) return rc;
  if (!emb_span_member(root, "pre_tokenizer", &pre) || !is_string(pre, "type", "BertPreTokenizer"))
    return refuse(err, "its pre_tokenizer is not BertPreTokenizer");
  if (emb_span_member(root, "added_tokens", &added) && emb_span_kind(added) != '[')
    added = (struct emb_span){"[]", 2};
  rc = count_ids(vocab, added, &r.n_tokens, err);
  if (!rc && !(r.pieces = emb_calloc(r.n_tokens, sizeof *r.pieces))) rc = no_memory(err);
  if (!rc) rc = read_vocab(&r, vocab);
  if (!rc) rc = lay_tables(&r, out);
  if (!rc) rc = find_unknown(&r, model, out);
  if (!rc) rc = read_specials(out, added, err);
  emb_buf_release(&r.text);
  emb_free(r.pieces);
  if (rc) emb_tokenizer_release(out);
  return rc;
}

void emb_tokenizer_release(struct emb_tokenizer *t) {
  emb_free(t->starts);
  emb_free(t->slots);
  emb_free(t->text);
  emb_free(t->specials);
  memset(t, 0, sizeof *t);
}
