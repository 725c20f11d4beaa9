/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files replaced as a whole. Apart from file.c, so that a program which only
 * reads does not carry libselinux, whose start-up work it would pay for.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

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
	if (fchmod(fd, like->st_mode & 07777) < 0)
		return error_sys(err, errno, "cannot keep its mode");
	return copy_label(dirfd, name, fd, err);
}

#define FRESH_NAME_MAX 32

static int create_fresh(int dirfd, char fresh[FRESH_NAME_MAX], struct error *err)
{
	for (int i = 0; i < FRESH_NAME_TRIES; i++) {
		uint64_t random;
		int fd;

		if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
			return error_sys(err, errno, "cannot get a random name");
		(void)snprintf(fresh, FRESH_NAME_MAX, ".cofferdam.%016" PRIx64, random);
		fd = open_at(dirfd, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			break;
	}
	return error_sys(err, errno, "cannot make a new file beside it");
}

/* Some file systems cannot sync a folder, and need not. */
static int sync_dir(int fd, struct error *err)
{
	if (fsync(fd) < 0 && errno != EINVAL && errno != EOPNOTSUPP)
		return error_sys(err, errno, "replaced, but its folder cannot be synced");
	return 0;
}

/* What takes the place of a name. */
struct content {
	const char *data;
	size_t len;
	const struct stat *like;
	bool durable;			/* synced, and its folder, too */
};

static int replace(int dirfd, const char *name, const struct content *content,
		   struct error *err)
{
	_cleanup_close_ int dir = -1;
	_cleanup_close_ int fd = -1;
	char fresh[FRESH_NAME_MAX];
	int r;

	/* @dirfd may be O_PATH, which cannot be synced. */
	dir = open_at(dirfd, ".", O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		return error_sys(err, errno, "cannot open its folder");
	fd = create_fresh(dir, fresh, err);
	if (fd < 0)
		return fd;
	r = file_write_all(fd, content->data, content->len, err);
	if (r == 0)
		r = dress(dir, name, fd, content->like, err);
	if (r == 0 && content->durable && fsync(fd) < 0)
		r = error_sys(err, errno, "cannot sync the new file");
	if (r == 0 && renameat(dir, fresh, dir, name) < 0)
		r = error_sys(err, errno, "cannot put the new file in its place");
	if (r < 0) {
		(void)unlinkat(dir, fresh, 0);
		return r;
	}
	return content->durable ? sync_dir(dir, err) : 0;
}

static int replace_named(int dirfd, const char *name, const struct content *content,
			 struct error *err)
{
	if (name[0] == '\0' || strchr(name, '/') || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return error_set(err, -EINVAL, "\"%s\": not the name of a file in a folder", name);
	if (replace(dirfd, name, content, err) < 0)
		return error_context(err, "%s: cannot replace", name);
	return 0;
}

int file_replace(int dirfd, const char *name, const char *data, size_t len,
		 const struct stat *like, struct error *err)
{
	const struct content content = { data, len, like, .durable = true };

	return replace_named(dirfd, name, &content, err);
}

int file_put(int dirfd, const char *name, const char *data, size_t len,
	     const struct stat *like, struct error *err)
{
	const struct content content = { data, len, like, .durable = false };

	return replace_named(dirfd, name, &content, err);
}
