/* SPDX-License-Identifier: Apache-2.0 */
/* urfave/cli 1 and 3, as runc uses them. */
#include "command.h"

#include <string.h>

/* enough - whether the verb takes so many arguments. */
static bool enough(const struct command_line *command)
{
	return command->verb == VERB_EXEC ? command->n_args >= 1 : command->n_args == 1;
}

static const struct option_row *row_named(const struct option_row *rows, const char *name,
					  size_t len)
{
	for (; rows->name; rows++) {
		const bool letter = rows->letter && len == 1 && name[0] == rows->letter;

		if ((rows->by & BY_RUNC) &&
		    (letter || (strlen(rows->name) == len && memcmp(rows->name, name, len) == 0)))
			return rows;
	}
	return NULL;
}

/* parse_bool - strconv.ParseBool(); -1 for neither. */
static int parse_bool(const char *text)
{
	const char *const all = " 1 t T TRUE true True 0 f F FALSE false False ";
	char word[16];
	const char *at;

	if (!text[0] || strlen(text) > 5 || strchr(text, ' '))
		return -1;
	(void)snprintf(word, sizeof(word), " %s ", text);
	at = strstr(all, word);
	return at ? at < strstr(all, " 0 ") : -1;
}

/* flag_parse - Go's flag package: the index of what is left, or -1. */
static int flag_parse(struct reading *to, enum verb verb, char **argv)
{
	int at = 0;

	for (; argv[at]; at++) {
		const char *s = argv[at];
		const char *name, *equals, *value;
		const struct option_row *row;

		if (strlen(s) < 2 || s[0] != '-')
			return at;
		if (strcmp(s, "--") == 0)
			return at + 1;
		name = s + (s[1] == '-' ? 2 : 1);
		if (name[0] == '-' || name[0] == '=')
			return -1;
		equals = strchr(name, '=');
		value = equals ? equals + 1 : NULL;
		row = row_named(option_rows(verb), name, equals ? (size_t)(equals - name)
								: strlen(name));
		if (!row)
			return -1;
		if (row->takes == TAKES_NOTHING) {
			if (value && parse_bool(value) < 0)
				return -1;
			reading_option(to, row, NULL, !value || parse_bool(value) == 1);
			continue;
		}
		if (!value && !argv[at + 1])
			return -1;
		reading_option(to, row, value ? value : argv[++at], true);
	}
	return at;
}

static bool arg_is_flag(enum verb verb, const char *arg)
{
	size_t dashes;

	if (arg[0] != '-' || strcmp(arg, "-") == 0 || strcmp(arg, "--") == 0)
		return false;
	dashes = strspn(arg, "-");
	dashes = dashes > 3 ? 3 : dashes;
	return row_named(option_rows(verb), arg + dashes, strcspn(arg + dashes, "=")) != NULL;
}

/* reorder - reorderArgs(): options, and what may be their values, to the front. */
static void reorder(enum verb verb, char **argv, char **ret)
{
	char *flags[READ_ARGS_MAX + 1], *rest[READ_ARGS_MAX + 1];
	size_t n_flags = 0, n_rest = 0;
	bool value = false;

	for (; *argv; argv++) {
		if (value && !arg_is_flag(verb, *argv)) {
			value = false;
			flags[n_flags++] = *argv;
		} else if (strcmp(*argv, "--") == 0) {
			memmove(rest + 1, rest, n_rest * sizeof(*rest));
			rest[0] = *argv++;
			n_rest++;
			while (*argv)
				rest[n_rest++] = *argv++;
			break;
		} else if (arg_is_flag(verb, *argv)) {
			flags[n_flags++] = *argv;
			value = !strchr(*argv, '=');
		} else {
			rest[n_rest++] = *argv;
		}
	}
	memcpy(ret, flags, n_flags * sizeof(*flags));
	memcpy(ret + n_flags, rest, n_rest * sizeof(*rest));
	ret[n_flags + n_rest] = NULL;
}

/* printing - whether help or a version is all that comes of the options from @from on. */
static bool printing(const struct command_line *command, size_t from, bool global)
{
	bool help = false, version = false;

	for (size_t i = from; i < command->n_options; i++) {
		const struct command_option *option = &command->options[i];

		if (strcmp(option->name, "help") == 0)
			help = option->on;
		else if (option->id == OPTION_HELP && global)
			version = option->on;
	}
	return help || version;
}

static void finish(struct reading *ret, size_t own)
{
	ret->acts = !printing(&ret->command, own, false) && enough(&ret->command);
}

