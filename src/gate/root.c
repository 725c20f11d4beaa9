/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of the image, which its maker chose: never resolved but inside it. */
#include "gate-private.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/syscall.h>

#include <cofferdam/file.h>

/* linux/stat.h, since Linux 5.8 */
#define STATX_MNT_ID_ 0x1000u

/* statx(2) as of Linux 5.8, which not every <linux/stat.h> knows. */
struct statx_mount {
	uint32_t mask;
	uint32_t before[35];
	uint64_t mount_id;
	uint64_t after[13];
};

_Static_assert(offsetof(struct statx_mount, mount_id) == 144, "statx(2)");
_Static_assert(sizeof(struct statx_mount) == 256, "statx(2)");

int in_root_at(int root, const char *path, int flags, uint64_t resolve)
{
	return open_resolve(root, path, O_PATH | flags,
			    RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve);
}

int in_root(const struct gate *g, const char *path, int flags)
{
	return in_root_at(g->root, path, flags, 0);
}

static int64_t ask_mount(int fd, const char *name, int flags)
{
	struct statx_mount st = { 0 };

	if (syscall(SYS_statx, fd, name, flags, STATX_MNT_ID_, &st) < 0)
		return -errno;
	return st.mask & STATX_MNT_ID_ ? (int64_t)st.mount_id : -EOPNOTSUPP;
}

int64_t mount_id(int fd)
{
	return ask_mount(fd, "", AT_EMPTY_PATH);
}

int64_t mount_id_at(int dir, const char *name)
{
	return ask_mount(dir, name, AT_NO_AUTOMOUNT);
}
