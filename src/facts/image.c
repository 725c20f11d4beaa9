/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbolic links of the image, an attacker's, that a runtime would follow. The
 * walk takes one component at a time, so that none leads out of the image. For an
 * exec they are looked for in the container as it runs: it may have made more, on
 * a tmpfs or a volume.
 */
#include "facts-private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

/* path_resolution(7) */
#define LINKS_MAX 40
#define COMPONENTS_MAX 1024

struct inside {
	int root;
	bool live;			/* of a container that runs: with what is mounted there */
	int fd;				/* the folder stood in, or the deepest that exists */
	struct buf at;			/* its path in the image, "" for "/" */
	size_t missing;			/* how many of its last components do not exist */
	char *left;			/* still to go; malloc'd */
	char *next;			/* ... from here on */
	unsigned int links, components;
};

static void inside_free(struct inside *w)
{
	close_fd(&w->fd);
	buf_free(&w->at);
	free(w->left);
}

void image_free(struct fact_image *image)
{
	free(image->why);
	free(image->link);
	free(image->cwd);
	free(image->over);
	free(image->over_at);
	*image = (struct fact_image){ 0 };
}

/* One component, not "..", as it is: a link is not followed. */
static int open_component(int dir, const char *name)
{
	int fd = path_open(dir, name, O_NOFOLLOW,
			   RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);

	return fd == -ENOSYS ? path_open_old(dir, name, O_NOFOLLOW) : fd;
}

/* @path, below @root and without a link, by hand for kernels before 5.6. */
static int open_steps(int root, char *path)
{
	_cleanup_close_ int dir = path_open_old(root, ".", O_DIRECTORY);
	char *save = NULL;

	for (char *name = strtok_r(path, "/", &save); name && dir >= 0;
	     name = strtok_r(NULL, "/", &save)) {
		int fd = path_open_old(dir, name, O_NOFOLLOW | O_DIRECTORY);

		close_fd(&dir);
		dir = fd;
	}
	return steal_fd(&dir);
}

