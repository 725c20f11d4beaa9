/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/engine.h>

#include <string.h>

#include <cofferdam/text.h>

static const char *const names[] = { "podman", "crio", "containerd", "docker" };

_Static_assert(ARRAY_SIZE(names) == ENGINE_MAX - 1, "one name an engine");

const char *engine_name(enum engine engine)
{
	return engine == ENGINE_UNKNOWN ? "unknown" : names[engine - 1];
}

const char *const *engine_names(void)
{
	return names;
}

enum engine engine_parse(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return (enum engine)(i + 1);
	}
	return ENGINE_UNKNOWN;
}

static bool has_annotation(const struct oci_spec *spec, const char *prefix)
{
	for (size_t i = 0; i < spec->annotations.n; i++) {
		const struct json *node = spec->annotations.v[i].node;

		if (node && node->key && strncmp(node->key, prefix, strlen(prefix)) == 0)
			return true;
	}
	return false;
}

static bool has_source(const struct oci_spec *spec, const char *prefix)
{
	for (size_t i = 0; i < spec->mounts.n; i++) {
		const char *source = oci_mount_at(spec, i)->source.v;

		if (source && strncmp(source, prefix, strlen(prefix)) == 0)
			return true;
	}
	return false;
}

/* guess - from annotations and paths, for wording alone. */
static enum engine guess(const struct oci_spec *spec)
{
	/* podman writes a few of CRI-O's keys too. */
	if (has_annotation(spec, "io.podman.annotations.") ||
	    has_annotation(spec, "org.opencontainers.image.stopSignal"))
		return ENGINE_PODMAN;
	if (has_annotation(spec, "io.kubernetes.cri-o."))
		return ENGINE_CRIO;
	if (has_annotation(spec, "io.kubernetes.cri."))
		return ENGINE_CONTAINERD;
	if (has_source(spec, "/var/lib/docker/"))
		return ENGINE_DOCKER;
	return ENGINE_UNKNOWN;
}

enum wording engine_wording(enum engine engine, const struct oci_spec *spec)
{
	switch (engine != ENGINE_UNKNOWN ? engine : guess(spec)) {
	case ENGINE_PODMAN:
	case ENGINE_DOCKER:
		return WORDS_RUN;
	case ENGINE_CRIO:
	case ENGINE_CONTAINERD:
		return WORDS_KUBERNETES;
	case ENGINE_UNKNOWN:
	case ENGINE_MAX:
		break;
	}
	return WORDS_SPEC;
}

struct owned {
	enum engine engine;
	const char *pattern;
};

/*
 * What engines keep for one container and bind into it, in default places
 * (docker's daemon/container, podman's libpod, containerd's internal/cri,
 * kubelet's pkg/kubelet/kubelet_pods.go). "*" is one component, so a parent
 * that holds other containers' files never matches. Whose they are is not asked: one
 * of docker or podman may share another's (--network container:X), and names it nowhere.
 */
static const struct owned owned[] = {
	{ ENGINE_PODMAN, "/run/containers/storage/*-containers/*/userdata/hosts" },
	{ ENGINE_PODMAN, "/run/containers/storage/*-containers/*/userdata/hostname" },
	{ ENGINE_PODMAN, "/run/containers/storage/*-containers/*/userdata/resolv.conf" },
	{ ENGINE_PODMAN, "/run/containers/storage/*-containers/*/userdata/.containerenv" },
	{ ENGINE_PODMAN, "/run/containers/storage/*-containers/*/userdata/run/secrets" },
	{ ENGINE_PODMAN, "/var/lib/containers/storage/*-containers/*/userdata/passwd" },
	{ ENGINE_PODMAN, "/var/lib/containers/storage/*-containers/*/userdata/group" },
	{ ENGINE_PODMAN, "/var/lib/containers/storage/*-containers/*/userdata/shm" },
	{ ENGINE_PODMAN, "/var/lib/containers/storage/volumes/*/_data" },
	{ ENGINE_CONTAINERD, "/run/containerd/io.containerd.grpc.v1.cri/image-volumes/*/*" },
	{ ENGINE_DOCKER, "/var/lib/docker/containers/*/hosts" },
	{ ENGINE_DOCKER, "/var/lib/docker/containers/*/hostname" },
	{ ENGINE_DOCKER, "/var/lib/docker/containers/*/resolv.conf" },
	{ ENGINE_DOCKER, "/var/lib/docker/containers/*/mounts/shm" },
	{ ENGINE_DOCKER, "/var/lib/docker/volumes/*/_data" },
	/* BuildKit's executor/oci, for the steps of a build: bound read-only */
	{ ENGINE_DOCKER, "/var/lib/docker/buildkit/executor/hosts*" },
	{ ENGINE_DOCKER, "/var/lib/docker/buildkit/executor/resolv.conf" },
};

