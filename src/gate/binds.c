/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's mount table against the configuration: each mount is what was
 * judged, by device and path within the file system, and there is no other. A
 * source that was exchanged after it was judged shows here.
 */
#include "binds-private.h"

#include <linux/mount.h>
#include <string.h>

#include <cofferdam/text.h>

static const struct {
	const char *name;
	uint64_t flag;
} flag_words[] = {
	{ "ro", MOUNT_ATTR_RDONLY }, { "nosuid", MOUNT_ATTR_NOSUID },
	{ "nodev", MOUNT_ATTR_NODEV }, { "noexec", MOUNT_ATTR_NOEXEC },
};

static uint64_t row_lacks(const struct oci_mount *mount, const struct mount_row *row)
{
	uint64_t flags = mount_flags(mount);

	for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++) {
		if (mounts_option(row, flag_words[i].name))
			flags &= ~flag_words[i].flag;
	}
	return flags;
}

static void check_flags(struct gate *g, const struct oci_mount *mount,
			const struct mount_row *row)
{
	const uint64_t lacks = row_lacks(mount, row);

	/* in audit mode, what missing_flags() would have seen to is no reason to refuse */
	const bool would_add = g->call->audit && g->call->tighten;

	for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++) {
		if (!(lacks & flag_words[i].flag))
			continue;
		if (would_add)
			note(&g->unverified, "the mount at %s is not %s, which the gate would add",
			     mount->destination.v, flag_words[i].name);
		else
			mismatch(g, "the mount at %s is not %s", mount->destination.v,
				 flag_words[i].name);
	}
}

/* Ids of files are others then: which, the kernel shows nowhere here. */
static void check_idmap(struct gate *g, const struct oci_mount *mount, const struct mount_row *row)
{
	bool wanted = mount->uid_mappings.n > 0 || mount->gid_mappings.n > 0;

	for (size_t i = 0; i < mount->options.n && !wanted; i++) {
		const char *o = mount->options.v[i].v;

		/* "idmap", "ridmap", crun's "idmap=uids=..." */
		o = o && *o == 'r' ? o + 1 : o;
		wanted = o && strncmp(o, "idmap", 5) == 0 && (o[5] == '\0' || o[5] == '=');
	}
	if (wanted != mounts_option(row, "idmapped"))
		mismatch(g, wanted ? "the mount at %s is not id-mapped"
				   : "the mount at %s is id-mapped, which was not admitted",
			 mount->destination.v);
	else if (wanted)
		note(&g->unverified, "id map of the mount at %s: the kernel does not show it",
		     mount->destination.v);
}

bool same_spot(const struct fact_spot *spot, const struct mount_row *row)
{
	return spot->within && spot->major == row->major && spot->minor == row->minor &&
	       strcmp(spot->within, row->root) == 0;
}

static void check_bind(struct binds *b, size_t index, const struct mount_row *row)
{
	const struct oci_mount *mount = oci_mount_at(b->g->call->subject->spec, index);
	const struct facts *facts = b->g->call->subject->facts;
	static const struct fact_place unknown;
	const struct fact_place *judged = index < facts->n_mounts ? &facts->mounts[index] : &unknown;
	struct error err = { 0 };

	/* one that was missing was judged by where it would be */
	if ((judged->is != FACT_KNOWN && judged->is != FACT_ABSENT) || !judged->spot.within ||
	    !judged->spot.within[0]) {
		note(&b->g->unverified, "source of %s: it was not looked up", mount->destination.v);
		return;
	}
	if (same_spot(&judged->spot, row))
		return;
	mismatch(b->g, "at %s is %s of %u:%u (%s), where %s was judged", mount->destination.v,
		 row->root, row->major, row->minor, row->fstype, judged->path);
	b->differs = true;
	if (b->facts && facts_mounted(b->facts, b->g->call->subject->spec, index, row, &err) < 0)
		mismatch(b->g, "%s", err.text);
}

/* What is mounted for each type: runtimes put cgroup v1 hierarchies into a tmpfs. */
static bool of_type(const struct oci_mount *mount, const struct mount_row *row)
{
	const char *type = mount->type.v ? mount->type.v : "";

	if (strcmp(type, "cgroup") == 0 || strcmp(type, "cgroup2") == 0)
		return strcmp(row->fstype, "cgroup") == 0 || strcmp(row->fstype, "cgroup2") == 0 ||
		       strcmp(row->fstype, "tmpfs") == 0;
	return strcmp(type, row->fstype) == 0;
}

/* shown - the row that a mount of the configuration is seen as; NULL: none. */
static const struct mount_row *shown(struct binds *b, const struct oci_mount *mount)
{
	_cleanup_close_ int fd = -1;
	int64_t id;

	if (!mount->destination.v)
		return NULL;
	fd = in_root(b->g, mount->destination.v, 0);
	id = fd < 0 ? -1 : mount_id(fd);
	return id < 0 || id == b->root_id ? NULL : mounts_find(b->table, (int)id);
}

