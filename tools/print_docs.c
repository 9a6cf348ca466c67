/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Prints the pages of docs/ that follow from the tables of the code:
 *
 *   print_docs options   > docs/options.md
 *   print_docs providers > docs/providers.md
 *
 * Linked with the objects of the core, so a page cannot differ from what the extension does.
 */
#include <stdio.h>
#include <string.h>

#include "embed/options.h"
#include "wire/wire.h"

/* Text inside a cell: | would end it. */
static void cell(const char *text) {
  for (; *text; text++) {
    if (*text == '|') putchar('\\');
    putchar(*text);
  }
}

/* Words separated by `gap` as `a`, `b`. */
static void words(const char *text, char gap) {
  while (text && *text) {
    size_t n = strcspn(text, (char[]){gap, 0});
    printf("`%.*s`", (int)n, text);
    text += n;
    if (!*text) break;
    text++;
    fputs(", ", stdout);
  }
}

/* ---- options ---- */

static void type_of(const struct emb_option *row) {
  switch (row->type) {
  case EMB_OPTION_TEXT: fputs("text", stdout); break;
  case EMB_OPTION_INT: fputs("whole number", stdout); break;
  case EMB_OPTION_BYTES: fputs("bytes", stdout); break;
  case EMB_OPTION_SECONDS: fputs("seconds", stdout); break;
  case EMB_OPTION_FLAG: fputs("true or false", stdout); break;
  case EMB_OPTION_WORD: words(row->words, '|'); break;
  case EMB_OPTION_OBJECT: fputs("JSON object", stdout); break;
  }
}

static int is_number(const struct emb_option *row) {
  return row->type == EMB_OPTION_INT || row->type == EMB_OPTION_BYTES ||
         row->type == EMB_OPTION_SECONDS;
}

static void default_of(const struct emb_option *row) {
  double scale = row->type == EMB_OPTION_SECONDS ? 1000 : 1;
  if (row->type == EMB_OPTION_WORD)
    printf("`%.*s`", (int)strcspn(row->words, "|"), row->words);
  else if (row->type == EMB_OPTION_FLAG && row->value >= 0)
    fputs(row->value ? "true" : "false", stdout);
  else if (is_number(row) && row->value >= row->min)
    printf("%.15g", (double)row->value / scale);
}

static void bounds_of(const struct emb_option *row) {
  double scale = row->type == EMB_OPTION_SECONDS ? 1000 : 1;
  if (is_number(row)) printf("%.15g to %.15g", (double)row->min / scale, (double)row->max / scale);
}

static const char options_head[] =
    "# Options of a client\n"
    "\n"
    "<!-- Printed from the table in src/embed/options.c by tools/print_docs.c; edit there. -->\n"
    "\n"
    "A client's options are given when it is registered, as a JSON object or through\n"
    "`rembed_client_options()`; the two say the same:\n"
    "\n"
    "```sql\n"
    "INSERT INTO temp.rembed_clients(name, options) VALUES\n"
    "  ('docs', '{\"provider\":\"openai\",\"key\":\"sk-...\",\"dimensions\":256,"
    "\"request_timeout\":10}'),\n"
    "  ('same', rembed_client_options('format', 'openai', 'key', 'sk-...',\n"
    "                                 'dimensions', 256, 'request_timeout', 10));\n"
    "```\n"
    "\n"
    "- A name that is not in the table is an error that lists the names that are.\n"
    "- An option that the provider cannot honour (`dimensions`, `truncate`, `user`, `input_type`,\n"
    "  `encoding` base64, `normalize` false) is an error when the client is registered;\n"
    "  [providers.md](providers.md) says who has what.\n"
    "- `null` leaves the default; numbers and flags may also be given as text.\n"
    "- A nested `\"options\"` object is merged into the outer one.\n"
    "- Sizes are bytes, times are seconds; fractions of a second are allowed.\n"
    "- `SELECT` on `rembed_clients` shows the options that differ from their defaults, but not "
    "those\n"
    "  marked secret. `url`, `vision_url`, `proxy` and `extra` are shown: put no key into them.\n"
    "\n"
    "| option | type | default | bounds | meaning |\n"
    "|---|---|---|---|---|\n";

static void print_options(void) {
  int n;
  const struct emb_option *rows = emb_option_rows(&n);
  fputs(options_head, stdout);
  for (int i = 0; i < n; i++) {
    const struct emb_option *row = &rows[i];
    printf("| `%s`", row->name);
    if (row->alias) printf(" (also `%s`)", row->alias);
    if (row->secret) fputs(" secret", stdout);
    fputs(" | ", stdout);
    type_of(row);
    fputs(" | ", stdout);
    default_of(row);
    fputs(" | ", stdout);
    bounds_of(row);
    fputs(" | ", stdout);
    cell(row->doc);
    fputs(" |\n", stdout);
  }
}

/* ---- providers ---- */

