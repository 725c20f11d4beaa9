/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <search.h>
#include <string.h>

#define OTHERS "(others)"

static int compare(const void *va, const void *vb)
{
	const struct row *a = va, *b = vb;
	int r = strcmp(a->rule ? a->rule : "", b->rule ? b->rule : "");

	if (r == 0)
		r = strcmp(a->image ? a->image : "", b->image ? b->image : "");
	return r ? r : strcmp(a->namespace_ ? a->namespace_ : "",
			      b->namespace_ ? b->namespace_ : "");
}

static void row_free(struct row *row)
{
	/* copies of our own, which nobody changes */
	free((void *)(uintptr_t)row->rule);
	free((void *)(uintptr_t)row->image);
	free((void *)(uintptr_t)row->namespace_);
	free(row);
}

static bool copy(const char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return !from || *to;
}

/* row_new - a copy of @key in the tree and the list; NULL without memory. */
static struct row *row_new(struct rows *rows, const struct row *key)
{
	struct row *row = calloc(1, sizeof(*row));

	if (!row || !copy(&row->rule, key->rule) || !copy(&row->image, key->image) ||
	    !copy(&row->namespace_, key->namespace_))
		goto fail;
	if (rows->n == rows->cap) {
		const size_t cap = rows->cap ? rows->cap * 2 : 64;
		struct row **v = reallocarray(rows->v, cap, sizeof(struct row *));

		if (!v)
			goto fail;
		rows->v = v;
		rows->cap = cap;
	}
	if (!tsearch(row, &rows->root, compare))
		goto fail;
	rows->v[rows->n++] = row;
	return row;
fail:
	if (row)
		row_free(row);
	return NULL;
}

/* rule_index - the rule's place in the registry, or RULE_MAX: of a later version, or forged. */
static size_t rule_index(const char *rule)
{
	size_t i = 0;

	while (i < RULE_MAX && strcmp(registry_rule((enum rule_id)i)->id, rule) != 0)
		i++;
	return i;
}

static struct row *row_of(struct rows *rows, struct row key)
{
	struct row **found = tfind(&key, &rows->root, compare);

	if (!found && rows->n >= SUMMARY_ROWS) {
		if (key.rule && rule_index(key.rule) == RULE_MAX)
			key.rule = OTHERS;
		if (key.image)
			key.image = OTHERS;
		if (key.namespace_)
			key.namespace_ = OTHERS;
		found = tfind(&key, &rows->root, compare);
	}
	return found ? *found : row_new(rows, &key);
}

static int count(struct rows *rows, struct row key, enum outcome outcome, struct error *err)
{
	struct row *row = row_of(rows, key);

	if (!row)
		return error_oom(err);
	row->counts[outcome]++;
	return 0;
}

static const char *known(const struct field_str *field)
{
	return field->v ? field->v : "";
}

/* The rules that a record names, each with the gravest outcome of its findings. */
#define STRANGE_MAX 8u		/* rules that this version does not know */

struct named {
	const char *strange[STRANGE_MAX];
	size_t n_strange;
	enum outcome outcomes[RULE_MAX + STRANGE_MAX];
};

static void name_rule(struct named *named, const char *rule, enum outcome outcome)
{
	size_t i = rule_index(rule), k = 0;

	if (i == RULE_MAX) {
		while (k < named->n_strange && strcmp(named->strange[k], rule) != 0)
			k++;
		if (k == STRANGE_MAX)
			return;
		if (k == named->n_strange)
			named->strange[named->n_strange++] = rule;
		i += k;
	}
	if (outcome < named->outcomes[i])
		named->outcomes[i] = outcome;
}

static int count_rules(struct summary *summary, const struct log_entry *entry, struct error *err)
{
	struct named named = { .n_strange = 0 };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(named.outcomes); i++)
		named.outcomes[i] = OUTCOME_CLEAN;
	for (size_t i = 0; i < entry->findings.n; i++) {
		const struct log_finding *f = entry_finding_at(entry, i);

		if (f->rule.v && *f->rule.v)
			name_rule(&named, f->rule.v, entry_outcome(entry, f));
	}
	for (size_t i = 0; r == 0 && i < RULE_MAX + named.n_strange; i++) {
		const char *rule = i < RULE_MAX ? registry_rule((enum rule_id)i)->id
						: named.strange[i - RULE_MAX];
		struct row key = { .rule = rule };

		if (named.outcomes[i] == OUTCOME_CLEAN)
			continue;
		r = count(&summary->rules, key, named.outcomes[i], err);
		key.image = known(&entry->image);
		key.namespace_ = known(&entry->namespace_);
		if (r == 0)
			r = count(&summary->cross, key, named.outcomes[i], err);
	}
	return r;
}

/* RFC 3339 in UTC sorts as text; anything else is no time of ours. */
static void note_time(struct summary *summary, const char *time)
{
	if (!time || strlen(time) != strlen("2026-01-02T03:04:05.678Z") ||
	    strspn(time, "0123456789-:.TZ") != strlen(time))
		return;
	if (!summary->first[0] || strcmp(time, summary->first) < 0)
		memcpy(summary->first, time, strlen(time) + 1);
	if (strcmp(time, summary->last) > 0)
		memcpy(summary->last, time, strlen(time) + 1);
}

int summary_add(struct summary *summary, const struct log_entry *entry, struct error *err)
{
	const enum outcome outcome = entry_outcome(entry, NULL);
	const struct row image = { .image = known(&entry->image) };
	const struct row namespace_ = { .namespace_ = known(&entry->namespace_) };
	int r = count_rules(summary, entry, err);

	if (r == 0)
		r = count(&summary->images, image, outcome, err);
	if (r == 0)
		r = count(&summary->namespaces, namespace_, outcome, err);
	if (r < 0)
		return r;
	summary->records++;
	summary->counts[outcome]++;
	summary->failures += entry->failure.v && entry->findings.n == 0;
	note_time(summary, entry->time.v);
	return 0;
}

static int by_weight(const void *va, const void *vb)
{
	const struct row *a = *(struct row *const *)va, *b = *(struct row *const *)vb;

	for (size_t i = 0; i < OUTCOME_MAX; i++) {
		if (a->counts[i] != b->counts[i])
			return a->counts[i] > b->counts[i] ? -1 : 1;
	}
	return compare(a, b);
}

static void sort(struct rows *rows)
{
	if (rows->n > 1)
		qsort(rows->v, rows->n, sizeof(struct row *), by_weight);
}

void summary_sort(struct summary *summary)
{
	sort(&summary->cross);
	sort(&summary->rules);
	sort(&summary->images);
	sort(&summary->namespaces);
}

static void keep(void *node)
{
	(void)node;
}

static void rows_free(struct rows *rows)
{
	tdestroy(rows->root, keep);
	for (size_t i = 0; i < rows->n; i++)
		row_free(rows->v[i]);
	free(rows->v);
}

void summary_free(struct summary *summary)
{
	rows_free(&summary->cross);
	rows_free(&summary->rules);
	rows_free(&summary->images);
	rows_free(&summary->namespaces);
	*summary = (struct summary){ 0 };
}