static int compare_dests(const void *va, const void *vb)
{
	const struct bind_dest *a = va, *b = vb;
	int r = strcmp(a->path, b->path);

	return r ? r : (a->index < b->index) - (a->index > b->index);
}

static void dests_free(struct bind_dests *dests)
{
	for (size_t i = 0; i < dests->n; i++)
		free(dests->v[i].path);
	free(dests->v);
}

/* read_dests - where the mounts of @spec are put, sorted; of the same, the last is first. */
static int read_dests(const struct oci_spec *spec, struct bind_dests *ret, struct error *err)
{
	ret->v = calloc(spec->mounts.n + 1, sizeof(*ret->v));
	if (!ret->v)
		return error_oom(err);
	for (size_t i = 0; i < spec->mounts.n; i++) {
		const char *dest = oci_mount_at(spec, i)->destination.v;

		if (!dest)
			continue;
		ret->v[ret->n] = (struct bind_dest){ .path = text_path_clean(dest), .index = i };
		if (!ret->v[ret->n++].path) {
			ret->n--;
			return error_oom(err);
		}
	}
	qsort(ret->v, ret->n, sizeof(*ret->v), compare_dests);
	return 0;
}

/* last_at - the last mount at the first @len bytes of @path, or NO_INDEX. */
static size_t last_at(const struct bind_dests *dests, const char *path, size_t len)
{
	size_t low = 0, high = dests->n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		int r = strncmp(dests->v[middle].path, path, len);

		if (r == 0 && dests->v[middle].path[len])
			r = 1;
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == dests->n || strncmp(dests->v[low].path, path, len) != 0 ||
	    dests->v[low].path[len])
		return NO_INDEX;
	return dests->v[low].index;
}

/* covered - whether a later mount of the configuration lies over the place of mount @i. */
static bool covered(const struct bind_dests *dests, const struct oci_spec *spec, size_t i)
{
	const char *dest = oci_mount_at(spec, i)->destination.v;
	_cleanup_free_ char *path = dest ? text_path_clean(dest) : NULL;

	for (size_t len = path ? strlen(path) : 0; len > 0; len--) {
		size_t at;

		/* itself, and each folder above it: "/a/b", "/a", "/" */
		if (path[len] != '\0' && path[len] != '/' && (len != 1 || path[0] != '/'))
			continue;
		at = last_at(dests, path, len);
		if (at != NO_INDEX && at > i)
			return true;
	}
	return false;
}

/* led_over - whether a link, of a volume or made since, led the mount over the kernel's folders. */
static bool led_over(const struct gate *g, const struct oci_mount *mount, const struct mount_row *row)
{
	const enum action action = g->call->subject->policy->rules[RULE_MOUNT_OVER_SYSTEM].action;
	_cleanup_free_ char *path = NULL, *clean = NULL;

	if (action == ACTION_OFF || action == ACTION_WARN || !oci_over_system(row->point))
		return false;
	if (asprintf(&path, "/%s", mount->destination.v) < 0)
		path = NULL;
	clean = path ? text_path_clean(path) : NULL;
	return !clean || strcmp(clean, row->point) != 0;
}

/* @old: its index in the configuration as admitted, or NO_INDEX for what the gate added. */
static void check_mount(struct binds *b, size_t index, size_t old)
{
	const struct oci_spec *wanted = b->g->call->wanted;
	const struct oci_mount *mount = oci_mount_at(wanted, index);
	const struct mount_row *row = shown(b, mount);

	if (covered(&b->dests, wanted, index))
		return;
	if (!row) {
		mismatch(b->g, "nothing is mounted at %s",
			 mount->destination.v ? mount->destination.v : "?");
		return;
	}
	b->mount[row_index(b, row)] = old == NO_INDEX ? index : old;
	if (led_over(b->g, mount, row))
		mismatch(b->g, "what was wanted at %s is at %s, over what the kernel or the runtime provides",
			 mount->destination.v, row->point);
	if (old != NO_INDEX && mount->bind)
		check_bind(b, old, row);
	else if (!of_type(mount, row))
		mismatch(b->g, "at %s is a %s, where a %s was wanted", mount->destination.v,
			 row->fstype, mount->type.v ? mount->type.v : "mount");
	check_flags(b->g, mount, row);
	check_idmap(b->g, mount, row);
}

static void check_all(struct binds *b)
{
	const struct oci_spec *was = b->g->call->subject->spec, *is = b->g->call->wanted;
	size_t old = 0;

	for (size_t i = 0; i < is->mounts.n; i++) {
		const char *dest = oci_mount_at(is, i)->destination.v;
		const char *before = old < was->mounts.n ? oci_mount_at(was, old)->destination.v : NULL;

		if (dest && before && strcmp(dest, before) == 0)
			check_mount(b, i, old++);
		else
			check_mount(b, i, NO_INDEX);
	}
}

