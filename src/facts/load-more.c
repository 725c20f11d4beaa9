/* SPDX-License-Identifier: Apache-2.0 */
/* The rest of load.c: one function a fact. */
#include "record-private.h"

static int load_cgroup(const struct loader *l, const struct rec_cgroup *from,
		       struct fact_cgroup *ret)
{
	int r;

	if (from->is != FIELD_PRESENT)
		return 0;
	r = load_known(l, from->node, &from->state, &from->why, &ret->is, &ret->why);
	if (r < 0)
		return r;
	if ((ret->is == FACT_KNOWN) != (from->others.is == FIELD_PRESENT))
		return load_bad(l, from->node, "\"others\" goes with known, and with nothing else");
	ret->v2 = from->v2.v;
	ret->others = (uint32_t)from->others.v;
	return 0;
}

/* A program that is known but not trusted has a reason too. */
static int load_program(const struct loader *l, const struct rec_program *from,
			struct fact_program *ret)
{
	int r = load_state(l, from->node, &from->state, &ret->is);

	if (r < 0)
		return r;
	ret->trusted = from->trusted.v;
	ret->own = from->own.v;
	if (ret->is != FACT_KNOWN && (ret->trusted || ret->own))
		return load_bad(l, from->node, "\"trusted\" and \"own\" go with known");
	if (ret->is == FACT_KNOWN && from->real.is != FIELD_PRESENT)
		return load_bad(l, from->node, "\"real\" is missing");
	r = load_bytes(l, &from->real, &ret->real);
	if (r < 0)
		return r;
	if (ret->is != FACT_KNOWN)
		return load_why(l, from->node, ret->is, &from->why, &ret->why);
	if (ret->trusted == (from->why.is == FIELD_PRESENT))
		return load_bad(l, from->node, "what is not trusted has a \"why\", and nothing else");
	return load_bytes(l, &from->why, &ret->why);
}

static int load_programs(const struct loader *l, const struct field_list *from,
			 struct facts *ret)
{
	const struct rec_program *v = from->v;
	int r = 0;

	if (from->n == 0)
		return 0;
	ret->hooks = calloc(from->n, sizeof(*ret->hooks));
	if (!ret->hooks)
		return error_oom(l->err);
	for (size_t i = 0; i < from->n && r == 0; i++) {
		struct fact_program *program = &ret->hooks[i];

		if (v[i].path.is != FIELD_PRESENT)
			return load_bad(l, v[i].node, "\"path\" is missing");
		program->path = fact_strdup(v[i].path.v, l->err);
		if (!program->path)
			return -ENOMEM;
		ret->n_hooks++;
		r = load_program(l, &v[i], program);
	}
	programs_sort(ret->hooks, ret->n_hooks);
	return r;
}

/* load_list - what is known of a list. 1 if it has entries, then; else 0, or negative. */
static int load_list(const struct loader *l, const struct rec_list *from, enum fact_is *ret_is,
		     char **ret_why)
{
	int r;

	if (from->is != FIELD_PRESENT)
		return 0;
	r = load_known(l, from->node, &from->state, &from->why, ret_is, ret_why);
	return r < 0 ? r : from->list.n > 0;
}

static int load_groups(const struct loader *l, const struct rec_list *from,
		       struct fact_groups *ret)
{
	const struct rec_group *v = from->list.v;
	int r = load_list(l, from, &ret->is, &ret->why);

	if (r <= 0)
		return r;
	ret->v = calloc(from->list.n, sizeof(*ret->v));
	if (!ret->v)
		return error_oom(l->err);
	for (r = 0; r == 0 && ret->n < from->list.n; v++) {
		struct fact_group *group = &ret->v[ret->n];

		if (v->name.is != FIELD_PRESENT || v->gid.is != FIELD_PRESENT)
			return load_bad(l, v->node, "name and gid are needed");
		ret->n++;
		group->gid = (uint32_t)v->gid.v;
		r = load_bytes(l, &v->name, &group->name);
	}
	return r;
}

static int load_sockets(const struct loader *l, const struct rec_list *from,
			struct fact_sockets *ret)
{
	const struct rec_place *v = from->list.v;
	int r = load_list(l, from, &ret->is, &ret->why);

