/* SPDX-License-Identifier: Apache-2.0 */
/* The candidate that is made of the tree, and the profile that is kept out of it. */
#include "folder.h"
#include "harden-try.h"

#include <glob.h>

static const char *const ptrace_too[] = { "acct", "ptrace", NULL };
static const char *const read_too[] = { "read", NULL };
static const char *const unknown_too[] = { "unknown-name", "wide-compare", NULL };

/*
 * The profile that is put in has to keep to seccomp-weak: a shipped one of which that is known
 * is not read for it; any other is, and what is weaker than the policy wants is refused.
 */
static void test_profile_judged(void **state)
{
	static const struct {
		const char *profile;
		const char *const *calls, *const *traps;
		int r;
		bool kept;
	} rows[] = {
		{ "hardened", NULL, NULL, 0, true },
		{ "build", NULL, NULL, 0, true },
		{ "hardened", ptrace_too, NULL, 0, true },
		{ "build", ptrace_too, NULL, -ENOTRECOVERABLE, false },
		{ "hardened", read_too, NULL, -ENOTRECOVERABLE, false },
		/* whether names are known is the host's libseccomp's to tell */
		{ "hardened", NULL, unknown_too, 0, false },
	};
	const int profile = registry_param(registry_rule(RULE_SECCOMP_MISSING), "profile");
	const int calls = registry_param(registry_rule(RULE_SECCOMP_WEAK), "calls");
	const int traps = registry_param(registry_rule(RULE_SECCOMP_WEAK), "traps");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf out = { 0 };
		struct error err = { 0 };
		_cleanup_scene_ struct scene s = { 0 };

		start(&s, BUNDLE_CIS_DOCKER, "{\"linux\": {}}");
		s.policy->rules[RULE_SECCOMP_MISSING].params[profile].string = rows[i].profile;
		if (rows[i].calls)
			s.policy->rules[RULE_SECCOMP_WEAK].params[calls].list = rows[i].calls;
		if (rows[i].traps)
			s.policy->rules[RULE_SECCOMP_WEAK].params[traps].list = rows[i].traps;
		assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
		profile_was_kept = false;
		assert_int_equal(try(&s, &out, &err), rows[i].r);
		assert_int_equal(profile_was_kept, rows[i].kept);
		if (rows[i].r < 0)
			assert_non_null(strstr(err.text, "seccomp-weak"));
	}
}

/* A profile that is not one of the policy's own is read: of it nothing is known. */
static void test_profile_foreign(void **state)
{
	static const char own[] = "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": "
				  "[\"read\", \"%s\"], \"action\": \"SCMP_ACT_ALLOW\"}]}";
	char text[256];

	(void)state;
	for (int weak = 0; weak < 2; weak++) {
		_cleanup_buf_ struct buf out = { 0 };
		struct error err = { 0 };
		_cleanup_scene_ struct scene s = { 0 };

		(void)snprintf(text, sizeof(text), own, weak ? "bpf" : "write");
		start(&s, BUNDLE_CIS_DOCKER, "{\"linux\": {}}");
		assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
		of_rule(&s, RULE_SECCOMP_MISSING)->edits.v[0].value = text;
		profile_was_kept = false;
		assert_int_equal(try(&s, &out, &err), weak ? -ENOTRECOVERABLE : 0);
		assert_false(profile_was_kept);
	}
}

/* bundle_of - a scene whose policy puts in @profile, which lies beside it. */
static void bundle_of(struct scene *s, const char *profile)
{
	_cleanup_buf_ struct buf policy = { 0 };
	struct error err = { 0 };

	start(s, BUNDLE_CIS_DOCKER, "{\"linux\": {}}");
	buf_printf(&policy, "{ \"format\": 1, \"name\": \"%s\", \"extends\": \"cis-docker\", \"rules\": "
		   "{ \"seccomp-missing\": { \"profile\": \"own.json\" }, "
		   "\"seccomp-weak\": { \"traps\": [\"clone3\"] } } }", strrchr(dir_path, '/') + 1);
	put("policy.json", buf_cstr(&policy), 0600);
	put("own.json", profile, 0600);
	policy_free(&s->policy);
	if (policy_load(at("policy.json"), NULL, geteuid(), &s->policy, &err) < 0)
		fail_msg("%s", err.text);
	harden_all(s->policy);
}

#define OWN(action, call) " {\"defaultAction\": \"SCMP_ACT_" action "\", \"syscalls\": [{\"names\": " \
	"[\"read\", \"" call "\"], \"action\": \"SCMP_ACT_ALLOW\"}]}\n"

