/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_DOCTOR_H
#define EMB_DOCTOR_H
/*
 * What is wrong with a client: one request of it, looked at step by step. It takes the way of every
 * other request (the pipeline), with one attempt, so that what it finds is what the others meet.
 */
#include "embed/embed.h"

enum emb_finding_name {
  EMB_FINDING_CONFIGURATION,
  EMB_FINDING_IMAGES,
  EMB_FINDING_REQUEST,
  EMB_FINDING_DNS,
  EMB_FINDING_CONNECT,
  EMB_FINDING_TLS,
  EMB_FINDING_REPLY,
  EMB_FINDING_AUTHENTICATION,
  EMB_FINDING_MODEL,
  EMB_FINDING_DIMENSIONS,
  EMB_FINDING_LATENCY,
  EMB_FINDING_LIMITS,
  EMB_N_FINDINGS
};

struct emb_finding {
  const char *name;
  int ok;                /* 1 yes, 0 no: `detail` says what to do, -1 not reached or not needed */
  struct emb_buf detail; /* owned */
};

struct emb_diagnosis {
  struct emb_finding findings[EMB_N_FINDINGS];
};

/* Examines the client over an engine without open connections; `learned` is the one of its other
 * calls, which knows more of its limits, or NULL. The diagnosis is the caller's to
 * release, also after an error (EMB_ENOMEM, EMB_EINTERRUPT: a client that does not work is no
 * error). */
int emb_doctor_run(struct emb_client *client, struct emb_engine *engine,
                   const struct emb_engine *learned, int (*interrupted)(void *ctx), void *ctx,
                   struct emb_diagnosis *out, struct emb_err *err);
void emb_diagnosis_release(struct emb_diagnosis *diagnosis);

#endif
