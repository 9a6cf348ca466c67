/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_BASE64_H
#define EMB_BASE64_H
/* Standard-alphabet base64 (RFC 4648 section 4), padded on encode; the decoder takes padded or
 * unpadded and skips ASCII white space when asked. */
#include <stddef.h>

#include "base/buf.h"

/* Bytes of the text for n input bytes (without NUL). */
size_t emb_base64_size(size_t n);
/* Writes emb_base64_size(n) characters to out; no NUL. */
void emb_base64_encode(const void *bytes, size_t n, char *out);
/* Appends the text of bytes[0..n) to buf. */
int emb_base64_append(struct emb_buf *buf, const void *bytes, size_t n);
/* Appends the decoded bytes of text[0..n). 0, EMB_ENOMEM, EMB_ETOOBIG, or EMB_EARG for anything not
 * base64 (bad character, wrong padding, impossible length, non-zero trailing bits are accepted).
 * `bad` (may be NULL) gets the position of the first wrong character. */
int emb_base64_decode(const char *text, size_t n, int allow_space, struct emb_buf *out,
                      size_t *bad);

/* Decoding in pieces: carries up to 3 characters between calls. */
struct emb_base64_stream {
  unsigned carry;
  int n_carry, n_padding;
};
int emb_base64_feed(struct emb_base64_stream *stream, const char *text, size_t n,
                    struct emb_buf *out);
int emb_base64_finish(struct emb_base64_stream *stream, struct emb_buf *out);

#endif
