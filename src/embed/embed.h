/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_EMBED_H
#define EMB_EMBED_H
/*
 * The pipeline, the one place where `wire` and `http` meet: a pull iterator over inputs that come
 * lazily from a callback.
 *
 *     open -> next, next, next (in input order) -> close
 *
 * next() reads inputs ahead inside a bounded window, packs texts into batches, keeps at most the
 * client's max_concurrent_requests text requests and as many vision requests in flight, and returns
 * the oldest input's result as soon as it is there. Images are described by the vision model and
 * their captions embedded in batches while later images are still being described. A failed item is
 * a result with an error; the pipeline goes on, unless the error is one that every request would
 * meet (a wrong key, a missing model): then what was not sent yet fails with it unsent. Memory is
 * O(window), never O(inputs); behind a late request up to eight windows within 64 MiB are open.
 */
#include "embed/client.h"
#include "http/engine.h"

/* What the source gives for one input. */
struct emb_source_item {
  struct emb_input input; /* borrowed until the next call of the source; no text and no image: NULL
                             in, NULL out */
  int error;              /* not 0: this input is bad in itself, `err` of the call says why */
};

/* EMB_OK with *item filled, EMB_END, or an error that ends the pipeline. */
typedef int (*emb_source_fn)(void *ctx, struct emb_source_item *item, struct emb_err *err);

enum emb_result_status {
  EMB_RESULT_VECTOR,
  EMB_RESULT_NULL,
  EMB_RESULT_CAPTION,
  EMB_RESULT_FAILED
};

/* One result; pointers are borrowed until the next call on the pipeline. */
struct emb_result {
  long long index; /* of the input, from 0 */
  enum emb_result_status status;
  const float *vector;
  int n_dims;
  const char *caption; /* images on the describe route, else NULL */
  size_t n_caption;
  const struct emb_err *err; /* FAILED */
  double tokens;             /* share of the request's count; -1 unknown */
  long ms;                   /* from the first request sent for it to its result */
  int attempts;              /* exchanges that carried it */
};

/* An attempt of a request that has ended, for those who watch. All borrowed. */
struct emb_attempt {
  const struct emb_client *client;
  enum emb_route route;
  int is_prelude; /* no items yet: what has to be asked first */
  int n_items;
  const struct emb_job *job;
  const struct emb_verdict *verdict; /* NULL: it was cancelled */
  long wait_ms;                      /* for its turn, since it was submitted or tried before */
};

struct emb_embed_options {
  const char *input_type;      /* borrowed; NULL: the client's */
  int describe_only;           /* captions, no vectors */
  int max_concurrent_requests; /* 0: the client's; 1 makes it sequential */
  int batch_size;              /* 0: the client's */
  int no_retries;              /* one attempt for each request */
  /* Called for each attempt that has ended; may be NULL. */
  void (*observe)(void *observer, const struct emb_attempt *attempt);
  void *observer;
  int (*interrupted)(void *ctx); /* asked at least every 50 ms; may be NULL */
  void *ctx;
};

struct emb_embed;

/* Opens a pipeline; takes its own reference of the client, borrows the engine, which may be NULL
 * where emb_client_is_offline(). */
int emb_embed_open(struct emb_client *client, struct emb_engine *engine, emb_source_fn source,
                   void *source_ctx, const struct emb_embed_options *options,
                   struct emb_embed **out, struct emb_err *err);
/* EMB_OK and the next result, EMB_END, or an error that ends the pipeline (EMB_EINTERRUPT,
 * EMB_ENOMEM, the source's). Sticky. */
int emb_embed_next(struct emb_embed *embed, struct emb_result *result, struct emb_err *err);
/* Cancels what is in flight and frees everything; NULL is fine. */
void emb_embed_close(struct emb_embed *embed);

#endif
