/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <string.h>

static int show(const struct cli_options *options, const char *name)
{
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	struct cli_options named = *options;
	struct error err;

	named.policy = name;
	if (cli_policy(&named, &policy, &err) < 0)
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
		return policy_lint_host(&options);
	for (int i = first + 1; i < argc; i++)
		status = cli_worst(status, policy_lint(&options, argv[i]));
	return status;
}
