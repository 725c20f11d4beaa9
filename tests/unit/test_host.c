/* SPDX-License-Identifier: Apache-2.0 */
#include "policies.h"

static int host_err(const char *text, struct host **ret, struct error *err)
{
	put("host.json", text, 0600);
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
	assert_true(host->choices[0].when.engines[ENGINE_PODMAN]);
	assert_true(host->choices[0].when.engines[ENGINE_CRIO]);
	assert_false(host->choices[0].when.engines[ENGINE_DOCKER]);
	assert_false(host->choices[0].any);
	assert_true(host->choices[2].any);
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
	assert_int_equal(host_use(host, NULL, geteuid(), &policy, &err), 0);
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

	const struct container container = { .engine = engine };

	if (host_policy(host, &container, geteuid(), &policy, &err) < 0)
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

static const char *use_of(const struct host *host, enum engine engine, const char *namespace_)
{
	struct container c = { .engine = engine, .labels = &host->labels };
	const struct host_choice *choice;

	c.tells.namespace_ = namespace_;
	choice = host_choose(host, &c);
	return choice ? choice->use : NULL;
}

static void test_host_choose(void **state)
{
	_cleanup_host_ struct host *host = NULL;

	(void)state;
	host_ok("{\"format\": 1, \"labels\": {\"tier\": \"public\"}, \"policies\": ["
		"{\"when\": {\"engine\": \"containerd\", \"namespace\": \"kube-*\"}, \"use\": \"a\"},"
		"{\"when\": {\"labels\": {\"tier\": \"private\"}}, \"use\": \"b\"}, "
		"{\"when\": {\"labels\": {\"tier\": \"pub*\"}, \"engine\": \"crio\"}, \"use\": \"c\"}, "
		"{\"use\": \"d\", \"audit\": true}]}", &host);
	assert_string_equal(use_of(host, ENGINE_CONTAINERD, "kube-system"), "a");
	assert_string_equal(use_of(host, ENGINE_CONTAINERD, "default"), "d");
	assert_string_equal(use_of(host, ENGINE_CONTAINERD, NULL), "d");
	assert_string_equal(use_of(host, ENGINE_CRIO, "kube-system"), "c");
	assert_string_equal(use_of(host, ENGINE_UNKNOWN, NULL), "d");
	assert_true(host->choices[3].audit && !host->choices[0].audit);
}

/* What the host itself says comes last, on every policy. */
static void test_host_overlay(void **state)
{
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_host_ struct host *host = NULL;
	struct error err = { 0 };

	(void)state;
	put_bundle("own", "{\"format\": 1, \"name\": \"own\", \"rules\": {\"memory-limit\": "
		   "{\"action\": \"deny\", \"max\": \"4Gi\"}}}");
	host_ok("{\"format\": 1, \"policies\": [{\"use\": \"own\", \"audit\": true}], \"overlay\": {"
		"\n\"rules\": {\"memory-limit\": {\"max\": \"2Gi\"}}, \"exemptions\": ["
		"{\"rules\": [\"host-pid\"], \"reason\": \"here\"}]}}", &host);
	assert_int_equal(host_use(host, &host->choices[0], geteuid(), &policy, &err), 0);
	assert_int_equal(policy->rules[RULE_MEMORY_LIMIT].action, ACTION_DENY);
	assert_int_equal(policy->rules[RULE_MEMORY_LIMIT].params[0].number, 2ull << 30);
	assert_string_equal(policy->rules[RULE_MEMORY_LIMIT].params_at[0].file, at("host.json"));
	assert_int_equal(policy->rules[RULE_MEMORY_LIMIT].params_at[0].line, 2);
	assert_int_equal(policy->n_exemptions, 1);
	assert_true(policy->audit && policy->written >= host->written && host->written > 0);
	policy_free(&policy);
	/* --policy, and extends, mean the bundle alone */
	assert_int_equal(host_bundle(host, "own", geteuid(), &policy, &err), 0);
	assert_int_equal(policy->rules[RULE_MEMORY_LIMIT].params[0].number, 4ull << 30);
	policy_free(&policy);
	host_free(&host);
	host_ok("{\"format\": 1, \n\"overlay\": {\"rules\": {\"host-pidd\": {}}}}", &host);
	assert_int_equal(host_use(host, NULL, geteuid(), &policy, &err), -EINVAL);
	assert_non_null(strstr(err.text, "host.json:2:23: no rule \"host-pidd\""));
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
	{ CHOICES "{\"when\": {\"namespace\": \"n\"}, \"use\": \"p\"}, {\"use\": \"q\"}]}", "1:38",
	  "namespace needs \"engine\"" },
	{ CHOICES "{\"when\": {\"engine\": \"crio\", \"image\": \"n\"}, \"use\": \"p\"}, {\"use\": \"q\"}]}",
	  "1:56", "an image's name alone" },
	{ CHOICES "{\"use\": \"p\", \"audit\": 1}]}", "1:41", "audit must be true or false" },
	{ "{\"format\": 1, \"labels\": []}", "1:15", "labels must be an object" },
	{ "{\"format\": 1, \"labels\": {\"a\": 1}}", "1:26", "a must be a string" },
	{ "{\"format\": 1, \"overlay\": []}", "1:15", "overlay must be an object" },
	{ "{\"format\": 1, \"overlay\": {\"rule\": {}}}", "1:27", "did you mean \"rules\"?" },
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
	put("host.json", "{\"format\": 1}", 0600);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_host_defaults),
		cmocka_unit_test(test_host_missing),
		cmocka_unit_test(test_host_policy),
		cmocka_unit_test(test_host_choose),
		cmocka_unit_test(test_host_overlay),
		cmocka_unit_test(test_bad_hosts),
		cmocka_unit_test(test_host_trust),
	};

	return cmocka_run_group_tests_name("host", tests, setup, teardown);
}
