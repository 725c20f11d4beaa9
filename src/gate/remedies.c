/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gate can do about a finding. A finding's edits say what config.json
 * would have to be; the gate makes the same true in the kernel, so a remedy is
 * known by the rule and by the members its edits touch. A finding with any
 * other edit is denied at the hook.
 */
#include "gate-private.h"

#include <ctype.h>
#include <string.h>

static const struct {
	const char *rule;		/* by name: one that this version lacks does no harm */
	const char *members[4];		/* JSON Pointers; "*" is an index or "-" */
} remedies[] = {
	{ "capabilities", { "/process/capabilities/" } },
	{ "inheritable-capabilities", { "/process/capabilities/" } },
	{ "no-new-privileges", { "/process/noNewPrivileges" } },
	{ "seccomp-missing", { "/linux/seccomp" } },
	{ "seccomp-weak", { "/linux/seccomp" } },
	{ "rootfs-writable", { "/root/readonly", "/mounts/*" } },
	{ "memory-limit", { "/linux/resources/memory/limit", "/linux/resources/unified/memory.max" } },
	{ "pids-limit", { "/linux/resources/pids/limit", "/linux/resources/unified/pids.max" } },
	{ "cpu-limit", { "/linux/resources/cpu/quota", "/linux/resources/cpu/period",
			 "/linux/resources/unified/cpu.max" } },
	{ "rlimits", { "/process/rlimits" } },
	{ "mount-flags", { "/mounts/*/options" } },
	{ "sys-writable", { "/mounts/*/options" } },
	{ "proc-unmasked", { "/linux/maskedPaths", "/linux/readonlyPaths" } },
};

/* matches - whether @pointer is @member or below it. */
static bool matches(const char *pointer, const char *member)
{
	for (; *member; member++) {
		if (*member != '*') {
			if (*pointer++ != *member)
				return false;
			continue;
		}
		if (*pointer == '-')
			pointer++;
		else if (!isdigit((unsigned char)*pointer))
			return false;
		while (isdigit((unsigned char)*pointer))
			pointer++;
	}
	return *pointer == '\0' || *pointer == '/' || pointer[-1] == '/';
}

static bool covered(const char *const members[4], const struct json_edit *edit)
{
	for (size_t i = 0; i < 4 && members[i]; i++) {
		if (matches(edit->pointer, members[i]))
			return true;
	}
	return false;
}

bool gate_hardens(const struct subject *subject, const struct finding *f)
{
	const char *rule = registry_rule(f->rule)->id;

	(void)subject;
	for (size_t i = 0; i < ARRAY_SIZE(remedies); i++) {
		bool all = f->edits.n > 0;

		if (strcmp(remedies[i].rule, rule) != 0)
			continue;
		for (size_t e = 0; all && e < f->edits.n; e++)
			all = covered(remedies[i].members, &f->edits.v[e]);
		return all;
	}
	return false;
}
