/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <stdarg.h>
#include <string.h>

void fuzz_broken(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	(void)fprintf(stderr, "%s:%d: does not hold: ", file, line);
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	(void)fputc('\n', stderr);
	abort();
}

void fuzz_text(const uint8_t *data, size_t size, struct buf *ret)
{
	struct error err;

	buf_add(ret, data, size);
	property(buf_check(ret, &err) == 0, "%s", err.text);
}

/* FNV-1a */
uint64_t fuzz_seed(const uint8_t *data, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 0x100000001b3u;
	return hash | 1;
}

size_t fuzz_random(uint64_t *seed, size_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (size_t)((*seed >> 11) % below);
}

/* below - whether the pointer @p is @top or leads to something in it. */
static bool below(const char *p, const char *top)
{
	const size_t n = strlen(top);

	return strncmp(p, top, n) == 0 && (p[n] == '/' || p[n] == '\0');
}

/* touched - whether an edit reaches @pointer, or moves it within its list. */
static bool touched(const struct json_edits *edits, const char *pointer)
{
	for (size_t i = 0; i < edits->n; i++) {
		const struct json_edit *e = &edits->v[i];
		const char *token = strrchr(e->pointer, '/');
		_cleanup_free_ char *list = NULL;

		if (below(pointer, e->pointer) || below(e->pointer, pointer))
			return true;
		if (e->op == JSON_REPLACE || !token || !strchr("-0123456789", token[1]))
			continue;
		list = strndup(e->pointer, (size_t)(token - e->pointer));
		property(list, "out of memory");
		if (below(pointer, list))
			return true;
	}
	return false;
}

/* hidden - whether a repeated name on the way leaves it without a pointer. */
static bool hidden(const struct json *node)
{
	while (node && !node->repeated)
		node = node->parent;
	return node != NULL;
}

static void same_value(const struct json_doc *before, const struct json_doc *after,
		       const struct json_edits *edits, const struct json *node)
{
	_cleanup_buf_ struct buf pointer = { 0 };
	const size_t len = node->end - node->start;
	const struct json *now;

	json_pointer(&pointer, node);
	if (hidden(node) || touched(edits, buf_cstr(&pointer)))
		return;
	now = json_at(after, buf_cstr(&pointer));
	property(now && now->end - now->start == len &&
		 memcmp(before->text + node->start, after->text + now->start, len) == 0,
		 "%s is as it was", buf_cstr(&pointer));
}

void fuzz_same(const struct json_doc *before, const struct json_doc *after,
	       const struct json_edits *edits)
{
	const struct json *node = before->root;

	while (node) {
		if (node->first) {
			node = node->first;
			continue;
		}
		same_value(before, after, edits, node);
		while (node && !node->next)
			node = node->parent;
		node = node ? node->next : NULL;
	}
}
