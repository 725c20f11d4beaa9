/* SPDX-License-Identifier: Apache-2.0 */
/* Values of one document in another. */

#include <errno.h>

#include "json-private.h"

/* The nodes are this layer's own; only readers see them const. */
static struct json *own(const struct json *node)
{
	return (struct json *)(uintptr_t)node;
}

int json_room(struct json_doc *doc, size_t n, size_t more)
{
	struct json_chunk *chunk = doc->chunks;

	if (chunk && chunk->cap - chunk->used >= n)
		return 0;
	chunk = malloc(sizeof(*chunk) + (n + more) * sizeof(chunk->node[0]));
	if (!chunk)
		return -ENOMEM;
	chunk->used = 0;
	chunk->cap = n + more;
	chunk->next = doc->chunks;
	doc->chunks = chunk;
	return 0;
}

size_t json_values(const struct json_doc *doc)
{
	size_t n = 0;

	for (const struct json_chunk *c = doc->chunks; c; c = c->next)
		n += c->used;
	return n;
}

struct json *json_copy_one(struct json_doc *doc, const struct json *src, struct json_place place)
{
	struct json_chunk *chunk = doc->chunks;
	struct json *to = &chunk->node[chunk->used++];

	*to = *src;
	to->parent = to->first = to->next = NULL;
	to->sorted = NULL;
	to->repeated = false;
	if (place.moved) {
		to->key_start += to->key ? place.at : 0;
		to->start += place.at;
		to->end += place.at;
	} else {
		to->key_start = to->start = to->end = place.at;
	}
	return to;
}

struct json *json_copy(struct json_doc *doc, const struct json *src, struct json_place place)
{
	struct json *top = json_copy_one(doc, src, place), *to = top, *made;
	const struct json *from = src;

	for (;;) {
		if (from->first) {
			from = from->first;
			made = json_copy_one(doc, from, place);
			made->parent = to;
			to->first = made;
			to = made;
			continue;
		}
		while (from != src && !from->next) {
			from = from->parent;
			to = own(to->parent);
			if (json_complete(doc, to) < 0)
				return NULL;
		}
		if (from == src)
			return top;
		from = from->next;
		made = json_copy_one(doc, from, place);
		made->parent = to->parent;
		to->next = made;
		to = made;
	}
}
