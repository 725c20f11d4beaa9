/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths that do not exist: the deepest folder above them that does, and what was
 * found to be missing in it, as more than one bind is below that.
 */
#include "facts-private.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>

#include <cofferdam/text.h>

int place_add_missing(struct fact_place *ret, const struct fact_place *above, const char *rest,
		      struct error *err)
{
	_cleanup_free_ char *real = path_join(above->real, rest);
	_cleanup_free_ char *within = above->foreign ? strdup("") : path_join(above->spot.within, rest);

	if (!real || !within)
		return error_oom(err);
	free(ret->real);
	ret->real = steal_ptr(real);
	free(ret->spot.within);
	ret->spot.within = steal_ptr(within);
	ret->mode = 0;
	ret->is = FACT_ABSENT;
	return 0;
}

/* The length of the first @count components of the clean absolute @path. */
static size_t prefix_len(const char *path, size_t count)
{
	size_t i = 0;

	while (count-- > 0)
		i += 1 + strcspn(path + i + 1, "/");
	return i > 0 ? i : 1;
}

static int open_prefix(const char *path, size_t count)
{
	_cleanup_free_ char *prefix = strndup(path, prefix_len(path, count));

	return prefix ? path_open(AT_FDCWD, prefix, 0, RESOLVE_NO_SYMLINKS) : -ENOMEM;
}

/*
 * The deepest folder above @path that exists; the kernel met no symbolic link
 * before the component that is missing. The first @known components exist, the first
 * @gone do not. Halving keeps a path of a thousand components cheap. 0 and the number
 * of components, with a descriptor unless there are no more than are known, or -errno.
 */
static int deepest(const char *path, size_t known, size_t gone, int *ret_fd, size_t *ret_count)
{
	size_t low = known, high = gone, middle;
	_cleanup_close_ int found = -1;

	/* most often only the last one is missing, or all that is not known */
	middle = known > 0 ? low + 1 : high - 1;
	while (high - low > 1) {
		int fd = open_prefix(path, middle);

		if (fd >= 0) {
			close_fd(&found);
			found = fd;
			low = middle;
		} else if (fd == -ENOENT || fd == -ENOTDIR) {
			high = middle;
		} else {
			return fd;
		}
		middle = low == 0 && high < 8 ? high - 1 : low + (high - low) / 2;
	}
	*ret_fd = steal_fd(&found);
	*ret_count = low;
	return 0;
}

void missing_free(struct missing *missing)
{
	for (size_t i = 0; i < GONE_MAX; i++)
		free(missing->gone[i]);
	free(missing->above);
	place_free(&missing->place);
	*missing = (struct missing){ 0 };
}

/* stands_in - whether @path is in the folder @dir, and not further below. */
static bool stands_in(const char *path, const char *dir)
{
	const size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	return strncmp(path, dir, n) == 0 && path[n] == '/' && !strchr(path + n + 1, '/');
}

/* how_deep - the number of components of a clean absolute path. */
static size_t how_deep(const char *path)
{
	size_t n = 0;

	for (const char *p = path; p[1]; p++)
		n += *p == '/';
	return n;
}

struct missing *missing_known(struct places *places, const char *path)
{
	for (size_t i = 0; i < MISSING_MAX; i++) {
		struct missing *missing = &places->missing[i];

		for (size_t k = 0; k < GONE_MAX && missing->gone[k]; k++) {
			if (!text_path_below(path, missing->gone[k]))
				continue;
			missing->used = ++places->asked;
			return missing;
		}
	}
	return NULL;
}

/* nearest - the one whose folder is the deepest above @path, or NULL. */
static struct missing *nearest(struct places *places, const char *path)
{
	struct missing *found = NULL;

	for (size_t i = 0; i < MISSING_MAX; i++) {
		struct missing *missing = &places->missing[i];

		if (missing->above && missing->place.is == FACT_KNOWN &&
		    text_path_below(path, missing->above) &&
		    (!found || strlen(missing->above) > strlen(found->above)))
			found = missing;
	}
	return found;
}

/* oldest - the one that was not asked for the longest, empty. */
static struct missing *oldest(struct places *places)
{
	struct missing *found = &places->missing[0];

	for (size_t i = 1; i < MISSING_MAX; i++) {
		if (places->missing[i].used < found->used)
			found = &places->missing[i];
	}
	missing_free(found);
	return found;
}

/* add_gone - @path is missing in a folder that exists, its first @count components. */
static int add_gone(struct places *places, struct missing *missing, const char *path,
		    size_t count, struct error *err)
{
	char *gone = strndup(path, prefix_len(path, count + 1));

	if (!gone)
		return error_oom(err);
	free(missing->gone[missing->next]);
	missing->gone[missing->next] = gone;
	missing->next = (missing->next + 1) % GONE_MAX;
	missing->used = ++places->asked;
	return 0;
}

/* folder_of - a descriptor of the folder that @path stands in, where one is at hand; or -1. */
static int folder_of(const struct places *places, const char *path)
{
	const struct parent *parent = places_parent(places, path);

	if (parent)
		return parent->fd;
	return places->bundle && stands_in(path, places->bundle) ? places->bundle_fd : -1;
}

/* learn - where the missing @path is to be added. 0 and @ret, or negative. */
static int learn(struct places *places, const char *path, struct missing **ret,
		 struct error *err)
{
	struct missing *missing = nearest(places, path);
	const size_t known = missing ? how_deep(missing->above) : 0;
	const struct parent *parent = places_parent(places, path);
	const int folder = folder_of(places, path);
	const bool here = folder >= 0;
	_cleanup_close_ int fd = -1;
	size_t count = here ? how_deep(path) - 1 : 0;
	char *real;
	int r = 0;

	*ret = missing;
	if (missing && stands_in(path, missing->above))
		return add_gone(places, missing, path, known, err);
	if (!here)
		r = deepest(path, known, how_deep(parent ? parent->path : path), &fd, &count);
	if (r == 0 && known > 0 && count == known)
		return add_gone(places, missing, path, count, err);
	*ret = missing = oldest(places);
	if (r == 0 && fd < 0 && !here) {
		fd = open_prefix(path, count);
		r = fd < 0 ? fd : 0;
	}
	if (r < 0)
		return r == -ENOMEM ? error_oom(err) : r;
	missing->above = strndup(path, prefix_len(path, count));
	real = missing->above ? strdup(missing->above) : NULL;
	if (!real)
		return error_oom(err);
	r = place_of_fd(places, here ? folder : fd, real, &missing->place, err);
	return r < 0 ? r : add_gone(places, missing, path, count, err);
}

int place_in_missing(const struct missing *missing, const char *path, struct fact_place *ret,
		     struct error *err)
{
	const struct fact_place *above = &missing->place;

	if (above->is != FACT_KNOWN)
		return place_unreadable(ret, err, above->why);
	ret->foreign = above->foreign;
	ret->spot.major = above->spot.major;
	ret->spot.minor = above->spot.minor;
	ret->spot.fstype = above->spot.fstype ? fact_strdup(above->spot.fstype, err) : NULL;
	if (above->spot.fstype && !ret->spot.fstype)
		return -ENOMEM;
	return place_add_missing(ret, above, path + strlen(above->real), err);
}

int place_missing(struct places *places, const char *path, struct fact_place *ret,
		  struct error *err)
{
	struct missing *missing = missing_known(places, path);
	int r = missing ? 0 : learn(places, path, &missing, err);

	if (r == -ENOMEM || r == -ENOSYS)
		return r;
	return r < 0 ? place_unreadable_sys(ret, err, -r)
		     : place_in_missing(missing, path, ret, err);
}
