/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/fields.h>

#include "unit.h"

struct item {
	struct field_any any;
	struct field_str type;
	struct field_strs options;
};

struct inner {
	struct field_any any;
	struct field_str skill;
	struct field_list items;
};

struct outer {
	struct field_bool flag;
	struct field_int number;
	struct field_uint size;
	struct field_uint uid;
	struct field_uint owner;
	struct field_str name;
	struct field_strs args;
	struct field_map labels;
	struct inner inner;
	struct field_list items;
	struct field_any rest;
};

static const struct field item_table[] = {
	{ "type", FIELD_STR, offsetof(struct item, type), NULL, 0, NULL },
	{ "options", FIELD_STRS, offsetof(struct item, options), NULL, 0, NULL },
	{ 0 },
};

static const struct field inner_table[] = {
	{ "skill", FIELD_STR, offsetof(struct inner, skill), NULL, 0, NULL },
	{ "items", FIELD_LIST, offsetof(struct inner, items), item_table, sizeof(struct item),
	  NULL },
	{ 0 },
};

static const struct field table[] = {
	{ "flag", FIELD_BOOL, offsetof(struct outer, flag), NULL, 0, NULL },
	{ "number", FIELD_INT, offsetof(struct outer, number), NULL, 0, NULL },
	{ "size", FIELD_UINT, offsetof(struct outer, size), NULL, 0, NULL },
	{ "uid", FIELD_U32, offsetof(struct outer, uid), NULL, 0, NULL },
	{ "owner", FIELD_ID, offsetof(struct outer, owner), NULL, 0, NULL },
	{ "name", FIELD_STR, offsetof(struct outer, name), NULL, 0, NULL },
	{ "args", FIELD_STRS, offsetof(struct outer, args), NULL, 0, NULL },
	{ "labels", FIELD_MAP, offsetof(struct outer, labels), NULL, 0, NULL },
	{ "inner", FIELD_OBJECT, offsetof(struct outer, inner), inner_table, 0, NULL },
	{ "items", FIELD_LIST, offsetof(struct outer, items), item_table, sizeof(struct item),
	  "type" },
	{ "rest", FIELD_ANY, offsetof(struct outer, rest), NULL, 0, NULL },
	{ 0 },
};

/* A text that was read, and all that must be freed. */
struct read {
	struct json_doc *doc;
	struct outer o;
	struct notes notes;
	char *told;		/* the notes, one a line: POINTER: sentence */
};

static void read_free(struct read *r)
{
	notes_free(&r->notes);
	free(r->told);
	json_free(&r->doc);
}
#define _cleanup_read_ _cleanup_(read_free)

