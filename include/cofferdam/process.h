/* SPDX-License-Identifier: Apache-2.0 */
/* The clock, another process's descriptors, and the program that runs: its path, its memory. */
#ifndef COFFERDAM_PROCESS_H
#define COFFERDAM_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* now_us - CLOCK_MONOTONIC in microseconds: for deadlines and durations. */
uint64_t now_us(void);

/*
 * kernel_file - whether @fd is of a file system that is the kernel's own, where writing
 * is setting (/proc, /sys), or it cannot be told. Pipes and sockets are not.
 */
bool kernel_file(int fd);

/*
 * process_stderr - a duplicate of @pid's descriptor 2 (pidfd_getfd(2); needs
 * what ptrace(2) needs to attach), which the caller closes; -1 where it cannot be had,
 * or is a kernel_file(): runtimes have opened the image's /dev/null, and what that led to.
 */
int process_stderr(pid_t pid);

/*
 * program_beside - the path of @name in the folder of the program that runs
 * (/proc/self/exe), whether there is such a file or not. malloc'd; NULL when the
 * program's own path cannot be had.
 */
char *program_beside(const char *name);

/*
 * process_cgroup - the path in the line of @controller in @text, of proc_pid_cgroup(5):
 * "4:cpu,cpuacct:/a" or, of version 2 and "", "0::/a". malloc'd; NULL: there is none, or no
 * memory.
 */
char *process_cgroup(const char *text, const char *controller);

/*
 * process_populate - have the pages of the @len bytes at @start, which are mapped, at once
 * rather than one by one as they are used, as they come before Linux 5.14. To @write to:
 * each this process's own, shared with no child.
 */
void process_populate(void *start, size_t len, bool write);

#endif
