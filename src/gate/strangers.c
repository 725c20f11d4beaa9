/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts that config.json says nothing of. Runtimes make some (device nodes,
 * masks, cgroup hierarchies); any other that shows a part of the host was put
 * there by somebody who was not asked.
 */
#include "binds-private.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <cofferdam/file.h>

/* known_device - the device of a mount that is accounted for. */
static bool known_device(const struct binds *b, const struct mount_row *row)
{
	for (size_t i = 0; i < b->table->n; i++) {
		const struct mount_row *other = &b->table->rows[i];

		if (b->mount[i] != NO_INDEX && other->major == row->major &&
		    other->minor == row->minor && strcmp(other->root, "/") == 0 &&
		    !oci_mount_at(b->g->call->subject->spec, b->mount[i])->bind)
			return true;
	}
	return false;
}

/* on_host - whether our own mount namespace has a mount of the same file system. */
static bool on_host(struct binds *b, const struct mount_row *row)
{
	struct error err = { 0 };

	if (!b->host_read && mounts_read(&b->host, &err) < 0) {
		mismatch(b->g, "the host's mounts cannot be read: %s", err.text);
		return true;
	}
	b->host_read = true;
	for (size_t i = 0; i < b->host.n; i++) {
		if (b->host.rows[i].major == row->major && b->host.rows[i].minor == row->minor)
			return true;
	}
	return false;
}

/* Device nodes that runtimes bind where they may not make them, and masks. */
static bool device_node(const struct binds *b, const struct mount_row *row)
{
	_cleanup_close_ int fd = in_root(b->g, row->point, O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || mount_id(fd) != row->id || fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode))
		return false;
	return (major(st.st_rdev) == 1 && minor(st.st_rdev) >= 3 && minor(st.st_rdev) <= 9 &&
		minor(st.st_rdev) != 4 && minor(st.st_rdev) != 6) ||
	       (major(st.st_rdev) == 5 && minor(st.st_rdev) == 0) || strcmp(row->fstype, "devpts") == 0;
}

/* masked - what hides a path that the configuration wants hidden: crun has a folder for that. */
static bool masked(const struct binds *b, const struct mount_row *row)
{
	const struct field_strs *list = &b->g->call->wanted->linux_.masked_paths;
	_cleanup_close_ int fd = -1;
	bool wanted = false;

	for (size_t i = 0; i < list->n && !wanted; i++)
		wanted = list->v[i].v && strcmp(list->v[i].v, row->point) == 0;
	if (!wanted)
		return false;
	fd = in_root(b->g, row->point, O_NOFOLLOW);
	return fd >= 0 && mount_id(fd) == row->id && is_mask(fd);
}

/* below_bind - what a recursive bind took along, as it was judged. */
static bool below_bind(const struct binds *b, const struct mount_row *row)
{
	const struct facts *facts = b->g->call->subject->facts;
	const struct mount_row *up = row;

	for (size_t steps = 0; up && steps < b->table->n; steps++) {
		const size_t i = b->mount[row_index(b, up)];

		for (size_t s = 0; i != NO_INDEX && i < facts->n_mounts &&
		     s < facts->mounts[i].n_below; s++) {
			if (same_spot(&facts->mounts[i].below[s], row))
				return true;
		}
		if (up->parent == up->id)
			return false;
		up = mounts_find(b->table, up->parent);
	}
	return false;
}

/* of_cgroups - a cgroup hierarchy in the place where the configuration wants them. */
static bool of_cgroups(const struct binds *b, const struct mount_row *row)
{
	const struct mount_row *up = mounts_find(b->table, row->parent);
	const size_t i = up ? b->mount[row_index(b, up)] : NO_INDEX;
	const char *type = i == NO_INDEX ? NULL :
			   oci_mount_at(b->g->call->subject->spec, i)->type.v;

	return strncmp(row->fstype, "cgroup", 6) == 0 && type && strncmp(type, "cgroup", 6) == 0;
}

/*
 * twin - whether a mount that is accounted for shows the same: one that a new
 * tmpfs hid was copied onto it, and a recursive bind of /proc repeats what is there.
 */
static bool twin(const struct binds *b, const struct mount_row *row)
{
	for (size_t i = 0; i < b->table->n; i++) {
		const struct mount_row *other = &b->table->rows[i];

		if (b->mount[i] != NO_INDEX && other->major == row->major &&
		    other->minor == row->minor && strcmp(other->root, row->root) == 0 &&
		    strcmp(other->point, row->point) == 0)
			return true;
	}
	return false;
}

/*
 * for_sd_notify - a folder that the runtime makes for this container among its own, with
 * its socket in it and nothing else: $NOTIFY_SOCKET has it put that there (sd_notify(3)).
 */
static bool for_sd_notify(const struct binds *b, const struct mount_row *row)
{
	_cleanup_close_ int fd = in_root(b->g, row->point, O_DIRECTORY | O_NOFOLLOW);
	/* it may be hidden by its own copy on a new tmpfs */
	const struct mount_row *seen = mounts_find(b->table, (int)mount_id(fd));
	_cleanup_free_ char *end = NULL;
	_cleanup_dir_ DIR *dir = NULL;
	const struct dirent *e;
	size_t len;
	int r = 1;

	if (asprintf(&end, "/%s/notify", b->g->call->id) < 0) {
		end = NULL;
		return false;
	}
	len = strlen(row->root);
	if (len < strlen(end) || strcmp(row->root + len - strlen(end), end) != 0)
		return false;
	if (seen && seen->major == row->major && seen->minor == row->minor &&
	    strcmp(seen->root, row->root) == 0)
		dir = dir_open(fd);
	while (dir && (r = dir_next(dir, &e)) > 0) {
		if (e->d_type != DT_SOCK)
			return false;
	}
	return r == 0;
}

void check_stranger(struct binds *b, const struct mount_row *row)
{
	const bool proc = strcmp(row->fstype, "proc") == 0;

	if (twin(b, row))
		return;
	if (proc && !mounts_option(row, "ro") && strcmp(row->root, "/") != 0)
		mismatch(b->g, "at %s is a writable part of /proc", row->point);
	else if (proc && strcmp(row->root, "/") == 0)
		mismatch(b->g, "at %s is a proc file system that was not admitted", row->point);
	else if (!of_cgroups(b, row) && !known_device(b, row) &&
		 !device_node(b, row) && !below_bind(b, row) && !masked(b, row) && on_host(b, row) &&
		 !for_sd_notify(b, row))
		mismatch(b->g, "at %s is %s of the host (%u:%u, %s), which was not admitted",
			 row->point, row->root, row->major, row->minor, row->fstype);
}
