/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Golden tests of the wire: each file test/wire/<provider>/<case>.txt holds what a client is, what
 * it is asked, which request must come out, what the provider answers by its own documentation, and
 * what must come of that. Usage: run_golden DIRECTORY.
 *
 *   # source: where the shapes are documented
 *   == options            the text of a client's options
 *   == call               "text", "image" (native) or "vision" (described), then the input type if
 *                         there is one
 *   == token              optional: what the route's prelude gave (a token, a marker)
 *   == inputs             JSON array of texts; for images of base64, or {"text","image"} together
 *   == expect request     POST and url; headers that must be there ("Name: -": must not); empty
 *                         line; body, compared as JSON (order of keys is free, numbers as written)
 *   == expect body        in place of that body: any bytes, in base64
 *   == reply              "HTTP 200", headers, empty line, body
 *   == expect vectors     JSON array of vectors, compared as float32; null: marked bad
 *   == expect error       name of the code, then one text a line that the message must hold
 *   == expect caption     the caption
 *   == expect tokens      optional: the count the reply gives
 *   == expect retry delay optional: the wait the error body asks for
 *
 * A row of the provider table without a directory, or a directory without a case that applies to
 * its provider, fails: a new row comes with its cases.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "embed/client.h"

enum { MAX_INPUTS = 16 };

static int n_passed, n_failed;

/* Counts one check of a case; a failure is told on one line. */
static int check(int good, const char *name, const char *what, const char *detail) {
  if (good) return 1;
  printf("not ok - %s: %s%s%.1500s\n", name, what, detail ? ": " : "", detail ? detail : "");
  return 0;
}

static void count(int good) { *(good ? &n_passed : &n_failed) += 1; }

/* ---- the file ---- */

static char *read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  struct emb_buf text = EMB_BUF_INIT;
  char piece[4096];
  size_t n;
  if (!file) return NULL;
  while ((n = fread(piece, 1, sizeof piece, file)) > 0) emb_buf_add(&text, piece, n);
  fclose(file);
  return emb_buf_take(&text, NULL);
}

/* The text of a section without its last line feed, owned; NULL where the file has none. */
static char *section(const char *file, const char *name) {
  char heading[64];
  snprintf(heading, sizeof heading, "\n== %s\n", name);
  const char *start = strstr(file, heading);
  if (!start) return NULL;
  start += strlen(heading);
  if (strncmp(start, "== ", 3) == 0) return emb_strdup("");
  const char *end = strstr(start, "\n== ");
  size_t n = end ? (size_t)(end - start) : strlen(start);
  if (!end && n && start[n - 1] == '\n') n--;
  return emb_strndup(start, n);
}

/* Splits off the first line. */
static char *next_line(char **rest) {
  char *line = *rest, *end = strchr(line, '\n');
  *rest = end ? end + 1 : line + strlen(line);
  if (end) *end = 0;
  return line;
}

/* ---- JSON equality ---- */

static struct emb_span span_of(const char *text) { return (struct emb_span){text, strlen(text)}; }

static int members(struct emb_span container) {
  struct emb_span key, value;
  int n = 0;
  for (size_t at = 0; emb_span_next(container, &at, &key, &value);) n++;
  return n;
}

static int same_string(struct emb_span a, struct emb_span b) {
  struct emb_buf x = EMB_BUF_INIT, y = EMB_BUF_INIT;
  int same = !emb_span_string(a, &x) && !emb_span_string(b, &y) && x.n == y.n &&
             (!x.n || memcmp(x.data, y.data, x.n) == 0);
  emb_buf_release(&x);
  emb_buf_release(&y);
  return same;
}

static int same_object(struct emb_span a, struct emb_span b);

static int same_json(struct emb_span a, struct emb_span b) {
  a = emb_span_trim(a);
  b = emb_span_trim(b);
  char kind = emb_span_kind(a);
  if (!kind || kind != emb_span_kind(b)) return 0;
  if (kind == '"') return same_string(a, b);
  if (kind != '{' && kind != '[') return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
  if (members(a) != members(b)) return 0;
  if (kind == '{') return same_object(a, b);
  struct emb_span key, x, y;
  for (size_t i = 0, j = 0; emb_span_next(a, &i, &key, &x);)
    if (!emb_span_next(b, &j, &key, &y) || !same_json(x, y)) return 0;
  return 1;
}

