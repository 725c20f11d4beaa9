/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <getopt.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cofferdam/text.h>

int cli_usage(const struct command *self, const char *fmt, ...)
{
	_cleanup_buf_ struct buf shown = { 0 };
	_cleanup_free_ char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
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

static const struct option all_options[] = {
	{ "policy", required_argument, NULL, 'p' },
	{ "host-config", required_argument, NULL, 'h' },
	{ "facts", required_argument, NULL, 'F' },
	{ "exec", required_argument, NULL, 'x' },
	{ "format", required_argument, NULL, 'f' },
	{ "engine", required_argument, NULL, 'e' },
	{ "door", required_argument, NULL, 'd' },
	{ "jobs", required_argument, NULL, 'j' },
	{ "id", required_argument, NULL, 'I' },
	{ "bundle", required_argument, NULL, 'B' },
	{ "arch", required_argument, NULL, 'a' },
	{ "caps", required_argument, NULL, 'c' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "diff", no_argument, NULL, 'D' },
	{ "in-place", no_argument, NULL, 'i' },
	{ "engine", required_argument, NULL, 'E' },
	{ "door", required_argument, NULL, 'w' },
	{ "root", required_argument, NULL, 'r' },
	{ "plan", no_argument, NULL, 'P' },
	{ "enforce", no_argument, NULL, 'X' },
	{ "canary", no_argument, NULL, 'C' },
	{ "effective", no_argument, NULL, 'S' },
	{ "digest", required_argument, NULL, 'G' },
	{ "for", required_argument, NULL, 'O' },
	{ NULL, 0, NULL, 0 },
};

const char *cli_option_name(size_t i)
{
	return all_options[i].name;
}

bool cli_option_takes(const char *name)
{
	for (size_t i = 0; all_options[i].name; i++) {
		if (strcmp(all_options[i].name, name) == 0)
			return all_options[i].has_arg == required_argument;
	}
	return false;
}

static int take(const struct command *self, int option, struct cli_options *out)
{
	switch (option) {
	case 'p':
		out->policy = optarg;
		break;
	case 'h':
		out->host_config = optarg;
		break;
	case 'F':
		out->facts = optarg;
		break;
	case 'x':
		out->exec = optarg;
		break;
	case 'f':
		out->format = optarg;
		break;
	case 'e':
		out->engine = engine_parse(optarg);
		if (out->engine == ENGINE_UNKNOWN)
			return cli_usage(self, "--engine takes podman, crio, containerd or docker, not \"%s\"",
					 optarg);
		break;
	case 'd':
		if (door_parse(optarg, &out->door) < 0)
			return cli_usage(self, "--door takes runtime, hook or precreate, not \"%s\"",
					 optarg);
		break;
	case 'j':
		out->jobs = optarg;
		break;
	case 'I':
		out->id = optarg;
		break;
	case 'B':
		if (optarg[0] != '/')
			return cli_usage(self, "--bundle takes an absolute path, not \"%s\"", optarg);
		out->bundle = optarg;
		break;
	case 'a':
		out->arch = optarg;
		break;
	case 'c':
		out->caps = optarg;
		break;
	case 'v':
		out->verbose = true;
		break;
	case 'D':
		out->diff = true;
		break;
	case 'i':
		out->in_place = true;
		break;
	case 'G':
		out->digest = optarg;
		break;
	case 'E':
		out->engines = optarg;
		break;
	case 'w':
		out->way = optarg;
		break;
	case 'r':
		out->root = optarg;
		break;
	case 'P':
		out->plan = true;
		break;
	case 'X':
		out->enforce = true;
		break;
	case 'C':
		out->canary = true;
		break;
	case 'S':
		out->effective = true;
		break;
	case 'O':
		out->config = optarg;
		break;
	default:
		return cli_usage(self, "option not understood");
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

	for (size_t i = 0; all_options[i].name; i++) {
		if (strchr(accepts, all_options[i].val))
			wanted[n++] = all_options[i];
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
