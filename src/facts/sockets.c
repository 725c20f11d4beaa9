/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's unix sockets that have a path (unix(7)). Anybody may bind one, on
 * a file system of his own making, so nothing here waits for a server: the
 * kernel holds the folders of a bound socket at hand.
 */
#include "facts-private.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

#include <cofferdam/file.h>

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20	/* since Linux 5.12 */
#endif

#define TABLE_MAX (8u << 20)
#define SOCKETS_MAX 8192
#define TRIES 4

/* A line of the table; path and what is before its last component. */
struct bound {
	const char *path;
	size_t parent;
};

struct bounds {
	struct bound *v;
	size_t n, cap;
};

/* The folder of the socket looked at last. */
struct folder {
	char *path;
	int fd;				/* -1: none */
	bool waits;			/* a server answers for it */
	struct fact_place place;
};

static void folder_free(struct folder *folder)
{
	close_fd(&folder->fd);
	free(folder->path);
	place_free(&folder->place);
	*folder = (struct folder){ .fd = -1 };
}

static void bounds_free(struct bounds *bounds)
{
	free(bounds->v);
}

void sockets_free(struct fact_sockets *sockets)
{
	free(sockets->why);
	for (size_t i = 0; i < sockets->n; i++)
		place_free(&sockets->v[i]);
	free(sockets->v);
	*sockets = (struct fact_sockets){ 0 };
}

static int sockets_unreadable(struct fact_sockets *ret, struct error *err, const char *why)
{
	sockets_free(ret);
	ret->is = FACT_UNREADABLE;
	return fact_why(&ret->why, err, "%s", why);
}

/*
 * "ADDRESS: REFCOUNT PROTOCOL FLAGS TYPE ST INODE PATH". The path is as it was
 * bound, a line break included: what follows that is no path, and passed over.
 */
static const char *line_path(const char *line)
{
	for (size_t i = 0; i < 7; i++) {
		line += strspn(line, " ");
		line += strcspn(line, " ");
	}
	return line[0] == ' ' && line[1] == '/' ? line + 1 : NULL;
}

static int add_bound(struct bounds *bounds, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');

	if (!slash[1])
		return 0;
	if (bounds->n == bounds->cap) {
		size_t cap = bounds->cap ? bounds->cap * 2 : 256;
		struct bound *v = reallocarray(bounds->v, cap, sizeof(*v));

		if (!v)
			return error_oom(err);
		bounds->v = v;
		bounds->cap = cap;
	}
	bounds->v[bounds->n++] = (struct bound){ path, (size_t)(slash - path) };
	return 0;
}

/* By folder, then by name. */
static int compare_bounds(const void *va, const void *vb)
{
	const struct bound *a = va, *b = vb;
	size_t n = a->parent < b->parent ? a->parent : b->parent;
	int r = memcmp(a->path, b->path, n);

	if (r == 0 && a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	return r != 0 ? r : strcmp(a->path + a->parent, b->path + b->parent);
}

/* Whether a file system answers from a server, which may never do it. */
static bool fs_waits(const char *fstype)
{
	static const char *const words[] = { "fuse", "nfs", "cifs", "smb", "9p", "ceph", "afs",
					     "lustre", "gfs", "ocfs", "gpfs", "beegfs", "coda" };

	for (size_t i = 0; fstype && i < ARRAY_SIZE(words); i++) {
		if (strncmp(fstype, words[i], strlen(words[i])) == 0)
			return true;
	}
	return false;
}

static bool any_waits(const struct mount_table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		if (fs_waits(table->rows[i].fstype))
			return true;
	}
	return false;
}

/*
 * own_path - one that each process has another of. What is too long for an address is bound
 * through a descriptor (unix(7)): whose it was, nobody can tell. The table is of this proc.
 */
static bool own_path(const char *path)
{
	static const char *const own[] = { "/proc/self/", "/proc/thread-self/" };

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (strncmp(path, own[i], strlen(own[i])) == 0)
			return true;
	}
	return false;
}

static int open_cached(const char *path)
{
	int fd = -EAGAIN;

	/* -EAGAIN also when something was renamed meanwhile, anywhere */
	for (size_t i = 0; i < TRIES && fd == -EAGAIN; i++)
		fd = path_open(AT_FDCWD, path, O_DIRECTORY, RESOLVE_CACHED);
	return fd;
}

/* The folder @path, "" for the root. */
static int look_folder(struct places *places, const char *path, struct folder *ret,
		       struct error *err)
{
	int r;

