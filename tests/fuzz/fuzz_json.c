/* SPDX-License-Identifier: Apache-2.0 */
/* Any JSON text: the tree, the places in it, edits. */
#include "fuzz.h"

#include <string.h>

#include <yajl/yajl_parse.h>

#include "../unit/same-doc.h"

static const char value[] = "{\"a~b/c\": [1, \"\\u20ac\"]}";

static const struct json *next_node(const struct json *node)
{
	if (node->first)
		return node->first;
	while (node && !node->next)
		node = node->parent;
	return node ? node->next : NULL;
}

/* reads_alike - the bytes of a value are that value. */
static void reads_alike(const struct json_doc *doc, const struct json *node, unsigned flags)
{
	_cleanup_json_ struct json_doc *part = NULL;
	const size_t len = node->end - node->start;
	struct error err;

	property(node->start < node->end && node->end <= doc->len, "a place in the text");
	property(json_parse("part", doc->text + node->start, len, flags, &part, &err) == 0, "%s",
		 err.text);
	property(part->root->type == node->type && part->root->count == node->count &&
		 part->root->len == node->len && part->root->boolean == node->boolean &&
		 (node->len == 0 || memcmp(part->root->str, node->str, node->len) == 0),
		 "the bytes of a value are that value");
}

static void quotes_alike(const char *s, size_t len)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	struct error err;

	json_quote(&text, s, len);
	property(json_parse("quoted", text.data, text.len, 0, &doc, &err) == 0, "%s", err.text);
	property(doc->root->len == len && memcmp(doc->root->str, s, len) == 0,
		 "a quoted string is that string");
}

/* stands_there - its pointer leads to it, or to the first of that name. */
static void stands_there(const struct json_doc *doc, const struct json *node)
{
	_cleanup_buf_ struct buf pointer = { 0 };
	const struct json *found;
	bool repeated = false;

	json_pointer(&pointer, node);
	found = json_at(doc, buf_cstr(&pointer));
	for (const struct json *n = node; n; n = n->parent)
		repeated |= n->repeated;
	property(repeated ? found != node : found == node, "%s leads to its value",
		 buf_cstr(&pointer));
	if (node->key)
		property((json_get(node->parent, node->key) == node) != node->repeated ||
			 strlen(node->key) != node->key_len, "the name leads to its value");
}

static const struct json *pick(const struct json_doc *doc, uint64_t *seed)
{
	const struct json *node = doc->root;

	while (node->count > 0 && (node == doc->root || fuzz_random(seed, 3) > 0)) {
		size_t at = fuzz_random(seed, node->count);

		for (node = node->first; at > 0; at--)
			node = node->next;
	}
	return node;
}

static void add_edit(const struct json_doc *doc, struct json_edits *edits, uint64_t *seed)
{
	const enum json_op op = (enum json_op)fuzz_random(seed, 3);
	const struct json *node = pick(doc, seed);
	_cleanup_buf_ struct buf pointer = { 0 };
	struct error err;

	json_pointer(&pointer, node);
	if (op == JSON_ADD && node->type == JSON_ARRAY)
		buf_str(&pointer, fuzz_random(seed, 2) ? "/-" : "/0");
	else if (op == JSON_ADD && node->type == JSON_OBJECT)
		buf_str(&pointer, "/new~1~0");
	property(json_edits_add(edits, op, buf_cstr(&pointer), op == JSON_REMOVE ? NULL : value,
				&err) == 0, "%s", err.text);
}

/* edited_alike - the tree with @edits made is that of the text with them made. */
static void edited_alike(const struct json_doc *doc, const struct json_edits *edits,
			 const struct json_doc *after)
{
	_cleanup_json_ struct json_doc *edited = NULL;
	struct error err;
	const char *differs;

	property(json_edited(doc, edits, &edited, &err) == 0, "%s", err.text);
	differs = same_doc(after, edited);
	property(!differs, "edited, the tree differs: %s", differs ? differs : "");
}

