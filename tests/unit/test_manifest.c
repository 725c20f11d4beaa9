/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.json: what it may say, and what is compared with it. */
#include "policies.h"

#include <cofferdam/bundle.h>

#define ZEROES "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define ABC "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define WITH(name, version, files) "{\"format\": 1, \"name\": " name ", \"version\": " version \
	", \"files\": " files "}"
#define FILES(more) WITH("\"web\"", "\"1.0\"", "{\"policy.json\": \"" ABC "\"" more "}")

static int parse(const char *text, struct manifest *ret, struct error *err)
{
	_cleanup_buf_ struct buf buf = { 0 };

	buf_str(&buf, text);
	return manifest_parse("manifest.json", &buf, ret, err);
}

static void test_good(void **state)
{
	_cleanup_manifest_ struct manifest m = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(parse(FILES(", \"b/c.json\": \"" ZEROES "\", \"a\": \"" ZEROES "\""), &m, &err), 0);
	assert_string_equal(m.name, "web");
	assert_string_equal(m.version, "1.0");
	assert_null(m.description);
	assert_int_equal(m.n, 3);
	assert_non_null(manifest_find(&m, "b/c.json"));
	assert_non_null(manifest_find(&m, "policy.json"));
	assert_null(manifest_find(&m, "b"));
	assert_null(manifest_find(&m, "manifest.json"));
	assert_true(digest_valid(m.digest));
}

static void test_check(void **state)
{
	_cleanup_manifest_ struct manifest m = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(parse(FILES(""), &m, &err), 0);
	buf_str(&text, "abc");
	assert_int_equal(manifest_check(&m, "policy.json", &text, &err), 0);
	assert_int_equal(manifest_check(&m, "other.json", &text, &err), -ESTALE);
	buf_char(&text, '\n');
	assert_int_equal(manifest_check(&m, "policy.json", &text, &err), -ESTALE);
	assert_non_null(strstr(err.text, "not as the manifest of web 1.0 says"));
}

static const struct bad bad_manifests[] = {
	{ "", NULL, "" },
	{ "[]", "1:1", "must be an object" },
	{ "{\"format\": 1}", "1:1", "\"name\" is missing" },
	{ "{\"format\": 1, \"name\": \"web\"}", "1:1", "\"version\" is missing" },
	{ "{\"format\": 1, \"name\": \"web\", \"version\": \"1\"}", "1:1", "\"files\" is missing" },
	{ "{\"format\": 1, \"Name\": \"web\"}", "1:15", "unknown member" },
	{ WITH("5", "\"1\"", "{}"), "1:15", "must be a string" },
	{ WITH("\"\"", "\"1\"", "{}"), "1:15", "no bundle's name" },
	{ WITH("\".a\"", "\"1\"", "{}"), "1:15", "no bundle's name" },
	{ WITH("\"a/b\"", "\"1\"", "{}"), "1:15", "no bundle's name" },
	{ WITH("\"a\"", "\"\"", "{}"), "1:28", "is no version" },
	{ WITH("\"a\"", "\"..\"", "{}"), "1:28", "is no version" },
	{ WITH("\"a\"", "\"1 0\"", "{}"), "1:28", "is no version" },
	{ WITH("\"a\"", "\"1/0\"", "{}"), "1:28", "is no version" },
	{ WITH("\"a\"", "\"1\"", "[]"), NULL, "files must be an object" },
	{ WITH("\"a\"", "\"1\"", "{}"), NULL, "1 to 256 files" },
	{ WITH("\"a\"", "\"1\"", "{\"a\": \"" ZEROES "\"}"), NULL, "names no policy.json" },
#define PATH(path) FILES(", \"" path "\": \"" ZEROES "\"")
	{ PATH("policy.json"), NULL, "a second time" },
	{ PATH("../x"), NULL, "a file's path is relative" },
	{ PATH("a/../x"), NULL, "a file's path is relative" },
	{ PATH("a/./x"), NULL, "a file's path is relative" },
	{ PATH("a//x"), NULL, "a file's path is relative" },
	{ PATH("a/"), NULL, "a file's path is relative" },
	{ PATH("/a"), NULL, "a file's path is relative" },
	{ PATH(""), NULL, "a file's path is relative" },
	{ PATH(".hidden"), NULL, "a file's path is relative" },
	{ PATH("a b"), NULL, "a file's path is relative" },
	{ PATH("a\\n"), NULL, "a file's path is relative" },
	{ PATH("manifest.json"), NULL, "a file's path is relative" },
	{ FILES(", \"a\": 5"), NULL, "each digest must be a string" },
	{ FILES(", \"a\": \"\""), NULL, "a digest is" },
	{ FILES(", \"a\": \"sha512:00\""), NULL, "a digest is" },
	{ FILES(", \"a\": \"" ZEROES "0\""), NULL, "a digest is" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_manifests); i++) {
		struct manifest m = { 0 };
		struct error err = { 0 };

		assert_bad(&bad_manifests[i], parse(bad_manifests[i].text, &m, &err), &err,
			   "manifest.json");
		assert_null(m.files);
	}
}

/* A policy in a folder with a manifest is what that says, or an error. */
static void test_policy(void **state)
{
	_cleanup_policy_ struct policy *policy = NULL;
	struct policy *none = NULL;
	struct manifest m = { 0 };
	struct error err = { 0 };

	(void)state;
	put_bundle("sealed", HEAD "\"rules\": {}}");
	assert_int_equal(bundle_seal(at("bundles/sealed"), "2", &m, &err), 0);
	load("sealed", &policy);
	assert_int_equal(policy->n_bundles, 1);
	assert_string_equal(policy->bundles[0].name, "sealed");
	assert_string_equal(policy->bundles[0].version, "2");
	assert_string_equal(policy->bundles[0].digest, m.digest);
	manifest_free(&m);
	put_bundle("sealed", HEAD "\"rules\": {} }");
	assert_int_equal(load_err("sealed", &none, &err), -ESTALE);
	assert_null(none);
	/* as a folder that is worked on it is read all the same */
	policy_free(&policy);
	load(at("bundles/sealed"), &policy);
	assert_int_equal(policy->n_bundles, 0);
	put("bundles/sealed/manifest.json", "{", 0600);
	assert_int_equal(load_err("sealed", &none, &err), -EINVAL);
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_policy),
	};

	return cmocka_run_group_tests_name("manifest", tests, setup, teardown);
}
