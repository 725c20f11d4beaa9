/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_TRIAL_H
#define COFFERDAM_TRIAL_H

/*
 * Tests of policies: cases in tests/ of a bundle, each a configuration with its
 * facts and what must be decided about it; and what of the bundle's own settings
 * and exemptions no case depends on.
 */

#include <cofferdam/verdict.h>

/* A configuration that an engine wrote, compiled in with its facts. */
struct base {
	const char *name;		/* "podman default" */
	enum engine engine;
	const char *config, *config_end, *facts, *facts_end;
};

/* base_at - the one in place @i, or NULL after the last. */
const struct base *base_at(size_t i);

struct trial_case {
	char *name;
	char *file;			/* where it is written */
	unsigned line;
	struct buf config, facts;	/* patched */
	struct buf asked;		/* exec, update: what the configuration would be with it */
	unsigned on;			/* ON_*: what is asked for */
	bool usual;			/* the facts are a base's: of a usual host */
	enum engine engine;
	enum door door;
	char *id, *bundle;		/* or NULL */
	struct labels labels;
	int64_t now;			/* 0: today */
	enum verdict expect;
	char **findings;		/* wanted, sorted, ended by NULL; NULL: not compared */
};

struct trial {
	struct trial_case *cases;
	size_t n;
};

/* trial_read - all cases below tests/ of the bundle's folder @dir, file by file. */
int trial_read(const char *dir, struct trial *ret, struct error *err) must_check;
void trial_free(struct trial *trial);
#define _cleanup_trial_ _cleanup_(trial_free)

/* What came of a case. */
struct outcome {
	enum verdict verdict;
	char **findings;		/* "deny host-pid": sorted, none twice, ended by NULL */
	bool found[RULE_MAX];		/* rules with a finding */
	const struct exemption *used[RULE_MAX]; /* what kept a finding from deciding */
	struct buf all;			/* everything that the decision is, as text */
};

/* trial_judge - 0, or negative: the case itself cannot be judged. */
int trial_judge(const struct policy *policy, const struct trial_case *c, struct outcome *ret,
		struct error *err) must_check;
void outcome_free(struct outcome *outcome);
#define _cleanup_outcome_ _cleanup_(outcome_free)

/* list_holds - whether @s is one of @list, which ends with NULL; NULL holds nothing. */
bool list_holds(char *const *list, const char *s);

/* case_minds - whether @finding is one that the case, which lists some, does not want. Of
 * a warning that is not wanted it does not say so. */
bool case_minds(const struct trial_case *c, const char *finding);

/* outcome_right - whether it is what the case expects: the verdict, what it lists, and
 * nothing that it minds. */
bool outcome_right(const struct outcome *outcome, const struct trial_case *c);

/* A bundle that is tested. */
struct trial_bundle {
	char *dir;			/* where it is */
	char *bundles;			/* where what it extends is */
	struct policy *policy;
};

void trial_bundle_free(struct trial_bundle *bundle);
#define _cleanup_trial_bundle_ _cleanup_(trial_bundle_free)

/* Something of the bundle's own on which no case depends. */
struct uncovered {
	const char *what;		/* "rule", "parameter", "audit", "exemption" */
	char *name;			/* "host-pid", "memory-limit max", the reason */
	struct origin at;
	bool inherited;			/* it says what is inherited anyway */
};

struct coverage {
	struct uncovered *v;
	size_t n, settings;		/* settings: of the bundle's own, in all */
	bool found[RULE_MAX];		/* rules that some case has a finding of */
};

/*
 * trial_cover - judge every case again with each of the bundle's own settings as
 * it is inherited, or, where it says just that, with the opposite: off, empty, none.
 * See which none depends on.
 */
int trial_cover(const struct trial_bundle *bundle, const struct trial *trial,
		struct coverage *ret, struct error *err) must_check;
void coverage_free(struct coverage *coverage);
#define _cleanup_coverage_ _cleanup_(coverage_free)

#endif
