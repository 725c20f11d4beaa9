/* SPDX-License-Identifier: Apache-2.0 */
/* From a path's text to its place: the cheap ways first, by hand where they fail. */
#include "facts-private.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

/* More symbolic links than a host has on its way are left to the kernel. */
#define TEXTS_MAX 8

/* @path as an absolute path, cleaned by its text alone. 0 or -errno. */
static int full_path(struct places *places, const char *path, char **ret)
{
	_cleanup_free_ char *full = NULL;
	int r = 0;

	if (path[0] != '/') {
		if (!places->bundle && places->bundle_fd >= 0)
			r = fd_path(places->bundle_fd, &places->bundle_found);
		else if (!places->bundle && !(places->bundle_found = getcwd(NULL, 0)))
			r = -errno;
		if (r < 0)
			return r;
		if (!places->bundle)
			places->bundle = places->bundle_found;
		full = path_join(places->bundle, path);
		if (!full)
			return -ENOMEM;
	}
	*ret = text_path_clean(full ? full : path);
	return *ret ? 0 : -ENOMEM;
}

/* Forget all but the path that was asked for. */
static void place_reset(struct fact_place *place)
{
	char *path = steal_ptr(place->path);

	place_free(place);
	place->path = path;
}

static int resolve(struct places *places, const char *path, unsigned depth,
		   struct fact_place *ret, struct error *err);

/* What is missing behind symbolic links: it would be made where they lead. */
static int behind_links(struct places *places, const char *rest, unsigned depth,
			struct fact_place *ret, struct error *err)
{
	_cleanup_free_ char *clean = NULL, *full = NULL;

	if (!text_path_climbs(rest)) {
		clean = text_path_clean(rest);
		return clean ? place_add_missing(ret, ret, clean, err) : error_oom(err);
	}
	if (ret->foreign || depth > 0)
		return place_unreadable(ret, err, "it leads through a folder that does not exist");
	full = path_join(ret->real, rest);
	clean = full ? text_path_clean(full) : NULL;
	if (!clean)
		return error_oom(err);
	place_reset(ret);
	return resolve(places, clean, depth + 1, ret, err);
}

static int by_hand(struct places *places, const char *path, unsigned depth,
		   struct fact_place *ret, struct error *err)
{
	_cleanup_(walk_free) struct walk walk = { .fd = -1 };
	int r = path_walk(places->bundle_fd, path, &walk);

	if (r < 0)
		return place_unreadable_sys(ret, err, -r);
	if (walk.own)
		return place_unreadable(ret, err, THROUGH_SELF);
	r = place_of_fd(places, walk.fd, NULL, ret, err);
	if (r < 0 || !walk.rest || ret->is != FACT_KNOWN)
		return r;
	return behind_links(places, walk.rest, depth, ret, err);
}

/* Where symbolic links are on the way. */
static int through_links(struct places *places, const char *path, unsigned depth,
			 struct fact_place *ret, struct error *err)
{
	_cleanup_close_ int fd = path_open(places->bundle_fd, path, 0, RESOLVE_NO_MAGICLINKS);

	if (fd >= 0) {
		int r = place_of_fd(places, fd, NULL, ret, err);

		/* what is inside a proc may have been reached through its "self" */
		if (r < 0 || (ret->spot.fstype && (strcmp(ret->spot.fstype, "proc") != 0 ||
						   strcmp(ret->spot.within, "/") == 0)))
			return r;
		place_reset(ret);
	} else if (fd != -ELOOP && fd != -ENOENT && fd != -ENOTDIR && fd != -ENOSYS) {
		return place_unreadable_sys(ret, err, -fd);
	}
	return by_hand(places, path, depth, ret, err);
}

/* in_folder - of a clean @path, whose folder may have been looked in. */
static int in_folder(struct places *places, const char *path, struct fact_place *ret,
		     struct error *err)
{
	const struct parent *parent;
	int r;