static struct read read_flags(const char *text, unsigned flags)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct error err = { 0 };
	struct read r = { 0 };

	if (json_parse("t", text, strlen(text), 0, &r.doc, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	assert_int_equal(fields_read(r.doc->root, table, flags, &r.o, &r.notes, &err), 0);
	for (size_t i = 0; i < r.notes.n; i++) {
		json_pointer(&b, r.notes.v[i].node);
		buf_str(&b, ": ");
		note_describe(&b, &r.notes.v[i]);
		buf_char(&b, '\n');
	}
	r.told = buf_steal(&b);
	return r;
}

static struct read read_text(const char *text)
{
	return read_flags(text, 0);
}

static void test_all_kinds(void **state)
{
	_cleanup_read_ struct read r = read_text(
		"{\"flag\":true,\"number\":-5,\"size\":18446744073709551615,\"uid\":4294967295,"
		"\"name\":\"n\",\"args\":[\"a\",\"\"],\"labels\":{\"k\":\"v\",\"Flag\":\"w\"},"
		"\"inner\":{\"skill\":\"s\",\"items\":[{\"type\":\"x\"},{\"type\":\"x\"}]},"
		"\"items\":[{\"type\":\"a\",\"options\":[\"ro\"]},{}],\"rest\":[{}],\"other\":1}");
	const struct item *items = r.o.items.v, *deep = r.o.inner.items.v;

	(void)state;
	assert_string_equal(r.told, "");
	assert_int_equal(r.o.flag.is, FIELD_PRESENT);
	assert_true(r.o.flag.v);
	assert_int_equal(r.o.number.v, -5);
	assert_true(r.o.size.v == UINT64_MAX);
	assert_true(r.o.uid.v == UINT32_MAX);
	assert_string_equal(r.o.name.v, "n");
	assert_int_equal(r.o.args.n, 2);
	assert_string_equal(r.o.args.v[0].v, "a");
	assert_string_equal(r.o.args.v[1].v, "");
	assert_int_equal(r.o.labels.n, 2);
	assert_string_equal(r.o.labels.v[1].node->key, "Flag");
	assert_string_equal(r.o.labels.v[1].v, "w");
	assert_int_equal(r.o.inner.any.is, FIELD_PRESENT);
	assert_ptr_equal(r.o.inner.any.node, json_get(r.doc->root, "inner"));
	assert_string_equal(r.o.inner.skill.v, "s");
	assert_int_equal(r.o.inner.items.n, 2);
	assert_string_equal(deep[1].type.v, "x");
	assert_int_equal(r.o.items.n, 2);
	assert_string_equal(items[0].options.v[0].v, "ro");
	assert_int_equal(items[1].any.is, FIELD_PRESENT);
	assert_int_equal(items[1].type.is, FIELD_ABSENT);
	assert_null(items[1].type.node);
	assert_int_equal(r.o.rest.is, FIELD_PRESENT);
}

static void test_absent_and_null(void **state)
{
	_cleanup_read_ struct read r = read_text(
		"{\"flag\":null,\"uid\":null,\"name\":null,\"args\":null,\"labels\":null,"
		"\"inner\":null,\"items\":null,\"rest\":null}");
	_cleanup_read_ struct read empty = read_text("{\"args\":[],\"labels\":{},\"items\":[]}");

	(void)state;
	assert_string_equal(r.told, "");
	assert_int_equal(r.o.flag.is, FIELD_NULL);
	assert_non_null(r.o.flag.node);
	assert_int_equal(r.o.uid.is, FIELD_NULL);
	assert_int_equal(r.o.name.is, FIELD_NULL);
	assert_null(r.o.name.v);
	assert_int_equal(r.o.args.is, FIELD_NULL);
	assert_int_equal(r.o.labels.is, FIELD_NULL);
	assert_int_equal(r.o.inner.any.is, FIELD_NULL);
	assert_int_equal(r.o.items.is, FIELD_NULL);
	assert_int_equal(r.o.rest.is, FIELD_NULL);
	assert_int_equal(r.o.number.is, FIELD_ABSENT);
	assert_null(r.o.number.node);
	assert_int_equal(empty.o.args.is, FIELD_PRESENT);
	assert_int_equal(empty.o.items.is, FIELD_PRESENT);
	assert_int_equal(empty.o.items.n, 0);
}

static void test_wrong_type(void **state)
{
	_cleanup_read_ struct read r = read_text(
		"{\"flag\":\"true\",\"number\":\"1\",\"size\":true,\"uid\":[1],\"name\":1,"
		"\"args\":\"a\",\"labels\":[],\"inner\":[],\"items\":{}}");

	(void)state;
	assert_string_equal(r.told,
			    "/flag: this must be true or false\n"
			    "/number: this must be a 64-bit integer\n"
			    "/size: this must be a 64-bit unsigned integer\n"
			    "/uid: this must be a 32-bit unsigned integer\n"
			    "/name: this must be a string\n"
			    "/args: this must be a list of strings\n"
			    "/labels: this must be an object of strings\n"
			    "/inner: this must be an object\n"
			    "/items: this must be a list of objects\n");
	assert_int_equal(r.o.flag.is, FIELD_WRONG);
	assert_false(r.o.flag.v);
	assert_null(r.o.name.v);
	assert_int_equal(r.o.args.is, FIELD_WRONG);
	assert_int_equal(r.o.args.n, 0);
	assert_int_equal(r.o.inner.any.is, FIELD_WRONG);
	assert_non_null(r.o.inner.any.node);
	assert_int_equal(r.o.items.is, FIELD_WRONG);
}

static void test_wrong_entries(void **state)
{
	_cleanup_read_ struct read r = read_text(
		"{\"args\":[\"a\",1,null],\"labels\":{\"x\":{},\"y\":null},"
		"\"items\":[[],{\"type\":\"a\"},null,\"a\"]}");
	const struct item *items = r.o.items.v;

	(void)state;
	assert_string_equal(r.told,
			    "/args/1: this must be a string\n/args/2: this must be a string\n"
			    "/labels/x: this must be a string\n/labels/y: this must be a string\n"
			    "/items/0: this must be an object\n/items/2: this must be an object\n"
			    "/items/3: this must be an object\n");
	assert_int_equal(r.o.args.is, FIELD_PRESENT);
	assert_int_equal(r.o.args.n, 3);
	assert_int_equal(r.o.args.v[1].is, FIELD_WRONG);
	assert_null(r.o.args.v[1].v);
	assert_int_equal(r.o.args.v[2].is, FIELD_NULL);
	assert_null(r.o.args.v[2].v);
	assert_int_equal(r.o.items.n, 4);
	assert_int_equal(items[0].any.is, FIELD_WRONG);
	assert_non_null(items[0].any.node);
	assert_int_equal(items[0].type.is, FIELD_ABSENT);
	assert_int_equal(items[1].any.is, FIELD_PRESENT);
	assert_string_equal(items[1].type.v, "a");
	assert_int_equal(items[2].any.is, FIELD_NULL);
	assert_int_equal(items[3].any.is, FIELD_WRONG);
}

static const struct number {
	const char *name;
	const char *text;
	bool good;
} numbers[] = {
	{ "number", "0", true },
	{ "number", "-0", true },
	{ "number", "9223372036854775807", true },
	{ "number", "9223372036854775808", false },
	{ "number", "-9223372036854775808", true },
	{ "number", "-9223372036854775809", false },
	{ "number", "1.0", false },
	{ "number", "1e2", false },
	{ "number", "99999999999999999999999999", false },
	{ "size", "18446744073709551615", true },
	{ "size", "18446744073709551616", false },
	{ "size", "18446744073709551625", false },
	{ "size", "-1", false },
	{ "size", "-0", false },
	{ "size", "0", true },
	{ "size", "1E0", false },
	{ "uid", "4294967295", true },
	{ "uid", "4294967296", false },
	{ "uid", "-1", false },
	{ "uid", "0.5", false },
	{ "owner", "4294967294", true },
	{ "owner", "4294967295", false },
	{ "owner", "4294967296", false },
	{ "owner", "-1", false },
};

static void test_numbers(void **state)
{
	_cleanup_read_ struct read least = read_text("{\"number\":-9223372036854775808}");

	(void)state;
	assert_true(least.o.number.v == INT64_MIN);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		_cleanup_buf_ struct buf b = { 0 };
		struct read r;

		buf_printf(&b, "{\"%s\":%s}", numbers[i].name, numbers[i].text);
		r = read_text(b.data);
		if (r.notes.n != (numbers[i].good ? 0 : 1))
			fail_msg("%s", b.data);
		if (!numbers[i].good) {
			assert_int_equal(r.notes.v[0].kind, NOTE_WRONG_TYPE);
			assert_true(r.o.size.v == 0 && r.o.uid.v == 0 && r.o.number.v == 0 &&
				    r.o.owner.v == 0);
		}
		read_free(&r);
	}
}