static int open_here(const struct inside *w)
{
	const char *path = buf_cstr(&w->at);
	_cleanup_free_ char *copy = NULL;
	int fd;

	fd = path_open(w->root, *path ? path + 1 : ".", O_DIRECTORY,
		       RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
	if (fd != -ENOSYS)
		return fd;
	copy = strdup(path);
	return copy ? open_steps(w->root, copy) : -ENOMEM;
}

static int go_to(struct inside *w)
{
	int fd = open_here(w);

	if (fd < 0)
		return fd;
	close_fd(&w->fd);
	w->fd = fd;
	return 0;
}

/* "..", which in the root is the root itself. */
static int go_up(struct inside *w)
{
	char *slash = w->at.len > 0 ? strrchr(w->at.data, '/') : NULL;

	if (!slash)
		return 0;
	w->at.len = (size_t)(slash - w->at.data);
	*slash = '\0';
	if (w->missing > 0) {	/* what does not exist is taken back by its text */
		w->missing--;
		return 0;
	}
	return go_to(w);
}

/* Put the target of the link @fd before what is left. */
static int follow(struct inside *w, int fd)
{
	_cleanup_free_ char *target = NULL, *joined = NULL;
	int r;

	if (++w->links > LINKS_MAX)
		return -ELOOP;
	r = link_read(fd, "", &target);
	if (r < 0)
		return r;
	if (asprintf(&joined, "%s/%s", target, w->next) < 0) {
		joined = NULL;
		return -ENOMEM;
	}
	free(w->left);
	w->left = w->next = steal_ptr(joined);
	if (target[0] != '/')
		return 0;
	buf_reset(&w->at);
	return go_to(w);
}

static int add_name(struct inside *w, const char *name)
{
	buf_char(&w->at, '/');
	buf_str(&w->at, name);
	return w->at.oom ? -ENOMEM : 0;
}

/* in_proc - whether it stands in a proc, where "self" and the like are another thing
 * to each process: what is below is taken by its text. */
static bool in_proc(const struct inside *w)
{
	struct statfs fs;

	return w->live && fstatfs(w->fd, &fs) == 0 && (uint64_t)fs.f_type == PROC_SUPER_MAGIC;
}

static int enter(struct inside *w, const char *name)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (w->missing == 0 && !in_proc(w))
		fd = open_component(w->fd, name);
	else
		fd = -ENOENT;
	if (fd == -ENOENT || fd == -ENOTDIR) {
		w->missing++;
		return add_name(w, name);
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return follow(w, fd);
	close_fd(&w->fd);
	w->fd = steal_fd(&fd);
	return add_name(w, name);
}

/* One component. 1: done, 0: go on, or -errno. */
static int step(struct inside *w)
{
	char *name = w->next + strspn(w->next, "/");
	size_t n = strcspn(name, "/");

	if (n == 0)
		return 1;
	if (++w->components > COMPONENTS_MAX)
		return -ELOOP;
	w->next = name + n;
	if (*w->next)
		*w->next++ = '\0';
	if (strcmp(name, ".") == 0)
		return 0;
	return strcmp(name, "..") == 0 ? go_up(w) : enter(w, name);
}

/* Where the absolute path @cwd leads in the image. 0, or -errno. */
static int walk_inside(int root, bool live, const char *cwd, char **ret)
{
	_cleanup_(inside_free) struct inside w = { .root = root, .live = live, .fd = -1 };
	int r;

	w.left = w.next = strdup(cwd);
	if (!w.left)
		return -ENOMEM;
	r = go_to(&w);
	while (r == 0)
		r = step(&w);
	if (r < 0)
		return r;
	if (in_proc(&w) && !text_path_below(buf_cstr(&w.at), "/proc")) {
		/* wherever it is mounted */
		buf_reset(&w.at);
		buf_str(&w.at, "/proc");
	}
	if (w.at.len == 0)
		buf_char(&w.at, '/');
	*ret = buf_steal(&w.at);
	return *ret ? 0 : -ENOMEM;
}

/* dev_mounted - whether the image's own /dev is not seen. */
static bool dev_mounted(const struct oci_spec *spec)
{
	for (size_t i = 0; i < spec->mounts.n; i++) {
		const char *dest = oci_mount_at(spec, i)->destination.v;
		_cleanup_free_ char *clean = dest ? text_path_clean(dest) : NULL;

		if (clean && (strcmp(clean, "/dev") == 0 || strcmp(clean, "dev") == 0))
			return true;
	}
	return false;
}

/*
 * find_link - the first of the kernel's folders that is a link, or NULL; where nothing
 * is mounted on /dev, also of the nodes that runtimes open there and leave as they are.
 */
static int find_link(const struct oci_spec *spec, int root, const char **ret)
{
	static const char *const names[] = { "/proc", "/sys", "/dev", "/dev/null", "/dev/zero",
					     "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty",
					     "/dev/console" };
	const size_t n = dev_mounted(spec) ? 3 : ARRAY_SIZE(names);

	for (size_t i = 0; i < n; i++) {
		struct stat st;

		if (fstatat(root, names[i] + 1, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0) {
			if (S_ISLNK(st.st_mode)) {
				*ret = names[i];
				return 0;
			}
		} else if (errno != ENOENT && errno != ENOTDIR) {
			return -errno;
		}
	}
	return 0;
}

/* straight - whether no link is on the way of the absolute @path, as the kernel says at once. */
static bool straight(int root, const char *path)
{
	const char *below = path + strspn(path, "/");
	_cleanup_close_ int fd = -1;

	if (!*below)
		return true;
	if (text_path_climbs(below))	/* out of what is missing, too */
		return false;
	fd = path_open(root, below, 0,
		       RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
	return fd >= 0 || fd == -ENOENT || fd == -ENOTDIR;
}

/*
 * find_over - the first mount whose destination leads over the kernel's folders by a
 * link. What is there by its text needs none: /proc, /sys and /dev are no links. A
 * volume may have links, too: what they do the gate sees. 0 or -errno.
 */
static int find_over(const struct oci_spec *spec, int root, struct fact_image *ret)
{
	for (size_t i = 0; i < spec->mounts.n; i++) {
		const char *dest = oci_mount_at(spec, i)->destination.v;
		_cleanup_free_ char *path = NULL, *at = NULL;
		int r;

		if (!dest || (text_path_looks_clean(dest) && oci_over_system(dest)))
			continue;
		if (asprintf(&path, "/%s", dest) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		if (straight(root, path))
			continue;
		r = walk_inside(root, false, path, &at);
		if (r < 0)
			return r;
		if (!oci_over_system(at))
			continue;
		ret->over = strdup(dest);
		ret->over_at = steal_ptr(at);
		return ret->over ? 0 : -ENOMEM;
	}
	return 0;
}

static int unreadable(struct fact_image *ret, struct error *err, int errnum)
{
	if (errnum == ENOMEM)
		return error_oom(err);
	ret->is = FACT_UNREADABLE;
	if (errnum == ELOOP)
		return fact_why(&ret->why, err, "a path leads through too many symbolic links");
	return fact_why_sys(&ret->why, err, errnum);
}

/* open_root - of the container that runs, where there is one; else of the bundle. */
static int open_root(const char *path, const struct facts_source *source)
{
	char live[64];

	if (source->live <= 0)
		return path_open_old(source->bundle_fd, path, O_DIRECTORY);
	(void)snprintf(live, sizeof(live), "/proc/%" PRId64 "/root", source->live);
	return path_open_old(AT_FDCWD, live, O_DIRECTORY);
}

int image_gather(const struct oci_spec *spec, const struct facts_source *source,
		 struct fact_image *ret, struct error *err)
{
	const struct field_str *path = &spec->root.path, *cwd = &spec->process.cwd;
	_cleanup_free_ char *link_copy = NULL, *cwd_copy = NULL;
	_cleanup_close_ int root = -1;
	const char *link_name = NULL;
	int r = 0;

	if (path->is != FIELD_PRESENT || !*path->v) {
		ret->is = path->is == FIELD_WRONG ? FACT_UNREADABLE : FACT_ABSENT;
		return ret->is == FACT_ABSENT ? 0
			: fact_why(&ret->why, err, "root.path is not a string");
	}
	root = open_root(path->v, source);
	if (root == -ENOENT || root == -ENOTDIR) {
		ret->is = FACT_ABSENT;
		return 0;
	}
	if (root < 0)
		return unreadable(ret, err, -root);
	r = find_link(spec, root, &link_name);
	if (r == 0 && cwd->is == FIELD_PRESENT) {
		if (cwd->v[0] == '/')
			r = walk_inside(root, source->live > 0, cwd->v, &cwd_copy);
		else if (!(cwd_copy = strdup(cwd->v)))
			r = -ENOMEM;
	}
	if (r == 0 && link_name && !(link_copy = strdup(link_name)))
		r = -ENOMEM;
	if (r == 0 && source->live <= 0)
		r = find_over(spec, root, ret);
	if (r < 0)
		return unreadable(ret, err, -r);
	ret->is = FACT_KNOWN;
	ret->link = steal_ptr(link_copy);
	ret->cwd = steal_ptr(cwd_copy);
	return 0;
}
