/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include <cofferdam/text.h>

#include "json-private.h"

/* follow - @pointer as far as it leads; false if that is not to its end. */
static bool follow(const struct json_doc *doc, const char *pointer, const struct json **ret)
{
	const struct json *node = doc->root, *child;

	*ret = node;
	for (const char *end; node && *pointer; pointer = end) {
		if (*pointer++ != '/')
			return false;
		end = strchrnul(pointer, '/');
		child = json_child(node, pointer, (size_t)(end - pointer));
		if (!child)
			return false;
		*ret = node = child;
	}
	return true;
}

const struct json *json_at(const struct json_doc *doc, const char *pointer)
{
	const struct json *node;

	return follow(doc, pointer, &node) ? node : NULL;
}

const struct json *json_nearest(const struct json_doc *doc, const char *pointer)
{
	const struct json *node;

	(void)follow(doc, pointer, &node);
	return node;
}

void json_pointer_token(struct buf *out, const char *token)
{
	for (;;) {
		size_t n = strcspn(token, "~/");

		buf_add(out, token, n);
		token += n;
		if (!*token)
			return;
		buf_str(out, *token++ == '~' ? "~0" : "~1");
	}
}

void json_pointer(struct buf *out, const struct json *node)
{
	const struct json *path[JSON_DEPTH_MAX + 1];
	size_t n = 0;

	for (; node && node->parent && n < ARRAY_SIZE(path); node = node->parent)
		path[n++] = node;
	while (n > 0) {
		node = path[--n];
		buf_char(out, '/');
		if (node->key)
			json_pointer_token(out, node->key);
		else
			buf_printf(out, "%u", node->index);
	}
}

/* Bounded: JSON_DEPTH_MAX. */
bool json_same(const struct json *a, const struct json *b)
{
	if (a == b)
		return true;
	if (a->type != b->type || a->boolean != b->boolean || a->count != b->count)
		return false;
	if ((a->key || b->key) && (!a->key || !b->key || a->key_len != b->key_len ||
				   memcmp(a->key, b->key, a->key_len) != 0))
		return false;
	if ((a->type == JSON_STRING || a->type == JSON_NUMBER) &&
	    (a->len != b->len || memcmp(a->str, b->str, a->len) != 0))
		return false;
	for (a = a->first, b = b->first; a && b; a = a->next, b = b->next) {
		if (!json_same(a, b))
			return false;
	}
	return !a && !b;
}

void json_where(const struct json_doc *doc, size_t offset,
		unsigned *ret_line, unsigned *ret_column)
{
	const char *at = doc->text, *end, *nl;
	unsigned line = 1;

	end = at + (offset < doc->len ? offset : doc->len);
	while ((nl = memchr(at, '\n', (size_t)(end - at)))) {
		at = nl + 1;
		line++;
	}
	*ret_line = line;
	*ret_column = (unsigned)(end - at) + 1;
}

static void quote_char(struct buf *out, unsigned char c)
{
	switch (c) {
	case '"':
		buf_str(out, "\\\"");
		break;
	case '\\':
		buf_str(out, "\\\\");
		break;
	case '\n':
		buf_str(out, "\\n");
		break;
	case '\t':
		buf_str(out, "\\t");
		break;
	case '\r':
		buf_str(out, "\\r");
		break;
	default:
		buf_printf(out, "\\u%04x", c);
		break;
	}
}

/* quote_valid - what of @s is UTF-8. */
static void quote_valid(struct buf *out, const char *s, size_t len)
{
	size_t i = 0, from = 0;

	while ((i += text_plain(s + i, len - i)) < len) {
		const unsigned char c = (unsigned char)s[i];

		if (c < 0x80) {
			buf_add(out, s + from, i - from);
			quote_char(out, c);
			from = i + 1;
		}
		i++;
	}
	buf_add(out, s + from, len - from);
}

void json_quote(struct buf *out, const char *s, size_t len)
{
	buf_char(out, '"');
	while (len > 0) {
		const long bad = text_valid_utf8(s, len);
		size_t good = bad < 0 ? len : (size_t)bad;

		quote_valid(out, s, good);
		s += good;
		len -= good;
		if (len > 0) {
			buf_str(out, "\xef\xbf\xbd");
			s++;
			len--;
		}
	}
	buf_char(out, '"');
}

void json_string(struct buf *out, const char *s)
{
	if (s)
		json_quote(out, s, strlen(s));
	else
		buf_str(out, "null");
}
