/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The entry point and the two tables: SQL functions and modules. Nothing else lives here.
 *
 * Everything that can fail is done before the first registration; a registration that fails after
 * another succeeded is undone, because SQLite unloads the file of a failed entry point but keeps
 * what was registered.
 */
#include <pthread.h>
#include <sqlite3ext.h>
#include <string.h>
#include <strings.h>

#include "local/local.h"
#include "sql/functions.h"

SQLITE_EXTENSION_INIT1

#ifndef SQLITE_RESULT_SUBTYPE /* SQLite 3.45: functions must say that they set a subtype */
#define SQLITE_RESULT_SUBTYPE 0x001000000
#endif

/* The one exported symbol; its prototype for hosts is in include/sqlite-rembed.h, which needs
 * sqlite3.h. */
int sqlite3_rembed_init(sqlite3 *db, char **error, const sqlite3_api_routines *api);

#ifdef SQLITE_CORE
enum { LOADED = SQLITE_OK }; /* an auto-extension that returns anything else has failed */
#else
enum {
  LOADED = SQLITE_OK_LOAD_PERMANENTLY
}; /* libcurl may leave a resolver thread behind: never unload */
#endif

enum { OLDEST_SQLITE = 3038000 };

/* DIRECTONLY: not from views and triggers of a database file, since they reach the network, a file
 * or show settings. (CHECKs, generated columns and indexes that are in a file already get past it:
 * guard.c stops them.) Nothing that sends is DETERMINISTIC: SQLite could call it while preparing.
 */
enum {
  SENDS = SQLITE_UTF8 | SQLITE_DIRECTONLY | SQLITE_RESULT_SUBTYPE,
  SENDS_TEXT = SQLITE_UTF8 | SQLITE_DIRECTONLY,
  PURE = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
};

static const struct {
  const char *name;
  int argc; /* -1: any number */
  int flags;
  void (*function)(sqlite3_context *, int, sqlite3_value **);
} functions[] = {
    {"rembed", 2, SENDS, rembed_text},
    {"rembed", 3, SENDS, rembed_text},
    {"rembed_image", 2, SENDS, rembed_image},
    {"rembed_image_prompt", 3, SENDS, rembed_image},
    {"rembed_describe", 2, SENDS_TEXT, rembed_describe},
    {"rembed_describe", 3, SENDS_TEXT, rembed_describe},
    {"rembed_batch", 2, SENDS_TEXT, rembed_batch},
    {"rembed_batch", 3, SENDS_TEXT, rembed_batch},
    {"rembed_images_batch", 2, SENDS_TEXT, rembed_images_batch},
    {"rembed_images_concurrent", 2, SENDS_TEXT, rembed_images_concurrent},
    {"rembed_into", 3, SENDS_TEXT, rembed_into},
    {"rembed_into", 4, SENDS_TEXT, rembed_into},
    {"readfile_base64", 1, SENDS_TEXT, readfile_base64},
    {"rembed_client_options", -1, SQLITE_UTF8, rembed_client_options},
    {"rembed_debug", 0, SENDS_TEXT, rembed_debug},
    {"rembed_local", 1, PURE, rembed_local},
    {"rembed_local", 2, PURE, rembed_local},
    {"rembed_model_info", 1, SENDS_TEXT, rembed_model_info},
    {"rembed_version", 0, PURE, rembed_version},
    {"rembed_cosine", 2, PURE, rembed_cosine},
    {"base64_decode", 1, PURE, base64_decode},
};

static const struct {
  const char *name;
  const sqlite3_module *module;
} modules[] = {
    {"rembed_clients", &emb_clients_module}, {"rembed_providers", &emb_providers_module},
    {"rembed_stats", &emb_stats_module},     {"rembed_each", &emb_each_module},
    {"rembed_stream", &emb_stream_module},   {"rembed_doctor", &emb_doctor_module},
};

enum {
  N_FUNCTIONS = sizeof functions / sizeof *functions,
  N_MODULES = sizeof modules / sizeof *modules
};

int emb_is_direct_function(const char *name, size_t n) {
  for (int i = 0; i < N_FUNCTIONS; i++)
    if (functions[i].flags & SQLITE_DIRECTONLY && strlen(functions[i].name) == n &&
        sqlite3_strnicmp(functions[i].name, name, (int)n) == 0)
      return 1;
  for (int i = 0; i < N_MODULES; i++)
    if (strlen(modules[i].name) == n && sqlite3_strnicmp(modules[i].name, name, (int)n) == 0)
      return 1;
  return 0;
}

