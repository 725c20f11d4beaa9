/* SPDX-License-Identifier: Apache-2.0 */
/* What reports say of a rule whatever was found, put together once for many. */
#include <string.h>

#include "report-private.h"

#define VALUE_LEAST 1024u	/* bytes; a shorter one is said as quickly */

struct kept_text {
	char *s;			/* NULL: not said yet */
	size_t len;
};

struct report_kept {
	struct kept_text v[KEPT_MAX][RULE_MAX][WORDS_MAX];
	struct kept_text json, value;	/* the last long one, and what was said of it */
};

struct report_kept *report_kept_new(void)
{
	return calloc(1, sizeof(struct report_kept));
}

void report_kept_free(struct report_kept **kept)
{
	struct kept_text *v = *kept ? &(*kept)->v[0][0][0] : NULL;

	for (size_t i = 0; v && i < sizeof((*kept)->v) / sizeof(*v); i++)
		free(v[i].s);
	if (*kept) {
		free((*kept)->json.s);
		free((*kept)->value.s);
	}
	free(*kept);
	*kept = NULL;
}

/* say - what depends on the rule and the report's words alone. */
static void say(struct buf *out, const struct report *report, const struct rule *rule,
		enum kept_kind kind)
{
	switch (kind) {
	case KEPT_HEAD:
		report_say_head(out, rule);
		break;
	case KEPT_MEMBERS:
		report_say_members(out, report, rule);
		break;
	case KEPT_TITLE:
		report_say_title(out, report, rule);
		break;
	case KEPT_HARDENING:
		report_prose(out, "Hardening: ", rule->remedy);
		break;
	case KEPT_DO:
		report_prose(out, "Do: ", report_advice(report, rule));
		break;
	case KEPT_DO_UNJUDGED:
		report_prose(out, "Do: remove what hinders the check, or ",
			     report_advice(report, rule));
		break;
	case KEPT_MAX:
		break;
	}
}

/* keep - a copy of @len bytes in place of what @text has; or nothing, without memory. */
static void keep(struct kept_text *text, const char *s, size_t len)
{
	free(text->s);
	text->len = len;
	text->s = malloc(len);
	if (text->s)	/* else it is said again */
		memcpy(text->s, s, len);
}

void report_keep(struct buf *out, const struct report *report, const struct rule *rule,
		 enum kept_kind kind)
{
	const size_t id = (size_t)(rule - registry_rule((enum rule_id)0)), before = out->len;
	struct kept_text *text = report->kept ? &report->kept->v[kind][id][report->words] : NULL;

	if (text && text->s) {
		buf_add(out, text->s, text->len);
		return;
	}
	say(out, report, rule, kind);
	if (text && !out->oom && out->len > before)
		keep(text, out->data + before, out->len - before);
}

void report_keep_value(struct buf *out, const struct report *report, const char *json)
{
	const size_t len = strlen(json), before = out->len;
	struct report_kept *kept = len < VALUE_LEAST ? NULL : report->kept;

	if (kept && kept->json.s && kept->value.s && kept->json.len == len &&
	    memcmp(kept->json.s, json, len) == 0) {
		buf_add(out, kept->value.s, kept->value.len);
		return;
	}
	report_say_value(out, json);
	if (kept && !out->oom) {
		keep(&kept->json, json, len);
		keep(&kept->value, out->data + before, out->len - before);
	}
}
