/* SPDX-License-Identifier: Apache-2.0 */
/* What the supervisor does for itself: it outlives the hook that forked it. */
#include "gate-private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/prctl.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cofferdam/file.h>
#include <cofferdam/process.h>
#include <cofferdam/text.h>

#define TITLE_MAX 256
#define HEAP_ROOM (96u << 10)	/* less than malloc(3) maps */
#define STACK_ROOM (24u << 10)
/* Slices: the least that the kernel takes; and one that is longer than what others have. */
#define QUICK_NS 100000
#define PATIENT_NS 20000000

/* Numbers of proc_pid_stat(5), from 1. */
enum stat_field {
	STAT_START_CODE = 26,
	STAT_END_CODE = 27,
	STAT_START_STACK = 28,
	STAT_START_DATA = 45,
	STAT_END_DATA = 46,
	STAT_START_BRK = 47,
	STAT_ARG_START = 48,
	STAT_ARG_END = 49,
	STAT_ENV_START = 50,
	STAT_ENV_END = 51,
	STAT_MAX
};

int settle_limits(struct error *err)
{
	/* The least that the gate was seen to work with, and some. crun runs hooks
	 * under the container's limits, so a container may have chosen these. */
	static const struct {
		__rlimit_resource_t resource;
		const char *name;
		rlim_t least;
	} limits[] = {
		{ RLIMIT_NOFILE, "RLIMIT_NOFILE", 32 },
		{ RLIMIT_AS, "RLIMIT_AS", 64u << 20 },
		{ RLIMIT_DATA, "RLIMIT_DATA", 16u << 20 },
		{ RLIMIT_CPU, "RLIMIT_CPU", 10 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct rlimit limit;

		if (getrlimit(limits[i].resource, &limit) < 0)
			return error_sys(err, errno, "%s", limits[i].name);
		if (limit.rlim_max < limits[i].least) {
			limit.rlim_max = limits[i].least;
			limit.rlim_cur = limits[i].least;
			(void)setrlimit(limits[i].resource, &limit);
			(void)getrlimit(limits[i].resource, &limit);
		}
		if (limit.rlim_max < limits[i].least)
			return error_set(err, -EPERM,
					 "the gate cannot work with %s %llu, which the container's configuration gives its hooks too: it needs at least %llu",
					 limits[i].name, (unsigned long long)limit.rlim_max,
					 (unsigned long long)limits[i].least);
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(limits[i].resource, &limit);
	}
	return 0;
}

static bool own_stat(unsigned long v[STAT_MAX])
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };
	const char *at;

	if (file_read_kernel(AT_FDCWD, "/proc/self/stat", 4096, &text, &err) < 0)
		return false;
	at = strrchr(buf_cstr(&text), ')');
	for (int i = 2; at && i < STAT_MAX; i++) {
		v[i] = strtoul(at + 1, NULL, 10);
		at = strchr(at + 1, ' ');
	}
	return at != NULL;
}

/* move_title - where the place of the arguments is too small, give the kernel another. */
static void move_title(const unsigned long v[STAT_MAX], char *title, size_t len)
{
	struct prctl_mm_map map = {
		.start_code = v[STAT_START_CODE], .end_code = v[STAT_END_CODE],
		.start_data = v[STAT_START_DATA], .end_data = v[STAT_END_DATA],
		.start_brk = v[STAT_START_BRK], .brk = (uintptr_t)sbrk(0),
		.start_stack = v[STAT_START_STACK],
		.arg_start = (uintptr_t)title, .arg_end = (uintptr_t)title + len + 1,
		.env_start = v[STAT_ENV_START], .env_end = v[STAT_ENV_END],
		.exe_fd = (uint32_t)-1,
	};

	(void)prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0);
}

/*
 * What ps(1) says of this process. The arguments and the environment lie
 * one after the other; the kernel reads on into the latter when the former no
 * longer ends in a NUL (proc_pid_cmdline(5)).
 */
