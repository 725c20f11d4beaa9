/* SPDX-License-Identifier: Apache-2.0 */
/* The hierarchies of control groups (cgroups(7)), each opened when first asked for. */
#include "facts-private.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/vfs.h>

#include <cofferdam/text.h>

#define CGROUP_ROOT "/sys/fs/cgroup"

static const char *const names[HIERARCHY_MAX] = {
	[HIERARCHY_V2] = ".",
	[HIERARCHY_MEMORY] = "memory",
	[HIERARCHY_PIDS] = "pids",
	[HIERARCHY_CPU] = "cpu",
	[HIERARCHY_DEVICES] = "devices",
	[HIERARCHY_FREEZER] = "freezer",
};

int cgroups_version(struct cgroups *all)
{
	struct statfs fs;

	if (all->root)
		return 0;
	if (statfs(CGROUP_ROOT, &fs) < 0)
		return -errno;
	all->root = CGROUP_ROOT;
	all->v2 = (uint64_t)fs.f_type == CGROUP2_SUPER_MAGIC;
	return 0;
}

int cgroups_root(struct cgroups *all)
{
	const int fd = all->opened ? all->fd : path_open_old(AT_FDCWD, all->root, O_DIRECTORY);

	if (fd < 0)
		return fd;
	all->fd = fd;
	all->opened = true;
	return 0;
}

/* 0 or -errno; -ENOENT: there is no such hierarchy. */
static int open_top(struct cgroups *all, enum hierarchy which)
{
	struct cgroup_top *top = &all->v[which];

	if (top->open)
		return 0;
	/* followed: "cpu" may be a link to "cpu,cpuacct" */
	top->fd = path_open_old(all->fd, names[which], O_DIRECTORY);
	top->open = top->fd >= 0;
	return top->open ? 0 : top->fd;
}

static int open_below(int top, const char *path)
{
	int fd = path_open(top, path, O_DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);

	return fd == -ENOSYS ? path_open_old(top, path, O_DIRECTORY | O_NOFOLLOW) : fd;
}

/*
 * open_kept - of what is missing, most often all is from the first component on, or from the one
 * behind a folder for containers, and many have that one: these are asked for before the whole.
 */
static int open_kept(struct cgroup_top *top, const char *path)
{
	const bool below = top->there && text_path_below(path, top->there) && strcmp(path, top->there) != 0;
	const size_t known = below ? strlen(top->there) + 1 : 0;
	_cleanup_free_ char *part = strndup(path, known + strcspn(path + known, "/"));
	int fd = part ? open_below(top->fd, part) : -ENOMEM;

	if (fd == -ENOENT) {
		free(top->gone);
		top->gone = steal_ptr(part);
	}
	if (fd < 0 || strcmp(part, path) == 0)
		return fd;
	close_fd(&fd);
	if (!below) {
		free(top->there);
		top->there = steal_ptr(part);
	}
	return open_below(top->fd, path);
}

int cgroups_open(struct cgroups *all, enum hierarchy which, const char *path)
{
	struct cgroup_top *top = &all->v[which];
	int r = open_top(all, which);

	if (r < 0)
		return r;
	if (top->gone && text_path_below(path, top->gone))
		return -ENOENT;
	return all->keep ? open_kept(top, path) : open_below(top->fd, path);
}

void cgroups_close(struct cgroups *all)
{
	for (size_t i = 0; i < HIERARCHY_MAX; i++) {
		struct cgroup_top *top = &all->v[i];

		if (top->open)
			close_fd(&top->fd);
		free(top->gone);
		free(top->there);
		free(top->empty);
		*top = (struct cgroup_top){ 0 };
	}
	free(all->parent.cgroup);
	all->parent = (struct fact_limits){ 0 };
	if (all->opened)
		close_fd(&all->fd);
	all->opened = false;
}