static int same_object(struct emb_span a, struct emb_span b) {
  struct emb_span key, x, y;
  for (size_t i = 0; emb_span_next(a, &i, &key, &x);) {
    char *name = emb_strndup(key.p, key.n);
    int same = emb_span_member(b, name, &y) && same_json(x, y);
    emb_free(name);
    if (!same) return 0;
  }
  return 1;
}

/* ---- the request ---- */

/* The value of a request header, or NULL. */
static const char *header(const struct emb_request *request, const char *name) {
  size_t n = strlen(name);
  for (int i = 0; i < request->n_headers; i++)
    if (strncasecmp(request->headers[i], name, n) == 0 &&
        strncmp(request->headers[i] + n, ": ", 2) == 0)
      return request->headers[i] + n + 2;
  return NULL;
}

static int check_header(const char *name, const struct emb_request *request, char *line) {
  char *value = strstr(line, ": ");
  if (!check(value != NULL, name, "bad header line in the case", line)) return 0;
  *value = 0;
  const char *got = header(request, line);
  if (strcmp(value + 2, "-") == 0) return check(!got, name, "a header too many", line);
  if (!check(got != NULL, name, "a header is missing", line)) return 0;
  return check(strcmp(got, value + 2) == 0, name, line, got);
}

static size_t base64_decode(const char *text, unsigned char *out) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  unsigned bits = 0, n_bits = 0;
  size_t n = 0;
  for (const char *at; *text && (at = strchr(digits, *text)) != NULL; text++) {
    bits = bits << 6 | (unsigned)(at - digits);
    n_bits += 6;
    if (n_bits >= 8) out[n++] = (unsigned char)(bits >> (n_bits -= 8));
  }
  return n;
}

static int check_request(const char *name, const struct emb_request *request, char *expected,
                         char *bytes) {
  char *rest = expected, *line = next_line(&rest);
  int good = check(strncmp(line, "POST ", 5) == 0 && strcmp(line + 5, request->url) == 0, name,
                   "the url is", request->url);
  while (*(line = next_line(&rest))) good &= check_header(name, request, line);
  if (bytes) { /* decoded where it stands: never longer than its text */
    size_t n = base64_decode(bytes, (unsigned char *)bytes);
    return good & check(n == request->body.n && memcmp(bytes, request->body.data, n) == 0, name,
                        "the body's bytes differ", NULL);
  }
  const char *body = request->body.data ? request->body.data : "";
  good &= check(strlen(body) == request->body.n, name, "the body holds a NUL", NULL);
  good &= check(emb_span_check(rest, strlen(rest), NULL) == 0, name, "the case's body is no JSON",
                rest);
  good &=
      check(emb_span_check(body, request->body.n, NULL) == 0, name, "the body is no JSON", body);
  return good && check(same_json(span_of(rest), span_of(body)), name, "the body is", body);
}

/* ---- the reply ---- */

static void read_reply(char *text, struct emb_reply *reply) {
  char *rest = text, *line = next_line(&rest);
  memset(reply, 0, sizeof *reply);
  reply->status = atoi(line + strlen("HTTP "));
  while (*(line = next_line(&rest)))
    if (strncasecmp(line, "x-request-id: ", 14) == 0)
      snprintf(reply->request_id, sizeof reply->request_id, "%s", line + 14);
  emb_buf_adds(&reply->body, rest);
}

/* Every line of the expectation must be in the message; the first is the code's name. */
static int check_error(const char *name, const struct emb_err *err, char *expected) {
  char *rest = expected, *line = next_line(&rest);
  int good = check(strcmp(line, emb_err_name(err->code)) == 0, name, emb_err_name(err->code),
                   err->message);
  good &= check(!strstr(err->message, "k-test"), name, "the message holds the key", err->message);
  while (*rest) {
    line = next_line(&rest);
    good &= check(strstr(err->message, line) != NULL, name, line, err->message);
  }
  return good;
}

