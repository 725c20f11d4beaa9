/* SPDX-License-Identifier: Apache-2.0 */
/* The paths of config.json: sources of bind mounts, and the root. */
#include "facts-private.h"

#include <string.h>
#include <sys/stat.h>

#include <cofferdam/text.h>

static int add_below(struct fact_place *place, size_t *cap, const struct mount_row *row,
		     struct error *err)
{
	struct fact_spot *v;

	if (place->n_below == *cap) {
		*cap = *cap ? *cap * 2 : 8;
		v = reallocarray(place->below, *cap, sizeof(*v));
		if (!v)
			return error_oom(err);
		place->below = v;
	}
	v = &place->below[place->n_below++];
	*v = (struct fact_spot){ .major = row->major, .minor = row->minor };
	return spot_set(v, row->root, row->fstype, err);
}

int place_below(struct places *places, struct fact_place *place, struct error *err)
{
	const struct mount_table *table = &places->table;
	_cleanup_free_ char *prefix = NULL;
	size_t n, cap = 0;

	if (place->is != FACT_KNOWN || place->foreign || !S_ISDIR(place->mode))
		return 0;
	n = strlen(place->real);
	prefix = malloc(n + 2);
	if (!prefix)
		return error_oom(err);
	memcpy(prefix, place->real, n);
	if (n > 1)
		prefix[n++] = '/';
	prefix[n] = '\0';
	for (size_t i = mounts_from(table, prefix); i < table->n; i++) {
		const struct mount_row *row = table->by_point[i];
		int r = 0;

		if (strncmp(row->point, prefix, n) != 0)
			break;
		if (places->below_left == 0)
			return place_unreadable(place, err, "too many mounts lie below the binds");
		places->below_left--;
		if (row->point[n] && mounts_hangs_on(table, row, places->mount, place->real))
			r = add_below(place, &cap, row, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool same_spot(const struct fact_place *a, const struct fact_place *b)
{
	return a->is == b->is && a->foreign == b->foreign && a->real && b->real &&
	       strcmp(a->real, b->real) == 0 && a->spot.within && b->spot.within &&
	       a->spot.major == b->spot.major && a->spot.minor == b->spot.minor &&
	       strcmp(a->spot.within, b->spot.within) == 0;
}

/*
 * A path of config.json. runc takes "link/../x" below the bundle for "x", crun
 * leaves it to the kernel, which follows the link first.
 */
static int resolve_spec(struct places *places, const char *path, struct fact_place *ret,
			struct error *err)
{
	_cleanup_(place_free) struct fact_place other = { 0 };
	_cleanup_free_ char *full = NULL, *clean = NULL;
	int mount, r = place_resolve(places, path, ret, err);

	if (r < 0 || path[0] == '/' || !text_path_climbs(path) || !places->bundle ||
	    (ret->is != FACT_KNOWN && ret->is != FACT_ABSENT))
		return r;
	full = path_join(places->bundle, path);
	clean = full ? text_path_clean(full) : NULL;
	if (!clean)
		return error_oom(err);
	mount = places->mount;
	r = place_resolve(places, clean, &other, err);
	places->mount = mount;
	if (r < 0 || same_spot(ret, &other))
		return r;
	return place_unreadable(ret, err, "runtimes differ on \"..\" after a symbolic link");
}

/* Copy what cannot be looked up. */
static int only_path(const char *path, struct fact_place *ret, struct error *err)
{
	ret->path = fact_strdup(path, err);
	return ret->path ? 0 : -ENOMEM;
}

int place_mount(struct places *places, const struct oci_mount *mount,
		struct fact_place *ret, struct error *err)
{
	int r;

	if (!mount->bind)
		return 0;
	if (mount->source.is != FIELD_PRESENT)
		return place_unreadable(ret, err, mount->source.is == FIELD_WRONG ?
					"its source is not a string" : "it has no source");
	if (!places)
		return only_path(mount->source.v, ret, err);
	r = resolve_spec(places, mount->source.v, ret, err);
	return r < 0 ? r : place_below(places, ret, err);
}

int place_rootfs(struct places *places, const struct oci_root *root,
		 struct fact_place *ret, struct error *err)
{
	int r;

	if (root->path.is == FIELD_WRONG || root->is == FIELD_WRONG)
		return place_unreadable(ret, err, "root.path is not a string");
	if (root->path.is != FIELD_PRESENT) {
		ret->is = FACT_ABSENT;
		return 0;
	}
	if (!places)
		return only_path(root->path.v, ret, err);
	r = resolve_spec(places, root->path.v, ret, err);
	return r < 0 ? r : place_layers(places, ret, err);
}
