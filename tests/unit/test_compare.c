/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The comparison of filters misses nothing and makes nothing up, and lint finds
 * every trap.
 */
#include "seccomp-run.h"

#define PROFILE(RULES) "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"syscalls\":[" RULES "]}"
#define ALLOW(NAME, ARGS) "{\"names\":[\"" NAME "\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[" ARGS "]}"
#define DENY(NAME, ARGS) "{\"names\":[\"" NAME "\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"args\":[" ARGS "]}"
#define ARG(I, OP, V) "{\"index\":" #I ",\"op\":\"SCMP_CMP_" #OP "\",\"value\":" #V ",\"valueTwo\":0}"
#define MASKED(I, M, V) "{\"index\":" #I ",\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":" #M ",\"valueTwo\":" #V "}"

/* What A allows that B does not, of one system call: "" for nothing. */
static const struct {
	const char *a, *b, *call;
	int kind;			/* -1: none */
} comparisons[] = {
	{ PROFILE(ALLOW("socket", "")), PROFILE(ALLOW("socket", "")), "socket", -1 },
	{ PROFILE(ALLOW("socket", "")), PROFILE(ALLOW("read", "")), "socket", EXCESS_ALWAYS },
	{ PROFILE(ALLOW("read", "")), PROFILE(ALLOW("socket", "")), "socket", -1 },
	{ PROFILE(ALLOW("socket", "")), PROFILE(ALLOW("socket", MASKED(0, 4294967295, 2))), "socket",
	  EXCESS_SOMETIMES },
	{ PROFILE(ALLOW("socket", MASKED(0, 4294967295, 2))), PROFILE(ALLOW("socket", "")), "socket",
	  -1 },
	/* the same written otherwise */
	{ PROFILE(ALLOW("socket", MASKED(0, 4294967295, 2))),
	  PROFILE(ALLOW("socket", MASKED(0, 3, 2)) "," ALLOW("socket", MASKED(0, 3, 1))), "socket",
	  -1 },
	/* 64-bit ranges: NE and GT let a high bit pass */
	{ PROFILE(ALLOW("socket", ARG(0, NE, 38))),
	  PROFILE(ALLOW("socket", MASKED(0, 32, 0)) "," ALLOW("socket", MASKED(0, 1, 1)) ","
		  ALLOW("socket", MASKED(0, 2, 0)) "," ALLOW("socket", MASKED(0, 4, 0)) ","
		  ALLOW("socket", MASKED(0, 8, 8)) "," ALLOW("socket", MASKED(0, 16, 16)) ","
		  ALLOW("socket", MASKED(0, 64, 64)) "," ALLOW("socket", MASKED(0, 4294967168, 128))),
	  "socket", EXCESS_SOMETIMES },
	{ PROFILE(ALLOW("socket", ARG(0, LT, 10))), PROFILE(ALLOW("socket", ARG(0, LE, 9))), "socket",
	  -1 },
	{ PROFILE(ALLOW("socket", ARG(0, LT, 11))), PROFILE(ALLOW("socket", ARG(0, LE, 9))), "socket",
	  EXCESS_SOMETIMES },
	{ PROFILE(ALLOW("socket", ARG(0, GT, 9))), PROFILE(ALLOW("socket", ARG(0, GE, 10))), "socket",
	  -1 },
	{ PROFILE(ALLOW("socket", ARG(0, NE, 38))),
	  PROFILE(ALLOW("socket", ARG(0, LT, 38)) "," ALLOW("socket", ARG(0, GT, 38))), "socket", -1 },
	/* only a high bit makes the difference */
	{ PROFILE(ALLOW("socket", MASKED(0, 4294967295, 2))), PROFILE(ALLOW("socket", ARG(0, EQ, 2))),
	  "socket", EXCESS_HIGH },
	/* one argument twice is "or": everything; two arguments are "and" */
	{ PROFILE(ALLOW("socket", ARG(0, NE, 38) "," ARG(0, NE, 40))),
	  PROFILE(ALLOW("socket", ARG(0, NE, 38))), "socket", EXCESS_SOMETIMES },
	{ PROFILE(ALLOW("socket", MASKED(0, 4294967295, 16) "," MASKED(2, 4294967295, 0))),
	  PROFILE(ALLOW("socket", MASKED(0, 4294967295, 16))), "socket", -1 },
	{ PROFILE(ALLOW("socket", MASKED(0, 4294967295, 16))),
	  PROFILE(ALLOW("socket", MASKED(0, 4294967295, 16) "," MASKED(2, 4294967295, 0))), "socket",
	  EXCESS_SOMETIMES },
	/* an unconditional ALLOW beats the conditional denial */
	{ PROFILE(ALLOW("ioctl", "") "," DENY("ioctl", MASKED(1, 4294967295, 21522))),
	  PROFILE(ALLOW("ioctl", MASKED(1, 16, 0))), "ioctl", EXCESS_SOMETIMES },
	{ PROFILE(DENY("ioctl", MASKED(1, 4294967295, 21522)) "," ALLOW("ioctl", "")),
	  PROFILE(ALLOW("ioctl", "")), "ioctl", -1 },
	/* notify and trace are passes */
	{ PROFILE("{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_NOTIFY\"}"), PROFILE(ALLOW("read", "")),
	  "mount", EXCESS_ALWAYS },
	{ PROFILE("{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_TRACE\"}"), PROFILE(ALLOW("read", "")),
	  "mount", EXCESS_ALWAYS },
	{ PROFILE("{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_LOG\"}"), PROFILE(ALLOW("read", "")),
	  "mount", EXCESS_ALWAYS },
	/* a profile that allows by default */
	{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", PROFILE(ALLOW("read", "")), "bpf", EXCESS_ALWAYS },
};

static void compares(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(comparisons); i++) {
		_cleanup_seccomp_ struct seccomp_program a = { 0 }, b = { 0 };
		_cleanup_excesses_ struct seccomp_excesses e = { 0 };
		const struct seccomp_excess *found = NULL;
		struct error err;

		compile(comparisons[i].a, AUDIT_ARCH_X86_64, &a);
		compile(comparisons[i].b, AUDIT_ARCH_X86_64, &b);
		assert_int_equal(seccomp_compare(&a, &b, AUDIT_ARCH_X86_64, &e, &err), 0);
		for (size_t n = 0; n < e.n; n++) {
			if (strcmp(e.v[n].name, comparisons[i].call) == 0)
				found = &e.v[n];
			/* a witness is a call that really is one */
			if (e.v[n].kind != EXCESS_UNKNOWN) {
				assert_true(seccomp_passes(run(&a, &e.v[n].witness)));
				assert_false(seccomp_passes(run(&b, &e.v[n].witness)));
				assert_int_equal(run(&b, &e.v[n].witness), e.v[n].answer);
			}
		}
		if ((found ? (int)found->kind : -1) != comparisons[i].kind)
			fail_msg("%zu: %s against %s: %d, not %d", i, comparisons[i].a, comparisons[i].b,
				 found ? (int)found->kind : -1, comparisons[i].kind);
	}
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* random_profile - rules on one system call, over numbers of few bits */
static void random_profile(uint32_t *seed, char *text, size_t size)
{
	static const char *const ops[] = { "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ" };
	const unsigned rules = 1 + next_random(seed) % 3;
	size_t at = (size_t)snprintf(text, size, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"syscalls\":[");

	for (unsigned r = 0; r < rules; r++) {
		const unsigned tests = 1 + next_random(seed) % 2;

		at += (size_t)snprintf(text + at, size - at, "%s{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_%s\",\"args\":[",
				       r ? "," : "", next_random(seed) % 4 ? "ALLOW" : "ERRNO");
		for (unsigned t = 0; t < tests; t++) {
			const char *op = ops[next_random(seed) % 7];
			const unsigned mask = next_random(seed) % 8;

			at += (size_t)snprintf(text + at, size - at, "%s{\"index\":%u,\"op\":\"SCMP_CMP_%s\",\"value\":%u,\"valueTwo\":%u}",
					       t ? "," : "", t, op, mask, next_random(seed) % 8 & mask);
		}
		at += (size_t)snprintf(text + at, size - at, "]}");
	}
	(void)snprintf(text + at, size - at, "]}");
}

/* The comparison says what trying out every argument says. */
static void exhaustive(void **state)
{
	uint32_t seed = 1;
	size_t differing = 0;

	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		_cleanup_seccomp_ struct seccomp_program a = { 0 }, b = { 0 };
		_cleanup_excesses_ struct seccomp_excesses e = { 0 };
		struct seccomp_data data = { .arch = AUDIT_ARCH_X86_64, .nr = 41 };
		char a_text[2048], b_text[2048];
		bool tried = false, said = false;
		struct error err;

		random_profile(&seed, a_text, sizeof(a_text));
		random_profile(&seed, b_text, sizeof(b_text));
		compile(a_text, AUDIT_ARCH_X86_64, &a);
		compile(b_text, AUDIT_ARCH_X86_64, &b);
		for (uint64_t x = 0; x < 16 * 16; x++) {
			data.args[0] = (x & 7) | (x & 8 ? HIGH : 0);
			data.args[1] = (x >> 4 & 7) | (x & 128 ? HIGH : 0);
			tried = tried || (seccomp_passes(run(&a, &data)) &&
					  !seccomp_passes(run(&b, &data)));
		}
		assert_int_equal(seccomp_compare(&a, &b, AUDIT_ARCH_X86_64, &e, &err), 0);
		for (size_t n = 0; n < e.n; n++)
			said = said || (e.v[n].nr == 41 && e.v[n].arch == AUDIT_ARCH_X86_64);
		if (said != tried)
			fail_msg("%s\nagainst %s: said %d, tried %d", a_text, b_text, said, tried);
		differing += tried;
	}
	assert_true(differing > 50 && differing < 350);
}

