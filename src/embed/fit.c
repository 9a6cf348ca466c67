/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sizes that fit: see fit.h. Pure arithmetic over a struct. */
#include "embed/fit.h"

enum { PATIENCE = 16, MAX_PATIENCE = 1024 };

void emb_fit_refused(struct emb_fit *fit, double size) {
  /* others of a size known to be too large may have been under way */
  if (fit->limit > 0 && size > fit->limit && fit->refused > 0 && size >= fit->refused) return;
  if (fit->worked >= size) fit->worked = 0; /* what fits depends on the texts, too */
  fit->refused = size;
  fit->limit = fit->worked > 0 ? fit->worked : size / 2;
  if (fit->limit < 1) fit->limit = 1;
  fit->n_good = 0;
  fit->n_patience = fit->n_patience ? 2 * fit->n_patience : PATIENCE;
  if (fit->n_patience > MAX_PATIENCE) fit->n_patience = MAX_PATIENCE;
}

void emb_fit_taken(struct emb_fit *fit, double size) {
  if (fit->limit <= 0) return;
  if (size > fit->worked) fit->worked = size;
  if (size < fit->limit / 2 || ++fit->n_good < fit->n_patience) return;
  fit->n_good = 0;
  double larger = 2 * fit->limit;
  if (fit->refused > 0 && larger >= fit->refused) {
    larger = (fit->limit + fit->refused) / 2;
    /* as near as it gets; the next time what was refused long ago may be tried anew */
    if (larger < fit->limit * 1.1 + 1) {
      fit->refused = 0;
      return;
    }
  }
  fit->limit = larger;
}
