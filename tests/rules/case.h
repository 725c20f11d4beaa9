/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_RULES_CASE_H
#define TESTS_RULES_CASE_H

/*
 * One case of a rule: a named base configuration with recorded facts, patched,
 * and what must come of it when that rule alone is on. A case that does not
 * hold is -EBADMSG; everything else that goes wrong is another error.
 */

#include <cofferdam/harden.h>

/* Where cases are read, and where their policies are written. */
struct place {
	const char *dir;		/* tests/rules */
	const char *scratch;		/* a folder of our own */
};

struct rule_case {
	const struct place *place;
	const struct json_doc *file;	/* the cases.json that holds it */
	const struct json *node;
	enum rule_id rule;
	const char *name;
	enum bundle bundle;		/* whose parameters hold */
	enum engine engine;
	enum door door;
	enum verdict expect;
	bool hardens;			/* "hardened" says what must come of it */
	unsigned on;			/* ON_*: what is asked for */
	bool created;			/* of a container that has not started */
	struct buf config, facts;	/* patched */
	struct buf admitted;		/* of a container that runs: the base, with "admitted" */
};

/* A configuration judged by a policy of its own. */
struct judged {
	struct policy *policy;
	struct candidate admitted;
	struct candidate candidate;
};

/* base_read - the text of bases/NAME.json and bases/NAME.facts.json. */
int base_read(const struct place *place, const char *name, struct buf *config,
	      struct buf *facts, struct error *err) must_check;

/* case_read - @ret must be zeroed; case_free() it, also after a failure. */
int case_read(const struct place *place, const struct json_doc *file,
	      const struct json *node, struct rule_case *ret, struct error *err) must_check;
void case_free(struct rule_case *c);
#define _cleanup_case_ _cleanup_(case_free)

/* case_check - everything that must hold of the case. */
int case_check(const struct rule_case *c, struct error *err) must_check;

/* case_exercises - 1 if the value that the case gives @param counts, else 0. */
int case_exercises(const struct rule_case *c, const char *param,
		   struct error *err) must_check;

/* judge_text - parse, load facts, judge. @policy is taken over. */
int judge_text(const struct subject *how, const struct buf *config, const struct buf *facts,
	       struct judged *ret, struct error *err) must_check;
void judged_free(struct judged *judged);
#define _cleanup_judged_ _cleanup_(judged_free)

#endif
