/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATE_MOUNTS_PRIVATE_H
#define GATE_MOUNTS_PRIVATE_H

#include <cofferdam/mounts.h>

#include "gate-private.h"

#define MOUNTS_DEADLINE_S 5

/* The child inside the container's mount namespace. */
struct inside {
	const struct gate *g;
	int root;			/* the container's root */
	int null;			/* a copy of the host's /dev/null, detached at first */
	bool null_used;
	const struct mount_table *table;	/* as it was before */
};

/* mount_attach - a detached mount on what @target is. mount_copy - a detached copy
 * of the mount of @fd (AT_RECURSIVE: and of those below). -errno, or errno for the latter. */
int mount_attach(int mount, int target);
int mount_copy(int fd, unsigned int flags);

/* mount_new_tmpfs - attached nowhere yet: a descriptor, or -errno. */
int mount_new_tmpfs(const struct gate *g, uint64_t size, unsigned int mode, uint64_t flags);

/* mount_tmpfs - on a place of the image, for @want. */
int mount_tmpfs(const struct inside *in, const struct want_mount *want,
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
