/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Texts a second of the models in this process, on one core, through the C functions:
 *
 *   bench_local FILE [FOLDER]
 *
 * FILE holds one text a line. Prints one line of JSON: texts, their mean bytes and tokens, texts a
 * second with the fastest and with the plain way to add rows, and microseconds to the first vector.
 * FOLDER measures a static model in a folder instead of the built-in one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "local/local.h"

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct text {
  const char *p;
  size_t n;
};

static char *read_file(const char *path, size_t *n) {
  FILE *file = fopen(path, "rb");
  char *bytes = NULL;
  if (!file || fseek(file, 0, SEEK_END)) exit(2);
  *n = (size_t)ftell(file);
  rewind(file);
  bytes = malloc(*n + 1);
  if (!bytes || fread(bytes, 1, *n, file) != *n) exit(2);
  fclose(file);
  return bytes;
}

/* The best of five rounds, in texts a second. */
static double rate(const struct emb_local *model, emb_accumulate_fn how, const struct text *texts,
                   int n, long long *n_tokens) {
  int n_dims = emb_local_dims(model);
  float *vector = malloc((size_t)n_dims * sizeof *vector);
  double best = 0;
  if (!vector) exit(2);
  for (int round = 0; round < 5; round++) {
    double since = now_s();
    *n_tokens = 0;
    for (int i = 0; i < n; i++) {
      long long k = 0;
      emb_local_embed_by(model, how, texts[i].p, texts[i].n, n_dims, vector, &k);
      *n_tokens += k;
    }
    double r = n / (now_s() - since);
    if (r > best) best = r;
  }
  free(vector);
  return best;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  struct emb_local *model = NULL;
  struct emb_err err = {0};
  float first[65536];
  size_t n_bytes;
  char *bytes = read_file(argv[1], &n_bytes);
  double since = now_s();
  if (argc > 2 ? emb_local_open(argv[2], &model, &err) : emb_local_builtin(&model, &err)) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  emb_local_embed(model, "the first text", 14, emb_local_dims(model), first, NULL);
  double first_us = (now_s() - since) * 1e6;
  struct text *texts = malloc((n_bytes / 2 + 1) * sizeof *texts);
  if (!texts) return 2;
  int n = 0;
  for (char *p = bytes, *end = bytes + n_bytes, *line; p < end; p = line + 1) {
    line = memchr(p, '\n', (size_t)(end - p));
    if (!line) line = end;
    if (line > p) texts[n++] = (struct text){p, (size_t)(line - p)};
  }
  long long n_tokens = 0;
  double fast = rate(model, emb_accumulate_best(), texts, n, &n_tokens);
  double plain = rate(model, emb_accumulate_plain, texts, n, &n_tokens);
  printf("{\"texts\":%d,\"bytes\":%.1f,\"tokens\":%.1f,\"texts_per_s\":%.0f,\"texts_per_s_plain\":%"
         ".0f,"
         "\"first_us\":%.0f}\n",
         n, (double)n_bytes / n - 1, (double)n_tokens / n, fast, plain, first_us);
  emb_local_close(model);
  free(texts);
  free(bytes);
  return 0;
}
