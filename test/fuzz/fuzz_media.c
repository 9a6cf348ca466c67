/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * libFuzzer target of what looks at bytes of pictures: media type, width and height, the checks of
 * every provider's rules. Also base64 there and back, with white space at any place.
 */
#include "fuzz.h"
#include "wire/base64.h"
#include "wire/media.h"
#include "wire/wire.h"

static void rules(const unsigned char *image, size_t n) {
  int n_rows;
  const struct emb_provider *rows = emb_providers(&n_rows);
  for (int i = 0; i < n_rows; i++) {
    struct emb_err err = {0};
    int rc = emb_wire_check_image(&rows[i], image, n, &err);
    check(rc == err.code);
  }
}

/* The text of bytes, with a space behind some of its characters, gives the bytes. */
static void there_and_back(const char *bytes, size_t n, unsigned seed) {
  struct emb_buf text = EMB_BUF_INIT, spaced = EMB_BUF_INIT, back = EMB_BUF_INIT;
  check(!emb_base64_append(&text, bytes, n));
  check(text.n == emb_base64_size(n));
  for (size_t i = 0; i < text.n; i++) {
    emb_buf_addc(&spaced, text.data[i]);
    seed = seed * 1664525u + 1013904223u;
    if (seed >> 30 == 0) emb_buf_addc(&spaced, " \t\r\n"[seed >> 20 & 3]);
  }
  char *exact = copy_bytes(spaced.data, spaced.n);
  check(!emb_base64_decode(exact, spaced.n, 1, &back, NULL));
  check(back.n == n && (!n || !memcmp(back.data, bytes, n)));
  free(exact);
  emb_buf_release(&text);
  emb_buf_release(&spaced);
  emb_buf_release(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *image = copy_bytes((const char *)data, size);
  unsigned width = 1, height = 1;
  const char *type = emb_media_type(image, size);
  int known = emb_media_size(image, size, &width, &height);
  check(type || !known);
  check(!known || width > 0);
  check(!type || strncmp(type, "image/", 6) == 0);
  rules((const unsigned char *)image, size);
  there_and_back(image, size, size ? data[size - 1] : 1);
  struct emb_buf out = EMB_BUF_INIT;
  size_t bad = 0;
  int rc = emb_base64_decode(image, size, 1, &out, &bad);
  check(rc == EMB_OK || (rc == EMB_EARG && bad <= size));
  emb_buf_release(&out);
  free(image);
  return 0;
}
