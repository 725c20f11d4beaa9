/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include <cofferdam/text.h>

#include "report-private.h"

#define LINE_LEAST 40u		/* bytes of the worst finding, before others are counted */
#define NAME_SHOWN_MAX 64u	/* bytes of a policy's name in the one line */

/*
 * Append what a finding holds, which is escaped already: nothing changes then.
 * Should it not be, it is made safe here, because a terminal will see it.
 */
static void shown(struct buf *out, const char *s)
{
	while (s) {
		const char *slash = strchr(s, '\\');
		size_t n = slash ? (size_t)(slash - s) : strlen(s);

		text_escape(out, s, n, n);
		if (slash)
			buf_char(out, '\\');
		s = slash ? slash + 1 : NULL;
	}
}

static void escaped(struct buf *out, const char *s)
{
	text_escape(out, s, strlen(s), SIZE_MAX);
}

/* The one line. */

static void line_head(struct buf *out, const struct report *report)
{
	static const char *const words[VERDICT_MAX] = {
		[VERDICT_DENY] = "denied by policy ",
		[VERDICT_UNJUDGED] = "could not judge, so refused by policy ",
		[VERDICT_HARDEN] = "allowed, once hardened, by policy ",
		[VERDICT_ALLOW] = "allowed by policy ",
	};
	const char *policy = report_policy(report);

	buf_printf(out, "cofferdam: %s", words[report->decision->verdict]);
	text_escape(out, policy, strlen(policy), NAME_SHOWN_MAX);
}

static void line_item(struct buf *out, const struct report *report, size_t i, bool advise)
{
	const struct finding *f = &report->decision->findings.v[i];
	const struct rule *rule = registry_rule(f->rule);
	const char *advice = advise ? report_advice(report, rule) : NULL;

	buf_printf(out, "%s: ", rule->id);
	/* in a line that starts with "denied" */
	if (report_decides(report, i) == VERDICT_UNJUDGED &&
	    report->decision->verdict != VERDICT_UNJUDGED)
		buf_str(out, "could not judge: ");
	shown(out, f->text ? f->text : rule->title);
	if (advice)
		buf_printf(out, " (%s)", advice);
}

static size_t line_more(char *ret, size_t size, size_t left)
{
	int n;

	ret[0] = '\0';
	n = left > 0 ? snprintf(ret, size, "; and %zu more, see the log", left) : 0;
	return n > 0 ? (size_t)n : 0;
}

/* Cut what stands after @start to @max bytes, showing that it was. */
static void line_cut(struct buf *out, size_t start, size_t max)
{
	size_t dots = max >= 3 ? 3 : 0;

	if (out->len - start <= max)
		return;
	report_trim(out, start + report_cut(out->data + start, out->len - start, max - dots));
	buf_add(out, "...", dots);
}

/*
 * Append finding @i so that the line stays within @max, with its advice, or
 * else without. False, and nothing appended, when neither fits.
 */
static bool line_fit(struct buf *out, const struct report *report, size_t i,
		     size_t max, bool advise)
{
	size_t before = out->len;

	for (int with = advise; with >= 0; with--) {
		line_item(out, report, i, with != 0);
		if (out->len <= max)
			return true;
		report_trim(out, before);
	}
	return false;
}

void report_line(struct buf *out, const struct report *report, size_t max)
{
	struct report_walk walk = { .report = report, .deciding = true };
	const size_t *count = report->decision->count;
	size_t left = count[VERDICT_DENY] + count[VERDICT_UNJUDGED];
	size_t start = out->len, i, before;
	bool advised[RULE_MAX] = { false }, first = true;
	char more[64];

	line_head(out, report);
	for (; report_walk(&walk, &i); first = false) {
		enum rule_id id = report->decision->findings.v[i].rule;
		bool advise = !advised[id] && report_decides(report, i) == VERDICT_DENY;
		size_t tail = line_more(more, sizeof(more), left - 1);
		size_t room = max > tail ? max - tail : 0;

		before = out->len;
		buf_str(out, first ? ": " : "; ");
		if (!line_fit(out, report, i, start + room, advise)) {
			if (!first) {
				report_trim(out, before);
				break;
			}
			/* half of the worst says more than nothing of it */
			if (room < before - start + LINE_LEAST) {
				room = max;
				left = 1;
			}
			line_item(out, report, i, false);
			line_cut(out, start, room);
			left--;
			break;
		}
		advised[id] = true;
		left--;
	}
	(void)line_more(more, sizeof(more), left);
	buf_str(out, more);
	line_cut(out, start, max);
}

