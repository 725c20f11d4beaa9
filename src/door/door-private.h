/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_DOOR_PRIVATE_H
#define COFFERDAM_DOOR_PRIVATE_H

#include <stdint.h>

#include <cofferdam/command.h>

enum takes {
	TAKES_NOTHING,
	TAKES_VALUE,
	TAKES_MAYBE,			/* a value, if it is in the same argument */
};

#define BY_RUNC 1u
#define BY_CRUN 2u
#define BY_BOTH 3u

/* One option of one verb. */
struct option_row {
	const char *name;		/* NULL ends the table */
	char letter;			/* 0: none */
	enum takes takes;
	unsigned by;
	enum option_id id;
};

/* option_rows - the options of @verb; those before any for VERB_OTHER. */
const struct option_row *option_rows(enum verb verb);

/* verb_of - VERB_OTHER for every word that is not looked at. */
enum verb verb_of(enum runtime runtime, const char *word);

/* command_option_add - record an option. */
int command_option_add(struct command_line *command, const struct option_row *row,
		       const char *value, bool on, struct error *err) must_check;

/*
 * What the two kinds of parser share: read options from @argv[at] on. @verb is
 * VERB_OTHER before the verb was met, and then they stop at the first argument
 * that is no option and return its index.
 */
int parse_go(struct command_line *command, enum verb verb, char **argv, int at, struct error *err)
	must_check;
int parse_argp(struct command_line *command, enum verb verb, char **argv, int at,
	       struct error *err) must_check;

/* process_started - when @pid did, in clock ticks after boot. -ENOENT,
 * -ESRCH: it has ended. */
int process_started(int64_t pid, uint64_t *ret, struct error *err) must_check;

/* A CPU limit in microseconds. */
struct cpu_limit {
	int64_t quota, period;		/* quota -1: none */
};

/* cpu_now - that of the cgroup in which process @pid is. */
int cpu_now(int64_t pid, struct cpu_limit *ret, struct error *err) must_check;

#define ADMITTED_NAME 128u		/* the size of a record's name */

/* admitted_open - the folder @dir of records, if root alone can write it. */
int admitted_open(const char *dir, struct error *err) must_check;

/* How a record's text begins and ends; its last line but for that is "config":TEXT. */
#define RECORD_BEGIN "{\"format\":1,\n"
#define RECORD_END "}\n"

/* admitted_pending - the name of the record that this was admitted for @id. What
 * it holds has to be compared: the name only tells it from others. */
void admitted_pending(char name[ADMITTED_NAME], const char *id, const char *config, size_t len);

#endif
