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
    "- An option that neither the provider nor this side can honour (`dimensions`, `truncate`, "
    "`user`,\n"
    "  `input_type`, `encoding` base64, `normalize` false) is an error when the client is\n"
    "  registered; [providers.md](providers.md) says who has what.\n"
    "- `null` leaves the default; numbers and flags may also be given as text.\n"
    "- A nested `\"options\"` object is merged into the outer one.\n"
    "- Sizes are bytes, times are seconds; fractions of a second are allowed.\n"
    "- `SELECT` on `rembed_clients` shows the options that differ from their defaults, but not "
    "those\n"
    "  marked secret. `url`, `vision_url`, `proxy` and `extra` are shown: put no key into them.\n"
    "\n"
    "| option | type | default | bounds | meaning |\n"
    "|---|---|---|---|---|\n";

static const char options_tail[] =
    "\n"
    "## Environment variables\n"
    "\n"
    "Beside the providers' own ([providers.md](providers.md)):\n"
    "\n"
    "| variable | meaning |\n"
    "|---|---|\n"
    "| `REMBED_ALLOW_HOSTS` | the only hosts that anything may be sent to, separated by commas: "
    "`api.openai.com, gpu:8080, *.corp.example`; set and empty: none |\n"
    "| `REMBED_DENY_IN_WRITE` | `1`: an error inside a write on the main database, for all "
    "clients (see `in_write`) |\n"
    "| `REMBED_TRACE` | a file, or `stderr`: a line of JSON for each attempt of a request, without "
    "keys and texts: `time`, `client`, `method`, `url`, `status` (0: no reply), `items`, "
    "`bytes_out`, `bytes_in`, `ms`, `attempt`, `wait_ms` before it, `action` (`done`, `retry`, "
    "`split`, `fail`, `fatal`, `cancelled`), `error`, `transport`, `request_id` |\n"
    "| `SSL_CERT_FILE`, `CURL_CA_BUNDLE`, `SSL_CERT_DIR` | trusted certificates, where `ca_file` "
    "names none |\n"
    "| `http_proxy`, `https_proxy`, `all_proxy`, `no_proxy` | as libcurl reads them, where `proxy` "
    "names none |\n";

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
  fputs(options_tail, stdout);
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

static const char *yes(int has) { return has ? "yes" : ""; }

static void names_of(const struct emb_provider *p) {
  printf("| `%s`", p->name);
  if (!p->aliases) return;
  fputs(" (also ", stdout);
  words(p->aliases, ' ');
  putchar(')');
}

/* "A+B+C?" as `A`:`B`:`C`. */
static void keys_of(const struct emb_provider *p) {
  for (const char *at = p->key_env; at && *at;) {
    size_t n = strcspn(at, " +?");
    printf("`%.*s`", (int)n, at);
    at += n;
    if (*at == '?') at++;
    fputs(*at == '+' ? " with " : *at ? ", " : "", stdout);
    if (*at) at++;
  }
  if (p->flags & EMB_KEY_OPTIONAL) fputs(p->key_env ? " (optional)" : "`key`, optional", stdout);
}

/* Where region and account come from. */
static void parts_of(const struct emb_provider *p) {
  if (p->region || p->region_env) {
    fputs("; `region`", stdout);
    if (p->region_env) fputs(" or ", stdout), words(p->region_env, ' ');
    if (p->region) printf(" (`%s`)", p->region);
  }
  if (p->account_env) fputs("; `account` or ", stdout), words(p->account_env, ' ');
}

static void print_in_process(const struct emb_provider *rows, int n) {
  fputs("## In this process\n\n"
        "These need no server and no key, and send nothing: see [LOCAL_MODEL.md](LOCAL_MODEL.md). "
        "They take the options\n`dimensions`, `output`, `normalize` true, `query_prefix`, "
        "`document_prefix` and `on_error`, and those of\n`vision_provider`.\n\n"
        "| provider | model |\n|---|---|\n",
        stdout);
  for (int i = 0; i < n; i++)
    if (rows[i].flags & EMB_IN_PROCESS) {
      printf("| `%s` | ", rows[i].name);
      if (rows[i].model)
        printf("`%s`, built in |\n", rows[i].model);
      else
        printf("any static model in a folder: `%s::/path/to/model` |\n", rows[i].name);
    }
  putchar('\n');
}

