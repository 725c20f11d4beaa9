/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle's seccomp profiles: whose file a name means, and who may have written it. */
#include "policies.h"

#define PROFILE(calls) "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [" calls "], " \
		       "\"action\": \"SCMP_ACT_ALLOW\"}]}"

/* The text that the profile of a rule is. */
static const char *profile_of(const struct policy *policy, enum rule_id id)
{
	const int i = registry_param(registry_rule(id), "profile");
	size_t len;

	assert_true(i >= 0);
	return policy_profile(policy, policy->rules[id].params[i].string, &len);
}

static void expect_refused(int code)
{
	struct policy *policy = NULL;
	struct error err = { 0 };

	assert_int_equal(load_err("t", &policy, &err), code);
	assert_null(policy);
	assert_non_null(strstr(err.text, "own.json"));
}

/* A profile is trusted no more than the policy that names it. */
static void test_trust(void **state)
{
	_cleanup_policy_ struct policy *policy = NULL;
	size_t len;

	(void)state;
	put_bundle("t", RULES("\"seccomp-missing\": {\"profile\": \"own.json\"}"));
	put("bundles/t/own.json", PROFILE("\"read\""), 0600);
	assert_int_equal(chmod(at("bundles/t/own.json"), 0666), 0);
	expect_refused(-EPERM);
	assert_int_equal(chmod(at("bundles/t/own.json"), 0600), 0);
	load("t", &policy);
	assert_string_equal(profile_of(policy, RULE_SECCOMP_MISSING), PROFILE("\"read\""));
	assert_non_null(policy_profile(policy, "hardened", &len));
	assert_null(policy_profile(policy, "other.json", &len));
	put("bundles/t/own.json", "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}", 0600);
	expect_refused(-EINVAL);
	assert_int_equal(unlink(at("bundles/t/own.json")), 0);
	expect_refused(-EINVAL);
}

/* What is inherited stays what it was, though a file here has the name of one there. */
static void test_names_of_two_bundles(void **state)
{
	_cleanup_policy_ struct policy *below = NULL, *above = NULL;
	const int p = registry_param(registry_rule(RULE_SECCOMP_WEAK), "profile");
	const char *inherited;

	(void)state;
	put_bundle("below", RULES("\"seccomp-missing\": {\"profile\": \"own.json\"}"));
	put("bundles/below/own.json", PROFILE("\"read\""), 0600);
	put_bundle("above", HEAD "\"extends\": \"below\", \"rules\": {"
		   "\"seccomp-weak\": {\"profile\": \"own.json\"}}}");
	put("bundles/above/own.json", PROFILE("\"read\", \"mount\""), 0600);
	load("below", &below);
	load("above", &above);
	assert_string_equal(profile_of(above, RULE_SECCOMP_MISSING), PROFILE("\"read\""));
	assert_string_equal(profile_of(above, RULE_SECCOMP_WEAK), PROFILE("\"read\", \"mount\""));
	/* as one that was read by itself calls it */
	inherited = policy_profile_as(above, below, below->rules[RULE_SECCOMP_MISSING].params[0].string);
	assert_ptr_equal(inherited, above->rules[RULE_SECCOMP_MISSING].params[0].string);
	assert_true(policy_profile_same(above, inherited, below,
					below->rules[RULE_SECCOMP_MISSING].params[0].string));
	assert_false(policy_profile_same(above, above->rules[RULE_SECCOMP_WEAK].params[p].string, below,
					 below->rules[RULE_SECCOMP_MISSING].params[0].string));
	assert_string_equal(policy_profile_as(above, below, "hardened"), "hardened");
	assert_null(policy_profile_as(below, above, above->rules[RULE_SECCOMP_WEAK].params[p].string));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_names_of_two_bundles),
	};

	return cmocka_run_group_tests_name("policy_profile", tests, setup, teardown);
}
