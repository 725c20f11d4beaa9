/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "report-private.h"

struct report_mark {
	size_t line;			/* of the stride's first byte, from 1 */
	size_t start;			/* where that line starts */
};

enum verdict report_decides(const struct report *report, size_t i)
{
	return report->decision->each ? report->decision->each[i] : VERDICT_DENY;
}

bool report_spared(const struct report *report, size_t i, enum verdict *ret)
{
	const struct finding *f = &report->decision->findings.v[i];
	const struct policy *policy = report->subject->policy;

	if (!policy || (!report->decision->exempt[f->rule].by && !policy->rules[f->rule].audit))
		return false;
	*ret = verdict_would(report->subject, f);
	return *ret != report_decides(report, i);
}

/* rank_of - of finding @i; the least is told first. REPORT_RANKS: it is not told. */
static size_t rank_of(const struct report_walk *w, size_t i)
{
	const size_t severity = registry_rule(w->report->decision->findings.v[i].rule)->severity;
	const size_t v = report_decides(w->report, i);

	if (!w->deciding)
		return v * SEVERITY_MAX + severity;
	return v == VERDICT_DENY || v == VERDICT_UNJUDGED ? severity : REPORT_RANKS;
}

static void count_ranks(struct report_walk *w)
{
	for (size_t i = 0; i < w->report->decision->findings.n; i++) {
		const size_t rank = rank_of(w, i);

		if (rank < REPORT_RANKS)
			w->left[rank]++;
	}
	w->counted = true;
}

bool report_walk(struct report_walk *w, size_t *ret)
{
	if (!w->counted)
		count_ranks(w);
	for (; w->rank < REPORT_RANKS; w->rank++, w->at = 0) {
		if (w->left[w->rank] == 0)
			continue;
		while (rank_of(w, w->at) != w->rank)
			w->at++;
		w->left[w->rank]--;
		*ret = w->at++;
		return true;
	}
	return false;
}

const char *report_advice(const struct report *report, const struct rule *rule)
{
	const char *own = rule->advice[report->words];

	return own ? own : rule->advice[WORDS_SPEC];
}

const char *report_name(const struct report *report)
{
	const struct json_doc *doc = report->subject->doc;

	if (report->name)
		return report->name;
	return doc && doc->name ? doc->name : "config.json";
}

const char *report_policy(const struct report *report)
{
	const struct policy *policy = report->subject->policy;

	return policy && policy->name ? policy->name : "(none)";
}

/* piece - the length of the character or escape that @s starts with. */
static size_t piece(const char *s, size_t len)
{
	unsigned char c = (unsigned char)s[0];
	size_t n = 1;

	if (c == '\\' && len > 1 && s[1] == 'x') {
		n = 4;
	} else if (c == '\\' && len > 2 && s[1] == 'u' && s[2] == '{') {
		const char *end = memchr(s, '}', len < 10 ? len : 10);

		n = end ? (size_t)(end - s) + 1 : 2;
	} else if (c == '\\') {
		n = 2;
	} else if (c >= 0xc0) {
		n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	}
	return n < len ? n : len;
}

size_t report_cut(const char *s, size_t len, size_t max)
{
	size_t at = 0;

	if (len <= max)
		return len;
	for (;;) {
		size_t n = piece(s + at, len - at);

		if (n > max - at)
			return at;
		at += n;
	}
}

void report_trim(struct buf *out, size_t len)
{
	if (!out->data || len >= out->len)
		return;
	out->len = len;
	out->data[len] = '\0';
}

/* newlines - in @n bytes, at most REPORT_STRIDE: a byte holds the sum of eight counters then. */
static size_t newlines(const char *text, size_t n)
{
	typedef unsigned char bytes16 __attribute__((vector_size(16)));
	const size_t whole = n - n % sizeof(bytes16);
	bytes16 v, seen = { 0 };
	uint64_t half[2];
	size_t count, i;

	for (i = 0; i < whole; i += sizeof(v)) {
		memcpy(&v, text + i, sizeof(v));
		seen -= (bytes16)(v == '\n');	/* true is -1 */
	}
	memcpy(half, &seen, sizeof(half));
	count = (half[0] * 0x0101010101010101u >> 56) + (half[1] * 0x0101010101010101u >> 56);
	for (; i < n; i++)
		count += text[i] == '\n';
	return count;
}

/* Move @mark on from offset @from to offset @to. */
static void mark_move(struct report_mark *mark, const char *text, size_t from, size_t to)
{
	const char *last = memrchr(text + from, '\n', to - from);

	if (!last)
		return;
	mark->line += newlines(text + from, to - from);
	mark->start = (size_t)(last - text) + 1;
}

void report_lines(struct report_lines *ret, const struct report *report)
{
	const struct findings *findings = &report->decision->findings;
	const struct json_doc *doc = report->subject->doc;
	struct report_mark mark = { .line = 1 };
	size_t last = 0, n;

	/* an exec's process was put into the container's configuration: a text that nobody has */
	if (report->subject->on == ON_EXEC)
		doc = NULL;
	*ret = (struct report_lines){ .doc = doc };
	for (size_t i = 0; i < findings->n; i++) {
		const struct json *node = findings->v[i].node;

		if (node && node->start > last)
			last = node->start;
	}
	/* one is found as quickly without */
	if (!doc || findings->n < 2 || last > doc->len)
		return;
	n = last / REPORT_STRIDE + 1;
	ret->marks = calloc(n, sizeof(*ret->marks));
	for (size_t i = 0; ret->marks && i < n; i++) {
		ret->marks[i] = mark;
		if (i + 1 < n)
			mark_move(&mark, doc->text, i * REPORT_STRIDE, (i + 1) * REPORT_STRIDE);
	}
}

void report_lines_free(struct report_lines *lines)
{
	free(lines->marks);
	buf_free(&lines->name);
	*lines = (struct report_lines){ 0 };
}

bool report_where(const struct report_lines *lines, const struct finding *f,
		  unsigned *ret_line, unsigned *ret_column)
{
	struct report_mark mark;
	size_t at;

	if (!lines->doc || !f->node || f->node->start > lines->doc->len)
		return false;
	at = f->node->start;
	if (!lines->marks) {
		json_where(lines->doc, at, ret_line, ret_column);
		return true;
	}
	mark = lines->marks[at / REPORT_STRIDE];
	mark_move(&mark, lines->doc->text, at - at % REPORT_STRIDE, at);
	*ret_line = (unsigned)mark.line;
	*ret_column = (unsigned)(at - mark.start + 1);
	return true;
}
