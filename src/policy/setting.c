/* SPDX-License-Identifier: Apache-2.0 */
/* One rule's setting in a policy file: its action and its parameters. */
#include "policy-private.h"

#include <cap-ng.h>
#include <seccomp.h>
#include <string.h>

#include <cofferdam/seccomp.h>
#include <cofferdam/text.h>

static int read_path(const struct policy_file *in, const struct json *node, const char **ret,
		     struct error *err)
{
	char *clean = policy_keep(in->policy, text_path_clean(node->str), err);

	if (!clean)
		return err->code;
	if (node->str[0] != '/' || strcmp(clean, node->str) != 0)
		return strict_error(in->doc, node, err,
				    "\"%s\" is not a clean absolute path; write \"%s%s\"",
				    node->str, clean[0] == '/' ? "" : "/", clean);
	*ret = clean;
	return 0;
}

/* read_word - one of the few that there are; another would go unnoticed. */
static int read_word(const struct policy_file *in, const struct param *param,
		     const struct json *node, const char **ret, struct error *err)
{
	const int i = strict_word(in->doc, node, param->value[BUNDLE_RESTRICTED].list, err);

	if (i < 0)
		return i;
	*ret = param->value[BUNDLE_RESTRICTED].list[i];
	return 0;
}

static int read_entry(const struct policy_file *in, const struct param *param,
		      const struct json *node, const char **ret, struct error *err)
{
	const enum param_kind kind = param->kind;
	enum seccomp_trap trap;

	if (kind == PARAM_PATHS || kind == PARAM_FILES)
		return read_path(in, node, ret, err);
	if (kind == PARAM_WORDS)
		return read_word(in, param, node, ret, err);
	if ((kind == PARAM_NAMES || kind == PARAM_CAPITALS) && !*node->str)
		return strict_error(in->doc, node, err, "a name must not be empty");
	if (kind == PARAM_DEVICES && !device_like(node->str))
		return strict_error(in->doc, node, err,
				    "\"%s\" would match no device: they are \"TYPE MAJOR:MINOR\", as ls -l tells, such as \"c 10:229\"",
				    node->str);
	if (kind == PARAM_CAPITALS && strpbrk(node->str, "abcdefghijklmnopqrstuvwxyz"))
		return strict_error(in->doc, node, err,
				    "\"%s\" would match nothing: names are compared in capitals here",
				    node->str);
	if (kind == PARAM_CAPS &&
	    (strncmp(node->str, "CAP_", 4) != 0 || capng_name_to_capability(node->str + 4) < 0))
		return strict_error(in->doc, node, err,
				    "\"%s\" is no capability that this host knows; they are spelt as in capabilities(7), \"CAP_CHOWN\"",
				    node->str);
	if (kind == PARAM_CALLS && seccomp_syscall_resolve_name(node->str) == __NR_SCMP_ERROR)
		return strict_error(in->doc, node, err,
				    "libseccomp on this host knows no system call \"%s\"", node->str);
	if (kind == PARAM_TRAPS && seccomp_trap_parse(node->str, &trap) < 0)
		return strict_error(in->doc, node, err,
				    "\"%s\" is nothing that cofferdam seccomp lint finds", node->str);
	*ret = policy_keep(in->policy, strdup(node->str), err);
	return *ret ? 0 : err->code;
}

static int read_strings(const struct policy_file *in, const struct param *param,
			const struct json *node, const char **ret, struct error *err)
{
	int r = strict_type(in->doc, node, JSON_ARRAY, node->key, err);

	for (const struct json *e = r == 0 ? node->first : NULL; r == 0 && e; e = e->next) {
		r = strict_type(in->doc, e, JSON_STRING, "each entry", err);
		if (r == 0)
			r = read_entry(in, param, e, ret++, err);
	}
	return r;
}

/* take_out - @node, a list of entries that must be in @list, out of it. */
static int take_out(const struct policy_file *in, const struct json *node, const char **list,
		    struct error *err)
{
	for (const struct json *e = node->first; e; e = e->next) {
		size_t kept = 0, n = 0;

		for (; list[n]; n++) {
			if (e->type != JSON_STRING || strcmp(list[n], e->str) != 0)
				list[kept++] = list[n];
		}
		if (kept == n)
			return strict_error(in->doc, e, err,
					    "\"remove\" takes what the inherited list has, which is not %s%s%s",
					    e->type == JSON_STRING ? "\"" : "",
					    e->type == JSON_STRING ? e->str : "this",
					    e->type == JSON_STRING ? "\"" : "");
		list[kept] = NULL;
	}
	return 0;
}

