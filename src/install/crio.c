/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRI-O: crio.conf, then every file of crio.conf.d (crio.conf.d(5)). A table of a
 * runtime replaces one of the same name as a whole, so ours repeats what it said.
 */
#include "doctor-private.h"

#include <string.h>

#include <cofferdam/text.h>

#define CONF "/etc/crio/crio.conf"
#define DROP_IN CONF ".d/99-cofferdam.conf"
#define DEFAULT_HOOKS "/usr/share/containers/oci/hooks.d"
#define DEFAULT_SOCKET "/run/crio/crio.sock"
#define HOOKS SYSCONFDIR "/cofferdam/hooks.d/crio"
#define HOOKS_DIR "crio" TOML_SEP "runtime" TOML_SEP "hooks_dir"
#define LISTEN "crio" TOML_SEP "api" TOML_SEP "listen"
#define RUNTIMES "crio" TOML_SEP "runtime" TOML_SEP "runtimes"

static int chain(const struct plan *plan, struct paths *ret, struct error *err)
{
	_cleanup_paths_ struct paths drop_ins = { 0 };
	int r = where_conf(&plan->tree, CONF ".d", "", &drop_ins, err);

	if (r == 0)
		r = paths_add(ret, CONF, err);
	for (size_t i = 0; r == 0 && i < drop_ins.n; i++) {
		int order = strcmp(drop_ins.v[i], DROP_IN);

		if (order > 0)
			return error_set(err, -EINVAL, "%s is read after %s and could undo it; rename it "
					 "so that it sorts before", drop_ins.v[i], DROP_IN);
		if (order < 0)
			r = paths_add(ret, drop_ins.v[i], err);
	}
	return r;
}

static int hooks_dirs(struct plan *plan, const struct paths *files, struct buf *out,
		      struct error *err)
{
	_cleanup_said_ struct said set = { 0 };
	int r = said_last(&plan->tree, files, HOOKS_DIR, &set, err);

	if (r == 0 && set.list.n == 0)
		r = paths_add(&set.list, DEFAULT_HOOKS, err);
	if (r == 0)
		r = paths_add(&set.list, HOOKS, err);
	if (r < 0)
		return r;
	buf_str(out, "[crio.runtime]\nhooks_dir = ");
	toml_list(out, &set.list);
	return 0;
}

/* A handler: the lines of its table but for the path, and which program it is. */
struct handler {
	char *name;			/* as the table calls it */
	struct buf lines;
	struct buf path;
	bool other;			/* a virtual machine, ...: not run by runc or crun */
	bool inherits;			/* is run by whatever runs the default one */
	bool platforms;			/* names programs that go before its path */
};

struct handlers {
	struct handler *v;
	size_t n;
};

static void handlers_free(struct handlers *handlers)
{
	for (size_t i = 0; i < handlers->n; i++) {
		free(handlers->v[i].name);
		buf_free(&handlers->v[i].lines);
		buf_free(&handlers->v[i].path);
	}
	free(handlers->v);
}
#define _cleanup_handlers_ _cleanup_(handlers_free)

static struct handler *handler(struct handlers *handlers, const char *name, size_t len)
{
	struct handler *v;

	for (size_t i = 0; i < handlers->n; i++) {
		if (strlen(handlers->v[i].name) == len && memcmp(handlers->v[i].name, name, len) == 0)
			return &handlers->v[i];
	}
	v = reallocarray(handlers->v, handlers->n + 1, sizeof(*v));
	if (!v)
		return NULL;
	handlers->v = v;
	v[handlers->n] = (struct handler){ .name = strndup(name, len) };
	return v[handlers->n].name ? &v[handlers->n++] : NULL;
}

/* One value of a handler's table. */
static int handler_value(const struct toml *doc, const struct toml_entry *e, const char *key,
			 struct handler *h, struct error *err)
{
	_cleanup_buf_ struct buf type = { 0 };
	int r = 0;

	if (strcmp(key, "runtime_path") == 0)
		return toml_string(doc, e, &h->path, err);
	if (strcmp(key, "runtime_type") == 0) {
		r = toml_string(doc, e, &type, err);
		h->other = strcmp(buf_cstr(&type), "vm") == 0;
	}
	if (strcmp(key, "inherit_default_runtime") == 0)
		h->inherits = doc->text[e->value] == 't';
	if (strcmp(key, "platform_runtime_paths") == 0)
		h->platforms = true;
	if (strchr(key, TOML_SEPARATOR))
		return error_set(err, -EINVAL, "%s: runtime \"%s\" has a table of its own below, which is "
				 "not copied here; set its runtime_path by hand (docs/engines/crio.md)",
				 doc->name, h->name);
	buf_printf(&h->lines, "%s = ", key);
	buf_add(&h->lines, doc->text + e->value, e->value_end - e->value);
	buf_char(&h->lines, '\n');
	return r;
}

