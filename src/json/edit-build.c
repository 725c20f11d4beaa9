/* SPDX-License-Identifier: Apache-2.0 */
/* The tree that edits were made on, as a document of its own. */

#include <errno.h>
#include <string.h>

#include "edit-private.h"
#include "json-private.h"

struct build {
	const struct json_doc *from;	/* what was edited */
	struct json_doc *doc;		/* what becomes of it */
	char *name;			/* the place for the next name */
	uint32_t at;			/* how far the text of @from has been walked */
};

/* add_name - what would have been read where the name of an added member is written. */
static int add_name(struct build *b, struct slice name, struct json *to)
{
	_cleanup_buf_ struct buf quoted = { 0 };

	json_quote(&quoted, name.s, name.n);
	if (quoted.oom)
		return -ENOMEM;
	to->key = b->name;
	to->key_len = (uint32_t)json_unescape(b->name, quoted.data + 1, quoted.len - 2);
	b->name += to->key_len;
	*b->name++ = '\0';
	return 0;
}

/* locate - where the value of @node is to stand in the text, and its name. */
static void locate(struct build *b, const struct edit_node *node, uint32_t *ret_key)
{
	const char *text = b->from->text;

	if (node->parent && node->parent->text == text && node->index != SIZE_MAX) {
		*ret_key = (uint32_t)(node->head.s - text);
		b->at = *ret_key + (uint32_t)node->head.n;
	} else if (!node->parent) {
		*ret_key = b->at = b->from->root->start;
	} else {
		*ret_key = b->at;
	}
}

/* make - the value of @node: whole, or without children where it was opened. */
static int make(struct build *b, struct edit_node *node)
{
	const struct edit_node *parent = node->parent;
	const bool placed = node->text == b->from->text;	/* it stands in that text */
	struct json_place place = { .moved = placed };
	uint32_t key_start;
	struct json *to;

	locate(b, node, &key_start);
	place.at = placed ? 0 : b->at;
	edit_settle(node);
	to = node->open ? json_copy_one(b->doc, node->src, place) :
			  json_copy(b->doc, node->src, place);
	if (!to)
		return -ENOMEM;
	if (node->open)
		to->count = 0;
	if (node->open || !placed)
		to->end = to->start;
	else
		b->at = to->end;
	to->index = 0;
	to->key = NULL;
	to->key_len = to->key_start = 0;
	node->made = to;
	if (!parent)
		return 0;
	to->parent = parent->made;
	to->index = parent->made->count++;
	if (parent->type != JSON_OBJECT)
		return 0;
	to->key_start = key_start;
	if (node->index == SIZE_MAX)
		return add_name(b, node->name, to);
	to->key = node->name.s;
	to->key_len = (uint32_t)node->name.n;
	return 0;
}

static int build(struct build *b, struct edit_tree *t)
{
	struct edit_node *node = t->root;
	int r = make(b, node);

	b->doc->root = node->made;
	while (r == 0 && node) {
		if (node->cursor < node->n) {
			struct edit_node *kid = node->kid[node->cursor++];

			r = make(b, kid);
			if (r < 0)
				return r;
			if (node->last)
				node->last->next = kid->made;
			else
				node->made->first = kid->made;
			node->last = kid->made;
			node = kid;
		} else {
			if (node->open)
				r = json_complete(b->doc, node->made);
			if (node->open && node->text == b->from->text)
				b->at = node->src->end;
			node = node->parent;
		}
	}
	return r;
}

int edit_build(struct edit_tree *t, size_t names, struct json_doc **ret)
{
	_cleanup_json_ struct json_doc *doc = calloc(1, sizeof(*doc));
	struct build b = { .from = t->doc, .doc = doc };
	size_t n = json_values(t->doc);

	if (!doc)
		return -ENOMEM;
	for (size_t i = 0; i < t->n_values; i++)
		n += json_values(t->value[i]);
	doc->decoded = malloc(names);
	if (!doc->decoded || json_room(doc, n, 0) < 0)
		return -ENOMEM;
	doc->lent = true;
	doc->name = t->doc->name;
	doc->text = t->doc->text;
	doc->len = t->doc->len;
	b.name = doc->decoded;
	if (build(&b, t) < 0)
		return -ENOMEM;
	/* whose strings these are */
	while (t->n_values > 0) {
		struct json_doc *value = t->value[--t->n_values];

		value->values = doc->values;
		doc->values = value;
	}
	*ret = steal_ptr(doc);
	return 0;
}
