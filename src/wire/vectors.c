/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Reads vectors out of a reply while it arrives: see vectors.h.
 *
 * Three places matter: outside the list (where the token count, the list itself and a provider's
 * error text are looked for), inside an item (where its vector and index are looked for), inside a
 * vector. `state` says which; the paths of the other places are not even followed, so a key called
 * "embedding" elsewhere in the reply means nothing.
 *
 * Invariants while reading: floats.n == n_vectors * n_dims except inside a vector; n_items is
 * n_vectors, or one more inside an item whose vector has not ended; both never exceed n_expected.
 * What came is kept in order of arrival and put in place at the end, when it is known whether the
 * indexes are a permutation. Everything that can be refused early is, to stop the transfer.
 */
#include "wire/vectors.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "wire/number.h"

enum { IN_REPLY, IN_LIST, IN_ITEM, IN_VECTOR, IN_BASE64 };

/* The first of these that came is quoted when there are no vectors. */
static const char *const error_paths[EMB_VECTORS_ERRORS] = {
    "error.message", "error", "message", "detail", "errors[0].message", "errors[0]"};

/* At most this much is reserved at once on a server's word. */
#define MAX_RESERVE_FLOATS ((size_t)64 << 20)

static int on_event(void *ctx, struct emb_json *scan, enum emb_json_event event, const char *text,
                    size_t n);

int emb_vectors_init(struct emb_vectors *vectors, const struct emb_reply_shape *shape,
                     enum emb_element element, int n_expected, int wanted_dims) {
  memset(vectors, 0, sizeof *vectors);
  if (n_expected < 1 || wanted_dims < 0)
    return emb_err_set(&vectors->err, EMB_EARG, "%d vectors of %d dimensions", n_expected,
                       wanted_dims);
  vectors->shape = shape;
  vectors->element = element;
  vectors->n_expected = n_expected;
  vectors->wanted_dims = wanted_dims;
  int rc = emb_path_init(&vectors->list, shape->list);
  if (!rc) rc = emb_path_init(&vectors->vector, shape->vector);
  if (!rc && shape->index) rc = emb_path_init(&vectors->index, shape->index);
  if (!rc && shape->tokens) rc = emb_path_init(&vectors->tokens_path, shape->tokens);
  for (int i = 0; !rc && i < EMB_VECTORS_ERRORS; i++)
    rc = emb_path_init(&vectors->error[i], error_paths[i]);
  if (rc) return emb_err_set(&vectors->err, rc, "bad path in a reply shape");
  size_t n = (size_t)n_expected;
  vectors->place = emb_calloc(n, sizeof(int));
  vectors->came_index = emb_calloc(n, sizeof(int));
  vectors->bad = emb_calloc(n, 1);
  vectors->came_bad = emb_calloc(n, 1);
  if (!vectors->place || !vectors->came_index || !vectors->bad || !vectors->came_bad)
    return emb_err_set(&vectors->err, EMB_ENOMEM, "out of memory for %d vectors", n_expected);
  vectors->bytes.max_bytes = (size_t)EMB_MAX_DIMS * 8;
  emb_vectors_begin(vectors);
  return EMB_OK;
}

void emb_vectors_release(struct emb_vectors *vectors) {
  emb_json_release(&vectors->scan);
  emb_buf_release(&vectors->bytes);
  emb_floats_release(&vectors->floats);
  emb_free(vectors->place);
  emb_free(vectors->came_index);
  emb_free(vectors->bad);
  emb_free(vectors->came_bad);
  memset(vectors, 0, sizeof *vectors);
}

