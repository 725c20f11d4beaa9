/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded facts, checked strictly and matched to a configuration. */
#include "record-private.h"

#include <string.h>

/* What starts every entry of the lists that are matched by path. */
struct rec_path {
	const struct json *node;
	enum field_is is;
	struct field_str path;
};

_Static_assert(offsetof(struct rec_ns, path) == offsetof(struct rec_path, path), "");
_Static_assert(offsetof(struct rec_place, path) == offsetof(struct rec_path, path), "");

static int load_set(const struct loader *l, const struct rec_process *from,
		    struct fact_ns v[NS_MAX])
{
	int r = 0;

	for (size_t i = 0; i < NS_MAX && r == 0; i++) {
		const struct rec_ns *rec = &from->namespaces.v[i];

		if (rec->is != FIELD_PRESENT)
			continue;
		if (rec->path.is == FIELD_PRESENT)
			return load_bad(l, rec->path.node, "a process's own namespace has no path");
		r = load_ns(l, rec, &v[i]);
	}
	return r;
}

static int load_places(const struct loader *l, const struct field_list *from,
		       struct facts *ret)
{
	const struct rec_place *v = from->v;
	int r = 0;

	if (from->n == 0)
		return 0;
	ret->places = calloc(from->n, sizeof(*ret->places));
	if (!ret->places)
		return error_oom(l->err);
	for (size_t i = 0; i < from->n && r == 0; i++) {
		struct fact_place *place = &ret->places[i];

		if (v[i].path.is != FIELD_PRESENT)
			return load_bad(l, v[i].node, "\"path\" is missing");
		place->path = fact_strdup(v[i].path.v, l->err);
		if (!place->path)
			return -ENOMEM;
		ret->n_places++;
		r = load_place(l, &v[i], place);
	}
	places_sort(ret->places, ret->n_places);
	return r;
}

static int compare_recs(const void *va, const void *vb)
{
	const struct rec_path *a = *(const struct rec_path *const *)va;
	const struct rec_path *b = *(const struct rec_path *const *)vb;

	return strcmp(a->path.v, b->path.v);
}

/* The entries of a list, by path. */
static int sort_recs(const struct loader *l, const struct field_list *list, size_t size,
		     const struct rec_path ***ret)
{
	_cleanup_(free_ptr) const struct rec_path **v = calloc(list->n + 1, sizeof(*v));

	if (!v)
		return error_oom(l->err);
	for (size_t i = 0; i < list->n; i++) {
		v[i] = (const void *)((const char *)list->v + i * size);
		if (v[i]->path.is != FIELD_PRESENT)
			return load_bad(l, v[i]->node, "\"path\" is missing");
	}
	if (list->n > 1)
		qsort(v, list->n, sizeof(*v), compare_recs);
	*ret = steal_ptr(v);
	return 0;
}

static const void *find_rec(const struct rec_path **v, size_t n, const char *path)
{
	struct rec_path key = { .path = { .v = path } };
	const struct rec_path *pointer = &key;
	const struct rec_path **found;

	if (n == 0)
		return NULL;
	found = bsearch(&pointer, v, n, sizeof(*v), compare_recs);
	return found ? *found : NULL;
}

static int load_mounts(const struct loader *l, const struct field_list *from,
		       const struct oci_spec *spec, struct facts *ret)
{
	_cleanup_(free_ptr) const struct rec_path **recs = NULL;
	const struct rec_place *v = from->v, *rec;
	int r = sort_recs(l, from, sizeof(struct rec_place), &recs);

	/* what matches nothing is checked all the same */
	for (size_t i = 0; i < from->n && r == 0; i++) {
		_cleanup_(place_free) struct fact_place unused = { 0 };

		r = load_place(l, &v[i], &unused);
	}
	if (r < 0 || spec->mounts.n == 0)
		return r;
	ret->mounts = calloc(spec->mounts.n, sizeof(*ret->mounts));
	if (!ret->mounts)
		return error_oom(l->err);
	ret->n_mounts = spec->mounts.n;
	for (size_t i = 0; i < ret->n_mounts && r == 0; i++) {
		struct fact_place *place = &ret->mounts[i];

		r = place_mount(NULL, oci_mount_at(spec, i), place, l->err);
		rec = place->path ? find_rec(recs, from->n, place->path) : NULL;
		if (r == 0 && rec)
			r = load_place(l, rec, place);
	}
	return r;
}

static int load_namespaces(const struct loader *l, const struct field_list *from,
			   const struct oci_spec *spec, struct facts *ret)
{
	_cleanup_(free_ptr) const struct rec_path **recs = NULL;
	const struct rec_ns *v = from->v, *rec;
	size_t n = spec->linux_.namespaces.n;
	int r = sort_recs(l, from, sizeof(struct rec_ns), &recs);

	for (size_t i = 0; i < from->n && r == 0; i++) {
		_cleanup_(ns_free) struct fact_ns unused = { 0 };

		r = load_ns(l, &v[i], &unused);
	}
	if (r < 0 || n == 0)
		return r;
	ret->namespaces = calloc(n, sizeof(*ret->namespaces));
	if (!ret->namespaces)
		return error_oom(l->err);
	ret->n_namespaces = n;
	for (size_t i = 0; i < n && r == 0; i++) {
		struct fact_ns *ns = &ret->namespaces[i];

		r = namespace_entry(oci_ns_at(spec, i), NULL, ns, l->err);
		rec = ns->path ? find_rec(recs, from->n, ns->path) : NULL;
		if (r == 0 && rec)
			r = load_ns(l, rec, ns);
	}
	return r;
}

