/* SPDX-License-Identifier: Apache-2.0 */
/* cofferdam explain: one rule in full, or records of the log. */
#include "explain.h"

#include <string.h>
#include <unistd.h>

#include <cofferdam/text.h>

#define VALUE_MAX 400u		/* bytes of a parameter's value */

void rule_references(struct buf *out, const struct rule *rule)
{
	const char *separator = "";

	if (rule->pss) {
		buf_printf(out, "PSS %s", rule->pss);
		separator = "; ";
	}
	if (rule->cis) {
		buf_printf(out, "%sCIS %s", separator, rule->cis);
		separator = "; ";
	}
	if (rule->refs)
		buf_printf(out, "%s%s", separator, rule->refs);
}

void rule_advice(struct buf *out, const struct rule *rule)
{
	buf_printf(out, "  config.json:    %s\n", rule->advice[WORDS_SPEC]);
	buf_printf(out, "  docker, podman: %s\n", rule->advice[WORDS_RUN]);
	buf_printf(out, "  Kubernetes:     %s\n", rule->advice[WORDS_KUBERNETES]);
}

void setting_place(struct buf *out, const struct policy *policy, const struct origin *at)
{
	if (!at->file) {
		buf_printf(out, "shipped with %s", bundle_name(policy->base));
		return;
	}
	cli_foreign(out, at->file);
	buf_printf(out, ":%u", at->line);
}

/* row_value - of the row @i, which may not be there. */
static bool row_value(const struct policy *policy, enum rule_id id, size_t i,
		      struct rule_row *row)
{
	const struct rule *rule = registry_rule(id);
	const struct setting *setting = &policy->rules[id];
	_cleanup_buf_ struct buf value = { 0 };

	if (i == 0) {
		row->name = "action";
		row->at = &setting->action_at;
		buf_str(&row->value, action_name(setting->action));
	} else if (i == 1) {
		row->name = "audit";
		row->at = &setting->audit_at;
		buf_str(&row->value, setting->audit ? "true" : "false");
		return setting->audit || setting->audit_at.file;
	} else if (i - 2 < PARAMS_MAX && rule->params[i - 2].name) {
		row->name = rule->params[i - 2].name;
		row->at = &setting->params_at[i - 2];
		param_print(&value, rule->params[i - 2].kind, &setting->params[i - 2]);
		text_escape(&row->value, buf_cstr(&value), value.len, VALUE_MAX);
		row->value.oom |= value.oom;
	} else {
		return false;
	}
	return true;
}

bool rule_row(const struct policy *policy, enum rule_id id, struct rule_row *row)
{
	do {
		buf_reset(&row->value);
		if (row_value(policy, id, row->next++, row))
			return true;
	} while (row->next < 2 + PARAMS_MAX);
	buf_free(&row->value);
	return false;
}

static void origin(struct buf *out, const struct policy *policy, const struct origin *at)
{
	buf_str(out, "   (");
	setting_place(out, policy, at);
	buf_str(out, ")\n");
}

void rule_setting(struct buf *out, const struct policy *policy, enum rule_id id,
		  const char *indent)
{
	const struct setting *setting = &policy->rules[id];

	for (struct rule_row row = { 0 }; rule_row(policy, id, &row); ) {
		const bool audited = row.at == &setting->action_at &&
				     (setting->audit || policy->audit);

		buf_printf(out, "%s%s = %s%s", indent, row.name, buf_cstr(&row.value),
			   audited ? ", only audited" : "");
		out->oom |= row.value.oom;
		origin(out, policy, row.at);
	}
	for (size_t i = 0; i < policy->n_exemptions; i++) {
		const struct exemption *e = &policy->exemptions[i];
		_cleanup_buf_ struct buf when = { 0 };

		if (!e->rules[id])
			continue;
		buf_printf(out, "%sexempt: ", indent);
		text_escape(out, e->reason, strlen(e->reason), VALUE_MAX);
		if (e->expires)
			buf_printf(out, ", until %s", e->expires);
		buf_str(out, ", when ");
		when_print(&when, &e->when);
		text_escape(out, buf_cstr(&when), when.len, VALUE_MAX);
		out->oom |= when.oom;
		origin(out, policy, &e->at);
	}
}

