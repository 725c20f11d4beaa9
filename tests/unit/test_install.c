/* SPDX-License-Identifier: Apache-2.0 */
/* What uninstall rests on: finding settings in TOML, and taking lines out again. */
#include "unit.h"
#include "../../src/install/install-private.h"

static uint32_t seed = 1;

static uint32_t next_random(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 16) % below;
}

/* "KIND PATH = VALUE" for each entry, or the error. */
static void shown(const char *text, struct buf *out)
{
	static const char *const kinds[] = { "", "table ", "list " };
	_cleanup_buf_ struct buf whole = { 0 };
	_cleanup_toml_ struct toml doc = { 0 };
	struct error err = { 0 };

	buf_str(&whole, text);
	if (toml_parse("t", &whole, &doc, &err) < 0) {
		buf_str(out, err.text);
		return;
	}
	for (size_t i = 0; i < doc.n; i++) {
		const struct toml_entry *e = &doc.v[i];

		buf_str(out, kinds[e->kind]);
		toml_show(out, e->path);
		if (e->kind == TOML_VALUE) {
			buf_str(out, "=");
			buf_add(out, text + e->value, e->value_end - e->value);
		}
		buf_char(out, ';');
	}
}

static void test_toml(void **state)
{
	static const char *const vectors[][2] = {
		{ "", "" },
		{ "# a = 1\n\r\n \t\n", "" },
		{ "a = 1", "a=1;" },
		{ "a=1 # b\n", "a=1;" },
		{ " a . \"b.c\".'d' = \"x # y\" \r\n", "a.b.c.d=\"x # y\";" },
		{ "[t]\na = 'x\\'\n[ t . \"u v\" ] # c\nb = true\n",
		  "table t;t.a='x\\';table t.u v;t.u v.b=true;" },
		{ "a = [ # ]\n  \"]\", [1, 2],\n]\nb = 2", "a=[ # ]\n  \"]\", [1, 2],\n];b=2;" },
		{ "a = { b = \"}\", c = [1] }", "a={ b = \"}\", c = [1] };" },
		{ "a = \"\"\"\n[x]\n\\\"\"\"\"\" # c\nb = ''''x''''\n",
		  "a=\"\"\"\n[x]\n\\\"\"\"\"\";b=''''x'''';" },
		{ "[[t]]\na = 1\n[[t]]\na = 2\n", "list t;t.a=1;list t;t.a=2;" },
		{ "a = 1979-05-27T07:32:00Z\n", "a=1979-05-27T07:32:00Z;" },
		{ "a = 1979-05-27 07:32:00 # x\n", "a=1979-05-27 07:32:00;" },
		{ "\xef\xbb\xbf# x\n[t]\r\na = 1\r\n", "table t;t.a=1;" },
		{ "[[t]]\n[t.u]\na = 1\n[[t]]\n[t.u]\na = 2\n[v]\n[v]",
		  "t:8: stands here a second time" },
		{ "[[t]]\n[t.u]\na = 1\n[[t]]\n[t.u]\na = 2\n",
		  "list t;table t.u;t.u.a=1;list t;table t.u;t.u.a=2;" },
		{ "\"\\u00e9\\U0001F600\" = 1", "\xc3\xa9\xf0\x9f\x98\x80=1;" },
		{ "a = \"\\u12\"", "t:1: an escape that is not understood here" },
		{ "a = \"\\ud800\"", "t:1: an escape that is not understood here" },
		{ "a = \"\\U00110000\"", "t:1: an escape that is not understood here" },
		{ "a = \"\\u0000\"", "t:1: an escape that is not understood here" },
		{ "a", "t:1: neither a table nor a key with a value" },
		{ "\n\na = \n", "t:3: a value is expected here" },
		{ "a = \"x", "t:1: a string that does not end" },
		{ "a = \"x\n\"", "t:1: a string that does not end" },
		{ "a = '''x", "t:1: a string that does not end" },
		{ "a = [1", "t:1: a value is expected here" },
		{ "a = ]", "t:1: a bracket too much" },
		{ "a = 1 2", "t:1: something follows what is complete" },
		{ "[a", "t:1: the name of a table does not end" },
		{ "[[a]", "t:1: the name of a table does not end" },
		{ "[a] b", "t:1: something follows what is complete" },
		{ "= 1", "t:1: a key is expected here" },
		{ "\"\\x\" = 1", "t:1: an escape that is not understood here" },
		{ "a = 1\na = 2", "t:2: stands here a second time" },
		{ "[a]\n[b]\n[a]", "t:3: stands here a second time" },
		{ "a = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "t:1: too deep" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		_cleanup_buf_ struct buf got = { 0 };

		shown(vectors[i][0], &got);
		assert_string_equal(buf_cstr(&got), vectors[i][1]);
	}
}

static void test_toml_lists(void **state)
{
	static const char text[] = "a = [ 'x', # y\n \"z\\\"\" , ]\nb = [1]\nc = \"x\"\nd = [\"\"\"x\"\"\"]\n"
				   "e = [\"x\", {append=true}]\n";
	_cleanup_buf_ struct buf whole = { 0 }, one = { 0 };
	_cleanup_toml_ struct toml doc = { 0 };
	struct error err = { 0 };
	size_t at = 0;

	(void)state;
	buf_str(&whole, text);
	assert_int_equal(toml_parse("t", &whole, &doc, &err), 0);
	assert_int_equal(toml_next_string(&doc, &doc.v[0], &at, &one, &err), 1);
	assert_string_equal(buf_cstr(&one), "x");
	assert_int_equal(toml_next_string(&doc, &doc.v[0], &at, &one, &err), 1);
	assert_string_equal(buf_cstr(&one), "z\"");
	assert_int_equal(toml_next_string(&doc, &doc.v[0], &at, &one, &err), 0);
	at = 0;
	assert_int_equal(toml_next_string(&doc, &doc.v[1], &at, &one, &err), -EINVAL);
	at = 0;
	assert_int_equal(toml_next_string(&doc, &doc.v[2], &at, &one, &err), -EINVAL);
	at = 0;
	assert_int_equal(toml_next_string(&doc, &doc.v[3], &at, &one, &err), -EINVAL);
	/* containers.conf(5), which says what to do instead */
	at = 0;
	assert_int_equal(toml_next_string(&doc, &doc.v[4], &at, &one, &err), 1);
	assert_int_equal(toml_next_string(&doc, &doc.v[4], &at, &one, &err), -EINVAL);
	assert_non_null(strstr(err.text, "t:6: write the whole list"));
	assert_int_equal(toml_string(&doc, &doc.v[2], &one, &err), 0);
	assert_string_equal(buf_cstr(&one), "x");
	assert_int_equal(toml_string(&doc, &doc.v[1], &one, &err), -EINVAL);
}

/* Whatever the text: an error, or entries that lie in it and do not overlap. */
static void test_toml_mutated(void **state)
{
	static const char start[] = "version = 2\n[a.\"b.c\"] # d\n  e = [\"f\", 'g', # h\n ]\n"
		"i = \"\"\"j\n\"\"\"\nk = {l = 1}\n[[m]]\nn.o = true\n";
	static const char bytes[] = "[]{}\"'=.#,\n\r \\a1";
	size_t parsed = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		_cleanup_buf_ struct buf text = { 0 };
		_cleanup_toml_ struct toml doc = { 0 };
		struct error err = { 0 };
		size_t last = 0;

		buf_str(&text, start);
		for (uint32_t i = 1 + next_random(3); i > 0; i--)
			text.data[next_random((uint32_t)text.len)] =
				bytes[next_random(sizeof(bytes) - 1)];
		if (toml_parse("t", &text, &doc, &err) < 0) {
			assert_true(err.code < 0 && err.text[0]);
			continue;
		}
		parsed++;
		for (size_t i = 0; i < doc.n; i++) {
			const struct toml_entry *e = &doc.v[i];

			assert_true(e->start >= last && e->end > e->start && e->end <= text.len);
			assert_true(e->start == 0 || text.data[e->start - 1] == '\n');
			assert_true(e->kind != TOML_VALUE || (e->value > e->start &&
				    e->value_end > e->value && e->value_end <= e->end));
			last = e->end;
		}
	}
	assert_true(parsed > 1000);
}

