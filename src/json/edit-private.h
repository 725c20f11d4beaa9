/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_EDIT_PRIVATE_H
#define COFFERDAM_EDIT_PRIVATE_H

/*
 * The tree that json_apply() and json_edited() make their edits on, opened only where they reach.
 * A node that was not opened is printed as its bytes in the source; an opened
 * one is printed from its children, each with the bytes that stood around it.
 * Or both become values of another document.
 *
 *	{ LEAD "name" : VALUE TRAIL , LEAD "name" : VALUE TAIL }
 *	       `-head-'
 *
 * What follows the last child belongs to the container (the tail).
 */

#include <cofferdam/json.h>

struct slice {
	const char *s;
	size_t n;
};

struct edit_node {
	enum json_type type;
	bool open;			/* kid[] is what it holds, not src */
	bool gone;			/* removed, but still in its parent's kid[] */
	const struct json *src;
	const char *text;		/* what the offsets of src count in */
	struct edit_node *parent;
	struct edit_node **kid;
	size_t n, cap;
	size_t dead;			/* how many of them are gone */
	size_t cursor;			/* the next child to print */
	size_t index;			/* among the children of the source; of an added one, SIZE_MAX */
	struct slice name;		/* decoded, of a member */
	struct slice lead, head, trail, tail;
	struct slice colon;		/* of an added member, which has no head */
	char *owned;			/* what the slices of an added child point to */
	struct json *made, *last;	/* edit_build(): its value, and that one's last child */
};

struct edit_chunk {
	struct edit_chunk *next;
	size_t used, cap;
	struct edit_node node[];
};

struct edit_tree {
	const struct json_doc *doc;
	struct edit_node *root;
	struct edit_chunk *chunks;
	struct json_doc **value;	/* the values of the edits */
	size_t n_values;
	bool known;			/* they have a root alone until they are opened */
};

/* edit_set - make @node stand for the value @src of @text. */
void edit_set(struct edit_node *node, const struct json *src, const char *text);

/* edit_open - make the children of a container. 0, -ENOMEM, or -EINVAL if it is no JSON. */
int edit_open(struct edit_tree *t, struct edit_node *node);

/* edit_find - the index of the child that the decoded @token names in an opened
 * container; -ENOENT, or -EINVAL if two have that name. */
int edit_find(const struct edit_node *node, struct slice token, size_t *ret);

/* edit_insert - put a value before the child @at. 0, or -ENOMEM. */
int edit_insert(struct edit_tree *t, struct edit_node *parent, size_t at,
		struct slice name, const struct json_doc *value);

void edit_remove(struct edit_node *parent, size_t at);

/* edit_settle - take the members that are gone out of a large object. */
void edit_settle(struct edit_node *node);

/* edit_print - append the whole document. */
void edit_print(struct edit_tree *t, struct buf *out);

/* edit_build - the whole document as one, with @names bytes of room for the names of
 * added members, quoted. 0, or -ENOMEM. */
int edit_build(struct edit_tree *t, size_t names, struct json_doc **ret);

/* Room for a name of @len bytes: quoted, with an escape for each, and a NUL. */
#define EDIT_NAME_MAX(len) (6 * (len) + 3)

/* edit_tree_init - a tree with nothing opened. 0, or -ENOMEM. */
int edit_tree_init(struct edit_tree *t, const struct json_doc *doc, size_t n_edits);

void edit_tree_free(struct edit_tree *t);
#define _cleanup_edit_tree_ _cleanup_(edit_tree_free)

#endif
