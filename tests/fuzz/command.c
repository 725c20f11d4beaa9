/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include <argp.h>
#include <string.h>

#define ROWS_MAX 64
#define KEY_BASE 1000

void reading_option(struct reading *to, const struct option_row *row, const char *value, bool on)
{
	struct error err;

	property(command_option_add(&to->command, row, value, on, &err) == 0, "%s", err.text);
}

void reading_arg(struct reading *to, char *arg)
{
	property(to->command.n_args < READ_ARGS_MAX, "few arguments");
	to->command.args[to->command.n_args++] = arg;
}

void reading_begin(struct reading *to, enum runtime runtime)
{
	*to = (struct reading){ .command = { .runtime = runtime } };
	to->command.args = to->args;
}

void reading_free(struct reading *reading)
{
	free(reading->command.options);
	for (size_t i = 0; i < reading->n_copies; i++)
		free(reading->copies[i]);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool alike(const struct command_line *a, const struct command_line *b)
{
	if (a->verb != b->verb || a->n_options != b->n_options || a->n_args != b->n_args)
		return false;
	for (size_t i = 0; i < a->n_options; i++) {
		const struct command_option *x = &a->options[i], *y = &b->options[i];

		if (x->id != y->id || x->on != y->on || x->global != y->global ||
		    !same_text(x->name, y->name) || !same_text(x->value, y->value))
			return false;
	}
	for (size_t i = 0; i < a->n_args; i++) {
		if (strcmp(a->args[i], b->args[i]) != 0)
			return false;
	}
	return true;
}

/* --- argp --- */

struct argp_input {
	struct reading *to;
	const struct option_row *by_key[ROWS_MAX];
	struct argp_option options[ROWS_MAX + 1];
};

static error_t one_argp(int key, char *arg, struct argp_state *state)
{
	struct argp_input *in = state->input;
	const struct option_row *row = NULL;

	for (size_t i = 0; in->by_key[i] && key > 0; i++) {
		if (in->options[i].key == key)
			row = in->by_key[i];
	}
	if (!row)
		return ARGP_ERR_UNKNOWN;
	if (row->id == OPTION_HELP)
		return ECANCELED;
	if (row->takes == TAKES_VALUE)
		reading_option(in->to, row, arg, true);
	else
		reading_option(in->to, row, NULL, !arg || (strcmp(arg, "false") != 0 && strcmp(arg, "no") != 0));
	return 0;
}

/* argp_part - the index of the first argument that is no option; negative: an error, or help. */
static int argp_part(struct reading *to, enum verb verb, int argc, char **argv)
{
	struct argp_input in = { .to = to };
	struct argp argp = { .options = in.options, .parser = one_argp };
	const struct option_row *row = option_rows(verb);
	int first = 0;

	for (size_t n = 0; row->name; row++) {
		if (!(row->by & BY_CRUN))
			continue;
		property(n < ROWS_MAX, "few options");
		in.by_key[n] = row;
		in.options[n] = (struct argp_option){
			.name = row->name[0] ? row->name : NULL,
			.key = row->letter ? row->letter : KEY_BASE + (int)n,
			.arg = row->takes == TAKES_NOTHING ? NULL : "VALUE",
			.flags = row->takes == TAKES_MAYBE ? OPTION_ARG_OPTIONAL : 0,
		};
		n++;
	}
	return argp_parse(&argp, argc, argv, ARGP_IN_ORDER | ARGP_SILENT, &first, &in) == 0 ? first
											   : -1;
}

void read_argp(int argc, char **argv, struct reading *ret)
{
	int at, first;

	reading_begin(ret, RUNTIME_CRUN);
	at = argp_part(ret, VERB_OTHER, argc, argv);
	if (at < 0 || at >= argc)
		return;
	ret->command.word = argv[at];
	ret->command.verb = verb_of(RUNTIME_CRUN, argv[at]);
	if (ret->command.verb == VERB_OTHER)
		return;
	first = argp_part(ret, ret->command.verb, argc - at, argv + at);
	if (first < 0)
		return;
	for (at += first; at < argc; at++)
		reading_arg(ret, argv[at]);
	ret->acts = ret->command.n_args > 0;
}
