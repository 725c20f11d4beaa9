/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_JSON_PRIVATE_H
#define COFFERDAM_JSON_PRIVATE_H

/* The lexical checks that come before yajl, shared within the json layer. */

#include <endian.h>

#include <cofferdam/json.h>

#define JSON_CHUNK 256u			/* values that are allocated together */

/* Values, as they are allocated: newest chunk first. */
struct json_chunk {
	struct json_chunk *next;
	size_t used;
	size_t cap;
	struct json node[];
};

/* What is wrong, and the offset where. */
struct json_fault {
	size_t at;
	const char *what;
};

/*
 * json_scan - check what is neither grammar nor token: UTF-8, no byte order mark, no NUL.
 * text[len] MUST be NUL, here and below. 0, or -EINVAL and the fault.
 */
int json_scan(const char *text, size_t len, struct json_fault *fault);

/* Bytes that need a second look inside a string; the NUL ends the text. */
extern const bool json_stops[256];

/*
 * json_plain_end - the offset of the first of them from @at, eight bytes at a time. A byte less
 * than what is taken from it borrows: of the high bits that come of that, the lowest is right.
 */
static inline size_t json_plain_end(const char *text, size_t len, size_t at)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	uint64_t v, stops;

	for (; len - at >= sizeof(v); at += sizeof(v)) {
		memcpy(&v, text + at, sizeof(v));
		v = le64toh(v);
		stops = (v - each * 0x20) | ((v ^ each * '"') - each) | ((v ^ each * '\\') - each);
		stops &= ~v & each * 0x80;
		if (stops)
			return at + (size_t)__builtin_ctzll(stops) / 8;
	}
	while (!json_stops[(unsigned char)text[at]])
		at++;
	return at;
}

/* json_scan_string - check the string whose opening quote is @at: the offset after it, or 0
 * and the fault. */
size_t json_scan_string(const char *text, size_t len, size_t at, struct json_fault *fault);

/* json_scan_comment - the same of the comment at @at; @flags say whether there may be one. */
size_t json_scan_comment(const char *text, size_t len, unsigned flags, size_t at,
			 struct json_fault *fault);

/* A container that is not closed yet. */
struct json_open {
	struct json *node;
	struct json *last;		/* its last child */
	size_t from, before;		/* where the tokens start of the one that is read now, and of
					 * the one before it */
};

/* A walk over a scanned text; what is not said to be set is zero at first. */
struct json_walk {
	struct json_doc *doc;		/* set: the values go there */
	unsigned flags;			/* set: JSON_COMMENTS */
	struct json_shared *shared;	/* set: or NULL */
	char *bytes;			/* set: room for the tokens, as many bytes as the text has */
	bool all;			/* set: all tokens are wanted, also of the same in a row */
	size_t most;			/* set: no token is taken that ends behind so many of them */
	size_t n;			/* bytes of tokens */
	bool lost;			/* the grammar does not hold, or values are nested too deeply */
	bool oom;
	bool escaped;			/* the string that is taken has a backslash */
	bool deep;			/* nested too deeply ... */
	size_t deep_at;			/* ... by the bracket there, ... */
	size_t deep_n;			/* ... before which there are so many bytes of tokens */
	uint32_t end;			/* of the last value, name or bracket taken */
	uint32_t key_len;
	uint32_t key_start;
	const char *key;		/* a name that waits for its value */
	struct json_open *open;		/* set: room for JSON_DEPTH_MAX of them */
	struct json_open *in;		/* the innermost; NULL: none */
	struct json_fault fault;
};

/*
 * json_walk - take all values, and all tokens: the text without white space, but one space
 * behind a number or word, without comments, without what stands inside strings, and, unless
 * all are wanted, one value or member for many in a row that have the same.
 * 0, -EINVAL and the fault, -ENOMEM. The grammar is still to be asked.
 */
int json_walk(struct json_walk *w);

/*
 * json_grammar - whether @tokens, of @n bytes and ended by white space, are the start of a
 * JSON text or all of it. 0; -EINVAL and how many bytes were seen, with the first wrong token or
 * without it; -ENOMEM.
 */
int json_grammar(const char *tokens, size_t n, size_t *ret_seen);

/*
 * json_unescape - decode the inside of a scanned string. @out may be @text or
 * have room for @len bytes; it is not NUL-terminated. Returns its length.
 */
size_t json_unescape(char *out, const char *text, size_t len);

/* json_skip - the first offset from @at that is not white space or comment. */
size_t json_skip(const char *text, size_t len, size_t at);

/*
 * json_complete - of a container that has all its children: set "repeated" on
 * the members whose name came before, count them in @doc, and index a large one.
 * 0, or -ENOMEM.
 */
int json_complete(struct json_doc *doc, struct json *node);
void json_index_free(struct json_doc *doc);

/* json_room - for @n values in a row, which json_copy() may take; if there is none, for @more behind
 * them as well. 0, or -ENOMEM. */
int json_room(struct json_doc *doc, size_t n, size_t more);

/* json_values - how many there are. */
size_t json_values(const struct json_doc *doc);

/* Where copies stand in the text: as far from each other as before, or all at one place. */
struct json_place {
	bool moved;
	uint32_t at;			/* moved: added to their offsets */
};

/* json_copy - the value @src and all that it holds, which @doc has room for; NULL: no memory. */
struct json *json_copy(struct json_doc *doc, const struct json *src, struct json_place place);

/* json_copy_one - @src without what it holds. */
struct json *json_copy_one(struct json_doc *doc, const struct json *src, struct json_place place);

/*
 * json_shared_at - @ret is a copy of the known container whose text stands at @at of @doc, or
 * NULL. 0, or -ENOMEM. json_shared_learn - that at @text, of @len bytes, was met.
 */
int json_shared_at(struct json_shared *shared, struct json_doc *doc, size_t at,
		   struct json **ret);
void json_shared_learn(struct json_shared *shared, const char *text, size_t len);

/*
 * json_shared_took - whether the grammar took the @n bytes at @tokens before, as all of another
 * text. json_shared_take - remember that it does; without memory it is asked again.
 */
bool json_shared_took(const struct json_shared *shared, const char *tokens, size_t n);
void json_shared_take(struct json_shared *shared, const char *tokens, size_t n);

/*
 * json_indexed - the first member of an indexed object that is named [s, s + len),
 * and whether there is a second; or NULL.
 */
const struct json *json_indexed(const struct json *object, const char *s, size_t len,
				bool *ret_twice);

/* json_child - the child that the JSON Pointer token [t, t + n) names, or NULL. */
const struct json *json_child(const struct json *node, const char *t, size_t n);

/* json_array_index - the index that a pointer token spells, or -EINVAL. */
int json_array_index(const char *token, size_t len, size_t *ret);

static inline bool json_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

#endif
