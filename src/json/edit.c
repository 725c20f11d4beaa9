/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "edit-private.h"
#include "json-private.h"

#define REASON_NO_PLACE "there is no such place in the document"
#define REASON_REPEATED "a name on the way is repeated in its object"

const char *json_op_name(enum json_op op)
{
	static const char *const names[] = {
		[JSON_ADD] = "add", [JSON_REPLACE] = "replace", [JSON_REMOVE] = "remove",
	};

	return (size_t)op < ARRAY_SIZE(names) ? names[op] : "unknown";
}

static int edits_grow(struct json_edits *edits)
{
	size_t cap = edits->cap ? edits->cap * 2 : 8;
	struct json_edit *v;

	if (edits->n < edits->cap)
		return 0;
	v = reallocarray(edits->v, cap, sizeof(*v));
	if (!v)
		return -ENOMEM;
	edits->v = v;
	edits->cap = cap;
	return 0;
}

/* add - with @size bytes of room behind the pointer. */
static struct json_edit *add(struct json_edits *edits, enum json_op op, const char *pointer,
			     size_t size, struct error *err)
{
	const size_t len = strlen(pointer) + 1;
	char *owned = edits_grow(edits) == 0 ? malloc(len + size) : NULL;

	if (!owned) {
		(void)error_oom(err);
		return NULL;
	}
	memcpy(owned, pointer, len);
	edits->v[edits->n] = (struct json_edit){ .op = op, .pointer = owned };
	return &edits->v[edits->n++];
}

static int check_value(enum json_op op, const char *pointer, const char *value,
		       struct error *err)
{
	return op == JSON_REMOVE || value ? 0 : error_set(err, -EINVAL, "%s %s: a value is needed",
							  json_op_name(op), pointer);
}

int json_edits_add(struct json_edits *edits, enum json_op op, const char *pointer,
		   const char *value, struct error *err)
{
	const size_t size = op != JSON_REMOVE && value ? strlen(value) + 1 : 0;
	struct json_edit *edit;

	if (check_value(op, pointer, value, err) < 0)
		return err->code;
	edit = add(edits, op, pointer, size, err);
	if (!edit)
		return -ENOMEM;
	if (size > 0)
		edit->value = memcpy(edit->pointer + strlen(pointer) + 1, value, size);
	return 0;
}

int json_edits_lend(struct json_edits *edits, enum json_op op, const char *pointer,
		    const char *value, struct error *err)
{
	struct json_edit *edit;

	if (check_value(op, pointer, value, err) < 0)
		return err->code;
	edit = add(edits, op, pointer, 0, err);
	if (!edit)
		return -ENOMEM;
	edit->value = op == JSON_REMOVE ? NULL : value;
	return 0;
}

/* A line feed in JSON is always white space: a run with one becomes a space. */
static void print_on_one_line(struct buf *out, const char *value)
{
	while (*value) {
		size_t space = strspn(value, " \t\r\n");

		if (memchr(value, '\n', space) || memchr(value, '\r', space))
			buf_char(out, ' ');
		else
			buf_add(out, value, space);
		value += space;
		space = strcspn(value, " \t\r\n");
		buf_add(out, value, space);
		value += space;
	}
}

void json_edits_print(struct buf *out, const struct json_edits *edits)
{
	buf_char(out, '[');
	for (size_t i = 0; i < edits->n; i++) {
		const struct json_edit *e = &edits->v[i];

		buf_str(out, i ? ",\n  " : "\n  ");
		buf_printf(out, "{\"op\": \"%s\", \"path\": ", json_op_name(e->op));
		json_quote(out, e->pointer, strlen(e->pointer));
		if (e->value) {
			buf_str(out, ", \"value\": ");
			print_on_one_line(out, e->value);
		}
		buf_char(out, '}');
	}
	buf_str(out, edits->n ? "\n]\n" : "]\n");
}

void json_edits_free(struct json_edits *edits)
{
	for (size_t i = 0; i < edits->n; i++) {
		free(edits->v[i].pointer);
	}
	free(edits->v);
	*edits = (struct json_edits){ 0 };
}

