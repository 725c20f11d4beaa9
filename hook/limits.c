/* SPDX-License-Identifier: Apache-2.0 */
#include "limits.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cofferdam/mem.h>
#include <cofferdam/process.h>

#include "hook.h"

/* Asked for at once: a judgement of an ordinary configuration needs half of it. */
#define HEAP_BYTES (384 << 10)

/* What a judgement takes of memory for each byte of a configuration. */
#define FILL_EACH 12
#define FILL_MAX HEAP_BYTES

void process_descriptors(int flags)
{
	int fd = STDIN_FILENO;

	while (fd <= STDERR_FILENO && fcntl(fd, F_GETFD) >= 0)
		fd++;
	if (fd > STDERR_FILENO)
		return;
	do {
		fd = open("/dev/null", O_RDWR | O_NOFOLLOW | flags);
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

		if (getrlimit(resources[i], &limit) < 0 || limit.rlim_cur == limit.rlim_max)
			continue;
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(resources[i], &limit);
	}
}

/*
 * Keep of @wanted (a mask) what is held, and nothing else. By capset(2) itself:
 * libcap-ng would read /proc/PID/status first, twice, for every container.
 * Failing to drop is no error: an ordinary user holds none.
 */
static void keep_capabilities(uint64_t wanted)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (syscall(SYS_capget, &header, data) < 0)
		return;
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].permitted &= (uint32_t)(wanted >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	(void)syscall(SYS_capset, &header, data);
}

void process_heap(void)
{
	(void)mallopt(M_TOP_PAD, HEAP_BYTES);
	(void)mallopt(M_MMAP_THRESHOLD, 2 * FILL_MAX);
	(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

void process_heap_fill(size_t config)
{
	const size_t len = config < FILL_MAX / FILL_EACH ? config * FILL_EACH : FILL_MAX;
	void *room = HOOK_SANITIZED ? NULL : malloc(len);

	if (room)
		process_populate(room, len, true);
	free(room);
}

void process_settle(void)
{
	process_heap();
	(void)clearenv();
	/* syslog's time stamps; otherwise libc would read /etc/localtime for them. */
	(void)setenv("TZ", "UTC0", 1);
	process_descriptors(0);
	raise_limits();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/*
	 * To look below other users' folders, and into the container's /proc/PID;
	 * the rest is the gate's: mounts, the container's namespaces, signals; and to ask
	 * for the programs of a cgroup, which the kernel calls network administration.
	 */
	keep_capabilities(1ull << CAP_DAC_READ_SEARCH | 1ull << CAP_SYS_PTRACE |
			  1ull << CAP_SYS_ADMIN | 1ull << CAP_SYS_CHROOT | 1ull << CAP_KILL |
			  1ull << CAP_DAC_OVERRIDE | 1ull << CAP_SYS_RESOURCE |
			  1ull << CAP_NET_ADMIN);
}

#define OVERFLOW_ID 65534	/* kernel.overflowuid's default: how unmapped ids appear */

bool process_user_namespace(void)
{
	unsigned long inside, outside, count;
	_cleanup_file_ FILE *f = fopen("/proc/self/uid_map", "re");
	const bool initial = f && fscanf(f, "%lu %lu %lu", &inside, &outside, &count) == 3 &&
			     inside == 0 && outside == 0 && count == 4294967295ul;

	return f && !initial;
}

bool process_rootless(void)
{
	struct stat st;

	/* The root folder is the host's root's, so the common case costs one call. */
	return geteuid() == 0 && stat("/", &st) == 0 && st.st_uid == OVERFLOW_ID &&
	       process_user_namespace();
}

uid_t process_owner(bool rootless)
{
	return rootless ? OVERFLOW_ID : geteuid();
}

void process_judged(bool gate)
{
	if (gate)
		return;
	/* Still needed to tell a refusal on the container's own stderr. */
	keep_capabilities(1ull << CAP_SYS_PTRACE);
}
