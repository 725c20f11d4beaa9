/* SPDX-License-Identifier: Apache-2.0 */
/* Binds of the host's folders and sockets that are not sensitive by themselves. */
#include <cofferdam/rules.h>

#include <string.h>
#include <sys/stat.h>

#include "rules-private.h"

/*
 * pods_own - whether the kubelet made it for the pod. A subPath it binds from
 * wherever the volume is: of a hostPath volume that is a path of the host, and
 * on the kubelet's own file system nothing but the volume's folder tells it.
 */
static bool pods_own(const struct rule_input *in, const struct fact_place *source)
{
	_cleanup_buf_ struct buf volumes = { 0 };
	const struct fact_spot *spot = &source->spot;
	const struct fact_place *kubelet;

	if (!source->real || source->foreign || !engine_pod_file(in->tells.pod_uid, source->real))
		return false;
	if (!strstr(source->real, "/volume-subpaths/"))
		return true;
	buf_printf(&volumes, "/pods/%s/volumes/", in->tells.pod_uid);
	if (spot->within && strstr(spot->within, buf_cstr(&volumes)))
		return true;
	kubelet = facts_place(in->facts, "/var/lib/kubelet");
	return kubelet && kubelet->is == FACT_KNOWN &&
	       (kubelet->spot.major != spot->major || kubelet->spot.minor != spot->minor);
}

/*
 * bound - whether the mount shows the container something of the host's own.
 * What the kubelet mounted for the pod is the pod's (a claim, a secret),
 * whatever device it is on; a docker or podman volume is only what it is named
 * if nothing else is mounted in its place.
 */
static bool bound(const struct rule_input *in, size_t index)
{
	const struct fact_place *source = mount_source(in, index);

	return oci_mount_at(in->spec, index)->bind &&
	       !place_engine_owned(source, in->engine, &in->tells) && !pods_own(in, source);
}

static bool allowed_path(const struct rule_input *in, const struct fact_place *source)
{
	const char *const *allow = rule_param(in, "allow")->list;
	const struct fact_paths listed = facts_listed(in->facts, allow);

	for (size_t i = 0; allow && allow[i]; i++) {
		const struct fact_place *place = facts_listed_at(&listed, i);

		if (place && place->is == FACT_KNOWN && spot_below(&source->spot, &place->spot))
			return true;
	}
	return false;
}

int check_host_path(const struct rule_input *in, struct findings *out, struct error *err)
{
	for (size_t i = 0; i < in->spec->mounts.n; i++) {
		const struct fact_place *source = mount_source(in, i);
		struct finding *f;

		if (!bound(in, i))
			continue;
		if (!source->foreign && !place_located(source)) {
			if (mount_unjudged(in, out, err, i, "what the source really is") < 0)
				return err->code;
			continue;
		}
		if (!source->foreign && source->n_below == 0 && allowed_path(in, source))
			continue;
		f = mount_finding(in, out, err, i, "source",
				  "mounts a path of the host outside what the policy allows");
		if (!f || finding_value(f, err, "%s", oci_mount_at(in->spec, i)->source.v) < 0)
			return err->code;
	}
	return 0;
}

/* held_socket - the first socket that the source is or holds, or NULL. */
static const struct fact_place *held_socket(const struct rule_input *in,
					    const struct fact_place *source)
{
	for (size_t i = 0; i < in->facts->sockets.n; i++) {
		const struct fact_place *socket = &in->facts->sockets.v[i];

		if (spot_below(&socket->spot, &source->spot))
			return socket;
		for (size_t b = 0; b < source->n_below; b++) {
			if (spot_below(&socket->spot, &source->below[b]))
				return socket;
		}
	}
	return NULL;
}

int check_host_socket(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct fact_sockets *sockets = &in->facts->sockets;

	for (size_t i = 0; i < in->spec->mounts.n; i++) {
		const struct fact_place *source = mount_source(in, i);
		const struct fact_place *held;
		struct finding *f;

		if (!bound(in, i) || source->foreign)
			continue;
		if (!place_located(source) || (sockets->is != FACT_KNOWN && sockets->is != FACT_ABSENT)) {
			if (mount_unjudged(in, out, err, i, "what the source really is") < 0)
				return err->code;
			continue;
		}
		held = held_socket(in, source);
		if (!held && !S_ISSOCK(source->mode))
			continue;
		f = mount_finding(in, out, err, i, "source",
				  "gives the container a socket of a program on the host");
		if (!f || finding_value(f, err, "%s", held ? held->path : source->path) < 0)
			return err->code;
	}
	return 0;
}
