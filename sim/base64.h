/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SIM_BASE64_H
#define SIM_BASE64_H
/* Standard base64 with padding, both ways. */
#include <stdbool.h>
#include <stddef.h>

#include "text.h"

void sim_base64_write(struct sim_text *out, const void *bytes, size_t n);
/* Strict: no white space, padded. On success *bytes (free() it) holds *n bytes. */
bool sim_base64_read(const char *text, size_t length, unsigned char **bytes, size_t *n);

#endif
