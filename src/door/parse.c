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

/* space_at - how many bytes of white space @s begins with: Go's unicode.IsSpace(). */
static size_t space_at(const char *s)
{
	static const char *const wide[] = {
		"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9",
		"\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
	};

	if (s[0] == ' ' || (s[0] >= '\t' && s[0] <= '\r'))
		return 1;
	/* U+2000 to U+200A */
	if (strncmp(s, "\xe2\x80", 2) == 0 && (unsigned char)s[2] >= 0x80 &&
	    (unsigned char)s[2] <= 0x8a)
		return 3;
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++) {
		if (strncmp(s, wide[i], strlen(wide[i])) == 0)
			return strlen(wide[i]);
	}
	return 0;
}

/* trimmed - @arg as 3 looks at it, without white space around it; 1 takes it as it is. */
static const char *trimmed(const char *arg, size_t *len)
{
	size_t n;

	while ((n = space_at(arg)) > 0)
		arg += n;
	*len = 0;
	for (size_t at = 0; arg[at]; at += n ? n : 1) {
		n = space_at(arg + at);
		if (n == 0)
			*len = at + 1;
	}
	return arg;
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

/* misplaced - whether an option belongs before @verb, after which it was given. */
static bool misplaced(enum verb verb, const char *name)
{
	return verb != VERB_OTHER && !go_row(option_rows(verb), name, strlen(name));
}

static int before_dashes(const struct command_line *command, const char *name, struct error *err)
{
	return error_set(err, -EINVAL, "option %s and then \"--\": give it before %s", name,
			 command->word);
}

/* check_dashes - "--": what 1 does not know as the verb's goes behind it, to be an id. */
static int check_dashes(const struct command_line *command, enum verb verb, struct error *err)
{
	for (size_t i = 0; i < command->n_options; i++) {
		const struct command_option *option = &command->options[i];

		if (!option->global && misplaced(verb, option->name))
			return before_dashes(command, option->name, err);
	}
	return 0;
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
	size_t kept;

	(void)trimmed(arg, &kept);
	if (arg[kept])
		return error_set(err, -EINVAL, "option \"%s\": white space at its end", arg);
	/* 3 takes the global ones after the verb, too. */
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
		if (strcmp(value, "--") == 0 && misplaced(verb, row->name))
			return before_dashes(command, row->name, err);
	}
	return command_option_add(command, row, value, on, err);
}

static void add_arg(struct command_line *command, char *arg)
{
	command->args[command->n_args++] = arg;
}

/*
 * add_process - the arguments of an exec's process, none of which is an option. With
 * 1 they begin behind the id; 3 skips a "--" there, and behind a blank one it looks
 * for options again.
 */
static int add_process(struct command_line *command, char **argv, struct error *err)
{
	size_t len;
	const char *first = argv[0] ? trimmed(argv[0], &len) : NULL;

	if (first && (len == 0 || (len == 2 && strncmp(first, "--", 2) == 0)))
		return error_set(err, -EINVAL, "exec %s: \"%s\" is no program; leave it out",
				 command->args[0], argv[0]);
	while (*argv)
		add_arg(command, *argv++);
	return 0;
}

int parse_go(struct command_line *command, enum verb verb, char **argv, int at, struct error *err)
{
	for (; argv[at]; at++) {
		char *arg = argv[at];
		int r;

		if (strcmp(arg, "--") == 0) {
			r = check_dashes(command, verb, err);
			if (r < 0)
				return r;
			at++;
			break;
		}
		if (arg[0] == '-' && arg[1] != '\0') {
			r = go_option(command, verb, argv, &at, err);
			if (r < 0)
				return r;
			continue;
		}
		/* 3 would find an option, or its end, behind white space here */
		if (verb == VERB_OTHER)
			return command_id_valid(arg) ? at : error_set(err, -EINVAL,
								      "\"%s\" is no verb", arg);
		/*
		 * 3 stops at a lone "-", and takes white space off before it looks
		 * for a dash; 1 does neither.
		 */
		if (arg[0] == '-' || !command_id_valid(arg))
			return error_set(err, -EINVAL, "\"%s\" is no container id", arg);
		add_arg(command, arg);
		if (verb == VERB_EXEC) {
			r = add_process(command, argv + at + 1, err);
			return r < 0 ? r : at;
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
