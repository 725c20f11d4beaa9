/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cofferdam/process.h>

#include "unit.h"
#include "../../src/gate/gate-private.h"

#define GOOD_END 7

/* System calls injected into a child, as the gate does it at an exec. */

static volatile sig_atomic_t told;

static void tell(int number)
{
	(void)number;
	told = 1;
}

/* The image of the vDSO is a few pages; what lies behind it stays. */
static void unmap_vdso(void)
{
	char *start = (char *)getauxval(AT_SYSINFO_EHDR);
	char line[256];
	FILE *f = fopen("/proc/self/maps", "re");

	while (f && fgets(line, sizeof(line), f)) {
		char *end;
		const uintptr_t from = strtoull(line, &end, 16);

		if (strstr(line, "[vdso]") && from == (uintptr_t)start)
			(void)munmap(start, strtoull(end + 1, NULL, 16) - from);
	}
}

__attribute__((noreturn)) static void child(bool vdso)
{
	(void)signal(SIGUSR1, tell);
	(void)signal(SIGRTMAX, SIG_IGN);
	(void)signal(SIGWINCH, SIG_IGN);
	if (!vdso)
		unmap_vdso();
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(99);
	(void)syscall(SYS_kill, getpid(), SIGSTOP);
	while (!told)
		(void)syscall(SYS_getppid);
	_exit(GOOD_END);
}

struct scene {
	struct gate_call call;
	struct gate gate;
};

/* begin - a child at the end of a system call, as at the end of execve(2). */
static void begin(struct scene *s, bool vdso)
{
	struct error err = { 0 };
	char path[32];
	int status = 0;

	*s = (struct scene){ .gate = { .call = &s->call, .root = -1 } };
	s->gate.pid = fork();
	assert_true(s->gate.pid >= 0);
	if (s->gate.pid == 0)
		child(vdso);
	assert_int_equal(waitpid(s->gate.pid, &status, 0), s->gate.pid);
	if (WIFEXITED(status))
		skip();	/* nobody may be traced here */
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, s->gate.pid, NULL,
				(void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)), 0);
	assert_int_equal(ptrace(PTRACE_SYSCALL, s->gate.pid, NULL, NULL), 0);
	assert_int_equal(waitpid(s->gate.pid, &status, 0), s->gate.pid);
	(void)snprintf(path, sizeof(path), "/proc/%d", s->gate.pid);
	s->gate.proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(s->gate.proc >= 0);
	s->gate.start_us = now_us();
	assert_int_equal(inject_begin(&s->gate, &err), 0);
	assert_int_equal(site_find(&s->gate, &err), 0);
}

static int64_t call(struct scene *s, long nr, uint64_t a, uint64_t b, struct error *err)
{
	const uint64_t args[6] = { a, b };

	return inject(&s->gate, nr, args, err);
}

/* end - the child goes on where it was, and ends as it means to. */
static void end(struct scene *s)
{
	struct error err = { 0 };
	int status = 0;

	assert_int_equal(inject_end(&s->gate, &err), 0);
	assert_int_equal(trace_let_go(&s->gate), 0);
	assert_int_equal(kill(s->gate.pid, SIGUSR1), 0);
	assert_int_equal(waitpid(s->gate.pid, &status, 0), s->gate.pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), GOOD_END);
	(void)close(s->gate.proc);
}

static void drop(struct scene *s)
{
	(void)kill(s->gate.pid, SIGKILL);
	(void)waitpid(s->gate.pid, NULL, 0);
	(void)close(s->gate.proc);
}

static void some_calls(struct scene *s)
{
	struct error err = { 0 };
	struct status st = { 0 };

	assert_int_equal(call(s, SYS_getpid, 0, 0, &err), s->gate.pid);
	assert_int_equal(call(s, SYS_close, 12345, 0, &err), -EBADF);
	assert_int_equal(call(s, s->gate.abi->prctl, PR_SET_NO_NEW_PRIVS, 1, &err), 0);
	assert_int_equal(status_read(&s->gate, &st, &err), 0);
	assert_int_equal(st.nnp, 1);
	assert_int_equal(st.tracer, getpid());
}