void emb_vectors_begin(struct emb_vectors *vectors) {
  size_t n = (size_t)vectors->n_expected;
  emb_json_release(&vectors->scan);
  emb_json_init(&vectors->scan, on_event, vectors);
  vectors->scan.floats = &vectors->floats;
  vectors->scan.bytes = &vectors->bytes;
  emb_buf_clear(&vectors->bytes);
  vectors->floats.n = 0;
  vectors->floats.max = 0;
  vectors->n_dims = vectors->n_vectors = vectors->n_bad = 0;
  vectors->tokens = -1;
  emb_err_clear(&vectors->err);
  emb_path_start(&vectors->list, 0);
  emb_path_start(&vectors->tokens_path, 0);
  for (int i = 0; i < EMB_VECTORS_ERRORS; i++) emb_path_start(&vectors->error[i], 0);
  vectors->error_text[0] = 0;
  vectors->error_rank = EMB_VECTORS_ERRORS;
  vectors->taking_error = -1;
  vectors->state = IN_REPLY;
  vectors->list_depth = vectors->list_seen = vectors->list_odd = vectors->only_item = 0;
  vectors->n_items = vectors->has_vector = vectors->n_rows = vectors->n_indexed = 0;
  memset(vectors->bad, 0, n);
  memset(vectors->came_bad, 0, n);
}

static int refuse(struct emb_vectors *vectors, const char *what) {
  return emb_err_set(&vectors->scan.err, EMB_EREPLY, "item %d of the reply: %s",
                     vectors->n_items - 1, what);
}

static int is_value_begin(enum emb_json_event event) {
  return event != EMB_JSON_KEY && event != EMB_JSON_OBJECT_END && event != EMB_JSON_ARRAY_END &&
         event != EMB_JSON_STRING && event != EMB_JSON_STRING_END;
}

/* The depth of the container a value that begins is in. */
static int parent_depth(const struct emb_json *scan, enum emb_json_event event) {
  return scan->depth - (event == EMB_JSON_OBJECT_BEGIN || event == EMB_JSON_ARRAY_BEGIN);
}

static int all_finite(const float *data, size_t n) {
  /* Without branches so that it is vectorised: an exponent of all ones carries into bit 31. */
  uint32_t carry = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t bits;
    memcpy(&bits, data + i, 4);
    carry |= (bits & 0x7fffffff) + 0x00800000;
  }
  return !(carry >> 31);
}

/* There is no room for the numbers of a vector. */
static int no_room(struct emb_vectors *vectors, struct emb_err *err, int code) {
  int i = vectors->n_items ? vectors->n_items - 1 : 0;
  if (code == EMB_ETOOBIG)
    return emb_err_set(err, code, "item %d of the reply: more than %d dimensions", i, EMB_MAX_DIMS);
  return emb_err_set(err, code, "item %d of the reply: %s", i, emb_err_text(code));
}

/* A vector begins; where it goes. */
static void vector_begins(struct emb_vectors *vectors, int state, int depth) {
  vectors->state = state;
  vectors->vector_depth = depth;
  vectors->vector_start = vectors->floats.n;
  vectors->floats.max = vectors->floats.n + EMB_MAX_DIMS;
  vectors->n_rows = 0;
  vectors->has_vector = 1;
}

/* Bytes of eight signs become eight components, in place from the end. */
static int spread_bits(struct emb_vectors *vectors) {
  size_t n = vectors->floats.n - vectors->vector_start;
  if (!n) return EMB_OK; /* there may be no memory to point into yet */
  for (size_t i = 0; i < n; i++) {
    float byte = vectors->floats.data[vectors->vector_start + i];
    if (!(byte >= 0 && byte <= 255) || byte != (float)(int)byte)
      return refuse(vectors, "a packed vector holds something other than bytes");
  }
  int rc = emb_floats_reserve(&vectors->floats, 7 * n);
  if (rc) return no_room(vectors, &vectors->scan.err, rc);
  float *data = vectors->floats.data + vectors->vector_start;
  for (size_t i = n; i-- > 0;) {
    unsigned byte = (unsigned)data[i];
    for (unsigned k = 0; k < 8; k++) data[8 * i + k] = byte >> (7 - k) & 1 ? 1.0F : -1.0F;
  }
  vectors->floats.n += 7 * n;
  return EMB_OK;
}

