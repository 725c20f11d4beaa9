/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_JSON_H
#define COFFERDAM_JSON_H

/*
 * JSON text to a tree and back. yajl is known to src/json/grammar.c alone.
 *
 * yajl accepts more than two runtimes would agree on, so the text is validated
 * first: UTF-8 by RFC 3629, no lone surrogates, no NUL (neither as a byte nor
 * as an escape). Depth, size and the number of values are bounded. What fails
 * here cannot be judged at all, and no policy can switch that off.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cofferdam/buf.h>

#define JSON_DEPTH_MAX 128	/* nested containers; a config.json has about 8 */

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* The largest text, so that a value can be small: there are many. */
#define JSON_TEXT_MAX ((size_t)1 << 30)

/* A value. All strings are decoded, NUL-terminated, owned by the document. */
struct json {
	enum json_type type : 8;
	bool boolean;			/* JSON_BOOL */
	bool repeated;			/* its key stands earlier in the same object */
	uint32_t index;			/* place among its siblings, from 0 */
	const char *key;		/* member name, or NULL outside an object */
	const char *str;		/* JSON_STRING decoded, JSON_NUMBER as written */
	uint32_t key_len;
	uint32_t len;			/* bytes in str */
	const struct json *parent;	/* NULL for the root */
	const struct json *first;	/* first child */
	const struct json *next;	/* next sibling */
	const struct json *const *sorted;	/* private */
	uint32_t count;			/* number of children */
	uint32_t key_start;		/* offset of the name's opening quote */
	uint32_t start;			/* offset of the value's first byte ... */
	uint32_t end;			/* ... and one past its last */
};

struct json_doc {
	char *name;			/* for messages: a path, or "stdin" */
	char *text;			/* the bytes as they came */
	size_t len;
	const struct json *root;
	size_t repeated;		/* how many members repeat an earlier name */
	char *decoded;			/* private */
	struct json_chunk *chunks;	/* private */
	struct json_index *indexes;	/* private */
	struct json_doc *values;	/* private: whose strings it has, one after the other */
	bool lent;			/* private: name and text are another's */
};

/* json_parse flags */
#define JSON_COMMENTS 1u		/* C and C++ comments, for policy files */
#define JSON_KNOWN 2u			/* text that was parsed before, or is compiled in: the grammar holds */
#define JSON_ONE_CHUNK 4u		/* private: the values lie together, the root first */

/*
 * json_parse - @text is copied. The error is "NAME:LINE:COLUMN: what".
 * Returns 0 and a document to be freed with json_free(); -EINVAL for a text
 * that is not acceptable, -EFBIG for one larger than JSON_TEXT_MAX, -ENOMEM.
 */
int json_parse(const char *name, const char *text, size_t len, unsigned flags,
	       struct json_doc **ret, struct error *err) must_check;

/*
 * What many texts share: the seccomp profile, mounts and capabilities that an engine writes into
 * each config.json, and the tokens between. Of the objects and arrays that stand third from the
 * top, as each mount does, those are remembered that are met a second time, and repeat no name:
 * where the same bytes stand there again, they are not parsed again. For one thread; it takes up
 * to half a MiB of texts, and what they hold.
 */
struct json_shared;

struct json_shared *json_shared_new(void);	/* NULL without memory */
void json_shared_free(struct json_shared **shared);

/* json_parse_shared - as json_parse() without flags, and without copies: @name, @text as it is now,
 * and @shared (NULL: none) must outlive the document. */
int json_parse_shared(const char *name, const struct buf *text, struct json_shared *shared,
		      struct json_doc **ret, struct error *err) must_check;

void json_free(struct json_doc **doc);
#define _cleanup_json_ _cleanup_(json_free)

/* json_get - the member @key of an object (the first, if repeated), or NULL. */
const struct json *json_get(const struct json *object, const char *key);

/* json_at - the value a JSON Pointer (RFC 6901) names, or NULL. */
const struct json *json_at(const struct json_doc *doc, const char *pointer);

/* json_nearest - the same, or its deepest parent that is there. */
const struct json *json_nearest(const struct json_doc *doc, const char *pointer);

