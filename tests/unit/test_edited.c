/* SPDX-License-Identifier: Apache-2.0 */
/* The tree that edits were made on, against the text that they were made in. */
#include "edit-script.h"
#include "json-gen.h"

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
	_cleanup_buf_ struct buf out = { 0 }, known = { 0 };
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
	all.known = true;
	assert_int_equal(json_apply(first, &all, &known, &err), 0);
	assert_string_equal(buf_cstr(&known), buf_cstr(&out));
}

static void test_random(void **state)
{
	static struct gen g;

	(void)state;
	for (uint32_t seed = 0; seed < 3000; seed++)
		random_edits(&g, seed);
	buf_free(&g.text);
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
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_added_names),
	};

	return cmocka_run_group_tests_name("edited", tests, NULL, NULL);
}
