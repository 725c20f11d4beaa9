/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's cgroups: who is in them, and what their files say. Somebody
 * who was there before the program could undo what the gate does; somebody
 * else's cgroup must not get this container's limits.
 */
#include "gate-private.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include <cofferdam/file.h>
#include <cofferdam/process.h>

#include "cgroup-private.h"

#define DEPTH_MAX 8
#define CGROUPS_MAX (1u << 20)
#define PROCS_MAX (1u << 20)

bool cgroup_none(const struct gate *g)
{
	return g->cgroups_read > 0 && strcmp(buf_cstr(&g->cgroups), buf_cstr(&g->own_cgroups)) == 0;
}

static int open_folder(int dir, const char *path)
{
	return open_resolve(dir, path, O_RDONLY | O_DIRECTORY,
			    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

/* read_cgroups - 1, or -errno. */
static int read_cgroups(int dir, const char *name, struct buf *ret)
{
	struct error err = { 0 };
	const int r = file_read_kernel(dir, name, CGROUPS_MAX, ret, &err);

	return r < 0 ? r : 1;
}

/* look_again - where it is now; where its supervisor is was read a moment before. */
static void look_again(struct gate *g)
{
	if (g->cgroups_read > 0)
		g->cgroups_read = read_cgroups(g->proc, "cgroup", &g->cgroups);
}

void cgroup_look(struct gate *g)
{
	g->cgroups_read = read_cgroups(AT_FDCWD, "/proc/self/cgroup", &g->own_cgroups);
	look_again(g);
}

/* open_cgroup - what /proc/PID/cgroup calls @path. A new descriptor, or -errno. */
static int open_cgroup(const char *controller, const char *path)
{
	static const char *const unified[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	_cleanup_free_ char *dir = NULL;
	_cleanup_close_ int top = -1;

	if (controller[0] == '\0') {
		for (size_t i = 0; i < ARRAY_SIZE(unified) && top < 0; i++) {
			_cleanup_close_ int fd = open(unified[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

			if (fd >= 0 && faccessat(fd, "cgroup.controllers", F_OK, 0) == 0)
				top = steal_fd(&fd);
			else if (errno != ENOENT)
				return -errno;
		}
	} else {
		if (asprintf(&dir, "/sys/fs/cgroup/%s", controller) < 0) {
			dir = NULL;
			return -ENOMEM;
		}
		top = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (top < 0)
			return -errno;
	}
	return top < 0 ? -ENOENT : open_folder(top, path + 1);
}

int gate_cgroup(struct gate *g, const char *controller)
{
	_cleanup_free_ char *his = NULL, *own = NULL;
	struct cgroup_folder *f = g->folders;
	int fd;

	if (g->cgroups_read <= 0)
		return g->cgroups_read < 0 ? g->cgroups_read : -EIO;
	his = process_cgroup(buf_cstr(&g->cgroups), controller);
	own = process_cgroup(buf_cstr(&g->own_cgroups), controller);
	/* that of the engine, or the root of all: not the container's own */
	if (!his || strcmp(his, "/") == 0 || (own && strcmp(his, own) == 0) ||
	    strncmp(his, "/..", 3) == 0)
		return -ENOENT;
	while (f < g->folders + g->n_folders && strcmp(f->controller, controller) != 0)
		f++;
	/* while the process is in it, nobody can put another one there */
	if (f < g->folders + g->n_folders && strcmp(f->path, his) == 0)
		return f->fd;
	fd = open_cgroup(controller, his);
	if (fd < 0)
		return fd;
	if (f == g->folders + CGROUP_FOLDERS) {
		(void)close(fd);
		return -ENFILE;
	}
	if (f == g->folders + g->n_folders) {
		g->n_folders++;
	} else {
		(void)close(f->fd);
		free(f->path);
	}
	*f = (struct cgroup_folder){ controller, steal_ptr(his), fd };
	return fd;
}

/* forget - the folders that are open. */
static void forget(struct gate *g)
{
	while (g->n_folders > 0) {
		(void)close(g->folders[--g->n_folders].fd);
		free(g->folders[g->n_folders].path);
	}
}

/* main_cgroup - the one hierarchy in which the container surely has a place of its own. */
static int main_cgroup(struct gate *g)
{
	static const char *const controllers[] = { "", "pids", "memory", "devices", "freezer",
						   "cpu" };
	int fd = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(controllers) && fd == -ENOENT; i++)
		fd = gate_cgroup(g, controllers[i]);
	return fd;
}

/* childless_folder - kernfs counts a folder's links as others do: itself, its name, and one
 * for each folder in it. Where that says something else, they are listed. */
static bool childless_folder(int dir)
{
	struct stat st;

	return fstat(dir, &st) == 0 && st.st_nlink == 2;
}

/* others - call @found for each process in @dir and below it that is not the container's init. */
static int others(int dir, pid_t pid, unsigned int depth, int (*found)(pid_t, void *), void *arg)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };
	_cleanup_dir_ DIR *list = NULL;
	const struct dirent *e;
	int r = file_read_kernel(dir, "cgroup.procs", PROCS_MAX, &text, &err);

	/* a threaded one has no processes of its own */
	if (r < 0 && r != -EOPNOTSUPP)
		return r;
	for (const char *at = buf_cstr(&text); *at; ) {
		char *end;
		long v = strtol(at, &end, 10);

		if (end == at)
			break;
		/* 0: of a pid namespace that cannot be seen from here */
		if (v != pid) {
			r = found((pid_t)v, arg);
			if (r < 0)
				return r;
		}
		at = end + strspn(end, "\n");
	}
	if (childless_folder(dir))
		return 0;
	if (depth == DEPTH_MAX)
		return -ELOOP;
	list = dir_open(dir);
	if (!list)
		return -errno;
	while ((r = dir_next(list, &e)) > 0) {
		_cleanup_close_ int sub = -1;

		if (e->d_type != DT_DIR)
			continue;
		sub = open_folder(dir, e->d_name);
		if (sub == -ENOENT)
			continue;
		r = sub < 0 ? sub : others(sub, pid, depth + 1, found, arg);
		if (r < 0)
			return r;
	}
	return r;
}

static int remember(pid_t pid, void *arg)
{
	pid_t *first = arg;

	if (*first == 0)
		*first = pid > 0 ? pid : -1;
	return 0;
}

int cgroup_only(const struct gate *g, int dir, pid_t *other)
{
	*other = 0;
	return others(dir, g->pid, 0, remember, other);
}

int cgroup_armed(struct gate *g, struct error *err)
{
	pid_t other = 0;
	int dir, r;

	cgroup_look(g);
	dir = main_cgroup(g);
	if (dir == -ENOENT)
		return 0;
	r = dir < 0 ? dir : cgroup_only(g, dir, &other);
	forget(g);
	if (r < 0)
		return error_sys(err, -r, "the container's cgroup cannot be read");
	if (other)
		return error_set(err, -EBUSY,
				 "the container's cgroup is somebody else's: process %d is in it", other);
	return 0;
}

/* Who daemonised in the pid namespace is a child of its init, in the end. */
static bool childless(struct gate *g, const char *when)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };
	char path[32];
	int r;

	(void)snprintf(path, sizeof(path), "task/%d/children", g->pid);
	r = file_read_kernel(g->proc, path, PROCS_MAX, &text, &err);
	if (r == -ENOENT) {
		note(&g->unverified, "alone in its pid namespace: this kernel does not list children");
		return false;
	}
	if (r < 0) {
		mismatch(g, "its children cannot be listed: %s", strerror(-r));
		return false;
	}
	if (text.len == 0)
		return true;
	mismatch(g, "%s it is not alone in its pid namespace: process %.20s is there", when,
		 buf_cstr(&text));
	return false;
}

