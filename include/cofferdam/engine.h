/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_ENGINE_H
#define COFFERDAM_ENGINE_H

/*
 * What only one engine does. Who called is known from how we were registered
 * (--engine, or the path that was executed), never from the container; a
 * guess from the configuration only chooses the wording of advice.
 */

#include <cofferdam/oci.h>

enum engine {
	ENGINE_UNKNOWN = 0,
	ENGINE_PODMAN,
	ENGINE_CRIO,
	ENGINE_CONTAINERD,
	ENGINE_DOCKER,
	ENGINE_MAX
};

/* engine_name - "podman", "crio", "containerd", "docker", or "unknown". */
const char *engine_name(enum engine engine);

/* engine_names - all but "unknown", for hints; ENGINE_MAX - 1 of them. */
const char *const *engine_names(void);

/* engine_parse - ENGINE_UNKNOWN when @name is none of them. */
enum engine engine_parse(const char *name);

/* Whose words advice is given in. */
enum wording {
	WORDS_SPEC,			/* members of config.json */
	WORDS_RUN,			/* docker run, podman run */
	WORDS_KUBERNETES,		/* fields of a pod */
	WORDS_MAX
};

/* engine_wording - @engine's; where nobody said which, of the one that @spec looks like. */
enum wording engine_wording(enum engine engine, const struct oci_spec *spec);

/*
 * What the registered engine tells of a container by annotations that it writes
 * itself, after all that its user may set; NULL is not told. Of podman and docker
 * the place of the bundle tells: whatever stands in annotations is their caller's.
 */
struct engine_tells {
	bool sandbox;			/* a pod's own container, whose image the engine chooses */
	const char *image;		/* the name that was asked for */
	const char *image_id;		/* CRI-O alone */
	const char *namespace_;		/* of the pod */
	const char *pod_uid;		/* NULL also if it is none, and so for the next */
	const char *sandbox_id;		/* whose files the containers of the pod share */
	const char *own_id;		/* podman and docker: in the bundle's path, of so many bytes,
					 * 0 if there is none; NULL: the bundle is not known */
	size_t own_id_len;
	bool joins_network, joins_ipc;	/* a process's namespace, so that it may share files with that */
};

/*
 * engine_tells - @bundle is the bundle's absolute path, or NULL where it is not
 * known (a file on the command line). Other callers reach the same runtime with
 * annotations of their choice (ctr, dockerd's containerd, podman beside CRI-O):
 * of a bundle that is not where the engine's CRI keeps them, nothing is believed; nor
 * of one that CRI-O made for a container which says that it is a pod's own.
 */
void engine_tells(enum engine engine, const char *bundle, const struct oci_spec *spec,
		  struct engine_tells *ret);

/*
 * engine_owned_file - whether @path, a real path on the host (symbolic links
 * resolved), is one that engines make for a single container: its hosts,
 * hostname, resolv.conf, its /dev/shm, or a named volume's data. ENGINE_UNKNOWN
 * means any engine's. What is made for a pod counts for the one that @tells names
 * alone, so that no container is given another pod's volumes, or names to resolve. Of another
 * container of podman or docker it counts for one that joins a network (hosts, resolv.conf;
 * docker's hostname) or an ipc namespace (shm), as of --network container:X, a pod's member:
 * whose process that is, is not looked at.
 */
bool engine_owned_file(enum engine engine, const struct engine_tells *tells, const char *path);

/* engine_pod_file - whether the kubelet made @path for the pod @pod_uid (may be NULL). */
bool engine_pod_file(const char *pod_uid, const char *path);

#endif
