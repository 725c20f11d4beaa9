/* SPDX-License-Identifier: Apache-2.0 */
/* What the image, an attacker's, could make the runtime follow. */
#include <cofferdam/rules.h>

#include <string.h>

#include <cofferdam/text.h>

#include "rules-private.h"

/* relates - the reason why @spot must not be, or be in, a root filesystem, or NULL. */
static const char *relates(const struct fact_spot *spot, const struct fact_place *place,
			   bool within)
{
	if (spots_apart(spot, &place->spot))
		return NULL;
	if (spot_below(&place->spot, spot))
		return "is, or holds, a folder of the host's own";
	return within && spot_below(spot, &place->spot) && strcmp(place->path, "/") != 0
	       ? "lies within a folder of the host's own" : NULL;
}

/* shows - the same of all that the root filesystem shows: itself, or an overlay's layers. */
static const char *shows(const struct fact_place *root, const struct fact_place *place, bool within)
{
	const char *why = relates(&root->spot, place, within);

	for (size_t i = 0; !why && i < root->n_below; i++)
		why = relates(&root->below[i], place, within);
	return why;
}

/* judge_paths - of the list @param; @within: nor may the root lie in one. 1: it was said. */
static int judge_paths(const struct rule_input *in, struct findings *out, struct error *err,
		       const char *param, bool within)
{
	const char *const *paths = rule_param(in, param)->list;
	const struct fact_paths listed = facts_listed(in->facts, paths);
	const struct fact_place *root = &in->facts->rootfs;
	struct finding *f;

	for (size_t i = 0; paths && paths[i]; i++) {
		const struct fact_place *place = facts_listed_at(&listed, i);
		const char *why;
		int r = 0;

		if (!place || !place_located(place)) {
			r = rule_unjudged(in, out, err, "/root/path",
					  "it cannot be compared with %s: %s", paths[i],
					  place && place->why ? place->why : "it was not recorded");
			return r < 0 ? r : 1;
		}
		why = shows(root, place, within);
		if (!why)
			continue;
		f = finding_add(in, out, err, "/root/path", "%s (%s)", why, paths[i]);
		if (f)
			r = finding_value(f, err, "%s", root->path);
		return !f ? err->code : r < 0 ? r : 1;
	}
	return 0;
}

int check_rootfs_host(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct fact_place *root = &in->facts->rootfs;
	struct finding *f;
	int r;

	if (root->foreign) {
		/* The roots of services are reached so: "/proc/PID/root". */
		f = finding_add(in, out, err, "/root/path",
				"lies on a mount that the host's mount namespace does not hold");
		return f ? finding_value(f, err, "%s", root->path) : err->code;
	}
	if (!place_located(root))
		return rule_unjudged(in, out, err, "/root/path", "it cannot be told where it is: %s",
				     root->why ? root->why : "it was not recorded");
	r = judge_paths(in, out, err, "paths", true);
	if (r == 0)
		r = judge_paths(in, out, err, "stores", false);
	return r < 0 ? r : 0;
}

int check_rootfs_symlink(const struct rule_input *in, struct findings *out,
			 struct error *err)
{
	const struct fact_image *image = &in->facts->image;
	struct finding *f;

	if (image->is == FACT_ABSENT)
		return 0;	/* nothing to start either */
	if (image->is != FACT_KNOWN)
		return rule_unjudged(in, out, err, "/root/path", "the image cannot be looked at: %s",
				     image->why ? image->why : "it was not recorded");
	if (!image->link)
		return 0;
	f = finding_add(in, out, err, "/root/path",
			"%s of the image is a symbolic link, which runtimes have followed out of it",
			image->link);
	return f ? 0 : err->code;
}

/* The runtime makes these in /dev: links to /proc/self/fd (config-linux.md#dev-symbolic-links). */
static bool under_proc(const char *path)
{
	static const char *const links[] = { "/proc", "/dev/fd", "/dev/stdin", "/dev/stdout",
					     "/dev/stderr", "/dev/core" };

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		if (text_path_below(path, links[i]))
			return true;
	}
	return false;
}

int check_cwd_unsafe(const struct rule_input *in, struct findings *out, struct error *err)
{
	static const char pointer[] = "/process/cwd";
	const char *cwd = in->spec->process.cwd.v;
	const struct fact_image *image = &in->facts->image;
	_cleanup_free_ char *clean = cwd ? text_path_clean(cwd) : NULL;
	const char *what = NULL;
	struct finding *f;

	if (!cwd)
		return 0;	/* a runtime refuses a process without one */
	if (!clean)
		return error_oom(err);
	if (cwd[0] != '/')
		what = "is not absolute";
	else if (under_proc(clean))
		what = "leads under /proc, where descriptors that the runtime left open can be entered";
	else if (image->is == FACT_KNOWN && image->cwd && under_proc(image->cwd))
		what = "leads under /proc through a symbolic link of the image or of a volume";
	else if (image->is == FACT_UNKNOWN || image->is == FACT_UNREADABLE ||
		 (image->is == FACT_KNOWN && !image->cwd))
		return rule_unjudged(in, out, err, pointer, "where it leads in the image cannot be told: %s",
				     image->why ? image->why : "it was not recorded");
	if (!what)
		return 0;
	f = finding_add(in, out, err, pointer, "%s", what);
	return f ? finding_value(f, err, "%s", cwd) : err->code;
}
