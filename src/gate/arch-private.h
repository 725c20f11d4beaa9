/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATE_ARCH_PRIVATE_H
#define GATE_ARCH_PRIVATE_H

/* What differs between architectures: registers, the system call instruction, numbers. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#if defined(__x86_64__)
#include <sys/user.h>
typedef struct user_regs_struct arch_regs;
#elif defined(__aarch64__)
#include <asm/ptrace.h>
typedef struct user_pt_regs arch_regs;
#else
typedef struct {
	unsigned long none;
} arch_regs;
#endif

/* A way into the kernel: the native one, or the 32-bit one beside it. */
struct arch_abi {
	unsigned int word;		/* bytes of a pointer */
	unsigned char call[4];		/* the system call instruction */
	unsigned int call_len;
	/* numbers of the calls that are injected */
	long mmap, munmap, prctl, capset, seccomp, prlimit64;
};

/* arch_audit - the AUDIT_ARCH_* that filters are made for; 0: no gate here. */
uint32_t arch_audit(void);

/* arch_regs_get, arch_regs_set - of a stopped tracee. 0 or -errno. */
int arch_regs_get(pid_t pid, arch_regs *ret);
int arch_regs_set(pid_t pid, const arch_regs *regs);

/* arch_after_exec - undo what the kernel shows its tracer in registers at the end of execve(2). */
void arch_after_exec(arch_regs *regs);

/* arch_abi_of - by the registers of a process at its first instruction, or NULL. */
const struct arch_abi *arch_abi_of(const arch_regs *regs);

/* arch_prepare - so that the next instruction, at @site, is this system call. */
void arch_prepare(arch_regs *regs, const struct arch_abi *abi, uint64_t site, long nr,
		  const uint64_t args[6]);

uint64_t arch_pc(const arch_regs *regs);
uint64_t arch_sp(const arch_regs *regs);
int64_t arch_result(const arch_regs *regs, const struct arch_abi *abi);

#endif
