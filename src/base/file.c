/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include <cofferdam/file.h>
#include <cofferdam/process.h>

#include "base-private.h"

#define CHUNK 4096
#define OVERSLEPT_MS 50
#define AGAIN_MS 100

int open_at(int dirfd, const char *path, int flags)
{
	int fd;

	do {
		fd = openat(dirfd, path, flags | O_CLOEXEC, 0600);
	} while (fd < 0 && errno == EINTR);
	return fd;
}

int open_resolve(int dirfd, const char *path, int flags, uint64_t resolve)
{
	const struct open_how how = {
		.flags = (unsigned int)(flags | O_CLOEXEC),
		.resolve = resolve,
	};
	/* to others it is a lease, which may be held for long: fcntl(2) */
	const bool renamed = resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT);
	long fd;

	do {
		fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	} while (fd < 0 && (errno == EINTR || (renamed && errno == EAGAIN)));
	return fd < 0 ? -errno : (int)fd;
}

void buf_replace(struct buf *to, struct buf *from)
{
	bool oom = to->oom;

	buf_free(to);
	*to = *from;
	to->oom |= oom;
	*from = (struct buf){ 0 };
}

/*
 * Read at most @want bytes into @b, once. 1 when there may be more, 0 at end of
 * file, -EAGAIN (without a text) when nothing has come yet.
 */
static int read_some(int fd, const char *name, size_t max, size_t want, struct buf *b,
		     struct error *err)
{
	/* one byte past the limit tells "full" from "too large" */
	const size_t most = max - b->len < want ? max - b->len + 1 : want;
	char *room = buf_room(b, most);
	ssize_t n;

	if (!room)
		return error_oom(err);
	n = read(fd, room, most);
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
	buf_took(b, (size_t)n);
	return 1;
}

int read_all(int fd, const char *name, size_t max, size_t size, struct buf *ret,
	     struct error *err)
{
	_cleanup_buf_ struct buf b = { 0 };
	/* the byte too much tells, by not coming, that this was all; /proc says 0 */
	const bool sized = size > 0 && size < max;
	int r = read_some(fd, name, max, sized ? size + 1 : CHUNK, &b, err);

	if (r > 0 && sized && b.len == size)
		r = 0;
	while (r > 0)
		r = read_some(fd, name, max, CHUNK, &b, err);
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
	r = read_all(fd, path, max, (size_t)st.st_size, ret, err);
	if (r < 0)
		return r;
	if (ret_st)
		*ret_st = st;
	return 0;
}

int file_read_kernel(int dirfd, const char *path, size_t max, struct buf *ret,
		     struct error *err)
{
	_cleanup_close_ int fd = open_at(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);

	if (fd < 0)
		return error_sys(err, errno, "%s", path);
	return read_all(fd, path, max, 0, ret, err);
}

DIR *dir_open(int fd)
{
	return dir_open_at(fd, ".");
}

DIR *dir_open_at(int fd, const char *name)
{
	_cleanup_close_ int copy = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);

	if (dir)
		(void)steal_fd(&copy);
	return dir;
}

int dir_next(DIR *dir, const struct dirent **ret)
{
	do {
		errno = 0;
		*ret = readdir(dir);
		if (!*ret)
			return -errno;
	} while (strcmp((*ret)->d_name, ".") == 0 || strcmp((*ret)->d_name, "..") == 0);
	return 1;
}

/*
 * The loop of file_read_stream(), for a descriptor that does not block. Who finds the end
 * of his time long past was stopped himself, as a machine that is moved is: once
 * he looks again.
 */
static int read_until(int fd, const char *name, size_t max, int64_t deadline_ms,
		      struct buf *b, struct error *err)
{
	bool again = false;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = deadline_ms - (int64_t)(now_us() / 1000);
		int r;

		if (left < -OVERSLEPT_MS && !again) {
			deadline_ms += AGAIN_MS - left;
			again = true;
			continue;
		}
		if (left <= 0)
			return error_set(err, -ETIMEDOUT, "%s: no end of file in time; "
					 "the writer must close its end", name);
		r = poll(&p, 1, left < INT_MAX ? (int)left : INT_MAX);
		if (r < 0 && errno != EINTR)
			return error_sys(err, errno, "%s: cannot wait", name);
		if (r <= 0)
			continue;
		r = read_some(fd, name, max, CHUNK, b, err);
		if (r <= 0 && r != -EAGAIN)
			return r;
	}
}

int file_read_stream(int fd, const char *name, size_t max, int deadline_ms,
		     struct buf *ret, struct error *err)
{
	_cleanup_buf_ struct buf b = { 0 };
	const int64_t deadline = (int64_t)(now_us() / 1000) + deadline_ms;
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

int link_read(int dirfd, const char *path, char **ret)
{
	_cleanup_free_ char *target = malloc(PATH_MAX + 1);
	ssize_t n;

	if (!target)
		return -ENOMEM;
	n = readlinkat(dirfd, path, target, PATH_MAX + 1);
	if (n < 0)
		return -errno;
	if (n > PATH_MAX)
		return -ENAMETOOLONG;
	target[n] = '\0';
	*ret = steal_ptr(target);
	return 0;
}

int fd_path(int fd, char **ret)
{
	char name[sizeof("/proc/self/fd/") + 3 * sizeof(fd)];

	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return link_read(AT_FDCWD, name, ret);
}

int file_fresh(char ret[FILE_FRESH_MAX], const char *prefix, struct error *err)
{
	uint64_t random;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		return error_sys(err, errno, "cannot get a random name");
	(void)snprintf(ret, FILE_FRESH_MAX, "%s%016" PRIx64, prefix, random);
	return 0;
}

int file_sync_dir(int fd)
{
	/* some file systems cannot, and need not */
	return fsync(fd) < 0 && errno != EINVAL && errno != EOPNOTSUPP ? -errno : 0;
}