/* The long form. */

static const struct look {
	const char *word;		/* what was done about a finding */
	const char *sum;		/* the same, after a number */
	const char *colour;		/* SGR parameters, ECMA-48 8.3.117 */
} looks[VERDICT_MAX] = {
	[VERDICT_DENY] = { "denied", "denied", "1;31" },
	[VERDICT_UNJUDGED] = { "could not judge", "could not be judged", "1;35" },
	[VERDICT_HARDEN] = { "hardened", "hardened", "1;36" },
	[VERDICT_ALLOW] = { "warned", "warned", "1;33" },
};

/* look - of finding @i: what was done about it, or why nothing. */
static struct look look(const struct report *report, size_t i)
{
	const struct finding *f = &report->decision->findings.v[i];
	struct look look = looks[report_decides(report, i)];
	enum verdict would;

	if (!report_spared(report, i, &would))
		return look;
	if (report->decision->exempt[f->rule].by)
		look.word = "exempt";
	else if (would == VERDICT_HARDEN)
		look.word = "would be hardened";
	else
		look.word = would == VERDICT_DENY ? "would be denied" : "could not judge";
	return look;
}

static void paint(struct buf *out, const struct report *report, const char *colour)
{
	if (report->colour)
		buf_printf(out, "\033[%sm", colour);
}

static void text_head(struct buf *out, const struct report *report, const struct buf *name)
{
	static const char *const words[VERDICT_MAX] = {
		[VERDICT_DENY] = "denied",
		[VERDICT_UNJUDGED] = "could not judge, so refused",
		[VERDICT_HARDEN] = "allowed, once hardened,",
		[VERDICT_ALLOW] = "allowed",
	};
	enum verdict v = report->decision->verdict;

	buf_add(out, buf_cstr(name), name->len);
	buf_str(out, ": ");
	paint(out, report, v == VERDICT_ALLOW ? "1;32" : looks[v].colour);
	buf_str(out, words[v]);
	paint(out, report, "0");
	buf_str(out, " by policy ");
	escaped(out, report_policy(report));
	if (report->subject->policy && report->subject->policy->audit)
		buf_str(out, ", which is only audited: a host refuses nothing by it");
	buf_char(out, '\n');
	if (report->decision->clock_behind)
		report_prose(out, "", "The clock stands before the policy's files; exemptions expire by their time. Set the clock, or the time of the files.");
}

static void text_place(struct buf *out, const struct report_lines *lines, const struct finding *f)
{
	unsigned line, column;

	buf_add(out, buf_cstr(&lines->name), lines->name.len);
	if (report_where(lines, f, &line, &column)) {
		buf_char(out, ':');
		buf_number(out, line);
		buf_char(out, ':');
		buf_number(out, column);
	}
	if (f->pointer && f->pointer[0]) {
		buf_char(out, ' ');
		escaped(out, f->pointer);
	}
	buf_char(out, '\n');
}

static void text_references(struct buf *out, const struct rule *rule)
{
	_cleanup_buf_ struct buf refs = { 0 };

	if (rule->pss)
		buf_printf(&refs, "Pod Security Standards %s; ", rule->pss);
	if (rule->cis)
		buf_printf(&refs, "CIS Docker Benchmark %s; ", rule->cis);
	if (rule->refs)
		buf_printf(&refs, "%s; ", rule->refs);
	if (refs.oom)
		out->oom = true;
	if (refs.len > 2) {
		report_trim(&refs, refs.len - 2);
		report_prose(out, "See: ", refs.data);
	}
}

/* text_exemption - why a rule is not applied, or no longer is not. */
static void text_exemption(struct buf *out, const struct exempting *exempt)
{
	const struct exemption *e = exempt->by ? exempt->by : exempt->expired;
	_cleanup_buf_ struct buf said = { 0 };

	if (!e)
		return;
	escaped(&said, e->reason);
	if (e->expires)
		buf_printf(&said, "%s%s", exempt->by ? ", until " : ", held until ", e->expires);
	if (said.oom)
		out->oom = true;
	report_prose(out, exempt->by ? "Exempt: " : "Expired exemption: ", buf_cstr(&said));
}

