/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_INSTALL_H
#define COFFERDAM_INSTALL_H

/*
 * Registration with the engines of a host, and taking it back. What is to be
 * done is planned first, from what the engines' files say, and then done: the
 * programs before the files that name them, every file written beside and
 * renamed. What was done is kept in LOCALSTATEDIR/lib/cofferdam/install.json, with
 * the files as they were, so that it can be undone exactly.
 */

#include <cofferdam/engine.h>

/* The name under which an engine meets Cofferdam. */
enum install_door {
	INSTALL_HOOK = 0,		/* a file in a hooks directory */
	INSTALL_PRECREATE,		/* the same, podman's own stage */
	INSTALL_RUNTIME,		/* the engine's table of runtimes */
	INSTALL_DIVERT,			/* runc and crun themselves */
	INSTALL_DOOR_MAX,
};

const char *install_door_name(enum install_door door);

/* install_door_parse - -EINVAL when @name is none of them. */
int install_door_parse(const char *name, enum install_door *ret);

struct install_want {
	const char *root;		/* NULL: "/" */
	bool engines[ENGINE_MAX];
	bool all;			/* rather: every engine that is there */
	bool registered;		/* rather: those that are registered, as they are */
	bool door_given;		/* otherwise each engine's own first choice */
	enum install_door door;
	bool enforce;			/* host.json is to say so */
};

struct plan;

/*
 * install_plan - what has to be done; nothing is changed. -EINVAL: an engine's
 * file is not understood, or nothing could start afterwards; -ENOENT: a program
 * is missing; -EOPNOTSUPP: that engine has no such door.
 */
int install_plan(const struct install_want *want, struct plan **ret,
		 struct error *err) must_check;
void plan_free(struct plan **plan);
#define _cleanup_plan_ _cleanup_(plan_free)

/* plan_print - what it would do, with the lines that change; and notes. */
void plan_print(struct buf *out, const struct plan *plan);

/* plan_notes - what the administrator has to do, or ought to know. */
void plan_notes(struct buf *out, const struct plan *plan);

/* plan_empty - whether all is as it is wanted. */
bool plan_empty(const struct plan *plan);

/*
 * plan_apply - do it. On failure what was done is undone again. -EAGAIN: what it was
 * planned from has changed, plan anew; -EBUSY: others are at it for too long.
 */
int plan_apply(struct plan *plan, struct error *err) must_check;

/*
 * install_undo - take back the registration of the engines of @want, or with @dry say
 * what would be. A file that was changed since keeps these changes, and loses
 * only what was put in; where that cannot be told apart the file is left alone.
 * 0: all is as it was; 1: something is not, as @said explains.
 */
int install_undo(const struct install_want *want, bool dry, struct buf *said,
		 struct error *err) must_check;

/*
 * install_status - what is registered, and whether it is still as it was made.
 * 0: it is; 1: it is not.
 */
int install_status(const char *root, struct buf *said, struct error *err) must_check;

#endif
