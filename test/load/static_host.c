/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Compiled into the program with -DSQLITE_CORE: sqlite3_auto_extension() gives it to every
 * connection, and the prototype of include/sqlite-rembed.h is the one that is there. */
#include "load.h"

#include "sqlite-rembed.h"

int main(void) {
  struct sim sim;
  sim_start(&sim, NULL);
  sqlite3 *a = NULL, *b = NULL;
  check(sqlite3_auto_extension((void (*)(void))(void *)sqlite3_rembed_init) == SQLITE_OK,
        "the entry point is taken");
  check(sqlite3_open(":memory:", &a) == SQLITE_OK && sqlite3_open(":memory:", &b) == SQLITE_OK,
        "connections open with it");
  check(is(a, "SELECT rembed_version() IS NOT NULL", "1"), "the functions are in the first");
  add_client(b, &sim, "c", "", "");
  check(is(b, "SELECT length(rembed('c', 'hello'))", "1024"), "and work in the second");
  check(sqlite3_close(a) == SQLITE_OK && sqlite3_close(b) == SQLITE_OK, "both close");
  sqlite3_reset_auto_extension();
  sqlite3_open(":memory:", &a);
  char *error = NULL;
  check(sqlite3_rembed_init(a, &error, NULL) == SQLITE_OK, "a direct call with no api works");
  check(is(a, "SELECT count(*) FROM temp.rembed_clients", "2"), "and registers the table");
  check(sqlite3_close(a) == SQLITE_OK, "it closes");
  sim_stop(&sim);
  return finish();
}
