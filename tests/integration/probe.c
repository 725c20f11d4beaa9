/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries, from inside a container, what a hardened container must not be able
 * to do and what it must, and prints one line each: "NAME RESULT", where the
 * result is "ok", the name of the errno value, or the signal that ended it.
 * Linked statically: it runs in any root filesystem.
 *
 *	probe [NAME]...		those only; without arguments all of them
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif
#define NETLINK_ROUTE 0
#define NETLINK_AUDIT 9
#define KEYCTL_GET_KEYRING_ID 0
#define KEY_SPEC_SESSION_KEYRING (-3)

/* Each runs in a child of its own and returns what the system call returned. */

static long try_mount(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL);
}

static long try_umount(void)
{
	return umount2("/proc", MNT_DETACH);
}

static long try_fsopen(void)
{
	return syscall(SYS_fsopen, "tmpfs", 0);
}

static long try_open_tree(void)
{
	return syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */);
}

static long try_pivot_root(void)
{
	return syscall(SYS_pivot_root, "/", "/");
}

static long try_unshare_user(void)
{
	return unshare(CLONE_NEWUSER);
}

static long try_unshare_mount(void)
{
	return unshare(CLONE_NEWNS);
}

static long try_setns(void)
{
	return syscall(SYS_setns, -1, 0);
}

static long clone_flags(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long try_clone_user(void)
{
	return clone_flags(CLONE_NEWUSER);
}

static long try_clone_net(void)
{
	return clone_flags(CLONE_NEWNET);
}

static long try_clone3(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return pid;
}

static long try_fork(void)
{
	return clone_flags(0);
}

static long try_keyctl(void)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1);
}

static long try_add_key(void)
{
	return syscall(SYS_add_key, "user", "cofferdam", "x", 1, KEY_SPEC_SESSION_KEYRING);
}

static long try_bpf(void)
{
	return syscall(SYS_bpf, 0 /* BPF_MAP_CREATE */, NULL, 0);
}

static long try_perf_event_open(void)
{
	return syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0);
}

static long try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long try_process_vm_readv(void)
{
	return syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0);
}

static long try_io_uring_setup(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static long try_userfaultfd(void)
{
	return syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */);
}

static long try_kexec_load(void)
{
	return syscall(SYS_kexec_load, 0, 0, NULL, ~0ul);
}

static long try_init_module(void)
{
	return syscall(SYS_init_module, NULL, 0, NULL);
}

static long try_open_by_handle_at(void)
{
	return syscall(SYS_open_by_handle_at, -1, NULL, 0);
}

static long try_name_to_handle_at(void)
{
	return syscall(SYS_name_to_handle_at, AT_FDCWD, "/", NULL, NULL, 0);
}

static long try_sethostname(void)
{
	return sethostname("probe", 5);
}

static long try_socket_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long try_socket_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long try_socket_inet6(void)
{
	long fd = socket(AF_INET6, SOCK_STREAM, 0);

	/* A host without IPv6 has no such family; the filter let it through. */
	return fd < 0 && errno == EAFNOSUPPORT && access("/proc/net/if_inet6", F_OK) != 0 ? 0 : fd;
}

static long try_socket_route(void)
{
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
}

static long try_socket_audit(void)
{
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
}

static long try_socket_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static long try_socket_alg(void)
{
	return socket(AF_ALG, SOCK_SEQPACKET, 0);
}

static long try_socket_vsock(void)
{
	return socket(AF_VSOCK, SOCK_STREAM, 0);
}

/* The kernel looks at 32 bits of the family: so must the filter. */
static long try_socket_alg_high(void)
{
	return syscall(SYS_socket, (1ul << 32) | AF_ALG, SOCK_SEQPACKET, 0);
}

