/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * libFuzzer target of requests: any inputs through every row and route of the provider table. A
 * JSON body is JSON, a multipart body gives back the very images that went in, headers have no line
 * breaks, and a key that signs can sign.
 */
#include <strings.h>

#include "fuzz.h"
#include "wire/span.h"
#include "wire/wire.h"

enum { MAX_INPUTS = 4, SLICES = 4 /* an input meets every fourth row, by its length */ };

struct fields {
  char *key, *model, *type, *user, *prefix, *marker, *extra, *headers; /* owned or NULL */
};

static int is_object(const char *text) {
  struct emb_span span = {text, strlen(text)};
  return !emb_span_check(text, span.n, NULL) && emb_span_kind(span) == '{';
}

/* Reads the body as RFC 2046 says; every image must be a part of it, in order. */
static void check_multipart(const struct emb_request *request, const struct emb_call *call) {
  const char *type = NULL;
  for (int i = 0; i < request->n_headers; i++)
    if (strncasecmp(request->headers[i], "content-type: multipart/", 24) == 0)
      type = request->headers[i];
  const char *boundary = type ? strstr(type, "boundary=") : NULL;
  check(boundary);
  char mark[100];
  size_t n_mark = (size_t)snprintf(mark, sizeof mark, "\r\n--%s", boundary + 9);
  const char *p = request->body.data, *end = p + request->body.n;
  check((size_t)(end - p) > n_mark && !memcmp(p, mark + 2, n_mark - 2));
  p += n_mark - 2;
  int n_images = 0;
  while (end - p >= 2 && !memcmp(p, "\r\n", 2)) {
    const char *body = memmem(p, (size_t)(end - p), "\r\n\r\n", 4);
    check(body);
    const char *next = memmem(body + 2, (size_t)(end - body - 2), mark, n_mark);
    check(next);
    int is_file = memmem(p, (size_t)(body - p), "\r\nContent-Type: ", 16) != NULL;
    body += 4;
    if (is_file) {
      check(n_images < call->n_inputs);
      const struct emb_input *input = &call->inputs[n_images++];
      check(next >= body && (size_t)(next - body) == input->n_image);
      check(!memcmp(body, input->image, input->n_image));
    }
    p = next + n_mark;
  }
  check(end - p == 4 && !memcmp(p, "--\r\n", 4));
  check(n_images == call->n_inputs);
}

static void check_body(const struct emb_request *request, const struct emb_call *call) {
  const struct emb_api *api = emb_provider_api(call->provider, call->route);
  struct emb_err err = {0};
  if (api && api->flags & EMB_API_FORM)
    check_multipart(request, call);
  else if (api && api->flags & EMB_API_BYTES)
    check(request->body.n == call->inputs->n_image);
  else if (emb_span_check(request->body.data, request->body.n, &err)) {
    fprintf(stderr, "%s, route %d: %s\n%.*s\n", call->provider->name, (int)call->route, err.message,
            (int)request->body.n, request->body.data);
    abort();
  }
  for (int i = 0; i < request->n_headers; i++) check(!strpbrk(request->headers[i], "\r\n"));
}

/* Which inputs a route can meet: the pipeline gives it no others. */
static int suits(const struct emb_provider *p, enum emb_route route, const struct emb_input *in) {
  if (route == EMB_ROUTE_TEXT) return in->text && !in->image;
  if (route == EMB_ROUTE_VISION) return in->image && !in->text;
  return in->image && (!in->text || p->images.fuses);
}