static void print_text(const struct emb_provider *rows, int n) {
  fputs("## Text embedding\n\n"
        "| provider | default base url | key from | default model | texts a request | tokens a "
        "request |\n|---|---|---|---|---|---|\n",
        stdout);
  for (int i = 0; i < n; i++) {
    const struct emb_provider *p = &rows[i];
    if (p->of || !p->text.item || p->flags & EMB_IN_PROCESS) continue;
    names_of(p);
    if (p->flags & EMB_NEEDS_URL)
      printf(" | none: give `url`, for example `%s` | ", p->base_url);
    else
      printf(" | `%s` | ", p->base_url);
    keys_of(p);
    parts_of(p);
    fputs(" | ", stdout);
    if (p->model)
      printf("`%s`", p->model);
    else
      fputs(p->flags & EMB_MODEL_OPTIONAL ? "what the server serves" : "none: give `model`",
            stdout);
    printf(" | %d | ", p->text.max_items);
    if (p->text.max_tokens) printf("%d", p->text.max_tokens);
    fputs(" |\n", stdout);
  }
  fputs("\nOf the variables under \"key from\", the first that is set is used, and only for the "
        "provider's own\naddress: see the README. A batch is filled to 80 % of the tokens a "
        "request, estimated as bytes/3.\n\n",
        stdout);
}

/* What the provider's forms differ in. */
static const char *over_rows(const struct emb_provider *p,
                             int (*has)(const struct emb_provider *)) {
  static const char *const words[] = {"", "some models", "yes"};
  return words[emb_provider_over(p, has)];
}

static void print_fields(const struct emb_provider *rows, int n) {
  fputs("## What the provider does itself\n\n"
        "| provider | `dimensions` | `input_type` | `truncate` | `normalize` false | `user` | "
        "base64 | `int8` | `bit` |\n|---|---|---|---|---|---|---|---|---|\n",
        stdout);
  for (int i = 0; i < n; i++) {
    const struct emb_provider *p = &rows[i];
    if (p->of || !p->text.item || p->flags & EMB_IN_PROCESS) continue;
    printf("| `%s` | %s | %s%s | %s | %s | %s | %s%s | %s | %s |\n", p->name,
           over_rows(p, emb_provider_has_dims), over_rows(p, emb_provider_has_task),
           p->flags & EMB_TASK_REQUIRED ? ", document when not given" : "",
           over_rows(p, emb_provider_has_truncate), over_rows(p, emb_provider_has_normalize),
           yes(p->user_field != NULL), over_rows(p, emb_provider_has_base64),
           p->flags & EMB_BASE64_DEFAULT ? ", by default" : "", over_rows(p, emb_provider_has_int8),
           over_rows(p, emb_provider_has_bit));
  }
  fputs(
      "\nWhat is missing here works all the same where this side can do it, and is refused when "
      "the client is\nregistered where it cannot:\n\n"
      "- `dimensions`: vectors are cut and made unit length where the model is known to allow it "
      "(matryoshka).\n"
      "- `input_type`: query and document put the words in front that the model's card asks for, "
      "where the model\n  is known (nomic, e5, bge, mxbai, embeddinggemma, Qwen3, arctic); "
      "`query_prefix` and `document_prefix` do it for any.\n"
      "- `output` int8 and bit, `normalize` true, `headers`, `extra`, batching, times, retries and "
      "rates work for all.\n",
      stdout);
}

static void rules_of(const struct emb_image_rules *rules) {
  const char *gap = "";
  if (rules->formats) printf("%s", rules->formats), gap = "; ";
  if (rules->max_bytes) printf("%s%ld bytes", gap, rules->max_bytes), gap = "; ";
  if (rules->max_side_px) printf("%s%ld px a side", gap, rules->max_side_px), gap = "; ";
  if (rules->max_pixels) printf("%s%lld px", gap, rules->max_pixels);
}

static void print_images(const struct emb_provider *rows, int n) {
  fputs("\n## Native image embeddings\n\n"
        "These models embed images themselves; a client with one takes the native route, any other "
        "describes images\n(below). `image_mode` forces either. Limits are checked before anything "
        "is sent.\n\n"
        "| provider | models | images a request | text and image in one vector | takes "
        "|\n|---|---|---|---|---|\n",
        stdout);
  for (int i = 0; i < n; i++)
    for (const struct emb_provider *row = NULL;
         !rows[i].of && (row = emb_provider_next(&rows[i], row));) {
      if (!row->image.item) continue;
      printf("| `%s` | ", rows[i].name);
      if (row->when_url)
        printf("any, at `%s`", row->when_url);
      else
        words(row->when_model ? row->when_model : row->models, ' ');
      printf(" | %d | %s | ", row->image.max_items, yes(row->images.fuses));
      rules_of(&row->images);
      fputs(" |\n", stdout);
    }
}

