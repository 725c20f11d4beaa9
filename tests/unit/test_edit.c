/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <cofferdam/json.h>

#include "json-gen.h"
#include "same-doc.h"

/* A script: lines of "add POINTER VALUE", "replace POINTER VALUE", "remove POINTER". */
static void add_script(struct json_edits *edits, const char *script)
{
	_cleanup_free_ char *copy = strdup(script);
	char *line, *save = NULL;

	for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		enum json_op op = line[0] == 'a' ? JSON_ADD : line[2] == 'p' ? JSON_REPLACE
									     : JSON_REMOVE;
		char *pointer = strchr(line, ' ') + 1, *value = strchr(pointer, ' ');
		struct error err = { 0 };

		if (value)
			*value++ = '\0';
		assert_int_equal(json_edits_add(edits, op, pointer, value, &err), 0);
	}
}

/* check_edited - the tree that edits were made on reads as the text with them made. */
static void check_edited(const struct json_doc *doc, const struct json_edits *edits)
{
	_cleanup_json_ struct json_doc *edited = NULL, *read = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 }, why = { 0 };
	const int r = json_apply(doc, edits, &text, &err);
	const char *differs;

	assert_int_equal(json_edited(doc, edits, &edited, &why), r);
	if (r < 0) {
		assert_string_equal(err.text, why.text);
		assert_null(edited);
		return;
	}
	assert_int_equal(json_parse(doc->name, buf_cstr(&text), text.len, JSON_COMMENTS, &read,
				    &err), 0);
	differs = same_doc(edited, read);
	if (differs)
		fail_msg("%s\n became %s\n and another tree: %s", doc->text, buf_cstr(&text), differs);
}

static int apply(const char *text, const struct json_edits *edits, struct buf *out,
		 struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL;

	assert_int_equal(json_parse("t", text, strlen(text), JSON_COMMENTS, &doc, err), 0);
	check_edited(doc, edits);
	return json_apply(doc, edits, out, err);
}

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

static bool same_bytes(const struct json_doc *a, size_t a_from, size_t a_to,
		       const struct json_doc *b, size_t b_from, size_t b_to)
{
	return a_to - a_from == b_to - b_from &&
	       memcmp(a->text + a_from, b->text + b_from, a_to - a_from) == 0;
}

/* One edit made to a document, and what came out. */
struct made {
	const struct json_doc *before, *after;
	const struct json *target;	/* in before */
	enum json_op op;
};

static bool is_above(const struct json *node, const struct json *target)
{
	while (target && target != node)
		target = target->parent;
	return target != NULL;
}

/* All but the target's place is as it was, to the byte. */
static void check_rest(const struct made *m, const struct json *a, const struct json *b)
{
	const struct json *x, *y;
	/* an ADD at an element's place puts one before it */
	bool insert = m->op == JSON_ADD && a->type == JSON_ARRAY && m->target->parent == a;

	if (!is_above(a, m->target)) {
		assert_true(same_bytes(m->before, a->start, a->end, m->after, b->start, b->end));
		return;
	}
	if (a == m->target)
		return;
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->count + insert - (m->op == JSON_REMOVE && m->target->parent == a),
			 b->count);
	y = b->first;
	for (x = a->first; x; x = x->next) {
		if (x == m->target && m->op == JSON_REMOVE)
			continue;
		if (x == m->target && insert) {
			y = y->next;
			assert_true(same_bytes(m->before, x->start, x->end, m->after, y->start,
					       y->end));
			y = y->next;
			continue;
		}
		if (x->key)
			assert_true(same_bytes(m->before, x->key_start, x->start,
					       m->after, y->key_start, y->start));
		check_rest(m, x, y);
		y = y->next;
	}
	assert_null(y);
}

static bool deep_equal(const struct json_doc *da, const struct json *a,
		       const struct json_doc *db, const struct json *b)
{
	const struct json *x = a->first, *y = b->first;

	if (a->type != b->type || a->count != b->count || a->key_len != b->key_len)
		return false;
	if (a->key && memcmp(a->key, b->key, a->key_len) != 0)
		return false;
	if (a->type != JSON_ARRAY && a->type != JSON_OBJECT)
		return same_bytes(da, a->start, a->end, db, b->start, b->end);
	for (; x; x = x->next, y = y->next) {
		if (!deep_equal(da, x, db, y))
			return false;
	}
	return true;
}

static bool is_ambiguous(const struct json *node)
{
	for (; node->parent; node = node->parent) {
		size_t same = 0;

		for (const struct json *s = node->parent->first; node->key && s; s = s->next)
			same += strcmp(s->key, node->key) == 0;
		if (same > 1)
			return true;
	}
	return false;
}

