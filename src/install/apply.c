/* SPDX-License-Identifier: Apache-2.0 */
/* Doing what was planned: programs first, then what names them; all of it or nothing. */
#include "install-private.h"

#include <string.h>

#include <cofferdam/text.h>

/* The order in which kinds are done; undone in the other. */
static int rank(const struct change *c)
{
	switch (c->kind) {
	case CHANGE_FOLDER:
		return 0;
	case CHANGE_LINK:
		return 1;
	case CHANGE_FILE:
		return c->engine == ENGINE_UNKNOWN ? 2 : 3;
	case CHANGE_DIVERT:
	case CHANGE_KIND_MAX:
		break;
	}
	return 4;
}

#define RANKS 5

static int divert(const struct tree *tree, const struct change *c, struct error *err)
{
	int r = tree_remove(tree, c->beside, false, err);

	if (r == 0)
		r = tree_second_name(tree, c->path, c->beside, err);
	if (r < 0)
		return r;
	r = tree_symlink(tree, c->path, c->target, err);
	if (r < 0) {
		struct error ignored;

		/* the name itself was not touched */
		(void)!tree_remove(tree, c->beside, false, &ignored);
	}
	return r;
}

static int apply(const struct tree *tree, const struct change *c, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };

	switch (c->kind) {
	case CHANGE_FOLDER:
		return tree_mkdir(tree, c->path, err);
	case CHANGE_LINK:
		return tree_symlink(tree, c->path, c->target, err);
	case CHANGE_FILE:
		buf_str(&text, c->after);
		if (buf_check(&text, err) < 0)
			return -ENOMEM;
		return tree_write(tree, c->path, &text, &c->like, err);
	case CHANGE_DIVERT:
		return divert(tree, c, err);
	case CHANGE_KIND_MAX:
		break;
	}
	return -EINVAL;
}

/* A write that failed may have been done all the same, but for the syncing of its folder. */
static int revert_file(const struct tree *tree, const struct change *c, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 }, now = { 0 };

	if (!c->was)
		return tree_remove(tree, c->path, false, err);
	if (tree_read(tree, c->path, &now, NULL, err) == 0 && strcmp(buf_cstr(&now), c->was) == 0)
		return 0;
	buf_str(&text, c->was);
	if (buf_check(&text, err) < 0)
		return -ENOMEM;
	return tree_write(tree, c->path, &text, &c->like, err);
}

/* As it was a moment ago. */
static int revert(const struct tree *tree, const struct change *c, struct error *err)
{
	switch (c->kind) {
	case CHANGE_FOLDER:
		return tree_remove(tree, c->path, true, err);
	case CHANGE_LINK:
		return tree_remove(tree, c->path, false, err);
	case CHANGE_FILE:
		return revert_file(tree, c, err);
	case CHANGE_DIVERT:
		return tree_rename(tree, c->beside, c->path, err);
	case CHANGE_KIND_MAX:
		break;
	}
	return -EINVAL;
}

static int apply_rank(struct plan *plan, int which, struct error *err)
{
	for (size_t i = 0; i < plan->state.n; i++) {
		struct change *c = &plan->state.v[i];
		int r;

		if (!c->pending || rank(c) != which)
			continue;
		/* half of these can be done when they fail */
		c->done = c->kind == CHANGE_FOLDER || c->kind == CHANGE_FILE;
		r = apply(&plan->tree, c, err);
		if (r < 0)
			return r;
		c->done = true;
	}
	return 0;
}

/* Everything of @which that was done; the first that stays so is named in @left. */
static void revert_rank(struct plan *plan, int which, struct buf *left)
{
	for (size_t i = plan->state.n; i-- > 0;) {
		struct change *c = &plan->state.v[i];
		struct error err;

		if (!c->done || rank(c) != which)
			continue;
		if (revert(&plan->tree, c, &err) < 0 && left->len == 0)
			buf_str(left, err.text);
		c->done = false;
	}
}

static int revert_all(struct plan *plan, const struct state *before, struct error *err)
{
	_cleanup_buf_ struct buf left = { 0 };
	struct error ignored;

	for (int which = RANKS - 1; which > 0; which--)
		revert_rank(plan, which, &left);
	/* of what stays as it is now, the state goes on to tell */
	if (left.len > 0)
		return error_context(err, "not everything could be put back (%s); when that is mended, run "
				     "cofferdam uninstall", buf_cstr(&left));
	(void)!installed_save(&plan->tree, before, &ignored);
	return error_context(err, "nothing was changed");
}

