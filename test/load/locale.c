/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A host whose locale writes 0,5 for one half: numbers are read and written as ever. The locale is
 * made with localedef where none is installed; without that tool only the C locale is tried. */
#include <locale.h>
#include <unistd.h>

#include "load.h"

static int has_comma(void) { return localeconv()->decimal_point[0] == ','; }

static int find_comma(const char *folder) {
  static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE",
                                      "nl_NL.UTF-8"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (setlocale(LC_ALL, names[i]) && has_comma()) return 1;
  char command[200];
  snprintf(command, sizeof command, "localedef -c -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1",
           folder);
  if (system(command)) printf("localedef says no\n");
  setenv("LOCPATH", folder, 1);
  return setlocale(LC_ALL, "de_DE.UTF-8") && has_comma();
}

int main(void) {
  struct sim sim;
  char folder[] = "/tmp/rembed-locale-XXXXXX";
  sim_start(&sim, NULL);
  sqlite3 *db = open_loaded();
  add_client(db, &sim, "before", "", ",\"encoding\":\"float\"");
  run(db, "CREATE TABLE v AS SELECT rembed('before', 'some text') AS e");
  int comma = mkdtemp(folder) && find_comma(folder);
  printf("decimal point: '%s'\n", localeconv()->decimal_point);
  add_client(db, &sim, "float", "", ",\"encoding\":\"float\",\"request_timeout\":2.5");
  add_client(db, &sim, "base64", "", ",\"encoding\":\"base64\"");
  add_client(db, &sim, "later", "/fault/status=429+retry_after=0.05+first=1", "");
  check(is(db, "SELECT rembed('float', 'some text') = e FROM v", "1"),
        "numbers of a reply are read as in the C locale");
  check(is(db, "SELECT rembed('base64', 'some text') = e FROM v", "1"), "and so is base64");
  check(is(db,
           "SELECT options LIKE '%\"request_timeout\":2.500%' FROM rembed_clients WHERE name = "
           "'float'",
           "1"),
        "options are read and written with a point");
  check(is(db, "SELECT length(rembed('later', 'x'))", "1024"),
        "a Retry-After with a fraction is read");
  check(is(db, "SELECT json_valid(rembed_images_concurrent('float', '[null]'))", "1"),
        "the statistics are JSON");
  check(sqlite3_close(db) == SQLITE_OK, "the connection closes");
  char command[100];
  snprintf(command, sizeof command, "rm -rf %s", folder);
  if (system(command) || !comma) printf("no locale with a comma could be made here\n");
  sim_stop(&sim);
  return finish();
}
