/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_COMMAND_H
#define TESTS_FUZZ_COMMAND_H

/*
 * The parsers that runtimes read their command lines with, for comparison: glibc's
 * own argp, and the rules of urfave/cli 1 and 3 written a second time. They share
 * nothing with src/door but the tables of options.
 */
#include "fuzz.h"

#include <cofferdam/door.h>

#include "../../src/door/door-private.h"

#define READ_ARGS_MAX 64

/* What a parser makes of a line. */
struct reading {
	bool acts;			/* a verb of the tables would do something */
	struct command_line command;	/* as far as it acts */
	char *args[READ_ARGS_MAX + 1];	/* where command.args leads */
	char *copies[READ_ARGS_MAX + 1];	/* what of it is owned here */
	size_t n_copies;
};

void reading_begin(struct reading *to, enum runtime runtime);
void reading_option(struct reading *to, const struct option_row *row, const char *value, bool on);
void reading_arg(struct reading *to, char *arg);

void read_argp(int argc, char **argv, struct reading *ret);
void read_go1(int argc, char **argv, struct reading *ret);
void read_go3(int argc, char **argv, struct reading *ret);
void reading_free(struct reading *reading);
#define _cleanup_reading_ _cleanup_(reading_free)

/* alike - the same verb, options and arguments, in the same order. */
bool alike(const struct command_line *a, const struct command_line *b);

#endif
