/* SPDX-License-Identifier: Apache-2.0 */
/* Which images and workloads the host takes, by what the registered engine tells. */
#include <cofferdam/rules.h>

#include <string.h>

#include <cofferdam/text.h>

#include "rules-private.h"

static bool image_listed(const struct rule_input *in, const char *image)
{
	const char *const *names = rule_param(in, "names")->list;

	for (size_t i = 0; image && names[i]; i++) {
		if (text_glob_image(names[i], image))
			return true;
	}
	return false;
}

int check_image(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct engine_tells *tells = &in->tells;
	struct finding *f;

	/* the engine's own choice, which nobody who makes a pod can change */
	if (tells->sandbox || image_listed(in, tells->image) ||
	    (tells->image_id && rule_listed(in, "ids", tells->image_id)))
		return 0;
	if (!tells->image && !tells->image_id)
		return rule_unjudged(in, out, err, "/annotations",
				     "the image is not known: %s",
				     in->engine == ENGINE_CRIO || in->engine == ENGINE_CONTAINERD ?
				     "the engine's CRI did not make this container" :
				     "only CRI-O and containerd's CRI tell it");
	f = finding_add(in, out, err, "/annotations", "the image is not on the policy's list");
	if (!f)
		return err->code;
	return finding_value(f, err, "%s%s%s", tells->image ? tells->image : "",
			     tells->image && tells->image_id ? " " : "",
			     tells->image_id ? tells->image_id : "");
}

static int judge_namespace(const struct rule_input *in, struct findings *out, struct error *err)
{
	const char *namespace_ = in->tells.namespace_;
	struct finding *f;

	if (!rule_param(in, "namespaces")->list[0] ||
	    (namespace_ && rule_listed(in, "namespaces", namespace_)))
		return 0;
	if (!namespace_)
		return rule_unjudged(in, out, err, "/annotations",
				     "the namespace is not known: only CRI-O and containerd's CRI tell it");
	f = finding_add(in, out, err, "/annotations", "this host does not take its namespace");
	return f ? finding_value(f, err, "%s", namespace_) : err->code;
}

/* Whoever starts the container names its tier: a claim, good for sorting, no proof. */
static int judge_tier(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct field_map *map = &in->spec->annotations;
	bool named = false;

	if (!rule_param(in, "annotations")->list[0])
		return 0;
	for (size_t i = 0; i < map->n; i++) {
		const char *key = map->v[i].node ? map->v[i].node->key : NULL;
		_cleanup_buf_ struct buf pointer = { 0 };
		struct finding *f;

		if (!key || !map->v[i].v || !rule_listed(in, "annotations", key))
			continue;
		named = true;
		if (rule_listed(in, "tiers", map->v[i].v))
			continue;
		buf_str(&pointer, "/annotations/");
		json_pointer_token(&pointer, key);
		if (buf_check(&pointer, err) < 0)
			return err->code;
		f = finding_add(in, out, err, buf_cstr(&pointer),
				"this host does not take its tier");
		if (!f || finding_value(f, err, "%s", map->v[i].v) < 0)
			return err->code;
	}
	if (!named && !finding_add(in, out, err, "/annotations",
				   "no annotation names its tier"))
		return err->code;
	return 0;
}

int check_placement(const struct rule_input *in, struct findings *out, struct error *err)
{
	int r;

	if (!rule_param(in, "namespaces")->list[0] && !rule_param(in, "annotations")->list[0])
		return finding_add(in, out, err, "", "the policy lists nothing that this host takes")
			? 0 : err->code;
	r = judge_namespace(in, out, err);
	return r < 0 ? r : judge_tier(in, out, err);
}
