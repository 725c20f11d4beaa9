/* SPDX-License-Identifier: Apache-2.0 */
/* Labels and profiles of the host's security module. */
#include <cofferdam/rules.h>

#include <string.h>

#include <cofferdam/secontext.h>

#include "rules-private.h"

#define SELINUX_LABEL "/process/selinuxLabel"
#define MOUNT_LABEL "/linux/mountLabel"
#define APPARMOR_PROFILE "/process/apparmorProfile"

static bool named(const struct field_str *name)
{
	return name->v && *name->v;
}

/*
 * lsm_on - 1: the module is enabled, so there is something to judge; 0: it is
 * not, or that it cannot be told was said; negative: an error.
 */
static int lsm_on(const struct rule_input *in, struct findings *out, struct error *err,
		  const struct fact_lsm *lsm)
{
	const char *name = lsm == &in->facts->selinux ? "SELinux" : "AppArmor";
	const char *pointer = lsm == &in->facts->selinux ? SELINUX_LABEL : APPARMOR_PROFILE;

	if (lsm->is == FACT_KNOWN)
		return 1;
	if (lsm->is == FACT_ABSENT)
		return 0;
	return rule_unjudged(in, out, err, pointer,
			     "it is not known whether %s is enabled here%s%s", name,
			     lsm->why ? ": " : "", lsm->why ? lsm->why : "");
}

/*
 * lsm_label - 1 and what is known of @label; 0: that it is none, or cannot be
 * told, was said; negative: an error.
 */
static int lsm_label(const struct rule_input *in, struct findings *out, struct error *err,
		     const char *pointer, const char *label, const char **ret)
{
	const bool selinux = strcmp(pointer, APPARMOR_PROFILE) != 0;
	const struct fact_label *fact = facts_label(selinux ? &in->facts->selinux
							    : &in->facts->apparmor, label);
	const char *why = fact && fact->why ? fact->why : NULL;
	struct finding *f;

	if (fact && fact->is == FACT_KNOWN) {
		*ret = fact->says;
		return 1;
	}
	if (!fact || fact->is != FACT_ABSENT)
		return rule_unjudged(in, out, err, pointer, "%s%s%s",
				     selinux ? "what the kernel makes of this context is not known"
					     : "whether this profile is loaded is not known",
				     why ? ": " : "", why ? why : "");
	f = finding_add(in, out, err, pointer, "%s",
			selinux ? "the host's SELinux policy has no such context"
				: "the profile is not loaded on this host");
	return f ? finding_value(f, err, "%s", label) : err->code;
}

/* complain - @value NULL: there is none. */
static int complain(const struct rule_input *in, struct findings *out, struct error *err,
		    const char *pointer, const char *what, const char *value)
{
	struct finding *f = finding_add(in, out, err, pointer, "%s", what);

	if (!f)
		return err->code;
	return value ? finding_value(f, err, "%s", value) : 0;
}

/* whose - "USER:ROLE:TYPE" of the context @says, and its parts. malloc'd; NULL and the error. */
static char *whose(const char *says, struct secontext *ret, struct error *err)
{
	char *text;

	if (secontext_parse(says, ret, err) < 0)
		return NULL;
	if (asprintf(&text, "%s:%s:%s", ret->user, ret->role, ret->type) >= 0)
		return text;
	error_oom(err);
	return NULL;
}

/* judge_label - of one that the policy lists in @param; the level is for the process alone. */
static int judge_label(const struct rule_input *in, struct findings *out, struct error *err,
		       const char *pointer, const char *label)
{
	const bool process = strcmp(pointer, SELINUX_LABEL) == 0;
	const uint64_t most = process ? rule_param(in, "categories")->number : 0;
	_cleanup_secontext_ struct secontext context = { 0 };
	_cleanup_free_ char *name = NULL;
	struct finding *f;
	const char *says;
	unsigned int n;
	int r = lsm_label(in, out, err, pointer, label, &says);

	if (r != 1)
		return r;
	name = whose(says, &context, err);
	if (!name)
		return err->code;
	if (!rule_listed(in, process ? "labels" : "files", name)) {
		r = complain(in, out, err, pointer,
			     process ? "the label is not one of those that confine a container"
				     : "the label is not one of a container's files", name);
		if (r < 0)
			return r;
	}
	n = secontext_categories(context.level);
	if (most == 0 || n <= most)
		return 0;
	f = finding_add(in, out, err, pointer,
			"with %u categories it reaches the files of other containers", n);
	return f ? finding_value(f, err, "%s", context.level) : err->code;
}

static int judge_process_label(const struct rule_input *in, struct findings *out,
			       struct error *err)
{
	const struct field_str *label = &in->spec->process.selinux_label;

	if (named(label))
		return judge_label(in, out, err, SELINUX_LABEL, label->v);
	/* An engine that labels gives both; one alone is the other switched off. */
	if (named(&in->spec->linux_.mount_label))
		return complain(in, out, err, SELINUX_LABEL,
				"switched off, so the program runs in the engine's own domain", NULL);
	if (rule_param(in, "required")->number)
		return complain(in, out, err, SELINUX_LABEL,
				"no label, so the program runs in the engine's own domain", NULL);
	return 0;
}

int check_selinux(const struct rule_input *in, struct findings *out, struct error *err)
{
	int r = lsm_on(in, out, err, &in->facts->selinux);

	if (r != 1)
		return r;
	r = judge_process_label(in, out, err);
	if (r < 0 || !named(&in->spec->linux_.mount_label))
		return r;
	return judge_label(in, out, err, MOUNT_LABEL, in->spec->linux_.mount_label.v);
}

int check_apparmor(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct field_str *profile = &in->spec->process.apparmor_profile;
	const char *mode;
	int r = lsm_on(in, out, err, &in->facts->apparmor);

	if (r != 1)
		return r;
	if (!named(profile) && !rule_param(in, "required")->number)
		return 0;
	if (!named(profile))
		return complain(in, out, err, APPARMOR_PROFILE,
				"no profile, so nothing confines the program", NULL);
	if (strcmp(profile->v, "unconfined") == 0)
		return complain(in, out, err, APPARMOR_PROFILE, "the profile was switched off",
				profile->v);
	r = lsm_label(in, out, err, APPARMOR_PROFILE, profile->v, &mode);
	if (r != 1)
		return r;
	if (strcmp(mode, "enforce") != 0 && strcmp(mode, "kill") != 0)
		return complain(in, out, err, APPARMOR_PROFILE,
				"the profile holds nothing back in this mode", mode);
	if (!rule_listed(in, "profiles", profile->v))
		return complain(in, out, err, APPARMOR_PROFILE,
				"the profile is not on the policy's list", profile->v);
	return 0;
}
