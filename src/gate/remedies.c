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
	const char *text;
} remedies[] = {
	{ "capabilities", { "/process/capabilities/" },
	  "lowers the sets by capset(2) and the bounding set by prctl(2)" },
	{ "inheritable-capabilities", { "/process/capabilities/" },
	  "lowers the sets by capset(2)" },
	{ "no-new-privileges", { "/process/noNewPrivileges" }, "sets it by prctl(2)" },
	{ "seccomp-missing", { "/linux/seccomp" },
	  "loads the policy's profile as one more filter" },
	{ "seccomp-weak", { "/linux/seccomp" },
	  "loads the policy's profile as one more filter, over the container's own" },
	{ "rootfs-writable", { "/root/readonly", "/mounts/*" },
	  "makes the root mount read-only and mounts a tmpfs on the policy's writable places" },
	{ "memory-limit", { "/linux/resources/memory/limit", "/linux/resources/unified/memory.max" },
	  "writes the policy's default into the cgroup" },
	{ "pids-limit", { "/linux/resources/pids/limit", "/linux/resources/unified/pids.max" },
	  "writes the policy's default into the cgroup" },
	{ "cpu-limit", { "/linux/resources/cpu/quota", "/linux/resources/cpu/period",
			 "/linux/resources/unified/cpu.max" },
	  "writes the policy's default into the cgroup" },
	{ "rlimits", { "/process/rlimits" }, "lowers them by prlimit(2)" },
	{ "mount-flags", { "/mounts/*/options" }, "adds them to the mount by mount_setattr(2)" },
	{ "sys-writable", { "/mounts/*/options" }, "makes the mount read-only" },
	{ "proc-unmasked", { "/linux/maskedPaths", "/linux/readonlyPaths" },
	  "mounts over them, and makes them read-only" },
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

const char *gate_remedy(enum rule_id rule)
{
	for (size_t i = 0; i < ARRAY_SIZE(remedies); i++) {
		if (strcmp(remedies[i].rule, registry_rule(rule)->id) == 0)
			return remedies[i].text;
	}
	return NULL;
}
