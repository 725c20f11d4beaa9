/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/verdict.h>

#include <string.h>

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[VERDICT_MAX] = { "deny", "unjudged", "harden", "allow" };

	return names[verdict];
}

enum verdict verdict_would(const struct subject *subject, const struct finding *f)
{
	const enum action action = subject->policy->rules[f->rule].action;

	if (action == ACTION_WARN || action == ACTION_OFF)
		return VERDICT_ALLOW;
	if (f->unjudged)
		return VERDICT_UNJUDGED;
	if (action == ACTION_HARDEN && f->edits.n > 0 &&
	    (door_can_edit(subject->door) || (subject->hardens && subject->hardens(subject, f))))
		return VERDICT_HARDEN;
	return VERDICT_DENY;
}

/* decide - what one finding alone decides at this door. */
static enum verdict decide(const struct subject *subject, const struct decision *decision,
			   const struct finding *f)
{
	if (decision->exempt[f->rule].by || subject->policy->rules[f->rule].audit)
		return VERDICT_ALLOW;
	return verdict_would(subject, f);
}

struct container subject_container(const struct subject *subject)
{
	/* an exec's arguments are its caller's, and say nothing of the container */
	struct container c = {
		.engine = subject->engine, .id = subject->id, .bundle = subject->bundle,
		.spec = subject->admitted ? subject->admitted : subject->spec,
		.labels = subject->labels,
	};

	engine_tells(subject->engine, subject->bundle, c.spec, &c.tells);
	return c;
}

/* find_exemptions - those for the container, by a clock that is not behind. */
static void find_exemptions(const struct subject *subject, struct decision *decision)
{
	struct container c;
	int64_t now;

	if (subject->policy->n_exemptions == 0)
		return;
	c = subject_container(subject);
	now = policy_now(subject->policy, &decision->clock_behind);
	policy_exempts(subject->policy, &c, subject->now ? subject->now : now, decision->exempt);
}

static int judge_all(const struct subject *subject, struct decision *decision,
		     struct error *err)
{
	struct rule_input in = {
		.doc = subject->doc, .spec = subject->spec, .facts = subject->facts,
		.policy = subject->policy, .engine = subject->engine,
		.known = subject->known,
		.on = subject->on ? subject->on : ON_START, .admitted = subject->admitted,
		.created = subject->created,
	};
	int r = 0;

	engine_tells(subject->engine, subject->bundle, subject->spec, &in.tells);
	for (size_t i = 0; r == 0 && i < RULE_MAX; i++) {
		in.id = (enum rule_id)i;
		if (subject->policy->rules[i].action != ACTION_OFF &&
		    (rule_on(registry_rule(in.id)) & in.on))
			r = rules_judge(&in, &decision->findings, err);
	}
	return r;
}

/* said - whether a rule that denies says what @rule would only repeat. */
static bool said(const struct rule *rule, const bool denies[RULE_MAX])
{
	for (size_t i = 0; rule->part_of && i < RULE_MAX; i++) {
		if (denies[i] && strcmp(registry_rule((enum rule_id)i)->id, rule->part_of) == 0)
			return true;
	}
	return false;
}

/*
 * fold - drop what only repeats another rule's denial: one finding says
 * "privileged" instead of thirty. What is dropped could not lift the denial.
 */
static void fold(const struct subject *subject, struct decision *decision)
{
	struct findings *findings = &decision->findings;
	bool denies[RULE_MAX] = { false };
	size_t kept = 0;

	for (size_t i = 0; i < findings->n; i++) {
		if (decide(subject, decision, &findings->v[i]) == VERDICT_DENY)
			denies[findings->v[i].rule] = true;
	}
	for (size_t i = 0; i < findings->n; i++) {
		if (said(registry_rule(findings->v[i].rule), denies))
			finding_clear(&findings->v[i]);
		else
			findings->v[kept++] = findings->v[i];
	}
	decision->folded = kept < findings->n;
	findings->n = kept;
}

int verdict_reach(const struct subject *subject, struct decision *ret, struct error *err)
{
	_cleanup_decision_ struct decision decision = { .verdict = VERDICT_ALLOW };
	int r = judge_all(subject, &decision, err);

	if (r < 0)
		return r;
	find_exemptions(subject, &decision);
	fold(subject, &decision);
	decision.each = calloc(decision.findings.n + 1, sizeof(*decision.each));
	if (!decision.each)
		return error_oom(err);
	for (size_t i = 0; i < decision.findings.n; i++) {
		const struct finding *f = &decision.findings.v[i];
		const enum verdict one = decide(subject, &decision, f);

		if (one == VERDICT_ALLOW && verdict_would(subject, f) != VERDICT_ALLOW) {
			if (decision.exempt[f->rule].by)
				decision.exempted++;
			else
				decision.audited++;
		}
		decision.each[i] = one;
		decision.count[one]++;
		if (one < decision.verdict)
			decision.verdict = one;
	}
	*ret = decision;
	memset(&decision, 0, sizeof(decision));
	return 0;
}

void decision_free(struct decision *decision)
{
	findings_free(&decision->findings);
	free(decision->each);
	memset(decision, 0, sizeof(*decision));
}
