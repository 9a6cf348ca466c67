/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SQLITE_REMBED_H
#define SQLITE_REMBED_H
/* The public face of sqlite-rembed: the entry point of the loadable extension. Compiled with
 * -DSQLITE_CORE it may be given to sqlite3_auto_extension(), or called with pApi NULL. */
#include <sqlite3.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Registers everything on `db`. SQLITE_OK (static builds) or SQLITE_OK_LOAD_PERMANENTLY (loadable).
 */
int sqlite3_rembed_init(sqlite3 *db, char **error, const struct sqlite3_api_routines *api);

#ifdef __cplusplus
}
#endif
#endif