static int reach(struct binds *b, struct error *err)
{
	struct gate *g = b->g;

	b->mount = calloc(b->table->n + 1, sizeof(*b->mount));
	if (!b->mount)
		return error_oom(err);
	for (size_t i = 0; i < b->table->n; i++)
		b->mount[i] = NO_INDEX;
	b->root_id = mount_id(g->root);
	if (b->root_id < 0)
		return error_sys(err, (int)-b->root_id, "statx(2)");
	if (read_dests(g->call->wanted, &b->dests, err) < 0)
		return err->code;
	check_all(b);
	for (size_t i = 0; i < b->table->n; i++) {
		if (b->mount[i] == NO_INDEX && b->table->rows[i].id != b->root_id)
			check_stranger(b, &b->table->rows[i]);
	}
	return 0;
}

/*
 * complete - whether there is one mount at the very place, with all its flags, so that
 * nothing has to be looked for. What this takes for good wrongly (something hides it)
 * is seen when the mounts are verified.
 */
static bool complete(const struct mount_table *table, const struct oci_mount *mount)
{
	const char *dest = mount->destination.v;
	_cleanup_free_ char *clean = dest ? text_path_clean(dest) : NULL;
	const size_t i = clean ? mounts_from(table, clean) : table->n;

	return i < table->n && strcmp(table->by_point[i]->point, clean) == 0 &&
	       (i + 1 == table->n || strcmp(table->by_point[i + 1]->point, clean) != 0) &&
	       !row_lacks(mount, table->by_point[i]);
}

/* Some runtimes leave flags out: crun 1.8 does for binds in a user namespace. */
int missing_flags(struct gate *g, bool *lacked, struct error *err)
{
	const struct oci_spec *spec = g->call->wanted;
	struct binds b = { .g = g, .root_id = mount_id(g->root), .table = &g->before };
	int r = mounts_read_at(g->proc, &g->before, err);

	if (r == 0)
		r = read_dests(spec, &b.dests, err);
	for (size_t i = 0; r == 0 && i < spec->mounts.n; i++) {
		const struct oci_mount *mount = oci_mount_at(spec, i);
		const struct mount_row *row = mount_flags(mount) && !complete(b.table, mount) ?
					      shown(&b, mount) : NULL;
		const uint64_t lacks = row ? row_lacks(mount, row) : 0;

		if (!lacks || covered(&b.dests, spec, i))
			continue;
		r = wants_flags(&g->wants, mount->destination.v, lacks, err);
		if (lacked)
			lacked[i] = true;
	}
	dests_free(&b.dests);
	return r;
}

/* judge - the same rules over the facts as the kernel has them. */
static void judge(struct gate *g, const struct facts *facts)
{
	_cleanup_decision_ struct decision decision = { 0 };
	struct subject subject = *g->call->subject;
	struct error err = { 0 };

	subject.facts = facts;
	if (verdict_reach(&subject, &decision, &err) < 0) {
		mismatch(g, "%s", err.text);
		return;
	}
	for (size_t i = 0; i < decision.findings.n; i++) {
		const struct finding *f = &decision.findings.v[i];

		if (decision.each[i] <= VERDICT_UNJUDGED)
			mismatch(g, "%s: %s", registry_rule(f->rule)->id, f->text);
	}
}

/* known - whether there was anything to compare: else no rule asked, or it could not be read. */
static bool known(const struct facts *facts)
{
	for (size_t i = 0; i < NS_MAX; i++) {
		if (facts->container[i].is != FACT_KNOWN && facts->container[i].is != FACT_ABSENT)
			return false;
	}
	return facts->uid_map.is == FACT_KNOWN && facts->gid_map.is == FACT_KNOWN;
}

void verify_mounts(struct gate *g)
{
	_cleanup_facts_ struct facts fresh = { 0 };
	struct binds b = { .g = g, .table = &g->after };
	const size_t before = g->failure.len;
	struct error err = { 0 };
	int changed = facts_of_process(g->call->subject->facts, g->call->subject->spec, g->pid,
				       &fresh, &err);
	int r = changed < 0 ? changed : 0;

	if (changed > 0)
		b.facts = &fresh;
	if (r == 0)
		r = reach(&b, &err);
	if (r < 0)
		mismatch(g, "its mounts and namespaces cannot be compared: %s", err.text);
	else if (g->failure.len == before)
		note(&g->verified, "mounts");
	if (changed > 0)
		judge(g, &fresh);
	else if (changed == 0)
		note(known(g->call->subject->facts) ? &g->verified : &g->unverified,
		     "namespaces and id maps");
	mounts_free(&b.host);
	dests_free(&b.dests);
	free(b.mount);
}
