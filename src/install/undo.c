/* SPDX-License-Identifier: Apache-2.0 */
/* Taking back what was done, and telling whether it is still as it was made. */
#include "doctor-private.h"

#include <string.h>

#include <cofferdam/text.h>

struct undo {
	const struct install_want *want;
	struct tree *tree;
	struct state *state;
	struct buf *said;
	bool dry;
	bool left;			/* something could not be taken back */
};

static int put_text(struct undo *u, const struct change *c, const struct buf *text,
		    const struct stat *like, struct error *err)
{
	/* a file that Cofferdam made, and that is empty without it, goes */
	bool goes = !c->before && text->len == 0;

	say_line(u->said, "%s %s%s", goes ? "remove the file" : "put back", u->tree->name, c->path);
	if (u->dry)
		return 0;
	return goes ? tree_remove(u->tree, c->path, false, err) :
		tree_write(u->tree, c->path, text, like, err);
}

/* 1: it had to be left */
static int undo_file(struct undo *u, const struct change *c, struct error *err)
{
	_cleanup_buf_ struct buf now = { 0 }, text = { 0 };
	struct stat st;
	int r = tree_read(u->tree, c->path, &now, &st, err);

	if (r == -ENOENT) {
		if (c->before)
			say_line(u->said, "%s%s was removed since, and is not brought back",
				   u->tree->name, c->path);
		return 0;
	}
	if (r < 0)
		return r;
	if (strcmp(buf_cstr(&now), c->after) == 0)
		return change_without(c, buf_cstr(&now), &text, err) < 0 ? err->code :
			put_text(u, c, &text, &c->like, err);
	if (c->before && strcmp(buf_cstr(&now), c->before) == 0)
		return 0;
	r = change_without(c, buf_cstr(&now), &text, err);
	if (r == -ENOENT && c->engine == ENGINE_DOCKER)
		r = docker_without(c, buf_cstr(&now), &text, err);
	if (r == -ENOENT && c->engine == ENGINE_UNKNOWN) {
		say_line(u->said, "%s%s was changed since, and stays", u->tree->name, c->path);
		return 0;
	}
	if ((r == -ENOENT || r == -EINVAL) && !strstr(buf_cstr(&now), "cofferdam")) {
		say_line(u->said, "%s%s was replaced since, and has nothing of Cofferdam's: it stays",
			 u->tree->name, c->path);
		return 0;
	}
	if (r == -ENOENT || r == -EINVAL) {
		say_line(u->said, "%s%s was changed since, so that what Cofferdam put in cannot be told "
			 "apart: left as it is; take it out by hand", u->tree->name, c->path);
		return 1;
	}
	if (r < 0)
		return r;
	say_line(u->said, "%s%s was changed since: the changes are kept", u->tree->name, c->path);
	return put_text(u, c, &text, &st, err);
}

static bool leads_to(const struct tree *tree, const struct change *c)
{
	_cleanup_free_ char *target = tree_link_target(tree, c->path);

	return target && strcmp(target, c->target) == 0;
}

/* An engine that has the door divert, too, and stays; ENGINE_UNKNOWN: there is none. */
static enum engine heir_of(const struct undo *u, const struct change *c)
{
	for (int e = ENGINE_MAX - 1; e > ENGINE_UNKNOWN; e--) {
		if (e != (int)c->engine && !u->want->all && !u->want->engines[e] &&
		    u->state->doors[e][INSTALL_DIVERT] &&
		    divert_covers((enum engine)e, text_path_base(c->path)))
			return (enum engine)e;
	}
	return ENGINE_UNKNOWN;
}

/* From now on the program stands for @heir's door. */
static int hand_over(struct undo *u, struct change *c, enum engine heir, struct error *err)
{
	_cleanup_free_ char *target = NULL;
	int r;

	say_line(u->said, "%s%s stays diverted, for %s, whose policy it meets from now on", u->tree->name,
		 c->path, engine_name(heir));
	if (u->dry)
		return 0;
	if (asprintf(&target, LIBEXECDIR "/%s/%s", engine_name(heir), text_path_base(c->path)) < 0) {
		target = NULL;
		return error_oom(err);
	}
	r = leads_to(u->tree, c) ? tree_symlink(u->tree, c->path, target, err) : 0;
	if (r < 0)
		return r;
	free(c->target);
	c->target = steal_ptr(target);
	c->engine = heir;
	return 0;
}

static int undo_divert(struct undo *u, struct change *c, struct error *err)
{
	enum engine heir = heir_of(u, c);

	if (heir != ENGINE_UNKNOWN)
		return hand_over(u, c, heir, err);
	/* it would go on to put updates beside, where nothing uses them any more */
	if (divert_by_dpkg(u->tree, c->path) > 0) {
		say_line(u->said, "%s%s is diverted by dpkg, too: run dpkg-divert --local --no-rename "
			 "--remove %s, then cofferdam uninstall again", u->tree->name, c->path, c->path);
		return 1;
	}
	if (!leads_to(u->tree, c)) {
		say_line(u->said, "%s%s was replaced since, by an update it seems: it stays, and the old "
			   "one, %s, is removed", u->tree->name, c->path, c->beside);
		return u->dry ? 0 : tree_remove(u->tree, c->beside, false, err);
	}
	if (!tree_has(u->tree, c->beside)) {
		say_line(u->said, "%s%s is missing: %s cannot be put back; install its package again",
			 u->tree->name, c->beside, c->path);
		return 1;
	}
	say_line(u->said, "put back %s%s", u->tree->name, c->path);
	return u->dry ? 0 : tree_rename(u->tree, c->beside, c->path, err);
}

