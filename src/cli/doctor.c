/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <string.h>

#include <cofferdam/doctor.h>

int cmd_doctor(const struct command *self, int argc, char **argv)
{
	_cleanup_remarks_ struct remarks remarks = { 0 };
	_cleanup_buf_ struct buf out = { 0 };
	struct cli_options options = { 0 };
	int first = cli_options(self, argc, argv, "rfC", &options);
	bool json = options.format && strcmp(options.format, "json") == 0;
	struct error err;

	if (first < 0)
		return ~first;
	if (first != argc)
		return cli_usage(self, "it takes options alone");
	if (options.format && !json && strcmp(options.format, "text") != 0)
		return cli_usage(self, "--format takes text or json, not \"%s\"", options.format);
	if (options.canary && options.root && strcmp(options.root, "/") != 0)
		return cli_usage(self, "--canary starts containers, which only / can");
	if (doctor_look(options.root, &remarks, &err) < 0 ||
	    (options.canary && doctor_canary(&remarks, &err) < 0))
		return cli_fail(&err);
	if (json)
		remarks_json(&out, &remarks);
	else
		remarks_text(&out, &remarks);
	return cli_print(&out, remarks_worst(&remarks) == REMARK_FAULT ? STATUS_DENIED :
			 STATUS_ALLOWED);
}
