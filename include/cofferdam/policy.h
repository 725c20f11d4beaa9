/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_POLICY_H
#define COFFERDAM_POLICY_H

/*
 * What the host wants: host.json and bundles/NAME/policy.json beside it, read
 * strictly (unknown names are errors with line and column), from files that
 * only root can write. A policy names what differs from the bundle it extends;
 * the chain ends at a shipped bundle, so every rule always has an action and
 * every parameter a value.
 */

#include <sys/types.h>

#include <cofferdam/registry.h>
#include <cofferdam/when.h>

#define POLICY_FILE_MAX (4u << 20)	/* some 20,000 exemptions */
#define POLICY_EXTENDS_MAX 8	/* levels of "extends" */

/* Where a value in force was written. */
struct origin {
	const char *file;		/* owned by the policy; NULL: the shipped policy's own */
	unsigned line;
};

struct setting {
	enum action action;
	bool audit;			/* say what the action would do, and do nothing */
	bool audit_stays;		/* a file set the action, and audit is still an inherited one's */
	struct param_value params[PARAMS_MAX];
	struct origin action_at, audit_at, params_at[PARAMS_MAX];
};

/* Rules that are not applied to some containers. */
struct exemption {
	struct when when;
	bool rules[RULE_MAX];
	char *reason;
	char *expires;			/* as written: the last day on which it holds; or NULL */
	int64_t until;			/* the second from which it no longer holds, UTC */
	struct origin at;
};

/* A bundle that a policy was read from; owned by the policy. */
struct bundle_id {
	const char *name, *version, *digest;
};

struct policy {
	char *name;
	char *dir;			/* the bundle's folder; NULL for a shipped one */
	char *description;
	enum bundle base;		/* the shipped policy that the chain ends at */
	bool audit;			/* of all rules: refuse nothing, change nothing */
	struct origin audit_at;
	struct setting rules[RULE_MAX];
	struct exemption *exemptions;	/* the inherited ones first */
	size_t n_exemptions;
	struct bundle_id bundles[POLICY_EXTENDS_MAX + 1];	/* those with a manifest; its own last */
	size_t n_bundles;
	int64_t written;		/* when the newest of its files was, by its file system */
	struct policy_mem *mem;		/* private: owns lists, strings and profiles */
};

/* policy_shipped - a compiled-in bundle. */
int policy_shipped(enum bundle bundle, struct policy **ret, struct error *err) must_check;

/*
 * policy_load - by a shipped name, or the bundle NAME in @bundles_dir, or a
 * path (with a slash) of a folder or a policy.json, whose manifest is not looked at. Files
 * must belong to root or to @owner. Seccomp profiles that it names are read and checked too.
 */
int policy_load(const char *name, const char *bundles_dir, uid_t owner,
		struct policy **ret, struct error *err) must_check;

/* policy_valid_name - whether it can be a bundle's. */
bool policy_valid_name(const char *name);

void policy_free(struct policy **policy);
#define _cleanup_policy_ _cleanup_(policy_free)

/*
 * policy_now - the time by which exemptions expire, in seconds: the clock's, but
 * never before the newest of the policy's files was written, so that setting
 * the clock back revives nothing. @ret_behind says that the clock was behind.
 */
int64_t policy_now(const struct policy *policy, bool *ret_behind);

/* policy_date - the first second of a day, "2027-01-31", UTC; or -EINVAL. */
int policy_date(const char *s, int64_t *ret) must_check;

/* Which exemption, if any, takes a rule from a container. */
struct exempting {
	const struct exemption *by;	/* the first that holds, or NULL */
	const struct exemption *expired; /* the first that held once, or NULL */
};

/* policy_exempts - fill @ret, one entry a rule, for @container at @now. */
void policy_exempts(const struct policy *policy, const struct container *container,
		    int64_t now, struct exempting ret[RULE_MAX]);

/* policy_profile - the text of the seccomp profile that @name names, a PARAM_PROFILE value of
 * this policy itself and no copy: a bundle and the one that it extends may each have a file of
 * that name. Owned by the policy. NULL if there is none. */
const char *policy_profile(const struct policy *policy, const char *name, size_t *ret_len);

/* policy_profile_same - whether a value of @a and one of @b name the same text. */
bool policy_profile_same(const struct policy *a, const char *in_a, const struct policy *b,
			 const char *in_b);

/* policy_profile_as - what @policy itself calls the profile that is @name in @other, or NULL. */
const char *policy_profile_as(const struct policy *policy, const struct policy *other,
			      const char *name);

/* policy_profile_read - what was read of a bundle's profile, by that @text of it; owned by the
 * policy. NULL if this is none of @policy's, or a shipped one. */
const struct oci_seccomp *policy_profile_read(const struct policy *policy, const char *text);

/* policy_print - append the whole policy as a policy.json that loads alike. */
void policy_print(struct buf *out, const struct policy *policy);

/* exemption_print - append one as JSON; @between stands after its "when". */
void exemption_print(struct buf *out, const struct exemption *exemption, const char *between);

/* param_print - append a parameter's value as JSON. */
void param_print(struct buf *out, enum param_kind kind, const struct param_value *value);

/* profile_shipped - the text of a compiled-in seccomp profile, or NULL. */
const char *profile_shipped(const char *name, size_t *ret_len);

/* profile_refuses - whether @action, a profile's default, refuses (seccomp(2)):
 * ALLOW, LOG, TRACE, NOTIFY, NULL and unknown ones do not. */
bool profile_refuses(const char *action);

#endif
