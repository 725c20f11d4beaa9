/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two grammars. MUST: read a line as the runtime will, or refuse it; where two
 * releases would read it differently, refuse it.
 */
#include "door-private.h"

#include <string.h>

/* strconv.ParseBool(); 3's "--flag=" is on as well. */
static int go_bool(const char *value, bool *ret)
{
	static const char *const on[] = { "1", "t", "T", "TRUE", "true", "True", "" };
	static const char *const off[] = { "0", "f", "F", "FALSE", "false", "False" };

	for (size_t i = 0; i < ARRAY_SIZE(on); i++) {
		if (strcmp(value, on[i]) == 0) {
			*ret = true;
			return 0;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(off); i++) {
		if (strcmp(value, off[i]) == 0) {
			*ret = false;
			return 0;
		}
	}
	return -EINVAL;
}

/* A long name or a letter, of @len bytes; runc takes both with one dash or two. */
static const struct option_row *go_row(const struct option_row *rows, const char *name, size_t len)
{
	for (; rows->name; rows++) {
		if (!(rows->by & BY_RUNC))
			continue;
		if (strlen(rows->name) == len && strncmp(rows->name, name, len) == 0)
			return rows;
		if (len == 1 && rows->letter == name[0])
			return rows;
	}
	return NULL;
}

static int not_known(const struct command_line *command, const char *arg, struct error *err)
{
	return error_set(err, -EINVAL, "%s %s: option %s is not known here, so what it would do is not known",
			 runtime_name(command->runtime), command->word ? command->word : "", arg);
}

/* go_option - the option argv[*at], and its value; *at moves on to the last one used. */
static int go_option(struct command_line *command, enum verb verb, char **argv, int *at,
		     struct error *err)
{
	const char *arg = argv[*at];
	const char *name = arg + (arg[1] == '-' ? 2 : 1);
	const size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	const struct option_row *row = go_row(option_rows(verb), name, len);
	bool on = true;

	/* From 1.5 on the global ones are taken after the verb, too. */
	if (!row && verb != VERB_OTHER)
		row = go_row(option_rows(VERB_OTHER), name, len);
	if (!row)
		return not_known(command, arg, err);
	if (row->takes == TAKES_NOTHING) {
		if (value && go_bool(value, &on) < 0)
			return error_set(err, -EINVAL, "option %s: neither true nor false", arg);
		value = NULL;
	} else if (!value) {
		if (!argv[*at + 1])
			return error_set(err, -EINVAL, "option %s: its value is missing", arg);
		value = argv[++*at];
	}
	return command_option_add(command, row, value, on, err);
}

static void add_arg(struct command_line *command, char *arg)
{
	command->args[command->n_args++] = arg;
}

int parse_go(struct command_line *command, enum verb verb, char **argv, int at, struct error *err)
{
	for (; argv[at]; at++) {
		char *arg = argv[at];
		int r;

		if (strcmp(arg, "--") == 0) {
			at++;
			break;
		}
		if (arg[0] == '-' && arg[1] != '\0') {
			r = go_option(command, verb, argv, &at, err);
			if (r < 0)
				return r;
			continue;
		}
		if (verb == VERB_OTHER)
			return at;
		/*
		 * 3 stops at a lone "-", and takes white space off before it looks
		 * for a dash; 1 does neither.
		 */
		if (arg[0] == '-' || !command_id_valid(arg))
			return error_set(err, -EINVAL, "\"%s\" is no container id", arg);
		add_arg(command, arg);
		if (verb == VERB_EXEC) {
			at++;
			break;
		}
	}
	while (verb != VERB_OTHER && argv[at])
		add_arg(command, argv[at++]);
	return at;
}

/* argp_row - a long name of @len bytes, or what is the beginning of one alone. */
static const struct option_row *argp_row(const struct option_row *rows, const char *name,
					 size_t len, bool *ambiguous)
{
	const struct option_row *found = NULL;

	*ambiguous = false;
	for (; rows->name; rows++) {
		if (!(rows->by & BY_CRUN) || rows->name[0] == '\0' ||
		    strncmp(rows->name, name, len) != 0)
			continue;
		if (strlen(rows->name) == len) {
			*ambiguous = false;
			return rows;
		}
		*ambiguous = found != NULL || *ambiguous;
		found = rows;
	}
	return found;
}

static int argp_flag(struct command_line *command, const struct option_row *row, const char *value,
		     struct error *err)
{
	/* crun's --tty[=no]; everything else is on once it is there */
	const bool on = !value || (strcmp(value, "false") != 0 && strcmp(value, "no") != 0);

	/* argp acts on these as it meets them. */
	if (row->id == OPTION_HELP)
		command->harmless = true;
	return command_option_add(command, row, NULL, on, err);
}

static int argp_long(struct command_line *command, enum verb verb, char **argv, int *at,
		     struct error *err)
{
	const char *name = argv[*at] + 2;
	const size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	bool ambiguous;
	const struct option_row *row = argp_row(option_rows(verb), name, len, &ambiguous);

	if (!row || ambiguous)
		return not_known(command, argv[*at], err);
	if (row->takes == TAKES_NOTHING && value)
		return error_set(err, -EINVAL, "option %s: takes no value", argv[*at]);
	if (row->takes != TAKES_VALUE)
		return argp_flag(command, row, value, err);
	if (!value && !argv[*at + 1])
		return error_set(err, -EINVAL, "option %s: its value is missing", argv[*at]);
	return command_option_add(command, row, value ? value : argv[++*at], true, err);
}

static const struct option_row *argp_letter(const struct option_row *rows, char letter)
{
	for (; rows->name; rows++) {
		if ((rows->by & BY_CRUN) && letter && rows->letter == letter)
			return rows;
	}
	return NULL;
}

/* argp_letters - "-dt", "-bDIR", "-b DIR" */
static int argp_letters(struct command_line *command, enum verb verb, char **argv, int *at,
			struct error *err)
{
	const char *arg = argv[*at];

	for (const char *c = arg + 1; *c; c++) {
		const struct option_row *row = argp_letter(option_rows(verb), *c);
		const char *value = c[1] ? c + 1 : NULL;
		int r;

		if (!row)
			return not_known(command, arg, err);
		if (row->takes == TAKES_NOTHING) {
			r = argp_flag(command, row, NULL, err);
			if (r < 0 || command->harmless)
				return r;
			continue;
		}
		if (row->takes == TAKES_MAYBE)
			return argp_flag(command, row, value, err);
		if (!value && !argv[*at + 1])
			return error_set(err, -EINVAL, "option %s: its value is missing", arg);
		return command_option_add(command, row, value ? value : argv[++*at], true, err);
	}
	return 0;
}

int parse_argp(struct command_line *command, enum verb verb, char **argv, int at, struct error *err)
{
	for (; argv[at] && !command->harmless; at++) {
		char *arg = argv[at];
		int r;

		if (strcmp(arg, "--") == 0) {
			at++;
			break;
		}
		/* In order: what follows the first argument is the verb's, or an error. */
		if (arg[0] != '-' || arg[1] == '\0')
			break;
		if (arg[1] == '-')
			r = argp_long(command, verb, argv, &at, err);
		else
			r = argp_letters(command, verb, argv, &at, err);
		if (r < 0)
			return r;
	}
	if (verb == VERB_OTHER || command->harmless)
		return at;
	while (argv[at])
		add_arg(command, argv[at++]);
	return at;
}
