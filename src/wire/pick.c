/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Paths into JSON: see pick.h.
 *
 * A path is compiled to steps and followed with two numbers, whatever the document: `matched`, how
 * many steps lead through containers that are open now, and `armed`, whether the value that comes
 * next is where the next step leads. A key (or an element's position) counts only where the depth
 * says that its container is the one the matched steps lead to, so equal keys elsewhere are never
 * mistaken for it.
 *
 * Invariant: base + 1 + matched is the depth of the innermost open container on the path, while the
 * place the path starts from is open.
 */
#include "wire/pick.h"

#include <string.h>

int emb_path_init(struct emb_path *path, const char *text) {
  memset(path, 0, sizeof *path);
  const char *p = text;
  while (*p) {
    if (path->n_steps == EMB_PATH_STEPS) return EMB_EARG;
    struct emb_path_step *step = &path->step[path->n_steps++];
    if (*p == '[') {
      p++;
      step->index = -1;
      if (*p == ']') {
        path->repeats = 1;
      } else {
        if (*p < '0' || *p > '9') return EMB_EARG;
        for (step->index = 0; *p >= '0' && *p <= '9' && step->index < 1000000; p++)
          step->index = step->index * 10 + (*p - '0');
      }
      if (*p++ != ']') return EMB_EARG;
    } else {
      step->key = p;
      step->n = strcspn(p, ".[");
      if (!step->n) return EMB_EARG;
      p += step->n;
    }
    if (*p == '.' && *++p == 0) return EMB_EARG;
  }
  emb_path_start(path, 0);
  return EMB_OK;
}

void emb_path_start(struct emb_path *path, int base) {
  path->base = base;
  path->matched = 0;
  path->armed = path->n_steps == 0;
  memset(path->count, 0, sizeof path->count);
}

/* A value begins inside the container at depth `parent`. */
static int value_begins(struct emb_path *path, int parent, int opens) {
  int armed = path->armed;
  if (parent == path->base) { /* the place itself */
    path->armed = 0;
    return armed && path->n_steps == 0;
  }
  if (parent != path->base + 1 + path->matched || path->matched >= path->n_steps) return 0;
  const struct emb_path_step *step = &path->step[path->matched];
  if (!step->key) {
    long i = path->count[path->matched]++;
    armed = (path->arrays >> path->matched & 1) && (step->index < 0 || step->index == i);
  }
  path->armed = 0;
  if (!armed) return 0;
  if (path->matched + 1 == path->n_steps) return 1;
  if (opens) path->count[++path->matched] = 0;
  return 0;
}

int emb_path_event(struct emb_path *path, const struct emb_json *scan, enum emb_json_event event,
                   const char *text, size_t n) {
  int inside = path->base + 1 + path->matched;
  switch (event) {
  case EMB_JSON_KEY: {
    if (scan->depth != inside || path->matched >= path->n_steps) return 0;
    const struct emb_path_step *step = &path->step[path->matched];
    path->armed = step->key && step->n == n && !memcmp(step->key, text, n);
    return 0;
  }
  case EMB_JSON_OBJECT_END:
  case EMB_JSON_ARRAY_END:
    if (scan->depth == inside && path->matched) path->matched--;
    return 0;
  case EMB_JSON_STRING:
  case EMB_JSON_STRING_END: return 0;
  case EMB_JSON_OBJECT_BEGIN:
  case EMB_JSON_ARRAY_BEGIN: {
    if (scan->depth - 1 > inside) return 0;
    int hit = value_begins(path, scan->depth - 1, 1);
    if (scan->depth == path->base + 1 + path->matched) { /* the path leads into it */
      unsigned bit = 1u << path->matched;
      path->arrays = event == EMB_JSON_ARRAY_BEGIN ? path->arrays | bit : path->arrays & ~bit;
    }
    return hit;
  }
  default:
    if (scan->depth > inside) return 0;
    return value_begins(path, scan->depth, 0);
  }
}

struct pick {
  struct emb_path path;
  struct emb_buf *out;
  double number;
  int found, taking; /* taking: the string being collected is wanted */
};

static int on_event(void *ctx, struct emb_json *scan, enum emb_json_event event, const char *text,
                    size_t n) {
  struct pick *pick = ctx;
  int hit = emb_path_event(&pick->path, scan, event, text, n);
  if (event == EMB_JSON_STRING_BEGIN) {
    pick->taking = hit;
    return hit ? EMB_JSON_GO : EMB_JSON_WANT_SKIP;
  }
  if (event == EMB_JSON_STRING) {
    hit = pick->taking;
  } else if (event == EMB_JSON_TRUE) {
    text = "true";
    n = 4;
  } else if (event == EMB_JSON_FALSE) {
    text = "false";
    n = 5;
  } else if (event != EMB_JSON_NUMBER) {
    return EMB_JSON_GO;
  }
  if (!hit) return EMB_JSON_GO;
  if (event == EMB_JSON_NUMBER) pick->number = scan->number;
  int rc = pick->out ? emb_buf_add(pick->out, text, n) : EMB_OK;
  if (rc) return rc;
  pick->found = event == EMB_JSON_NUMBER ? 2 : 1;
  return pick->path.repeats ? EMB_JSON_GO : EMB_END; /* no need to read on */
}

static int run(struct pick *pick, const char *json, size_t n, const char *path) {
  if (emb_path_init(&pick->path, path)) return EMB_EARG;
  struct emb_json scan;
  emb_json_init(&scan, on_event, pick);
  int rc = emb_json_feed(&scan, json, n);
  if (!rc) rc = emb_json_end(&scan); /* a number at the root ends here */
  emb_json_release(&scan);
  return rc;
}

int emb_pick(const char *json, size_t n, const char *path, struct emb_buf *out) {
  struct pick pick = {.out = out};
  int rc = run(&pick, json, n, path);
  if (rc == EMB_ENOMEM || (rc == EMB_ETOOBIG && out->failed)) return -rc;
  return pick.found != 0;
}

double emb_pick_number(const char *json, size_t n, const char *path, double fallback) {
  struct pick pick = {0};
  run(&pick, json, n, path);
  return pick.found == 2 ? pick.number : fallback;
}
