/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says of itself: core dumps (core(5)). */
#include "facts-private.h"

#include <fcntl.h>

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
