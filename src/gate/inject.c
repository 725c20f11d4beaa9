/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls in the name of the stopped process, by single steps. A step may
 * end before the instruction ran, for a signal: Go runtimes have one pending
 * at most execs. So the only proof that a call was made is a plain SIGTRAP
 * with the program counter behind the instruction.
 */
#include "gate-private.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <cofferdam/file.h>
#include <cofferdam/process.h>

/* Steps in all; a flood of signals must not hold the container for ever. */
#define STEPS_MAX 4096

#define VDSO_MAX (64u << 10)
#define PAGE 4096u

static int keep(struct gate *g, int number, struct error *err)
{
	if (g->n_kept == KEPT_MAX)
		return error_set(err, -EAGAIN, "signals come in faster than the gate can work");
	/* most are one signal many times, of which the kernel would keep one as well */
	for (size_t i = 0; number < SIGRTMIN && i < g->n_kept; i++) {
		if (g->kept[i] == number)
			return 0;
	}
	g->kept[g->n_kept++] = number;
	return 0;
}

static int resume_as(struct gate *g, int request, struct error *err)
{
	if (++g->steps > STEPS_MAX)
		return error_set(err, -EAGAIN, "signals come in faster than the gate can work");
	if (ptrace((enum __ptrace_request)request, g->pid, NULL, NULL) < 0)
		return error_sys(err, errno, "ptrace(2)");
	g->resumed = true;
	return 0;
}

/* inject_wait - the next stop of the process, keeping signals that others sent:
 * its wait status, or -1. @resume is PTRACE_SINGLESTEP, PTRACE_SYSCALL, ... */
static int inject_wait(struct gate *g, int resume, struct error *err)
{
	for (;;) {
		int status;
		pid_t r;

		if (!g->resumed && resume_as(g, resume, err) < 0)
			return err->code;
		g->resumed = false;
		do {
			r = waitpid(g->pid, &status, __WALL);
		} while (r < 0 && errno == EINTR && now_us() - g->start_us < 10000000);
		if (r < 0)
			return error_sys(err, errno == EINTR ? ETIMEDOUT : errno,
					 "waiting for the container's process");
		if (!WIFSTOPPED(status)) {
			g->gone = true;
			return error_set(err, -ESRCH, "the container's process ended");
		}
		if (status >> 16 == 0 && (WSTOPSIG(status) & 0x7f) != SIGTRAP) {
			r = keep(g, WSTOPSIG(status), err);
			if (r < 0)
				return r;
			continue;
		}
		return status;
	}
}

int inject_start(struct gate *g, long nr, const uint64_t args[6], struct error *err)
{
	arch_regs regs = g->regs;
	int r;

	arch_prepare(&regs, g->abi, g->site, nr, args);
	r = arch_regs_set(g->pid, &regs);
	if (r < 0)
		return error_sys(err, -r, "setting registers");
	return resume_as(g, PTRACE_SINGLESTEP, err);
}

int64_t inject_result(struct gate *g, struct error *err)
{
	const uint64_t after = g->site + g->abi->call_len;
	arch_regs regs;
	int r;

	do {
		int status = inject_wait(g, PTRACE_SINGLESTEP, err);

		if (status < 0)
			return INJECT_FAILED;
		r = arch_regs_get(g->pid, &regs);
		if (r < 0) {
			(void)error_sys(err, -r, "reading registers");
			return INJECT_FAILED;
		}
		if (status >> 16 == 0 && arch_pc(&regs) == after)
			return arch_result(&regs, g->abi);
	} while (arch_pc(&regs) == g->site);
	(void)error_set(err, -EPROTO, "an injected call ended elsewhere than behind its instruction");
	return INJECT_FAILED;
}

int64_t inject(struct gate *g, long nr, const uint64_t args[6], struct error *err)
{
	return inject_start(g, nr, args, err) < 0 ? INJECT_FAILED : inject_result(g, err);
}

int inject_good(int64_t result, const char *what, struct error *err)
{
	if (result == INJECT_FAILED)
		return error_context(err, "%s", what);
	return result == 0 ? 0 : error_sys(err, result < 0 && result > -4096 ? (int)-result : EPROTO,
					   "%s", what);
}

int inject_must(struct gate *g, const char *what, long nr, const uint64_t args[6],
		struct error *err)
{
	return inject_good(inject(g, nr, args, err), what, err);
}

static uint64_t vdso_address(struct gate *g)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };
	const size_t word = g->abi->word;

	if (file_read_kernel(g->proc, "auxv", 1u << 16, &text, &err) < 0)
		return 0;
	for (size_t i = 0; i + 2 * word <= text.len; i += 2 * word) {
		uint64_t type = 0, value = 0;

		memcpy(&type, text.data + i, word);
		memcpy(&value, text.data + i + word, word);
		if (type == AT_SYSINFO_EHDR)
			return value;
	}
	return 0;
}

