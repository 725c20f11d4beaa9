/* SPDX-License-Identifier: Apache-2.0 */

/*
 * yajl judges the grammar; json_scan() has judged the rest before it.
 *
 * yajl is given json_tokens at once, with one line feed after them, so that no
 * token is ever cut: it looks at no inside of a string and has nothing to decode.
 * The place of a token in the text follows from the bytes consumed. Strings and
 * numbers are ended by NUL, and decoded, in json_doc.decoded, a copy of the text.
 *
 * yajl writes through whatever its allocator returns, NULL too. As it has
 * nothing to buffer, its needs are fixed (four small structures, a stack of
 * one byte a level, one buffer of 2 KiB), and a pool set aside beforehand
 * meets them. A yajl that asked for more would be left by longjmp(): it holds
 * nothing that is not in the pool.
 */

#include <errno.h>
#include <setjmp.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "json-private.h"

#define POOL_SIZE 8192
#define CHUNK_NODES 256

struct parser {
	struct json_doc *doc;
	struct json_tokens tokens;
	yajl_handle yajl;
	struct json_fault fault;
	bool oom;
	bool escapes;			/* there is a backslash somewhere */
	unsigned depth;			/* open containers */
	struct json *open[JSON_DEPTH_MAX];
	struct json *last[JSON_DEPTH_MAX];	/* the last child of each */
	const char *key;		/* a name that waits for its value */
	uint32_t key_len;
	uint32_t key_start;
	uint32_t end;			/* of the last token taken */
	jmp_buf pool_empty;
	size_t pool_used;
	unsigned char *pool;		/* of POOL_SIZE bytes, not zeroed */
};

static void *pool_malloc(void *ctx, size_t size)
{
	struct parser *p = ctx;
	unsigned char *block;

	/* 16 bytes before each block keep its size, for pool_realloc() */
	if (size > POOL_SIZE || ((size + 15) & ~(size_t)15) + 16 > POOL_SIZE - p->pool_used)
		longjmp(p->pool_empty, 1);
	block = p->pool + p->pool_used;
	memcpy(block, &size, sizeof(size));
	p->pool_used += ((size + 15) & ~(size_t)15) + 16;
	return block + 16;
}

static void *pool_realloc(void *ctx, void *old, size_t size)
{
	void *block = pool_malloc(ctx, size);
	size_t old_size;

	if (old) {
		memcpy(&old_size, (unsigned char *)old - 16, sizeof(old_size));
		memcpy(block, old, old_size < size ? old_size : size);
	}
	return block;
}

static void pool_free(void *ctx, void *block)
{
	(void)ctx;
	(void)block;
}

static struct json *node_alloc(struct parser *p)
{
	struct json_chunk *chunk = p->doc->chunks;

	if (!chunk || chunk->used == chunk->cap) {
		/* a value takes two bytes of text: itself, and a comma or bracket */
		size_t cap = p->doc->len / 2 + 1;

		cap = cap < CHUNK_NODES ? cap : CHUNK_NODES;
		chunk = malloc(sizeof(*chunk) + cap * sizeof(chunk->node[0]));
		if (!chunk) {
			p->oom = true;
			return NULL;
		}
		chunk->used = 0;
		chunk->cap = cap;
		chunk->next = p->doc->chunks;
		p->doc->chunks = chunk;
	}
	return &chunk->node[chunk->used++];
}

/* Where the token of @len bytes starts that yajl has just consumed; its end goes to p->end. */
static uint32_t take_token(struct parser *p, size_t len)
{
	const size_t n = yajl_get_bytes_consumed(p->yajl);

	p->end = p->tokens.at[n - 1] + 1;
	return p->tokens.at[n - len];
}

/* The value whose token of @len bytes yajl has just consumed. */
static struct json *take_value(struct parser *p, enum json_type type, size_t len)
{
	struct json *node = node_alloc(p), *parent;

