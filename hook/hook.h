/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOOK_HOOK_H
#define HOOK_HOOK_H

#include <cofferdam/host.h>

/* Whether AddressSanitizer is compiled in. */
#if defined(__SANITIZE_ADDRESS__)
#define HOOK_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HOOK_SANITIZED true
#endif
#endif
#ifndef HOOK_SANITIZED
#define HOOK_SANITIZED false
#endif

/* How the hook was registered, or the runtime door called. */
struct hook_call {
	const char *stage;		/* "prestart", "createRuntime", "precreate" or "";
					 * at the runtime door its verb */
	enum engine engine;
	const char *host_config;	/* NULL: the default place */
	bool admitted;			/* the runtime door put this hook there */
	bool veto;			/* so early that only that is verified */
	/* tell a refusal; NULL: as a hook does */
	void (*say)(const struct hook_call *call, const char *line);
};

/* hook_run - judge the container whose state comes on standard input.
 * Returns the exit status: 0 lets it start, 1 refuses it. */
int hook_run(const struct hook_call *call);

/*
 * precreate_run - judge the config.json that comes on standard input, and put
 * the one to use on standard output. Returns the exit status likewise.
 */
int precreate_run(const struct hook_call *call);

#endif
