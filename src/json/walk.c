/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A text, from byte to byte: its tokens, for json_grammar(), and the values that they
 * make if the grammar holds. Where it cannot hold any more, values are no longer taken.
 * Strings and numbers are ended by NUL, and decoded, in json_doc.decoded, a copy of the text.
 */

#include <errno.h>
#include <string.h>

#include "json-private.h"

/* What a byte is outside strings. */
enum kind {
	WORD = 0,			/* of a number or a word; or nothing that JSON has */
	BAD,				/* a control character */
	SPACE,
	MARK,				/* between values */
	OPEN,
	CLOSE,
	QUOTE,
	SLASH,
};

static const unsigned char kinds[256] = {
	[0 ... 8] = BAD, ['\t'] = SPACE, ['\n'] = SPACE, [11 ... 12] = BAD, ['\r'] = SPACE,
	[14 ... 31] = BAD, [' '] = SPACE, ['"'] = QUOTE, ['/'] = SLASH, [','] = MARK, [':'] = MARK,
	['{'] = OPEN, ['['] = OPEN, ['}'] = CLOSE, [']'] = CLOSE,
};

static enum kind kind_of(char c)
{
	return kinds[(unsigned char)c];
}

/* Most of a text that people read is indentation: eight bytes at a time. NUL ends the text. */
static size_t skip_space(const char *text, size_t len, size_t at)
{
	while (len - at >= 8 && memcmp(text + at, "        ", 8) == 0)
		at += 8;
	while (kind_of(text[at]) == SPACE)
		at++;
	return at;
}

/* more_nodes - room for the next, and for some more; or NULL. */
static __attribute__((noinline)) struct json_chunk *more_nodes(const struct json_walk *w)
{
	/* a value takes two bytes of text: itself, and a comma or bracket */
	const size_t all = w->doc->len / 2 + 1;
	const bool together = all < JSON_CHUNK || w->flags & JSON_ONE_CHUNK;

	return json_room(w->doc, 1, together ? all : JSON_CHUNK) < 0 ? NULL : w->doc->chunks;
}

/* misplaced - whether no value can stand here. */
static bool misplaced(const struct json_walk *w)
{
	if (!w->in)
		return w->doc->root != NULL;
	return (w->in->node->type == JSON_OBJECT) != (w->key != NULL);
}

/* attach - @node, which ends at @end, to those before it. */
static inline void attach(struct json_walk *w, struct json *node, size_t end)
{
	struct json_open *in = w->in;

	node->end = w->end = (uint32_t)end;
	if (!in) {
		w->doc->root = node;
		return;
	}
	node->parent = in->node;
	node->index = in->node->count++;
	if (in->last)
		in->last->next = node;
	else
		in->node->first = node;
	in->last = node;
	if (w->key) {
		node->key = steal_ptr(w->key);
		node->key_len = w->key_len;
		node->key_start = w->key_start;
	}
}

/* place - the value from @start to @end, which can stand there; NULL without memory. */
static inline struct json *place(struct json_walk *w, enum json_type type, size_t start, size_t end)
{
	struct json_chunk *chunk = w->doc->chunks;
	struct json *node;

	if (!chunk || chunk->used == chunk->cap)
		chunk = more_nodes(w);
	if (!chunk) {
		w->oom = true;
		return NULL;
	}
	node = &chunk->node[chunk->used++];
	*node = (struct json){ .type = type, .start = (uint32_t)start };
	attach(w, node, end);
	return node;
}

/* take - the value from @start to @end; NULL without memory, or when none can stand there. */
static inline struct json *take(struct json_walk *w, enum json_type type, size_t start, size_t end)
{
	if (misplaced(w)) {
		w->lost = true;
		return NULL;
	}
	return place(w, type, start, end);
}

/* decode - the string whose quotes stand at @start and before @end. */
static inline const char *decode(const struct json_walk *w, size_t start, size_t end,
				 uint32_t *ret_len)
{
	char *out = w->doc->decoded + start + 1;
	size_t len = end - start - 2;

	if (w->escaped)
		len = json_unescape(out, w->doc->text + start + 1, len);
	out[len] = '\0';
	*ret_len = (uint32_t)len;
	return out;
}

