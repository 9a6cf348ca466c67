/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The dialect of nearly everyone: one array of texts beside options whose names come from the row.
 *   {"model": M, "input": ["a", "b"], "encoding_format": "float", "dimensions": 256}
 * OpenAI and all that copy it, Ollama, Nomic ("texts"), TEI ("inputs"), llama.cpp.
 */
#include "wire/wire.h"

static int body(const struct emb_call *call, struct emb_buf *out) {
  const struct emb_provider *p = call->provider;
  emb_body_string(call, out, "model", call->model);
  if (emb_body_member(call, out, p->input_field)) {
    for (int i = 0; i < call->n_inputs; i++) {
      emb_buf_addc(out, i ? ',' : '[');
      emb_body_text(call, out, &call->inputs[i]);
    }
    emb_buf_addc(out, ']');
  }
  if (call->base64)
    emb_body_string(call, out, p->encoding_field, "base64");
  else if (!(p->flags & EMB_NO_FLOAT_WORD))
    emb_body_string(call, out, p->encoding_field, "float");
  if (call->dimensions) emb_body_int(call, out, p->dims_field, call->dimensions);
  emb_body_string(call, out, p->task_field, emb_wire_task(p, call->input_type));
  if (call->truncate >= 0) emb_body_bool(call, out, p->truncate_field, call->truncate);
  if (call->normalize >= 0) emb_body_bool(call, out, p->normalize_field, call->normalize);
  emb_body_string(call, out, p->user_field, call->user);
  return out->failed;
}

const struct emb_dialect emb_dialect_array = {.name = "array", .body = body};