static void in_the_vdso(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, true);
	assert_false(s.gate.poke);
	some_calls(&s);
	end(&s);
}

/* Without a vDSO the instruction is put into the program, and taken out again. */
static void without_a_vdso(void **state)
{
	unsigned long text;
	struct scene s;

	(void)state;
	begin(&s, false);
	assert_true(s.gate.poke);
	assert_int_equal(s.gate.site, arch_pc(&s.gate.regs));
	text = s.gate.poked;
	some_calls(&s);
	errno = 0;
	assert_int_not_equal((unsigned long)ptrace(PTRACE_PEEKTEXT, s.gate.pid,
						   (void *)s.gate.site, NULL), text);
	{
		struct error err = { 0 };

		assert_int_equal(site_restore(&s.gate, &err), 0);
	}
	assert_int_equal((unsigned long)ptrace(PTRACE_PEEKTEXT, s.gate.pid,
					       (void *)s.gate.site, NULL), text);
	end(&s);
}

/* A step that ends for a signal made no call: it is stepped again, and the signals kept. */
static void signals(void **state)
{
	const union sigval value = { 0 };
	struct error err = { 0 };
	struct scene s;

	(void)state;
	begin(&s, true);
	for (int i = 0; i < 20; i++)
		assert_int_equal(sigqueue(s.gate.pid, SIGRTMAX, value), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(kill(s.gate.pid, SIGWINCH), 0);
	some_calls(&s);
	assert_int_equal(s.gate.n_kept, 21);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(kill(s.gate.pid, SIGWINCH), 0);
		assert_int_equal(call(&s, SYS_getpid, 0, 0, &err), s.gate.pid);
	}
	assert_int_equal(s.gate.n_kept, 21);
	end(&s);
}

/* Memory for calls: of the stack, which is as it was afterwards; or a mapping, if it is much. */
static void scratch(void **state)
{
	char was[4096], now[4096], pattern[4096];
	struct error err = { 0 };
	struct scratch m = { 0 };
	struct scene s;

	(void)state;
	memset(pattern, 0x5a, sizeof(pattern));
	begin(&s, true);
	assert_int_equal(scratch_begin(&s.gate, sizeof(was), &m, &err), 0);
	assert_non_null(m.saved);
	assert_true(m.address + sizeof(was) < arch_sp(&s.gate.regs));
	assert_int_equal(scratch_get(&s.gate, m.address, was, sizeof(was), &err), 0);
	assert_int_equal(scratch_put(&s.gate, m.address, pattern, sizeof(pattern), &err), 0);
	assert_int_equal(call(&s, SYS_getcwd, m.address, 64, &err) > 0, true);
	assert_int_equal(scratch_get(&s.gate, m.address, now, sizeof(now), &err), 0);
	assert_int_equal(now[0], '/');
	assert_int_equal(now[sizeof(now) - 1], 0x5a);
	assert_int_equal(scratch_end(&s.gate, &m, &err), 0);
	assert_int_equal(scratch_get(&s.gate, m.address, now, sizeof(now), &err), 0);
	assert_memory_equal(now, was, sizeof(was));
	scratch_free(&m);

	assert_int_equal(scratch_begin(&s.gate, 1u << 20, &m, &err), 0);
	assert_null(m.saved);
	assert_int_equal(scratch_put(&s.gate, m.address, pattern, sizeof(pattern), &err), 0);
	assert_int_equal(scratch_end(&s.gate, &m, &err), 0);
	assert_int_equal(scratch_get(&s.gate, m.address, now, sizeof(now), &err), -EFAULT);
	scratch_free(&m);
	end(&s);
}

