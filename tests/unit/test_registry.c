/* SPDX-License-Identifier: Apache-2.0 */
#include <cap-ng.h>
#include <seccomp.h>

#include <cofferdam/host.h>
#include <cofferdam/seccomp.h>
#include <cofferdam/text.h>
#include <cofferdam/verdict.h>

#include "unit.h"

#define FACTS_KNOWN (FACT_NAMESPACES | FACT_MOUNTS | FACT_PLACES | FACT_IDMAPS | FACT_LIMITS | \
		     FACT_ROOTFS | FACT_CGROUP | FACT_HOOKS | FACT_SOCKETS | FACT_GROUPS | FACT_IMAGE | \
		     FACT_CORE | FACT_SELINUX | FACT_APPARMOR)

static bool made_of(const char *s, const char *set)
{
	return s && *s && strspn(s, set) == strlen(s);
}

/* One line of text without a full stop, or a sentence with one. */
static bool phrase(const char *s, bool sentence)
{
	size_t len = s ? strlen(s) : 0;

	return len > 0 && !strpbrk(s, "\n\t") && (s[len - 1] == '.') == sentence &&
	       s[0] != ' ' && s[len - 1] != ' ';
}

static bool valid_id(const char *id)
{
	return made_of(id, "abcdefghijklmnopqrstuvwxyz-") && strlen(id) <= 32 && id[0] != '-' &&
	       id[strlen(id) - 1] != '-' && !strstr(id, "--");
}

static bool valid_entry(enum param_kind kind, const char *entry)
{
	_cleanup_free_ char *clean = NULL;
	enum seccomp_trap trap;

	if (kind == PARAM_CAPITALS && strpbrk(entry, "abcdefghijklmnopqrstuvwxyz"))
		return false;
	if (kind == PARAM_NAMES || kind == PARAM_CAPITALS || kind == PARAM_DEVICES ||
	    kind == PARAM_WORDS)
		return entry[0] != '\0';
	if (kind == PARAM_CAPS)
		return strncmp(entry, "CAP_", 4) == 0 && capng_name_to_capability(entry + 4) >= 0;
	if (kind == PARAM_CALLS)
		return seccomp_syscall_resolve_name(entry) != __NR_SCMP_ERROR;
	if (kind == PARAM_TRAPS)
		return seccomp_trap_parse(entry, &trap) == 0;
	clean = text_path_clean(entry);
	return entry[0] == '/' && clean && strcmp(clean, entry) == 0;
}

static bool valid_list(enum param_kind kind, const char *const *list)
{
	for (size_t i = 0; list && list[i]; i++) {
		if (!valid_entry(kind, list[i]))
			return false;
		for (size_t k = 0; k < i; k++) {
			if (strcmp(list[k], list[i]) == 0)
				return false;
		}
	}
	return list != NULL;
}

static bool valid_value(enum param_kind kind, const struct param_value *value)
{
	size_t len;

	switch (kind) {
	case PARAM_BOOL:
		return value->number <= 1 && !value->list;
	case PARAM_COUNT:
	case PARAM_SIZE:
	case PARAM_CPU:
	case PARAM_INT:
		return !value->list;
	CASE_PARAM_LISTS:
		return valid_list(kind, value->list) && !value->number;
	case PARAM_PROFILE:
		return value->string && profile_shipped(value->string, &len);
	case PARAM_NONE:
		break;
	}
	return false;
}

/* param_wrong - what is wrong with a parameter, or NULL. */
static const char *param_wrong(const struct param *param)
{
	if (!made_of(param->name, "abcdefghijklmnopqrstuvwxyz_"))
		return "a parameter's name";
	if (strcmp(param->name, "action") == 0)
		return "a parameter takes the action's name";
	if (!phrase(param->help, false))
		return "a parameter's help";
	for (size_t b = 0; b < BUNDLE_MAX; b++) {
		if (!valid_value(param->kind, &param->value[b]))
			return "a parameter's value";
	}
	return NULL;
}

static const char *params_wrong(const struct rule *rule)
{
	const int max = registry_param(rule, "max"), def = registry_param(rule, "default");
	bool ended = false;

	for (int i = 0; i < PARAMS_MAX; i++) {
		const struct param *param = &rule->params[i];
		const char *wrong;

		if (!param->name) {
			ended = true;
			continue;
		}
		wrong = ended ? "a parameter behind the last" : param_wrong(param);
		if (wrong)
			return wrong;
		if (registry_param(rule, param->name) != i)
			return "two parameters have one name";
	}
	for (size_t b = 0; max >= 0 && def >= 0 && b < BUNDLE_MAX; b++) {
		const uint64_t top = rule->params[max].value[b].number;

		if (top && rule->params[def].value[b].number > top)
			return "a default above the max";
	}
	return NULL;
}

