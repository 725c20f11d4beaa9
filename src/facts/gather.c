/* SPDX-License-Identifier: Apache-2.0 */
#include "facts-private.h"

#include <stdarg.h>
#include <string.h>

#include <cofferdam/text.h>

int fact_why(char **why, struct error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	*why = text_vformat(fmt, args);
	va_end(args);
	return *why ? 0 : error_oom(err);
}

int fact_why_sys(char **why, struct error *err, int errnum)
{
	*why = fact_strdup(strerror(errnum), err);
	return *why ? 0 : -ENOMEM;
}

int fact_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *fact_strdup(const char *s, struct error *err)
{
	char *copy = strdup(s);

	if (!copy)
		(void)error_oom(err);
	return copy;
}

int spot_set(struct fact_spot *spot, const char *within, const char *fstype, struct error *err)
{
	spot->within = fact_strdup(within, err);
	spot->fstype = fstype ? fact_strdup(fstype, err) : NULL;
	return spot->within && (!fstype || spot->fstype) ? 0 : -ENOMEM;
}

void spot_free(struct fact_spot *spot)
{
	free(spot->within);
	free(spot->fstype);
	*spot = (struct fact_spot){ 0 };
}

void place_free(struct fact_place *place)
{
	free(place->path);
	free(place->why);
	free(place->real);
	spot_free(&place->spot);
	for (size_t i = 0; i < place->n_below; i++)
		spot_free(&place->below[i]);
	free(place->below);
	*place = (struct fact_place){ 0 };
}

void ns_free(struct fact_ns *ns)
{
	free(ns->path);
	free(ns->why);
	*ns = (struct fact_ns){ 0 };
}

static void idmap_free(struct fact_idmap *map)
{
	free(map->why);
	free(map->v);
}

/* free_hosts - what a facts_host may have lent. */
static void free_hosts(struct facts *facts)
{
	for (size_t i = 0; i < NS_MAX; i++)
		ns_free(&facts->host[i]);
	for (size_t i = 0; i < facts->n_places; i++)
		place_free(&facts->places[i]);
	free(facts->places);
	groups_free(&facts->groups);
	sockets_free(&facts->sockets);
}

/* free_rest - all that facts_again() lends. */
static void free_rest(struct facts *facts)
{
	for (size_t i = 0; i < NS_MAX; i++)
		ns_free(&facts->container[i]);
	if (!facts->borrowed)
		free_hosts(facts);
	idmap_free(&facts->uid_map);
	idmap_free(&facts->gid_map);
	free(facts->parent.why);
	free(facts->parent.cgroup);
	free(facts->cgroup.why);
	programs_free(facts);
	image_free(&facts->image);
	lsm_free(&facts->selinux);
	lsm_free(&facts->apparmor);
	free(facts->lsm);
}

void facts_free(struct facts *facts)
{
	if (!facts->lent)
		free_rest(facts);
	for (size_t i = 0; i < facts->n_namespaces; i++)
		ns_free(&facts->namespaces[i]);
	for (size_t i = 0; i < facts->n_mounts; i++)
		place_free(&facts->mounts[i]);
	free(facts->namespaces);
	free(facts->mounts);
	place_free(&facts->rootfs);
	*facts = (struct facts){ 0 };
}

static int compare_places(const void *va, const void *vb)
{
	const struct fact_place *a = va, *b = vb;

	return strcmp(a->path, b->path);
}

void places_sort(struct fact_place *v, size_t n)
{
	if (n > 1)
		qsort(v, n, sizeof(*v), compare_places);
}