static void print_vision(const struct emb_provider *rows, int n) {
  fputs("\n## Describing images\n\n"
        "| provider | default vision model | endpoint |\n|---|---|---|\n",
        stdout);
  for (int i = 0; i < n; i++) {
    const struct emb_provider *p = &rows[i];
    if (p->of || !p->vision) continue;
    printf("| `%s` | ", p->name);
    if (p->vision_model)
      printf("`%s`", p->vision_model);
    else
      fputs("none: give `vision_model`", stdout);
    printf(" | `%s%s` |\n", p->flags & EMB_NEEDS_URL ? "url + " : p->base_url, p->vision_path);
  }
}

static void print_unconfirmed(const struct emb_provider *rows, int n) {
  fputs("\n## Not confirmed\n\n"
        "What follows was written down from other programs or reports, not from the provider's own "
        "reference. Where it is\nwrong, it is one field of one row in `src/wire/providers.c`.\n\n",
        stdout);
  for (int i = 0; i < n; i++)
    if (rows[i].unconfirmed) printf("- `%s`: %s\n", rows[i].name, rows[i].unconfirmed);
}

static void print_missing(const struct emb_provider *rows, int n) {
  fputs("\n## Known, but without text embedding\n\n", stdout);
  for (int i = 0; i < n; i++)
    if (!rows[i].of && !rows[i].text.item) printf("- `%s`: %s.\n", rows[i].name, rows[i].note);
}

/* How one client is registered: the least that it needs. */
static void example_of(const struct emb_provider *p, const char *model, const char *name,
                       const char *more) {
  printf("INSERT OR REPLACE INTO temp.rembed_clients(name, options) VALUES\n  ('%s', "
         "rembed_client_options('provider', '%s'",
         name, p->name);
  if (model) printf(", 'model', '%s'", model);
  if (p->flags & EMB_NEEDS_URL) printf(", 'url', '%s'", p->base_url);
  if (p->account_env) fputs(", 'account', 'ACCOUNT'", stdout);
  if (!(p->flags & EMB_KEY_OPTIONAL)) fputs(", 'key', 'KEY'", stdout);
  printf("%s));\n", more);
}

static void print_examples(const struct emb_provider *rows, int n) {
  fputs("\n## An example each\n\n"
        "`KEY` and `ACCOUNT` are yours; a key may also come from the variables above.\n",
        stdout);
  for (int i = 0; i < n; i++) {
    const struct emb_provider *p = &rows[i];
    if (p->of || p->flags & EMB_IN_PROCESS || (!p->text.item && !p->vision)) continue;
    printf("\n### %s\n\n```sql\n", p->name);
    if (p->text.item) {
      example_of(p, p->model ? NULL : "bge-m3", p->name, "");
      printf("SELECT length(rembed('%s', 'a red bicycle')) > 0; -- => 1\n", p->name);
    }
    for (const struct emb_provider *row = NULL; (row = emb_provider_next(p, row));)
      if (row->image.item && !row->when_url) {
        const char *model = row->model ? row->model : "clip";
        char name[80];
        snprintf(name, sizeof name, "%s images", p->name);
        example_of(p, model, name,
                   row->when_model && !row->model ? ", 'image_mode', 'native'" : "");
        printf("SELECT rembed_image('%s', readfile('cat.png')) IS NOT NULL; -- => 1\n", name);
        break;
      }
    if (!p->text.item) {
      printf("INSERT OR REPLACE INTO temp.rembed_clients(name, options) VALUES\n"
             "  ('%s', rembed_client_options('provider', 'ollama', 'vision_provider', '%s', "
             "'vision_key', 'KEY'));\n"
             "SELECT rembed_describe('%s', readfile('cat.png')) IS NOT NULL; -- => 1\n",
             p->name, p->name, p->name);
    }
    fputs("```\n", stdout);
  }
}

static void print_providers(void) {
  int n;
  const struct emb_provider *rows = emb_providers(&n);
  fputs(providers_head, stdout);
  print_in_process(rows, n);
  print_text(rows, n);
  print_fields(rows, n);
  print_images(rows, n);
  print_vision(rows, n);
  print_missing(rows, n);
  print_unconfirmed(rows, n);
  print_examples(rows, n);
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
