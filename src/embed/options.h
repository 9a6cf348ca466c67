/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_OPTIONS_H
#define EMB_OPTIONS_H
/*
 * The options of a client: one table with name, type, default, bounds, secret flag and doc line.
 * Everything that reads, checks, prints or documents options walks this table; docs/options.md is
 * printed from it.
 */
#include "base/err.h"
#include "wire/span.h"

enum emb_option_type {
  EMB_OPTION_TEXT,
  EMB_OPTION_INT,
  EMB_OPTION_BYTES,   /* int, in bytes */
  EMB_OPTION_SECONDS, /* number with fractions; stored as ms */
  EMB_OPTION_FLAG,    /* -1 not set, 0, 1 */
  EMB_OPTION_WORD,    /* one of `words`; stored as its position */
  EMB_OPTION_OBJECT   /* JSON object, stored as its text */
};

enum emb_output {
  EMB_OUTPUT_FLOAT32,
  EMB_OUTPUT_INT8,
  EMB_OUTPUT_BIT,
  EMB_OUTPUT_INT8_GIVEN /* no option: the provider quantised, the numbers are int8 already */
};
enum emb_encoding { EMB_ENCODING_AUTO, EMB_ENCODING_FLOAT, EMB_ENCODING_BASE64 };
enum emb_image_mode { EMB_IMAGE_AUTO, EMB_IMAGE_NATIVE, EMB_IMAGE_DESCRIBE };
enum emb_in_write { EMB_IN_WRITE_ALLOW, EMB_IN_WRITE_REFUSE };
enum emb_on_error { EMB_ON_ERROR_FAIL, EMB_ON_ERROR_NULL };

/* All char * are owned or NULL. Longs hold ints, bytes, ms, flags and words. */
struct emb_options {
  char *provider, *model, *url, *key, *key_env, *input_type, *user, *headers, *extra, *query_prefix,
      *document_prefix, *api_version, *vision_provider, *vision_model, *vision_url, *vision_key,
      *embedding_model, *prompt, *region, *account, *token_url, *proxy, *ca_file;
  long dimensions, truncate, normalize, output, encoding, image_mode, max_text_bytes,
      max_image_bytes, caption_tokens, max_concurrent_requests, request_timeout, connect_timeout,
      batch_size, max_batch_tokens, max_batch_bytes, max_retries, max_retry_wait,
      requests_per_minute, tokens_per_minute, on_error, deadline, http2, in_write, allow_http;
};

struct emb_option {
  const char *name, *alias;
  enum emb_option_type type;
  size_t offset;
  long value, min, max; /* default and bounds, in the stored unit */
  int secret;
  const char *words; /* of EMB_OPTION_WORD, separated by | */
  const char *doc;
};

const struct emb_option *emb_option_rows(int *n);
/* All defaults. */
void emb_options_init(struct emb_options *options);
/* Wipes secrets; safe twice. */
void emb_options_release(struct emb_options *options);
/* Sets one option from a JSON value. EMB_ECONFIG names the option, what was wrong and what is
 * allowed, never the value of a secret. */
int emb_options_set(struct emb_options *options, const char *name, size_t n, struct emb_span value,
                    struct emb_err *err);
/* Sets all members of a JSON object; a nested "options" object is merged. */
int emb_options_set_all(struct emb_options *options, struct emb_span object, struct emb_err *err);
/* EMB_ECONFIG names the option that holds a control character: it would end a header or a line of
 * a request. */
int emb_options_check(const struct emb_options *options, struct emb_err *err);
/* Appends the members that differ from the defaults, secrets left out, as `"a":1,"b":"x"` (no
 * braces). */
int emb_options_print(const struct emb_options *options, struct emb_buf *out);

#endif
