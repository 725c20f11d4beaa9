/* SPDX-License-Identifier: Apache-2.0 */
/* cofferdam policy lint: errors end the reading, warnings are told all. */
#include "cli.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cofferdam/bundle.h>
#include <cofferdam/text.h>

static void __attribute__((format(printf, 3, 4)))
warn(struct buf *out, const struct origin *at, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = text_vformat(fmt, ap);
	va_end(ap);
	out->oom |= !text;
	cli_foreign(out, at->file);
	buf_printf(out, ":%u: warning: ", at->line);
	cli_foreign(out, text ? text : "");
	buf_char(out, '\n');
}

static void lint_exemption(struct buf *out, const struct policy *policy,
			   const struct exemption *e, int64_t now)
{
	_cleanup_buf_ struct buf engines = { 0 };

	for (int i = 0; i < ENGINE_MAX; i++) {
		if (e->when.engines[i])
			buf_printf(&engines, "%s %s", engines.len ? "," : " of",
				   engine_name((enum engine)i));
	}
	if (when_all(&e->when))
		warn(out, &e->at, "this exemption is for every container%s%s",
		     buf_cstr(&engines), e->when.labels.n ? " on hosts with these labels" : "");
	if (e->expires && now >= e->until)
		warn(out, &e->at, "this exemption held until %s and no longer applies (%s)",
		     e->expires, e->reason);
	for (size_t i = 0; i < RULE_MAX; i++) {
		const enum action action = policy->rules[i].action;

		if (e->rules[i] && action >= ACTION_WARN)
			warn(out, &e->at, "this exemption is from %s, which %s here",
			     registry_rule((enum rule_id)i)->id,
			     action == ACTION_OFF ? "is off" : "only warns");
	}
}

/* lint_audit - an action that decides nothing, though who wrote it may think so. */
static void lint_audit(struct buf *out, const struct policy *policy, enum rule_id id)
{
	const struct setting *s = &policy->rules[id];

	if (s->audit_stays && s->action < ACTION_WARN)
		warn(out, &s->action_at,
		     "%s is only audited, by %s:%u, whatever its action; \"audit\": false ends that",
		     registry_rule(id)->id, s->audit_at.file ? s->audit_at.file : "", s->audit_at.line);
}

/* lint_default - a remedy that sets nothing, so that harden denies. */
static void lint_default(struct buf *out, const struct policy *policy, enum rule_id id)
{
	const struct setting *s = &policy->rules[id];
	const int i = registry_param(registry_rule(id), "default");

	if (i >= 0 && s->action == ACTION_HARDEN && s->params[i].number == 0 && s->action_at.file)
		warn(out, &s->action_at, "%s has no \"default\" to set, so \"harden\" denies",
		     registry_rule(id)->id);
}

/* lint_paths - paths that somebody took for patterns. */
static void lint_paths(struct buf *out, const struct policy *policy, enum rule_id id)
{
	const struct rule *rule = registry_rule(id);
	const struct setting *s = &policy->rules[id];

	for (size_t p = 0; p < PARAMS_MAX && rule->params[p].name; p++) {
		const enum param_kind kind = rule->params[p].kind;

		if (kind != PARAM_PATHS && kind != PARAM_FILES)
			continue;
		for (const char *const *path = s->params[p].list; path && *path; path++) {
			if (strpbrk(*path, "*?["))
				warn(out, &s->params_at[p],
				     "\"%s\" is a path and no pattern: it stands for what is called so%s",
				     *path, kind == PARAM_PATHS ? ", and what is below" : "");
		}
	}
}

/* lint_inert - parameters of a rule that is off, which whoever wrote them did not set to. */
static void lint_inert(struct buf *out, const struct policy *policy, enum rule_id id)
{
	const struct rule *rule = registry_rule(id);
	const struct setting *s = &policy->rules[id];

	for (size_t p = 0; p < PARAMS_MAX && rule->params[p].name; p++) {
		const char *file = s->params_at[p].file;

		if (s->action == ACTION_OFF && file &&
		    (!s->action_at.file || strcmp(file, s->action_at.file) != 0))
			warn(out, &s->params_at[p], "%s of %s decides nothing, as the rule is off here",
			     rule->params[p].name, rule->id);
	}
}

/* lint_name - one by which no host.json can choose this folder. */
static void lint_name(struct buf *out, const struct policy *policy)
{
	enum bundle shipped;
	const char *why = NULL;

	if (policy->dir && bundle_parse(policy->name, &shipped) == 0)
		why = "which means the shipped policy wherever it is chosen";
	else if (!policy_valid_name(policy->name))
		why = "by which it cannot be chosen: letters, digits, '.', '_' and '-' can be";
	if (!why)
		return;
	cli_foreign(out, policy->dir);
	buf_str(out, "/policy.json: warning: its name is \"");
	cli_foreign(out, policy->name);
	buf_printf(out, "\", %s\n", why);
}

static void only_audited(struct buf *out, const struct origin *at)
{
	buf_str(out, "; only audited");
	if (!at->file)
		return;
	buf_str(out, " (");
	cli_foreign(out, at->file);
	buf_printf(out, ":%u)", at->line);
}