	ret->path = fact_strdup(path, err);
	if (!ret->path)
		return -ENOMEM;
	path = *path ? path : "/";
	if (own_path(path))
		return place_unreadable(&ret->place, err, THROUGH_SELF);
	ret->fd = open_cached(path);
	if (ret->fd >= 0) {
		r = place_of_fd(places, ret->fd, NULL, &ret->place, err);
		ret->waits = fs_waits(ret->place.spot.fstype);
		return r;
	}
	if (ret->fd == -ENOENT || ret->fd == -ENOTDIR) {
		ret->place.is = FACT_ABSENT;
		return 0;
	}
	r = places_table(places, err);
	if (r < 0)
		return r;
	if (ret->fd == -EAGAIN && any_waits(&places->table))
		return place_unreadable(&ret->place, err, "its folder is not at hand, and looking "
					"for it may wait for a server");
	return place_resolve(places, path, &ret->place, err);
}

/* Whether the socket is still there; what a server has is not asked for. */
static bool is_there(const struct folder *folder, const char *name, const char *real)
{
	struct stat st;

	if (folder->waits)
		return true;
	if (fstatat(folder->fd >= 0 ? folder->fd : AT_FDCWD, folder->fd >= 0 ? name : real, &st,
		    AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		return errno != ENOENT && errno != ENOTDIR;
	return S_ISSOCK(st.st_mode);
}

/* @ret is left UNKNOWN when there is no such socket. */
static int look_socket(const struct folder *folder, const struct bound *bound,
		       struct fact_place *ret, struct error *err)
{
	const struct fact_place *above = &folder->place;
	const char *name = bound->path + bound->parent + 1;
	_cleanup_free_ char *within = NULL;

	if (above->is != FACT_KNOWN && above->is != FACT_UNREADABLE)
		return 0;
	ret->path = fact_strdup(bound->path, err);
	if (!ret->path)
		return -ENOMEM;
	if (above->is == FACT_UNREADABLE)
		return place_unreadable(ret, err, above->why);
	ret->real = path_join(above->real, name);
	within = above->foreign ? strdup("") : path_join(above->spot.within, name);
	if (!ret->real || !within)
		return error_oom(err);
	if (!is_there(folder, name, ret->real)) {
		place_free(ret);
		return 0;
	}
	ret->is = FACT_KNOWN;
	ret->mode = S_IFSOCK;
	ret->foreign = above->foreign;
	ret->spot.major = above->spot.major;
	ret->spot.minor = above->spot.minor;
	return spot_set(&ret->spot, within, above->spot.fstype, err);
}

static int look_all(struct places *places, const struct bounds *bounds,
		    struct fact_sockets *ret, struct error *err)
{
	_cleanup_(folder_free) struct folder folder = { .fd = -1 };
	int r = 0;

	for (size_t i = 0; i < bounds->n && r == 0; i++) {
		const struct bound *bound = &bounds->v[i];

		if (i > 0 && strcmp(bound->path, bound[-1].path) == 0)
			continue;
		if (!folder.path || strlen(folder.path) != bound->parent ||
		    memcmp(folder.path, bound->path, bound->parent) != 0) {
			_cleanup_free_ char *parent = strndup(bound->path, bound->parent);

			folder_free(&folder);
			if (!parent)
				return error_oom(err);
			r = look_folder(places, parent, &folder, err);
		}
		if (r == 0)
			r = look_socket(&folder, bound, &ret->v[ret->n], err);
		/* one that fails half-way is freed with the others */
		ret->n += ret->v[ret->n].path != NULL;
	}
	return r;
}

int sockets_parse(struct places *places, char *text, struct fact_sockets *ret,
		  struct error *err)
{
	_cleanup_(bounds_free) struct bounds bounds = { 0 };
	int r = 0;

	while (text && *text && r == 0) {
		char *end = strchr(text, '\n');
		const char *path;

		if (end)
			*end++ = '\0';
		path = line_path(text);
		if (path)
			r = add_bound(&bounds, path, err);
		text = end;
	}
	if (r < 0)
		return r;
	if (bounds.n > SOCKETS_MAX)
		return sockets_unreadable(ret, err, "the host has too many unix sockets");
	if (bounds.n > 0) {
		qsort(bounds.v, bounds.n, sizeof(*bounds.v), compare_bounds);
		ret->v = calloc(bounds.n + 1, sizeof(*ret->v));
		if (!ret->v)
			return error_oom(err);
		r = look_all(places, &bounds, ret, err);
	}
	if (r == 0 && places->table_why)
		return sockets_unreadable(ret, err, places->table_why);
	if (r == 0)
		ret->is = FACT_KNOWN;
	return r;
}

int sockets_gather(struct places *places, struct fact_sockets *ret, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error why = { 0 };
	int r = file_read_kernel(AT_FDCWD, "/proc/net/unix", TABLE_MAX, &text, &why);

	if (r == -ENOMEM)
		return error_oom(err);
	if (r == -ENOENT) {
		ret->is = FACT_ABSENT;
		return 0;
	}
	if (r < 0)
		return sockets_unreadable(ret, err, why.text);
	return sockets_parse(places, text.data, ret, err);
}
