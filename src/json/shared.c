/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Objects that many texts share. The text of one is whole in itself: where the same bytes
 * stand again they are the same object, and the grammar may take them for "{}".
 */

#include <errno.h>
#include <string.h>

#include "json-private.h"

#define SHARED_MAX 8
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define SHARED_TEXT_MIN 8u		/* small inputs should come by here, too */
#else
#define SHARED_TEXT_MIN 1024u		/* below, reading takes no longer than comparing */
#endif
#define SHARED_TEXT_MAX (64u << 10)	/* each */

struct shared {
	struct json_doc *doc;		/* its text alone */
	size_t values;			/* in it, itself too */
	uint64_t head;			/* the first bytes of the text */
};

struct json_shared {
	struct shared v[SHARED_MAX];
	size_t n;
};

static uint64_t head(const char *text)
{
	uint64_t v;

	memcpy(&v, text, sizeof(v));
	return v;
}

struct json_shared *json_shared_new(void)
{
	return calloc(1, sizeof(struct json_shared));
}

void json_shared_free(struct json_shared **shared)
{
	for (size_t i = 0; *shared && i < (*shared)->n; i++)
		json_free(&(*shared)->v[i].doc);
	free(*shared);
	*shared = NULL;
}

static const struct shared *find(const struct json_shared *shared, const char *text, size_t len)
{
	if (len < SHARED_TEXT_MIN)
		return NULL;
	for (const struct shared *s = shared->v; s < shared->v + shared->n; s++) {
		if (s->head == head(text) && s->doc->len <= len &&
		    memcmp(s->doc->text, text, s->doc->len) == 0)
			return s;
	}
	return NULL;
}

void json_shared_add(struct json_shared *shared, const struct json_doc *doc,
		     const struct json *object)
{
	const char *text = doc->text + object->start;
	const size_t len = object->end - object->start;
	struct shared *s = &shared->v[shared->n];
	struct error err;

	if (shared->n == SHARED_MAX || object->type != JSON_OBJECT || len < SHARED_TEXT_MIN ||
	    len > SHARED_TEXT_MAX || find(shared, text, len) ||
	    json_parse("shared", text, len, 0, &s->doc, &err) < 0)
		return;
	s->values = json_values(s->doc);
	s->head = head(text);
	shared->n++;
}

int json_shared_at(const struct json_shared *shared, struct json_doc *doc, size_t at,
		   size_t depth, struct json **ret)
{
	const struct shared *s = find(shared, doc->text + at, doc->len - at);
	struct json_chunk *rest = doc->chunks;

	*ret = NULL;
	if (!s || s->doc->depth > depth)
		return 0;
	if (json_room(doc, s->values) < 0)
		return -ENOMEM;
	*ret = json_copy(doc, s->doc->root, (struct json_place){ .moved = true, .at = (uint32_t)at });
	if (!*ret)
		return -ENOMEM;
	if (rest) {			/* which is not full */
		doc->chunks->next = rest->next;
		rest->next = doc->chunks;
		doc->chunks = rest;
	}
	return 0;
}
