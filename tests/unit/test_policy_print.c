/* SPDX-License-Identifier: Apache-2.0 */
#include "policies.h"

#include <cofferdam/seccomp.h>

/* --- printing --- */

static void assert_alike(const struct policy *a, const struct policy *b)
{
	for (size_t i = 0; i < RULE_MAX; i++) {
		const struct rule *rule = registry_rule((enum rule_id)i);

		assert_int_equal(a->rules[i].action, b->rules[i].action);
		for (size_t p = 0; p < PARAMS_MAX; p++) {
			const struct param_value *x = &a->rules[i].params[p];
			const struct param_value *y = &b->rules[i].params[p];

			assert_int_equal(x->number, y->number);
			assert_int_equal(!x->list, !y->list);
			if (x->string && rule->params[p].kind == PARAM_PROFILE) {
				assert_string_equal(x->string, y->string);
				continue;
			}
			for (size_t k = 0; x->list && (x->list[k] || y->list[k]); k++) {
				assert_non_null(x->list[k]);
				assert_non_null(y->list[k]);
				assert_string_equal(x->list[k], y->list[k]);
			}
		}
	}
}

static void test_print(void **state)
{
	(void)state;
	for (int b = 0; b < BUNDLE_MAX; b++) {
		_cleanup_policy_ struct policy *shipped = NULL, *read = NULL;
		_cleanup_buf_ struct buf first = { 0 }, second = { 0 };
		struct error err = { 0 };

		assert_int_equal(policy_shipped((enum bundle)b, &shipped, &err), 0);
		policy_print(&first, shipped);
		put_bundle("printed", buf_cstr(&first));
		/* by its path: the names of shipped ones are reserved */
		load(at("bundles/printed"), &read);
		assert_alike(shipped, read);
		assert_string_equal(read->name, bundle_name((enum bundle)b));
		assert_string_equal(read->description, bundle_description((enum bundle)b));
		policy_print(&second, read);
		assert_int_equal(buf_check(&second, &err), 0);
		assert_string_equal(buf_cstr(&first), buf_cstr(&second));
	}
}

/* Exemptions and audit: what is printed reads alike, and prints alike again. */
static void test_print_more(void **state)
{
	static const char text[] = HEAD "\"audit\": true, \"rules\": {\"host-pid\": {\"audit\": true}}, "
		"\"exemptions\": [{\"when\": {\"engine\": [\"crio\", \"containerd\"], "
		"\"namespace\": [\"a\", \"b*\"], \"image\": \"r/\\\"x\", \"args\": [\"/bin/a\", \"*\"], "
		"\"labels\": {\"tier\": \"public\", \"zone\": \"*\"}}, "
		"\"rules\": [\"host-pid\", \"host-ipc\"], \"reason\": \"OPS \\\"1\\\"\", "
		"\"expires\": \"2027-01-31\"}, {\"rules\": [\"host-uts\"], \"reason\": \"all\"}]}";
	_cleanup_policy_ struct policy *first = NULL, *second = NULL;
	_cleanup_buf_ struct buf a = { 0 }, b = { 0 };

	(void)state;
	put_bundle("p", text);
	load("p", &first);
	policy_print(&a, first);
	put_bundle("p", buf_cstr(&a));
	load("p", &second);
	policy_print(&b, second);
	assert_string_equal(buf_cstr(&a), buf_cstr(&b));
	assert_true(second->audit && second->rules[RULE_HOST_PID].audit);
	assert_int_equal(second->n_exemptions, 2);
	assert_string_equal(second->exemptions[0].reason, "OPS \"1\"");
	assert_string_equal(second->exemptions[0].when.labels.v[1].name, "zone");
	assert_int_equal(second->exemptions[0].until, first->exemptions[0].until);
	assert_true(when_any(&second->exemptions[1].when));
}

static void print_param(enum param_kind kind, struct param_value value, const char *text)
{
	_cleanup_buf_ struct buf out = { 0 };

	param_print(&out, kind, &value);
	assert_string_equal(buf_cstr(&out), text);
}

