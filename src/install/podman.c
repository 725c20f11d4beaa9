/* SPDX-License-Identifier: Apache-2.0 */
/*
 * podman and Buildah. containers.conf is read as a chain, the last file winning
 * (containers.conf(5)); the hooks directories of `podman run` are what it says last,
 * those of builds are two that are compiled in. Neither the default one, which CRI-O
 * reads too, nor one that builds read, can hold a file of podman's own stage.
 */
#include "doctor-private.h"

#include <string.h>

#include <cofferdam/text.h>

#define CONF "/etc/containers/containers.conf"
#define DROP_IN CONF ".d/99-cofferdam.conf"
#define DEFAULT_HOOKS "/usr/share/containers/oci/hooks.d"
/* read by builds as root, by `podman run` when named, and by no CRI-O */
#define HOOKS "/etc/containers/oci/hooks.d"
#define PRECREATE SYSCONFDIR "/cofferdam/hooks.d/podman-precreate"
#define HOOKS_DIR "engine" TOML_SEP "hooks_dir"
#define RUNTIME "engine" TOML_SEP "runtime"
#define RUNTIMES "engine" TOML_SEP "runtimes"

static int by_name(const void *a, const void *b)
{
	return strcmp(text_path_base(*(const char *const *)a),
		      text_path_base(*(const char *const *)b));
}

/* Newer versions read more folders than one, all their files by name (containers-config(5)). */
static int drop_ins_of(const struct tree *tree, struct paths *ret, struct error *err)
{
	static const char *const folders[] = {
		"/usr/share/containers/containers.conf.d",
		"/usr/share/containers/containers.rootful.conf.d",
		CONF ".d", "/etc/containers/containers.rootful.conf.d",
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++)
		r = where_conf(tree, folders[i], ".conf", ret, err);
	if (r == 0 && ret->n > 0)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_name);
	return r;
}

/* The files of the chain, without our own; with @last, only those read after it. */
static int chain(const struct tree *tree, bool last, struct paths *ret, struct error *err)
{
	_cleanup_paths_ struct paths drop_ins = { 0 };
	int r = drop_ins_of(tree, &drop_ins, err);

	if (r == 0 && !last)
		r = paths_add(ret, "/usr/share/containers/containers.conf", err);
	if (r == 0 && !last)
		r = paths_add(ret, CONF, err);
	for (size_t i = 0; r == 0 && i < drop_ins.n; i++) {
		int order = strcmp(text_path_base(drop_ins.v[i]), text_path_base(DROP_IN));

		if (strcmp(drop_ins.v[i], DROP_IN) != 0 && (order > 0 || (order < 0 && !last)))
			r = paths_add(ret, drop_ins.v[i], err);
	}
	return r;
}

/* A file that is read later must not say otherwise. */
static int not_overridden(const struct plan *plan, const char *path, struct error *err)
{
	_cleanup_said_ struct said later = { 0 };
	_cleanup_paths_ struct paths files = { 0 };
	_cleanup_buf_ struct buf shown = { 0 };
	int r = chain(&plan->tree, true, &files, err);

	if (r == 0)
		r = said_last(&plan->tree, &files, path, &later, err);
	if (r < 0 || later.file.len == 0)
		return r;
	toml_show(&shown, path);
	return error_set(err, -EINVAL, "%s is read after %s and sets %s, too; rename it so that it "
			 "sorts before, or put the setting into it by hand (docs/engines/podman.md)",
			 buf_cstr(&later.file), DROP_IN, buf_cstr(&shown));
}

