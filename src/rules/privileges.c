/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities and no_new_privs. */
#include <cofferdam/rules.h>

#include <string.h>

static bool listed(const char *const *list, const char *name)
{
	for (size_t i = 0; list && list[i]; i++) {
		if (strcmp(list[i], name) == 0)
			return true;
	}
	return false;
}

/* One of the five sets: what exceeds the list, and the list of what may stay. */
struct excess {
	struct buf names;		/* all sets' excess, each name once */
	struct buf sets;		/* the sets that hold any */
	struct finding *finding;
};

/* mentioned - whether @name is among the names "a, b, c". */
static bool mentioned(const struct buf *names, const char *name)
{
	const char *at = buf_cstr(names);
	const size_t len = strlen(name);

	while (*at) {
		const size_t n = strcspn(at, ",");

		if (n == len && memcmp(at, name, len) == 0)
			return true;
		at += n;
		at += strspn(at, ", ");
	}
	return false;
}

static size_t count_excess(const struct field_strs *set, const char *const *allow,
			   struct excess *out, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++) {
		const char *cap = set->v[i].v;

		if (cap && listed(allow, cap))
			continue;
		n++;
		if (cap && !mentioned(&out->names, cap) && out->names.len < 4096)
			buf_printf(&out->names, "%s%s", out->names.len ? ", " : "", cap);
	}
	if (n)
		buf_printf(&out->sets, "%s%s", out->sets.len ? ", " : "", name);
	return n;
}

static int remedy(const struct field_strs *set, const char *const *allow, const char *name,
		  struct finding *f, struct error *err)
{
	_cleanup_buf_ struct buf pointer = { 0 }, value = { 0 };
	size_t kept = 0;

	buf_printf(&pointer, "/process/capabilities/%s", name);
	buf_char(&value, '[');
	for (size_t i = 0; i < set->n; i++) {
		const char *cap = set->v[i].v;

		if (!cap || !listed(allow, cap))
			continue;
		buf_str(&value, kept++ ? ", " : "");
		json_quote(&value, cap, strlen(cap));
	}
	buf_char(&value, ']');
	if (buf_check(&pointer, err) < 0 || buf_check(&value, err) < 0)
		return err->code;
	return finding_edit(f, JSON_REPLACE, buf_cstr(&pointer), buf_cstr(&value), err);
}

static int judge_sets(const struct rule_input *in, struct findings *out, struct excess *excess,
		      struct error *err)
{
	const struct oci_capabilities *caps = &in->spec->process.capabilities;
	const char *const *allow = rule_param(in, "allow")->list;
	const struct {
		const char *name;
		const struct field_strs *set;
		size_t excess;
	} sets[] = {
		{ "bounding", &caps->bounding,
		  count_excess(&caps->bounding, allow, excess, "bounding") },
		{ "effective", &caps->effective,
		  count_excess(&caps->effective, allow, excess, "effective") },
		{ "permitted", &caps->permitted,
		  count_excess(&caps->permitted, allow, excess, "permitted") },
		{ "inheritable", &caps->inheritable,
		  count_excess(&caps->inheritable, allow, excess, "inheritable") },
		{ "ambient", &caps->ambient,
		  count_excess(&caps->ambient, allow, excess, "ambient") },
	};
	struct finding *f;
	int r;

	if (excess->sets.len == 0 && !excess->sets.oom)
		return 0;
	if (buf_check(&excess->sets, err) < 0 || buf_check(&excess->names, err) < 0)
		return err->code;
	f = finding_add(in, out, err, "/process/capabilities",
			"more than the policy's list (in %s)", buf_cstr(&excess->sets));
	if (!f)
		return err->code;
	r = finding_value(f, err, "%s", buf_cstr(&excess->names));
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(sets); i++) {
		if (sets[i].excess)
			r = remedy(sets[i].set, allow, sets[i].name, f, err);
	}
	return r;
}

int check_capabilities(const struct rule_input *in, struct findings *out, struct error *err)
{
	struct excess excess = { 0 };
	int r = judge_sets(in, out, &excess, err);

	buf_free(&excess.names);
	buf_free(&excess.sets);
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
	const struct field_bool *set = &in->spec->process.no_new_privileges;
	struct finding *f;

	if (set->is == FIELD_PRESENT && set->v)
		return 0;
	f = finding_add(in, out, err, "/process/noNewPrivileges", "is not true");
	return f ? finding_edit(f, JSON_ADD, "/process/noNewPrivileges", "true", err) : err->code;
}
