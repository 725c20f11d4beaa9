/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/rules/rules-private.h"
#include "judged.h"

static void set_all(struct scene *s, enum action action)
{
	for (size_t i = 0; i < RULE_MAX; i++)
		s->policy->rules[i].action = action;
}

/* no-new-privileges: has edits; root-user: none; root-user without a map: unjudged. */
static const char nothing[] = "{\"process\": {}}";

/* What one finding decides: by action, door, whether it has a remedy or is unjudged. */
static void test_one(void **state)
{
	static const struct {
		enum action action;
		enum door door;
		enum verdict remedy, none, unjudged;
	} table[] = {
		{ ACTION_DENY, DOOR_RUNTIME, VERDICT_DENY, VERDICT_DENY, VERDICT_UNJUDGED },
		{ ACTION_DENY, DOOR_PRECREATE, VERDICT_DENY, VERDICT_DENY, VERDICT_UNJUDGED },
		{ ACTION_DENY, DOOR_HOOK, VERDICT_DENY, VERDICT_DENY, VERDICT_UNJUDGED },
		{ ACTION_HARDEN, DOOR_RUNTIME, VERDICT_HARDEN, VERDICT_DENY, VERDICT_UNJUDGED },
		{ ACTION_HARDEN, DOOR_PRECREATE, VERDICT_HARDEN, VERDICT_DENY, VERDICT_UNJUDGED },
		{ ACTION_HARDEN, DOOR_HOOK, VERDICT_DENY, VERDICT_DENY, VERDICT_UNJUDGED },
		{ ACTION_WARN, DOOR_RUNTIME, VERDICT_ALLOW, VERDICT_ALLOW, VERDICT_ALLOW },
		{ ACTION_WARN, DOOR_HOOK, VERDICT_ALLOW, VERDICT_ALLOW, VERDICT_ALLOW },
		{ ACTION_OFF, DOOR_RUNTIME, VERDICT_ALLOW, VERDICT_ALLOW, VERDICT_ALLOW },
		{ ACTION_OFF, DOOR_HOOK, VERDICT_ALLOW, VERDICT_ALLOW, VERDICT_ALLOW },
	};
	_cleanup_scene_ struct scene s = { 0 };

	(void)state;
	scene_start(&s, BUNDLE_RESTRICTED, nothing);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const size_t found = table[i].action == ACTION_OFF ? 0 : 1;

		set_all(&s, ACTION_OFF);
		s.policy->rules[RULE_NO_NEW_PRIVILEGES].action = table[i].action;
		assert_int_equal(judge(&s, table[i].door), table[i].remedy);
		assert_int_equal(s.c.decision.findings.n, found);
		set_all(&s, ACTION_OFF);
		s.policy->rules[RULE_ROOT_USER].action = table[i].action;
		assert_int_equal(judge(&s, table[i].door), table[i].none);
		assert_int_equal(s.c.decision.findings.n, found);
		s.c.facts.uid_map.is = FACT_UNREADABLE;
		assert_int_equal(judge(&s, table[i].door), table[i].unjudged);
		assert_int_equal(s.c.decision.findings.n, found);
		s.c.facts.uid_map.is = FACT_KNOWN;
	}
}

/* The worst of all findings decides: deny, then unjudged, then harden, then allow. */
static void test_worst(void **state)
{
	_cleanup_scene_ struct scene s = { 0 };

	(void)state;
	scene_start(&s, BUNDLE_RESTRICTED, nothing);
	set_all(&s, ACTION_OFF);
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_ALLOW);
	assert_non_null(s.c.decision.each);
	s.policy->rules[RULE_CPU_LIMIT].action = ACTION_WARN;
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_ALLOW);
	s.policy->rules[RULE_NO_NEW_PRIVILEGES].action = ACTION_HARDEN;
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
	s.c.facts.uid_map.is = FACT_UNREADABLE;
	s.policy->rules[RULE_ROOT_USER].action = ACTION_DENY;
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_UNJUDGED);
	s.policy->rules[RULE_HOST_PID].action = ACTION_DENY;
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_DENY);
	/* one of each, in the order of the registry */
	assert_int_equal(s.c.decision.findings.n, 4);
	assert_int_equal(s.c.decision.findings.v[0].rule, RULE_HOST_PID);
	assert_int_equal(s.c.decision.each[0], VERDICT_DENY);
	assert_int_equal(s.c.decision.findings.v[1].rule, RULE_ROOT_USER);
	assert_int_equal(s.c.decision.each[1], VERDICT_UNJUDGED);
	assert_int_equal(s.c.decision.findings.v[2].rule, RULE_NO_NEW_PRIVILEGES);
	assert_int_equal(s.c.decision.each[2], VERDICT_HARDEN);
	assert_int_equal(s.c.decision.findings.v[3].rule, RULE_CPU_LIMIT);
	assert_int_equal(s.c.decision.each[3], VERDICT_ALLOW);
	for (size_t v = 0; v < VERDICT_MAX; v++)
		assert_int_equal(s.c.decision.count[v], 1);
}

