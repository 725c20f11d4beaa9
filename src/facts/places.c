/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host path really is. Symbolic links are followed, as the runtime will
 * follow them, and nothing is opened but with O_PATH. The mount, by its id,
 * and not st_dev or the path, says which file system it is and what part of it.
 */
#include "facts-private.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

int place_unreadable(struct fact_place *place, struct error *err, const char *why)
{
	place->is = FACT_UNREADABLE;
	return fact_why(&place->why, err, "%s", why);
}

int place_unreadable_sys(struct fact_place *place, struct error *err, int errnum)
{
	if (errnum == ENOMEM)
		return error_oom(err);
	place->is = FACT_UNREADABLE;
	return fact_why_sys(&place->why, err, errnum);
}

static void parent_free(struct parent *parent)
{
	if (parent->path)
		close_fd(&parent->fd);
	free(parent->path);
	*parent = (struct parent){ 0 };
}

const struct parent *places_parent(const struct places *places, const char *path)
{
	const size_t n = (size_t)(strrchr(path, '/') - path);

	for (size_t i = 0; i < ARRAY_SIZE(places->parents); i++) {
		const struct parent *parent = &places->parents[i];

		if (parent->path && strncmp(parent->path, path, n) == 0 && !parent->path[n])
			return parent;
	}
	return NULL;
}

int places_enter(struct places *places, const char *path, const struct parent **ret,
		 struct error *err)
{
	struct parent *parent = &places->parents[places->next_parent];
	char *above;
	int fd;

	*ret = places_parent(places, path);
	if (*ret)
		return 0;
	above = strndup(path, (size_t)(strrchr(path, '/') - path));
	if (!above)
		return error_oom(err);
	fd = path_open(AT_FDCWD, above, O_DIRECTORY, RESOLVE_NO_SYMLINKS);
	if (fd < 0 && fd != -ENOENT) {
		free(above);
		return fd;
	}
	parent_free(parent);
	*parent = (struct parent){ .path = above, .fd = fd < 0 ? -1 : fd };
	places->next_parent = (places->next_parent + 1) % ARRAY_SIZE(places->parents);
	*ret = parent;
	return 0;
}

void places_start(struct places *places, const struct facts_source *source)
{
	free(places->bundle_found);
	places->bundle_found = NULL;
	places->bundle = source->bundle;
	places->bundle_fd = source->bundle_fd;
	places->below_left = BELOW_MAX;
}

void places_free(struct places *places)
{
	if (!places->table_lent)
		mounts_free(&places->table);
	free(places->table_why);
	free(places->bundle_found);
	for (size_t i = 0; i < ARRAY_SIZE(places->parents); i++)
		parent_free(&places->parents[i]);
	for (size_t i = 0; i < MISSING_MAX; i++)
		missing_free(&places->missing[i]);
	*places = (struct places){ .bundle_fd = AT_FDCWD };
}

/* " (deleted)" is the kernel's addition, unless a file of that very name is there. */
static void cut_deleted(int fd, char *path)
{
	static const char mark[] = " (deleted)";
	size_t n = strlen(path);
	struct stat a, b;

	if (n < sizeof(mark) || strcmp(path + n - (sizeof(mark) - 1), mark) != 0)
		return;
	if (fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino)
		return;
	path[n - (sizeof(mark) - 1)] = '\0';
}

/* The mount id from /proc/self/fdinfo, for kernels before 5.8; 0 or -errno. */
static int fdinfo_mount(int fd, int *ret)
{
	char name[sizeof("/proc/self/fdinfo/") + 3 * sizeof(fd)];
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };
	const char *at;
	int r;

	(void)snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	r = file_read_kernel(AT_FDCWD, name, 1u << 16, &text, &err);
	if (r < 0)
		return r;
	at = strstr(buf_cstr(&text), "mnt_id:");
	if (!at || sscanf(at, "mnt_id: %d", ret) != 1)
		return -ENODATA;
	return 0;
}

struct seen {
	struct statx stx;
	int mount;
};

/* seen_at - of @name in the folder @fd, itself if a link; "": of @fd. -ENODATA: not the mount. */
static int seen_at(int fd, const char *name, struct seen *ret)
{
	/* what the kernel has at hand is enough: no server is asked */
	int flags = AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC |
		    (*name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH);

	if (statx(fd, name, flags, STATX_TYPE | STATX_MODE | STATX_MNT_ID, &ret->stx) < 0)
		return -errno;
	if (!(ret->stx.stx_mask & STATX_MNT_ID))
		return -ENODATA;
	/* the ids of mountinfo are ints */
	ret->mount = ret->stx.stx_mnt_id > INT_MAX ? -1 : (int)ret->stx.stx_mnt_id;
	return 0;
}

