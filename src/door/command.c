/* SPDX-License-Identifier: Apache-2.0 */
#include "door-private.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

const char *runtime_name(enum runtime runtime)
{
	return runtime == RUNTIME_CRUN ? "crun" : "runc";
}

enum runtime runtime_named(const char *base)
{
	return strncmp(base, "crun", 4) == 0 ? RUNTIME_CRUN : RUNTIME_RUNC;
}

bool command_id_valid(const char *id)
{
	if (strcmp(id, ".") == 0 || strcmp(id, "..") == 0 || id[0] == '\0')
		return false;
	for (; *id; id++) {
		if (!isascii((unsigned char)*id) ||
		    (!isalnum((unsigned char)*id) && !strchr("_+-.,", *id)))
			return false;
	}
	return true;
}

int command_option_add(struct command_line *command, const struct option_row *row, const char *value,
		       bool on, struct error *err)
{
	struct command_option *options = reallocarray(command->options, command->n_options + 1,
						      sizeof(*options));

	if (!options)
		return error_oom(err);
	options[command->n_options++] = (struct command_option){
		.id = row->id, .name = row->name, .value = value, .on = on,
		.global = !command->word,
	};
	command->options = options;
	return 0;
}

void command_free(struct command_line *command)
{
	free(command->options);
	free(command->args);
	memset(command, 0, sizeof(*command));
}

static const struct command_option *last(const struct command_line *command, enum option_id id)
{
	for (size_t i = command->n_options; i > 0; i--) {
		if (command->options[i - 1].id == id)
			return &command->options[i - 1];
	}
	return NULL;
}

const char *command_value(const struct command_line *command, enum option_id id)
{
	const struct command_option *option = last(command, id);

	return option ? option->value : NULL;
}

bool command_on(const struct command_line *command, enum option_id id)
{
	const struct command_option *option = last(command, id);

	return option && option->on;
}

/* helps - whether runc will print something and do nothing else. */
static bool helps(const struct command_line *command)
{
	bool help = false;

	for (size_t i = 0; i < command->n_options; i++) {
		const struct command_option *option = &command->options[i];

		/* "--version" after the verb is no such thing */
		if (option->id == OPTION_HELP &&
		    (option->global || strcmp(option->name, "help") == 0))
			help = option->on;
	}
	return help;
}

static int parse_from(struct command_line *command, enum verb verb, char **argv, int at,
		      struct error *err)
{
	return command->runtime == RUNTIME_CRUN ? parse_argp(command, verb, argv, at, err)
						: parse_go(command, verb, argv, at, err);
}

int command_parse(enum runtime runtime, int argc, char **argv, struct command_line *ret,
		  struct error *err)
{
	int at, r = 0;

	*ret = (struct command_line){ .runtime = runtime, .verb_at = argc };
	ret->args = calloc((size_t)argc + 1, sizeof(*ret->args));
	if (!ret->args)
		return error_oom(err);
	if (argc < 1)
		return error_set(err, -EINVAL, "no arguments, not even a name");
	at = parse_from(ret, VERB_OTHER, argv, 1, err);
	if (at < 0)
		return at;
	if (runtime == RUNTIME_RUNC)
		ret->harmless = helps(ret);
	if (ret->harmless || !argv[at])
		return 0;
	ret->word = argv[at];
	ret->verb_at = at;
	ret->verb = verb_of(runtime, argv[at]);
	if (ret->verb == VERB_OTHER)
		return 0;
	r = parse_from(ret, ret->verb, argv, at + 1, err);
	if (r >= 0 && runtime == RUNTIME_RUNC)
		ret->harmless = helps(ret);
	return r < 0 ? r : 0;
}

/* Whether it only makes the process of an exec, or names its file. */
static bool makes_process(enum option_id id)
{
	return id == OPTION_PROCESS || (id >= OPTION_CWD && id <= OPTION_NO_NEW_PRIVS);
}

/* The arguments that are made, and their text. */
struct made {
	char **args, *text;
	int count;
};

static void put_text(struct made *made, const char *first, const char *second)
{
	made->args[made->count++] = made->text;
	made->text = stpcpy(stpcpy(made->text, first), second) + 1;
}

/* put - as its parser reads it in every release: urfave/cli 3 takes white space off the
 * end of an argument with "=" in it. */
static void put(struct made *made, const struct command_option *option, bool runc)
{
	put_text(made, "--", option->name);
	if (runc && option->value) {
		put_text(made, option->value, "");
	} else if (runc || option->value) {
		made->text = stpcpy(stpcpy(made->text - 1, "="), option->value ? option->value :
				    option->on ? "true" : "false") + 1;
	}
}

char **command_with_process(const struct command_line *command, char **argv, const char *path)
{
	const struct command_option file = { .name = "process", .value = path, .on = true };
	const bool runc = command->runtime == RUNTIME_RUNC;
	size_t text = strlen(path) + 40, n = (size_t)command->verb_at + 2 * command->n_options + 6;
	struct made made = { 0 };

	for (size_t i = 0; i < command->n_options; i++)
		text += strlen(command->options[i].name) + 16 +
			(command->options[i].value ? strlen(command->options[i].value) : 0);
	made.args = malloc(n * sizeof(*made.args) + text);
	if (!made.args)
		return NULL;
	made.text = (char *)(made.args + n);
	for (; made.count <= command->verb_at; made.count++)
		made.args[made.count] = argv[made.count];
	for (size_t i = 0; i < command->n_options; i++) {
		const struct command_option *option = &command->options[i];

		if (!option->global && !makes_process(option->id) && option->id != OPTION_HELP)
			put(&made, option, runc);
	}
	put(&made, &file, runc);
	/* a container's id may begin with a dash */
	if (command->args[0][0] == '-')
		put_text(&made, "--", "");
	made.args[made.count++] = command->args[0];
	made.args[made.count] = NULL;
	return made.args;
}
