/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bind mounts of what gives away the host. Names are not compared: a source is
 * where it really is, device and path within the file system, so symbolic
 * links, /proc/PID/root and bind aliases elsewhere are seen through.
 */
#include <cofferdam/rules.h>

#include <string.h>

#include <cofferdam/text.h>

#include "rules-private.h"

enum relation {
	APART,
	WITHIN,			/* the same place, or below it */
	HOLDS,			/* above it */
};

static inline enum relation relate(const struct fact_spot *spot, const struct fact_spot *place)
{
	if (spots_apart(spot, place))
		return APART;
	if (spot_below(spot, place))
		return WITHIN;
	return spot_below(place, spot) ? HOLDS : APART;
}

/*
 * below_by_mounts - whether the source is below the place across a mount, which
 * spots cannot tell: /sys/fs/cgroup is no part of sysfs. What engines mount on
 * their own volumes is below their folder, too, and belongs to the container;
 * but a volume whose device is a part of another place is told by its spot.
 */
static bool below_by_mounts(const struct rule_input *in, const struct fact_place *source,
			    const struct fact_place *place)
{
	if (source->real && place->real && text_path_below(source->real, place->real))
		return !engine_owned_file(in->engine, &in->tells, source->real);
	for (size_t i = 0; i < place->n_below; i++) {
		if (spot_below(&source->spot, &place->below[i]))
			return true;
	}
	return false;
}

/* relate_place - likewise, with what is mounted below the one or the other. */
static enum relation relate_place(const struct rule_input *in, const struct fact_place *source,
				  const struct fact_place *place)
{
	enum relation relation = relate(&source->spot, &place->spot);

	if (relation == APART && below_by_mounts(in, source, place))
		relation = WITHIN;
	for (size_t i = 0; relation == APART && i < source->n_below; i++) {
		if (relate(&source->below[i], &place->spot) != APART)
			relation = HOLDS;
	}
	return relation;
}

static bool harmless(const struct rule_input *in, const struct oci_mount *mount,
		     const struct fact_place *source, const char *const *allowed)
{
	const struct fact_paths listed = facts_listed(in->facts, allowed);

	if (source->n_below > 0 || !mount_readonly(mount))
		return false;
	for (size_t i = 0; allowed && allowed[i]; i++) {
		const struct fact_place *place = facts_listed_at(&listed, i);

		if (place && place->is == FACT_KNOWN && spot_below(&source->spot, &place->spot))
			return true;
	}
	return false;
}

/* told - what the source of mount @index is, of which @f (NULL: no memory) is. 0 or negative. */
static int told(const struct rule_input *in, size_t index, struct finding *f, struct error *err)
{
	const struct oci_mount *mount = oci_mount_at(in->spec, index);
	const struct fact_place *source = mount_source(in, index);
	const bool renamed = source->real && mount->source.v &&
			     strcmp(source->real, mount->source.v) != 0;

	if (!f)
		return err->code;
	f->unjudged = !source->foreign && !place_located(source);
	return finding_value(f, err, renamed ? "%s (really %s)" : "%s",
			     mount->source.v ? mount->source.v : "", source->real);
}

/* A path of the policy, and what it is: looked up once for all mounts. */
struct compared {
	const char *path;
	const struct fact_place *place;	/* or NULL */
	bool located;
};

/* judge_places - compare one source with the paths of the policy. 1: it was said; 0, or negative. */
static int judge_places(const struct rule_input *in, struct findings *out, struct error *err,
			size_t index, const struct compared *with)
{
	const struct fact_place *source = mount_source(in, index), *place;
	enum relation relation = APART;
	int r;

	while (with->located && (relation = relate_place(in, source, with->place)) == APART)
		with++;
	if (!with->path)
		return 0;
	place = with->place;
	if (!with->located) {
		r = rule_unjudged(in, out, err, "/mounts", "cannot be compared with %s: %s", with->path,
				  place && place->why ? place->why : "it was not recorded");
		return r < 0 ? r : 1;
	}
	r = told(in, index, mount_finding(in, out, err, index, "source", relation == WITHIN ?
					  "mounts %s of the host" :
					  "mounts a folder that holds %s of the host", with->path), err);
	return r < 0 ? r : 1;
}