/* What a bundle's profile was read as with its policy is what is judged. */
static void test_profile_loaded(void **state)
{
	static const struct {
		const char *profile;
		int r;
		bool kept;
	} rows[] = {
		{ OWN("ERRNO", "write"), 0, true },
		{ OWN("ERRNO", "bpf"), -ENOTRECOVERABLE, false },
		{ OWN("KILL", "write"), 0, false },
		{ OWN("ERRNO", "clone3"), -ENOTRECOVERABLE, false },	/* a trap */
	};

	(void)state;
	assert_int_equal(folder_make(), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf out = { 0 };
		struct error err = { 0 };
		_cleanup_scene_ struct scene s = { 0 };
		int r;

		bundle_of(&s, rows[i].profile);
		assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
		profile_was_kept = false;
		r = try(&s, &out, &err);
		if (r != rows[i].r || profile_was_kept != rows[i].kept)
			fail_msg("%s: %d %s, kept %d", rows[i].profile, r, err.text, profile_was_kept);
	}
	assert_int_equal(folder_remove(), 0);
}

#define WEAK "[{\"names\": [\"bpf\"], \"action\": \"SCMP_ACT_ALLOW\"}]"
#define LINUX "{\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": " WEAK "}, " \
	"\"maskedPaths\": [], \"readonlyPaths\": [], \"namespaces\": [], " \
	"\"resources\": {\"devices\": []}}"

/* What comes after a profile and is in it, or around it, is read with it. */
static void test_profile_edited(void **state)
{
	static const char *const edits[][2] = {
		{ "/linux/seccomp/syscalls", WEAK }, { "/linux/seccomp", LINUX }, { "/linux", LINUX },
		{ "", "{\"linux\": " LINUX ", \"mounts\": [], \"process\": {\"rlimits\": []}}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		_cleanup_buf_ struct buf out = { 0 };
		struct error err = { 0 };
		_cleanup_scene_ struct scene s = { 0 };
		struct findings *all;
		int r;

		start(&s, BUNDLE_CIS_DOCKER, "{\"linux\": {}}");
		assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
		all = &s.c.decision.findings;
		assert_int_equal(json_edits_add(&all->v[all->n - 1].edits, JSON_ADD, edits[i][0],
						edits[i][1], &err), 0);
		r = try(&s, &out, &err);
		if (r != -ENOTRECOVERABLE)
			fail_msg("%s: %d, %s", edits[i][0], r, r < 0 ? err.text : "hardened");
	}
}

/* corpus - harden what an engine wrote by each shipped policy; how many could be. */
static size_t corpus(const char *config, const char *facts)
{
	size_t hardened = 0;

	for (int b = 0; b < BUNDLE_MAX; b++) {
		_cleanup_buf_ struct buf text = { 0 }, known = { 0 }, out = { 0 };
		struct error err = { 0 };
		_cleanup_scene_ struct scene s = { 0 };

		if (file_read(AT_FDCWD, config, false, FILE_CONFIG_MAX, &text, NULL, &err) < 0 ||
		    file_read(AT_FDCWD, facts, false, FILE_CONFIG_MAX, &known, NULL, &err) < 0)
			fail_msg("%s", err.text);
		start(&s, (enum bundle)b, buf_cstr(&text));
		if (facts_load(facts, buf_cstr(&known), known.len, &s.c.spec, &s.c.facts, &err) < 0)
			fail_msg("%s", err.text);
		/* also those that stay outside of the policy: they fail alike */
		(void)judge(&s, DOOR_RUNTIME);
		hardened += try(&s, &out, &err) == 0;
	}
	return hardened;
}

static void test_corpus(void **state)
{
	const char *srcdir = getenv("top_srcdir");
	_cleanup_free_ char *pattern = NULL;
	size_t hardened = 0;
	glob_t found;

	(void)state;
	assert_true(asprintf(&pattern, "%s/tests/corpus/*/*.facts.json", srcdir ? srcdir : ".") > 0);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		_cleanup_free_ char *config = strdup(found.gl_pathv[i]);

		assert_non_null(config);
		(void)strcpy(strstr(config, ".facts.json"), ".json");
		hardened += corpus(config, found.gl_pathv[i]);
	}
	assert_true(found.gl_pathc > 10);
	assert_true(hardened > found.gl_pathc / 2);
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_profile_judged),
		cmocka_unit_test(test_profile_foreign),
		cmocka_unit_test(test_profile_edited),
		cmocka_unit_test(test_profile_loaded),
	};

	return cmocka_run_group_tests_name("harden-tree", tests, NULL, NULL);
}