/* read_changes - the inherited list without "remove" and with "add". */
static int read_changes(const struct policy_file *in, const struct param *param,
			const struct json *node, struct param_value *value, struct error *err)
{
	static const char *const names[] = { "add", "remove", NULL };
	const struct json *add = json_get(node, "add"), *out = json_get(node, "remove");
	const char **list;
	size_t n = 0;
	int r = strict_known(in->doc, node, names, err);

	if (r == 0 && !add && !out)
		r = strict_error(in->doc, node, err, "%s: \"add\" or \"remove\" is missing", node->key);
	if (r == 0 && out)
		r = strict_type(in->doc, out, JSON_ARRAY, "remove", err);
	if (r < 0)
		return r;
	while (value->list && value->list[n])
		n++;
	list = policy_keep(in->policy, calloc(n + (add ? add->count : 0) + 1, sizeof(*list)), err);
	if (!list)
		return err->code;
	for (size_t i = 0; i < n; i++)
		list[i] = value->list[i];
	if (out)
		r = take_out(in, out, list, err);
	for (n = 0; list[n]; n++)
		;
	if (r == 0 && add)
		r = read_strings(in, param, add, &list[n], err);
	if (r == 0)
		value->list = list;
	return r;
}

/* read_list - a list in place of the inherited one, or what changes it. */
static int read_list(const struct policy_file *in, const struct param *param,
		     const struct json *node, struct param_value *value, struct error *err)
{
	const char **list;
	int r;

	if (node->type == JSON_OBJECT)
		return read_changes(in, param, node, value, err);
	if (node->type != JSON_ARRAY)
		return strict_type(in->doc, node, JSON_ARRAY, param->name, err);
	list = policy_keep(in->policy, calloc(node->count + 1, sizeof(*list)), err);
	if (!list)
		return err->code;
	r = read_strings(in, param, node, list, err);
	if (r == 0)
		value->list = list;
	return r;
}

/* no_profile - neither a shipped name nor a file's; host.json has no folder of its own. */
static int no_profile(const struct policy_file *in, const struct json *node, struct error *err)
{
	_cleanup_buf_ struct buf all = { 0 };

	for (size_t i = 0; profile_name(i); i++)
		buf_printf(&all, "%s%s", i ? ", " : "", profile_name(i));
	return strict_error(in->doc, node, err, "\"%s\" is neither a shipped profile (%s) nor a .json file %s",
			    node->str, buf_cstr(&all), in->dir ? "below the bundle" :
			    "of a bundle, which host.json is not");
}

static int read_profile(const struct policy_file *in, const struct json *node,
			struct param_value *ret, struct error *err)
{
	_cleanup_profile_ struct seccomp_profile read = { 0 };
	_cleanup_free_ char *path = NULL, *clean = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	char *name;
	size_t len;
	int r;

	name = policy_keep(in->policy, strdup(node->str), err);
	if (!name)
		return err->code;
	ret->string = name;
	if (profile_shipped(name, &len))
		return 0;
	clean = text_path_clean(name);
	if (!clean)
		return error_oom(err);
	if (!in->dir || name[0] == '/' || strcmp(clean, name) != 0 ||
	    strncmp(name, "..", 2) == 0 || !strstr(name, ".json"))
		return no_profile(in, node, err);
	if (asprintf(&path, "%s/%s", in->dir->path, name) < 0) {
		path = NULL;
		return error_oom(err);
	}
	r = file_read_below(in->dir, name, POLICY_FILE_MAX, &text, NULL, err);
	if (r == 0 && in->manifest)
		r = manifest_check(in->manifest, name, &text, err);
	if (r == -ENOMEM || r == -ESTALE)
		return r;
	if (r < 0) {
		struct error why = *err;

		(void)strict_error(in->doc, node, err, "%s", why.text);
		/* -ENOENT is said of the policy itself alone */
		err->code = r == -ENOENT ? -EINVAL : r;
		return err->code;
	}
	r = profile_read(path, buf_cstr(&text), text.len, &read, err);
	return r < 0 ? r : policy_keep_profile(in->policy, name, &text, &read, err);
}

static int read_number(const struct policy_file *in, const struct param *param,
		       const struct json *node, struct param_value *ret, struct error *err)
{
	const bool quoted = param->kind != PARAM_COUNT;
	int r;

	if (node->type != JSON_NUMBER && !(quoted && node->type == JSON_STRING))
		return strict_error(in->doc, node, err, "%s must be %s", param->name,
				    param_kind_name(param->kind));
	r = param->kind == PARAM_CPU ? text_parse_cpu(node->str, &ret->number, err)
				     : text_parse_size(node->str, &ret->number, err);
	if (r == -ENOMEM)
		return r;
	return r < 0 ? strict_error(in->doc, node, err, "%s must be %s", param->name,
				    param_kind_name(param->kind))
		     : 0;
}

static int read_int(const struct policy_file *in, const struct param *param,
		    const struct json *node, struct param_value *ret, struct error *err)
{
	long long value = 0;
	char *end = NULL;

	if (node->type == JSON_NUMBER) {
		errno = 0;
		value = strtoll(node->str, &end, 10);
	}
	if (!end || *end || errno)	/* "1.5" and "1e3" have more to come */
		return strict_error(in->doc, node, err, "%s must be %s", param->name,
				    param_kind_name(param->kind));
	ret->number = (uint64_t)value;
	return 0;
}

