/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_FIT_H
#define EMB_FIT_H
/*
 * How large a batch may be, learned from what a server refused as too large and what it took. One
 * record for the number of items and one for their bytes, for each route of a client. Nothing is
 * learned before the first refusal; afterwards batches are made of the size that worked, and larger
 * ones are tried now and then, the less often the more of them failed.
 */
struct emb_fit {
  double limit;   /* largest size to send; 0: no limit known */
  double worked;  /* largest size that was taken since the limit is known */
  double refused; /* smallest size that was refused, as far as known; 0: none */
  int n_good;     /* batches near the limit that were taken, since it was set */
  int n_patience; /* how many of them it takes to try a larger one */
};

/* A batch of that size was refused as too large; size > 1 of what is counted. */
void emb_fit_refused(struct emb_fit *fit, double size);
/* A batch of that size was taken. */
void emb_fit_taken(struct emb_fit *fit, double size);

#endif
