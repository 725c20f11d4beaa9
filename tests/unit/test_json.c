/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include <yajl/yajl_parse.h>

#include <cofferdam/json.h>

#include "unit.h"
#include "json-gen.h"

static struct json_doc *parse_flags(const char *text, unsigned flags)
{
	struct error err = { 0 };
	struct json_doc *doc = NULL;

	if (json_parse("t", text, strlen(text), flags, &doc, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return doc;
}

static struct json_doc *parse(const char *text)
{
	return parse_flags(text, 0);
}

static void assert_refused(const char *text, size_t len, unsigned flags, const char *want)
{
	struct json_doc *doc = NULL, *untouched = doc;
	struct error err = { 0 };

	if (json_parse("t", text, len, flags, &doc, &err) != -EINVAL)
		fail_msg("accepted: %s", text);
	assert_ptr_equal(doc, untouched);
	if (strcmp(err.text, want) != 0)
		fail_msg("%s\n  gave: %s\n  want: %s", text, err.text, want);
}

static const struct bad {
	const char *text;
	const char *want;
} bad[] = {
	{ "", "t:1:1: there is no value" },
	{ " \n\t ", "t:2:3: there is no value" },
	{ "\xef\xbb\xbf{}", "t:1:1: the text starts with a byte order mark" },
	{ "{} {}", "t:1:4: something follows the value" },
	{ "1 2", "t:1:3: something follows the value" },
	{ "{}\n x", "t:2:2: something follows the value" },
	{ "{} \"abc", "t:1:4: a string is not closed" },
	{ "1]", "t:1:2: something follows the value" },
	{ "[1,]", "t:1:4: a value was expected here; take away the comma before it" },
	{ "[1,,2]", "t:1:4: a value was expected here" },
	{ "[,1]", "t:1:2: a value was expected here" },
	{ "[1 2]", "t:1:4: \",\" or \"]\" was expected here" },
	{ "[- 1]", "t:1:2: a value was expected here" },
	{ "[1\n e5]", "t:2:2: \",\" or \"]\" was expected here" },
	{ "[1 .5]", "t:1:4: \",\" or \"]\" was expected here" },
	{ "[tr ue]", "t:1:2: a value was expected here" },
	{ "[1\"a\"]", "t:1:3: \",\" or \"]\" was expected here" },
	{ "[\"a\"\"b\"]", "t:1:5: \",\" or \"]\" was expected here" },
	{ "[\"a\",\"b\",]", "t:1:10: a value was expected here; take away the comma before it" },
	{ "[\"a\",\"b\",,\"c\"]", "t:1:10: a value was expected here" },
	{ "[\"a\",\"b\",\"c\"\"d\"]", "t:1:13: \",\" or \"]\" was expected here" },
	{ "[\"a\",\"b\":\"c\",\"d\"]", "t:1:9: \",\" or \"]\" was expected here" },
	{ "[\"a\",\"b\"", "t:1:9: the text ends too early" },
	{ "[\"a\",\"b\",\"c", "t:1:10: a string is not closed" },
	{ "[\"a\",\"b\"/\"c\"]", "t:1:9: \"/\" stands outside a string" },
	{ "[\"a\",\"b\",\"\\x\"]", "t:1:11: a backslash stands before a character it cannot escape" },
	{ "[\"a\",\"b\",\"c\x01\"]", "t:1:12: a control character stands inside a string" },
	{ "\"a\",\"b\"", "t:1:4: something follows the value" },
	{ "{\"a\":\"b\",\"c\":\"d\",}", "t:1:18: a name in double quotes was expected here; take away the comma before it" },
	{ "{\"a\":\"b\",\"c\":\"d\",\"e\"}", "t:1:21: \":\" was expected here" },
	{ "{\"a\":\"b\",\"c\":\"d\" \"e\":\"f\"}", "t:1:18: \",\" or \"}\" was expected here" },
	{ "{\"a\":\"b\",\"c\":\"d\":\"e\"}", "t:1:17: \",\" or \"}\" was expected here" },
	{ "{\"a\":\"b\",\"c\":\"d\"]", "t:1:17: \",\" or \"}\" was expected here" },
	{ "[1}", "t:1:3: \",\" or \"]\" was expected here" },
	{ "[01]", "t:1:2: a value was expected here" },
	{ "[+1]", "t:1:2: a value was expected here" },
	{ "[1.]", "t:1:2: a value was expected here" },
	{ "[-]", "t:1:2: a value was expected here" },
	{ "[1e]", "t:1:2: a value was expected here" },
	{ "[.5]", "t:1:2: a value was expected here" },
	{ "[NaN]", "t:1:2: a value was expected here" },
	{ "[tru]", "t:1:2: a value was expected here" },
	{ "[True]", "t:1:2: a value was expected here" },
	{ "['a']", "t:1:2: a value was expected here" },
	{ "[\xc3\xa9]", "t:1:2: a value was expected here" },
	{ "[", "t:1:2: the text ends too early" },
	{ "{\"a\": [1, {\"b\"", "t:1:15: the text ends too early" },
	{ "{\"a\":1", "t:1:7: the text ends too early" },
	{ "tru", "t:1:1: a value was expected here" },
	{ "-", "t:1:1: a value was expected here" },
	{ "{\"a\" 1}", "t:1:6: \":\" was expected here" },
	{ "{\"a\":}", "t:1:6: a value was expected here" },
	{ "{\"a\"::1}", "t:1:6: a value was expected here" },
	{ "{\"a\":1,}", "t:1:8: a name in double quotes was expected here; take away the comma before it" },
	{ "{\"a\":1 \"b\":2}", "t:1:8: \",\" or \"}\" was expected here" },
	{ "{\"a\":1]", "t:1:7: \",\" or \"}\" was expected here" },
	{ "{1:2}", "t:1:2: a name in double quotes or \"}\" was expected here" },
	{ "{]", "t:1:2: a name in double quotes or \"}\" was expected here" },
	{ "[1,\n \"a\nb\"]", "t:2:4: a control character stands inside a string" },
	{ "\"a\tb\"", "t:1:3: a control character stands inside a string" },
	{ "[\v1]", "t:1:2: a control character stands outside a string" },
	{ "[\f1]", "t:1:2: a control character stands outside a string" },
	{ "[1]\x1b", "t:1:4: a control character stands outside a string" },
	{ "\"\\x41\"", "t:1:2: a backslash stands before a character it cannot escape" },
	{ "\"\\", "t:1:2: a backslash stands before a character it cannot escape" },
	{ "\"\\\"", "t:1:1: a string is not closed" },
	{ "\"\\u12g4\"", "t:1:2: an escape needs four hexadecimal digits after its \"u\"" },
	{ "\"\\u12", "t:1:2: an escape needs four hexadecimal digits after its \"u\"" },
	{ "\"a\\u0000b\"", "t:1:3: an escaped NUL is not allowed: readers cut the string there" },
	{ "{\"\\u0000\":1}", "t:1:3: an escaped NUL is not allowed: readers cut the string there" },
	{ "\"\\ud800\"", "t:1:2: half of a surrogate pair stands alone" },
	{ "\"\\udc00\"", "t:1:2: half of a surrogate pair stands alone" },
	{ "\"\\ud800\\ud800\"", "t:1:2: half of a surrogate pair stands alone" },
	{ "\"\\ud800x\"", "t:1:2: half of a surrogate pair stands alone" },
	{ "\"\\ud800\\u\"", "t:1:2: half of a surrogate pair stands alone" },
	{ "\"\xc0\xaf\"", "t:1:2: a byte is not UTF-8" },
	{ "\"\xed\xa0\x80\"", "t:1:2: a byte is not UTF-8" },
	{ "\"abcdefghijklm\xff\"", "t:1:15: a byte is not UTF-8" },
	{ "\"\xf4\x90\x80\x80\"", "t:1:2: a byte is not UTF-8" },
	{ "\"\xe2\x82", "t:1:2: a byte is not UTF-8" },
	{ "[1, // no\n2]", "t:1:5: comments are not allowed" },
	{ "/* no */ 1", "t:1:1: comments are not allowed" },
	{ "[1/2]", "t:1:3: \"/\" stands outside a string" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_refused(bad[i].text, strlen(bad[i].text), 0, bad[i].want);
	assert_refused("[1\0]", 4, 0, "t:1:3: a NUL byte is not allowed");
	assert_refused("\"a\0\"", 4, 0, "t:1:3: a NUL byte is not allowed");
	assert_refused("1\0", 2, 0, "t:1:2: a NUL byte is not allowed");
	assert_refused("{} /* x", 7, JSON_COMMENTS, "t:1:4: a comment is not closed");
	assert_refused("{} /*/", 6, JSON_COMMENTS, "t:1:4: a comment is not closed");
	assert_refused("{} / ", 5, JSON_COMMENTS, "t:1:4: \"/\" stands outside a string");
	assert_refused("// only", 7, JSON_COMMENTS, "t:1:8: there is no value");
	assert_refused("[1 /*,*/ 2]", 11, JSON_COMMENTS,
		       "t:1:10: \",\" or \"]\" was expected here");
	assert_refused("[1/**/2]", 8, JSON_COMMENTS, "t:1:7: \",\" or \"]\" was expected here");
	assert_refused("[nu/**/ll]", 10, JSON_COMMENTS, "t:1:2: a value was expected here");
	assert_refused("{\"a\" /*:*/ : //\n}", 17, JSON_COMMENTS,
		       "t:2:1: a value was expected here");
}

/* Every text of up to @left more tokens is refused or not as yajl alone would have it. */
static void as_yajl(struct buf *text, unsigned left)
{
	static const char *const tokens[] = { "{", "}", "[", "]", ",", ":", "\"a\"", "1" };
	yajl_handle yajl = yajl_alloc(NULL, NULL, NULL);
	_cleanup_json_ struct json_doc *doc = NULL;
	const size_t len = text->len;
	struct error err = { 0 };
	const bool good = yajl_parse(yajl, (const unsigned char *)buf_cstr(text), len) == yajl_status_ok &&
			  yajl_complete_parse(yajl) == yajl_status_ok;

	yajl_free(yajl);
	if ((json_parse("t", buf_cstr(text), len, 0, &doc, &err) == 0) != good)
		fail_msg("%s: %s", good ? "refused" : "accepted", buf_cstr(text));
	for (size_t i = 0; left > 0 && i < ARRAY_SIZE(tokens); i++) {
		buf_str(text, tokens[i]);
		as_yajl(text, left - 1);
		text->len = len;
		text->data[len] = '\0';
	}
}

static void test_grammar(void **state)
{
	static const char *const starts[] = {
		"", "[[1],[1]", "[1,1", "{\"a\":[],\"b\":[]", "[{\"a\":\"b\"},{\"c\":\"d\"}",
		"{\"a\":\"b\",\"c\":\"d\"", "{\"a\":1,\"b\":1", "[[1,1],[1,1]", "[[[]],[[]]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		_cleanup_buf_ struct buf text = { 0 };

		buf_str(&text, starts[i]);
		as_yajl(&text, i == 0 ? 5 : 4);
	}
}

/* No prefix of a text that ends in a bracket is a text. */
static void test_cut_anywhere(void **state)
{
	static const char text[] =
		"{\"a\\u00e9\\\"\": [1, -2.5e+3, true, null,"
		" \"\\ud83d\\ude00 \xc3\xa9\"], \"b\":{}}";
	struct json_doc *doc;

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		struct error err = { 0 };

		doc = NULL;
		assert_int_equal(json_parse("t", text, n, 0, &doc, &err), -EINVAL);
		assert_null(doc);
	}
	doc = parse(text);
	json_free(&doc);
	assert_null(doc);
}

static void test_values(void **state)
{
	_cleanup_json_ struct json_doc *doc = parse(
		" {\"s\":\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00z\","
		" \"n\" : -0.50E+2 ,"
		"\"t\":true,\"f\":false,\"z\":null,\"a\":[1,22,333],\"o\":{},\"\":\"\","
		"\"k\\u0041\\n\":1}\n");
	const struct json *o = doc->root, *m;

	(void)state;
	assert_int_equal(o->type, JSON_OBJECT);
	assert_int_equal(o->count, 9);
	m = json_get(o, "s");
	assert_string_equal(m->str, "a\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");
	assert_int_equal(m->len, strlen(m->str));
	assert_string_equal(json_get(o, "n")->str, "-0.50E+2");
	assert_int_equal(json_get(o, "n")->len, 8);
	assert_true(json_get(o, "t")->boolean);
	assert_int_equal(json_get(o, "f")->type, JSON_BOOL);
	assert_false(json_get(o, "f")->boolean);
	assert_int_equal(json_get(o, "z")->type, JSON_NULL);
	m = json_get(o, "a")->first;
	assert_string_equal(m->str, "1");
	assert_string_equal(m->next->str, "22");
	assert_string_equal(m->next->next->str, "333");
	assert_int_equal(m->next->next->index, 2);
	assert_null(m->next->next->next);
	assert_string_equal(json_get(o, "")->str, "");
	assert_int_equal(json_get(o, "")->key_len, 0);
	assert_non_null(json_get(o, "kA\n"));
	assert_null(json_get(o, "k"));
	assert_null(json_get(m, "a"));
	assert_null(json_get(NULL, "a"));
	assert_int_equal(doc->repeated, 0);
}

static void test_strings_in_a_row(void **state)
{
	static const char *const want[] = { "a", "", "b\n", "c", "1", "d", "e", "f" };
	static const char text[] = "[\"a\", \"\" ,\"b\\n\",\"c\",1,\"d\",/* */\"e\",\n \"f\"]";
	_cleanup_json_ struct json_doc *doc = parse_flags(text, JSON_COMMENTS);
	const struct json *n = doc->root->first;

	(void)state;
	assert_int_equal(doc->root->count, ARRAY_SIZE(want));
	for (uint32_t i = 0; i < ARRAY_SIZE(want); i++, n = n->next) {
		assert_int_equal(n->type, i == 4 ? JSON_NUMBER : JSON_STRING);
		assert_string_equal(n->str, want[i]);
		assert_int_equal(n->len, strlen(want[i]));
		assert_int_equal(n->index, i);
		assert_ptr_equal(n->parent, doc->root);
		assert_null(n->key);
		assert_int_equal(text[n->end - 1], i == 4 ? '1' : '"');
	}
	assert_null(n);
}

static void test_number_alone(void **state)
{
	_cleanup_json_ struct json_doc *doc = parse("12"), *spaced = parse("\n-1e5 \n");

	(void)state;
	assert_string_equal(doc->root->str, "12");
	assert_int_equal(doc->root->start, 0);
	assert_int_equal(doc->root->end, 2);
	assert_string_equal(spaced->root->str, "-1e5");
	assert_int_equal(spaced->root->start, 1);
	assert_int_equal(spaced->root->end, 5);
}

static void test_places(void **state)
{
	static struct gen g;

	(void)state;
	for (uint32_t seed = 0; seed < 3000; seed++) {
		_cleanup_json_ struct json_doc *doc = NULL;
		const struct json *n;
		size_t i = 0;

		gen_document(&g, seed);
		doc = parse_flags(buf_cstr(&g.text), g.comments ? JSON_COMMENTS : 0);
		for (n = doc->root; n; i++) {
			assert_true(i < g.n);
			assert_int_equal(n->type, g.want[i].type);
			assert_int_equal(n->key_start, g.want[i].key_start);
			assert_int_equal(n->start, g.want[i].start);
			assert_int_equal(n->end, g.want[i].end);
			if (n->first) {
				n = n->first;
				continue;
			}
			while (n && !n->next)
				n = n->parent;
			n = n ? n->next : NULL;
		}
		assert_int_equal(i, g.n);
	}
	buf_free(&g.text);
}

static void test_depth(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;

	(void)state;
	for (size_t i = 0; i < JSON_DEPTH_MAX; i++)
		buf_char(&b, '[');
	for (size_t i = 0; i < JSON_DEPTH_MAX; i++)
		buf_char(&b, ']');
	doc = parse(b.data);
	buf_reset(&b);
	for (size_t i = 0; i <= JSON_DEPTH_MAX; i++)
		buf_str(&b, i ? "[" : "\n[");
	assert_refused(b.data, b.len, 0, "t:2:129: values are nested too deeply");
	buf_reset(&b);
	for (size_t i = 0; i < 100000; i++)
		buf_str(&b, "{\"a\":");
	assert_refused(b.data, b.len, 0, "t:1:641: values are nested too deeply");
}

/* Of this program's own: a busy machine is not what is measured. */
static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void test_repeated(void **state)
{
	_cleanup_json_ struct json_doc *doc = parse(
		"{\"a\":1,\"b\":{\"a\":2,\"\\u0061\":3,\"a\":[4]},\"A\":5,\"a\":6}");
	_cleanup_json_ struct json_doc *large = NULL;
	_cleanup_buf_ struct buf b = { 0 };
	const struct json *m;
	double start = seconds();

	(void)state;
	assert_int_equal(doc->repeated, 3);
	assert_string_equal(json_get(doc->root, "a")->str, "1");
	assert_false(doc->root->first->repeated);
	m = json_get(doc->root, "b");
	assert_false(m->repeated);
	assert_false(m->first->repeated);
	assert_true(m->first->next->repeated);
	assert_true(m->first->next->next->repeated);
	assert_false(json_get(doc->root, "A")->repeated);
	buf_char(&b, '{');
	for (int i = 0; i < 100000; i++)
		buf_printf(&b, "%s\"k%d\":%d", i ? "," : "", i % 99999, i);
	buf_char(&b, '}');
	large = parse(b.data);
	assert_int_equal(large->repeated, 1);
	assert_string_equal(json_get(large->root, "k0")->str, "0");
	for (m = large->root->first; m->next; m = m->next)
		assert_false(m->repeated);
	assert_true(m->repeated);
	assert_true(seconds() - start < 5);
}

static void test_pointers(void **state)
{
	_cleanup_json_ struct json_doc *doc = parse(
		"{\"foo\":[\"bar\",{\"x\":1}],\"\":0,\"a/b\":1,\"m~n\":8,\"~1\":9,\"0\":3}");
	static const char *const there[] = {
		"", "/foo", "/foo/0", "/foo/1/x", "/", "/a~1b", "/m~0n", "/~01", "/0",
	};
	static const char *const missing[] = {
		"foo", "/fo", "/foo/2", "/foo/01", "/foo/-", "/foo/+1", "/foo/", "/foo/0/x",
		"/a/b", "/m~n", "/m~2n", "/m~", "//", "/foo/99999999999999999999",
	};

	static const char *const nearest[][2] = {
		{ "/foo/1/x/y/z", "/foo/1/x" }, { "/foo/2", "/foo" }, { "/foo/", "/foo" },
		{ "/a/b", "" }, { "/m~", "" }, { "/~01/-", "/~01" }, { "/fo", "" }, { "foo", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nearest); i++) {
		if (json_nearest(doc, nearest[i][0]) != json_at(doc, nearest[i][1]))
			fail_msg("%s", nearest[i][0]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(there); i++) {
		_cleanup_buf_ struct buf b = { 0 };
		const struct json *n = json_at(doc, there[i]);

		if (!n || json_nearest(doc, there[i]) != n)
			fail_msg("%s", there[i]);
		json_pointer(&b, n);
		assert_string_equal(buf_cstr(&b), there[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
		if (json_at(doc, missing[i]))
			fail_msg("%s", missing[i]);
	}
}

static void test_same(void **state)
{
	static const char *const different[] = {
		"null", "true", "false", "0", "1", "1.0", "\"\"", "\"1\"", "\"a\"", "\"a\\u0062\"", "[]", "[[]]", "[1]",
		"[1,2]", "[2,1]", "{}", "{\"a\":1}", "{\"a\":2}", "{\"b\":1}", "{\"a\":1,\"b\":1}",
		"{\"b\":1,\"a\":1}", "{\"a\":[{\"b\":[]}]}", "{\"a\":[{\"b\":{}}]}",
	};
	_cleanup_json_ struct json_doc *a = parse("{\"a\": [1, \"\\u0062\"] }"), *b = parse("{\"a\":[1,\"b\"]}");

	(void)state;
	assert_true(json_same(a->root, b->root));
	for (size_t i = 0; i < ARRAY_SIZE(different); i++) {
		_cleanup_json_ struct json_doc *x = parse(different[i]);

		for (size_t k = 0; k < ARRAY_SIZE(different); k++) {
			_cleanup_json_ struct json_doc *y = parse(different[k]);

			if (json_same(x->root, y->root) != (i == k))
				fail_msg("%s and %s", different[i], different[k]);
		}
	}
}

static void test_quote(void **state)
{
	static const char raw[] = "a\"\\\n\t\r\x01\x7f\xc3\xa9 \xff\xc3 \xed\xa0\x80/";
	_cleanup_buf_ struct buf b = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;

	(void)state;
	json_quote(&b, raw, strlen(raw));
	assert_string_equal(b.data, "\"a\\\"\\\\\\n\\t\\r\\u0001\\u007f\xc3\xa9 \xef\xbf\xbd"
			    "\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd/\"");
	doc = parse(b.data);
	assert_int_equal(doc->root->type, JSON_STRING);
	buf_reset(&b);
	json_member(&b, "a", "b\"c");
	json_member(&b, "d", NULL);
	assert_string_equal(b.data, ",\"a\":\"b\\\"c\",\"d\":null");
}

static void test_owns_its_text(void **state)
{
	char text[] = "{\"a\":\"b\"}";
	_cleanup_json_ struct json_doc *doc = parse(text);
	unsigned line, column;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	assert_string_equal(json_get(doc->root, "a")->str, "b");
	assert_string_equal(doc->text, "{\"a\":\"b\"}");
	json_where(doc, 1000, &line, &column);
	assert_int_equal(line, 1);
	assert_int_equal(column, 10);
}

/* Offsets have 32 bits: what could outgrow them is not even looked at. */
static void test_too_large(void **state)
{
	struct json_doc *doc = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(json_parse("t", "", JSON_TEXT_MAX + 1, 0, &doc, &err), -EFBIG);
	assert_null(doc);
	assert_non_null(strstr(err.text, "t: larger than"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_strings_in_a_row),
		cmocka_unit_test(test_number_alone),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_owns_its_text),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
