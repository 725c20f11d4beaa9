/* SPDX-License-Identifier: Apache-2.0 */
/* The moment at the exec: tighten, prove, and let go or kill. */
#include "gate-private.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include <cofferdam/process.h>
#include <cofferdam/text.h>

/* The program's user waits meanwhile. */
#define STOP_DEADLINE_S 10
#define TELL_DEADLINE_MS 2000
#define LINE_MAX_BYTES 1800

static void quoted(struct buf *out, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void quoted(struct buf *out, const char *fmt, va_list ap)
{
	_cleanup_free_ char *text = text_vformat(fmt, ap);

	if (text)
		json_string(out, text);
	else
		out->oom = true;
}

void note(struct buf *list, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_char(list, list->len ? ',' : '[');
	quoted(list, fmt, ap);
	va_end(ap);
}

void mismatch(struct gate *g, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = text_vformat(fmt, ap);
	va_end(ap);
	if (!text) {
		g->failure.oom = true;
		return;
	}
	/* the first ones are enough to act on */
	if (g->failure.len > 2 * (size_t)LINE_MAX_BYTES)
		return;
	buf_str(&g->failure, g->failure.len ? "; " : "");
	text_escape(&g->failure, text, strlen(text), LINE_MAX_BYTES);
}

static const char *list(struct buf *out)
{
	buf_str(out, out->len ? "]" : "[]");
	return buf_cstr(out);
}

static bool failed(const struct gate *g)
{
	return g->failure.len > 0 || g->failure.oom || g->tightened.oom || g->verified.oom ||
	       g->unverified.oom;
}

/* What must change: the mounts by a child, while its parent sees to the process. */
static void tighten(struct gate *g)
{
	struct error err = { 0 };
	int r = helper_work(g, &err);

	if (r == 0)
		r = tighten_limits(g, &err);
	if (r == 0)
		r = tighten_process(g, &err);
	if (r < 0)
		mismatch(g, "%s", err.text);
}

void verify_cgroups(struct gate *g)
{
	if (g->cgroups_verified)
		return;
	g->cgroups_verified = true;
	verify_limits(g);
	verify_device_access(g);
}

void verify_around(struct gate *g)
{
	struct error err = { 0 };

	verify_cgroups(g);
	if (g->around_verified)
		return;
	g->around_verified = true;
	if (helper_result(g, &err) < 0) {
		mismatch(g, "%s", err.text);
		return;
	}
	if (!g->helper.shared && g->before.n > 0) {
		/* nobody changed them since */
		g->after = g->before;
		g->before = (struct mount_table){ 0 };
	} else if (mounts_read_at(g->proc, &g->after, &err) < 0) {
		mismatch(g, "its mounts cannot be read: %s", err.text);
		return;
	}
	verify_mounts(g);
	verify_files(g);
	verify_masks(g);
	verify_label(g);
}

/* What the hardening of the process changes comes last. */
static void verify(struct gate *g)
{
	verify_around(g);
	verify_process(g);
	verify_rlimits(g);
}

/*
 * say - one line to the container's standard error. The descriptor is shared
 * with whoever reads it, so its flags are left alone; a child does the writing,
 * which a terminal or a file that never answers cannot keep.
 */
static void say(int fd, const char *line)
{
	struct timespec wait = { .tv_nsec = 5000000 };
	const uint64_t end = now_us() + TELL_DEADLINE_MS * UINT64_C(1000);
	pid_t child;

	if (fd < 0)
		return;
	child = fork();
	if (child == 0) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		if (poll(&p, 1, TELL_DEADLINE_MS) == 1 && (p.revents & POLLOUT))
			(void)!write(fd, line, strlen(line));
		_exit(0);
	}
	while (child > 0 && waitpid(child, NULL, WNOHANG) == 0) {
		if (now_us() > end) {
			(void)kill(child, SIGKILL);
			(void)waitpid(child, NULL, 0);
			return;
		}
		(void)nanosleep(&wait, NULL);
	}
}

/*
 * end_it - kill first: everything else can wait, or be made to. Its parent is
 * told of its end only when its tracer has taken note; said before that, the
 * line is there when the engine's monitor reads what is left.
 */
static void end_it(struct gate *g)
{
	_cleanup_buf_ struct buf line = { 0 };
	_cleanup_close_ int fd = g->gone ? -1 : process_stderr(g->pid);

	siginfo_t end;

	cgroup_kill(g);
	/* once it was waited for, its number may be somebody else's */
	if (!g->gone)
		(void)kill(g->pid, SIGKILL);
	while (!g->gone && waitid(P_PID, (id_t)g->pid, &end, WEXITED | WNOWAIT | __WALL) < 0 &&
	       errno == EINTR)
		;
	buf_printf(&line, "cofferdam: refused at the gate: %.*s\n", LINE_MAX_BYTES,
		   g->failure.len ? buf_cstr(&g->failure) : "out of memory");
	say(fd, line.oom ? "cofferdam: refused at the gate: out of memory\n" : buf_cstr(&line));
	close_fd(&fd);
	fd = -1;
	while (!g->gone && waitpid(g->pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

static int record(struct gate *g, bool killed)
{
	struct gate_outcome outcome = {
		.failure = failed(g) ? g->failure.len ? buf_cstr(&g->failure) : "out of memory" : NULL,
		.killed = killed,
		.tightened = list(&g->tightened), .verified = list(&g->verified),
		.unverified = list(&g->unverified),
		.held_us = now_us() - g->start_us,
	};
	struct error err = { 0 };
	int r = g->call->record(g->call->arg, &outcome, &err);

	if (r < 0 && !killed)
		mismatch(g, "the record cannot be written: %s", err.text);
	return r;
}

static void deadline(time_t seconds)
{
	/* again and again: one that comes between two calls is lost */
	const struct itimerval timer = {
		.it_value = { .tv_sec = seconds }, .it_interval = { .tv_usec = seconds ? 100000 : 0 },
	};

	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

static void look(struct gate *g)
{
	const bool tightening = g->call->tighten && !g->call->audit;
	struct error err = { 0 };

	if (tightening) {
		if (process_leave(g, &err) < 0)
			mismatch(g, "%s", err.text);
		helper_wake(g);
	}
	g->root = openat(g->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (g->root < 0) {
		mismatch(g, "its root cannot be opened: %s", strerror(errno));
		return;
	}
	if (tightening) {
		if (process_look(g, &err) < 0)
			mismatch(g, "%s", err.text);
		cgroup_alone(g, false);
		if (!failed(g))
			tighten(g);
		if (failed(g))
			return;
	} else {
		cgroup_look(g);
	}
	verify(g);
	cgroup_alone(g, true);
}

void stop_at_exec(struct gate *g)
{
	g->start_us = now_us();
	deadline(STOP_DEADLINE_S);
	look(g);
	deadline(0);
	if (!failed(g) || g->call->audit) {
		if (!helper_left(g))
			helper_end(g);
		(void)record(g, false);
		if (!failed(g) || g->call->audit) {
			if (trace_let_go(g) == 0 || g->call->audit)
				return;
			mismatch(g, "it could not be let go");
		}
		end_it(g);
		return;
	}
	end_it(g);
	(void)record(g, true);
}
