/* SPDX-License-Identifier: Apache-2.0 */
/* The CRI-O that runs, and what it lost sight of. */
#include "doctor-private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <cofferdam/file.h>

/*
 * CRI-O watches the folders that it finds when it starts, by their inodes: of one that
 * was made anew or moved since, it runs no hook any more. What was put into it changes
 * both of its times; a move changes one.
 */
void doctor_watched(struct doctor *d, const char *folder)
{
	_cleanup_close_ int fd = tree_fd(&d->tree, folder, O_PATH | O_DIRECTORY);
	struct statx st = { 0 };
	long pid = 0;
	time_t since = doctor_since(ENGINE_CRIO, &pid);
	bool made, moved;

	if (!since || fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
		return;
	made = (st.stx_mask & STATX_BTIME) && doctor_missed(st.stx_btime.tv_sec, since);
	moved = doctor_missed(st.stx_ctime.tv_sec, since) &&
		(!(st.stx_mask & STATX_BTIME) || st.stx_ctime.tv_sec != st.stx_mtime.tv_sec ||
		 st.stx_ctime.tv_nsec != st.stx_mtime.tv_nsec);
	if (made || moved)
		remark(d, REMARK_FAULT, "restart", ENGINE_CRIO, "restart it",
		       "%s was %s since CRI-O started (pid %ld): it runs none of its hooks", folder,
		       made ? "made" : "moved or changed", pid);
}
