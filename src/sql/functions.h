/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef REMBED_FUNCTIONS_H
#define REMBED_FUNCTIONS_H
/* The SQL functions and modules, for the tables of rembed.c. Their user data is a struct emb_conn
 * *. */
#include "sql/conn.h"

#define REMBED_FUNCTION(name) void name(sqlite3_context *context, int argc, sqlite3_value **argv)

REMBED_FUNCTION(rembed_text); /* scalar.c */
REMBED_FUNCTION(rembed_image);
REMBED_FUNCTION(rembed_describe);
REMBED_FUNCTION(rembed_batch); /* batch.c */
REMBED_FUNCTION(rembed_images_batch);
REMBED_FUNCTION(rembed_images_concurrent);
REMBED_FUNCTION(rembed_local); /* local.c */
REMBED_FUNCTION(rembed_model_info);
REMBED_FUNCTION(rembed_into);           /* into.c */
REMBED_FUNCTION(rembed_client_options); /* helpers.c */
REMBED_FUNCTION(rembed_cosine);
REMBED_FUNCTION(rembed_version);
REMBED_FUNCTION(rembed_debug);
REMBED_FUNCTION(readfile_base64);
REMBED_FUNCTION(base64_decode);

/* 1 for the name (any case) of a function or table of ours that reaches the network or a file. */
int emb_is_direct_function(const char *name, size_t n); /* rembed.c */

extern const sqlite3_module emb_clients_module;   /* clients.c */
extern const sqlite3_module emb_providers_module; /* tables.c */
extern const sqlite3_module emb_stats_module;
extern const sqlite3_module emb_doctor_module; /* doctor.c */
extern const sqlite3_module emb_each_module;   /* stream.c */
extern const sqlite3_module emb_stream_module;

#endif
