/* SPDX-License-Identifier: Apache-2.0 */
/* arm64. Its 32-bit programs are refused: arch_abi_of() cannot be asked for them. */
#include "arch-private.h"

#ifdef __aarch64__
#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* The mode bit of pstate in which a process runs 32-bit code. */
#define PSTATE_32 0x10

uint32_t arch_audit(void)
{
	return AUDIT_ARCH_AARCH64;
}

int arch_regs_get(pid_t pid, arch_regs *ret)
{
	struct iovec io = { .iov_base = ret, .iov_len = sizeof(*ret) };

	if (ptrace(PTRACE_GETREGSET, pid, (void *)(uintptr_t)NT_PRSTATUS, &io) < 0)
		return -errno;
	/* a 32-bit program has fewer and shorter registers */
	return io.iov_len == sizeof(*ret) ? 0 : -EOPNOTSUPP;
}

int arch_regs_set(pid_t pid, const arch_regs *regs)
{
	arch_regs copy = *regs;
	struct iovec io = { .iov_base = &copy, .iov_len = sizeof(copy) };

	return ptrace(PTRACE_SETREGSET, pid, (void *)(uintptr_t)NT_PRSTATUS, &io) < 0 ? -errno : 0;
}

void arch_after_exec(arch_regs *regs)
{
	/* x7 tells the end of a system call from its start (arch/arm64/kernel/ptrace.c);
	 * a program starts with zeros but for its stack and counter */
	regs->regs[7] = 0;
}

const struct arch_abi *arch_abi_of(const arch_regs *regs)
{
	static const struct arch_abi native = {
		.word = 8, .call = { 0x01, 0x00, 0x00, 0xd4 }, .call_len = 4,	/* svc #0 */
		.mmap = SYS_mmap, .munmap = SYS_munmap, .prctl = SYS_prctl,
		.capset = SYS_capset, .seccomp = SYS_seccomp, .prlimit64 = SYS_prlimit64,
	};

	return regs->pstate & PSTATE_32 ? NULL : &native;
}

void arch_prepare(arch_regs *regs, const struct arch_abi *abi, uint64_t site, long nr,
		  const uint64_t args[6])
{
	(void)abi;
	for (unsigned int i = 0; i < 6; i++)
		regs->regs[i] = args[i];
	regs->regs[8] = (uint64_t)nr;
	regs->pc = site;
}

uint64_t arch_pc(const arch_regs *regs)
{
	return regs->pc;
}

uint64_t arch_sp(const arch_regs *regs)
{
	return regs->sp;
}

int64_t arch_result(const arch_regs *regs, const struct arch_abi *abi)
{
	(void)abi;
	return (int64_t)regs->regs[0];
}
#endif
