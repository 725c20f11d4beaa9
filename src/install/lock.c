/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One at a time: a lock beside the state, which nobody but root can open, and which is
 * there only while it is held. And what one that was killed has left beside its files.
 */
#include "install-private.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>

#include <cofferdam/file.h>
#include <cofferdam/process.h>

#define LOCK_NAME "lock"
#define LOCK_WAIT_US 10000000u

/* The folder of the state, and those above it. */
static int make_folders(const struct tree *tree, struct error *err)
{
	for (const char *slash = STATE_FOLDER; slash; slash = strchr(slash + 1, '/')) {
		_cleanup_free_ char *folder = NULL;
		const char *end = strchr(slash + 1, '/');

		folder = end ? strndup(STATE_FOLDER, (size_t)(end - STATE_FOLDER)) : strdup(STATE_FOLDER);
		if (!folder)
			return error_oom(err);
		if (!tree_has(tree, folder) && tree_mkdir(tree, folder, err) < 0)
			return err->code;
	}
	return 0;
}

/* Whether the lock that is held is still the one that others find. */
static bool is_there(int folder, int fd)
{
	struct stat held, found;

	return fstat(fd, &held) == 0 && fstatat(folder, LOCK_NAME, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
	       held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

int install_lock(const struct tree *tree, bool make, struct install_lock *ret, struct error *err)
{
	const uint64_t end = now_us() + LOCK_WAIT_US;

	for (;; (void)poll(NULL, 0, 20)) {
		_cleanup_close_ int folder = -1, fd = -1;

		if (make && make_folders(tree, err) < 0)
			return err->code;
		folder = tree_fd(tree, STATE_FOLDER, O_RDONLY | O_DIRECTORY);
		if (folder == -ENOENT && !make)
			return 0;
		if (folder >= 0)
			fd = openat(folder, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (folder < 0 || fd < 0) {
			/* another has just taken the folder away */
			if ((folder == -ENOENT || (folder >= 0 && errno == ENOENT)) && now_us() < end)
				continue;
			return error_sys(err, folder < 0 ? -folder : errno, "%s%s: cannot be locked",
					 tree->name, STATE_FOLDER);
		}
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 && is_there(folder, fd)) {
			ret->folder = steal_fd(&folder);
			ret->fd = steal_fd(&fd);
			return 0;
		}
		if (now_us() > end)
			return error_set(err, -EBUSY, "%s%s: another install or uninstall is under way",
					 tree->name, STATE_FOLDER);
	}
}

void install_unlock(struct install_lock *lock)
{
	if (lock->fd >= 0)
		(void)unlinkat(lock->folder, LOCK_NAME, 0);
	close_fd(&lock->fd);
	close_fd(&lock->folder);
	lock->fd = lock->folder = -1;
}

/* --- leftovers --- */

/* The names under which file_replace() and tree_symlink() write beside. */
static bool is_leftover(const char *name)
{
	static const char fresh[] = ".cofferdam.", link[] = ".cofferdam-new";
	size_t n = strlen(name), hex = 0;

	if (name[0] == '.' && n > strlen(link) && strcmp(name + n - strlen(link), link) == 0)
		return true;
	if (strncmp(name, fresh, strlen(fresh)) != 0)
		return false;
	while (isxdigit((unsigned char)name[strlen(fresh) + hex]))
		hex++;
	return hex == 16 && name[strlen(fresh) + hex] == '\0';
}

/* What cannot be taken away is in nobody's way but the administrator's. */
static void sweep(const struct tree *tree, const char *folder)
{
	_cleanup_close_ int fd = tree_fd(tree, folder, O_RDONLY | O_DIRECTORY);
	_cleanup_dir_ DIR *dir = fd < 0 ? NULL : dir_open(fd);
	const struct dirent *entry;

	while (dir && dir_next(dir, &entry) > 0) {
		if (is_leftover(entry->d_name))
			(void)unlinkat(fd, entry->d_name, 0);
	}
}

void install_sweep(const struct tree *tree, const struct state *state)
{
	sweep(tree, STATE_FOLDER);
	for (size_t i = 0; i < state->n; i++) {
		const char *path = state->v[i].path, *slash = strrchr(path, '/');
		_cleanup_free_ char *folder = strndup(path, (size_t)(slash - path));

		if (folder && slash > path && state->v[i].kind != CHANGE_FOLDER)
			sweep(tree, folder);
	}
}