static const struct {
	const char *text;
	enum seccomp_trap trap;
	bool found;
} linted[] = {
	{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", TRAP_DEFAULT_ALLOWS, true },
	{ "{\"defaultAction\":\"SCMP_ACT_LOG\"}", TRAP_DEFAULT_ALLOWS, true },
	{ "{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}", TRAP_DELEGATES, true },
	{ "{\"defaultAction\":\"SCMP_ACT_KILL_PROCESS\"}", TRAP_KILL, true },
	{ PROFILE(""), TRAP_DEFAULT_ALLOWS, false },
	{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"listenerPath\":\"/x\"}", TRAP_LISTENER, true },
	{ PROFILE("{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_NOTIFY\"}"), TRAP_DELEGATES, true },
	{ PROFILE("{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_TRACE\"}"), TRAP_DELEGATES, true },
	{ PROFILE("{\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_KILL\"}"), TRAP_KILL, true },
	{ PROFILE(ALLOW("socket", ARG(0, NE, 38))), TRAP_WIDE_COMPARE, true },
	{ PROFILE(ALLOW("socket", ARG(0, GT, 38))), TRAP_WIDE_COMPARE, true },
	{ PROFILE(ALLOW("socket", ARG(0, EQ, 2))), TRAP_WIDE_COMPARE, false },
	{ PROFILE(ALLOW("socket", ARG(0, LT, 2))), TRAP_WIDE_COMPARE, false },
	{ PROFILE(DENY("ioctl", ARG(1, EQ, 21522))), TRAP_WIDE_COMPARE, true },
	{ PROFILE(DENY("ioctl", MASKED(1, 4294967295, 21522))), TRAP_WIDE_COMPARE, false },
	{ PROFILE(DENY("ioctl", MASKED(1, 18446744073709551615, 21522))), TRAP_WIDE_COMPARE, true },
	{ PROFILE(ALLOW("ioctl", "") "," DENY("ioctl", MASKED(1, 4294967295, 21522))),
	  TRAP_LOST_DENIAL, true },
	{ PROFILE(ALLOW("read", "") "," DENY("ioctl", MASKED(1, 4294967295, 21522))),
	  TRAP_LOST_DENIAL, false },
	{ PROFILE(ALLOW("socket", ARG(0, EQ, 1) "," ARG(0, EQ, 2))), TRAP_REPEATED_INDEX, true },
	{ PROFILE(ALLOW("socket", ARG(0, EQ, 1) "," ARG(1, EQ, 2))), TRAP_REPEATED_INDEX, false },
	{ PROFILE(DENY("socket", MASKED(0, 1, 1) "," MASKED(0, 2, 2))), TRAP_REPEATED_INDEX, false },
	{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"flags\":[\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"]}",
	  TRAP_SPECULATION, true },
	{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"]}",
	  TRAP_SPECULATION, false },
	{ PROFILE(ALLOW("no_such_call", "")), TRAP_UNKNOWN_NAME, true },
	{ PROFILE(ALLOW("read", "")), TRAP_UNKNOWN_NAME, false },
	{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86_64\"]}",
	  TRAP_MISSING_SUBARCH, true },
	{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\"}", TRAP_MISSING_SUBARCH, false },
	{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],\"syscalls\":["
	  ALLOW("socket", MASKED(0, 4294967295, 2)) "," ALLOW("socketcall", "") "]}", TRAP_SOCKETCALL, true },
	{ PROFILE(ALLOW("socket", MASKED(0, 4294967295, 2)) "," ALLOW("socketcall", "")),
	  TRAP_SOCKETCALL, false },
	{ PROFILE(ALLOW("clone", "")), TRAP_CLONE_NAMESPACES, true },
	{ PROFILE(ALLOW("clone", MASKED(0, 2114060288, 0))), TRAP_CLONE_NAMESPACES, false },
	{ PROFILE(ALLOW("clone", MASKED(0, 67108864, 0))), TRAP_CLONE_NAMESPACES, true },
	{ PROFILE(ALLOW("clone", MASKED(0, 268435456, 268435456))), TRAP_CLONE_NAMESPACES, true },
	{ PROFILE(ALLOW("clone", MASKED(1, 268435456, 0))), TRAP_CLONE_NAMESPACES, true },
	{ PROFILE(ALLOW("clone", ARG(0, EQ, 17))), TRAP_CLONE_NAMESPACES, false },
	{ PROFILE(ALLOW("clone", ARG(0, NE, 17))), TRAP_CLONE_NAMESPACES, true },
	{ PROFILE(ALLOW("clone", "") "," ALLOW("unshare", "")), TRAP_CLONE_NAMESPACES, false },
	{ PROFILE(DENY("clone", "")), TRAP_CLONE_NAMESPACES, false },
	{ PROFILE(ALLOW("clone3", "") "," ALLOW("clone", MASKED(0, 268435456, 0))), TRAP_CLONE3, true },
	{ PROFILE(ALLOW("clone", MASKED(0, 268435456, 0))), TRAP_CLONE3, false },
	{ PROFILE(ALLOW("clone", "") "," DENY("clone3", "")), TRAP_CLONE3_ERRNO, true },
	{ PROFILE(ALLOW("clone", "")), TRAP_CLONE3_ERRNO, false },
};

