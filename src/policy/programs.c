/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/seccomp.h>

#include <linux/audit.h>
#include <string.h>

/* The shipped profiles as filters, generated from policy/seccomp/profiles.def. */

struct program {
	const char *name;
	uint32_t arch;
	const struct sock_filter *v;
	size_t n;
};

#include "programs.inc"

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