	if (!node)
		return NULL;
	*node = (struct json){ .type = type, .start = take_token(p, len) };
	node->end = p->end;
	if (p->depth == 0) {
		p->doc->root = node;
		return node;
	}
	parent = p->open[p->depth - 1];
	node->parent = parent;
	node->index = parent->count++;
	if (p->last[p->depth - 1])
		p->last[p->depth - 1]->next = node;
	else
		parent->first = node;
	p->last[p->depth - 1] = node;
	node->key = steal_ptr(p->key);
	if (node->key) {
		node->key_len = p->key_len;
		node->key_start = p->key_start;
	}
	return node;
}

/* Decode the string whose quotes stand at @start and before p->end. */
static const char *take_string(struct parser *p, uint32_t start, uint32_t *ret_len)
{
	const char *raw = p->doc->text + start + 1;
	char *out = p->doc->decoded + start + 1;
	size_t len = p->end - start - 2;

	if (p->escapes && memchr(raw, '\\', len))
		len = json_unescape(out, raw, len);
	out[len] = '\0';
	*ret_len = (uint32_t)len;
	return out;
}

static int on_null(void *ctx)
{
	return take_value(ctx, JSON_NULL, 4) != NULL;
}

static int on_boolean(void *ctx, int value)
{
	struct json *node = take_value(ctx, JSON_BOOL, value ? 4 : 5);

	if (node)
		node->boolean = value != 0;
	return node != NULL;
}

static int on_number(void *ctx, const char *s, size_t len)
{
	struct parser *p = ctx;
	struct json *node = take_value(p, JSON_NUMBER, len);

	(void)s;
	if (!node)
		return 0;
	node->str = p->doc->decoded + node->start;
	p->doc->decoded[node->end] = '\0';	/* what stood there is in the text */
	node->len = (uint32_t)len;
	return 1;
}

static int on_string(void *ctx, const unsigned char *s, size_t len)
{
	struct parser *p = ctx;
	struct json *node = take_value(p, JSON_STRING, len + 2);

	(void)s;
	if (!node)
		return 0;
	node->str = take_string(p, node->start, &node->len);
	return 1;
}

static int on_key(void *ctx, const unsigned char *s, size_t len)
{
	struct parser *p = ctx;

	(void)s;
	p->key_start = take_token(p, len + 2);
	p->key = take_string(p, p->key_start, &p->key_len);
	return 1;
}

static int start_container(struct parser *p, enum json_type type)
{
	struct json *node;

	if (p->depth == JSON_DEPTH_MAX) {
		p->fault.at = take_token(p, 1);
		p->fault.what = "values are nested too deeply";
		return 0;
	}
	node = take_value(p, type, 1);
	if (!node)
		return 0;
	p->open[p->depth] = node;
	p->last[p->depth] = NULL;
	p->depth++;
	return 1;
}

static int on_start_map(void *ctx)
{
	return start_container(ctx, JSON_OBJECT);
}

static int on_start_array(void *ctx)
{
	return start_container(ctx, JSON_ARRAY);
}

static int on_end(void *ctx)
{
	struct parser *p = ctx;
	struct json *node = p->open[--p->depth];

	(void)take_token(p, 1);
	node->end = p->end;
	p->oom = json_complete(p->doc, node) < 0;
	return !p->oom;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end,
};

/* What yajl did not like stands where the last token taken ends. */
static void explain(struct parser *p)
{
	const char *text = p->doc->text, *what = "a value was expected here";
	size_t len = p->doc->len, at = json_skip(text, len, p->end);
	const struct json *in = p->depth > 0 ? p->open[p->depth - 1] : NULL;
	bool object = in && in->type == JSON_OBJECT;
	char c = at < len ? text[at] : '\0';

	if (!in && p->doc->root) {
		what = "something follows the value";
	} else if (in && p->key && c != ':') {
		what = "\":\" was expected here";
	} else if (in && !p->key && in->count > 0 && c != ',') {
		what = object ? "\",\" or \"}\" was expected here"
			      : "\",\" or \"]\" was expected here";
	} else if (in && (p->key || in->count > 0)) {
		at = json_skip(text, len, at + 1);
		if (!p->key && object)
			what = "a name in double quotes was expected here";
	} else if (object) {
		what = "a name in double quotes or \"}\" was expected here";
	}
	if (at == len)
		what = p->doc->root ? "the text ends too early" : "there is no value";
	p->fault.at = at;
	p->fault.what = what;
}

