/* SPDX-License-Identifier: Apache-2.0 */
/* cofferdam policy test: the cases of a bundle, and what no case depends on. */
#include "cli.h"

#include <string.h>
#include <unistd.h>

#include <cofferdam/bundle.h>
#include <cofferdam/trial.h>

struct testing {
	bool json, verbose;
	struct buf out;
	size_t passed, failed;
};

/* text_diff - what was wanted and is not there, and the other way round. */
static void text_diff(struct buf *out, const struct trial_case *c, const struct outcome *o)
{
	if (o->verdict != c->expect)
		buf_printf(out, "  expected %s, got %s\n", verdict_name(c->expect),
			   verdict_name(o->verdict));
	for (char **s = c->findings; s && *s; s++)
		buf_printf(out, "  %c %s\n", list_holds(o->findings, *s) ? ' ' : '-', *s);
	/* without a list: what there is, to write one from */
	for (char **s = o->findings; *s; s++) {
		if (!c->findings || case_minds(c, *s))
			buf_printf(out, "  %c %s\n", c->findings ? '+' : ' ', *s);
	}
}

static void json_list(struct buf *out, const char *name, char *const *list)
{
	buf_printf(out, ",\"%s\":", name);
	if (!list) {
		buf_str(out, "null");
		return;
	}
	buf_char(out, '[');
	for (size_t i = 0; list[i]; i++) {
		buf_str(out, i ? "," : "");
		json_string_shown(out, list[i]);
	}
	buf_char(out, ']');
}

static void tell(struct testing *t, const struct trial_case *c, const struct outcome *o, bool right)
{
	struct buf *out = &t->out;

	if (t->json) {
		buf_printf(out, "{\"format\":1,\"ok\":%s", right ? "true" : "false");
		json_member(out, "file", c->file);
		buf_printf(out, ",\"line\":%u", c->line);
		json_member(out, "name", c->name);
		json_member(out, "expected", verdict_name(c->expect));
		json_member(out, "got", verdict_name(o->verdict));
		json_list(out, "wanted", c->findings);
		json_list(out, "findings", o->findings);
		buf_str(out, "}\n");
		return;
	}
	if (right && !t->verbose)
		return;
	buf_str(out, right ? "ok    " : "FAIL  ");
	cli_foreign(out, c->file);
	buf_printf(out, ":%u: ", c->line);
	cli_foreign(out, c->name);
	buf_char(out, '\n');
	if (!right)
		text_diff(out, c, o);
}

static int run_cases(struct testing *t, const struct policy *policy, const struct trial *trial,
		     struct error *err)
{
	for (size_t i = 0; i < trial->n; i++) {
		const struct trial_case *c = &trial->cases[i];
		_cleanup_outcome_ struct outcome o = { 0 };
		bool right;

		if (trial_judge(policy, c, &o, err) < 0)
			return error_context(err, "%s:%u: %s", c->file, c->line, c->name);
		right = outcome_right(&o, c);
		if (right)
			t->passed++;
		else
			t->failed++;
		tell(t, c, &o, right);
	}
	return 0;
}

static void json_cover(struct buf *out, const struct coverage *cover, const char *dir)
{
	buf_str(out, "{\"format\":1");
	json_member(out, "coverage", dir);
	buf_printf(out, ",\"settings\":%zu,\"not_exercised\":[", cover->settings);
	for (size_t i = 0; i < cover->n; i++) {
		const struct uncovered *u = &cover->v[i];

		buf_printf(out, "%s{\"what\":\"%s\"", i ? "," : "", u->what);
		json_member(out, "name", u->name);
		json_member(out, "file", u->at.file);
		buf_printf(out, ",\"line\":%u,\"inherited\":%s}", u->at.line,
			   u->inherited ? "true" : "false");
	}
	buf_str(out, "],\"rules_without_a_finding\":[");
	for (size_t i = 0, n = 0; i < RULE_MAX; i++) {
		if (!cover->found[i])
			buf_printf(out, "%s\"%s\"", n++ ? "," : "", registry_rule((enum rule_id)i)->id);
	}
	buf_str(out, "]}\n");
}

