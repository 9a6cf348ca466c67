/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SIM_GEMINI_H
#define SIM_GEMINI_H
/* What Gemini's and Vertex's dialects share. All of them: false with the error written. */
#include "items.h"

/* The value under either spelling; NULL for none. */
const json_t *sim_gemini_either(const json_t *object, const char *camel, const char *snake);
/* Every field of the API is known to it by name; others are an error. */
bool sim_gemini_names(struct sim_call *call, const json_t *object, const char *fields);
/* Adds one input from a content: its parts fuse. */
bool sim_gemini_content(struct sim_items *items, const json_t *content);
/* A task type, or NULL. */
bool sim_gemini_task(struct sim_call *call, const json_t *task);

#endif