void read_go1(int argc, char **argv, struct reading *ret)
{
	char *ordered[READ_ARGS_MAX + 1];
	char **rest;
	size_t own;
	int at;

	reading_begin(ret, RUNTIME_RUNC);
	at = argc > 0 ? flag_parse(ret, VERB_OTHER, argv + 1) : -1;
	if (at < 0 || at + 1 >= argc || printing(&ret->command, 0, true))
		return;
	at++;
	ret->command.word = argv[at];
	ret->command.verb = verb_of(RUNTIME_RUNC, argv[at]);
	if (ret->command.verb == VERB_OTHER)
		return;
	rest = argv + at + 1;
	if (ret->command.verb != VERB_EXEC) {	/* SkipArgReorder */
		reorder(ret->command.verb, rest, ordered);
		rest = ordered;
	}
	own = ret->command.n_options;
	at = flag_parse(ret, ret->command.verb, rest);
	for (; at >= 0 && rest[at]; at++)
		reading_arg(ret, rest[at]);
	if (at >= 0)
		finish(ret, own);
}

/* space_at - how many bytes of white space @s begins with, as unicode.IsSpace(). */
static size_t space_at(const char *s)
{
	static const char *const wide[] = {
		"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9",
		"\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
	};

	if (*s && strchr("\t\n\v\f\r ", *s))
		return 1;
	if (strncmp(s, "\xe2\x80", 2) == 0 && (unsigned char)s[2] >= 0x80 &&
	    (unsigned char)s[2] <= 0x8a)
		return 3;
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++) {
		if (strncmp(s, wide[i], strlen(wide[i])) == 0)
			return strlen(wide[i]);
	}
	return 0;
}

/* trimmed - strings.TrimSpace() */
static char *trimmed(struct reading *to, const char *s)
{
	const char *end;
	char *copy;

	while (space_at(s))
		s += space_at(s);
	end = s;
	for (const char *at = s; *at; at++) {
		size_t n = space_at(at);

		if (n == 0)
			end = at + 1;
		else
			at += n - 1;
	}
	copy = strndup(s, (size_t)(end - s));
	property(copy && to->n_copies <= READ_ARGS_MAX, "room for a copy");
	return to->copies[to->n_copies++] = copy;
}

/* go3_flag - the option @first at argv[*at]; false: an error */
static bool go3_flag(struct reading *to, enum verb verb, const char *first, char **argv, int *at)
{
	const char *name = first + (first[1] == '-' ? 2 : 1);
	const char *equals = strchr(name, '=');
	const char *value = equals ? equals + 1 : "";
	const size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_row *row = row_named(option_rows(verb), name, len);

	if (!row && verb != VERB_OTHER)
		row = row_named(option_rows(VERB_OTHER), name, len);
	if (!row)
		return false;
	if (row->takes == TAKES_NOTHING) {
		if (value[0] && parse_bool(value) < 0)
			return false;
		reading_option(to, row, NULL, !value[0] || parse_bool(value) == 1);
		return true;
	}
	if (!equals) {
		if (!argv[*at + 1])
			return false;
		value = argv[++*at];
	}
	reading_option(to, row, value, true);
	return true;
}

/* go3_part - parseFlags(): what is left, in @rest; false: an error */
static bool go3_part(struct reading *to, enum verb verb, char **argv, char **rest)
{
	size_t n = 0;
	int at = 0;

	for (; argv[at]; at++) {
		char *first = trimmed(to, argv[at]);

		if (!first[0]) {
			rest[n++] = argv[at];
			continue;
		}
		if (strcmp(first, "--") == 0) {
			at++;
			break;
		}
		if (verb == VERB_EXEC && n == 1)	/* StopOnNthArg */
			break;
		if (first[0] != '-') {
			if (verb == VERB_OTHER && verb_of(RUNTIME_RUNC, first) != VERB_OTHER)
				break;
			rest[n++] = first;
			continue;
		}
		if (!first[1]) {
			rest[n++] = first;
			rest[n] = NULL;
			return true;
		}
		if (!go3_flag(to, verb, first, argv, &at))
			return false;
	}
	while (argv[at])
		rest[n++] = argv[at++];
	rest[n] = NULL;
	return true;
}

void read_go3(int argc, char **argv, struct reading *ret)
{
	char *rest[READ_ARGS_MAX + 1];
	size_t own;

	reading_begin(ret, RUNTIME_RUNC);
	if (argc < 1 || !go3_part(ret, VERB_OTHER, argv + 1, rest) || !rest[0] ||
	    printing(&ret->command, 0, true))
		return;
	ret->command.word = rest[0];
	ret->command.verb = verb_of(RUNTIME_RUNC, rest[0]);
	own = ret->command.n_options;
	if (ret->command.verb == VERB_OTHER ||
	    !go3_part(ret, ret->command.verb, rest + 1, ret->args))
		return;
	while (ret->args[ret->command.n_args])
		ret->command.n_args++;
	finish(ret, own);
}