static int check_vector(const char *name, const struct emb_vectors *vectors, int i,
                        struct emb_span expected) {
  const float *got = emb_vectors_at(vectors, i);
  if (emb_span_kind(expected) == 'n') return check(!got, name, "a bad vector passed", NULL);
  if (!check(got != NULL, name, "a vector is marked bad", NULL)) return 0;
  struct emb_span key, number;
  int n = 0;
  for (size_t at = 0; emb_span_next(expected, &at, &key, &number); n++) {
    char *text = emb_strndup(number.p, number.n);
    float want = (float)strtod(text, NULL);
    int same = n < vectors->n_dims && memcmp(&got[n], &want, sizeof want) == 0;
    same = check(same, name, "a vector differs at", text);
    emb_free(text);
    if (!same) return 0;
  }
  return check(n == vectors->n_dims, name, "the vectors have another length", NULL);
}

static int check_vectors(const char *name, const struct emb_vectors *vectors, int n,
                         const char *expected) {
  struct emb_span key, vector;
  int i = 0, good = 1;
  for (size_t at = 0; emb_span_next(span_of(expected), &at, &key, &vector); i++)
    if (i < n) good &= check_vector(name, vectors, i, vector);
  return good & check(i == n, name, "another number of vectors is expected", NULL);
}

static int check_tokens(const char *name, const char *file, long long tokens) {
  char *expected = section(file, "expect tokens"), got[32];
  snprintf(got, sizeof got, "%lld", tokens);
  int good = check(!expected || strcmp(expected, got) == 0, name, "tokens are", got);
  emb_free(expected);
  return good;
}

/* Reads the reply in pieces of `step` bytes. */
static int check_text_reply(const char *name, const char *file, const struct emb_call *call,
                            const struct emb_endpoint *end, const struct emb_reply *reply,
                            size_t step) {
  struct emb_vectors vectors;
  int good = 1;
  int rc = emb_endpoint_open_vectors(end, call->route, call->n_inputs, &vectors);
  for (size_t at = 0; !rc && at < reply->body.n; at += step)
    rc = emb_vectors_write(&vectors, reply->body.data + at,
                           reply->body.n - at < step ? reply->body.n - at : step);
  if (!rc) rc = emb_vectors_end(&vectors);
  char *expected = section(file, "expect vectors"), *error = section(file, "expect error");
  if (rc)
    good = check(error != NULL, name, "unexpected error", vectors.err.message) &&
           check(rc == vectors.err.code, name, "code and record differ", NULL) &&
           check_error(name, &vectors.err, error);
  else
    good = check(expected != NULL, name, "an error was expected", NULL) &&
           check_vectors(name, &vectors, call->n_inputs, expected) &&
           check_tokens(name, file, vectors.tokens);
  emb_free(expected);
  emb_free(error);
  emb_vectors_release(&vectors);
  return good;
}

static int check_caption(const char *name, const char *file, const struct emb_call *call,
                         const struct emb_reply *reply) {
  struct emb_buf caption = EMB_BUF_INIT;
  struct emb_err err = {0};
  long long tokens = -1;
  int rc = emb_wire_caption(call->provider, reply, &caption, &tokens, &err);
  char *expected = section(file, "expect caption"), *error = section(file, "expect error");
  int good = rc ? check(error != NULL, name, "unexpected error", err.message) &&
                      check_error(name, &err, error)
                : check(expected && caption.data && strcmp(caption.data, expected) == 0, name,
                        "the caption is", caption.data) &&
                      check_tokens(name, file, tokens);
  emb_free(expected);
  emb_free(error);
  emb_buf_release(&caption);
  return good;
}

static int check_refusal(const char *name, const char *file, const struct emb_reply *reply) {
  struct emb_refusal refusal;
  struct emb_err err = {0};
  emb_wire_refusal(reply, &refusal, &err);
  char *error = section(file, "expect error"), *delay = section(file, "expect retry delay");
  int good = check(error != NULL, name, "unexpected refusal", err.message) &&
             check_error(name, &err, error) &&
             check(err.http_status == reply->status, name, "the status is lost", NULL) &&
             check(strcmp(err.request_id, reply->request_id) == 0, name, "the request id is",
                   err.request_id) &&
             check(!delay || strcmp(delay, refusal.retry_delay) == 0, name, "the retry delay is",
                   refusal.retry_delay);
  emb_free(error);
  emb_free(delay);
  return good;
}

