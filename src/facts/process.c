/* SPDX-License-Identifier: Apache-2.0 */
/* The facts once more, from a process that is about to run its program. */
#include "facts-private.h"

#include <string.h>

static bool same_namespaces(const struct fact_ns a[NS_MAX], const struct fact_ns b[NS_MAX])
{
	for (size_t i = 0; i < NS_MAX; i++) {
		if (a[i].is != b[i].is || a[i].dev != b[i].dev || a[i].ino != b[i].ino)
			return false;
	}
	return true;
}

static bool same_map(const struct fact_idmap *a, const struct fact_idmap *b)
{
	return a->is == b->is && a->n == b->n &&
	       (a->n == 0 || memcmp(a->v, b->v, a->n * sizeof(*a->v)) == 0);
}

/* copy - by the recording, which holds every fact. */
static int copy(const struct facts *from, const struct oci_spec *spec, struct facts *ret,
		struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r;

	facts_print(&text, from);
	r = buf_check(&text, err);
	return r < 0 ? r : facts_load("facts", buf_cstr(&text), text.len, spec, ret, err);
}

/* The parts of @fresh that a process shows go to @to; what was there, back. */
static void exchange(struct facts *to, struct facts *fresh)
{
	struct facts old = *to;

	memcpy(to->container, fresh->container, sizeof(to->container));
	to->uid_map = fresh->uid_map;
	to->gid_map = fresh->gid_map;
	memcpy(fresh->container, old.container, sizeof(old.container));
	fresh->uid_map = old.uid_map;
	fresh->gid_map = old.gid_map;
}

int facts_of_process(const struct facts *admitted, const struct oci_spec *spec, int64_t pid,
		     struct facts *ret, struct error *err)
{
	_cleanup_facts_ struct facts fresh = { 0 };
	bool same;
	int r;

	if (admitted->container[NS_PID].is == FACT_UNKNOWN)
		return 0;	/* no rule asked */
	memcpy(fresh.host, admitted->host, sizeof(fresh.host));
	r = namespaces_of(pid, admitted->host, fresh.container, err);
	if (r == 0 && admitted->uid_map.is != FACT_UNKNOWN)
		r = idmaps_gather(spec, pid, &fresh, err);
	memset(fresh.host, 0, sizeof(fresh.host));
	if (r < 0)
		return r;
	same = same_namespaces(fresh.container, admitted->container) &&
	       same_map(&fresh.uid_map, &admitted->uid_map) &&
	       same_map(&fresh.gid_map, &admitted->gid_map);
	if (same)
		return 0;
	r = copy(admitted, spec, ret, err);
	if (r < 0)
		return r;
	exchange(ret, &fresh);
	return 1;
}

int facts_mounted(struct facts *facts, const struct oci_spec *spec, size_t index,
		  const struct mount_row *row, struct error *err)
{
	struct fact_place *place = &facts->mounts[index];
	const struct oci_mount *mount = oci_mount_at(spec, index);

	place_free(place);
	place->is = FACT_KNOWN;
	place->path = fact_strdup(mount->source.v ? mount->source.v : "", err);
	place->spot.major = row->major;
	place->spot.minor = row->minor;
	return place->path ? spot_set(&place->spot, row->root, row->fstype, err) : -ENOMEM;
}
