/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SIM_SIGV4_H
#define SIM_SIGV4_H
/*
 * AWS Signature Version 4 of a request to Bedrock, verified for real with one pair of keys:
 * AKIDSIM and SECRETSIM, any region, any session token. The canonical path is the path as it came,
 * encoded once more, as for every service but S3. A signature older or newer than five minutes is
 * refused, as is a session token that was not signed.
 */
#include "sim.h"

/* `authorization` is the header's value, AWS4-.... False with the error written. */
bool sim_sigv4_check(struct sim_call *call, const char *authorization);

#endif
