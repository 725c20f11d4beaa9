/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new tmpfs on a place of the image. What was mounted below it before (an
 * engine's files in /run) is copied first and put back on top.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

#include <cofferdam/text.h>

#include "mounts-private.h"

static int config(int fs, const char *key, bool octal, uint64_t value)
{
	const unsigned long long v = value;
	char text[32];

	(void)snprintf(text, sizeof(text), octal ? "%llo" : "%llu", v);
	return syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, text, 0) < 0 ? -errno : 0;
}

/* owner - the host's id of the container's root, to whom a tmpfs there belongs. */
static uint64_t owner(const struct fact_idmap *map)
{
	for (size_t i = 0; i < map->n; i++) {
		if (map->v[i].inside == 0 && map->v[i].count > 0)
			return map->v[i].outside;
	}
	return 0;
}

/* tmpfs - a new one, attached nowhere. A descriptor, or -errno. */
int mount_new_tmpfs(const struct gate *g, uint64_t size, unsigned int mode, uint64_t flags)
{
	const struct facts *facts = g->call->subject->facts;
	const struct field_str *label = &g->call->wanted->linux_.mount_label;
	_cleanup_close_ int fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	int r, fd;

	if (fs < 0)
		return -errno;
	r = config(fs, "mode", true, mode);
	(void)syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "source", "tmpfs", 0);
	if (r == 0 && size)
		r = config(fs, "size", false, size);
	if (r == 0)
		r = config(fs, "uid", false, owner(&facts->uid_map));
	if (r == 0)
		r = config(fs, "gid", false, owner(&facts->gid_map));
	if (r == 0 && label->v && *label->v &&
	    syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "context", label->v, 0) < 0)
		r = -errno;
	if (r == 0 && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		r = -errno;
	if (r < 0)
		return r;
	fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, (unsigned int)flags);
	return fd < 0 ? -errno : fd;
}

/* make_folder - @path below @root, whose parents exist or are made, none a symbolic link. */
static int make_folder(int root, const char *path)
{
	_cleanup_free_ char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	for (char *slash = copy + 1; slash; ) {
		char *base = slash;
		_cleanup_close_ int parent = -1;

		slash = strchr(slash, '/');
		if (slash)
			*slash = '\0';
		base[-1] = '\0';
		parent = in_root_at(root, copy[0] ? copy : "/", O_DIRECTORY, RESOLVE_NO_SYMLINKS);
		base[-1] = '/';
		if (parent < 0)
			return parent;
		if (mkdirat(parent, base, 0755) < 0 && errno != EEXIST)
			return -errno;
		if (slash)
			*slash++ = '/';
	}
	return 0;
}

int open_place(const struct inside *in, const char *path, int flags)
{
	return in_root_at(in->root, path, flags, 0);
}

/* path_of - where @fd is, as the container sees it. */
static bool path_of(int fd, char ret[PATH_MAX])
{
	return fchdir(fd) == 0 && syscall(SYS_getcwd, ret, PATH_MAX) > 0 && ret[0] == '/';
}

static bool on_shared(const struct inside *in, int fd)
{
	const struct mount_row *row = mounts_find(in->table, (int)mount_id(fd));

	return !row || row->shared;
}

/* mount_point - a file or folder in the new tmpfs for what @from is. */
static int mount_point(int tmp, const char *rel, int from)
{
	_cleanup_free_ char *copy = strdup(rel);
	struct stat st;
	int r = 0;

	if (!copy || fstat(from, &st) < 0)
		return copy ? -errno : -ENOMEM;
	for (char *slash = strchr(copy, '/'); r == 0 && slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(tmp, copy, 0755) < 0 && errno != EEXIST)
			r = -errno;
		*slash = '/';
	}
	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return mkdirat(tmp, rel, 0755) < 0 && errno != EEXIST ? -errno : 0;
	return mknodat(tmp, rel, S_IFREG | 0644, 0) < 0 && errno != EEXIST ? -errno : 0;
}

