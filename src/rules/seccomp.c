/* SPDX-License-Identifier: Apache-2.0 */
/* Whether system calls are filtered, and how well. */
#include <cofferdam/rules.h>

#include <string.h>

#include <cofferdam/seccomp.h>

#define SHOWN 12			/* calls that a finding names */

int check_seccomp_missing(const struct rule_input *in, struct findings *out,
			  struct error *err)
{
	const struct oci_seccomp *seccomp = &in->spec->linux_.seccomp;
	const char *profile = rule_param(in, "profile")->string;
	const char *action = seccomp->default_action.v;
	struct finding *f;
	size_t len;
	const char *text = profile ? policy_profile(in->policy, profile, &len) : NULL;
	int r = 0;

	if (seccomp->is == FIELD_PRESENT && profile_refuses(action))
		return 0;
	if (seccomp->is == FIELD_PRESENT)
		f = finding_add(in, out, err, "/linux/seccomp/defaultAction",
				"the profile allows what it does not name");
	else
		f = finding_add(in, out, err, "/linux/seccomp",
				"no seccomp profile, so every system call is allowed");
	if (!f)
		return err->code;
	if (action)
		r = finding_value(f, err, "%s", action);
	if (r == 0 && text)
		r = finding_lend(f, JSON_ADD, "/linux/seccomp", text, err);	/* the policy's */
	return r;
}

/* --- seccomp-weak --- */

static void list_calls(const struct rule_input *in, const struct seccomp_calls *own,
		       struct buf *out)
{
	const char *const *never = rule_param(in, "calls")->list;
	size_t n = 0;

	for (size_t i = 0; never && never[i]; i++) {
		if (seccomp_calls_let(own, never[i]) == LET_NEVER)
			continue;
		if (n++ < SHOWN)
			buf_printf(out, "%s%s", out->len ? ", " : "", never[i]);
	}
	if (n > SHOWN)
		buf_printf(out, " and %zu more", n - SHOWN);
}

/* The traps that count, bit by bit. */
static unsigned counting(const char *const *traps)
{
	enum seccomp_trap trap;
	unsigned bits = 0;

	for (size_t i = 0; traps && traps[i]; i++) {
		if (seccomp_trap_parse(traps[i], &trap) == 0)
			bits |= 1u << trap;
	}
	return bits;
}

/* list_traps - each kind once, with the first place. */
static int list_traps(const struct rule_input *in, const struct seccomp_calls *own,
		      struct buf *out, struct error *err)
{
	_cleanup_lints_ struct seccomp_lints lints = { 0 };
	int r = seccomp_lint_first(own, seccomp_native(), counting(rule_param(in, "traps")->list),
				   &lints, err);

	for (size_t i = 0; i < lints.n; i++)
		buf_printf(out, "%s%s (/linux/seccomp%s)", out->len ? ", " : "",
			   seccomp_trap_name(lints.v[i].trap), lints.v[i].pointer);
	return r < 0 ? r : buf_check(out, err);
}

/*
 * weak_remedy - the policy's profile takes the place of the container's, less what that
 * one did not allow: what harden does must not let through anything new.
 */
static int weak_remedy(const struct rule_input *in, const struct seccomp_calls *own,
		       struct finding *f, struct error *err)
{
	const char *profile = rule_param(in, "profile")->string;
	_cleanup_buf_ struct buf within = { 0 };
	size_t len;
	const char *text = profile ? policy_profile(in->policy, profile, &len) : NULL;
	int r;

	if (!text)
		return 0;
	if (in->sketch)
		return finding_lend(f, JSON_REPLACE, "/linux/seccomp", text, err);
	r = seccomp_within(text, len, own, &within, err);
	return r < 0 ? r : finding_edit(f, JSON_REPLACE, "/linux/seccomp", buf_cstr(&within), err);
}

/* weak_list - the value of seccomp-weak's parameter @name. */
static const char *const *weak_list(const struct policy *policy, const char *name)
{
	const int i = registry_param(registry_rule(RULE_SECCOMP_WEAK), name);

	return i < 0 ? NULL : policy->rules[RULE_SECCOMP_WEAK].params[i].list;
}

/* read_keeps - of a profile of a bundle, that was read when the policy was. */
static bool read_keeps(const struct policy *policy, const struct oci_seccomp *own)
{
	const char *const *never = weak_list(policy, "calls");
	_cleanup_calls_ struct seccomp_calls calls = { 0 };
	_cleanup_lints_ struct seccomp_lints lints = { 0 };
	struct error err;

	if (strcmp(own->default_action.v, PROFILE_DEFAULT) != 0 ||
	    seccomp_calls_read(own, &calls, &err) < 0)
		return false;
	for (size_t i = 0; never && never[i]; i++) {
		if (seccomp_calls_let(&calls, never[i]) != LET_NEVER)
			return false;
	}
	return seccomp_lint_first(&calls, seccomp_native(), counting(weak_list(policy, "traps")),
				  &lints, &err) == 0 && lints.n == 0;
}

bool profile_kept(const struct policy *policy, const char *text)
{
	const struct oci_seccomp *read = policy_profile_read(policy, text);
	size_t len;

	if (read)
		return read_keeps(policy, read);

	for (size_t i = 0; text && profile_name(i); i++) {
		if (profile_shipped(profile_name(i), &len) == text)
			return profile_keeps(profile_name(i), seccomp_native(),
					     weak_list(policy, "calls"),
					     counting(weak_list(policy, "traps")));
	}
	return false;
}

const struct known_profile *known_profile(const struct known_profiles *known,
					  const char *profile, size_t len)
{
	for (size_t i = 0; known && i < known->n; i++) {
		if (known->v[i].len == len && memcmp(known->v[i].profile, profile, len) == 0)
			return &known->v[i];
	}
	return NULL;
}

/* again - what was found in the same bytes before. */
static int again(const struct rule_input *in, struct findings *out,
		 const struct known_profile *known, struct error *err)
{
	struct finding *f;

	if (!known->text)
		return 0;
	f = finding_add(in, out, err, "/linux/seccomp", "%s", known->text);
	if (!f)
		return err->code;
	f->value = strdup(known->value);
	if (!f->value)
		return error_oom(err);
	return known->remedy ? finding_lend(f, JSON_REPLACE, "/linux/seccomp", known->remedy, err) : 0;
}

int check_seccomp_weak(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct oci_seccomp *own = &in->spec->linux_.seccomp;
	_cleanup_calls_ struct seccomp_calls calls = { 0 };
	_cleanup_buf_ struct buf value = { 0 };
	const char *text = "does less than it seems to";
	const struct known_profile *known;
	struct finding *f;
	int r;

	if (in->profile_kept)
		return 0;
	/* What is no allow list is seccomp-missing's to judge. */
	if (own->is != FIELD_PRESENT || !profile_refuses(own->default_action.v))
		return 0;
	known = known_profile(in->known, in->doc->text + own->node->start,
			      own->node->end - own->node->start);
	if (known)
		return again(in, out, known, err);
	r = seccomp_calls_read(own, &calls, err);
	if (r < 0)
		return r;
	list_calls(in, &calls, &value);
	if (value.len)
		text = "allows system calls that the policy does not want allowed";
	r = list_traps(in, &calls, &value, err);
	if (r < 0 || value.len == 0)
		return r;
	f = finding_add(in, out, err, "/linux/seccomp", "%s", text);
	if (!f)
		return err->code;
	r = finding_value(f, err, "%s", buf_cstr(&value));
	return r < 0 ? r : weak_remedy(in, &calls, f, err);
}
