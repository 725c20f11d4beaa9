/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mutator that knows JSON: where the input can be parsed, a value or a name
 * is changed as a whole, so that most of what is tried gets past the parser.
 */
#include "fuzz.h"

#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* An input is small; what is written into it is, too. */
#define BYTES_MAX 256

static const char *const values[] = {
	"null", "true", "false", "0", "-1", "1", "1.0", "1e3", "-0", "1000", "4294967295",
	"4294967296", "9223372036854775807", "18446744073709551615", "\"\"", "{}", "[]", "[null]",
	"\"\\u001b\"", "\"\\u202e\"", "\"../../etc\"", "\"/proc/1/root\"", "\"-1\"",
};

static const struct json *pick(const struct json_doc *doc, uint64_t *seed)
{
	const struct json *node = doc->root;

	while (node->count > 0 && (node == doc->root || fuzz_random(seed, 4) > 0)) {
		size_t at = fuzz_random(seed, node->count);

		for (node = node->first; at > 0; at--)
			node = node->next;
	}
	return node;
}

static void quoted_word(struct buf *out, uint64_t *seed)
{
	const char *const *words = fuzz_words();
	size_t n = 0;

	while (words[n])
		n++;
	n = fuzz_random(seed, n);
	json_quote(out, words[n], strlen(words[n]));
}

/* new_value - a word, a value that readers stumble over, or one from elsewhere. */
static void new_value(struct buf *out, const struct json_doc *doc, uint64_t *seed)
{
	const struct json *other = pick(doc, seed);

	switch (fuzz_random(seed, 3)) {
	case 0:
		quoted_word(out, seed);
		break;
	case 1:
		buf_str(out, values[fuzz_random(seed, ARRAY_SIZE(values))]);
		break;
	default:
		buf_add(out, doc->text + other->start, other->end - other->start);
	}
}

/* new_bytes - the inside of a value, changed as bytes. */
static void new_bytes(struct buf *out, const char *s, size_t len)
{
	uint8_t bytes[BYTES_MAX];
	const size_t n = len < sizeof(bytes) / 2 ? len : sizeof(bytes) / 2;

	memcpy(bytes, s, n);
	buf_add(out, bytes, LLVMFuzzerMutate(bytes, n, sizeof(bytes)));
	buf_add(out, s + n, len - n);
}

/* insert - one more member or element, first. */
static void insert(struct buf *out, const struct json_doc *doc, const struct json *node,
		   uint64_t *seed)
{
	buf_char(out, doc->text[node->start]);
	if (node->type == JSON_OBJECT) {
		quoted_word(out, seed);
		buf_str(out, ": ");
	}
	new_value(out, doc, seed);
	buf_str(out, node->count > 0 ? ", " : "");
	buf_add(out, doc->text + node->start + 1, node->end - node->start - 1);
}

static void change(struct buf *out, const struct json_doc *doc, uint64_t *seed)
{
	const struct json *node = pick(doc, seed);
	const size_t kind = fuzz_random(seed, 4);
	size_t from = node->start, to = node->end;
	_cleanup_buf_ struct buf value = { 0 };

	if (kind == 0 && node->key) {
		from = node->key_start;
		quoted_word(&value, seed);
		buf_str(&value, ": ");
		buf_add(&value, doc->text + node->start, node->end - node->start);
	} else if (kind == 1 && (node->type == JSON_OBJECT || node->type == JSON_ARRAY)) {
		insert(&value, doc, node, seed);
	} else if (kind == 2 && node->end - node->start > 2) {
		from++;
		to--;
		new_bytes(&value, doc->text + from, to - from);
	} else {
		new_value(&value, doc, seed);
	}
	buf_add(out, doc->text, from);
	buf_add(out, value.data, value.len);
	buf_add(out, doc->text + to, doc->len - to);
}

/* drop - without one member or element. */
static void drop(struct buf *out, const struct json_doc *doc, uint64_t *seed)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	_cleanup_buf_ struct buf pointer = { 0 };
	struct error err;

	json_pointer(&pointer, pick(doc, seed));
	if (json_edits_add(&edits, JSON_REMOVE, buf_cstr(&pointer), NULL, &err) < 0 ||
	    json_apply(doc, &edits, out, &err) < 0)
		buf_reset(out);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf text = { 0 }, out = { 0 };
	uint64_t state = ((uint64_t)seed + 1) * 0x9e3779b97f4a7c15u;
	struct error err;

	fuzz_text(data, size, &text);
	if (fuzz_random(&state, 8) == 0 ||
	    json_parse("input", buf_cstr(&text), text.len, JSON_COMMENTS, &doc, &err) < 0)
		return LLVMFuzzerMutate(data, size, max_size);
	if (fuzz_random(&state, 8) == 0)
		drop(&out, doc, &state);
	else
		change(&out, doc, &state);
	if (out.len == 0 || out.len > max_size || out.oom)
		return LLVMFuzzerMutate(data, size, max_size);
	memcpy(data, out.data, out.len);
	return out.len;
}
