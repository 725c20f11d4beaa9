/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Armed twice is armed once: old runc calls hooks twice, and a hook may be
 * registered in two places. A process has one tracer, so the second supervisor
 * must tell whether the first is one of its own kind, with the same orders.
 * These lie in memory that only a descriptor of the first leads to.
 */
#include "gate-private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include <cofferdam/file.h>

#define ORDERS_FD 3		/* in every supervisor */
#define ORDERS_MAX 4096

/* FNV-1a, 64 bits. Nobody gains by a collision: the first supervisor's orders hold. */
static uint64_t digest(const char *s, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001b3);
	return h;
}

void peer_orders(struct buf *out, const struct gate_call *call)
{
	const struct json_doc *doc = call->subject->doc;
	_cleanup_buf_ struct buf policy = { 0 };

	policy_print(&policy, call->subject->policy);
	if (policy.oom)
		out->oom = true;
	buf_printf(out, GATE_COMM " 1 pid %" PRId64 " %s%s policy %016" PRIx64 " config %016" PRIx64
		   " id ", call->pid, call->tighten ? "enforce" : "verify",
		   call->audit ? " audit" : "", digest(buf_cstr(&policy), policy.len),
		   digest(doc->text, doc->len));
	json_quote(out, call->id, strnlen(call->id, 1024));
	buf_char(out, '\n');
}

int peer_publish(const struct buf *orders, struct error *err)
{
	_cleanup_close_ int fd = memfd_create(GATE_COMM, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return error_sys(err, errno, "memfd_create");
	r = file_write_all(fd, orders->data, orders->len, err);
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return error_sys(err, errno, "cannot seal a memfd");
	if (fd != ORDERS_FD && dup3(fd, ORDERS_FD, O_CLOEXEC) < 0)
		return error_sys(err, errno, "dup3");
	if (fd == ORDERS_FD)
		(void)steal_fd(&fd);
	return 0;
}

int peer_same(pid_t tracer, const struct buf *orders, struct error *err)
{
	_cleanup_close_ int dir = -1, fd = -1;
	char path[32], text[ORDERS_MAX];
	struct stat own, his;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d", tracer);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || fstatat(dir, "exe", &his, 0) < 0)
		return error_sys(err, errno, "process %d, which traces the container's, cannot be looked at",
				 tracer);
	if (stat("/proc/self/exe", &own) < 0)
		return error_sys(err, errno, "/proc/self/exe");
	if (own.st_dev != his.st_dev || own.st_ino != his.st_ino)
		return 0;
	(void)snprintf(path, sizeof(path), "fd/%d", ORDERS_FD);
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return error_sys(err, errno, "the orders of supervisor %d cannot be read", tracer);
	n = pread(fd, text, sizeof(text), 0);
	return n > 0 && (size_t)n == orders->len && memcmp(text, orders->data, orders->len) == 0;
}