/* ---- a case ---- */

struct inputs {
  struct emb_input input[MAX_INPUTS];
  char *text[2 * MAX_INPUTS];
  int n, n_texts;
};

static void set_image(struct emb_input *input, char *text) {
  input->n_image = base64_decode(text, (unsigned char *)text); /* never longer than its text */
  input->image = (const unsigned char *)text;
}

static void set_text(struct emb_input *input, const char *text) {
  input->text = text;
  input->n_text = strlen(text);
}

/* The unescaped string, kept for the time of the case. */
static char *keep_string(struct inputs *inputs, struct emb_span value) {
  char *text = inputs->n_texts < 2 * MAX_INPUTS ? emb_span_strdup(value) : NULL;
  if (text) inputs->text[inputs->n_texts++] = text;
  return text;
}

static int read_inputs(const char *json, int is_image, struct inputs *inputs) {
  struct emb_span key, value, member;
  memset(inputs, 0, sizeof *inputs);
  for (size_t at = 0; json && emb_span_next(span_of(json), &at, &key, &value);) {
    struct emb_input *input = &inputs->input[inputs->n++];
    if (inputs->n > MAX_INPUTS) return 0;
    char *text = NULL;
    if (emb_span_kind(value) == '{') {
      if (emb_span_member(value, "text", &member) && (text = keep_string(inputs, member)))
        set_text(input, text);
      if (emb_span_member(value, "image", &member) && (text = keep_string(inputs, member)))
        set_image(input, text);
    } else if ((text = keep_string(inputs, value))) {
      if (is_image)
        set_image(input, text);
      else
        set_text(input, text);
    }
    if (!text) return 0;
  }
  return inputs->n > 0;
}

static int run_call(const char *name, const char *file, struct emb_call *call,
                    const struct emb_endpoint *end) {
  struct emb_request request = {0};
  struct emb_reply reply;
  struct emb_err err = {0};
  char *expected = section(file, "expect request"), *answer = section(file, "reply");
  char *bytes = section(file, "expect body");
  int good = check(expected && answer, name, "a section is missing", NULL) &&
             check(emb_wire_encode(call, &request, &err) == 0, name, "encode", err.message) &&
             check_request(name, &request, expected, bytes);
  if (answer) {
    read_reply(answer, &reply);
    if (reply.status < 200 || reply.status > 299)
      good &= check_refusal(name, file, &reply);
    else if (call->route == EMB_ROUTE_VISION)
      good &= check_caption(name, file, call, &reply);
    else
      good &= check_text_reply(name, file, call, end, &reply, 1) &&
              check_text_reply(name, file, call, end, &reply, 7) &&
              check_text_reply(name, file, call, end, &reply, reply.body.n + 1);
    emb_reply_release(&reply);
  }
  emb_request_release(&request);
  emb_free(expected);
  emb_free(answer);
  emb_free(bytes);
  return good;
}

static struct emb_client *open_client(const char *name, const char *file) {
  struct emb_client *client = NULL;
  struct emb_err err = {0};
  char *options = section(file, "options");
  if (check(options != NULL, name, "no options", NULL))
    check(emb_client_new("golden", options, strlen(options), &client, &err) == 0, name, "options",
          err.message);
  emb_free(options);
  return client;
}

static void run_case(const char *name, const char *file) {
  struct emb_client *client = open_client(name, file);
  char *how = section(file, "call"), *texts = section(file, "inputs");
  struct inputs inputs;
  int good = client && check(how && texts, name, "call or inputs are missing", NULL) &&
             check(strncmp(file, "# source: ", 10) == 0, name, "no source", NULL);
  if (good) {
    char *input_type = how, *kind = next_line(&input_type);
    enum emb_route route = strcmp(kind, "vision") == 0  ? EMB_ROUTE_VISION
                           : strcmp(kind, "image") == 0 ? EMB_ROUTE_IMAGE
                                                        : EMB_ROUTE_TEXT;
    struct emb_endpoint *end = emb_client_endpoint(client, route);
    end->fetched = section(file, "token");
    good = check(end->provider != NULL, name, "the client has no such route", end->why.message) &&
           check(read_inputs(texts, route != EMB_ROUTE_TEXT, &inputs), name, "inputs", texts);
    if (good) {
      struct emb_call call = emb_client_call(client, route, *input_type ? input_type : NULL);
      call.inputs = inputs.input;
      call.n_inputs = inputs.n;
      good = run_call(name, file, &call, end);
      for (int i = 0; i < inputs.n_texts; i++) emb_free(inputs.text[i]);
    }
  }
  count(good);
  emb_free(how);
  emb_free(texts);
  emb_client_unref(client);
}

