/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_BODY_H
#define EMB_BODY_H
/*
 * What everything that writes a body shares: members that `extra` may replace, and the three values
 * that inputs are made of. Private to wire.
 */
#include "wire/wire.h"

/* Starts a member `"name":` with its comma, unless name is NULL or extra holds it (0 then). */
int emb_body_member(const struct emb_call *call, struct emb_buf *body, const char *name);
/* Writes a string member, when value is not NULL. */
void emb_body_string(const struct emb_call *call, struct emb_buf *body, const char *name,
                     const char *value);
void emb_body_int(const struct emb_call *call, struct emb_buf *body, const char *name, int value);
/* Writes a member whose value is JSON already. */
void emb_body_json(const struct emb_call *call, struct emb_buf *body, const char *name,
                   const char *json);
/* The text of an input, with the prefix of the call's input type, escaped for a JSON string. */
void emb_body_words(const struct emb_call *call, struct emb_buf *body,
                    const struct emb_input *input);
/* The same as a JSON string. */
void emb_body_text(const struct emb_call *call, struct emb_buf *body,
                   const struct emb_input *input);
/* The bytes of an image in base64, with a data URI in front when asked. */
void emb_body_picture(struct emb_buf *body, const struct emb_input *input, int data_uri);
/* The same as a JSON string. */
void emb_body_image(struct emb_buf *body, const struct emb_input *input, int data_uri);
/* The prompt of an input. */
void emb_body_prompt(const struct emb_call *call, struct emb_buf *body,
                     const struct emb_input *input);

/* Writes the members of an embedding request from the row (body.c). */
int emb_body_write(const struct emb_call *call, struct emb_buf *body);
/* Writes a whole body that is no JSON, and gives its media type (form.c). */
int emb_form_write(const struct emb_call *call, struct emb_buf *body, char *type, size_t n_type);

/* The forms an input can take (item.c), for the table. */
emb_item_fn emb_item_string, emb_item_object, emb_item_object_bare, emb_item_parts, emb_item_voyage,
    emb_item_messages, emb_item_media, emb_item_gemini, emb_item_content, emb_item_instance,
    emb_item_vertex_image, emb_item_titan, emb_item_nova;

#endif
