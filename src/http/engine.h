/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_ENGINE_H
#define EMB_ENGINE_H
/*
 * The scheduler: jobs go in, exchanges are started, judged, retried after a wait, timed out,
 * cancelled.
 *
 * It is pure over its transport: all time comes from transport->now_ms, all I/O goes through the
 * table, it never sleeps elsewhere than in transport->poll. It never lets the transport queue: a
 * submitted job starts in the next step, or when its gate lets it through (the owner of the jobs
 * keeps the count of them below its own window). One engine per database connection, driven on the
 * caller's thread; jobs of several owners may be in it at once (an inner query may embed while an
 * outer one streams).
 *
 * Deadlines are the engine's own. When more than 100 ms passed since the last poll (a consumer that
 * paused), all attempt and job deadlines are moved on by that gap, so that a pause never turns into
 * a timeout. A job's deadline starts when there is room for its first attempt; the waits that a
 * server asks for count.
 */
#include "http/rate.h"
#include "http/retry.h"
#include "http/transport.h"

enum emb_job_state {
  EMB_JOB_IDLE,    /* not submitted, or taken back */
  EMB_JOB_WAITING, /* will start at due_ms (first attempt: at once) */
  EMB_JOB_RUNNING,
  EMB_JOB_DONE /* verdict and reply are final */
};

struct emb_job {
  /* set by the owner before submit */
  struct emb_request request;     /* owned by the job's owner; must stay unchanged until DONE */
  struct emb_sink *sink;          /* borrowed or NULL */
  struct emb_retry_policy policy; /* attempts, timeouts: see retry.h */
  /* Judges a finished attempt (any status, or a transport failure; a sink's error arrives as
   * reply.transport): fills action, err and hint_ms, which are 0, empty and -1 before. It must not
   * call the engine. NULL: emb_retry_judge on status and headers alone. */
  void (*judge)(struct emb_job *job, struct emb_verdict *verdict);
  /* Called before each attempt, to write into the request what must be fresh (a signature). NULL:
   * nothing. A code other than 0 ends the attempt without sending it. */
  int (*prepare)(struct emb_job *job, long long unix_ms);
  void *owner; /* for judge and prepare */
  /* What all jobs for one place share (gate.h): of engine->gates, got just before the submit. NULL:
   * nothing holds this one back. */
  struct emb_gate *gate;
  /* The owner's own limits, borrowed, NULL if none. The owner takes from them before it submits;
   * the engine does for further attempts. */
  struct emb_rate *request_rate, *token_rate;
  double tokens; /* what the request takes of token_rate, about */
  /* filled by the engine */
  enum emb_job_state state;
  struct emb_reply reply;     /* of the last attempt */
  struct emb_verdict verdict; /* of the last attempt; final when DONE */
  int attempts;               /* exchanges started */
  int timed_out; /* last attempt ended by our attempt timeout, or (2) by the deadline */
  long long submitted_ms, finished_ms;
  long long
      ended_unix_ms; /* wall clock when the last attempt ended: what a judge needs for dates */
  /* private to the engine */
  struct emb_exchange exchange;
  int n_excused; /* attempts that do not count */
  long long due_ms, look_ms, started_ms, forgiven_ms, attempt_deadline_ms, deadline_ms;
  struct emb_job *next, *previous;
};

struct emb_engine_stats {
  long long requests, retries, connections_opened, bytes_in, bytes_out;
  int in_flight, peak_in_flight;
};

struct emb_engine {
  struct emb_transport transport; /* owned: closed by release */
  struct emb_job *jobs;           /* submitted and not DONE, in order of submission; borrowed */
  struct emb_gates gates;         /* owned: what was learned of each place */
  struct emb_engine_stats stats;
  long long last_poll_ms;
  unsigned long long random; /* xorshift state for jitter */
};

void emb_engine_init(struct emb_engine *engine, struct emb_transport transport,
                     unsigned long long seed);
/* Cancels what is in flight (the jobs become IDLE) and closes the transport. Safe twice. */
void emb_engine_release(struct emb_engine *engine);
/* Puts a job in; it starts in the next poll. job->state becomes WAITING. */
void emb_engine_submit(struct emb_engine *engine, struct emb_job *job);
/* Takes a job out at once, in any state; nothing of it is in flight afterwards. */
void emb_engine_cancel(struct emb_engine *engine, struct emb_job *job);
/* One turn: starts what is due, moves bytes waiting at most wait_ms (less when a timer is due
 * sooner), judges what ended. Returns 0 or EMB_ENOMEM/EMB_EINTERNAL when the transport itself is
 * broken. */
int emb_engine_poll(struct emb_engine *engine, int wait_ms);
/* Releases request, reply and verdict texts of a job that is IDLE or DONE. */
void emb_job_release(struct emb_job *job);

#endif
