/* SPDX-License-Identifier: Apache-2.0 */
#include "policies.h"

/* --- strict reading --- */

static const struct bad bad_files[] = {
	{ "", NULL, "" },
	{ "[]", "1:1", "must be an object, not a list" },
	{ "null", "1:1", "must be an object, not null" },
	{ "{\"format\": 1,", NULL, "" },
	{ "{} {}", NULL, "" },
	{ "{}", "1:1", "\"format\": 1 is missing" },
	{ "{\"format\": 2, \"name\": \"p\"}", "1:2", "newer" },
	{ "{\"format\": \"1\", \"name\": \"p\"}", "1:2", "newer" },
	{ "{\"format\": 1.0, \"name\": \"p\"}", "1:2", "newer" },
	{ "{\"format\": 1, \"format\": 1, \"name\": \"p\"}", "1:15", "a second time" },
	{ "{\"format\": 1}", "1:1", "\"name\" is missing" },
	{ "{\"format\": 1, \"name\": 5}", "1:15", "a string, not a number" },
	{ HEAD "\"description\": []}", NULL, "description must be a string, not a list" },
	{ HEAD "\"rulez\": {}}", "1:28", "did you mean \"rules\"?" },
	{ HEAD "\"Rules\": {}}", "1:28", "unknown member \"Rules\"" },
	{ HEAD "\"zzzzzzzz\": {}}", "1:28", "unknown member \"zzzzzzzz\"; there is \"format\", \"name\", " },
	{ HEAD "\"rules\": []}", "1:28", "rules must be an object, not a list" },
	{ HEAD "\"rules\": {}, \"rules\": {}}", "1:41", "a second time" },
	{ HEAD "\"extends\": 5}", "1:28", "extends must be a string" },
	{ HEAD "\"extends\": \"../other\"}", "1:28", "not a path" },
	{ HEAD "\"extends\": \"\"}", "1:28", "no bundle's name" },
	{ HEAD "\"extends\": \".hidden\"}", "1:28", "no bundle's name" },
	{ HEAD "\"extends\": \"a b\"}", "1:28", "no bundle's name" },
	{ HEAD "\"extends\": \"web@1.0\"}", "1:28", "extends takes a bundle's name alone" },
	{ HEAD "\n \"extends\": \"missing\"}", "2:2", "no policy \"missing\"" },
};

