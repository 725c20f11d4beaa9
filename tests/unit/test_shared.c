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
		" \"esc\\u0061ped\": \"\\\"\\ud83d\\ude00\\n\", \"twice\": 1, \"twice\": {\"x\": []}}");
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

static struct json_shared *share(const char *object)
{
	struct json_shared *shared = json_shared_new();
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf text = with("{\"other\": @}", object);
	struct error err;

	assert_non_null(shared);
	assert_int_equal(json_parse("first", text.data, text.len, 0, &doc, &err), 0);
	json_shared_add(shared, doc, doc->root->first);
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
static bool assert_alike(const char *text, size_t len, const struct json_shared *shared)
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
	{ "[[[[[[@]]]]]]", true }, { "[{}, {\"default\": {}}, @]", true },
	/* where no value can stand, and after it */
	{ "@@", false }, { "@ 1", false }, { "[@ @]", false }, { "[@", false }, { "{@: 1}", false },
	{ "{\"a\" @}", false }, { "{\"a\": @ \"b\": 1}", false }, { "{\"a\": @,}", false },
	{ "[1 @]", false }, { "1 @", false }, { "[@}", false }, { "{\"a\": 1, @}", false },
	{ "]@", false }, { "[@,, 1]", false }, { "[@, tru]", false }, { "[@, \"\t\"]", false },
	/* inside a string it is none */
	{ "\"@\"", false }, { "[\"{\", @]", true }, { "/* */ @", false },
};

static void test_places(void **state)
{
	_cleanup_free_ char *object = profile(1);
	_cleanup_(json_shared_free) struct json_shared *shared = share(object);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_buf_ struct buf text = with(places[i].text, object);

		if (assert_alike(text.data, text.len, shared) != places[i].shared)
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

static void test_depth(void **state)
{
	_cleanup_free_ char *object = profile(1);	/* of six containers in each other */
	_cleanup_(json_shared_free) struct json_shared *shared = share(object);

	(void)state;
	for (unsigned n = JSON_DEPTH_MAX - 8; n <= JSON_DEPTH_MAX + 1; n++) {
		_cleanup_buf_ struct buf text = { 0 };
		_cleanup_json_ struct json_doc *doc = NULL;
		struct error err;

		for (unsigned i = 0; i < n; i++)
			buf_char(&text, '[');
		buf_str(&text, object);
		for (unsigned i = 0; i < n; i++)
			buf_char(&text, ']');
		if (assert_alike(text.data, text.len, shared) != (n + 6 <= JSON_DEPTH_MAX))
			fail_msg("in %u lists: shared or not", n);
		assert_int_equal(json_parse("t", text.data, text.len, 0, &doc, &err),
				 n + 6 <= JSON_DEPTH_MAX ? 0 : -EINVAL);
	}
}

static void add(struct json_shared *shared, const char *object)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	struct error err;

	assert_int_equal(json_parse("t", object, strlen(object), 0, &doc, &err), 0);
	json_shared_add(shared, doc, doc->root);
}

/* Eight are remembered, whichever come first; none that is short or very long, and no list. */
static void test_limits(void **state)
{
	_cleanup_(json_shared_free) struct json_shared *shared = json_shared_new();
	_cleanup_buf_ struct buf room = { 0 };

	static const struct {
		const char *open, *close;
		size_t n;
		bool shared;
	} forms[] = {
		{ "[\"", "\"]", 2000, false }, { "{\"a\": \"", "\"}", 900, false },
		{ "{\"a\": \"", "\"}", 70000, false }, { "{\"a\": \"", "\"}", 1100, true },
	};

	(void)state;
	assert_non_null(shared);
	for (size_t i = 0; i < 70000; i++)
		buf_char(&room, 'x');
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		_cleanup_buf_ struct buf text = { 0 };

		buf_str(&text, forms[i].open);
		buf_add(&text, room.data, forms[i].n);
		buf_str(&text, forms[i].close);
		add(shared, buf_cstr(&text));
		if (assert_alike(text.data, text.len, shared) != forms[i].shared)
			fail_msg("%.20s: shared or not", text.data);
	}
	for (unsigned i = 1; i < 10; i++) {
		_cleanup_free_ char *object = profile(i);

		add(shared, object);
		add(shared, object);	/* counts once */
		if (assert_alike(object, strlen(object), shared) != (i < 8))
			fail_msg("profile %u: shared or not", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_one_byte_off),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("shared", tests, NULL, NULL);
}