/* ---- completeness ---- */

static int has_case(const char *root, const char *directory, const char *name) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s/%s.txt", root, directory, name);
  FILE *file = fopen(path, "rb");
  if (file) fclose(file);
  return file != NULL;
}

static void require_cases(const char *root, const char *directory, const struct emb_provider *p) {
  int texts = p->text.item != NULL, many = p->text.max_items > 1, images = p->image.item != NULL;
  const struct {
    int applies;
    const char *names[7];
  } wanted[] = {
      {texts, {"one", "nan", "truncated", "error", "empty", "no_body"}},
      {texts && many, {"many", "wrong_count", "wrong_dimension"}},
      {texts && many && p->text.shape->index, {"reordered", "bad_index"}},
      {p->encoding_field != NULL, {"base64"}},
      {p->task_field || p->flags & EMB_TASK_IN_MODEL, {"query", "document"}},
      {p->dims_field != NULL, {"dimensions", "ignored_dimensions"}},
      {p->truncate_field != NULL, {"truncate"}},
      {p->normalize_field != NULL, {"normalize"}},
      {p->user_field != NULL, {"user"}},
      {p->int8.field != NULL, {"int8"}},
      {p->bit.field != NULL, {"bit"}},
      {images, {"image_one", "image_error"}},
      {images && p->image.max_items > 1, {"image_many"}},
      {images && p->images.fuses, {"image_fused"}},
      {!p->of && p->vision, {"vision_caption", "vision_error", "vision_refused"}},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    for (size_t j = 0; wanted[i].applies && j < 7 && wanted[i].names[j]; j++)
      if (!check(has_case(root, directory, wanted[i].names[j]), directory, "there is no case",
                 wanted[i].names[j]))
        n_failed++;
}

static void require_all(const char *root) {
  int n;
  const struct emb_provider *rows = emb_providers(&n);
  for (int i = 0; i < n; i++)
    if ((rows[i].text.item || rows[i].vision) && !(rows[i].flags & EMB_IN_PROCESS))
      require_cases(root, rows[i].name, &rows[i]);
  require_cases(root, "azure-deployments", emb_provider_find("azure", 5));
}

static int is_case(const struct dirent *entry) {
  size_t n = strlen(entry->d_name);
  return n > 4 && strcmp(entry->d_name + n - 4, ".txt") == 0;
}

/* Names of rows may hold dots (nomic-v1.5); a file among the directories just has no cases. */
static int is_visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static int run_directory(const char *root, const char *directory) {
  char path[1024], name[600];
  struct dirent **cases;
  snprintf(path, sizeof path, "%s/%s", root, directory);
  int n = scandir(path, &cases, is_case, alphasort);
  for (int i = 0; i < n; i++) {
    snprintf(path, sizeof path, "%s/%s/%s", root, directory, cases[i]->d_name);
    snprintf(name, sizeof name, "%s/%s", directory, cases[i]->d_name);
    char *file = read_file(path);
    if (file)
      run_case(name, file);
    else
      count(check(0, name, "cannot be read", NULL));
    emb_free(file);
    free(cases[i]);
  }
  if (n >= 0) free(cases);
  return n > 0;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: run_golden DIRECTORY\n");
    return 2;
  }
  struct dirent **directories;
  int n = scandir(argv[1], &directories, is_visible, alphasort);
  for (int i = 0; i < n; i++) {
    run_directory(argv[1], directories[i]->d_name);
    free(directories[i]);
  }
  if (n >= 0) free(directories);
  require_all(argv[1]);
  printf("%d passed, %d failed\n", n_passed, n_failed);
  return n_failed || !n_passed;
}