static const struct bad bad_rules[] = {
	{ "\"host-pidd\": {}", "2:11", "did you mean \"host-pid\"?" },
	{ "\"Host-Pid\": {}", "2:11", "no rule \"Host-Pid\"" },
	{ "\"host-pid\": {}, \"host-pid\": {}", "2:27", "a second time" },
	{ "\"host-pid\": []", "2:11", "must be an object" },
	{ "\"host-pid\": \"deny\"", "2:11", "must be an object, not a string" },
	{ "\"host-pid\": {\"acton\": \"deny\"}", "2:24", "did you mean \"action\"?" },
	{ "\"host-pid\": {\"max\": 5}", "2:24", "unknown member \"max\"" },
	{ "\"host-pid\": {\"action\": \"deny\", \"action\": \"off\"}", "2:42", "a second time" },
	{ "\"host-pid\": {\"action\": \"harden\"}", "2:24",
	  "host-pid has no remedy; use \"deny\"" },
	{ "\"host-pid\": {\"action\": \"denny\"}", "2:24", "did you mean \"deny\"?" },
	{ "\"host-pid\": {\"action\": \"Deny\"}", "2:24", "none of deny, harden, warn, off" },
	{ "\"host-pid\": {\"action\": \"\"}", "2:24", "none of" },
	{ "\"host-pid\": {\"action\": null}", "2:24", "a string, not null" },
	{ "\"host-pid\": {\"action\": true}", "2:24", "a string, not true or false" },
	/* lists of paths */
	{ "\"engine-socket\": {\"paths\": \"/a\"}", "2:29", "paths must be a list, not a string" },
	{ "\"engine-socket\": {\"paths\": [5]}", "2:39", "each entry must be a string" },
	{ "\"engine-socket\": {\"paths\": [\"/a\", \"run\"]}", "2:45", "write \"/run\"" },
	{ "\"engine-socket\": {\"paths\": [\"/a/\"]}", "2:39", "write \"/a\"" },
	{ "\"engine-socket\": {\"paths\": [\"/a/../b\"]}", "2:39", "write \"/b\"" },
	{ "\"engine-socket\": {\"paths\": [\"\"]}", "2:39", "not a clean absolute path" },
	/* capabilities */
	{ "\"capabilities\": {\"allow\": [\"CHOWN\"]}", "2:38", "spelt as in capabilities(7)" },
	{ "\"capabilities\": {\"allow\": [\"cap_chown\"]}", "2:38", "no capability" },
	{ "\"capabilities\": {\"allow\": [\"CAP_NONE_SUCH\"]}", "2:38", "no capability" },
	{ "\"capabilities\": {\"allow\": [null]}", "2:38", "must be a string" },
	{ "\"capabilities\": {\"allow\": {}}", "2:28", "\"add\" or \"remove\" is missing" },
	{ "\"capabilities\": {\"allow\": {\"append\": true}}", "2:38",
	  "unknown member \"append\"; there is \"add\", \"remove\"" },
	{ "\"capabilities\": {\"allow\": 5}", "2:28", "must be a list" },
	{ "\"capabilities\": {\"allow\": {\"ad\": []}}", "2:38", "did you mean \"add\"?" },
	{ "\"capabilities\": {\"allow\": {\"add\": \"CAP_CHOWN\"}}", "2:38", "add must be a list" },
	{ "\"capabilities\": {\"allow\": {\"add\": [\"CHOWN\"]}}", "2:46", "spelt as in" },
	{ "\"capabilities\": {\"allow\": {\"remove\": {}}}", "2:38", "remove must be a list" },
	{ "\"capabilities\": {\"allow\": {\"remove\": [\"CAP_CHOWN\"]}}", "2:49",
	  "takes what the inherited list has" },
	{ "\"memory-limit\": {\"max\": {\"add\": []}}", "2:28", "a size" },
	/* numbers */
	{ "\"memory-limit\": {\"max\": \"1 GiB\"}", "2:28", "max must be a size in bytes" },
	{ "\"memory-limit\": {\"max\": -1}", "2:28", "a size" },
	{ "\"memory-limit\": {\"max\": 1.5}", "2:28", "a size" },
	{ "\"memory-limit\": {\"max\": true}", "2:28", "a size" },
	{ "\"memory-limit\": {\"max\": \"\"}", "2:28", "a size" },
	{ "\"memory-limit\": {\"max\": 18446744073709551616}", "2:28", "a size" },
	{ "\"memory-limit\": {\"max\": \"1Gi\", \"default\": \"2Gi\"}", "2:11", "above its max" },
	{ "\"pids-limit\": {\"max\": \"many\"}", "2:26", "a whole number" },
	{ "\"pids-limit\": {\"max\": \"5\"}", "2:26", "a whole number" },
	{ "\"cpu-limit\": {\"max\": \"2 CPUs\"}", "2:25", "a number of CPUs" },
	{ "\"cpu-limit\": {\"max\": \"0.0005\"}", "2:25", "a number of CPUs" },
	{ "\"cpu-limit\": {\"max\": []}", "2:25", "a number of CPUs" },
	{ "\"cpu-limit\": {\"shares_count\": 1}", "2:25", "true or false, not a number" },
	{ "\"cpu-limit\": {\"shares_count\": \"true\"}", "2:25", "true or false" },
	/* profiles */
	{ "\"seccomp-missing\": {\"profile\": 5}", "2:31", "profile must be a string" },
	{ "\"seccomp-missing\": {\"profile\": \"hardenedd\"}", "2:31",
	  "neither a shipped profile" },
	{ "\"seccomp-missing\": {\"profile\": \"../x.json\"}", "2:31", "below the bundle" },
	{ "\"seccomp-missing\": {\"profile\": \"a/../../x.json\"}", "2:31", "below the bundle" },
	{ "\"seccomp-missing\": {\"profile\": \"/etc/x.json\"}", "2:31", "below the bundle" },
	{ "\"seccomp-missing\": {\"profile\": \"missing.json\"}", NULL, "missing.json" },
};

static void test_bad_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_files); i++) {
		struct policy *policy = NULL;
		struct error err = { 0 };

		put_bundle("p", bad_files[i].text);
		assert_bad(&bad_files[i], load_err("p", &policy, &err), &err,
			   at("bundles/p/policy.json"));
		assert_null(policy);
	}
}

