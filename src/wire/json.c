/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The push scanner: see json.h. Strict RFC 8259 (no comments, trailing commas, leading zeros, NaN;
 * no byte order mark), nesting up to EMB_JSON_MAX_DEPTH.
 *
 * A state machine over bytes: everything that must survive from one piece to the next is in struct
 * emb_json, nothing on the stack. Open containers are two words of bits (object or array; array of
 * floats or not). Numbers are collected in `carry` byte by byte against a small grammar automaton;
 * the fast loop for vectors (json_floats.c) skips that where it can. Strings are json_string.c.
 *
 * Invariants: bit d of `objects` and `float_arrays` is meaningful for d < depth only; `failed` is
 * sticky and then err is set; every error is found at a byte position that does not depend on how
 * the input was cut.
 */
#include "wire/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "wire/json_private.h"
#include "wire/number.h"

/* Where in a number: what has been read so far. */
enum { N_MINUS, N_ZERO, N_INT, N_DOT, N_FRACTION, N_E, N_E_SIGN, N_EXPONENT };

void emb_json_init(struct emb_json *scan, emb_json_fn fn, void *ctx) {
  memset(scan, 0, sizeof *scan);
  scan->fn = fn;
  scan->ctx = ctx;
  scan->max_string = (size_t)16 << 20;
  scan->state = S_VALUE;
}

void emb_json_release(struct emb_json *scan) { emb_buf_release(&scan->text); }

int emb_json_complete(const struct emb_json *scan) { return scan->state == S_DONE; }

int emb_json_fail_at(struct emb_json *scan, long long offset, int code, const char *what) {
  scan->offset = offset;
  scan->failed = code;
  return emb_err_set(&scan->err, code, "%s at byte %lld", what, scan->offset);
}

int emb_json_fail(struct emb_json *scan, const char *p, int code, const char *what) {
  return emb_json_fail_at(scan, scan->chunk_offset + (p - scan->chunk), code, what);
}

int emb_json_unexpected(struct emb_json *scan, const char *p, const char *wanted) {
  char what[120];
  unsigned char c = (unsigned char)*p;
  if (c > 0x20 && c < 0x7f)
    snprintf(what, sizeof what, "bad JSON: '%c' where %s should be", c, wanted);
  else
    snprintf(what, sizeof what, "bad JSON: 0x%02x where %s should be", c, wanted);
  return emb_json_fail(scan, p, EMB_EREPLY, what);
}

int emb_json_report(struct emb_json *scan, const char *p, enum emb_json_event event,
                    const char *text, size_t n) {
  scan->offset = scan->chunk_offset + (p - scan->chunk);
  int answer = scan->fn(scan->ctx, scan, event, text, n);
  if (answer <= 0) return answer;
  scan->failed = answer;
  if (!scan->err.code) emb_err_set(&scan->err, answer, "stopped at byte %lld", scan->offset);
  return answer;
}

void emb_json_value_done(struct emb_json *scan) { scan->state = scan->depth ? S_AFTER : S_DONE; }

/* The bit of the innermost container; only asked while there is one. */
static uint64_t top_bit(const struct emb_json *scan) {
  return (uint64_t)1 << ((scan->depth - 1) & 63);
}

static int in_floats(const struct emb_json *scan) {
  return scan->depth && (scan->float_arrays & top_bit(scan));
}

static int add_float(struct emb_json *scan, const char *p, float value) {
  int rc = emb_floats_reserve(scan->floats, 1);
  if (rc)
    return emb_json_fail(scan, p, rc, rc == EMB_ETOOBIG ? "too many numbers" : emb_err_text(rc));
  scan->floats->data[scan->floats->n++] = value;
  return EMB_OK;
}

static int open_container(struct emb_json *scan, const char *p, int is_object) {
  if (scan->depth == EMB_JSON_MAX_DEPTH)
    return emb_json_fail(scan, p, EMB_EREPLY, "JSON nested too deeply");
  scan->depth++;
  uint64_t bit = top_bit(scan);
  scan->float_arrays &= ~bit;
  scan->objects = is_object ? scan->objects | bit : scan->objects & ~bit;
  scan->state = is_object ? S_FIRST_KEY : S_FIRST_VALUE;
  int answer =
      emb_json_report(scan, p, is_object ? EMB_JSON_OBJECT_BEGIN : EMB_JSON_ARRAY_BEGIN, NULL, 0);
  if (answer > 0) return answer;
  if (answer == EMB_JSON_WANT_FLOATS && !is_object) {
    if (!scan->floats) return emb_json_fail(scan, p, EMB_EINTERNAL, "no place for floats");
    scan->float_arrays |= bit;
  }
  return EMB_OK;
}

