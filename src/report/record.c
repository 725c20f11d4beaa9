/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include <cofferdam/text.h>

#include "report-private.h"

/*
 * Limits of a record's strings. A byte takes at most six as JSON ("\u0001"),
 * so all of the first group together stay below 6 * 7552 = 45312 bytes, which
 * leaves room in RECORD_MAX for the fixed part and one finding at least.
 */
#define CUT_PROGRAM 256u
#define CUT_POLICY 256u
#define CUT_ID 1024u
#define CUT_BUNDLE 4096u		/* PATH_MAX */
#define CUT_NAMESPACE 256u
#define CUT_IMAGE 512u
#define CUT_IMAGE_ID 128u
#define CUT_FAILURE 1024u		/* ERROR_TEXT_MAX */
#define CUT_POINTER 1024u
#define CUT_VALUE 512u
#define CUT_MESSAGE 1024u

/* Room for what follows the findings: ],"omitted":N}, and the newline. */
#define TAIL_MAX 64u

/* Append the comma, if one is due, and the name of a member; inline, as its length is known. */
static inline __attribute__((always_inline)) void key(struct buf *out, const char *name)
{
	const char last = out->len > 0 ? out->data[out->len - 1] : '\0';
	const size_t len = strlen(name);
	char *at = buf_room(out, len + 4), *end = at;

	if (!at)
		return;
	if (last != '{' && last != '[')
		*end++ = ',';
	*end++ = '"';
	end = (char *)memcpy(end, name, len) + len;
	*end++ = '"';
	*end++ = ':';
	buf_took(out, (size_t)(end - at));
}

static inline void str_member(struct buf *out, const char *name, const char *s)
{
	key(out, name);
	json_string_shown(out, s);
}

/* A string of which at most @max bytes are kept, or null. */
static void cut_member(struct buf *out, const char *name, const char *s, size_t max)
{
	size_t len = s ? strlen(s) : 0;
	size_t n = s ? report_cut(s, len, max) : 0;

	if (n == len) {
		str_member(out, name, s);
		return;
	}
	key(out, name);
	json_quote_shown(out, s, n);
	if (out->len > 0) {
		report_trim(out, out->len - 1);
		buf_str(out, "...\"");
	}
}

static void bool_member(struct buf *out, const char *name, bool v)
{
	key(out, name);
	buf_str(out, v ? "true" : "false");
}

static void uint_member(struct buf *out, const char *name, uint64_t v)
{
	key(out, name);
	buf_number(out, v);
}

static void place_members(struct buf *out, const struct report_lines *lines,
			  const struct finding *f)
{
	unsigned line, column;

	if (report_where(lines, f, &line, &column)) {
		uint_member(out, "line", line);
		uint_member(out, "column", column);
	} else {
		str_member(out, "line", NULL);
		str_member(out, "column", NULL);
	}
}

void report_say_value(struct buf *out, const char *json)
{
	for (const char *s = json, *end = json + strlen(json); s < end; ) {
		size_t n = text_printable(s, (size_t)(end - s));

		buf_add(out, s, n);
		s += n;
		if (*s == '\t' || *s == '\n' || *s == '\r') {
			/* a control character in JSON text is white space */
			buf_char(out, ' ');
			s++;
		} else if (s < end) {
			n = strcspn(s, "\t\n\r");
			json_shown(out, s, n);
			s += n;
		}
	}
}

static void edits_member(struct buf *out, const struct report *report,
			 const struct json_edits *edits)
{
	key(out, "edits");
	buf_char(out, '[');
	for (size_t i = 0; i < edits->n; i++) {
		const struct json_edit *e = &edits->v[i];

		buf_str(out, i ? ",{" : "{");
		str_member(out, "op", json_op_name(e->op));
		str_member(out, "path", e->pointer);
		if (e->op != JSON_REMOVE) {
			key(out, "value");
			report_keep_value(out, report, e->value ? e->value : "null");
		}
		buf_char(out, '}');
	}
	buf_char(out, ']');
}

/* What an exemption or audit keeps the finding from, and why. */
static void spared_members(struct buf *out, const struct report *report, size_t i)
{
	const struct policy *policy = report->subject->policy;
	const struct finding *f = &report->decision->findings.v[i];
	const struct exempting *exempt = &report->decision->exempt[f->rule];
	enum verdict would;

	if (report_spared(report, i, &would))
		str_member(out, "would", verdict_name(would));
	if (exempt->by) {
		str_member(out, "exempt", exempt->by->reason);
		if (exempt->by->expires)
			str_member(out, "expires", exempt->by->expires);
	} else if (exempt->expired) {
		str_member(out, "expired", exempt->expired->reason);
		str_member(out, "expires", exempt->expired->expires);
	}
	if (policy && policy->rules[f->rule].audit)
		bool_member(out, "audit", true);
}

void report_say_head(struct buf *out, const struct rule *rule)
{
	str_member(out, "rule", rule->id);
	str_member(out, "severity", severity_name(rule->severity));
}

void report_say_members(struct buf *out, const struct report *report, const struct rule *rule)
{
	str_member(out, "advice", report_advice(report, rule));
	str_member(out, "why", rule->why);
	key(out, "references");
	buf_char(out, '{');
	str_member(out, "pss", rule->pss);
	str_member(out, "cis", rule->cis);
	str_member(out, "other", rule->refs);
	buf_char(out, '}');
}

static void json_finding(struct buf *out, const struct report *report,
			 const struct report_lines *lines, size_t i)
{
	const struct finding *f = &report->decision->findings.v[i];
	const struct rule *rule = registry_rule(f->rule);

	buf_char(out, '{');
	report_keep(out, report, rule, KEPT_HEAD);
	str_member(out, "decides", verdict_name(report_decides(report, i)));
	spared_members(out, report, i);
	str_member(out, "pointer", f->pointer);
	place_members(out, lines, f);
	str_member(out, "value", f->value);
	str_member(out, "message", f->text);
	report_keep(out, report, rule, KEPT_MEMBERS);
	edits_member(out, report, &f->edits);
	buf_char(out, '}');
}

