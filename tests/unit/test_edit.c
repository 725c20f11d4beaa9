/* SPDX-License-Identifier: Apache-2.0 */
#include "edit-script.h"

#include <time.h>

static const struct vector {
	const char *text;
	const char *script;
	const char *want;
} vectors[] = {
	/* nothing is touched */
	{ " { \"a\" :1 }\n", "", " { \"a\" :1 }\n" },
	/* members */
	{ "{\"a\":1}", "add /b 2", "{\"a\":1,\"b\":2}" },
	{ "{ \"a\": 1 }", "add /b 2", "{ \"a\": 1, \"b\": 2 }" },
	{ "{\"a\":1}", "add /a [2]", "{\"a\":[2]}" },
	{ "{ \"\\u0061\"\t:\n1 , \"b\":2}", "add /a 3", "{ \"\\u0061\"\t:\n3 , \"b\":2}" },
	{ "{\"a\":1,\"b\":2}", "replace /b {\"c\": 3}", "{\"a\":1,\"b\":{\"c\": 3}}" },
	{ "{\"a\":1,\"b\":2,\"c\":3}", "remove /b", "{\"a\":1,\"c\":3}" },
	{ "{\"a\":1, \"b\":2, \"c\":3}", "remove /a", "{\"b\":2, \"c\":3}" },
	{ "{\"a\":1, \"b\":2, \"c\":3}", "remove /c", "{\"a\":1, \"b\":2}" },
	{ "{\"a/b\":1,\"m~n\":2}", "replace /a~1b 3\nreplace /m~0n 4",
	  "{\"a/b\":3,\"m~n\":4}" },
	{ "{}", "add /x~1\"\xc3\xa9 1", "{\"x/\\\"\xc3\xa9\": 1}" },
	{ "{\"a\":1}", "add / 2", "{\"a\":1,\"\":2}" },
	/* elements */
	{ "[1,2]", "add /- 3", "[1,2,3]" },
	{ "[1, 2]", "add /2 3", "[1, 2, 3]" },
	{ "[1, 2]", "add /1 3", "[1, 3, 2]" },
	{ "[1, 2]", "add /0 3", "[3, 1, 2]" },
	{ "[ 1 ]", "add /0 3\nadd /- 4", "[ 3, 1, 4 ]" },
	{ "[1, 2, 3]", "remove /0", "[2, 3]" },
	{ "[1, 2, 3]", "remove /2\nremove /1\nremove /0", "[]" },
	{ "[[1],[2]]", "replace /1/0 null\nadd /0/- true", "[[1,true],[null]]" },
	{ "{\"-\":1}", "add /- 2", "{\"-\":2}" },
	{ "{\"0\":1}", "remove /0", "{}" },
	/* the root; its surroundings stay */
	{ "\n{\"a\":1} \n", "replace  [1]", "\n[1] \n" },
	{ "1", "add  {}\nadd /a {}\nadd /a/b 2", "{\"a\": {\"b\": 2}}" },
	/* an edit sees what those before it did */
	{ "{\"a\":{}}", "add /a/b []\nadd /a/b/- 1\nadd /a/b/0 0\nremove /a/b/1\nadd /c 1\n"
	  "replace /c 2", "{\"a\":{\"b\":[0]},\"c\":2}" },
	{ "{\"a\":[1,2]}", "remove /a\nadd /a 3", "{\"a\":3}" },
	/* lines */
	{ "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": []\n  }\n}\n",
	  "add /d 2\nadd /b/e 3\nadd /b/c/- 4\nadd /b/c/- 5",
	  "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": [\n      4,\n      5\n    ],\n    \"e\": 3\n  "
	  "},\n  \"d\": 2\n}\n" },
	{ "{\n\t\"a\": {},\n\t\"b\": 1\n}", "add /a/x 1\nremove /b",
	  "{\n\t\"a\": {\n\t\t\"x\": 1\n\t}\n}" },
	{ "{\n  \"a\": [\n    1\n  ]\n}", "remove /a/0", "{\n  \"a\": []\n}" },
	{ "{\n  \"a\": [\n    1\n  ]\n}", "remove /a/0\nadd /a/0 2\nadd /a/0 1",
	  "{\n  \"a\": [\n    1,\n    2\n  ]\n}" },
	/* comments stay with what they stand at, and are not copied */
	{ "[1, // one\n 2 // two\n]", "add /- 3", "[1, // one\n 2 // two\n,\n 3\n]" },
	{ "[ /* first */ 1]", "add /0 0", "[ 0, /* first */ 1]" },
	{ "{\"a\" /*:*/ : 1}", "add /b 2", "{\"a\" /*:*/ : 1,\"b\": 2}" },
	{ "[/* none */]", "add /0 1", "[1/* none */]" },
};

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		_cleanup_edits_ struct json_edits edits = { 0 };
		_cleanup_buf_ struct buf out = { 0 };
		struct error err = { 0 };

		add_script(&edits, vectors[i].script);
		if (apply(vectors[i].text, &edits, &out, &err) < 0)
			fail_msg("%s: %s", vectors[i].script, err.text);
		if (strcmp(buf_cstr(&out), vectors[i].want) != 0)
			fail_msg("%s\n with %s\n gave %s\n want %s", vectors[i].text,
				 vectors[i].script, buf_cstr(&out), vectors[i].want);
	}
}

