/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SECCOMP_RUN_H
#define SECCOMP_RUN_H

/* Filters run in user space, for unit tests. */

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>

#include <cofferdam/policy.h>

#include "unit.h"
#include "../filter-run.h"

#define HIGH (UINT64_C(1) << 32)	/* the kernel does not look at it in an int */

static const struct seccomp_scope here __attribute__((unused)) = {
	.audit_arch = AUDIT_ARCH_X86_64, .caps = seccomp_caps_default,
};

static inline uint32_t run(const struct seccomp_program *p, const struct seccomp_data *data)
{
	struct error err;
	uint32_t action = 0;

	assert_int_equal(seccomp_run(p, data, &action, &err), 0);
	return action;
}

static inline void compile(const char *text, uint32_t arch, struct seccomp_program *ret)
{
	_cleanup_profile_ struct seccomp_profile profile = { 0 };
	const struct seccomp_scope scope = { .audit_arch = arch, .caps = seccomp_caps_default };
	struct error err = { 0 };

	if (seccomp_profile_read("t", text, strlen(text), &scope, &profile, &err) < 0 ||
	    seccomp_profile_compile(&profile, arch, ret, &err) < 0)
		fail_msg("%s: %s", text, err.text);
}

#endif
