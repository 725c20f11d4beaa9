/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remedies in the container's mount namespace, by a child that enters it (helper.c).
 * Everything goes through descriptors: a path of the image is resolved once,
 * inside the container's root, and no magic link of /proc is followed. The
 * runtime has finished by then, so a working folder that it had to make, and
 * hooks of other projects that wrote to the root, have worked.
 */
#include "gate-private.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <cofferdam/mounts.h>
#include <cofferdam/text.h>

#include "mounts-private.h"

static int set_attr(int fd, unsigned int flags, uint64_t set)
{
	const struct mount_attr attr = { .attr_set = set };

	return syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | flags, &attr, sizeof(attr)) < 0
	       ? -errno : 0;
}

int mount_attach(int mount, int target)
{
	return syscall(SYS_move_mount, mount, "", target, "",
		       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ? -errno : 0;
}

int mount_copy(int fd, unsigned int flags)
{
	return (int)syscall(SYS_open_tree, fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE |
			    OPEN_TREE_CLOEXEC | flags);
}

static int add_flags(const struct inside *in, const struct want_mount *want, struct error *err)
{
	_cleanup_close_ int fd = open_place(in, want->path, 0);
	const struct mount_row *row = fd < 0 ? NULL : mounts_find(in->table, (int)mount_id(fd));
	int r;

	if (fd < 0)
		return error_sys(err, -fd, "the mount at %s", want->path);
	if (!row || mount_id(fd) == mount_id(in->root))
		return error_set(err, -EINVAL, "there is no mount at %s", want->path);
	r = set_attr(fd, 0, want->flags);
	return r < 0 ? error_sys(err, -r, "flags of the mount at %s", want->path) : 0;
}

/* A detached mount cannot be copied by older kernels; once attached it can. */
static int null_mount(struct inside *in)
{
	int fd;

	if (!in->null_used) {
		in->null_used = true;
		return fcntl(in->null, F_DUPFD_CLOEXEC, 0);
	}
	fd = mount_copy(in->null, 0);
	return fd < 0 ? -errno : fd;
}

static int add_mask(struct inside *in, const struct want_mount *want, struct error *err)
{
	_cleanup_close_ int fd = open_place(in, want->path, 0), cover = -1;
	struct stat st;
	int r;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, fd < 0 ? -fd : errno, "%s cannot be hidden", want->path);
	if (S_ISDIR(st.st_mode)) {
		cover = mount_new_tmpfs(in->g, 0, 0755, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
			      MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
		r = cover < 0 ? cover : 0;
	} else {
		cover = null_mount(in);
		r = cover < 0 ? cover : 0;
	}
	if (r == 0)
		r = mount_attach(cover, fd);
	return r < 0 ? error_sys(err, -r, "%s cannot be hidden", want->path) : 0;
}

static int add_readonly(const struct inside *in, const struct want_mount *want,
			struct error *err)
{
	_cleanup_close_ int fd = open_place(in, want->path, 0), clone = -1;
	int r;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	clone = fd < 0 ? fd : mount_copy(fd, AT_RECURSIVE);
	r = clone < 0 ? (fd < 0 ? fd : -errno) : set_attr(clone, AT_RECURSIVE, MOUNT_ATTR_RDONLY);
	if (r == 0)
		r = mount_attach(clone, fd);
	return r < 0 ? error_sys(err, -r, "%s cannot be made read-only", want->path) : 0;
}

static int add(struct inside *in, const struct want_mount *want, struct error *err)
{
	switch (want->kind) {
	case WANT_TMPFS:
		return mount_tmpfs(in, want, err);
	case WANT_FLAGS:
		return add_flags(in, want, err);
	case WANT_MASK:
		return add_mask(in, want, err);
	case WANT_READONLY:
		return add_readonly(in, want, err);
	}
	return error_set(err, -EINVAL, "unknown mount remedy");
}

/* take_null - a copy of the host's mount of it, where something has to be hidden. */
static int take_null(struct inside *in, struct error *err)
{
	_cleanup_close_ int null = -1;
	bool masks = false;
	struct stat st;

	for (size_t i = 0; i < in->g->wants.n_mounts && !masks; i++)
		masks = in->g->wants.mounts[i].kind == WANT_MASK;
	if (!masks)
		return 0;
	null = open("/dev/null", O_PATH | O_CLOEXEC | O_NOFOLLOW);
	if (null < 0 || fstat(null, &st) < 0 || !S_ISCHR(st.st_mode) ||
	    st.st_rdev != makedev(1, 3))
		return error_set(err, -ENODEV, "/dev/null is not what it should be");
	in->null = mount_copy(null, 0);
	return in->null < 0 ? error_sys(err, errno, "open_tree(2)") : 0;
}

void inside_init(struct inside *in, struct gate *g)
{
	*in = (struct inside){ .g = g, .root = -1, .null = -1, .table = &g->before };
	for (size_t i = 0; i < MADE_MAX; i++)
		in->made[i] = -1;
}

void inside_close(struct inside *in)
{
	close_fd(&in->null);
	for (size_t i = 0; i < MADE_MAX; i++)
		close_fd(&in->made[i]);
}

/* enter - the container's mount namespace, with its root as ours. */
static int enter(struct inside *in, struct error *err)
{
	_cleanup_close_ int ns = openat(in->g->proc, "ns/mnt", O_RDONLY | O_CLOEXEC);
	int r;

	if (ns < 0)
		return error_sys(err, errno, "the container's mount namespace");
	r = take_null(in, err);
	if (r < 0)
		return r;
	if (setns(ns, CLONE_NEWNS) < 0)
		return error_sys(err, errno, "entering the container's mount namespace");
	if (fchdir(in->root) < 0 || chroot(".") < 0)
		return error_sys(err, errno, "entering the container's root");
	return 0;
}

int inside_look(struct inside *in, struct error *err)
{
	struct gate *g = in->g;
	int r = 0;

	if (g->root < 0)
		g->root = openat(g->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (g->root < 0)
		return error_sys(err, errno, "the container's root");
	in->root = g->root;
	if (g->before.n == 0)
		r = missing_flags(g, in->lacked, err);
	return r < 0 ? r : enter(in, err);
}

int inside_work(struct inside *in, struct error *err)
{
	const struct wants *w = &in->g->wants;
	int r = 0;

	/* Flags first: below a new tmpfs a mount is a copy, which has them as well. */
	for (int flags = 1; flags >= 0; flags--) {
		for (size_t i = 0; r == 0 && i < w->n_mounts; i++) {
			if ((w->mounts[i].kind == WANT_FLAGS) == flags)
				r = add(in, &w->mounts[i], err);
		}
	}
	if (r == 0 && w->root_readonly) {
		r = set_attr(in->root, 0, MOUNT_ATTR_RDONLY);
		if (r < 0)
			r = error_sys(err, -r, r == -EBUSY ?
				      "the root cannot become read-only: somebody has a file of it open for writing" :
				      "the root cannot become read-only");
	}
	return r;
}
