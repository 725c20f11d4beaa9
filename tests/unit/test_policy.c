/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <cofferdam/file.h>
#include <cofferdam/host.h>

/* Written into a fresh folder, which the test group makes and removes. */
static char dir[64];

static const char *at(const char *name)
{
	static char path[2][256];
	static unsigned turn;
	char *p = path[turn++ % 2];

	(void)snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static void put(const char *name, const char *text)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

/* put_named - put @text, with HEAD's name replaced by the folder's. */
static void put_named(const char *path, const char *name, const char *text)
{
	static const char placeholder[] = "\"name\": \"p\"";
	const char *at_name = strstr(text, placeholder);
	_cleanup_buf_ struct buf whole = { 0 };

	if (!at_name) {
		put(path, text);
		return;
	}
	buf_add(&whole, text, (size_t)(at_name - text));
	buf_printf(&whole, "\"name\": \"%s\"", name);
	buf_str(&whole, at_name + sizeof(placeholder) - 1);
	put(path, buf_cstr(&whole));
}

static void put_bundle(const char *name, const char *text)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "bundles/%s", name);
	assert_true(mkdir(at(path), 0700) == 0 || errno == EEXIST);
	(void)snprintf(path, sizeof(path), "bundles/%s/policy.json", name);
	put_named(path, name, text);
}

static int load_err(const char *name, struct policy **ret, struct error *err)
{
	return policy_load(name, at("bundles"), geteuid(), ret, err);
}

static void load(const char *name, struct policy **ret)
{
	struct error err = { 0 };

	if (load_err(name, ret, &err) < 0)
		fail_msg("%s: %s", name, err.text);
}

/* --- strict reading --- */

#define HEAD "{\"format\": 1, \"name\": \"p\", "
#define RULES(text) HEAD "\n\"rules\": {" text "}}"

struct bad {
	const char *text;
	const char *where;		/* line:column, or NULL */
	const char *what;
};

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
	{ HEAD "\"zzzzzzzz\": {}}", "1:28", "unknown member \"zzzzzzzz\"" },
	{ HEAD "\"rules\": []}", "1:28", "rules must be an object, not a list" },
	{ HEAD "\"rules\": {}, \"rules\": {}}", "1:41", "a second time" },
	{ HEAD "\"extends\": 5}", "1:28", "extends must be a string" },
	{ HEAD "\"extends\": \"../other\"}", "1:28", "not a path" },
	{ HEAD "\"extends\": \"\"}", NULL, "no bundle's name" },
	{ HEAD "\"extends\": \".hidden\"}", NULL, "no bundle's name" },
	{ HEAD "\"extends\": \"a b\"}", NULL, "no bundle's name" },
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
	{ "\"capabilities\": {\"allow\": {}}", "2:28", "must be a list" },
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

static void assert_bad(const struct bad *bad, int r, const struct error *err, const char *path)
{
	char where[256];

	if (r == 0)
		fail_msg("accepted: %s", bad->text);
	assert_int_equal(err->code, r);
	(void)snprintf(where, sizeof(where), "%s:%s%s", path, bad->where ? bad->where : "",
		       bad->where ? ": " : "");
	if (!strstr(err->text, bad->where ? where : bad->what) || !strstr(err->text, bad->what))
		fail_msg("%s\n  gives: %s\n  not: %s ... %s", bad->text, err->text, where,
			 bad->what);
}

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
	assert_non_null(strstr(err.text, "the default of pids-limit is above its max"));
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
	assert_non_null(strstr(err.text, "do two bundles extend each other?"));
	assert_int_equal(load_err("self", &policy, &err), -EINVAL);
	assert_null(policy);
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

/* A profile is trusted no more than the policy that names it. */
static void test_profile_trust(void **state)
{
	static const char profile[] = "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": []}";
	_cleanup_policy_ struct policy *policy = NULL;
	size_t len;

	(void)state;
	put_bundle("t", RULES("\"seccomp-missing\": {\"profile\": \"own.json\"}"));
	put("bundles/t/own.json", profile);
	assert_int_equal(chmod(at("bundles/t/own.json"), 0666), 0);
	expect_refused(-EPERM);
	assert_int_equal(chmod(at("bundles/t/own.json"), 0600), 0);
	load("t", &policy);
	assert_string_equal(policy_profile(policy, "own.json", &len), profile);
	assert_int_equal(len, strlen(profile));
	assert_non_null(policy_profile(policy, "hardened", &len));
	assert_null(policy_profile(policy, "other.json", &len));
	put("bundles/t/own.json", "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}");
	expect_refused(-EINVAL);
	assert_int_equal(unlink(at("bundles/t/own.json")), 0);
	expect_refused(-EINVAL);
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