void settle_title(const char *what, const char *id)
{
	_cleanup_buf_ struct buf text = { 0 };
	unsigned long v[STAT_MAX] = { 0 };
	char *title, *area;
	size_t len, room;

	(void)malloc_trim(0);
	(void)prctl(PR_SET_NAME, GATE_COMM, 0, 0, 0);
	buf_printf(&text, GATE_COMM ": %s ", what);
	text_escape(&text, id, strlen(id), TITLE_MAX);
	title = buf_steal(&text);
	if (!title || !own_stat(v) || v[STAT_ARG_START] == 0 ||
	    v[STAT_ENV_END] < v[STAT_ARG_START]) {
		free(title);
		return;
	}
	len = strlen(title);
	area = (char *)v[STAT_ARG_START];
	room = v[STAT_ENV_START] == v[STAT_ARG_END] ? v[STAT_ENV_END] - v[STAT_ARG_START]
						    : v[STAT_ARG_END] - v[STAT_ARG_START];
	memset(area, 0, room);
	memset((char *)v[STAT_ENV_START], 0, v[STAT_ENV_END] - v[STAT_ENV_START]);
	if (len < room) {
		memcpy(area, title, len);
		free(title);
		return;
	}
	memcpy(area, title, room ? room - 1 : 0);
	move_title(v, title, len);	/* which stays in use */
}

void settle_memory(void)
{
	extern char __executable_start[], etext[], __data_start[], _end[];
	void *volatile room;		/* or the compiler would do without */
	const uintptr_t here = (uintptr_t)&room;

	/* freed it stays, as the program has it: process_heap() */
	room = malloc(HEAP_ROOM);
	if (room)
		process_populate(room, HEAP_ROOM, true);
	free(room);
	process_populate(__data_start, (uintptr_t)_end - (uintptr_t)__data_start, true);
	process_populate((void *)(here - STACK_ROOM), STACK_ROOM, true);
	process_populate(__executable_start, (uintptr_t)etext - (uintptr_t)__executable_start, false);
}

static void alarmed(int number)
{
	(void)number;	/* it only has to end a waitpid(2) */
}

/* A signal that came since settle() blocked them all is ignored like the later ones. */
static void settle_signals(void)
{
	struct sigaction act = { .sa_handler = SIG_IGN };
	sigset_t none;

	for (int i = 1; i < NSIG; i++) {
		if (i != SIGKILL && i != SIGSTOP && i != SIGCHLD && i != SIGSEGV &&
		    i != SIGBUS && i != SIGILL && i != SIGFPE && i != SIGABRT && i != SIGTRAP)
			(void)sigaction(i, &act, NULL);
	}
	act.sa_handler = SIG_DFL;
	(void)sigaction(SIGCHLD, &act, NULL);
	act.sa_handler = alarmed;
	(void)sigaction(SIGALRM, &act, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* sched_setattr(2): not every libc has it. */
struct schedule {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

void settle_pace(pid_t pid, bool quick)
{
	const struct schedule s = {
		.size = sizeof(s), .nice = getpriority(PRIO_PROCESS, (id_t)pid),
		.runtime = quick ? QUICK_NS : PATIENT_NS,
	};

	if (sched_getscheduler(pid) == SCHED_OTHER)
		(void)syscall(SYS_sched_setattr, pid, &s, 0);
}

int settle(struct error *err)
{
	_cleanup_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	sigset_t all;

	if (null < 0)
		return error_sys(err, errno, "/dev/null");
	(void)sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0)
		return error_sys(err, errno, "sigprocmask");
	if (chdir("/") < 0)
		return error_sys(err, errno, "chdir");
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (dup2(null, fd) < 0)
			return error_sys(err, errno, "dup2");
	}
	return 0;
}

void settle_apart(void)
{
	/* a child that was forked leads no process group, so this cannot fail */
	(void)setsid();
	/* the runtime goes on, and has more to do than this */
	settle_pace(0, false);
	settle_signals();
}
