/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Coverage by mutation: a setting is exercised if some case comes out otherwise
 * when it is as it was inherited. What can be taken away unnoticed is not tested. Of what
 * is inherited anyway, as all of a policy that is whole in its file, the opposite is tried.
 */
#include "trial-private.h"

#include <fcntl.h>
#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/strict.h>

struct covering {
	struct policy *policy;		/* mutated and put back */
	const struct policy *base;
	const struct trial *trial;
	struct outcome *before;		/* one a case */
	const char *file;		/* whose settings are asked for */
	struct coverage *out;
};

void coverage_free(struct coverage *coverage)
{
	for (size_t i = 0; i < coverage->n; i++)
		free(coverage->v[i].name);
	free(coverage->v);
	*coverage = (struct coverage){ 0 };
}

static int add(struct coverage *out, const char *what, const struct origin *at, bool inherited,
	       struct buf *name, struct error *err)
{
	struct uncovered *v = reallocarray(out->v, out->n + 1, sizeof(*v));

	if (!v)
		return error_oom(err);
	out->v = v;
	v[out->n] = (struct uncovered){ what, buf_steal(name), *at, inherited };
	if (!v[out->n].name)
		return error_oom(err);
	out->n++;
	return 0;
}

/* missed - 1 if some case comes out otherwise than before, 0 if none does. */
static int missed(const struct covering *c, struct error *err)
{
	for (size_t i = 0; i < c->trial->n; i++) {
		_cleanup_outcome_ struct outcome now = { 0 };
		int r = trial_judge(c->policy, &c->trial->cases[i], &now, err);

		if (r == -ENOMEM)
			return r;
		/* a profile, say, that the inherited policy does not have */
		if (r < 0 || now.all.len != c->before[i].all.len ||
		    memcmp(buf_cstr(&now.all), buf_cstr(&c->before[i].all), now.all.len) != 0)
			return 1;
	}
	return 0;
}

static bool own(const struct covering *c, const struct origin *at)
{
	return at->file && strcmp(at->file, c->file) == 0;
}

static bool same_list(const char *const *a, const char *const *b)
{
	for (; a && b && *a && *b; a++, b++) {
		if (strcmp(*a, *b) != 0)
			return false;
	}
	return (!a || !*a) && (!b || !*b);
}

static bool same(const struct covering *c, enum param_kind kind, const struct param_value *a,
		 const struct param_value *b)
{
	if (param_kind_is_list(kind))
		return same_list(a->list, b->list);
	if (kind == PARAM_PROFILE)
		return policy_profile_same(c->policy, a->string, c->base, b->string);
	return a->number == b->number;
}

/* told - what is not exercised, by its rule and member. */
static int told(struct covering *c, const char *what, enum rule_id id, const char *member,
		const struct origin *at, bool inherited, struct error *err)
{
	_cleanup_buf_ struct buf name = { 0 };

	buf_printf(&name, "%s%s%s", registry_rule(id)->id, member ? " " : "", member ? member : "");
	return add(c->out, what, at, inherited, &name, err);
}

static int cover_action(struct covering *c, enum rule_id id, struct error *err)
{
	struct setting *s = &c->policy->rules[id];
	const struct setting was = *s;
	const bool inherited = was.action == c->base->rules[id].action;
	int r;

	if (!own(c, &was.action_at))
		return 0;
	c->out->settings++;
	s->action = !inherited ? c->base->rules[id].action :
		    was.action == ACTION_OFF ? ACTION_DENY : ACTION_OFF;
	r = missed(c, err);
	*s = was;
	return r != 0 ? (r < 0 ? r : 0) :
	       told(c, "rule", id, NULL, &was.action_at, inherited, err);
}

static int cover_audit(struct covering *c, enum rule_id id, struct error *err)
{
	struct setting *s = &c->policy->rules[id];
	const struct setting was = *s;
	const bool inherited = was.audit == c->base->rules[id].audit;
	int r;

	if (!own(c, &was.audit_at))
		return 0;
	c->out->settings++;
	s->audit = !was.audit;
	r = missed(c, err);
	*s = was;
	return r != 0 ? (r < 0 ? r : 0) :
	       told(c, "audit", id, NULL, &was.audit_at, inherited, err);
}

static bool of_names(enum param_kind kind)
{
	return kind == PARAM_NAMES || kind == PARAM_CAPITALS || kind == PARAM_DEVICES;
}

static bool empty_list(enum param_kind kind, const struct param_value *v)
{
	return param_kind_is_list(kind) && (!v->list || !v->list[0]);
}

/* opposite - of what a file says although it is inherited: empty, all, none, the other of two. */
static struct param_value opposite(enum param_kind kind, const struct param_value *was)
{
	static const char *const nothing[] = { NULL }, *const all[] = { "*", NULL };

	if (param_kind_is_list(kind))
		return (struct param_value){ .list = empty_list(kind, was) ? all : nothing };
	if (kind == PARAM_PROFILE)
		return (struct param_value){
			.string = strcmp(was->string, "build") == 0 ? "hardened" : "build",
		};
	/* true and false, and of numbers 0, which is none, and the least */
	return (struct param_value){ .number = !was->number };
}

