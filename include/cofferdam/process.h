/* SPDX-License-Identifier: Apache-2.0 */
/* The clock, and another process's descriptors. */
#ifndef COFFERDAM_PROCESS_H
#define COFFERDAM_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/* now_us - CLOCK_MONOTONIC in microseconds: for deadlines and durations. */
uint64_t now_us(void);

/*
 * process_stderr - a duplicate of @pid's descriptor 2 (pidfd_getfd(2); needs
 * what ptrace(2) needs to attach), which the caller closes; -1 where it cannot be had.
 */
int process_stderr(pid_t pid);

#endif
