/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the program starts with: its descriptors, folder, root and program file
 * must be the container's own (a descriptor of a folder of the host leads to
 * all of it), and what hides a part of /proc or /dev must be what it claims.
 */
#include "gate-private.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <cofferdam/file.h>
#include <cofferdam/mounts.h>
#include <cofferdam/process.h>

/* Linux's device numbers (Documentation/admin-guide/devices.txt) */
#define MAJOR_MEM 1
#define MAJOR_TTY 4
#define MAJOR_CONSOLE 5
#define MAJOR_PTS_FIRST 136
#define MAJOR_PTS_LAST 143

bool device_harmless(dev_t device)
{
	const unsigned int major_ = major(device), minor_ = minor(device);

	return (major_ == MAJOR_MEM && (minor_ == 3 || minor_ == 5 || minor_ == 7 || minor_ == 8 ||
					minor_ == 9)) ||
	       (major_ >= MAJOR_PTS_FIRST && major_ <= MAJOR_PTS_LAST) || major_ == MAJOR_TTY ||
	       major_ == MAJOR_CONSOLE;
}

/* own_mount - whether what @name in /proc/PID leads to lies on one of the container's mounts. */
static bool own_mount(const struct gate *g, const struct mount_table *table, const char *name)
{
	const int64_t id = mount_id_at(g->proc, name);

	return id >= 0 && mounts_find(table, (int)id);
}

/* of_kernel - what @name in /proc/PID leads to is a file by which the kernel is set. */
static bool of_kernel(const struct gate *g, const char *name)
{
	_cleanup_close_ int fd = openat(g->proc, name, O_PATH | O_CLOEXEC);

	return fd < 0 || kernel_file(fd);
}

static void verify_fd(struct gate *g, const struct mount_table *table, const char *number)
{
	_cleanup_free_ char *name = NULL;
	struct stat st;
	const long n = strtol(number, NULL, 10);

	if (asprintf(&name, "fd/%s", number) < 0) {
		name = NULL;
		mismatch(g, "out of memory");
		return;
	}
	if (fstatat(g->proc, name, &st, 0) < 0) {
		mismatch(g, "its descriptor %s cannot be looked at: %s", number, strerror(errno));
		return;
	}
	/* runc has opened the image's /dev/null, wherever that led, for the standard ones */
	if (S_ISREG(st.st_mode) && of_kernel(g, name)) {
		mismatch(g, "its descriptor %s is a file of /proc or the like", number);
		return;
	}
	if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) ||
	    (S_ISCHR(st.st_mode) && device_harmless(st.st_rdev)) || own_mount(g, table, name))
		return;
	/* the file that an engine or a shell sent the program's output to */
	if (n <= STDERR_FILENO && S_ISREG(st.st_mode))
		return;
	mismatch(g, "its descriptor %s is %s of the host", number,
		 S_ISDIR(st.st_mode) ? "a folder" : "a file");
}

static void verify_fds(struct gate *g, const struct mount_table *table)
{
	_cleanup_dir_ DIR *dir = dir_open_at(g->proc, "fd");
	int r = dir ? 1 : -errno;

	for (const struct dirent *e; r > 0 && (r = dir_next(dir, &e)) > 0;)
		verify_fd(g, table, e->d_name);
	if (r < 0)
		mismatch(g, "its descriptors cannot be listed: %s", strerror(-r));
}

static void verify_exe(struct gate *g, const struct mount_table *table)
{
	struct stat st;

	if (fstatat(g->proc, "exe", &st, 0) < 0)
		mismatch(g, "its program cannot be looked at: %s", strerror(errno));
	else if (st.st_dev == g->runtime.st_dev && st.st_ino == g->runtime.st_ino)
		mismatch(g, "its program is the runtime's own");
	else if (!own_mount(g, table, "exe"))
		mismatch(g, "its program is not on a mount of the container");
}

/*
 * verify_root - by device and inode the folder that root.path led to when the
 * gate was armed, and by its mount what the rules judged a moment before.
 */
static void verify_root(struct gate *g)
{
	const struct fact_place *judged = &g->call->subject->facts->rootfs;
	const struct mount_row *row = mounts_find(&g->after, (int)mount_id(g->root));
	struct stat st;

	if (row && mounts_option(row, "idmapped"))
		note(&g->unverified, "id map of the root mount: the kernel does not show it");
	if (g->rootfs.st_mode == 0)
		note(&g->unverified, "the root folder: root.path could not be looked at before");
	else if (fstat(g->root, &st) < 0 || st.st_dev != g->rootfs.st_dev ||
		 st.st_ino != g->rootfs.st_ino)
		mismatch(g, "its root is not the folder that root.path named");
	else if (row && judged->is == FACT_KNOWN && judged->spot.within &&
		 judged->spot.within[0] && !same_spot(&judged->spot, row))
		mismatch(g, "its root is %s of %u:%u (%s), where %s was judged", row->root,
			 row->major, row->minor, row->fstype, judged->path);
	else
		note(&g->verified, "root folder");
}

static void verify_root_flags(struct gate *g)
{
	const struct oci_root *root = &g->call->wanted->root;
	struct statvfs st;

	if (root->readonly.is != FIELD_PRESENT || !root->readonly.v)
		return;
	if (fstatvfs(g->root, &st) < 0 || !(st.f_flag & ST_RDONLY))
		mismatch(g, "its root is writable");
	else
		note(&g->verified, "read-only root");
}

