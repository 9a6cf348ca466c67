/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_LOCAL_ROUTE_H
#define EMB_LOCAL_ROUTE_H
/* Texts of a client whose model runs in this process: no request, no engine, no waiting. */
#include "embed/pipeline.h"

/* Opens the model of a client of the providers local and model2vec, and refuses every option that
 * has no meaning for it. */
int emb_client_open_local(struct emb_client *client, const struct emb_provider *provider,
                          struct emb_err *err);
/* Embeds the text of a slot (SLOT_DONE afterwards, perhaps as failed). Only EMB_ENOMEM and
 * EMB_EINTERRUPT are returned. */
int emb_embed_here(struct emb_embed *embed, struct slot *slot);

#endif
