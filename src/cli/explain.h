/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

/* What a rule is for, what a policy makes of it, what a record of the log says. */

#include "cli.h"

#include <cofferdam/entry.h>

/* rule_references - append the rule's sources on one line, or nothing. */
void rule_references(struct buf *out, const struct rule *rule);

/* rule_advice - append what to do about it, in each wording, a line each. */
void rule_advice(struct buf *out, const struct rule *rule);

/* A line of what a policy makes of a rule; start zeroed. */
struct rule_row {
	const char *name;		/* "action", "audit", a parameter's */
	struct buf value;		/* escaped */
	const struct origin *at;	/* where that was written */
	size_t next;			/* private */
};

/*
 * rule_row - the next of rule @id: its action, audit where anything is said of it, its
 * parameters. False at the end, where nothing is left to be freed.
 */
bool rule_row(const struct policy *policy, enum rule_id id, struct rule_row *row);

/* setting_place - append where something was written: a file and line, or what shipped it. */
void setting_place(struct buf *out, const struct policy *policy, const struct origin *at);

/*
 * rule_setting - append what @policy makes of rule @id and of its parameters,
 * with the file and line where each was written, a line each after @indent.
 */
void rule_setting(struct buf *out, const struct policy *policy, enum rule_id id,
		  const char *indent);

/* The policies that records name, as they are on this host now; start zeroed. */
struct named_policy {
	const struct cli_options *options;
	const struct host *host;	/* or NULL */
	char *name;			/* of the last one asked for */
	const struct host_choice *choice; /* that it was taken for, or NULL */
	struct policy *policy;		/* NULL: it is not here */
};

void named_policy_free(struct named_policy *named);
#define _cleanup_named_ _cleanup_(named_policy_free)

/* explain_record - append all that @entry says, and what can be done about it. */
void explain_record(struct buf *out, const struct log_entry *entry,
		    struct named_policy *named);

/* explain_records - of the file @path, or standard input for "-", each. A status. */
int explain_records(const struct cli_options *options, const char *path);

#endif
