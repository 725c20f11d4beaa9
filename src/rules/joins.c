/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces that are joined, and the ones that should be the container's own. */
#include <cofferdam/rules.h>

#include <ctype.h>
#include <string.h>

#include <cofferdam/text.h>

#include "rules-private.h"

/* What the entry joins. In the hook paths are not looked at: the process is there. */
static const struct fact_ns *joined_fact(const struct rule_input *in, enum oci_ns ns, size_t index)
{
	static const struct fact_ns unknown;

	if (in->facts->container[ns].is != FACT_UNKNOWN)
		return &in->facts->container[ns];
	return index < in->facts->n_namespaces ? &in->facts->namespaces[index] : &unknown;
}

static bool comparable(const struct rule_input *in, enum oci_ns ns, const struct fact_ns *fact)
{
	return fact->is == FACT_KNOWN && in->facts->host[ns].is == FACT_KNOWN;
}

static bool is_hosts(const struct rule_input *in, enum oci_ns ns, const struct fact_ns *fact)
{
	return comparable(in, ns, fact) && fact_ns_same(fact, &in->facts->host[ns]);
}

/* Judged by config.json alone: runc makes this namespace after its hooks ran. */
int check_host_cgroup(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct oci_namespace *entry = oci_ns_find(in->spec, NS_CGROUP);
	const struct fact_cgroup *cgroup = &in->facts->cgroup;
	struct finding *f;

	if (cgroup->is == FACT_UNKNOWN)
		return rule_unjudged(in, out, err, "/linux/namespaces",
				     "whether the host has cgroup v2 was not recorded");
	if (!cgroup->v2)
		return 0;
	if (entry && (!entry->path.v || entry->path.v[0] == '\0'))
		return 0;
	if (entry && !comparable(in, NS_CGROUP, joined_fact(in, NS_CGROUP, entry->node->index)))
		return rule_unjudged(in, out, err, "/linux/namespaces",
				     "the cgroup namespace to join cannot be looked at");
	if (entry && !is_hosts(in, NS_CGROUP, joined_fact(in, NS_CGROUP, entry->node->index)))
		return 0;
	f = finding_add(in, out, err, "/linux/namespaces",
			"the container sees the host's cgroup hierarchy");
	if (!f)
		return err->code;
	return entry ? 0
		     : finding_edit(f, JSON_ADD, "/linux/namespaces/-", "{\"type\": \"cgroup\"}",
				    err);
}

int check_host_user(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct oci_namespace *entry = oci_ns_find(in->spec, NS_USER);
	const struct fact_ns *joined;
	const struct finding *f;

	if (entry && (!entry->path.v || entry->path.v[0] == '\0'))
		return 0;
	joined = entry ? joined_fact(in, NS_USER, entry->node->index) : NULL;
	if (entry && !comparable(in, NS_USER, joined))
		return rule_unjudged(in, out, err, "/linux/namespaces",
				     "the user namespace to join cannot be looked at");
	if (entry && !is_hosts(in, NS_USER, joined))
		return 0;
	f = finding_add(in, out, err, "/linux/namespaces", "%s, so ids inside are the host's",
			entry ? "joins the host's user namespace" : "has no \"user\" entry");
	return f ? 0 : err->code;
}

/* proc_pid - the N of /proc/N/ns/X, or 0. */
static unsigned long proc_pid(const char *path)
{
	char *end;
	unsigned long pid;

	if (strncmp(path, "/proc/", 6) != 0 || !isdigit((unsigned char)path[6]))
		return 0;
	pid = strtoul(path + 6, &end, 10);
	return strncmp(end, "/ns/", 4) == 0 ? pid : 0;
}

/*
 * The form in which containerd's CRI joins a container to its pod: every entry
 * names the sandbox's process, but a pid namespace may be that of another container
 * of the pod (NamespaceMode TARGET). Believed of no other engine, nor of nerdctl, where
 * a user can name any process ("--network container:X"). Whether it is the sandbox's is
 * not looked at: nobody writes the path but the CRI, and whoever may use containerd's socket.
 */
static bool containerd_pod(const struct rule_input *in)
{
	unsigned long pid = 0;

	if (in->engine != ENGINE_CONTAINERD || !in->tells.sandbox_id)
		return false;
	for (size_t i = 0; i < in->spec->linux_.namespaces.n; i++) {
		const struct oci_namespace *entry = oci_ns_at(in->spec, i);
		unsigned long one = entry->path.v ? proc_pid(entry->path.v) : 0;

		if (one == 0 || (entry->type.v && strcmp(entry->type.v, "pid") == 0))
			continue;
		if (pid != 0 && one != pid)
			return false;
		pid = one;
	}
	return pid != 0;
}

/*
 * CRI-O pins all of a pod's namespaces but a shared pid namespace, which it
 * joins by a process of the pod: the CRI has no way to name another one.
 */
static bool crio_pod_pid(const struct rule_input *in, const struct oci_namespace *entry)
{
	return in->engine == ENGINE_CRIO && entry->type.v && strcmp(entry->type.v, "pid") == 0 &&
	       proc_pid(entry->path.v);
}

/* pods_share - whether a pod's containers can have such a namespace in common (CRI, NamespaceOption). */
static bool pods_share(const struct oci_namespace *entry)
{
	static const enum oci_ns shared[] = { NS_IPC, NS_NETWORK, NS_PID, NS_USER, NS_UTS };

	for (size_t i = 0; entry->type.v && i < ARRAY_SIZE(shared); i++) {
		if (strcmp(entry->type.v, oci_ns_name(shared[i])) == 0)
			return true;
	}
	return false;
}

int check_foreign_namespace(const struct rule_input *in, struct findings *out,
			    struct error *err)
{
	const bool pod = containerd_pod(in);

	for (size_t i = 0; i < in->spec->linux_.namespaces.n; i++) {
		const struct oci_namespace *entry = oci_ns_at(in->spec, i);
		const char *path = entry->path.v, *pointer;
		struct finding *f;
		const struct fact_ns *joined = NULL;
		enum oci_ns ns = NS_MAX;

		if (!path || path[0] == '\0' || (pod && proc_pid(path) && pods_share(entry)) ||
		    crio_pod_pid(in, entry) || rule_listed(in, "allow", path))
			continue;
		for (int t = 0; entry->type.v && ns == NS_MAX && t < NS_MAX; t++) {
			if (strcmp(entry->type.v, oci_ns_name((enum oci_ns)t)) == 0)
				ns = (enum oci_ns)t;
		}
		joined = ns < NS_MAX ? joined_fact(in, ns, i) : NULL;
		if (joined && is_hosts(in, ns, joined))
			continue;	/* a finding of the rules on host namespaces */
		pointer = pointer_to(out, err, "/linux/namespaces/", i, "path");
		if (!pointer)
			return err->code;
		f = finding_add(in, out, err, pointer,
				"joins the %s namespace of something else on the host",
				entry->type.v ? entry->type.v : "");
		if (f)	/* it may be the host's, which other rules judge */
			f->unjudged = joined && !comparable(in, ns, joined);
		if (!f || finding_value(f, err, "%s", path) < 0)
			return err->code;
	}
	return 0;
}
