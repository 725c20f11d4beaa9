/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOOK_DOOR_H
#define HOOK_DOOR_H

/* One run of cofferdam-runtime: the runtime door. */

#include <signal.h>

#include <cofferdam/door.h>

#include "run.h"

struct doorway {
	struct hook_call call;		/* first: run.c hands it back */
	struct run run;
	int argc;
	char **argv, **envp;		/* as they came, but for the options of tests */
	const char *called;		/* "runc", "crun", or NULL: called by no such name */
	char *real;			/* the runtime's absolute path */
	char *bundle;			/* likewise, without links */
	const char *xdg, *user, *pwd;	/* $XDG_RUNTIME_DIR, $USER, $PWD, or NULL */
	struct command_line command;
	char **made;			/* other arguments for the runtime, or NULL */
	bool no_cgroup;			/* the runtime is told to make none */
	struct buf whole;		/* config.json, where what is idle then is not judged */
	struct sigaction pipe, size;	/* dispositions to hand on */
};

/* door_settle - what a program must do for itself, without leaving a trace. */
void door_settle(struct doorway *door);

/* door_who - the engine that calls, and the name it calls by, where the path that
 * was executed says so. */
void door_who(struct doorway *door);

/* door_find - the real runtime. */
int door_find(struct doorway *door, struct error *err) must_check;

/*
 * door_start - judge what the command line asks for. 0: the runtime may have it;
 * otherwise the exit status, and it was said why.
 */
int door_start(struct doorway *door);
int door_exec(struct doorway *door);
int door_change(struct doorway *door);	/* update, checkpoint, mounts */

/* door_forget - drop the records of containers that are gone. */
void door_forget(struct doorway *door);

/* door_say - a line to whoever called: in the runtime's --log, and on stderr. */
void door_say(const struct hook_call *call, const char *line);

/* door_alone - whether nothing that is kept here could bind the caller: rootless. */
bool door_alone(const struct doorway *door);

#endif