	if (strrchr(path, '/') == path)
		return place_at(places, AT_FDCWD, path, ret, err);
	r = places_enter(places, path, &parent, err);
	if (r == 0 && parent->fd < 0)
		return -ENOENT;
	return r < 0 ? r : place_at(places, parent->fd, path, ret, err);
}

/* by_text - of a clean @path, as long as no symbolic link is met. As place_at(). */
static int by_text(struct places *places, const char *path, struct fact_place *ret,
		   struct error *err)
{
	int fd, r = in_folder(places, path, ret, err);
	char *real;

	if (r != -ENODATA)
		return r;
	fd = path_open(AT_FDCWD, path, 0, RESOLVE_NO_SYMLINKS);
	if (fd < 0)	/* which mount the link is on is not known */
		return fd == -ELOOP ? -ENOSYS : fd;
	/* without a symbolic link the text is the real path */
	real = fact_strdup(path, err);
	r = real ? place_of_fd(places, fd, real, ret, err) : -ENOMEM;
	(void)close(fd);
	return r;
}

/*
 * by_links - of a clean @path on which symbolic links stand that are plain texts.
 * As place_at(); anything but 0 and -ENOMEM: not so.
 */
static int by_links(struct places *places, const char *path, struct fact_place *ret,
		    struct error *err)
{
	_cleanup_free_ char *at = NULL;
	int r = places_table(places, err);

	if (r < 0)
		return r;
	r = -ELOOP;
	for (unsigned i = 0; i < TEXTS_MAX && r == -ELOOP; i++) {
		char *next = link_text(places, at ? at : path);

		if (!next || strlen(next) >= PATH_MAX) {
			free(next);
			return -ELOOP;
		}
		free(at);
		at = next;
		r = by_text(places, at, ret, err);
	}
	return r == -ENOENT || r == -ENOTDIR ? place_missing(places, at, ret, err) : r;
}

static int resolve(struct places *places, const char *path, unsigned depth,
		   struct fact_place *ret, struct error *err)
{
	bool is_clean = path[0] == '/' && text_path_looks_clean(path);
	const struct missing *missing;
	_cleanup_free_ char *full = NULL;
	_cleanup_close_ int fd = -1;
	const char *clean = path;
	int r = is_clean ? 0 : full_path(places, path, &full);

	if (r < 0)
		return place_unreadable_sys(ret, err, -r);
	if (full) {
		clean = full;
		is_clean = strcmp(path, full) == 0;
	}
	missing = is_clean ? missing_known(places, path) : NULL;
	if (missing)
		return place_in_missing(missing, path, ret, err);
	if (is_clean) {
		r = by_text(places, path, ret, err);
		if (r == -ELOOP)
			r = by_links(places, path, ret, err);
	} else {
		fd = path_open(places->bundle_fd, path, 0, RESOLVE_NO_SYMLINKS);
		r = fd < 0 ? fd : place_of_fd(places, fd, steal_ptr(full), ret, err);
	}
	if (r == 0)
		return 0;
	if (r == -ENOMEM)
		return error_oom(err);
	if (r == -ELOOP || r == -ENOSYS)
		return through_links(places, path, depth, ret, err);
	if (r != -ENOENT && r != -ENOTDIR)
		return place_unreadable_sys(ret, err, -r);
	/* what is clean below the bundle was looked up as it is */
	if (is_clean || depth > 0 || text_path_looks_clean(path)) {
		r = place_missing(places, clean, ret, err);
		return r == -ENOSYS ? through_links(places, path, depth, ret, err) : r;
	}
	/* "missing/../x" is x to whoever cleans paths before use */
	return resolve(places, clean, depth + 1, ret, err);
}

int place_resolve(struct places *places, const char *path, struct fact_place *ret,
		  struct error *err)
{
	ret->path = fact_strdup(path, err);
	if (!ret->path)
		return -ENOMEM;
	if (!*path)
		return place_unreadable(ret, err, "the path is empty");
	return resolve(places, path, 0, ret, err);
}