/* What is kept for a pod, in a folder that is named for its sandbox. */
static const struct owned sandbox_owned[] = {
	{ ENGINE_CRIO, "/run/containers/storage/*-containers/*/userdata/hosts" },
	{ ENGINE_CRIO, "/run/containers/storage/*-containers/*/userdata/hostname" },
	{ ENGINE_CRIO, "/run/containers/storage/*-containers/*/userdata/resolv.conf" },
	{ ENGINE_CRIO, "/run/containers/storage/*-containers/*/userdata/.containerenv" },
	{ ENGINE_CRIO, "/run/containers/storage/*-containers/*/userdata/shm" },
	{ ENGINE_CRIO, "/var/lib/containers/storage/*-containers/*/userdata/.containerenv" },
	{ ENGINE_CONTAINERD, "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/*/hosts" },
	{ ENGINE_CONTAINERD, "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/*/hostname" },
	{ ENGINE_CONTAINERD, "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/*/resolv.conf" },
	{ ENGINE_CONTAINERD, "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/*/shm" },
};

/* What the kubelet keeps for a pod, below /var/lib/kubelet/pods/UID/ (kubelet_pods.go). */
static const char *const pod_owned[] = {
	"etc-hosts", "containers/*/*", "volumes/*/*", "volumes/*/*/mount", "volume-subpaths/*/*/*",
};

bool engine_pod_file(const char *pod_uid, const char *path)
{
	static const char pods[] = "/var/lib/kubelet/pods/";
	const size_t len = pod_uid ? strlen(pod_uid) : 0;

	if (!pod_uid || strncmp(path, pods, sizeof(pods) - 1) != 0)
		return false;
	path += sizeof(pods) - 1;
	if (strncmp(path, pod_uid, len) != 0 || path[len] != '/')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(pod_owned); i++) {
		if (text_glob(pod_owned[i], path + len + 1))
			return true;
	}
	return false;
}

static bool has_folder(const char *path, const char *name)
{
	const size_t n = strlen(name);

	for (const char *at = path; (at = strchr(at, '/'));) {
		at++;
		if (strncmp(at, name, n) == 0 && at[n] == '/')
			return true;
	}
	return false;
}

static bool among(const struct owned *list, size_t n, enum engine engine, const char *path)
{
	for (size_t i = 0; i < n; i++) {
		if (engine != ENGINE_UNKNOWN && list[i].engine != engine)
			continue;
		if (text_glob(list[i].pattern, path))
			return true;
	}
	return false;
}

bool engine_owned_file(enum engine engine, const struct engine_tells *tells, const char *path)
{
	if (among(owned, ARRAY_SIZE(owned), engine, path))
		return true;
	if ((engine == ENGINE_UNKNOWN || (tells->sandbox_id && has_folder(path, tells->sandbox_id))) &&
	    among(sandbox_owned, ARRAY_SIZE(sandbox_owned), engine, path))
		return true;
	return engine_pod_file(tells->pod_uid, path);
}

/* annotation - the value of @key; NULL also where it stands twice: which counts? */
static const char *annotation(const struct oci_spec *spec, const char *key)
{
	const char *value = NULL;
	size_t found = 0;

	for (size_t i = 0; i < spec->annotations.n; i++) {
		const struct json *node = spec->annotations.v[i].node;

		if (!node || !node->key || strcmp(node->key, key) != 0)
			continue;
		value = spec->annotations.v[i].v;
		found++;
	}
	return found == 1 ? value : NULL;
}

