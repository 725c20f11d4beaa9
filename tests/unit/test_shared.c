/* SPDX-License-Identifier: Apache-2.0 */
/* Texts read with objects that others had, too: nothing may tell it from reading them alone. */
#include "unit.h"
#include "same-doc.h"

/* profile - an object of over a kibibyte, with all that values can be; @n tells one from another. */
static char *profile(unsigned n)
{
	struct buf b = { 0 };

	buf_printf(&b, "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"n\": %u, \"names\": [", n);
	for (unsigned i = 0; i < 100; i++)	/* so many have an index */
		buf_printf(&b, "%s\"call_%u\"", i ? ", " : "", i);
	buf_str(&b, "], \"deep\": {\"a\": [{\"b\": [[1, -2.5e3], true, null, {}]}]},"
		" \"esc\\u0061ped\": \"\\\"\\ud83d\\ude00\\n\", \"last\": {\"x\": []}}");
	assert_false(b.oom);
	return buf_steal(&b);
}

/* with - @text with @object for each "@" in it. */
static struct buf with(const char *text, const char *object)
{
	struct buf b = { 0 };

	for (; *text; text++) {
		if (*text == '@')
			buf_str(&b, object);
		else
			buf_char(&b, *text);
	}
	assert_false(b.oom);
	return b;
}

/* learn - of @object, which stands third from the top, as often as said. */
static void learn(struct json_shared *shared, const char *object, unsigned times)
{
	_cleanup_buf_ struct buf text = with("{\"other\": [1, @]}", object);

	while (times-- > 0) {
		_cleanup_json_ struct json_doc *doc = NULL;
		struct error err;

		assert_int_equal(json_parse_shared("first", &text, shared, &doc, &err), 0);
	}
}

static struct json_shared *share(const char *object)
{
	struct json_shared *shared = json_shared_new();

	assert_non_null(shared);
	learn(shared, object, 2);
	return shared;
}

static const struct json *next_of(const struct json *node)
{
	if (node->first)
		return node->first;
	while (node && !node->next)
		node = node->parent;
	return node ? node->next : NULL;
}

/* shares - whether strings of @doc stand in no text of its own. */
static bool shares(const struct json_doc *doc)
{
	for (const struct json *node = doc->root; node; node = next_of(node)) {
		if (node->str && (node->str < doc->decoded || node->str > doc->decoded + doc->len))
			return true;
	}
	return false;
}

/* assert_alike - @text, read with @shared, gives what it gives by itself; returns whether it does
 * share anything. */
static bool assert_alike(const char *text, size_t len, struct json_shared *shared)
{
	_cleanup_buf_ struct buf own = { 0 };
	_cleanup_json_ struct json_doc *alone = NULL, *doc = NULL;
	struct error want, err;
	const struct json *m, *n;
	const char *what;
	int r = json_parse("t", text, len, 0, &alone, &want);

	buf_add(&own, text, len);
	assert_int_equal(json_parse_shared("t", &own, shared, &doc, &err), r);
	if (r < 0) {
		assert_string_equal(err.text, want.text);
		return false;
	}
	what = same_doc(alone, doc);
	if (what)
		fail_msg("differs in %s: %.80s", what, text);
	for (m = alone->root, n = doc->root; m; m = next_of(m), n = next_of(n)) {
		if (m->start != n->start || m->end != n->end || m->key_start != n->key_start)
			fail_msg("stands elsewhere: %.80s", text + m->start);
	}
	return shares(doc);
}

static const struct place {
	const char *text;
	bool shared;
} places[] = {
	{ "@", true }, { " @\n", true }, { "[@]", true }, { "[@, @]", true },
	{ "{\"a\": @}", true }, { "{\"a\": {\"b\": [1, @, 2]}, \"c\": @, \"d\": \"x\"}", true },
	{ "{\"linux\": {\"seccomp\": @, \"seccomp\": @}}", true },
	{ "{\"esc\\u0061pe\": \"\\n\", \"a\": @}", true },
	{ "[{}, {\"default\": {}}, @]", true },
	/* where no value can stand, and after it */
	{ "@@", false }, { "@ 1", false }, { "[@ @]", false }, { "[@", false }, { "{@: 1}", false },
	{ "{\"a\" @}", false }, { "{\"a\": @ \"b\": 1}", false }, { "{\"a\": @,}", false },
	{ "[1 @]", false }, { "1 @", false }, { "[@}", false }, { "{\"a\": 1, @}", false },
	{ "]@", false }, { "[@,, 1]", false }, { "[@, tru]", false }, { "[@, \"\t\"]", false },
	/* inside a string it is none */
	{ "\"@\"", false }, { "[\"{\", @]", true }, { "/* */ @", false },
};

/* Third from the top, if in so many lists as it takes. */
static void test_places(void **state)
{
	_cleanup_free_ char *object = profile(1);
	_cleanup_(json_shared_free) struct json_shared *shared = share(object);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_buf_ struct buf text = with(places[i].text, object);
		bool any = false;

		for (unsigned n = 0; n < 6; n++) {	/* its tokens are known the second time */
			_cleanup_buf_ struct buf in = { 0 };

			buf_add(&in, "[[", n / 2);
			buf_add(&in, text.data, text.len);
			buf_add(&in, "]]", n / 2);
			assert_false(in.oom);
			any |= assert_alike(in.data, in.len, shared);
		}
		if (any != places[i].shared)
			fail_msg("%s: shared or not", places[i].text);
	}
}