/* told_shown - told(), of what may be odd. */
static void told_shown(struct buf *out, const char *label, const char *s)
{
	_cleanup_buf_ struct buf safe = { 0 };

	shown(&safe, s);
	if (safe.oom)
		out->oom = true;
	report_prose(out, label, buf_cstr(&safe));
}

/* told - as prose, what a finding holds. */
static void told(struct buf *out, const char *label, const char *s)
{
	const size_t len = strlen(s);

	if (text_harmless(s, len))
		report_prose(out, label, s);
	else
		told_shown(out, label, s);
}

void report_say_title(struct buf *out, const struct report *report, const struct rule *rule)
{
	buf_str(out, ": ");
	paint(out, report, "1");
	buf_str(out, rule->id);
	paint(out, report, "0");
	buf_str(out, " (");
	buf_str(out, severity_name(rule->severity));
	buf_str(out, ")\n" REPORT_INDENT "--> ");
}

static void text_finding(struct buf *out, const struct report *report,
			 const struct report_lines *lines, size_t i)
{
	const struct finding *f = &report->decision->findings.v[i];
	const struct rule *rule = registry_rule(f->rule);
	const struct look seen = look(report, i);
	enum verdict v = report_decides(report, i);

	buf_char(out, '\n');
	paint(out, report, seen.colour);
	buf_str(out, seen.word);
	paint(out, report, "0");
	report_keep(out, report, rule, KEPT_TITLE);
	text_place(out, lines, f);
	told(out, "", f->text ? f->text : rule->title);
	if (f->value && *f->value)
		told(out, "Found: ", f->value);
	text_exemption(out, &report->decision->exempt[f->rule]);
	if (report->verbose) {
		report_prose(out, "Why: ", rule->why);
		text_references(out, rule);
	}
	if (v == VERDICT_HARDEN && rule->remedy)
		report_keep(out, report, rule, KEPT_HARDENING);
	if (report_advice(report, rule))
		report_keep(out, report, rule, v == VERDICT_UNJUDGED ? KEPT_DO_UNJUDGED : KEPT_DO);
}

static void text_summary(struct buf *out, const struct report *report)
{
	static const char word[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/@:+=,%-";
	struct report_walk walk = { .report = report };
	const struct decision *d = report->decision;
	const char *join = "";
	size_t i;

	buf_char(out, '\n');
	for (size_t v = 0; v < VERDICT_MAX; v++) {
		size_t n = d->count[v];

		if (v == VERDICT_ALLOW)
			n -= d->exempted + d->audited;
		if (n == 0)
			continue;
		buf_str(out, join);
		paint(out, report, looks[v].colour);
		buf_number(out, n);
		buf_char(out, ' ');
		buf_str(out, looks[v].sum);
		paint(out, report, "0");
		join = ", ";
	}
	if (d->exempted > 0) {
		buf_printf(out, "%s%zu exempt", join, d->exempted);
		join = ", ";
	}
	if (d->audited > 0)
		buf_printf(out, "%s%zu only audited", join, d->audited);
	if (!report_walk(&walk, &i)) {
		buf_str(out, "no findings\n");
		return;
	}
	if (d->verdict == VERDICT_HARDEN && report->subject->on != ON_EXEC) {
		buf_str(out, "\nNext: cofferdam harden ");
		/* what is copied to a shell must be one word there */
		if (strspn(report_name(report), word) == strlen(report_name(report)))
			buf_str(out, report_name(report));
		else
			buf_str(out, "PATH");
		buf_str(out, " (with the same options)\n");
		return;
	}
	buf_str(out, "\nNext: cofferdam explain ");
	buf_str(out, registry_rule(d->findings.v[i].rule)->id);
	buf_char(out, '\n');
}

void report_text(struct buf *out, const struct report *report)
{
	_cleanup_(report_lines_free) struct report_lines lines = { 0 };
	struct report_walk walk = { .report = report };
	size_t i;

	report_lines(&lines, report);
	escaped(&lines.name, report_name(report));
	if (lines.name.oom)
		out->oom = true;
	text_head(out, report, &lines.name);
	while (report_walk(&walk, &i))
		text_finding(out, report, &lines, i);
	text_summary(out, report);
}
