/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <fcntl.h>

int cmd_facts(const struct command *self, int argc, char **argv)
{
	_cleanup_policies_ struct policies policies = { 0 };
	_cleanup_candidate_ struct candidate c = { 0 };
	_cleanup_input_ struct input input = { .dir_fd = -1 };
	_cleanup_buf_ struct buf out = { 0 };
	struct facts_source source = { .bundle_fd = AT_FDCWD, .whole = true };
	struct cli_options options = { 0 };
	struct subject how = { 0 };
	int first = cli_options(self, argc, argv, "ph", &options);
	struct error err;

	if (first < 0)
		return ~first;
	if (first != argc - 1)
		return cli_usage(self, "one configuration, please");
	if (policies_load(&options, &policies, &err) < 0 || input_read(argv[first], &input, &err) < 0 ||
	    candidate_parse(input.name, &input.text, &c, &err) < 0)
		return cli_fail(&err);
	if (input.dir_fd >= 0)
		source.bundle_fd = input.dir_fd;
	how.spec = &c.spec;
	if (policies_for(&policies, &how, &how.policy, &err) < 0 ||
	    facts_gather(&c.spec, how.policy, &source, &c.facts, &err) < 0)
		return cli_fail(&err);
	facts_print(&out, &c.facts);
	return cli_print(&out, STATUS_ALLOWED);
}
