/* SPDX-License-Identifier: Apache-2.0 */
/* The facts that are there, for an edited configuration. */
#include "facts-private.h"

#include <string.h>

/* By which name something is known, and where it lies. */
struct named {
	const char *path;
	const void *at;
};

static int compare_named(const void *va, const void *vb)
{
	const struct named *a = va, *b = vb;

	return strcmp(a->path, b->path);
}

static const void *find(const struct named *v, size_t n, const char *path)
{
	const struct named key = { .path = path };
	const struct named *found = path && n ? bsearch(&key, v, n, sizeof(*v), compare_named)
					      : NULL;

	return found ? found->at : NULL;
}

static struct named *index_new(size_t n, struct error *err)
{
	struct named *v = calloc(n + 1, sizeof(*v));

	if (!v)
		(void)error_oom(err);
	return v;
}

static void index_sort(struct named *v, size_t n)
{
	if (n > 1)
		qsort(v, n, sizeof(*v), compare_named);
}

static int copy_text(const char *from, char **ret, struct error *err)
{
	*ret = from ? fact_strdup(from, err) : NULL;
	return from && !*ret ? -ENOMEM : 0;
}

static int copy_spot(const struct fact_spot *from, struct fact_spot *ret, struct error *err)
{
	ret->major = from->major;
	ret->minor = from->minor;
	return from->within ? spot_set(ret, from->within, from->fstype, err) : 0;
}

/* copy_place - over what @ret had. */
static int copy_place(const struct fact_place *from, struct fact_place *ret, struct error *err)
{
	int r;

	place_free(ret);
	ret->is = from->is;
	ret->foreign = from->foreign;
	ret->mode = from->mode;
	r = copy_text(from->path, &ret->path, err);
	if (r == 0)
		r = copy_text(from->why, &ret->why, err);
	if (r == 0)
		r = copy_text(from->real, &ret->real, err);
	if (r == 0)
		r = copy_spot(&from->spot, &ret->spot, err);
	if (r < 0 || from->n_below == 0)
		return r;
	ret->below = calloc(from->n_below, sizeof(*ret->below));
	if (!ret->below)
		return error_oom(err);
	while (r == 0 && ret->n_below < from->n_below) {
		r = copy_spot(&from->below[ret->n_below], &ret->below[ret->n_below], err);
		ret->n_below++;
	}
	return r;
}

static int copy_ns(const struct fact_ns *from, struct fact_ns *ret, struct error *err)
{
	int r;

	ns_free(ret);
	*ret = (struct fact_ns){ .is = from->is, .dev = from->dev, .ino = from->ino };
	r = copy_text(from->path, &ret->path, err);
	return r < 0 ? r : copy_text(from->why, &ret->why, err);
}

static int match_mounts(const struct facts *from, const struct oci_spec *spec,
			struct facts *ret, struct error *err)
{
	_cleanup_free_ struct named *known = index_new(from->n_mounts, err);
	size_t n = 0;
	int r = 0;

	if (!known)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_mounts; i++) {
		if (from->mounts[i].path && from->mounts[i].is != FACT_UNKNOWN)
			known[n++] = (struct named){ from->mounts[i].path, &from->mounts[i] };
	}
	index_sort(known, n);
	ret->mounts = calloc(spec->mounts.n + 1, sizeof(*ret->mounts));
	if (!ret->mounts)
		return error_oom(err);
	ret->n_mounts = spec->mounts.n;
	for (size_t i = 0; i < ret->n_mounts && r == 0; i++) {
		struct fact_place *place = &ret->mounts[i];
		const struct fact_place *was;

		r = place_mount(NULL, oci_mount_at(spec, i), place, err);
		was = r == 0 ? find(known, n, place->path) : NULL;
		if (was)
			r = copy_place(was, place, err);
	}
	return r;
}

static int match_namespaces(const struct facts *from, const struct oci_spec *spec,
			    struct facts *ret, struct error *err)
{
	_cleanup_free_ struct named *known = index_new(from->n_namespaces, err);
	size_t n = 0;
	int r = 0;

	if (!known)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_namespaces; i++) {
		if (from->namespaces[i].path && from->namespaces[i].is != FACT_UNKNOWN)
			known[n++] = (struct named){ from->namespaces[i].path, &from->namespaces[i] };
	}
	index_sort(known, n);
	ret->namespaces = calloc(spec->linux_.namespaces.n + 1, sizeof(*ret->namespaces));
	if (!ret->namespaces)
		return error_oom(err);
	ret->n_namespaces = spec->linux_.namespaces.n;
	for (size_t i = 0; i < ret->n_namespaces && r == 0; i++) {
		struct fact_ns *ns = &ret->namespaces[i];
		const struct fact_ns *was;

		r = namespace_entry(oci_ns_at(spec, i), NULL, ns, err);
		was = r == 0 ? find(known, n, ns->path) : NULL;
		if (was)
			r = copy_ns(was, ns, err);
	}
	return r;
}

int facts_again(const struct facts *from, const struct oci_spec *spec, struct facts *ret,
		struct error *err)
{
	_cleanup_facts_ struct facts facts = *from;
	int r;

	facts.lent = true;
	facts.mounts = NULL;
	facts.n_mounts = 0;
	facts.namespaces = NULL;
	facts.n_namespaces = 0;
	facts.rootfs = (struct fact_place){ 0 };
	r = match_namespaces(from, spec, &facts, err);
	if (r == 0)
		r = match_mounts(from, spec, &facts, err);
	if (r == 0)
		r = place_rootfs(NULL, &spec->root, &facts.rootfs, err);
	if (r == 0 && from->rootfs.is != FACT_UNKNOWN && facts.rootfs.path && from->rootfs.path &&
	    strcmp(facts.rootfs.path, from->rootfs.path) == 0)
		r = copy_place(&from->rootfs, &facts.rootfs, err);
	if (r < 0)
		return r;
	*ret = facts;
	facts = (struct facts){ 0 };
	return 0;
}
