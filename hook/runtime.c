/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime door: a command line of runc and crun that judges and hardens what
 * would start, and then becomes the runtime. MUST: print nothing on standard
 * output; leave environment, descriptors, working directory, limits and signals
 * as they came; let what stops and shows containers pass, whatever is broken here.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <fcntl.h>

#include <cofferdam/text.h>

#include "door.h"
#include "limits.h"
#include "tell.h"

static const char help[] =
	"Usage: ENGINE/runc ARGUMENT...\n"
	"       ENGINE/crun ARGUMENT...\n"
	"       cofferdam-runtime --engine ENGINE [--host-config FILE] ARGUMENT...\n"
	"\n"
	"An OCI runtime in front of the real one: takes the arguments of runc or crun, judges\n"
	"and hardens what create, run, restore, exec and update would start or change, and then\n"
	"becomes the real runtime. Everything else passes as it is.\n"
	"\n"
	"It is installed as links named runc and crun in a folder named after the engine that\n"
	"calls (podman, crio, containerd or docker). Which program is the real runtime is in\n"
	SYSCONFDIR "/cofferdam/host.json. The options are for trying it without links:\n"
	"\n"
	"  --engine ENGINE       who calls\n"
	"  --host-config FILE    instead of " SYSCONFDIR "/cofferdam/host.json\n"
	"  --help, --version     of this program, before any --engine\n"
	"\n"
	"Manual pages: cofferdam-runtime(8), cofferdam-policy(5)\n";

void door_say(const struct hook_call *call, const char *line)
{
	const struct doorway *door = (const struct doorway *)(const void *)call;
	const char *path = command_value(&door->command, OPTION_LOG);
	const char *format = command_value(&door->command, OPTION_LOG_FORMAT);
	_cleanup_close_ int fd = -1;
	_cleanup_buf_ struct buf text = { 0 };

	/* crun's forms; its daemons have the record */
	if (path && door->command.runtime == RUNTIME_CRUN && strncmp(path, "file:", 5) == 0)
		path += 5;
	if (path && path[0])
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC,
			  0644);
	if (fd >= 0 && !tell_same(fd, STDERR_FILENO)) {
		door_error_line(&text, format, line);
		if (!text.oom)
			tell_to(fd, buf_cstr(&text));
	}
	tell_to(STDERR_FILENO, line);
}

/* fail - refuse for a reason that is no rule's; returns the exit status. */
static int fail(struct doorway *door, const struct error *err)
{
	_cleanup_buf_ struct buf line = { 0 };

	buf_printf(&line, "cofferdam: refused: %s", err->text);
	door_say(&door->call, buf_cstr(&line));
	return 1;
}

/* become - execve(2) the runtime; comes back with the exit status. */
static int become(struct doorway *door)
{
	struct error err;

	(void)sigaction(SIGPIPE, &door->pipe, NULL);
	(void)sigaction(SIGXFSZ, &door->size, NULL);
	door->argv[0] = door->real;
	(void)execve(door->real, door->argv, door->envp);
	(void)error_sys(&err, errno, "cannot run %s", door->real);
	return fail(door, &err);
}

static int own_usage(const char *what, const char *word)
{
	_cleanup_buf_ struct buf line = { 0 };

	buf_printf(&line, "cofferdam-runtime: refused, %s \"", what);
	text_escape(&line, word, strlen(word), 100);
	buf_str(&line, "\"; see cofferdam-runtime --help");
	tell_to(STDERR_FILENO, buf_cstr(&line));
	return 1;
}

/* take_options - those of tests; argv then begins where the runtime's arguments do. */
static int take_options(struct doorway *door)
{
	int at = 1;

	for (; door->argc > at + 1; at += 2) {
		const char *name = door->argv[at], *value = door->argv[at + 1];

		if (strcmp(name, "--host-config") == 0) {
			door->call.host_config = value;
		} else if (strcmp(name, "--engine") == 0) {
			door->call.engine = engine_parse(value);
			if (door->call.engine == ENGINE_UNKNOWN)
				return own_usage("no such engine:", value);
		} else {
			break;
		}
	}
	if (door->call.engine == ENGINE_UNKNOWN)
		return own_usage("it is not known who calls:", door->argv[0] ? door->argv[0] : "");
	door->argv += at - 1;
	door->argc -= at - 1;
	return 0;
}

/* judge - what is asked for, if it is anything that is looked at. */
static int judge(struct doorway *door)
{
	switch (door->command.verb) {
	case VERB_CREATE:
	case VERB_RUN:
	case VERB_RESTORE:
		return door_start(door);
	case VERB_EXEC:
		return door_exec(door);
	case VERB_UPDATE:
	case VERB_CHECKPOINT:
	case VERB_MOUNTS:
		return door_change(door);
	case VERB_DELETE:
		door_forget(door);
		return 0;
	default:
		return 0;
	}
}

/* through - find the runtime, judge, and become it. @failed: host.json's, or 0. */
static int through(struct doorway *door, int failed, const struct error *why)
{
	struct error err;
	int r = door_find(door, &err);
	const char *base;
	bool judged;

	if (r < 0) {
		struct error ignored;

		/* for --log alone, by which engines hear why */
		(void)!command_parse(runtime_named(door->called ? door->called : "runc"), door->argc,
				     door->argv, &door->command, &ignored);
		return fail(door, &err);
	}
	base = strrchr(door->real, '/') + 1;
	r = command_parse(runtime_named(door->called ? door->called : base), door->argc,
			  door->argv, &door->command, &err);
	judged = door->command.verb != VERB_OTHER && door->command.verb != VERB_DELETE;
	if (r < 0 && (judged || !door->command.word) && !run_audit(&door->run))
		return fail(door, &err);
	door->call.stage = door->command.word ? door->command.word : "";
	if (r == 0 && !door->command.harmless && (!judged || door->command.n_args > 0)) {
		if (judged && failed < 0)
			return fail(door, why);
		r = judge(door);
		if (r != 0)
			return r;
	}
	return become(door);
}

int main(int argc, char **argv, char **envp)
{
	struct doorway door = { .argc = argc, .argv = argv, .envp = envp };
	struct error err;
	int r = 0;

	door_settle(&door);
	door_who(&door);
	if (door.call.engine == ENGINE_UNKNOWN) {
		if (argc == 2 && strcmp(argv[1], "--help") == 0)
			return fputs(help, stdout) < 0;
		if (argc == 2 && strcmp(argv[1], "--version") == 0)
			return puts(PACKAGE_STRING) < 0;
		r = take_options(&door);
	}
	if (r == 0) {
		r = run_begin(&door.run, &door.call, &err);
		r = through(&door, r, &err);
	}
	run_free(&door.run);
	command_free(&door.command);
	free(door.made);
	buf_free(&door.whole);
	free(door.real);
	free(door.bundle);
	return r;
}
