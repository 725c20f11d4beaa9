/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LOG_H
#define CLI_LOG_H

/* cofferdam log summary: records counted by what they have in common. */

#include <cofferdam/entry.h>

/* A hostile log could name a new image in each line: rows beyond this are one. */
#define SUMMARY_ROWS 10000u

struct row {
	const char *rule, *image, *namespace_;	/* NULL: of any; "" not told */
	size_t counts[OUTCOME_MAX];
};

/* Rows by their key; private. */
struct rows {
	void *root;			/* tsearch(3) */
	struct row **v;
	size_t n, cap;
};

struct summary {
	size_t records, unreadable;
	size_t counts[OUTCOME_MAX];	/* records by the gravest of each */
	size_t failures;		/* records of which no rule was asked */
	char first[32], last[32];	/* their times, or "" */
	struct rows cross;		/* by rule, image and namespace */
	struct rows rules, images, namespaces;
};

/* summary_add - count one record. */
int summary_add(struct summary *summary, const struct log_entry *entry, struct error *err) must_check;

/* summary_sort - the rows of each table: what would change most comes first. */
void summary_sort(struct summary *summary);

void summary_free(struct summary *summary);
#define _cleanup_summary_ _cleanup_(summary_free)

#endif
