/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_TRACE_H
#define EMB_TRACE_H
/*
 * REMBED_TRACE=file or stderr: one line of JSON for each attempt of a request that has ended, with
 * no key in it, no text that was sent and none that came back.
 *
 *   {"time":"2026-01-31T12:00:00.123Z","client":"docs","method":"POST",
 *    "url":"https://h/v1/embeddings","status":200,"items":32,"bytes_out":900,"bytes_in":70000,
 *    "ms":120,"attempt":1,"wait_ms":0,"action":"done","request_id":"req-1"}
 */
#include "embed/embed.h"

/* Opens what the environment names. *fd -1: nothing. EMB_ECONFIG where it cannot be opened. */
int emb_trace_open(int *fd, struct emb_err *err);
void emb_trace_close(int fd);
/* Writes the line of an attempt. What cannot be written is lost. */
void emb_trace_attempt(int fd, const struct emb_attempt *attempt);
/* Milliseconds of the wall clock. */
long long emb_trace_unix_ms(void);

#endif
