/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile by the names of system calls, a profile within another, and that
 * neither this nor lint costs more than their size.
 */
#include "seccomp-run.h"

#include <time.h>

#define ENTRY(NAMES, ACTION) "{\"names\":[" NAMES "],\"action\":\"SCMP_ACT_" ACTION "\"}"
#define WHEN(NAMES, ACTION) "{\"names\":[" NAMES "],\"action\":\"SCMP_ACT_" ACTION \
	"\",\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":4294967295,\"valueTwo\":1}]}"

static void read_profile(const char *text, struct seccomp_profile *ret)
{
	struct error err = { 0 };

	if (seccomp_profile_read("t", text, strlen(text), &here, ret, &err) < 0)
		fail_msg("%s: %s", text, err.text);
}

static const char mixed[] =
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
	ENTRY("\"read\",\"write\"", "ALLOW") "," ENTRY("\"write\"", "ERRNO") ","
	WHEN("\"socket\",\"read\"", "ALLOW") "," ENTRY("\"chmod\"", "LOG") ","
	ENTRY("\"mount\"", "NOTIFY") "," ENTRY("\"umount2\"", "TRACE") ","
	ENTRY("\"bpf\"", "FUTURE") "," WHEN("\"personality\"", "NOTIFY") ","
	ENTRY("\"acct\"", "ERRNO") "," ENTRY("\"swapon\"", "KILL_PROCESS") ","
	ENTRY("\"swapoff\"", "TRAP") "]}";

