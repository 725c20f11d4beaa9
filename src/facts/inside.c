/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a path leads in the container. The walk takes one component at a time, so that
 * no symbolic link leads out of the image; where something is mounted by then it goes on
 * in what is bound there, whose links are followed from the container's root as well.
 */
#include "facts-private.h"

#include <fcntl.h>
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
	const struct inside_view *view;
	int fd;				/* the folder stood in, or the deepest that exists */
	struct buf at;			/* its path in the container, "" for "/" */
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
	const struct oci_mount *mount = inside_mount(w->view, path, &path);
	_cleanup_close_ int source = mount ? inside_source(w->view, mount) : -1;
	const int root = mount ? source : w->view->root;
	_cleanup_free_ char *copy = NULL;
	int fd;

	if (root < 0)
		return root;
	fd = path_open(root, *path ? path + 1 : ".", O_DIRECTORY,
		       RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
	if (fd != -ENOSYS)
		return fd;
	copy = strdup(path);
	return copy ? open_steps(root, copy) : -ENOMEM;
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

/* go_back - to the path it is at, as far as that exists: what is mounted need not have a folder above. */
static int go_back(struct inside *w)
{
	const size_t len = w->at.len;
	char *slash;
	int r = go_to(w);

	while (r == -ENOENT && (slash = w->at.len > 0 ? strrchr(w->at.data, '/') : NULL)) {
		*slash = '\0';
		w->at.len = (size_t)(slash - w->at.data);
		w->missing++;
		r = go_to(w);
	}
	for (; w->at.len < len; w->at.len += strlen(w->at.data + w->at.len))
		w->at.data[w->at.len] = '/';
	return r;
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
	return go_back(w);
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

	return w->view->live && fstatfs(w->fd, &fs) == 0 && (uint64_t)fs.f_type == PROC_SUPER_MAGIC;
}

/* enter_mount - where something is mounted at the path that was just added. 1: so it is. */
static int enter_mount(struct inside *w)
{
	const char *rest = "";
	const struct oci_mount *mount = inside_mount(w->view, buf_cstr(&w->at), &rest);
	int fd;

	if (!mount || *rest)
		return 0;
	fd = inside_source(w->view, mount);
	if (fd == -ENOENT) {
		w->missing++;
		return 1;
	}
	if (fd < 0)
		return fd;
	close_fd(&w->fd);
	w->fd = fd;
	w->missing = 0;
	return 1;
}

static int enter(struct inside *w, const char *name)
{
	const size_t len = w->at.len;
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r = add_name(w, name);

	if (r == 0)
		r = enter_mount(w);
	if (r != 0)
		return r < 0 ? r : 0;
	if (w->missing == 0 && !in_proc(w))
		fd = open_component(w->fd, name);
	else
		fd = -ENOENT;
	if (fd == -ENOENT || fd == -ENOTDIR) {
		w->missing++;
		return 0;
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode)) {
		w->at.len = len;
		w->at.data[len] = '\0';
		return follow(w, fd);
	}
	close_fd(&w->fd);
	w->fd = steal_fd(&fd);
	return 0;
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

int inside_walk(const struct inside_view *view, const char *path, char **ret)
{
	_cleanup_(inside_free) struct inside w = { .view = view, .fd = -1 };
	int r;

	w.left = w.next = strdup(path);
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

/* straight - whether no link is on the way of @path below @root, as the kernel says at once. */
static bool straight(int root, const char *path)
{
	const char *below = path + strspn(path, "/");
	_cleanup_close_ int fd = -1;

	if (!*below)
		return true;
	fd = path_open(root, below, 0,
		       RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
	return fd >= 0 || fd == -ENOENT || fd == -ENOTDIR;
}

/* by_text - whether the clean @path leads where its text says. 1, 0 or -errno. */
static int by_text(const struct inside_view *view, const char *path)
{
	const char *rest = path;
	const struct oci_mount *mount = inside_mount(view, path, &rest);
	_cleanup_close_ int source = -1;

	if (!mount)
		return straight(view->root, path);
	if (!mount->bind || !*rest)
		return 1;
	source = inside_source(view, mount);
	if (source == -ENOENT)
		return 1;
	return source < 0 ? source : straight(source, rest);
}

int inside_lead(const struct inside_view *view, const char *dest, char **ret_clean, char **ret_at)
{
	_cleanup_free_ char *path = NULL, *clean = NULL;
	int r;

	if (asprintf(&path, "/%s", dest ? dest : "") < 0) {
		path = NULL;
		return -ENOMEM;
	}
	clean = text_path_clean(path);
	if (!clean)
		return -ENOMEM;
	/* a path that climbs may climb out of a link; the folders themselves are looked at for links */
	if (text_path_climbs(path))
		r = 0;
	else if (oci_over_system(clean) && !strchr(clean + 1, '/'))
		r = 1;
	else
		r = by_text(view, clean);
	if (r < 0)
		return r;
	if (r == 0)
		r = inside_walk(view, path, ret_at);
	else if (!(*ret_at = strdup(clean)))
		r = -ENOMEM;
	if (r < 0)
		return r;
	*ret_clean = steal_ptr(clean);
	return 0;
}