/* What runs is stopped, and entered, by the name that it was started with. */
static int undo_link(struct undo *u, const struct change *c, struct error *err)
{
	size_t n;

	if (!leads_to(u->tree, c))
		return 0;
	n = made_runs(u->tree, c->path);
	if (n > 0) {
		say_line(u->said, "%s%s stays: %zu of the containers that run were started with it, and are "
			 "entered and stopped through it; run cofferdam uninstall again when they have ended",
			 u->tree->name, c->path, n);
		return 1;
	}
	say_line(u->said, "remove the link %s%s", u->tree->name, c->path);
	return u->dry ? 0 : tree_remove(u->tree, c->path, false, err);
}

static int undo_change(struct undo *u, struct change *c, struct error *err)
{
	switch (c->kind) {
	case CHANGE_FILE:
		return undo_file(u, c, err);
	case CHANGE_DIVERT:
		return undo_divert(u, c, err);
	case CHANGE_LINK:
		return undo_link(u, c, err);
	case CHANGE_FOLDER:
		return u->dry ? 0 : tree_remove(u->tree, c->path, true, err);
	case CHANGE_KIND_MAX:
		break;
	}
	return -EINVAL;
}

/* The files that name programs first, the programs' names last. */
static int rank(const struct change *c)
{
	static const int ranks[CHANGE_KIND_MAX] = {
		[CHANGE_DIVERT] = 0, [CHANGE_FILE] = 1, [CHANGE_LINK] = 2, [CHANGE_FOLDER] = 3,
	};

	return ranks[c->kind];
}

static void drop(struct state *state, size_t i)
{
	change_free(&state->v[i]);
	memmove(&state->v[i], &state->v[i + 1], (state->n - i - 1) * sizeof(*state->v));
	state->n--;
}

/* The changes of one engine; those that had to be left stay in the state. */
static int undo_engine(struct undo *u, enum engine engine, struct error *err)
{
	bool left = false;

	for (int which = 0; which < CHANGE_KIND_MAX; which++) {
		for (size_t i = u->state->n; i-- > 0;) {
			struct change *c = &u->state->v[i];
			int r;

			if (c->engine != engine || rank(c) != which)
				continue;
			/* what is left may name them */
			if (left && (c->kind == CHANGE_LINK || c->kind == CHANGE_FOLDER))
				continue;
			r = undo_change(u, c, err);
			if (r < 0)
				return r;
			if (c->engine != engine)
				continue;	/* another's now */
			if (r > 0)
				left = true;
			else if (c->kind == CHANGE_FOLDER && engine != ENGINE_UNKNOWN && !u->dry &&
				 tree_has(u->tree, c->path))
				c->engine = ENGINE_UNKNOWN;	/* others use it; it goes with the last */
			else
				drop(u->state, i);
		}
	}
	u->left |= left;
	if (!left)
		memset(u->state->doors[engine], 0, sizeof(u->state->doors[engine]));
	return 0;
}

/* Containers that call a door which is the package's, not ours to take away. */
static size_t still_called(const struct tree *tree)
{
	static const char *const doors[] = {
		LIBEXECDIR "/containerd/runc", LIBEXECDIR "/containerd/crun",
		LIBEXECDIR "/docker/runc", LIBEXECDIR "/docker/crun",
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(doors); i++)
		n += made_runs(tree, doors[i]);
	return n;
}

static int undo_all(struct undo *u, const struct install_want *want, struct error *err)
{
	bool used = false, docker = u->state->doors[ENGINE_DOCKER][INSTALL_RUNTIME] &&
		(want->all || want->engines[ENGINE_DOCKER]);
	size_t made;
	int r = 0;

	for (int e = ENGINE_UNKNOWN + 1; r == 0 && e < ENGINE_MAX; e++) {
		if (want->all || want->engines[e])
			r = undo_engine(u, (enum engine)e, err);
	}
	if (r == 0 && docker && (made = made_by_docker(u->tree, true)) > 0)
		say_line(u->said, "%zu of Docker's containers were made for the runtime " DOCKER_RUNTIME
			 ", which it does not know any more: make them anew to start them again", made);
	for (int e = ENGINE_UNKNOWN + 1; e < ENGINE_MAX; e++)
		used |= installed_uses(u->state, (enum engine)e);
	if (r < 0 || used)
		return r;
	made = still_called(u->tree);
	if (made > 0) {
		say_line(u->said, "%zu of the containers that run are entered through the door, which judges by "
			 "%s%s: that stays; run cofferdam uninstall again when they have ended", made,
			 u->tree->name, HOST_JSON);
		u->left = true;
		return 0;
	}
	return undo_engine(u, ENGINE_UNKNOWN, err);
}