/* At every door and in every bundle: counts, order, and the verdict fit the findings. */
static void check_sums(const struct decision *d)
{
	size_t count[VERDICT_MAX] = { 0 };
	enum verdict worst = VERDICT_ALLOW;

	for (size_t i = 0; i < d->findings.n; i++) {
		assert_true(d->each[i] < VERDICT_MAX);
		count[d->each[i]]++;
		if (d->each[i] < worst)
			worst = d->each[i];
		if (i > 0)
			assert_true(d->findings.v[i - 1].rule <= d->findings.v[i].rule);
		assert_non_null(d->findings.v[i].node);
		assert_true(*d->findings.v[i].text);
	}
	assert_int_equal(d->verdict, worst);
	for (size_t v = 0; v < VERDICT_MAX; v++)
		assert_int_equal(d->count[v], count[v]);
}

static void test_sums(void **state)
{
	static const char *const configs[] = { "{}", nothing, "{\"linux\": {\"namespaces\": []}}",
		"{\"mounts\": [{\"type\": \"bind\", \"source\": \"/\"}, 5, null]}",
		"{\"process\": 1, \"root\": 2, \"mounts\": 3, \"linux\": 4, \"hooks\": 5}",
		"{\"linux\": {\"seccomp\": {}, "
		"\"resources\": {\"unified\": {\"pids.max\": \"max\"}}}}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		for (int b = 0; b < BUNDLE_MAX; b++) {
			_cleanup_scene_ struct scene s = { 0 };

			scene_start(&s, (enum bundle)b, configs[i]);
			for (int d = 0; d < DOOR_MAX; d++) {
				assert_int_equal(judge(&s, (enum door)d), VERDICT_DENY);
				check_sums(&s.c.decision);
			}
		}
	}
}

/* A rule that is off is not even run: it leaves no finding. */
static void test_off(void **state)
{
	_cleanup_scene_ struct scene s = { 0 };

	(void)state;
	scene_start(&s, BUNDLE_RESTRICTED, "{}");
	for (size_t i = 0; i < RULE_MAX; i++) {
		set_all(&s, ACTION_DENY);
		s.policy->rules[i].action = ACTION_OFF;
		(void)judge(&s, DOOR_RUNTIME);
		for (size_t f = 0; f < s.c.decision.findings.n; f++)
			assert_int_not_equal(s.c.decision.findings.v[f].rule, i);
	}
}

/* Without any fact nothing that needs facts passes, however honest it looks. */
static void test_no_facts(void **state)
{
	static const char *const bases[] = { "honest.json", "honest-pod.json",
					     "honest-podman.json" };
	static const enum rule_id expected[] = { RULE_FOREIGN_HOOKS, RULE_HOST_CGROUP,
		RULE_SENSITIVE_MOUNT, RULE_ENGINE_SOCKET, RULE_HOST_PATH, RULE_HOST_SOCKET,
		RULE_MOUNT_TYPE, RULE_ROOT_USER, RULE_PROTECTED_IDS, RULE_ROOT_GROUP,
		RULE_ROOTFS_HOST, RULE_ROOTFS_SYMLINK, RULE_CWD_UNSAFE, RULE_RLIMITS,
		RULE_CGROUP_PATH };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		_cleanup_buf_ struct buf text = { 0 };
		bool seen[RULE_MAX] = { false };
		_cleanup_scene_ struct scene s = { 0 };

		read_base(bases[i], &text);
		scene_start(&s, BUNDLE_RESTRICTED, buf_cstr(&text));
		s.c.facts.uid_map.is = FACT_UNKNOWN;
		s.c.facts.parent.is = FACT_UNKNOWN;
		assert_int_equal(judge(&s, DOOR_HOOK), VERDICT_UNJUDGED);
		for (size_t f = 0; f < s.c.decision.findings.n; f++) {
			/* config.json alone says that there is no user namespace */
			if (s.c.decision.findings.v[f].rule != RULE_HOST_USER)
				assert_true(s.c.decision.findings.v[f].unjudged);
			seen[s.c.decision.findings.v[f].rule] = true;
		}
		for (size_t e = 0; e < ARRAY_SIZE(expected); e++)
			assert_true(seen[expected[e]]);
		check_sums(&s.c.decision);
	}
}

