/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOOK_TELL_H
#define HOOK_TELL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * tell - one line to standard error, which runc shows in its own error. crun
 * gives hooks /dev/null: there the line goes to the runtime's standard error
 * and log, where engines look, and to that of the container's process @pid (0:
 * there is none), where its user looks. Never waits longer than a moment.
 */
void tell(const char *line, int64_t pid);

/*
 * tell_caller - one line to standard error and to that of the process that
 * called us: podman reads what a precreate hook says and throws it away.
 */
void tell_caller(const char *line);

/* tell_to - one line to @fd, if it takes it within a moment; its flags stay. */
void tell_to(int fd, const char *line);

/* tell_same - whether two descriptors are of one file. */
bool tell_same(int a, int b);

#endif
