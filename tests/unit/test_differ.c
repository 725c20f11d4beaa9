/* SPDX-License-Identifier: Apache-2.0 */
/* What two policies differ in: every parameter has an order, and it is the right way round. */
#include "policies.h"

#include <cofferdam/differ.h>

struct said {
	size_t count[DIFFERS_MAX];
	char what[8][160];
	enum differs differs[8];
	size_t n;
};

static void say(void *arg, const struct difference *d)
{
	struct said *all = arg;

	all->count[d->differs]++;
	if (all->n == ARRAY_SIZE(all->what))
		return;
	(void)snprintf(all->what[all->n], sizeof(all->what[0]), "%s: %s -> %s", d->what,
		       d->a ? d->a : "-", d->b ? d->b : "-");
	all->differs[all->n++] = d->differs;
}

static struct said differ(const struct policy *a, const struct policy *b)
{
	struct said all = { 0 };
	struct error err = { 0 };

	assert_int_equal(policy_differ(a, b, say, &all, &err), 0);
	return all;
}

/* Two policies that differ in what is in their files. */
static struct said differ_text(const char *one, const char *two)
{
	_cleanup_policy_ struct policy *a = NULL, *b = NULL;

	put_bundle("a", one);
	put_bundle("b", two);
	load("a", &a);
	load("b", &b);
	return differ(a, b);
}

static void assert_one(const char *one, const char *two, enum differs differs, const char *what)
{
	const struct said there = differ_text(one, two), back = differ_text(two, one);

	if (there.n != 1 || there.differs[0] != differs || strcmp(there.what[0], what) != 0)
		fail_msg("%s to %s: %zu, %s %s, not %s %s", one, two, there.n,
			 differs_name(there.differs[0]), there.what[0], differs_name(differs), what);
	/* and the other way round it is the other way */
	assert_int_equal(back.n, 1);
	assert_int_equal(back.count[DIFFERS_EITHER], differs == DIFFERS_EITHER);
	assert_int_equal(back.count[DIFFERS_LAXER], differs == DIFFERS_STRICTER);
}

#define ACTION(text) RULES("\"memory-limit\": {\"action\": \"" text "\"}")
#define MEMORY(text) RULES("\"memory-limit\": {" text "}")

static void test_actions(void **state)
{
	(void)state;
	assert_one(ACTION("deny"), ACTION("harden"), DIFFERS_LAXER, "memory-limit: \"deny\" -> \"harden\"");
	assert_one(ACTION("off"), ACTION("warn"), DIFFERS_STRICTER, "memory-limit: \"off\" -> \"warn\"");
	assert_one(ACTION("deny"), MEMORY("\"action\": \"deny\", \"audit\": true"), DIFFERS_LAXER,
		   "memory-limit: \"deny\" -> \"deny\", audit");
	assert_one(ACTION("off"), MEMORY("\"action\": \"deny\", \"audit\": true"), DIFFERS_STRICTER,
		   "memory-limit: \"off\" -> \"deny\", audit");
	assert_one(HEAD "\"rules\": {}}", HEAD "\"audit\": true}", DIFFERS_LAXER, "audit: false -> true");
	/* of a rule that is off nothing matters */
	assert_int_equal(differ_text(MEMORY("\"action\": \"off\", \"max\": 1"),
				     MEMORY("\"action\": \"off\", \"max\": 2")).n, 0);
}

/* The order that cofferdam(1) gives, each before each that comes after it. */
static void test_strictness(void **state)
{
	static const struct {
		const char *text, *said;
	} order[] = {
		{ ACTION("deny"), "\"deny\"" },
		{ ACTION("harden"), "\"harden\"" },
		{ MEMORY("\"action\": \"deny\", \"audit\": true"), "\"deny\", audit" },
		{ MEMORY("\"action\": \"harden\", \"audit\": true"), "\"harden\", audit" },
		{ ACTION("warn"), "\"warn\"" },
		{ ACTION("off"), "\"off\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		for (size_t j = i + 1; j < ARRAY_SIZE(order); j++) {
			char said[160];

			(void)snprintf(said, sizeof(said), "memory-limit: %s -> %s", order[i].said,
				       order[j].said);
			assert_one(order[i].text, order[j].text, DIFFERS_LAXER, said);
		}
	}
	/* of what refuses nothing, audit takes nothing away */
	assert_int_equal(differ_text(ACTION("warn"),
				     MEMORY("\"action\": \"warn\", \"audit\": true")).n, 0);
}

