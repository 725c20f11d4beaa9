/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_FILE_H
#define COFFERDAM_FILE_H

/* Files that an attacker may have made, and files that must be trusted. */

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cofferdam/buf.h>

/* A config.json larger than this is not judged. A podman one has 20 KiB. */
#define FILE_CONFIG_MAX (16u << 20)

/*
 * open_resolve - openat2(2) with @flags, O_CLOEXEC and @resolve (RESOLVE_*), and no mode:
 * nothing is made. A descriptor or -errno, -ENOSYS before Linux 5.6. What a rename makes
 * the kernel say again (EAGAIN) is asked again.
 */
int open_resolve(int dirfd, const char *path, int flags, uint64_t resolve) must_check;

/*
 * file_read - the whole of a regular file. Anything else (FIFO, socket,
 * device, directory) is an error, and never waited for. @nofollow refuses a
 * symbolic link as the last component. The content of @ret is replaced, here
 * and below. @ret_st may be NULL. -ENOENT: missing; -EINVAL: not a regular
 * file; -EFBIG: larger than @max.
 */
int file_read(int dirfd, const char *path, bool nofollow, size_t max,
	      struct buf *ret, struct stat *ret_st, struct error *err) must_check;

/*
 * file_read_kernel - the whole of a file that the kernel makes up (proc(5), cgroups(7)):
 * nobody can have put something else there, so that it is not looked at first.
 */
int file_read_kernel(int dirfd, const char *path, size_t max, struct buf *ret,
		     struct error *err) must_check;

/*
 * file_read_stream - everything up to end of file from @fd, at most @max
 * bytes, within @deadline_ms milliseconds in all. @name is for messages.
 * -EFBIG: larger than @max; -ETIMEDOUT: no end of file in time. While it reads,
 * the stream is O_NONBLOCK for everyone who shares it.
 */
int file_read_stream(int fd, const char *name, size_t max, int deadline_ms,
		     struct buf *ret, struct error *err) must_check;

/*
 * file_open_trusted - open @path with @flags (O_RDONLY, O_APPEND | O_WRONLY,
 * O_PATH | O_DIRECTORY, ...), walking it component by component. Every folder
 * passed through, every symbolic link followed and the file itself must belong
 * to root or to @owner and must not be writable by others; a sticky folder of
 * theirs (such as /tmp) is accepted. A relative path starts at the working
 * directory, whose own parents are checked too. With O_CREAT a missing last
 * component is made with mode 0600. Returns a descriptor, O_NONBLOCK and
 * close-on-exec, of a regular file or folder (of anything with O_PATH).
 * -ENOENT: @path or a folder named in it is missing; -ENOLINK: a symbolic link
 * leads nowhere; -EPERM: somebody who is not trusted could change it; -EINVAL:
 * neither file nor folder. In a user namespace, files of users without a
 * mapping belong to the overflow user (65534), whoever they are.
 */
int file_open_trusted(const char *path, int flags, uid_t owner,
		      struct error *err) must_check;

/*
 * dir_open_trusted - file_open_trusted(O_PATH | O_DIRECTORY), and the folder's absolute
 * path without links, which is the caller's to free.
 */
int dir_open_trusted(const char *path, uid_t owner, char **ret_real,
		     struct error *err) must_check;

/*
 * file_read_trusted - file_open_trusted(O_RDONLY), regular files only (-EINVAL),
 * at most @max bytes (-EFBIG). @ret_st may be NULL.
 */
int file_read_trusted(const char *path, uid_t owner, size_t max,
		      struct buf *ret, struct stat *ret_st, struct error *err) must_check;

/* A folder that was opened by file_open_trusted(), and whose files are to be read. */
struct trusted_dir {
	int fd;
	const char *path;		/* for messages */
	uid_t owner;
};

/*
 * file_read_below - file_read_trusted() of the relative @path below @dir, which
 * is the same folder however often its name is given to another.
 */
int file_read_below(const struct trusted_dir *dir, const char *path, size_t max,
		    struct buf *ret, struct stat *ret_st, struct error *err) must_check;

/*
 * dir_open - the folder behind @fd, to be listed from its start whatever else
 * uses @fd. NULL with errno set on failure.
 */
DIR *dir_open(int fd) must_check;

/* dir_open_at - the folder @name, by openat(2), as dir_open() does. */
DIR *dir_open_at(int fd, const char *name) must_check;

/*
 * dir_next - the next name in a folder, but "." and "..". 1: @ret is good until
 * the next call; 0: there is none left; -errno: it could not be read to its end.
 */
int dir_next(DIR *dir, const struct dirent **ret) must_check;

/* link_read - where the symbolic link @path in @dirfd leads ("" is @dirfd): malloc'd. 0 or -errno. */
int link_read(int dirfd, const char *path, char **ret) must_check;

/* fd_path - what /proc says the path of @fd is: malloc'd. 0 or -errno. */
int fd_path(int fd, char **ret) must_check;

/*
 * file_replace - put @len bytes at @name in @dirfd: written beside under a
 * fresh name (O_EXCL, O_NOFOLLOW), given @like's mode and owner and the old
 * file's SELinux label, synced, renamed, and the folder synced. On failure the
 * old file is as it was and nothing is left beside it; only when it is the
 * syncing of the folder that fails is the new file in place, as the text says.
 * @name is one component.
 */
int file_replace(int dirfd, const char *name, const char *data, size_t len,
		 const struct stat *like, struct error *err) must_check;

/*
 * file_put - the same without syncing: for what is of no use after the host has
 * crashed. Readers find the old file or the new one, whole.
 */
int file_put(int dirfd, const char *name, const char *data, size_t len,
	     const struct stat *like, struct error *err) must_check;

#define FILE_FRESH_MAX 32

/* file_fresh - a name that nobody can know before: @prefix, of few letters, and 16 digits. */
int file_fresh(char ret[FILE_FRESH_MAX], const char *prefix, struct error *err) must_check;

/* file_sync_dir - what is in the folder is there after a crash. 0 or -errno. */
int file_sync_dir(int fd) must_check;

/* A file that is to take the place of @name in @dirfd, one component. */
struct file_new {
	int dirfd;			/* the caller's, as the rest of these */
	const char *name;
	const struct stat *like;	/* whose mode and owner it gets */
	int fd;				/* -1 until it is prepared */
	char fresh[FILE_FRESH_MAX];	/* its name until then; "": there is none */
};

struct file_part {
	const char *data;
	size_t len;
};

/* file_put_parts - file_put() of @n parts, one behind the other, as @how says. */
int file_put_parts(const struct file_new *how, const struct file_part *parts, size_t n,
		   struct error *err) must_check;

/*
 * file_prepare, file_settle - file_replace() in two steps, so that something else can be
 * done while the disk writes: beside it, with mode, owner and label; then synced and
 * renamed. The folder is not synced: after a crash of the host the name leads to the old
 * file or to the new one, whole. On failure the old file is as it was.
 */
int file_prepare(struct file_new *new, const char *data, size_t len,
		 struct error *err) must_check;
int file_settle(struct file_new *new, struct error *err) must_check;

/* file_new_free - leave nothing beside @name that was not settled. */
void file_new_free(struct file_new *new);
#define _cleanup_new_ _cleanup_(file_new_free)

/* file_write_all - write(2) until all is written; EINTR is retried. */
int file_write_all(int fd, const char *data, size_t len, struct error *err) must_check;

#endif
