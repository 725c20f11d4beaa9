/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

/* Command lines as tests write them. */

#include <cofferdam/door.h>

#include "unit.h"

#define ARGS_MAX 24

/* A line cut at its blanks: "_" stands for an empty argument. */
struct line {
	char text[512];
	char *argv[ARGS_MAX];
	int argc;
};

static inline void cut(struct line *line, const char *text)
{
	char *save = NULL;

	(void)snprintf(line->text, sizeof(line->text), "runtime %s", text);
	line->argc = 0;
	for (char *word = strtok_r(line->text, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		assert_true(line->argc < ARGS_MAX - 1);
		line->argv[line->argc++] = strcmp(word, "_") == 0 ? word + 1 : word;
	}
	line->argv[line->argc] = NULL;
}

static inline int parse(struct line *line, const char *text, struct command_line *command,
			enum runtime as)
{
	struct error err;

	cut(line, text);
	return command_parse(as, line->argc, line->argv, command, &err);
}

#endif
