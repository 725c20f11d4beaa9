/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a system call costs under whatever filters there are: nanoseconds a call,
 * the best of several rounds, of one that no filter looks into (getppid), of one
 * that they judge by its arguments (ioctl, on no descriptor: FIONBIO, which servers
 * ask for, and FIONREAD, which is far down the rules), and of one that is refused
 * (pidfd_getfd).
 *
 *	getppid [FILTER]	prints "getppid NS ioctl NS ioctl-last NS refused NS"
 *
 * FILTER is a compiled filter, loaded before.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#define ROUNDS 20
#define CALLS 20000

static double best(long nr, unsigned long second)
{
	uint64_t least = UINT64_MAX;

	for (unsigned r = 0; r < ROUNDS; r++) {
		const uint64_t start = now_ns();
		uint64_t took;

		for (unsigned i = 0; i < CALLS; i++)
			(void)syscall(nr, -1, second, 0);
		took = now_ns() - start;
		if (took < least)
			least = took;
	}
	return (double)least / CALLS;
}

static int load(const char *path)
{
	static struct sock_filter filter[BPF_MAXINSNS];
	struct sock_fprog program = { .filter = filter };
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t got = fd < 0 ? -1 : read(fd, filter, sizeof(filter));

	if (got <= 0)
		return -1;
	program.len = (unsigned short)((size_t)got / sizeof(filter[0]));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
	if (argc > 1 && load(argv[1]) < 0) {
		perror(argv[1]);
		return 1;
	}
	printf("getppid %.1f ioctl %.1f", best(SYS_getppid, 0), best(SYS_ioctl, 0x5421));
	printf(" ioctl-last %.1f refused %.1f\n", best(SYS_ioctl, 0x541b), best(SYS_pidfd_getfd, 0));
	return 0;
}
