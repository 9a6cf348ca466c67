/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Small functions around the embedding ones; none touches the network.
 *
 *   rembed_client_options(k, v, ...)   -> JSON text for rembed_clients
 *   rembed_cosine(a, b)                -> cosine similarity of two float32 vectors
 *   readfile_base64(blob or path)      -> base64 text
 *   base64_decode(text)                -> BLOB
 *   rembed_version(), rembed_debug()   -> text
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "embed/output.h"
#include "http/curl.h"
#include "sql/functions.h"
#include "sql/guard.h"
#include "sql/value.h"
#include "wire/base64.h"

SQLITE_EXTENSION_INIT3

#ifndef EMB_VERSION
#define EMB_VERSION "dev"
#endif
#ifndef EMB_COMMIT
#define EMB_COMMIT "unknown"
#endif

enum { MAX_FILE_BYTES = 700 * 1000 * 1000 }; /* its base64 stays under SQLite's 1 GB */

void rembed_version(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc, (void)argv;
  sqlite3_result_text(context, "v" EMB_VERSION, -1, SQLITE_STATIC);
}

void rembed_debug(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc, (void)argv;
  int n, n_listed = 0;
  const struct emb_provider *rows = emb_providers(&n);
  for (int i = 0; i < n; i++) n_listed += !rows[i].of;
  char *text =
      sqlite3_mprintf("Version: v%s\nSource: %s\nSQLite: %s\nBackend: %s\nProviders: %d\n",
                      EMB_VERSION, EMB_COMMIT, sqlite3_libversion(), emb_curl_version(), n_listed);
  if (text)
    sqlite3_result_text(context, text, -1, sqlite3_free);
  else
    sqlite3_result_error_nomem(context);
}

static void add_value(struct emb_buf *out, sqlite3_value *value) {
  const char *text = (const char *)sqlite3_value_text(value);
  switch (sqlite3_value_type(value)) {
  case SQLITE_NULL: emb_buf_adds(out, "null"); break;
  case SQLITE_INTEGER:
  case SQLITE_FLOAT: emb_buf_adds(out, text ? text : "null"); break;
  default: emb_json_quote(out, text ? text : "", (size_t)sqlite3_value_bytes(value));
  }
}

void rembed_client_options(sqlite3_context *context, int argc, sqlite3_value **argv) {
  struct emb_buf out = {.is_secret = 1};
  if (argc % 2) {
    sqlite3_result_error(
        context,
        "Must have an even number of arguments to rembed_client_options, as key/value pairs.", -1);
    return;
  }
  for (int i = 0; i < argc; i += 2) {
    const char *name = (const char *)sqlite3_value_text(argv[i]);
    struct emb_options scratch;
    struct emb_err err = {0};
    struct emb_buf value = {.is_secret = 1};
    emb_options_init(&scratch);
    add_value(&value, argv[i + 1]);
    /* Judged here, where the mistake is made, and not only at the INSERT. */
    int rc = value.failed ? EMB_ENOMEM
                          : emb_options_set(&scratch, name ? name : "", name ? strlen(name) : 0,
                                            (struct emb_span){value.data, value.n}, &err);
    emb_options_release(&scratch);
    emb_buf_addc(&out, i ? ',' : '{');
    emb_json_quote(&out, name ? name : "", name ? strlen(name) : 0);
    emb_buf_addc(&out, ':');
    emb_buf_add(&out, value.data, value.n);
    emb_buf_release(&value);
    if (!rc) continue;
    if (rc == EMB_ENOMEM) err.code = EMB_ENOMEM;
    emb_value_error(context, &err);
    emb_buf_release(&out);
    return;
  }
  emb_buf_adds(&out, argc ? "}" : "{}");
  emb_value_take_text(context, &out);
}

