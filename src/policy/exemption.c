/* SPDX-License-Identifier: Apache-2.0 */
/* Exemptions: how they are written, and to whom they apply when. */
#include "policy-private.h"

#include <string.h>
#include <time.h>

#include <cofferdam/text.h>

#define REASON_MAX 256		/* bytes; it stands in every record */
#define DAY 86400

void exemption_free(struct exemption *exemption)
{
	when_free(&exemption->when);
	free(exemption->reason);
	free(exemption->expires);
}

/* number - @n digits at @s, or -1. */
static int number(const char *s, size_t n)
{
	int value = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		value = 10 * value + (s[i] - '0');
	}
	return value;
}

int policy_date(const char *s, int64_t *ret)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	struct tm tm = { 0 };
	int year, month, day, leap;

	if (strlen(s) != strlen("2027-01-31") || s[4] != '-' || s[7] != '-')
		return -EINVAL;
	year = number(s, 4);
	month = number(s + 5, 2);
	day = number(s + 8, 2);
	if (year < 1970 || month < 1 || month > 12 || day < 1)
		return -EINVAL;
	leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	if (day > days[month - 1] + leap)
		return -EINVAL;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	*ret = timegm(&tm);
	return 0;
}

static int read_expires(const struct json_doc *doc, const struct json *node,
			struct exemption *e, struct error *err)
{
	int r = strict_type(doc, node, JSON_STRING, "expires", err);
	int64_t day = 0;

	if (r < 0)
		return r;
	if (policy_date(node->str, &day) < 0)
		return strict_error(doc, node, err,
				    "expires must be a date, the last day on which it holds (UTC), such as \"2027-01-31\"");
	e->until = day + DAY;
	e->expires = strdup(node->str);
	return e->expires ? 0 : error_oom(err);
}

static int read_reason(const struct json_doc *doc, const struct json *node,
		       struct exemption *e, struct error *err)
{
	int r = strict_type(doc, node, JSON_STRING, "reason", err);

	if (r < 0)
		return r;
	if (strspn(node->str, " \t\r\n") == node->len || node->len > REASON_MAX)
		return strict_error(doc, node, err,
				    "reason says why, in 1 to %d bytes: a ticket, or one sentence",
				    REASON_MAX);
	e->reason = strdup(node->str);
	return e->reason ? 0 : error_oom(err);
}

static int read_rules(const struct json_doc *doc, const struct json *node,
		      struct exemption *e, struct error *err)
{
	int r = strict_type(doc, node, JSON_ARRAY, "rules", err);

	if (r == 0 && node->count == 0)
		return strict_error(doc, node, err, "an empty list exempts from nothing");
	for (const struct json *n = node->first; r == 0 && n; n = n->next) {
		enum rule_id id;

		r = strict_type(doc, n, JSON_STRING, "each entry", err);
		if (r == 0 && registry_find(n->str, &id, err) < 0) {
			struct error why = *err;

			return strict_error(doc, n, err, "%s", why.text);
		}
		if (r == 0)
			e->rules[id] = true;
	}
	return r;
}

static int read_members(const struct json_doc *doc, const struct json *node,
			struct exemption *e, struct error *err)
{
	static const char *const names[] = { "when", "rules", "reason", "expires", NULL };
	int r = strict_type(doc, node, JSON_OBJECT, "each exemption", err);

	if (r == 0)
		r = strict_known(doc, node, names, err);
	if (r < 0)
		return r;
	if (!json_get(node, "rules"))
		return strict_error(doc, node, err, "\"rules\" is missing: which are not applied");
	if (!json_get(node, "reason"))
		return strict_error(doc, node, err, "\"reason\" is missing: every exemption has one");
	for (const struct json *m = node->first; r == 0 && m; m = m->next) {
		if (strcmp(m->key, "when") == 0)
			r = when_read(doc, m, &e->when, err);
		else if (strcmp(m->key, "rules") == 0)
			r = read_rules(doc, m, e, err);
		else if (strcmp(m->key, "reason") == 0)
			r = read_reason(doc, m, e, err);
		else
			r = read_expires(doc, m, e, err);
	}
	return r;
}

int exemptions_read(struct policy_file *in, const struct json *node, struct error *err)
{
	struct policy *policy = in->policy;
	struct exemption *all;
	int r = strict_type(in->doc, node, JSON_ARRAY, "exemptions", err);

	if (r < 0 || node->count == 0)
		return r;
	all = reallocarray(policy->exemptions, policy->n_exemptions + node->count, sizeof(*all));
	if (!all)
		return error_oom(err);
	policy->exemptions = all;
	for (const struct json *n = node->first; r == 0 && n; n = n->next) {
		struct exemption *e = &all[policy->n_exemptions++];

		memset(e, 0, sizeof(*e));
		e->at = policy_at(in, n);
		r = read_members(in->doc, n, e, err);
	}
	return r;
}

int64_t policy_now(const struct policy *policy, bool *ret_behind)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	*ret_behind = now.tv_sec < policy->written;
	return *ret_behind ? policy->written : now.tv_sec;
}

void policy_exempts(const struct policy *policy, const struct container *container,
		    int64_t now, struct exempting ret[RULE_MAX])
{
	for (size_t i = 0; i < policy->n_exemptions; i++) {
		const struct exemption *e = &policy->exemptions[i];
		const bool expired = e->expires && now >= e->until;

		if (!when_matches(&e->when, container))
			continue;
		for (size_t rule = 0; rule < RULE_MAX; rule++) {
			if (!e->rules[rule])
				continue;
			if (expired && !ret[rule].expired)
				ret[rule].expired = e;
			else if (!expired && !ret[rule].by)
				ret[rule].by = e;
		}
	}
}