/* The numbers of a vector are complete. */
static int vector_ends(struct emb_vectors *vectors) {
  int rc = vectors->element == EMB_ELEMENT_BITS ? spread_bits(vectors) : EMB_OK;
  if (rc) return rc;
  size_t n = vectors->floats.n - vectors->vector_start;
  char what[160];
  if (!n) return refuse(vectors, "an empty vector");
  if (vectors->wanted_dims && n != (size_t)vectors->wanted_dims) {
    snprintf(what, sizeof what, "%zu dimensions where %d were expected", n, vectors->wanted_dims);
    return refuse(vectors, what);
  }
  if (vectors->n_dims && n != (size_t)vectors->n_dims) {
    snprintf(what, sizeof what, "%zu dimensions, but %d in the items before", n, vectors->n_dims);
    return refuse(vectors, what);
  }
  float *data = vectors->floats.data + vectors->vector_start;
  if (!all_finite(data, n)) {
    memset(data, 0, n * sizeof *data);
    vectors->came_bad[vectors->n_vectors] = 1;
    vectors->n_bad++;
  }
  vectors->n_vectors++;
  if (!vectors->n_dims) {
    vectors->n_dims = (int)n;
    vectors->floats.max = 0;
    size_t rest = (size_t)(vectors->n_expected - 1) * n;
    if (rest && rest <= MAX_RESERVE_FLOATS && emb_floats_reserve(&vectors->floats, rest))
      return emb_err_set(&vectors->scan.err, EMB_ENOMEM, "out of memory for %d vectors",
                         vectors->n_expected);
  }
  return EMB_OK;
}

/* The decoded bytes of a base64 vector are its components. */
static int bytes_end(struct emb_vectors *vectors) {
  size_t n = vectors->bytes.n;
  if (!n) return vector_ends(vectors);
  int rc = emb_floats_reserve(&vectors->floats, n);
  if (rc) return no_room(vectors, &vectors->scan.err, rc);
  float *out = vectors->floats.data + vectors->floats.n;
  for (size_t i = 0; i < n; i++) {
    unsigned char byte = (unsigned char)vectors->bytes.data[i];
    out[i] = vectors->element == EMB_ELEMENT_INT8 ? (float)(signed char)byte : (float)byte;
  }
  vectors->floats.n += n;
  return vector_ends(vectors);
}

/* The decoded bytes of a base64 vector are little-endian float32, or its components. */
static int base64_ends(struct emb_vectors *vectors) {
  if (vectors->element != EMB_ELEMENT_FLOAT) return bytes_end(vectors);
  size_t n = vectors->bytes.n / 4;
  char what[160];
  int dims = vectors->wanted_dims ? vectors->wanted_dims : vectors->n_dims;
  if (dims && vectors->bytes.n == (size_t)dims * 8)
    return refuse(vectors, "the base64 vector has 8 bytes per dimension: it looks like float64, "
                           "not float32");
  if (vectors->bytes.n % 4) {
    snprintf(what, sizeof what, "the base64 vector has %zu bytes, not a multiple of 4",
             vectors->bytes.n);
    return refuse(vectors, what);
  }
  int rc = emb_floats_reserve(&vectors->floats, n);
  if (rc) return no_room(vectors, &vectors->scan.err, rc);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (n) memcpy(vectors->floats.data + vectors->floats.n, vectors->bytes.data, n * 4);
#else
  for (size_t i = 0; i < n; i++) {
    const unsigned char *b = (const unsigned char *)vectors->bytes.data + 4 * i;
    uint32_t bits = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    memcpy(vectors->floats.data + vectors->floats.n + i, &bits, 4);
  }
#endif
  vectors->floats.n += n;
  return vector_ends(vectors);
}

