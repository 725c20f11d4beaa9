/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first step of attacks on the kernel or the host, one after the other, each
 * in a child of its own, and one line each: "NAME RESULT", where the result is
 * "ok", the name of the errno value, or the signal that ended it. Nothing is
 * done with what works. Linked statically: it runs in any root filesystem.
 *
 *	attack [--filter FILE] [--list | NAME...]
 *
 * FILE is a compiled filter, stacked over what is there already.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The kernel does not look at it in an int; 32-bit programs have none. */
#define HIGH ((unsigned long)(1ull << 32))
#define BAD (-1ul)		/* a descriptor, or a pointer, that leads nowhere */
#define NO_TYPE 15ul		/* no socket type: the kernel says EINVAL */
#define X32 0x40000000l

/* How a call is entered */
enum door {
	NATIVE,
	CLONES,			/* returns twice */
	I386,			/* int $0x80, with i386's numbers */
	SELF,			/* the first argument is this process's id */
};

struct attack {
	const char *name;
	long nr;
	unsigned long args[6];
	enum door door;
};

static const struct attack attacks[] = {
	/* a user namespace hands out every capability */
	{ "unshare-user", SYS_unshare, { CLONE_NEWUSER }, NATIVE },
	{ "unshare-user-net", SYS_unshare, { CLONE_NEWUSER | CLONE_NEWNET }, NATIVE },
	{ "unshare-user-mount", SYS_unshare, { CLONE_NEWUSER | CLONE_NEWNS }, NATIVE },
	{ "unshare-user-high", SYS_unshare, { HIGH | CLONE_NEWUSER }, NATIVE },
	{ "clone-user", SYS_clone, { CLONE_NEWUSER | SIGCHLD }, CLONES },
	{ "clone-user-high", SYS_clone, { HIGH | CLONE_NEWUSER | SIGCHLD }, CLONES },
	{ "clone-cgroup", SYS_clone, { CLONE_NEWCGROUP | SIGCHLD }, CLONES },
	{ "clone3-user", SYS_clone3, { 0 }, CLONES },
	{ "setns", SYS_setns, { BAD, 0 }, NATIVE },

	/* the view of the file system */
	{ "mount", SYS_mount, { 0, BAD, 0, 0, 0 }, NATIVE },
	{ "umount", SYS_umount2, { BAD, 0 }, NATIVE },
	{ "pivot-root", SYS_pivot_root, { BAD, BAD }, NATIVE },
	{ "fsopen", SYS_fsopen, { BAD, 0 }, NATIVE },
	{ "fsconfig", SYS_fsconfig, { BAD, 0, 0, 0, 0 }, NATIVE },
	{ "fsmount", SYS_fsmount, { BAD, 0, 0 }, NATIVE },
	{ "fspick", SYS_fspick, { BAD, BAD, 0 }, NATIVE },
	{ "open-tree", SYS_open_tree, { BAD, BAD, 1 /* OPEN_TREE_CLONE */ }, NATIVE },
	{ "move-mount", SYS_move_mount, { BAD, BAD, BAD, BAD, 0 }, NATIVE },
	{ "mount-setattr", SYS_mount_setattr, { BAD, BAD, 0, BAD, 32 }, NATIVE },
	{ "open-by-handle-at", SYS_open_by_handle_at, { BAD, BAD, 0 }, NATIVE },
	{ "name-to-handle-at", SYS_name_to_handle_at, { BAD, BAD, BAD, BAD, 0 }, NATIVE },
	{ "mknod-char", SYS_mknodat, { BAD, BAD, 0020600, 0x103 }, NATIVE },
	{ "mknod-block-high", SYS_mknodat, { BAD, BAD, HIGH | 0060600, 0x800 }, NATIVE },

	/* socket families (the type is none, so that no module is loaded) */
	{ "socket-alg", SYS_socket, { 38, NO_TYPE, 0 }, NATIVE },
	{ "socket-alg-high", SYS_socket, { HIGH | 38, NO_TYPE, 0 }, NATIVE },
	{ "socket-vsock", SYS_socket, { 40, NO_TYPE, 0 }, NATIVE },
	{ "socket-vsock-high", SYS_socket, { HIGH | 40, NO_TYPE, 0 }, NATIVE },
	{ "socket-rxrpc", SYS_socket, { 33, NO_TYPE, 0 }, NATIVE },
	{ "socket-rds", SYS_socket, { 21, NO_TYPE, 0 }, NATIVE },
	{ "socket-key", SYS_socket, { 15, NO_TYPE, 0 }, NATIVE },
	{ "socket-packet", SYS_socket, { 17, NO_TYPE, 0 }, NATIVE },
	{ "socket-can", SYS_socket, { 29, NO_TYPE, 0 }, NATIVE },
	{ "socket-tipc", SYS_socket, { 30, NO_TYPE, 0 }, NATIVE },
	{ "socket-bluetooth", SYS_socket, { 31, NO_TYPE, 0 }, NATIVE },
	{ "socket-xdp", SYS_socket, { 44, NO_TYPE, 0 }, NATIVE },
	{ "netlink-xfrm", SYS_socket, { 16, NO_TYPE, 6 }, NATIVE },
	{ "netlink-netfilter", SYS_socket, { 16, NO_TYPE, 12 }, NATIVE },
	{ "netlink-audit", SYS_socket, { 16, NO_TYPE, 9 }, NATIVE },
	{ "netlink-generic-high", SYS_socket, { 16, NO_TYPE, HIGH | 16 }, NATIVE },
	{ "socketpair-vsock", SYS_socketpair, { 40, NO_TYPE, 0, BAD }, NATIVE },

	/* keyrings, BPF, and what wins races */
	{ "keyctl", SYS_keyctl, { 99 }, NATIVE },
	{ "add-key", SYS_add_key, { BAD, BAD, 0, 0, 0 }, NATIVE },
	{ "request-key", SYS_request_key, { BAD, BAD, 0, 0 }, NATIVE },
	{ "bpf", SYS_bpf, { 0, BAD, 4 }, NATIVE },
	{ "perf-event-open", SYS_perf_event_open, { BAD, 0, BAD, BAD, 0 }, NATIVE },
	{ "userfaultfd", SYS_userfaultfd, { 1 /* UFFD_USER_MODE_ONLY */ }, NATIVE },
	{ "io-uring-setup", SYS_io_uring_setup, { 1, BAD }, NATIVE },
	{ "io-uring-enter", SYS_io_uring_enter, { BAD, 0, 0, 0, 0, 0 }, NATIVE },
	{ "io-uring-register", SYS_io_uring_register, { BAD, 0, 0, 0 }, NATIVE },
	{ "vmsplice", SYS_vmsplice, { BAD, 0, 0, 0 }, NATIVE },
	{ "memfd-secret", SYS_memfd_secret, { BAD }, NATIVE },
	{ "remap-file-pages", SYS_remap_file_pages, { 1, 1, 1, 1, 1 }, NATIVE },
#ifdef SYS_modify_ldt
	{ "modify-ldt", SYS_modify_ldt, { 0, 0, 0 }, NATIVE },
#endif
	{ "personality-no-random", SYS_personality, { 0x0040000 }, NATIVE },
	{ "personality-high", SYS_personality, { HIGH | 0x0040000 }, NATIVE },
	{ "mbind", SYS_mbind, { 1, 0, 99, 0, 0, 0 }, NATIVE },
	{ "move-pages", SYS_move_pages, { 0, 0, 0, 0, 0, 99 }, NATIVE },

	/* other processes */
	{ "ptrace", SYS_ptrace, { 0 /* PTRACE_TRACEME */ }, NATIVE },
	{ "process-vm-readv", SYS_process_vm_readv, { 0, 0, 0, 0, 0, 0 }, SELF },
	{ "process-vm-writev", SYS_process_vm_writev, { 0, 0, 0, 0, 0, 0 }, SELF },
	{ "pidfd-getfd", SYS_pidfd_getfd, { BAD, 0, 0 }, NATIVE },
	{ "kcmp", SYS_kcmp, { 0, 0, 99, 0, 0 }, NATIVE },
	{ "process-madvise", SYS_process_madvise, { BAD, 0, 0, 0, 0 }, NATIVE },

	/* the machine */
	{ "kexec-load", SYS_kexec_load, { 0, 99, 0, BAD }, NATIVE },
#ifdef SYS_kexec_file_load
	{ "kexec-file-load", SYS_kexec_file_load, { BAD, BAD, 0, 0, BAD }, NATIVE },
#endif
	{ "init-module", SYS_init_module, { 0, 0, 0 }, NATIVE },
	{ "finit-module", SYS_finit_module, { BAD, 0, BAD }, NATIVE },
	{ "delete-module", SYS_delete_module, { BAD, 0 }, NATIVE },
	{ "reboot", SYS_reboot, { 0, 0, 0, 0 }, NATIVE },
	{ "swapon", SYS_swapon, { BAD, 0 }, NATIVE },
	{ "acct", SYS_acct, { BAD }, NATIVE },
	{ "syslog", SYS_syslog, { 99, 0, 0 }, NATIVE },
	{ "quotactl", SYS_quotactl, { BAD, BAD, 0, 0 }, NATIVE },
	{ "fanotify-init", SYS_fanotify_init, { BAD, 0 }, NATIVE },
	{ "settimeofday", SYS_settimeofday, { BAD, 0 }, NATIVE },
	{ "clock-settime", SYS_clock_settime, { 99, BAD }, NATIVE },
	{ "sethostname", SYS_sethostname, { BAD, 1 }, NATIVE },
#ifdef SYS_iopl
	{ "iopl", SYS_iopl, { 99 }, NATIVE },
	{ "ioperm", SYS_ioperm, { BAD, 1, 1 }, NATIVE },
#endif

	/* the terminal of whoever attached */
	{ "tiocsti", SYS_ioctl, { BAD, 0x5412, 0 }, NATIVE },
	{ "tiocsti-high", SYS_ioctl, { BAD, HIGH | 0x5412, 0 }, NATIVE },
	{ "tioclinux", SYS_ioctl, { BAD, 0x541c, 0 }, NATIVE },
	{ "tioclinux-high", SYS_ioctl, { BAD, HIGH | 0x541c, 0 }, NATIVE },

#ifdef __x86_64__
	/* other doors into the same kernel */
	{ "i386-socketcall-alg", 102, { 1 /* socket */, 38 }, I386 },
	{ "i386-socket-alg", 359, { 38, NO_TYPE, 0 }, I386 },
	{ "i386-keyctl", 288, { 99 }, I386 },
	{ "i386-getpid", 20, { 0 }, I386 },
	{ "x32-getpid", X32 | SYS_getpid, { 0 }, NATIVE },
	{ "x32-ptrace", X32 | 521, { 0 }, NATIVE },
#endif
#ifdef __i386__
	/* what the 32-bit door alone has; a socketcall without arguments says EFAULT where it is let in */
	{ "socketcall-socket", SYS_socketcall, { 1, BAD }, NATIVE },
	{ "socketcall-pair", SYS_socketcall, { 8, BAD }, NATIVE },
	{ "vm86", SYS_vm86, { 0, 0 }, NATIVE },
	{ "vm86old", SYS_vm86old, { 0 }, NATIVE },
	{ "clock-settime64", SYS_clock_settime64, { 99, BAD }, NATIVE },
	{ "clock-adjtime64", SYS_clock_adjtime64, { 99, BAD }, NATIVE },
#endif
	{ "unknown", 1 << 20, { 0 }, NATIVE },
};

