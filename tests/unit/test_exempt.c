/* SPDX-License-Identifier: Apache-2.0 */
/* Exemptions and audit: what they change of a decision, until when, and how it is told. */
#include "policies.h"

#include <time.h>

#include <cofferdam/report.h>

/* no-new-privileges: has edits; root-user: none */
static const char nothing[] = "{\"process\": {}}";

struct judged {
	struct policy *policy;
	struct candidate c;
};

static void judged_free(struct judged *j)
{
	candidate_free(&j->c);
	policy_free(&j->policy);
}
#define _cleanup_judged_ _cleanup_(judged_free)

/* judge - by a policy of two rules, with those other @members. */
static enum verdict judge(struct judged *j, const char *rules, const char *members)
{
	struct subject how = { .engine = ENGINE_PODMAN, .id = "c1" };
	struct buf text = { 0 }, policy = { 0 };
	struct error err = { 0 };

	*j = (struct judged){ 0 };
	buf_printf(&policy, HEAD "\"rules\": {%s}%s}", rules, members);
	put_bundle("p", buf_cstr(&policy));
	load("p", &j->policy);
	for (size_t i = 0; i < RULE_MAX; i++) {
		if (i != RULE_ROOT_USER && i != RULE_NO_NEW_PRIVILEGES)
			j->policy->rules[i].action = ACTION_OFF;
	}
	buf_str(&text, nothing);
	assert_int_equal(candidate_parse("config.json", &text, &j->c, &err), 0);
	j->c.facts.uid_map.is = FACT_KNOWN;
	how.policy = j->policy;
	assert_int_equal(candidate_judge(&j->c, &how, &err), 0);
	buf_free(&text);
	buf_free(&policy);
	return j->c.decision.verdict;
}

static char *told(const struct judged *j, bool record)
{
	const struct report report = { .subject = &j->c.subject, .decision = &j->c.decision };
	const struct record one = { .program = "p", .report = &report };
	struct buf out = { 0 };
	char *text;

	if (record)
		record_json(&out, &one);
	else
		report_text(&out, &report);
	text = buf_steal(&out);
	assert_non_null(text);
	return text;
}

static void assert_told(const struct judged *j, bool record, const char *what)
{
	_cleanup_free_ char *text = told(j, record);

	if (!strstr(text, what))
		fail_msg("%s\n  does not hold: %s", text, what);
}

#define DENY "\"root-user\": {\"action\": \"deny\"}, \"no-new-privileges\": {\"action\": \"deny\"}"
#define EXEMPT(rules, more) ", \"exemptions\": [{\"when\": {\"engine\": \"podman\", \"id\": \"c1\"}, " \
	"\"rules\": [" rules "], \"reason\": \"OPS-1\"" more "}]"

static void test_exempt(void **state)
{
	_cleanup_judged_ struct judged j = { 0 };

	(void)state;
	assert_int_equal(judge(&j, DENY, ""), VERDICT_DENY);
	assert_int_equal(j.c.decision.count[VERDICT_DENY], 2);
	assert_int_equal(j.c.decision.exempted, 0);
	assert_int_equal(j.c.decision.audited, 0);
	assert_told(&j, false, "\n2 denied\n");
	judged_free(&j);
	/* one of two */
	assert_int_equal(judge(&j, DENY, EXEMPT("\"root-user\"", "")), VERDICT_DENY);
	assert_int_equal(j.c.decision.count[VERDICT_DENY], 1);
	assert_int_equal(j.c.decision.exempted, 1);
	assert_told(&j, false, "\n1 denied, 1 exempt\n");
	judged_free(&j);
	assert_int_equal(judge(&j, DENY, EXEMPT("\"root-user\", \"no-new-privileges\"",
						", \"expires\": \"2999-12-31\"")), VERDICT_ALLOW);
	assert_told(&j, true, "\"rule\":\"root-user\",\"decides\":\"allow\",\"would\":\"deny\","
		    "\"exempt\":\"OPS-1\",\"expires\":\"2999-12-31\"");
	assert_told(&j, false, "exempt: root-user (");
	assert_told(&j, false, "Exempt: OPS-1, until 2999-12-31");
	assert_told(&j, false, "\n2 exempt\n");
	judged_free(&j);
	/* somebody else */
	assert_int_equal(judge(&j, DENY, ", \"exemptions\": [{\"when\": {\"engine\": \"podman\", "
			       "\"id\": \"c2\"}, \"rules\": [\"root-user\"], \"reason\": \"r\"}]"),
			 VERDICT_DENY);
	assert_int_equal(j.c.decision.count[VERDICT_DENY], 2);
}