/* The vector's value begins with this event. */
static int take_vector(struct emb_vectors *vectors, enum emb_json_event event) {
  if (vectors->has_vector) return refuse(vectors, "two vectors");
  if (event == EMB_JSON_ARRAY_BEGIN) {
    vector_begins(vectors, IN_VECTOR, vectors->scan.depth);
    return EMB_JSON_WANT_FLOATS;
  }
  if (event == EMB_JSON_STRING_BEGIN) {
    vector_begins(vectors, IN_BASE64, vectors->scan.depth);
    emb_buf_clear(&vectors->bytes);
    return EMB_JSON_WANT_BASE64;
  }
  return refuse(vectors, event == EMB_JSON_NULL ? "null in place of a vector"
                                                : "neither an array nor a string where its vector "
                                                  "should be");
}

static int take_index(struct emb_vectors *vectors, enum emb_json_event event) {
  char what[100];
  double number = vectors->scan.number;
  if (event == EMB_JSON_NULL) return EMB_OK;
  if (event != EMB_JSON_NUMBER) return refuse(vectors, "its index is not a number");
  if (!(number >= 0 && number < vectors->n_expected) || number != (double)(int)number) {
    snprintf(what, sizeof what, "index %.17g for %d inputs", number, vectors->n_expected);
    return refuse(vectors, what);
  }
  int *slot = &vectors->came_index[vectors->n_items - 1];
  if (*slot >= 0) return refuse(vectors, "two indexes");
  *slot = (int)number;
  vectors->n_indexed++;
  return EMB_OK;
}

static int after_item(const struct emb_vectors *vectors) {
  return vectors->only_item ? IN_REPLY : IN_LIST;
}

/* An event inside an item, its own begin and end included. */
static int in_item(struct emb_vectors *vectors, enum emb_json_event event, const char *text,
                   size_t n) {
  struct emb_json *scan = &vectors->scan;
  if (emb_path_event(&vectors->vector, scan, event, text, n)) return take_vector(vectors, event);
  if (vectors->shape->index && emb_path_event(&vectors->index, scan, event, text, n)) {
    int rc = take_index(vectors, event);
    if (rc) return rc;
  }
  int is_end = event == EMB_JSON_OBJECT_END || event == EMB_JSON_ARRAY_END;
  int is_scalar =
      is_value_begin(event) && event != EMB_JSON_OBJECT_BEGIN && event != EMB_JSON_ARRAY_BEGIN;
  if ((is_end && scan->depth == vectors->list_depth + 1) ||
      (is_scalar && scan->depth == vectors->list_depth)) {
    if (!vectors->has_vector) return refuse(vectors, "no vector in it");
    vectors->state = after_item(vectors);
  }
  return event == EMB_JSON_STRING_BEGIN ? EMB_JSON_WANT_SKIP : EMB_JSON_GO;
}

static int item_begins(struct emb_vectors *vectors, enum emb_json_event event) {
  if (vectors->n_items == vectors->n_expected)
    return emb_err_set(&vectors->scan.err, EMB_EREPLY,
                       "the reply holds more than %d vectors for %d inputs", vectors->n_expected,
                       vectors->n_expected);
  vectors->came_index[vectors->n_items++] = -1;
  vectors->has_vector = 0;
  vectors->state = IN_ITEM;
  emb_path_start(&vectors->vector, vectors->list_depth);
  emb_path_start(&vectors->index, vectors->list_depth);
  if (event == EMB_JSON_NUMBER) return refuse(vectors, "a number where an item should be");
  return in_item(vectors, event, NULL, 0);
}

/* An event directly in the list. */
static int in_list(struct emb_vectors *vectors, enum emb_json_event event) {
  if (is_value_begin(event)) return item_begins(vectors, event);
  if (event != EMB_JSON_ARRAY_END) return EMB_OK;
  vectors->state = IN_REPLY;
  if (vectors->n_items || vectors->floats.n == 0) return EMB_OK;
  vectors->n_items = 1; /* numbers: the list was the vector itself */
  vectors->came_index[0] = -1;
  return vector_ends(vectors);
}

