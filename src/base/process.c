/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/process.h>

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cofferdam/mem.h>

uint64_t now_us(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

int process_stderr(pid_t pid)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	return pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, STDERR_FILENO, 0);
}
