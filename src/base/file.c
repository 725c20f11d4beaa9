/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "config.h"
#ifdef HAVE_SELINUX
#include <selinux/selinux.h>
#endif

#include <cofferdam/file.h>

#include "base-private.h"

/* A hook may have a stack of 16 KiB. */
#define CHUNK 4096

/* How often a fresh name may turn out to be taken: 2^-64 is the chance of one. */
#define FRESH_NAME_TRIES 8

int open_at(int dirfd, const char *path, int flags)
{
	int fd;

	do {
		fd = openat(dirfd, path, flags | O_CLOEXEC, 0600);
	} while (fd < 0 && errno == EINTR);
	return fd;
}

/* Hand @from over to @to, whose old content goes. */
static void buf_replace(struct buf *to, struct buf *from)
{
	bool oom = to->oom;

	buf_free(to);
	*to = *from;
	to->oom |= oom;
	*from = (struct buf){ 0 };
}

/*
 * Read once into @b. 1 when there may be more, 0 at end of file, -EAGAIN
 * (without a text) when nothing has come yet.
 */
static int read_some(int fd, const char *name, size_t max, struct buf *b, struct error *err)
{
	char chunk[CHUNK];
	/* one byte past the limit tells "full" from "too large" */
	size_t want = max - b->len < sizeof(chunk) ? max - b->len + 1 : sizeof(chunk);
	ssize_t n = read(fd, chunk, want);

	if (n < 0 && errno == EINTR)
		return 1;
	if (n < 0 && errno == EAGAIN)
		return -EAGAIN;
	if (n < 0)
		return error_sys(err, errno, "%s: cannot read", name);
	if (n == 0)
		return 0;
	if ((size_t)n > max - b->len)
		return error_set(err, -EFBIG, "%s: larger than the limit of %zu bytes", name, max);
	buf_add(b, chunk, (size_t)n);
	return buf_check(b, err) < 0 ? -ENOMEM : 1;
}

int read_all(int fd, const char *name, size_t max, struct buf *ret, struct error *err)
{
	_cleanup_buf_ struct buf b = { 0 };
	int r;

	do {
		r = read_some(fd, name, max, &b, err);
	} while (r > 0);
	if (r == -EAGAIN)
		return error_sys(err, EAGAIN, "%s: cannot read", name);
	if (r < 0)
		return r;
	buf_replace(ret, &b);
	return 0;
}

static int check_regular(const struct stat *st, const char *path, size_t max, struct error *err)
{
	if (S_ISLNK(st->st_mode))
		return error_set(err, -EINVAL, "%s: is a symbolic link, which is not followed here",
				 path);
	if (!S_ISREG(st->st_mode))
		return error_set(err, -EINVAL, "%s: not a regular file", path);
	if (st->st_size < 0 || (uintmax_t)st->st_size > max)
		return error_set(err, -EFBIG, "%s: larger than the limit of %zu bytes", path, max);
	return 0;
}

int file_read(int dirfd, const char *path, bool nofollow, size_t max,
	      struct buf *ret, struct stat *ret_st, struct error *err)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	/*
	 * Look before opening, as opening a device may do something; and look
	 * again after, as the file may have been swapped. O_NONBLOCK, so that
	 * a FIFO put there in between is not waited for.
	 */
	if (fstatat(dirfd, path, &st, nofollow ? AT_SYMLINK_NOFOLLOW : 0) < 0)
		return error_sys(err, errno, "%s", path);
	r = check_regular(&st, path, max, err);
	if (r < 0)
		return r;
	fd = open_at(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | (nofollow ? O_NOFOLLOW : 0));
	if (fd < 0)
		return error_sys(err, errno, "%s: cannot open", path);
	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "%s", path);
	r = check_regular(&st, path, max, err);
	if (r < 0)
		return r;
	r = read_all(fd, path, max, ret, err);
	if (r < 0)
		return r;
	if (ret_st)
		*ret_st = st;
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The loop of file_read_stream(), for a descriptor that does not block. */
static int read_until(int fd, const char *name, size_t max, int64_t deadline,
		      struct buf *b, struct error *err)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - now_ms();
		int r;

		if (left <= 0)
			return error_set(err, -ETIMEDOUT, "%s: no end of file in time; "
					 "the writer must close its end", name);
		r = poll(&p, 1, left < INT_MAX ? (int)left : INT_MAX);
		if (r < 0 && errno != EINTR)
			return error_sys(err, errno, "%s: cannot wait", name);
		if (r <= 0)
			continue;
		r = read_some(fd, name, max, b, err);
		if (r <= 0 && r != -EAGAIN)
			return r;
	}
}

int file_read_stream(int fd, const char *name, size_t max, int deadline_ms,
		     struct buf *ret, struct error *err)
{
	_cleanup_buf_ struct buf b = { 0 };
	int64_t deadline = now_ms() + deadline_ms;
	int flags = fcntl(fd, F_GETFL);
	int r;

	if (flags < 0)
		return error_sys(err, errno, "%s", name);
	/*
	 * Another reader may take what poll(2) promised, and read(2) would
	 * block. The flag is shared with whoever has the same stream open, so
	 * it is put back.
	 */
	if (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return error_sys(err, errno, "%s", name);
	r = read_until(fd, name, max, deadline, &b, err);
	if (!(flags & O_NONBLOCK))
		(void)fcntl(fd, F_SETFL, flags);
	if (r < 0)
		return r;
	buf_replace(ret, &b);
	return 0;
}

int file_write_all(int fd, const char *data, size_t len, struct error *err)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, errno, "cannot write");
		if (n == 0)
			return error_sys(err, EIO, "cannot write");
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

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

static int replace(int dirfd, const char *name, const char *data, size_t len,
		   const struct stat *like, struct error *err)
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
	r = file_write_all(fd, data, len, err);
	if (r == 0)
		r = dress(dir, name, fd, like, err);
	if (r == 0 && fsync(fd) < 0)
		r = error_sys(err, errno, "cannot sync the new file");
	if (r == 0 && renameat(dir, fresh, dir, name) < 0)
		r = error_sys(err, errno, "cannot put the new file in its place");
	if (r < 0) {
		(void)unlinkat(dir, fresh, 0);
		return r;
	}
	return sync_dir(dir, err);
}

int file_replace(int dirfd, const char *name, const char *data, size_t len,
		 const struct stat *like, struct error *err)
{
	if (name[0] == '\0' || strchr(name, '/') || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return error_set(err, -EINVAL, "\"%s\": not the name of a file in a folder", name);
	if (replace(dirfd, name, data, len, like, err) < 0)
		return error_context(err, "%s: cannot replace", name);
	return 0;
}
