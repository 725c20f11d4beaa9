/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Objects and arrays that many texts share. The text of one is whole in itself: where the same
 * bytes stand again they are the same value, and the grammar may take them for "{}" or "[]".
 * What was remembered stays, as documents hold strings of it. And the tokens that the grammar
 * took: those of most texts are the same.
 */

#include <errno.h>
#include <string.h>

#include "json-private.h"

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define HEAD 8u				/* small inputs should come by here, too */
#define SLOTS 4u
#else
#define HEAD 64u			/* what tells one from another; a shorter one is read as fast */
#define SLOTS 256u			/* a power of two */
#endif
#define PROBES 8u			/* slots for those of the same head */
#define TEXT_MAX (64u << 10)		/* each */
#define TEXTS_MAX (512u << 10)		/* all */
#define TAKEN 64u
#define TAKEN_MAX 4096u			/* bytes, each; a config.json has some hundred */

struct shared {
	struct json_doc *doc;		/* its text alone, its values in one chunk; NULL: none */
	uint64_t head;			/* digest of the first bytes of the text */
};

struct json_shared {
	struct shared v[SLOTS];
	uint64_t once[SLOTS];		/* digests of texts that were met */
	size_t texts;			/* bytes of all */
	struct buf taken[TAKEN];	/* tokens */
	size_t next;			/* the oldest of these */
};

/* digest - of at least eight bytes; whoever goes by it compares the bytes as well, or loses nothing. */
static uint64_t digest(const char *text, size_t len)
{
	uint64_t sum = len, v;

	for (size_t at = 0; at < len; at += sizeof(v)) {
		memcpy(&v, text + (len - at < sizeof(v) ? len - sizeof(v) : at), sizeof(v));
		sum = (sum ^ v) * UINT64_C(0x9e3779b97f4a7c15);
		sum ^= sum >> 32;
	}
	return sum;
}

struct json_shared *json_shared_new(void)
{
	return calloc(1, sizeof(struct json_shared));
}

void json_shared_free(struct json_shared **shared)
{
	for (size_t i = 0; *shared && i < SLOTS; i++)
		json_free(&(*shared)->v[i].doc);
	for (size_t i = 0; *shared && i < TAKEN; i++)
		buf_free(&(*shared)->taken[i]);
	free(*shared);
	*shared = NULL;
}

/* find - what stands at the start of @text, or the slot for it; NULL if there is neither. */
static struct shared *find(struct json_shared *shared, const char *text, size_t len, uint64_t head)
{
	for (uint64_t i = head; i < head + PROBES; i++) {
		struct shared *s = &shared->v[i % SLOTS];

		if (!s->doc || (s->head == head && s->doc->len <= len &&
				memcmp(s->doc->text, text, s->doc->len) == 0))
			return s;
	}
	return NULL;
}

/* remember - what a text is made of that stands at @s from now on, unless it repeats a name. */
static void remember(struct json_shared *shared, struct shared *s, const char *text, size_t len)
{
	struct error err;

	if (json_parse("shared", text, len, JSON_ONE_CHUNK, &s->doc, &err) < 0)
		return;
	if (s->doc->repeated > 0) {
		json_free(&s->doc);
		return;
	}
	s->head = digest(text, HEAD);
	shared->texts += len;
}

void json_shared_learn(struct json_shared *shared, const char *text, size_t len)
{
	uint64_t all, *once;
	struct shared *s;

	if (len < HEAD || len > TEXT_MAX || len > TEXTS_MAX - shared->texts)
		return;
	s = find(shared, text, len, digest(text, HEAD));
	if (!s || s->doc)
		return;
	all = digest(text, len);
	once = &shared->once[all % SLOTS];
	if (*once == all)
		remember(shared, s, text, len);
	*once = all;
}

/* moved - what is copied so many bytes away from @node. */
static struct json *moved(const struct json *node, uintptr_t by)
{
	return node ? (struct json *)((uintptr_t)node + by) : NULL;
}

/* copy - the values of @src, which stands at @at of the text of @doc, and which that has room for. */
static struct json *copy(struct json_doc *doc, const struct json_doc *src, uint32_t at)
{
	const struct json_chunk *from = src->chunks;
	struct json *const to = &doc->chunks->node[doc->chunks->used];
	const uintptr_t by = (uintptr_t)to - (uintptr_t)from->node;

	doc->chunks->used += from->used;
	for (size_t i = from->used; i-- > 0;) {		/* what one holds is behind it */
		struct json *v = &to[i];

		*v = from->node[i];
		v->parent = moved(v->parent, by);
		v->first = moved(v->first, by);
		v->next = moved(v->next, by);
		v->key_start += v->key ? at : 0;
		v->start += at;
		v->end += at;
		if (v->sorted && json_complete(doc, v) < 0)
			return NULL;
	}
	return to;
}

int json_shared_at(struct json_shared *shared, struct json_doc *doc, size_t at,
		   struct json **ret)
{
	const char *text = doc->text + at;
	const size_t len = doc->len - at;
	const struct shared *s = len < HEAD ? NULL : find(shared, text, len, digest(text, HEAD));

	*ret = NULL;
	if (!s || !s->doc)
		return 0;
	if (json_room(doc, s->doc->chunks->used, JSON_CHUNK) < 0)
		return -ENOMEM;
	*ret = copy(doc, s->doc, (uint32_t)at);
	return *ret ? 0 : -ENOMEM;
}

bool json_shared_took(const struct json_shared *shared, const char *tokens, size_t n)
{
	for (const struct buf *b = shared->taken; b < shared->taken + TAKEN; b++) {
		if (b->len == n && n > 0 && memcmp(b->data, tokens, n) == 0)
			return true;
	}
	return false;
}

void json_shared_take(struct json_shared *shared, const char *tokens, size_t n)
{
	struct buf *b = &shared->taken[shared->next];

	if (n > TAKEN_MAX)
		return;
	buf_reset(b);
	buf_add(b, tokens, n);
	if (b->oom)
		buf_free(b);
	shared->next = (shared->next + 1) % TAKEN;
}
