/* SPDX-License-Identifier: Apache-2.0 */
/* A plan: what each file is to say, from what it said before Cofferdam. */
#include "install-private.h"

#include <stdarg.h>
#include <string.h>

#include <cofferdam/host.h>
#include <cofferdam/text.h>

static const char *const doors[] = { "hook", "precreate", "runtime", "divert" };

_Static_assert(ARRAY_SIZE(doors) == INSTALL_DOOR_MAX, "one name a door");

const char *install_door_name(enum install_door door)
{
	return doors[door];
}

int install_door_parse(const char *name, enum install_door *ret)
{
	for (int d = 0; d < INSTALL_DOOR_MAX; d++) {
		if (strcmp(name, doors[d]) == 0) {
			*ret = (enum install_door)d;
			return 0;
		}
	}
	return -EINVAL;
}

void plan_free(struct plan **plan)
{
	if (!*plan)
		return;
	tree_close(&(*plan)->tree);
	installed_free(&(*plan)->state);
	buf_free(&(*plan)->notes);
	free((*plan)->known);
	free(*plan);
	*plan = NULL;
}

void say_line(struct buf *out, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = text_vformat(fmt, ap);
	va_end(ap);
	if (text)
		text_escape(out, text, strlen(text), SIZE_MAX);
	buf_char(out, '\n');
	out->oom |= !text;
}

void plan_note(struct plan *plan, enum engine engine, const char *fmt, ...)
{
	_cleanup_free_ char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = text_vformat(fmt, ap);
	va_end(ap);
	if (engine != ENGINE_UNKNOWN)
		buf_printf(&plan->notes, "%s: ", engine_name(engine));
	/* what engines' files say is foreign */
	if (what)
		text_escape(&plan->notes, what, strlen(what), 2000);
	buf_char(&plan->notes, '\n');
	plan->notes.oom |= !what;
}

int plan_folders(struct plan *plan, enum engine engine, const char *path, struct error *err)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		_cleanup_free_ char *folder = strndup(path, (size_t)(slash - path));
		struct change *c;

		if (!folder)
			return error_oom(err);
		if (tree_has(&plan->tree, folder))
			continue;
		c = installed_find(&plan->state, CHANGE_FOLDER, folder);
		if (!c)
			c = installed_add(&plan->state, CHANGE_FOLDER, engine, folder);
		if (!c)
			return error_oom(err);
		c->pending = true;
	}
	return 0;
}

/* What @path says now, in change->was. */
static int read_now(struct plan *plan, struct change *change, struct error *err)
{
	_cleanup_buf_ struct buf now = { 0 };
	struct stat st;
	int r = tree_read(&plan->tree, change->path, &now, &st, err);

	free(change->was);
	change->was = NULL;
	if (r == -ENOENT) {
		if (change->like.st_mode == 0)
			change->like = (struct stat){ .st_mode = 0644, .st_uid = geteuid(),
						      .st_gid = getegid() };
		return 0;
	}
	if (r < 0)
		return r;
	change->like = st;
	change->was = buf_steal(&now);
	return change->was ? 0 : error_oom(err);
}

/* What it said before it was edited, as far as that can be told; NULL: it is ours alone. */
static int base_of(const struct change *c, char **ret, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_free_ char *base = NULL;
	int r = -ENOENT;

	*ret = NULL;
	if (!c->was)
		return 0;
	if (c->after && strcmp(c->was, c->after) == 0) {
		base = c->before ? strdup(c->before) : NULL;
		*ret = steal_ptr(base);
		return c->before && !*ret ? error_oom(err) : 0;
	}
	if (c->after)
		r = change_without(c, c->was, &text, err);
	if (r == -ENOMEM)
		return r;
	if (r == 0 && text.len == 0 && !c->before)
		return 0;
	*ret = strdup(r == 0 ? buf_cstr(&text) : c->was);
	return *ret ? 0 : error_oom(err);
}

int plan_file(struct plan *plan, enum engine engine, const char *path, struct change **ret,
	      struct buf *text, struct error *err)
{
	struct change *c;
	int r = plan_folders(plan, engine, path, err);

	if (r < 0)
		return r;
	/* after the folders, which may have moved what it pointed to */
	c = installed_find(&plan->state, CHANGE_FILE, path);
	if (!c)
		c = installed_add(&plan->state, CHANGE_FILE, engine, path);
	if (!c)
		return error_oom(err);
	r = read_now(plan, c, err);
	if (r < 0)
		return r;
	buf_str(text, c->was ? c->was : "");
	*ret = c;
	return buf_check(text, err);
}

/* A file that nothing was put into is none of ours. */
static void forget(struct plan *plan, struct change *change)
{
	size_t i = (size_t)(change - plan->state.v);

	change_free(change);
	memmove(&plan->state.v[i], &plan->state.v[i + 1],
		(plan->state.n - i - 1) * sizeof(*change));
	plan->state.n--;
}

