/* SPDX-License-Identifier: Apache-2.0 */
/* Which doors of which engines, and whether anything could start afterwards. */
#include "install-private.h"

#include <string.h>

#include <cofferdam/host.h>

/* Each engine's doors, its own first choice in front. */
static const enum install_door ways[ENGINE_MAX][INSTALL_DOOR_MAX + 1] = {
	[ENGINE_PODMAN] = { INSTALL_HOOK, INSTALL_PRECREATE, INSTALL_RUNTIME, INSTALL_DIVERT,
			    INSTALL_DOOR_MAX },
	[ENGINE_CRIO] = { INSTALL_HOOK, INSTALL_RUNTIME, INSTALL_DIVERT, INSTALL_DOOR_MAX },
	[ENGINE_CONTAINERD] = { INSTALL_RUNTIME, INSTALL_DIVERT, INSTALL_DOOR_MAX },
	[ENGINE_DOCKER] = { INSTALL_RUNTIME, INSTALL_DIVERT, INSTALL_DOOR_MAX },
};

static bool has_door(enum engine engine, enum install_door door)
{
	for (const enum install_door *d = ways[engine]; *d != INSTALL_DOOR_MAX; d++) {
		if (*d == door)
			return true;
	}
	return false;
}

static int no_such_door(enum engine engine, enum install_door door, struct error *err)
{
	if (door == INSTALL_PRECREATE)
		return error_set(err, -EOPNOTSUPP, "%s does not know the stage precreate, which is "
				 "podman's own; it would stop at such a file", engine_name(engine));
	return error_set(err, -EOPNOTSUPP, "%s has no hooks directory; use --door runtime or --door divert",
			 engine_name(engine));
}

static int plan_engine(struct plan *plan, enum engine engine, struct error *err)
{
	int r = -EINVAL;

	switch (engine) {
	case ENGINE_PODMAN:
		r = plan_podman(plan, err);
		break;
	case ENGINE_CRIO:
		r = plan_crio(plan, err);
		break;
	case ENGINE_CONTAINERD:
		r = plan_containerd(plan, err);
		break;
	case ENGINE_DOCKER:
		r = plan_docker(plan, err);
		break;
	case ENGINE_UNKNOWN:
	case ENGINE_MAX:
		break;
	}
	if (r == 0)
		r = plan_divert(plan, engine, err);
	return r < 0 ? error_context(err, "%s", engine_name(engine)) : 0;
}

/* --- which engines --- */

static int want_engine(struct plan *plan, const struct install_want *want, enum engine engine,
		       struct error *err)
{
	enum install_door door = want->door_given ? want->door : ways[engine][0];
	int r;

	if (want->registered)
		return plan_engine(plan, engine, err);
	if (!has_door(engine, door)) {
		r = no_such_door(engine, door, err);
		if (want->all)
			plan_note(plan, ENGINE_UNKNOWN, "left out: %s", err->text);
		return want->all ? 0 : r;
	}
	plan->state.doors[engine][door] = true;
	r = plan_engine(plan, engine, err);
	if (r == -EOPNOTSUPP && want->all) {
		plan->state.doors[engine][door] = false;
		plan_note(plan, ENGINE_UNKNOWN, "left out: %s", err->text);
		r = 0;
	}
	return r;
}

/* What has to happen for a change to be seen, and what the door leaves open. */
static void notes(struct plan *plan, enum engine engine)
{
	static const char *const restart[ENGINE_MAX] = {
		[ENGINE_CRIO] = ("restart CRI-O: it reads its configuration when it starts, and watches "
				 "the hooks directories that it finds then"),
		[ENGINE_CONTAINERD] = "restart containerd, which reads its configuration when it starts",
		[ENGINE_DOCKER] = "restart dockerd, which reads its configuration when it starts",
	};
	const bool *doors = plan->state.doors[engine];
	bool changed = false;
	size_t made;

	for (size_t i = 0; i < plan->state.n; i++) {
		const struct change *c = &plan->state.v[i];

		changed |= c->pending && c->engine == engine && c->kind == CHANGE_FILE;
	}
	if (changed && restart[engine])
		plan_note(plan, engine, "%s", restart[engine]);
	if (!doors[INSTALL_RUNTIME] || doors[INSTALL_DIVERT])
		return;
	if (engine == ENGINE_CONTAINERD)
		plan_note(plan, engine, "what ctr, nerdctl and Docker start does not pass this door, which is "
			  "the CRI service's; --door divert covers them");
	if (engine == ENGINE_DOCKER)
		plan_note(plan, engine, "docker run --runtime runc and docker build do not pass this door; "
			  "--door divert covers them");
	if (engine == ENGINE_DOCKER && (made = made_by_docker(&plan->tree, false)) > 0)
		plan_note(plan, engine, "containers that were made for another runtime, and whenever they are started do "
			  "not pass this door: %zu; make them anew, or --door divert covers them", made);
}