static void undo(sqlite3 *db, int n_functions, int n_modules) {
  for (int i = 0; i < n_functions; i++)
    sqlite3_create_function_v2(db, functions[i].name, functions[i].argc, SQLITE_UTF8, NULL, NULL,
                               NULL, NULL, NULL);
  for (int i = 0; i < n_modules; i++)
    sqlite3_create_module_v2(db, modules[i].name, NULL, NULL, NULL);
}

static int register_all(sqlite3 *db, struct emb_conn *conn) {
  int rc = SQLITE_OK, n_functions = 0, n_modules = 0;
  for (; !rc && n_modules < N_MODULES; n_modules += !rc)
    rc = sqlite3_create_module_v2(db, modules[n_modules].name, modules[n_modules].module,
                                  emb_conn_ref(conn), emb_conn_unref);
  for (; !rc && n_functions < N_FUNCTIONS; n_functions += !rc)
    rc = sqlite3_create_function_v2(db, functions[n_functions].name, functions[n_functions].argc,
                                    functions[n_functions].flags, emb_conn_ref(conn),
                                    functions[n_functions].function, NULL, NULL, emb_conn_unref);
  if (rc) undo(db, n_functions, n_modules);
  return rc;
}

static int register_default(struct emb_conn *conn, const char *name, const char *options,
                            struct emb_err *err) {
  struct emb_client *client = NULL;
  int rc = emb_client_new(name, options, strlen(options), &client, err);
  if (rc) return rc;
  client->is_default = 1;
  if (emb_registry_add(&conn->registry, client, NULL)) {
    emb_client_unref(client);
    return emb_err_set(err, EMB_ENOMEM, "out of memory");
  }
  return EMB_OK;
}

/* The clients that are there without registration. */
static int register_defaults(struct emb_conn *conn, struct emb_err *err) {
  static const char ollama[] =
      "{\"provider\":\"ollama\",\"model\":\"llava:7b\",\"embedding_model\":\"nomic-embed-text\"}";
  int rc = emb_local_has_builtin() ? register_default(conn, "local", "local", err) : EMB_OK;
  if (rc) return rc;
  rc = register_default(conn, "ollama-multimodal", ollama, err);
  return rc == EMB_ECONFIG ? EMB_OK : rc; /* REMBED_ALLOW_HOSTS does not list this machine */
}

static int note_row(void *seen, int n, char **values, char **names) {
  (void)n, (void)values, (void)names;
  *(int *)seen = 1;
  return 0;
}

/* Loaded twice into one connection: replacing the functions would lose the registered clients. */
static int is_loaded(sqlite3 *db) {
  static const char question[] = "SELECT 1 FROM pragma_module_list WHERE name = 'rembed_providers'";
  int seen = 0;
  /* sqlite3_open() fails when an auto-extension leaves an error code behind. */
  if (sqlite3_exec(db, question, note_row, &seen, NULL))
    sqlite3_exec(db, "SELECT 1", NULL, NULL, NULL);
  return seen;
}

/* SQLITE_EXTENSION_INIT2, but for threads: one that loads the extension must not write the table's
 * address while others, who loaded it before, read it. */
static void take_api(const sqlite3_api_routines *api) {
#ifdef SQLITE_CORE
  (void)api;
#else
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&lock);
  if (sqlite3_api != api) sqlite3_api = api;
  pthread_mutex_unlock(&lock);
#endif
}

#ifdef _WIN32
__declspec(dllexport)
#elif defined(__GNUC__)
__attribute__((visibility("default")))
#endif
    int sqlite3_rembed_init(sqlite3 *db, char **error, const sqlite3_api_routines *api) {
  take_api(api);
  struct emb_err err = {0};
  if (sqlite3_libversion_number() < OLDEST_SQLITE) {
    if (error)
      *error = sqlite3_mprintf("sqlite-rembed needs SQLite 3.38 or newer; this is %s",
                               sqlite3_libversion());
    return SQLITE_ERROR;
  }
  if (is_loaded(db)) return LOADED;
  struct emb_conn *conn = emb_conn_new(db);
  if (!conn) return SQLITE_NOMEM;
  int rc = SQLITE_OK;
  if (register_defaults(conn, &err)) {
    if (error) *error = sqlite3_mprintf("sqlite-rembed: %s", err.message);
    rc = err.code == EMB_ENOMEM ? SQLITE_NOMEM : SQLITE_ERROR;
  }
  if (!rc) rc = register_all(db, conn);
  emb_conn_unref(conn);
  return rc ? rc : LOADED;
}