int plan_file_end(struct plan *plan, struct change *change, const struct buf *text,
		  struct error *err)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	int r = buf_check(text, err);

	if (r < 0)
		return r;
	if (change->was && strcmp(change->was, buf_cstr(text)) == 0) {
		if (!change->after)
			forget(plan, change);
		return 0;
	}
	/* by the lines put in so far, which are the last of the list already */
	change->n_hunks -= change->fresh;
	r = base_of(change, &before, err);
	change->n_hunks += change->fresh;
	after = r < 0 ? NULL : strdup(buf_cstr(text));
	if (!after)
		return r < 0 ? r : error_oom(err);
	free(change->before);
	free(change->after);
	change->before = steal_ptr(before);
	change->after = steal_ptr(after);
	change->fresh = 0;
	change->pending = true;
	return 0;
}

int plan_whole(struct plan *plan, enum engine engine, const char *path, const struct buf *text,
	       struct error *err)
{
	_cleanup_buf_ struct buf now = { 0 }, base = { 0 }, new = { 0 };
	_cleanup_free_ char *before = NULL;
	struct change *c = NULL;
	int r = plan_file(plan, engine, path, &c, &now, err);

	if (r == 0)
		r = base_of(c, &before, err);
	if (r < 0)
		return r;
	if (c->after && c->was && strcmp(c->was, c->after) != 0) {
		if (change_without(c, c->was, &base, err) == 0 &&
		    strcmp(c->after, buf_cstr(text)) == 0)
			return 0;	/* ours is in it, and something more */
		return error_set(err, -EINVAL, "%s%s was changed since it was written; move it away "
				 "first", plan->tree.name, path);
	}
	if (!c->was || strcmp(c->was, buf_cstr(text)) != 0) {
		change_forget(c);
		buf_str(&base, before ? before : "");
		buf_add(&new, buf_cstr(text), text->len);
		r = change_step(c, &base, &new, err);
	}
	return r < 0 ? r : plan_file_end(plan, c, text, err);
}

static int plan_link(struct plan *plan, enum engine engine, const char *name, struct error *err)
{
	_cleanup_free_ char *path = NULL, *real = NULL;
	struct change *c;
	int r;

	if (asprintf(&path, LIBEXECDIR "/%s/%s", engine_name(engine), name) < 0) {
		path = NULL;
		return error_oom(err);
	}
	real = tree_real(&plan->tree, path);
	if (real && strcmp(real, PROGRAM_DOOR) == 0)
		return 0;
	r = plan_folders(plan, engine, path, err);
	if (r < 0)
		return r;
	c = installed_find(&plan->state, CHANGE_LINK, path);
	if (!c)
		c = installed_add(&plan->state, CHANGE_LINK, engine, path);
	if (!c)
		return error_oom(err);
	c->pending = true;
	free(c->target);
	c->target = strdup("../cofferdam-runtime");
	return c->target ? 0 : error_oom(err);
}

int plan_links(struct plan *plan, enum engine engine, struct error *err)
{
	int r = tree_program(&plan->tree, PROGRAM_DOOR, err);

	if (r < 0)
		return error_context(err, "install the programs first (make install)");
	r = plan_link(plan, engine, "runc", err);
	return r < 0 ? r : plan_link(plan, engine, "crun", err);
}

int plan_needs(struct plan *plan, enum engine engine, const char *program, struct error *err)
{
	const char *name = text_path_base(program), *said;
	_cleanup_free_ char *found = where_runtime(&plan->tree, name), *asked = NULL, *real = NULL;
	_cleanup_host_ struct host *host = NULL;

	if (host_here(&plan->tree, &host, err) < 0)
		return err->code;
	said = host_runtime(host, engine, name);
	if (!said && !found)
		return error_set(err, -ENOENT, "%s is not installed where the door would find it: no "
				 "container could start; name it in host.json (engines, runtime)", name);
	asked = program[0] == '/' ? tree_real(&plan->tree, program) : NULL;
	real = tree_real(&plan->tree, said ? said : found);
	/* what was diverted is the door itself */
	if (asked && real && strcmp(asked, real) != 0 && !text_path_below(asked, LIBEXECDIR) &&
	    !text_path_below(real, LIBEXECDIR))
		plan_note(plan, engine, "its %s is %s, and the door runs %s; host.json (engines, runtime) can "
			  "name the other", name, program, said ? said : found);
	return 0;
}

int plan_registration(struct plan *plan, enum engine engine, const char *folder,
		      const char *stage, struct error *err)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	int r = tree_program(&plan->tree, PROGRAM_HOOK, err);

	if (r < 0)
		return error_context(err, "engines drop a hook whose program is missing, and start "
				     "the container");
	/* of two files of one name in several folders engines read the last alone */
	if (asprintf(&path, "%s/00-cofferdam%s.json", folder,
		     strcmp(stage, "precreate") == 0 ? "-precreate" : "") < 0) {
		path = NULL;
		return error_oom(err);
	}
	buf_printf(&text, "{\n"
			  "  \"version\": \"1.0.0\",\n"
			  "  \"hook\": {\n"
			  "    \"path\": \"%s\",\n"
			  "    \"args\": [\"cofferdam-hook\", \"%s\", \"--engine\", \"%s\"],\n"
			  "    \"env\": [\"PATH=/usr/bin:/bin\"],\n"
			  "    \"timeout\": 10\n"
			  "  },\n"
			  "  \"when\": { \"always\": true },\n"
			  "  \"stages\": [\"%s\"]\n"
			  "}\n", PROGRAM_HOOK, stage, engine_name(engine), stage);
	return plan_whole(plan, engine, path, &text, err);
}
