/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_REPORT_PRIVATE_H
#define COFFERDAM_REPORT_PRIVATE_H

#include <cofferdam/report.h>

#define REPORT_RANKS ((size_t)VERDICT_MAX * SEVERITY_MAX)

/* The findings of a report in the order they are told. Start zeroed. */
struct report_walk {
	const struct report *report;
	bool deciding;			/* only what refuses, both kinds by severity */
	bool counted;			/* private, as all below: whether "left" is */
	size_t rank;			/* of what is being told */
	size_t at;			/* behind the last of it */
	size_t left[REPORT_RANKS];	/* how many there are to tell */
};

/* report_walk - the next finding's index, or false at the end. */
bool report_walk(struct report_walk *w, size_t *ret);

/* report_decides - what finding @i alone decides. */
enum verdict report_decides(const struct report *report, size_t i);

/* report_spared - whether an exemption or audit keeps finding @i from what it would
 * decide, which is @ret then. */
bool report_spared(const struct report *report, size_t i, enum verdict *ret);

/* report_advice - what to do, in the report's words, or NULL. */
const char *report_advice(const struct report *report, const struct rule *rule);

/* report_name, report_policy - never NULL; not escaped. */
const char *report_name(const struct report *report);
const char *report_policy(const struct report *report);

/* report_cut - how much of @s, at most @max, does not end inside a character
 * or an escape of text_escape(). */
size_t report_cut(const char *s, size_t len, size_t max);

/* report_trim - take back what was appended after the first @len bytes. */
void report_trim(struct buf *out, size_t len);

enum kept_kind {
	KEPT_HEAD,			/* the first members of a finding, as JSON */
	KEPT_MEMBERS,			/* and those after its message */
	KEPT_TITLE,			/* of a finding, as text */
	KEPT_HARDENING,
	KEPT_DO,			/* the advice */
	KEPT_DO_UNJUDGED,
	KEPT_MAX
};

/* report_keep - append that of @rule, in the report's words: from what is kept, or anew. */
void report_keep(struct buf *out, const struct report *report, const struct rule *rule,
		 enum kept_kind kind);

/* report_say_head - its name and severity, behind the brace. */
void report_say_head(struct buf *out, const struct rule *rule);

/* report_say_title - its name and severity, behind what was done, and the start of the next line. */
void report_say_title(struct buf *out, const struct report *report, const struct rule *rule);

/* report_say_members - advice, why and references. */
void report_say_members(struct buf *out, const struct report *report, const struct rule *rule);

/* report_keep_value - append an edit's value likewise: often the same profile for all. */
void report_keep_value(struct buf *out, const struct report *report, const char *json);

/* report_say_value - JSON text, put on one line. */
void report_say_value(struct buf *out, const char *json);

#define REPORT_INDENT "  "

/* report_prose - append "  LABELtext" and a newline, wrapped between words. */
void report_prose(struct buf *out, const char *label, const char *text);

/*
 * Line and column of many offsets. json_where() walks the text from its start
 * each time, which a hostile file with many findings could make quadratic.
 */
struct report_lines {
	const struct json_doc *doc;
	struct report_mark *marks;	/* one for every REPORT_STRIDE bytes */
	struct buf name;		/* the report's, escaped, where it is told with each */
};

#define REPORT_STRIDE 256u

/* report_lines - for the findings of @report. Without memory it is slower. */
void report_lines(struct report_lines *ret, const struct report *report);
void report_lines_free(struct report_lines *lines);

/* report_where - of the member a finding is about; false when it has none. */
bool report_where(const struct report_lines *lines, const struct finding *f,
		  unsigned *ret_line, unsigned *ret_column);

/* Where the local log daemons listen; the tests have their own. */
struct log_paths {
	const char *journald;
	const char *syslog;
};

int log_write_to(const struct log_config *config, const struct log_paths *paths,
		 const char *line, size_t len, struct error *err) must_check;

#endif
