/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TEST_SUPPORT_SIM_H
#define TEST_SUPPORT_SIM_H
/*
 * A rembed-sim of one's own for a test program: started on a free port, told what to do over plain
 * HTTP, gone when the program is gone (it watches the pipe on its standard input).
 */
#include <sys/types.h>

struct sim {
  pid_t pid;
  int hold; /* write end of the simulator's standard input */
  int port;
  char url[64]; /* http://127.0.0.1:PORT */
};

/* Starts `program`; NULL: $REMBED_SIM, or build/rembed-sim. Ends the test program on failure. */
void sim_start(struct sim *sim, const char *program);
void sim_stop(struct sim *sim);

/* One exchange with the simulator itself; the body of the answer, free() it. NULL: no 2xx. */
char *sim_exchange(const struct sim *sim, const char *method, const char *path, const char *body);
/* POST /_sim/config. 0 on success. */
int sim_config(const struct sim *sim, const char *json);
/* Counters and first=N faults back to 0, settings back to those of the start. */
void sim_reset(const struct sim *sim);
/* A number of /_sim/stats, -1 when it is not there. */
long sim_stat(const struct sim *sim, const char *name);
/* Waits, at most `ms`, until a number of /_sim/stats is at least `least`. 0: it never was. */
int sim_wait(const struct sim *sim, const char *name, long least, int ms);

/* A port of 127.0.0.1 that nobody listens on. */
int sim_dead_port(void);

#endif
