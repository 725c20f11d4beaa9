/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Path resolution by hand, where the kernel's own does not tell enough: where a
 * missing file would be made behind dangling symbolic links, and whether the
 * answer depends on who asks (/proc/self).
 */
#include "facts-private.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cofferdam/file.h>

/* path_resolution(7): no more than 40 symbolic links. */
#define LINKS_MAX 40
/* Each link may add a path of PATH_MAX bytes; nobody needs that much. */
#define COMPONENTS_MAX 4096

/* The kernel's PROC_ROOT_INO, the same for every proc. */
#define PROC_ROOT_INODE 1

struct walker {
	int fd;				/* the folder stood in */
	char *left;			/* components still to go; malloc'd */
	char *at;			/* ... from here on */
	unsigned links, components;
	bool own;
};

static void walker_free(struct walker *w)
{
	close_fd(&w->fd);
	free(w->left);
}

void walk_free(struct walk *walk)
{
	close_fd(&walk->fd);
	free(walk->rest);
	*walk = (struct walk){ .fd = -1 };
}

int path_open(int dirfd, const char *path, int flags, uint64_t resolve)
{
	return open_resolve(dirfd, path, flags | O_PATH, resolve);
}

int path_open_old(int dirfd, const char *path, int flags)
{
	int fd;

	do {
		fd = openat(dirfd, path, flags | O_PATH | O_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

static void stand_in(struct walker *w, int fd)
{
	close_fd(&w->fd);
	w->fd = fd;
}

/* Take the next component out of what is left; NULL at the end. */
static char *next_component(struct walker *w)
{
	char *name = w->at + strspn(w->at, "/");
	size_t n = strcspn(name, "/");

	if (n == 0)
		return NULL;
	w->at = name + n;
	if (*w->at)
		*w->at++ = '\0';
	return name;
}

/* Continue at @target, then with what was left. */
static int follow_text(struct walker *w, const char *target)
{
	size_t n = strlen(target), left = strlen(w->at);
	char *joined;

	if (n == 0)
		return -ENOENT;
	joined = malloc(n + left + 2);
	if (!joined)
		return -ENOMEM;
	memcpy(joined, target, n);
	joined[n] = '/';
	memcpy(joined + n + 1, w->at, left + 1);
	free(w->left);
	w->left = w->at = joined;
	if (target[0] == '/') {
		int fd = path_open_old(AT_FDCWD, "/", 0);

		if (fd < 0)
			return fd;
		stand_in(w, fd);
	}
	return 0;
}

/*
 * Whether the links in the folder stood in, one of proc's, are jumps and not
 * texts (fd, root, ns). Those in proc's root (self, net, mounts) are texts. The
 * few texts elsewhere lead out of proc: the kernel may follow them too.
 */
static bool is_magic(const struct walker *w)
{
	struct stat st;

	return fstat(w->fd, &st) < 0 || st.st_ino != PROC_ROOT_INODE;
}

/* A symbolic link @name in the folder stood in, opened as @link. */
static int follow_link(struct walker *w, const char *name, int link)
{
	_cleanup_free_ char *target = NULL;
	struct statfs fs;
	int r;

	if (++w->links > LINKS_MAX)
		return -ELOOP;
	if (fstatfs(link, &fs) < 0)
		return -errno;
	if ((uint64_t)fs.f_type == PROC_SUPER_MAGIC) {
		if (strcmp(name, "self") == 0 || strcmp(name, "thread-self") == 0)
			w->own = true;
		if (is_magic(w)) {
			int fd = path_open_old(w->fd, name, 0);

			if (fd < 0)
				return fd;
			stand_in(w, fd);
			return 0;
		}
	}
	r = link_read(link, "", &target);
	return r < 0 ? r : follow_text(w, target);
}

/* One component. 1: done, 0: went there or followed, or -errno. */
static int step(struct walker *w, struct walk *ret)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	char *name = next_component(w);

	if (!name)
		return 1;
	if (++w->components > COMPONENTS_MAX)
		return -ELOOP;
	fd = path_open_old(w->fd, name, O_NOFOLLOW);
	if (fd == -ENOENT || fd == -ENOTDIR) {
		size_t n = strlen(name), left = strlen(w->at);

		ret->rest = malloc(n + left + 2);
		if (!ret->rest)
			return -ENOMEM;
		memcpy(ret->rest, name, n);
		ret->rest[n] = '/';
		memcpy(ret->rest + n + 1, w->at, left + 1);
		return 1;
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return follow_link(w, name, fd);
	stand_in(w, steal_fd(&fd));
	return 0;
}

int path_walk(int dirfd, const char *path, struct walk *ret)
{
	_cleanup_(walker_free) struct walker w = { .fd = -1 };
	struct walk out = { .fd = -1 };
	int r;

	if (!*path)
		return -ENOENT;
	if (strlen(path) >= PATH_MAX)	/* as the kernel would */
		return -ENAMETOOLONG;
	w.left = w.at = strdup(path);
	if (!w.left)
		return -ENOMEM;
	w.fd = path_open_old(path[0] == '/' ? AT_FDCWD : dirfd, path[0] == '/' ? "/" : ".", 0);
	if (w.fd < 0)
		return w.fd;
	do {
		r = step(&w, &out);
	} while (r == 0);
	if (r < 0) {
		free(out.rest);
		return r;
	}
	out.fd = steal_fd(&w.fd);
	out.own = w.own;
	*ret = out;
	return 0;
}

const char *path_behind_pid(const char *path)
{
	static const char proc[] = "/proc/";
	size_t n;

	if (strncmp(path, proc, sizeof(proc) - 1) != 0)
		return NULL;
	path += sizeof(proc) - 1;
	n = strspn(path, "0123456789");
	return n > 0 ? path + n : NULL;
}
