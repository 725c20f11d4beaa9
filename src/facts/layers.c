/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an overlay is made of. It has a device of its own, so that nothing of the root
 * filesystem tells that its lowest layer is the host's / (podman run --rootfs /:O).
 */
#include "facts-private.h"

#include <string.h>

#include <cofferdam/text.h>

/* two_more - whether @path is "l/NAME" or "ID/diff" in the folder that the first @len bytes name. */
static bool two_more(const char *path, const char *dir, size_t len)
{
	const char *one, *two;

	if (strncmp(path, dir, len) != 0 || path[len] != '/')
		return false;
	one = path + len + 1;
	two = strchr(one, '/');
	return two && !strchr(two + 1, '/') &&
	       (strncmp(one, "l/", 2) == 0 || strcmp(two, "/diff") == 0);
}

/* in_usr - a layer of a store that comes with the host (containers-storage.conf(5), bootc). */
static bool in_usr(const char *path)
{
	const char *end = strrchr(path, '/');

	end = text_path_below(path, "/usr") ? memrchr(path, '/', (size_t)(end - path)) : NULL;
	return end && end - path > 8 && strncmp(end - 8, "/overlay", 8) == 0 &&
	       two_more(path, path, (size_t)(end - path));
}

/*
 * stores_own - a layer of an image, where podman and Docker keep them ("STORE/l/NAME",
 * "STORE/ID/diff", the root at "STORE/ID/merged"), or containerd does. Most roots have
 * no other, and nobody else puts anything there: it need not be looked at.
 */
static bool stores_own(const char *point, const char *path)
{
	const char *end = strrchr(point, '/');

	end = end ? memrchr(point, '/', (size_t)(end - point)) : NULL;
	if (!text_path_looks_clean(path))
		return false;
	return (end && end > point && two_more(path, point, (size_t)(end - point))) || in_usr(path) ||
	       text_glob("/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/*/fs",
			 path);
}

static int add_spot(struct fact_place *place, struct fact_spot *spot, struct error *err)
{
	struct fact_spot *v = reallocarray(place->below, place->n_below + 1, sizeof(*v));

	if (!v)
		return error_oom(err);
	place->below = v;
	v[place->n_below++] = *spot;
	*spot = (struct fact_spot){ 0 };
	return 0;
}

static int add_layer(struct places *places, const char *point, const char *path,
		     struct fact_place *place, struct error *err)
{
	_cleanup_(place_free) struct fact_place layer = { 0 };
	int r;

	/* engines shorten what gets too long, from a folder of their own */
	if (path[0] != '/' || stores_own(point, path))
		return 0;
	r = place_resolve(places, path, &layer, err);
	if (r < 0)
		return r;
	if ((layer.is != FACT_KNOWN && layer.is != FACT_ABSENT) || layer.foreign)
		return place_unreadable(place, err, layer.why ? layer.why :
					"the host's mount namespace does not hold a layer of it");
	return add_spot(place, &layer.spot, err);
}

/* next_path - cut the next of @at's paths, which ":" parts and "\" escapes; NULL at the end. */
static char *next_path(char **at)
{
	char *path = *at, *to = path;
	const char *from = path;

	if (!path)
		return NULL;
	for (; *from && *from != ':'; from++) {
		from += *from == '\\' && from[1];
		*to++ = *from;
	}
	*at = *from ? path + (from - path) + 1 : NULL;
	*to = '\0';
	return path;
}

/* add_option - "lowerdir=A:B", "upperdir=A", "lowerdir+=A", "datadir+=A" (overlayfs.rst). */
static int add_option(struct places *places, const char *point, char *option,
		      struct fact_place *place, struct error *err)
{
	char *value = strchr(option, '='), *path;
	int r = 0;

	if (!value)
		return 0;
	*value++ = '\0';
	octal_decode(value);
	if (strcmp(option, "upperdir") == 0 || strcmp(option, "lowerdir+") == 0 ||
	    strcmp(option, "datadir+") == 0)
		return add_layer(places, point, value, place, err);
	if (strcmp(option, "lowerdir") != 0)
		return 0;
	while (r == 0 && place->is == FACT_KNOWN && (path = next_path(&value)))
		r = add_layer(places, point, path, place, err);
	return r;
}

int place_layers(struct places *places, struct fact_place *place, struct error *err)
{
	const struct mount_row *row = mounts_find(&places->table, places->mount);
	_cleanup_free_ char *options = NULL;
	char *save = NULL;
	int r = 0;

	if (place->is != FACT_KNOWN || place->foreign || !row || strcmp(row->fstype, "overlay") != 0)
		return 0;
	options = fact_strdup(row->super, err);
	if (!options)
		return -ENOMEM;
	for (char *option = strtok_r(options, ",", &save); option && r == 0 && place->is == FACT_KNOWN;
	     option = strtok_r(NULL, ",", &save))
		r = add_option(places, row->point, option, place, err);
	return r;
}