static const struct wrong {
	const char *script;
	int code;
	const char *want;
} wrong[] = {
	{ "add /x/y 1", -ENOENT, "cannot add /x/y: there is no such place in the document" },
	{ "add /a/y 1", -ENOENT, "cannot add /a/y: there is no such place in the document" },
	{ "replace /x 1", -ENOENT,
	  "cannot replace /x: there is no such place in the document" },
	{ "remove /l/2", -ENOENT,
	  "cannot remove /l/2: there is no such place in the document" },
	{ "remove /l/-", -ENOENT, NULL },
	{ "replace /l/- 1", -ENOENT, NULL },
	{ "add /l/3 1", -ENOENT, NULL },
	{ "add /l/01 1", -ENOENT, NULL },
	{ "add /l/-1 1", -ENOENT, NULL },
	{ "add /l/x 1", -ENOENT, NULL },
	{ "add /l/99999999999999999999 1", -ENOENT, NULL },
	{ "add l 1", -EINVAL, "cannot add l: not a JSON Pointer" },
	{ "add /a~2 1", -EINVAL, "cannot add /a~2: not a JSON Pointer" },
	{ "add /a~ 1", -EINVAL, "cannot add /a~: not a JSON Pointer" },
	{ "remove ", -EINVAL, "cannot remove : the whole document cannot be removed" },
	{ "replace /r 1", -EINVAL,
	  "cannot replace /r: a name on the way is repeated in its object" },
	{ "add /r 1", -EINVAL, NULL },
	{ "remove /r", -EINVAL, NULL },
	{ "add /r/x 1", -EINVAL, NULL },
	{ "add /b 1 2", -EINVAL, "cannot add /b: value:1:3: something follows the value" },
	{ "add /b {\"x\":", -EINVAL, "cannot add /b: value:1:6: the text ends too early" },
	{ "add /b /**/1", -EINVAL, "cannot add /b: value:1:1: comments are not allowed" },
	{ "add /b 1\nremove /b\nremove /b", -ENOENT, NULL },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_edits_ struct json_edits edits = { 0 };
		_cleanup_buf_ struct buf out = { 0 };
		struct error err = { 0 };
		int r;

		buf_str(&out, "kept");
		add_script(&edits, wrong[i].script);
		r = apply("{\"a\":1,\"l\":[1,2],\"r\":{},\"r\":{}}", &edits, &out, &err);
		if (r != wrong[i].code)
			fail_msg("%s: %d", wrong[i].script, r);
		if (wrong[i].want)
			assert_string_equal(err.text, wrong[i].want);
		assert_string_equal(out.data, "kept");
	}
}

