/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* After fork() both processes ask on, on connections of their own, and get their own answers. */
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

static struct sim sim;

/* Every row has the vector of its own text and of no other. */
static int right_vectors(sqlite3 *db, const char *who) {
  char *sql = sqlite3_mprintf(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40), "
      "v(i, e) AS MATERIALIZED (SELECT i, rembed('c', %Q || i) FROM n) "
      "SELECT sum(e = rembed('c', %Q || i)) || ' ' || count(DISTINCT e) FROM v",
      who, who);
  int good = is(db, sql, "40 40");
  sqlite3_free(sql);
  return good;
}

int main(void) {
  sim_start(&sim, NULL);
  sqlite3 *db = open_loaded();
  add_client(db, &sim, "c", "", "");
  check(right_vectors(db, "before "), "the parent asks before the fork");
  pid_t child = fork();
  if (!child) {
    int good = right_vectors(db, "child ");
    sqlite3 *own = open_loaded();
    add_client(own, &sim, "c", "", "");
    good &= right_vectors(own, "child's own ");
    good &= sqlite3_close(own) == SQLITE_OK;
    good &= sqlite3_close(db) == SQLITE_OK;
    end_child(good ? 0 : 1);
  }
  check(right_vectors(db, "parent "), "the parent asks after the fork");
  int status = -1;
  waitpid(child, &status, 0);
  check(WIFEXITED(status) && WEXITSTATUS(status) == 0,
        "the child asks on the inherited connection and on its own");
  check(right_vectors(db, "after "), "the parent asks after the child is gone");
  check(is(db, "SELECT connections_opened <= 2 FROM rembed_stats WHERE client = 'c'", "1"),
        "the parent kept its connection");
  check(sqlite3_close(db) == SQLITE_OK, "the parent closes");
  sim_stop(&sim);
  return finish();
}
