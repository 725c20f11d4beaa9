/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of verdicts and remedies: a configuration that is judged. Compiled into each. */
#ifndef TESTS_UNIT_JUDGED_H
#define TESTS_UNIT_JUDGED_H

#include <fcntl.h>

#include <cofferdam/file.h>
#include <cofferdam/verdict.h>

#include "unit.h"

/* A configuration, judged by a policy that a test may change. */
struct scene {
	struct policy *policy;
	struct candidate c;
};

/* read_base - the file @name of tests/rules/bases. */
static inline void read_base(const char *name, struct buf *ret)
{
	const char *srcdir = getenv("top_srcdir");
	char path[512];
	struct error err = { 0 };

	(void)snprintf(path, sizeof(path), "%s/tests/rules/bases/%s", srcdir ? srcdir : ".", name);
	if (file_read(AT_FDCWD, path, false, FILE_CONFIG_MAX, ret, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

/* scene_start - @config by @bundle's policy: no user namespace, no cgroup above. */
static inline void scene_start(struct scene *s, enum bundle bundle, const char *config)
{
	struct buf text = { 0 };
	struct error err = { 0 };

	*s = (struct scene){ 0 };
	buf_str(&text, config);
	assert_int_equal(policy_shipped(bundle, &s->policy, &err), 0);
	if (candidate_parse("config.json", &text, &s->c, &err) < 0)
		fail_msg("%s", err.text);
	s->c.facts.uid_map.is = FACT_KNOWN;
	s->c.facts.parent.is = FACT_ABSENT;
	buf_free(&text);
}

static inline enum verdict judge(struct scene *s, enum door door)
{
	const struct subject how = { .policy = s->policy, .door = door };
	struct error err = { 0 };

	decision_free(&s->c.decision);
	if (candidate_judge(&s->c, &how, &err) < 0)
		fail_msg("%s", err.text);
	return s->c.decision.verdict;
}

static inline void scene_free(struct scene *s)
{
	candidate_free(&s->c);
	policy_free(&s->policy);
}

#define _cleanup_scene_ _cleanup_(scene_free)

/* of_rule - the only finding of @rule's. */
static inline struct finding *of_rule(struct scene *s, enum rule_id rule)
{
	const struct findings *all = &s->c.decision.findings;
	struct finding *found = NULL;

	for (size_t i = 0; i < all->n; i++) {
		if (all->v[i].rule != rule)
			continue;
		assert_null(found);
		found = &all->v[i];
	}
	assert_non_null(found);
	return found;
}

#endif
