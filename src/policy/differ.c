/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/differ.h>

#include <string.h>

#include <cofferdam/text.h>

struct differ {
	void (*say)(void *arg, const struct difference *difference);
	void *arg;
	bool oom;
};

const char *differs_name(enum differs differs)
{
	static const char *const names[DIFFERS_MAX] = { "stricter", "laxer", "differs" };

	return names[differs];
}

static void say(struct differ *d, enum differs differs, const char *what, const struct buf *a,
		const struct buf *b)
{
	const struct difference difference = {
		differs, what, a ? buf_cstr(a) : NULL, b ? buf_cstr(b) : NULL,
	};

	if ((a && a->oom) || (b && b->oom))
		d->oom = true;
	else
		d->say(d->arg, &difference);
}

static enum differs opposite(enum differs differs)
{
	switch (differs) {
	case DIFFERS_STRICTER:
		return DIFFERS_LAXER;
	case DIFFERS_LAXER:
		return DIFFERS_STRICTER;
	case DIFFERS_EITHER:
	case DIFFERS_MAX:
		break;
	}
	return DIFFERS_EITHER;
}

/* more - which way it goes when there is more of a parameter. */
static enum differs more(enum param_order order)
{
	switch (order) {
	case ORDER_LAXER:
	case ORDER_LIMIT:
		return DIFFERS_LAXER;
	case ORDER_STRICTER:
		return DIFFERS_STRICTER;
	case ORDER_NONE:
		break;
	}
	return DIFFERS_EITHER;
}

/* rank - the strictest first: what refuses or changes, what only tells and of what, nothing. */
static int rank(const struct setting *s)
{
	return (int)s->action + (s->audit || s->action >= ACTION_WARN ? (int)ACTION_WARN : 0);
}

static void differ_action(struct differ *d, const struct rule *rule, const struct setting *a,
			  const struct setting *b)
{
	_cleanup_buf_ struct buf was = { 0 }, is = { 0 };

	if (rank(a) == rank(b))
		return;
	buf_printf(&was, "\"%s\"%s", action_name(a->action), a->audit ? ", audit" : "");
	buf_printf(&is, "\"%s\"%s", action_name(b->action), b->audit ? ", audit" : "");
	say(d, rank(a) < rank(b) ? DIFFERS_LAXER : DIFFERS_STRICTER, rule->id, &was, &is);
}

/* covers - whether an entry of @list lets @entry mean nothing new. */
static bool covers(const char *const *list, const char *entry, enum param_kind kind)
{
	const bool pattern = kind == PARAM_NAMES || kind == PARAM_CAPITALS ||
			     kind == PARAM_DEVICES;

	for (; list && *list; list++) {
		if (strcmp(*list, entry) == 0 ||
		    (kind == PARAM_PATHS && text_path_below(entry, *list)) ||
		    (pattern && text_glob_within(*list, entry)))
			return true;
	}
	return false;
}

static size_t length(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

/* list_has_more - append what @list has and @than does not cover. */
static void list_has_more(struct buf *out, const struct param *param, const char *const *list,
			  const char *const *than)
{
	for (; list && *list; list++) {
		if (covers(than, *list, param->kind))
			continue;
		buf_str(out, out->len ? ", " : "");
		json_quote(out, *list, strlen(*list));
	}
}

static void differ_list(struct differ *d, const char *what, const struct param *param,
			const struct param_value *const v[2])
{
	_cleanup_buf_ struct buf gone = { 0 }, came = { 0 }, a = { 0 }, b = { 0 };
	const bool limit = param->order == ORDER_LIMIT;

	if (limit && (length(v[0]->list) == 0) != (length(v[1]->list) == 0)) {
		param_print(&a, param->kind, v[0]);
		param_print(&b, param->kind, v[1]);
		say(d, length(v[1]->list) == 0 ? DIFFERS_LAXER : DIFFERS_STRICTER, what, &a, &b);
		return;
	}
	list_has_more(&gone, param, v[0]->list, v[1]->list);
	list_has_more(&came, param, v[1]->list, v[0]->list);
	if (gone.len > 0 || gone.oom)
		say(d, opposite(more(param->order)), what, &gone, NULL);
	if (came.len > 0 || came.oom)
		say(d, more(param->order), what, NULL, &came);
}

/* as_number - in the order of the parameter: no limit is the most. */
static uint64_t as_number(const struct param *param, const struct param_value *value)
{
	if (param->kind == PARAM_INT)
		return value->number ^ (UINT64_C(1) << 63);	/* -1 below 0 */
	return param->order == ORDER_LIMIT && value->number == 0 ? UINT64_MAX : value->number;
}

static void differ_param(struct differ *d, const struct policy *const policies[2],
			 enum rule_id id, size_t p)
{
	const struct rule *rule = registry_rule(id);
	const struct param *param = &rule->params[p];
	const struct param_value *const v[2] = { &policies[0]->rules[id].params[p],
						 &policies[1]->rules[id].params[p] };
	_cleanup_buf_ struct buf what = { 0 }, a = { 0 }, b = { 0 };
	uint64_t was = as_number(param, v[0]), is = as_number(param, v[1]);

	buf_printf(&what, "%s %s", rule->id, param->name);
	if (param_kind_is_list(param->kind)) {
		differ_list(d, buf_cstr(&what), param, v);
		return;
	}
	if (param->kind == PARAM_PROFILE ? policy_profile_same(policies[0], v[0]->string, policies[1],
							       v[1]->string) : was == is)
		return;
	param_print(&a, param->kind, v[0]);
	param_print(&b, param->kind, v[1]);
	if (param->kind == PARAM_PROFILE)
		say(d, DIFFERS_EITHER, buf_cstr(&what), &a, &b);
	else
		say(d, was < is ? more(param->order) : opposite(more(param->order)),
		    buf_cstr(&what), &a, &b);
}

static void differ_rule(struct differ *d, const struct policy *const policies[2], enum rule_id id)
{
	const struct setting *a = &policies[0]->rules[id], *b = &policies[1]->rules[id];

	differ_action(d, registry_rule(id), a, b);
	if (a->action == ACTION_OFF || b->action == ACTION_OFF)
		return;
	for (size_t p = 0; p < PARAMS_MAX && registry_rule(id)->params[p].name; p++)
		differ_param(d, policies, id, p);
}

/* An exemption, and for whom it is, as text. */
struct exempted {
	char *when;
	const struct exemption *e;
};

struct exempteds {
	struct exempted *v;		/* by their text */
	size_t n;
};

static int by_when(const void *a, const void *b)
{
	return strcmp(((const struct exempted *)a)->when, ((const struct exempted *)b)->when);
}

static void exempteds_free(struct exempteds *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->v[i].when);
	free(all->v);
}