static int read_param(const struct policy_file *in, const struct param *param,
		      const struct json *node, struct param_value *ret, struct error *err)
{
	struct param_value value = *ret;
	int r = 0;

	switch (param->kind) {
	case PARAM_BOOL:
		r = strict_type(in->doc, node, JSON_BOOL, param->name, err);
		value.number = node->boolean;
		break;
	case PARAM_INT:
		r = read_int(in, param, node, &value, err);
		break;
	CASE_PARAM_LISTS:
		r = read_list(in, param, node, &value, err);
		break;
	case PARAM_PROFILE:
		r = strict_type(in->doc, node, JSON_STRING, param->name, err);
		if (r == 0)
			r = read_profile(in, node, &value, err);
		break;
	case PARAM_COUNT:
	case PARAM_SIZE:
	case PARAM_CPU:
		r = read_number(in, param, node, &value, err);
		break;
	case PARAM_NONE:
		return strict_error(in->doc, node, err, "%s takes no value", param->name);
	}
	if (r == 0)
		*ret = value;
	return r;
}

static int read_action(const struct policy_file *in, const struct rule *rule,
		       const struct json *node, enum action *ret, struct error *err)
{
	static const char *const words[] = { "deny", "harden", "warn", "off" };
	const char *near;
	int r = strict_type(in->doc, node, JSON_STRING, "action", err);

	if (r < 0)
		return r;
	if (action_parse(node->str, ret) < 0) {
		near = text_nearest(node->str, words, ARRAY_SIZE(words));
		return strict_error(in->doc, node, err,
				    "action \"%s\" is none of deny, harden, warn, off%s%s%s",
				    node->str, near ? "; did you mean \"" : "", near ? near : "",
				    near ? "\"?" : "");
	}
	if (*ret == ACTION_HARDEN && !rule->remedy)
		return strict_error(in->doc, node, err, "%s has no remedy; use \"deny\"", rule->id);
	return 0;
}

/* check_contradictions - a default that the same setting's max forbids. */
static int check_contradictions(const struct policy_file *in, const struct rule *rule,
				const struct json *member, struct error *err)
{
	enum rule_id id = (enum rule_id)(rule - registry_rule(0));
	const struct setting *setting = &in->policy->rules[id];
	int max = registry_param(rule, "max"), def = registry_param(rule, "default");
	_cleanup_buf_ struct buf is = { 0 }, most = { 0 };

	if (max < 0 || def < 0 || setting->params[max].number == 0 ||
	    setting->params[def].number <= setting->params[max].number)
		return 0;
	/* one of the two may be inherited, so both are told */
	param_print(&is, rule->params[def].kind, &setting->params[def]);
	param_print(&most, rule->params[max].kind, &setting->params[max]);
	return strict_error(in->doc, member, err, "the default of %s is above its max: %s, %s",
			    rule->id, buf_cstr(&is), buf_cstr(&most));
}

/* read_member - one member of a rule's setting, and where it stands. */
static int read_member(struct policy_file *in, enum rule_id id, const struct json *m,
		       struct error *err)
{
	const struct rule *rule = registry_rule(id);
	struct setting *setting = &in->policy->rules[id];
	const struct origin at = policy_at(in, m);
	int i = registry_param(rule, m->key);
	int r;

	if (i >= 0) {
		r = read_param(in, &rule->params[i], m, &setting->params[i], err);
		setting->params_at[i] = at;
	} else if (strcmp(m->key, "audit") == 0) {
		r = strict_type(in->doc, m, JSON_BOOL, "audit", err);
		setting->audit = m->boolean;
		setting->audit_at = at;
	} else {
		r = read_action(in, rule, m, &setting->action, err);
		setting->action_at = at;
	}
	return r;
}

int setting_read(struct policy_file *in, const struct json *member, struct error *err)
{
	const char *names[PARAMS_MAX + 3] = { "action", "audit" };
	const struct rule *rule;
	enum rule_id id;
	size_t n = 2;
	int r;

	if (registry_find(member->key, &id, err) < 0) {
		struct error why = *err;

		return strict_error(in->doc, member, err, "%s", why.text);
	}
	rule = registry_rule(id);
	r = strict_type(in->doc, member, JSON_OBJECT, member->key, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < PARAMS_MAX && rule->params[i].name; i++)
		names[n++] = rule->params[i].name;
	r = strict_known(in->doc, member, names, err);
	for (const struct json *m = member->first; r == 0 && m; m = m->next)
		r = read_member(in, id, m, err);
	if (json_get(member, "action") || json_get(member, "audit"))
		in->policy->rules[id].audit_stays = in->policy->rules[id].audit &&
						    !json_get(member, "audit");
	return r < 0 ? r : check_contradictions(in, rule, member, err);
}
