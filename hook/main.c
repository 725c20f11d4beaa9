/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <cofferdam/text.h>

#include "hook.h"
#include "limits.h"
#include "stack.h"
#include "tell.h"

static const char help[] =
	"Usage: cofferdam-hook [prestart|createRuntime|precreate] [--engine ENGINE]\n"
	"                      [--host-config FILE]\n"
	"\n"
	"An OCI runtime hook: reads the container's state on standard input, judges the\n"
	"config.json of its bundle (the working directory) by this host's policy, and\n"
	"refuses the container by exiting with 1. The reason is on standard error and in\n"
	"the log that host.json names.\n"
	"\n"
	"  prestart, createRuntime   the stage it is registered for\n"
	"  precreate                 podman's own stage: config.json comes on standard input,\n"
	"                            and the hardened one goes to standard output\n"
	"  --engine ENGINE           who calls: podman, crio, containerd or docker; policies\n"
	"                            may differ by it, and advice is given in its words\n"
	"  --host-config FILE        instead of " SYSCONFDIR "/cofferdam/host.json\n"
	"  --admitted                refuse what the runtime door did not let through\n"
	"  --veto                    only verify that, before other hooks run\n"
	"  --help, --version\n"
	"\n"
	"Try it without an engine:  cofferdam check --door hook BUNDLE\n"
	"Manual pages: cofferdam-hook(8), cofferdam-policy(5)\n";

static int usage(const char *what, const char *word)
{
	_cleanup_buf_ struct buf line = { 0 };

	buf_printf(&line, "cofferdam-hook: refused, %s \"", what);
	text_escape(&line, word, strlen(word), 100);
	buf_str(&line, "\"; see cofferdam-hook --help");
	tell(buf_cstr(&line), 0);
	return 1;	/* as every refusal: to a runtime, a hook wrongly registered is one */
}

static int on_own_stack(const void *arg)
{
	const struct hook_call *call = arg;

	return strcmp(call->stage, "precreate") == 0 ? precreate_run(call) : hook_run(call);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "engine", required_argument, NULL, 'e' },
		{ "host-config", required_argument, NULL, 'c' },
		{ "admitted", no_argument, NULL, 'a' },
		{ "veto", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	struct hook_call call = { .stage = "" };
	int option;

	process_settle();
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1 || optind < argc) {
		switch (option) {
		case -1:
			if (call.stage[0])
				return usage("two stages; the second is", argv[optind]);
			call.stage = argv[optind++];
			if (strcmp(call.stage, "prestart") != 0 &&
			    strcmp(call.stage, "createRuntime") != 0 &&
			    strcmp(call.stage, "precreate") != 0)
				return usage("not a stage this hook serves:", call.stage);
			break;
		case 'e':
			call.engine = engine_parse(optarg);
			if (call.engine == ENGINE_UNKNOWN)
				return usage("no such engine:", optarg);
			break;
		case 'c':
			call.host_config = optarg;
			break;
		case 'a':
			call.admitted = true;
			break;
		case 'V':
			call.veto = true;
			break;
		case 'h':
			return fputs(help, stdout) < 0;
		case 'v':
			return puts(PACKAGE_STRING) < 0;
		default:
			return usage("unknown option or missing value:", argv[optind - 1]);
		}
	}
	return stack_run(on_own_stack, &call);
}