/* The result must be a text that can be read again. */
static void test_depth(void **state)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	_cleanup_buf_ struct buf pointer = { 0 }, out = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	struct error err = { 0 };

	(void)state;
	for (int i = 0; i < JSON_DEPTH_MAX; i++) {
		assert_int_equal(json_edits_add(&edits, JSON_ADD, buf_cstr(&pointer), "[]", &err),
				 0);
		buf_str(&pointer, "/0");
	}
	assert_int_equal(apply("1", &edits, &out, &err), 0);
	assert_int_equal(json_parse("t", out.data, out.len, 0, &doc, &err), 0);
	assert_int_equal(json_edits_add(&edits, JSON_ADD, pointer.data, "1", &err), 0);
	assert_int_equal(apply("1", &edits, &out, &err), 0);
	assert_int_equal(json_edits_add(&edits, JSON_REPLACE, pointer.data, "[]", &err), 0);
	assert_int_equal(apply("1", &edits, &out, &err), -EINVAL);
	assert_non_null(strstr(err.text, "nested too deeply"));
}

static void test_lent(void **state)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	static const char value[] = "[1, 2]";
	struct error err = { 0 };

	(void)state;
	assert_int_equal(json_edits_lend(&edits, JSON_ADD, "/a", NULL, &err), -EINVAL);
	assert_int_equal(edits.n, 0);
	assert_int_equal(json_edits_lend(&edits, JSON_ADD, "/a", value, &err), 0);
	assert_int_equal(json_edits_add(&edits, JSON_ADD, "/b", value, &err), 0);
	assert_int_equal(json_edits_lend(&edits, JSON_REMOVE, "/c", value, &err), 0);
	assert_ptr_equal(edits.v[0].value, value);
	assert_ptr_not_equal(edits.v[1].value, value);
	assert_null(edits.v[2].value);
	assert_int_equal(json_parse("t", "{\"c\":0}", 7, 0, &doc, &err), 0);
	assert_int_equal(json_apply(doc, &edits, &out, &err), 0);
	assert_string_equal(buf_cstr(&out), "{\"a\":[1, 2],\"b\":[1, 2]}");
}

/* Values that are not read, unless a later edit is of something in them. */
static void test_known(void **state)
{
	static const char *const last[][2] = {
		{ "/a", "{\"b\":8,\"a\":[1, {\"x\":2}]}" },
		{ "/a/1/y", "{\"b\":8,\"a\":[1, {\"x\":2,\"y\":8}]}" },
		{ "/b", "{\"b\":8,\"a\":[1, {\"x\":2}]}" },
	};
	_cleanup_json_ struct json_doc *doc = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(json_parse("t", "{\"b\":8}", 7, 0, &doc, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(last); i++) {
		_cleanup_edits_ struct json_edits edits = { .known = true };
		_cleanup_buf_ struct buf out = { 0 };

		assert_int_equal(json_edits_add(&edits, JSON_ADD, "/a", " [1, {\"x\":2}] ", &err), 0);
		assert_int_equal(json_edits_add(&edits, JSON_ADD, last[i][0],
						i ? "8" : " [1, {\"x\":2}] ", &err), 0);
		assert_int_equal(json_apply(doc, &edits, &out, &err), 0);
		assert_string_equal(buf_cstr(&out), last[i][1]);
	}
}

/* It is for who made them himself: what is no JSON is found where it has to be read. */
static void test_known_wrong(void **state)
{
	_cleanup_edits_ struct json_edits edits = { .known = true };
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(json_parse("t", "{}", 2, 0, &doc, &err), 0);
	assert_int_equal(json_edits_add(&edits, JSON_ADD, "/a", "[1", &err), 0);
	assert_int_equal(json_apply(doc, &edits, &out, &err), 0);
	assert_string_equal(buf_cstr(&out), "{\"a\": [1}");
	buf_reset(&out);
	assert_int_equal(json_edits_add(&edits, JSON_ADD, "/a/-", "2", &err), 0);
	assert_int_equal(json_apply(doc, &edits, &out, &err), -EINVAL);
	assert_int_equal(out.len, 0);
	assert_non_null(strstr(err.text, "cannot add /a/-: "));
}

static void test_edits(void **state)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	_cleanup_buf_ struct buf out = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	struct error err = { 0 };

	(void)state;
	json_edits_print(&out, &edits);
	assert_string_equal(out.data, "[]\n");
	buf_reset(&out);
	assert_int_equal(json_edits_add(&edits, JSON_ADD, "/a", NULL, &err), -EINVAL);
	assert_int_equal(edits.n, 0);
	add_script(&edits, "add /a\"~1 {\"b\": 1}\nremove /c");
	assert_int_equal(json_edits_add(&edits, JSON_REPLACE, "/d",
					"{\n  \"x  y\": [\n    1\n  ]\n}", &err), 0);
	json_edits_print(&out, &edits);
	assert_string_equal(out.data,
			    "[\n  {\"op\": \"add\", \"path\": \"/a\\\"~1\", \"value\": {\"b\": 1}},"
			    "\n  {\"op\": \"remove\", \"path\": \"/c\"},\n"
			    "  {\"op\": \"replace\", \"path\": \"/d\", "
			    "\"value\": { \"x  y\": [ 1 ] }}\n]\n");
	assert_int_equal(json_parse("t", out.data, out.len, 0, &doc, &err), 0);
}

