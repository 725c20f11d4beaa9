/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include <cofferdam/text.h>

#include "json-private.h"

#define SORT_ON_STACK 64

static int compare_names(const struct json *a, const struct json *b)
{
	if (a->key_len != b->key_len)
		return a->key_len < b->key_len ? -1 : 1;
	return memcmp(a->key, b->key, a->key_len);
}

static int compare_members(const void *va, const void *vb)
{
	const struct json *a = *(const struct json *const *)va;
	const struct json *b = *(const struct json *const *)vb;
	int r = compare_names(a, b);

	return r ? r : (a->index > b->index) - (a->index < b->index);
}

int json_mark_repeated(const struct json *object, size_t *count)
{
	const struct json *small[SORT_ON_STACK], **v = small;
	_cleanup_free_ const struct json **big = NULL;
	size_t n = 0;

	if (object->count < 2)
		return 0;
	if (object->count > SORT_ON_STACK) {
		big = malloc(object->count * sizeof(*big));
		if (!big)
			return -ENOMEM;
		v = big;
	}
	for (const struct json *m = object->first; m; m = m->next)
		v[n++] = m;
	qsort(v, n, sizeof(*v), compare_members);
	for (size_t i = 1; i < n; i++) {
		if (compare_names(v[i - 1], v[i]) != 0)
			continue;
		/* the nodes are this layer's own; only readers see them const */
		((struct json *)(uintptr_t)v[i])->repeated = true;
		(*count)++;
	}
	return 0;
}

const struct json *json_get(const struct json *object, const char *key)
{
	size_t len = strlen(key);

	if (!object || object->type != JSON_OBJECT)
		return NULL;
	for (const struct json *m = object->first; m; m = m->next) {
		if (m->key_len == len && memcmp(m->key, key, len) == 0)
			return m;
	}
	return NULL;
}

/* Whether the pointer token [t, t + n) stands for the name @key. */
static bool token_is(const char *t, size_t n, const char *key, size_t len)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++, k++) {
		char c = t[i];

		if (c == '~') {
			if (++i == n || (t[i] != '0' && t[i] != '1'))
				return false;
			c = t[i] == '0' ? '~' : '/';
		}
		if (k == len || key[k] != c)
			return false;
	}
	return k == len;
}

int json_array_index(const char *t, size_t n, size_t *ret)
{
	size_t v = 0;

	if (n == 0 || n > 9 || (n > 1 && t[0] == '0'))
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (t[i] < '0' || t[i] > '9')
			return -EINVAL;
		v = v * 10 + (size_t)(t[i] - '0');
	}
	*ret = v;
	return 0;
}

static const struct json *child_at(const struct json *node, const char *t, size_t n)
{
	const struct json *c = node->first;
	size_t index;

	if (node->type == JSON_OBJECT) {
		while (c && !token_is(t, n, c->key, c->key_len))
			c = c->next;
		return c;
	}
	if (node->type != JSON_ARRAY || json_array_index(t, n, &index) < 0)
		return NULL;
	while (c && c->index != index)
		c = c->next;
	return c;
}

const struct json *json_at(const struct json_doc *doc, const char *pointer)
{
	const struct json *node = doc->root;

	while (node && *pointer) {
		size_t n;

		if (*pointer++ != '/')
			return NULL;
		n = strcspn(pointer, "/");
		node = child_at(node, pointer, n);
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
