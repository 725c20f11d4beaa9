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
	if (action == ACTION_HARDEN && finding_mends(f) &&
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

/* asked - whether the policy and the occasion ask for the rule. */
static bool asked(const struct subject *subject, const struct rule_input *in)
{
	return subject->policy->rules[in->id].action != ACTION_OFF &&
	       (rule_on(registry_rule(in->id)) & in->on);
}

/* A rule whose denial says what its parts would only repeat. */
struct whole {
	const char *id;			/* NULL: none asked yet */
	bool denies;
};

/* ask_whole - whether the rule that @part is a part of denies, unless it was asked last. */
static int ask_whole(const struct subject *subject, const struct decision *decision,
		     const struct rule_input *part, struct whole *whole, struct error *err)
{
	const char *id = registry_rule(part->id)->part_of;
	_cleanup_(findings_free) struct findings found = { 0 };
	struct rule_input in = *part;
	int r;

	if (whole->id && strcmp(whole->id, id) == 0)
		return 0;
	r = registry_find(id, &in.id, err);
	if (r == 0 && asked(subject, &in))
		r = rules_judge(&in, &found, err);
	if (r < 0)
		return r;
	*whole = (struct whole){ .id = id };
	for (size_t i = 0; i < found.n && !whole->denies; i++)
		whole->denies = decide(subject, decision, &found.v[i]) == VERDICT_DENY;
	return 0;
}

/*
 * One finding says "privileged" instead of thirty: what would only repeat another
 * rule's denial is not asked, as it could not lift it.
 */
static int judge_all(const struct subject *subject, struct decision *decision,
		     struct error *err)
{
	struct rule_input in = {
		.doc = subject->doc, .spec = subject->spec, .facts = subject->facts,
		.policy = subject->policy, .engine = subject->engine,
		.host_config = subject->host_config,
		.known = subject->known, .profile_kept = subject->profile_kept,
		.on = subject->on ? subject->on : ON_START, .admitted = subject->admitted,
		.created = subject->created, .sketch = subject->sketch,
	};
	struct whole whole = { 0 };
	int r = 0;

	engine_tells(subject->engine, subject->bundle, subject->spec, &in.tells);
	for (size_t i = 0; r == 0 && i < RULE_MAX; i++) {
		const char *part_of = registry_rule((enum rule_id)i)->part_of;

		in.id = (enum rule_id)i;
		if (!asked(subject, &in))
			continue;
		if (part_of)
			r = ask_whole(subject, decision, &in, &whole, err);
		if (part_of && whole.denies)
			decision->folded = true;
		else if (r == 0)
			r = rules_judge(&in, &decision->findings, err);
	}
	return r;
}

int verdict_reach(const struct subject *subject, struct decision *ret, struct error *err)
{
	_cleanup_decision_ struct decision decision = { .verdict = VERDICT_ALLOW };
	int r;

	find_exemptions(subject, &decision);
	r = judge_all(subject, &decision, err);
	if (r < 0)
		return r;
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
