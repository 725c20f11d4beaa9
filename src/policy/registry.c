/* SPDX-License-Identifier: Apache-2.0 */
#include "policy-private.h"

#include <string.h>

#include <cofferdam/text.h>

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define RULE(ID, name, check, ...) [RULE_##ID] = { .id = name, __VA_ARGS__ },
const struct rule registry_rules[RULE_MAX] = {
#include <cofferdam/rules.def>
};
#undef RULE

#define RULE(ID, name, check, ...) [RULE_##ID] = name,
static const char *const ids[RULE_MAX] = {
#include <cofferdam/rules.def>
};
#undef RULE

int registry_find(const char *id, enum rule_id *ret, struct error *err)
{
	const char *near;

	for (size_t i = 0; i < RULE_MAX; i++) {
		if (strcmp(ids[i], id) == 0) {
			*ret = (enum rule_id)i;
			return 0;
		}
	}
	near = text_nearest(id, ids, RULE_MAX);
	if (near)
		return error_set(err, -ENOENT, "no rule \"%s\"; did you mean \"%s\"?", id, near);
	return error_set(err, -ENOENT, "no rule \"%s\"; see cofferdam rules", id);
}

int registry_param(const struct rule *rule, const char *name)
{
	for (int i = 0; i < PARAMS_MAX && rule->params[i].name; i++) {
		const char *own = rule->params[i].name;

		/* most who ask have the very literal, merged by the linker */
		if (own == name || (own[0] == name[0] && strcmp(own, name) == 0))
			return i;
	}
	return -1;
}

/* name_index - the place of @name among @n names, or -EINVAL. */
static int name_index(const char *const *names, int n, const char *name)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return -EINVAL;
}

static const char *const doors[DOOR_MAX] = { "runtime", "precreate", "hook" };
static const char *const actions[ACTION_MAX] = { "deny", "harden", "warn", "off" };
static const char *const severities[SEVERITY_MAX] = { "critical", "high", "medium", "low" };
static const char *const bundles[BUNDLE_MAX] = { "baseline", "restricted", "cis-docker" };

const char *door_name(enum door door)
{
	return doors[door];
}

int door_parse(const char *name, enum door *ret)
{
	int i = name_index(doors, DOOR_MAX, name);

	if (i < 0)
		return i;
	*ret = (enum door)i;
	return 0;
}

bool door_can_edit(enum door door)
{
	return door != DOOR_HOOK;
}

const char *action_name(enum action action)
{
	return actions[action];
}

int action_parse(const char *name, enum action *ret)
{
	int i = name_index(actions, ACTION_MAX, name);

	if (i < 0)
		return i;
	*ret = (enum action)i;
	return 0;
}

const char *severity_name(enum severity severity)
{
	return severities[severity];
}

const char *bundle_name(enum bundle bundle)
{
	return bundles[bundle];
}

int bundle_parse(const char *name, enum bundle *ret)
{
	int i = name_index(bundles, BUNDLE_MAX, name);

	if (i < 0)
		return i;
	*ret = (enum bundle)i;
	return 0;
}

const char *bundle_description(enum bundle bundle)
{
	static const char *const texts[BUNDLE_MAX] = {
		"stops known escapes and breaks little",
		"least privilege; what a host without host.json gets",
		"section 5 of the CIS Docker Benchmark 1.6.0",
	};

	return texts[bundle];
}

const char *param_kind_name(enum param_kind kind)
{
	switch (kind) {
	case PARAM_NONE:
		break;
	case PARAM_BOOL:
		return "true or false";
	case PARAM_COUNT:
		return "a whole number";
	case PARAM_SIZE:
		return "a size in bytes, such as \"512Mi\"";
	case PARAM_CPU:
		return "a number of CPUs, such as \"2\" or \"500m\"";
	case PARAM_PATHS:
		return "a list of absolute paths";
	case PARAM_FILES:
		return "a list of absolute paths of files";
	case PARAM_NAMES:
		return "a list of names";
	case PARAM_CAPITALS:
		return "a list of names in capitals";
	case PARAM_DEVICES:
		return "a list of devices, such as \"c 10:229\"";
	case PARAM_WORDS:
		return "a list of names, of which there are no others than those shipped";
	case PARAM_INT:
		return "a whole number, which may be negative";
	case PARAM_CAPS:
		return "a list of capabilities, such as \"CAP_CHOWN\"";
	case PARAM_CALLS:
		return "a list of system calls, such as \"bpf\"";
	case PARAM_TRAPS:
		return "a list of what cofferdam seccomp lint finds, such as \"wide-compare\"";
	case PARAM_PROFILE:
		return "the name of a shipped seccomp profile, or a path below the bundle";
	}
	return "nothing";
}

bool param_kind_is_list(enum param_kind kind)
{
	switch (kind) {
	CASE_PARAM_LISTS:
		return true;
	case PARAM_NONE:
	case PARAM_BOOL:
	case PARAM_COUNT:
	case PARAM_SIZE:
	case PARAM_CPU:
	case PARAM_INT:
	case PARAM_PROFILE:
		break;
	}
	return false;
}

/* skip_number - behind a number, or NULL. */
static const char *skip_number(const char *s)
{
	const size_t n = strspn(s += *s == '-', "0123456789");

	return n > 0 ? s + n : NULL;
}

bool device_like(const char *s)
{
	if (s[strspn(s, "abcpu 0123456789:-*?[]!^\\")])
		return false;
	if (strpbrk(s, "*?[\\"))
		return true;
	if (!*s || s[1] != ' ')
		return false;
	s = skip_number(s + 2);
	s = s && *s == ':' ? skip_number(s + 1) : NULL;
	return s && !*s;
}

const char *param_kind_merge(enum param_kind kind)
{
	return param_kind_is_list(kind) ?
	       "a list replaces the inherited one; {\"add\": [...], \"remove\": [...]} changes it" :
	       "the value replaces the inherited one";
}

const char *param_order_name(enum param_order order)
{
	static const char *const names[] = {
		[ORDER_NONE] = "differs", [ORDER_LAXER] = "laxer", [ORDER_STRICTER] = "stricter",
		[ORDER_LIMIT] = "laxer, and none the laxest",
	};

	return names[order];
}

unsigned rule_on(const struct rule *rule)
{
	return rule->on ? rule->on : ON_START;
}
