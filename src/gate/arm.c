/* SPDX-License-Identifier: Apache-2.0 */
/* From the hook to a supervisor that outlives it. */
#include "gate-private.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cofferdam/file.h>

#define ANSWER_WAIT_MS 10000

/* What the supervisor tells the hook, once. */
struct answer {
	int result;			/* 0: held; 1: held already, by the like of us */
	char text[ERROR_TEXT_MAX];
};

struct start {
	struct gate_call *call;		/* a copy: each process has its own wanted */
	int orders;			/* what peers read: see peer.c */
	int published[2];		/* a pipe: a byte comes when they can */
	int answer;			/* an end of another */
};

/* close_between - the descriptors from @first to @last; the call is of Linux 5.9. */
static bool close_between(unsigned int first, unsigned int last)
{
	return first > last || syscall(SYS_close_range, first, last, 0) == 0;
}

/* close_others - all but the @n that are kept, which are in order. */
static int close_others(const int *keep, size_t n, struct error *err)
{
	_cleanup_dir_ DIR *dir = NULL;
	unsigned int first = STDERR_FILENO + 1;
	bool done = true;
	int r;

	for (size_t i = 0; i < n && done; i++) {
		done = close_between(first, (unsigned int)keep[i] - 1);
		first = (unsigned int)keep[i] + 1;
	}
	if (done && close_between(first, ~0u))
		return 0;
	dir = opendir("/proc/self/fd");
	r = dir ? 1 : -errno;
	for (const struct dirent *e; r > 0 && (r = dir_next(dir, &e)) > 0;) {
		const int fd = (int)strtol(e->d_name, NULL, 10);
		bool kept = fd <= STDERR_FILENO || fd == dirfd(dir);

		for (size_t i = 0; i < n; i++)
			kept = kept || keep[i] == fd;
		if (!kept)
			(void)close(fd);
	}
	return r < 0 ? error_sys(err, -r, "/proc/self/fd") : 0;
}

/* Orders come to lie at a fixed number, so what is there has to go elsewhere first. */
static int move_up(int *fd, struct error *err)
{
	int up;

	if (*fd < 0)
		return 0;
	up = fcntl(*fd, F_DUPFD_CLOEXEC, 10);
	if (up < 0)
		return error_sys(err, errno, "fcntl");
	(void)close(*fd);
	*fd = up;
	return 0;
}

static int open_process(struct gate *g, struct error *err)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d", g->pid);
	g->proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return g->proc < 0 ? error_sys(err, errno, "the container's process is gone: %s", path) : 0;
}

/* prepare - everything that can fail before the process is touched. */
static int prepare(struct gate *g, struct error *err)
{
	int r = settle_limits(err);

	if (r == 0)
		r = open_process(g, err);
	if (r < 0)
		return r;
	if (fstatat(g->proc, "exe", &g->runtime, 0) < 0)
		return errno == EACCES ? trace_forbidden(EPERM, err)
				       : error_sys(err, errno, "the runtime's program");
	if (g->call->rootfs >= 0 && fstat(g->call->rootfs, &g->rootfs) < 0)
		return error_sys(err, errno, "root.path");
	return 0;
}

/* held - by this process, in the end; and what it had then. */
static int held(struct gate *g, struct error *err)
{
	struct status st;
	int r = status_read(g, &st, err);

	if (r == -ENOENT || r == -ESRCH || (r == 0 && st.tracer != (uint64_t)getpid()))
		return error_set(err, -ESRCH, "the container's process ended before it could be held");
	g->filters_armed = r == 0 ? st.filters : 0;
	return r;
}

/* want - what the configuration has to be, and what the gate has to do for it. */
static int want(struct gate_call *call, struct wants *ret, struct error *err)
{
	int r = call->harden ? call->harden(call->arg, &call->wanted, err) : 0;

	return r < 0 ? r : wants_read(call, ret, err);
}

