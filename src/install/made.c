/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers that were made before a change, which engines go on to run as they were
 * made: containerd's shims call the runtime that they were started with, and Docker
 * starts a container with the runtime that it was made for.
 */
#include "install-private.h"

#include <string.h>

/* Every folder in @folder. */
static int folders_in(const struct tree *tree, const char *folder, struct paths *ret)
{
	struct error ignored;

	return where_conf(tree, folder, "", ret, &ignored);
}

/* Whether the file @name in @folder says @what, and nothing else. */
static bool file_says(const struct tree *tree, const char *folder, const char *name,
		      const char *what)
{
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_free_ char *path = NULL;
	struct error ignored;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		path = NULL;
	return path && tree_read(tree, path, &text, NULL, &ignored) == 0 &&
	       strcmp(buf_cstr(&text), what) == 0;
}

size_t made_runs(const struct tree *tree, const char *door)
{
	/* containerd's own, and the one that dockerd starts where there is none */
	static const char *const places[] = {
		"/run/containerd/io.containerd.runtime.v2.task",
		"/run/docker/containerd/daemon/io.containerd.runtime.v2.task",
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_paths_ struct paths namespaces = { 0 };

		if (folders_in(tree, places[i], &namespaces) < 0)
			continue;
		for (size_t k = 0; k < namespaces.n; k++) {
			_cleanup_paths_ struct paths bundles = { 0 };

			if (folders_in(tree, namespaces.v[k], &bundles) < 0)
				continue;
			for (size_t j = 0; j < bundles.n; j++)
				n += file_says(tree, bundles.v[j], "runtime", door);
		}
	}
	return n;
}

/* The runtime that a container of Docker's was made for is Cofferdam's; -1: it is not known. */
static int is_ours(const struct tree *tree, const char *container)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_free_ char *path = NULL;
	const struct json *runtime;
	struct error ignored;

	if (asprintf(&path, "%s/hostconfig.json", container) < 0)
		path = NULL;
	if (!path || tree_read(tree, path, &text, NULL, &ignored) < 0 ||
	    json_parse(path, buf_cstr(&text), text.len, 0, &doc, &ignored) < 0)
		return -1;
	runtime = json_get(doc->root, "Runtime");
	return runtime && runtime->type == JSON_STRING ? strcmp(runtime->str, DOCKER_RUNTIME) == 0 : -1;
}

size_t made_by_docker(const struct tree *tree, bool ours)
{
	_cleanup_paths_ struct paths containers = { 0 };
	size_t n = 0;

	if (folders_in(tree, "/var/lib/docker/containers", &containers) < 0)
		return 0;
	for (size_t i = 0; i < containers.n; i++)
		n += is_ours(tree, containers.v[i]) == ours;
	return n;
}