static void test_bad_rules(void **state)
{
	char text[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_rules); i++) {
		struct policy *policy = NULL;
		struct error err = { 0 };

		(void)snprintf(text, sizeof(text), RULES("%s"), bad_rules[i].text);
		put_bundle("p", text);
		assert_bad(&bad_rules[i], load_err("p", &policy, &err), &err,
			   at("bundles/p/policy.json"));
		assert_null(policy);
	}
}

static void test_good(void **state)
{
	_cleanup_policy_ struct policy *policy = NULL;

	(void)state;
	put_bundle("p", "// a comment\n" RULES(
		"\"memory-limit\": {\"action\": \"warn\", \"max\": \"2Gi\", \"default\": 1048576},"
		"\"cpu-limit\": {\"max\": 2, \"default\": \"0.5\", \"shares_count\": true},"
		"\"pids-limit\": {\"max\": 100},"
		"\"capabilities\": {\"action\": \"deny\","
		" \"allow\": [\"CAP_CHOWN\", \"CAP_KILL\"]},"
		"\"rootfs-writable\": {\"tmpfs\": []} /* none */"));
	load("p", &policy);
	assert_string_equal(policy->name, "p");
	assert_string_equal(policy->dir, at("bundles/p"));
	assert_int_equal(policy->rules[RULE_MEMORY_LIMIT].action, ACTION_WARN);
	assert_int_equal(policy->rules[RULE_MEMORY_LIMIT].params[0].number, 2147483648);
	assert_int_equal(policy->rules[RULE_MEMORY_LIMIT].params[1].number, 1048576);
	assert_int_equal(policy->rules[RULE_CPU_LIMIT].params[0].number, 2000);
	assert_int_equal(policy->rules[RULE_CPU_LIMIT].params[1].number, 500);
	assert_int_equal(policy->rules[RULE_CPU_LIMIT].params[2].number, 1);
	assert_int_equal(policy->rules[RULE_PIDS_LIMIT].params[0].number, 100);
	assert_string_equal(policy->rules[RULE_CAPABILITIES].params[0].list[1], "CAP_KILL");
	assert_null(policy->rules[RULE_CAPABILITIES].params[0].list[2]);
	assert_null(policy->rules[RULE_ROOTFS_WRITABLE].params[0].list[0]);
	/* what is not named is restricted's */
	assert_int_equal(policy->rules[RULE_PIDS_LIMIT].action, ACTION_DENY);
	assert_int_equal(policy->rules[RULE_ROOT_USER].action, ACTION_DENY);
}

/* --- extends --- */

static void test_extends(void **state)
{
	_cleanup_policy_ struct policy *policy = NULL;

	(void)state;
	put_bundle("low", HEAD "\"extends\": \"cis-docker\", "
		   "\"rules\": {\"root-user\": {\"action\": "
		   "\"off\"}, \"pids-limit\": {\"max\": 2000, \"default\": 50}}}");
	put_bundle("high", HEAD "\"extends\": \"low\", \"rules\": {\"root-user\": {\"action\": "
		   "\"deny\"}, \"pids-limit\": {\"max\": 300}}}");
	load("high", &policy);
	assert_int_equal(policy->rules[RULE_ROOT_USER].action, ACTION_DENY);
	assert_int_equal(policy->rules[RULE_PIDS_LIMIT].params[0].number, 300);
	assert_int_equal(policy->rules[RULE_PIDS_LIMIT].params[1].number, 50);
	assert_int_equal(policy->rules[RULE_PIDS_LIMIT].action, ACTION_HARDEN);
	assert_int_equal(policy->rules[RULE_MEMORY_LIMIT].params[1].number, 1 << 30);
}

/* A default of one level against a max of another. */
static void test_extends_contradiction(void **state)
{
	struct policy *policy = NULL;
	struct error err = { 0 };

	(void)state;
	put_bundle("low", HEAD "\"rules\": {\"pids-limit\": {\"default\": 50}}}");
	put_bundle("high", HEAD "\"extends\": \"low\", "
		   "\"rules\": {\"pids-limit\": {\"max\": 49}}}");
	assert_int_equal(load_err("high", &policy, &err), -EINVAL);
	assert_non_null(strstr(err.text, "the default of pids-limit is above its max: 50, 49"));
}

