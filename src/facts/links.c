/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbolic links that are no more than texts: a host has a few on every path to
 * its programs, and whoever reads them has no need to ask /proc where they led.
 */
#include "facts-private.h"

#include <limits.h>
#include <string.h>

#include <cofferdam/text.h>

/* find_link - cut @path after its first symbolic link. 0 and its mount, or -errno. */
static int find_link(const struct places *places, char *path, int *ret_mount)
{
	char *end = path;
	int r;

	/* in a folder without one, or in "/": that has been seen already */
	if (places_parent(places, path) || strrchr(path, '/') == path) {
		*ret_mount = places->mount;
		return 0;
	}
	for (;;) {
		end = strchr(end + 1, '/');
		if (end)
			*end = '\0';
		r = place_is_link(path, ret_mount);
		if (r != 0 || !end)
			return r > 0 ? 0 : -ELOOP;
		*end = '/';
	}
}

/* Whether it takes more than the text to know where @target leads from a folder. */
static bool turns_back(const char *target)
{
	/* no link stands above: so far the text does */
	while (strncmp(target, "../", 3) == 0)
		target += 3;
	return text_path_climbs(target);
}

char *link_text(const struct places *places, const char *path)
{
	_cleanup_free_ char *link = strdup(path), *target = malloc(PATH_MAX), *next = NULL;
	int mount;

	if (!link || !target || find_link(places, link, &mount) < 0 ||
	    place_link(places, mount, link, target) < 0 || turns_back(target))
		return NULL;
	path += strlen(link);
	*strrchr(link, '/') = '\0';
	if (asprintf(&next, "%s/%s%s", target[0] == '/' ? "" : link, target, path) < 0)
		next = NULL;
	return next ? text_path_clean(next) : NULL;
}
