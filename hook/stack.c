/* SPDX-License-Identifier: Apache-2.0 */
#include "stack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>

#include "hook.h"

#define STACK_BYTES ((size_t)256 << 10)
#define GUARD_BYTES ((size_t)64 << 10)	/* a page on every architecture */

struct trip {
	ucontext_t here, there;
	int (*run)(const void *arg);
	const void *arg;
	int result;
};

/* makecontext(3) passes integers: the two halves of a pointer. */
static void depart(unsigned high, unsigned low)
{
	struct trip *trip = (struct trip *)(uintptr_t)((uint64_t)high << 32 | low);

	trip->result = trip->run(trip->arg);
}

/* grows - whether the stack at hand may become larger than the one made here. */
static bool grows(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur >= 4 * STACK_BYTES;
}

int stack_run(int (*run)(const void *arg), const void *arg)
{
	struct trip *trip;
	char *area;

	/* AddressSanitizer cannot follow, and needs more stack than is asked for here. */
	if (HOOK_SANITIZED || grows())
		return run(arg);
	area = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		return run(arg);
	/* The trip itself lies at the far end of it: a context is large, too. */
	trip = (struct trip *)(void *)(area + GUARD_BYTES);
	if (mprotect(trip, STACK_BYTES, PROT_READ | PROT_WRITE) < 0 ||
	    getcontext(&trip->there) < 0) {
		(void)munmap(area, GUARD_BYTES + STACK_BYTES);
		return run(arg);
	}
	trip->run = run;
	trip->arg = arg;
	trip->result = 1;
	trip->there.uc_stack.ss_sp = trip + 1;
	trip->there.uc_stack.ss_size = STACK_BYTES - sizeof(*trip);
	trip->there.uc_link = &trip->here;
	makecontext(&trip->there, (void (*)(void))depart, 2,
		    (unsigned)((uint64_t)(uintptr_t)trip >> 32), (unsigned)(uintptr_t)trip);
	/* Not unmapped: the process ends with what comes back. */
	return swapcontext(&trip->here, &trip->there) < 0 ? run(arg) : trip->result;
}