static void test_extends_depth(void **state)
{
	_cleanup_policy_ struct policy *policy = NULL;
	struct policy *none = NULL;
	struct error err = { 0 };
	char name[16], text[128];

	(void)state;
	put_bundle("l0", HEAD "\"extends\": \"baseline\"}");
	for (int i = 1; i <= POLICY_EXTENDS_MAX + 1; i++) {
		(void)snprintf(name, sizeof(name), "l%d", i);
		(void)snprintf(text, sizeof(text), HEAD "\"extends\": \"l%d\"}", i - 1);
		put_bundle(name, text);
	}
	(void)snprintf(name, sizeof(name), "l%d", POLICY_EXTENDS_MAX - 1);
	load(name, &policy);
	(void)snprintf(name, sizeof(name), "l%d", POLICY_EXTENDS_MAX);
	assert_int_equal(load_err(name, &none, &err), -EINVAL);
	assert_non_null(strstr(err.text, "more than 8 levels"));
	assert_null(none);
}

static void test_extends_cycle(void **state)
{
	struct policy *policy = NULL;
	struct error err = { 0 };

	(void)state;
	put_bundle("ouro", HEAD "\"extends\": \"boros\"}");
	put_bundle("boros", HEAD "\"extends\": \"ouro\"}");
	put_bundle("self", HEAD "\"extends\": \"self\"}");
	assert_int_equal(load_err("ouro", &policy, &err), -EINVAL);
	assert_non_null(strstr(err.text, "bundles extend each other: ouro <- boros <- ouro"));
	assert_int_equal(load_err("self", &policy, &err), -EINVAL);
	assert_null(policy);
}

/* A list is replaced, or what is inherited changed: added to its end, removed. */
static void test_list_changes(void **state)
{
	_cleanup_policy_ struct policy *policy = NULL;
	const char *const *list;

	(void)state;
	put_bundle("one", HEAD "\"rules\": {\"host-path\": {\"allow\": [\"/a\", \"/b\", \"/c\"]}}}");
	put_bundle("two", HEAD "\"extends\": \"one\", \n\"rules\": {\"host-path\": "
		   "{\"allow\": {\"remove\": [\"/b\"], \"add\": [\"/d\", \"/e\"]}}}}");
	load("two", &policy);
	list = policy->rules[RULE_HOST_PATH].params[0].list;
	assert_string_equal(list[0], "/a");
	assert_string_equal(list[1], "/c");
	assert_string_equal(list[2], "/d");
	assert_string_equal(list[3], "/e");
	assert_null(list[4]);
	assert_string_equal(policy->rules[RULE_HOST_PATH].params_at[0].file,
			    at("bundles/two/policy.json"));
	assert_int_equal(policy->rules[RULE_HOST_PATH].params_at[0].line, 2);
	/* and what it extends is as it was */
	policy_free(&policy);
	load("one", &policy);
	assert_string_equal(policy->rules[RULE_HOST_PATH].params[0].list[1], "/b");
}

/* The shipped names are reserved: a folder of that name is not looked at. */
static void test_shipped_names(void **state)
{
	_cleanup_policy_ struct policy *policy = NULL;

	(void)state;
	put_bundle("restricted", HEAD "\"rules\": {\"root-user\": {\"action\": \"off\"}}}");
	load("restricted", &policy);
	assert_int_equal(policy->rules[RULE_ROOT_USER].action, ACTION_DENY);
	assert_null(policy->dir);
}

static void test_names(void **state)
{
	static const char *const names[] = { "", ".", "..", ".p", "a b", "p\n", "p\033", "\xc3\xa4",
		"12345678901234567890123456789012345678901234567890123456789012345" };
	struct policy *policy = NULL;
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(load_err(names[i], &policy, &err), -EINVAL);
	assert_int_equal(load_err("missing", &policy, &err), -ENOENT);
	assert_non_null(strstr(err.text, "baseline, restricted and cis-docker"));
	assert_null(policy);
}

static void test_paths(void **state)
{
	_cleanup_policy_ struct policy *by_folder = NULL, *by_file = NULL, *none = NULL;
	struct error err = { 0 };

	(void)state;
	put_bundle("low", HEAD "\"rules\": {\"root-user\": {\"action\": \"warn\"}}}");
	put_bundle("p", HEAD "\"extends\": \"low\"}");
	load(at("bundles/p"), &by_folder);
	load(at("bundles/p/policy.json"), &by_file);
	assert_int_equal(by_folder->rules[RULE_ROOT_USER].action, ACTION_WARN);
	assert_int_equal(by_file->rules[RULE_ROOT_USER].action, ACTION_WARN);
	assert_int_equal(load_err(at("bundles/none/policy.json"), &none, &err), -ENOENT);
	assert_int_equal(load_err(at("bundles"), &none, &err), -ENOENT);
}