/* The value at the list path begins. */
static int take_list(struct emb_vectors *vectors, enum emb_json_event event) {
  int only = vectors->n_expected == 1, is_vector = only && !vectors->vector.n_steps;
  if (event == EMB_JSON_NULL) return EMB_OK;
  if (vectors->list_seen)
    return emb_err_set(&vectors->scan.err, EMB_EREPLY, "the reply holds its list twice");
  if (event == EMB_JSON_ARRAY_BEGIN) {
    vectors->list_seen = 1;
    vectors->list_depth = vectors->scan.depth;
    vectors->state = IN_LIST;
    if (!is_vector) return EMB_JSON_GO;
    vector_begins(vectors, IN_LIST, vectors->scan.depth);
    return EMB_JSON_WANT_FLOATS;
  }
  if (only && (event == EMB_JSON_OBJECT_BEGIN || (is_vector && event == EMB_JSON_STRING_BEGIN))) {
    vectors->list_seen = vectors->only_item = 1;
    vectors->list_depth = parent_depth(&vectors->scan, event);
    return item_begins(vectors, event);
  }
  vectors->list_odd = 1; /* it may be an error reply, whose words are still to come */
  return event == EMB_JSON_STRING_BEGIN ? EMB_JSON_WANT_SKIP : EMB_JSON_GO;
}

/* An event outside the list. */
static int in_reply(struct emb_vectors *vectors, enum emb_json_event event, const char *text,
                    size_t n) {
  struct emb_json *scan = &vectors->scan;
  if (event == EMB_JSON_STRING) {
    if (vectors->taking_error < 0 || !n) return EMB_OK;
    if (n >= sizeof vectors->error_text) n = emb_utf8_floor(text, sizeof vectors->error_text - 1);
    memcpy(vectors->error_text, text, n);
    vectors->error_text[n] = 0;
    vectors->error_rank = vectors->taking_error;
    return EMB_OK;
  }
  vectors->taking_error = -1;
  /* Every path sees every event, or it would lose its place. */
  for (int i = 0; i < EMB_VECTORS_ERRORS; i++)
    if (emb_path_event(&vectors->error[i], scan, event, text, n) &&
        event == EMB_JSON_STRING_BEGIN && i < vectors->error_rank && vectors->taking_error < 0)
      vectors->taking_error = i;
  if (vectors->shape->tokens && emb_path_event(&vectors->tokens_path, scan, event, text, n) &&
      event == EMB_JSON_NUMBER)
    vectors->tokens = emb_number_count(scan->number);
  if (emb_path_event(&vectors->list, scan, event, text, n)) return take_list(vectors, event);
  return event == EMB_JSON_STRING_BEGIN && vectors->taking_error < 0 ? EMB_JSON_WANT_SKIP
                                                                     : EMB_JSON_GO;
}

/* An event inside a vector: its end, or what the scanner does not take as a number of it. */
static int in_vector(struct emb_vectors *vectors, enum emb_json_event event) {
  int depth = vectors->scan.depth;
  if (event == EMB_JSON_ARRAY_END) {
    if (depth > vectors->vector_depth) return EMB_OK;
    int rc = vector_ends(vectors);
    if (rc) return rc;
    vectors->state = IN_ITEM;
    return in_item(vectors, event, NULL, 0); /* it may be the item itself that ended */
  }
  if (event == EMB_JSON_ARRAY_BEGIN && depth == vectors->vector_depth + 1) {
    if (vectors->n_rows++) return refuse(vectors, "the reply holds a matrix per input");
    return EMB_JSON_WANT_FLOATS;
  }
  return refuse(vectors, "something other than numbers in its vector");
}

