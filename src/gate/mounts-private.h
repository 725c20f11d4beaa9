/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATE_MOUNTS_PRIVATE_H
#define GATE_MOUNTS_PRIVATE_H

#include <cofferdam/mounts.h>

#include "gate-private.h"

/* New tmpfs that are made beforehand, attached nowhere. */
#define MADE_MAX 8

/* The child inside the container's mount namespace. */
struct inside {
	struct gate *g;
	int root;			/* the container's root */
	int null;			/* a copy of the host's /dev/null, detached at first */
	bool null_used;
	const struct mount_table *table;	/* as it was before */
	bool *lacked;			/* by mount of the configuration: told to the parent */
	int made[MADE_MAX];		/* by the mount that is wanted; negative: not made */
};

/* inside_init - for @g. inside_look - read the mounts, and enter their namespace; nothing
 * is changed. inside_work - change them. */
void inside_init(struct inside *in, struct gate *g);
void inside_close(struct inside *in);
int inside_look(struct inside *in, struct error *err) must_check;
int inside_work(struct inside *in, struct error *err) must_check;

/* tmpfs_make - as many of those that are wanted as can be had now. */
void tmpfs_make(struct inside *in);

/* mount_attach - a detached mount on what @target is. mount_copy - a detached copy
 * of the mount of @fd (AT_RECURSIVE: and of those below). -errno, or errno for the latter. */
int mount_attach(int mount, int target);
int mount_copy(int fd, unsigned int flags);

/* mount_new_tmpfs - attached nowhere yet: a descriptor, or -errno. */
int mount_new_tmpfs(const struct gate *g, uint64_t size, unsigned int mode, uint64_t flags);

/* mount_tmpfs - on a place of the image, for @want. */
int mount_tmpfs(struct inside *in, const struct want_mount *want,
		struct error *err) must_check;

/* open_place - a path of the image, with O_PATH. */
int open_place(const struct inside *in, const char *path, int flags);

struct tree_at {
	int fd;				/* a detached copy of a mount and what is below it */
	const char *rel;		/* where it was, below the new tmpfs */
};

#define BELOW_TREES 64

struct below {
	struct tree_at v[BELOW_TREES];
	size_t n;
};

#endif