/* The tables of one file: each replaces the one of its name. */
static int handlers_in(const struct toml *doc, struct handlers *out, struct error *err)
{
	const size_t above = strlen(RUNTIMES);
	int r = toml_plain(doc, RUNTIMES, err);

	for (size_t i = 0; r == 0 && i < doc->n; i++) {
		const struct toml_entry *e = &doc->v[i];
		const char *name, *end;
		struct handler *h;

		if (!toml_below(e->path, RUNTIMES) || !e->path[above])
			continue;
		name = e->path + above + 1;
		end = strchr(name, TOML_SEPARATOR);
		h = handler(out, name, end ? (size_t)(end - name) : strlen(name));
		if (!h)
			return error_oom(err);
		if (e->kind == TOML_TABLE && !end) {
			buf_reset(&h->lines);
			buf_reset(&h->path);
			h->other = h->inherits = h->platforms = false;
		} else if (e->kind == TOML_VALUE && end) {
			r = handler_value(doc, e, end + 1, h, err);
		} else if (e->kind != TOML_TABLE) {
			r = error_set(err, -EINVAL, "%s: runtime \"%s\" is written in a way that is not "
				      "understood here; write it as a [table]", doc->name, h->name);
		}
	}
	return r;
}

static int handlers_all(const struct plan *plan, const struct paths *files,
			struct handlers *out, struct error *err)
{
	static const char *const names[] = { "crun", "runc" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < files->n; i++) {
		_cleanup_toml_ struct toml doc = { 0 };
		_cleanup_buf_ struct buf text = { 0 };

		r = tree_follow(&plan->tree, files->v[i], &text, err);
		if (r == -ENOENT) {
			r = 0;
			continue;
		}
		if (r == 0)
			r = toml_parse(files->v[i], &text, &doc, err);
		if (r == 0)
			r = handlers_in(&doc, out, err);
	}
	/* what CRI-O has without being told: the one of its default_runtime */
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = where_program(&plan->tree, names[i]);

		if (path && !handler(out, names[i], strlen(names[i])))
			r = error_oom(err);
	}
	return r;
}

static int runtimes(struct plan *plan, const struct paths *files, struct buf *out,
		    struct error *err)
{
	_cleanup_handlers_ struct handlers all = { 0 };
	size_t found = 0;
	int r = handlers_all(plan, files, &all, err);

	for (size_t i = 0; r == 0 && i < all.n; i++) {
		const struct handler *h = &all.v[i];
		const char *path = h->path.len ? buf_cstr(&h->path) : h->name;
		const char *program = text_path_base(path);

		if (h->inherits)
			continue;
		if (h->other || (strcmp(program, "runc") != 0 && strcmp(program, "crun") != 0)) {
			plan_note(plan, ENGINE_CRIO, "the runtime \"%s\" is neither runc nor crun and "
				  "does not pass the door", h->name);
			continue;
		}
		if (h->platforms)
			return error_set(err, -EINVAL, "the platform_runtime_paths of the runtime \"%s\" go "
					 "before its runtime_path, and past the door; take them out, or use "
					 "--door divert", h->name);
		found++;
		r = plan_needs(plan, ENGINE_CRIO, path, err);
		buf_printf(out, "\n[crio.runtime.runtimes.");
		toml_quote(out, h->name);
		buf_printf(out, "]\n%sruntime_path = \"" LIBEXECDIR "/crio/%s\"\n", buf_cstr(&h->lines),
			   program);
	}
	if (r < 0)
		return r;
	if (found == 0)
		return error_set(err, -ENOENT, "no runtime of CRI-O's is runc or crun, and neither is "
				 "installed: no container could start through the door");
	return plan_links(plan, ENGINE_CRIO, err);
}

/* What all of its files say of @key. */
static int crio_said(const struct tree *tree, const char *key, struct said *ret, struct error *err)
{
	_cleanup_paths_ struct paths files = { 0 };
	int r = paths_add(&files, CONF, err);

	if (r == 0)
		r = where_conf(tree, CONF ".d", "", &files, err);
	return r < 0 ? r : said_last(tree, &files, key, ret, err);
}

int crio_hooks_folders(const struct tree *tree, struct paths *ret, struct error *err)
{
	_cleanup_said_ struct said set = { 0 };
	int r = crio_said(tree, HOOKS_DIR, &set, err);

	for (size_t i = 0; r == 0 && i < set.list.n; i++)
		r = paths_add(ret, set.list.v[i], err);
	return r < 0 || set.list.n > 0 ? r : paths_add(ret, DEFAULT_HOOKS, err);
}

int crio_socket(const struct tree *tree, struct buf *ret, struct error *err)
{
	_cleanup_said_ struct said set = { 0 };
	int r = crio_said(tree, LISTEN, &set, err);

	if (r < 0)
		return r;
	buf_str(ret, set.list.n > 0 ? set.list.v[0] : DEFAULT_SOCKET);
	return buf_check(ret, err);
}

int plan_crio(struct plan *plan, struct error *err)
{
	const bool *doors = plan->state.doors[ENGINE_CRIO];
	_cleanup_paths_ struct paths files = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	int r = 0;

	if (!doors[INSTALL_HOOK] && !doors[INSTALL_RUNTIME])
		return 0;
	r = chain(plan, &files, err);
	buf_str(&text, "# Written by \"cofferdam install\"; \"cofferdam uninstall\" takes it away.\n");
	if (r == 0 && doors[INSTALL_HOOK])
		r = plan_registration(plan, ENGINE_CRIO, HOOKS, "createRuntime", err);
	if (r == 0 && doors[INSTALL_HOOK])
		r = hooks_dirs(plan, &files, &text, err);
	if (r == 0 && doors[INSTALL_RUNTIME])
		r = runtimes(plan, &files, &text, err);
	return r < 0 ? r : plan_whole(plan, ENGINE_CRIO, DROP_IN, &text, err);
}