/* Where an edit is about to be made. */
struct place {
	struct edit_node *parent;	/* NULL for the root */
	struct slice token;		/* the last one, decoded */
	size_t depth;			/* tokens in the pointer */
};

/* Decode the token at *@p over itself, and step over it. -EINVAL for a bad "~". */
static int next_token(char **p, struct slice *ret)
{
	char *in = *p + 1, *out = in;

	ret->s = in;
	for (; *in && *in != '/'; in++) {
		char c = *in;

		if (c == '~') {
			c = *++in;
			if (c != '0' && c != '1')
				return -EINVAL;
			c = c == '0' ? '~' : '/';
		}
		*out++ = c;
	}
	ret->n = (size_t)(out - ret->s);
	*p = in;
	return 0;
}

/* Walk down @pointer, which is overwritten, to the parent of what it names. */
static int find_place(struct edit_tree *t, char *pointer, struct place *place,
		      const char **reason)
{
	struct edit_node *node = t->root;
	size_t at = 0;
	int r;

	while (*pointer) {
		*reason = "not a JSON Pointer";
		if (*pointer != '/' || next_token(&pointer, &place->token) < 0)
			return -EINVAL;
		*reason = REASON_NO_PLACE;
		if (node->type != JSON_OBJECT && node->type != JSON_ARRAY)
			return -ENOENT;
		r = edit_open(t, node);
		if (r == -EINVAL)
			*reason = "the value that it is in is not JSON";
		if (r < 0)
			return r;
		place->parent = node;
		place->depth++;
		if (!*pointer)
			break;
		r = edit_find(node, place->token, &at);
		if (r == -EINVAL)
			*reason = REASON_REPEATED;
		if (r < 0)
			return r;
		node = node->kid[at];
	}
	return 0;
}

/* How many containers deep a value is. */
static size_t value_depth(const struct json *root)
{
	const struct json *n = root;
	size_t depth = 0, max = 0;

	while (n) {
		if (n->type == JSON_ARRAY || n->type == JSON_OBJECT)
			max = depth + 1 > max ? depth + 1 : max;
		if (n->first) {
			n = n->first;
			depth++;
			continue;
		}
		while (n != root && !n->next) {
			n = n->parent;
			depth--;
		}
		n = n == root ? NULL : n->next;
	}
	return max;
}

/* The edit of one child of place->parent. */
static int edit_child(struct edit_tree *t, const struct place *place, enum json_op op,
		      const struct json_doc *value, const char **reason)
{
	struct edit_node *parent = place->parent;
	bool append = parent->type == JSON_ARRAY && place->token.n == 1 &&
		      place->token.s[0] == '-';
	size_t at = parent->n;
	int r = op == JSON_ADD && append ? -ENOENT : edit_find(parent, place->token, &at);

	if (r == -EINVAL) {
		*reason = REASON_REPEATED;
		return r;
	}
	*reason = REASON_NO_PLACE;
	if (op == JSON_ADD && parent->type == JSON_ARRAY) {
		if (r < 0 && !append &&
		    (json_array_index(place->token.s, place->token.n, &at) < 0 ||
		     at != parent->n))
			return -ENOENT;
		return edit_insert(t, parent, at, (struct slice){ .s = "", .n = 0 }, value);
	}
	if (op == JSON_ADD && r == -ENOENT)
		return edit_insert(t, parent, parent->n, place->token, value);
	if (r < 0)
		return r;
	if (op == JSON_REMOVE)
		edit_remove(parent, at);
	else
		edit_set(parent->kid[at], value->root, value->text);
	return 0;
}