static void test_many(void **state)
{
	_cleanup_buf_ struct buf b = { 0 }, out = { 0 };
	_cleanup_edits_ struct json_edits edits = { 0 };
	struct error err = { 0 };
	clock_t start;

	(void)state;
	buf_str(&b, "{\"a\":[");
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "%s%d", i ? "," : "", i);
	buf_str(&b, "],\"o\":{");
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "%s\"k%05d\":%d", i ? "," : "", i, i);
	buf_str(&b, "}}");
	for (int i = 0; i < 10000; i++) {
		char p[32];

		snprintf(p, sizeof(p), "/a/%d", i);
		assert_int_equal(json_edits_add(&edits, i % 2 ? JSON_ADD : JSON_REPLACE, p, "1",
						&err), 0);
		snprintf(p, sizeof(p), "/o/k%05d", i);
		assert_int_equal(json_edits_add(&edits, JSON_REPLACE, p, "null", &err), 0);
	}
	start = clock();
	assert_int_equal(apply(b.data, &edits, &out, &err), 0);
	/* a quarter of a second; valgrind needs longer */
	assert_true((clock() - start) / CLOCKS_PER_SEC < 20);
	assert_non_null(strstr(out.data, "\"k09999\":null}}"));
}

static void test_large_layout(void **state)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	_cleanup_buf_ struct buf text = { 0 }, some = { 0 }, more = { 0 }, none = { 0 };
	struct error err = { 0 };
	char pointer[16];

	(void)state;
	for (int i = 0; i < 100; i++) {
		buf_printf(&text, "%c \"k%d\": %d", i ? ',' : '{', i, i);
		(void)snprintf(pointer, sizeof(pointer), "/k%d", (i * 37 + 1) % 100);
		if (strcmp(pointer, "/k50") != 0)
			assert_int_equal(json_edits_add(&edits, JSON_REMOVE, pointer, NULL, &err), 0);
	}
	buf_str(&text, " }");
	assert_int_equal(apply(text.data, &edits, &some, &err), 0);
	assert_string_equal(buf_cstr(&some), "{ \"k50\": 50 }");
	add_script(&edits, "add /new 1\nadd /k0 2");
	assert_int_equal(apply(text.data, &edits, &more, &err), 0);
	assert_string_equal(buf_cstr(&more), "{ \"k50\": 50, \"new\": 1, \"k0\": 2 }");
	add_script(&edits, "remove /k50\nremove /k0\nremove /new");
	assert_int_equal(apply(text.data, &edits, &none, &err), 0);
	assert_string_equal(buf_cstr(&none), "{}");
	add_script(&edits, "remove /k1");
	assert_int_equal(apply(text.data, &edits, &none, &err), -ENOENT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_lent),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_known_wrong),
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_large_layout),
	};

	return cmocka_run_group_tests_name("edit", tests, NULL, NULL);
}
