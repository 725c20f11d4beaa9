/* SPDX-License-Identifier: Apache-2.0 */
/* What reports say of a rule whatever was found, put together once for many. */
#include <string.h>

#include "report-private.h"

struct kept_text {
	char *s;			/* NULL: not said yet */
	size_t len;
};

struct report_kept {
	struct kept_text v[KEPT_MAX][RULE_MAX][WORDS_MAX];
};

struct report_kept *report_kept_new(void)
{
	return calloc(1, sizeof(struct report_kept));
}

void report_kept_free(struct report_kept **kept)
{
	struct kept_text *v = *kept ? &(*kept)->v[0][0][0] : NULL;

	for (size_t i = 0; v && i < sizeof(**kept) / sizeof(*v); i++)
		free(v[i].s);
	free(*kept);
	*kept = NULL;
}

/* say - what depends on the rule and the report's words alone. */
static void say(struct buf *out, const struct report *report, const struct rule *rule,
		enum kept_kind kind)
{
	switch (kind) {
	case KEPT_MEMBERS:
		report_say_members(out, report, rule);
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
	if (!text || out->oom || out->len == before)
		return;
	text->len = out->len - before;
	text->s = malloc(text->len);
	if (text->s)	/* else it is said again */
		memcpy(text->s, out->data + before, text->len);
}