static const char *references_wrong(const struct rule *rule)
{
	if (rule->pss && strcmp(rule->pss, "baseline") != 0 &&
	    strcmp(rule->pss, "restricted") != 0 &&
	    strcmp(rule->pss, "baseline, restricted") != 0)
		return "pss";
	if (rule->cis && ((strncmp(rule->cis, "4.", 2) != 0 && strncmp(rule->cis, "5.", 2) != 0) ||
			  !made_of(rule->cis + 2, "0123456789")))
		return "cis";
	if (rule->refs && !phrase(rule->refs, false))
		return "refs";
	return NULL;
}

/* A part names another rule, which is no part itself and is refused by every bundle. */
static bool part_wrong(const struct rule *rule)
{
	struct error err = { 0 };
	const struct rule *whole;
	enum rule_id id;

	if (!rule->part_of)
		return false;
	if (registry_find(rule->part_of, &id, &err) < 0)
		return true;
	whole = registry_rule(id);
	for (size_t b = 0; b < BUNDLE_MAX; b++) {
		if (whole->action[b] != ACTION_DENY)
			return true;
	}
	return whole->part_of || strcmp(whole->id, rule->id) == 0;
}

/* row_wrong - what is wrong with a row of the registry, or NULL. */
static const char *row_wrong(const struct rule *rule)
{
	const char *wrong;

	if (!valid_id(rule->id))
		return "id";
	if (!phrase(rule->title, false) || strlen(rule->title) > 72)
		return "title";
	if (!made_of(rule->family, "abcdefghijklmnopqrstuvwxyz"))
		return "family";
	if (!phrase(rule->why, true))
		return "why";
	if (rule->severity >= SEVERITY_MAX)
		return "severity";
	if (rule->facts & ~FACTS_KNOWN)
		return "facts";
	if (rule->remedy && !phrase(rule->remedy, false))
		return "remedy";
	for (size_t b = 0; b < BUNDLE_MAX; b++) {
		if (rule->action[b] >= ACTION_MAX)
			return "action";
		if (rule->action[b] == ACTION_HARDEN && !rule->remedy)
			return "harden without a remedy";
	}
	for (size_t w = 0; w < WORDS_MAX; w++) {
		if (!phrase(rule->advice[w], false))
			return "advice";
	}
	if (part_wrong(rule))
		return "part_of";
	wrong = params_wrong(rule);
	return wrong ? wrong : references_wrong(rule);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < RULE_MAX; i++) {
		const struct rule *rule = registry_rule((enum rule_id)i);
		const char *wrong = row_wrong(rule);

		if (wrong)
			fail_msg("%s: %s", rule->id ? rule->id : "?", wrong);
		for (size_t k = 0; k < i; k++) {
			const struct rule *other = registry_rule((enum rule_id)k);

			assert_string_not_equal(rule->id, other->id);
			assert_string_not_equal(rule->title, other->title);
		}
	}
}

/* Rows of one family stand together, as listings show them. */
static void test_families(void **state)
{
	(void)state;
	for (size_t i = 2; i < RULE_MAX; i++) {
		const char *family = registry_rule((enum rule_id)i)->family;

		if (strcmp(family, registry_rule((enum rule_id)(i - 1))->family) == 0)
			continue;
		for (size_t k = 0; k < i - 1; k++)
			assert_string_not_equal(family, registry_rule((enum rule_id)k)->family);
	}
}

static const char *const one_path[] = { "/a", NULL };
static const char *const two_alike[] = { "/a", "/a", NULL };
static const char *const relative[] = { "a", NULL };
static const char *const unclean[] = { "/a/../b", NULL };
static const char *const trailing[] = { "/a/", NULL };
static const char *const lower[] = { "cap_chown", NULL };
static const char *const bare[] = { "CHOWN", NULL };
static const char *const unknown[] = { "CAP_CHOWNS", NULL };

static const char *const nameless[] = { "a", "", NULL };

static const struct rule good = {
	.id = "good-rule", .title = "All is well", .family = "family", .why = "Or it is not.",
	.severity = SEVERITY_LOW, .facts = FACT_MOUNTS, .remedy = "makes it well",
	.action = { ACTION_DENY, ACTION_HARDEN, ACTION_OFF },
	.params = {
		{ "max", PARAM_SIZE, "the most",
		  { { .number = 5 }, { .number = 0 }, { .number = 9 } }, ORDER_LIMIT },
		{ "default", PARAM_SIZE, "the usual",
		  { { .number = 5 }, { .number = 7 }, { .number = 1 } }, ORDER_NONE },
		{ "paths", PARAM_PATHS, "some paths",
		  { { .list = one_path }, { .list = one_path }, { .list = one_path } }, ORDER_LAXER },
		{ "flag", PARAM_BOOL, "yes or no",
		  { { .number = 0 }, { .number = 1 }, { .number = 0 } }, ORDER_STRICTER },
	},
	.advice = { "do", "run", "apply" },
	.pss = "baseline", .cis = "5.1", .refs = "CVE-1",
};