static const char *find_call(const struct gate *g, const char page[PAGE])
{
	const char *found = memmem(page, PAGE, g->abi->call, g->abi->call_len);

	return found && (g->abi->call_len == 2 || (found - page) % 4 == 0) ? found : NULL;
}

/* same_site - whether the process has the instruction where our own vDSO has it: as a rule
 * they are the same, and little has to be read. */
static bool same_site(struct gate *g, uint64_t start)
{
	const char *own = (const char *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
	const char *found = start && own ? find_call(g, own) : NULL;
	struct error err = { 0 };
	char call[8];

	if (!found || g->abi->call_len > sizeof(call) ||
	    scratch_get(g, start + (uint64_t)(found - own), call, g->abi->call_len, &err) < 0 ||
	    memcmp(call, g->abi->call, g->abi->call_len) != 0)
		return false;
	g->site = start + (uint64_t)(found - own);
	return true;
}

/* The vDSO holds the instruction, and using it there changes no text of the program. */
static bool site_in_vdso(struct gate *g)
{
	const uint64_t start = vdso_address(g);
	char page[PAGE];

	if (same_site(g, start))
		return true;
	for (uint64_t at = start; start && at < start + VDSO_MAX; at += PAGE) {
		struct iovec local = { page, sizeof(page) };
		struct iovec remote = { (void *)(uintptr_t)at, sizeof(page) };
		const char *found;

		if (process_vm_readv(g->pid, &local, 1, &remote, 1, 0) != (ssize_t)sizeof(page))
			return false;
		found = find_call(g, page);
		if (found) {
			g->site = at + (uint64_t)(found - page);
			return true;
		}
	}
	return false;
}

int site_find(struct gate *g, struct error *err)
{
	unsigned long text;

	if (site_in_vdso(g))
		return 0;
	/* without one, over the program's first instruction */
	g->site = arch_pc(&g->regs);
	errno = 0;
	g->poked = (unsigned long)ptrace(PTRACE_PEEKTEXT, g->pid, (void *)g->site, NULL);
	if (errno != 0)
		return error_sys(err, errno, "no place for a system call instruction");
	text = g->poked;
	memcpy(&text, g->abi->call, g->abi->call_len);
	if (ptrace(PTRACE_POKETEXT, g->pid, (void *)g->site, (void *)text) < 0)
		return error_sys(err, errno, "no place for a system call instruction");
	g->poke = true;
	return 0;
}

int site_restore(struct gate *g, struct error *err)
{
	if (g->poke && ptrace(PTRACE_POKETEXT, g->pid, (void *)g->site, (void *)g->poked) < 0)
		return error_sys(err, errno, "the program's first instruction cannot be put back");
	g->poke = false;
	return 0;
}

/* The options that the process keeps until it is let go. */
static unsigned long options(const struct gate *g)
{
	return PTRACE_O_TRACESYSGOOD | (g->call->audit ? 0 : PTRACE_O_EXITKILL);
}

int inject_leave(struct gate *g, struct error *err)
{
	if (ptrace(PTRACE_SETOPTIONS, g->pid, NULL, (void *)options(g)) < 0)
		return error_sys(err, errno, "ptrace(2)");
	/* out of execve(2), which would overwrite a register on its way */
	return resume_as(g, PTRACE_SYSCALL, err);
}

int inject_begin(struct gate *g, struct error *err)
{
	int r, status = inject_wait(g, PTRACE_SYSCALL, err);

	if (status < 0)
		return status;
	if (status >> 16 != 0 || WSTOPSIG(status) != (SIGTRAP | 0x80))
		return error_set(err, -EPROTO, "unexpected stop %#x after the exec", status);
	r = arch_regs_get(g->pid, &g->regs);
	if (r < 0)
		return error_sys(err, -r, r == -EOPNOTSUPP ?
				 "32-bit programs cannot be held at the gate on this architecture" :
				 "reading registers");
	arch_after_exec(&g->regs);
	g->abi = arch_abi_of(&g->regs);
	if (!g->abi)
		return error_set(err, -EOPNOTSUPP,
				 "32-bit programs cannot be held at the gate on this architecture");
	return 0;
}

int inject_end(struct gate *g, struct error *err)
{
	int r = site_restore(g, err);

	if (r < 0)
		return r;
	r = arch_regs_set(g->pid, &g->regs);
	if (r < 0)
		return error_sys(err, -r, "setting registers");
	if (ptrace(PTRACE_SETOPTIONS, g->pid, NULL, (void *)options(g)) < 0)
		return error_sys(err, errno, "ptrace(2)");
	return 0;
}
