/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs are run here, by a small interpreter of what seccomp(2) allows,
 * so that what is asserted is what a system call would get.
 */
#include "seccomp-run.h"

/* x86-64, i386 and arm64 numbers of the calls used below */
#define X64_READ 0
#define X64_CLONE 56
#define X64_SOCKET 41
#define X64_PTRACE 101
#define I386_READ 3
#define A64_READ 63
#define A64_SOCKET 198

static uint32_t call(const struct seccomp_program *p, uint32_t arch, int nr, uint64_t arg0)
{
	const struct seccomp_data data = { .nr = nr, .arch = arch, .args = { arg0 } };

	return run(p, &data);
}

static void compiled(const char *text, uint32_t arch, struct seccomp_program *p)
{
	struct error err = { 0 };
	int r = seccomp_compile("t", text, strlen(text), arch, p, &err);

	if (r < 0)
		fail_msg("%s", err.text);
}

#define ALLOWING(MORE) "{\"defaultAction\": \"SCMP_ACT_ERRNO\"" MORE "}"

static void defaults(void **state)
{
	_cleanup_seccomp_ struct seccomp_program p = { 0 };

	(void)state;
	compiled(ALLOWING(",\"defaultErrnoRet\": 38, \"syscalls\": [{\"names\": [\"read\", \"no_such_call\"],"
			 " \"action\": \"SCMP_ACT_ALLOW\"}, {\"names\": [\"ptrace\"], \"action\":"
			 " \"SCMP_ACT_ERRNO\", \"errnoRet\": 1}, {\"names\": [\"socket\"],"
			 " \"action\": \"SCMP_ACT_KILL\"}]"), AUDIT_ARCH_X86_64, &p);
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_READ, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_CLONE, 0), SECCOMP_RET_ERRNO | ENOSYS);
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_PTRACE, 0), SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_SOCKET, 0), SECCOMP_RET_KILL);
	/* other architectures are no way around it: neither i386 nor x32 */
	assert_int_equal(call(&p, AUDIT_ARCH_I386, I386_READ, 0), SECCOMP_RET_KILL);
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, 0x40000000 | X64_READ, 0), SECCOMP_RET_KILL);
}

static void conditions(void **state)
{
	_cleanup_seccomp_ struct seccomp_program p = { 0 };
	const uint64_t high = UINT64_C(1) << 32;

	(void)state;
	compiled(ALLOWING(",\"syscalls\": [{\"names\": [\"clone\"], \"action\": \"SCMP_ACT_ALLOW\","
			 "\"args\": [{\"index\": 0, \"value\": 2114060288, \"valueTwo\": 0, \"op\":"
			 " \"SCMP_CMP_MASKED_EQ\"}]}, {\"names\": [\"socket\"], \"action\":"
			 " \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 1, \"op\":"
			 " \"SCMP_CMP_EQ\"}, {\"index\": 0, \"value\": 2, \"op\": \"SCMP_CMP_EQ\"}]},"
			 "{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\":"
			 " 0, \"value\": 18446744073709551615, \"valueTwo\": 16, \"op\":"
			 " \"SCMP_CMP_MASKED_EQ\"}, {\"index\": 1, \"value\": 0, \"op\":"
			 " \"SCMP_CMP_EQ\"}]}]"), AUDIT_ARCH_X86_64, &p);
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_CLONE, 17), SECCOMP_RET_ALLOW);
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_CLONE, 0x10000000), SECCOMP_RET_ERRNO | 1);
	/* alternatives, as two conditions on one argument are */
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_SOCKET, 1), SECCOMP_RET_ALLOW);
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_SOCKET, 2), SECCOMP_RET_ALLOW);
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_SOCKET, 3), SECCOMP_RET_ERRNO | 1);
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_SOCKET, high | 1), SECCOMP_RET_ERRNO | 1);
	/* several rules for one call */
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_SOCKET, 16), SECCOMP_RET_ALLOW);
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_SOCKET, high | 16), SECCOMP_RET_ERRNO | 1);
}