/* More of them than can be kept are an error, and soon. */
static void a_flood(void **state)
{
	const union sigval value = { 0 };
	struct error err = { 0 };
	struct scene s;

	(void)state;
	begin(&s, true);
	for (int i = 0; i < KEPT_MAX + 20; i++)
		assert_int_equal(sigqueue(s.gate.pid, SIGRTMAX, value), 0);
	assert_true(call(&s, SYS_getpid, 0, 0, &err) == INJECT_FAILED);
	assert_int_equal(err.code, -EAGAIN);
	drop(&s);

	/* one that comes at every step is kept once, and the steps are counted */
	begin(&s, true);
	for (int i = 0; err.code != -ERANGE; i++) {
		assert_true(i < 5000);
		assert_int_equal(kill(s.gate.pid, SIGWINCH), 0);
		if (call(&s, SYS_getpid, 0, 0, &err) == INJECT_FAILED) {
			assert_int_equal(err.code, -EAGAIN);
			err.code = -ERANGE;
		}
	}
	assert_int_equal(s.gate.n_kept, 1);
	drop(&s);
}

/* One that dies meanwhile is an error as well. */
static void death(void **state)
{
	struct error err = { 0 };
	struct scene s;

	(void)state;
	begin(&s, true);
	assert_int_equal(kill(s.gate.pid, SIGKILL), 0);
	assert_true(call(&s, SYS_getpid, 0, 0, &err) == INJECT_FAILED);
	assert_int_equal(err.code, -ESRCH);
	(void)waitpid(s.gate.pid, NULL, 0);
	(void)close(s.gate.proc);
}

static void native(void **state)
{
	const arch_regs regs = { 0 };

	(void)state;
	assert_int_equal(arch_abi_of(&regs)->word, sizeof(void *));
	assert_int_not_equal(arch_audit(), 0);
}

#define THREADS 100		/* more than are kept in mind between two passes */

static void *idle(void *unused)
{
	for (;;)
		(void)pause();
	return unused;
}

__attribute__((noreturn)) static void threads(int ready)
{
	pthread_t thread;
	int made = 0;

	while (made < THREADS && pthread_create(&thread, NULL, idle, NULL) == 0)
		made++;
	(void)!write(ready, "x", made == THREADS);
	(void)close(ready);
	(void)idle(NULL);
	_exit(1);
}

/* Each thread of a process is held, however many it has. */
static void many_threads(void **state)
{
	const struct gate_call call = { 0 };
	struct gate g = { .call = &call, .root = -1, .proc = -1 };
	struct error err = { 0 };
	pid_t tracer = 0;
	int ready[2], r, held = 0;
	char c;

	(void)state;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	g.pid = fork();
	assert_true(g.pid >= 0);
	if (g.pid == 0)
		threads(ready[1]);
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	(void)close(ready[0]);
	r = trace_seize(&g, &tracer, &err);
	(void)kill(g.pid, SIGKILL);
	/* what is traced is told of by itself, and what is not with its process */
	for (int status; waitpid(-1, &status, __WALL) > 0;)
		held += WIFSIGNALED(status) || WIFEXITED(status);
	if (r == -EPERM)
		skip();	/* nobody may be traced here */
	assert_int_equal(r, 0);
	assert_int_equal(held, THREADS + 1);
}

int main(void)
{
	const char *preload = getenv("LD_PRELOAD");
	const struct CMUnitTest alone[] = { cmocka_unit_test(native) };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(native),
		cmocka_unit_test(in_the_vdso), cmocka_unit_test(without_a_vdso),
		cmocka_unit_test(scratch), cmocka_unit_test(signals),
		cmocka_unit_test(a_flood), cmocka_unit_test(many_threads), cmocka_unit_test(death),
	};

	/* valgrind runs programs by registers of its own */
	if (preload && strstr(preload, "vgpreload"))
		return cmocka_run_group_tests_name("inject", alone, NULL, NULL);
	return cmocka_run_group_tests_name("inject", tests, NULL, NULL);
}
