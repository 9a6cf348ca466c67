/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_CLOCK_H
#define EMB_CLOCK_H
/* The monotonic clock, for what runs without a transport (whose table has a clock of its own). */

long long emb_clock_ms(void);

#endif
