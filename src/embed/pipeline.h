/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_PIPELINE_H
#define EMB_PIPELINE_H
/*
 * Private to embed.c, slot.c and task.c: the slots and tasks of a pipeline.
 *
 * A slot is one input on its way; slots form a list in input order and are freed when consumed. A
 * task is one request in flight with the slots it carries. A task that brought vectors stays until
 * its last slot is consumed: results point into its floats, nothing is copied.
 */
#include "embed/embed.h"

enum slot_state {
  SLOT_DESCRIBE, /* an image that waits for a vision request */
  SLOT_EMBED, /* a text, a caption or (on the native route) an image that waits for its request */
  SLOT_BUSY,  /* inside a task */
  SLOT_DONE
};

struct task;

struct slot {
  struct slot *next;  /* in input order */
  struct slot *queue; /* next in its waiting queue */
  long long index;
  enum slot_state state;
  enum emb_route route; /* how it is embedded: EMB_ROUTE_TEXT or EMB_ROUTE_IMAGE */
  int again;            /* it was sent again because what had been fetched was stale */
  int alone;  /* goes in a request of its own: it was found guilty or suspicious in a batch */
  char *text; /* owned: the text, or the caption */
  size_t n_text;
  unsigned char *image; /* owned; on the describe route freed once its request is written */
  size_t n_image;
  char *prompt; /* owned or NULL */
  size_t n_prompt;
  int is_caption; /* text came from the vision model */
  enum emb_result_status status;
  struct task *task; /* where the vector lives, else NULL */
  int i_vector;
  float *vector; /* owned: of a model in this process, else NULL */
  int n_dims;
  struct emb_err *err; /* owned */
  double tokens;
  long long started_ms, finished_ms;
  int attempts;
};

struct slot_queue {
  struct slot *first, *last;
  int n;
  size_t bytes; /* of texts and images */
};

/* How much goes into one request. */
struct batch_limits {
  int max_items, max_tokens; /* max_tokens 0: unknown */
  size_t max_bytes;
};

struct task {
  struct task *next;
  struct emb_embed *embed;
  struct emb_job job;
  struct emb_sink sink;
  struct emb_vectors vectors; /* text and image route */
  enum emb_route route;
  int n_observed;                    /* attempts that were told of */
  long long idle_unix_ms;            /* since when it waits for its next attempt */
  const struct emb_prelude *prelude; /* the task fetches this for its route and has no slots */
  int n_fetched; /* which of its endpoint's fetched things it was written with; 0: none */
  int is_stale;  /* the server no longer knows that */
  enum emb_size_refusal too_large; /* of the last attempt */
  struct slot **slots;             /* owned array, borrowed slots, in input order */
  int n_slots;
  size_t n_bytes; /* of texts and images */
  int n_dims;     /* of the vectors that are given out */
  int n_held;     /* slots that still point at our vectors */
  char head[80];  /* how the reply begins, for a message; a string */
  size_t n_head;
};

/* A range of a rejected batch that waits to be sent by itself. */
struct split {
  struct split *next;
  enum emb_route route;
  int n_slots;
  struct slot *slots[];
};

enum { N_EMBED_ROUTES = 2 }; /* EMB_ROUTE_TEXT, EMB_ROUTE_IMAGE */

struct emb_embed {
  struct emb_client *client; /* shared */
  struct emb_engine *engine; /* borrowed */
  emb_source_fn source;
  void *source_ctx;
  struct emb_embed_options options;
  int trace_fd;     /* owned; -1: no trace */
  char *input_type; /* owned copy */
  int max_in_flight, max_open;
  struct batch_limits limits[N_EMBED_ROUTES];
  struct slot *head, *tail; /* owned list: inputs read and not consumed */
  struct slot *consumed;    /* the slot of the last result, freed by the next call */
  int n_open;
  size_t open_bytes; /* of texts and images */
  int n_dims;        /* of the last vectors that came */
  struct slot_queue to_describe, to_embed[N_EMBED_ROUTES];
  struct split *splits;
  struct task *tasks;         /* in flight */
  int n_tasks[EMB_N_ROUTES];  /* of them, by route; preludes are not counted */
  int fetching[EMB_N_ROUTES]; /* a prelude of that route is among them */
  long long n_inputs;
  int ended;                 /* the source has no more */
  long long hold_until_ms;   /* a rate limit: send nothing before */
  long long asked_ms;        /* when the host was last asked about an interrupt */
  int source_failed;         /* the source's error, due after what was read before it */
  int failed;                /* sticky code of the whole pipeline */
  struct emb_err err, fatal; /* fatal.code: every unsent item fails with it */
};

/* task.c */
/* Starts a request for these slots (all SLOT_BUSY afterwards). A failure to build it fails the
 * slots; only EMB_ENOMEM is returned. */
int emb_task_start(struct emb_embed *embed, enum emb_route route, struct slot **slots, int n_slots);
/* Starts the request that has to come before those of that route. */
int emb_task_start_prelude(struct emb_embed *embed, enum emb_route route,
                           const struct emb_prelude *prelude);
/* Takes a DONE task out of flight: gives its slots their results, or queues them again. */
int emb_task_finish(struct task *task);
/* How many requests embed. */
int emb_tasks_embedding(const struct emb_embed *embed);
/* Frees a task that nothing points at; cancels it when in flight. */
void emb_task_free(struct task *task);
/* embed.c */
/* About how many tokens a text of that many bytes has. */
size_t emb_token_estimate(size_t bytes);
/* slot.c */
/* Milliseconds of the engine's clock, or of the machine's where there is no engine. */
long long emb_embed_now_ms(const struct emb_embed *embed);
void emb_queue_push(struct slot_queue *queue, struct slot *slot);
struct slot *emb_queue_pop(struct slot_queue *queue);
/* Bytes of its text and image. */
size_t emb_slot_bytes(const struct slot *slot);
/* Frees the image, which counts no more. */
void emb_slot_drop_image(struct emb_embed *embed, struct slot *slot);
/* Ends a slot with an error (copied). Running out of memory is no error of an item: the code is
 * given back and the slot left. */
int emb_slot_fail(struct emb_embed *embed, struct slot *slot, const struct emb_err *err);
/* Ends a slot. */
void emb_slot_done(struct emb_embed *embed, struct slot *slot, enum emb_result_status status);
void emb_slot_free(struct emb_embed *embed, struct slot *slot);
/* Fails all slots of a queue. */
int emb_queue_fail(struct emb_embed *embed, struct slot_queue *queue, const struct emb_err *err);
/* Gives the slot of a new input its first state. Only EMB_ENOMEM is returned. */
int emb_slot_admit(struct emb_embed *embed, struct slot *slot, const struct emb_source_item *item,
                   struct emb_err *err);

#endif