void report_json(struct buf *out, const struct report *report)
{
	_cleanup_(report_lines_free) struct report_lines lines = { 0 };
	const struct decision *d = report->decision;

	report_lines(&lines, report);
	buf_str(out, "{\"format\":1");
	str_member(out, "name", report_name(report));
	str_member(out, "policy", report_policy(report));
	str_member(out, "door", door_name(report->subject->door));
	str_member(out, "engine", engine_name(report->subject->engine));
	str_member(out, "verdict", verdict_name(d->verdict));
	key(out, "counts");
	buf_char(out, '{');
	for (size_t v = 0; v < VERDICT_MAX; v++)
		uint_member(out, verdict_name((enum verdict)v), d->count[v]);
	buf_char(out, '}');
	key(out, "findings");
	buf_char(out, '[');
	for (size_t i = 0; i < d->findings.n; i++) {
		if (i > 0)
			buf_char(out, ',');
		json_finding(out, report, &lines, i);
	}
	buf_str(out, "]}");
}

/* RFC 3339, UTC, milliseconds. */
static void time_member(struct buf *out)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	key(out, "time");
	buf_char(out, '"');
	text_utc(out, now.tv_sec);
	buf_printf(out, ".%03ldZ\"", now.tv_nsec / 1000000);
}

static void record_finding(struct buf *out, const struct report *report, size_t i)
{
	const struct finding *f = &report->decision->findings.v[i];

	buf_str(out, out->len > 0 && out->data[out->len - 1] == '[' ? "{" : ",{");
	str_member(out, "rule", registry_rule(f->rule)->id);
	str_member(out, "decides", verdict_name(report_decides(report, i)));
	spared_members(out, report, i);
	cut_member(out, "pointer", f->pointer, CUT_POINTER);
	cut_member(out, "value", f->value, CUT_VALUE);
	cut_member(out, "message", f->text, CUT_MESSAGE);
	buf_char(out, '}');
}

/*
 * What refuses comes first, so that a flood of warnings cannot push it out.
 * Returns how many did not fit below @end.
 */
static size_t record_findings(struct buf *out, const struct report *report, size_t end)
{
	struct report_walk walk = { .report = report };
	size_t omitted = 0, i;

	key(out, "findings");
	buf_char(out, '[');
	while (report && report_walk(&walk, &i)) {
		size_t before = out->len;

		record_finding(out, report, i);
		if (out->len > end) {
			report_trim(out, before);
			omitted++;
		}
	}
	buf_char(out, ']');
	return omitted;
}

/* What the engine tells, so that a log can be summed up by it. */
static void tells_members(struct buf *out, const struct subject *subject)
{
	struct engine_tells tells;

	engine_tells(subject->engine, subject->bundle, subject->spec, &tells);
	if (tells.namespace_)
		cut_member(out, "namespace", tells.namespace_, CUT_NAMESPACE);
	if (tells.image)
		cut_member(out, "image", tells.image, CUT_IMAGE);
	if (tells.image_id)
		cut_member(out, "image_id", tells.image_id, CUT_IMAGE_ID);
}

/* Which bundles the policy was read from, byte for byte. */
static void bundles_member(struct buf *out, const struct report *report)
{
	const struct policy *policy = report ? report->subject->policy : NULL;

	if (!policy || policy->n_bundles == 0)
		return;
	key(out, "bundles");
	buf_char(out, '[');
	for (size_t i = 0; i < policy->n_bundles; i++) {
		buf_str(out, i ? ",{" : "{");
		str_member(out, "name", policy->bundles[i].name);
		str_member(out, "version", policy->bundles[i].version);
		str_member(out, "digest", policy->bundles[i].digest);
		buf_char(out, '}');
	}
	buf_char(out, ']');
}

void record_json(struct buf *out, const struct record *record)
{
	const struct report *report = record->report;
	enum verdict verdict = report ? report->decision->verdict : VERDICT_UNJUDGED;
	const bool denied = record->gate && record->failure;
	size_t start = out->len, omitted;

	buf_str(out, "{\"format\":1");
	time_member(out);
	cut_member(out, "program", record->program, CUT_PROGRAM);
	str_member(out, "mode", mode_name(record->mode));
	if (record->rootless)
		bool_member(out, "rootless", true);
	str_member(out, "engine", report ? engine_name(report->subject->engine) : NULL);
	cut_member(out, "policy", report ? report_policy(report) : NULL, CUT_POLICY);
	bundles_member(out, report);
	if (report && report->decision->clock_behind)
		str_member(out, "clock", "behind");
	cut_member(out, "id", record->id, CUT_ID);
	cut_member(out, "bundle", record->bundle, CUT_BUNDLE);
	if (report && report->subject->spec)
		tells_members(out, report->subject);
	key(out, "pid");
	buf_printf(out, "%" PRId64, record->pid);
	str_member(out, "verdict", verdict_name(denied ? VERDICT_DENY : verdict));
	bool_member(out, "refused", record->refused);
	uint_member(out, "took_us", record->took_us);
	if (record->gate) {
		key(out, "gate");
		buf_str(out, record->gate);
	}
	if (record->failure)
		cut_member(out, "failure", record->failure, CUT_FAILURE);
	omitted = record_findings(out, report, start + RECORD_MAX - TAIL_MAX);
	if (omitted > 0)
		uint_member(out, "omitted", omitted);
	buf_str(out, "}\n");
}
