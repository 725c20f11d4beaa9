/* SPDX-License-Identifier: Apache-2.0 */
/* x86-64, and i386 programs on it. x32 programs have the 64-bit way in. */
#include "arch-private.h"

#ifdef __x86_64__
#include <errno.h>
#include <linux/audit.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

/* The code segment of 32-bit programs (arch/x86/include/asm/segment.h). */
#define USER32_CS 0x23

uint32_t arch_audit(void)
{
	return AUDIT_ARCH_X86_64;
}

int arch_regs_get(pid_t pid, arch_regs *ret)
{
	return ptrace(PTRACE_GETREGS, pid, NULL, ret) < 0 ? -errno : 0;
}

int arch_regs_set(pid_t pid, const arch_regs *regs)
{
	return ptrace(PTRACE_SETREGS, pid, NULL, regs) < 0 ? -errno : 0;
}

void arch_after_exec(arch_regs *regs)
{
	(void)regs;
}

const struct arch_abi *arch_abi_of(const arch_regs *regs)
{
	static const struct arch_abi native = {
		.word = 8, .call = { 0x0f, 0x05 }, .call_len = 2,	/* syscall */
		.mmap = SYS_mmap, .munmap = SYS_munmap, .prctl = SYS_prctl,
		.capset = SYS_capset, .seccomp = SYS_seccomp, .prlimit64 = SYS_prlimit64,
	};
	/* arch/x86/entry/syscalls/syscall_32.tbl; mmap is mmap2 */
	static const struct arch_abi i386 = {
		.word = 4, .call = { 0xcd, 0x80 }, .call_len = 2,	/* int $0x80 */
		.mmap = 192, .munmap = 91, .prctl = 172, .capset = 185, .seccomp = 354,
		.prlimit64 = 340,
	};

	return regs->cs == USER32_CS ? &i386 : &native;
}

void arch_prepare(arch_regs *regs, const struct arch_abi *abi, uint64_t site, long nr,
		  const uint64_t args[6])
{
	regs->rip = site;
	regs->rax = (unsigned long)nr;
	/* not in a system call: nothing must be restarted when a signal comes */
	regs->orig_rax = (unsigned long)-1;
	if (abi->word == 4) {
		regs->rbx = args[0];
		regs->rcx = args[1];
		regs->rdx = args[2];
		regs->rsi = args[3];
		regs->rdi = args[4];
		regs->rbp = args[5];
		return;
	}
	regs->rdi = args[0];
	regs->rsi = args[1];
	regs->rdx = args[2];
	regs->r10 = args[3];
	regs->r8 = args[4];
	regs->r9 = args[5];
}

uint64_t arch_pc(const arch_regs *regs)
{
	return regs->rip;
}

uint64_t arch_sp(const arch_regs *regs)
{
	return regs->rsp;
}

int64_t arch_result(const arch_regs *regs, const struct arch_abi *abi)
{
	/* a 32-bit address may have its highest bit set; only errors are negative */
	if (abi->word == 4 && (uint32_t)regs->rax < (uint32_t)-4095)
		return (uint32_t)regs->rax;
	return abi->word == 4 ? (int32_t)regs->rax : (int64_t)regs->rax;
}
#endif