static void lints(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(linted); i++) {
		_cleanup_profile_ struct seccomp_profile profile = { 0 };
		_cleanup_calls_ struct seccomp_calls calls = { 0 };
		_cleanup_lints_ struct seccomp_lints out = { 0 };
		bool found = false;
		struct error err = { 0 };

		if (seccomp_profile_read("t", linted[i].text, strlen(linted[i].text), &here, &profile,
					 &err) < 0)
			fail_msg("%s: %s", linted[i].text, err.text);
		assert_int_equal(seccomp_calls_read(seccomp_of(&profile), &calls, &err), 0);
		assert_int_equal(seccomp_lint(&calls, AUDIT_ARCH_X86_64, &out, &err), 0);
		for (size_t n = 0; n < out.n; n++)
			found = found || out.v[n].trap == linted[i].trap;
		if (found != linted[i].found)
			fail_msg("%s: %s %s", linted[i].text, seccomp_trap_name(linted[i].trap),
				 found ? "found" : "not found");
	}
}

static void bad_programs(void **state)
{
	static const struct sock_filter bad[][2] = {
		{ { BPF_LD | BPF_W | BPF_ABS, 0, 0, 64 }, { BPF_RET | BPF_K, 0, 0, 0 } },
		{ { BPF_LD | BPF_W | BPF_ABS, 0, 0, 2 }, { BPF_RET | BPF_K, 0, 0, 0 } },
		{ { BPF_LD | BPF_W | BPF_IND, 0, 0, 0 }, { BPF_RET | BPF_K, 0, 0, 0 } },
		{ { BPF_JMP | BPF_JA, 0, 0, 9 }, { BPF_RET | BPF_K, 0, 0, 0 } },
		{ { BPF_JMP | BPF_JEQ | BPF_K, 9, 9, 0 }, { BPF_RET | BPF_K, 0, 0, 0 } },
		{ { BPF_ALU | BPF_AND | BPF_K, 0, 0, 9 }, { BPF_ALU | BPF_AND | BPF_K, 0, 0, 0 } },
	};
	const struct seccomp_data data = { 0 };
	struct error err;
	uint32_t action;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_excesses_ struct seccomp_excesses e = { 0 };
		struct sock_filter copy[2];
		const struct seccomp_program p = { .v = copy, .n = 2 };

		memcpy(copy, bad[i], sizeof(copy));
		assert_int_equal(seccomp_run(&p, &data, &action, &err), -EINVAL);
		assert_int_equal(seccomp_compare(&p, &p, AUDIT_ARCH_X86_64, &e, &err), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares),
		cmocka_unit_test(exhaustive),
		cmocka_unit_test(lints),
		cmocka_unit_test(bad_programs),
	};

	/* libseccomp asks the kernel whether it knows SCMP_ACT_LOG; valgrind's does not. */
	(void)seccomp_api_set(3);
	return cmocka_run_group_tests_name("seccomp comparison", tests, NULL, NULL);
}
