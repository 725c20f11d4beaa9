/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

/* What can stand where on the command line, read from the rows that --help prints. */

#include "cli.h"

/*
 * The rows are written by people for people; what is read from them is checked
 * by tests/completion.sh against what the program takes.
 */

/* row_options - append the options that @command's text names, "--policy --door". */
void row_options(struct buf *out, const struct command *command);

/* row_words - append its subcommands, "lint show"; nothing if it has none. */
void row_words(struct buf *out, const struct command *command);

/* What an operand or the value of an option is. */
enum operand {
	OPERAND_NONE,
	OPERAND_FILE,
	OPERAND_FOLDER,
	OPERAND_RULE,			/* or a file */
	OPERAND_POLICY,			/* or a file */
	OPERAND_PROFILE,		/* or a file */
	OPERAND_WORD,			/* one of row_values() */
	OPERAND_ANY,			/* nobody can say which */
};

enum operand row_operand(const struct command *command);

/* row_value - what --@option of @command takes: OPERAND_NONE for nothing. */
enum operand row_value(const char *option);

/* row_values - append what it may be, of OPERAND_WORD: those that the row's text names. */
void row_values(struct buf *out, const struct command *command, const char *option);

#endif
