/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "edit-private.h"
#include "json-private.h"

#define CHUNK_NODES 64

void edit_tree_free(struct edit_tree *t)
{
	while (t->chunks) {
		struct edit_chunk *c = t->chunks;

		for (size_t i = 0; i < c->used; i++) {
			free(c->node[i].kid);
			free(c->node[i].owned);
		}
		t->chunks = c->next;
		free(c);
	}
	for (size_t i = 0; i < t->n_values; i++)
		json_free(&t->value[i]);
	free(t->value);
}

/* @n zeroed nodes in a row. */
static struct edit_node *nodes_alloc(struct edit_tree *t, size_t n)
{
	struct edit_chunk *c = t->chunks;

	if (!c || c->cap - c->used < n) {
		size_t cap = n < CHUNK_NODES ? CHUNK_NODES : n;

		c = calloc(1, sizeof(*c) + cap * sizeof(c->node[0]));
		if (!c)
			return NULL;
		c->cap = cap;
		c->next = t->chunks;
		t->chunks = c;
	}
	c->used += n;
	return &c->node[c->used - n];
}

int edit_tree_init(struct edit_tree *t, const struct json_doc *doc, size_t n_edits)
{
	t->doc = doc;
	t->value = calloc(2 * n_edits + 1, sizeof(*t->value));	/* one may be read as well */
	t->root = nodes_alloc(t, 1);
	if (!t->value || !t->root)
		return -ENOMEM;
	edit_set(t->root, doc->root, doc->text);
	return 0;
}

static struct slice slice_of(const char *text, size_t from, size_t to)
{
	return (struct slice){ .s = text + from, .n = to - from };
}

static bool is_blank(struct slice s)
{
	while (s.n > 0 && json_is_space(s.s[s.n - 1]))
		s.n--;
	return s.n == 0;
}

/* The white space at the end of @s, without the comments before it. */
static struct slice blank_of(struct slice s)
{
	size_t from = s.n;

	while (from > 0 && json_is_space(s.s[from - 1]))
		from--;
	return from ? slice_of(s.s, from, s.n) : s;
}

void edit_set(struct edit_node *node, const struct json *src, const char *text)
{
	free(node->kid);
	node->kid = NULL;
	node->n = 0;
	node->cap = 0;
	node->dead = 0;
	node->open = false;
	node->type = src->type;
	node->src = src;
	node->text = text;
}

/* read_value - what was put there as it is. */
static int read_value(struct edit_tree *t, struct edit_node *node)
{
	struct json_doc **read = &t->value[t->n_values];
	struct error err;
	int r = json_parse("value", node->text, strlen(node->text), 0, read, &err);

	if (r < 0)
		return r;
	t->n_values++;
	edit_set(node, (*read)->root, (*read)->text);
	return 0;
}

int edit_open(struct edit_tree *t, struct edit_node *node)
{
	const bool unread = t->known && !node->src->parent && node->src != t->doc->root;
	struct edit_node *kids = NULL;
	const struct json *src;
	size_t at, i = 0;
	int r;

	if (node->open)
		return 0;
	r = unread ? read_value(t, node) : 0;
	if (r < 0)
		return r;
	src = node->src;
	at = src->start + 1;
	if (src->count > 0) {
		kids = nodes_alloc(t, src->count);
		node->kid = malloc(src->count * sizeof(*node->kid));
		if (!kids || !node->kid)
			return -ENOMEM;
	}
	for (const struct json *c = src->first; c; c = c->next, i++) {
		size_t from = c->key ? c->key_start : c->start;
		size_t end = json_skip(node->text, src->end, c->end);

		edit_set(&kids[i], c, node->text);
		kids[i].index = i;
		kids[i].parent = node;
		kids[i].name = (struct slice){ .s = c->key, .n = c->key_len };
		kids[i].lead = slice_of(node->text, at, from);
		kids[i].head = slice_of(node->text, from, c->start);
		node->kid[i] = &kids[i];
		at = c->end;
		if (c->next) {
			kids[i].trail = slice_of(node->text, at, end);
			at = end + 1;
		}
	}
	node->tail = slice_of(node->text, at, src->end - 1);
	node->n = src->count;
	node->cap = src->count;
	node->open = true;
	return 0;
}

