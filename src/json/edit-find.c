/* SPDX-License-Identifier: Apache-2.0 */
/* Which child of an opened container an edit means. */
#include <errno.h>
#include <string.h>

#include "edit-private.h"
#include "json-private.h"

/* The place of the child that had the index @index in the source, or n. Members
 * stand in the order of the source, with added ones at the end. */
static size_t find_index(const struct edit_node *node, size_t index)
{
	size_t low = 0, high = node->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (node->kid[middle]->index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low < node->n && node->kid[low]->index == index ? low : node->n;
}

/* As edit_find() in a large object: no walk but over what was added. */
static int find_indexed(const struct edit_node *node, struct slice token, size_t *ret)
{
	bool twice = false;
	const struct json *src = json_indexed(node->src, token.s, token.n, &twice);
	size_t found = src ? find_index(node, src->index) : node->n;

	if (twice)
		return -EINVAL;
	if (found < node->n && node->kid[found]->gone)
		found = node->n;
	for (size_t i = node->n; i > 0 && found == node->n; i--) {
		const struct edit_node *kid = node->kid[i - 1];

		if (kid->index != SIZE_MAX)
			return -ENOENT;
		if (kid->name.n == token.n && memcmp(kid->name.s, token.s, token.n) == 0)
			found = i - 1;
	}
	if (found == node->n)
		return -ENOENT;
	*ret = found;
	return 0;
}

int edit_find(const struct edit_node *node, struct slice token, size_t *ret)
{
	size_t found = node->n;

	if (node->type == JSON_ARRAY) {
		if (json_array_index(token.s, token.n, &found) < 0 || found >= node->n)
			return -ENOENT;
		*ret = found;
		return 0;
	}
	if (node->src->sorted)
		return find_indexed(node, token, ret);
	for (size_t i = 0; i < node->n; i++) {
		const struct slice *name = &node->kid[i]->name;

		if (name->n != token.n || memcmp(name->s, token.s, token.n) != 0)
			continue;
		if (found != node->n)
			return -EINVAL;
		found = i;
	}
	if (found == node->n)
		return -ENOENT;
	*ret = found;
	return 0;
}