static int hooks_dirs(struct plan *plan, struct buf *out, struct error *err)
{
	const bool *doors = plan->state.doors[ENGINE_PODMAN];
	_cleanup_said_ struct said set = { 0 };
	_cleanup_paths_ struct paths files = { 0 };
	int r = chain(&plan->tree, false, &files, err);

	if (r == 0)
		r = said_last(&plan->tree, &files, HOOKS_DIR, &set, err);
	if (r == 0)
		r = not_overridden(plan, HOOKS_DIR, err);
	if (r == 0 && set.list.n == 0)
		r = paths_add(&set.list, DEFAULT_HOOKS, err);
	if (r == 0 && doors[INSTALL_HOOK])
		r = paths_add(&set.list, HOOKS, err);
	if (r == 0 && doors[INSTALL_PRECREATE])
		r = paths_add(&set.list, PRECREATE, err);
	if (r < 0)
		return r;
	buf_str(out, "hooks_dir = ");
	toml_list(out, &set.list);
	return 0;
}

/* The whole chain but for our own file. */
static int chain_all(const struct tree *tree, struct paths *ret, struct error *err)
{
	int r = chain(tree, false, ret, err);

	return r < 0 ? r : chain(tree, true, ret, err);
}

/* The names of podman's own table that the door speaks for, and what is added to it. */
static int names_of(const struct plan *plan, const struct paths *files, struct paths *ret,
		    struct error *err)
{
	int r = paths_add(ret, "crun", err);

	if (r == 0)
		r = paths_add(ret, "runc", err);
	for (size_t i = 0; r == 0 && i < files->n; i++) {
		_cleanup_toml_ struct toml doc = { 0 };
		_cleanup_buf_ struct buf text = { 0 };

		r = tree_follow(&plan->tree, files->v[i], &text, err);
		if (r == 0)
			r = toml_parse(files->v[i], &text, &doc, err);
		if (r == 0)
			r = toml_plain(&doc, RUNTIMES, err);
		for (size_t k = 0; r == 0 && k < doc.n; k++) {
			const char *path = doc.v[k].path;

			if (doc.v[k].kind == TOML_VALUE && toml_below(path, RUNTIMES))
				r = paths_add(ret, path + strlen(RUNTIMES TOML_SEP), err);
		}
		r = r == -ENOENT ? 0 : r;
	}
	return r;
}

/* Which program a name stands for: of its list the first that is there. */
static int program_of(const struct plan *plan, const struct paths *files, const char *key,
		      const char *name, struct buf *ret, struct error *err)
{
	_cleanup_said_ struct said said = { 0 };
	_cleanup_free_ char *path = NULL;
	int r = said_last(&plan->tree, files, key, &said, err);

	if (r < 0)
		return r;
	if (said.list.n == 0) {
		path = where_program(&plan->tree, name);
		buf_str(ret, path ? path : "");
	}
	for (size_t i = 0; i < said.list.n && ret->len == 0; i++) {
		if (tree_has(&plan->tree, said.list.v[i]))
			buf_str(ret, said.list.v[i]);
	}
	return buf_check(ret, err);
}

static bool spoken_for(const char *program)
{
	const char *base = text_path_base(program);

	return strcmp(base, "runc") == 0 || strcmp(base, "crun") == 0;
}

/* One name of the table; what is not there cannot be chosen. */
static int runtime(struct plan *plan, const struct paths *files, const char *name,
		   struct buf *out, struct error *err)
{
	_cleanup_buf_ struct buf key = { 0 }, program = { 0 };
	int r;

	buf_printf(&key, RUNTIMES TOML_SEP "%s", name);
	r = program_of(plan, files, buf_cstr(&key), name, &program, err);
	if (r < 0 || program.len == 0)
		return r;
	if (!spoken_for(buf_cstr(&program))) {
		plan_note(plan, ENGINE_PODMAN, "podman --runtime %s runs %s and does not pass the door", name,
			  buf_cstr(&program));
		return 0;
	}
	r = plan_needs(plan, ENGINE_PODMAN, buf_cstr(&program), err);
	if (r == 0)
		r = not_overridden(plan, buf_cstr(&key), err);
	toml_key(out, name);
	buf_printf(out, " = [\"" LIBEXECDIR "/podman/%s\"]\n", text_path_base(buf_cstr(&program)));
	return r;
}