static int look(int fd, struct seen *ret)
{
	int r = seen_at(fd, "", ret);

	return r == -ENODATA ? fdinfo_mount(fd, &ret->mount) : r;
}

char *path_join(const char *dir, const char *rest)
{
	size_t n = strlen(dir), m;
	char *out;

	while (n > 0 && dir[n - 1] == '/')
		n--;
	rest += strspn(rest, "/");
	m = strlen(rest);
	out = malloc(n + m + 2);
	if (!out)
		return NULL;
	memcpy(out, dir, n);
	if (m > 0 || n == 0)
		out[n++] = '/';
	memcpy(out + n, rest, m + 1);
	return out;
}

static int set_spot(const struct mount_row *row, struct fact_place *ret, struct error *err)
{
	const char *rest = ret->real + strlen(row->point);
	_cleanup_free_ char *within = *rest ? path_join(row->root, rest) : strdup(row->root);

	if (!within)
		return error_oom(err);
	ret->spot.major = row->major;
	ret->spot.minor = row->minor;
	return spot_set(&ret->spot, within, row->fstype, err);
}

int places_table(struct places *places, struct error *err)
{
	struct error why = { 0 };
	int r;

	if (places->table_read)
		return 0;
	r = mounts_read(&places->table, &why);
	if (r == -ENOMEM)
		return error_oom(err);
	places->table_read = true;
	return r < 0 ? fact_why(&places->table_why, err, "%s", why.text) : 0;
}

/* place_seen - @ret, whose real path is set, from what was @seen of it. */
static int place_seen(struct places *places, const struct seen *seen, struct fact_place *ret,
		      struct error *err)
{
	const struct mount_row *row = mounts_find(&places->table, seen->mount);

	places->mount = seen->mount;
	ret->is = FACT_KNOWN;
	ret->mode = seen->stx.stx_mode;
	ret->foreign = !row;
	if (!row) {
		ret->spot.major = seen->stx.stx_dev_major;
		ret->spot.minor = seen->stx.stx_dev_minor;
		return spot_set(&ret->spot, "", NULL, err);
	}
	if (!text_path_below(ret->real, row->point))
		return place_unreadable(ret, err, "its mount moved while it was looked at");
	return set_spot(row, ret, err);
}

int place_of_fd(struct places *places, int fd, char *real, struct fact_place *ret,
		struct error *err)
{
	struct seen seen = { 0 };
	int r;

	ret->real = real;
	r = places_table(places, err);
	if (r < 0)
		return r;
	if (places->table_why)
		return place_unreadable(ret, err, places->table_why);
	r = look(fd, &seen);
	if (r == 0 && !ret->real) {
		r = fd_path(fd, &ret->real);
		if (r == 0)
			cut_deleted(fd, ret->real);
	}
	if (r < 0)
		return place_unreadable_sys(ret, err, -r);
	return place_seen(places, &seen, ret, err);
}

int place_at(struct places *places, int fd, const char *path, struct fact_place *ret,
	     struct error *err)
{
	const char *name = fd == AT_FDCWD ? path : strrchr(path, '/') + 1;
	struct seen seen = { 0 };
	int r = places_table(places, err);

	if (r < 0)
		return r;
	if (places->table_why)
		return -ENODATA;
	r = seen_at(fd, name, &seen);
	if (r == 0 && S_ISLNK(seen.stx.stx_mode)) {
		places->mount = seen.mount;
		return -ELOOP;
	}
	if (r < 0)
		return r == -ENOMEM ? error_oom(err) : r;
	ret->real = fact_strdup(path, err);
	return ret->real ? place_seen(places, &seen, ret, err) : -ENOMEM;
}

int place_link(const struct places *places, int mount, const char *path, char *target)
{
	const struct mount_row *row = mounts_find(&places->table, mount);
	ssize_t n;

	/* proc's are jumps, or depend on who asks */
	if (!row || strcmp(row->fstype, "proc") == 0)
		return -ELOOP;
	n = readlink(path, target, PATH_MAX);
	if (n <= 0 || n >= PATH_MAX)
		return -ELOOP;
	target[n] = '\0';
	return 0;
}

int place_is_link(const char *path, int *ret_mount)
{
	struct seen seen = { 0 };
	int r = seen_at(AT_FDCWD, path, &seen);

	*ret_mount = seen.mount;
	return r < 0 ? r : S_ISLNK(seen.stx.stx_mode);
}