static void several_architectures(void **state)
{
	_cleanup_seccomp_ struct seccomp_program p = { 0 }, arm = { 0 };
	static const char text[] =
		ALLOWING(",\"architectures\": [\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\"], \"flags\":"
			 " [\"SECCOMP_FILTER_FLAG_LOG\", \"SECCOMP_FILTER_FLAG_TSYNC\"], \"syscalls\":"
			 " [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\"}]");
	static const char plain[] =
		ALLOWING(",\"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\"}]");

	(void)state;
	compiled(text, AUDIT_ARCH_X86_64, &p);
	assert_int_equal(p.flags, SECCOMP_FILTER_FLAG_LOG);
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_READ, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(&p, AUDIT_ARCH_I386, I386_READ, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(&p, AUDIT_ARCH_I386, 11, 0), SECCOMP_RET_ERRNO | 1);
	compiled(plain, AUDIT_ARCH_AARCH64, &arm);
	assert_int_equal(call(&arm, AUDIT_ARCH_AARCH64, A64_READ, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(&arm, AUDIT_ARCH_AARCH64, A64_SOCKET, 0), SECCOMP_RET_ERRNO | 1);
	assert_int_equal(call(&arm, AUDIT_ARCH_X86_64, X64_READ, 0), SECCOMP_RET_KILL);
}

static void refusals(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *says;
	} cases[] = {
		{ "[]", -EINVAL, "not an OCI seccomp object" },
		{ "{}", -EINVAL, "defaultAction is missing" },
		{ "{\"defaultAction\": 1}", -EINVAL, "wrong type" },
		{ "{\"defaultAction\": \"SCMP_ACT_NONE\"}", -EINVAL, "t:1:19: unknown action" },
		{ "{\"defaultAction\": \"SCMP_ACT_KILL\", \"defaultAction\": \"SCMP_ACT_ALLOW\"}",
		  -EINVAL, "second time" },
		{ ALLOWING(",\"defaultErrnoRet\": 5000"), -EINVAL, "no such value" },
		{ ALLOWING(",\"defaultErrnoRet\": -1"), -EINVAL, "whole number" },
		{ ALLOWING(",\"defaultErrnoRet\": 1e3"), -EINVAL, "whole number" },
		{ ALLOWING(",\"listenerPath\": \"/x\""), -ENOTSUP, "listenerPath" },
		{ ALLOWING(",\"flags\": [\"X\"]"), -EINVAL, "unknown flag" },
		{ ALLOWING(",\"architectures\": [\"SCMP_ARCH_X\"]"), -EINVAL, "unknown architecture" },
		{ ALLOWING(",\"architectures\": [\"SCMP_ARCH_S390X\"]"), -EINVAL, "cannot be let in" },
		{ ALLOWING(",\"syscalls\": [{\"names\": [\"read\"]}]"), -EINVAL, "action is missing" },
		{ ALLOWING(",\"syscalls\": [{\"names\": [1], \"action\": \"SCMP_ACT_ALLOW\"}]"), -EINVAL,
		  "name of a system call" },
		{ ALLOWING(",\"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_NOTIFY\"}]"),
		  -ENOTSUP, "NOTIFY" },
		{ ALLOWING(",\"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\":"
			   " [{\"index\": 6, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}]}]"), -EINVAL,
		  "out of range" },
		{ ALLOWING(",\"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\":"
			   " [{\"index\": 1, \"value\": 1, \"op\": \"EQ\"}]}]"), -EINVAL,
		  "unknown comparison" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct seccomp_program p = { 0 };
		struct error err = { 0 };
		int r = seccomp_compile("t", cases[i].text, strlen(cases[i].text),
					AUDIT_ARCH_X86_64, &p, &err);

		assert_int_equal(r, cases[i].code);
		assert_null(p.v);
		if (!strstr(err.text, cases[i].says))
			fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].says);
	}
}

static void shipped(void **state)
{
	_cleanup_seccomp_ struct seccomp_program p = { 0 }, again = { 0 };
	struct error err = { 0 };
	size_t len;
	const char *text = profile_shipped("hardened", &len);

	(void)state;
	assert_non_null(text);
	assert_int_equal(seccomp_compile("hardened", text, len, AUDIT_ARCH_X86_64, &p, &err), 0);
	assert_int_equal(seccomp_compile("hardened", text, len, AUDIT_ARCH_X86_64, &again, &err), 0);
	assert_int_equal(p.n, again.n);
	assert_memory_equal(p.v, again.v, p.n * sizeof(*p.v));
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_READ, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_PTRACE, 0), SECCOMP_RET_ERRNO | EPERM);
	/* CLONE_NEWUSER */
	assert_int_equal(call(&p, AUDIT_ARCH_X86_64, X64_CLONE, 0x10000000) & SECCOMP_RET_ACTION,
			 SECCOMP_RET_ERRNO);
	assert_int_equal(call(&p, AUDIT_ARCH_I386, I386_READ, 0), SECCOMP_RET_KILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults), cmocka_unit_test(conditions),
		cmocka_unit_test(several_architectures), cmocka_unit_test(refusals),
		cmocka_unit_test(shipped),
	};

	return cmocka_run_group_tests_name("seccomp", tests, NULL, NULL);
}
