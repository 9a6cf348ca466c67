/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Cohere v2 embed: {"model": M, "input_type": "search_document", "embedding_types": ["float"],
 * "texts": [...], "truncate": "END"}. input_type is required from v3 models on; truncate is a word,
 * not a flag.
 */
#include "wire/wire.h"

static int body(const struct emb_call *call, struct emb_buf *out) {
  const struct emb_provider *p = call->provider;
  emb_body_string(call, out, "model", call->model);
  emb_body_string(call, out, p->task_field, emb_wire_task(p, call->input_type));
  if (emb_body_member(call, out, "embedding_types")) emb_buf_adds(out, "[\"float\"]");
  if (emb_body_member(call, out, p->input_field)) {
    for (int i = 0; i < call->n_inputs; i++) {
      emb_buf_addc(out, i ? ',' : '[');
      emb_body_text(call, out, &call->inputs[i]);
    }
    emb_buf_addc(out, ']');
  }
  if (call->dimensions) emb_body_int(call, out, p->dims_field, call->dimensions);
  if (call->truncate >= 0)
    emb_body_string(call, out, p->truncate_field, call->truncate ? "END" : "NONE");
  return out->failed;
}

const struct emb_dialect emb_dialect_cohere = {.name = "cohere", .body = body};
