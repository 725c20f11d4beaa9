/* SPDX-License-Identifier: Apache-2.0 */
/* A patch as it is written. */
#include <string.h>

#include <cofferdam/json.h>

static int bad(const struct json_doc *doc, const struct json *node, struct error *err,
	       const char *what)
{
	unsigned line, column;

	json_where(doc, node->start, &line, &column);
	return error_set(err, -EINVAL, "%s:%u:%u: %s", doc->name, line, column, what);
}

static int read_edit(const struct json_doc *doc, const struct json *op,
		     struct json_edits *edits, struct error *err)
{
	const struct json *word, *path, *value;
	_cleanup_free_ char *text = NULL;

	if (op->type != JSON_OBJECT)
		return bad(doc, op, err, "an operation is an object");
	word = json_get(op, "op");
	path = json_get(op, "path");
	value = json_get(op, "value");
	if (!word || word->type != JSON_STRING || !path || path->type != JSON_STRING)
		return bad(doc, op, err, "op and path are needed");
	for (enum json_op i = JSON_ADD; i <= JSON_REMOVE; i++) {
		if (strcmp(json_op_name(i), word->str) != 0)
			continue;
		if ((i == JSON_REMOVE) == (value != NULL))
			return bad(doc, op, err, "all but remove take a value");
		/* as it stands, so that a patch may hold what no tree could */
		text = value ? strndup(doc->text + value->start, value->end - value->start) : NULL;
		if (value && !text)
			return error_oom(err);
		return json_edits_add(edits, i, path->str, text, err);
	}
	return bad(doc, word, err, "op is none of add, replace, remove");
}

int json_edits_read(const struct json_doc *doc, const struct json *ops,
		    struct json_edits *edits, struct error *err)
{
	int r = 0;

	if (ops->type != JSON_ARRAY || ops->count == 0)
		return bad(doc, ops, err, "a patch is a list of operations");
	for (const struct json *op = ops->first; r == 0 && op; op = op->next)
		r = read_edit(doc, op, edits, err);
	return r;
}
