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

/* As it was a moment ago; what fails here is told nobody, the first failure is. */
static void revert(const struct tree *tree, const struct change *c)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error ignored;
	int r = 0;

	switch (c->kind) {
	case CHANGE_FOLDER:
		r = tree_remove(tree, c->path, true, &ignored);
		break;
	case CHANGE_LINK:
		r = tree_remove(tree, c->path, false, &ignored);
		break;
	case CHANGE_FILE:
		buf_str(&text, c->was ? c->was : "");
		r = !c->was || text.oom ? tree_remove(tree, c->path, false, &ignored) :
			tree_write(tree, c->path, &text, &c->like, &ignored);
		break;
	case CHANGE_DIVERT:
		r = tree_rename(tree, c->beside, c->path, &ignored);
		break;
	case CHANGE_KIND_MAX:
		break;
	}
	(void)r;
}

static int apply_rank(struct plan *plan, int which, struct error *err)
{
	for (size_t i = 0; i < plan->state.n; i++) {
		struct change *c = &plan->state.v[i];
		int r;

		if (!c->pending || rank(c) != which)
			continue;
		r = apply(&plan->tree, c, err);
		if (r < 0)
			return r;
		c->done = true;
	}
	return 0;
}

int plan_apply(struct plan *plan, struct error *err)
{
	_cleanup_installed_ struct state before = { 0 };
	int r = installed_load(&plan->tree, &before, err);

	/* the state before what it tells of, so that no change is without its record */
	if (r == 0)
		r = apply_rank(plan, 0, err);
	if (r == 0)
		r = installed_save(&plan->tree, &plan->state, err);
	for (int which = 1; r == 0 && which < RANKS; which++)
		r = apply_rank(plan, which, err);
	if (r == 0)
		return 0;
	for (int which = RANKS - 1; which >= 0; which--) {
		if (which == 0) {
			struct error ignored;

			/* it lies in one of the folders */
			(void)!installed_save(&plan->tree, &before, &ignored);
		}
		for (size_t i = plan->state.n; i-- > 0;) {
			if (plan->state.v[i].done && rank(&plan->state.v[i]) == which)
				revert(&plan->tree, &plan->state.v[i]);
		}
	}
	return error_context(err, "nothing was changed");
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
