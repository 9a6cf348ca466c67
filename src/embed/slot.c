/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Slots: one input from being read to its result being consumed. Here an input is checked and gets
 * its route - text, native image, description - and here it ends. open_bytes of the pipeline is the
 * sum of the texts and images that its slots hold.
 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "embed/pipeline.h"
#include "wire/media.h"

size_t emb_slot_bytes(const struct slot *slot) { return slot->n_text + slot->n_image; }

long long emb_embed_now_ms(const struct emb_embed *e) {
  return e->engine ? e->engine->transport.now_ms(e->engine->transport.ctx) : emb_clock_ms();
}

void emb_queue_push(struct slot_queue *queue, struct slot *slot) {
  slot->queue = NULL;
  if (queue->last)
    queue->last->queue = slot;
  else
    queue->first = slot;
  queue->last = slot;
  queue->n++;
  queue->bytes += emb_slot_bytes(slot);
}

struct slot *emb_queue_pop(struct slot_queue *queue) {
  struct slot *slot = queue->first;
  queue->first = slot->queue;
  if (!queue->first) queue->last = NULL;
  queue->n--;
  queue->bytes -= emb_slot_bytes(slot);
  return slot;
}

int emb_queue_fail(struct emb_embed *e, struct slot_queue *queue, const struct emb_err *err) {
  int rc = EMB_OK;
  while (queue->n && !rc) rc = emb_slot_fail(e, emb_queue_pop(queue), err);
  return rc;
}

static void drop_text(struct emb_embed *e, struct slot *slot) {
  e->open_bytes -= slot->n_text;
  emb_free(slot->text);
  slot->text = NULL;
  slot->n_text = 0;
}

void emb_slot_drop_image(struct emb_embed *e, struct slot *slot) {
  e->open_bytes -= slot->n_image;
  emb_free(slot->image);
  slot->image = NULL;
  slot->n_image = 0;
}

void emb_slot_done(struct emb_embed *e, struct slot *slot, enum emb_result_status status) {
  slot->state = SLOT_DONE;
  slot->status = status;
  slot->finished_ms = emb_embed_now_ms(e);
  e->client->stats.items += status != EMB_RESULT_NULL;
  emb_slot_drop_image(e, slot);
  if (status == EMB_RESULT_VECTOR && !slot->is_caption) drop_text(e, slot);
}

int emb_slot_fail(struct emb_embed *e, struct slot *slot, const struct emb_err *err) {
  if (err->code == EMB_ENOMEM) return EMB_ENOMEM; /* no fault of the item's */
  slot->err = emb_malloc(sizeof *slot->err);
  if (!slot->err) return EMB_ENOMEM;
  *slot->err = *err;
  emb_slot_done(e, slot, EMB_RESULT_FAILED);
  e->client->stats.errors++;
  return EMB_OK;
}

void emb_slot_free(struct emb_embed *e, struct slot *slot) {
  if (!slot) return;
  if (slot->task && --slot->task->n_held == 0) emb_task_free(slot->task);
  drop_text(e, slot);
  emb_slot_drop_image(e, slot);
  emb_free(slot->prompt);
  emb_free(slot->vector);
  emb_free(slot->err);
  emb_free(slot);
}

/* ---- admission ---- */

static int is_blank(const char *text, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!strchr(" \t\r\n\f\v", text[i]) || !text[i]) return 0;
  return 1;
}

static int keep_text(struct emb_embed *e, struct slot *slot, const struct emb_input *in) {
  if (!(slot->text = emb_strndup(in->text, in->n_text))) return EMB_ENOMEM;
  slot->n_text = in->n_text;
  e->open_bytes += slot->n_text;
  return EMB_OK;
}

static int keep_image(struct emb_embed *e, struct slot *slot, const struct emb_input *in) {
  if (!(slot->image = emb_malloc(in->n_image))) return EMB_ENOMEM;
  memcpy(slot->image, in->image, in->n_image);
  slot->n_image = in->n_image;
  e->open_bytes += slot->n_image;
  return EMB_OK;
}