static long try_socketpair(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static long try_tiocsti(void)
{
	return ioctl(STDIN_FILENO, TIOCSTI, "x");
}

/* The kernel looks at 32 bits of the request, too. */
static long try_tiocsti_high(void)
{
	return syscall(SYS_ioctl, STDIN_FILENO, (1ul << 32) | TIOCSTI, "x");
}

static long try_tioclinux(void)
{
	return ioctl(STDIN_FILENO, TIOCLINUX, "\6");
}

/* Any other request gets as far as the kernel, which knows pipes by FIONREAD. */
static long try_ioctl(void)
{
	int pair[2], n = 0;

	return pipe(pair) == 0 ? ioctl(pair[0], FIONREAD, &n) : -1;
}

static long try_mknod_device(void)
{
	return mknod("/tmp/probe-null", S_IFCHR | 0600, 0x103);
}

static long try_mkfifo(void)
{
	unlink("/tmp/probe-fifo");
	return mknod("/tmp/probe-fifo", S_IFIFO | 0600, 0);
}

static long try_personality_read(void)
{
	return personality(0xffffffff);
}

static long try_personality_set(void)
{
	return personality(ADDR_NO_RANDOMIZE);
}

static long try_write_root(void)
{
	return open("/probe-was-here", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
}

static long try_write_tmp(void)
{
	return open("/tmp/probe-was-here", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
}

static long try_chown(void)
{
	int fd = open("/tmp/probe-owner", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : fchown(fd, 12345, 12345);
}

static long try_syscall_unknown(void)
{
	return syscall(1 << 20);
}

#ifdef __x86_64__
/* The 32-bit door into the kernel has its own system call numbers. */
static long try_syscall_i386(void)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(20L /* getpid */) : "memory");
	if (ret < 0) {
		errno = (int)-ret;
		return -1;
	}
	return ret;
}

static long try_syscall_x32(void)
{
	return syscall(0x40000000 | SYS_getpid);
}
#endif

static const struct probe {
	const char *name;
	long (*run)(void);
} probes[] = {
	{ "add_key", try_add_key },
	{ "bpf", try_bpf },
	{ "chown", try_chown },
	{ "clone-net", try_clone_net },
	{ "clone-user", try_clone_user },
	{ "clone3", try_clone3 },
	{ "fork", try_fork },
	{ "fsopen", try_fsopen },
	{ "init_module", try_init_module },
	{ "io_uring_setup", try_io_uring_setup },
	{ "ioctl", try_ioctl },
	{ "kexec_load", try_kexec_load },
	{ "keyctl", try_keyctl },
	{ "mkfifo", try_mkfifo },
	{ "mknod-device", try_mknod_device },
	{ "mount", try_mount },
	{ "name_to_handle_at", try_name_to_handle_at },
	{ "open_by_handle_at", try_open_by_handle_at },
	{ "open_tree", try_open_tree },
	{ "perf_event_open", try_perf_event_open },
	{ "personality-read", try_personality_read },
	{ "personality-set", try_personality_set },
	{ "pivot_root", try_pivot_root },
	{ "process_vm_readv", try_process_vm_readv },
	{ "ptrace", try_ptrace },
	{ "sethostname", try_sethostname },
	{ "setns", try_setns },
	{ "socket-alg", try_socket_alg },
	{ "socket-alg-high", try_socket_alg_high },
	{ "socket-inet", try_socket_inet },
	{ "socket-inet6", try_socket_inet6 },
	{ "socket-netlink-audit", try_socket_audit },
	{ "socket-netlink-route", try_socket_route },
	{ "socket-packet", try_socket_packet },
	{ "socket-unix", try_socket_unix },
	{ "socket-vsock", try_socket_vsock },
	{ "socketpair", try_socketpair },
#ifdef __x86_64__
	{ "syscall-i386", try_syscall_i386 },
	{ "syscall-x32", try_syscall_x32 },
#endif
	{ "syscall-unknown", try_syscall_unknown },
	{ "tioclinux", try_tioclinux },
	{ "tiocsti", try_tiocsti },
	{ "tiocsti-high", try_tiocsti_high },
	{ "umount", try_umount },
	{ "unshare-mount", try_unshare_mount },
	{ "unshare-user", try_unshare_user },
	{ "userfaultfd", try_userfaultfd },
	{ "write-root", try_write_root },
	{ "write-tmp", try_write_tmp },
};

/* In a child, so that no probe changes what the next one sees. */
static void probe(const struct probe *p)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		errno = 0;
		_exit(p->run() < 0 ? (errno > 0 && errno < 255 ? errno : 255) : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror(p->name);
		exit(2);
	}
	if (WIFSIGNALED(status))
		printf("%s SIG%s\n", p->name, sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == 0)
		printf("%s ok\n", p->name);
	else if (strerrorname_np(WEXITSTATUS(status)))
		printf("%s %s\n", p->name, strerrorname_np(WEXITSTATUS(status)));
	else
		printf("%s failed\n", p->name);
	fflush(stdout);
}

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	int tried = 0;

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		if (!wanted(probes[i].name, argc, argv))
			continue;
		probe(&probes[i]);
		tried++;
	}
	if (tried == 0 || (argc > 1 && tried != argc - 1)) {
		fprintf(stderr, "probe: unknown name among the arguments\n");
		return 2;
	}
	return 0;
}