/*
 * take_plain - the strings without escapes that follow in an array on one that ends at @end:
 * the offset behind the last. No grammar has to be asked, which is behind each where it was.
 */
static size_t take_plain(struct json_walk *w, size_t end)
{
	const char *const text = w->doc->text;
	const size_t len = w->doc->len;
	struct json *node;
	size_t start, stop;

	w->escaped = false;
	while (text[end] == ',') {
		start = skip_space(text, len, end + 1);
		if (text[start] != '"')
			break;
		stop = json_plain_end(text, len, start + 1);
		if (text[stop] != '"')
			break;
		node = place(w, JSON_STRING, start, stop + 1);
		if (!node)
			break;
		end = stop + 1;
		node->str = decode(w, start, end, &node->len);
	}
	return end;
}

/* take_string - the offset behind what was taken. */
static size_t take_string(struct json_walk *w, size_t start, size_t end)
{
	const struct json *in = w->in ? w->in->node : NULL;
	struct json *node;

	if (in && in->type == JSON_OBJECT && !w->key) {
		w->key = decode(w, start, end, &w->key_len);
		w->key_start = (uint32_t)start;
		w->end = (uint32_t)end;
		return end;
	}
	node = take(w, JSON_STRING, start, end);
	if (!node)
		return end;
	node->str = decode(w, start, end, &node->len);
	return in && in->type == JSON_ARRAY && !w->all ? take_plain(w, end) : end;
}

/* take_word - whether it is one is the grammar's to say; the first byte tells which. */
static void take_word(struct json_walk *w, size_t start, size_t end)
{
	const char c = w->doc->text[start];
	struct json *node;

	if (c == 't' || c == 'f') {
		node = take(w, JSON_BOOL, start, end);
		if (node)
			node->boolean = c == 't';
	} else if (c == 'n') {
		(void)take(w, JSON_NULL, start, end);
	} else {
		node = take(w, JSON_NUMBER, start, end);
		if (!node)
			return;
		node->str = w->doc->decoded + start;
		node->len = (uint32_t)(end - start);
		w->doc->decoded[end] = '\0';	/* what stood there is in the text */
	}
}

/* third - whether what stands here is the third from the top, which may be shared. */
static bool third(const struct json_walk *w)
{
	return w->shared && w->in == w->open + 1;
}

static void open_container(struct json_walk *w, size_t at)
{
	const size_t depth = w->in ? (size_t)(w->in - w->open) + 1 : 0;
	struct json *node;

	if (depth == JSON_DEPTH_MAX) {
		w->lost = w->deep = true;
		w->deep_at = at;
		w->deep_n = w->n;
		return;
	}
	node = take(w, w->doc->text[at] == '{' ? JSON_OBJECT : JSON_ARRAY, at, at + 1);
	if (!node)
		return;
	w->in = &w->open[depth];
	*w->in = (struct json_open){ .node = node, .from = w->n + 1, .before = w->n + 1 };
}

/* take_shared - the whole container at @at, if it is a known one: the offset after it, or 0. */
static size_t take_shared(struct json_walk *w, size_t at)
{
	struct json *node;
	size_t end;

	if (misplaced(w))
		return 0;
	w->oom = json_shared_at(w->shared, w->doc, at, &node) < 0;
	if (w->oom || !node)
		return 0;
	end = node->end;
	attach(w, node, end);
	return end;
}

static void close_container(struct json_walk *w, size_t at)
{
	const enum json_type type = w->doc->text[at] == '}' ? JSON_OBJECT : JSON_ARRAY;
	struct json *node = w->in ? w->in->node : NULL;

	if (!node || node->type != type || w->key) {
		w->lost = true;
		return;
	}
	node->end = w->end = (uint32_t)at + 1;
	w->oom = json_complete(w->doc, node) < 0;
	w->in = w->in == w->open ? NULL : w->in - 1;
	if (third(w) && !w->all)
		json_shared_learn(w->shared, w->doc->text + node->start, node->end - node->start);
}