static const char providers_head[] =
    "# Providers\n"
    "\n"
    "<!-- Printed from the table in src/wire/providers.c by tools/print_docs.c; edit there. -->\n"
    "\n"
    "The same table in SQL, for the version that is loaded:\n"
    "\n"
    "```sql\n"
    "SELECT name, default_model, key_env FROM rembed_providers WHERE text_embedding;\n"
    "```\n"
    "\n"
    "Any server that speaks OpenAI's `/v1/embeddings` works as `openai-compatible` with a `url`.\n"
    "Defaults and limits follow the providers' own documentation; providers change them, and "
    "every\n"
    "one of them is an option (`model`, `vision_model`, `batch_size`, `max_batch_tokens`, `url`).\n"
    "\n";

static const char *yes(const void *field) { return field ? "yes" : ""; }

static void names_of(const struct emb_provider *p) {
  printf("| `%s`", p->name);
  if (!p->aliases) return;
  fputs(" (also ", stdout);
  words(p->aliases, ' ');
  putchar(')');
}

static void print_text(const struct emb_provider *rows, int n) {
  fputs("## Text embedding\n\n"
        "| provider | default base url | key from | default model | texts a request | tokens a "
        "request |\n|---|---|---|---|---|---|\n",
        stdout);
  for (int i = 0; i < n; i++) {
    const struct emb_provider *p = &rows[i];
    if ((p->flags & EMB_HIDDEN) || !p->text) continue;
    names_of(p);
    if (p->flags & EMB_NEEDS_URL)
      printf(" | none: give `url`, for example `%s` | ", p->base_url);
    else
      printf(" | `%s` | ", p->base_url);
    words(p->key_env, ' ');
    if (p->flags & EMB_KEY_OPTIONAL) fputs(p->key_env ? " (optional)" : "`key`, optional", stdout);
    fputs(" | ", stdout);
    if (p->model)
      printf("`%s`", p->model);
    else
      fputs(p->flags & EMB_MODEL_OPTIONAL ? "what the server serves" : "none: give `model`",
            stdout);
    printf(" | %d | ", p->max_items);
    if (p->max_tokens) printf("%d", p->max_tokens);
    fputs(" |\n", stdout);
  }
}

static void print_fields(const struct emb_provider *rows, int n) {
  fputs("\nOf the variables under \"key from\", the first that is set is used, and only for the "
        "provider's own\naddress: see the README. A batch is filled to 80 % of the tokens a "
        "request, estimated as bytes/3.\n\n"
        "## What a text client can set\n\n"
        "| provider | `dimensions` | `input_type` | `truncate` | `normalize` false | `user` | "
        "vectors as base64 |\n|---|---|---|---|---|---|---|\n",
        stdout);
  for (int i = 0; i < n; i++) {
    const struct emb_provider *p = &rows[i];
    if ((p->flags & EMB_HIDDEN) || !p->text) continue;
    printf("| `%s` | %s | %s%s | %s | %s | %s | %s%s |\n", p->name, yes(p->dims_field),
           yes(p->task_field), p->flags & EMB_TASK_REQUIRED ? ", document when not given" : "",
           yes(p->truncate_field), yes(p->normalize_field), yes(p->user_field),
           yes(p->encoding_field), p->flags & EMB_BASE64_DEFAULT ? ", by default" : "");
  }
  fputs("\nEvery provider takes `normalize` true, `output`, `headers` and `extra`, and the options "
        "of batching, time,\nretries and rate: those work on this side. Where `input_type` is "
        "missing, `query_prefix` and\n`document_prefix` make it work.\n",
        stdout);
}

static void print_vision(const struct emb_provider *rows, int n) {
  fputs("\n## Describing images\n\n"
        "| provider | default vision model | endpoint |\n|---|---|---|\n",
        stdout);
  for (int i = 0; i < n; i++) {
    const struct emb_provider *p = &rows[i];
    if ((p->flags & EMB_HIDDEN) || !p->vision) continue;
    printf("| `%s` | ", p->name);
    if (p->vision_model)
      printf("`%s`", p->vision_model);
    else
      fputs("none: give `vision_model`", stdout);
    printf(" | `%s%s` |\n", p->flags & EMB_NEEDS_URL ? "url + " : p->base_url, p->vision_path);
  }
}

static void print_missing(const struct emb_provider *rows, int n) {
  fputs("\n## Known, but without text embedding\n\n", stdout);
  for (int i = 0; i < n; i++)
    if (!(rows[i].flags & EMB_HIDDEN) && !rows[i].text)
      printf("- `%s`: %s.\n", rows[i].name, rows[i].signup);
}

static void print_providers(void) {
  int n;
  const struct emb_provider *rows = emb_providers(&n);
  fputs(providers_head, stdout);
  print_text(rows, n);
  print_fields(rows, n);
  print_vision(rows, n);
  print_missing(rows, n);
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "options") == 0)
    print_options();
  else if (argc == 2 && strcmp(argv[1], "providers") == 0)
    print_providers();
  else
    return fputs("usage: print_docs options|providers\n", stderr), 2;
  return fflush(stdout) || ferror(stdout);
}