#define BROKEN(what, member, ...) do { \
	struct rule row = good; \
	const char *wrong; \
	row.member = __VA_ARGS__; \
	wrong = row_wrong(&row); \
	assert_non_null(wrong); \
	assert_string_equal(wrong, what); \
} while (0)

/* The invariants notice what is broken. */
static void test_broken_rows(void **state)
{
	(void)state;
	assert_null(row_wrong(&good));
	BROKEN("id", id, NULL);
	BROKEN("id", id, "");
	BROKEN("id", id, "Good");
	BROKEN("id", id, "good_rule");
	BROKEN("id", id, "-good");
	BROKEN("id", id, "good--rule");
	BROKEN("title", title, NULL);
	BROKEN("title", title, "All is well.");
	BROKEN("title", title,
	       "Seventy-three characters are one more than may stand in a rule's title now");
	BROKEN("family", family, NULL);
	BROKEN("why", why, "Or it is not");
	BROKEN("why", why, NULL);
	BROKEN("severity", severity, SEVERITY_MAX);
	BROKEN("facts", facts, 0x4000);
	BROKEN("remedy", remedy, "makes it well.");
	BROKEN("harden without a remedy", remedy, NULL);
	BROKEN("action", action[0], ACTION_MAX);
	BROKEN("advice", advice[WORDS_RUN], NULL);
	BROKEN("advice", advice[WORDS_KUBERNETES], "apply.");
	BROKEN("pss", pss, "privileged");
	BROKEN("cis", cis, "3.1");
	BROKEN("cis", cis, "5.");
	BROKEN("refs", refs, "");
	BROKEN("part_of", part_of, "no-such-rule");
	BROKEN("part_of", part_of, "capabilities");
	BROKEN("part_of", part_of, "host-cgroup");
}

static void test_broken_params(void **state)
{
	(void)state;
	BROKEN("a parameter's name", params[0].name, "Max");
	BROKEN("a parameter takes the action's name", params[3].name, "action");
	BROKEN("two parameters have one name", params[3].name, "paths");
	BROKEN("a parameter behind the last", params[1].name, NULL);
	BROKEN("a parameter's help", params[0].help, NULL);
	BROKEN("a parameter's value", params[0].kind, PARAM_NONE);
	BROKEN("a parameter's value", params[3].value[1].number, 2);
	BROKEN("a parameter's value", params[2].value[2].list, NULL);
	BROKEN("a parameter's value", params[2].value[0].list, two_alike);
	BROKEN("a parameter's value", params[2].value[0].list, relative);
	BROKEN("a parameter's value", params[2].value[0].list, unclean);
	BROKEN("a parameter's value", params[2].value[0].list, trailing);
	BROKEN("a parameter's value", params[2].value[0].number, 1);
	BROKEN("a parameter's value", params[0].value[0].string, "5");
	BROKEN("a default above the max", params[1].value[2].number, 10);
	BROKEN("a parameter's value", params[3],
	       (struct param){ "caps", PARAM_CAPS, "some", { { .list = lower } }, ORDER_NONE });
	BROKEN("a parameter's value", params[3],
	       (struct param){ "caps", PARAM_CAPS, "some", { { .list = bare } }, ORDER_NONE });
	BROKEN("a parameter's value", params[3],
	       (struct param){ "caps", PARAM_CAPS, "some", { { .list = unknown } }, ORDER_NONE });
	BROKEN("a parameter's value", params[3],
	       (struct param){ "names", PARAM_NAMES, "some", { { .list = nameless } }, ORDER_NONE });
	BROKEN("a parameter's value", params[3],
	       (struct param){ "calls", PARAM_CALLS, "some", { { .list = unknown } }, ORDER_NONE });
	BROKEN("a parameter's value", params[3],
	       (struct param){ "traps", PARAM_TRAPS, "some", { { .list = unknown } }, ORDER_NONE });
	BROKEN("a parameter's value", params[3],
	       (struct param){ "min", PARAM_INT, "the least", { { .list = one_path } }, ORDER_NONE });
	BROKEN("a parameter's value", params[3],
	       (struct param){ "profile", PARAM_PROFILE, "one", { { .string = "gone" } }, ORDER_NONE });
}