/* In the dry run the verdict is the same: what is done with it is the hook's choice. */
static void test_unjudged_is_counted(void **state)
{
	_cleanup_scene_ struct scene s = { 0 };

	(void)state;
	scene_start(&s, BUNDLE_RESTRICTED, nothing);
	set_all(&s, ACTION_OFF);
	s.policy->rules[RULE_ROOT_USER].action = ACTION_DENY;
	s.c.facts.uid_map.is = FACT_UNREADABLE;
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_UNJUDGED);
	assert_int_equal(s.c.decision.count[VERDICT_UNJUDGED], 1);
	assert_int_equal(s.c.decision.count[VERDICT_ALLOW], 0);
	s.policy->rules[RULE_ROOT_USER].action = ACTION_WARN;
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_ALLOW);
	assert_int_equal(s.c.decision.count[VERDICT_UNJUDGED], 0);
	assert_int_equal(s.c.decision.count[VERDICT_ALLOW], 1);
	assert_true(s.c.decision.findings.v[0].unjudged);
}

static const char privileged[] =
	"{\"process\": {\"user\": {\"uid\": 1}, \"capabilities\": {"
	"\"bounding\": [\"CAP_SYS_ADMIN\"], \"inheritable\": [\"CAP_SYS_ADMIN\"]}},"
	" \"mounts\": [{\"destination\": \"/sys\", \"type\": \"sysfs\"}],"
	" \"linux\": {\"resources\": {\"devices\": [{\"allow\": true}]},"
	"  \"devices\": [{\"path\": \"/dev/sda\", \"type\": \"b\", \"major\": 8, \"minor\": 0}]}}";

static size_t found(const struct scene *s, enum rule_id rule)
{
	size_t n = 0;

	for (size_t i = 0; i < s->c.decision.findings.n; i++)
		n += s->c.decision.findings.v[i].rule == rule;
	return n;
}

/*
 * One denial says "privileged" instead of what it is made of; but only if it
 * denies, and nothing that is no part of it is left out.
 */
static void test_folded(void **state)
{
	static const enum rule_id parts[] = { RULE_CAPABILITIES, RULE_INHERITABLE_CAPABILITIES,
		RULE_SECCOMP_MISSING, RULE_DEVICES, RULE_DEVICE_CGROUP, RULE_SYS_WRITABLE,
		RULE_PROC_UNMASKED };
	static const enum action actions[] = { ACTION_DENY, ACTION_HARDEN, ACTION_WARN,
					       ACTION_OFF };
	_cleanup_scene_ struct scene s = { 0 };

	(void)state;
	scene_start(&s, BUNDLE_RESTRICTED, privileged);
	for (size_t a = 0; a < ARRAY_SIZE(actions); a++) {
		/* harden has no remedy here, so it denies as well */
		const bool denies = actions[a] == ACTION_DENY || actions[a] == ACTION_HARDEN;

		s.policy->rules[RULE_PRIVILEGED].action = actions[a];
		assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_DENY);
		assert_int_equal(found(&s, RULE_PRIVILEGED), actions[a] == ACTION_OFF ? 0 : 1);
		for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
			assert_int_equal(found(&s, parts[i]) == 0, denies);
		assert_int_equal(found(&s, RULE_NO_NEW_PRIVILEGES), 1);
		assert_int_equal(found(&s, RULE_HOST_PID), 1);
		check_sums(&s.c.decision);
	}
	/* what it is made of alone is not enough for it, and stays a denial */
	set_all(&s, ACTION_OFF);
	s.policy->rules[RULE_DEVICES].action = ACTION_DENY;
	s.policy->rules[RULE_PRIVILEGED].action = ACTION_WARN;
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_DENY);
	assert_int_equal(found(&s, RULE_DEVICES), 1);
}

