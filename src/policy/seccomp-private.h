/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SECCOMP_PRIVATE_H
#define SECCOMP_PRIVATE_H

/* Shared by what reads, compiles and compares seccomp profiles. */

#include <cofferdam/seccomp.h>

/* seccomp_compile_node - as seccomp_compile(), of a profile in @doc, in which no member stands
 * twice, with the instructions that runtimes get of libseccomp: they do not ask it to
 * search faster. */
int seccomp_compile_node(const struct json_doc *doc, const struct json *root, uint32_t arch,
			 struct seccomp_program *ret, struct error *err) must_check;

/* seccomp_jumps - whether the condition @in, one of the kinds that filters have, holds of @a. */
bool seccomp_jumps(const struct sock_filter *in, uint32_t a);

#define X32_BIT 0x40000000u		/* of the system call number: the x32 door */

/* seccomp_doors - the architectures whose system calls a kernel of @audit_arch
 * takes, the native one first; at most @max. x32 is not among them. */
size_t seccomp_doors(uint32_t audit_arch, uint32_t *doors, size_t max);

/* seccomp_arch_token - libseccomp's token for "SCMP_ARCH_X86" or "x86", or 0. */
uint32_t seccomp_arch_token(const char *name);

/*
 * A condition on one 32-bit word, in conjunctive form: it holds if, of every
 * clause, a bit of pos is set or a bit of neg is clear.
 */
struct clause {
	uint32_t pos, neg;
};

enum cond_op {
	COND_EQ,
	COND_GT,
	COND_GE,
	COND_SET,
};

/* (word & mask) OP value, or that negated */
struct cond {
	unsigned word;
	enum cond_op op;
	bool negated;
	uint32_t mask, value;
};

#define WORDS 16			/* of struct seccomp_data */

enum solved {
	SOLVED_NO,
	SOLVED_YES,
	SOLVED_UNKNOWN,			/* gave up */
};

/*
 * solve - whether words exist for which all @n conditions hold, and in @ret
 * such words (others are left alone).
 */
enum solved solve(const struct cond *conds, size_t n, uint32_t ret[WORDS]);

/* seccomp_rule_let - what one entry makes of its names. */
enum seccomp_let seccomp_rule_let(const struct oci_seccomp_rule *rule);

#endif