/* The default: a path goes past the table, so that its name is put in the place of it. */
static int default_runtime(struct plan *plan, const struct paths *files, struct buf *out,
			   struct error *err)
{
	_cleanup_buf_ struct buf key = { 0 }, program = { 0 };
	_cleanup_said_ struct said said = { 0 };
	int r = said_last(&plan->tree, files, RUNTIME, &said, err);
	const char *name = said.list.n > 0 ? said.list.v[0] : "";

	if (r < 0 || !*name)
		return r;
	buf_printf(&key, RUNTIMES TOML_SEP "%s", name);
	if (strchr(name, '/'))
		buf_str(&program, name);
	else
		r = program_of(plan, files, buf_cstr(&key), name, &program, err);
	if (r < 0)
		return r;
	if (program.len > 0 && !spoken_for(buf_cstr(&program)))
		return error_set(err, -EINVAL, "%s: the default runtime is \"%s\", which the door does not "
				 "speak for; make runc or crun the default first", buf_cstr(&said.file),
				 name);
	if (!strchr(name, '/'))
		return 0;
	r = not_overridden(plan, RUNTIME, err);
	buf_printf(out, "runtime = \"%s\"\n", text_path_base(name));
	return r;
}

/* Every runtime that the door can speak for, so that none is left to be chosen. */
static int runtimes(struct plan *plan, struct buf *out, struct error *err)
{
	_cleanup_paths_ struct paths files = { 0 }, names = { 0 };
	_cleanup_buf_ struct buf table = { 0 };
	int r = chain_all(&plan->tree, &files, err);

	if (r == 0)
		r = names_of(plan, &files, &names, err);
	if (r == 0)
		r = default_runtime(plan, &files, out, err);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = runtime(plan, &files, names.v[i], &table, err);
	if (r < 0)
		return r;
	if (table.len == 0)
		return error_set(err, -ENOENT, "neither crun nor runc is installed: no container could "
				 "start through the door");
	buf_printf(out, "\n[engine.runtimes]\n%s", buf_cstr(&table));
	return plan_links(plan, ENGINE_PODMAN, err);
}

int podman_hooks_folders(const struct tree *tree, struct paths *ret, struct error *err)
{
	_cleanup_said_ struct said set = { 0 };
	_cleanup_paths_ struct paths files = { 0 };
	int r = chain(tree, false, &files, err);

	/* ours is read in its turn, and may be missing */
	if (r == 0)
		r = paths_add(&files, DROP_IN, err);
	if (r == 0)
		r = chain(tree, true, &files, err);
	if (r == 0)
		r = said_last(tree, &files, HOOKS_DIR, &set, err);
	for (size_t i = 0; r == 0 && i < set.list.n; i++)
		r = paths_add(ret, set.list.v[i], err);
	/* what builds read, whatever is said */
	if (r == 0)
		r = paths_add(ret, DEFAULT_HOOKS, err);
	return r < 0 ? r : paths_add(ret, HOOKS, err);
}

int plan_podman(struct plan *plan, struct error *err)
{
	const bool *doors = plan->state.doors[ENGINE_PODMAN];
	_cleanup_buf_ struct buf text = { 0 };
	int r = 0;

	if (doors[INSTALL_HOOK])
		r = plan_registration(plan, ENGINE_PODMAN, HOOKS, "createRuntime", err);
	if (r == 0 && doors[INSTALL_PRECREATE])
		r = plan_registration(plan, ENGINE_PODMAN, PRECREATE, "precreate", err);
	buf_str(&text, "# Written by \"cofferdam install\"; \"cofferdam uninstall\" takes it away.\n"
		       "[engine]\n");
	if (r == 0 && (doors[INSTALL_HOOK] || doors[INSTALL_PRECREATE]))
		r = hooks_dirs(plan, &text, err);
	if (r == 0 && doors[INSTALL_RUNTIME])
		r = runtimes(plan, &text, err);
	if (r < 0)
		return r;
	if (!doors[INSTALL_HOOK] && !doors[INSTALL_PRECREATE] && !doors[INSTALL_RUNTIME])
		return 0;
	return plan_whole(plan, ENGINE_PODMAN, DROP_IN, &text, err);
}