static int want_engines(struct plan *plan, const struct install_want *want, struct error *err)
{
	bool any = false;
	int r = 0;

	/*
	 * Docker and containerd first: a program that is diverted for several engines
	 * is the first one's, and these have no other door that covers all they start.
	 */
	for (int e = ENGINE_MAX - 1; r == 0 && e > ENGINE_UNKNOWN; e--) {
		enum engine engine = (enum engine)e;

		if (!(want->registered ? installed_uses(&plan->state, engine) :
		      want->all ? where_engine(&plan->tree, engine) : want->engines[e]))
			continue;
		any = true;
		if (!where_engine(&plan->tree, engine))
			plan_note(plan, engine, "is not installed here; its files are written all the same");
		r = want_engine(plan, want, engine, err);
		if (r == 0)
			notes(plan, engine);
	}
	if (r == 0 && !any && want->registered)
		return error_set(err, -ENOENT, "nothing is installed yet; name an engine with --engine");
	if (r == 0 && !any)
		r = error_set(err, -ENOENT, "no podman, crio, containerd or dockerd in the usual folders; "
			      "name one with --engine");
	return r;
}

/* --- what would stop every container --- */

/* A runtime that host.json names has to be there, and must not lead back to the door. */
static int check_runtime(const struct plan *plan, const char *path, struct error *err)
{
	_cleanup_free_ char *real = path ? tree_real(&plan->tree, path) : NULL;

	if (!path)
		return 0;
	for (size_t i = 0; real && i < plan->state.n; i++) {
		const struct change *c = &plan->state.v[i];

		if (c->kind == CHANGE_DIVERT &&
		    (strcmp(c->path, real) == 0 || strcmp(PROGRAM_DOOR, real) == 0))
			return error_set(err, -EINVAL, "host.json, engines: %s is what is diverted; name %s",
					 path, c->beside);
	}
	return tree_program(&plan->tree, path, err);
}

static int check_runtimes(const struct plan *plan, const struct host *host, struct error *err)
{
	int r = 0;

	for (int e = ENGINE_UNKNOWN + 1; r == 0 && e < ENGINE_MAX; e++) {
		const struct host_engine *engine = &host->engines[e];

		if (!plan->state.doors[e][INSTALL_RUNTIME] && !plan->state.doors[e][INSTALL_DIVERT])
			continue;
		r = check_runtime(plan, engine->any, err);
		if (r == 0)
			r = check_runtime(plan, engine->runc, err);
		if (r == 0)
			r = check_runtime(plan, engine->crun, err);
	}
	return r;
}

/* Every policy has to load, or the containers that it is for are all refused. */
static int check_host(const struct plan *plan, struct error *err)
{
	_cleanup_host_ struct host *host = NULL;
	int r = host_here(&plan->tree, &host, err);

	if (r == 0)
		return 0;
	r = r < 0 ? r : 0;
	for (size_t i = 0; r == 0 && i < host_choices(host); i++) {
		_cleanup_policy_ struct policy *policy = NULL;

		r = host_use(host, host_choice(host, i), geteuid(), &policy, err);
	}
	if (r == 0)
		r = check_runtimes(plan, host, err);
	if (r == 0 && (host->mode == MODE_ENFORCE || plan->enforce) && !host->log.on_failure_ignore)
		r = log_usable(&plan->tree, &host->log, err);
	return r < 0 ? error_context(err, "refused, for no container could start") : 0;
}

int install_plan(const struct install_want *want, struct plan **ret, struct error *err)
{
	_cleanup_plan_ struct plan *plan = calloc(1, sizeof(*plan));
	int r;

	if (!plan)
		return error_oom(err);
	plan->tree.fd = -1;
	plan->enforce = want->enforce;
	r = tree_open(want->root, &plan->tree, err);
	if (r == 0)
		r = installed_text(&plan->tree, &plan->known, err);
	if (r == 0)
		r = installed_load(&plan->tree, &plan->state, err);
	if (r == 0)
		r = want_engines(plan, want, err);
	if (r == 0)
		r = check_host(plan, err);
	if (r == 0)
		r = plan_host(plan, err);
	if (r == 0 && !plan_empty(plan))
		r = plan_folders(plan, ENGINE_UNKNOWN, STATE_FILE, err);
	if (r == 0)
		r = buf_check(&plan->notes, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(plan);
	return 0;
}
