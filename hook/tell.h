/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOOK_TELL_H
#define HOOK_TELL_H

#include <stdint.h>

/*
 * tell - one line to standard error, which runc shows in its own error; where
 * that leads nowhere (crun gives hooks /dev/null) to the standard error of the
 * container's process @pid (0: none). Never waits longer than a moment.
 */
void tell(const char *line, int64_t pid);

#endif