static void test_one_byte_off(void **state)
{
	_cleanup_free_ char *object = profile(1);
	_cleanup_(json_shared_free) struct json_shared *shared = share(object);
	_cleanup_buf_ struct buf text = with("{\"a\": [@], \"b\": {\"c\": @}}", object);
	_cleanup_free_ char *copy = malloc(text.len);
	static const char bytes[] = "{}[],:\"\\1n ";

	(void)state;
	assert_non_null(copy);
	for (size_t at = 0; at < text.len; at++) {
		memcpy(copy, text.data, text.len);
		copy[at] = bytes[at % (sizeof(bytes) - 1)];
		(void)assert_alike(copy, text.len, shared);
		memcpy(copy + at, text.data + at + 1, text.len - at - 1);
		(void)assert_alike(copy, text.len - 1, shared);
		(void)assert_alike(text.data, at, shared);	/* cut there */
	}
}

/* met - whether it is shared where it stands again. */
static bool met(struct json_shared *shared, const char *object)
{
	_cleanup_buf_ struct buf text = with("[[@]]", object);

	return assert_alike(text.data, text.len, shared);
}

/* As deep as may be, or deeper: alike. */
static void test_depth(void **state)
{
	_cleanup_(json_shared_free) struct json_shared *shared = json_shared_new();

	(void)state;
	assert_non_null(shared);
	for (unsigned n = JSON_DEPTH_MAX - 4; n <= JSON_DEPTH_MAX + 1; n++) {
		_cleanup_buf_ struct buf text = { 0 };

		for (unsigned i = 0; i < n; i++)
			buf_char(&text, '[');
		buf_str(&text, "\"x\"");
		for (unsigned i = 0; i < n; i++)
			buf_char(&text, ']');
		for (unsigned i = 0; i < 3; i++) {
			if (assert_alike(text.data, text.len, shared) != (n <= JSON_DEPTH_MAX && i == 2))
				fail_msg("of %u lists, time %u: shared or not", n, i + 1);
		}
	}
}

/* filled - an object or array with a string of @n bytes. */
static char *filled(const char *open, const char *close, size_t n)
{
	struct buf b = { 0 };

	buf_str(&b, open);
	for (size_t i = 0; i < n; i++)
		buf_char(&b, 'x');
	buf_str(&b, close);
	assert_false(b.oom);
	return buf_steal(&b);
}

/* What is met twice is remembered, unless it is short or very long. */
static void test_limits(void **state)
{
	static const struct {
		const char *open, *close;
		size_t n;
		unsigned times;
		bool shared;
	} forms[] = {
		{ "[\"", "\"]", 60, 2, true }, { "[\"", "\"]", 61, 1, false },
		{ "[\"", "\"]", 59, 2, false }, { "{\"a\": \"", "\"}", 100, 3, true },
		{ "{\"a\": \"", "\"}", 65536 - 9, 2, true },
		{ "{\"a\": \"", "\"}", 65536 - 8, 2, false }, { "\"", "\"", 100, 2, false },
		{ "{\"a\": [], \"a\": \"", "\"}", 100, 2, false },
		{ "{\"b\": [], \"a\": \"", "\"}", 100, 2, true },
	};
	_cleanup_(json_shared_free) struct json_shared *shared = json_shared_new();

	(void)state;
	assert_non_null(shared);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		_cleanup_free_ char *text = filled(forms[i].open, forms[i].close, forms[i].n);

		learn(shared, text, forms[i].times);
		if (met(shared, text) != forms[i].shared)
			fail_msg("%.20s, %zu: shared or not", text, forms[i].n);
	}
}

/* Of those that start alike, eight are remembered, whichever come first. */
static void test_same_head(void **state)
{
	_cleanup_(json_shared_free) struct json_shared *shared = json_shared_new();

	(void)state;
	assert_non_null(shared);
	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < 10; i++) {
			_cleanup_free_ char *text = filled("{\"a\": \"", "\"}", 100 + i);

			learn(shared, text, 2);
			if (met(shared, text) != (i < 8))
				fail_msg("%zu of a head, round %u: shared or not", i + 1, round);
		}
	}
}

/* All together take half a mebibyte: the ninth that is as long as may be has no room. */
static void test_room(void **state)
{
	_cleanup_(json_shared_free) struct json_shared *shared = json_shared_new();

	(void)state;
	assert_non_null(shared);
	for (unsigned i = 0; i < 10; i++) {
		char open[] = "{\"0\": \"";
		_cleanup_free_ char *text = NULL;

		open[2] = (char)('0' + i);
		text = filled(open, "\"}", 65536 - 9);
		learn(shared, text, 2);
		if (met(shared, text) != (i < 8))
			fail_msg("%u of 64 KiB: shared or not", i + 1);
	}
}

/* More kinds of tokens than are remembered, among them some that no grammar takes. */
static void test_tokens(void **state)
{
	static const char *const ends[] = { "]", "", "}", ",", "]]", "] 1", ", tru]" };
	_cleanup_(json_shared_free) struct json_shared *shared = json_shared_new();

	(void)state;
	assert_non_null(shared);
	for (unsigned round = 0; round < 2; round++) {
		for (size_t n = 0; n < 100; n++) {
			for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
				_cleanup_buf_ struct buf text = { 0 };

				buf_char(&text, '[');
				for (size_t k = 0; k < n; k++)
					buf_str(&text, k % 2 ? "{}, " : "[1, \"a\"], ");
				buf_printf(&text, "%u%s", round, ends[i]);
				assert_false(text.oom);
				(void)assert_alike(text.data, text.len, shared);
				(void)assert_alike(text.data, text.len, shared);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_one_byte_off),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_same_head),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_tokens),
	};

	return cmocka_run_group_tests_name("shared", tests, NULL, NULL);
}
