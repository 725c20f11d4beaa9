/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_MOUNTS_H
#define COFFERDAM_MOUNTS_H

/* The mount table of a process (proc_pid_mountinfo(5)). */

#include <stdbool.h>
#include <stdint.h>

#include <cofferdam/buf.h>

struct mount_row {
	int id, parent;
	uint32_t major, minor;
	const char *root, *point, *fstype;	/* without escapes; in the table's text */
	const char *options;			/* of this mount: "rw,nosuid" */
	const char *super;			/* of the file system, in the file's escapes */
	bool shared;				/* what is mounted on it shows elsewhere too */
};

struct mount_table {
	struct buf text;
	struct mount_row *rows;			/* by id */
	size_t n;
	const struct mount_row **by_point;	/* the same, by mount point */
};

/* mounts_read - our own; mounts_read_at - the file "mountinfo" in @dirfd, a /proc/PID. */
int mounts_read(struct mount_table *ret, struct error *err) must_check;
int mounts_read_at(int dirfd, struct mount_table *ret, struct error *err) must_check;
/* mounts_parse - takes over @text. */
int mounts_parse(struct buf *text, struct mount_table *ret, struct error *err) must_check;
const struct mount_row *mounts_find(const struct mount_table *table, int id);
void mounts_free(struct mount_table *table);

/* mounts_from - the first index in by_point whose mount point is not before @point. */
size_t mounts_from(const struct mount_table *table, const char *point);

/*
 * mounts_hangs_on - whether @row is mounted, over whatever other mounts, on mount
 * @id at or below @path: what a recursive bind of @path on that mount copies.
 */
bool mounts_hangs_on(const struct mount_table *table, const struct mount_row *row, int id,
		     const char *path);

/* mounts_option - whether @option is among the row's options. */
bool mounts_option(const struct mount_row *row, const char *option);

#endif
