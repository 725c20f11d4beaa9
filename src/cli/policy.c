/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <string.h>

/* takes - the options of a word of the command, by their letters. */
static const char *takes(const char *what, bool effective)
{
	if (strcmp(what, "show") == 0)
		return effective ? "hSOeIB" : "hO";
	if (strcmp(what, "diff") == 0)
		return "hf";
	if (strcmp(what, "test") == 0)
		return "hfv";
	return "h";
}

int cmd_policy(const struct command *self, int argc, char **argv)
{
	struct cli_options options = { 0 };
	int first = cli_options(self, argc, argv, "heIBfOSv", &options);
	int status = STATUS_ALLOWED;
	const char *what;

	if (first < 0)
		return ~first;
	if (argc == first)
		return cli_usage(self, "what to do?");
	if (options.format && strcmp(options.format, "text") != 0 &&
	    strcmp(options.format, "json") != 0)
		return cli_usage(self, "--format takes text or json, not \"%s\"", options.format);
	what = argv[first++];
	status = cli_only(self, &options, what, takes(what, options.effective));
	if (status)
		return status;
	if (strcmp(what, "show") == 0)
		return policy_show(self, &options, argc - first, argv + first);
	if (strcmp(what, "diff") == 0 && argc - first == 2)
		return policy_diff(&options, argv[first], argv[first + 1]);
	if (strcmp(what, "bases") == 0 && argc == first)
		return policy_bases();
	if (strcmp(what, "test") == 0 && argc > first) {
		for (int i = first; i < argc; i++)
			status = cli_worst(status, policy_test(&options, argv[i]));
		return status;
	}
	if (strcmp(what, "lint") != 0)
		return cli_usage(self, "policy takes lint [POLICY]..., show POLICY, diff A B, test BUNDLE... or bases");
	if (argc == first)
		return policy_lint_host(&options);
	for (int i = first; i < argc; i++)
		status = cli_worst(status, policy_lint(&options, argv[i]));
	return status;
}