static void edits(const struct json_doc *doc, uint64_t *seed)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	_cleanup_json_ struct json_doc *after = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	const size_t n = 1 + fuzz_random(seed, 4);
	struct error err;
	int r;

	for (size_t i = 0; i < n; i++)
		add_edit(doc, &edits, seed);
	r = json_apply(doc, &edits, &out, &err);
	if (r < 0) {
		property(json_edited(doc, &edits, &after, &err) == r, "the tree can be edited");
		property(out.len == 0 && (r == -EINVAL || (r == -ENOENT && n > 1)), "%s", err.text);
		return;
	}
	property(json_parse(doc->name, buf_cstr(&out), out.len, JSON_COMMENTS, &after, &err) == 0,
		 "%s", err.text);
	property(after->repeated <= doc->repeated, "an edit repeats no name");
	fuzz_same(doc, after, &edits);
	edited_alike(doc, &edits, after);
	if (edits.v[n - 1].op == JSON_REPLACE) {
		const struct json *now = json_at(after, edits.v[n - 1].pointer);

		property(now && now->end - now->start == sizeof(value) - 1 &&
			 memcmp(after->text + now->start, value, sizeof(value) - 1) == 0,
			 "the new value stands there");
	}
}

/* shared_alike - @text reads with @shared as it does by itself. */
static void shared_alike(const struct buf *text, struct json_shared *shared)
{
	_cleanup_json_ struct json_doc *alone = NULL, *doc = NULL;
	struct error want, err;
	const char *differs;
	int r = json_parse("t", buf_cstr(text), text->len, 0, &alone, &want);

	property(json_parse_shared("t", text, shared, &doc, &err) == r,
		 "with what is shared it reads alike");
	if (r < 0) {
		property(strcmp(err.text, want.text) == 0, "not %s but %s", want.text, err.text);
		return;
	}
	differs = same_doc(alone, doc);
	property(!differs, "with what is shared it differs: %s", differs ? differs : "");
	for (const struct json *m = alone->root, *n = doc->root; m;
	     m = next_node(m), n = next_node(n))
		property(m->start == n->start && m->end == n->end && m->key_start == n->key_start,
			 "with what is shared it stands elsewhere");
}

/* learn - a value of @doc, third from the top of a text that is met twice. */
static void learn(struct json_shared *shared, const struct json_doc *doc, uint64_t *seed)
{
	const struct json *value = pick(doc, seed);
	_cleanup_buf_ struct buf text = { 0 };

	buf_str(&text, "[[");
	buf_add(&text, doc->text + value->start, value->end - value->start);
	buf_str(&text, "]]");
	for (int i = 0; i < 2; i++) {
		_cleanup_json_ struct json_doc *met = NULL;
		struct error err;

		if (json_parse_shared("t", &text, shared, &met, &err) < 0)
			return;		/* of comments, or deep */
	}
}

/* sharing - the text of @doc, and that with one byte another, with a value of it known. */
static void sharing(const struct json_doc *doc, uint64_t *seed)
{
	_cleanup_(json_shared_free) struct json_shared *shared = json_shared_new();
	_cleanup_buf_ struct buf text = { 0 };
	static const char bytes[] = "{}[],:\"\\1t ";

	property(shared, "there is memory");
	learn(shared, doc, seed);
	buf_add(&text, doc->text, doc->len);
	shared_alike(&text, shared);
	shared_alike(&text, shared);	/* of tokens that are known */
	text.data[fuzz_random(seed, text.len)] = bytes[fuzz_random(seed, sizeof(bytes) - 1)];
	shared_alike(&text, shared);
}

/* yajls_too - yajl, given all of the text, reads it as well. */
static void yajls_too(const struct buf *text)
{
	yajl_handle yajl = yajl_alloc(NULL, NULL, NULL);

	property(yajl, "there is memory");
	(void)yajl_config(yajl, yajl_allow_comments, 1);
	property(yajl_parse(yajl, (const unsigned char *)buf_cstr(text), text->len) == yajl_status_ok &&
		 yajl_complete_parse(yajl) == yajl_status_ok, "yajl reads what is read");
	yajl_free(yajl);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ struct json_doc *doc = NULL, *plain = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	uint64_t seed = fuzz_seed(data, size);
	struct error err;
	int r;

	fuzz_text(data, size, &text);
	r = json_parse("plain", buf_cstr(&text), text.len, 0, &plain, &err);
	if (json_parse("text", buf_cstr(&text), text.len, JSON_COMMENTS, &doc, &err) < 0) {
		property(r < 0, "comments only add to what is read");
		return 0;
	}
	yajls_too(&text);
	for (const struct json *node = doc->root; node; node = next_node(node)) {
		if (node->key)
			quotes_alike(node->key, node->key_len);
		if (node->type == JSON_STRING)
			quotes_alike(node->str, node->len);
		if (node->count < 8)
			reads_alike(doc, node, JSON_COMMENTS);
		stands_there(doc, node);
	}
	edits(doc, &seed);
	sharing(doc, &seed);
	return 0;
}
