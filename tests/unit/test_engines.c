/* SPDX-License-Identifier: Apache-2.0 */
/* host.json: the real runtimes behind the runtime door, and whom it must have let through. */
#include "policies.h"

static int read_host(const char *text, struct host **ret, struct error *err)
{
	put("host.json", text, 0600);
	return host_load(at("host.json"), geteuid(), ret, err);
}

static void check(const struct host *host, enum engine engine, const char *name, const char *want)
{
	const char *got = host_runtime(host, engine, name);

	if (!got || !want)
		assert_ptr_equal(got, want);
	else
		assert_string_equal(got, want);
}

static void test_runtimes(void **state)
{
	_cleanup_host_ struct host *host = NULL;
	struct error err;

	(void)state;
	assert_int_equal(read_host("{\"format\": 1, \"engines\": {"
				   "\"podman\": {\"runtime\": \"/usr/bin/crun\"},"
				   "\"docker\": {\"runtime\": {\"runc\": \"/real\"}},"
				   "\"crio\": {\"runtime\": {\"runc\": \"/a\", \"crun\": \"/b\"}},"
				   "\"containerd\": {}}}", &host, &err), 0);
	check(host, ENGINE_PODMAN, "crun", "/usr/bin/crun");
	check(host, ENGINE_PODMAN, NULL, "/usr/bin/crun");
	/* it is no runc by its name */
	check(host, ENGINE_PODMAN, "runc", NULL);
	check(host, ENGINE_DOCKER, "runc", "/real");
	check(host, ENGINE_DOCKER, NULL, "/real");
	check(host, ENGINE_DOCKER, "crun", NULL);
	check(host, ENGINE_CRIO, "runc", "/a");
	check(host, ENGINE_CRIO, "crun", "/b");
	/* which of the two is not said */
	check(host, ENGINE_CRIO, NULL, NULL);
	check(host, ENGINE_CONTAINERD, "runc", NULL);
	check(host, ENGINE_UNKNOWN, "runc", NULL);
	check(NULL, ENGINE_PODMAN, "runc", NULL);
}

static void test_unadmitted(void **state)
{
	static const struct {
		const char *text;
		bool deny;
	} rows[] = {
		{ "{\"format\": 1}", false },
		{ "{\"format\": 1, \"unadmitted\": \"judge\"}", false },
		{ "{\"format\": 1, \"unadmitted\": \"deny\"}", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_host_ struct host *host = NULL;
		struct error err;

		assert_int_equal(read_host(rows[i].text, &host, &err), 0);
		assert_int_equal(host->unadmitted_deny, rows[i].deny);
	}
}

#define ENGINES "{\"format\": 1, \"engines\": "

static const struct bad bad_engines[] = {
	{ ENGINES "[]}", "1:15", "engines must be an object" },
	{ ENGINES "{\"podmann\": {}}}", "1:27", "did you mean \"podman\"?" },
	{ ENGINES "{\"unknown\": {}}}", "1:27", "unknown" },
	{ ENGINES "{\"podman\": \"/usr/bin/runc\"}}", "1:27", "podman must be an object" },
	{ ENGINES "{\"podman\": {\"runtme\": \"/r\"}}}", "1:38", "did you mean \"runtime\"?" },
	{ ENGINES "{\"podman\": {\"runtime\": \"runc\"}}}", "1:38", "absolute path" },
	{ ENGINES "{\"podman\": {\"runtime\": 5}}}", "1:38", "runtime must be a string" },
	{ ENGINES "{\"podman\": {\"runtime\": {\"kata\": \"/k\"}}}}", "1:50", "kata" },
	{ ENGINES "{\"podman\": {\"runtime\": {\"runc\": \"r\"}}}}", "1:50", "absolute path" },
	{ ENGINES "{\"podman\": {\"runtime\": \"/a\", \"runtime\": \"/b\"}}}", "1:55",
	  "a second time" },
	{ "{\"format\": 1, \"unadmitted\": \"allow\"}", "1:15", "none of \"judge\", \"deny\"" },
	{ "{\"format\": 1, \"unadmitted\": true}", "1:15", "unadmitted must be a string" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_engines); i++) {
		struct host *none = NULL;
		struct error err = { 0 };

		assert_bad(&bad_engines[i], read_host(bad_engines[i].text, &none, &err), &err,
			   at("host.json"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runtimes),
		cmocka_unit_test(test_unadmitted),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests_name("engines", tests, setup, teardown);
}
