/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of hardening: by the text and by the tree. Compiled into each. */
#ifndef TESTS_UNIT_HARDEN_TRY_H
#define TESTS_UNIT_HARDEN_TRY_H

#include <cofferdam/harden.h>

#include "judged.h"
#include "same-doc.h"

/* harden_all - every rule that has a remedy; what has none is off. */
static inline void harden_all(struct policy *policy)
{
	for (size_t i = 0; i < RULE_MAX; i++) {
		const bool remedy = registry_rule((enum rule_id)i)->remedy;

		policy->rules[i].action = remedy ? ACTION_HARDEN : ACTION_OFF;
	}
}

/* start - @config by @bundle's policy, hardening all it can. */
static inline void start(struct scene *s, enum bundle bundle, const char *config)
{
	scene_start(s, bundle, config);
	harden_all(s->policy);
	s->c.facts.cgroup.is = FACT_ABSENT;
	s->c.facts.cgroup.v2 = true;
	s->c.facts.core_is = FACT_KNOWN;
	s->c.facts.selinux.is = FACT_ABSENT;
	s->c.facts.apparmor.is = FACT_ABSENT;
}

static inline void load_facts(struct scene *s, const char *name)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };

	read_base(name, &text);
	if (facts_load(name, buf_cstr(&text), text.len, &s->c.spec, &s->c.facts, &err) < 0)
		fail_msg("%s", err.text);
}

/* check_alike - two decisions find the same, of places that are as much the same. */
static inline void check_alike(const struct candidate *a, const struct candidate *b)
{
	const struct findings *f = &a->decision.findings, *g = &b->decision.findings;

	assert_int_equal(a->decision.verdict, b->decision.verdict);
	assert_int_equal(f->n, g->n);
	for (size_t i = 0; i < f->n; i++) {
		assert_int_equal(f->v[i].rule, g->v[i].rule);
		assert_string_equal(f->v[i].text, g->v[i].text);
		assert_string_equal(f->v[i].pointer, g->v[i].pointer);
		assert_int_equal(a->decision.each[i], b->decision.each[i]);
	}
}

static bool profile_was_kept;		/* by the tree, the last time */

/* try - harden, by the text and by the tree, which have to come to the same. */
static inline int try(struct scene *s, struct buf *ret, struct error *err)
{
	_cleanup_candidate_ struct candidate text = { 0 }, tree = { 0 };
	struct error why = { 0 };
	const char *differs;
	int r = harden_candidate(&s->c.subject, &s->c.decision, &text, err);

	assert_int_equal(harden_tree(&s->c.subject, &s->c.decision, &tree, &why), r);
	if (r < 0)
		assert_string_equal(err->text, why.text);
	assert_int_equal(harden_config(&s->c.subject, &s->c.decision, ret, err), r);
	if (r < 0)
		return r;
	differs = same_hardened(&text, &tree);
	if (differs)
		fail_msg("%s became %s, and another tree: %s", s->c.doc->text, text.doc->text,
			 differs);
	assert_string_equal(buf_cstr(ret), text.doc->text);
	check_alike(&text, &tree);
	profile_was_kept = tree.subject.profile_kept;
	return 0;
}

static inline void harden(struct scene *s, struct buf *ret)
{
	struct error err = { 0 };

	if (try(s, ret, &err) < 0)
		fail_msg("%s", err.text);
}

#endif
