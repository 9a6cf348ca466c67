/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Finding rows of the provider table: by name, and a provider's variant by url and model. Pure. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "wire/wire.h"

/* 1 where name[0..n) is one of the space-separated words. */
static int has_word(const char *words, const char *name, size_t n) {
  for (const char *p = words; p && *p;) {
    size_t length = strcspn(p, " ");
    if (length == n && strncasecmp(p, name, n) == 0) return 1;
    p += length + (p[length] == ' ');
  }
  return 0;
}

const struct emb_provider *emb_provider_find(const char *name, size_t n) {
  int n_rows;
  const struct emb_provider *rows = emb_providers(&n_rows);
  if (!n) return NULL;
  for (int i = 0; i < n_rows; i++)
    if (has_word(rows[i].name, name, n) || has_word(rows[i].aliases, name, n)) return &rows[i];
  return NULL;
}

const struct emb_provider *emb_provider_next(const struct emb_provider *provider,
                                             const struct emb_provider *row) {
  int n;
  const struct emb_provider *rows = emb_providers(&n);
  if (!row) return provider;
  for (int i = row == provider ? 0 : (int)(row - rows) + 1; i < n; i++)
    if (rows[i].of && strcmp(rows[i].of, provider->name) == 0) return &rows[i];
  return NULL;
}

/* `*` any run of characters; everything else itself, in any case. One pass back over the last star:
 * no recursion, time n * m at worst. */
static int glob(const char *pattern, size_t n_pattern, const char *text, size_t n) {
  size_t p = 0, t = 0, star = (size_t)-1, from = 0;
  while (t < n) {
    if (p < n_pattern && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < n_pattern &&
               tolower((unsigned char)pattern[p]) == tolower((unsigned char)text[t])) {
      p++, t++;
    } else if (star != (size_t)-1) {
      p = star + 1;
      t = ++from;
    } else {
      return 0;
    }
  }
  while (p < n_pattern && pattern[p] == '*') p++;
  return p == n_pattern;
}

/* Words in order: the first that matches decides, one with a minus in front against it. */
static int globs_match(const char *globs, const char *text, size_t n) {
  for (const char *p = globs; p && *p;) {
    size_t length = strcspn(p, " ");
    int is_not = *p == '-';
    if (glob(p + is_not, length - (size_t)is_not, text, n)) return !is_not;
    p += length + (p[length] == ' ');
  }
  return 0;
}

int emb_globs_match(const char *globs, const char *text) {
  return globs_match(globs, text, strlen(text));
}

static int fits(const struct emb_provider *row, const char *url, const char *model) {
  if (row->when_url && (!url || !globs_match(row->when_url, url, strcspn(url, "?#")))) return 0;
  return !row->when_model || (model && emb_globs_match(row->when_model, model));
}

static const struct emb_provider *row_of(const struct emb_provider *provider, const char *url,
                                         const char *model) {
  for (const struct emb_provider *row = provider; (row = emb_provider_next(provider, row));)
    if (fits(row, url, model)) return row;
  return provider;
}

/* 1 where the provider's models are named by their makers: any name may be that of an image model.
 */
static int has_free_names(const struct emb_provider *provider) {
  return provider->models &&
         (strcmp(provider->models, "*") == 0 || strcmp(provider->models, "*/*") == 0);
}

const struct emb_provider *emb_provider_for(const struct emb_provider *provider, const char *url,
                                            const char *model, int want_image) {
  const struct emb_provider *found = row_of(provider, url, model ? model : provider->model);
  if (!want_image || found->image.item || (model && !has_free_names(provider))) return found;
  for (const struct emb_provider *row = NULL; (row = emb_provider_next(provider, row));)
    if (row->image.item && !row->when_url) return row;
  return found;
}

int emb_provider_knows_model(const struct emb_provider *provider, const char *name) {
  return emb_globs_match(provider->models, name);
}

struct emb_image_abilities emb_provider_images(const struct emb_provider *provider,
                                               struct emb_buf *models) {
  struct emb_image_abilities can = {0, 0, 0};
  for (const struct emb_provider *row = NULL; (row = emb_provider_next(provider, row));) {
    if (!row->image.item) continue;
    const char *globs = row->images.models ? row->images.models
                        : row->when_model  ? row->when_model
                        : row->models      ? row->models
                                           : "*";
    if (models && !row->when_url) emb_buf_addf(models, "%s%s", models->n ? " " : "", globs);
    can.fuses |= row->images.fuses;
    can.n_rows++;
    if (row->image.max_items > can.max_items) can.max_items = row->image.max_items;
  }
  return can;
}

int emb_provider_over(const struct emb_provider *provider,
                      int (*has)(const struct emb_provider *row)) {
  int n = 0, n_rows = 0;
  for (const struct emb_provider *row = NULL; (row = emb_provider_next(provider, row));) {
    if (!row->text.item) continue;
    n_rows++;
    n += has(row) != 0;
  }
  return !n ? 0 : n < n_rows ? 1 : 2;
}

int emb_provider_has_dims(const struct emb_provider *p) { return p->dims_field != NULL; }
int emb_provider_has_truncate(const struct emb_provider *p) { return p->truncate_field != NULL; }
int emb_provider_has_normalize(const struct emb_provider *p) {
  return p->normalize_field || p->flags & EMB_CUT_UNEVEN;
}
int emb_provider_has_base64(const struct emb_provider *p) { return p->encoding_field != NULL; }
int emb_provider_has_int8(const struct emb_provider *p) { return p->int8.field != NULL; }
int emb_provider_has_bit(const struct emb_provider *p) { return p->bit.field != NULL; }
int emb_provider_has_task(const struct emb_provider *p) {
  return p->task_field || p->flags & EMB_TASK_IN_MODEL;
}

const struct emb_api *emb_provider_api(const struct emb_provider *provider, enum emb_route route) {
  const struct emb_api *api = route == EMB_ROUTE_TEXT    ? &provider->text
                              : route == EMB_ROUTE_IMAGE ? &provider->image
                                                         : NULL;
  return api && api->item ? api : NULL;
}