static void test_not_judgeable(void **state)
{
	static const char *const texts[] = { "", " ", "[]", "null", "\"{}\"", "{", "{}}",
					     "{\"a\":}", "{\"a\": \"\xff\"}",
					     "{\"a\": \"\\u0000\"}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_candidate_ struct candidate c = { 0 };
		_cleanup_buf_ struct buf text = { 0 };
		struct error err = { 0 };

		buf_str(&text, texts[i]);
		assert_int_equal(candidate_parse("config.json", &text, &c, &err), -EINVAL);
		assert_null(c.doc);
		assert_int_equal(strncmp(err.text, "config.json:", 12), 0);
	}
}

/* A decision can be made again, and what was made is freed. */
static void test_again(void **state)
{
	_cleanup_scene_ struct scene s = { 0 };

	(void)state;
	scene_start(&s, BUNDLE_BASELINE, nothing);
	for (int i = 0; i < 3; i++)
		assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_DENY);
	decision_free(&s.c.decision);
	decision_free(&s.c.decision);
	assert_int_equal(s.c.decision.findings.n, 0);
}

static void mention(const char *all, const char *name, bool wanted)
{
	_cleanup_buf_ struct buf names = { 0 };

	buf_str(&names, all);
	if (names_mention(&names, name) != wanted)
		fail_msg("%s in %s", name, all);
}

static void test_names(void **state)
{
	(void)state;
	mention("", "CAP_KILL", false);
	mention("CAP_KILL", "CAP_KILL", true);
	mention("CAP_CHOWN, CAP_KILL, CAP_FOWNER", "CAP_KILL", true);
	mention("CAP_CHOWN, CAP_KILL", "CAP_KILL", true);
	mention("CAP_KILLER, CAP_KILL", "CAP_KILL", true);
	mention("CAP_KILLER, XCAP_KILL", "CAP_KILL", false);
	mention("CAP_KILLER", "CAP_KILL", false);
	mention("XCAP_KILL, CAP_CHOWN", "CAP_KILL", false);
	mention("CAP_KILL, ", "", false);
}

static void test_value(void **state)
{
	_cleanup_scene_ struct scene s = { 0 };
	struct finding *f;
	struct findings out = { 0 };
	struct error err = { 0 };
	struct rule_input in = { .id = RULE_HOST_PID };
	char big[2000];

	(void)state;
	scene_start(&s, BUNDLE_BASELINE, "{\"linux\": {\"a/b\": 1}}");
	in.doc = s.c.doc;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	f = finding_add(&in, &out, &err, "/linux/a~1b/c/d", "%s\033[0m\n%s", "see", "it");
	assert_non_null(f);
	assert_ptr_equal(f->node, json_at(s.c.doc, "/linux/a~1b"));
	assert_string_equal(f->pointer, "/linux/a~1b/c/d");
	assert_null(strpbrk(f->text, "\033\n"));
	assert_int_equal(finding_value(f, &err, "%s", big), 0);
	assert_true(strlen(f->value) < 300);
	assert_int_equal(finding_value(f, &err, "a\033[0m"), 0);
	assert_null(strchr(f->value, '\033'));
	assert_int_equal(finding_value(f, &err, "%s\t", big), 0);
	assert_true(strlen(f->value) < 300);
	f = finding_add(&in, &out, &err, "/gone", "text");
	assert_ptr_equal(f->node, s.c.doc->root);
	assert_int_equal(out.n, 2);
	findings_free(&out);
	assert_int_equal(out.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one), cmocka_unit_test(test_worst),
		cmocka_unit_test(test_sums), cmocka_unit_test(test_off),
		cmocka_unit_test(test_no_facts), cmocka_unit_test(test_unjudged_is_counted),
		cmocka_unit_test(test_not_judgeable), cmocka_unit_test(test_again),
		cmocka_unit_test(test_folded),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_value),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
