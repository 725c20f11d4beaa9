/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_ENTRY_H
#define COFFERDAM_ENTRY_H

/*
 * A record of the audit log, read back. A log is a file that others may have
 * written to: nothing in it is believed to be well-formed, and all strings are
 * to be escaped where they are shown.
 */

#include <cofferdam/fields.h>
#include <cofferdam/verdict.h>

struct log_finding {
	const struct json *node;
	enum field_is is;
	struct field_str rule, decides, would, pointer, value, message;
	struct field_str exempt, expires, expired;
	struct field_bool audit;
};

struct log_entry {
	const struct json *node;
	enum field_is is;
	struct field_uint format;
	struct field_str time, program, mode, engine, policy, id, bundle;
	struct field_str namespace_, image, image_id;
	struct field_str verdict, failure;
	struct field_bool refused;
	struct field_list findings;	/* struct log_finding */
	struct field_uint omitted;
	struct notes notes;		/* private */
	struct json_doc *doc;		/* private: owns the strings */
};

/*
 * entry_read - a line of the log. Members that are not known, or of another type
 * than records have, are as if absent. -EINVAL: it is no record of this format.
 */
int entry_read(const char *line, size_t len, struct log_entry *ret, struct error *err) must_check;
void entry_free(struct log_entry *entry);
#define _cleanup_log_entry_ _cleanup_(entry_free)

static inline const struct log_finding *entry_finding_at(const struct log_entry *entry, size_t i)
{
	return (const struct log_finding *)entry->findings.v + i;
}

/* What came of a finding, or of a whole record; the gravest first. */
enum outcome {
	OUTCOME_REFUSED,
	OUTCOME_WOULD_REFUSE,		/* but for audit mode, or the audit of a policy or rule */
	OUTCOME_HARDENED,
	OUTCOME_WOULD_HARDEN,
	OUTCOME_EXEMPT,			/* an exemption kept it from being refused or hardened */
	OUTCOME_WARNED,
	OUTCOME_CLEAN,			/* a record without findings */
	OUTCOME_MAX
};

/* outcome_name - "refused", "would_refuse", ...: a member's name. */
const char *outcome_name(enum outcome outcome);

/* entry_outcome - of @finding, or of the whole record when it is NULL. */
enum outcome entry_outcome(const struct log_entry *entry, const struct log_finding *finding);

#endif