static int on_event(void *ctx, struct emb_json *scan, enum emb_json_event event, const char *text,
                    size_t n) {
  struct emb_vectors *vectors = ctx;
  (void)scan;
  switch (vectors->state) {
  case IN_REPLY: return in_reply(vectors, event, text, n);
  case IN_LIST: {
    int was = vectors->list_depth;
    int answer = in_list(vectors, event);
    /* The list's own end is news to the paths of the reply, one of which may lead through it. */
    if (!answer && event == EMB_JSON_ARRAY_END && scan->depth == was)
      return in_reply(vectors, event, text, n);
    return answer;
  }
  case IN_ITEM: {
    int answer = in_item(vectors, event, text, n);
    if (!answer && vectors->state == IN_REPLY) return in_reply(vectors, event, text, n);
    return answer;
  }
  case IN_VECTOR: return in_vector(vectors, event);
  default: /* IN_BASE64: STRING_END */
    vectors->state = IN_ITEM;
    int rc = base64_ends(vectors);
    if (rc) return rc;
    if (scan->depth == vectors->list_depth) vectors->state = after_item(vectors);
    return EMB_OK;
  }
}

int emb_vectors_write(struct emb_vectors *vectors, const char *bytes, size_t n) {
  int rc = emb_json_feed(&vectors->scan, bytes, n);
  if (!rc || vectors->err.code) return rc;
  vectors->err = vectors->scan.err;
  if (rc == EMB_ETOOBIG &&
      (vectors->state == IN_VECTOR || vectors->state == IN_LIST || vectors->state == IN_BASE64))
    no_room(vectors, &vectors->err, rc);
  /* What is no JSON from the first byte on is a web page: the address is wrong. */
  if (rc == EMB_EREPLY && !vectors->scan.depth && !emb_json_complete(&vectors->scan))
    emb_err_prefix(&vectors->err, "the reply is not JSON, check the client's url: ");
  return rc;
}

/* place and bad from what came; the indexes must be a permutation. */
static int put_in_place(struct emb_vectors *vectors) {
  int n = vectors->n_expected;
  if (vectors->n_indexed && vectors->n_indexed != n)
    return emb_err_set(&vectors->err, EMB_EREPLY, "only %d of %d items of the reply have an index",
                       vectors->n_indexed, n);
  for (int i = 0; i < n; i++) vectors->place[i] = -1;
  for (int i = 0; i < n; i++) {
    int to = vectors->n_indexed ? vectors->came_index[i] : i;
    if (vectors->place[to] >= 0)
      return emb_err_set(&vectors->err, EMB_EREPLY, "index %d comes twice in the reply", to);
    vectors->place[to] = i;
    vectors->bad[to] = vectors->came_bad[i];
  }
  return EMB_OK;
}

int emb_vectors_end(struct emb_vectors *vectors) {
  if (vectors->err.code) return vectors->err.code;
  int rc = emb_json_end(&vectors->scan);
  if (rc) {
    vectors->err = vectors->scan.err;
    return rc;
  }
  int n = vectors->n_expected;
  if (vectors->n_vectors == n) return put_in_place(vectors);
  if (vectors->error_text[0])
    return emb_err_set(&vectors->err, EMB_EREPLY, "the provider answered without vectors: %s",
                       vectors->error_text);
  const char *list = vectors->shape->list;
  if (!vectors->list_seen)
    return emb_err_set(&vectors->err, EMB_EREPLY, "%s%s%s in the reply",
                       vectors->list_odd ? "no array of vectors at \"" : "no \"",
                       *list ? list : "[...]", "\"");
  return emb_err_set(&vectors->err, EMB_EREPLY, "%d vectors for %d inputs", vectors->n_vectors, n);
}

const float *emb_vectors_at(const struct emb_vectors *vectors, int i) {
  if (vectors->bad[i]) return NULL;
  return vectors->floats.data + (size_t)vectors->place[i] * (size_t)vectors->n_dims;
}
