/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_BASE_PRIVATE_H
#define COFFERDAM_BASE_PRIVATE_H

/* What the files of this layer share and nobody else sees. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cofferdam/buf.h>

/*
 * utf8_decode - the length of the character at the start of @s, or 0 if those
 * bytes are not UTF-8 (RFC 3629). @ret may be NULL.
 */
size_t utf8_decode(const char *s, size_t len, uint32_t *ret);

/* An escape_sink takes one whole character or escape; false stops the walk. */
typedef bool escape_sink(void *arg, const char *piece, size_t len);

/* escape_walk - hand @s, made safe to show, to @put piece by piece. */
void escape_walk(const char *s, size_t len, escape_sink *put, void *arg);

/* open_at - openat(2), close-on-exec, EINTR retried; O_CREAT makes mode 0600. */
int open_at(int dirfd, const char *path, int flags);

/* buf_replace - hand @from over to @to, whose old content goes. */
void buf_replace(struct buf *to, struct buf *from);

/* check_trust - the one rule of trust: -EPERM unless root's or @owner's alone to change. */
int check_trust(const struct stat *st, uid_t owner, const char *path,
		struct error *err) must_check;

/*
 * trusted_straight - file_open_trusted() of what exists and is simple to find:
 * a descriptor and what it is open on, or -1 for whatever else, which is to be walked
 * to, or refused.
 */
int trusted_straight(const char *path, int flags, uid_t owner, struct stat *ret_st) must_check;

/*
 * read_all - from the offset of @fd to end of file, at most @max bytes, into
 * @ret, whose old content is replaced on success. @size is what fstat(2) says it
 * has. Never for what can block.
 */
int read_all(int fd, const char *name, size_t max, size_t size, struct buf *ret,
	     struct error *err) must_check;

#endif
