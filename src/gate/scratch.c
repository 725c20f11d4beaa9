/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A little memory of the process, for what the injected calls read and write.
 * At its first instruction nothing below the stack pointer is in use, and what
 * is there is put back: two calls less than a mapping, each of which costs the
 * program's start two switches. A stack that is too small (RLIMIT_STACK) leaves
 * the mapping. What lies in either is read back from the kernel, never trusted.
 */
#include "gate-private.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

/* Kept clear of the arguments; and as much as may be taken. */
#define STACK_GAP 512u
#define STACK_MAX (48u << 10)

int scratch_put(struct gate *g, uint64_t address, const void *data, size_t len, struct error *err)
{
	struct iovec local = { (void *)(uintptr_t)data, len };
	struct iovec remote = { (void *)(uintptr_t)address, len };

	if (process_vm_writev(g->pid, &local, 1, &remote, 1, 0) != (ssize_t)len)
		return error_sys(err, errno ? errno : EFAULT, "writing to the process");
	return 0;
}

int scratch_get(struct gate *g, uint64_t address, void *data, size_t len, struct error *err)
{
	struct iovec local = { data, len };
	struct iovec remote = { (void *)(uintptr_t)address, len };

	if (process_vm_readv(g->pid, &local, 1, &remote, 1, 0) != (ssize_t)len)
		return error_sys(err, errno ? errno : EFAULT, "reading from the process");
	return 0;
}

static bool on_stack(struct gate *g, size_t size, struct scratch *ret)
{
	const uint64_t sp = arch_sp(&g->regs);
	struct error err = { 0 };
	struct scratch s = { .size = size };

	if (size > STACK_MAX || sp <= STACK_GAP + STACK_MAX)
		return false;
	s.address = (sp - STACK_GAP - size) & ~(uint64_t)63;
	s.saved = malloc(size);
	if (!s.saved || scratch_get(g, s.address, s.saved, size, &err) < 0) {
		free(s.saved);
		return false;
	}
	*ret = s;
	return true;
}

int scratch_begin(struct gate *g, size_t size, struct scratch *ret, struct error *err)
{
	const uint64_t args[6] = {
		0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0,
	};
	int64_t r;

	if (on_stack(g, size, ret))
		return 0;
	r = inject(g, g->abi->mmap, args, err);
	if (r == INJECT_FAILED)
		return error_context(err, "mmap");
	if (r <= 0)
		return error_sys(err, r < 0 && r > -4096 ? (int)-r : EPROTO, "mmap");
	*ret = (struct scratch){ .address = (uint64_t)r, .size = size };
	return 0;
}

int scratch_end(struct gate *g, const struct scratch *s, struct error *err)
{
	const uint64_t args[6] = { s->address, s->size };

	if (s->saved)
		return scratch_put(g, s->address, s->saved, s->size, err);
	return inject_must(g, "munmap", g->abi->munmap, args, err);
}

void scratch_free(struct scratch *s)
{
	free(s->saved);
	s->saved = NULL;
}
