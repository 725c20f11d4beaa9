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

/* What a file registers; true: it is Cofferdam's, and its program is there. */
static bool look(struct doctor *d, enum engine engine, const char *path, bool shared)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	const struct json *hook, *program;
	struct error err;

	if (tree_read(&d->tree, path, &text, NULL, &err) < 0 ||
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
	return strcmp(program->str, PROGRAM_HOOK) == 0;
}

void doctor_hooks(struct doctor *d, enum engine engine)
{
	_cleanup_paths_ struct paths folders = { 0 };
	struct error err;
	size_t ours = 0;
	int r = 0;

	if (engine == ENGINE_PODMAN)
		r = podman_hooks_folders(&d->tree, &folders, &err);
	else if (engine == ENGINE_CRIO)
		r = crio_hooks_folders(&d->tree, &folders, &err);
	else
		return;
	for (size_t i = 0; r == 0 && i < folders.n; i++) {
		bool shared = strcmp(folders.v[i], "/usr/share/containers/oci/hooks.d") == 0 ||
			      strcmp(folders.v[i], "/etc/containers/oci/hooks.d") == 0;
		_cleanup_paths_ struct paths files = { 0 };
		size_t mine = 0;

		r = where_conf(&d->tree, folders.v[i], ".json", &files, &err);
		for (size_t k = 0; r == 0 && k < files.n; k++)
			mine += look(d, engine, files.v[k], shared || engine == ENGINE_CRIO);
		if (mine > 0 && d->live && engine == ENGINE_CRIO)
			doctor_watched(d, folders.v[i]);
		ours += mine;
	}
	if (r < 0)
		remark(d, REMARK_FAULT, "hooks", engine, "mend it", "%s", err.text);
	else if (ours > 0)
		remark(d, REMARK_GOOD, "hooks", engine, NULL, "%zu of the hooks that it reads are Cofferdam's",
		       ours);
	else if (d->state.doors[engine][INSTALL_HOOK])
		remark(d, REMARK_FAULT, "hooks", engine, "run cofferdam install for it again",
		       "no folder that it reads has Cofferdam's hook");
}
