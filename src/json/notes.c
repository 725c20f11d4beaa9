/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include <cofferdam/text.h>

#include "fields-private.h"

#define SHOWN_NAME_MAX 64	/* bytes of a foreign name in a sentence */
#define FEW 16			/* entries that are not worth sorting */

int notes_add(struct notes *notes, enum note_kind kind, const struct json *node,
	      const char *expected)
{
	if (notes->n == notes->cap) {
		size_t cap = notes->cap ? notes->cap * 2 : 8;
		struct note *v = reallocarray(notes->v, cap, sizeof(*v));

		if (!v)
			return -ENOMEM;
		notes->v = v;
		notes->cap = cap;
	}
	notes->v[notes->n++] = (struct note){
		.kind = kind,
		.node = node,
		.expected = expected,
	};
	return 0;
}

int notes_add_below(struct notes *notes, const struct json *root)
{
	const struct json *n = root->first;

	while (n) {
		int rc = notes_add_repeated(notes, n);

		if (rc < 0)
			return rc;
		if (n->first) {
			n = n->first;
			continue;
		}
		while (n != root && !n->next)
			n = n->parent;
		n = n == root ? NULL : n->next;
	}
	return 0;
}

static int compare_values(const struct json *a, const struct json *b)
{
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->str, b->str, a->len);
}

static int compare_entries(const void *va, const void *vb)
{
	const struct json *a = *(const struct json *const *)va;
	const struct json *b = *(const struct json *const *)vb;
	int r = compare_values(a, b);

	/* equal ones in the order of the text: the later is the repetition */
	return r ? r : (a->start > b->start) - (a->start < b->start);
}

static int compare_notes(const void *va, const void *vb)
{
	const struct json *a = ((const struct note *)va)->node;
	const struct json *b = ((const struct note *)vb)->node;

	return (a->start > b->start) - (a->start < b->start);
}

static const struct field *row_named(const struct field *table, const char *name)
{
	while (strcmp(table->name, name) != 0)
		table++;
	return table;
}

/* unique_values - what tells the entries of @list apart, into @ret; how many have that. */
static size_t unique_values(const struct field_list *list, const struct field *row,
			    const struct json **ret)
{
	const char *slot = (const char *)list->v + row_named(row->sub, row->unique)->offset;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++, slot += row->size) {
		const struct json *value = ((const struct field_any *)(const void *)slot)->node;

		if (value && (value->type == JSON_STRING || value->type == JSON_NUMBER))
			ret[n++] = value;
	}
	return n;
}

/* came_before - whether the @i first have one that is the same as the next. */
static bool came_before(const struct json *const *v, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (compare_values(v[k], v[i]) == 0)
			return true;
	}
	return false;
}

/* add_sorted - of many: each with each would take too long. */
static int add_sorted(struct notes *notes, const struct json **v, size_t n, const char *name)
{
	const size_t before = notes->n;

	qsort(v, n, sizeof(*v), compare_entries);
	for (size_t i = 1; i < n; i++) {
		if (compare_values(v[i - 1], v[i]) == 0 &&
		    notes_add(notes, NOTE_REPEATED_ENTRY, v[i]->parent, name) < 0)
			return -ENOMEM;
	}
	if (notes->n > before)
		qsort(notes->v + before, notes->n - before, sizeof(*notes->v),
		      compare_notes);
	return 0;
}

int notes_add_entries(struct notes *notes, const struct field_list *list,
		      const struct field *row)
{
	_cleanup_free_ const struct json **many = NULL;
	const struct json *few[FEW], **v = few;
	size_t n;

	if (list->n < 2)
		return 0;
	if (list->n > FEW)
		v = many = malloc(list->n * sizeof(*many));
	if (!v)
		return -ENOMEM;
	n = unique_values(list, row, v);
	if (many)
		return add_sorted(notes, v, n, row->unique);
	for (size_t i = 1; i < n; i++) {
		if (came_before(v, i) &&
		    notes_add(notes, NOTE_REPEATED_ENTRY, v[i]->parent, row->unique) < 0)
			return -ENOMEM;
	}
	return 0;
}

void notes_free(struct notes *notes)
{
	free(notes->v);
	arena_free(&notes->lists);
	*notes = (struct notes){ 0 };
}

static void add_name(struct buf *out, const struct json *node, bool escape)
{
	size_t len = node->key_len;

	buf_char(out, '"');
	if (escape) {
		text_escape(out, node->key, len, SHOWN_NAME_MAX);
	} else {
		buf_add(out, node->key, len < SHOWN_NAME_MAX ? len : SHOWN_NAME_MAX);
		buf_str(out, len > SHOWN_NAME_MAX ? "..." : "");
	}
	buf_char(out, '"');
}

static void describe(struct buf *out, const struct note *note, bool escape)
{
	switch (note->kind) {
	case NOTE_REPEATED_NAME:
		buf_str(out, "the name ");
		add_name(out, note->node, escape);
		buf_str(out, " is repeated in one object, and runtimes differ on which counts");
		break;
	case NOTE_CASE_VARIANT:
		buf_str(out, "the name ");
		add_name(out, note->node, escape);
		buf_printf(out, " is read as \"%s\" by some runtimes and ignored by others",
			   note->expected);
		break;
	case NOTE_WRONG_TYPE:
		buf_printf(out, "this must be %s", note->expected);
		break;
	case NOTE_REPEATED_ENTRY:
		buf_printf(out, "an earlier entry of the list has the same \"%s\"",
			   note->expected);
		break;
	case NOTE_UNKNOWN_NAME:
		buf_str(out, "the name ");
		add_name(out, note->node, escape);
		buf_str(out, " is not known");
		if (note->expected)
			buf_printf(out, "; did you mean \"%s\"?", note->expected);
		break;
	}
}

void note_describe(struct buf *out, const struct note *note)
{
	describe(out, note, true);
}

int notes_error(const struct json_doc *doc, const struct notes *notes,
		struct error *err)
{
	_cleanup_buf_ struct buf at = { 0 }, what = { 0 };
	const struct note *note = notes->v;
	unsigned line, column;
	bool name;

	if (notes->n == 0)
		return 0;
	name = note->kind == NOTE_REPEATED_NAME || note->kind == NOTE_CASE_VARIANT ||
	       note->kind == NOTE_UNKNOWN_NAME;
	json_where(doc, name ? note->node->key_start : note->node->start, &line, &column);
	json_pointer(&at, note->node);
	describe(&what, note, false);	/* error_set() escapes */
	if (at.oom || what.oom)
		return error_oom(err);
	return error_set(err, -EINVAL, "%s:%u:%u: %s%s%s", doc->name, line, column,
			 buf_cstr(&at), at.len ? ": " : "", buf_cstr(&what));
}
