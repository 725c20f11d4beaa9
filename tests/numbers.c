/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the shipped filters answer to the system call numbers that the kernel's own
 * headers give, against what the profiles say of the names: the filters were made with
 * libseccomp's table of numbers, and a wrong one would let through another call. Reads
 * "NAME NUMBER" lines, prints TAP.
 *
 *	numbers ARCH DOOR <LINES	ARCH: of the host; DOOR: whose numbers they are
 */
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#include <cofferdam/policy.h>

#include "filter-run.h"

#define CALLS_MAX 1024

struct numbers {
	char name[CALLS_MAX][64];	/* by number; "": none */
	size_t n;
};

static unsigned tests, failures;

static void tell(bool good, const char *what, const char *profile, const char *door)
{
	printf("%sok %u - %s, %s: %s\n", good ? "" : "not ", ++tests, profile, door, what);
	failures += !good;
}

static bool names(const struct oci_seccomp_rule *rule, const char *name)
{
	for (size_t i = 0; i < rule->names.n; i++) {
		if (rule->names.v[i].v && strcmp(rule->names.v[i].v, name) == 0)
			return true;
	}
	return false;
}

/* wanted - what the profile says of @name; false when that depends on its arguments. */
static bool wanted(const struct oci_seccomp *s, const char *name, uint32_t *ret)
{
	const struct oci_seccomp_rule *rules = s->syscalls.v;

	*ret = SECCOMP_RET_ERRNO | ENOSYS;
	for (size_t i = 0; i < s->syscalls.n; i++) {
		if (!names(&rules[i], name))
			continue;
		if (rules[i].args.n > 0)
			return false;
		*ret = profile_refuses(rules[i].action.v) ?
		       SECCOMP_RET_ERRNO | (uint32_t)rules[i].errno_ret.v : SECCOMP_RET_ALLOW;
	}
	return true;
}

static uint32_t answer(const struct seccomp_program *program, uint32_t door, uint32_t nr)
{
	const struct seccomp_data data = { .nr = (int)nr, .arch = door };
	struct error err;
	uint32_t action = SECCOMP_RET_ALLOW;

	if (seccomp_run(program, &data, &action, &err) < 0)
		printf("# %s\n", err.text);
	return action;
}

/* judge - every number below CALLS_MAX, those that the kernel has no name for as well. */
static void judge(const struct oci_seccomp *s, const struct seccomp_program *program,
		  const struct numbers *numbers, uint32_t door, bool open, bool *ret_good,
		  size_t *ret_judged)
{
	for (uint32_t nr = 0; nr < CALLS_MAX; nr++) {
		const uint32_t got = answer(program, door, nr);
		/* an architecture that the profile has no door for is killed at every number */
		uint32_t want = SECCOMP_RET_KILL_THREAD;

		if (open && !wanted(s, numbers->name[nr], &want))
			continue;
		(*ret_judged)++;
		if (got == want)
			continue;
		printf("# %s, number %u: %#x, not %#x\n", numbers->name[nr], nr, got, want);
		*ret_good = false;
	}
}

static int judge_profile(const char *profile, uint32_t arch, uint32_t door, const char *door_name,
			 const struct numbers *numbers)
{
	const struct seccomp_scope scope = { .audit_arch = arch, .caps = seccomp_caps_default };
	const bool open = door == arch || strcmp(profile, "compat32") == 0;
	_cleanup_profile_ struct seccomp_profile read = { 0 };
	struct seccomp_program program = { 0 };
	const struct sock_filter *filter;
	struct error err = { 0 };
	size_t len = 0, judged = 0;
	const char *text = profile_shipped(profile, &len);
	bool good = true;
	char what[96];

	filter = profile_program(profile, arch, &program.n);
	if (!filter || seccomp_profile_read(profile, text, len, &scope, &read, &err) < 0) {
		(void)fprintf(stderr, "numbers: %s: %s\n", profile, filter ? err.text : "no filter");
		return -1;
	}
	program.v = malloc(program.n * sizeof(*filter));
	if (!program.v)
		return -1;
	memcpy(program.v, filter, program.n * sizeof(*filter));
	judge(seccomp_of(&read), &program, numbers, door, open, &good, &judged);
	seccomp_program_free(&program);
	(void)snprintf(what, sizeof(what), "%zu numbers, %zu of which the kernel names, are answered as the profile says",
		       judged, numbers->n);
	tell(good && judged > CALLS_MAX - 64, what, profile, door_name);
	return 0;
}

static int read_numbers(struct numbers *ret)
{
	char line[128], name[64];
	unsigned nr;

	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%63s %u", name, &nr) != 2)
			return -1;
		if (nr >= CALLS_MAX)
			continue;	/* ARM's private calls lie far above */
		(void)snprintf(ret->name[nr], sizeof(ret->name[nr]), "%s", name);
		ret->n++;
	}
	return ret->n > 250 ? 0 : -1;
}

int main(int argc, char **argv)
{
	static struct numbers numbers;
	uint32_t arch = argc == 3 ? seccomp_arch_resolve_name(argv[1]) : 0;
	uint32_t door = argc == 3 ? seccomp_arch_resolve_name(argv[2]) : 0;

	if (!arch || !door || read_numbers(&numbers) < 0) {
		(void)fprintf(stderr, "usage: numbers ARCH DOOR <LINES, each a name and a number\n");
		return 2;
	}
	for (size_t i = 0; profile_name(i); i++) {
		if (judge_profile(profile_name(i), arch, door, argv[2], &numbers) < 0)
			return 1;
	}
	return failures > 0;
}
