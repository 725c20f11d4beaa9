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
	const size_t len = strlen(prefix);

	for (size_t i = 0; i < spec->annotations.n; i++) {
		const struct json *node = spec->annotations.v[i].node;

		if (node && node->key && node->key_len >= len && memcmp(node->key, prefix, len) == 0)
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

/* Which other container may have it: with podman and docker, whose own is known. */
enum shared {
	SHARED_NOT,
	SHARED_NETWORK,			/* what joins its network namespace */
	SHARED_IPC,
	SHARED_BY_NAME,			/* any */
};

struct owned {
	enum engine engine;
	const char *pattern;
	enum shared shared;
};

/*
 * What engines keep for one container and bind into it, in default places
 * (docker's daemon/container, podman's libpod, containerd's internal/cri,
 * kubelet's pkg/kubelet/kubelet_pods.go). "*" is one component, so a parent
 * that holds other containers' files never matches.
 */
static const struct owned owned[] = {
	{ ENGINE_PODMAN, "/run/containers/storage/*-containers/*/userdata/hosts", SHARED_NETWORK },
	{ ENGINE_PODMAN, "/run/containers/storage/*-containers/*/userdata/hostname", SHARED_NOT },
	{ ENGINE_PODMAN, "/run/containers/storage/*-containers/*/userdata/resolv.conf", SHARED_NETWORK },
	{ ENGINE_PODMAN, "/run/containers/storage/*-containers/*/userdata/.containerenv", SHARED_NOT },
	{ ENGINE_PODMAN, "/run/containers/storage/*-containers/*/userdata/localtime", SHARED_NOT },
	{ ENGINE_PODMAN, "/run/containers/storage/*-containers/*/userdata/run/secrets", SHARED_NOT },
	{ ENGINE_PODMAN, "/var/lib/containers/storage/*-containers/*/userdata/passwd", SHARED_NOT },
	{ ENGINE_PODMAN, "/var/lib/containers/storage/*-containers/*/userdata/group", SHARED_NOT },
	{ ENGINE_PODMAN, "/var/lib/containers/storage/*-containers/*/userdata/secrets/*", SHARED_NOT },
	{ ENGINE_PODMAN, "/var/lib/containers/storage/*-containers/*/userdata/shm", SHARED_IPC },
	{ ENGINE_PODMAN, "/var/lib/containers/storage/volumes/*/_data", SHARED_BY_NAME },
	{ ENGINE_CONTAINERD, "/run/containerd/io.containerd.grpc.v1.cri/image-volumes/*/*", SHARED_NOT },
	{ ENGINE_DOCKER, "/var/lib/docker/containers/*/hosts", SHARED_NETWORK },
	{ ENGINE_DOCKER, "/var/lib/docker/containers/*/hostname", SHARED_NETWORK },
	{ ENGINE_DOCKER, "/var/lib/docker/containers/*/resolv.conf", SHARED_NETWORK },
	{ ENGINE_DOCKER, "/var/lib/docker/containers/*/mounts/shm", SHARED_IPC },
	/* of services; their configurations, too */
	{ ENGINE_DOCKER, "/var/lib/docker/containers/*/mounts/secrets/*", SHARED_NOT },
	{ ENGINE_DOCKER, "/var/lib/docker/volumes/*/_data", SHARED_BY_NAME },
	/* BuildKit's executor/oci, for the steps of a build: bound read-only */
	{ ENGINE_DOCKER, "/var/lib/docker/buildkit/executor/hosts*", SHARED_BY_NAME },
	{ ENGINE_DOCKER, "/var/lib/docker/buildkit/executor/resolv.conf", SHARED_BY_NAME },
};

/* What is kept for a pod, in a folder that is named for its sandbox. */
static const struct owned sandbox_owned[] = {
	{ ENGINE_CRIO, "/run/containers/storage/*-containers/*/userdata/hosts", SHARED_NOT },
	{ ENGINE_CRIO, "/run/containers/storage/*-containers/*/userdata/hostname", SHARED_NOT },
	{ ENGINE_CRIO, "/run/containers/storage/*-containers/*/userdata/resolv.conf", SHARED_NOT },
	{ ENGINE_CRIO, "/run/containers/storage/*-containers/*/userdata/.containerenv", SHARED_NOT },
	{ ENGINE_CRIO, "/run/containers/storage/*-containers/*/userdata/shm", SHARED_NOT },
	{ ENGINE_CRIO, "/var/lib/containers/storage/*-containers/*/userdata/.containerenv", SHARED_NOT },
	{ ENGINE_CONTAINERD, "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/*/hosts",
	  SHARED_NOT },
	{ ENGINE_CONTAINERD, "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/*/hostname",
	  SHARED_NOT },
	{ ENGINE_CONTAINERD, "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/*/resolv.conf",
	  SHARED_NOT },
	{ ENGINE_CONTAINERD, "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/*/shm", SHARED_NOT },
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

static bool has_folder(const char *path, const char *name, size_t n)
{
	for (const char *at = path; (at = strchr(at, '/'));) {
		at++;
		if (strncmp(at, name, n) == 0 && at[n] == '/')
			return true;
	}
	return false;
}

static const struct owned *among(const struct owned *list, size_t n, enum engine engine,
				 const char *path)
{
	for (size_t i = 0; i < n; i++) {
		if (engine != ENGINE_UNKNOWN && list[i].engine != engine)
			continue;
		if (text_glob(list[i].pattern, path))
			return &list[i];
	}
	return NULL;
}

static bool may_have(const struct owned *file, const struct engine_tells *tells, const char *path)
{
	return !tells->own_id || has_folder(path, tells->own_id, tells->own_id_len) ||
	       file->shared == SHARED_BY_NAME ||
	       (file->shared == SHARED_NETWORK && tells->joins_network) ||
	       (file->shared == SHARED_IPC && tells->joins_ipc);
}

bool engine_owned_file(enum engine engine, const struct engine_tells *tells, const char *path)
{
	const struct owned *file = among(owned, ARRAY_SIZE(owned), engine, path);
	const char *sandbox = tells->sandbox_id;

	if (file && may_have(file, tells, path))
		return true;
	if ((engine == ENGINE_UNKNOWN || (sandbox && has_folder(path, sandbox, strlen(sandbox)))) &&
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

/* bundle_id - the name of the folder of @bundle that stands between these, the last of it; or NULL. */
static const char *bundle_id(const char *bundle, const char *above, const char *below, size_t *ret)
{
	const size_t n = strlen(bundle), behind = strlen(below), before = strlen(above);
	const char *end = bundle + n - behind, *at;

	if (n < behind || strcmp(end, below) != 0)
		return NULL;
	at = memrchr(bundle, '/', (size_t)(end - bundle));
	if (!at || ++at == end || (size_t)(at - bundle) < before ||
	    strncmp(at - before, above, before) != 0)
		return NULL;
	*ret = (size_t)(end - at);
	return at;
}

/* Where the CRI of an engine keeps bundles, as fnmatch(3) patterns from their end. */
static bool is_cri_bundle(enum engine engine, const char *bundle)
{
	size_t len;

	if (engine == ENGINE_CONTAINERD)
		return bundle_id(bundle, "/io.containerd.runtime.v2.task/k8s.io/", "", &len);
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
	const char *id = annotation(spec, "io.kubernetes.cri-o.SandboxID");
	const char *own;
	size_t len;

	if (!bundle)
		return true;
	own = bundle_id(bundle, "-containers/", "/userdata", &len);
	return own && id && strlen(id) == len && strncmp(own, id, len) == 0;
}

/* joins_process - whether it joins that namespace of a process, as of another container. */
static bool joins_process(const struct oci_spec *spec, enum oci_ns ns)
{
	const struct oci_namespace *entry = oci_ns_find(spec, ns);

	return entry && entry->path.v && strncmp(entry->path.v, "/proc/", 6) == 0;
}

/* tells_own - what podman and docker tell by where the bundle is, and by nothing else. */
static void tells_own(enum engine engine, const char *bundle, const struct oci_spec *spec,
		      struct engine_tells *ret)
{
	if (engine == ENGINE_PODMAN)
		ret->own_id = bundle_id(bundle, "-containers/", "/userdata", &ret->own_id_len);
	if (engine == ENGINE_DOCKER)
		ret->own_id = bundle_id(bundle, "/", "", &ret->own_id_len);
	if (!ret->own_id && (engine == ENGINE_PODMAN || engine == ENGINE_DOCKER))
		ret->own_id = "";	/* a build's */
	ret->joins_network = joins_process(spec, NS_NETWORK);
	ret->joins_ipc = joins_process(spec, NS_IPC);
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
	if (bundle)
		tells_own(engine, bundle, spec, ret);
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