void verify_files(struct gate *g)
{
	const size_t before = g->failure.len;

	verify_fds(g, &g->after);
	if (!own_mount(g, &g->after, "cwd"))
		mismatch(g, "its working folder is not on a mount of the container");
	if (!own_mount(g, &g->after, "root"))
		mismatch(g, "its root is not on a mount of the container");
	verify_exe(g, &g->after);
	if (g->failure.len == before)
		note(&g->verified, "descriptors, working folder, program");
	verify_root(g);
	verify_root_flags(g);
}

/*
 * empty_folder - an empty folder that stays so for the container: of a tmpfs, or
 * one that crun keeps for that among its own files since 1.2x, both read-only.
 */
static bool empty_folder(int fd, const struct stat *st)
{
	_cleanup_dir_ DIR *dir = dir_open(fd);
	const struct dirent *e;
	struct statfs fs;

	if (!dir || fstatfs(dirfd(dir), &fs) < 0 || !((uint64_t)fs.f_flags & ST_RDONLY) ||
	    dir_next(dir, &e) != 0)
		return false;
	return (uint64_t)fs.f_type == TMPFS_MAGIC ||
	       (st->st_uid == 0 && !(st->st_mode & (S_IWGRP | S_IWOTH)));
}

bool is_mask(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 &&
	       ((S_ISCHR(st.st_mode) && st.st_rdev == makedev(MAJOR_MEM, 3)) ||
		(S_ISDIR(st.st_mode) && empty_folder(fd, &st)));
}

static bool missing(int r)
{
	return r == -ENOENT || r == -ENOTDIR;
}

static void verify_mask(struct gate *g, const char *path)
{
	_cleanup_close_ int fd = in_root(g, path, 0);

	if (missing(fd))
		return;
	if (fd < 0)
		mismatch(g, "what hides %s cannot be looked at: %s", path, strerror(-fd));
	else if (!is_mask(fd))
		mismatch(g, "%s is not hidden", path);
}

static void verify_readonly(struct gate *g, const char *path)
{
	_cleanup_close_ int fd = in_root(g, path, 0);
	struct statvfs st;
	struct stat mode;

	if (missing(fd))
		return;
	if (fd < 0 || fstatvfs(fd, &st) < 0)
		mismatch(g, "whether %s is read-only cannot be seen: %s", path,
			 strerror(fd < 0 ? -fd : errno));
	else if (!(st.f_flag & ST_RDONLY) &&
		 (fstat(fd, &mode) < 0 || !S_ISCHR(mode.st_mode) ||
		  mode.st_rdev != makedev(MAJOR_MEM, 3)))
		mismatch(g, "%s is not read-only", path);
}

/* The nodes that every runtime makes: another device under such a name is a trick. */
static void verify_devices(struct gate *g)
{
	static const struct {
		const char *name;
		unsigned int major, minor;
	} nodes[] = {
		{ "null", MAJOR_MEM, 3 }, { "zero", MAJOR_MEM, 5 }, { "full", MAJOR_MEM, 7 },
		{ "random", MAJOR_MEM, 8 }, { "urandom", MAJOR_MEM, 9 }, { "tty", MAJOR_CONSOLE, 0 },
	};
	_cleanup_close_ int dev = in_root(g, "/dev", O_DIRECTORY);

	for (size_t i = 0; dev >= 0 && i < ARRAY_SIZE(nodes); i++) {
		struct stat st;

		if (fstatat(dev, nodes[i].name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISCHR(st.st_mode))
			continue;
		if (st.st_rdev != makedev(nodes[i].major, nodes[i].minor))
			mismatch(g, "/dev/%s is device %u:%u", nodes[i].name, major(st.st_rdev),
				 minor(st.st_rdev));
	}
}

static void verify_console(struct gate *g)
{
	_cleanup_close_ int fd = in_root(g, "/dev/console", O_NOFOLLOW);
	struct statfs fs;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || fstatfs(fd, &fs) < 0)
		return;
	if ((uint64_t)fs.f_type != DEVPTS_SUPER_MAGIC && major(st.st_rdev) != MAJOR_CONSOLE)
		mismatch(g, "/dev/console is not a terminal");
	else if ((uint64_t)fs.f_type != DEVPTS_SUPER_MAGIC &&
		 g->call->wanted->process.terminal.v)
		mismatch(g, "/dev/console is the host's");
}

void verify_masks(struct gate *g)
{
	const struct oci_linux *linux_ = &g->call->wanted->linux_;
	const size_t before = g->failure.len;

	for (size_t i = 0; i < linux_->masked_paths.n; i++) {
		if (linux_->masked_paths.v[i].v)
			verify_mask(g, linux_->masked_paths.v[i].v);
	}
	for (size_t i = 0; i < linux_->readonly_paths.n; i++) {
		if (linux_->readonly_paths.v[i].v)
			verify_readonly(g, linux_->readonly_paths.v[i].v);
	}
	verify_devices(g);
	verify_console(g);
	if (g->failure.len == before)
		note(&g->verified, "masked and read-only paths, device nodes");
}
