/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor-private.h"

#include <string.h>

/* The first line of what a program says of its version. */
static void version(struct doctor *d, enum engine engine, const char *name)
{
	_cleanup_free_ char *path = where_program(&d->tree, name);
	const char *argv[] = { path, "--version", NULL };
	_cleanup_buf_ struct buf said = { 0 };
	struct error err;
	int status = 0;

	if (!path)
		return;
	if (spawn_run(argv, NULL, 10000, &said, &status, &err) < 0 || status != 0)
		remark(d, REMARK_WARNING, "version", engine, "install it again", "%s does not run: %s", path,
		       said.len ? buf_cstr(&said) : "no answer");
	else
		remark(d, REMARK_GOOD, "version", engine, NULL, "%.*s",
		       (int)strcspn(buf_cstr(&said), "\n"), buf_cstr(&said));
}

static void versions(struct doctor *d)
{
	static const struct {
		enum engine engine;
		const char *name;
	} programs[] = {
		{ ENGINE_UNKNOWN, "runc" }, { ENGINE_UNKNOWN, "crun" }, { ENGINE_PODMAN, "podman" },
		{ ENGINE_CRIO, "crio" }, { ENGINE_CONTAINERD, "containerd" }, { ENGINE_DOCKER, "dockerd" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		version(d, programs[i].engine, programs[i].name);
}

/* The runtimes behind the doors, which refuse one that others can change; and the state. */
static void owners(struct doctor *d)
{
	static const char *const names[] = { "runc", "crun" };
	_cleanup_paths_ struct paths paths = { 0 };
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_paths_ struct paths found = { 0 };

		if (where_all(&d->tree, names[i], &found, &err) < 0)
			continue;
		for (size_t k = 0; k < found.n; k++)
			d->out->oom |= paths_add(&paths, found.v[k], &err) < 0;
	}
	if (tree_has(&d->tree, STATE_FILE))
		d->out->oom |= paths_add(&paths, STATE_FILE, &err) < 0;
	for (size_t i = 0; i < paths.n; i++) {
		if (tree_trusted(&d->tree, paths.v[i], &err) < 0)
			remark(d, REMARK_FAULT, "owner", ENGINE_UNKNOWN, "do that, and see who did it", "%s",
			       err.text);
	}
}

int doctor_look(const char *root, struct remarks *ret, struct error *err)
{
	struct doctor d = { .tree.fd = -1, .out = ret };
	int r = tree_open(root, &d.tree, err);

	d.live = !d.tree.name || !d.tree.name[0];
	if (r == 0)
		r = installed_load(&d.tree, &d.state, err);
	if (r == 0) {
		doctor_host(&d);
		doctor_programs(&d);
		owners(&d);
		for (int e = ENGINE_UNKNOWN + 1; e < ENGINE_MAX; e++)
			doctor_engine(&d, (enum engine)e);
		if (d.live) {
			doctor_kernel(&d);
			versions(&d);
		}
		doctor_scope(&d);
		if (ret->oom)
			r = error_oom(err);
	}
	host_free(&d.host);
	installed_free(&d.state);
	tree_close(&d.tree);
	return r;
}