static void test_params(void **state)
{
	(void)state;
	assert_one(MEMORY("\"max\": \"1Gi\""), MEMORY("\"max\": \"2Gi\""), DIFFERS_LAXER,
		   "memory-limit max: \"1Gi\" -> \"2Gi\"");
	/* 0 is no limit */
	assert_one(MEMORY("\"max\": \"1Gi\""), MEMORY("\"max\": 0"), DIFFERS_LAXER,
		   "memory-limit max: \"1Gi\" -> \"0\"");
	assert_one(RULES("\"oom-score\": {\"min\": -1}"), RULES("\"oom-score\": {\"min\": 1}"),
		   DIFFERS_STRICTER, "oom-score min: -1 -> 1");
	assert_one(RULES("\"host-path\": {\"allow\": [\"/a\"]}"),
		   RULES("\"host-path\": {\"allow\": [\"/a\", \"/b\"]}"), DIFFERS_LAXER,
		   "host-path allow: - -> \"/b\"");
	assert_one(RULES("\"engine-socket\": {\"paths\": [\"/a\"]}"),
		   RULES("\"engine-socket\": {\"paths\": [\"/a\", \"/b\"]}"), DIFFERS_STRICTER,
		   "engine-socket paths: - -> \"/b\"");
	/* a folder and a pattern hold what is below, and what matches */
	assert_one(RULES("\"host-path\": {\"allow\": [\"/a/b\"]}"),
		   RULES("\"host-path\": {\"allow\": [\"/a\"]}"), DIFFERS_LAXER,
		   "host-path allow: - -> \"/a\"");
	assert_one(RULES("\"sysctl\": {\"allow\": [\"net.core.*\"]}"),
		   RULES("\"sysctl\": {\"allow\": [\"net.core.somaxconn\"]}"), DIFFERS_STRICTER,
		   "sysctl allow: \"net.core.*\" -> -");
	assert_one(RULES("\"placement\": {\"action\": \"deny\", \"namespaces\": [\"a\"]}"),
		   RULES("\"placement\": {\"action\": \"deny\", \"namespaces\": []}"), DIFFERS_LAXER,
		   "placement namespaces: [\"a\"] -> []");
	assert_one(RULES("\"seccomp-missing\": {\"profile\": \"hardened\"}"),
		   RULES("\"seccomp-missing\": {\"profile\": \"compat32\"}"), DIFFERS_EITHER,
		   "seccomp-missing profile: \"hardened\" -> \"compat32\"");
}

/* What one entry holds of another, and what only looks as if it did. */
static void test_covered(void **state)
{
	(void)state;
	/* a "*" is more than a "?", though it is matched by one */
	assert_one(RULES("\"sysctl\": {\"allow\": [\"net.cor?\"]}"),
		   RULES("\"sysctl\": {\"allow\": [\"net.cor?\", \"net.cor*\"]}"), DIFFERS_LAXER,
		   "sysctl allow: - -> \"net.cor*\"");
	assert_one(RULES("\"sysctl\": {\"allow\": [\"[*]\"]}"),
		   RULES("\"sysctl\": {\"allow\": [\"[*]\", \"*\"]}"), DIFFERS_LAXER,
		   "sysctl allow: - -> \"*\"");
	assert_int_equal(differ_text(RULES("\"sysctl\": {\"allow\": [\"net.*\"]}"),
				     RULES("\"sysctl\": {\"allow\": [\"net.*\", \"net.?.*\"]}")).n, 0);
	/* a hook is a program, and no folder of them */
	assert_one(RULES("\"foreign-hooks\": {\"allow\": [\"/a\"]}"),
		   RULES("\"foreign-hooks\": {\"allow\": [\"/a\", \"/a/b\"]}"), DIFFERS_LAXER,
		   "foreign-hooks allow: - -> \"/a/b\"");
	/* 0 is half of the memory */
	assert_one(RULES("\"rootfs-writable\": {\"tmpfs_size\": \"64Mi\"}"),
		   RULES("\"rootfs-writable\": {\"tmpfs_size\": 0}"), DIFFERS_LAXER,
		   "rootfs-writable tmpfs_size: \"64Mi\" -> \"0\"");
}

#define EXEMPTION(namespace, rules, more) "{\"when\": {\"engine\": \"crio\", " \
	"\"namespace\": \"" namespace "\"}, \"rules\": [" rules "], \"reason\": \"r\"" more "}"
#define EXEMPT(namespace, rules, more) \
	HEAD "\"exemptions\": [" EXEMPTION(namespace, rules, more) "]}"
#define UNTIL(day) ", \"expires\": \"" day "\""
#define SAID(namespace, rules, more) "{ \"when\": { \"engine\": [\"crio\"], \"namespace\": [\"" \
	namespace "\"] }, \"rules\": [" rules "], \"reason\": \"r\"" more " }"
#define PID "\"host-pid\""
#define BOTH "\"host-pid\", \"host-ipc\""
#define PAIR(more) HEAD "\"exemptions\": [" EXEMPTION("a", PID, "") ", " \
	EXEMPTION("a", "\"host-ipc\"", more) "]}"