/* unread - @value, JSON, as a document of a root alone, which has its place and type. */
static int unread(const char *value, struct json_doc **ret)
{
	struct json_doc *doc = calloc(1, sizeof(*doc));
	enum json_type type;
	size_t end, start;

	*ret = doc;
	if (!doc || json_room(doc, 1, 0) < 0)
		return -ENOMEM;
	doc->lent = true;
	doc->text = (char *)(uintptr_t)value;
	doc->len = end = strlen(value);
	start = json_skip(value, end, 0);
	while (end > start && json_is_space(value[end - 1]))
		end--;
	type = value[start] == '{' ? JSON_OBJECT : value[start] == '[' ? JSON_ARRAY : JSON_NULL;
	doc->chunks->node[0] = (struct json){
		.type = type, .start = (uint32_t)start, .end = (uint32_t)end,
	};
	doc->root = &doc->chunks->node[0];
	return 0;
}

/* value_of - the value that @edit brings, kept by the tree. */
static int value_of(struct edit_tree *t, const struct json_edit *edit,
		    const struct json_doc **ret, struct error *err)
{
	struct json_doc **value = &t->value[t->n_values];
	int r;

	if (t->known)
		r = unread(edit->value, value) < 0 ? error_oom(err) : 0;
	else
		r = json_parse("value", edit->value, strlen(edit->value), 0, value, err);
	t->n_values += *value != NULL;
	*ret = *value;
	return r < 0 ? error_context(err, "cannot %s %s", json_op_name(edit->op), edit->pointer) : 0;
}

static int apply_one(struct edit_tree *t, const struct json_edit *edit, struct error *err)
{
	_cleanup_free_ char *pointer = strdup(edit->pointer);
	const struct json_doc *value = NULL;
	struct place place = { 0 };
	const char *reason = NULL;
	int r;

	if (!pointer)
		return error_oom(err);
	r = edit->op != JSON_REMOVE ? value_of(t, edit, &value, err) : 0;
	if (r < 0)
		return r;
	r = find_place(t, pointer, &place, &reason);
	if (r == 0 && value && place.depth + value_depth(value->root) > JSON_DEPTH_MAX) {
		reason = "values would be nested too deeply";
		r = -EINVAL;
	} else if (r == 0 && place.parent) {
		r = edit_child(t, &place, edit->op, value, &reason);
	} else if (r == 0 && !value) {
		reason = "the whole document cannot be removed";
		r = -EINVAL;
	} else if (r == 0) {
		edit_set(t->root, value->root, value->text);
	}
	if (r == -ENOMEM)
		return error_oom(err);
	if (r < 0)
		return error_set(err, r, "cannot %s %s: %s", json_op_name(edit->op),
				 edit->pointer, reason);
	return 0;
}

static int apply_all(struct edit_tree *t, const struct json_doc *doc,
		     const struct json_edits *edits, struct error *err)
{
	int r = 0;

	if (edit_tree_init(t, doc, edits->n) < 0)
		return error_oom(err);
	for (size_t i = 0; r == 0 && i < edits->n; i++)
		r = apply_one(t, &edits->v[i], err);
	return r;
}

int json_apply(const struct json_doc *doc, const struct json_edits *edits,
	       struct buf *ret, struct error *err)
{
	_cleanup_edit_tree_ struct edit_tree tree = { .known = edits->known };
	_cleanup_buf_ struct buf out = { 0 };
	int r = apply_all(&tree, doc, edits, err);

	if (r < 0)
		return r;
	edit_print(&tree, &out);
	r = buf_check(&out, err);
	if (r < 0)
		return r;
	if (ret->data || ret->oom) {
		buf_add(ret, out.data, out.len);
		return buf_check(ret, err);
	}
	*ret = out;
	out = (struct buf){ 0 };
	return 0;
}

int json_edited(const struct json_doc *doc, const struct json_edits *edits,
		struct json_doc **ret, struct error *err)
{
	_cleanup_edit_tree_ struct edit_tree tree = { 0 };
	size_t names = 1;
	int r = apply_all(&tree, doc, edits, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < edits->n; i++)
		names += EDIT_NAME_MAX(strlen(edits->v[i].pointer));
	return edit_build(&tree, names, ret) < 0 ? error_oom(err) : 0;
}
