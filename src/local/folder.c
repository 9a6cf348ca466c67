/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A static model in a folder: see folder.h. */
#include "local/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "wire/span.h"

enum { MAX_TOKENIZER_BYTES = 256 * 1024 * 1024 };

static int no_memory(struct emb_err *err) { return emb_err_set(err, EMB_ENOMEM, "out of memory"); }

static int cannot_read(struct emb_err *err, const char *path, int reason) {
  return emb_err_set(err, EMB_ECONFIG, "cannot read '%.300s': %s", path, strerror(reason));
}

/* Maps a whole regular file. */
static int map_file(const char *path, void **map, size_t *n, struct emb_err *err) {
  struct stat about;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO is refused, not waited for */
  if (fd < 0) return cannot_read(err, path, errno);
  int rc = EMB_OK;
  if (fstat(fd, &about))
    rc = cannot_read(err, path, errno);
  else if (!S_ISREG(about.st_mode) || about.st_size < 1)
    rc = emb_err_set(err, EMB_ECONFIG, "'%.300s' is empty or no file", path);
  if (!rc) {
    *n = (size_t)about.st_size;
    *map = mmap(NULL, *n, PROT_READ, MAP_PRIVATE, fd, 0);
    if (*map == MAP_FAILED) {
      *map = NULL;
      rc = cannot_read(err, path, errno);
    }
  }
  close(fd);
  return rc;
}

/* The path of a file in the folder or in its 0_StaticEmbedding; owned. */
static char *path_of(const char *folder, const char *name) {
  static const char *const places[] = {"", "0_StaticEmbedding/"};
  struct emb_buf path = EMB_BUF_INIT;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    emb_buf_clear(&path);
    if (emb_buf_addf(&path, "%s/%s%s", folder, places[i], name)) break;
    if (access(path.data, F_OK) == 0) return emb_buf_take(&path, NULL);
  }
  /* nowhere: the message names the ordinary place */
  if (!path.failed) {
    emb_buf_clear(&path);
    emb_buf_addf(&path, "%s/%s", folder, name);
  }
  char *plain = emb_buf_take(&path, NULL); /* NULL after a failure */
  emb_buf_release(&path);
  return plain;
}

static int read_tokenizer(const char *folder, struct emb_folder *out, struct emb_err *err) {
  void *json = NULL;
  size_t n = 0;
  char *path = path_of(folder, "tokenizer.json");
  if (!path) return no_memory(err);
  int rc = map_file(path, &json, &n, err);
  if (!rc && n > MAX_TOKENIZER_BYTES)
    rc = emb_err_set(err, EMB_ETOOBIG, "'%.300s' is too large", path);
  if (!rc) rc = emb_tokenizer_read(json, n, &out->tokenizer, err);
  if (json) munmap(json, n);
  emb_free(path);
  return rc;
}

/* Finds the tensors and checks that every token has a row. */
static int read_tensors(struct emb_folder *f, struct emb_err *err) {
  static const char *const names[] = {"embeddings", "embedding.weight", "0"};
  struct emb_safetensors file;
  size_t n_tokens = f->tokenizer.wordpiece.vocab.n_tokens;
  int rc = emb_safetensors_open(f->map, f->n_map, &file, err), found = EMB_END;
  for (size_t i = 0; !rc && found == EMB_END && i < sizeof names / sizeof *names; i++)
    found = emb_safetensors_find(&file, names[i], &f->rows, err);
  if (!rc && found == EMB_END)
    rc = emb_err_set(
        err, EMB_ECONFIG,
        "model.safetensors holds no tensor 'embeddings' or 'embedding.weight': not a static model");
  if (!rc) rc = found;
  if (!rc && f->rows.n_columns > EMB_MAX_FOLDER_DIMS)
    rc = emb_err_set(err, EMB_ECONFIG, "the model's vectors are too long (over %d)",
                     EMB_MAX_FOLDER_DIMS);
  struct emb_tensor *const beside[] = {&f->weights, &f->mapping};
  static const char *const beside_names[] = {"weights", "mapping"};
  for (int i = 0; !rc && i < 2; i++) {
    int there = emb_safetensors_find(&file, beside_names[i], beside[i], err);
    if (there == EMB_END)
      beside[i]->data = NULL;
    else if (there)
      rc = there;
    else if (beside[i]->n_columns != 1 || beside[i]->n_rows < n_tokens)
      rc = emb_err_set(err, EMB_ECONFIG, "model.safetensors: '%s' has not one element a token",
                       beside_names[i]);
  }
  if (!rc && !f->mapping.data && f->rows.n_rows < n_tokens)
    rc = emb_err_set(err, EMB_ECONFIG, "the tokenizer has %zu tokens, the model only %zu rows",
                     n_tokens, f->rows.n_rows);
  for (size_t i = 0; !rc && f->mapping.data && i < n_tokens; i++) {
    double row = emb_tensor_at(&f->mapping, i);
    if (!(row >= 0 && row < (double)f->rows.n_rows))
      rc = emb_err_set(err, EMB_ECONFIG,
                       "model.safetensors: 'mapping' names a row that is not there");
  }
  return rc;
}

int emb_folder_open(const char *path, struct emb_folder *out, struct emb_err *err) {
  memset(out, 0, sizeof *out);
  out->path = path_of(path, "model.safetensors");
  int rc = out->path ? map_file(out->path, &out->map, &out->n_map, err) : no_memory(err);
  if (!rc) rc = read_tokenizer(path, out, err);
  if (!rc) rc = read_tensors(out, err);
  if (rc) emb_folder_release(out);
  return rc;
}

void emb_folder_release(struct emb_folder *f) {
  if (f->map) munmap(f->map, f->n_map);
  emb_tokenizer_release(&f->tokenizer);
  emb_free(f->path);
  memset(f, 0, sizeof *f);
}

int emb_folder_print(const struct emb_folder *f, struct emb_buf *out) {
  emb_buf_adds(out, "{\"file\":");
  emb_json_quote(out, f->path, strlen(f->path));
  return emb_buf_addf(out, ",\"dims\":%zu,\"tokens\":%u,\"rows\":%zu,\"dtype\":\"%s\"}",
                      f->rows.n_columns, f->tokenizer.wordpiece.vocab.n_tokens, f->rows.n_rows,
                      emb_dtype_name(f->rows.dtype));
}

void emb_folder_add(const struct emb_folder *f, uint32_t id, int n, float *sums) {
  double mapped = f->mapping.data ? emb_tensor_at(&f->mapping, id) : (double)id;
  /* checked when it was opened, but the file may have been written since */
  if (!(mapped >= 0 && mapped < (double)f->rows.n_rows)) return;
  size_t row = (size_t)mapped;
  float weight = f->weights.data ? (float)emb_tensor_at(&f->weights, id) : 1;
  emb_tensor_add_row(&f->rows, row, weight, n, sums);
}