static int check_image(const struct emb_embed *e, const struct emb_input *in, struct emb_err *err) {
  if (!emb_media_type(in->image, in->n_image))
    return emb_err_set(
        err, EMB_EINPUT,
        "not an image: the bytes are no PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF or HEIC");
  if ((long)in->n_image > e->client->options.max_image_bytes)
    return emb_err_set(err, EMB_ETOOBIG,
                       "the image has %zu bytes, over max_image_bytes %ld; make it smaller",
                       in->n_image, e->client->options.max_image_bytes);
  return EMB_OK;
}

static int check_text(const struct emb_embed *e, const struct emb_input *in, struct emb_err *err) {
  if ((long)in->n_text <= e->client->options.max_text_bytes) return EMB_OK;
  return emb_err_set(err, EMB_ETOOBIG,
                     "the text has %zu bytes, over max_text_bytes %ld; cut it into pieces",
                     in->n_text, e->client->options.max_text_bytes);
}

/* An image that the model embeds itself, alone or fused with the item's text. */
static int take_native(struct emb_embed *e, struct slot *slot, const struct emb_input *in,
                       struct emb_err *err) {
  const struct emb_provider *p = e->client->image.provider;
  if (in->prompt)
    return emb_err_set(err, EMB_EINPUT,
                       "a prompt is for a vision model, and this client's model embeds images "
                       "itself; leave it out, or set image_mode 'describe'");
  const char *model = e->client->image.model;
  int is_apart = p->images.apart && model && emb_globs_match(p->images.apart, model);
  if (in->text && (!p->images.fuses || is_apart))
    return emb_err_set(err, EMB_EINPUT,
                       "this model of provider '%s' makes no one vector of text and image "
                       "together; give one of the two",
                       p->of ? p->of : p->name);
  int rc = emb_wire_check_image(p, in->image, in->n_image, err);
  if (!rc && in->text) rc = check_text(e, in, err);
  if (!rc && in->text) rc = keep_text(e, slot, in);
  if (!rc) rc = keep_image(e, slot, in);
  if (rc) return rc;
  slot->route = EMB_ROUTE_IMAGE;
  slot->state = SLOT_EMBED;
  emb_queue_push(&e->to_embed[EMB_ROUTE_IMAGE], slot);
  return EMB_OK;
}

static int take_image(struct emb_embed *e, struct slot *slot, const struct emb_input *in,
                      struct emb_err *err) {
  int rc = check_image(e, in, err);
  if (rc) return rc;
  if (e->client->image.provider && !e->options.describe_only) return take_native(e, slot, in, err);
  if (in->text)
    return emb_err_set(
        err, EMB_EINPUT,
        "an item with both text and image needs a model that fuses them; give one of the two");
  if (!e->client->vision.provider) {
    *err = e->client->vision.why;
    return err->code;
  }
  if (in->prompt && !(slot->prompt = emb_strndup(in->prompt, in->n_prompt))) return EMB_ENOMEM;
  slot->n_prompt = in->n_prompt;
  if (keep_image(e, slot, in)) return EMB_ENOMEM;
  slot->state = SLOT_DESCRIBE;
  emb_queue_push(&e->to_describe, slot);
  return EMB_OK;
}

int emb_slot_admit(struct emb_embed *e, struct slot *slot, const struct emb_source_item *item,
                   struct emb_err *err) {
  struct emb_input in = item->input;
  if (item->error) return emb_slot_fail(e, slot, err);
  if (in.text && is_blank(in.text, in.n_text)) in.text = NULL;
  if (!in.image && !in.text) {
    emb_slot_done(e, slot, EMB_RESULT_NULL);
    return EMB_OK;
  }
  if (in.image) {
    int rc = take_image(e, slot, &in, err);
    return rc && rc != EMB_ENOMEM ? emb_slot_fail(e, slot, err) : rc;
  }
  if (e->options.describe_only) {
    emb_err_set(err, EMB_EINPUT, "not an image: the input is text");
    return emb_slot_fail(e, slot, err);
  }
  if (check_text(e, &in, err)) return emb_slot_fail(e, slot, err);
  if (keep_text(e, slot, &in)) return EMB_ENOMEM;
  slot->route = EMB_ROUTE_TEXT;
  slot->state = SLOT_EMBED;
  emb_queue_push(&e->to_embed[EMB_ROUTE_TEXT], slot);
  return EMB_OK;
}