static void random_edits(struct gen *g, uint32_t seed)
{
	static const char *const values[] = { "1", "\"x\"", "{}", "[ ]", "{\"k\": [1, {}]}" };
	_cleanup_edits_ struct json_edits all = { 0 };
	_cleanup_json_ struct json_doc *first = NULL, *now = NULL, *batch = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	struct error err = { 0 };

	gen_document(g, seed);
	assert_int_equal(json_parse("t", g->text.data, g->text.len, JSON_COMMENTS, &first, &err),
			 0);
	assert_int_equal(json_parse("t", g->text.data, g->text.len, JSON_COMMENTS, &now, &err),
			 0);
	for (int i = 0; i < 8; i++) {
		_cleanup_edits_ struct json_edits one = { 0 };
		_cleanup_json_ struct json_doc *after = NULL;
		_cleanup_buf_ struct buf pointer = { 0 };
		const char *value = values[next_random(g, ARRAY_SIZE(values))];
		struct made m = { .before = now, .target = gen_pick(g, now) };
		int r, want;

		m.op = m.target->parent ? (enum json_op)next_random(g, 3) : JSON_REPLACE;
		json_pointer(&pointer, m.target);
		assert_int_equal(json_edits_add(&one, m.op, buf_cstr(&pointer), value, &err), 0);
		check_edited(now, &one);
		buf_reset(&out);
		want = is_ambiguous(m.target) ? -EINVAL : 0;
		r = json_apply(now, &one, &out, &err);
		assert_int_equal(r, want);
		if (r < 0)
			continue;
		if (json_parse("t", out.data, out.len, JSON_COMMENTS, &after, &err) < 0)
			fail_msg("%s: %s", out.data, err.text);
		m.after = after;
		check_rest(&m, now->root, after->root);
		assert_int_equal(json_edits_add(&all, m.op, buf_cstr(&pointer), value, &err), 0);
		json_free(&now);
		now = steal_ptr(after);
	}
	check_edited(first, &all);
	buf_reset(&out);
	assert_int_equal(json_apply(first, &all, &out, &err), 0);
	assert_int_equal(json_parse("t", out.data, out.len, JSON_COMMENTS, &batch, &err), 0);
	assert_true(deep_equal(now, now->root, batch, batch->root));
}

