/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SIM_TIMER_H
#define SIM_TIMER_H
/*
 * One thread that wakes waiting requests: a min-heap of due times, so that hundreds of delayed
 * answers cost no thread each.
 */
#include <stdbool.h>
#include <stdint.h>

struct sim_timer;

uint64_t sim_now_ns(void); /* monotonic */

/*
 * `fire` is called in the timer's thread, without its lock held, once an entry is due. It returns 0
 * when it is done with the entry, else the time it wants to be called again. When `last` is set the
 * timer is stopping and the answer is not looked at.
 */
typedef uint64_t sim_fire(void *who, bool last);

struct sim_timer *sim_timer_start(sim_fire *fire);
/* False once the timer is stopping: the caller must then go on by itself. */
bool sim_timer_add(struct sim_timer *timer, uint64_t due_ns, void *who);
void sim_timer_stop(struct sim_timer *timer); /* fires what is left, joins the thread */
void sim_timer_free(struct sim_timer *timer); /* after stop */

#endif
