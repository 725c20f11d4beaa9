/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/seccomp.h>

#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

/* The shipped profiles as filters and by names, generated from policy/seccomp/profiles.def. */

struct program {
	const char *name;
	uint32_t arch;
	const struct sock_filter *v;
	size_t n;
};

#include "programs.inc"

#define LETS_NAME 32		/* bytes; all in one place, so nothing has to be relocated */

struct lets {
	const char *name;
	uint32_t arch;
	const char (*call)[LETS_NAME];	/* sorted */
	size_t n;
	unsigned traps;			/* bit t: trap t, but for TRAP_UNKNOWN_NAME */
};

#include "lets.inc"

const struct sock_filter *profile_program(const char *name, uint32_t audit_arch, size_t *ret_n)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (programs[i].arch == audit_arch && strcmp(programs[i].name, name) == 0) {
			*ret_n = programs[i].n;
			return programs[i].v;
		}
	}
	return NULL;
}

static int by_name(const void *name, const void *row)
{
	return strcmp(name, row);
}

bool profile_keeps(const char *name, uint32_t audit_arch, const char *const *never, unsigned traps)
{
	const struct lets *found = NULL;

	for (size_t i = 0; !found && i < ARRAY_SIZE(lets); i++) {
		if (lets[i].arch == audit_arch && strcmp(lets[i].name, name) == 0)
			found = &lets[i];
	}
	if (!found || traps & (found->traps | 1u << TRAP_UNKNOWN_NAME))
		return false;
	for (size_t i = 0; never && never[i]; i++) {
		if (bsearch(never[i], found->call, found->n, LETS_NAME, by_name))
			return false;
	}
	return true;
}
