/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include <cofferdam/file.h>

#include "base-private.h"

/* As the kernel: MAXSYMLINKS of path_resolution(7). */
#define LINKS_MAX 40

/*
 * A walk from "/" to a file. What is still to be walked is a string, to which
 * the target of a symbolic link is put in front, so nothing recurses.
 */
struct walk {
	int dir;		/* O_PATH, the folder reached; always checked */
	bool lent;		/* dir is the caller's */
	struct buf at;		/* its path without links, "" for "/"; at the end, the folder found */
	struct buf todo;
	size_t pos;		/* what of todo is done */
	size_t named;		/* how much of the end of todo the caller named */
	unsigned int links;
	int flags;
	uid_t owner;
	int found;		/* the descriptor asked for, -1 on the way to it */
	struct stat st;		/* what that is open on */
};

static struct walk walk_new(int flags, uid_t owner)
{
	return (struct walk){ .dir = -1, .found = -1, .flags = flags, .owner = owner };
}

static void leave_dir(struct walk *w)
{
	if (!w->lent)
		close_fd(&w->dir);
	w->lent = false;
}

static void walk_free(struct walk *w)
{
	leave_dir(w);
	close_fd(&w->found);
	buf_free(&w->at);
	buf_free(&w->todo);
}

static const char *shown(const struct buf *path)
{
	return path->len > 0 ? path->data : "/";
}

static int check_fd(int fd, uid_t owner, const char *path, struct stat *ret, struct error *err)
{
	if (fstat(fd, ret) < 0)
		return error_sys(err, errno, "%s", path);
	return check_trust(ret, owner, path, err);
}

/* Make @fd, which has been checked and is taken over, the folder reached. */
static void walk_into(struct walk *w, int *fd)
{
	leave_dir(w);
	w->dir = steal_fd(fd);
}

/* The same once it has been checked. */
static int walk_enter(struct walk *w, int *fd, struct error *err)
{
	struct stat st;
	int r = check_fd(*fd, w->owner, shown(&w->at), &st, err);

	if (r == 0)
		walk_into(w, fd);
	return r;
}

static int walk_root(struct walk *w, struct error *err)
{
	_cleanup_close_ int fd = open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY);

	buf_reset(&w->at);
	if (fd < 0)
		return error_sys(err, errno, "/");
	return walk_enter(w, &fd, err);
}

static int walk_up(struct walk *w, struct error *err)
{
	_cleanup_close_ int fd = open_at(w->dir, "..", O_PATH | O_DIRECTORY);
	char *slash = w->at.len > 0 ? strrchr(w->at.data, '/') : NULL;

	if (slash) {
		w->at.len = (size_t)(slash - w->at.data);
		*slash = '\0';
	}
	if (fd < 0)
		return error_sys(err, errno, "%s", shown(&w->at));
	return walk_enter(w, &fd, err);
}

/* Put the target of the link @fd before what is still to be walked. */
static int walk_link(struct walk *w, int fd, const char *path, struct error *err)
{
	_cleanup_free_ char *target = malloc(PATH_MAX);
	_cleanup_buf_ struct buf todo = { 0 };
	ssize_t n;
	int r;

	if (!target)
		return error_oom(err);
	if (++w->links > LINKS_MAX)
		return error_set(err, -ELOOP, "%s: more than %d symbolic links on the way; "
				 "remove the loop", path, LINKS_MAX);
	n = readlinkat(fd, "", target, PATH_MAX);
	if (n < 0)
		return error_sys(err, errno, "%s: cannot read the link", path);
	if (n == 0 || n >= PATH_MAX)
		return error_set(err, -EINVAL, "%s: a symbolic link without a usable target", path);
	buf_add(&todo, target, (size_t)n);
	buf_str(&todo, w->todo.data + w->pos);
	r = buf_check(&todo, err);
	if (r < 0)
		return r;
	if (w->named > w->todo.len - w->pos)
		w->named = w->todo.len - w->pos;
	buf_replace(&w->todo, &todo);
	w->pos = 0;
	return target[0] == '/' ? walk_root(w, err) : 0;
}

