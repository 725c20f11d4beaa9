/* SPDX-License-Identifier: Apache-2.0 */
#include "limits.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static void open_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_NOFOLLOW);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		(void)close(fd);
}

static void raise_limits(void)
{
	static const __rlimit_resource_t resources[] = {
		RLIMIT_NOFILE, RLIMIT_STACK, RLIMIT_DATA, RLIMIT_AS, RLIMIT_FSIZE, RLIMIT_CPU,
	};

	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
		struct rlimit limit;

		if (getrlimit(resources[i], &limit) < 0)
			continue;
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(resources[i], &limit);
	}
}

/*
 * Keep @wanted of what is held. Failing to drop is no error: an ordinary user
 * holds none, and nothing would be gained by refusing for it.
 */
static void keep_capabilities(const unsigned *wanted, size_t n)
{
	bool held[2] = { false };

	if (capng_get_caps_process() < 0)
		return;
	for (size_t i = 0; i < n; i++)
		held[i] = capng_have_capability(CAPNG_EFFECTIVE, wanted[i]) == 1;
	capng_clear(CAPNG_SELECT_CAPS);
	for (size_t i = 0; i < n; i++) {
		if (held[i])
			(void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
					   wanted[i]);
	}
	(void)capng_apply(CAPNG_SELECT_CAPS);
}

void process_settle(void)
{
	/* To look below other users' folders, and into the container's /proc/PID. */
	static const unsigned wanted[] = { CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE };

	(void)clearenv();
	open_standard_descriptors();
	raise_limits();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	keep_capabilities(wanted, 2);
}

void process_judged(void)
{
	/* Still needed to tell a refusal on the container's own stderr. */
	static const unsigned wanted[] = { CAP_SYS_PTRACE };

	keep_capabilities(wanted, 1);
}
