/* SPDX-License-Identifier: Apache-2.0 */
/* The rest of record.c: one function a fact. What was not looked for is left out. */
#include "record-private.h"

#include <inttypes.h>

static void record_true(struct buf *out, bool *first, const char *name, bool value)
{
	if (!value)
		return;
	record_member(out, first, name);
	buf_str(out, "true");
}

static void record_text(struct buf *out, bool *first, const char *name, const char *value)
{
	if (!value)
		return;
	record_member(out, first, name);
	record_bytes(out, value);
}

static void record_cgroup(struct buf *out, const struct fact_cgroup *cgroup)
{
	bool first = true;

	if (cgroup->is == FACT_UNKNOWN)
		return;
	buf_str(out, ",\n\"cgroup\": {");
	record_is(out, &first, cgroup->is, cgroup->why);
	record_true(out, &first, "v2", cgroup->v2);
	if (cgroup->is == FACT_KNOWN) {
		record_member(out, &first, "others");
		buf_printf(out, "%" PRIu32, cgroup->others);
	}
	buf_char(out, '}');
}

static void record_programs(struct buf *out, const struct facts *facts)
{
	for (size_t i = 0; i < facts->n_hooks; i++) {
		const struct fact_program *program = &facts->hooks[i];
		bool first = true;

		buf_str(out, i == 0 ? ",\n\"hooks\": [\n\t{" : ",\n\t{");
		record_member(out, &first, "path");
		record_quote(out, program->path);
		record_is(out, &first, program->is, program->why);
		record_text(out, &first, "real", program->real);
		record_true(out, &first, "trusted", program->trusted);
		record_true(out, &first, "own", program->own);
		buf_char(out, '}');
	}
	if (facts->n_hooks > 0)
		buf_str(out, "\n]");
}

static void record_groups(struct buf *out, const struct fact_groups *groups)
{
	bool first = true;

	if (groups->is == FACT_UNKNOWN)
		return;
	buf_str(out, ",\n\"groups\": {");
	record_is(out, &first, groups->is, groups->why);
	record_member(out, &first, "list");
	buf_char(out, '[');
	for (size_t i = 0; i < groups->n; i++) {
		buf_str(out, i ? ", {\"name\": " : "{\"name\": ");
		record_bytes(out, groups->v[i].name);
		buf_printf(out, ", \"gid\": %" PRIu32 "}", groups->v[i].gid);
	}
	buf_str(out, "]}");
}

/* Unlike other places' paths, which config.json names, a socket's may hold any byte. */
static void record_socket(struct buf *out, const struct fact_place *socket)
{
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_free_ char *path = NULL;
	struct fact_place shown = *socket;

	octal_encode(&text, socket->path);
	path = buf_steal(&text);
	out->oom |= !path;
	shown.path = path;
	record_place(out, &shown);
}

static void record_sockets(struct buf *out, const struct fact_sockets *sockets)
{
	bool first = true;

	if (sockets->is == FACT_UNKNOWN)
		return;
	buf_str(out, ",\n\"sockets\": {");
	record_is(out, &first, sockets->is, sockets->why);
	record_member(out, &first, "list");
	buf_char(out, '[');
	for (size_t i = 0; i < sockets->n; i++) {
		buf_str(out, i ? ",\n\t" : "\n\t");
		record_socket(out, &sockets->v[i]);
	}
	buf_str(out, sockets->n ? "\n]}" : "]}");
}

static void record_image(struct buf *out, const struct fact_image *image)
{
	bool first = true;

	if (image->is == FACT_UNKNOWN)
		return;
	buf_str(out, ",\n\"image\": {");
	record_is(out, &first, image->is, image->why);
	record_text(out, &first, "link", image->link);
	record_text(out, &first, "cwd", image->cwd);
	record_text(out, &first, "over", image->over);
	record_text(out, &first, "over_at", image->over_at);
	buf_char(out, '}');
}

static void record_core(struct buf *out, const struct facts *facts)
{
	bool first = true;

	if (facts->core_is == FACT_UNKNOWN)
		return;
	buf_str(out, ",\n\"core\": {");
	record_is(out, &first, facts->core_is, NULL);
	record_true(out, &first, "pipe", facts->core_pipe);
	buf_char(out, '}');
}

static void record_label(struct buf *out, const struct fact_label *label)
{
	bool first = true;

	buf_char(out, '{');
	record_text(out, &first, "label", label->label);
	record_is(out, &first, label->is, label->why);
	record_text(out, &first, "says", label->says);
	buf_char(out, '}');
}

static void record_lsm(struct buf *out, const char *name, const struct fact_lsm *lsm)
{
	bool first = true;

	if (lsm->is == FACT_UNKNOWN)
		return;
	buf_printf(out, ",\n\"%s\": {", name);
	record_is(out, &first, lsm->is, lsm->why);
	record_true(out, &first, "permissive", lsm->permissive);
	if (lsm->n > 0) {
		record_member(out, &first, "labels");
		buf_char(out, '[');
	}
	for (size_t i = 0; i < lsm->n; i++) {
		buf_str(out, i ? ",\n\t" : "\n\t");
		record_label(out, &lsm->v[i]);
	}
	buf_str(out, lsm->n ? "\n]}" : "}");
}

void record_more(struct buf *out, const struct facts *facts)
{
	record_cgroup(out, &facts->cgroup);
	record_programs(out, facts);
	record_groups(out, &facts->groups);
	record_sockets(out, &facts->sockets);
	record_image(out, &facts->image);
	record_core(out, facts);
	record_lsm(out, "selinux", &facts->selinux);
	record_lsm(out, "apparmor", &facts->apparmor);
}
