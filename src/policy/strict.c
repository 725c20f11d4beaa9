/* SPDX-License-Identifier: Apache-2.0 */
#include "policy-private.h"

#include <stdarg.h>
#include <string.h>

#include <cofferdam/text.h>

int strict_error(const struct json_doc *doc, const struct json *node, struct error *err,
		 const char *fmt, ...)
{
	unsigned line, column;
	_cleanup_free_ char *message = NULL;
	va_list ap;

	va_start(ap, fmt);
	message = text_vformat(fmt, ap);
	va_end(ap);
	if (!message)
		return error_oom(err);
	json_where(doc, node->key ? node->key_start : node->start, &line, &column);
	return error_set(err, -EINVAL, "%s:%u:%u: %s", doc->name, line, column, message);
}

/* unknown - the error for an unknown member, with a hint from @names. */
static int unknown(const struct json_doc *doc, const struct json *member,
		   const char *const *names, struct error *err)
{
	_cleanup_buf_ struct buf all = { 0 };
	const char *near;
	size_t n = 0;

	for (; names[n]; n++)
		buf_printf(&all, "%s\"%s\"", n ? ", " : "", names[n]);
	near = text_nearest(member->key, names, n);
	if (near)
		return strict_error(doc, member, err, "unknown member \"%s\"; did you mean \"%s\"?",
				    member->key, near);
	return strict_error(doc, member, err, "unknown member \"%s\"; there is %s", member->key,
			    buf_cstr(&all));
}

int strict_known(const struct json_doc *doc, const struct json *object,
		 const char *const *names, struct error *err)
{
	for (const struct json *m = object->first; m; m = m->next) {
		size_t i = 0;

		if (m->repeated)
			return strict_error(doc, m, err, "\"%s\" stands here a second time",
					    m->key);
		while (names[i] && strcmp(names[i], m->key) != 0)
			i++;
		if (!names[i])
			return unknown(doc, m, names, err);
	}
	return 0;
}

int strict_type(const struct json_doc *doc, const struct json *node, enum json_type type,
		const char *what, struct error *err)
{
	static const char *const types[] = {
		[JSON_NULL] = "null", [JSON_BOOL] = "true or false", [JSON_NUMBER] = "a number",
		[JSON_STRING] = "a string", [JSON_ARRAY] = "a list", [JSON_OBJECT] = "an object",
	};

	if (node->type == type)
		return 0;
	return strict_error(doc, node, err, "%s must be %s, not %s", what, types[type],
			    types[node->type]);
}

int strict_format(const struct json_doc *doc, struct error *err)
{
	const struct json *format;
	int r = strict_type(doc, doc->root, JSON_OBJECT, "the file", err);

	if (r < 0)
		return r;
	format = json_get(doc->root, "format");
	if (!format)
		return strict_error(doc, doc->root, err, "\"format\": 1 is missing");
	if (format->type != JSON_NUMBER || strcmp(format->str, "1") != 0)
		return strict_error(doc, format, err,
				    "this version reads \"format\": 1 alone; a newer Cofferdam may have written the file");
	return 0;
}

int strict_word(const struct json_doc *doc, const struct json *node,
		const char *const *words, struct error *err)
{
	_cleanup_buf_ struct buf all = { 0 };
	int r = strict_type(doc, node, JSON_STRING, node->key ? node->key : "each entry", err);

	if (r < 0)
		return r;
	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], node->str) == 0)
			return i;
		buf_printf(&all, "%s\"%s\"", i ? ", " : "", words[i]);
	}
	return strict_error(doc, node, err, "\"%s\" is none of %s", node->str, buf_cstr(&all));
}