void rembed_cosine(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  if (sqlite3_value_type(argv[0]) == SQLITE_NULL || sqlite3_value_type(argv[1]) == SQLITE_NULL)
    return;
  int n = sqlite3_value_bytes(argv[0]), n_other = sqlite3_value_bytes(argv[1]);
  if (sqlite3_value_type(argv[0]) != SQLITE_BLOB || sqlite3_value_type(argv[1]) != SQLITE_BLOB ||
      n % 4 || n_other % 4) {
    sqlite3_result_error(
        context, "rembed_cosine() takes two float32 vectors as BLOBs, such as rembed() gives", -1);
    return;
  }
  if (n != n_other) {
    char *text = sqlite3_mprintf(
        "rembed_cosine(): the vectors have %d and %d dimensions; were they made by two models?",
        n / 4, n_other / 4);
    sqlite3_result_error(context, text ? text : "out of memory", -1);
    sqlite3_free(text);
    return;
  }
  const void *a = sqlite3_value_blob(argv[0]), *b = sqlite3_value_blob(argv[1]);
  double cosine = n && a && b ? emb_cosine(a, b, n / 4) : NAN;
  if (!isnan(cosine)) sqlite3_result_double(context, cosine);
}

/* Reads a whole file; EMB_EARG with the reason. */
static int read_file(const char *path, struct emb_buf *out, struct emb_err *err) {
  struct stat about;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO is refused, not waited for */
  FILE *file = fd < 0 ? NULL : fdopen(fd, "rb");
  if (!file) {
    int why = errno;
    if (fd >= 0) close(fd);
    return emb_err_set(err, EMB_EARG, "readfile_base64: cannot open '%.300s': %s", path,
                       strerror(why));
  }
  if (fstat(fd, &about) || !S_ISREG(about.st_mode)) {
    fclose(file);
    return emb_err_set(err, EMB_EARG, "readfile_base64: '%.300s' is no regular file", path);
  }
  out->max_bytes = MAX_FILE_BYTES;
  size_t n = 0;
  do {
    if (emb_buf_reserve(out, 65536)) break;
    n = fread(out->data + out->n, 1, 65536, file);
    out->n += n;
  } while (n);
  int failed = ferror(file), reason = errno;
  fclose(file);
  if (out->failed == EMB_ETOOBIG)
    return emb_err_set(err, EMB_ETOOBIG, "readfile_base64: '%.300s' is too large (over %d bytes)",
                       path, MAX_FILE_BYTES);
  if (out->failed) return emb_err_set(err, EMB_ENOMEM, "out of memory");
  if (failed)
    return emb_err_set(err, EMB_EARG, "readfile_base64: cannot read '%.300s': %s", path,
                       strerror(reason));
  return EMB_OK;
}

void readfile_base64(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  struct emb_buf bytes = EMB_BUF_INIT, text = EMB_BUF_INIT;
  struct emb_err err = {0};
  int type = sqlite3_value_type(argv[0]), rc = EMB_OK;
  if (type == SQLITE_NULL) return;
  if (type == SQLITE_BLOB) {
    emb_base64_append(&text, sqlite3_value_blob(argv[0]), (size_t)sqlite3_value_bytes(argv[0]));
  } else {
    const char *path = (const char *)sqlite3_value_text(argv[0]);
    rc = path ? emb_guard_schema(sqlite3_user_data(context), context, &err)
              : emb_err_set(&err, EMB_ENOMEM, "out of memory");
    if (path && !rc) rc = read_file(path, &bytes, &err);
    if (!rc) emb_base64_append(&text, bytes.data, bytes.n);
  }
  if (rc)
    emb_value_error(context, &err);
  else
    emb_value_take_text(context, &text);
  emb_buf_release(&bytes);
  emb_buf_release(&text);
}

void base64_decode(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  size_t n = 0, bad = 0;
  int nomem = 0;
  struct emb_buf out = EMB_BUF_INIT;
  const char *text = emb_value_text(argv[0], &n, &nomem);
  if (!text) {
    if (nomem) sqlite3_result_error_nomem(context);
    return;
  }
  int rc = emb_base64_decode(text, n, 1, &out, &bad);
  char *data = rc ? NULL : emb_buf_take(&out, &n);
  if (rc == EMB_EARG) {
    char *why = sqlite3_mprintf("Base64 decode failed: wrong character or length at position %lld",
                                (long long)bad);
    sqlite3_result_error(context, why ? why : "Base64 decode failed", -1);
    sqlite3_free(why);
  } else if (!data) {
    sqlite3_result_error_nomem(context);
  } else {
    sqlite3_result_blob64(context, data, n, emb_free);
  }
  emb_buf_release(&out);
}