static int close_container(struct emb_json *scan, const char *p) {
  int is_object = (scan->objects & top_bit(scan)) != 0;
  int answer =
      emb_json_report(scan, p, is_object ? EMB_JSON_OBJECT_END : EMB_JSON_ARRAY_END, NULL, 0);
  if (answer > 0) return answer;
  scan->depth--;
  emb_json_value_done(scan);
  return EMB_OK;
}

static int open_string(struct emb_json *scan, const char *p) {
  int answer = emb_json_report(scan, p, EMB_JSON_STRING_BEGIN, NULL, 0);
  if (answer > 0) return answer;
  int mode = answer == EMB_JSON_WANT_BASE64 ? M_BASE64
             : answer == EMB_JSON_WANT_SKIP ? M_SKIP
                                            : M_COLLECT;
  if (mode == M_BASE64 && !scan->bytes)
    return emb_json_fail(scan, p, EMB_EINTERNAL, "no place for bytes");
  emb_json_string_begin(scan, p, mode, 0);
  return EMB_OK;
}

static int open_literal(struct emb_json *scan, const char *rest, int event) {
  scan->literal = rest;
  scan->literal_event = event;
  scan->state = S_LITERAL;
  return EMB_OK;
}

/* The first byte of a value. */
static int open_value(struct emb_json *scan, const char *p) {
  char c = *p;
  int is_number = c == '-' || (c >= '0' && c <= '9');
  if (in_floats(scan) && !is_number && c != 'n') {
    if (scan->state == S_FIRST_VALUE)
      scan->float_arrays &= ~top_bit(scan); /* not a vector after all */
    else
      return emb_json_unexpected(scan, p, "a number of a vector");
  }
  switch (c) {
  case '{': return open_container(scan, p, 1);
  case '[': return open_container(scan, p, 0);
  case '"': return open_string(scan, p);
  case 't': return open_literal(scan, "rue", EMB_JSON_TRUE);
  case 'f': return open_literal(scan, "alse", EMB_JSON_FALSE);
  case 'n': return open_literal(scan, "ull", EMB_JSON_NULL);
  default: break;
  }
  if (!is_number) return emb_json_unexpected(scan, p, "a value");
  scan->state = S_NUMBER;
  scan->number_state = c == '-' ? N_MINUS : c == '0' ? N_ZERO : N_INT;
  scan->token_offset = scan->chunk_offset + (p - scan->chunk);
  scan->carry[0] = c;
  scan->n_carry = 1;
  return EMB_OK;
}

/* The state after one more byte of a number; -1 where the byte does not continue it. */
static int number_step(int state, char c) {
  if (c >= '0' && c <= '9') {
    switch (state) {
    case N_MINUS: return c == '0' ? N_ZERO : N_INT;
    case N_INT: return N_INT;
    case N_DOT:
    case N_FRACTION: return N_FRACTION;
    case N_E:
    case N_E_SIGN:
    case N_EXPONENT: return N_EXPONENT;
    default: return -1;
    }
  }
  if (c == '.' && (state == N_ZERO || state == N_INT)) return N_DOT;
  if ((c == 'e' || c == 'E') && (state == N_ZERO || state == N_INT || state == N_FRACTION))
    return N_E;
  if ((c == '+' || c == '-') && state == N_E) return N_E_SIGN;
  return -1;
}

static int number_may_end(int state) {
  return state == N_ZERO || state == N_INT || state == N_FRACTION || state == N_EXPONENT;
}

/* The number in carry is over; p is the byte after it. */
static int number_done(struct emb_json *scan, const char *p) {
  size_t n = (size_t)scan->n_carry;
  int rc;
  if (in_floats(scan)) {
    rc = add_float(scan, p, emb_number_float(scan->carry, n));
  } else {
    scan->number = emb_number_double(scan->carry, n);
    rc = emb_json_report(scan, p, EMB_JSON_NUMBER, scan->carry, n);
  }
  if (rc > 0) return rc;
  emb_json_value_done(scan);
  return EMB_OK;
}

