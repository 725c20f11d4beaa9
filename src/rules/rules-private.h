/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RULES_PRIVATE_H
#define RULES_PRIVATE_H

/* What several checks need. */

#include <cofferdam/rules.h>

/* rule_unjudged - a finding that says why the rule cannot tell. 0 or negative. */
int rule_unjudged(const struct rule_input *in, struct findings *out, struct error *err,
		  const char *pointer, const char *fmt, ...)
	__attribute__((format(printf, 5, 6))) must_check;

/* finding_sketch - whether @f is but a sketch, which then has its remedy: no step is to be made. */
static inline bool finding_sketch(struct finding *f)
{
	f->sketched = f->sketch;
	return f->sketch;
}

/*
 * pointer_to - the JSON Pointer of an entry of @list ("/mounts/"), or of a @member of it unless NULL.
 * @out holds it until the next one. NULL without memory.
 */
const char *pointer_to(struct findings *out, struct error *err, const char *list, size_t index,
		       const char *member);

/* rule_listed - whether a pattern of the list parameter @param matches @name. */
bool rule_listed(const struct rule_input *in, const char *param, const char *name);

/* secret_shape - what kind of secret stands in @value, by its look; or NULL. Linear. */
const char *secret_shape(const char *value);

/* --- capability-sets.c --- */

#define CAPABILITY_SETS 5u

/* What the sets may hold: of one list all of them, or each what it holds itself. */
struct may_have {
	const char *const *list;		/* ends with NULL; or NULL */
	const struct oci_capabilities *own;	/* or NULL */
};

/* capability_set - the member's name of the @i-th of CAPABILITY_SETS. */
const char *capability_set(size_t i);

/* capabilities_exceed - whether set @i holds more than it may. Those names are added to
 * @names, each once; where they get long, no more. */
bool capabilities_exceed(const struct oci_capabilities *caps, size_t i,
			 const struct may_have *may, struct buf *names);

/* capability_set_repeats - whether set @i is a copy of the one before, as engines write most. */
bool capability_set_repeats(const struct oci_capabilities *caps, size_t i);

/* capabilities_drop - the edit that drops them from set @i, if there are any. */
int capabilities_drop(const struct oci_capabilities *caps, size_t i,
		      const struct may_have *may, struct finding *f, struct error *err) must_check;

/* names_mention - whether @name is one of the names "a, b, c". */
bool names_mention(const struct buf *names, const char *name);

/* --- common.c, devices.c: of mounts and devices --- */

/*
 * mount_readonly - whether "ro" is the last word of the mount's options, which
 * runtimes apply in order; but runc the recursive ones last.
 */
bool mount_readonly(const struct oci_mount *mount);

/*
 * mount_destination - as runtimes read it: absolute and clean. The mount's own text where that is
 * so already, else *@ret_made, malloc'd; NULL without memory.
 */
const char *mount_destination(const struct oci_mount *mount, char **ret_made, struct error *err);

/* mount_finding - finding_add() at "/mounts/INDEX/MEMBER". */
struct finding *mount_finding(const struct rule_input *in, struct findings *out,
			      struct error *err, size_t index, const char *member,
			      const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

/* mount_unjudged - it cannot be judged, as @what cannot be told. 0 or negative. */
int mount_unjudged(const struct rule_input *in, struct findings *out, struct error *err,
		   size_t index, const char *what) must_check;

/* mount_source - what was found out of a mount's source; never NULL. */
static inline const struct fact_place *mount_source(const struct rule_input *in, size_t index)
{
	static const struct fact_place unknown;

	return index < in->facts->n_mounts ? &in->facts->mounts[index] : &unknown;
}

/* place_located - whether it is known where it is; else nothing can be compared. */
static inline bool place_located(const struct fact_place *place)
{
	return (place->is == FACT_KNOWN || place->is == FACT_ABSENT) && place->spot.within &&
	       place->spot.within[0] != '\0';
}

/*
 * spots_apart - whether it is seen at once that neither is below the other, as of most: on
 * another device, or each goes on with something else where they part.
 */
static inline bool spots_apart(const struct fact_spot *spot, const struct fact_spot *place)
{
	const char *a = spot->within, *b = place->within;

	if (!a || !b || spot->minor != place->minor || spot->major != place->major)
		return true;
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a && *b;
}

/* device_rule_allows_all - an allow rule that names no device (linux.resources.devices). */
bool device_rule_allows_all(const struct oci_device_rule *rule);

/* --- resources.c --- */

/* cpu_period - in microseconds, the one that a CPU quota of @in->spec stands beside. */
uint64_t cpu_period(const struct rule_input *in);

/* --- process-limits.c: shared by the rules on a start and on an exec --- */

/* What a resource limit may be at most; -1 as uint64_t is no limit (getrlimit(2)). */
struct rlimit_max {
	const char *type;		/* as config.json has it: "RLIMIT_NOFILE" */
	uint64_t hard, soft;
};

/* rlimit_find - the limit of that type, or NULL; it is the process's. */
const struct oci_rlimit *rlimit_find(const struct oci_process *process, const char *type);

/* rlimit_within - whether it is set, and not above @max. */
bool rlimit_within(const struct oci_rlimit *rlimit, const struct rlimit_max *max);

/* rlimit_lower - the edit that makes it so; @old is the one there is, or NULL. */
int rlimit_lower(struct finding *f, const struct oci_rlimit *old, const struct rlimit_max *max,
		 struct error *err);

#endif