	if (r <= 0)
		return r;
	ret->v = calloc(from->list.n, sizeof(*ret->v));
	if (!ret->v)
		return error_oom(l->err);
	for (r = 0; r == 0 && ret->n < from->list.n; v++) {
		struct fact_place *place = &ret->v[ret->n];

		if (v->path.is != FIELD_PRESENT)
			return load_bad(l, v->node, "\"path\" is missing");
		ret->n++;
		r = load_bytes(l, &v->path, &place->path);
		if (r == 0)
			r = load_place(l, v, place);
	}
	return r;
}

static int load_image(const struct loader *l, const struct rec_image *from,
		      struct fact_image *ret)
{
	int r;

	if (from->is != FIELD_PRESENT)
		return 0;
	r = load_known(l, from->node, &from->state, &from->why, &ret->is, &ret->why);
	if (r < 0)
		return r;
	if (ret->is != FACT_KNOWN &&
	    (from->link.is == FIELD_PRESENT || from->cwd.is == FIELD_PRESENT ||
	     from->over.is == FIELD_PRESENT))
		return load_bad(l, from->node, "\"link\", \"cwd\" and \"over\" go with known");
	if (from->over.is != from->over_at.is)
		return load_bad(l, from->node, "\"over\" goes with \"over_at\"");
	r = load_bytes(l, &from->link, &ret->link);
	if (r == 0)
		r = load_bytes(l, &from->cwd, &ret->cwd);
	if (r == 0)
		r = load_bytes(l, &from->over, &ret->over);
	return r < 0 ? r : load_bytes(l, &from->over_at, &ret->over_at);
}

static int load_core(const struct loader *l, const struct rec_core *from, struct facts *ret)
{
	if (from->is != FIELD_PRESENT)
		return 0;
	ret->core_pipe = from->pipe.v;
	return load_state(l, from->node, &from->state, &ret->core_is);
}

static int load_label(const struct loader *l, const struct rec_label *from,
		      struct fact_label *ret)
{
	int r;

	if (from->label.is != FIELD_PRESENT)
		return load_bad(l, from->node, "\"label\" is missing");
	r = load_bytes(l, &from->label, &ret->label);
	if (r == 0)
		r = load_known(l, from->node, &from->state, &from->why, &ret->is, &ret->why);
	if (r < 0)
		return r;
	if ((ret->is == FACT_KNOWN) != (from->says.is == FIELD_PRESENT))
		return load_bad(l, from->node, "\"says\" goes with known, and with nothing else");
	return load_bytes(l, &from->says, &ret->says);
}

static int load_lsm(const struct loader *l, const struct rec_lsm *from, struct fact_lsm *ret)
{
	const struct rec_label *v = from->labels.v;
	int r;

	if (from->is != FIELD_PRESENT)
		return 0;
	r = load_known(l, from->node, &from->state, &from->why, &ret->is, &ret->why);
	if (r < 0)
		return r;
	if (ret->is != FACT_KNOWN && (from->permissive.v || from->labels.n > 0))
		return load_bad(l, from->node, "\"permissive\" and \"labels\" go with known");
	ret->permissive = from->permissive.v;
	if (from->labels.n == 0)
		return 0;
	ret->v = calloc(from->labels.n, sizeof(*ret->v));
	if (!ret->v)
		return error_oom(l->err);
	while (r == 0 && ret->n < from->labels.n) {
		r = load_label(l, &v[ret->n], &ret->v[ret->n]);
		ret->n++;
	}
	return r;
}

int load_more(const struct loader *l, const struct rec_facts *rec, struct facts *ret)
{
	int r = load_cgroup(l, &rec->cgroup, &ret->cgroup);

	if (r == 0)
		r = load_programs(l, &rec->hooks, ret);
	if (r == 0)
		r = load_groups(l, &rec->groups, &ret->groups);
	if (r == 0)
		r = load_sockets(l, &rec->sockets, &ret->sockets);
	if (r == 0)
		r = load_image(l, &rec->image, &ret->image);
	if (r == 0)
		r = load_core(l, &rec->core, ret);
	if (r == 0)
		r = load_lsm(l, &rec->selinux, &ret->selinux);
	return r < 0 ? r : load_lsm(l, &rec->apparmor, &ret->apparmor);
}
