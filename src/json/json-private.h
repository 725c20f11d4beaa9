/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_JSON_PRIVATE_H
#define COFFERDAM_JSON_PRIVATE_H

/* The lexical checks that come before yajl, shared within the json layer. */

#include <cofferdam/json.h>

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
 * The text without what yajl has nothing to say of: an empty string for each
 * string, no white space but one space behind a number or word, no comment.
 */
struct json_tokens {
	uint32_t *at;			/* where in the text each byte stands */
	char *bytes;
	size_t n;
};

/*
 * json_scan - check everything about the text that is not grammar: UTF-8, no
 * byte order mark, no NUL, white space, strings, escapes, comments. text[len] MUST
 * be NUL, and @tokens has room for @len. Returns 0, or -EINVAL and the fault.
 */
int json_scan(const char *text, size_t len, unsigned flags, struct json_tokens *tokens,
	      struct json_fault *fault);

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
