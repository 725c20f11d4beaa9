/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gate knows of an architecture, as far as no process is held for it:
 * tests/gate-arch.sh builds this for each, and runs it. Prints TAP.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../src/gate/arch-private.h"

static int run, failed;

static void ok(bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++run, what);
	failed += !good;
}

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
static const unsigned char code[] = { 0x0f, 0x05, 0xc3 };	/* syscall; ret */

static uint64_t nr_of(const arch_regs *regs)
{
	return regs->rax;
}

static uint64_t argument(const arch_regs *regs, unsigned int i)
{
	const uint64_t v[6] = { regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9 };

	return v[i];
}

static void result(arch_regs *regs, int64_t v)
{
	regs->rax = (unsigned long)v;
}

/* 32-bit programs have their own registers, numbers and instruction. */
static void other(void)
{
	const uint64_t args[6] = { 1, 2, 3, 4, 5, 6 };
	arch_regs regs = { .cs = 0x23 };
	const struct arch_abi *abi = arch_abi_of(&regs);

	ok(abi && abi->word == 4 && abi->prctl == 172 && abi->seccomp == 354, "i386: known by its segment");
	ok(memcmp(abi->call, "\xcd\x80", 2) == 0 && abi->call_len == 2, "i386: int $0x80");
	arch_prepare(&regs, abi, 0x1000, 172, args);
	ok(regs.rbx == 1 && regs.rcx == 2 && regs.rdx == 3 && regs.rsi == 4 && regs.rdi == 5 &&
	   regs.rbp == 6 && regs.rax == 172 && regs.rip == 0x1000, "i386: a call in its registers");
	regs.rax = 0xfffffff3;
	ok(arch_result(&regs, abi) == -13, "i386: an error is negative");
	regs.rax = 0xf7fd0000;
	ok(arch_result(&regs, abi) == 0xf7fd0000, "i386: a high address is not");
}
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
static const unsigned char code[] = { 0x01, 0x00, 0x00, 0xd4, 0xc0, 0x03, 0x5f, 0xd6 };

static uint64_t nr_of(const arch_regs *regs)
{
	return regs->regs[8];
}

static uint64_t argument(const arch_regs *regs, unsigned int i)
{
	return regs->regs[i];
}

static void result(arch_regs *regs, int64_t v)
{
	regs->regs[0] = (uint64_t)v;
}

static void other(void)
{
	arch_regs regs = { .pstate = 0x10 };

	ok(!arch_abi_of(&regs), "a 32-bit program is not for the gate");
	regs.regs[7] = 1;
	arch_after_exec(&regs);
	ok(regs.regs[7] == 0, "the end of execve(2) leaves no trace in x7");
}
#else
#error "no gate on this architecture"
#endif

/* instruction - whether the bytes that are put into a process make a system call:
 * here in this one, where the number register holds what the compiler put there. */
static bool instruction(const struct arch_abi *abi)
{
	unsigned char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long r;

	if (page == MAP_FAILED || abi->call_len > sizeof(code) ||
	    memcmp(abi->call, code, abi->call_len) != 0)
		return false;
	memcpy(page, code, sizeof(code));
	__builtin___clear_cache((char *)page, (char *)page + sizeof(code));
	if (mprotect(page, 4096, PROT_READ | PROT_EXEC) < 0)
		return false;
#if defined(__x86_64__)
	__asm__ volatile("call *%1" : "=a"(r) : "r"(page), "a"(SYS_getppid)
			 : "rcx", "r11", "memory", "cc");
#else
	{
		register long x0 __asm__("x0") = 0;
		register long x8 __asm__("x8") = SYS_getppid;

		__asm__ volatile("blr %2" : "+r"(x0) : "r"(x8), "r"(page)
				 : "x30", "x1", "x2", "x3", "memory", "cc");
		r = x0;
	}
#endif
	return r == syscall(SYS_getppid);
}

int main(void)
{
	const uint64_t args[6] = { 11, 12, 13, 14, 15, 16 };
	arch_regs regs;
	const struct arch_abi *abi;
	bool good = true;

	memset(&regs, 0, sizeof(regs));
	abi = arch_abi_of(&regs);
	ok(arch_audit() == NATIVE_ARCH, "filters are made for it");
	ok(abi && abi->word == sizeof(void *), "a native program");
	ok(abi->mmap == SYS_mmap && abi->munmap == SYS_munmap && abi->prctl == SYS_prctl &&
	   abi->capset == SYS_capset && abi->seccomp == SYS_seccomp && abi->prlimit64 == SYS_prlimit64,
	   "its system calls");
	arch_prepare(&regs, abi, 0x123450, SYS_prctl, args);
	for (unsigned int i = 0; i < 6; i++)
		good = good && argument(&regs, i) == args[i];
	ok(good && nr_of(&regs) == SYS_prctl, "a call in its registers");
	ok(arch_pc(&regs) == 0x123450, "and its place");
	result(&regs, -1);
	ok(arch_result(&regs, abi) == -1, "an error");
	result(&regs, INT64_C(0x7f0000000000));
	ok(arch_result(&regs, abi) == INT64_C(0x7f0000000000), "an address");
	ok(instruction(abi), "its instruction is a system call");
	ok(arch_regs_get(0, &regs) < 0 && arch_regs_set(0, &regs) < 0, "no process, no registers");
	other();
	printf("1..%d\n", run);
	return failed != 0;
}
