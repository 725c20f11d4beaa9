/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SECCOMP_SOURCE_H
#define SECCOMP_SOURCE_H

/* profiles.def, read. Its form is described there. */

#include <stdint.h>

#include <cofferdam/buf.h>

#define PROFILES_MAX 8
#define TESTS_MAX 6
#define VALUES_MAX 8

struct test {				/* (argument & mask) == value, of its low 32 bits */
	unsigned arg;
	uint32_t mask, value;
};

struct rule {
	const char *name;
	int errnum;			/* 0: allow */
	struct test tests[TESTS_MAX];
	size_t n_tests;
	uint32_t values[VALUES_MAX];	/* argument tests[0].arg is none of these */
	size_t n_values;
};

struct group {
	const char *title;
	char *reason;
	unsigned profiles;		/* bit i: profile i has it */
	bool when;
	int errnum;			/* 0: allow */
	const char **names;
	size_t n_names;
	struct rule *rules;
	size_t n_rules;
};

struct source {
	struct {
		const char *name;
		char *reason;
		bool doors;		/* with the 32-bit architectures */
	} profiles[PROFILES_MAX];
	size_t n_profiles;
	struct group *groups;
	size_t n_groups;
	char *text;			/* names and titles point into it */
};

int source_read(int dir, const char *path, struct source *ret, struct error *err) must_check;
void source_free(struct source *source);

/* --- lets.c --- */

struct lets_arch {
	const char *audit;		/* AUDIT_ARCH_*, as C spells it */
	uint32_t arch;
};

/* lets_names - append profile @text's names of what it lets happen, if only by arguments; lets_row -
 * a row that tells its traps. */
int lets_names(struct buf *out, const char *name, const struct buf *text,
	       struct error *err) must_check;
int lets_row(struct buf *out, const char *name, const struct buf *text,
	     const struct lets_arch *arch, struct error *err) must_check;

#endif
