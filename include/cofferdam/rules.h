/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_RULES_H
#define COFFERDAM_RULES_H

/* Checks and their findings. A check is pure: everything it sees is passed in. */

#include <cofferdam/arena.h>
#include <cofferdam/facts.h>

struct finding {
	enum rule_id rule;
	bool unjudged;			/* the rule could not tell; text says why */
	bool sketch;			/* as in the input of the rule */
	bool sketched;			/* there is a remedy, of which no step was put down */
	const struct json *node;	/* that member, or its nearest parent; for line and column */
	char *value;			/* the value found, escaped, or NULL */
	const char *text;		/* what is wrong, one sentence, escaped; the findings own it, and: */
	const char *pointer;		/* JSON Pointer of the member judged */
	struct json_edits edits;	/* the remedy in config.json, if finding_mends() */
};

struct findings {
	struct finding *v;
	size_t n;
	size_t cap;			/* private */
	struct buf raw;			/* private: the last text, before it was escaped */
	struct buf pointer;		/* private: the last one that was put together */
	struct arena texts;		/* private */
};

/*
 * Seccomp profiles, byte for byte, that seccomp-weak looked at under the same policy,
 * and what it found: the next container with one of them needs no second look.
 */
#define KNOWN_MAX 8u

struct known_profile {
	const char *profile;
	size_t len;
	const char *text;		/* of the finding; NULL: there was none */
	const char *value;		/* likewise, escaped */
	const char *remedy;		/* what takes the profile's place, or NULL */
};

struct known_profiles {
	struct known_profile v[KNOWN_MAX];
	size_t n;
};

/* known_profile - the one of those @known with these bytes, or NULL. */
const struct known_profile *known_profile(const struct known_profiles *known,
					  const char *profile, size_t len);

/*
 * profile_kept - whether the profile @text, which a remedy of @policy puts in, is a shipped one, or
 * one that @policy was loaded with, and seccomp-weak by this policy finds nothing in it: then it
 * need not be read again for that. PROFILE_DEFAULT is its default.
 */
bool profile_kept(const struct policy *policy, const char *text);

/* What a check sees. */
struct rule_input {
	const struct json_doc *doc;
	const struct oci_spec *spec;
	const struct facts *facts;
	const struct policy *policy;
	enum engine engine;		/* as registered */
	struct engine_tells tells;	/* what the registered engine tells, looked up once */
	const char *host_config;	/* host.json, as it was named; NULL: the default place */
	const struct known_profiles *known;	/* or NULL */
	bool profile_kept;		/* profile_kept(): linux.seccomp stands for such a one */
	unsigned on;			/* ON_*: what is asked for */
	bool sketch;			/* nobody will see or make the edits: that there are any is enough */
	const struct oci_spec *admitted;	/* of a container that runs already: what it was
						 * admitted with, where @spec has what is asked for */
	bool created;			/* and it has not started yet */
	enum rule_id id;		/* the rule being judged */
};

/*
 * A check appends one finding for each violation, or none. 0, or negative when
 * it could not go on (memory), which leaves the whole configuration unjudged.
 */
typedef int rule_check(const struct rule_input *in, struct findings *out,
		       struct error *err);

/* rules_judge - run one rule, whatever its action. */
int rules_judge(const struct rule_input *in, struct findings *out,
		struct error *err) must_check;

/*
 * finding_add - a new finding of the rule being judged, at @pointer. The text
 * is escaped. NULL when memory is exhausted (@err is set).
 */
struct finding *finding_add(const struct rule_input *in, struct findings *out,
			    struct error *err, const char *pointer,
			    const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* finding_vadd - the same; @node is the nearest value to @pointer, or NULL: it is looked up. */
struct finding *finding_vadd(const struct rule_input *in, struct findings *out,
			     struct error *err, const char *pointer,
			     const struct json *node, const char *fmt, va_list ap)
	__attribute__((format(printf, 6, 0)));

/* finding_value - record the value found; shown escaped and cut. */
int finding_value(struct finding *f, struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4))) must_check;

/*
 * finding_edit - add a step to the remedy. Missing parents of @pointer are
 * made by the harden layer.
 */
int finding_edit(struct finding *f, enum json_op op, const char *pointer,
		 const char *value, struct error *err) must_check;

/* finding_sketched - whether no more steps are wanted: a sketch has its first. */
bool finding_sketched(const struct finding *f);

/* finding_mends - whether it has a remedy. */
bool finding_mends(const struct finding *f);

/* finding_lend - the same, of a @value that outlives @f. */
int finding_lend(struct finding *f, enum json_op op, const char *pointer,
		 const char *value, struct error *err) must_check;

void findings_free(struct findings *findings);

/* rule_param - the value in force of parameter @name (which must exist). */
const struct param_value *rule_param(const struct rule_input *in, const char *name);

/* Every check function is declared from the registry. */
#define RULE(ID, name, check, ...) rule_check check;
#include <cofferdam/rules.def>
#undef RULE

#endif
