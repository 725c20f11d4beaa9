/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <string.h>

#include <cofferdam/install.h>

/* What --engine and --door say; 0, or an exit status. */
static int wanted(const struct command *self, const struct cli_options *options,
		  struct install_want *ret)
{
	struct install_want want = { .root = options->root, .enforce = options->enforce };
	enum engine engine;

	want.all = !options->engines || strcmp(options->engines, "all") == 0;
	if (!want.all) {
		engine = engine_parse(options->engines);
		if (engine == ENGINE_UNKNOWN)
			return cli_usage(self, "--engine takes podman, crio, containerd, docker or all, not "
					 "\"%s\"", options->engines);
		want.engines[engine] = true;
	}
	if (options->way) {
		if (install_door_parse(options->way, &want.door) < 0)
			return cli_usage(self, "--door takes hook, precreate, runtime or divert, not \"%s\"",
					 options->way);
		want.door_given = true;
	}
	*ret = want;
	return 0;
}

#define TRIES_MAX 5

int cmd_install(const struct command *self, int argc, char **argv)
{
	_cleanup_plan_ struct plan *plan = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	struct cli_options options = { 0 };
	struct install_want want;
	int first = cli_options(self, argc, argv, "EwrPX", &options);
	int status, r, tries = 0;
	struct error err;

	if (first < 0)
		return ~first;
	if (first != argc)
		return cli_usage(self, "it takes options alone");
	if (!options.engines && options.way)
		return cli_usage(self, "--engine is missing: podman, crio, containerd, docker or all");
	status = wanted(self, &options, &want);
	if (status)
		return status;
	want.registered = !options.engines;
	/* where another was quicker, what it has left to do is planned anew */
	do {
		plan_free(&plan);
		buf_reset(&out);
		if (install_plan(&want, &plan, &err) < 0)
			return cli_fail(&err);
		if (plan_empty(plan))
			buf_str(&out, "nothing to do: all is in place\n");
		plan_print(&out, plan);
		r = options.plan ? 0 : plan_apply(plan, &err);
	} while (r == -EAGAIN && tries++ < TRIES_MAX);
	if (r < 0)
		return cli_fail(&err);
	plan_notes(&out, plan);
	return cli_print(&out, STATUS_ALLOWED);
}

int cmd_uninstall(const struct command *self, int argc, char **argv)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct cli_options options = { 0 };
	struct install_want want;
	int first = cli_options(self, argc, argv, "ErP", &options);
	struct error err;
	int status, r;

	if (first < 0)
		return ~first;
	if (first != argc)
		return cli_usage(self, "it takes options alone");
	status = wanted(self, &options, &want);
	if (status)
		return status;
	r = install_undo(&want, options.plan, &out, &err);
	status = cli_print(&out, r > 0 ? STATUS_DENIED : STATUS_ALLOWED);
	return r < 0 ? cli_fail(&err) : status;
}

int cmd_status(const struct command *self, int argc, char **argv)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct cli_options options = { 0 };
	int first = cli_options(self, argc, argv, "r", &options);
	struct error err;
	int r;

	if (first < 0)
		return ~first;
	if (first != argc)
		return cli_usage(self, "it takes options alone");
	r = install_status(options.root, &out, &err);
	if (r < 0)
		return cli_fail(&err);
	return cli_print(&out, r > 0 ? STATUS_DENIED : STATUS_ALLOWED);
}
