/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOOK_STACK_H
#define HOOK_STACK_H

/*
 * stack_run - return @run(@arg), run on a stack of its own unless RLIMIT_STACK
 * lets the one at hand grow as far. crun gives a hook the container's, which may
 * be smaller than a judgement needs, and of which the kernel takes up to 8 KiB at
 * random for itself. Without memory for it, the stack at hand has to do.
 */
int stack_run(int (*run)(const void *arg), const void *arg);

#endif
