/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of names and signed numbers, from a policy's text and back to it. */
#include <cofferdam/policy.h>

#include "folder.h"

static int setup(void **state)
{
	(void)state;
	return folder_make();
}

static int teardown(void **state)
{
	(void)state;
	return folder_remove();
}

/* The policy whose rules are @rules, in single quotes. */
static int load(const char *rules, struct policy **ret, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };

	buf_printf(&text, "{'format': 1, 'name': 'p', 'extends': 'baseline', 'rules': {%s}}", rules);
	for (size_t i = 0; i < text.len; i++)
		text.data[i] = text.data[i] == '\'' ? '"' : text.data[i];
	put("policy.json", buf_cstr(&text), 0600);
	return policy_load(at("policy.json"), "/none", geteuid(), ret, err);
}

static const struct param_value *param(const struct policy *policy, enum rule_id id,
				       const char *name)
{
	int i = registry_param(registry_rule(id), name);

	assert_true(i >= 0);
	return &policy->rules[id].params[i];
}

static void test_names(void **state)
{
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	struct error err = { 0 };
	const char *const *list;

	(void)state;
	if (load("'sysctl': {'allow': ['net.*', 'a b']}", &policy, &err) < 0)
		fail_msg("%s", err.text);
	list = param(policy, RULE_SYSCTL, "allow")->list;
	assert_string_equal(list[0], "net.*");
	assert_string_equal(list[1], "a b");
	assert_null(list[2]);
	param_print(&out, PARAM_NAMES, param(policy, RULE_SYSCTL, "allow"));
	assert_string_equal(buf_cstr(&out), "[\"net.*\", \"a b\"]");
}

/* Everything that a device could be called, and what matches such names. */
static void test_devices(void **state)
{
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	struct error err = { 0 };

	(void)state;
	if (load("'devices': {'allow': ['c 10:229', 'b 8:-1', 'u 1:3', 'c 226:*', '[bc] *', '*']}", &policy,
		 &err) < 0)
		fail_msg("%s", err.text);
	param_print(&out, PARAM_DEVICES, param(policy, RULE_DEVICES, "allow"));
	assert_string_equal(buf_cstr(&out),
			    "[\"c 10:229\", \"b 8:-1\", \"u 1:3\", \"c 226:*\", \"[bc] *\", \"*\"]");
}

static void test_calls_and_traps(void **state)
{
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_buf_ struct buf calls = { 0 }, traps = { 0 };
	struct error err = { 0 };

	(void)state;
	if (load("'seccomp-weak': {'calls': ['bpf', 'mount'], 'traps': ['kill', 'clone3-errno']}", &policy,
		 &err) < 0)
		fail_msg("%s", err.text);
	param_print(&calls, PARAM_CALLS, param(policy, RULE_SECCOMP_WEAK, "calls"));
	assert_string_equal(buf_cstr(&calls), "[\"bpf\", \"mount\"]");
	param_print(&traps, PARAM_TRAPS, param(policy, RULE_SECCOMP_WEAK, "traps"));
	assert_string_equal(buf_cstr(&traps), "[\"kill\", \"clone3-errno\"]");
}

static void test_int(void **state)
{
	static const struct { const char *text; int64_t v; } cases[] = {
		{ "-500", -500 }, { "0", 0 }, { "7", 7 }, { "9223372036854775807", INT64_MAX },
		{ "-9223372036854775808", INT64_MIN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_policy_ struct policy *policy = NULL;
		_cleanup_buf_ struct buf rule = { 0 }, out = { 0 };
		struct error err = { 0 };

		buf_printf(&rule, "'oom-score': {'min': %s}", cases[i].text);
		if (load(buf_cstr(&rule), &policy, &err) < 0)
			fail_msg("%s", err.text);
		assert_true((int64_t)param(policy, RULE_OOM_SCORE, "min")->number == cases[i].v);
		param_print(&out, PARAM_INT, param(policy, RULE_OOM_SCORE, "min"));
		assert_string_equal(buf_cstr(&out), cases[i].text);
	}
}

static void test_wrong(void **state)
{
	static const struct { const char *rules, *say; } cases[] = {
		{ "'sysctl': {'allow': ['']}", "must not be empty" },
		{ "'sysctl': {'allow': [1]}", "each entry" },
		{ "'sysctl': {'allow': 'net.*'}", "allow" },
		{ "'seccomp-weak': {'calls': ['no_such_call']}", "no system call \"no_such_call\"" },
		{ "'seccomp-weak': {'calls': ['bpf', '']}", "no system call" },
		{ "'seccomp-weak': {'calls': 'bpf'}", "calls" },
		{ "'seccomp-weak': {'traps': ['wide-compares']}", "\"wide-compares\" is nothing" },
		{ "'seccomp-weak': {'profile': 'none.json'}", "none.json" },
		/* what would match nothing, and protect nobody */
		{ "'update-weakens': {'keeps': ['memory-limits']}", "\"memory-limits\" is none of \"memory-limit\"" },
		{ "'update-weakens': {'keeps': ['*']}", "is none of" },
		{ "'devices': {'allow': ['/dev/fuse']}", "\"/dev/fuse\" would match no device" },
		{ "'devices': {'allow': ['c 10:229 rwm']}", "ls -l" },
		{ "'devices': {'allow': ['c 10:* rwm']}", "would match no device" },
		{ "'devices': {'allow': ['c 10']}", "would match no device" },
		{ "'devices': {'allow': ['c10:229']}", "would match no device" },
		{ "'devices': {'allow': ['c 10:']}", "would match no device" },
		{ "'devices': {'allow': ['c :229']}", "would match no device" },
		{ "'devices': {'allow': ['c 10:229:1']}", "would match no device" },
		{ "'devices': {'allow': ['']}", "would match no device" },
		{ "'secret-env': {'names': ['*_Token']}", "\"*_Token\" would match nothing" },
		{ "'secret-env': {'except': {'add': ['x']}}", "in capitals" },
		{ "'secret-env': {'names': ['']}", "must not be empty" },
		{ "'foreign-hooks': {'allow': ['/a/']}", "write \"/a\"" },
		{ "'sysctl': {'allow': {'remove': ['net.*']}}", "inherited list has, which is not \"net.*\"" },
		{ "'sysctl': {'allow': {'remove': [5]}}", "inherited list has, which is not this" },
		{ "'oom-score': {'min': '5'}", "may be negative" },
		{ "'oom-score': {'min': 1.5}", "may be negative" },
		{ "'oom-score': {'min': 1e3}", "may be negative" },
		{ "'oom-score': {'min': 9223372036854775808}", "may be negative" },
		{ "'oom-score': {'min': -9223372036854775809}", "may be negative" },
		{ "'oom-score': {'min': null}", "may be negative" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct policy *policy = NULL;
		struct error err = { 0 };

		assert_true(load(cases[i].rules, &policy, &err) < 0);
		if (!strstr(err.text, cases[i].say))
			print_error("%s: %s\n", cases[i].rules, err.text);
		assert_non_null(strstr(err.text, cases[i].say));
		assert_null(policy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_devices, setup, teardown),
		cmocka_unit_test_setup_teardown(test_calls_and_traps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_int, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong, setup, teardown),
	};

	return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
