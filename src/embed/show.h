/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_SHOW_H
#define EMB_SHOW_H
/* What may be shown of a request to somebody who may not know its keys. */
#include "embed/client.h"

/* Appends the url without user and password; of its query the names and the versions. */
void emb_show_url(struct emb_buf *out, const struct emb_client *client, const char *url);
/* Appends "POST url", the headers and the body, keys masked. */
void emb_show_request(struct emb_buf *out, const struct emb_client *client,
                      const struct emb_request *request);

#endif