const struct fact_place *facts_place(const struct facts *facts, const char *path)
{
	size_t low = 0, high = facts->n_places;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int r = strcmp(path, facts->places[middle].path);

		if (r == 0)
			return &facts->places[middle];
		if (r < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

struct fact_paths facts_listed(const struct facts *facts, const char *const *list)
{
	struct fact_paths paths = { .facts = facts, .list = list };

	for (size_t k = 0; k < facts->n_listed && !paths.v; k++) {
		if (facts->listed[k].list == list)
			paths.v = facts->listed[k].v;
	}
	return paths;
}

bool spot_below(const struct fact_spot *spot, const struct fact_spot *top)
{
	if (!spot->within || !top->within || spot->major != top->major ||
	    spot->minor != top->minor || !*spot->within || !*top->within)
		return false;
	/* what has no folders ("net:[4026531840]") is only below itself */
	if (spot->within[0] != '/' || top->within[0] != '/')
		return strcmp(spot->within, top->within) == 0;
	return text_path_below(spot->within, top->within);
}

/* compares - OF_MOUNTS if any mount has to be compared with the policy's paths. */
static unsigned compares(const struct facts *facts, const struct facts_source *source,
			 const struct oci_spec *spec)
{
	struct engine_tells tells;

	engine_tells(source->engine, source->engine_bundle, spec, &tells);
	for (size_t i = 0; i < facts->n_mounts; i++) {
		const struct fact_place *mount = &facts->mounts[i];

		if (mount->is != FACT_UNKNOWN && !place_engine_owned(mount, source->engine, &tells))
			return OF_MOUNTS;
	}
	return 0;
}

/* any_readonly - OF_READONLY unless no bind mount can be read-only, whichever word is last. */
static unsigned any_readonly(const struct oci_spec *spec)
{
	for (size_t i = 0; i < spec->mounts.n; i++) {
		const struct oci_mount *mount = oci_mount_at(spec, i);

		if (mount->bind &&
		    (oci_mount_option(mount, "ro") || oci_mount_option(mount, "rro")))
			return OF_READONLY;
	}
	return 0;
}

static int gather_mounts(const struct oci_spec *spec, struct places *places,
			 struct facts *facts, struct error *err)
{
	int r = 0;

	if (spec->mounts.n == 0)
		return 0;
	facts->mounts = calloc(spec->mounts.n, sizeof(*facts->mounts));
	if (!facts->mounts)
		return error_oom(err);
	facts->n_mounts = spec->mounts.n;
	for (size_t i = 0; i < facts->n_mounts && r == 0; i++)
		r = place_mount(places, oci_mount_at(spec, i), &facts->mounts[i], err);
	return r;
}

/* joins - whether anything is joined by a path, which has to be compared with the host's. */
static bool joins(const struct oci_spec *spec)
{
	for (size_t i = 0; i < spec->linux_.namespaces.n; i++) {
		const char *path = oci_ns_at(spec, i)->path.v;

		if (path && path[0])
			return true;
	}
	return false;
}

static int gather_namespaces(const struct oci_spec *spec, const struct facts_source *source,
			     unsigned needed, struct facts *facts, struct error *err)
{
	const bool look = (needed & (FACT_NAMESPACES | FACT_IDMAPS)) != 0;
	const bool all = needed == FACT_ALL || source->whole;
	size_t n = spec->linux_.namespaces.n;
	/* The container's own namespaces say more than any path that led to them. */
	const bool paths = look && source->pid <= 0;
	_cleanup_(ns_look_free) struct ns_look how = {
		.bundle_fd = source->bundle_fd, .gone = &source->seen->gone,
	};
	int r = 0;

	if (look && !facts->borrowed && (all || source->pid > 0 || joins(spec)))
		r = namespaces_own(facts->host, err);
	if (look && r == 0 && source->pid > 0)
		r = namespaces_of(source->pid, facts->host, facts->container, err);
	if (r < 0 || n == 0)
		return r;
	facts->namespaces = calloc(n, sizeof(*facts->namespaces));
	if (!facts->namespaces)
		return error_oom(err);
	facts->n_namespaces = n;
	for (size_t i = 0; i < n && r == 0; i++)
		r = namespace_entry(oci_ns_at(spec, i), paths ? &how : NULL,
				    &facts->namespaces[i], err);
	return r;
}

/* limited - all three limits stand in config.json, so none of the parent's counts. */
static bool limited(const struct oci_spec *spec)
{
	const struct oci_resources *resources = &spec->linux_.resources;

	return resources->memory.limit.v > 0 && resources->pids.limit.v > 0 &&
	       resources->cpu.quota.v > 0 && resources->unified.n == 0;
}

static int gather(const struct oci_spec *spec, const struct policy *policy,
		  const struct facts_source *source, struct facts *facts, struct error *err)
{
	const unsigned needed = facts->needed;
	struct cgroup_query query = { .all = &source->seen->cgroups, .pid = source->pid };
	int r = gather_namespaces(spec, source, needed, facts, err);

	if (r == 0 && (needed & FACT_IDMAPS))
		r = idmaps_gather(spec, source->pid, facts, err);
	if (r == 0 && (needed & FACT_LIMITS) && (needed == FACT_ALL || !limited(spec)))
		r = limits_gather(spec, source, &facts->parent, err);
	if (r == 0 && (needed & FACT_CGROUP))
		r = cgroup_gather(spec, &query, &facts->cgroup, err);
	if (r == 0 && (needed & FACT_HOOKS))
		r = programs_gather(&spec->hooks, &source->seen->programs, facts, err);
	if (r == 0)
		r = place_rootfs(needed & FACT_ROOTFS ? &source->seen->places : NULL, &spec->root,
				 &facts->rootfs, err);
	if (r == 0 && (needed & FACT_IMAGE)) {
		if (facts->rootfs.is == FACT_ABSENT && source->live <= 0)
			facts->image.is = FACT_ABSENT;
		else
			r = image_gather(spec, policy, source, &facts->image, err);
	}
	if ((needed & FACT_CORE) && !facts->borrowed)
		core_gather(facts);
	if (r == 0 && (needed & FACT_SELINUX))
		r = selinux_gather(spec, &facts->selinux, err);
	if (r == 0 && (needed & FACT_APPARMOR))
		r = apparmor_gather(spec, &facts->apparmor, err);
	if (r == 0 && needed == FACT_ALL) {
		facts->lsm = fact_strdup(lsm_name(), err);
		r = facts->lsm ? 0 : -ENOMEM;
	}
	return r;
}

/* gather_paths - of the configuration, and then of the policy. */
static int gather_paths(const struct oci_spec *spec, const struct policy *policy,
			const struct facts_source *source, struct facts *facts,
			struct error *err)
{
	struct places *places = &source->seen->places;
	const unsigned needed = facts->needed;
	unsigned of;
	int r = gather_mounts(spec, needed & FACT_MOUNTS ? places : NULL, facts, err);

	if (r < 0 || facts->borrowed)	/* groups, places and sockets are */
		return r;
	if (needed & FACT_GROUPS)
		r = gather_groups(policy, facts, err);
	of = policy ? compares(facts, source, spec)
		    : OF_MOUNTS;
	of |= !policy || source->whole ? OF_READONLY : any_readonly(spec);
	if (r == 0 && (needed & FACT_PLACES))
		r = gather_places(policy, of, places, facts, err);
	if (r == 0 && (needed & FACT_SOCKETS) && (of & OF_MOUNTS))
		r = sockets_gather(places, &facts->sockets, err);
	return r;
}

int facts_gather(const struct oci_spec *spec, const struct policy *policy,
		 const struct facts_source *source, struct facts *ret, struct error *err)
{
	struct facts_source from = *source;
	struct facts_seen own = { 0 };
	struct facts facts = { 0 };
	int r;

	if (!from.seen)
		from.seen = &own;
	places_start(&from.seen->places, source);
	if (source->host)
		host_lend(source->host, &facts, &from.seen->places);
	else
		facts.needed = facts_needed(policy);
	r = gather(spec, policy, &from, &facts, err);
	if (r == 0)
		r = gather_paths(spec, policy, &from, &facts, err);
	if (r == 0)
		*ret = facts;
	else
		facts_free(&facts);
	if (!source->seen)
		seen_close(&own);
	return r;
}