#define STRANGER 12345

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

/* --- printing --- */

static void assert_alike(const struct policy *a, const struct policy *b)
{
	for (size_t i = 0; i < RULE_MAX; i++) {
		assert_int_equal(a->rules[i].action, b->rules[i].action);
		for (size_t p = 0; p < PARAMS_MAX; p++) {
			const struct param_value *x = &a->rules[i].params[p];
			const struct param_value *y = &b->rules[i].params[p];

			assert_int_equal(x->number, y->number);
			assert_int_equal(!x->string, !y->string);
			if (x->string)
				assert_string_equal(x->string, y->string);
			assert_int_equal(!x->list, !y->list);
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
		if (profile_check("p", good[i], strlen(good[i]), &err) < 0)
			fail_msg("%s: %s", good[i], err.text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		err = (struct error){ 0 };
		if (profile_check("p", bad[i], strlen(bad[i]), &err) == 0)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(strncmp(err.text, "p:", 2), 0);
	}
	hardened = profile_shipped("hardened", &len);
	assert_non_null(hardened);
	assert_int_equal(strlen(hardened), len);
	assert_int_equal(profile_check("hardened", hardened, len, &err), 0);
	assert_null(profile_shipped("Hardened", &len));
	assert_null(profile_shipped("", &len));
}

static void test_profile_names(void **state)
{
	static const char text[] =
		ERRNO_ ", \"syscalls\": [{\"names\": []}, {\"names\": [\"read\", \"none_such\"]}]}";
	struct error err = { 0 };

	(void)state;
	assert_int_equal(profile_check("p", text, strlen(text), &err), -EINVAL);
	assert_non_null(strstr(err.text, "/syscalls/1/names/1"));
	assert_non_null(strstr(err.text, "\"none_such\""));
	assert_false(profile_refuses(NULL));
	assert_false(profile_refuses(""));
	assert_false(profile_refuses("SCMP_ACT_ALLOW"));
	assert_true(profile_refuses("SCMP_ACT_TRAP"));
}

/* --- host.json --- */

static int host_err(const char *text, struct host **ret, struct error *err)
{
	put("host.json", text);
	return host_load(at("host.json"), geteuid(), ret, err);
}

static void host_ok(const char *text, struct host **ret)
{
	struct error err = { 0 };

	if (host_err(text, ret, &err) < 0)
		fail_msg("%s: %s", text, err.text);
}

static void test_host(void **state)
{
	_cleanup_host_ struct host *host = NULL;

	(void)state;
	host_ok("{\"format\": 1, \"mode\": \"audit\", \"gate\": \"off\", // why\n"
		"\"policies\": [{\"when\": {\"engine\": [\"podman\", \"crio\"]}, "
		"\"use\": \"baseline\"},"
		"{\"when\": {\"engine\": \"docker\"}, \"use\": \"cis-docker\"}, "
		"{\"use\": \"own\"}], "
		"\"log\": {\"file\": \"/var/log/c\", \"journald\": true, \"syslog\": true, "
		"\"on_failure\": \"ignore\"}}", &host);
	assert_string_equal(host->path, at("host.json"));
	assert_int_equal(host->mode, MODE_AUDIT);
	assert_int_equal(host->n_choices, 3);
	assert_true(host->choices[0].engines[ENGINE_PODMAN]);
	assert_true(host->choices[0].engines[ENGINE_CRIO]);
	assert_false(host->choices[0].engines[ENGINE_DOCKER]);
	assert_false(host->choices[0].any_engine);
	assert_true(host->choices[2].any_engine);
	assert_string_equal(host->choices[2].use, "own");
	assert_string_equal(host->log.file, "/var/log/c");
	assert_true(host->log.journald && host->log.syslog && host->log.on_failure_ignore);
}

static void test_host_defaults(void **state)
{
	_cleanup_host_ struct host *host = NULL, *none = NULL;
	_cleanup_policy_ struct policy *policy = NULL;
	struct error err = { 0 };

	(void)state;
	host_ok("{\"format\": 1}", &host);
	assert_int_equal(host->mode, MODE_ENFORCE);
	assert_int_equal(host->n_choices, 0);
	assert_null(host->log.file);
	assert_true(host->log.syslog && host->log.on_failure_ignore);
	assert_false(host->log.journald);
	assert_int_equal(host_policy(host, ENGINE_UNKNOWN, geteuid(), &policy, &err), 0);
	assert_string_equal(policy->name, "restricted");
	/* a file that was named and is missing is no reason for defaults */
	assert_int_equal(host_load(at("gone.json"), geteuid(), &none, &err), -ENOENT);
	assert_null(none);
}

static void test_host_missing(void **state)
{
	_cleanup_host_ struct host *host = NULL;
	struct error err = { 0 };

	(void)state;
	if (host_load(NULL, geteuid(), &host, &err) < 0 || host->path)
		skip();		/* this host has one */
	assert_int_equal(host->mode, MODE_ENFORCE);
	assert_int_equal(host->n_choices, 0);
	assert_true(host->log.syslog);
}

static const char *chosen(const struct host *host, enum engine engine)
{
	static char name[64];
	_cleanup_policy_ struct policy *policy = NULL;
	struct error err = { 0 };

	if (host_policy(host, engine, geteuid(), &policy, &err) < 0)
		return NULL;
	(void)snprintf(name, sizeof(name), "%s", policy->name);
	return name;
}

static void test_host_policy(void **state)
{
	_cleanup_host_ struct host *host = NULL;

	(void)state;
	put_bundle("own", "{\"format\": 1, \"name\": \"own\"}");
	host_ok("{\"format\": 1, \"policies\": [{\"when\": {\"engine\": [\"podman\", \"docker\"]}, "
		"\"use\": \"baseline\"}, "
		"{\"when\": {\"engine\": \"docker\"}, \"use\": \"cis-docker\"}, "
		"{\"when\": {\"engine\": \"crio\"}, \"use\": \"missing\"}, {\"use\": \"own\"}]}",
		&host);
	assert_string_equal(chosen(host, ENGINE_PODMAN), "baseline");
	assert_string_equal(chosen(host, ENGINE_DOCKER), "baseline");
	assert_string_equal(chosen(host, ENGINE_CONTAINERD), "own");
	assert_string_equal(chosen(host, ENGINE_UNKNOWN), "own");
	assert_null(chosen(host, ENGINE_CRIO));
}

#define CHOICES "{\"format\": 1, \"policies\": ["
#define LOG "{\"format\": 1, \"log\": {"

static const struct bad bad_hosts[] = {
	{ "", NULL, "" }, { "[]", "1:1", "must be an object" }, { "{}", "1:1", "is missing" },
	{ "{\"format\": 2}", "1:2", "newer" },
	{ "{\"format\": 1, \"mod\": \"audit\"}", "1:15", "did you mean \"mode\"?" },
	{ "{\"format\": 1, \"mode\": \"enforce\", \"mode\": \"audit\"}", "1:34", "a second time" },
	{ "{\"format\": 1, \"mode\": \"off\"}", "1:15", "none of \"enforce\", \"audit\"" },
	{ "{\"format\": 1, \"mode\": \"Audit\"}", "1:15", "none of" },
	{ "{\"format\": 1, \"mode\": true}", "1:15", "mode must be a string" },
	{ "{\"format\": 1, \"gate\": \"on\"}", "1:15", "none of \"enforce\"" },
	{ "{\"format\": 1, \"gate\": false}", "1:15", "gate must be a string" },
	{ "{\"format\": 1, \"policies\": {}}", "1:15", "policies must be a list" },
	{ "{\"format\": 1, \"policies\": []}", "1:15", "policies is empty" },
	{ "{\"format\": 1, \"policies\": [\"p\"]}", "1:28", "each entry must be an object" },
	{ CHOICES "{}]}", "1:28", "\"use\" is missing" },
	{ CHOICES "{\"use\": 5}]}", "1:29", "use must be a string" },
	{ CHOICES "{\"usr\": \"p\"}]}", "1:29", "did you mean \"use\"?" },
	{ CHOICES "{\"use\": \"p\", \"use\": \"q\"}]}", "1:41", "second time" },
	{ CHOICES "{\"when\": {\"engine\": \"crio\"}, \"use\": \"p\"}]}", "1:28",
	  "the last of policies must have no \"when\"" },
	{ CHOICES "{\"when\": {}, \"use\": \"p\"}, {\"use\": \"q\"}]}", "1:29",
	  "matches nothing" },
	{ CHOICES "{\"when\": \"crio\", \"use\": \"p\"}]}", "1:29",
	  "when must be an object" },
	{ CHOICES "{\"when\": {\"engin\": \"crio\"}, \"use\": \"p\"}]}", "1:38",
	  "did you mean \"engine\"?" },
	{ CHOICES "{\"when\": {\"engine\": \"cri-o\"}, \"use\": \"p\"}]}", "1:38",
	  "none of \"podman\", \"crio\"" },
	{ CHOICES "{\"when\": {\"engine\": [5]}, \"use\": \"p\"}]}", "1:49",
	  "must be a string" },
	{ CHOICES "{\"when\": {\"engine\": \"unknown\"}, \"use\": \"p\"}]}",
	  "1:38", "none of" },
	{ "{\"format\": 1, \"log\": []}", "1:15", "log must be an object" },
	{ LOG "\"fil\": \"/x\"}}", "1:23", "did you mean \"file\"?" },
	{ LOG "\"file\": \"x\"}}", "1:23", "an absolute path" },
	{ LOG "\"file\": null}}", "1:23", "file must be a string" },
	{ LOG "\"file\": \"/x\", \"file\": \"/y\"}}", "1:37", "second time" },
	{ LOG "\"journald\": \"yes\"}}", "1:23", "journald must be true or false" },
	{ LOG "\"syslog\": 1}}", "1:23", "syslog must be true or false" },
	{ LOG "\"on_failure\": \"allow\"}}", "1:23", "\"deny\", \"ignore\"" },
	{ LOG "\"on_failure\": false}}", "1:23", "must be a string" },
};

static void test_bad_hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_hosts); i++) {
		struct host *host = NULL;
		struct error err = { 0 };

		assert_bad(&bad_hosts[i], host_err(bad_hosts[i].text, &host, &err), &err,
			   at("host.json"));
		assert_null(host);
	}
}

