/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the local models make of texts, for comparison with the libraries that they must match:
 *
 *   local_probe tokens|vectors builtin|FOLDER <texts >answers
 *
 * Texts come as a u32 length and the bytes. tokens answers with a u32 count and that many u32 ids;
 * vectors with a u32 count of float32 (0: no known token) and the floats. Little-endian machines
 * only.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "local/local.h"

static void write_all(const void *bytes, uint32_t count) {
  fwrite(&count, 4, 1, stdout);
  fwrite(bytes, 4, count, stdout);
}

static int answer(const struct emb_local *model, int tokens, const char *text, size_t n) {
  struct emb_buf ids = EMB_BUF_INIT;
  if (!tokens) {
    int n_dims = emb_local_dims(model);
    float *vector = malloc((size_t)n_dims * sizeof *vector);
    if (!vector) return 1;
    int rc = emb_local_embed(model, text, n, n_dims, vector, NULL);
    write_all(vector, rc ? 0 : (uint32_t)n_dims);
    free(vector);
    return 0;
  }
  int rc = emb_local_tokens(model, text, n, &ids);
  write_all(ids.data, (uint32_t)(ids.n / 4));
  emb_buf_release(&ids);
  return rc;
}

int main(int argc, char **argv) {
  struct emb_local *model = NULL;
  struct emb_err err = {0};
  uint32_t n;
  if (argc != 3) return 2;
  if (strcmp(argv[2], "builtin") == 0 ? emb_local_builtin(&model, &err)
                                      : emb_local_open(argv[2], &model, &err)) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  int rc = 0;
  while (!rc && fread(&n, 4, 1, stdin) == 1) {
    char *text = malloc((size_t)n + 1);
    rc = !text || fread(text, 1, n, stdin) != n ||
         answer(model, strcmp(argv[1], "tokens") == 0, text, n);
    free(text);
  }
  emb_local_close(model);
  return rc;
}