void cgroup_alone(struct gate *g, bool after)
{
	const char *when = after ? "after hardening" : "before hardening";
	bool good = childless(g, when);
	pid_t other = 0;
	int dir, r;

	if (after)
		look_again(g);
	else
		cgroup_look(g);
	dir = main_cgroup(g);
	if (dir == -ENOENT) {
		note(&g->unverified, "alone in its cgroup: it has none of its own");
		return;
	}
	r = dir < 0 ? dir : cgroup_only(g, dir, &other);
	if (r < 0)
		mismatch(g, "its cgroup cannot be read: %s", strerror(-r));
	else if (other)
		mismatch(g, "%s it is not alone in its cgroup: process %d is there", when, other);
	else if (good && after)
		note(&g->verified, "alone");
}

struct victim {
	struct stat ns;
};

/* Only what lives in the container's pid namespace came from it. */
static int kill_one(pid_t pid, void *arg)
{
	const struct victim *victim = arg;
	_cleanup_close_ int fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	struct stat own, his;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	if (fd < 0 || stat(path, &his) < 0 || stat("/proc/self/ns/pid", &own) < 0 ||
	    his.st_ino != victim->ns.st_ino || his.st_ino == own.st_ino)
		return 0;
	(void)syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
	return 0;
}

void cgroup_kill(struct gate *g)
{
	struct victim victim;
	const int dir = main_cgroup(g);

	if (dir >= 0 && fstatat(g->proc, "ns/pid", &victim.ns, 0) == 0)
		(void)others(dir, g->pid, 0, kill_one, &victim);
}