static void test_host_trust(void **state)
{
	struct host *host = NULL;
	struct error err = { 0 };

	(void)state;
	put("host.json", "{\"format\": 1}");
	assert_int_equal(chmod(at("host.json"), 0666), 0);
	assert_int_equal(host_load(at("host.json"), geteuid(), &host, &err), -EPERM);
	assert_int_equal(chmod(at("host.json"), 0600), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(at("host.json"), STRANGER, STRANGER), 0);
		assert_int_equal(host_load(at("host.json"), 0, &host, &err), -EPERM);
		assert_int_equal(chown(at("host.json"), 0, 0), 0);
	}
	assert_null(host);
}

static int setup(void **state)
{
	(void)state;
	(void)umask(077);
	(void)snprintf(dir, sizeof(dir), "/tmp/cofferdam-policy.XXXXXX");
	return mkdtemp(dir) ? mkdir(at("bundles"), 0700) : -1;
}

static void remove_all(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_dir_ DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    unlinkat(dirfd(d), entry->d_name, 0) < 0)
			remove_all(dirfd(d), entry->d_name);
	}
	(void)unlinkat(parent, name, AT_REMOVEDIR);
}

static int teardown(void **state)
{
	(void)state;
	remove_all(AT_FDCWD, dir);
	return access(dir, F_OK) == 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_files), cmocka_unit_test(test_bad_rules),
		cmocka_unit_test(test_good), cmocka_unit_test(test_extends),
		cmocka_unit_test(test_extends_contradiction), cmocka_unit_test(test_extends_depth),
		cmocka_unit_test(test_extends_cycle), cmocka_unit_test(test_shipped_names),
		cmocka_unit_test(test_names), cmocka_unit_test(test_paths),
		cmocka_unit_test(test_writable), cmocka_unit_test(test_profile_trust),
		cmocka_unit_test(test_not_a_file), cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_owner), cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_print), cmocka_unit_test(test_param_print),
		cmocka_unit_test(test_profiles), cmocka_unit_test(test_profile_names),
		cmocka_unit_test(test_host), cmocka_unit_test(test_host_defaults),
		cmocka_unit_test(test_host_missing), cmocka_unit_test(test_host_policy),
		cmocka_unit_test(test_bad_hosts), cmocka_unit_test(test_host_trust),
	};

	return cmocka_run_group_tests_name("policy", tests, setup, teardown);
}