/* Returns where it stopped, NULL when the scan failed. */
static const char *feed_number(struct emb_json *scan, const char *p, const char *end) {
  for (; p < end; p++) {
    int next = number_step(scan->number_state, *p);
    if (next < 0) {
      if (!number_may_end(scan->number_state)) {
        emb_json_unexpected(scan, p, "a digit");
        return NULL;
      }
      return number_done(scan, p) ? NULL : p;
    }
    if (scan->n_carry == EMB_JSON_MAX_NUMBER) {
      emb_json_fail(scan, p, EMB_EREPLY, "a number of more than 512 characters");
      return NULL;
    }
    scan->carry[scan->n_carry++] = *p;
    scan->number_state = next;
  }
  return p;
}

static const char *feed_literal(struct emb_json *scan, const char *p, const char *end) {
  for (; p < end && *scan->literal; p++, scan->literal++)
    if (*p != *scan->literal) {
      emb_json_unexpected(scan, p, "the rest of true, false or null");
      return NULL;
    }
  if (*scan->literal) return p;
  int rc = in_floats(scan)
               ? add_float(scan, p, NAN)
               : emb_json_report(scan, p, (enum emb_json_event)scan->literal_event, NULL, 0);
  if (rc > 0) return NULL;
  emb_json_value_done(scan);
  return p;
}

/* One byte, not white space, in one of the states between tokens. */
static int feed_between(struct emb_json *scan, const char *p) {
  char c = *p;
  switch (scan->state) {
  case S_FIRST_VALUE:
    if (c == ']') return close_container(scan, p);
    return open_value(scan, p);
  case S_VALUE: return open_value(scan, p);
  case S_FIRST_KEY:
    if (c == '}') return close_container(scan, p);
    /* fall through */
  case S_KEY:
    if (c != '"') return emb_json_unexpected(scan, p, "a key");
    emb_json_string_begin(scan, p, M_COLLECT, 1);
    return EMB_OK;
  case S_COLON:
    if (c != ':') return emb_json_unexpected(scan, p, "':'");
    scan->state = S_VALUE;
    return EMB_OK;
  case S_AFTER: {
    int is_object = (scan->objects & top_bit(scan)) != 0;
    if (c == ',') {
      scan->state = is_object ? S_KEY : S_VALUE;
      return EMB_OK;
    }
    if (c != (is_object ? '}' : ']'))
      return emb_json_unexpected(scan, p, is_object ? "',' or '}'" : "',' or ']'");
    return close_container(scan, p);
  }
  default: return emb_json_unexpected(scan, p, "the end");
  }
}

int emb_json_feed(struct emb_json *scan, const char *bytes, size_t n) {
  if (scan->failed) return scan->failed;
  const char *p = bytes, *end = bytes + n;
  scan->chunk = bytes;
  while (p < end) {
    switch (scan->state) {
    case S_STRING:
    case S_ESCAPE:
    case S_HEX: p = emb_json_string(scan, p, end); break;
    case S_NUMBER: p = feed_number(scan, p, end); break;
    case S_LITERAL: p = feed_literal(scan, p, end); break;
    case S_VALUE:
    case S_FIRST_VALUE:
      if (in_floats(scan)) {
        size_t had = scan->floats->n;
        int after;
        p = emb_json_floats(scan, p, end, &after);
        if (after)
          scan->state = S_AFTER;
        else if (scan->floats->n != had)
          scan->state = S_VALUE;
        if (after || p == end) break;
      }
      /* fall through */
    default:
      if (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')
        p++;
      else
        p = feed_between(scan, p) ? NULL : p + 1;
    }
    if (!p) return scan->failed;
  }
  scan->chunk_offset += (long long)n;
  scan->offset = scan->chunk_offset;
  return EMB_OK;
}

int emb_json_end(struct emb_json *scan) {
  if (scan->failed) return scan->failed;
  scan->chunk = "";
  if (scan->state == S_NUMBER && !scan->depth && number_may_end(scan->number_state)) {
    int rc = number_done(scan, scan->chunk);
    if (rc) return rc;
  }
  if (scan->state == S_DONE) return EMB_OK;
  return emb_json_fail(scan, scan->chunk, EMB_ETRUNCATED,
                       scan->offset ? "the JSON text stops" : "no JSON text");
}