static void test_param_print(void **state)
{
	static const char *const list[] = { "/a", "/\"b", NULL };

	(void)state;
	print_param(PARAM_BOOL, (struct param_value){ .number = 1 }, "true");
	print_param(PARAM_BOOL, (struct param_value){ 0 }, "false");
	print_param(PARAM_COUNT, (struct param_value){ .number = UINT64_MAX },
		    "18446744073709551615");
	print_param(PARAM_SIZE, (struct param_value){ .number = 1 << 20 }, "\"1Mi\"");
	print_param(PARAM_SIZE, (struct param_value){ 0 }, "\"0\"");
	print_param(PARAM_CPU, (struct param_value){ .number = 1500 }, "\"1500m\"");
	print_param(PARAM_PATHS, (struct param_value){ .list = list }, "[\"/a\", \"/\\\"b\"]");
	print_param(PARAM_CAPS, (struct param_value){ 0 }, "[]");
	print_param(PARAM_PROFILE, (struct param_value){ .string = "x" }, "\"x\"");
	print_param(PARAM_PROFILE, (struct param_value){ 0 }, "\"\"");
}

/* --- seccomp profiles --- */

#define ERRNO_ "{\"defaultAction\": \"SCMP_ACT_ERRNO\""

static int read_profile(const char *text, struct error *err)
{
	_cleanup_profile_ struct seccomp_profile profile = { 0 };

	return profile_read("p", text, strlen(text), &profile, err);
}

static void test_profiles(void **state)
{
	static const char *const good[] = {
		ERRNO_ "}",
		"{\"defaultAction\": \"SCMP_ACT_KILL_PROCESS\", \"syscalls\": []}",
		ERRNO_ ", \"syscalls\": [{\"names\": [\"read\", \"write\"], \"action\": "
		       "\"SCMP_ACT_ALLOW\"}]}",
	};
	static const char *const bad[] = {
		"", "null", "[]", "\"hardened\"", "{", "{}", "{\"defaultAction\": null}",
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\"}", "{\"defaultAction\": \"SCMP_ACT_LOG\"}",
		"{\"defaultAction\": \"SCMP_ACT_TRACE\"}",
		"{\"defaultAction\": \"SCMP_ACT_NOTIFY\"}",
		"{\"defaultAction\": \"scmp_act_errno\"}",
		"{\"defaultaction\": \"SCMP_ACT_ERRNO\"}", "{\"defaultAction\": 1}",
		ERRNO_ ", \"defaultAction\": \"SCMP_ACT_ERRNO\"}",
		ERRNO_ ", \"DefaultAction\": \"SCMP_ACT_ALLOW\"}",
		ERRNO_ ", \"listenerPath\": \"/run/x\"}", ERRNO_ ", \"listenerPath\": null}",
		ERRNO_ ", \"syscalls\": {}}", ERRNO_ ", \"syscalls\": [null]}",
		ERRNO_ ", \"syscalls\": [{\"names\": [\"none_such\"], \"action\": \"SCMP_ACT_ALLOW\"}]}",
		ERRNO_ ", \"syscalls\": [{\"names\": [\"read\", 0]}]}", ERRNO_ "} {}",
		ERRNO_ "}, \"namespaces\": {}", ERRNO_ "}}, \"x\": {\"y\": {}",
		"// no\n" ERRNO_ "}",
	};
	struct error err = { 0 };
	const char *hardened;
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		if (read_profile(good[i], &err) < 0)
			fail_msg("%s: %s", good[i], err.text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		err = (struct error){ 0 };
		if (read_profile(bad[i], &err) == 0)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(strncmp(err.text, "p:", 2), 0);
	}
	hardened = profile_shipped("hardened", &len);
	assert_non_null(hardened);
	assert_int_equal(strlen(hardened), len);
	assert_int_equal(read_profile(hardened, &err), 0);
	assert_null(profile_shipped("Hardened", &len));
	assert_null(profile_shipped("", &len));
}

static void test_profile_names(void **state)
{
	static const char text[] =
		ERRNO_ ", \"syscalls\": [{\"names\": []}, {\"names\": [\"read\", \"none_such\"]}]}";
	struct error err = { 0 };

	(void)state;
	assert_int_equal(read_profile(text, &err), -EINVAL);
	assert_non_null(strstr(err.text, "/syscalls/1/names/1"));
	assert_non_null(strstr(err.text, "\"none_such\""));
	assert_false(profile_refuses(NULL));
	assert_false(profile_refuses(""));
	assert_false(profile_refuses("SCMP_ACT_ALLOW"));
	assert_true(profile_refuses("SCMP_ACT_TRAP"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_print_more),
		cmocka_unit_test(test_param_print),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_profile_names),
	};

	return cmocka_run_group_tests_name("policy_print", tests, setup, teardown);
}
