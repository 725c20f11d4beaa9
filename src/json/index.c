/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children by name or number. Small containers are walked; a large one gets an
 * index when it is complete, so that who wrote the text cannot make looking up
 * each of its members cost as much as reading all of them.
 */
#include <errno.h>
#include <string.h>

#include "json-private.h"

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define WALKED_MAX 4			/* small inputs should come by all ways */
#define FEW 2
#else
#define WALKED_MAX 64			/* a power of two */
#define FEW 8				/* likewise */
#endif

struct json_index {
	struct json_index *next;
	const struct json *v[];		/* an object's by name, an array's in order */
};

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

static void set_repeated(struct json_doc *doc, const struct json *node)
{
	/* the nodes are this layer's own; only readers see them const */
	((struct json *)(uintptr_t)node)->repeated = true;
	doc->repeated++;
}

/* mark_few - of the few members of most objects: each is compared with each. */
static void mark_few(struct json_doc *doc, const struct json *object)
{
	for (const struct json *m = object->first; m; m = m->next) {
		for (const struct json *c = object->first; c != m; c = c->next) {
			if (compare_names(c, m) != 0)
				continue;
			set_repeated(doc, m);
			break;
		}
	}
}

/*
 * mark_some - by a table of those met, as a sort would cost more than reading them
 * did. Should names be chosen to meet in the table, WALKED_MAX bounds it.
 */
static void mark_some(struct json_doc *doc, const struct json *object)
{
	const struct json *table[2 * WALKED_MAX];
	size_t size = (size_t)2 * FEW, at;

	while (size < 2 * (size_t)object->count)
		size *= 2;
	memset(table, 0, size * sizeof(table[0]));
	for (const struct json *m = object->first; m; m = m->next) {
		const unsigned char *key = (const unsigned char *)m->key;

		at = m->key_len;
		if (at > 0)
			at += 7u * key[0] + 31u * key[at / 2] + 3u * key[at - 1];
		for (at &= size - 1; table[at]; at = (at + 1) & (size - 1)) {
			if (compare_names(table[at], m) == 0)
				break;
		}
		if (table[at])
			set_repeated(doc, m);
		else
			table[at] = m;
	}
}

static void mark_repeated(struct json_doc *doc, const struct json **v, size_t n)
{
	qsort(v, n, sizeof(*v), compare_members);
	for (size_t i = 1; i < n; i++) {
		if (compare_names(v[i - 1], v[i]) == 0)
			set_repeated(doc, v[i]);
	}
}

static const struct json **index_alloc(struct json_doc *doc, size_t n)
{
	struct json_index *index = malloc(sizeof(*index) + n * sizeof(index->v[0]));

	if (!index)
		return NULL;
	index->next = doc->indexes;
	doc->indexes = index;
	return index->v;
}

int json_complete(struct json_doc *doc, struct json *node)
{
	const struct json **v;
	size_t n = 0;

	if (node->count <= WALKED_MAX) {
		if (node->type == JSON_OBJECT && node->count > FEW)
			mark_some(doc, node);
		else if (node->type == JSON_OBJECT && node->count > 1)
			mark_few(doc, node);
		return 0;
	}
	v = index_alloc(doc, node->count);
	if (!v)
		return -ENOMEM;
	node->sorted = v;
	for (const struct json *c = node->first; c; c = c->next)
		v[n++] = c;
	if (node->type == JSON_OBJECT)
		mark_repeated(doc, v, n);
	return 0;
}

void json_index_free(struct json_doc *doc)
{
	while (doc->indexes) {
		struct json_index *index = doc->indexes;

		doc->indexes = index->next;
		free(index);
	}
}

/* A name, or a token of a JSON Pointer that spells one. */
struct name {
	const char *s;
	size_t len;			/* decoded */
	bool escaped;
};

static int compare_name(const struct name *name, const struct json *m)
{
	const char *s = name->s;

	if (name->len != m->key_len)
		return name->len < m->key_len ? -1 : 1;
	if (!name->escaped)
		return memcmp(s, m->key, name->len);
	for (size_t i = 0; i < name->len; i++) {
		unsigned char a = (unsigned char)*s++, b = (unsigned char)m->key[i];

		if (a == '~')
			a = *s++ == '0' ? '~' : '/';
		if (a != b)
			return a < b ? -1 : 1;
	}
	return 0;
}

/* first_at - where in the index the first member of that name stands, or count. */
static size_t first_at(const struct json *object, const struct name *name)
{
	size_t low = 0, high = object->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_name(name, object->sorted[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < object->count && compare_name(name, object->sorted[low]) != 0)
		low = object->count;
	return low;
}

static const struct json *find_member(const struct json *object, const struct name *name)
{
	const struct json *m = object->first;
	size_t at;

	if (object->sorted) {
		at = first_at(object, name);
		return at < object->count ? object->sorted[at] : NULL;
	}
	while (m && (m->key_len != name->len || compare_name(name, m) != 0))
		m = m->next;
	return m;
}

const struct json *json_indexed(const struct json *object, const char *s, size_t len,
				bool *ret_twice)
{
	const struct name name = { .s = s, .len = len };
	const size_t at = first_at(object, &name);

	if (at == object->count)
		return NULL;
	*ret_twice = at + 1 < object->count && compare_name(&name, object->sorted[at + 1]) == 0;
	return object->sorted[at];
}

const struct json *json_get(const struct json *object, const char *key)
{
	const struct name name = { .s = key, .len = strlen(key) };

	if (!object || object->type != JSON_OBJECT)
		return NULL;
	return find_member(object, &name);
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

static const struct json *find_element(const struct json *array, size_t index)
{
	const struct json *c = array->first;

	if (index >= array->count)
		return NULL;
	if (array->sorted)
		return array->sorted[index];
	while (c->index != index)
		c = c->next;
	return c;
}

const struct json *json_child(const struct json *node, const char *t, size_t n)
{
	struct name name = { .s = t, .len = n };
	size_t index;

	if (node->type == JSON_ARRAY)
		return json_array_index(t, n, &index) < 0 ? NULL : find_element(node, index);
	if (node->type != JSON_OBJECT)
		return NULL;
	for (const char *at = t; (at = memchr(at, '~', (size_t)(t + n - at))); at += 2) {
		if (at + 1 == t + n || (at[1] != '0' && at[1] != '1'))
			return NULL;
		name.escaped = true;
		name.len--;
	}
	return find_member(node, &name);
}
