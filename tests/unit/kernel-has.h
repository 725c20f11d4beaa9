/* SPDX-License-Identifier: Apache-2.0 */
/* What a test cannot expect everywhere. */
#ifndef TEST_KERNEL_HAS_H
#define TEST_KERNEL_HAS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Whether the kernel knows openat2(2): since Linux 5.6, and valgrind does not. */
static inline bool openat2_there(void)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC };
	long fd = syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));

	if (fd >= 0)
		close((int)fd);
	return fd >= 0 || errno != ENOSYS;
}

#endif
