/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_JSON_PRIVATE_H
#define COFFERDAM_JSON_PRIVATE_H

/* The lexical checks that come before yajl, shared within the json layer. */

#include <cofferdam/json.h>

/* What is wrong, and the offset where. */
struct json_fault {
	size_t at;
	const char *what;
};

/*
 * json_scan - check everything about the text that is not grammar: UTF-8, no
 * byte order mark, no NUL, white space, strings, escapes, comments. @masked is
 * a copy of the text; the escapes in its strings are overwritten with "x" of
 * the same length. Returns 0, or -EINVAL and the fault.
 */
int json_scan(const char *text, size_t len, unsigned flags, char *masked,
	      struct json_fault *fault);

/*
 * json_unescape - decode the inside of a scanned string. @out may be @text or
 * have room for @len bytes; it is not NUL-terminated. Returns its length.
 */
size_t json_unescape(char *out, const char *text, size_t len);

/* json_skip - the first offset from @at that is not white space or comment. */
size_t json_skip(const char *text, size_t len, size_t at);

/*
 * json_mark_repeated - set "repeated" on the members of a complete object whose
 * name came before, and add their number to @count. 0, or -ENOMEM.
 */
int json_mark_repeated(const struct json *object, size_t *count);

/* json_array_index - the index that a pointer token spells, or -EINVAL. */
int json_array_index(const char *token, size_t len, size_t *ret);

static inline bool json_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

#endif