/* Lines of few kinds, so that much of it is alike. */
static void random_lines(struct buf *out, uint32_t most)
{
	for (uint32_t i = next_random(most + 1); i > 0; i--)
		buf_printf(out, "%c\n", "abc}"[next_random(4)]);
}

/* One more edit as the installer makes them: lines of ours, in or instead of others. */
static void random_edit(struct change *c, struct buf *text, int number)
{
	_cleanup_buf_ struct buf new = { 0 };
	size_t at = next_random((uint32_t)text->len + 1), skip;
	struct error err = { 0 };

	while (at > 0 && text->data[at - 1] != '\n')
		at--;
	skip = next_random(3) ? 0 : strcspn(buf_cstr(text) + at, "\n");
	if (buf_cstr(text)[at + skip] == '\n' && skip)
		skip++;
	buf_add(&new, buf_cstr(text), at);
	buf_printf(&new, "ours %d\n", number);
	random_lines(&new, 2);
	buf_str(&new, buf_cstr(text) + at + skip);
	assert_int_equal(change_step(c, text, &new, &err), 0);
}

/* What was put in is taken out, and what somebody else put in since stays. */
static void test_lines(void **state)
{
	size_t kept = 0, left = 0;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		struct change c __attribute__((cleanup(change_free))) = { .kind = CHANGE_FILE };
		_cleanup_buf_ struct buf text = { 0 }, back = { 0 }, theirs = { 0 };
		struct error err = { 0 };
		size_t at;
		char *mark;
		int r;

		random_lines(&text, 8);
		c.before = strdup(buf_cstr(&text));
		for (int i = 1 + (int)next_random(3); i > 0; i--)
			random_edit(&c, &text, i);
		c.after = strdup(buf_cstr(&text));
		assert_int_equal(change_without(&c, c.after, &back, &err), 0);
		assert_string_equal(buf_cstr(&back), c.before);

		at = next_random((uint32_t)text.len + 1);
		while (at > 0 && text.data[at - 1] != '\n')
			at--;
		buf_add(&theirs, buf_cstr(&text), at);
		buf_str(&theirs, "theirs\n");
		buf_str(&theirs, buf_cstr(&text) + at);
		r = change_without(&c, buf_cstr(&theirs), &back, &err);
		if (r < 0) {
			assert_int_equal(r, -ENOENT);
			left++;
			continue;
		}
		kept++;
		mark = strstr(back.data, "theirs\n");
		assert_non_null(mark);
		memmove(mark, mark + 7, strlen(mark + 7) + 1);
		assert_string_equal(back.data, c.before);
	}
	/* in the midst of ours nobody can tell; elsewhere it has to work */
	assert_true(kept > 1000 && left > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_toml),
		cmocka_unit_test(test_toml_lists),
		cmocka_unit_test(test_toml_mutated),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests_name("install", tests, NULL, NULL);
}
