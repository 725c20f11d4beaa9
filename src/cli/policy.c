/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <string.h>

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
	if (argc - first < 2)
		return cli_usage(self, "what to do, and with which policy?");
	if (strcmp(argv[first], "show") == 0 && argc - first == 2)
		return show(&options, argv[first + 1]);
	if (strcmp(argv[first], "lint") != 0)
		return cli_usage(self, "policy takes lint POLICY... or show POLICY");
	for (int i = first + 1; i < argc; i++)
		status = cli_worst(status, lint(&options, argv[i]));
	return status;
}