/* How a document lays out its members, for the first child of a container. */
static struct slice colon_of(const struct edit_node *node)
{
	size_t i = 1;

	if (node->colon.n > 0)
		return node->colon;
	while (i < node->head.n && node->head.s[i] != '"')
		i += node->head.s[i] == '\\' ? 2 : 1;
	if (i >= node->head.n || memchr(node->head.s + i, '/', node->head.n - i))
		return (struct slice){ .s = ": ", .n = 2 };
	return slice_of(node->head.s, i + 1, node->head.n);
}

static struct slice colon_guess(const struct json_doc *doc)
{
	const struct json *n = doc->root;
	struct edit_node like = { 0 };

	while (n && !n->key)
		n = n->first;
	if (n)
		like.head = slice_of(doc->text, n->key_start, n->start);
	return colon_of(&like);
}

/*
 * The indentation of a first child: that of the line its container begins on,
 * and one step more. A document on one line, and a value that an edit brought,
 * have none.
 */
static void indent_guess(const struct edit_tree *t, const struct edit_node *parent,
			 struct slice *line, struct slice *step)
{
	const struct json *first = t->doc->root->first;
	const char *text = t->doc->text;
	struct slice gap;
	size_t at;

	*line = *step = (struct slice){ .s = text, .n = 0 };
	if (!first || parent->text != text)
		return;
	gap = blank_of(slice_of(text, t->doc->root->start + 1,
				first->key ? first->key_start : first->start));
	at = gap.n;
	while (at > 0 && gap.s[at - 1] != '\n')
		at--;
	if (at == 0)
		return;
	*step = slice_of(gap.s, at, gap.n);
	at = parent->src->start;
	while (at > 0 && text[at - 1] != '\n')
		at--;
	*line = slice_of(text, at, at + strspn(text + at, " \t"));
}

/* Give the first child of an empty container its white space. */
static int lay_out_first(const struct edit_tree *t, struct edit_node *parent, struct edit_node *kid,
			 struct buf *owned)
{
	const struct json *was = parent->src->first;
	struct slice line, step;
	size_t from = owned->len;

	kid->colon = colon_guess(t->doc);
	if (was) {
		kid->lead = blank_of(slice_of(parent->text, parent->src->start + 1,
					      was->key ? was->key_start : was->start));
		return 0;
	}
	indent_guess(t, parent, &line, &step);
	if (step.n == 0)
		return 0;
	buf_char(owned, '\n');
	buf_add(owned, line.s, line.n);
	buf_add(owned, step.s, step.n);
	if (owned->oom)
		return -ENOMEM;
	kid->lead = slice_of(owned->data, from, owned->len);
	if (is_blank(parent->tail))
		parent->tail = slice_of(owned->data, from, from + 1 + line.n);
	return 0;
}

/* Give a child that will stand at @at beside others its white space. */
static void lay_out(struct edit_node *parent, size_t at, struct edit_node *kid)
{
	struct edit_node *near = parent->kid[at ? at - 1 : 0];

	kid->colon = colon_of(near);
	kid->lead = blank_of(near->lead);
	if (at == 0) {
		/* what was first now takes the gap of what comes after a comma */
		if (is_blank(near->lead) && parent->n > 1)
			near->lead = blank_of(parent->kid[1]->lead);
	} else if (at == 1 && parent->n > 1) {
		kid->lead = blank_of(parent->kid[1]->lead);
	}
	if (at == parent->n && !is_blank(parent->tail) && is_blank(near->trail)) {
		/* a comment stays with what it stands behind */
		near->trail = parent->tail;
		parent->tail = blank_of(parent->tail);
	}
}

/* The white space of children that have become the first or the last. */
static void close_gap(struct edit_node *parent, const struct edit_node *first, bool last)
{
	if (first && parent->n > 0 && is_blank(first->lead) && is_blank(parent->kid[0]->lead))
		parent->kid[0]->lead = first->lead;
	if (last && parent->n > 0 && is_blank(parent->kid[parent->n - 1]->trail))
		parent->kid[parent->n - 1]->trail.n = 0;
}