/* What is exempt is not hardened either. */
static void test_exempt_harden(void **state)
{
	static const char rules[] = "\"root-user\": {\"action\": \"off\"}, "
		"\"no-new-privileges\": {\"action\": \"harden\"}";
	_cleanup_judged_ struct judged j = { 0 };

	(void)state;
	assert_int_equal(judge(&j, rules, ""), VERDICT_HARDEN);
	judged_free(&j);
	assert_int_equal(judge(&j, rules, EXEMPT("\"no-new-privileges\"", "")), VERDICT_ALLOW);
	assert_told(&j, true, "\"would\":\"harden\",\"exempt\":\"OPS-1\"");
}

static void test_expired(void **state)
{
	_cleanup_judged_ struct judged j = { 0 };

	(void)state;
	assert_int_equal(judge(&j, DENY, EXEMPT("\"root-user\"", ", \"expires\": \"2020-02-29\"")),
			 VERDICT_DENY);
	assert_int_equal(j.c.decision.count[VERDICT_DENY], 2);
	assert_told(&j, true, "\"decides\":\"deny\",\"expired\":\"OPS-1\",\"expires\":\"2020-02-29\"");
	assert_told(&j, false, "Expired exemption: OPS-1, held until 2020-02-29");
}

/* The last day counts to its end, in UTC. */
static void test_day(void **state)
{
	static const struct {
		int64_t now;
		bool holds;
	} days[] = { { 1801439999, true }, { 1801440000, false } };	/* 2027-01-31T23:59:59Z */
	const struct container c = { .engine = ENGINE_PODMAN, .id = "c1" };
	_cleanup_judged_ struct judged j = { 0 };

	(void)state;
	(void)judge(&j, DENY, EXEMPT("\"root-user\"", ", \"expires\": \"2027-01-31\""));
	for (size_t i = 0; i < ARRAY_SIZE(days); i++) {
		struct exempting exempt[RULE_MAX] = { { 0 } };

		policy_exempts(j.policy, &c, days[i].now, exempt);
		assert_int_equal(exempt[RULE_ROOT_USER].by != NULL, days[i].holds);
		assert_int_equal(exempt[RULE_ROOT_USER].expired != NULL, !days[i].holds);
	}
}

/* A clock that stands before the policy's file does not bring an exemption back. */
static void test_clock(void **state)
{
	const struct timespec later[2] = { { .tv_sec = 13569465600 }, { .tv_sec = 13569465600 } };
	_cleanup_judged_ struct judged j = { 0 };
	struct subject how = { .engine = ENGINE_PODMAN, .id = "c1" };
	struct error err = { 0 };
	bool behind = true;

	(void)state;
	assert_int_equal(judge(&j, DENY, EXEMPT("\"root-user\", \"no-new-privileges\"",
						", \"expires\": \"2399-12-31\"")), VERDICT_ALLOW);
	assert_false(j.c.decision.clock_behind);
	assert_true(policy_now(j.policy, &behind) > 1700000000);
	assert_false(behind);
	/* the same file, written in the year 2400 */
	assert_int_equal(utimensat(AT_FDCWD, at("bundles/p/policy.json"), later, 0), 0);
	policy_free(&j.policy);
	load("p", &j.policy);
	if (j.policy->written < 13569465600)
		skip();		/* a file system of 34 bits of time */
	decision_free(&j.c.decision);
	how.policy = j.policy;
	assert_int_equal(candidate_judge(&j.c, &how, &err), 0);
	assert_int_equal(j.c.decision.verdict, VERDICT_DENY);
	assert_told(&j, true, ",\"clock\":\"behind\",");
	assert_told(&j, false, "The clock stands before");
}

static void test_audit(void **state)
{
	_cleanup_judged_ struct judged j = { 0 };

	(void)state;
	assert_int_equal(judge(&j, "\"root-user\": {\"action\": \"deny\", \"audit\": true}, "
			       "\"no-new-privileges\": {\"action\": \"harden\", \"audit\": true}", ""),
			 VERDICT_ALLOW);
	assert_int_equal(j.c.decision.audited, 2);
	assert_told(&j, true, "\"rule\":\"root-user\",\"decides\":\"allow\",\"would\":\"deny\",\"audit\":true");
	assert_told(&j, true, "\"would\":\"harden\",\"audit\":true");
	assert_told(&j, false, "would be denied: root-user");
	assert_told(&j, false, "would be hardened: no-new-privileges");
	assert_told(&j, false, "\n2 only audited\n");
	judged_free(&j);
	/* of one rule: the other still decides */
	assert_int_equal(judge(&j, "\"root-user\": {\"action\": \"deny\", \"audit\": true}", ""),
			 VERDICT_HARDEN);
	judged_free(&j);
	/* a warning has nothing to spare */
	assert_int_equal(judge(&j, "\"root-user\": {\"action\": \"warn\", \"audit\": true}, "
			       "\"no-new-privileges\": {\"action\": \"off\"}", ""), VERDICT_ALLOW);
	assert_int_equal(j.c.decision.audited, 0);
}

