/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <cofferdam/text.h>

static const struct command commands[] = {
	{ "check", "[OPTION]... PATH...", "judge configurations; change nothing",
	  "PATH is a bundle, a config.json, a folder (every bundle below it; what those\n"
	  "hold is not looked at), or - for standard input. Judged as the runtime door\n"
	  "would, unless --door says otherwise: a door that cannot edit config.json\n"
	  "denies where the policy says harden.\n\n"
	  "  --policy POLICY       baseline, restricted, cis-docker, a bundle's name (or\n"
	  "                        NAME@VERSION), or a path; without it what host.json says\n"
	  "  --door DOOR           runtime (default), hook, precreate\n"
	  "  --engine ENGINE       podman, crio, containerd, docker: whose container it is\n"
	  "  --id ID, --bundle PATH   as the runtime would be given them, for policies and\n"
	  "                        exemptions that ask for them\n"
	  "  --exec PROCESS        judge this process file as an exec into the container\n"
	  "                        that PATH configures\n"
	  "  --facts FILE          facts recorded with cofferdam facts, instead of this\n"
	  "                        host's; - is not accepted\n"
	  "  --host-config FILE    instead of " SYSCONFDIR "/cofferdam/host.json\n"
	  "  --format text|json    json: one object a line\n"
	  "  --jobs N              judge N inputs at once (default: one a processor)\n"
	  "  -v, --verbose         say why, and name the sources\n\n"
	  "Examples:\n"
	  "  cofferdam check .\n"
	  "  cofferdam check --policy baseline --engine podman /run/containers\n"
	  "  cofferdam check --format json - < config.json\n",
	  cmd_check },
	{ "harden", "[OPTION]... PATH", "print or write a hardened config.json",
	  "Makes the edits of every rule whose action is harden, judges the result again,\n"
	  "and prints it. What is not edited stays byte for byte. A configuration that is\n"
	  "denied is reported on standard error and not printed.\n\n"
	  "  --diff                print what would change, before and after\n"
	  "  --format json         with --diff: a JSON Patch (RFC 6902)\n"
	  "  --in-place            rewrite the file: beside, synced, renamed; mode and\n"
	  "                        owner kept; not touched when nothing changes\n"
	  "  -v, --verbose         of what is denied, say why and name the sources\n"
	  "  --policy, --engine, --id, --bundle, --facts, --host-config   as for check\n\n"
	  "Examples:\n"
	  "  cofferdam harden --diff .\n"
	  "  cofferdam harden --policy restricted --in-place /run/bundle\n",
	  cmd_harden },
	{ "facts", "[OPTION]... PATH", "print what a configuration refers to on this host",
	  "Namespaces, mount sources, id maps and the policy's paths, as JSON, so that the\n"
	  "configuration can be judged elsewhere by cofferdam check.\n\n"
	  "  --policy, --host-config   whose paths to look up, as for cofferdam check\n\n"
	  "Exit status: 0 done, 2 usage, 3 it could not be read.\n\n"
	  "Example:\n"
	  "  cofferdam facts . > facts.json && cofferdam check --facts facts.json .\n",
	  cmd_facts },
	{ "rules", "[--format text|md|json]", "list the rules",
	  "Exit status: 0 done, 2 usage.\n\n"
	  "Example:\n  cofferdam rules --format md\n", cmd_rules },
	{ "controls", "[--format text|md|json]", "list public controls and the rules that judge them",
	  "The CIS Docker Benchmark, section 5, and the Kubernetes Pod Security Standards;\n"
	  "for a control that no rule judges, why it cannot be seen here. json: one object\n"
	  "a line.\n\n"
	  "Exit status: 0 done, 2 usage.\n\n"
	  "Example:\n  cofferdam controls --format json\n", cmd_controls },
	{ "explain", "[--policy POLICY] [--host-config FILE] RULE|RECORD",
	  "what a rule is for, or what a record of the log says",
	  "  RULE     the attack that it stops, how to satisfy it under docker, podman and\n"
	  "           Kubernetes, what the policies of this host (or --policy) make of it\n"
	  "           and where that is written\n"
	  "  RECORD   a file of records, or - for standard input: for each, what came of the\n"
	  "           container, and all of that about the rules that it violates\n\n"
	  "Exit status: 0 done, 2 usage, 3 the policy or the records could not be read.\n\n"
	  "Examples:\n"
	  "  cofferdam explain sensitive-mount\n"
	  "  tail -n 1 /var/log/cofferdam.jsonl | cofferdam explain -\n", cmd_explain },
	{ "log", "summary [--format text|json] [FILE]", "sum up the records of the log",
	  "By rule, image and namespace: what was refused and hardened, and what would have\n"
	  "been (+would) but for audit mode, so that a policy can be tightened step by step.\n"
	  "What is counted are records: a container with five findings of a rule counts once,\n"
	  "by the gravest. FILE is host.json's log file, or - for standard input.\n\n"
	  "  --host-config FILE    instead of " SYSCONFDIR "/cofferdam/host.json\n"
	  "  --format text|json\n\n"
	  "Exit status: 0 done, 2 usage, 3 the log could not be read.\n\n"
	  "Examples:\n"
	  "  cofferdam log summary\n"
	  "  journalctl -t cofferdam -o cat --since -7d | cofferdam log summary -\n",
	  cmd_log },
	{ "policy", "lint [POLICY]... | show POLICY | diff A B | test BUNDLE... | bases",
	  "check, print, compare and test policies",
	  "  lint POLICY...   read strictly; errors name line and column; warnings of\n"
	  "                   exemptions that are for everybody or have expired, and of what\n"
	  "                   decides nothing\n"
	  "  lint             host.json, and every policy that it uses\n"
	  "  show POLICY      print every action and parameter in force, as a policy.json\n"
	  "  show --effective [POLICY] [--for CONFIG]\n"
	  "                   the same with file and line of each value; with --for and\n"
	  "                   without POLICY, of the policy that host.json chooses for that\n"
	  "                   config.json, overlay and exemptions included\n"
	  "  diff A B         what B lets through less or more than A, setting by setting; 1 if\n"
	  "                   anything is laxer, or cannot be told\n"
	  "  test BUNDLE...   run the cases in tests/ of a bundle, say which of its own\n"
	  "                   settings and exemptions no case depends on; 1 if a case fails;\n"
	  "                   BUNDLE is a folder, or NAME@VERSION\n"
	  "  bases            the configurations that cases may start from\n\n"
	  "POLICY is baseline, restricted, cis-docker, the name of a bundle beside\n"
	  "host.json, NAME@VERSION for one that is installed, or a path to a bundle's folder\n"
	  "or its policy.json.\n\n"
	  "  --host-config FILE    instead of " SYSCONFDIR "/cofferdam/host.json\n"
	  "  --engine ENGINE, --id ID, --bundle PATH   with --for: as for cofferdam check\n"
	  "  --format text|json    of diff and test; json: one object a line\n"
	  "  -v, --verbose         of test: each case, and each rule without a finding\n\n"
	  "Exit status: 0 done; 1 of diff and test, as above; 2 usage; 3 a policy, a case or\n"
	  "host.json cannot be read or judged.\n\n"
	  "Examples:\n"
	  "  cofferdam policy lint ./bundles/web\n"
	  "  cofferdam policy diff web@1.2 ./bundles/web\n"
	  "  cofferdam policy test ./bundles/web\n"
	  "  cofferdam policy show --effective --engine podman --for ./config.json\n",
	  cmd_policy },
	{ "bundle", "COMMAND [ARGUMENT]...", "install, activate and roll back policies as wholes",
	  "  verify DIR         compare a bundle's files with its manifest, and read its policy\n"
	  "  seal DIR VERSION   write the manifest: every file with its digest\n"
	  "  install DIR        copy it into the host's store; nothing becomes active\n"
	  "  list               what is installed, and which version is active\n"
	  "  activate NAME[@VERSION]   make a version the active one, by one rename\n"
	  "  rollback NAME      make active again what was before\n\n"
	  "  --digest DIGEST       of install: what the bundle's digest must be; then anybody\n"
	  "                        may have written DIR\n"
	  "  --host-config FILE    the host whose bundles/ it is; instead of\n"
	  "                        " SYSCONFDIR "/cofferdam/host.json\n"
	  "  --format text|json    of list\n\n"
	  "Exit status: 0 done, 2 usage, 3 not done, and what is active is as it was.\n\n"
	  "Example:\n"
	  "  cofferdam bundle seal ./web 1.2 && cofferdam bundle install ./web &&\n"
	  "      cofferdam bundle activate web@1.2\n",
	  cmd_bundle },
	{ "seccomp", "show|lint PROFILE... | compare A B", "look at seccomp profiles",
	  "  show PROFILE     which system calls it allows, and which by their arguments;\n"
	  "                   --format json: as the OCI object that a runtime gets; bpf: as\n"
	  "                   the filter that the kernel gets\n"
	  "  compare A B      what A allows that B does not, and the other way round, conditions\n"
	  "                   on arguments included; 1 if A allows anything that B does not\n"
	  "  lint PROFILE...  name what does not do what it seems to; 1 if that lets through\n"
	  "                   more than is written down\n\n"
	  "PROFILE is hardened, compat32, build; podman (the file that podman, Buildah and\n"
	  "CRI-O read); the path of an engine's own file (moby's default.json has the same\n"
	  "form), of an OCI profile, of a config.json, of a compiled filter; or - for\n"
	  "standard input.\n\n"
	  "  --caps LIST      of engines' files: the capabilities that the container has,\n"
	  "                   separated by commas, or none (default: the fourteen that moby\n"
	  "                   gives)\n"
	  "  --arch ARCH      x86_64, aarch64, ... (default: this host's)\n"
	  "  --format text|json\n\n"
	  "Exit status: 0 done; 1 of compare and lint, as above; 2 usage; 3 a profile could not be\n"
	  "read.\n\n"
	  "Examples:\n"
	  "  cofferdam seccomp compare hardened podman\n"
	  "  cofferdam seccomp lint /etc/docker/seccomp.json\n"
	  "  cofferdam seccomp compare /run/bundle/config.json hardened\n",
	  cmd_seccomp },
	{ "install", "[--engine ENGINE|all [--door DOOR]] [OPTION]...",
	  "register with the engines of this host",
	  "  --engine ENGINE   podman, crio, containerd, docker; all: those that are here;\n"
	  "                    without it: those that are registered, by the same doors again\n"
	  "  --door DOOR       hook: a file in a hooks directory (podman, crio; their default)\n"
	  "                    precreate: podman's own stage, which hardens\n"
	  "                    runtime: the engine's table of runtimes (the default of\n"
	  "                    containerd and docker)\n"
	  "                    divert: runc and crun themselves, for whoever calls them\n"
	  "  --plan            only say what would be done, line by line\n"
	  "  --enforce         put host.json to mode enforce; a host without one gets one in\n"
	  "                    mode audit otherwise, which refuses nothing\n"
	  "  --root DIR        another root than /\n\n"
	  "Doors add up: run it once for each. A second run changes nothing. It refuses what\n"
	  "would leave a host where no container can start. It names the engines that have\n"
	  "to be restarted, and restarts none.\n\n"
	  "Exit status: 0 done, or nothing to do; 2 usage; 3 not done, and nothing changed.\n\n"
	  "Examples:\n"
	  "  cofferdam install --engine podman --plan\n"
	  "  cofferdam install --engine all && cofferdam doctor\n"
	  "  cofferdam install --engine docker --door divert\n"
	  "  cofferdam install --enforce\n",
	  cmd_install },
	{ "uninstall", "[--engine ENGINE|all] [--plan] [--root DIR]", "take the registration back",
	  "Every file is again as it was, byte for byte. One that was changed since keeps\n"
	  "these changes and loses what was put in; where that cannot be told apart, it is\n"
	  "left alone and named.\n\n"
	  "Exit status: 0 all is as it was; 1 something had to be left; 2 usage; 3 could not.\n\n"
	  "Example:\n  cofferdam uninstall --engine all --plan\n",
	  cmd_uninstall },
	{ "status", "[--root DIR]", "what is registered, and whether it is still in place",
	  "What would go past it, and whether it works: cofferdam doctor.\n\n"
	  "Exit status: 0 it is, 1 something is not as it was made, 2 usage, 3 could not look.\n",
	  cmd_status },
	{ "doctor", "[--canary] [--format text|json] [--root DIR]",
	  "whether what is registered works, and what would go past it",
	  "Looks at what is registered, at what the engines read, at programs, owners and\n"
	  "modes, logs, kernel and versions, and says how to mend what is wrong.\n\n"
	  "  --canary          through each registered engine, start a container that any\n"
	  "                    policy refuses, and say whether it was refused\n"
	  "  --format json     one object, for monitoring\n"
	  "  --root DIR        the files below another root; what runs is not looked at\n\n"
	  "A fault: it does not hold now. A warning: somebody could go past it, or it may fail\n"
	  "later.\n\n"
	  "Exit status: 0 no fault, 1 faults, 2 usage, 3 could not look.\n\n"
	  "Examples:\n"
	  "  cofferdam doctor --canary\n"
	  "  cofferdam doctor --format json | jq -r '.remarks[] | select(.level == \"fault\") | .what'\n",
	  cmd_doctor },
	{ "completion", "bash|zsh", "print the script with which a shell completes command lines",
	  "Installed where bash-completion and zsh look; the example does it by hand.\n\n"
	  "Exit status: 0 done, 2 usage.\n\n"
	  "Example:\n  source <(cofferdam completion bash)\n",
	  cmd_completion },
};

