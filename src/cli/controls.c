/* SPDX-License-Identifier: Apache-2.0 */
/* The controls of public catalogues, each with the rules that judge it, or why none can. */
#include "cli.h"

#include <string.h>

#include <cofferdam/controls.h>

static const struct {
	const char *id, *title, *column;
} standards[STANDARD_MAX] = {
	[STANDARD_CIS] = { "cis", "CIS Docker Benchmark 1.6.0, section 5", "number" },
	[STANDARD_PSS] = { "pss", "Kubernetes Pod Security Standards", "level" },
};

/* judges - append the rules of @control, each between @quotes. Returns how many. */
static size_t judges(struct buf *out, const struct control *control, const char *quotes)
{
	size_t n = 0;

	for (size_t i = 0; i < RULE_MAX; i++) {
		const struct rule *rule = registry_rule((enum rule_id)i);

		if (control_judged_by(control, rule))
			buf_printf(out, "%s%s%s%s", n++ ? ", " : "", quotes, rule->id, quotes);
	}
	return n;
}

static void list_text(struct buf *out, const struct control *control)
{
	_cleanup_buf_ struct buf rules = { 0 };
	const size_t n = judges(&rules, control, "");

	buf_printf(out, "  %-10s %s: %s\n", control->number, control->title,
		   n ? buf_cstr(&rules) : "none");
	if (control->note)
		buf_printf(out, "             %s\n", control->note);
	if (rules.oom)
		out->oom = true;
}

static void list_md(struct buf *out, const struct control *control)
{
	_cleanup_buf_ struct buf rules = { 0 };
	const size_t n = judges(&rules, control, "`");

	buf_printf(out, "| %s | %s | %s | %s |\n", control->number, control->title,
		   n ? buf_cstr(&rules) : "none", control->note ? control->note : "");
	if (rules.oom)
		out->oom = true;
}

static void list_json(struct buf *out, const struct control *control)
{
	buf_printf(out, "{\"standard\":\"%s\",\"%s\":\"%s\",\"title\":", standards[control->standard].id,
		   standards[control->standard].column, control->number);
	json_string(out, control->title);
	buf_str(out, ",\"rules\":[");
	(void)judges(out, control, "\"");
	buf_str(out, "],\"note\":");
	json_string(out, control->note);
	buf_str(out, "}\n");
}

int cmd_controls(const struct command *self, int argc, char **argv)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct cli_options options = { 0 };
	const char *format;
	int first = cli_options(self, argc, argv, "f", &options), last = -1;
	const struct control *all;
	size_t n;

	if (first < 0)
		return ~first;
	if (first != argc)
		return cli_usage(self, "controls takes no argument");
	format = options.format ? options.format : "text";
	if (strcmp(format, "text") != 0 && strcmp(format, "md") != 0 && strcmp(format, "json") != 0)
		return cli_usage(self, "--format takes text, md or json, not \"%s\"", format);
	all = controls(&n);
	for (size_t i = 0; i < n; i++) {
		const bool begins = (int)all[i].standard != last;

		last = (int)all[i].standard;
		if (*format == 'j') {
			list_json(&out, &all[i]);
			continue;
		}
		if (begins && *format == 'm')
			buf_printf(&out, "%s## %s\n\n| %s | control | rules | what cannot be judged, and why |\n"
				   "|---|---|---|---|\n", i ? "\n" : "", standards[last].title,
				   standards[last].column);
		else if (begins)
			buf_printf(&out, "%s:\n", standards[last].title);
		if (*format == 'm')
			list_md(&out, &all[i]);
		else
			list_text(&out, &all[i]);
	}
	return cli_print(&out, STATUS_ALLOWED);
}