/* Open what has passed the check, in earnest, and check what was opened. */
static int walk_open(struct walk *w, const char *name, int flags,
		     const char *path, struct error *err)
{
	_cleanup_close_ int fd = -1;
	int r;

	fd = open_at(w->dir, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return error_sys(err, errno, "%s: cannot open", path);
	r = check_fd(fd, w->owner, path, &w->st, err);
	if (r < 0)
		return r;
	if (!(flags & O_PATH) && !S_ISREG(w->st.st_mode) && !S_ISDIR(w->st.st_mode))
		return error_set(err, -EINVAL, "%s: neither a regular file nor a folder", path);
	w->found = steal_fd(&fd);
	return 0;
}

/*
 * A name that is not there. Only what the caller named may be "missing"
 * (-ENOENT), which may be harmless; a link into nothing is a fault.
 */
static int walk_missing(struct walk *w, const char *name, bool in_link,
			const char *path, struct error *err)
{
	bool last = w->todo.data[w->pos] == '\0';
	int r;

	if (last && (w->flags & O_CREAT)) {
		/* O_EXCL: what appears there now has not been checked */
		r = walk_open(w, name, w->flags | O_EXCL, path, err);
		if (r != -EEXIST || (w->flags & O_EXCL) || ++w->links > LINKS_MAX)
			return r;
		w->pos -= strlen(name);		/* somebody was faster: look again */
		return 0;
	}
	if (in_link)
		return error_set(err, -ENOLINK, "%s: does not exist, but a symbolic link "
				 "leads there", path);
	return error_set(err, -ENOENT, "%s: does not exist", path);
}

/* Open @name in the folder reached, as it is: a link is not followed. */
static int open_name(const struct walk *w, const char *name)
{
	/* O_DIRECTORY, where it can be, makes the kernel mount an automount. */
	int fd = open_at(w->dir, name, O_PATH | O_NOFOLLOW | O_DIRECTORY);

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		fd = open_at(w->dir, name, O_PATH | O_NOFOLLOW);
	return fd;
}

/*
 * What @name is: a file is looked at alone, as walk_open() looks again; anything
 * else comes with the descriptor to go on from. 0 or -errno.
 */
static int look_at(const struct walk *w, const char *name, bool last, int *ret_fd,
		   struct stat *ret)
{
	if (last && fstatat(w->dir, name, ret, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(ret->st_mode))
		return 0;
	*ret_fd = open_name(w, name);
	return *ret_fd < 0 || fstat(*ret_fd, ret) < 0 ? -errno : 0;
}

/* Whether what exists must not be opened. */
static bool must_create(const struct walk *w)
{
	return (w->flags & O_CREAT) && (w->flags & O_EXCL);
}

/* The end of the walk: @name passed the check with @st. */
static int walk_last(struct walk *w, const char *name, const struct stat *st,
		     const char *path, struct error *err)
{
	if (must_create(w))
		return error_sys(err, EEXIST, "%s", path);
	/* Not even opened: opening a device may do something. */
	if (!(w->flags & O_PATH) && !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		return error_set(err, -EINVAL, "%s: neither a regular file nor a folder", path);
	return walk_open(w, name, w->flags & ~O_CREAT, path, err);
}

/* Walk one component, @name, which is neither "." nor "..". */
static int walk_name(struct walk *w, const char *name, bool in_link, struct error *err)
{
	_cleanup_close_ int fd = -1;
	_cleanup_buf_ struct buf path = { 0 };
	const bool last = w->todo.data[w->pos] == '\0';
	struct stat st;
	int r;

	buf_add(&path, w->at.data, w->at.len);
	buf_char(&path, '/');
	buf_str(&path, name);
	r = buf_check(&path, err);
	if (r < 0)
		return r;
	r = look_at(w, name, last, &fd, &st);
	if (r == -ENOENT)
		return walk_missing(w, name, in_link, path.data, err);
	if (r < 0)
		return error_sys(err, -r, "%s", path.data);
	r = check_trust(&st, w->owner, path.data, err);
	if (r < 0)
		return r;
	if (S_ISLNK(st.st_mode)) {
		if (last && must_create(w))
			return error_sys(err, EEXIST, "%s", path.data);
		if (last && (w->flags & O_NOFOLLOW))
			return error_set(err, -ELOOP, "%s: is a symbolic link, which is not "
					 "followed here", path.data);
		return walk_link(w, fd, path.data, err);
	}
	if (last)
		r = walk_last(w, name, &st, path.data, err);
	else if (!S_ISDIR(st.st_mode))
		r = error_sys(err, ENOTDIR, "%s", path.data);
	else
		walk_into(w, &fd);
	if (r < 0)
		return r;
	buf_replace(&w->at, &path);
	return 0;
}

static int walk(struct walk *w, struct error *err)
{
	int r = w->dir >= 0 ? 0 : walk_root(w, err);

	while (r == 0 && w->found < 0) {
		const char *todo = w->todo.data + w->pos;
		size_t skip = strspn(todo, "/");
		size_t n = strcspn(todo + skip, "/");
		/* in front of what the caller named is what links brought in */
		bool in_link = w->todo.len - w->pos - skip > w->named;
		char name[NAME_MAX + 1];

		/* The path ended in a slash, "." or "..": at a folder. */
		if (n == 0)
			return walk_open(w, ".", w->flags | O_DIRECTORY, shown(&w->at), err);
		if (n > NAME_MAX)
			return error_sys(err, ENAMETOOLONG, "a name in %s", shown(&w->at));
		memcpy(name, todo + skip, n);
		name[n] = '\0';
		w->pos += skip + n;
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0)
			r = walk_up(w, err);
		else
			r = walk_name(w, name, in_link, err);
	}
	return r;
}

/* open_trusted - @w, which has flags and an owner, to @path. */
static int open_trusted(struct walk *w, const char *path, struct error *err)
{
	int r;

	if (path[0] == '\0')
		return error_set(err, -EINVAL, "the path of the file is empty");
	if (strlen(path) >= PATH_MAX)
		return error_sys(err, ENAMETOOLONG, "%s", path);
	w->found = trusted_straight(path, w->flags, w->owner, &w->st);
	if (w->found >= 0) {
		buf_str(&w->at, path);
		return buf_check(&w->at, err);
	}
	if (path[0] != '/') {
		_cleanup_free_ char *cwd = getcwd(NULL, 0);

		/* "(unreachable)..." when it lies outside the root directory */
		if (!cwd || cwd[0] != '/')
			return error_set(err, -EINVAL, "%s: the working directory has no path; "
					 "give an absolute one", path);
		buf_str(&w->todo, cwd);
		buf_char(&w->todo, '/');
	}
	buf_str(&w->todo, path);
	w->named = strlen(path);
	r = buf_check(&w->todo, err);
	if (r < 0)
		return r;
	r = walk(w, err);
	return r < 0 && w->links > 0 ? error_context(err, "%s", path) : r;
}

int file_open_trusted(const char *path, int flags, uid_t owner, struct error *err)
{
	_cleanup_(walk_free) struct walk w = walk_new(flags, owner);
	int r = open_trusted(&w, path, err);

	return r < 0 ? r : steal_fd(&w.found);
}

int dir_open_trusted(const char *path, uid_t owner, char **ret_real, struct error *err)
{
	_cleanup_(walk_free) struct walk w = walk_new(O_PATH | O_DIRECTORY, owner);
	int r = open_trusted(&w, path, err);
	char *real = r < 0 ? NULL : strdup(shown(&w.at));

	if (!real)
		return r < 0 ? r : error_oom(err);
	*ret_real = real;
	return steal_fd(&w.found);
}

/* read_regular - what @fd is open on, which is @st, if it is a regular file. */
static int read_regular(int fd, const char *path, size_t max, const struct stat *st,
			struct buf *ret, struct error *err)
{
	if (!S_ISREG(st->st_mode))
		return error_set(err, -EINVAL, "%s: not a regular file", path);
	return read_all(fd, path, max, (size_t)st->st_size, ret, err);
}

int file_read_trusted(const char *path, uid_t owner, size_t max,
		      struct buf *ret, struct stat *ret_st, struct error *err)
{
	_cleanup_(walk_free) struct walk w = walk_new(O_RDONLY, owner);
	int r = open_trusted(&w, path, err);

	if (r == 0)
		r = read_regular(w.found, path, max, &w.st, ret, err);
	if (r == 0 && ret_st)
		*ret_st = w.st;
	return r;
}

int file_read_below(const struct trusted_dir *dir, const char *path, size_t max,
		    struct buf *ret, struct stat *ret_st, struct error *err)
{
	_cleanup_(walk_free) struct walk w = {
		.dir = dir->fd, .lent = true, .found = -1, .flags = O_RDONLY, .owner = dir->owner,
		.named = strlen(path),
	};
	_cleanup_free_ char *name = NULL;
	int r;

	if (path[0] == '\0' || path[0] == '/' || strlen(path) >= PATH_MAX)
		return error_set(err, -EINVAL, "\"%s\": not a relative path", path);
	if (dir->fd < 0)	/* a walk from nowhere would begin at "/" */
		return error_sys(err, EBADF, "%s", dir->path);
	if (asprintf(&name, "%s/%s", dir->path, path) < 0) {
		name = NULL;
		return error_oom(err);
	}
	buf_str(&w.at, dir->path);
	buf_str(&w.todo, path);
	r = buf_check(&w.at, err);
	if (r == 0)
		r = buf_check(&w.todo, err);
	if (r == 0)
		r = walk(&w, err);
	if (r < 0)
		return w.links > 0 ? error_context(err, "%s", name) : r;
	r = read_regular(w.found, name, max, &w.st, ret, err);
	if (r == 0 && ret_st)
		*ret_st = w.st;
	return r;
}