static void test_case_variants(void **state)
{
	_cleanup_read_ struct read r = read_text(
		"{\"FLAG\":true,\"inner\":{\"\xc5\xbf\xe2\x84\xaa"
		"ill\":\"x\",\"SKILL\":1},\"item\xc5\xbf\":[],\"\xc4\xb1tems\":[],"
		"\"fla\":1,\"flagg\":1,\"labels\":{\"FLAG\":\"\"}}");

	(void)state;
	assert_string_equal(r.told,
			    "/FLAG: the name \"FLAG\" is read as \"flag\" by some runtimes and "
			    "ignored by others\n"
			    "/inner/\xc5\xbf\xe2\x84\xaaill: the name \"\xc5\xbf\xe2\x84\xaaill\" "
			    "is read as \"skill\" by some runtimes and ignored by others\n"
			    "/inner/SKILL: the name \"SKILL\" is read as \"skill\" by some "
			    "runtimes and ignored by others\n"
			    "/item\xc5\xbf: the name \"item\xc5\xbf\" is read as \"items\" by some "
			    "runtimes and ignored by others\n");
	assert_int_equal(r.notes.v[0].kind, NOTE_CASE_VARIANT);
	assert_string_equal(r.notes.v[0].expected, "flag");
	assert_int_equal(r.o.flag.is, FIELD_ABSENT);
}

static void test_repeated(void **state)
{
	_cleanup_read_ struct read r = read_text(
		"{\"name\":\"first\",\"items\":[{\"type\":\"a\",\"options\":[\"x\"]}],"
		"\"args\":[\"1\"],\"inner\":{\"skill\":\"s\",\"items\":[{}]},"
		"\"labels\":{\"k\":\"1\",\"k\":\"2\"},\"rest\":[{\"p\":[{\"q\":1,\"q\":2}]},3],"
		"\"what\":1,\"name\":\"last\",\"items\":[],\"args\":null,\"inner\":{},\"what\":2,"
		"\"unread\":{\"z\":1,\"z\":2}}");

	(void)state;
	assert_int_equal(r.notes.n, 8);
	for (size_t i = 0; i < r.notes.n; i++)
		assert_int_equal(r.notes.v[i].kind, NOTE_REPEATED_NAME);
	assert_string_equal(r.notes.v[0].node->str, "2");
	assert_string_equal(r.notes.v[1].node->key, "q");
	assert_string_equal(r.notes.v[2].node->str, "last");
	assert_string_equal(r.notes.v[6].node->key, "what");
	assert_string_equal(r.notes.v[7].node->key, "z");
	assert_string_equal(r.o.name.v, "last");
	assert_int_equal(r.o.items.is, FIELD_PRESENT);
	assert_int_equal(r.o.items.n, 0);
	assert_int_equal(r.o.args.is, FIELD_NULL);
	assert_int_equal(r.o.args.n, 0);
	assert_int_equal(r.o.inner.skill.is, FIELD_ABSENT);
	assert_int_equal(r.o.inner.items.n, 0);
	assert_int_equal(r.o.labels.n, 2);
}