/* identifies - a UUID's 36 characters, the 32 of a static pod's hash, the 64 of a sandbox. */
static bool identifies(const char *id)
{
	return id && strlen(id) >= 16 && strlen(id) <= 64 &&
	       strspn(id, "0123456789abcdefABCDEF-") == strlen(id);
}

/* Where the CRI of an engine keeps bundles, as fnmatch(3) patterns from their end. */
static bool is_cri_bundle(enum engine engine, const char *bundle)
{
	static const char containerd[] = "/io.containerd.runtime.v2.task/k8s.io/";
	const char *at;

	if (engine == ENGINE_CONTAINERD) {
		at = strstr(bundle, containerd);
		return at && at[sizeof(containerd) - 1] != '\0' &&
		       !strchr(at + sizeof(containerd) - 1, '/');
	}
	/* podman keeps its own below the graph root, in /var/lib */
	return text_glob("/run/*/*/*-containers/*/userdata", bundle) ||
	       text_glob("/var/run/*/*/*-containers/*/userdata", bundle);
}

/*
 * crio_own - whether the container of @bundle is its pod's own. Who calls the CRI can write
 * ContainerType and the name POD on any container; but a sandbox's id is also its pod's,
 * and the folder's name is an id that CRI-O draws when all annotations are written.
 */
static bool crio_own(const char *bundle, const struct oci_spec *spec)
{
	static const char containers[] = "-containers/";
	const char *id = annotation(spec, "io.kubernetes.cri-o.SandboxID");
	const char *at = bundle ? strstr(bundle, containers) : NULL;
	const size_t len = id ? strlen(id) : 0;

	if (!bundle)
		return true;
	return at && len > 0 && strncmp(at + sizeof(containers) - 1, id, len) == 0 &&
	       strcmp(at + sizeof(containers) - 1 + len, "/userdata") == 0;
}

void engine_tells(enum engine engine, const char *bundle, const struct oci_spec *spec,
		  struct engine_tells *ret)
{
	/* containerd internal/cri/annotations, CRI-O pkg/annotations/internal.go */
	static const struct {
		const char *type, *image, *image_id, *namespace_, *pod_uid, *sandbox_id;
	} keys[ENGINE_MAX] = {
		[ENGINE_CONTAINERD] = { "io.kubernetes.cri.container-type",
					"io.kubernetes.cri.image-name", NULL,
					"io.kubernetes.cri.sandbox-namespace",
					"io.kubernetes.cri.sandbox-uid",
					"io.kubernetes.cri.sandbox-id" },
		[ENGINE_CRIO] = { "io.kubernetes.cri-o.ContainerType",
				  "io.kubernetes.cri-o.ImageName",
				  "io.kubernetes.cri-o.ImageRef",
				  "io.kubernetes.pod.namespace",
				  "io.kubernetes.pod.uid",
				  "io.kubernetes.cri-o.SandboxID" },
	};
	const char *type, *name;

	*ret = (struct engine_tells){ 0 };
	if (!keys[engine].type || (bundle && !is_cri_bundle(engine, bundle)))
		return;
	type = annotation(spec, keys[engine].type);
	/* CRI-O puts a pod's annotations over its own on a sandbox, but its labels over those */
	name = engine == ENGINE_CRIO ? annotation(spec, "io.kubernetes.container.name") : NULL;
	ret->sandbox = (type && strcmp(type, "sandbox") == 0) || (name && strcmp(name, "POD") == 0);
	ret->namespace_ = annotation(spec, keys[engine].namespace_);
	ret->pod_uid = annotation(spec, keys[engine].pod_uid);
	if (!identifies(ret->pod_uid))
		ret->pod_uid = NULL;
	ret->sandbox_id = annotation(spec, keys[engine].sandbox_id);
	if (!identifies(ret->sandbox_id))
		ret->sandbox_id = NULL;
	if (ret->sandbox && engine == ENGINE_CRIO && !crio_own(bundle, spec)) {
		*ret = (struct engine_tells){ 0 };
		return;
	}
	if (ret->sandbox || !type)
		return;	/* containerd does not write the key there, so it would be the pod's */
	ret->image = annotation(spec, keys[engine].image);
	if (keys[engine].image_id)
		ret->image_id = annotation(spec, keys[engine].image_id);
}