static void in_shipped(struct buf *out, const struct rule *rule)
{
	buf_str(out, "\nIn the shipped policies\n");
	for (int b = 0; b < BUNDLE_MAX; b++) {
		buf_printf(out, "  %-11s %s\n", bundle_name((enum bundle)b),
			   action_name(rule->action[b]));
		for (size_t p = 0; p < PARAMS_MAX && rule->params[p].name; p++) {
			buf_printf(out, "              %s = ", rule->params[p].name);
			param_print(out, rule->params[p].kind, &rule->params[p].value[b]);
			buf_char(out, '\n');
		}
	}
	if (rule->params[0].name)
		buf_str(out, "\nParameters\n");
	for (size_t p = 0; p < PARAMS_MAX && rule->params[p].name; p++)
		buf_printf(out, "  %-15s %s; %s\n", rule->params[p].name, rule->params[p].help,
			   param_kind_name(rule->params[p].kind));
}

static void one_policy(struct buf *out, const struct policy *policy, enum rule_id id)
{
	buf_str(out, "  ");
	text_escape(out, policy->name, strlen(policy->name), VALUE_MAX);
	buf_char(out, '\n');
	rule_setting(out, policy, id, "    ");
}

/* on_host - what each policy that host.json chooses makes of the rule. */
static void on_host(struct buf *out, const struct cli_options *options, enum rule_id id)
{
	_cleanup_host_ struct host *host = NULL;
	struct error err;

	buf_str(out, "\nOn this host\n");
	if (host_load(options->host_config, geteuid(), &host, &err) < 0) {
		buf_printf(out, "  %s\n", err.text);
		return;
	}
	for (size_t i = 0; i < (host->n_choices ? host->n_choices : 1); i++) {
		const struct host_choice *choice = host->n_choices ? &host->choices[i] : NULL;
		_cleanup_policy_ struct policy *policy = NULL;

		if (host_use(host, choice, geteuid(), &policy, &err) < 0)
			buf_printf(out, "  %s\n", err.text);
		else
			one_policy(out, policy, id);
	}
}

static int explain(const struct cli_options *options, enum rule_id id)
{
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	const struct rule *rule = registry_rule(id);
	struct error err;

	if (options->policy && cli_policy(options, &policy, &err) < 0)
		return cli_fail(&err);
	buf_printf(&out, "%s (%s, %s)\n\n  %s.\n\nWhy\n  %s\n\nWhat to do\n", rule->id,
		   rule->family, severity_name(rule->severity), rule->title, rule->why);
	rule_advice(&out, rule);
	buf_printf(&out, "\nWith the action harden\n  %s\n", rule->remedy ? rule->remedy :
		   "there is no remedy: the policy can only deny, warn or ignore");
	if (policy) {
		buf_str(&out, "\nIn the policy\n");
		one_policy(&out, policy, id);
	} else {
		on_host(&out, options, id);
	}
	in_shipped(&out, rule);
	if (rule->pss || rule->cis || rule->refs) {
		buf_str(&out, "\nSources\n  ");
		rule_references(&out, rule);
		buf_char(&out, '\n');
	}
	return cli_print(&out, STATUS_ALLOWED);
}

int cmd_explain(const struct command *self, int argc, char **argv)
{
	struct cli_options options = { 0 };
	int first = cli_options(self, argc, argv, "ph", &options);
	enum rule_id id;
	struct error err;

	if (first < 0)
		return ~first;
	if (first != argc - 1)
		return cli_usage(self, "which rule or record? cofferdam rules lists the rules");
	if (registry_find(argv[first], &id, &err) == 0)
		return explain(&options, id);
	if (strcmp(argv[first], "-") == 0 || strchr(argv[first], '/') ||
	    access(argv[first], F_OK) == 0)
		return explain_records(&options, argv[first]);
	return cli_usage(self, "%s", err.text);
}