/* unique - entries that must differ, of which some do not, and @more that do. */
static void unique(unsigned more)
{
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_read_ struct read r = { 0 };

	buf_str(&text, "{\"items\":[{\"type\":\"b\"},{\"type\":\"a\"},{\"type\":\"B\"},{\"type\":\"b\"},"
		"{\"type\":\"\\u0061\"},{},{},{\"type\":1},{\"type\":\"1\"},{\"type\":\"x\","
		"\"type\":\"a\"}");
	for (unsigned i = 0; i < more; i++)
		buf_printf(&text, ",{\"type\":\"%u\"}", 1000 - i);
	buf_str(&text, "]}");
	r = read_text(buf_cstr(&text));
	assert_string_equal(r.told,
			    "/items/7/type: this must be a string\n"
			    "/items/9/type: the name \"type\" is repeated in one object, and "
			    "runtimes differ on which counts\n"
			    "/items/3: an earlier entry of the list has the same \"type\"\n"
			    "/items/4: an earlier entry of the list has the same \"type\"\n"
			    "/items/9: an earlier entry of the list has the same \"type\"\n");
}

static void test_unique(void **state)
{
	(void)state;
	unique(0);
	unique(6);
	unique(7);
	unique(100);
}

static void test_strict_and_error(void **state)
{
	_cleanup_read_ struct read r = read_flags(
		"{\n  \"nam\": 1,\n  \"inner\": {\"items\": [{\"tipe\": \"a\"}], \"zzzzzz\": 2},\n"
		"  \"a\\\\b\\u001b\": 1}", FIELDS_STRICT);
	_cleanup_read_ struct read one = read_flags("{\"a/b\\\\\\u001b\": 1}", FIELDS_STRICT);
	_cleanup_read_ struct read wrong = read_text("{\"inner\":\n {\"skill\":\n  1}}");
	_cleanup_read_ struct read good = read_text("{}");
	struct error err = { 0 };

	(void)state;
	assert_string_equal(r.told,
			    "/nam: the name \"nam\" is not known; did you mean \"name\"?\n"
			    "/inner/items/0/tipe: the name \"tipe\" is not known; did you mean "
			    "\"type\"?\n"
			    "/inner/zzzzzz: the name \"zzzzzz\" is not known\n"
			    "/a\\b\x1b: the name \"a\\\\b\\x1b\" is not known\n");
	assert_int_equal(notes_error(r.doc, &r.notes, &err), -EINVAL);
	assert_string_equal(err.text, "t:2:3: /nam: the name \"nam\" is not known; did you mean "
			    "\"name\"?");
	assert_int_equal(notes_error(one.doc, &one.notes, &err), -EINVAL);
	assert_string_equal(err.text, "t:1:2: /a~1b\\\\\\x1b: the name \"a/b\\\\\\x1b\" is not "
			    "known");
	assert_int_equal(notes_error(wrong.doc, &wrong.notes, &err), -EINVAL);
	assert_string_equal(err.text, "t:3:3: /inner/skill: this must be a string");
	assert_int_equal(notes_error(good.doc, &good.notes, &err), 0);
}

static void test_not_an_object(void **state)
{
	_cleanup_read_ struct read r = read_text("[1]");
	struct error err = { 0 };

	(void)state;
	assert_string_equal(r.told, ": this must be an object\n");
	assert_int_equal(notes_error(r.doc, &r.notes, &err), -EINVAL);
	assert_string_equal(err.text, "t:1:1: this must be an object");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_kinds),
		cmocka_unit_test(test_absent_and_null),
		cmocka_unit_test(test_wrong_type),
		cmocka_unit_test(test_wrong_entries),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_case_variants),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_unique),
		cmocka_unit_test(test_strict_and_error),
		cmocka_unit_test(test_not_an_object),
	};

	return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
