/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <string.h>
#include <unistd.h>

static int load(const struct cli_options *options, const char *name, struct policy **ret,
		struct error *err)
{
	struct cli_options named = *options;

	named.policy = name;
	return cli_policy(&named, ret, err);
}

static int lint(const struct cli_options *options, const char *name)
{
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	size_t count[ACTION_MAX] = { 0 };
	struct error err;

	if (load(options, name, &policy, &err) < 0)
		return cli_fail(&err);
	for (size_t i = 0; i < RULE_MAX; i++)
		count[policy->rules[i].action]++;
	buf_printf(&out, "%s: ok:", policy->name);
	for (int a = 0; a < ACTION_MAX; a++)
		buf_printf(&out, "%s %zu %s", a ? "," : "", count[a], action_name((enum action)a));
	buf_char(&out, '\n');
	return cli_print(&out, STATUS_ALLOWED);
}

/* lint_host - host.json itself, and every policy that it uses. */
static int lint_host(const struct cli_options *options)
{
	_cleanup_host_ struct host *host = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	int status = STATUS_ALLOWED;
	struct error err;

	if (host_load(options->host_config, geteuid(), &host, &err) < 0)
		return cli_fail(&err);
	buf_printf(&out, "%s: ok: mode %s\n", host->path ? host->path : "no host.json, defaults",
		   mode_name(host->mode));
	status = cli_print(&out, status);
	for (size_t i = 0; i < host->n_choices; i++)
		status = cli_worst(status, lint(options, host->choices[i].use));
	return status;
}

static int show(const struct cli_options *options, const char *name)
{
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	struct error err;

	if (load(options, name, &policy, &err) < 0)
		return cli_fail(&err);
	policy_print(&out, policy);
	return cli_print(&out, STATUS_ALLOWED);
}

int cmd_policy(const struct command *self, int argc, char **argv)
{
	struct cli_options options = { 0 };
	int first = cli_options(self, argc, argv, "h", &options);
	int status = STATUS_ALLOWED;

	if (first < 0)
		return ~first;
	if (argc == first)
		return cli_usage(self, "what to do?");
	if (strcmp(argv[first], "show") == 0 && argc - first == 2)
		return show(&options, argv[first + 1]);
	if (strcmp(argv[first], "lint") != 0)
		return cli_usage(self, "policy takes lint [POLICY]... or show POLICY");
	if (argc - first == 1)
		return lint_host(&options);
	for (int i = first + 1; i < argc; i++)
		status = cli_worst(status, lint(&options, argv[i]));
	return status;
}
