/* SPDX-License-Identifier: Apache-2.0 */
/* What else starts containers on this host, or could be named to: nothing of it is a door's. */
#include "doctor-private.h"

#include <string.h>

#include <cofferdam/text.h>

/* containerd's own, which call what BinaryName or "runc" says */
static bool is_runcs(const char *shim)
{
	static const char *const names[] = { "containerd-shim-runc-v1", "containerd-shim-runc-v2" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(text_path_base(shim), names[i]) == 0)
			return true;
	}
	return false;
}

/* Whoever may use the engine can name a shim by its type. */
static void shims(struct doctor *d, enum engine engine)
{
	_cleanup_paths_ struct paths found = { 0 };
	struct error err;

	if (where_beginning(&d->tree, "containerd-shim-", &found, &err) < 0)
		return;
	for (size_t i = 0; i < found.n; i++) {
		if (!is_runcs(found.v[i]))
			remark(d, REMARK_WARNING, "bypass", engine, "uninstall it if nothing needs it",
			       "%s is a shim of another runtime, which no door speaks for", found.v[i]);
	}
}

void doctor_others(struct doctor *d, enum engine engine)
{
	static const char *const names[] = { "kata-runtime", "runsc", "youki", "krun", "crun-wasm",
					     "nvidia-container-runtime" };

	if (engine == ENGINE_CONTAINERD || engine == ENGINE_DOCKER)
		shims(d, engine);
	if (engine != ENGINE_PODMAN && engine != ENGINE_DOCKER)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = where_program(&d->tree, names[i]);

		if (path)
			remark(d, REMARK_WARNING, "bypass", engine, "uninstall it if nothing needs it",
			       "%s is another runtime, which no door speaks for", path);
	}
}

static bool diverts(const struct doctor *d)
{
	for (size_t i = 0; i < d->state.n; i++) {
		if (d->state.v[i].kind == CHANGE_DIVERT)
			return true;
	}
	return false;
}

/* Programs that bring an engine along, each with files of its own. */
static void engines(struct doctor *d)
{
	static const char *const names[] = { "k3s", "rke2", "k0s", "microk8s" };
	_cleanup_free_ char *buildkit = where_program(&d->tree, "buildkitd");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = where_program(&d->tree, names[i]);

		if (path)
			remark(d, REMARK_WARNING, "bypass", ENGINE_UNKNOWN,
			       "uninstall it if nothing needs it; or put the door into its own containerd's files",
			       "%s has a containerd and a runc of its own, which nothing here speaks for", path);
	}
	if (buildkit && !diverts(d))
		remark(d, REMARK_WARNING, "bypass", ENGINE_UNKNOWN, "cofferdam install --door divert",
		       "%s calls runc by its name, and meets no door", buildkit);
}

/* Where packages keep a runtime that is theirs alone. */
static void copies(struct doctor *d)
{
	static const char *const paths[] = {
		"/usr/libexec/crio/runc", "/usr/libexec/crio/crun", "/usr/lib/cri-o-runc/sbin/runc",
		"/snap/docker/current/bin/runc", "/var/lib/rancher/k3s/data/current/bin/runc",
	};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (tree_has(&d->tree, paths[i]))
			remark(d, REMARK_WARNING, "bypass", ENGINE_UNKNOWN,
			       "see that the engine whose it is has a door of its own (--door runtime)",
			       "%s is another runtime, which is not diverted", paths[i]);
	}
}

void doctor_scope(struct doctor *d)
{
	engines(d);
	if (diverts(d))
		copies(d);
	remark(d, REMARK_GOOD, "scope", ENGINE_UNKNOWN, NULL,
	       "not looked for: users' own engines that do not run now, copies of a runtime under other "
	       "names, engines in containers, other hosts that contexts and connections lead to");
}