static void test_exemptions(void **state)
{
	(void)state;
	assert_one(HEAD "\"rules\": {}}", EXEMPT("a", PID, ""), DIFFERS_LAXER,
		   "exemption: - -> " SAID("a", PID, ""));
	/* one that holds for less is nothing new */
	assert_one(EXEMPT("a", BOTH, ""), EXEMPT("a", PID, ""), DIFFERS_STRICTER,
		   "exemption: " SAID("a", BOTH, "") " -> -");
	assert_one(EXEMPT("a", PID, UNTIL("2028-01-31")), EXEMPT("a", PID, UNTIL("2027-01-31")),
		   DIFFERS_STRICTER, "exemption: " SAID("a", PID, UNTIL("2028-01-31")) " -> -");
	assert_one(EXEMPT("a", PID, ""), EXEMPT("a", PID, UNTIL("9999-12-31")), DIFFERS_STRICTER,
		   "exemption: " SAID("a", PID, "") " -> -");
	/* less in one way and more in another is both */
	assert_int_equal(differ_text(EXEMPT("a", BOTH, UNTIL("2027-01-31")), EXEMPT("a", PID, "")).n, 2);
	assert_int_equal(differ_text(EXEMPT("a", PID, ""), EXEMPT("b", PID, "")).n, 2);
}

#define ANY(rule) "{\"rules\": [\"" rule "\"], \"reason\": \"" rule "\"}"

static void test_many_exemptions(void **state)
{
	const char *one = HEAD "\"exemptions\": [" ANY("host-pid") ", " ANY("host-ipc") ", " ANY("host-uts") "]}";
	const char *two = HEAD "\"exemptions\": [" ANY("host-uts") ", " ANY("host-pid") ", " ANY("host-ipc") "]}";
	const char *less = HEAD "\"exemptions\": [" ANY("host-uts") ", " ANY("host-pid") "]}";

	(void)state;
	assert_int_equal(differ_text(one, two).n, 0);	/* in whichever order */
	assert_one(one, less, DIFFERS_STRICTER,
		   "exemption: { \"rules\": [\"host-ipc\"], \"reason\": \"host-ipc\" } -> -");
	/* two that are from what one is from, for as long, are the same */
	assert_int_equal(differ_text(EXEMPT("a", BOTH, ""), PAIR("")).n, 0);
	assert_int_equal(differ_text(PAIR(""), EXEMPT("a", BOTH, "")).n, 0);
	assert_one(EXEMPT("a", BOTH, ""), PAIR(UNTIL("2027-01-31")), DIFFERS_STRICTER,
		   "exemption: " SAID("a", BOTH, "") " -> -");
}

/* Every bundle is like itself, and what is laxer one way is stricter the other. */
static void test_shipped(void **state)
{
	struct policy *p[BUNDLE_MAX] = { NULL };
	struct error err = { 0 };

	(void)state;
	for (int a = 0; a < BUNDLE_MAX; a++)
		assert_int_equal(policy_shipped((enum bundle)a, &p[a], &err), 0);
	for (int a = 0; a < BUNDLE_MAX; a++) {
		for (int b = 0; b < BUNDLE_MAX; b++) {
			const struct said there = differ(p[a], p[b]), back = differ(p[b], p[a]);

			assert_int_equal(there.count[DIFFERS_LAXER], back.count[DIFFERS_STRICTER]);
			assert_int_equal(there.count[DIFFERS_EITHER], back.count[DIFFERS_EITHER]);
			assert_int_equal(there.n == 0, a == b);
		}
	}
	for (int a = 0; a < BUNDLE_MAX; a++)
		policy_free(&p[a]);
}

/* Only what no number and no set can say has no order. */
static void test_orders(void **state)
{
	(void)state;
	for (size_t i = 0; i < RULE_MAX; i++) {
		const struct rule *rule = registry_rule((enum rule_id)i);

		for (size_t p = 0; p < PARAMS_MAX && rule->params[p].name; p++) {
			const struct param *param = &rule->params[p];
			const bool none = param->kind == PARAM_PROFILE ||
					  strcmp(param->name, "annotations") == 0;

			if ((param->order == ORDER_NONE) != none)
				fail_msg("%s %s: which way is more of it?", rule->id, param->name);
			if (param->kind == PARAM_BOOL || param->kind == PARAM_INT)
				assert_int_not_equal(param->order, ORDER_LIMIT);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_strictness),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_covered),
		cmocka_unit_test(test_exemptions),
		cmocka_unit_test(test_many_exemptions),
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_orders),
	};

	return cmocka_run_group_tests_name("differ", tests, setup, teardown);
}
