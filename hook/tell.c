/* SPDX-License-Identifier: Apache-2.0 */
#include "tell.h"

#include <cofferdam/mem.h>

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>

#define TELL_WAIT_MS 100

static bool leads_nowhere(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ||
	       (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
}

/*
 * The descriptor may be shared with the container's log reader, so its flags
 * are left alone: after POLLOUT a pipe takes PIPE_BUF bytes without waiting.
 */
static void write_line(int fd, const char *line)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	char text[4096];
	size_t len = strnlen(line, sizeof(text) - 1);

	memcpy(text, line, len);
	text[len++] = '\n';
	if (poll(&p, 1, TELL_WAIT_MS) == 1 && (p.revents & POLLOUT))
		(void)!write(fd, text, len);
}

void tell(const char *line, int64_t pid)
{
	_cleanup_close_ int pidfd = -1, fd = -1;

	if (!leads_nowhere(STDERR_FILENO)) {
		write_line(STDERR_FILENO, line);
		return;
	}
	if (pid <= 0)
		return;
	pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (pidfd >= 0)
		fd = (int)syscall(SYS_pidfd_getfd, pidfd, STDERR_FILENO, 0);
	if (fd >= 0)
		write_line(fd, line);
}
