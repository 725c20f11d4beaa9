/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says of itself: core dumps (core(5)), security modules. */
#include "facts-private.h"

#include <fcntl.h>

#include <cofferdam/file.h>

void core_gather(struct facts *facts)
{
	_cleanup_close_ int fd = open("/proc/sys/kernel/core_pattern",
				      O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char first = '\0';
	ssize_t n = -1;

	if (fd < 0) {
		facts->core_is = errno == ENOENT ? FACT_ABSENT : FACT_UNREADABLE;
		return;
	}
	do {
		n = read(fd, &first, 1);
	} while (n < 0 && errno == EINTR);
	facts->core_is = n < 0 ? FACT_UNREADABLE : FACT_KNOWN;
	facts->core_pipe = n == 1 && first == '|';
}

/* One line of a small file of the kernel's. */
static bool kernel_line(const char *path, struct buf *ret)
{
	struct error err = { 0 };

	return file_read(AT_FDCWD, path, false, 4096, ret, NULL, &err) == 0;
}

const char *lsm_name(void)
{
	_cleanup_buf_ struct buf text = { 0 };

	if (kernel_line("/sys/fs/selinux/enforce", &text))
		return buf_cstr(&text)[0] == '1' ? "selinux enforcing" : "selinux permissive";
	if (kernel_line("/sys/module/apparmor/parameters/enabled", &text) &&
	    buf_cstr(&text)[0] == 'Y')
		return "apparmor";
	return "none";
}
