/* SPDX-License-Identifier: Apache-2.0 */
#include "tell.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <cofferdam/door.h>
#include <cofferdam/file.h>
#include <cofferdam/process.h>

#define TELL_WAIT_MS 100

static bool leads_nowhere(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ||
	       (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
}

/* writev(2) only reads, but its type does not say so. */
static void *text_base(const char *s)
{
	return (void *)(uintptr_t)s;
}

/*
 * The descriptor may be shared with the container's log reader, so its flags
 * are left alone: after POLLOUT a pipe takes PIPE_BUF bytes without waiting.
 */
void tell_to(int fd, const char *line)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	const struct iovec parts[] = {
		{ .iov_base = text_base(line), .iov_len = strnlen(line, PIPE_BUF - 1) },
		{ .iov_base = text_base("\n"), .iov_len = 1 },
	};

	if (poll(&p, 1, TELL_WAIT_MS) == 1 && (p.revents & POLLOUT))
		(void)!writev(fd, parts, 2);
}

bool tell_same(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* log_option - the FILE of "--log FILE" or "--log=FILE" among @len bytes of arguments. */
static const char *log_option(const char *args, size_t len)
{
	const char *end = args + len;

	for (const char *arg = args; arg < end; arg += strlen(arg) + 1) {
		if (strncmp(arg, "--log=", 6) == 0)
			return arg + 6;
		if (strcmp(arg, "--log") == 0 && arg + 6 < end)
			return arg + 6;
	}
	return NULL;
}

/*
 * One more error in the log that the engine gave its runtime, in the runtime's
 * own form. podman shows the runtime's standard error, where the reason is as
 * well, only if the log is not a single error.
 */
static void write_runtime_log(pid_t runtime, const char *line)
{
	_cleanup_buf_ struct buf args = { 0 }, record = { 0 };
	_cleanup_close_ int fd = -1;
	char name[64];
	struct error err;
	const char *log;

	(void)snprintf(name, sizeof(name), "/proc/%d/cmdline", (int)runtime);
	if (file_read(AT_FDCWD, name, false, 1u << 16, &args, NULL, &err) < 0)
		return;
	log = log_option(buf_cstr(&args), args.len);
	if (!log)
		return;
	fd = open(log, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	door_error_line(&record, "json", line);
	if (!record.oom)
		tell_to(fd, buf_cstr(&record));
}

void tell(const char *line, int64_t pid)
{
	const pid_t runtime = getppid();
	_cleanup_close_ int engine = -1, container = -1;

	if (!leads_nowhere(STDERR_FILENO)) {
		tell_to(STDERR_FILENO, line);
		return;
	}
	if (pid <= 0 || runtime <= 1)
		return;
	engine = process_stderr(runtime);
	container = process_stderr((pid_t)pid);
	if (engine >= 0 && !leads_nowhere(engine)) {
		write_runtime_log(runtime, line);
		tell_to(engine, line);
	}
	if (container >= 0 && (engine < 0 || !tell_same(engine, container)))
		tell_to(container, line);
}

void tell_caller(const char *line)
{
	const pid_t caller = getppid();
	_cleanup_close_ int fd = caller > 1 ? process_stderr(caller) : -1;

	tell_to(STDERR_FILENO, line);
	if (fd >= 0 && !leads_nowhere(fd) && !tell_same(fd, STDERR_FILENO))
		tell_to(fd, line);
}