/* exempteds - of @policy; none without memory, which @d tells. */
static struct exempteds exempteds(struct differ *d, const struct policy *policy)
{
	struct exempteds all = { calloc(policy->n_exemptions + 1, sizeof(*all.v)), 0 };

	for (; all.v && all.n < policy->n_exemptions; all.n++) {
		const struct exemption *e = &policy->exemptions[all.n];
		struct buf text = { 0 };

		when_print(&text, &e->when);
		all.v[all.n] = (struct exempted){ buf_steal(&text), e };
		if (!all.v[all.n].when)
			break;
	}
	if (!all.v || all.n < policy->n_exemptions)
		d->oom = true;
	else if (all.n > 0)
		qsort(all.v, all.n, sizeof(*all.v), by_when);
	return all;
}

static int64_t ends(const struct exemption *e)
{
	return e->expires ? e->until : INT64_MAX;
}

/*
 * all_until - until when those of @all that are for whom @one is exempt from each rule; 0: not at
 * all. *@at was reached before, with another that comes before @one.
 */
static void all_until(const struct exempteds *all, size_t *at, const struct exempted *one,
		      int64_t ret[RULE_MAX])
{
	memset(ret, 0, RULE_MAX * sizeof(*ret));
	while (*at < all->n && by_when(&all->v[*at], one) < 0)
		(*at)++;
	for (; *at < all->n && by_when(&all->v[*at], one) == 0; (*at)++) {
		const struct exemption *e = all->v[*at].e;

		for (size_t rule = 0; rule < RULE_MAX; rule++) {
			if (e->rules[rule] && ret[rule] < ends(e))
				ret[rule] = ends(e);
		}
	}
}

static bool held(const struct exemption *e, const int64_t until[RULE_MAX])
{
	bool all = true;

	for (size_t rule = 0; all && rule < RULE_MAX; rule++)
		all = !e->rules[rule] || until[rule] >= ends(e);
	return all;
}

/* differ_exemptions - what those of one policy exempt and those of @other do not. */
static void differ_exemptions(struct differ *d, enum differs differs,
			      const struct exempteds *all, const struct exempteds *other)
{
	int64_t until[RULE_MAX];
	size_t at = 0;

	for (size_t i = 0; !d->oom && i < all->n; i++) {
		_cleanup_buf_ struct buf text = { 0 };

		if (i == 0 || by_when(&all->v[i - 1], &all->v[i]) != 0)
			all_until(other, &at, &all->v[i], until);
		if (held(all->v[i].e, until))
			continue;
		exemption_print(&text, all->v[i].e, " ");
		say(d, differs, "exemption", differs == DIFFERS_STRICTER ? &text : NULL,
		    differs == DIFFERS_LAXER ? &text : NULL);
	}
}

int policy_differ(const struct policy *a, const struct policy *b,
		  void (*tell)(void *arg, const struct difference *difference), void *arg,
		  struct error *err)
{
	const struct policy *const policies[2] = { a, b };
	_cleanup_(exempteds_free) struct exempteds in_a = { 0 }, in_b = { 0 };
	struct differ d = { .say = tell, .arg = arg };
	const struct difference audit = {
		b->audit ? DIFFERS_LAXER : DIFFERS_STRICTER, "audit",
		a->audit ? "true" : "false", b->audit ? "true" : "false",
	};

	if (a->audit != b->audit)
		tell(arg, &audit);
	for (size_t i = 0; i < RULE_MAX; i++)
		differ_rule(&d, policies, (enum rule_id)i);
	in_a = exempteds(&d, a);
	in_b = exempteds(&d, b);
	differ_exemptions(&d, DIFFERS_STRICTER, &in_a, &in_b);
	differ_exemptions(&d, DIFFERS_LAXER, &in_b, &in_a);
	return d.oom ? error_oom(err) : 0;
}