static void lets(void **state)
{
	static const struct { const char *name; enum seccomp_let let; } rows[] = {
		{ "read", LET_ALWAYS }, { "write", LET_ALWAYS }, { "socket", LET_SOMETIMES },
		{ "chmod", LET_ALWAYS }, { "mount", LET_DELEGATED }, { "umount2", LET_DELEGATED },
		{ "bpf", LET_DELEGATED }, { "personality", LET_DELEGATED }, { "acct", LET_NEVER },
		{ "swapon", LET_NEVER }, { "swapoff", LET_NEVER }, { "unshare", LET_NEVER },
		{ "", LET_NEVER }, { "rea", LET_NEVER }, { "readv", LET_NEVER },
	};
	_cleanup_profile_ struct seccomp_profile profile = { 0 }, open = { 0 };
	_cleanup_calls_ struct seccomp_calls calls = { 0 }, all = { 0 };
	struct error err = { 0 };

	(void)state;
	read_profile(mixed, &profile);
	assert_int_equal(seccomp_calls_read(seccomp_of(&profile), &calls, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (seccomp_calls_let(&calls, rows[i].name) != rows[i].let)
			fail_msg("%s", rows[i].name);
	}
	read_profile("{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[" ENTRY("\"bpf\"", "ERRNO") "]}",
		     &open);
	assert_int_equal(seccomp_calls_read(seccomp_of(&open), &all, &err), 0);
	assert_int_equal(seccomp_calls_let(&all, "read"), LET_ALWAYS);
	assert_int_equal(seccomp_calls_let(&all, "bpf"), LET_NEVER);
}

/* Whatever the order of names and entries, the table has each name once, in order. */
static void in_any_order(void **state)
{
	unsigned random = 1;

	(void)state;
	for (int round = 0; round < 300; round++) {
		_cleanup_profile_ struct seccomp_profile profile = { 0 };
		_cleanup_calls_ struct seccomp_calls calls = { 0 };
		_cleanup_buf_ struct buf text = { 0 };
		bool named[30] = { false };
		size_t n = 0, distinct = 0;
		struct error err = { 0 };

		buf_str(&text, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[");
		for (int e = round % 5; e >= 0; e--) {
			buf_str(&text, "{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[");
			for (unsigned k = 0; k < 10; k++) {
				random = random * 1103515245u + 12345u;
				/* runs of every length: by ones, or anywhere */
				n = round % 3 ? (n + (random >> 16) % 3) % 30 : (random >> 16) % 30;
				buf_printf(&text, "%s\"c%02zu\"", k ? "," : "", n);
				distinct += !named[n];
				named[n] = true;
			}
			buf_str(&text, e ? "]}," : "]}");
		}
		buf_str(&text, "]}");
		read_profile(buf_cstr(&text), &profile);
		assert_int_equal(seccomp_calls_read(seccomp_of(&profile), &calls, &err), 0);
		assert_int_equal(calls.n, distinct);
		for (size_t i = 1; i < calls.n; i++)
			assert_true(strcmp(calls.v[i - 1].name, calls.v[i].name) < 0);
		for (size_t i = 0; i < calls.n; i++)
			assert_true(named[strtoul(calls.v[i].name + 1, NULL, 10)]);
	}
}

static void within(const char *outer, const char *profile, struct buf *ret)
{
	_cleanup_profile_ struct seccomp_profile own = { 0 };
	_cleanup_calls_ struct seccomp_calls calls = { 0 };
	struct error err = { 0 };

	read_profile(outer, &own);
	assert_int_equal(seccomp_calls_read(seccomp_of(&own), &calls, &err), 0);
	assert_int_equal(seccomp_within(profile, strlen(profile), &calls, ret, &err), 0);
}

static void narrows(void **state)
{
	static const char profile[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"syscalls\":["
		ENTRY("\"unshare\",\"acct\"", "ALLOW") "," ENTRY("\"chmod\",\"mount\",\"read\"", "ALLOW")
		"," WHEN("\"socket\"", "ALLOW") "," WHEN("\"clone\"", "ALLOW") ","
		ENTRY("\"clone3\",\"bpf\"", "ERRNO") "]}";
	static const char wanted[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"syscalls\":["
		ENTRY("\"chmod\",\"read\"", "ALLOW") "," WHEN("\"socket\"", "ALLOW") ","
		ENTRY("\"clone3\",\"bpf\"", "ERRNO") "]}";
	_cleanup_buf_ struct buf out = { 0 }, none = { 0 };

	(void)state;
	within(mixed, profile, &out);
	assert_string_equal(buf_cstr(&out), wanted);
	within("{\"defaultAction\":\"SCMP_ACT_ERRNO\"}", "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
	       ENTRY("\"read\"", "ALLOW") "]}", &none);
	assert_string_equal(buf_cstr(&none), "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[]}");
}

#define IF(NAMES, INDEX, OP, VALUE, TWO) "{\"names\":[" NAMES "],\"action\":\"SCMP_ACT_ALLOW\"," \
	"\"args\":[{\"index\":" #INDEX ",\"op\":\"SCMP_CMP_" OP "\",\"value\":" #VALUE \
	",\"valueTwo\":" #TWO "}]}"

/* Narrower than the policy's in some calls, wider in others; the last as Docker has them. */
static const char narrow[] =
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[" ENTRY("\"read\",\"io_uring_setup\"", "ALLOW") ","
	IF("\"socket\"", 0, "EQ", 1, 0) "," IF("\"clone\"", 0, "EQ", 17, 0) ","
	IF("\"write\"", 0, "LE", 2, 0) "," IF("\"unshare\"", 0, "EQ", 0, 0) "]}";
static const char docker[] =
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[" ENTRY("\"read\",\"bpf\"", "ALLOW") ","
	IF("\"socket\"", 0, "NE", 40, 0) "," IF("\"clone\"", 0, "MASKED_EQ", 2114060288, 0) ","
	IF("\"personality\"", 0, "EQ", 0, 0) "," IF("\"personality\"", 0, "EQ", 8, 0) "]}";

/* Of two conditions the narrower stays, whosever it is; what cannot be compared goes. */
static void narrower_entry(void **state)
{
	static const char profile[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
		IF("\"socket\"", 0, "MASKED_EQ", 4294967295, 1) ","
		IF("\"socket\"", 0, "MASKED_EQ", 4294967295, 2) ","
		IF("\"clone\"", 0, "MASKED_EQ", 4294967168, 0) "," ENTRY("\"read\",\"write\"", "ALLOW") ","
		IF("\"unshare\"", 0, "GT", 0, 0) "]}";
	_cleanup_buf_ struct buf out = { 0 }, wide = { 0 };

	(void)state;
	within(narrow, profile, &out);
	assert_string_equal(buf_cstr(&out), "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
			    ENTRY("\"read\"", "ALLOW") ","
			    "{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
			    "\"value\":1,\"valueTwo\":0,\"op\":\"SCMP_CMP_EQ\"}]},"
			    "{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
			    "\"value\":17,\"valueTwo\":0,\"op\":\"SCMP_CMP_EQ\"}]},"
			    "{\"names\":[\"write\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
			    "\"value\":2,\"valueTwo\":0,\"op\":\"SCMP_CMP_LE\"}]}]}");
	within(docker, profile, &wide);
	assert_non_null(strstr(buf_cstr(&wide), "\"valueTwo\":1}"));
	assert_non_null(strstr(buf_cstr(&wide), "\"valueTwo\":2}"));
	assert_non_null(strstr(buf_cstr(&wide), "4294967168"));
	assert_null(strstr(buf_cstr(&wide), "write"));
}

/* Whatever the outer profile is, what comes out lets through no more than the shipped one
 * does, and no name that the outer one does not. */
static void never_more(void **state)
{
	static const char *const outers[] = {
		mixed, "{\"defaultAction\":\"SCMP_ACT_ERRNO\"}", "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}",
		narrow, docker,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(outers) * 3; i++) {
		_cleanup_seccomp_ struct seccomp_program whole = { 0 }, part = { 0 }, outer = { 0 };
		_cleanup_excesses_ struct seccomp_excesses more = { 0 }, wider = { 0 };
		_cleanup_buf_ struct buf out = { 0 };
		_cleanup_free_ char *text = NULL;
		struct error err = { 0 };
		size_t len = 0;

		assert_non_null(profile_shipped(profile_name(i % 3), &len));
		text = strndup(profile_shipped(profile_name(i % 3), &len), len);
		assert_non_null(text);
		within(outers[i / 3], text, &out);
		compile(text, AUDIT_ARCH_X86_64, &whole);
		compile(buf_cstr(&out), AUDIT_ARCH_X86_64, &part);
		assert_int_equal(seccomp_compare(&part, &whole, AUDIT_ARCH_X86_64, &more, &err), 0);
		assert_int_equal(more.n, 0);
		if (i / 3 == 0)
			continue;	/* an action that nobody knows */
		compile(outers[i / 3], AUDIT_ARCH_X86_64, &outer);
		assert_int_equal(seccomp_compare(&part, &outer, AUDIT_ARCH_X86_64, &wider, &err), 0);
		for (size_t k = 0; k < wider.n; k++)
			assert_true(wider.v[k].arch == AUDIT_ARCH_I386);
	}
}

#define MANY 50000

/* What lint and the look-ups take of the processor for @n denials that are all lost. */
static double lint_many(unsigned n)
{
	_cleanup_profile_ struct seccomp_profile profile = { 0 };
	_cleanup_calls_ struct seccomp_calls calls = { 0 };
	_cleanup_lints_ struct seccomp_lints lints = { 0 }, first = { 0 }, one = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };
	clock_t start;

	buf_str(&text, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[" ENTRY("\"ioctl\"", "ALLOW"));
	for (unsigned i = 0; i < n; i++)
		buf_printf(&text, ",{\"names\":[\"ioctl\",\"n%u\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":1,\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":1,\"valueTwo\":1}]}",
			   i);
	buf_str(&text, "]}");
	read_profile(buf_cstr(&text), &profile);
	start = clock();
	assert_int_equal(seccomp_calls_read(seccomp_of(&profile), &calls, &err), 0);
	assert_int_equal(calls.n, n + 1);
	assert_int_equal(seccomp_calls_let(&calls, "n1"), LET_NEVER);
	assert_int_equal(seccomp_calls_let(&calls, "ioctl"), LET_ALWAYS);
	assert_int_equal(seccomp_lint(&calls, AUDIT_ARCH_X86_64, &lints, &err), 0);
	assert_int_equal(lints.n, 2 * n);
	assert_int_equal(seccomp_lint_first(&calls, AUDIT_ARCH_X86_64, ~0u, &first, &err), 0);
	assert_int_equal(first.n, 2);
	for (size_t i = 0; i < first.n; i++) {
		assert_int_equal(first.v[i].trap, lints.v[i].trap);
		assert_string_equal(first.v[i].pointer, lints.v[i].pointer);
		assert_string_equal(first.v[i].text, lints.v[i].text);
	}
	assert_int_equal(seccomp_lint_first(&calls, AUDIT_ARCH_X86_64, 1u << TRAP_LOST_DENIAL, &one,
					    &err), 0);
	assert_int_equal(one.n, 1);
	assert_int_equal(one.v[0].trap, TRAP_LOST_DENIAL);
	return (double)(clock() - start) / CLOCKS_PER_SEC;
}

/* One shipped profile, as the table has it, against its text. */
static void kept(const char *name, uint32_t arch)
{
	_cleanup_profile_ struct seccomp_profile profile = { 0 };
	_cleanup_calls_ struct seccomp_calls calls = { 0 };
	_cleanup_lints_ struct seccomp_lints lints = { 0 };
	const char *const none[] = { "no_such_call", "", NULL };
	struct error err = { 0 };
	unsigned traps = 1u << TRAP_UNKNOWN_NAME;
	size_t len, let = 0;
	const char *text = profile_shipped(name, &len);

	assert_int_equal(seccomp_profile_read(name, text, len, &here, &profile, &err), 0);
	assert_int_equal(profile.spec.notes.n, 0);
	assert_string_equal(seccomp_of(&profile)->default_action.v, PROFILE_DEFAULT);
	assert_int_equal(seccomp_calls_read(seccomp_of(&profile), &calls, &err), 0);
	for (size_t i = 0; i < calls.n; i++) {
		const char *const never[] = { "acct", calls.v[i].name, NULL };
		const bool lets = calls.v[i].let != LET_NEVER;

		if (profile_keeps(name, arch, never, 0) == lets)
			fail_msg("%s: %s", name, calls.v[i].name);
		let += lets;
	}
	assert_true(let > 100 && let < calls.n);
	assert_true(profile_keeps(name, arch, none, 0));
	assert_true(profile_keeps(name, arch, NULL, 0));
	assert_int_equal(seccomp_lint(&calls, arch, &lints, &err), 0);
	for (size_t i = 0; i < lints.n; i++)
		traps |= 1u << lints.v[i].trap;
	for (unsigned t = 0; t < TRAP_MAX; t++)
		assert_int_equal(profile_keeps(name, arch, NULL, 1u << t), !(traps & 1u << t));
}

/* What is told of the shipped profiles by a table is what their text says. */
static void keeps(void **state)
{
	const char *const ptrace[] = { "ptrace", NULL };
	size_t n = 0;

	(void)state;
	for (; profile_name(n); n++) {
		kept(profile_name(n), AUDIT_ARCH_X86_64);
		kept(profile_name(n), AUDIT_ARCH_AARCH64);
		assert_false(profile_keeps(profile_name(n), AUDIT_ARCH_PPC64, NULL, 0));
	}
	assert_int_equal(n, 3);
	assert_false(profile_keeps("hardene", AUDIT_ARCH_X86_64, NULL, 0));
	assert_false(profile_keeps("seccomp/own.json", AUDIT_ARCH_X86_64, NULL, 0));
	assert_true(profile_keeps("hardened", AUDIT_ARCH_X86_64, ptrace, 0));
	assert_false(profile_keeps("build", AUDIT_ARCH_X86_64, ptrace, 0));
}

/* Ten times as much takes ten times as long, not a hundred times. */
static void large(void **state)
{
	double small, big;

	(void)state;
	(void)lint_many(MANY / 10);
	small = lint_many(MANY / 10);
	big = lint_many(MANY);
	if (big > 40 * small + 0.2)
		fail_msg("%.3f s for %d entries, %.3f s for %d", small, MANY / 10, big, MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_any_order),
		cmocka_unit_test(lets),
		cmocka_unit_test(narrows),
		cmocka_unit_test(narrower_entry),
		cmocka_unit_test(never_more),
		cmocka_unit_test(keeps),
		cmocka_unit_test(large),
	};

	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
