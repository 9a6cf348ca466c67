/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * libFuzzer target of the text of a client's options. A client that is made prints itself as JSON
 * that does not hold its key (where the word SECRET stands in the key alone), and the calls of all
 * its routes can be encoded into JSON; one that is refused says why.
 */
#include "base/mem.h"
#include "embed/client.h"
#include "fuzz.h"

static const unsigned char png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0, 0, 0, 13,
                                    'I',  'H', 'D', 'R', 0,    0,    0,    4,    0, 0, 0, 4};

static void encode(struct emb_client *client, enum emb_route route) {
  const struct emb_endpoint *end = emb_client_endpoint(client, route);
  if (!end->provider) return;
  if (end->provider->flags & EMB_IN_PROCESS) return; /* nothing is sent */
  struct emb_input input = {.text = "text", .n_text = 4};
  if (route != EMB_ROUTE_TEXT) input = (struct emb_input){.image = png, .n_image = sizeof png};
  struct emb_call call = emb_client_call(client, route, NULL);
  call.inputs = &input;
  call.n_inputs = 1;
  struct emb_request request = {0};
  struct emb_err err = {0};
  const struct emb_api *api = emb_provider_api(call.provider, route);
  int rc = emb_wire_encode(&call, &request, &err);
  check(rc == EMB_OK || rc == EMB_ECONFIG);
  check_err(&err, rc);
  if (!rc) {
    if (!api || !(api->flags & (EMB_API_BYTES | EMB_API_FORM)))
      check(!emb_span_check(request.body.data, request.body.n, &err));
    for (int i = 0; i < request.n_headers; i++) check(!strpbrk(request.headers[i], "\r\n"));
    rc = emb_wire_sign(call.provider, call.key, end->region, 1735689600, &request, &err);
    check(!rc || err.message[0]);
  }
  emb_request_release(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct input in = {(const char *)data, size};
  struct emb_client *client = NULL;
  struct emb_err err = {0};
  char *name = take_text(&in);
  char *options = copy_bytes(in.p, in.n);
  int n_secrets = strstr(name, "SECRET") != NULL;
  for (const char *p = options, *end = p + in.n; (p = memmem(p, (size_t)(end - p), "SECRET", 6));
       p++)
    n_secrets++;
  int rc = emb_client_new(name, options, in.n, &client, &err);
  check_err(&err, rc);
  check((rc == 0) == (client != NULL));
  if (client) {
    struct emb_buf text = EMB_BUF_INIT;
    check(!emb_client_print(client, &text));
    check(!emb_span_check(text.data, text.n, &err));
    const char *key = client->options.key;
    if (key && strstr(key, "SECRET") && n_secrets == 1) check(!strstr(text.data, "SECRET"));
    emb_buf_release(&text);
    for (int route = 0; route < EMB_N_ROUTES; route++) encode(client, (enum emb_route)route);
  }
  emb_client_unref(client);
  free(name);
  free(options);
  return 0;
}
