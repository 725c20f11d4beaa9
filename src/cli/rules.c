/* SPDX-License-Identifier: Apache-2.0 */
/* The registry, told: a listing, the table of the docs, JSON. */
#include "explain.h"

#include <string.h>

static void list_text(struct buf *out)
{
	const char *family = "";
	int wide = 0;

	for (size_t i = 0; i < RULE_MAX; i++) {
		const int n = (int)strlen(registry_rule((enum rule_id)i)->id);

		wide = n > wide ? n : wide;
	}
	buf_printf(out, "%-*s %-9s %-11s %-10s %s\n", wide + 2, "RULE", "baseline", "restricted",
		   "cis-docker", "WHAT MUST HOLD");
	for (size_t i = 0; i < RULE_MAX; i++) {
		const struct rule *rule = registry_rule((enum rule_id)i);

		if (strcmp(family, rule->family) != 0)
			buf_printf(out, "%s:\n", rule->family);
		family = rule->family;
		buf_printf(out, "  %-*s %-9s %-11s %-10s %s\n", wide, rule->id,
			   action_name(rule->action[BUNDLE_BASELINE]),
			   action_name(rule->action[BUNDLE_RESTRICTED]),
			   action_name(rule->action[BUNDLE_CIS_DOCKER]), rule->title);
	}
}

/* list_on - what the rule judges, in the words of the command line. */
static void list_on(struct buf *out, const struct rule *rule, const char *between)
{
	static const char *const words[] = { "start", "exec", "update", "restore", "checkpoint",
					     "mounts" };
	const char *separator = "";

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!(rule_on(rule) & 1u << i))
			continue;
		buf_printf(out, "%s%s", separator, words[i]);
		separator = between;
	}
}

static void list_md(struct buf *out)
{
	buf_str(out, "| rule | what must hold | why | judges | baseline | restricted | cis-docker | remedy | sources |\n"
		     "|---|---|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < RULE_MAX; i++) {
		const struct rule *rule = registry_rule((enum rule_id)i);

		buf_printf(out, "| `%s` | %s | %s | ", rule->id, rule->title, rule->why);
		list_on(out, rule, ", ");
		buf_printf(out, " | %s | %s | %s | %s | ", action_name(rule->action[BUNDLE_BASELINE]),
			   action_name(rule->action[BUNDLE_RESTRICTED]),
			   action_name(rule->action[BUNDLE_CIS_DOCKER]),
			   rule->remedy ? rule->remedy : "-");
		rule_references(out, rule);
		buf_str(out, " |\n");
	}
}

static void json_params(struct buf *out, const struct rule *rule)
{
	for (size_t p = 0; p < PARAMS_MAX && rule->params[p].name; p++) {
		const struct param *param = &rule->params[p];

		buf_printf(out, "%s{\"name\":", p ? "," : "");
		json_string(out, param->name);
		json_member(out, "takes", param_kind_name(param->kind));
		json_member(out, "help", param->help);
		json_member(out, "merges", param_kind_merge(param->kind));
		buf_printf(out, ",\"more\":\"%s\"", param_order_name(param->order));
		for (int b = 0; b < BUNDLE_MAX; b++) {
			buf_printf(out, ",\"%s\":", bundle_name((enum bundle)b));
			param_print(out, param->kind, &param->value[b]);
		}
		buf_char(out, '}');
	}
}

static void list_json(struct buf *out)
{
	static const char *const words[WORDS_MAX] = { "spec", "run", "kubernetes" };

	for (size_t i = 0; i < RULE_MAX; i++) {
		const struct rule *rule = registry_rule((enum rule_id)i);

		buf_str(out, i ? ",\n{\"id\":" : "[\n{\"id\":");
		json_string(out, rule->id);
		json_member(out, "title", rule->title);
		buf_printf(out, ",\"family\":\"%s\",\"severity\":\"%s\",\"why\":", rule->family,
			   severity_name(rule->severity));
		json_string(out, rule->why);
		buf_str(out, ",\"judges\":[\"");
		list_on(out, rule, "\",\"");
		buf_str(out, "\"],\"remedy\":");
		json_string(out, rule->remedy);
		buf_str(out, ",\"actions\":{");
		for (int b = 0; b < BUNDLE_MAX; b++)
			buf_printf(out, "%s\"%s\":\"%s\"", b ? "," : "",
				   bundle_name((enum bundle)b), action_name(rule->action[b]));
		buf_str(out, "},\"params\":[");
		json_params(out, rule);
		buf_str(out, "],\"advice\":{");
		for (int w = 0; w < WORDS_MAX; w++) {
			buf_printf(out, "%s\"%s\":", w ? "," : "", words[w]);
			json_string(out, rule->advice[w]);
		}
		buf_str(out, "},\"references\":{\"pss\":");
		json_string(out, rule->pss);
		json_member(out, "cis", rule->cis);
		json_member(out, "other", rule->refs);
		buf_str(out, "}}");
	}
	buf_str(out, "\n]\n");
}

int cmd_rules(const struct command *self, int argc, char **argv)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct cli_options options = { 0 };
	int first = cli_options(self, argc, argv, "f", &options);

	if (first < 0)
		return ~first;
	if (first != argc)
		return cli_usage(self, "rules takes no argument; for one rule: cofferdam explain RULE");
	if (!options.format || strcmp(options.format, "text") == 0)
		list_text(&out);
	else if (strcmp(options.format, "md") == 0)
		list_md(&out);
	else if (strcmp(options.format, "json") == 0)
		list_json(&out);
	else
		return cli_usage(self, "--format takes text, md or json, not \"%s\"",
				 options.format);
	return cli_print(&out, STATUS_ALLOWED);
}
