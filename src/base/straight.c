/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The common case of a trusted file: an absolute path that is clean and on which
 * no symbolic link stands. From "/" on, one look at each name is enough there:
 * what is found in a folder that only trusted users can change is the same a
 * moment later, or one of them changed it. The walk needs three calls for that.
 * MUST: let nothing pass that the walk would not; what it does not understand it
 * leaves to it, and so all errors.
 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

#include "base-private.h"

/*
 * The one rule of trust. Mode bits of a symbolic link mean nothing: who may
 * change it is a matter of its folder, which has been checked. A default ACL
 * needs no look, as the group bits of the mode are its mask.
 */
int check_trust(const struct stat *st, uid_t owner, const char *path, struct error *err)
{
	/* of a trusted owner's, as is checked next */
	bool shared = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX);

	if (st->st_uid != 0 && st->st_uid != owner)
		return error_set(err, -EPERM, "%s: belongs to user %u, who is not trusted; "
				 "run chown%s root", path, st->st_uid,
				 S_ISLNK(st->st_mode) ? " -h" : "");
	if (!S_ISLNK(st->st_mode) && (st->st_mode & (S_IWGRP | S_IWOTH)) && !shared)
		return error_set(err, -EPERM, "%s: writable by group or others (mode %04o); "
				 "run chmod go-w", path, st->st_mode & 07777);
	return 0;
}

/* look - whether @path, of which only the last name is new, is trusted. */
static bool look(const char *path, uid_t owner, struct stat *ret)
{
	struct error ignored;
	struct statx stx;

	/* no AT_NO_AUTOMOUNT: what would be mounted there is what must be seen */
	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE | STATX_UID,
		  &stx) < 0)
		return false;
	*ret = (struct stat){ .st_mode = stx.stx_mode, .st_uid = stx.stx_uid };
	return check_trust(ret, owner, path, &ignored) == 0;
}

/*
 * look_at_all - at all that is passed through, and at what stands at the end of it where
 * opening that may do something, as opening a device does: folders and O_PATH are looked at
 * when they are open.
 */
static bool look_at_all(char *path, uid_t owner, int flags)
{
	struct stat st;

	if (!look("/", owner, &st))
		return false;
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		bool good;

		*slash = '\0';
		good = look(path, owner, &st) && S_ISDIR(st.st_mode);
		*slash = '/';
		if (!good)
			return false;
	}
	if (flags & (O_PATH | O_DIRECTORY))
		return true;
	return look(path, owner, &st) && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

/* open_straight - without a symbolic link anywhere. */
static int open_straight(const char *path, int flags)
{
	flags = (flags & ~O_CREAT) | O_NOFOLLOW;
	if (!(flags & O_PATH))
		flags |= O_NONBLOCK | O_NOCTTY;
	return open_resolve(AT_FDCWD, path, flags, RESOLVE_NO_SYMLINKS);
}

int trusted_straight(const char *path, int flags, uid_t owner, struct stat *ret_st)
{
	_cleanup_free_ char *clean = path[0] == '/' ? text_path_clean(path) : NULL;
	_cleanup_close_ int fd = -1;
	struct error ignored;
	struct stat st;

	if (!clean || strcmp(clean, path) != 0 || (flags & O_EXCL) ||
	    !look_at_all(clean, owner, flags))
		return -1;
	fd = open_straight(clean, flags);
	if (fd < 0 || fstat(fd, &st) < 0 || check_trust(&st, owner, clean, &ignored) < 0)
		return -1;
	/* of O_PATH a link at the end is opened itself */
	if (flags & O_PATH ? S_ISLNK(st.st_mode) : !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -1;
	*ret_st = st;
	return steal_fd(&fd);
}