void edit_settle(struct edit_node *node)
{
	const struct edit_node *first;
	size_t kept = 0;
	bool last;

	if (node->dead == 0)
		return;
	first = node->kid[0];
	last = node->kid[node->n - 1]->gone;
	for (size_t i = 0; i < node->n; i++) {
		if (!node->kid[i]->gone)
			node->kid[kept++] = node->kid[i];
	}
	node->n = kept;
	node->dead = 0;
	close_gap(node, first->gone ? first : NULL, last);
}

int edit_insert(struct edit_tree *t, struct edit_node *parent, size_t at,
		struct slice name, const struct json_doc *value)
{
	_cleanup_buf_ struct buf owned = { 0 };
	struct edit_node *kid = nodes_alloc(t, 1);

	if (parent->dead > 0) {
		edit_settle(parent);
		at = parent->n;		/* members are added at the end alone */
	}
	if (parent->n == parent->cap) {
		size_t cap = parent->cap ? parent->cap * 2 : 4;
		struct edit_node **v = reallocarray(parent->kid, cap, sizeof(*v));

		if (!v)
			return -ENOMEM;
		parent->kid = v;
		parent->cap = cap;
	}
	buf_add(&owned, name.s, name.n);
	buf_add(&owned, "", 1);
	if (!kid || owned.oom)
		return -ENOMEM;
	if (parent->n > 0)
		lay_out(parent, at, kid);
	else if (lay_out_first(t, parent, kid, &owned) < 0)
		return -ENOMEM;
	kid->name = slice_of(owned.data, 0, name.n);
	kid->owned = steal_ptr(owned.data);
	kid->parent = parent;
	kid->index = SIZE_MAX;
	edit_set(kid, value->root, value->text);
	memmove(parent->kid + at + 1, parent->kid + at,
		(parent->n - at) * sizeof(*parent->kid));
	parent->kid[at] = kid;
	parent->n++;
	return 0;
}

void edit_remove(struct edit_node *parent, size_t at)
{
	struct edit_node *gone = parent->kid[at];

	if (parent->type == JSON_OBJECT && parent->src->sorted) {
		gone->gone = true;
		parent->dead++;
		return;
	}
	parent->n--;
	memmove(parent->kid + at, parent->kid + at + 1,
		(parent->n - at) * sizeof(*parent->kid));
	close_gap(parent, at == 0 ? gone : NULL, at > 0 && at == parent->n);
}

/* All of @node up to its children. */
static void print_head(struct edit_node *node, struct buf *out)
{
	edit_settle(node);
	buf_add(out, node->lead.s, node->lead.n);
	if (node->colon.n > 0 && node->name.s && node->parent->type == JSON_OBJECT) {
		json_quote(out, node->name.s, node->name.n);
		buf_add(out, node->colon.s, node->colon.n);
	}
	buf_add(out, node->head.s, node->head.n);
	if (node->open)
		buf_char(out, node->type == JSON_OBJECT ? '{' : '[');
	else
		buf_add(out, node->text + node->src->start, node->src->end - node->src->start);
}

static void print_tail(const struct edit_node *node, struct buf *out)
{
	/* the line feed of a container that was emptied goes with its children */
	if (node->open && (node->n > 0 || node->src->count == 0 || !is_blank(node->tail)))
		buf_add(out, node->tail.s, node->tail.n);
	if (node->open)
		buf_char(out, node->type == JSON_OBJECT ? '}' : ']');
	buf_add(out, node->trail.s, node->trail.n);
}

void edit_print(struct edit_tree *t, struct buf *out)
{
	const struct json_doc *doc = t->doc;
	struct edit_node *node = t->root;

	buf_add(out, doc->text, doc->root->start);
	print_head(node, out);
	while (node) {
		if (node->cursor < node->n) {
			if (node->cursor > 0)
				buf_char(out, ',');
			node = node->kid[node->cursor++];
			print_head(node, out);
		} else {
			print_tail(node, out);
			node = node->parent;
		}
	}
	buf_add(out, doc->text + doc->root->end, doc->len - doc->root->end);
}