/* open_below - copies of what is mounted below @path, before a tmpfs hides it. */
static int open_below(const struct inside *in, const char *path, struct below *below)
{
	const char *last = NULL;

	for (size_t i = mounts_from(in->table, path); i < in->table->n; i++) {
		const char *point = in->table->by_point[i]->point;
		_cleanup_close_ int fd = -1;
		int clone;

		if (strncmp(point, path, strlen(path)) != 0)
			break;
		/* with it comes what is mounted below, and one over another shows one */
		if (!text_path_below(point, path) || strcmp(point, path) == 0 ||
		    (last && text_path_below(point, last)))
			continue;
		if (below->n == BELOW_TREES)
			return -E2BIG;
		fd = in_root_at(in->root, point, 0, RESOLVE_NO_SYMLINKS);
		if (fd < 0)
			return fd;
		clone = mount_copy(fd, AT_RECURSIVE);
		if (clone < 0)
			return -errno;
		last = point;
		below->v[below->n++] = (struct tree_at){ clone, point + strlen(path) + 1 };
	}
	return 0;
}

static int attach_below(int tmp, const struct below *below)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < below->n; i++) {
		_cleanup_close_ int fd = -1;

		r = mount_point(tmp, below->v[i].rel, below->v[i].fd);
		if (r < 0)
			break;
		fd = in_root_at(tmp, below->v[i].rel, 0, RESOLVE_NO_SYMLINKS);
		r = fd < 0 ? fd : mount_attach(below->v[i].fd, fd);
	}
	return r;
}

static void below_free(struct below *below)
{
	for (size_t i = 0; i < below->n; i++)
		(void)close(below->v[i].fd);
}

void tmpfs_make(struct inside *in)
{
	const struct wants *w = &in->g->wants;

	for (size_t i = 0; i < w->n_mounts && i < MADE_MAX; i++) {
		const struct want_mount *want = &w->mounts[i];

		if (want->kind == WANT_TMPFS)
			in->made[i] = mount_new_tmpfs(in->g, want->size, want->mode, want->flags);
	}
}

/* take_made - the one that was made for @want, or a new one. */
static int take_made(struct inside *in, const struct want_mount *want)
{
	const size_t i = (size_t)(want - in->g->wants.mounts);

	return i < MADE_MAX && in->made[i] >= 0 ? steal_fd(&in->made[i]) :
	       mount_new_tmpfs(in->g, want->size, want->mode, want->flags);
}

int mount_tmpfs(struct inside *in, const struct want_mount *want, struct error *err)
{
	_cleanup_(below_free) struct below below = { 0 };
	_cleanup_close_ int target = open_place(in, want->path, O_DIRECTORY), fd = -1;
	char path[PATH_MAX];
	int r;

	if (target == -ENOENT) {
		r = make_folder(in->root, want->path);
		target = r < 0 ? r : open_place(in, want->path, O_DIRECTORY);
	}
	if (target < 0)
		return error_sys(err, -target, "a tmpfs cannot be mounted on the image's %s", want->path);
	/* a symbolic link of the image to a place that is a mount already: writable or
	 * not, that is not the root filesystem */
	if (mount_id(target) != mount_id(in->root))
		return 0;
	if (on_shared(in, target))
		return error_set(err, -EPERM, "a tmpfs on %s would show outside of the container, as its root is a shared mount",
				 want->path);
	if (!path_of(target, path) || strcmp(path, "/") == 0)
		return error_set(err, -EINVAL, "the image's %s is no place for a tmpfs", want->path);
	r = open_below(in, path, &below);
	if (r == 0) {
		fd = take_made(in, want);
		r = fd < 0 ? fd : mount_attach(fd, target);
	}
	if (r == 0)
		r = attach_below(fd, &below);
	return r < 0 ? error_sys(err, -r, "a tmpfs on %s", want->path) : 0;
}
