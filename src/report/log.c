/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>

#include <cofferdam/file.h>

#include "report-private.h"

/*
 * The sinks. None is waited for and none is locked: a stuck log daemon or a
 * lock that someone else holds must not stop every container of the host.
 */

#define IDENTIFIER "cofferdam"

/* The file may appear or be rotated away while it is opened. */
#define OPEN_TRIES 5

static int open_log(const char *path, uid_t owner, struct error *err)
{
	const int flags = O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
	struct error failed;
	int fd = -ENOENT;

	for (int i = 0; i < OPEN_TRIES && (fd == -EEXIST || fd == -ENOENT); i++) {
		fd = file_open_trusted(path, flags | O_RDWR, owner, &failed);
		/* to be read as well is of use, and no need */
		if (fd == -EACCES)
			fd = file_open_trusted(path, flags | O_WRONLY, owner, &failed);
	}
	if (fd < 0)
		*err = failed;
	return fd;
}

/*
 * torn - whether the last line has no end: of a record for which the disk had no room. One
 * that is being written meanwhile looks alike, but takes no seconds.
 */
static bool torn(int fd, const struct stat *st)
{
	char last;

	return st->st_size > 0 && time(NULL) > st->st_mtime + 1 &&
	       pread(fd, &last, 1, st->st_size - 1) == 1 && last != '\n';
}

/*
 * One writev(2) with O_APPEND keeps the lines of many processes whole. A limit
 * on the size of files (RLIMIT_FSIZE) is an error like a full disk as long as
 * the program ignores SIGXFSZ, which is its main's business.
 */
static int write_file(const struct log_config *config, const char *line, size_t len,
		      struct error *err)
{
	const char *path = config->file;
	_cleanup_close_ int fd = open_log(path, config->owner, err);
	struct iovec parts[] = { { (void *)(uintptr_t)"\n", 1 }, { (void *)(uintptr_t)line, len } };
	bool after_torn;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return error_context(err, "cannot open the log file");
	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "cannot look at the log file %s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, -EINVAL, "the log %s is not a regular file", path);
	after_torn = torn(fd, &st);
	do {
		n = writev(fd, after_torn ? parts : parts + 1, after_torn ? 2 : 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_sys(err, errno, "cannot write the log file %s", path);
	n -= after_torn && n > 0;
	if ((size_t)n < len)
		return error_set(err, -ENOSPC, "cannot write the log file %s: only %zd of %zu "
				 "bytes fitted", path, n, len);
	return 0;
}

/*
 * Send one datagram to the daemon at @path: @data, or @pass, a descriptor,
 * when @data is NULL. Returns 0 or a negative errno value, without a text.
 */
static int send_datagram(const char *path, const struct buf *data, int pass)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .space = { 0 } };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct iovec iov = { 0 };
	struct msghdr msg = { .msg_name = &to, .msg_namelen = sizeof(to) };
	_cleanup_close_ int fd = -1;
	ssize_t n;

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path));
	if (data) {
		iov = (struct iovec){ .iov_base = data->data, .iov_len = data->len };
		msg.msg_iov = &iov;
		msg.msg_iovlen = 1;
	} else {
		struct cmsghdr *c;

		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control.space);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass, sizeof(pass));
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	do {
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/*
 * What is too big for a datagram goes to journald as a sealed memfd
 * (systemd's JOURNAL_NATIVE_PROTOCOL).
 */
static int send_memfd(const char *path, const struct buf *data, struct error *err)
{
	_cleanup_close_ int fd = memfd_create(IDENTIFIER "-record",
					      MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return error_sys(err, errno, "memfd_create");
	r = file_write_all(fd, data->data, data->len, err);
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return error_sys(err, errno, "cannot seal a memfd");
	r = send_datagram(path, NULL, fd);
	return r < 0 ? error_sys(err, -r, "%s", path) : 0;
}

/*
 * The native protocol: lines of NAME=value. A value with a newline would need
 * another form, and could forge fields in this one; log_write_to() sees to it
 * that there is none.
 */
static int write_journald(const char *path, const char *line, size_t len, struct error *err)
{
	_cleanup_buf_ struct buf data = { 0 };
	int r;

	buf_str(&data, "MESSAGE=");
	buf_add(&data, line, len);
	buf_printf(&data, "\nPRIORITY=%d\nSYSLOG_IDENTIFIER=" IDENTIFIER "\n", LOG_NOTICE);
	r = buf_check(&data, err);
	if (r < 0)
		return r;
	r = send_datagram(path, &data, -1);
	if (r == -EMSGSIZE || r == -ENOBUFS) {
		r = send_memfd(path, &data, err);
		return r < 0 ? error_context(err, "cannot log to journald") : 0;
	}
	return r < 0 ? error_sys(err, -r, "cannot log to journald at %s", path) : 0;
}

/*
 * RFC 3164, in local time as it wants. Facility authpriv, because a record
 * names what a container mounts and runs, and not all users may read that.
 */
static int write_syslog(const char *path, const char *line, size_t len, struct error *err)
{
	static const char months[12][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun",
		"Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
	};
	_cleanup_buf_ struct buf data = { 0 };
	struct tm tm = { .tm_mday = 1 };
	time_t now = time(NULL);
	int r;

	(void)localtime_r(&now, &tm);
	buf_printf(&data, "<%d>%s %2d %02d:%02d:%02d " IDENTIFIER "[%d]: ",
		   LOG_AUTHPRIV | LOG_NOTICE, months[tm.tm_mon], tm.tm_mday, tm.tm_hour,
		   tm.tm_min, tm.tm_sec, (int)getpid());
	buf_add(&data, line, len);
	r = buf_check(&data, err);
	if (r < 0)
		return r;
	r = send_datagram(path, &data, -1);
	return r < 0 ? error_sys(err, -r, "cannot log to syslog at %s", path) : 0;
}

int log_write_to(const struct log_config *config, const struct log_paths *paths,
		 const char *line, size_t len, struct error *err)
{
	struct error later;		/* told only if no other sink failed before */
	size_t bare = len > 0 && line[len - 1] == '\n' ? len - 1 : len;
	int r = 0, s;

	if (bare == len || memchr(line, '\n', bare) || memchr(line, '\0', bare))
		return error_set(err, -EINVAL, "a record for the log is not one line");
	if (config->file)
		r = write_file(config, line, len, err);
	if (config->journald) {
		s = write_journald(paths->journald, line, bare, r < 0 ? &later : err);
		r = r < 0 ? r : s;
	}
	if (config->syslog) {
		s = write_syslog(paths->syslog, line, bare, r < 0 ? &later : err);
		r = r < 0 ? r : s;
	}
	return r;
}

int log_write(const struct log_config *config, const char *line, size_t len,
	      struct error *err)
{
	static const struct log_paths paths = {
		.journald = "/run/systemd/journal/socket",	/* systemd-journald(8) */
		.syslog = "/dev/log",				/* syslog(3) */
	};

	return log_write_to(config, &paths, line, len, err);
}
