/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The table of client options: see options.h. Adding an option is adding a row and a field, and
 * using it. */
#include "embed/options.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "wire/number.h"

#define AT(field) offsetof(struct emb_options, field)
#define TEXT_ROW(field, alias, doc)                                                                \
  { #field, alias, EMB_OPTION_TEXT, AT(field), 0, 0, 0, 0, NULL, doc }
#define SECRET_ROW(field, alias, doc)                                                              \
  { #field, alias, EMB_OPTION_TEXT, AT(field), 0, 0, 0, 1, NULL, doc }
#define NUMBER_ROW(field, type, value, min, max, doc)                                              \
  { #field, NULL, type, AT(field), value, min, max, 0, NULL, doc }
#define WORD_ROW(field, words, doc)                                                                \
  { #field, NULL, EMB_OPTION_WORD, AT(field), 0, 0, 0, 0, words, doc }

enum { MIB = 1024 * 1024, BILLION = 1000000000 };

static const struct emb_option rows[] = {
    TEXT_ROW(provider, "format", "who embeds: a name of rembed_providers"),
    TEXT_ROW(model, NULL, "the model; beside embedding_model it names the vision model"),
    TEXT_ROW(url, NULL,
             "a full endpoint (https://host/v1/embeddings) or a base (http://host:11434, "
             "https://host/v1)"),
    SECRET_ROW(key, "api_key", "the API key; never shown again"),
    TEXT_ROW(key_env, NULL,
             "the environment variable that holds the key, instead of the provider's own"),
    NUMBER_ROW(dimensions, EMB_OPTION_INT, 0, 1, 65536,
               "length of the vectors: asked of the provider, or cut here where the model is known "
               "to allow it"),
    TEXT_ROW(
        input_type, NULL,
        "query, document or the provider's own word; the third argument of rembed() overrides it"),
    NUMBER_ROW(truncate, EMB_OPTION_FLAG, -1, 0, 1,
               "cut a text that is too long (true) or fail (false)"),
    NUMBER_ROW(normalize, EMB_OPTION_FLAG, -1, 0, 1,
               "true: vectors of unit length; those that a provider shortens without it, or gives "
               "as int8, get "
               "it unless false"),
    WORD_ROW(
        output, "float32|int8|bit",
        "element type of the vectors: asked of the provider where it offers it, else made here"),
    WORD_ROW(encoding, "auto|float|base64", "how vectors travel"),
    {"headers", NULL, EMB_OPTION_OBJECT, AT(headers), 0, 0, 0, 1, NULL,
     "JSON object of more HTTP headers; they win over ours, but for the Content-Type of "
     "image bytes and forms; never shown again"},
    {"extra", NULL, EMB_OPTION_OBJECT, AT(extra), 0, 0, 0, 0, NULL,
     "JSON object merged into every request for vectors; its members win"},
    TEXT_ROW(user, NULL, "end-user id for providers that take one"),
    TEXT_ROW(query_prefix, NULL, "put in front of texts whose input_type is query"),
    TEXT_ROW(document_prefix, NULL, "put in front of texts whose input_type is document"),
    TEXT_ROW(region, "location", "of the provider's host, where its address has one"),
    TEXT_ROW(account, "project",
             "account, project or workspace, where the provider's address or request names one"),
    TEXT_ROW(token_url, NULL, "where a key is exchanged for a token (watsonx)"),
    TEXT_ROW(api_version, NULL, "azure's api-version for deployment urls (default 2024-10-21)"),
    TEXT_ROW(vision_provider, NULL, "who describes images (default: the provider)"),
    TEXT_ROW(vision_model, NULL, "the model that describes images (default: the provider's)"),
    TEXT_ROW(vision_url, NULL,
             "endpoint or base for descriptions (default: found from a base url)"),
    SECRET_ROW(vision_key, NULL, "key for descriptions, where it is another one"),
    TEXT_ROW(embedding_model, NULL, "the text model, where `model` names the vision model"),
    TEXT_ROW(prompt, NULL, "what the vision model is asked"),
    WORD_ROW(image_mode, "auto|native|describe",
             "how images become vectors: by the model itself (native), by their description, or "
             "natively where the model can and no vision_ option is set (auto)"),
    NUMBER_ROW(max_text_bytes, EMB_OPTION_BYTES, 20 * MIB, 1, BILLION,
               "largest text that is sent: no model reads so much, it is a mistake"),
    NUMBER_ROW(max_image_bytes, EMB_OPTION_BYTES, 20 * MIB, 1, BILLION,
               "largest image that is sent"),
    NUMBER_ROW(caption_tokens, EMB_OPTION_INT, 300, 1, 100000, "most tokens of a description"),
    NUMBER_ROW(max_concurrent_requests, EMB_OPTION_INT, 4, 1, 256, "most requests in flight"),
    NUMBER_ROW(request_timeout, EMB_OPTION_SECONDS, 30000, 1, 86400000, "seconds for one attempt"),
    NUMBER_ROW(connect_timeout, EMB_OPTION_SECONDS, 10000, 1, 3600000,
               "seconds to connect, TLS included"),
    NUMBER_ROW(batch_size, EMB_OPTION_INT, 0, 1, 100000,
               "most texts or images in a request (default: the provider's limit)"),
    NUMBER_ROW(
        max_batch_tokens, EMB_OPTION_INT, 0, 1, BILLION,
        "most tokens in a request, estimated as bytes/3 (default: 80 % of the provider's limit)"),
    NUMBER_ROW(max_batch_bytes, EMB_OPTION_BYTES, 0, 1, BILLION,
               "most bytes of texts or of images in a request"),
    NUMBER_ROW(max_retries, EMB_OPTION_INT, 5, 0, 100, "tries after the first one"),
    NUMBER_ROW(max_retry_wait, EMB_OPTION_SECONDS, 120000, 0, 86400000,
               "longest wait that a server may ask for, in seconds"),
    NUMBER_ROW(requests_per_minute, EMB_OPTION_INT, 0, 1, BILLION, "limit on requests"),
    NUMBER_ROW(tokens_per_minute, EMB_OPTION_INT, 0, 1, BILLION,
               "limit on tokens, estimated as bytes/3"),
    WORD_ROW(on_error, "fail|null", "what an item that fails gives"),
    TEXT_ROW(proxy, NULL, "proxy url (default: the environment's)"),
    TEXT_ROW(ca_file, NULL, "file of trusted certificates"),
    NUMBER_ROW(deadline, EMB_OPTION_SECONDS, 300000, 1, 86400000,
               "seconds for a request with all its retries"),
    NUMBER_ROW(allow_http, EMB_OPTION_FLAG, 0, 0, 1,
               "true: plain http to hosts that are neither this machine nor of a private network"),
    WORD_ROW(in_write, "allow|refuse",
             "refuse: an error inside a write on the main database, for databases whose statements "
             "are replicated (the environment's REMBED_DENY_IN_WRITE=1 says so for all clients)"),
    NUMBER_ROW(http2, EMB_OPTION_FLAG, 0, 0, 1, "true: HTTP/2 where the server offers it"),
};

enum { N_ROWS = sizeof rows / sizeof *rows };

const struct emb_option *emb_option_rows(int *n) {
  *n = N_ROWS;
  return rows;
}

static int is_string(const struct emb_option *row) {
  return row->type == EMB_OPTION_TEXT || row->type == EMB_OPTION_OBJECT;
}

static char **string_at(struct emb_options *options, const struct emb_option *row) {
  return (char **)((char *)options + row->offset);
}

static long *number_at(struct emb_options *options, const struct emb_option *row) {
  return (long *)((char *)options + row->offset);
}

void emb_options_init(struct emb_options *options) {
  memset(options, 0, sizeof *options);
  for (int i = 0; i < N_ROWS; i++)
    if (!is_string(&rows[i])) *number_at(options, &rows[i]) = rows[i].value;
}

void emb_options_release(struct emb_options *options) {
  for (int i = 0; i < N_ROWS; i++)
    if (is_string(&rows[i])) emb_free_secret(*string_at(options, &rows[i]));
  emb_options_init(options);
}

static const struct emb_option *find(const char *name, size_t n) {
  for (int i = 0; i < N_ROWS; i++) {
    if (strlen(rows[i].name) == n && memcmp(rows[i].name, name, n) == 0) return &rows[i];
    if (rows[i].alias && strlen(rows[i].alias) == n && memcmp(rows[i].alias, name, n) == 0)
      return &rows[i];
  }
  return NULL;
}

static int unknown(const char *name, size_t n, struct emb_err *err) {
  struct emb_buf list = EMB_BUF_INIT;
  for (int i = 0; i < N_ROWS; i++) emb_buf_addf(&list, "%s%s", i ? ", " : "", rows[i].name);
  int rc = emb_err_set(err, EMB_ECONFIG, "unknown option '%.*s'; the options are: %s",
                       n > 60 ? 60 : (int)n, name, list.data ? list.data : "(out of memory)");
  emb_buf_release(&list);
  return rc;
}

static int no_object(const char *name, struct emb_err *err) {
  return emb_err_set(err, EMB_ECONFIG, "option '%s' must be a JSON object", name);
}

static int no_control(const char *name, struct emb_err *err) {
  return emb_err_set(err, EMB_ECONFIG,
                     "option '%s' holds a line break or another control character; take it out",
                     name);
}

/* Headers are {"Name": "value"}: a name is a token, a value one line. */
static int check_headers(const char *text, struct emb_err *err) {
  static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                              "!#$%&'*+-.^_`|~";
  struct emb_span object = {text, strlen(text)}, key, value;
  for (size_t at = 0; emb_span_next(object, &at, &key, &value);) {
    if (emb_span_kind(value) != '"')
      return emb_err_set(err, EMB_ECONFIG, "option 'headers': the value of each must be text");
    if (!key.n || strspn(key.p, token) < key.n)
      return emb_err_set(err, EMB_ECONFIG,
                         "option 'headers': a name holds a character that no header has");
    struct emb_buf plain = {.is_secret = 1};
    int rc = emb_span_string(value, &plain), is_bad = 0;
    for (size_t i = 0; i < plain.n; i++)
      is_bad |=
          ((unsigned char)plain.data[i] < ' ' && plain.data[i] != '\t') || plain.data[i] == 0x7F;
    emb_buf_release(&plain);
    if (rc) return emb_err_set(err, rc, "%s", emb_err_text(rc));
    if (is_bad) return no_control("headers", err);
  }
  return EMB_OK;
}

/* 1 where the JSON text has an escaped NUL in it (a bare one is no JSON). */
static int holds_nul(struct emb_span value) {
  for (size_t i = 0; i + 6 <= value.n; i++) {
    if (value.p[i] != '\\') continue;
    if (memcmp(value.p + i, "\\u0000", 6) == 0) return 1;
    i++; /* what is escaped */
  }
  return 0;
}

static int has_control(const char *text) {
  for (const char *p = text; *p; p++)
    if ((unsigned char)*p < ' ' || *p == 0x7F) return 1;
  return 0;
}

/* Texts for a model to read may hold line ends. */
static int is_prose(const struct emb_option *row) {
  return row->offset == AT(prompt) || row->offset == AT(query_prefix) ||
         row->offset == AT(document_prefix);
}

int emb_options_check(const struct emb_options *options, struct emb_err *err) {
  struct emb_options *own = (struct emb_options *)(void *)options; /* read only */
  for (int i = 0; i < N_ROWS; i++) {
    const char *text = rows[i].type == EMB_OPTION_TEXT ? *string_at(own, &rows[i]) : NULL;
    if (text && !is_prose(&rows[i]) && has_control(text)) return no_control(rows[i].name, err);
  }
  return options->headers ? check_headers(options->headers, err) : EMB_OK;
}

static int set_string(struct emb_options *options, const struct emb_option *row,
                      struct emb_span value, struct emb_err *err) {
  char kind = emb_span_kind(value);
  if (row->type == EMB_OPTION_OBJECT && kind != '{' && kind != '"')
    return no_object(row->name, err);
  char *text = kind == '{' ? emb_strndup(value.p, value.n) : emb_span_strdup(value);
  if (!text) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  /* a NUL would cut off what follows it */
  if (row->type == EMB_OPTION_TEXT && holds_nul(value)) {
    emb_free_secret(text);
    return no_control(row->name, err);
  }
  if (row->type == EMB_OPTION_OBJECT) {
    struct emb_span object = {text, strlen(text)};
    int rc = emb_span_check(text, object.n, NULL);
    if (rc || emb_span_kind(object) != '{') {
      emb_free_secret(text);
      return rc == EMB_ENOMEM ? emb_err_set(err, rc, "out of memory") : no_object(row->name, err);
    }
  }
  emb_free_secret(*string_at(options, row));
  *string_at(options, row) = text;
  if (*text || row->type == EMB_OPTION_OBJECT) return EMB_OK;
  emb_free_secret(text); /* an empty string is as good as none */
  *string_at(options, row) = NULL;
  return EMB_OK;
}

/* Position of text among "a|b|c", or -1. */
static int word_index(const char *words, const char *text, size_t n) {
  for (int i = 0;; i++) {
    size_t length = strcspn(words, "|");
    if (length == n && memcmp(words, text, n) == 0) return i;
    if (!words[length]) return -1;
    words += length + 1;
  }
}

static int set_flag(long *out, const struct emb_option *row, const char *text, size_t n,
                    struct emb_err *err) {
  if ((n == 4 && memcmp(text, "true", 4) == 0) || (n == 1 && *text == '1'))
    *out = 1;
  else if ((n == 5 && memcmp(text, "false", 5) == 0) || (n == 1 && *text == '0'))
    *out = 0;
  else
    return emb_err_set(err, EMB_ECONFIG, "option '%s' must be true or false", row->name);
  return EMB_OK;
}

static int set_number(long *out, const struct emb_option *row, const char *text, size_t n,
                      struct emb_err *err) {
  double scale = row->type == EMB_OPTION_SECONDS ? 1000 : 1;
  struct emb_span span = {text, n};
  int rc = emb_span_check(text, n, NULL), good = !rc && emb_span_kind(span) == '0';
  if (rc == EMB_ENOMEM) return emb_err_set(err, rc, "out of memory");
  double number = good ? emb_number_double(text, n) * scale : 0;
  if (good && scale == 1 && number != floor(number)) good = 0;
  if (!good || !(number >= (double)row->min) || !(number <= (double)row->max))
    return emb_err_set(err, EMB_ECONFIG, "option '%s' must be a%s from %g to %g", row->name,
                       scale == 1 ? " whole number" : " number of seconds",
                       (double)row->min / scale, (double)row->max / scale);
  *out = (long)(number + 0.5);
  return EMB_OK;
}

int emb_options_set(struct emb_options *options, const char *name, size_t n, struct emb_span value,
                    struct emb_err *err) {
  const struct emb_option *row = find(name, n);
  if (!row) return unknown(name, n, err);
  char kind = emb_span_kind(value);
  if (kind == 'n') return EMB_OK; /* null: leave the default */
  if (row->type == EMB_OPTION_TEXT && kind != '"')
    return emb_err_set(err, EMB_ECONFIG, "option '%s' must be text", row->name);
  if (is_string(row)) return set_string(options, row, value, err);
  /* Numbers may come as text, as rembed_client_options('dimensions', '256') gives them. */
  char *text = kind == '"' ? emb_span_strdup(value) : emb_strndup(value.p, value.n);
  if (!text) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  int rc = EMB_OK;
  long *out = number_at(options, row);
  if (row->type == EMB_OPTION_WORD) {
    int i = word_index(row->words, text, strlen(text));
    if (i < 0)
      rc = emb_err_set(err, EMB_ECONFIG, "option '%s' must be one of %s", row->name, row->words);
    else
      *out = i;
  } else if (row->type == EMB_OPTION_FLAG) {
    rc = set_flag(out, row, text, strlen(text), err);
  } else {
    rc = set_number(out, row, text, strlen(text), err);
  }
  emb_free_secret(text);
  return rc;
}

int emb_options_set_all(struct emb_options *options, struct emb_span object, struct emb_err *err) {
  struct emb_span key, value;
  for (size_t at = 0; emb_span_next(object, &at, &key, &value);) {
    int nested = key.n == 7 && memcmp(key.p, "options", 7) == 0;
    if (nested && emb_span_kind(value) != '{')
      return emb_err_set(err, EMB_ECONFIG, "'options' must be a JSON object");
    int rc = nested ? emb_options_set_all(options, value, err)
                    : emb_options_set(options, key.p, key.n, value, err);
    if (rc) return rc;
  }
  return EMB_OK;
}

static void print_value(const struct emb_option *row, long number, struct emb_buf *out) {
  if (row->type == EMB_OPTION_SECONDS) {
    emb_buf_addf(out, "%ld", number / 1000);
    if (number % 1000) emb_buf_addf(out, ".%03ld", number % 1000);
  } else if (row->type == EMB_OPTION_FLAG) {
    emb_buf_adds(out, number ? "true" : "false");
  } else if (row->type == EMB_OPTION_WORD) {
    const char *word = row->words;
    while (number--) word += strcspn(word, "|") + 1;
    emb_json_quote(out, word, strcspn(word, "|"));
  } else {
    emb_buf_addf(out, "%ld", number);
  }
}

int emb_options_print(const struct emb_options *options, struct emb_buf *out) {
  struct emb_options *own = (struct emb_options *)(void *)options; /* read only */
  int n = 0;
  for (int i = 0; i < N_ROWS; i++) {
    const struct emb_option *row = &rows[i];
    const char *text = is_string(row) ? *string_at(own, row) : NULL;
    if (row->secret || (is_string(row) ? !text : *number_at(own, row) == row->value)) continue;
    emb_buf_addf(out, "%s\"%s\":", n++ ? "," : "", row->name);
    if (row->type == EMB_OPTION_OBJECT)
      emb_buf_adds(out, text);
    else if (text)
      emb_json_quote(out, text, strlen(text));
    else
      print_value(row, *number_at(own, row), out);
  }
  return out->failed;
}