/* await_orders - who finds us to be the tracer must find them, too; the hook writes them. */
static int await_orders(struct start *start, struct error *err)
{
	char byte;
	ssize_t n;

	/* so that it is the hook's end alone that counts */
	(void)close(start->published[1]);
	do {
		n = read(start->published[0], &byte, 1);
	} while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : error_set(err, -ECHILD, "the hook ended before the gate was armed");
}

static int be_supervisor(struct gate *g, struct start *start, struct error *err)
{
	int keep[] = { -1, -1, -1 };
	int r = prepare(g, err);

	if (r == 0)
		r = await_orders(start, err);
	if (r == 0)
		r = move_up(&start->answer, err);
	if (r == 0)
		r = move_up(&g->proc, err);
	if (r == 0)
		r = peer_publish(&start->orders, err);
	keep[0] = start->orders;
	keep[1] = start->answer;
	keep[2] = g->proc;
	if (r == 0)
		r = close_others(keep, ARRAY_SIZE(keep), err);
	return r < 0 ? r : settle(err);
}

static void answer(const struct start *start, int result, const struct error *err)
{
	struct answer a = { .result = result };

	if (result < 0)
		(void)snprintf(a.text, sizeof(a.text), "%s", err->text);
	(void)!write(start->answer, &a, sizeof(a));
	(void)close(start->answer);
}

/* A shipped profile is compiled in; only those of a bundle have to be made. */
static int shipped(const char *name, struct seccomp_program *ret, struct error *err)
{
	size_t n;
	const struct sock_filter *v = profile_program(name, arch_audit(), &n);

	if (!v)
		return -ENOENT;
	ret->v = calloc(n, sizeof(*v));
	if (!ret->v)
		return error_oom(err);
	memcpy(ret->v, v, n * sizeof(*v));
	ret->n = n;
	return 0;
}

/*
 * The filter is compiled only now, while the runtime goes on with its own work,
 * and is ready long before the exec.
 */
static void compile(struct gate *g)
{
	const struct policy *policy = g->call->subject->policy;
	const char *own = g->call->subject->spec->linux_.seccomp.default_action.v;
	/* whose finding it was: neither judges what is the other's */
	const enum rule_id rule = profile_refuses(own) ? RULE_SECCOMP_WEAK : RULE_SECCOMP_MISSING;
	int i = registry_param(registry_rule(rule), "profile");
	const char *name = i < 0 ? NULL : policy->rules[rule].params[i].string;
	struct error err = { 0 };
	const char *text;
	size_t len = 0;
	int r;

	if (!g->wants.filter)
		return;
	r = name ? shipped(name, &g->program, &err) : -ENOENT;
	if (r == 0)
		return;
	text = name ? policy_profile(policy, name, &len) : NULL;
	if (r != -ENOENT)
		mismatch(g, "%s", err.text);
	else if (!text)
		mismatch(g, "the policy's seccomp profile is gone");
	else if (seccomp_compile(name, text, len, arch_audit(), &g->program, &err) < 0)
		mismatch(g, "%s", err.text);
}

__attribute__((noreturn)) static void supervise(struct start *start)
{
	struct gate g = {
		.call = start->call, .pid = (pid_t)start->call->pid, .proc = -1, .root = -1,
	};
	struct error err = { 0 };
	pid_t tracer = 0;
	int r = be_supervisor(&g, start, &err);

	if (r == 0)
		r = trace_seize(&g, &tracer, &err);
	if (r == 0)
		r = held(&g, &err);
	if (r == -EEXIST && tracer > 0) {
		struct error why = { 0 };
		int same = peer_same(tracer, start->call, &why);

		if (same < 0)
			err = why;
		else if (same == 0)
			(void)error_set(&err, -EPERM,
					"process %d traces the container's already, and not with the same orders",
					tracer);
		r = same > 0 ? 1 : err.code;
	}
	answer(start, r, &err);
	if (r != 0)
		_exit(0);
	/* the rest, while the runtime goes on */
	settle_apart();
	cgroup_look(&g);
	if (want(start->call, &g.wants, &err) < 0)
		mismatch(&g, "%s", err.text);
	compile(&g);
	filter_expect(&g);
	settle_title("waiting for exec of", g.call->id);
	helper_prepare(&g);
	settle_memory();
	/* from now on somebody waits whenever this process has work, and it has little */
	settle_pace(0, true);
	if (trace_wait(&g) == 1)
		stop_at_exec(&g);
	helper_end(&g);
	_exit(0);
}

