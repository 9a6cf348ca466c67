/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SIM_FORM_H
#define SIM_FORM_H
/* Bodies that are forms. False, with nothing written, when they are not. */
#include "sim.h"

/* application/x-www-form-urlencoded to call->root: an object of strings. */
bool sim_form_urlencoded(struct sim_call *call);
/* multipart/form-data to call->part; `type` is the Content-Type, with its boundary. */
bool sim_form_multipart(struct sim_call *call, const char *type);

#endif
