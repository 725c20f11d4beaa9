/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runc and crun themselves: each is given a second name beside, and a link to the
 * door takes its place, so that who calls it by name or by path meets the door.
 */
#include "install-private.h"

#include <string.h>

/* has_line - whether one of the lines of @text is @line. */
static bool has_line(const char *text, const char *line)
{
	const size_t len = strlen(line);

	for (const char *at = text; (at = strstr(at, line)); at++) {
		if ((at == text || at[-1] == '\n') && (at[len] == '\n' || at[len] == '\0'))
			return true;
	}
	return false;
}

int divert_by_dpkg(const struct tree *tree, const char *path)
{
	_cleanup_buf_ struct buf diversions = { 0 };
	struct error ignored;
	int r = tree_read(tree, "/var/lib/dpkg/diversions", &diversions, NULL, &ignored);

	return r < 0 ? r : has_line(buf_cstr(&diversions), path);
}

static int divert(struct plan *plan, enum engine engine, const char *name, const char *path,
		  struct error *err)
{
	struct change *c = installed_find(&plan->state, CHANGE_DIVERT, path);
	_cleanup_free_ char *target = NULL, *beside = NULL;

	if (c && c->pending)
		return 0;	/* for another engine, by the same plan */
	if (asprintf(&target, LIBEXECDIR "/%s/%s", engine_name(engine), name) < 0) {
		target = NULL;
		return error_oom(err);
	}
	if (asprintf(&beside, "%s.cofferdam", path) < 0) {
		beside = NULL;
		return error_oom(err);
	}
	if (c)
		plan_note(plan, engine, "%s was replaced since it was diverted, by an update it seems; it is "
			  "diverted again", path);
	else
		c = installed_add(&plan->state, CHANGE_DIVERT, engine, path);
	if (!c)
		return error_oom(err);
	free(c->target);
	free(c->beside);
	c->target = steal_ptr(target);
	c->beside = steal_ptr(beside);
	c->engine = engine;
	c->pending = true;
	return 0;
}

bool divert_covers(enum engine engine, const char *name)
{
	/* the others never call crun by its own name */
	return strcmp(name, "crun") != 0 || engine == ENGINE_PODMAN || engine == ENGINE_CRIO;
}

int plan_divert(struct plan *plan, enum engine engine, struct error *err)
{
	static const char *const names[] = { "runc", "crun" };
	bool any = false;
	int r = 0;

	if (!plan->state.doors[engine][INSTALL_DIVERT])
		return 0;
	r = plan_links(plan, engine, err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++) {
		_cleanup_paths_ struct paths found = { 0 };

		if (!divert_covers(engine, names[i]))
			continue;
		r = where_all(&plan->tree, names[i], &found, err);
		for (size_t k = 0; r == 0 && k < found.n; k++) {
			r = tree_program(&plan->tree, found.v[k], err);
			if (r == 0 && !where_door_looks(found.v[k]))
				r = error_set(err, -EINVAL, "%s lies where the door would not find it any "
					      "more; put it into /usr/local/bin", found.v[k]);
			if (r == 0)
				r = divert(plan, engine, names[i], found.v[k], err);
		}
	}
	for (size_t i = 0; i < plan->state.n; i++) {
		const struct change *c = &plan->state.v[i];

		if (c->kind != CHANGE_DIVERT)
			continue;
		any = true;
		if (c->engine != engine)
			plan_note(plan, engine, "%s is diverted already, for %s, whose policy it meets",
				  c->path, engine_name(c->engine));
	}
	if (r == 0 && !any)
		r = error_set(err, -ENOENT, "there is neither a runc nor a crun to divert");
	return r;
}
