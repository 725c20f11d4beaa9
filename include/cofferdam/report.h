/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_REPORT_H
#define COFFERDAM_REPORT_H

/* How a decision is told: to a person, to a machine, to the audit log. */

#include <cofferdam/host.h>
#include <cofferdam/verdict.h>

/*
 * What is said of rules whatever was found, kept from one report to the next, all in
 * colour or none. Of one thread at a time.
 */
struct report_kept;

struct report_kept *report_kept_new(void);	/* NULL without memory */
void report_kept_free(struct report_kept **kept);

struct report {
	const struct subject *subject;
	const struct decision *decision;
	const char *name;		/* the configuration's path */
	enum wording words;		/* of the engine at hand */
	bool colour;			/* text on a terminal */
	bool verbose;			/* why and references too */
	struct report_kept *kept;	/* or NULL */
};

/* report_text - the long form: every finding with place, value, reason, remedy. */
void report_text(struct buf *out, const struct report *report);

/* report_json - one JSON object without a newline, members in a fixed order. */
void report_json(struct buf *out, const struct report *report);

/*
 * report_line - the one line a runtime shows its user: the verdict, each rule
 * with what it found and what to do, the most severe first, at most @max
 * bytes; what does not fit is counted. No newline, no control characters.
 */
void report_line(struct buf *out, const struct report *report, size_t max);

/* An audit record: one decision. */
struct record {
	const char *program;		/* "cofferdam-hook createRuntime" */
	const char *id;			/* container id, as given */
	const char *bundle;
	int64_t pid;
	enum mode mode;
	bool rootless;			/* in a user's own namespace: no boundary against that user */
	const char *failure;		/* why nothing could be judged, or NULL */
	const struct report *report;	/* NULL with failure */
	bool refused;			/* what was done in the end */
	const char *gate;		/* what the exec gate saw: a JSON object, or NULL */
	uint64_t took_us;
};

#define RECORD_MAX 65536u	/* bytes of one record; findings beyond it are counted */

/* record_json - one JSON line, with its newline, at most RECORD_MAX bytes. */
void record_json(struct buf *out, const struct record *record);

/*
 * log_write - send @line, which ends in its only newline, to every sink of
 * @config, waiting for none. 0 if all took it; otherwise negative, naming the
 * first that failed. The program must ignore SIGXFSZ.
 */
int log_write(const struct log_config *config, const char *line, size_t len,
	      struct error *err) must_check;

#endif