static int load_idmap(const struct loader *l, const struct rec_idmap *from,
		      struct fact_idmap *ret)
{
	const struct rec_range *v = from->ranges.v;
	int r;

	if (from->is != FIELD_PRESENT)
		return 0;
	r = load_known(l, from->node, &from->state, &from->why, &ret->is, &ret->why);
	if (r < 0 || from->ranges.n == 0)
		return r;
	ret->v = calloc(from->ranges.n, sizeof(*ret->v));
	if (!ret->v)
		return error_oom(l->err);
	for (size_t i = 0; i < from->ranges.n; i++) {
		if (v[i].inside.is != FIELD_PRESENT || v[i].outside.is != FIELD_PRESENT ||
		    v[i].count.is != FIELD_PRESENT)
			return load_bad(l, v[i].node, "inside, outside and count are needed");
		ret->v[ret->n++] = (struct fact_idrange){
			.inside = (uint32_t)v[i].inside.v,
			.outside = (uint32_t)v[i].outside.v,
			.count = (uint32_t)v[i].count.v,
		};
	}
	return 0;
}

static uint64_t limit_of(const struct field_uint *from)
{
	return from->is == FIELD_PRESENT ? from->v : UINT64_MAX;
}

static int load_limits(const struct loader *l, const struct rec_limits *from,
		       struct fact_limits *ret)
{
	int r;

	if (from->is != FIELD_PRESENT)
		return 0;
	r = load_known(l, from->node, &from->state, &from->why, &ret->is, &ret->why);
	if (r == 0)
		r = load_bytes(l, &from->cgroup, &ret->cgroup);
	if (r < 0 || ret->is != FACT_KNOWN)
		return r;
	ret->memory = limit_of(&from->memory);
	ret->pids = limit_of(&from->pids);
	ret->millicpu = limit_of(&from->millicpu);
	return 0;
}

static int load_rootfs(const struct loader *l, const struct rec_place *from,
		       const struct oci_spec *spec, struct fact_place *ret)
{
	int r = place_rootfs(NULL, &spec->root, ret, l->err);

	if (r < 0 || from->is != FIELD_PRESENT)
		return r;
	if (from->path.is != FIELD_PRESENT)
		return load_bad(l, from->node, "\"path\" is missing");
	if (ret->path && strcmp(ret->path, from->path.v) == 0)
		return load_place(l, from, ret);
	return 0;
}

static int load_all(const struct loader *l, const struct rec_facts *rec,
		    const struct oci_spec *spec, struct facts *ret)
{
	int r;

	if (rec->format.is != FIELD_PRESENT || rec->format.v != FACTS_FORMAT)
		return load_bad(l, rec->format.node ? rec->format.node : l->doc->root,
			   "\"format\" must be %d", FACTS_FORMAT);
	r = load_set(l, &rec->host, ret->host);
	if (r == 0)
		r = load_set(l, &rec->container, ret->container);
	if (r == 0)
		r = load_namespaces(l, &rec->namespaces, spec, ret);
	if (r == 0)
		r = load_mounts(l, &rec->mounts, spec, ret);
	if (r == 0)
		r = load_places(l, &rec->places, ret);
	if (r == 0)
		r = load_rootfs(l, &rec->rootfs, spec, &ret->rootfs);
	if (r == 0)
		r = load_idmap(l, &rec->idmaps.uid, &ret->uid_map);
	if (r == 0)
		r = load_idmap(l, &rec->idmaps.gid, &ret->gid_map);
	if (r == 0)
		r = load_limits(l, &rec->parent, &ret->parent);
	if (r == 0)
		r = load_more(l, rec, ret);
	if (r == 0 && rec->lsm.is == FIELD_PRESENT) {
		ret->lsm = fact_strdup(rec->lsm.v, l->err);
		r = ret->lsm ? 0 : -ENOMEM;
	}
	return r;
}

int facts_load(const char *name, const char *text, size_t len,
	       const struct oci_spec *spec, struct facts *ret, struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_(notes_free) struct notes notes = { 0 };
	_cleanup_facts_ struct facts facts = { 0 };
	struct rec_facts rec = { 0 };
	struct loader l = { .err = err };
	int r = json_parse(name, text, len, 0, &doc, err);

	if (r < 0)
		return r;
	l.doc = doc;
	if (doc->root->type != JSON_OBJECT)
		return load_bad(&l, doc->root, "must be an object");
	r = fields_read(doc->root, rec_facts_table, FIELDS_STRICT, &rec, &notes, err);
	if (r == 0)
		r = notes_error(doc, &notes, err);
	if (r == 0)
		r = load_all(&l, &rec, spec, &facts);
	if (r < 0)
		return r;
	*ret = facts;
	facts = (struct facts){ 0 };
	return 0;
}