static void test_random(void **state)
{
	static struct gen g;

	(void)state;
	for (uint32_t seed = 0; seed < 3000; seed++)
		random_edits(&g, seed);
	buf_free(&g.text);
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

/* Containers that are large enough to be looked up by an index. */
static void test_large(void **state)
{
	_cleanup_json_ struct json_doc *doc = NULL, *after = NULL;
	_cleanup_edits_ struct json_edits edits = { 0 }, twice = { 0 };
	_cleanup_buf_ struct buf text = { 0 }, out = { 0 };
	struct error err = { 0 };
	const struct json *list;

	(void)state;
	buf_str(&text, "{\"twice\": 1, \"list\": [0");
	for (int i = 1; i < 300; i++)
		buf_printf(&text, ", %d", i);
	buf_str(&text, "]");
	for (int i = 0; i < 300; i++)
		buf_printf(&text, ", \"%c/~%d\": %d", 'a' + i * 7 % 26, i, i);
	buf_str(&text, ", \"twice\": 2}");
	assert_int_equal(json_parse("t", text.data, text.len, 0, &doc, &err), 0);
	assert_int_equal(doc->repeated, 1);
	for (const struct json *m = doc->root->first; m; m = m->next) {
		const struct json *first = m->next ? m : doc->root->first;
		_cleanup_buf_ struct buf pointer = { 0 };

		json_pointer(&pointer, m);
		assert_int_equal(m->repeated, !m->next);
		assert_ptr_equal(json_at(doc, buf_cstr(&pointer)), first);
		assert_ptr_equal(json_get(doc->root, m->key), first);
	}
	list = json_get(doc->root, "list");
	for (const struct json *e = list->first; e; e = e->next) {
		_cleanup_buf_ struct buf pointer = { 0 };

		json_pointer(&pointer, e);
		assert_ptr_equal(json_at(doc, buf_cstr(&pointer)), e);
	}
	assert_null(json_at(doc, "/list/300"));
	assert_null(json_at(doc, "/a~1~00~0"));
	assert_null(json_at(doc, "/a~1~2"));
	assert_null(json_get(doc->root, "a/~301"));
	add_script(&twice, "remove /twice");
	check_edited(doc, &twice);
	assert_int_equal(json_apply(doc, &twice, &out, &err), -EINVAL);
	add_script(&edits,
		   "remove /a~1~00\nremove /h~1~01\nadd /new 1\nadd /h~1~01 2\nreplace /o~1~02 3\n"
		   "replace /new 4\nremove /list/0\nadd /list/- 5\nremove /list/298\nremove /new\n"
		   "add /zz [6]\nadd /zz/- 7");
	check_edited(doc, &edits);
	assert_int_equal(json_apply(doc, &edits, &out, &err), 0);
	assert_int_equal(json_parse("t", out.data, out.len, 0, &after, &err), 0);
	assert_int_equal(after->root->count, doc->root->count);
	assert_null(json_at(after, "/a~1~00"));
	assert_null(json_at(after, "/new"));
	assert_string_equal(json_at(after, "/h~1~01")->str, "2");
	assert_string_equal(json_at(after, "/o~1~02")->str, "3");
	assert_string_equal(json_at(after, "/v~1~03")->str, "3");
	assert_string_equal(json_at(after, "/list/0")->str, "1");
	assert_string_equal(json_at(after, "/list/298")->str, "5");
	assert_string_equal(json_at(after, "/zz/1")->str, "7");
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

static void where(const struct json_doc *doc, const char *pointer, unsigned line, unsigned column)
{
	const struct json *node = json_at(doc, pointer);
	unsigned l, c;

	assert_non_null(node);
	json_where(doc, node->start, &l, &c);
	if (l != line || c != column)
		fail_msg("%s stands at %u:%u", pointer, l, c);
}

/* What was there has its place; what is new has that of what it replaced, or where it went. */
static void test_places(void **state)
{
	static const char text[] =
		"{\n  \"a\": 1,\n  \"b\": [10, 20, 30],\n  \"c\": { \"d\": \"e\" },\n  \"z\": {}\n}\n";
	_cleanup_json_ struct json_doc *doc = NULL, *edited = NULL;
	_cleanup_edits_ struct json_edits edits = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(json_parse("t", text, strlen(text), 0, &doc, &err), 0);
	add_script(&edits, "add /c/f [1, {\"g\": 2}]\nadd /b/1 15\nreplace /b/0 5\nremove /a\nadd /h 3\n"
			   "add /c/f/- 4");
	check_edited(doc, &edits);
	assert_int_equal(json_edited(doc, &edits, &edited, &err), 0);
	where(edited, "", 1, 1);
	where(edited, "/b", 3, 8);
	where(edited, "/b/0", 3, 9);
	where(edited, "/b/1", 3, 9);
	where(edited, "/b/2", 3, 13);
	where(edited, "/b/3", 3, 17);
	where(edited, "/c", 4, 8);
	where(edited, "/c/d", 4, 15);
	where(edited, "/c/f", 4, 18);
	where(edited, "/c/f/1/g", 4, 18);
	where(edited, "/c/f/2", 4, 18);
	where(edited, "/z", 5, 8);
	where(edited, "/h", 5, 10);
	assert_ptr_equal(edited->text, doc->text);
	/* as they stood; and nothing is said to stand where it does not */
	assert_int_equal(json_at(edited, "/b/2")->end - json_at(edited, "/b/2")->start, 2);
	assert_int_equal(json_at(edited, "/z")->end - json_at(edited, "/z")->start, 2);
	assert_int_equal(json_at(edited, "/b/0")->end, json_at(edited, "/b/0")->start);
	assert_int_equal(json_at(edited, "/b")->end, json_at(edited, "/b")->start);
	assert_int_equal(json_at(edited, "/c/f/1")->end, json_at(edited, "/c/f/1")->start);
	assert_int_equal(json_at(edited, "/c/d")->key_start, json_at(doc, "/c/d")->key_start);
	assert_int_equal(json_at(edited, "/h")->key_start, json_at(edited, "/h")->start);
}

/* A name that a text could not hold becomes what would be written for it. */
static void test_added_names(void **state)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_edits_ struct json_edits edits = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(json_parse("t", "{\"a\":{}}", 8, 0, &doc, &err), 0);
	assert_int_equal(json_edits_add(&edits, JSON_ADD, "/\"\\\x01~0~1", "1", &err), 0);
	assert_int_equal(json_edits_add(&edits, JSON_ADD, "/\xff\xff\x7f", "2", &err), 0);
	assert_int_equal(json_edits_add(&edits, JSON_ADD, "/a/", "{}", &err), 0);
	assert_int_equal(json_edits_add(&edits, JSON_ADD, "/a//\xfe", "[]", &err), 0);
	assert_int_equal(json_edits_add(&edits, JSON_ADD, "/a//\xfd", "[]", &err), 0);
	check_edited(doc, &edits);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_lent),
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_large_layout),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_added_names),
	};

	return cmocka_run_group_tests_name("edit", tests, NULL, NULL);
}
