/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities and no_new_privs. */
#include "rules-private.h"

int check_capabilities(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct oci_capabilities *caps = &in->spec->process.capabilities;
	const struct may_have may = { .list = rule_param(in, "allow")->list };
	_cleanup_buf_ struct buf names = { 0 }, sets = { 0 };
	bool exceed = false;
	struct finding *f;
	int r;

	for (size_t i = 0; i < CAPABILITY_SETS; i++) {
		/* of a copy the same is to be said, and its names were */
		if (!capability_set_repeats(caps, i))
			exceed = capabilities_exceed(caps, i, &may, &names);
		if (!exceed)
			continue;
		buf_str(&sets, sets.len ? ", " : "");
		buf_str(&sets, capability_set(i));
	}
	if (buf_check(&sets, err) < 0 || buf_check(&names, err) < 0)
		return err->code;
	if (sets.len == 0)
		return 0;
	f = finding_add(in, out, err, "/process/capabilities",
			"more than the policy's list (in %s)", buf_cstr(&sets));
	if (!f)
		return err->code;
	r = finding_value(f, err, "%s", buf_cstr(&names));
	for (size_t i = 0; r == 0 && !finding_sketched(f) && i < CAPABILITY_SETS; i++)
		r = capabilities_drop(caps, i, &may, f, err);
	return r;
}

int check_inheritable_capabilities(const struct rule_input *in, struct findings *out,
				   struct error *err)
{
	const struct oci_capabilities *caps = &in->spec->process.capabilities;
	const struct {
		const char *pointer, *name;
		const struct field_strs *set;
	} sets[] = {
		{ "/process/capabilities/inheritable", "inheritable", &caps->inheritable },
		{ "/process/capabilities/ambient", "ambient", &caps->ambient },
	};
	struct finding *f;

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		if (sets[i].set->n == 0)
			continue;
		f = finding_add(in, out, err, sets[i].pointer,
				"the %s set is not empty, so programs without privileges gain them",
				sets[i].name);
		if (!f || finding_value(f, err, "%zu capabilities", sets[i].set->n) < 0 ||
		    finding_edit(f, JSON_REPLACE, sets[i].pointer, "[]", err) < 0)
			return err->code;
	}
	return 0;
}

int check_no_new_privileges(const struct rule_input *in, struct findings *out,
			    struct error *err)
{
	struct finding *f;

	if (in->spec->process.no_new_privileges.v)
		return 0;
	f = finding_add(in, out, err, "/process/noNewPrivileges", "is not true");
	return f ? finding_edit(f, JSON_ADD, "/process/noNewPrivileges", "true", err) : err->code;
}