static void text_cover(struct testing *t, const struct coverage *cover,
		       const struct policy *policy)
{
	struct buf *out = &t->out;
	size_t without = 0, on = 0;

	for (size_t i = 0; i < cover->n; i++) {
		const struct uncovered *u = &cover->v[i];

		buf_str(out, "not exercised  ");
		cli_foreign(out, u->at.file);
		buf_printf(out, ":%u: %s ", u->at.line, u->what);
		cli_foreign(out, u->name);
		buf_str(out, u->inherited ? " (it says what is inherited)\n" : "\n");
	}
	for (size_t i = 0; i < RULE_MAX; i++) {
		const bool counts = policy->rules[i].action != ACTION_OFF;

		on += counts;
		without += counts && !cover->found[i];
		if (t->verbose && counts && !cover->found[i])
			buf_printf(out, "no finding     %s\n", registry_rule((enum rule_id)i)->id);
	}
	if (t->verbose)
		buf_printf(out, "%zu of %zu rules have a finding in some case\n", on - without, on);
	cli_foreign(out, policy->name);
	buf_printf(out, ": %zu of %zu cases pass; %zu of %zu own settings exercised\n", t->passed,
		   t->passed + t->failed, cover->settings - cover->n, cover->settings);
}

/* installed - of NAME@VERSION: in the store, active or not. */
static int installed(const struct cli_options *options, const char *name,
		     struct trial_bundle *ret, struct error *err)
{
	_cleanup_store_ struct store store = STORE_CLOSED;
	struct cli_options named = *options;
	int r;

	named.policy = name;
	r = cli_policy(&named, &ret->policy, err);
	if (r == 0)
		r = store_open(options->host_config, geteuid(), &store, err);
	if (r < 0)
		return r;
	ret->bundles = steal_ptr(store.bundles);
	ret->dir = strdup(ret->policy->dir);
	return ret->dir ? 0 : error_oom(err);
}

static int in_folder(const char *dir, struct trial_bundle *ret, struct error *err)
{
	size_t n = strlen(dir);

	/* a name with a slash is a path; one that ends in it would be doubled in messages */
	while (n > 1 && dir[n - 1] == '/')
		n--;
	if (asprintf(&ret->dir, "%s%.*s", memchr(dir, '/', n) ? "" : "./", (int)n, dir) < 0) {
		ret->dir = NULL;
		return error_oom(err);
	}
	if (asprintf(&ret->bundles, "%s/..", ret->dir) < 0) {
		ret->bundles = NULL;
		return error_oom(err);
	}
	return policy_load(ret->dir, NULL, geteuid(), &ret->policy, err);
}

static int test_bundle(struct testing *t, const struct cli_options *options, const char *name,
		       struct error *err)
{
	_cleanup_trial_bundle_ struct trial_bundle bundle = { 0 };
	_cleanup_trial_ struct trial trial = { 0 };
	_cleanup_coverage_ struct coverage cover = { 0 };
	int r = strchr(name, '@') && !strchr(name, '/') ? installed(options, name, &bundle, err)
							: in_folder(name, &bundle, err);

	if (r == 0)
		r = trial_read(bundle.dir, &trial, err);
	if (r == 0)
		r = run_cases(t, bundle.policy, &trial, err);
	if (r == 0)
		r = trial_cover(&bundle, &trial, &cover, err);
	if (r < 0)
		return r;
	if (t->json)
		json_cover(&t->out, &cover, name);
	else
		text_cover(t, &cover, bundle.policy);
	return 0;
}

int policy_test(const struct cli_options *options, const char *name)
{
	struct testing t = {
		.json = options->format && strcmp(options->format, "json") == 0,
		.verbose = options->verbose,
	};
	struct error err;
	int r = test_bundle(&t, options, name, &err);
	int status = cli_print(&t.out, t.failed ? STATUS_DENIED : STATUS_ALLOWED);

	buf_free(&t.out);
	return r < 0 ? cli_worst(status, cli_fail(&err)) : status;
}

int policy_bases(void)
{
	_cleanup_buf_ struct buf out = { 0 };
	const struct base *base;

	for (size_t i = 0; (base = base_at(i)); i++)
		buf_printf(&out, "%s\n", base->name);
	return cli_print(&out, STATUS_ALLOWED);
}