const struct command *cli_commands(size_t *ret_n)
{
	*ret_n = ARRAY_SIZE(commands);
	return commands;
}

static const char exit_statuses[] =
	"Exit status: 0 would start (as it is, or hardened), 1 denied, 2 usage, 3 could not\n"
	"judge; over several inputs the worst wins (3, 1, 0).\n";

static void overview(FILE *to)
{
	(void)fputs("Usage: cofferdam COMMAND [OPTION]... [ARGUMENT]...\n\n"
		    "Judges OCI container configurations (config.json) by isolation policy, and\n"
		    "hardens them. The same rules refuse containers on a host through the hook\n"
		    "cofferdam-hook(8).\n\nCommands:\n", to);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
	(void)fprintf(to, "\nStart here:  cofferdam check PATH-TO-A-BUNDLE\n"
			  "Then:        cofferdam COMMAND --help, cofferdam explain RULE\n\n%s",
		      exit_statuses);
}

static int help(const struct command *command)
{
	/* those that judge nothing say what theirs mean */
	bool own = strstr(command->help, "Exit status:") != NULL;

	(void)printf("Usage: cofferdam %s %s\n\n%c%s.\n\n%s%s%s", command->name, command->usage,
		     command->summary[0] - 'a' + 'A', command->summary + 1, command->help,
		     own ? "" : "\n", own ? "" : exit_statuses);
	return fflush(stdout) == 0 ? STATUS_ALLOWED : STATUS_UNJUDGED;
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static int unknown(const char *name)
{
	const char *names[ARRAY_SIZE(commands)], *near;
	_cleanup_buf_ struct buf shown = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		names[i] = commands[i].name;
	near = text_nearest(name, names, ARRAY_SIZE(names));
	text_escape(&shown, name, strlen(name), 64);
	(void)fprintf(stderr, "cofferdam: no command \"%s\"; %s%s%s\n", buf_cstr(&shown),
		      near ? "did you mean \"" : "see ", near ? near : "cofferdam --help", near ? "\"?" : "");
	return STATUS_USAGE;
}

/*
 * keep_standard - where a standard descriptor is closed, no file that is opened later may take
 * its place and get what is told. What is opened here instead fails as a closed one does.
 */
static void keep_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	const struct command *command;

	(void)signal(SIGXFSZ, SIG_IGN);
	keep_standard();
	if (!name) {
		overview(stderr);
		return STATUS_USAGE;
	}
	if (strcmp(name, "--version") == 0)
		return puts(PACKAGE_STRING) >= 0 && fflush(stdout) == 0 ? STATUS_ALLOWED : STATUS_UNJUDGED;
	if (strcmp(name, "help") == 0 && argc > 2) {
		command = find(argv[2]);
		return command ? help(command) : unknown(argv[2]);
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		overview(stdout);
		return fflush(stdout) == 0 ? STATUS_ALLOWED : STATUS_UNJUDGED;
	}
	command = find(name);
	if (!command)
		return unknown(name);
	for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return help(command);
	}
	return command->run(command, argc - 1, argv + 1);
}