/* await - the supervisor's answer: 0 when it stays, 1 when another one does its work. */
static int await(int fd, struct error *err)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct answer a = { 0 };
	ssize_t n;
	int r;

	do {
		r = poll(&p, 1, ANSWER_WAIT_MS);
	} while (r < 0 && errno == EINTR);
	if (r <= 0)
		return error_set(err, -ETIMEDOUT, "the gate's supervisor does not answer");
	n = read(fd, &a, sizeof(a));
	if (n != (ssize_t)sizeof(a))
		return error_set(err, -ECHILD, "the gate's supervisor died");
	a.text[sizeof(a.text) - 1] = '\0';
	return a.result < 0 ? error_set(err, a.result, "%s", a.text) : a.result;
}

/* check_cgroup - nobody else may be where the container is. */
static int check_cgroup(struct gate_call *call, struct error *err)
{
	struct gate g = { .call = call, .pid = (pid_t)call->pid, .proc = -1, .root = -1 };
	int r = open_process(&g, err);

	if (r == 0)
		r = cgroup_armed(&g, err);
	buf_free(&g.cgroups);
	buf_free(&g.own_cgroups);
	close_fd(&g.proc);
	return r;
}

/* beside - what the hook does while the supervisor arms: what cannot be done, or must not, is
 * refused here, and a supervisor that holds the process already takes it along. */
static int beside(struct start *start, struct error *err)
{
	struct wants wants = { 0 };
	int r = peer_write(start->orders, start->call, err);

	/* our end to read from is open, so this is no SIGPIPE, whatever became of the other */
	if (r == 0 && write(start->published[1], "", 1) != 1)
		r = error_sys(err, errno, "pipe");
	if (r == 0)
		r = want(start->call, &wants, err);
	wants_free(&wants);
	return r < 0 ? r : check_cgroup(start->call, err);
}

/* forked - the supervisor's process, or an error; and the descriptor to read its answer from. */
static pid_t forked(struct start *start, int *ret_answer, struct error *err)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, errno, "pipe");
	start->answer = ends[1];
	child = fork();
	if (child == 0)
		supervise(start);
	(void)close(ends[1]);
	*ret_answer = ends[0];
	return child < 0 ? error_sys(err, errno, "fork") : child;
}

int gate_arm(const struct gate_call *call, struct error *err)
{
	struct gate_call own = *call;
	struct start start = { .call = &own, .orders = -1 };
	_cleanup_close_ int reading = -1, orders = -1, in = -1, out = -1;
	pid_t child;
	int r;

	if (arch_audit() == 0)
		return error_set(err, -EOPNOTSUPP, "there is no gate on this architecture; set \"gate\": \"off\"");
	orders = start.orders = peer_new(err);
	if (orders < 0)
		return error_context(err, "the gate");
	if (pipe2(start.published, O_CLOEXEC) < 0)
		return error_sys(err, errno, "pipe");
	in = start.published[0];
	out = start.published[1];
	child = forked(&start, &reading, err);
	r = child < 0 ? child : beside(&start, err);
	if (r == 0)
		r = await(reading, err);
	/*
	 * One that holds nothing is not needed any more, and must not outlive this
	 * process by a moment: crun would take its end for that of the hook.
	 */
	if (r != 0 && child > 0) {
		(void)kill(child, SIGKILL);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return r < 0 ? error_context(err, "the gate") : 0;
}
