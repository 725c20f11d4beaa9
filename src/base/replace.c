/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files replaced as a whole. Apart from file.c, so that a program which only
 * reads does not carry libselinux, whose start-up work it would pay for.
 */
#include <fcntl.h>
#include <string.h>

#include "config.h"
#ifdef HAVE_SELINUX
#include <selinux/selinux.h>
#endif

#include <cofferdam/file.h>

#include "base-private.h"

/* How often a fresh name may turn out to be taken: 2^-64 is the chance of one. */
#define FRESH_NAME_TRIES 8

/* Give @fd the label of @name in @dirfd, if there is one. */
static int copy_label(int dirfd, const char *name, int fd, struct error *err)
{
#ifdef HAVE_SELINUX
	_cleanup_close_ int old = -1;
	char *label = NULL;
	int r = 0;

	if (is_selinux_enabled() <= 0)
		return 0;
	old = open_at(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (old < 0 && (errno == ENOENT || errno == ELOOP))
		return 0;	/* nothing there, or a link, which is replaced */
	if (old < 0)
		return error_sys(err, errno, "cannot open it for its SELinux label");
	if (fgetfilecon(old, &label) < 0) {
		if (errno == ENODATA || errno == EOPNOTSUPP)
			return 0;
		return error_sys(err, errno, "cannot read its SELinux label");
	}
	if (fsetfilecon(fd, label) < 0)
		r = error_sys(err, errno, "cannot keep its SELinux label");
	freecon(label);
	return r;
#else
	(void)dirfd;
	(void)name;
	(void)fd;
	(void)err;
	return 0;
#endif
}

/* Give the fresh file @fd, which will become @name, its owner, mode and label. */
static int dress(int dirfd, const char *name, int fd, const struct stat *like,
		 struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "cannot look at the new file");
	/* Owner before mode: chown(2) takes set-ID bits away. */
	if ((st.st_uid != like->st_uid || st.st_gid != like->st_gid) &&
	    fchown(fd, like->st_uid, like->st_gid) < 0)
		return error_sys(err, errno, "cannot keep its owner %u:%u",
				 like->st_uid, like->st_gid);
	if ((st.st_mode & 07777) != (like->st_mode & 07777) &&
	    fchmod(fd, like->st_mode & 07777) < 0)
		return error_sys(err, errno, "cannot keep its mode");
	return copy_label(dirfd, name, fd, err);
}

static int create_fresh(int dirfd, char fresh[FILE_FRESH_MAX], struct error *err)
{
	for (int i = 0; i < FRESH_NAME_TRIES; i++) {
		int fd, r = file_fresh(fresh, ".cofferdam.", err);

		if (r < 0)
			return r;
		fd = open_at(dirfd, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			break;
	}
	return error_sys(err, errno, "cannot make a new file beside it");
}

static int cannot_replace(const struct file_new *new, struct error *err)
{
	return error_context(err, "%s: cannot replace", new->name);
}

/* write_new - @new's file under its fresh name, written, and with all but that name. */
static int write_new(struct file_new *new, const struct file_part *parts, size_t n,
		     struct error *err)
{
	const char *name = new->name;
	int r = 0;

	if (name[0] == '\0' || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return error_set(err, -EINVAL, "\"%s\": not the name of a file in a folder", name);
	new->fd = create_fresh(new->dirfd, new->fresh, err);
	if (new->fd < 0) {
		new->fresh[0] = '\0';
		return cannot_replace(new, err);
	}
	for (size_t i = 0; i < n && r == 0; i++)
		r = file_write_all(new->fd, parts[i].data, parts[i].len, err);
	if (r == 0)
		r = dress(new->dirfd, name, new->fd, new->like, err);
	return r < 0 ? cannot_replace(new, err) : 0;
}

int file_prepare(struct file_new *new, const char *data, size_t len, struct error *err)
{
	int r = write_new(new, &(const struct file_part){ data, len }, 1, err);

	/* the disk can begin; that it is done is for fsync(2) to say */
	if (r == 0)
		(void)sync_file_range(new->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return r;
}

static int rename_new(struct file_new *new, struct error *err)
{
	if (renameat(new->dirfd, new->fresh, new->dirfd, new->name) < 0) {
		(void)error_sys(err, errno, "cannot put the new file in its place");
		return cannot_replace(new, err);
	}
	new->fresh[0] = '\0';
	return 0;
}

int file_settle(struct file_new *new, struct error *err)
{
	if (fsync(new->fd) < 0) {
		(void)error_sys(err, errno, "cannot sync the new file");
		return cannot_replace(new, err);
	}
	return rename_new(new, err);
}

void file_new_free(struct file_new *new)
{
	if (new->fresh[0])
		(void)unlinkat(new->dirfd, new->fresh, 0);
	close_fd(&new->fd);
}

int file_replace(int dirfd, const char *name, const char *data, size_t len,
		 const struct stat *like, struct error *err)
{
	/* @dirfd may be O_PATH, which cannot be synced. */
	_cleanup_close_ int dir = open_at(dirfd, ".", O_RDONLY | O_DIRECTORY);
	_cleanup_new_ struct file_new new = { .dirfd = dir, .name = name, .like = like, .fd = -1 };
	int r = 0;

	if (dir < 0) {
		(void)error_sys(err, errno, "cannot open its folder");
		return cannot_replace(&new, err);
	}
	r = write_new(&new, &(const struct file_part){ data, len }, 1, err);
	if (r == 0)
		r = file_settle(&new, err);
	if (r < 0)
		return r;
	r = file_sync_dir(dir);
	if (r < 0) {
		(void)error_sys(err, -r, "replaced, but its folder cannot be synced");
		r = cannot_replace(&new, err);
	}
	return r;
}

int file_put_parts(const struct file_new *how, const struct file_part *parts, size_t n,
		   struct error *err)
{
	_cleanup_new_ struct file_new new = *how;
	int r = write_new(&new, parts, n, err);

	return r < 0 ? r : rename_new(&new, err);
}

int file_put(int dirfd, const char *name, const char *data, size_t len,
	     const struct stat *like, struct error *err)
{
	const struct file_new how = { .dirfd = dirfd, .name = name, .like = like, .fd = -1 };

	return file_put_parts(&how, &(const struct file_part){ data, len }, 1, err);
}