/* --- who may have written it --- */

static void expect_refused(int code)
{
	struct policy *policy = NULL;
	struct error err = { 0 };
	int r = load_err("t", &policy, &err);

	assert_int_equal(r, code);
	assert_null(policy);
	assert_true(*err.text);
}

static void test_writable(void **state)
{
	static const mode_t modes[] = { 0602, 0620, 0666, 0777 };
	_cleanup_policy_ struct policy *policy = NULL;

	(void)state;
	put_bundle("t", HEAD "\"rules\": {}}");
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		assert_int_equal(chmod(at("bundles/t/policy.json"), modes[i]), 0);
		expect_refused(-EPERM);
		assert_int_equal(chmod(at("bundles/t/policy.json"), 0644), 0);
		assert_int_equal(chmod(at("bundles/t"), modes[i] | 0111), 0);
		expect_refused(-EPERM);
		assert_int_equal(chmod(at("bundles/t"), 0755), 0);
		assert_int_equal(chmod(at("bundles"), modes[i] | 0111), 0);
		expect_refused(-EPERM);
		assert_int_equal(chmod(at("bundles"), 0755), 0);
	}
	load("t", &policy);
}

static void test_not_a_file(void **state)
{
	(void)state;
	put_bundle("t", HEAD "\"rules\": {}}");
	assert_int_equal(unlink(at("bundles/t/policy.json")), 0);
	assert_int_equal(mkdir(at("bundles/t/policy.json"), 0700), 0);
	expect_refused(-EINVAL);
	assert_int_equal(rmdir(at("bundles/t/policy.json")), 0);
	assert_int_equal(mkfifo(at("bundles/t/policy.json"), 0600), 0);
	expect_refused(-EINVAL);
	assert_int_equal(unlink(at("bundles/t/policy.json")), 0);
	assert_int_equal(symlink("/dev/zero", at("bundles/t/policy.json")), 0);
	expect_refused(-EPERM);		/* anybody may write to it */
	assert_int_equal(unlink(at("bundles/t/policy.json")), 0);
	assert_int_equal(symlink("nowhere", at("bundles/t/policy.json")), 0);
	expect_refused(-ENOLINK);
	assert_int_equal(unlink(at("bundles/t/policy.json")), 0);
}

static void test_too_large(void **state)
{
	_cleanup_free_ char *text = malloc(POLICY_FILE_MAX + 64);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', POLICY_FILE_MAX + 63);
	text[POLICY_FILE_MAX + 63] = '\0';
	memcpy(text, HEAD "\"rules\": {}}", strlen(HEAD "\"rules\": {}}"));
	put_bundle("t", text);
	expect_refused(-EFBIG);
}

static void test_owner(void **state)
{
	_cleanup_policy_ struct policy *policy = NULL;
	struct error err = { 0 };

	(void)state;
	if (geteuid() != 0)
		skip();
	put_bundle("t", HEAD "\"rules\": {}}");
	assert_int_equal(chown(at("bundles/t/policy.json"), STRANGER, STRANGER), 0);
	expect_refused(-EPERM);
	assert_int_equal(policy_load("t", at("bundles"), STRANGER, &policy, &err), 0);
	assert_int_equal(chown(at("bundles/t/policy.json"), 0, 0), 0);
	assert_int_equal(chown(at("bundles/t"), STRANGER, STRANGER), 0);
	expect_refused(-EPERM);
	assert_int_equal(chown(at("bundles/t"), 0, 0), 0);
}

static void test_unreadable(void **state)
{
	struct policy *policy = NULL;
	struct error err = { 0 };
	int r;

	(void)state;
	if (geteuid() != 0)
		skip();
	put_bundle("t", HEAD "\"rules\": {}}");
	assert_int_equal(seteuid(STRANGER), 0);
	r = policy_load("t", at("bundles"), 0, &policy, &err);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(r, -EACCES);
	assert_null(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_bad_rules),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_extends),
		cmocka_unit_test(test_extends_contradiction),
		cmocka_unit_test(test_extends_depth),
		cmocka_unit_test(test_extends_cycle),
		cmocka_unit_test(test_list_changes),
		cmocka_unit_test(test_shipped_names),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_writable),
		cmocka_unit_test(test_not_a_file),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests_name("policy", tests, setup, teardown);
}
