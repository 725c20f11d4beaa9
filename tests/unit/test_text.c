/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <fnmatch.h>
#include <time.h>

static void check_escape(const char *s, size_t len, size_t max, const char *want)
{
	_cleanup_buf_ struct buf b = { 0 };

	text_escape(&b, s, len, max);
	assert_string_equal(buf_cstr(&b), want);
}

#define ESCAPED(s, want) check_escape(s, sizeof(s) - 1, SIZE_MAX, want)

static void test_text_escape(void **state)
{
	(void)state;
	ESCAPED("", "");
	ESCAPED("plain \"text\" ~", "plain \"text\" ~");
	ESCAPED("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
		"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
	ESCAPED("a\\b", "a\\\\b");
	ESCAPED("a\0b\r\n\t\x1b\x7f", "a\\x00b\\x0d\\x0a\\x09\\x1b\\x7f");
	ESCAPED("\xc2\x80\xc2\x85\xc2\x9b\xc2\x9f\xc2\xa0",
		"\\u{0080}\\u{0085}\\u{009b}\\u{009f}\xc2\xa0");
	ESCAPED("\xe2\x80\xae\xe2\x80\xaa", "\\u{202e}\\u{202a}");	/* RLO, LRE */
	ESCAPED("\xe2\x81\xa6\xe2\x81\xa9", "\\u{2066}\\u{2069}");	/* LRI, PDI */
	ESCAPED("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "\\u{200e}\\u{200f}\\u{061c}");
	ESCAPED("\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}");
	ESCAPED("\xe2\x80\x8b\xef\xbb\xbf", "\\u{200b}\\u{feff}");
	ESCAPED("\xf3\xa0\x81\x81", "\\u{e0041}");
	/* not UTF-8: lone bytes, overlong, surrogate, too large, cut off */
	ESCAPED("\x80\xff", "\\x80\\xff");
	ESCAPED("\xc0\x80\xe0\x80\x80", "\\xc0\\x80\\xe0\\x80\\x80");
	ESCAPED("\xed\xa0\x80", "\\xed\\xa0\\x80");
	ESCAPED("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	ESCAPED("\xe2\x82", "\\xe2\\x82");
	ESCAPED("\xe2\x82(", "\\xe2\\x82(");
}

static void test_text_escape_cut(void **state)
{
	static const char euro[] = "a\xe2\x82\xac" "b";

	(void)state;
	check_escape("abcdef", 6, 6, "abcdef");
	check_escape("abcdef", 6, 5, "abcde...");
	check_escape("abcdef", 6, 0, "...");
	check_escape(euro, 5, 1, "a...");
	check_escape(euro, 5, 2, "a...");	/* not half a character */
	check_escape(euro, 5, 3, "a...");
	check_escape(euro, 5, 4, "a\xe2\x82\xac...");
	check_escape("\xf0\x9f\x98\x80", 4, 3, "...");
	check_escape("\x80\x80\x80\x80\x80", 5, 4, "\\x80\\x80\\x80\\x80...");
}

static void test_text_utf8(void **state)
{
	(void)state;
	assert_int_equal(text_valid_utf8("", 0), -1);
	assert_int_equal(text_valid_utf8("a\0b", 3), -1);
	assert_int_equal(text_valid_utf8("\x7f\xc2\x80\xdf\xbf", 5), -1);
	assert_int_equal(text_valid_utf8("\xe0\xa0\x80\xef\xbf\xbf", 6), -1);
	assert_int_equal(text_valid_utf8("\xed\x9f\xbf\xee\x80\x80", 6), -1);
	assert_int_equal(text_valid_utf8("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8), -1);
	assert_int_equal(text_valid_utf8("ab\x80", 3), 2);
	assert_int_equal(text_valid_utf8("a\xc1\xbf", 3), 1);
	assert_int_equal(text_valid_utf8("\xe0\x9f\xbf", 3), 0);
	assert_int_equal(text_valid_utf8("\xf0\x8f\xbf\xbf", 4), 0);
	assert_int_equal(text_valid_utf8("\xed\xbf\xbf", 3), 0);
	assert_int_equal(text_valid_utf8("\xf4\x90\x80\x80", 4), 0);
	assert_int_equal(text_valid_utf8("\xf5\x80\x80\x80", 4), 0);
	assert_int_equal(text_valid_utf8("a\xe2\x82\xac", 3), 1);	/* only what is given */
}

/* Of every byte, at every place of what is looked at sixteen bytes at a time. */
static void test_text_runs(void **state)
{
	char s[49];

	(void)state;
	memset(s, 'a', sizeof(s));
	for (size_t at = 0; at < sizeof(s); at++) {
		for (int c = 0; c < 256; c++) {
			const bool print = c >= 0x20 && c <= 0x7e;

			s[at] = (char)c;
			assert_int_equal(text_ascii(s, sizeof(s)), c < 0x80 ? sizeof(s) : at);
			assert_int_equal(text_printable(s, sizeof(s)), print ? sizeof(s) : at);
			assert_int_equal(text_plain(s, sizeof(s)), print && c != '"' && c != '\\'
					 ? sizeof(s) : at);
			assert_int_equal(text_plain(s, at), at);
			assert_int_equal(text_harmless(s, sizeof(s)), print && c != '\\');
		}
		s[at] = 'a';
	}
	assert_int_equal(text_plain(s, 0), 0);
	assert_true(text_harmless(s, 0));
	assert_true(text_harmless("\"\"a\"", 4));
	assert_false(text_harmless("\"\"a\"\\", 5));
}

static void test_text_path_climbs(void **state)
{
	static const char *const climbs[] = { "..", "../a", "a/..", "/a/../b", "/..", "x../.." };
	static const char *const not[] = { "", "/", ".", "...", "/a/...", "a..", "..a", "/a..b/c" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(climbs); i++)
		assert_true(text_path_climbs(climbs[i]));
	for (size_t i = 0; i < ARRAY_SIZE(not); i++)
		assert_false(text_path_climbs(not[i]));
}

static void test_text_nearest(void **state)
{
	static const char *const names[] = {
		"CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "readonly", "mounts", "user", "pid",
		"x",
	};
	char big[200];

	(void)state;
#define NEAREST(word) text_nearest(word, names, ARRAY_SIZE(names))
	assert_string_equal(NEAREST("CAP_SYS_ADMN"), "CAP_SYS_ADMIN");
	assert_string_equal(NEAREST("cap_sys_admin"), "CAP_SYS_ADMIN");
	assert_string_equal(NEAREST("CAP_SYS_PTARCE"), "CAP_SYS_PTRACE");
	assert_string_equal(NEAREST("readOnlly"), "readonly");
	assert_string_equal(NEAREST("mount"), "mounts");
	assert_string_equal(NEAREST("pdi"), "pid");	/* a swap is one mistake */
	assert_null(NEAREST("xy"));	/* half of it would be wrong */
	assert_null(NEAREST("network"));
	assert_null(NEAREST(""));
	assert_null(NEAREST("y"));
	assert_null(NEAREST("ab"));
	assert_null(text_nearest("user", names, 0));
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_null(NEAREST(big));
	{
		const char *const long_names[] = { big, "aaaa" };

		assert_string_equal(text_nearest("aaab", long_names, 2), "aaaa");
		big[64] = '\0';		/* the longest that is looked at */
		assert_ptr_equal(text_nearest(big, long_names, 2), big);
	}
}

static void test_text_size(void **state)
{
	static const struct {
		const char *s;
		uint64_t v;
	} good[] = {
		{ "0", 0 }, { "1", 1 }, { "007", 7 }, { "1000", 1000 }, { "1k", 1000 },
		{ "1Ki", 1024 }, { "512Mi", 512ull << 20 }, { "2Gi", 2ull << 30 },
		{ "3Ti", 3ull << 40 }, { "5M", 5000000 }, { "7G", 7000000000 },
		{ "9T", 9000000000000 }, { "18446744073709551615", UINT64_MAX },
		{ "16777215Ti", 16777215ull << 40 }, { "0Ti", 0 },
	};
	static const char *const bad[] = {
		"", " 1", "1 ", "-1", "+1", "0x10", "1K", "1ki", "1KI", "1KiB", "1.5Gi", "Gi",
		"1e3", "1m", "1Pi", "1\n", "inf", "\xff", "1Mi\x1b[0m",
	};
	static const char *const large[] = {
		"18446744073709551616", "99999999999999999999999999999", "16777216Ti",
		"18446744073709551615Ki", "18446744073709551616k", "18446745T",
	};
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		uint64_t v = 1;

		assert_int_equal(text_parse_size(good[i].s, &v, &err), 0);
		assert_true(v == good[i].v);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t v = 99;

		assert_int_equal(text_parse_size(bad[i], &v, &err), -EINVAL);
		assert_true(v == 99);
		assert_has(err.text, "is not a size");
		assert_null(strchr(err.text, '\x1b'));
	}
	for (size_t i = 0; i < ARRAY_SIZE(large); i++) {
		uint64_t v = 99;

		assert_int_equal(text_parse_size(large[i], &v, &err), -ERANGE);
		assert_true(v == 99);
		assert_has(err.text, large[i]);
	}
}

static void test_text_format_size(void **state)
{
	static const struct {
		uint64_t v;
		const char *s;
	} cases[] = {
		{ 0, "0" }, { 1, "1" }, { 1000, "1000" }, { 1023, "1023" }, { 1024, "1Ki" },
		{ 1536, "1536" }, { 512ull << 20, "512Mi" }, { 1ull << 30, "1Gi" },
		{ 1025ull << 30, "1025Gi" }, { 1ull << 50, "1024Ti" },
		{ UINT64_MAX, "18446744073709551615" },
	};
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf b = { 0 };
		uint64_t v;

		text_format_size(&b, cases[i].v);
		assert_string_equal(buf_cstr(&b), cases[i].s);
		assert_int_equal(text_parse_size(buf_cstr(&b), &v, &err), 0);
		assert_true(v == cases[i].v);
	}
}

static void test_text_cpu(void **state)
{
	static const struct {
		const char *s;
		uint64_t v;
	} good[] = {
		{ "0", 0 }, { "2", 2000 }, { "0.5", 500 }, { "500m", 500 }, { "1.25", 1250 },
		{ "0.001", 1 }, { "0.0010", 1 }, { "1.500000000000000000000000", 1500 },
		{ "1500m", 1500 }, { "18446744073709551.615", UINT64_MAX },
		{ "18446744073709551615m", UINT64_MAX },
	};
	static const char *const bad[] = {
		"", ".5", "1.", "-1", "+1", "1,5", "0.0001", "0.0005m", "1.5m", "m", "1mm", "1M",
		"1 ", " 1", "1..5", "1.5.5", "1e3", "nan",
	};
	static const char *const large[] = {
		"18446744073709551.616", "18446744073709552", "18446744073709551616m",
		"99999999999999999999999",
	};
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		uint64_t v = 1;

		assert_int_equal(text_parse_cpu(good[i].s, &v, &err), 0);
		assert_true(v == good[i].v);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t v = 99;

		assert_int_equal(text_parse_cpu(bad[i], &v, &err), -EINVAL);
		assert_true(v == 99);
	}
	for (size_t i = 0; i < ARRAY_SIZE(large); i++) {
		uint64_t v = 99;

		assert_int_equal(text_parse_cpu(large[i], &v, &err), -ERANGE);
		assert_true(v == 99);
	}
}

static void test_glob_within(void **state)
{
	static const struct { const char *pattern, *other; bool within; } cases[] = {
		{ "a", "a", true }, { "a", "b", false }, { "[ab]", "[ab]", true },
		{ "*", "*", true }, { "*", "a*", true }, { "*", "?", true }, { "*", "**", true },
		{ "a*", "ab*", true }, { "a*", "*", false }, { "a*c", "a?b*c", true },
		{ "a*c", "a*cd", false }, { "?", "?", true }, { "a?", "a", false },
		/* each of these matches the other as it is written */
		{ "?", "*", false }, { "a?c", "a*c", false }, { "[*]", "*", false },
		{ "??", "\\*", false }, { "*", "[a]*", false },
		/* what bounds a "*" */
		{ "a*", "a/*", false }, { "a*", "a@*", false }, { "a?b*", "a/b*", false },
		{ "a/*", "a/b*", true }, { "*/b*", "a*/b?", true }, { "*/*", "a*", false },
		{ "*", "a/b", false }, { "*x*y", "ax?xz*y", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (text_glob_within(cases[i].pattern, cases[i].other) != cases[i].within)
			fail_msg("%s, %s", cases[i].pattern, cases[i].other);
	}
}

static void test_text_glob(void **state)
{
	static char big[20001];
	int64_t start;

	(void)state;
	assert_true(text_glob("/var/*/data", "/var/lib/data"));
	assert_false(text_glob("/var/*/data", "/var/lib/x/data"));
	assert_false(text_glob("/var/*", "/var/a/b"));
	assert_true(text_glob("*", ".hidden"));
	assert_true(text_glob("web-?", "web-1"));
	assert_false(text_glob("web-?", "web-/"));
	assert_true(text_glob("[a-c]x", "bx"));
	assert_true(text_glob("\\*", "*"));
	assert_false(text_glob("\\*", "a"));
	assert_false(text_glob("", "a"));
	assert_true(text_glob("", ""));
	assert_true(text_glob("a*", "a\xff\x80"));
	/* a hostile string does not make it exponential */
	memset(big, 'a', sizeof(big) - 1);
	start = now_ms();
	assert_false(text_glob("*a*a*a*a*a*a*a*ab", big));
	assert_true(now_ms() - start < 20000);
}

static void test_text_utc(void **state)
{
	static const int64_t ends[] = { INT64_MIN, -1, 0, 951782400, 1078012800, 4107542400,
					253402300799, 253402300800, INT64_MAX };
	struct error err = { 0 };

	(void)state;
	for (int64_t t = 0; t < 253402300800; t += 86400 * 13 + 4567) {
		_cleanup_buf_ struct buf out = { 0 };
		char want[64] = "";
		struct tm tm;

		assert_non_null(gmtime_r(&(time_t){ t }, &tm));
		assert_true(strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S", &tm) > 0);
		text_utc(&out, t);
		assert_string_equal(buf_cstr(&out), want);
	}
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		static const char *const want[] = {
			"1970-01-01T00:00:00", "1970-01-01T00:00:00", "1970-01-01T00:00:00",
			"2000-02-29T00:00:00", "2004-02-29T00:00:00", "2100-03-01T00:00:00",
			"9999-12-31T23:59:59", "9999-12-31T23:59:59", "9999-12-31T23:59:59",
		};
		_cleanup_buf_ struct buf out = { 0 };

		text_utc(&out, ends[i]);
		assert_string_equal(buf_cstr(&out), want[i]);
		assert_int_equal(buf_check(&out, &err), 0);
	}
}

/* spell - word number @n over @letters, of at most @max of them; false: there are no more. */
static bool spell(char *word, const char *letters, size_t max, unsigned n)
{
	size_t len = 0, words = 1;

	while (n >= words) {
		n -= (unsigned)words;
		words *= strlen(letters);
		if (++len > max)
			return false;
	}
	for (size_t i = 0; i < len; i++, n /= (unsigned)strlen(letters))
		word[i] = letters[n % strlen(letters)];
	word[len] = '\0';
	return true;
}

/* Every short pattern with every short text, against fnmatch(3) itself. */
static void test_text_glob_all(void **state)
{
	static const struct {
		const char *letters;
		size_t max;
	} sets[] = { { "a/*?[]\\", 3 }, { "a/*?", 5 } };
	char pattern[8], s[8];
	size_t matched = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		for (unsigned p = 0; spell(pattern, sets[i].letters, sets[i].max, p); p++) {
			for (unsigned t = 0; spell(s, "ab/", 4, t); t++) {
				const bool want = fnmatch(pattern, s, FNM_PATHNAME) == 0;

				if (text_glob(pattern, s) != want)
					fail_msg("\"%s\" and \"%s\"", pattern, s);
				matched += want;
			}
		}
	}
	assert_true(matched > 2000);
}

static void test_text_path_below(void **state)
{
	(void)state;
	assert_true(text_path_below("/a/b", "/a"));
	assert_true(text_path_below("/a", "/a"));
	assert_false(text_path_below("/ab", "/a"));
	assert_false(text_path_below("/a", "/a/b"));
	assert_true(text_path_below("/a", "/"));
	assert_true(text_path_below("/", "/"));
	assert_false(text_path_below("/", "/a"));
	assert_false(text_path_below("a", "/"));
	assert_false(text_path_below("/a", ""));
}

static void test_text_path_base(void **state)
{
	(void)state;
	assert_string_equal(text_path_base("/usr/bin/runc"), "runc");
	assert_string_equal(text_path_base("bin/runc"), "runc");
	assert_string_equal(text_path_base("runc"), "runc");
	assert_string_equal(text_path_base("/usr/"), "");
	assert_string_equal(text_path_base(""), "");
}

static void test_text_path_clean(void **state)
{
	static const struct {
		const char *path, *clean;
	} cases[] = {
		{ "/", "/" }, { "//", "/" }, { "/.", "/" }, { "/..", "/" }, { "/../..", "/" },
		{ "", "." }, { ".", "." }, { "./", "." }, { "a", "a" }, { "a/", "a" },
		{ "/a//b/./c/", "/a/b/c" }, { "/a/../b", "/b" }, { "/a/b/..", "/a" },
		{ "/a/..", "/" }, { "/a/../../../b", "/b" }, { "a/..", "." }, { "a/../b", "b" },
		{ "..", ".." }, { "../..", "../.." }, { "../a/..", ".." },
		{ "a/../../b", "../b" }, { "/...", "/..." }, { "/a/.b/..c", "/a/.b/..c" },
		{ "../../a/../b/.", "../../b" }, { "a/b/../../..", ".." }, { "/..a/..", "/" },
		{ "..a/..", "." }, { "/a/b/../../..//c", "/c" },
	};
	_cleanup_buf_ struct buf deep = { 0 };
	_cleanup_free_ char *s = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *clean = text_path_clean(cases[i].path);

		assert_string_equal(clean, cases[i].clean);
	}
	for (int i = 0; i < 200000; i++)
		buf_str(&deep, "/a");
	for (int i = 0; i < 200000; i++)
		buf_str(&deep, "/..");
	s = text_path_clean(buf_cstr(&deep));
	assert_string_equal(s, "/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_escape),
		cmocka_unit_test(test_text_escape_cut),
		cmocka_unit_test(test_text_utf8),
		cmocka_unit_test(test_text_runs),
		cmocka_unit_test(test_text_path_climbs),
		cmocka_unit_test(test_text_nearest),
		cmocka_unit_test(test_text_size),
		cmocka_unit_test(test_text_format_size),
		cmocka_unit_test(test_text_cpu),
		cmocka_unit_test(test_text_utc),
		cmocka_unit_test(test_text_glob),
		cmocka_unit_test(test_glob_within),
		cmocka_unit_test(test_text_glob_all),
		cmocka_unit_test(test_text_path_below),
		cmocka_unit_test(test_text_path_base),
		cmocka_unit_test(test_text_path_clean),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