/* json_pointer - append the JSON Pointer of @node ("" for the root). */
void json_pointer(struct buf *out, const struct json *node);

/* json_pointer_token - append @token with "~" and "/" escaped. */
void json_pointer_token(struct buf *out, const char *token);

/* json_same - whether two values are the same, written alike or not; the order of
 * members counts, and numbers are compared as they are written. */
bool json_same(const struct json *a, const struct json *b);

/* json_where - 1-based line and column (in bytes) of an offset in the text. */
void json_where(const struct json_doc *doc, size_t offset,
		unsigned *ret_line, unsigned *ret_column);

/* json_quote - append @s as a JSON string; what is not UTF-8 becomes U+FFFD. */
void json_quote(struct buf *out, const char *s, size_t len);

/* json_string - the same of all of @s; null, where it is NULL. */
void json_string(struct buf *out, const char *s);

/*
 * json_shown - append JSON text, which people may look at: characters that can reorder a line,
 * hide in it or command a terminal are escaped, as they stand in strings alone.
 * json_quote_shown - json_quote() likewise.
 */
void json_shown(struct buf *out, const char *s, size_t len);
void json_quote_shown(struct buf *out, const char *s, size_t len);

/* json_string_shown - json_string() likewise. json_member - ,"NAME": and that, of a member
 * that is not the first. */
void json_string_shown(struct buf *out, const char *s);
void json_member(struct buf *out, const char *name, const char *s);

/* An edit of RFC 6902; value is JSON text, NULL for JSON_REMOVE. */
enum json_op {
	JSON_ADD,
	JSON_REPLACE,
	JSON_REMOVE,
};

/* json_op_name - "add", "replace", "remove", as RFC 6902 has them; "unknown". */
const char *json_op_name(enum json_op op);

struct json_edit {
	enum json_op op;
	char *pointer;			/* owned, with the value behind it unless that was lent */
	const char *value;
};

struct json_edits {
	struct json_edit *v;
	size_t n;
	bool known;			/* values are not read again: see json_apply() */
	size_t cap;			/* private */
};

/* json_edits_add - append a copy. */
int json_edits_add(struct json_edits *edits, enum json_op op, const char *pointer,
		   const char *value, struct error *err) must_check;

/* json_edits_lend - the same, of a @value that outlives @edits: a whole profile, most often. */
int json_edits_lend(struct json_edits *edits, enum json_op op, const char *pointer,
		    const char *value, struct error *err) must_check;

/*
 * json_edits_read - the RFC 6902 array @ops, of add, replace and remove alone,
 * added to @edits. Values are taken as they are written, repeated members and all.
 * -EINVAL, with the place.
 */
int json_edits_read(const struct json_doc *doc, const struct json *ops,
		    struct json_edits *edits, struct error *err) must_check;

/* json_edits_print - append the RFC 6902 array, one operation a line. */
void json_edits_print(struct buf *out, const struct json_edits *edits);

void json_edits_free(struct json_edits *edits);
#define _cleanup_edits_ _cleanup_(json_edits_free)

/*
 * json_apply - the document's text with @edits made, in order, as RFC 6902
 * says (an ADD of an existing member replaces it; "-" appends to an array).
 * Every byte outside the values touched stays as it was; an added member
 * takes the white space of its neighbours. The result, which can be parsed
 * again, is appended to @ret. -ENOENT when a pointer leads nowhere; -EINVAL when
 * it is malformed or meets a repeated name, or a value is not JSON or too deep.
 * Where the edits are "known", which is for who made all values himself and parses the result,
 * a value is put there as it is, unread unless another edit is of something in it.
 */
int json_apply(const struct json_doc *doc, const struct json_edits *edits,
	       struct buf *ret, struct error *err) must_check;

/*
 * json_edited - what json_parse() makes of json_apply()'s result, without writing and
 * reading it: the same tree, or the same error. Name, text and strings are those of @doc,
 * which must outlive it. So what was not edited has its place there; a new value has
 * the place of the one that it replaces, or of where it was put in. It has no bytes there, and nor
 * has what an edit was made in: "end" is "start".
 */
int json_edited(const struct json_doc *doc, const struct json_edits *edits,
		struct json_doc **ret, struct error *err) must_check;

#endif
