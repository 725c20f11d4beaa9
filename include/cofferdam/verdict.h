/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_VERDICT_H
#define COFFERDAM_VERDICT_H

/* All findings of all enabled rules, and the one decision they add up to. */

#include <cofferdam/rules.h>

enum verdict {
	VERDICT_DENY = 0,
	VERDICT_UNJUDGED,		/* refused in enforce mode */
	VERDICT_HARDEN,			/* allowed once the edits are made */
	VERDICT_ALLOW,
	VERDICT_MAX
};

/* verdict_name - "deny", "unjudged", "harden", "allow". */
const char *verdict_name(enum verdict verdict);

struct decision {
	enum verdict verdict;
	struct findings findings;
	enum verdict *each;		/* what each finding alone would decide */
	size_t count[VERDICT_MAX];	/* findings by it: warnings count as ALLOW */
	struct exempting exempt[RULE_MAX];	/* which exemptions apply, and which did once */
	bool folded;			/* some rules were not asked: another's denial says theirs */
	size_t exempted, audited;	/* findings that would not be ALLOW but for these */
	bool clock_behind;		/* the clock stands before the policy's files */
};

struct subject {
	const struct json_doc *doc;
	const struct oci_spec *spec;
	const struct facts *facts;
	const struct policy *policy;
	enum engine engine;		/* as registered */
	const char *bundle;		/* the bundle's absolute path; NULL: not known */
	const char *id;			/* of the container; NULL: not known */
	const char *host_config;	/* host.json, as it was named; NULL: the default place */
	const struct labels *labels;	/* of the host; NULL: none */
	const struct known_profiles *known;	/* of the same policy; NULL: none */
	bool profile_kept;		/* linux.seccomp has the default alone of a profile_kept() */
	int64_t now;			/* by which exemptions expire; 0: policy_now() */
	unsigned on;			/* ON_*: what is asked for; 0 is ON_START */
	const struct oci_spec *admitted;	/* exec, update: what the container was admitted with */
	bool sketch;			/* only whether a finding has a remedy matters, not what it is */
	bool created;			/* exec: the container has not started yet */
	enum door door;
	/* a door that cannot edit: whether it can make @finding good otherwise; NULL: never */
	bool (*hardens)(const struct subject *subject, const struct finding *finding);
};

/* verdict_reach - judge @subject by every rule that its policy has not off. */
int verdict_reach(const struct subject *subject, struct decision *ret,
		  struct error *err) must_check;

/* verdict_would - what @finding decides where neither exemption nor audit applies. */
enum verdict verdict_would(const struct subject *subject, const struct finding *finding);

/* subject_container - @subject as policies tell containers apart. */
struct container subject_container(const struct subject *subject);

void decision_free(struct decision *decision);
#define _cleanup_decision_ _cleanup_(decision_free)

/* A configuration with all that judging it needs, from text to decision. */
struct candidate {
	struct json_doc *doc;
	struct oci_spec spec;
	struct facts facts;		/* to be gathered or loaded by the caller */
	struct subject subject;
	struct decision decision;
};

/* candidate_parse - read @text (of @name, for messages) into @c, a zeroed struct. */
int candidate_parse(const char *name, const struct buf *text, struct candidate *c,
		    struct error *err) must_check;

/* candidate_parse_shared - the same; @name, @text and @shared (or NULL) must outlive @c. */
int candidate_parse_shared(const char *name, const struct buf *text,
			   struct json_shared *shared, struct candidate *c,
			   struct error *err) must_check;

/* candidate_edit - what candidate_parse() would make of the text with @edits made; @doc is
 * lent to it and must outlive it. */
int candidate_edit(const struct json_doc *doc, const struct json_edits *edits,
		   struct candidate *c, struct error *err) must_check;

/*
 * candidate_judge - decide on @c by its facts. @how gives all but doc, spec and
 * facts, and what it points to must live as long as @c.
 */
int candidate_judge(struct candidate *c, const struct subject *how,
		    struct error *err) must_check;

void candidate_free(struct candidate *c);
#define _cleanup_candidate_ _cleanup_(candidate_free)

#endif
