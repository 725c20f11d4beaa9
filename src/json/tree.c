/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include <cofferdam/text.h>

#include "json-private.h"

const struct json *json_at(const struct json_doc *doc, const char *pointer)
{
	const struct json *node = doc->root;

	while (node && *pointer) {
		size_t n;

		if (*pointer++ != '/')
			return NULL;
		n = strcspn(pointer, "/");
		node = json_child(node, pointer, n);
		pointer += n;
	}
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
			buf_printf(out, "%zu", node->index);
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

static bool needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

/* What of @s is UTF-8. */
static void quote_valid(struct buf *out, const char *s, size_t len)
{
	size_t i = 0, from = 0;

	for (; i < len; i++) {
		if (!needs_escape((unsigned char)s[i]))
			continue;
		buf_add(out, s + from, i - from);
		quote_char(out, (unsigned char)s[i]);
		from = i + 1;
	}
	buf_add(out, s + from, len - from);
}

void json_quote(struct buf *out, const char *s, size_t len)
{
	buf_char(out, '"');
	while (len > 0) {
		long bad = text_valid_utf8(s, len);
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
