/* SPDX-License-Identifier: Apache-2.0 */
/* What is put into a file, in lines, and how it is taken out again. */
#include "install-private.h"

#include <string.h>

void change_forget(struct change *change)
{
	for (size_t i = 0; i < change->n_hunks; i++) {
		free(change->hunks[i].old);
		free(change->hunks[i].new);
	}
	free(change->hunks);
	change->hunks = NULL;
	change->n_hunks = change->fresh = 0;
}

void change_free(struct change *change)
{
	change_forget(change);
	free(change->path);
	free(change->target);
	free(change->beside);
	free(change->before);
	free(change->after);
	free(change->was);
	*change = (struct change){ 0 };
}

static bool occurs_once(const char *text, const char *what)
{
	const char *first = strstr(text, what);

	return first && !strstr(first + 1, what);
}

/* The start of the line before @at. */
static size_t line_before(const char *text, size_t at)
{
	if (at > 0)
		at--;
	while (at > 0 && text[at - 1] != '\n')
		at--;
	return at;
}

/*
 * hunk_between - the lines in which two texts differ. What is new is found again
 * later by its text alone, so lines before it are taken in until it is the only
 * one of its kind.
 */
int hunk_between(const char *a, const char *b, struct hunk *ret, struct error *err)
{
	size_t la = strlen(a), lb = strlen(b), start = 0, end = 0;
	_cleanup_free_ char *old = NULL, *new = NULL;

	while (start < la && start < lb && a[start] == b[start])
		start++;
	while (start > 0 && a[start - 1] != '\n')
		start--;
	while (end < la - start && end < lb - start && a[la - 1 - end] == b[lb - 1 - end])
		end++;
	/* to the start of a line, in both */
	while (end > 0 && !((la == end || a[la - end - 1] == '\n') &&
			    (lb == end || b[lb - end - 1] == '\n')))
		end--;
	for (;;) {
		free(new);
		new = strndup(b + start, lb - end - start);
		if (!new)
			return error_oom(err);
		if (start == 0 || (*new && occurs_once(b, new)))
			break;
		start = line_before(b, start);
	}
	old = strndup(a + start, la - end - start);
	if (!old)
		return error_oom(err);
	ret->old = steal_ptr(old);
	ret->new = steal_ptr(new);
	return 0;
}

int change_step(struct change *change, struct buf *text, struct buf *new, struct error *err)
{
	struct hunk *v;
	int r = buf_check(new, err);

	if (r < 0)
		return r;
	if (strcmp(buf_cstr(text), buf_cstr(new)) == 0)
		return 0;
	v = reallocarray(change->hunks, change->n_hunks + 1, sizeof(*v));
	if (!v)
		return error_oom(err);
	change->hunks = v;
	r = hunk_between(buf_cstr(text), buf_cstr(new), &v[change->n_hunks], err);
	if (r < 0)
		return r;
	change->n_hunks++;
	change->fresh++;
	buf_free(text);
	*text = *new;
	*new = (struct buf){ 0 };
	return 0;
}

static int take_out(const struct hunk *hunk, struct buf *text, struct error *err)
{
	_cleanup_buf_ struct buf without = { 0 };
	const char *all = buf_cstr(text), *at;

	if (!*hunk->new || !occurs_once(all, hunk->new))
		return error_set(err, -ENOENT, "the lines that were put in are not there any more as "
				 "they were");
	at = strstr(all, hunk->new);
	buf_add(&without, all, (size_t)(at - all));
	buf_str(&without, hunk->old);
	buf_str(&without, at + strlen(hunk->new));
	if (buf_check(&without, err) < 0)
		return -ENOMEM;
	buf_free(text);
	*text = without;
	without = (struct buf){ 0 };
	return 0;
}

int change_without(const struct change *change, const char *now, struct buf *ret,
		   struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = 0;

	if (change->after && strcmp(now, change->after) == 0) {
		buf_str(&text, change->before ? change->before : "");
	} else {
		buf_str(&text, now);
		for (size_t i = change->n_hunks; r == 0 && i-- > 0;)
			r = take_out(&change->hunks[i], &text, err);
	}
	if (r == 0)
		r = buf_check(&text, err);
	if (r < 0)
		return r;
	buf_free(ret);
	*ret = text;
	text = (struct buf){ 0 };
	return 0;
}