static void one(const struct emb_provider *p, enum emb_route route, struct emb_call call,
                const struct emb_input *inputs, int n) {
  struct emb_input own[MAX_INPUTS];
  const struct emb_api *api = emb_provider_api(p, route);
  if (route == EMB_ROUTE_VISION ? !p->vision : !api) return;
  if (p->flags & EMB_IN_PROCESS) return; /* nothing is sent */
  int most = api ? api->max_items : 1, kept = 0;
  for (int i = 0; i < n && kept < most; i++)
    if (suits(p, route, &inputs[i])) own[kept++] = inputs[i];
  if (!kept) return;
  const struct emb_element_field *elements[] = {NULL, &p->float32, &p->int8, &p->bit};
  call.provider = p;
  call.route = route;
  call.inputs = own;
  call.n_inputs = kept;
  call.element = elements[call.caption_tokens & 3];
  if (call.element && !call.element->field) call.element = NULL;
  if (!p->dims_field || (api && api->flags & EMB_API_NO_DIMS)) call.dimensions = 0;
  if (!p->encoding_field) call.base64 = 0;
  struct emb_request request = {0};
  struct emb_err err = {0};
  int rc = emb_wire_encode(&call, &request, &err);
  check(rc == EMB_OK || rc == EMB_ECONFIG);
  check_err(&err, rc);
  if (!rc) {
    check_body(&request, &call);
    rc = emb_wire_sign(p, call.key, "us-east-1", 1735689600, &request, &err);
    check(rc == EMB_OK || err.message[0]);
  }
  emb_request_release(&request);
}

static void release(struct fields *f) {
  char *all[] = {f->key, f->model, f->type, f->user, f->prefix, f->marker, f->extra, f->headers};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct input in = {(const char *)data, size};
  unsigned flags = take_byte(&in);
  unsigned numbers = take_byte(&in);
  unsigned kinds = take_byte(&in);
  struct fields f;
  f.key = or_null(take_text(&in));
  f.model = take_text(&in);
  f.type = or_null(take_text(&in));
  f.user = or_null(take_text(&in));
  f.prefix = or_null(take_text(&in));
  f.marker = or_null(take_text(&in));
  f.extra = or_null(take_text(&in));
  f.headers = or_null(take_text(&in));
  struct emb_input inputs[MAX_INPUTS];
  char *blocks[MAX_INPUTS];
  int n = 0;
  do {
    struct input line = n == MAX_INPUTS - 1 ? in : take_line(&in);
    char *block = blocks[n] = copy_bytes(line.p, line.n);
    inputs[n] = (struct emb_input){0};
    if (kinds >> n & 1) inputs[n].image = (const unsigned char *)block, inputs[n].n_image = line.n;
    if (!(kinds >> n & 1) || kinds >> (n + 4) & 1)
      inputs[n].text = block, inputs[n].n_text = line.n;
    if (kinds & 128) inputs[n].prompt = block, inputs[n].n_prompt = line.n;
    if (n == MAX_INPUTS - 1) in.n = 0;
    n++;
  } while (n < MAX_INPUTS && in.n);
  struct emb_call call = {.url = "https://host.example/v1/x",
                          .key = f.key,
                          .model = f.model,
                          .account = f.user,
                          .marker = f.marker,
                          .input_type = f.type,
                          .dimensions = numbers & 1 ? (int)numbers : 0,
                          .truncate = (int)(numbers >> 1 & 3) % 3 - 1,
                          .normalize = (int)(numbers >> 3 & 3) % 3 - 1,
                          .base64 = (int)(flags & 1),
                          .user = f.user,
                          .extra = f.extra && is_object(f.extra) ? f.extra : NULL,
                          .headers = f.headers && is_object(f.headers) ? f.headers : NULL,
                          .query_prefix = f.prefix,
                          .document_prefix = f.prefix,
                          .prompt = f.prefix ? f.prefix : "describe",
                          .caption_tokens = 1 + (int)flags};
  int n_rows;
  const struct emb_provider *rows = emb_providers(&n_rows);
  for (int i = (int)(size % SLICES); i < n_rows; i += SLICES)
    for (int route = 0; route < EMB_N_ROUTES; route++)
      one(&rows[i], (enum emb_route)route, call, inputs, n);
  for (int i = 0; i < n; i++) free(blocks[i]);
  release(&f);
  return 0;
}
