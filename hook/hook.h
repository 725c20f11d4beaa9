/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOOK_HOOK_H
#define HOOK_HOOK_H

#include <cofferdam/host.h>

/* How the hook was registered. */
struct hook_call {
	const char *stage;		/* "prestart", "createRuntime" or "" */
	enum engine engine;
	const char *host_config;	/* NULL: the default place */
};

/* hook_run - judge the container whose state comes on standard input.
 * Returns the exit status: 0 lets it start, 1 refuses it. */
int hook_run(const struct hook_call *call);

#endif
