/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What system calls cost under whatever filters there are: nanoseconds a call, the
 * best of several rounds, one line each. Those that a profile judges by their
 * arguments are asked for something that every profile allows, and that the kernel
 * then has little work with.
 *
 *	getppid [FILTER]... [-- COMMAND...]
 *
 * Each FILTER, a compiled one, is loaded before; "least" stands for a filter that
 * looks at ioctl alone, with as few instructions as there can be. With a COMMAND,
 * that is executed instead.
 */
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "no shipped filter for this architecture"
#endif

static const struct {
	const char *name;
	long nr;
	unsigned long args[3];
} calls[] = {
	{ "getppid", SYS_getppid, { 0 } },
	{ "ioctl FIONBIO", SYS_ioctl, { -1ul, 0x5421, 0 } },
	{ "ioctl FIONREAD", SYS_ioctl, { -1ul, 0x541b, 0 } },
	{ "personality", SYS_personality, { 0xffffffff } },
	{ "socket (no type)", SYS_socket, { 1, 15, 0 } },
	{ "clone (bad flags)", SYS_clone, { 0x800 /* CLONE_SIGHAND */ } },
	{ "pidfd_getfd, refused", SYS_pidfd_getfd, { -1ul } },
};

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#define ROUNDS 20
#define CALLS 20000

static double best(size_t c)
{
	const unsigned long *v = calls[c].args;
	uint64_t least = UINT64_MAX;

	for (unsigned r = 0; r < ROUNDS; r++) {
		const uint64_t start = now_ns();
		uint64_t took;

		for (unsigned i = 0; i < CALLS; i++)
			(void)syscall(calls[c].nr, v[0], v[1], v[2]);
		took = now_ns() - start;
		if (took < least)
			least = took;
	}
	return (double)least / CALLS;
}

static struct sock_filter least_filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 0, 5),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x5412, 2, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x541c, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
};

static int load(const char *path)
{
	static struct sock_filter filter[BPF_MAXINSNS];
	struct sock_fprog program = { .filter = filter };
	ssize_t got;
	int fd;

	if (strcmp(path, "least") == 0) {
		program.filter = least_filter;
		got = sizeof(least_filter);
	} else {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		got = fd < 0 ? -1 : read(fd, filter, sizeof(filter));
	}
	if (got <= 0)
		return -1;
	program.len = (unsigned short)((size_t)got / sizeof(filter[0]));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (load(argv[i]) < 0) {
			perror(argv[i]);
			return 1;
		}
	}
	if (i + 1 < argc) {
		(void)execv(argv[i + 1], &argv[i + 1]);
		perror(argv[i + 1]);
		return 1;
	}
	for (size_t c = 0; c < sizeof(calls) / sizeof(calls[0]); c++)
		printf("%s: %.1f\n", calls[c].name, best(c));
	return 0;
}