/* holds - whether @root is what the source shows, or below that. */
static bool holds(const struct fact_place *source, const struct fact_spot *root)
{
	bool held = spot_below(root, &source->spot);

	for (size_t i = 0; !held && i < source->n_below; i++)
		held = spot_below(root, &source->below[i]);
	return held;
}

/*
 * own_root - whether the source holds the container's root, or lies in it where something
 * of the configuration is mounted. By then there is /proc, and what hides parts of it
 * comes last, and on /proc alone. 1, 0, or negative. The source is located.
 */
static int own_root(const struct rule_input *in, const struct fact_place *source,
		    struct error *err)
{
	const struct fact_place *root = &in->facts->rootfs;
	const char *rest;

	if (!place_located(root) || root->foreign)
		return 0;
	if (holds(source, &root->spot))
		return 1;
	if (!spot_below(&source->spot, &root->spot))
		return 0;
	rest = source->spot.within + (strcmp(root->spot.within, "/") == 0 ? 0 : strlen(root->spot.within));
	for (size_t i = 0; i < in->spec->mounts.n; i++) {
		_cleanup_free_ char *made = NULL;
		const char *dest = mount_destination(oci_mount_at(in->spec, i), &made, err);

		if (!dest)
			return err->code;
		if (text_path_below(dest, rest) || text_path_below(rest, dest))
			return 1;
	}
	return 0;
}

/* compared_new - the rule's paths, with an end; NULL without memory. */
static struct compared *compared_new(const struct rule_input *in, struct error *err)
{
	const char *const *paths = rule_param(in, "paths")->list;
	const struct fact_paths listed = facts_listed(in->facts, paths);
	struct compared *v;
	size_t n = 0;

	while (paths && paths[n])
		n++;
	v = calloc(n + 1, sizeof(*v));
	if (!v)
		error_oom(err);
	for (size_t i = 0; v && i < n; i++) {
		const struct fact_place *place = facts_listed_at(&listed, i);

		v[i] = (struct compared){ paths[i], place, place && place_located(place) };
	}
	return v;
}

/* judge_mount - one finding a mount: the first path that it gives away. @with is made when needed. */
static int judge_mount(const struct rule_input *in, struct findings *out, struct error *err,
		       size_t index, struct compared **with)
{
	const struct fact_place *source = mount_source(in, index);
	const int allow = registry_param(registry_rule(in->id), "allow_readonly");
	int r;

	if (place_engine_owned(source, in->engine, &in->tells))
		return 0;
	if (source->foreign)
		return told(in, index, mount_finding(in, out, err, index, "source",
			    "the source lies on a mount that the host's mount namespace does not hold"),
			    err);
	if (!place_located(source))
		return told(in, index, mount_finding(in, out, err, index, "source",
			    "what the source really is cannot be told: %s",
			    source->why ? source->why : "it was not recorded"), err);
	if (allow >= 0 && harmless(in, oci_mount_at(in->spec, index), source,
				   in->policy->rules[in->id].params[allow].list))
		return 0;
	if (!*with)
		*with = compared_new(in, err);
	if (!*with)
		return err->code;
	r = judge_places(in, out, err, index, *with);
	if (r != 0 || in->id != RULE_SENSITIVE_MOUNT)
		return r < 0 ? r : 0;
	r = own_root(in, source, err);
	return r <= 0 ? r : told(in, index, mount_finding(in, out, err, index, "source",
				 "shows the container's own root, whose /proc is not hidden there"), err);
}

static int judge_mounts(const struct rule_input *in, struct findings *out, struct error *err)
{
	_cleanup_free_ struct compared *with = NULL;

	for (size_t i = 0; i < in->spec->mounts.n; i++) {
		if (oci_mount_at(in->spec, i)->bind && judge_mount(in, out, err, i, &with) < 0)
			return err->code;
	}
	return 0;
}

int check_sensitive_mount(const struct rule_input *in, struct findings *out,
			  struct error *err)
{
	return judge_mounts(in, out, err);
}

int check_engine_socket(const struct rule_input *in, struct findings *out, struct error *err)
{
	return judge_mounts(in, out, err);
}