/* take_bracket - before which there are @n bytes of tokens. */
static void take_bracket(struct json_walk *w, size_t at, size_t n)
{
	w->n = n;
	if (kind_of(w->doc->text[at]) == OPEN)
		open_container(w, at);
	else
		close_container(w, at);
}

/* same_bytes - most often of two strings, which are two quotes each. */
static inline bool same_bytes(const char *a, const char *b, size_t n)
{
	return n == 2 ? memcmp(a, b, 2) == 0 : memcmp(a, b, n) == 0;
}

/*
 * told_once - of @n bytes of tokens, to the end of what stands between commas or brackets: how
 * many remain where it is as what stood before it, and brings the grammar to where it was.
 */
static inline size_t told_once(const struct json_walk *w, size_t n)
{
	struct json_open *in = w->in;
	size_t size;

	if (!in || w->all || w->lost)
		return n;
	size = n - in->from;
	if (size > 0 && size == in->from - 1 - in->before &&
	    same_bytes(w->bytes + in->before, w->bytes + in->from, size))
		return in->from - 1;
	in->before = in->from;
	return n;
}

/*
 * word_end - the offset after the number or word at @at, which goes to the tokens. Of a number
 * without sign, fraction and exponent one digit does: all are the same to the grammar.
 */
static size_t word_end(const struct json_walk *w, size_t at, size_t *n)
{
	const char *const text = w->doc->text;
	bool digits = !w->all && text[at] != '0';
	size_t end = at;

	for (; kind_of(text[end]) == WORD; end++) {
		w->bytes[*n + end - at] = text[end];
		digits &= text[end] >= '0' && text[end] <= '9';
	}
	if (digits)
		w->bytes[*n] = '1';
	*n += digits ? 1 : end - at;
	return end;
}

/* odd - the offset after the comment at @at, or 0 and the fault. */
static size_t odd(struct json_walk *w, size_t at)
{
	if (kind_of(w->doc->text[at]) == SLASH)
		return json_scan_comment(w->doc->text, w->doc->len, w->flags, at, &w->fault);
	w->fault = (struct json_fault){ at, "a control character stands outside a string" };
	return 0;
}

int json_walk(struct json_walk *w)
{
	const char *const text = w->doc->text;
	const size_t len = w->doc->len;
	char *const bytes = w->bytes;
	size_t n = 0, at = 0, end;

	for (; at < len && n < w->most && !w->oom; at = end) {
		const enum kind kind = kind_of(text[at]);

		if (kind == MARK) {
			if (text[at] == ',')
				n = told_once(w, n);
			bytes[n++] = text[at];
			if (text[at] == ',' && w->in)
				w->in->from = n;
			end = at + 1;
		} else if (kind == SPACE) {
			end = skip_space(text, len, at + 1);
		} else if (kind == QUOTE) {
			end = json_plain_end(text, len, at + 1);
			w->escaped = text[end++] != '"';
			if (w->escaped)
				end = json_scan_string(text, len, at, &w->fault);
			if (end == 0)
				return -EINVAL;
			bytes[n] = bytes[n + 1] = '"';
			n += 2;
			if (!w->lost && n <= w->most)
				end = take_string(w, at, end);
		} else if (kind == OPEN && third(w) && !w->lost && n + 2 <= w->most &&
			   (end = take_shared(w, at)) > 0) {
			bytes[n++] = text[at];
			bytes[n++] = text[end - 1];
		} else if (kind == OPEN || kind == CLOSE) {
			if (kind == CLOSE)
				n = told_once(w, n);
			if (!w->lost)
				take_bracket(w, at, n);
			bytes[n++] = text[at];
			end = at + 1;
		} else if (kind == WORD) {
			end = word_end(w, at, &n);
			/* a space or comment may be all that is between it and the next */
			if (kind_of(text[end]) == SPACE || kind_of(text[end]) == SLASH)
				bytes[n++] = ' ';
			if (!w->lost && n <= w->most)
				take_word(w, at, end);
		} else {
			end = odd(w, at);
			if (end == 0)
				return -EINVAL;
		}
	}
	w->n = n;
	return w->oom ? -ENOMEM : 0;
}
