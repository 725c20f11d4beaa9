/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/controls.h>

#include "unit.h"

/* What a note starts with where the control could be judged, and no rule does it. */
#define NOT_YET "No rule of this version"

static size_t judging(const struct control *control)
{
	size_t n = 0;

	for (size_t i = 0; i < RULE_MAX; i++)
		n += control_judged_by(control, registry_rule((enum rule_id)i));
	return n;
}

/* Section 5 has 32 recommendations, and none is left out. */
static void test_cis_complete(void **state)
{
	unsigned next = 1;
	size_t n;
	const struct control *all = controls(&n);
	char number[16];

	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (all[i].standard != STANDARD_CIS)
			continue;
		(void)snprintf(number, sizeof(number), "5.%u", next++);
		assert_string_equal(all[i].number, number);
	}
	assert_int_equal(next, 33);
}

/* The Standards have twelve controls in baseline, and five more in restricted. */
static void test_pss_complete(void **state)
{
	static const char *const wanted[] = {
		"baseline: HostProcess", "baseline: Host namespaces",
		"baseline: Privileged containers", "baseline: Capabilities",
		"baseline: HostPath volumes", "baseline: Host ports",
		"baseline: Host of probes and lifecycle hooks", "baseline: AppArmor",
		"baseline: SELinux", "baseline: /proc mount type", "baseline: Seccomp",
		"baseline: Sysctls", "restricted: Volume types",
		"restricted: Privilege escalation", "restricted: Running as non-root",
		"restricted: Seccomp", "restricted: Capabilities",
	};
	size_t n, at = 0;
	const struct control *all = controls(&n);
	char name[128];

	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (all[i].standard != STANDARD_PSS)
			continue;
		(void)snprintf(name, sizeof(name), "%s: %s", all[i].number, all[i].title);
		assert_true(at < ARRAY_SIZE(wanted));
		assert_string_equal(name, wanted[at++]);
	}
	assert_int_equal(at, ARRAY_SIZE(wanted));
}

/* A control has rules, or says why it has none. */
static void test_reasons(void **state)
{
	size_t n;
	const struct control *all = controls(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		const char *note = all[i].note;

		if (note && (strlen(note) < 12 || note[strlen(note) - 1] != '.'))
			fail_msg("%s %s: no sentence: %s", all[i].number, all[i].title, note);
		if (judging(&all[i]) == 0 && !note)
			fail_msg("%s %s: no rule, and no reason", all[i].number, all[i].title);
		if (judging(&all[i]) > 0 && note && strncmp(note, NOT_YET, strlen(NOT_YET)) == 0)
			fail_msg("%s %s: there is a rule now: take the note away in controls.def",
				 all[i].number, all[i].title);
	}
}

static bool has_level(const struct rule *rule, const char *level)
{
	return rule->pss && strstr(rule->pss, level);
}

/* What rows of the registry name is in the catalogues, and the other way round. */
static void test_rows_agree(void **state)
{
	size_t n;
	const struct control *all = controls(&n);

	(void)state;
	for (size_t r = 0; r < RULE_MAX; r++) {
		const struct rule *rule = registry_rule((enum rule_id)r);
		size_t cis = 0, baseline = 0, restricted = 0;

		for (size_t i = 0; i < n; i++) {
			if (!control_judged_by(&all[i], rule))
				continue;
			cis += all[i].standard == STANDARD_CIS;
			baseline += strcmp(all[i].number, "baseline") == 0;
			restricted += strcmp(all[i].number, "restricted") == 0;
		}
		if (cis != (rule->cis && strncmp(rule->cis, "5.", 2) == 0))
			fail_msg("%s: CIS %s is not in controls.def", rule->id, rule->cis);
		if ((baseline > 0) != has_level(rule, "baseline") ||
		    (restricted > 0) != (has_level(rule, "restricted")))
			fail_msg("%s: its row and controls.def differ on the PSS level (%s)", rule->id,
				 rule->pss ? rule->pss : "none");
	}
}

/* Of the ids in controls.def, each is a rule's. */
static void test_ids(void **state)
{
	size_t n;
	const struct control *all = controls(&n);
	enum rule_id id;
	struct error err;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; all[i].rules && all[i].rules[k]; k++) {
			if (registry_find(all[i].rules[k], &id, &err) < 0)
				fail_msg("%s: %s", all[i].title, err.text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cis_complete),
		cmocka_unit_test(test_pss_complete),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_rows_agree),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests_name("controls", tests, NULL, NULL);
}