static int run_yajl(struct parser *p)
{
	yajl_alloc_funcs funcs = {
		.malloc = pool_malloc,
		.realloc = pool_realloc,
		.free = pool_free,
		.ctx = p,
	};
	yajl_status status;

	if (setjmp(p->pool_empty) != 0)
		return -ENOMEM;
	p->yajl = yajl_alloc(&callbacks, &funcs, p);
	(void)yajl_config(p->yajl, yajl_dont_validate_strings, 1);
	p->tokens.bytes[p->tokens.n] = '\n';
	status = yajl_parse(p->yajl, (const unsigned char *)p->tokens.bytes, p->tokens.n + 1);
	if (p->oom)
		return -ENOMEM;
	if (p->fault.what)
		return -EINVAL;
	/* do not lean on yajl for having seen all of the text */
	if (status != yajl_status_ok || p->depth > 0 || !p->doc->root ||
	    json_skip(p->doc->text, p->doc->len, p->doc->root->end) != p->doc->len) {
		explain(p);
		return -EINVAL;
	}
	return 0;
}

static struct json_doc *doc_alloc(const char *name, const char *text, size_t len)
{
	_cleanup_json_ struct json_doc *doc = calloc(1, sizeof(*doc));

	if (!doc)
		return NULL;
	doc->name = strdup(name ? name : "json");
	doc->text = malloc(len + 1);
	doc->decoded = malloc(len + 1);
	if (!doc->name || !doc->text || !doc->decoded)
		return NULL;
	if (len > 0) {
		memcpy(doc->text, text, len);
		memcpy(doc->decoded, text, len);
	}
	doc->text[len] = '\0';
	doc->decoded[len] = '\0';
	doc->len = len;
	return steal_ptr(doc);
}

int json_parse(const char *name, const char *text, size_t len, unsigned flags,
	       struct json_doc **ret, struct error *err)
{
	_cleanup_free_ unsigned char *pool = malloc(POOL_SIZE);
	_cleanup_free_ uint32_t *tokens = NULL;
	_cleanup_free_ struct parser *p = calloc(1, sizeof(*p));
	_cleanup_json_ struct json_doc *doc = NULL;
	unsigned line, column;
	int r;

	if (len > JSON_TEXT_MAX)
		return error_set(err, -EFBIG, "%s: larger than %zu bytes", name ? name : "json",
				 JSON_TEXT_MAX);
	doc = doc_alloc(name, text, len);
	tokens = reallocarray(NULL, len + 1, sizeof(*tokens) + 1);
	if (!doc || !p || !pool || !tokens)
		return error_oom(err);
	p->doc = doc;
	p->pool = pool;
	p->tokens.at = tokens;
	p->tokens.bytes = (char *)(tokens + len);
	p->escapes = memchr(doc->text, '\\', len) != NULL;
	r = json_scan(doc->text, len, flags, &p->tokens, &p->fault);
	if (r == 0)
		r = run_yajl(p);
	if (r == -ENOMEM)
		return error_oom(err);
	if (r < 0) {
		json_where(doc, p->fault.at, &line, &column);
		return error_set(err, r, "%s:%u:%u: %s", doc->name, line, column,
				 p->fault.what);
	}
	*ret = steal_ptr(doc);
	return 0;
}

static void doc_free(struct json_doc *d)
{
	while (d->chunks) {
		struct json_chunk *chunk = d->chunks;

		d->chunks = chunk->next;
		free(chunk);
	}
	json_index_free(d);
	if (!d->lent) {
		free(d->name);
		free(d->text);
	}
	free(d->decoded);
	free(d);
}

void json_free(struct json_doc **doc)
{
	struct json_doc *d = *doc;

	while (d) {
		struct json_doc *value = d->values;

		doc_free(d);
		d = value;
	}
	*doc = NULL;
}
