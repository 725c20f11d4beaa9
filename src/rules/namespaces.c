/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host namespaces. A missing entry means the runtime's own namespace
 * (config-linux.md#namespaces). An entry with a path proves nothing by its
 * name: containerd writes the same path form for a pod of its own and for a
 * hostNetwork pod, so inodes are compared.
 */
#include <cofferdam/rules.h>

#include <inttypes.h>
#include <string.h>

#include "rules-private.h"

static const char *reason(const struct fact_ns *fact)
{
	if (fact->is == FACT_ABSENT)
		return "it does not exist";
	return fact->why ? fact->why : "it was not recorded";
}

static int unjudged(const struct rule_input *in, struct findings *out, struct error *err,
		    const char *pointer, const char *what, const struct fact_ns *fact)
{
	return rule_unjudged(in, out, err, pointer, "%s cannot be compared: %s", what, reason(fact));
}

/*
 * shared_mounts - @pointer joins another's mount namespace: pivot_root(2) makes the
 * container's root that of all who are in it, a service of the host's among them.
 */
static int shared_mounts(const struct rule_input *in, struct findings *out, struct error *err,
			 const char *pointer, const char *path)
{
	struct finding *f = finding_add(in, out, err, pointer,
					"joins a mount namespace that is another's, for all of whom the container's root would be theirs");

	return f ? finding_value(f, err, "%s", path) : err->code;
}

/* judge_path - the entry joins an existing namespace: is it the host's? */
static int judge_path(const struct rule_input *in, struct findings *out, struct error *err,
		      size_t index)
{
	enum oci_ns ns = (enum oci_ns)registry_rule(in->id)->arg;
	const struct oci_namespace *entry = oci_ns_at(in->spec, index);
	const struct fact_ns *host = &in->facts->host[ns];
	static const struct fact_ns unknown;
	const struct fact_ns *joined =
		index < in->facts->n_namespaces ? &in->facts->namespaces[index] : &unknown;
	const char *pointer = pointer_to(out, err, "/linux/namespaces/", index, "path");
	struct finding *f;

	if (!pointer)
		return err->code;
	if (joined->is != FACT_KNOWN)
		return unjudged(in, out, err, pointer, "the namespace to join", joined);
	if (host->is != FACT_KNOWN)
		return unjudged(in, out, err, pointer, "the host's namespace", host);
	if (!fact_ns_same(joined, host))
		return ns != NS_MOUNT ? 0 : shared_mounts(in, out, err, pointer, entry->path.v);
	f = finding_add(in, out, err, pointer,
			"joins the host's %s namespace by a path", oci_ns_name(ns));
	return f ? finding_value(f, err, "%s", entry->path.v) : err->code;
}

/* judge_running - in the hook the container's process already shows the truth. */
static int judge_running(const struct rule_input *in, struct findings *out,
			 struct error *err)
{
	enum oci_ns ns = (enum oci_ns)registry_rule(in->id)->arg;
	const struct fact_ns *host = &in->facts->host[ns], *own = &in->facts->container[ns];
	const struct oci_namespace *entry = oci_ns_find(in->spec, ns);
	struct finding *f;

	if (own->is != FACT_KNOWN)
		return unjudged(in, out, err, "/linux/namespaces", "the container's namespace",
				own);
	if (host->is != FACT_KNOWN)
		return unjudged(in, out, err, "/linux/namespaces", "the host's namespace", host);
	if (fact_ns_same(own, host)) {
		f = finding_add(in, out, err, "/linux/namespaces",
				"the container is in the host's %s namespace", oci_ns_name(ns));
		return f ? finding_value(f, err, "%s:[%" PRIu64 "]", oci_ns_proc(ns), own->ino)
			 : err->code;
	}
	if (entry && ns == NS_MOUNT && entry->path.v && entry->path.v[0])
		return shared_mounts(in, out, err, "/linux/namespaces", entry->path.v);
	if (entry)
		return 0;
	f = finding_add(in, out, err, "/linux/namespaces",
			"has no \"%s\" entry, yet the container has such a namespace: this is not the configuration that the runtime read",
			oci_ns_name(ns));
	return f ? 0 : err->code;
}

/* judge_entries - all of the type: runc refuses a second one, crun joins the last. */
static int judge_entries(const struct rule_input *in, struct findings *out, struct error *err)
{
	const char *name = oci_ns_name((enum oci_ns)registry_rule(in->id)->arg);
	int r = 0;

	for (size_t i = 0; r == 0 && i < in->spec->linux_.namespaces.n; i++) {
		const struct oci_namespace *entry = oci_ns_at(in->spec, i);

		/* An empty path reads as none, in runc and in crun. */
		if (entry->path.v && entry->path.v[0] != '\0' && entry->type.v &&
		    strcmp(entry->type.v, name) == 0)
			r = judge_path(in, out, err, i);
	}
	return r;
}

int check_host_namespace(const struct rule_input *in, struct findings *out,
			 struct error *err)
{
	enum oci_ns ns = (enum oci_ns)registry_rule(in->id)->arg;
	struct finding *f;

	if (in->facts->container[ns].is != FACT_UNKNOWN)
		return judge_running(in, out, err);
	if (oci_ns_find(in->spec, ns))
		return judge_entries(in, out, err);
	f = finding_add(in, out, err, "/linux/namespaces",
			"has no \"%s\" entry, so the container shares the host's",
			oci_ns_name(ns));
	return f ? 0 : err->code;
}