static void test_audit_policy(void **state)
{
	_cleanup_judged_ struct judged j = { 0 };

	(void)state;
	assert_int_equal(judge(&j, DENY, ", \"audit\": true"), VERDICT_DENY);
	assert_true(j.policy->audit);
	assert_told(&j, false, "which is only audited");
}

/* Those of the policy that is extended still hold. */
static void test_inherited(void **state)
{
	_cleanup_policy_ struct policy *policy = NULL;

	(void)state;
	put_bundle("parent", HEAD "\"exemptions\": [{\"rules\": [\"host-pid\"], "
		   "\"reason\": \"first\"}], \"audit\": true}");
	put_bundle("child", HEAD "\"extends\": \"parent\", \"audit\": false, \n"
		   "\"exemptions\": [{\"rules\": [\"host-ipc\"], \"reason\": \"second\"}]}");
	load("child", &policy);
	assert_false(policy->audit);
	assert_int_equal(policy->n_exemptions, 2);
	assert_string_equal(policy->exemptions[0].reason, "first");
	assert_string_equal(policy->exemptions[0].at.file, at("bundles/parent/policy.json"));
	assert_string_equal(policy->exemptions[1].reason, "second");
	assert_int_equal(policy->exemptions[1].at.line, 2);
}

#define ONE(text) HEAD "\n\"exemptions\": [" text "]}"

static const struct bad bad_exemptions[] = {
	{ HEAD "\n\"exemptions\": {}}", "2:1", "exemptions must be a list" },
	{ ONE("5"), "2:16", "must be an object" },
	{ ONE("{\"reason\": \"r\"}"), "2:16", "\"rules\" is missing" },
	{ ONE("{\"rules\": [\"host-pid\"]}"), "2:16", "\"reason\" is missing" },
	{ ONE("{\"rules\": [\"host-pid\"], \"reason\": \" \"}"), "2:40", "reason says why" },
	{ ONE("{\"rules\": [\"host-pid\"], \"reason\": 5}"), "2:40", "must be a string" },
	{ ONE("{\"rules\": [], \"reason\": \"r\"}"), "2:17", "exempts from nothing" },
	{ ONE("{\"rules\": \"host-pid\", \"reason\": \"r\"}"), "2:17", "must be a list" },
	{ ONE("{\"rules\": [\"host-pidd\"], \"reason\": \"r\"}"), "2:27", "did you mean \"host-pid\"?" },
	{ ONE("{\"rule\": [], \"reason\": \"r\"}"), "2:17", "did you mean \"rules\"?" },
	{ ONE("{\"rules\": [\"host-pid\"], \"reason\": \"r\", \"reason\": \"s\"}"), "2:55", "second time" },
#define DATE(text) ONE("{\"rules\": [\"host-pid\"], \"reason\": \"r\", \"expires\": " text "}")
	{ DATE("\"tomorrow\""), "2:55", "must be a date" },
	{ DATE("\"2027-02-29\""), "2:55", "must be a date" },
	{ DATE("\"2027-13-01\""), "2:55", "must be a date" },
	{ DATE("\"2027-00-01\""), "2:55", "must be a date" },
	{ DATE("\"2027-01-00\""), "2:55", "must be a date" },
	{ DATE("\"2027-1-1\""), "2:55", "must be a date" },
	{ DATE("\"2027-01-31T00:00:00Z\""), "2:55", "must be a date" },
	{ DATE("\"1969-01-31\""), "2:55", "must be a date" },
	{ DATE("20270131"), "2:55", "must be a string" },
	{ HEAD "\n\"audit\": \"yes\"}", "2:1", "audit must be true or false" },
	{ RULES("\"host-pid\": {\"audit\": 1}"), "2:24", "audit must be true or false" },
};

static void test_bad_exemptions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_exemptions); i++) {
		struct policy *policy = NULL;
		struct error err = { 0 };

		put_bundle("p", bad_exemptions[i].text);
		assert_bad(&bad_exemptions[i], load_err("p", &policy, &err), &err,
			   at("bundles/p/policy.json"));
		assert_null(policy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exempt),
		cmocka_unit_test(test_exempt_harden),
		cmocka_unit_test(test_expired),
		cmocka_unit_test(test_day),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_audit),
		cmocka_unit_test(test_audit_policy),
		cmocka_unit_test(test_inherited),
		cmocka_unit_test(test_bad_exemptions),
	};

	return cmocka_run_group_tests_name("exempt", tests, setup, teardown);
}
