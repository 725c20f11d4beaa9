/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cofferdam/text.h>

int cli_usage(const struct command *self, const char *fmt, ...)
{
	_cleanup_buf_ struct buf shown = { 0 };
	_cleanup_free_ char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = text_vformat(fmt, ap);
	va_end(ap);
	if (what)
		text_escape(&shown, what, strlen(what), 256);
	(void)fprintf(stderr, "cofferdam %s: %s\nUsage: cofferdam %s %s\nMore: cofferdam %s --help\n",
		      self->name, buf_cstr(&shown), self->name, self->usage, self->name);
	return STATUS_USAGE;
}

int cli_fail(const struct error *err)
{
	(void)fprintf(stderr, "cofferdam: %s\n", err->text);
	return STATUS_UNJUDGED;
}

int cli_print(const struct buf *out, int status)
{
	struct error err;

	if (buf_check(out, &err) < 0)
		return cli_fail(&err);
	if (fwrite(buf_cstr(out), 1, out->len, stdout) == out->len && fflush(stdout) == 0)
		return status;
	(void)error_sys(&err, errno, "standard output");
	return cli_fail(&err);
}

void cli_foreign(struct buf *out, const char *name)
{
	text_escape(out, name, strlen(name), SIZE_MAX);
}

int cli_worst(int a, int b)
{
	return a > b ? a : b;
}

int cli_status(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_ALLOW:
	case VERDICT_HARDEN:
		return STATUS_ALLOWED;
	case VERDICT_DENY:
		return STATUS_DENIED;
	case VERDICT_UNJUDGED:
	case VERDICT_MAX:
		break;
	}
	return STATUS_UNJUDGED;
}

/* An option, and the member that takes it: a string, or a bool. */
static const struct option_row {
	struct option as;
	size_t member;
} all_options[] = {
#define WORD(name, letter, member) \
	{ { name, required_argument, NULL, letter }, offsetof(struct cli_options, member) }
#define FLAG(name, letter, member) \
	{ { name, no_argument, NULL, letter }, offsetof(struct cli_options, member) }
	WORD("policy", 'p', policy),
	WORD("host-config", 'h', host_config),
	WORD("facts", 'F', facts),
	WORD("exec", 'x', exec),
	WORD("format", 'f', format),
	WORD("engine", 'e', engine),
	WORD("door", 'd', door),
	WORD("jobs", 'j', jobs),
	WORD("id", 'I', id),
	WORD("bundle", 'B', bundle),
	WORD("arch", 'a', arch),
	WORD("caps", 'c', caps),
	FLAG("verbose", 'v', verbose),
	FLAG("diff", 'D', diff),
	FLAG("in-place", 'i', in_place),
	WORD("engine", 'E', engines),
	WORD("door", 'w', way),
	WORD("root", 'r', root),
	FLAG("plan", 'P', plan),
	FLAG("enforce", 'X', enforce),
	FLAG("canary", 'C', canary),
	FLAG("effective", 'S', effective),
	WORD("digest", 'G', digest),
	WORD("for", 'O', config),
	{ { NULL, 0, NULL, 0 }, 0 },
#undef WORD
#undef FLAG
};

const char *cli_option_name(size_t i)
{
	return all_options[i].as.name;
}

bool cli_option_takes(const char *name)
{
	for (size_t i = 0; all_options[i].as.name; i++) {
		if (strcmp(all_options[i].as.name, name) == 0)
			return all_options[i].as.has_arg == required_argument;
	}
	return false;
}

/* take_word - what is more than a word, or not any word. */
static int take_word(const struct command *self, const struct option_row *row,
		     struct cli_options *out)
{
	switch (row->as.val) {
	case 'e':
		out->engine = engine_parse(optarg);
		if (out->engine == ENGINE_UNKNOWN)
			return cli_usage(self, "--engine takes podman, crio, containerd or docker, not \"%s\"",
					 optarg);
		return 0;
	case 'd':
		if (door_parse(optarg, &out->door) < 0)
			return cli_usage(self, "--door takes runtime, hook or precreate, not \"%s\"",
					 optarg);
		return 0;
	case 'B':
		if (optarg[0] != '/')
			return cli_usage(self, "--bundle takes an absolute path, not \"%s\"", optarg);
		break;
	default:
		break;
	}
	*(const char **)(void *)((char *)out + row->member) = optarg;
	return 0;
}

static int take(const struct command *self, int option, struct cli_options *out)
{
	const struct option_row *row = all_options;

	while (row->as.name && row->as.val != option)
		row++;
	if (!row->as.name)
		return cli_usage(self, "option not understood");
	if (row->as.has_arg == required_argument)
		return take_word(self, row, out);
	*(bool *)((char *)out + row->member) = true;
	return 0;
}

/* given - whether the option of @row was. */
static bool given(const struct option_row *row, const struct cli_options *options)
{
	const char *at = (const char *)options + row->member;

	if (row->as.val == 'e')
		return options->engine != ENGINE_UNKNOWN;
	if (row->as.val == 'd')
		return options->door != DOOR_RUNTIME;
	return row->as.has_arg == required_argument ? *(const char *const *)(const void *)at != NULL
						    : *(const bool *)(const void *)at;
}

int cli_only(const struct command *self, const struct cli_options *options, const char *what,
	     const char *accepts)
{
	for (const struct option_row *row = all_options; row->as.name; row++) {
		if (!strchr(accepts, row->as.val) && given(row, options))
			return cli_usage(self, "%s takes no --%s", what, row->as.name);
	}
	return 0;
}

int cli_options(const struct command *self, int argc, char **argv, const char *accepts,
		struct cli_options *ret)
{
	struct cli_options options = { 0 };
	struct option wanted[ARRAY_SIZE(all_options)];
	size_t n = 0;
	int option, status;

	for (size_t i = 0; all_options[i].as.name; i++) {
		if (strchr(accepts, all_options[i].as.val))
			wanted[n++] = all_options[i].as;
	}
	memset(&wanted[n], 0, sizeof(wanted[n]));
	opterr = 0;
	while ((option = getopt_long(argc, argv, strchr(accepts, 'v') ? "v" : "", wanted,
				     NULL)) != -1) {
		if (option == '?')
			status = cli_usage(self, "option not understood, or its value is missing: %s",
					   argv[optind - 1]);
		else
			status = take(self, option, &options);
		if (status)
			return ~status;
	}
	*ret = options;
	return optind;
}