static int cover_param(struct covering *c, enum rule_id id, size_t p, struct error *err)
{
	struct setting *s = &c->policy->rules[id];
	const struct param_value was = s->params[p], *base = &c->base->rules[id].params[p];
	const enum param_kind kind = registry_rule(id)->params[p].kind;
	const bool inherited = same(c, kind, &was, base);
	int r;

	if (!own(c, &s->params_at[p]))
		return 0;
	/* what decides nothing and is not meant to: of a rule that the file has off, or of an
	 * empty list of which there is no opposite */
	if ((s->action == ACTION_OFF && own(c, &s->action_at)) ||
	    (inherited && empty_list(kind, &was) && !of_names(kind)))
		return 0;
	c->out->settings++;
	s->params[p] = *base;
	if (inherited)
		s->params[p] = opposite(kind, &was);
	else if (kind == PARAM_PROFILE)
		s->params[p].string = policy_profile_as(c->policy, c->base, base->string);
	r = missed(c, err);
	s->params[p] = was;
	return r != 0 ? (r < 0 ? r : 0) :
	       told(c, "parameter", id, registry_rule(id)->params[p].name, &s->params_at[p],
		    inherited, err);
}

static int cover_rule(struct covering *c, enum rule_id id, struct error *err)
{
	int r = cover_action(c, id, err);

	if (r == 0)
		r = cover_audit(c, id, err);
	for (size_t p = 0; r == 0 && p < PARAMS_MAX && registry_rule(id)->params[p].name; p++)
		r = cover_param(c, id, p, err);
	return r;
}

/* used - whether the exemption keeps a finding of the rule from deciding, in some case. */
static bool used(const struct covering *c, const struct exemption *e, size_t rule)
{
	for (size_t i = 0; i < c->trial->n; i++) {
		if (c->before[i].used[rule] == e)
			return true;
	}
	return false;
}

/* unused - append those of its rules that it is from in no case; false: there is none. */
static bool unused(const struct covering *c, const struct exemption *e, struct buf *name)
{
	_cleanup_buf_ struct buf rules = { 0 };
	bool some = false;

	for (size_t rule = 0; rule < RULE_MAX; rule++) {
		if (!e->rules[rule])
			continue;
		if (used(c, e, rule))
			some = true;
		else
			buf_printf(&rules, "%s%s", rules.len ? ", " : "", registry_rule((enum rule_id)rule)->id);
	}
	/* of one that is used nowhere it says enough */
	if (some && rules.len > 0)
		buf_printf(name, " (%s)", buf_cstr(&rules));
	name->oom |= rules.oom;
	return rules.len > 0;
}

static int cover_exemptions(struct covering *c, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->policy->n_exemptions; i++) {
		const struct exemption *e = &c->policy->exemptions[i];
		_cleanup_buf_ struct buf name = { 0 };

		if (!own(c, &e->at))
			continue;
		c->out->settings++;
		buf_str(&name, e->reason);
		if (!unused(c, e, &name))
			continue;
		r = add(c->out, "exemption", &e->at, false, &name, err);
	}
	return r;
}

static int judge_all(struct covering *c, struct error *err)
{
	int r = 0;

	c->before = calloc(c->trial->n + 1, sizeof(*c->before));
	if (!c->before)
		return error_oom(err);
	for (size_t i = 0; r == 0 && i < c->trial->n; i++) {
		r = trial_judge(c->policy, &c->trial->cases[i], &c->before[i], err);
		for (size_t rule = 0; r == 0 && rule < RULE_MAX; rule++)
			c->out->found[rule] |= c->before[i].found[rule];
	}
	return r;
}

/* inherited_name - what the policy.json of @dir extends; malloc'd. */
static int inherited_name(const char *dir, char **ret, char **ret_file, struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_free_ char *file = NULL;
	const struct json *extends;
	int r;

	if (asprintf(&file, "%s/policy.json", dir) < 0) {
		file = NULL;
		return error_oom(err);
	}
	r = file_read(AT_FDCWD, file, false, POLICY_FILE_MAX, &text, NULL, err);
	if (r == 0)
		r = json_parse(file, buf_cstr(&text), text.len, JSON_COMMENTS, &doc, err);
	if (r == 0)
		r = strict_type(doc, doc->root, JSON_OBJECT, "the file", err);
	if (r < 0)
		return r;
	extends = json_get(doc->root, "extends");
	*ret = strdup(extends && extends->type == JSON_STRING ? extends->str : "restricted");
	if (!*ret)
		return error_oom(err);
	*ret_file = steal_ptr(file);
	return 0;
}

void trial_bundle_free(struct trial_bundle *bundle)
{
	free(bundle->dir);
	free(bundle->bundles);
	policy_free(&bundle->policy);
}

int trial_cover(const struct trial_bundle *bundle, const struct trial *trial,
		struct coverage *ret, struct error *err)
{
	_cleanup_free_ char *extends = NULL, *file = NULL;
	_cleanup_coverage_ struct coverage coverage = { 0 };
	_cleanup_policy_ struct policy *base = NULL;
	struct policy copy = *bundle->policy;	/* shares all that is pointed to */
	struct covering c = { .policy = &copy, .trial = trial, .out = &coverage };
	int r = inherited_name(bundle->dir, &extends, &file, err);

	if (r == 0)
		r = policy_load(extends, bundle->bundles, geteuid(), &base, err);
	if (r < 0)
		return r;
	c.base = base;
	c.file = file;
	r = judge_all(&c, err);
	for (size_t i = 0; r == 0 && i < RULE_MAX; i++)
		r = cover_rule(&c, (enum rule_id)i, err);
	if (r == 0)
		r = cover_exemptions(&c, err);
	for (size_t i = 0; c.before && i < trial->n; i++)
		outcome_free(&c.before[i]);
	free(c.before);
	if (r < 0)
		return r;
	/* places point into the policy, which outlives this */
	*ret = coverage;
	coverage = (struct coverage){ 0 };
	return 0;
}
