/* SPDX-License-Identifier: Apache-2.0 */
/* Architectures that the gate was not written for: it refuses to arm. */
#include "arch-private.h"

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <errno.h>

uint32_t arch_audit(void)
{
	return 0;
}

int arch_regs_get(pid_t pid, arch_regs *ret)
{
	(void)pid;
	(void)ret;
	return -EOPNOTSUPP;
}

int arch_regs_set(pid_t pid, const arch_regs *regs)
{
	(void)pid;
	(void)regs;
	return -EOPNOTSUPP;
}

void arch_after_exec(arch_regs *regs)
{
	(void)regs;
}

const struct arch_abi *arch_abi_of(const arch_regs *regs)
{
	(void)regs;
	return 0;
}

void arch_prepare(arch_regs *regs, const struct arch_abi *abi, uint64_t site, long nr,
		  const uint64_t args[6])
{
	(void)regs;
	(void)abi;
	(void)site;
	(void)nr;
	(void)args;
}

uint64_t arch_pc(const arch_regs *regs)
{
	(void)regs;
	return 0;
}

uint64_t arch_sp(const arch_regs *regs)
{
	(void)regs;
	return 0;
}

int64_t arch_result(const arch_regs *regs, const struct arch_abi *abi)
{
	(void)regs;
	(void)abi;
	return -1;
}
#endif