/* Those that have nothing in them any more. */
static int undo_folders(const struct tree *tree, const struct paths *folders, struct error *err)
{
	int r = 0;

	for (size_t i = folders->n; r == 0 && i-- > 0;)
		r = tree_remove(tree, folders->v[i], true, err);
	return r;
}

/* What was made, to be taken away when nothing else is left; and the state as it is now. */
static int undo_locked(struct undo *u, const struct install_want *want, struct paths *folders,
		       struct error *err)
{
	struct error ignored;
	int r = installed_load(u->tree, u->state, err);

	if (r == 0 && u->state->n == 0)
		buf_str(u->said, "nothing is installed\n");
	for (size_t i = 0; r == 0 && i < u->state->n; i++) {
		if (u->state->v[i].kind == CHANGE_FOLDER)
			r = paths_add(folders, u->state->v[i].path, err);
	}
	if (r < 0)
		return r;
	if (!u->dry)
		install_sweep(u->tree, u->state);
	r = undo_all(u, want, err);
	if (u->dry)
		return r;
	/* while there is a record of them; the state's own go after it */
	if (r == 0 && u->state->n == 0)
		r = undo_folders(u->tree, folders, err);
	if (r == 0)
		return installed_save(u->tree, u->state, err);
	/* also after a failure: what was taken back is */
	(void)!installed_save(u->tree, u->state, &ignored);
	return r;
}

int install_undo(const struct install_want *want, bool dry, struct buf *said, struct error *err)
{
	struct tree tree __attribute__((cleanup(tree_close))) = { .fd = -1 };
	_cleanup_lock_ struct install_lock lock = { -1, -1 };
	_cleanup_paths_ struct paths folders = { 0 };
	_cleanup_installed_ struct state state = { 0 };
	struct undo u = { .want = want, .tree = &tree, .state = &state, .said = said, .dry = dry };
	int r = tree_open(want->root, &tree, err);

	if (r == 0 && !dry)
		r = install_lock(&tree, false, &lock, err);
	if (r == 0)
		r = undo_locked(&u, want, &folders, err);
	install_unlock(&lock);
	/* of an installation that was killed early there is no record */
	if (r == 0 && !dry && state.n == 0)
		r = tree_remove(&tree, STATE_FOLDER, true, err);
	if (r == 0 && !dry && state.n == 0)
		r = undo_folders(&tree, &folders, err);
	return r < 0 ? r : u.left;
}

/* --- status --- */

const char *change_amiss(const struct tree *tree, const struct change *c)
{
	_cleanup_buf_ struct buf now = { 0 }, ignored = { 0 };
	struct error err;
	int r;

	switch (c->kind) {
	case CHANGE_FOLDER:
		return tree_has(tree, c->path) ? NULL : "is gone";
	case CHANGE_LINK:
		return leads_to(tree, c) ? NULL : "is no longer the link to the door";
	case CHANGE_DIVERT:
		if (!leads_to(tree, c))
			return "was replaced, by an update it seems: the door is out of the way; run "
			       "cofferdam install again";
		return tree_has(tree, c->beside) ? NULL : "has lost the program that it stands for";
	case CHANGE_FILE:
		r = tree_read(tree, c->path, &now, NULL, &err);
		if (r == -ENOENT)
			return "is gone";
		if (r < 0)
			return "cannot be read";
		if (strcmp(buf_cstr(&now), c->after) == 0 || c->engine == ENGINE_UNKNOWN)
			return NULL;
		return change_without(c, buf_cstr(&now), &ignored, &err) < 0 ?
			"no longer says what was put in" : NULL;
	case CHANGE_KIND_MAX:
		break;
	}
	return NULL;
}

int install_status(const char *root, struct buf *said, struct error *err)
{
	struct tree tree __attribute__((cleanup(tree_close))) = { .fd = -1 };
	_cleanup_installed_ struct state state = { 0 };
	int differs = 0, r = tree_open(root, &tree, err);

	if (r == 0)
		r = installed_load(&tree, &state, err);
	if (r < 0)
		return r;
	if (state.n == 0)
		buf_str(said, "nothing is installed\n");
	for (int e = ENGINE_UNKNOWN + 1; e < ENGINE_MAX; e++) {
		if (!installed_uses(&state, (enum engine)e))
			continue;
		buf_printf(said, "%s:", engine_name((enum engine)e));
		for (int d = 0; d < INSTALL_DOOR_MAX; d++) {
			if (state.doors[e][d])
				buf_printf(said, " %s", install_door_name((enum install_door)d));
		}
		buf_char(said, '\n');
	}
	for (size_t i = 0; i < state.n; i++) {
		const char *what = change_amiss(&tree, &state.v[i]);

		if (what || state.v[i].kind != CHANGE_FOLDER)
			say_line(said, "  %s%s %s", tree.name, state.v[i].path, what ? what : "is in place");
		differs |= what != NULL;
	}
	r = buf_check(said, err);
	return r < 0 ? r : differs;
}
