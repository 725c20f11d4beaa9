/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hooks directories that engines read: also files that were put there by hand. An
 * engine drops a file whose program is missing and says nothing; a file that is no
 * JSON, or of a stage that is not known, stops podman and Buildah, and CRI-O at its start.
 */
#include "doctor-private.h"

#include <string.h>

static bool has_stage(const struct json *root, const char *stage)
{
	const struct json *stages = json_get(root, "stages");

	for (const struct json *m = stages ? stages->first : NULL; m; m = m->next) {
		if (m->type == JSON_STRING && strcmp(m->str, stage) == 0)
			return true;
	}
	return false;
}

/*
 * Whether Cofferdam's own @hook of the file @root says of itself that it is of @engine.
 * One of another engine believes the annotations of that one, which are anybody's here.
 */
static bool of_engine(struct doctor *d, enum engine engine, const char *path, const struct json *root)
{
	const struct json *args = json_get(json_get(root, "hook"), "args");
	const struct json *when = json_get(root, "when");
	const struct json *always = when ? json_get(when, "always") : NULL;
	enum engine said = engine;

	for (const struct json *m = args ? args->first : NULL; m && m->next; m = m->next) {
		if (m->type == JSON_STRING && strcmp(m->str, "--engine") == 0 &&
		    m->next->type == JSON_STRING)
			said = engine_parse(m->next->str);
	}
	if (said == engine)
		return true;
	/* the runtime door puts its own in the place of every hook of ours */
	if (always && always->type == JSON_BOOL && always->boolean &&
	    !d->state.doors[engine][INSTALL_RUNTIME])
		remark(d, REMARK_WARNING, "hooks", engine,
		       "install the door runtime for it, or let the file's \"when\" name an annotation "
		       "that only the other engine has",
		       "%s is for %s, and this engine reads it, too: what it starts is judged as if %s had",
		       path, engine_name(said), engine_name(said));
	return false;
}

/* What a file registers; true: it is Cofferdam's, for @engine, and its program is there. */
static bool look(struct doctor *d, enum engine engine, const char *path, bool shared)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	const struct json *hook, *program;
	struct error err;

	if (tree_follow(&d->tree, path, &text, &err) < 0 ||
	    json_parse(path, buf_cstr(&text), text.len, 0, &doc, &err) < 0) {
		remark(d, REMARK_FAULT, "hooks", engine, "mend it or move it away",
		       "the engine drops this file, or does not start any more: %s", err.text);
		return false;
	}
	hook = json_get(doc->root, "hook");
	program = hook ? json_get(hook, "path") : NULL;
	if (shared && has_stage(doc->root, "precreate"))
		remark(d, REMARK_FAULT, "hooks", engine, "move it to a folder that only podman run reads",
		       "%s is for the stage precreate, which stops CRI-O and image builds", path);
	if (!program || program->type != JSON_STRING)
		return false;
	if (!tree_has(&d->tree, program->str)) {
		remark(d, REMARK_FAULT, "hooks", engine, "install the program, then touch the file",
		       "%s names %s, which is missing: the engine skips the hook without a word", path,
		       program->str);
		return false;
	}
	return strcmp(program->str, PROGRAM_HOOK) == 0 && of_engine(d, engine, path, doc->root);
}

bool doctor_hooks(struct doctor *d, enum engine engine)
{
	_cleanup_paths_ struct paths folders = { 0 };
	struct error err;
	time_t newest = 0;
	size_t ours = 0;
	int r = 0;

	if (engine == ENGINE_PODMAN)
		r = podman_hooks_folders(&d->tree, &folders, &err);
	else if (engine == ENGINE_CRIO)
		r = crio_hooks_folders(&d->tree, &folders, &err);
	else if (engine == ENGINE_CONTAINERD)
		r = nri_hooks_folders(d, &folders, &err);
	else
		return false;
	for (size_t i = 0; r == 0 && i < folders.n; i++) {
		bool shared = strcmp(folders.v[i], "/usr/share/containers/oci/hooks.d") == 0 ||
			      strcmp(folders.v[i], "/etc/containers/oci/hooks.d") == 0;
		_cleanup_paths_ struct paths files = { 0 };
		size_t mine = 0;

		r = where_conf(&d->tree, folders.v[i], ".json", &files, &err);
		for (size_t k = 0; r == 0 && k < files.n; k++) {
			struct stat st;

			if (!look(d, engine, files.v[k], shared || engine == ENGINE_CRIO))
				continue;
			mine++;
			if (tree_look(&d->tree, files.v[k], &st) == 0 && st.st_ctime > newest)
				newest = st.st_ctime;
		}
		if (mine > 0 && d->live && engine == ENGINE_CRIO)
			doctor_watched(d, folders.v[i]);
		ours += mine;
	}
	if (r < 0)
		remark(d, REMARK_FAULT, "hooks", engine, "mend it", "%s", err.text);
	else if (engine == ENGINE_CONTAINERD)
		return doctor_injected(d, ours, newest);
	else if (ours > 0)
		remark(d, REMARK_GOOD, "hooks", engine, NULL, "%zu of the hooks that it reads are Cofferdam's",
		       ours);
	else if (d->state.doors[engine][INSTALL_HOOK])
		remark(d, REMARK_FAULT, "hooks", engine, "run cofferdam install, which mends that",
		       "no folder that it reads has Cofferdam's hook");
	return r == 0 && ours > 0;
}