static int lint(const struct policy *policy)
{
	_cleanup_buf_ struct buf out = { 0 };
	size_t count[ACTION_MAX] = { 0 }, audited = 0;
	bool behind;
	const int64_t now = policy_now(policy, &behind);

	if (behind)
		buf_str(&out, "warning: the clock stands before the policy's files; exemptions expire by their time; set the clock, or the time of the files (touch)\n");
	lint_name(&out, policy);
	for (size_t i = 0; i < policy->n_exemptions; i++)
		lint_exemption(&out, policy, &policy->exemptions[i], now);
	for (size_t i = 0; i < RULE_MAX; i++) {
		lint_audit(&out, policy, (enum rule_id)i);
		lint_default(&out, policy, (enum rule_id)i);
		lint_paths(&out, policy, (enum rule_id)i);
		lint_inert(&out, policy, (enum rule_id)i);
		count[policy->rules[i].action]++;
		audited += policy->rules[i].audit;
	}
	cli_foreign(&out, policy->name);
	buf_str(&out, ": ok:");
	for (int a = 0; a < ACTION_MAX; a++)
		buf_printf(&out, "%s %zu %s", a ? "," : "", count[a], action_name((enum action)a));
	if (policy->n_exemptions > 0)
		buf_printf(&out, "; %zu exemption%s", policy->n_exemptions,
			   policy->n_exemptions > 1 ? "s" : "");
	if (policy->audit)
		only_audited(&out, &policy->audit_at);
	else if (audited > 0)
		buf_printf(&out, "; %zu only audited", audited);
	buf_char(&out, '\n');
	return cli_print(&out, STATUS_ALLOWED);
}

int policy_lint(const struct cli_options *options, const char *name)
{
	_cleanup_policy_ struct policy *policy = NULL;
	struct cli_options named = *options;
	struct error err;

	named.policy = name;
	return cli_policy(&named, &policy, &err) < 0 ? cli_fail(&err) : lint(policy);
}

/* lint_choices - entries to which no container of this host can fall. */
static void lint_choices(struct buf *out, const struct host *host)
{
	const struct host_choice *all = NULL;

	for (size_t i = 0; i < host->n_choices; i++) {
		const struct host_choice *choice = &host->choices[i];

		if (all)
			warn(out, &choice->at, "never reached: the entry in line %u is for every container",
			     all->at.line);
		else if (!when_here(&choice->when, &host->labels))
			warn(out, &choice->at, "never chosen: the \"labels\" of this host are others");
		else if (choice->any)
			all = choice;
	}
}

/* lint_shadowed - folders beside host.json that are never read, as their name is a shipped one. */
static void lint_shadowed(struct buf *out, const struct cli_options *options)
{
	_cleanup_store_ struct store store = STORE_CLOSED;
	struct stored_list all = { 0 };
	enum bundle shipped;
	struct error why;

	if (store_open(options->host_config, geteuid(), &store, &why) < 0 ||
	    store_list(&store, &all, &why) < 0)
		return;
	for (size_t i = 0; i < all.n; i++) {
		if (bundle_parse(all.v[i].name, &shipped) == 0) {
			cli_foreign(out, store.bundles);
			buf_printf(out, "/%s: warning: never read: %s is the shipped policy; give it another name\n",
				   all.v[i].name, all.v[i].name);
		}
	}
	stored_list_free(&all);
}

/* seen - whether an entry before number @i chooses the same, in the same way. */
static bool seen(const struct host *host, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(host->choices[k].use, host->choices[i].use) == 0 &&
		    host->choices[k].audit == host->choices[i].audit)
			return true;
	}
	return false;
}

/* all_used - whether each policy that the host chooses can be read, with its overlay. */
static bool all_used(const struct host *host)
{
	struct error why;

	for (size_t i = 0; i < host_choices(host); i++) {
		_cleanup_policy_ struct policy *policy = NULL;

		if (host_use(host, host_choice(host, i), geteuid(), &policy, &why) < 0)
			return false;
	}
	return true;
}

int policy_lint_host(const struct cli_options *options)
{
	_cleanup_host_ struct host *host = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	int status = STATUS_ALLOWED;
	struct error err;

	if (host_load(options->host_config, geteuid(), &host, &err) < 0)
		return cli_fail(&err);
	cli_foreign(&out, host->path ? host->path : "no host.json, defaults");
	/* an overlay stands in it, too, but is read onto each policy */
	buf_printf(&out, ":%s mode %s\n", all_used(host) ? " ok:" : "", mode_name(host->mode));
	lint_choices(&out, host);
	lint_shadowed(&out, options);
	status = cli_print(&out, status);
	for (size_t i = 0; i < host_choices(host); i++) {
		_cleanup_policy_ struct policy *policy = NULL;

		if (seen(host, i))
			continue;
		if (host_use(host, host_choice(host, i), geteuid(), &policy, &err) < 0)
			status = cli_worst(status, cli_fail(&err));
		else
			status = cli_worst(status, lint(policy));
	}
	return status;
}