static long int80(const struct attack *a)
{
#ifdef __x86_64__
	/* socketcall reads its arguments at an address of 32 bits; without one it says EFAULT,
	 * which shows as well that it was reached. */
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret)
			 : "a"(a->nr), "b"(a->args[0]), "c"(a->args[1]), "d"(a->args[2])
			 : "memory", "r8", "r9", "r10", "r11");
	if ((int)ret < 0) {
		errno = -(int)ret;
		return -1;
	}
	return ret;
#else
	(void)a;
	errno = ENOSYS;
	return -1;
#endif
}

static long enter(const struct attack *a)
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, size, tls;
	} clone3 = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	const unsigned long *v = a->args;
	long ret;

	if (a->door == I386)
		return int80(a);
	if (a->nr == SYS_clone3)
		ret = syscall(a->nr, &clone3, sizeof(clone3));
	else
		ret = syscall(a->nr, a->door == SELF ? (unsigned long)getpid() : v[0], v[1], v[2],
			      v[3], v[4], v[5]);
	if (a->door == CLONES && ret == 0)
		_exit(0);
	return ret;
}

static void try(const struct attack *a)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		errno = 0;
		_exit(enter(a) < 0 ? (errno > 0 && errno < 255 ? errno : 255) : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror(a->name);
		exit(2);
	}
	if (WIFSIGNALED(status))
		printf("%s SIG%s\n", a->name, sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == 0)
		printf("%s ok\n", a->name);
	else if (strerrorname_np(WEXITSTATUS(status)))
		printf("%s %s\n", a->name, strerrorname_np(WEXITSTATUS(status)));
	else
		printf("%s failed\n", a->name);
	fflush(stdout);
}

static int stack(const char *path)
{
	static struct sock_filter filter[BPF_MAXINSNS];
	struct sock_fprog program = { .filter = filter };
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t got = fd < 0 ? -1 : read(fd, filter, sizeof(filter));

	if (got <= 0 || (size_t)got % sizeof(filter[0])) {
		perror(path);
		return -1;
	}
	program.len = (unsigned short)((size_t)got / sizeof(filter[0]));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		perror("seccomp");
		return -1;
	}
	return 0;
}

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc == 0;
}

int main(int argc, char **argv)
{
	bool list;

	argc--;
	argv++;
	if (argc >= 2 && strcmp(argv[0], "--filter") == 0) {
		if (stack(argv[1]) < 0)
			return 2;
		argc -= 2;
		argv += 2;
	}
	list = argc == 1 && strcmp(argv[0], "--list") == 0;
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		if (list)
			puts(attacks[i].name);
		else if (wanted(attacks[i].name, argc, argv))
			try(&attacks[i]);
	}
	return 0;
}