static void test_find(void **state)
{
	struct error err = { 0 };
	enum rule_id id = RULE_MAX;

	(void)state;
	for (size_t i = 0; i < RULE_MAX; i++) {
		assert_int_equal(registry_find(registry_rule((enum rule_id)i)->id, &id, &err), 0);
		assert_int_equal(id, i);
	}
	id = RULE_CPU_LIMIT;
	assert_int_equal(registry_find("host-pids", &id, &err), -ENOENT);
	assert_non_null(strstr(err.text, "did you mean \"host-pid\"?"));
	assert_int_equal(registry_find("HOST-PID", &id, &err), -ENOENT);
	assert_int_equal(registry_find("", &id, &err), -ENOENT);
	assert_int_equal(registry_find("something else altogether", &id, &err), -ENOENT);
	assert_null(strstr(err.text, "did you mean"));
	assert_int_equal(id, RULE_CPU_LIMIT);
}

static void test_param(void **state)
{
	(void)state;
	assert_int_equal(registry_param(&good, "max"), 0);
	assert_int_equal(registry_param(&good, "flag"), 3);
	assert_int_equal(registry_param(&good, "flags"), -1);
	assert_int_equal(registry_param(&good, ""), -1);
}

/* Of every kind: each name leads back to its value, and nothing else does. */
#define ROUND_TRIP(type, max, name, parse) do { \
	type back; \
	for (int i = 0; i < (int)(max); i++) { \
		back = (type)((i + 1) % (int)(max)); \
		assert_int_equal(parse(name((type)i), &back), 0); \
		assert_int_equal(back, i); \
	} \
	back = (type)1; \
	assert_int_equal(parse("", &back), -EINVAL); \
	assert_int_equal(parse("none such", &back), -EINVAL); \
	assert_int_equal(back, 1); \
} while (0)

static void test_names(void **state)
{
	(void)state;
	ROUND_TRIP(enum door, DOOR_MAX, door_name, door_parse);
	ROUND_TRIP(enum action, ACTION_MAX, action_name, action_parse);
	ROUND_TRIP(enum bundle, BUNDLE_MAX, bundle_name, bundle_parse);
	for (int i = 1; i < (int)ENGINE_MAX; i++) {
		assert_int_equal(engine_parse(engine_name((enum engine)i)), i);
		assert_string_equal(engine_names()[i - 1], engine_name((enum engine)i));
	}
	assert_string_equal(engine_name(ENGINE_UNKNOWN), "unknown");
	assert_int_equal(engine_parse("unknown"), ENGINE_UNKNOWN);
	assert_int_equal(engine_parse("Podman"), ENGINE_UNKNOWN);
}

/* Names without a reader at least differ. */
#define DISTINCT(type, first, last, name) do { \
	for (int i = (int)(first); i <= (int)(last); i++) { \
		assert_true(*name((type)i)); \
		for (int k = (int)(first); k < i; k++) \
			assert_string_not_equal(name((type)i), name((type)k)); \
	} \
} while (0)

static void test_distinct(void **state)
{
	(void)state;
	DISTINCT(enum severity, 0, SEVERITY_MAX - 1, severity_name);
	DISTINCT(enum verdict, 0, VERDICT_MAX - 1, verdict_name);
	DISTINCT(enum mode, MODE_ENFORCE, MODE_AUDIT, mode_name);
	DISTINCT(enum bundle, 0, BUNDLE_MAX - 1, bundle_description);
	DISTINCT(enum param_kind, PARAM_NONE, PARAM_PROFILE, param_kind_name);
	DISTINCT(enum oci_ns, 0, NS_MAX - 1, oci_ns_name);
	DISTINCT(enum oci_ns, 0, NS_MAX - 1, oci_ns_proc);
}

/* What a zeroed struct means is the safe choice. */
static void test_zero_denies(void **state)
{
	(void)state;
	assert_int_equal(ACTION_DENY, 0);
	assert_int_equal(VERDICT_DENY, 0);
	assert_int_equal(MODE_ENFORCE, 0);
	assert_int_equal(FACT_UNKNOWN, 0);
	assert_int_equal(ENGINE_UNKNOWN, 0);
	assert_true(door_can_edit(DOOR_RUNTIME));
	assert_true(door_can_edit(DOOR_PRECREATE));
	assert_false(door_can_edit(DOOR_HOOK));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_families),
		cmocka_unit_test(test_broken_rows), cmocka_unit_test(test_broken_params),
		cmocka_unit_test(test_find), cmocka_unit_test(test_param),
		cmocka_unit_test(test_names), cmocka_unit_test(test_distinct),
		cmocka_unit_test(test_zero_denies),
	};

	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