/* Since it was planned somebody else may have changed what it was planned from. */
static int unchanged(const struct plan *plan, struct error *err)
{
	_cleanup_free_ char *known = NULL;
	int r = installed_text(&plan->tree, &known, err);
	bool same = r == 0 && (known && plan->known ? strcmp(known, plan->known) == 0 :
			       known == plan->known);

	for (size_t i = 0; r == 0 && same && i < plan->state.n; i++) {
		const struct change *c = &plan->state.v[i];
		_cleanup_buf_ struct buf now = { 0 };

		if (!c->pending || c->kind != CHANGE_FILE)
			continue;
		r = tree_read(&plan->tree, c->path, &now, NULL, err);
		same = r == -ENOENT ? !c->was : r == 0 && c->was && strcmp(buf_cstr(&now), c->was) == 0;
		r = r == -ENOENT ? 0 : r;
	}
	if (r == 0 && !same)
		r = error_set(err, -EAGAIN, "changed meanwhile, by another install it seems");
	return r;
}

static int apply_locked(struct plan *plan, struct error *err)
{
	_cleanup_installed_ struct state before = { 0 };
	int r = unchanged(plan, err);

	if (r == 0)
		r = installed_load(&plan->tree, &before, err);
	if (r < 0)
		return r;
	install_sweep(&plan->tree, &plan->state);
	/* the state before what it tells of, so that no change is without its record */
	r = installed_save(&plan->tree, &plan->state, err);
	for (int which = 0; r == 0 && which < RANKS; which++)
		r = apply_rank(plan, which, err);
	return r < 0 ? revert_all(plan, &before, err) : 0;
}

/* A folder above one that was made before may be gone since: the shorter paths first. */
static void folders_first(struct state *state)
{
	for (size_t i = 1; i < state->n; i++) {
		struct change c = state->v[i];
		size_t at = i;

		if (c.kind != CHANGE_FOLDER)
			continue;
		for (; at > 0 && (state->v[at - 1].kind != CHANGE_FOLDER ||
				  strlen(state->v[at - 1].path) > strlen(c.path)); at--)
			state->v[at] = state->v[at - 1];
		state->v[at] = c;
	}
}

int plan_apply(struct plan *plan, struct error *err)
{
	_cleanup_lock_ struct install_lock lock = { -1, -1 };
	_cleanup_buf_ struct buf ignored = { 0 };
	int r;

	if (plan->state.n == 0)
		return 0;
	folders_first(&plan->state);
	/* those that the lock lies in are made with it */
	for (size_t i = 0; i < plan->state.n; i++) {
		struct change *c = &plan->state.v[i];

		c->done = c->pending && c->kind == CHANGE_FOLDER && text_path_below(STATE_FOLDER, c->path);
	}
	r = install_lock(&plan->tree, true, &lock, err);
	if (r == 0)
		r = apply_locked(plan, err);
	install_unlock(&lock);
	if (r < 0)
		revert_rank(plan, 0, &ignored);
	return r;
}

/* --- printing --- */

static void print_lines(struct buf *out, char sign, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		buf_printf(out, "    %c ", sign);
		text_escape(out, text, n, SIZE_MAX);
		buf_char(out, '\n');
		text += n + (text[n] == '\n');
	}
}

static void print_difference(struct buf *out, const char *from, const char *to)
{
	struct hunk hunk = { 0 };
	struct error ignored;

	if (hunk_between(from, to, &hunk, &ignored) < 0) {
		out->oom = true;
		return;
	}
	print_lines(out, '-', hunk.old);
	print_lines(out, '+', hunk.new);
	free(hunk.old);
	free(hunk.new);
}

static void print_change(struct buf *out, const struct tree *tree, const struct change *c)
{
	switch (c->kind) {
	case CHANGE_FOLDER:
		say_line(out, "make the folder %s%s", tree->name, c->path);
		break;
	case CHANGE_LINK:
		say_line(out, "make the link %s%s -> %s", tree->name, c->path, c->target);
		break;
	case CHANGE_FILE:
		say_line(out, "%s the file %s%s", c->was ? "edit" : "write", tree->name, c->path);
		print_difference(out, c->was ? c->was : "", c->after);
		break;
	case CHANGE_DIVERT:
		say_line(out, "keep %s%s as %s%s, and put a link to the door in its place",
			   tree->name, c->path, tree->name, c->beside);
		break;
	case CHANGE_KIND_MAX:
		break;
	}
}

void plan_print(struct buf *out, const struct plan *plan)
{
	plan_print_engine(out, plan, ENGINE_MAX);
}

void plan_print_engine(struct buf *out, const struct plan *plan, enum engine engine)
{
	for (int which = 0; which < RANKS; which++) {
		for (size_t i = 0; i < plan->state.n; i++) {
			const struct change *c = &plan->state.v[i];

			if (c->pending && rank(c) == which && (engine == ENGINE_MAX || c->engine == engine))
				print_change(out, &plan->tree, c);
		}
	}
}

void plan_notes(struct buf *out, const struct plan *plan)
{
	buf_add(out, buf_cstr(&plan->notes), plan->notes.len);
}

bool plan_empty(const struct plan *plan)
{
	for (size_t i = 0; i < plan->state.n; i++) {
		if (plan->state.v[i].pending)
			return false;
	}
	return true;
}
