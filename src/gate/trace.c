/* SPDX-License-Identifier: Apache-2.0 */
/* Holding the runtime's init from the hook to the exec, without getting in its way. */
#include "gate-private.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <cofferdam/file.h>
#include <cofferdam/process.h>

/* A runtime that starts threads faster than they are found is not one. */
#define PASSES_MAX 1000

/* Longer than it holds anything (STOP_DEADLINE_S). */
#define GATE_WAIT_US UINT64_C(11000000)

#define OPTIONS (PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE)

/* tracer_of - TracerPid of a thread, or -errno when it is gone. */
static int64_t tracer_of(pid_t pid, pid_t tid)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };
	const char *at;
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
	r = file_read_kernel(AT_FDCWD, path, 1u << 16, &text, &err);
	at = r == 0 ? strstr(buf_cstr(&text), "\nTracerPid:") : NULL;
	return at ? strtol(at + strlen("\nTracerPid:"), NULL, 10) : r < 0 ? r : -EINVAL;
}

void gate_await(pid_t pid)
{
	const uint64_t until = now_us() + GATE_WAIT_US;
	const struct timespec pause = { .tv_nsec = 2000000 };

	while (now_us() < until) {
		_cleanup_buf_ struct buf text = { 0 };
		const int64_t tracer = tracer_of(pid, pid);
		struct error ignored;
		char path[64];

		(void)snprintf(path, sizeof(path), "/proc/%" PRId64 "/comm", tracer);
		if (tracer <= 0 || file_read_kernel(AT_FDCWD, path, 64, &text, &ignored) < 0 ||
		    strcmp(buf_cstr(&text), GATE_COMM "\n") != 0)
			return;
		(void)nanosleep(&pause, NULL);
	}
}

static bool yama_forbids(void)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };

	return file_read_kernel(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", 64, &text,
				&err) == 0 && buf_cstr(&text)[0] == '3';
}

static bool holds(unsigned int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	return syscall(SYS_capget, &header, data) == 0 &&
	       (data[cap / 32].effective & (1u << (cap % 32)));
}

int trace_forbidden(int errnum, struct error *err)
{
	if (errnum == EPERM && yama_forbids())
		return error_set(err, -EPERM,
				 "this host forbids ptrace(2) (kernel.yama.ptrace_scope is 3), without which there is no gate");
	if (errnum == EPERM && !holds(CAP_SYS_PTRACE))
		return error_set(err, -EPERM,
				 "the hook was started without CAP_SYS_PTRACE, without which there is no gate");
	return error_sys(err, errnum, "ptrace(2) cannot hold the container's process");
}

/* One thread. 1: newly held, 0: held before or gone. */
static int seize(struct gate *g, pid_t tid, pid_t *tracer, struct error *err)
{
	const unsigned long options = OPTIONS | (g->call->audit ? 0 : PTRACE_O_EXITKILL);
	int64_t other;
	int errnum;

	if (ptrace(PTRACE_SEIZE, tid, NULL, (void *)options) == 0)
		return 1;
	errnum = errno;
	if (errnum == ESRCH)
		return 0;
	other = tracer_of(g->pid, tid);
	if (other < 0 || other == getpid())
		return 0;
	if (other == 0)
		return trace_forbidden(errnum, err);
	*tracer = (pid_t)other;
	return error_set(err, -EEXIST, "process %d traces the container's already", (int)other);
}

/* Threads that are known to be held, so that a second pass need not ask. */
#define HELD_MAX 64

struct held {
	pid_t v[HELD_MAX];
	size_t n;
};

static bool is_held(const struct held *held, pid_t tid)
{
	for (size_t i = 0; i < held->n; i++) {
		if (held->v[i] == tid)
			return true;
	}
	return false;
}

static int seize_pass(struct gate *g, DIR *dir, struct held *held, pid_t *tracer,
		      struct error *err)
{
	const struct dirent *e;
	int fresh = 0, r;

	rewinddir(dir);
	while ((r = dir_next(dir, &e)) > 0) {
		const pid_t tid = (pid_t)strtol(e->d_name, NULL, 10);

		r = tid > 0 && !is_held(held, tid) ? seize(g, tid, tracer, err) : 0;
		if (r < 0)
			return r;
		if (r > 0 && held->n < HELD_MAX)
			held->v[held->n++] = tid;
		fresh += r;
	}
	/* when the last thread goes, so does the folder */
	if (r < 0 && r != -ENOENT)
		return error_sys(err, -r, "the container's threads cannot be listed");
	return fresh;
}

int trace_seize(struct gate *g, pid_t *tracer, struct error *err)
{
	_cleanup_dir_ DIR *dir = NULL;
	struct held held = { .n = 0 };
	char path[32];
	int r = 1;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", g->pid);
	dir = opendir(path);
	if (!dir)
		return error_sys(err, errno, "the container's process is gone: %s", path);
	for (int pass = 0; r > 0; pass++) {
		if (pass == PASSES_MAX)
			return error_set(err, -EAGAIN, "the container's process starts threads without end");
		r = seize_pass(g, dir, &held, tracer, err);
	}
	return r;
}

static bool stops_group(int number)
{
	return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

int trace_wait(struct gate *g)
{
	for (;;) {
		int status, event, request = PTRACE_CONT;
		long data = 0;
		pid_t tid = waitpid(-1, &status, __WALL);

		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			return 0;
		if (!WIFSTOPPED(status)) {
			if (tid == g->pid)
				return 0;
			helper_gone(g, tid);
			if (tid == g->compiler)
				g->compiler = 0;
			continue;
		}
		event = status >> 16;
		if (event == PTRACE_EVENT_EXEC && tid == g->pid)
			return 1;
		if (event == PTRACE_EVENT_STOP && stops_group(WSTOPSIG(status)))
			request = PTRACE_LISTEN;
		else if (event == 0)
			data = WSTOPSIG(status);
		(void)ptrace((enum __ptrace_request)request, tid, NULL, (void *)data);
	}
}

int trace_let_go(struct gate *g)
{
	/* the last one goes with the detaching, the others before it */
	for (size_t i = 0; i + 1 < g->n_kept; i++)
		(void)syscall(SYS_tgkill, g->pid, g->pid, g->kept[i]);
	if (ptrace(PTRACE_DETACH, g->pid, NULL,
		   (void *)(long)(g->n_kept ? g->kept[g->n_kept - 1] : 0)) < 0)
		return -errno;
	/* To end can take as long as the program's start. But not at the lowest priority
	 * (SCHED_IDLE): who is kept from ending keeps others waiting inside the kernel. */
	settle_pace(0, false);
	return 0;
}
