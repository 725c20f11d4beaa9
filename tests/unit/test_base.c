/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include <cofferdam/error.h>
#include <cofferdam/file.h>
#include <cofferdam/text.h>

/* A user who is neither root nor the tester. */
#define STRANGER 4242

/* Each test of files has a folder of its own, with root's /tmp above it. */
static char dir_path[64];
static int dir_fd = -1;

static int file_setup(void **state)
{
	(void)state;
	alarm(30);	/* a test that hangs must fail */
	(void)snprintf(dir_path, sizeof(dir_path), "/tmp/cofferdam-test.XXXXXX");
	if (!mkdtemp(dir_path))
		return -1;
	dir_fd = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir_fd < 0 ? -1 : 0;
}

static int file_teardown(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	alarm(0);
	if (chdir("/") < 0)
		return -1;
	close(dir_fd);
	dir_fd = -1;
	pid = fork();
	if (pid == 0) {
		(void)execlp("rm", "rm", "-rf", dir_path, (char *)NULL);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

static bool need_root(void)
{
	if (geteuid() == 0)
		return true;
	print_message("SKIPPED: needs root, to give files to another user\n");
	return false;
}

/* The path of @name in the folder of the test; good until the call after next. */
static const char *at(const char *name)
{
	static char paths[2][PATH_MAX];
	static int turn;

	turn = !turn;
	(void)snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", dir_path, name);
	return paths[turn];
}

static void put(const char *name, const char *content, mode_t mode)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct error err = { 0 };

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, content, strlen(content), &err), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void make_dir(const char *name, mode_t mode)
{
	assert_int_equal(mkdirat(dir_fd, name, 0700), 0);
	assert_int_equal(fchmodat(dir_fd, name, mode, 0), 0);
}

static void make_link(const char *target, const char *name)
{
	assert_int_equal(symlinkat(target, dir_fd, name), 0);
}

static void give(const char *name)
{
	assert_int_equal(fchownat(dir_fd, name, STRANGER, STRANGER, AT_SYMLINK_NOFOLLOW), 0);
}

static void make_socket(const char *name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_true(strlen(at(name)) < sizeof(sa.sun_path));
	strcpy(sa.sun_path, at(name));
	assert_int_equal(bind(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

#define assert_has(text, part) \
	do { \
		if (!strstr(text, part)) \
			fail_msg("\"%s\" lacks \"%s\"", text, part); \
	} while (0)

/* ---- error ---- */

static void test_error_set(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(error_set(&err, -EPERM, "%s: %d", "a\nb\x1b[2J\\", 7), -EPERM);
	assert_int_equal(err.code, -EPERM);
	assert_string_equal(err.text, "a\\x0ab\\x1b[2J\\\\: 7");
	/* a failure never becomes success */
	assert_int_equal(error_set(&err, 0, "x"), -EINVAL);
	assert_int_equal(error_set(&err, 5, "x"), -EINVAL);
	assert_int_equal(err.code, -EINVAL);
	/* %c of NUL does not hide the rest */
	error_set(&err, -EPERM, "a%cb", '\0');
	assert_string_equal(err.text, "a\\x00b");
	/* the own text as an argument */
	error_set(&err, -EPERM, "first");
	error_set(&err, -EIO, "<%s>", err.text);
	assert_string_equal(err.text, "<first>");
}

static void test_error_truncated(void **state)
{
	static char big[8192];
	struct error err = { 0 };
	size_t len;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	error_set(&err, -EPERM, "%s", big);
	assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
	assert_string_equal(err.text + ERROR_TEXT_MAX - 4, "...");
	/* exactly full is not cut, one more is */
	error_set(&err, -EPERM, "%.*s", ERROR_TEXT_MAX - 1, big);
	assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
	assert_null(strstr(err.text, "..."));
	error_set(&err, -EPERM, "%.*s", ERROR_TEXT_MAX, big);
	assert_string_equal(err.text + ERROR_TEXT_MAX - 4, "...");
	/* escapes grow the text and are not cut in two */
	memset(big, '\n', sizeof(big) - 1);
	error_set(&err, -EPERM, "%s", big);
	len = strlen(err.text);
	assert_true(len < ERROR_TEXT_MAX && len > ERROR_TEXT_MAX - 8);
	assert_string_equal(err.text + len - 7, "\\x0a...");
	/* nor are characters, whichever way they fall */
	for (size_t shift = 0; shift < 3; shift++) {
		memset(big, 'x', shift);
		for (size_t i = shift; i + 3 < sizeof(big); i += 3)
			memcpy(big + i, "\xe2\x82\xac", 4);
		error_set(&err, -EPERM, "%s", big);
		assert_int_equal(text_valid_utf8(err.text, strlen(err.text)), -1);
		assert_null(strchr(err.text, '\\'));
		assert_has(err.text, "...");
		error_context(&err, "%s", big);
		assert_int_equal(text_valid_utf8(err.text, strlen(err.text)), -1);
		assert_null(strchr(err.text, '\\'));
	}
}

static void test_error_sys(void **state)
{
	static char big[4096];
	struct error err = { 0 };

	(void)state;
	assert_int_equal(error_sys(&err, ENOENT, "/a\t%s", "b"), -ENOENT);
	assert_string_equal(err.text, "/a\\x09b: No such file or directory");
	assert_int_equal(error_sys(&err, 0, "x"), -EINVAL);
	assert_int_equal(error_sys(&err, -5, "x"), -EINVAL);
	/* the reason outlives a long name */
	memset(big, 'x', sizeof(big) - 1);
	error_sys(&err, ENOENT, "%s", big);
	assert_has(err.text, "...: No such file or directory");
}

static void test_error_oom_context(void **state)
{
	static char big[4096];
	struct error err = { 0 };

	(void)state;
	assert_int_equal(error_oom(&err), -ENOMEM);
	assert_int_equal(err.code, -ENOMEM);
	assert_int_equal(error_context(&err, "file \"%s\"", "x\ny"), -ENOMEM);
	assert_string_equal(err.text, "file \"x\\x0ay\": out of memory");
	/* what is escaped already stays as it is */
	error_context(&err, "rule");
	assert_string_equal(err.text, "rule: file \"x\\x0ay\": out of memory");
	/* a long context leaves the cause */
	memset(big, 'x', sizeof(big) - 1);
	error_context(&err, "%s", big);
	assert_has(err.text, "...: rule: file");
	assert_has(err.text, "out of memory");
	for (int i = 0; i < 8; i++)
		error_context(&err, "%s", big);
	assert_true(strlen(err.text) < ERROR_TEXT_MAX);
	/* no text, no code: still a failure */
	err = (struct error){ 0 };
	assert_int_equal(error_context(&err, "alone"), -EINVAL);
	assert_string_equal(err.text, "alone");
}

/* With no memory to be had, an error can still be told. */
static void test_error_without_memory(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct rlimit none = { 0, 0 };
		struct error err = { 0 };

		(void)setrlimit(RLIMIT_DATA, &none);
		error_sys(&err, ENOENT, "%s", "a\nb");
		error_context(&err, "c");
		_exit(strcmp(err.text, "c: a\\x0ab: No such file or directory") != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* ---- buf ---- */

static void test_buf(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };
	_cleanup_free_ char *s = NULL;
	struct error err = { 0 };

	(void)state;
	assert_string_equal(buf_cstr(&b), "");
	buf_add(&b, NULL, 0);
	buf_printf(&b, "%s", "");
	assert_null(b.data);
	buf_str(&b, "one");
	buf_char(&b, ' ');
	buf_printf(&b, "%d-%s", 2, "three");
	buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 14);
	assert_memory_equal(b.data, "one 2-threea\0b", 15);
	buf_reset(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_cstr(&b), "");
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "%04d", i);
	assert_int_equal(b.len, 40000);
	assert_memory_equal(b.data + 4 * 1234, "1234", 4);
	assert_int_equal(b.data[b.len], 0);
	assert_int_equal(buf_check(&b, &err), 0);
	s = buf_steal(&b);
	assert_non_null(s);
	assert_int_equal(strlen(s), 40000);
	assert_null(b.data);
	assert_int_equal(b.len + b.cap, 0);
	free(s);
	s = buf_steal(&b);
	assert_string_equal(s, "");
	buf_free(NULL);
}

static void test_buf_oom(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct error err = { 0 };

	(void)state;
	buf_str(&b, "kept");
	buf_add(&b, "x", SIZE_MAX);	/* refused before a byte is touched */
	assert_true(b.oom);
	buf_str(&b, "not added");
	buf_char(&b, 'x');
	buf_printf(&b, "%d", 1);
	assert_string_equal(buf_cstr(&b), "kept");
	assert_null(buf_steal(&b));
	buf_reset(&b);
	assert_int_equal(buf_check(&b, &err), -ENOMEM);	/* not forgotten */
	assert_string_equal(err.text, "out of memory");
	buf_free(&b);
	assert_int_equal(buf_check(&b, &err), 0);
}

/* ---- text ---- */

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

/* ---- file_read ---- */

static void test_read(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct error err = { 0 };
	struct stat st;

	(void)state;
	put("f", "hello", 0640);
	buf_str(&b, "old content");
	assert_int_equal(file_read(dir_fd, "f", true, 5, &b, &st, &err), 0);
	assert_string_equal(buf_cstr(&b), "hello");
	assert_int_equal(st.st_size, 5);
	assert_int_equal(st.st_mode & 07777, 0640);
	put("empty", "", 0600);
	assert_int_equal(file_read(dir_fd, "empty", true, 0, &b, NULL, &err), 0);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_cstr(&b), "");
	/* a file of unknown size, and an absolute path */
	assert_int_equal(file_read(-1, "/proc/self/status", true, 65536, &b, NULL, &err), 0);
	assert_has(buf_cstr(&b), "Name:");
}

static void test_read_large(void **state)
{
	_cleanup_buf_ struct buf b = { 0 }, big = { 0 };
	struct error err = { 0 };

	(void)state;
	for (int i = 0; i < 5000; i++)
		buf_str(&big, "0123456789");
	put("f", buf_cstr(&big), 0600);
	assert_int_equal(file_read(dir_fd, "f", false, 50000, &b, NULL, &err), 0);
	assert_int_equal(b.len, 50000);
	assert_memory_equal(b.data, big.data, 50000);
	assert_int_equal(file_read(dir_fd, "f", false, 49999, &b, NULL, &err), -EFBIG);
	assert_has(err.text, "f: larger than the limit of 49999 bytes");
	assert_int_equal(b.len, 50000);		/* untouched */
	assert_int_equal(file_read(AT_FDCWD, "/proc/self/status", false, 10, &b, NULL, &err),
			 -EFBIG);
	assert_int_equal(b.len, 50000);
	/* sparse and huge: refused by its size */
	assert_int_equal(truncate(at("f"), (off_t)1 << 40), 0);
	assert_int_equal(file_read(dir_fd, "f", false, FILE_CONFIG_MAX, &b, NULL, &err), -EFBIG);
}

static void test_read_not_regular(void **state)
{
	static const char *const names[] = { "fifo", "socket", "dir", "/dev/zero", "/dev/null" };
	_cleanup_buf_ struct buf b = { 0 };
	struct error err = { 0 };
	struct stat st = { .st_size = 77 };

	(void)state;
	assert_int_equal(mkfifoat(dir_fd, "fifo", 0600), 0);
	make_socket("socket");
	make_dir("dir", 0700);
	make_link("fifo", "to-fifo");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(file_read(dir_fd, names[i], false, 100, &b, &st, &err), -EINVAL);
		assert_has(err.text, "not a regular file");
	}
	assert_int_equal(file_read(dir_fd, "to-fifo", false, 100, &b, &st, &err), -EINVAL);
	assert_int_equal(st.st_size, 77);
	assert_null(b.data);
}

static void test_read_links(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct error err = { 0 };

	(void)state;
	put("f", "x", 0600);
	make_link("f", "link");
	make_link("gone", "dangling");
	make_link("loop", "loop");
	assert_int_equal(file_read(dir_fd, "link", false, 9, &b, NULL, &err), 0);
	assert_int_equal(file_read(dir_fd, "link", true, 9, &b, NULL, &err), -EINVAL);
	assert_has(err.text, "symbolic link");
	assert_int_equal(file_read(dir_fd, "dangling", false, 9, &b, NULL, &err), -ENOENT);
	assert_int_equal(file_read(dir_fd, "loop", false, 9, &b, NULL, &err), -ELOOP);
	assert_int_equal(file_read(dir_fd, "no\nfile", false, 9, &b, NULL, &err), -ENOENT);
	assert_string_equal(err.text, "no\\x0afile: No such file or directory");
}

/* ---- file_read_stream ---- */

static void test_stream(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct error err = { 0 };
	int p[2], flags;

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(write(p[1], "state", 5), 5);
	close(p[1]);
	flags = fcntl(p[0], F_GETFL);
	assert_int_equal(file_read_stream(p[0], "stdin", 5, 5000, &b, &err), 0);
	assert_string_equal(buf_cstr(&b), "state");
	assert_int_equal(fcntl(p[0], F_GETFL), flags);
	close(p[0]);
	/* a file is a stream as well */
	put("f", "file", 0600);
	p[0] = openat(dir_fd, "f", O_RDONLY | O_CLOEXEC);
	assert_int_equal(file_read_stream(p[0], "stdin", 100, 5000, &b, &err), 0);
	assert_string_equal(buf_cstr(&b), "file");
	close(p[0]);
	p[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(file_read_stream(p[0], "stdin", 100, 5000, &b, &err), 0);
	assert_int_equal(b.len, 0);
	close(p[0]);
	assert_true(file_read_stream(-1, "stdin", 100, 5000, &b, &err) < 0);
	assert_true(file_read_stream(dir_fd, "stdin", 100, 5000, &b, &err) < 0);
}

static void test_stream_endless(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };
	_cleanup_close_ int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	struct error err = { 0 };
	int64_t start;

	(void)state;
	buf_str(&b, "old");
	assert_int_equal(file_read_stream(zero, "stdin", 1 << 20, 10000, &b, &err), -EFBIG);
	assert_string_equal(buf_cstr(&b), "old");
	/* under no limit of size, it is the clock that ends it */
	start = now_ms();
	assert_int_equal(file_read_stream(zero, "stdin", (size_t)1 << 40, 50, &b, &err),
			 -ETIMEDOUT);
	assert_true(now_ms() - start < 10000);
	assert_string_equal(buf_cstr(&b), "old");
}

static void test_stream_without_end(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct error err = { 0 };
	int64_t start = now_ms();
	int p[2], flags;

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(write(p[1], "half", 4), 4);
	flags = fcntl(p[0], F_GETFL);
	assert_int_equal(file_read_stream(p[0], "stdin", 100, 150, &b, &err), -ETIMEDOUT);
	assert_true(now_ms() - start >= 150);
	assert_true(now_ms() - start < 10000);
	assert_has(err.text, "stdin: no end of file in time");
	assert_null(b.data);
	assert_int_equal(fcntl(p[0], F_GETFL), flags);
	assert_int_equal(file_read_stream(p[0], "stdin", 100, 0, &b, &err), -ETIMEDOUT);
	assert_int_equal(file_read_stream(p[0], "stdin", 100, -5, &b, &err), -ETIMEDOUT);
	close(p[0]);
	close(p[1]);
}

/* A writer that never stops trickling does not win time. */
static void test_stream_trickle(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct error err = { 0 };
	int64_t start;
	int p[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct timespec ts = { .tv_nsec = 10000000 };

		signal(SIGPIPE, SIG_DFL);
		close(p[0]);
		while (write(p[1], "x", 1) == 1)
			nanosleep(&ts, NULL);
		_exit(0);
	}
	close(p[1]);
	start = now_ms();
	assert_int_equal(file_read_stream(p[0], "stdin", 1 << 20, 200, &b, &err), -ETIMEDOUT);
	assert_true(now_ms() - start < 10000);
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* ---- file_open_trusted ---- */

/* Open @path for reading; the result of the call, the descriptor closed. */
static int trust(const char *path, struct error *err)
{
	int fd = file_open_trusted(path, O_RDONLY, geteuid(), err);

	if (fd < 0)
		return fd;
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	return 0;
}

static void test_trusted(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct error err = { 0 };
	int fd;

	(void)state;
	make_dir("d", 0755);
	put("d/f", "trusted", 0644);
	/* above is /tmp: sticky, writable by everyone, root's */
	assert_int_equal(file_read_trusted(at("d/f"), geteuid(), 7, &b, &err), 0);
	assert_string_equal(buf_cstr(&b), "trusted");
	assert_int_equal(file_read_trusted(at("d/f"), geteuid(), 6, &b, &err), -EFBIG);
	assert_int_equal(trust(at("d//./../d/f"), &err), 0);
	assert_int_equal(trust(at("d/"), &err), 0);
	assert_int_equal(trust(at("d/."), &err), 0);
	assert_int_equal(trust(at("d/.."), &err), 0);
	assert_int_equal(trust("/", &err), 0);
	assert_int_equal(trust("/..", &err), 0);
	assert_int_equal(trust("/tmp", &err), 0);
	fd = file_open_trusted(at("d"), O_PATH | O_DIRECTORY, geteuid(), &err);
	assert_true(fd >= 0);
	assert_int_equal(file_read(fd, "f", true, 10, &b, NULL, &err), 0);
	close(fd);
	assert_int_equal(file_open_trusted(at("d/f"), O_PATH | O_DIRECTORY, geteuid(), &err),
			 -ENOTDIR);
	assert_int_equal(file_open_trusted(at("d"), O_WRONLY | O_APPEND, geteuid(), &err),
			 -EISDIR);
	assert_int_equal(trust(at("d/f/"), &err), -ENOTDIR);
	assert_int_equal(trust(at("d/f/x"), &err), -ENOTDIR);
	assert_int_equal(file_read_trusted(at("d"), geteuid(), 10, &b, &err), -EINVAL);
	assert_has(err.text, "not a regular file");
}

static void test_trusted_relative(void **state)
{
	struct error err = { 0 };

	(void)state;
	make_dir("d", 0755);
	make_dir("d/e", 0755);
	put("d/f", "x", 0644);
	assert_int_equal(chdir(at("d/e")), 0);
	assert_int_equal(trust("../f", &err), 0);
	assert_int_equal(trust(".", &err), 0);
	assert_int_equal(trust("gone", &err), -ENOENT);
	assert_int_equal(trust("", &err), -EINVAL);
	/* what lies above the working directory counts */
	assert_int_equal(chmod(at("d"), 0777), 0);
	put("d/e/g", "x", 0644);
	assert_int_equal(trust("g", &err), -EPERM);
	assert_has(err.text, "/d: writable by group or others (mode 0777); run chmod go-w");
	assert_int_equal(chmod(at("d"), 0755), 0);
	assert_int_equal(trust("g", &err), 0);
	/* a working directory that is gone is not a missing file */
	assert_int_equal(unlinkat(dir_fd, "d/e/g", 0), 0);
	assert_int_equal(unlinkat(dir_fd, "d/e", AT_REMOVEDIR), 0);
	assert_int_equal(trust("g", &err), -EINVAL);
}

static void test_trusted_writable(void **state)
{
	static const mode_t bad[] = { 0666, 0664, 0646, 0622, 01666 };
	struct error err = { 0 };
	char want[PATH_MAX + 80];

	(void)state;
	make_dir("d", 0755);
	put("d/f", "x", 0644);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(fchmodat(dir_fd, "d/f", bad[i], 0), 0);
		assert_int_equal(trust(at("d/f"), &err), -EPERM);
		(void)snprintf(want, sizeof(want), "%s: writable by group or others (mode %04o); "
			       "run chmod go-w", at("d/f"), bad[i]);
		assert_string_equal(err.text, want);
		assert_int_equal(file_open_trusted(at("d/f"), O_PATH, geteuid(), &err), -EPERM);
	}
	assert_int_equal(fchmodat(dir_fd, "d/f", 0644, 0), 0);
	assert_int_equal(trust(at("d/f"), &err), 0);
	assert_int_equal(fchmodat(dir_fd, "d", 0775, 0), 0);
	assert_int_equal(trust(at("d/f"), &err), -EPERM);
	assert_has(err.text, "/d: writable");
	assert_int_equal(trust(at("d"), &err), -EPERM);
	assert_int_equal(trust(at("d/"), &err), -EPERM);
	/* passed through and left again */
	put("g", "x", 0644);
	assert_int_equal(trust(at("d/../g"), &err), -EPERM);
	assert_int_equal(fchmodat(dir_fd, "d", 0757, 0), 0);
	assert_int_equal(trust(at("d/f"), &err), -EPERM);
	/* sticky is enough: what is there only its owner can replace */
	assert_int_equal(fchmodat(dir_fd, "d", 01777, 0), 0);
	assert_int_equal(trust(at("d/f"), &err), 0);
}

static void test_trusted_owner(void **state)
{
	_cleanup_close_ int fd = -1;
	struct error err = { 0 };

	(void)state;
	if (!need_root())
		return;
	make_dir("d", 0755);
	put("d/f", "x", 0644);
	put("g", "x", 0644);
	give("g");
	assert_int_equal(trust(at("g"), &err), -EPERM);
	assert_has(err.text, "/g: belongs to user 4242, who is not trusted; run chown root");
	assert_int_equal(file_open_trusted(at("g"), O_WRONLY | O_APPEND | O_CREAT, 0, &err),
			 -EPERM);
	give("d");
	assert_int_equal(trust(at("d/f"), &err), -EPERM);
	assert_has(err.text, "/d: belongs to user 4242");
	/* missing below such a folder: not harmless either */
	assert_int_equal(trust(at("d/gone"), &err), -EPERM);
	/* trusted when they are the owner asked for */
	fd = file_open_trusted(at("d/f"), O_RDONLY, STRANGER, &err);
	assert_true(fd >= 0);
	/* a sticky folder is trusted as its owner is */
	assert_int_equal(fchmodat(dir_fd, "d", 01777, 0), 0);
	assert_int_equal(file_open_trusted(at("d/f"), O_RDONLY, 0, &err), -EPERM);
}

static void test_trusted_links(void **state)
{
	struct error err = { 0 };

	(void)state;
	make_dir("d", 0755);
	make_dir("open", 0777);
	put("d/f", "x", 0644);
	put("open/f", "x", 0644);
	make_link("d/f", "relative");
	assert_int_equal(symlinkat(at("d"), dir_fd, "absolute"), 0);
	make_link("../d/../d//f", "d/up");
	make_link("absolute/up", "chain");
	make_link("d/", "slash");
	make_link("d/f/", "bad-slash");
	assert_int_equal(trust(at("relative"), &err), 0);
	assert_int_equal(trust(at("absolute/f"), &err), 0);
	assert_int_equal(trust(at("absolute"), &err), 0);
	assert_int_equal(trust(at("d/up"), &err), 0);
	assert_int_equal(trust(at("chain"), &err), 0);
	assert_int_equal(trust(at("slash/f"), &err), 0);
	assert_int_equal(trust(at("slash"), &err), 0);
	assert_int_equal(trust(at("bad-slash"), &err), -ENOTDIR);
	assert_int_equal(trust(at("relative/"), &err), -ENOTDIR);
	assert_int_equal(file_open_trusted(at("relative"), O_RDONLY | O_NOFOLLOW, geteuid(), &err),
			 -ELOOP);
	/* a link that leads through a folder open to all */
	make_link("open/f", "escape");
	make_link("open/../d/f", "through");
	assert_int_equal(trust(at("escape"), &err), -EPERM);
	assert_has(err.text, "/escape: /tmp/");
	assert_has(err.text, "/open: writable");
	assert_int_equal(trust(at("through"), &err), -EPERM);
	/* a link made in a folder open to all */
	make_link("../d/f", "open/link");
	assert_int_equal(trust(at("open/link"), &err), -EPERM);
}

static void test_trusted_link_owner(void **state)
{
	struct error err = { 0 };

	(void)state;
	if (!need_root())
		return;
	put("f", "x", 0644);
	make_link("f", "link");
	give("link");
	assert_int_equal(trust(at("link"), &err), -EPERM);
	assert_has(err.text, "/link: belongs to user 4242, who is not trusted; run chown -h root");
	/* in a sticky folder too, where anybody can make one */
	make_dir("tmp", 01777);
	make_link("../f", "tmp/link");
	assert_int_equal(trust(at("tmp/link"), &err), 0);
	give("tmp/link");
	assert_int_equal(trust(at("tmp/link"), &err), -EPERM);
}

/* The root directory itself may be open to all, as in a careless chroot. */
static void test_trusted_root(void **state)
{
	static const struct {
		mode_t mode;
		int want;
	} cases[] = { { 0755, 0 }, { 0777, EPERM }, { 01777, 0 } };

	(void)state;
	if (!need_root())
		return;
	make_dir("root", 0755);
	put("root/f", "x", 0644);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int status;
		pid_t pid;

		assert_int_equal(fchmodat(dir_fd, "root", cases[i].mode, 0), 0);
		pid = fork();
		if (pid == 0) {
			struct error err = { 0 };

			if (chroot(at("root")) < 0)
				_exit(100);
			_exit(-trust("/f", &err));
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) == 100) {
			print_message("SKIPPED: chroot(2) is not allowed here\n");
			return;
		}
		assert_int_equal(WEXITSTATUS(status), cases[i].want);
	}
}

static void test_trusted_missing(void **state)
{
	struct error err = { 0 };
	char name[NAME_MAX + 2];
	_cleanup_buf_ struct buf path = { 0 };

	(void)state;
	make_dir("d", 0755);
	make_link("gone", "dangling");
	make_link("gone/f", "dangling-dir");
	make_link("d", "link");
	make_link("dangling", "to-dangling");
	make_link("/nonexistent-folder/x", "away");
	assert_int_equal(trust(at("gone"), &err), -ENOENT);
	assert_has(err.text, "/gone: does not exist");
	assert_int_equal(trust(at("gone/f"), &err), -ENOENT);
	assert_int_equal(trust(at("d/gone/"), &err), -ENOENT);
	/* the link is well, and what is named below it is missing */
	assert_int_equal(trust(at("link/gone"), &err), -ENOENT);
	assert_int_equal(trust(at("link/gone/x"), &err), -ENOENT);
	/* a link into nothing is a fault, not an absence */
	assert_int_equal(trust(at("dangling"), &err), -ENOLINK);
	assert_int_equal(trust(at("dangling/f"), &err), -ENOLINK);
	assert_int_equal(trust(at("dangling-dir"), &err), -ENOLINK);
	assert_int_equal(trust(at("to-dangling"), &err), -ENOLINK);
	assert_int_equal(trust(at("link/../dangling"), &err), -ENOLINK);
	assert_int_equal(trust(at("away"), &err), -ENOLINK);
	assert_has(err.text, "/nonexistent-folder: does not exist");
	/* names too long are not missing */
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(trust(at(name), &err), -ENAMETOOLONG);
	for (int i = 0; i < PATH_MAX; i++)
		buf_str(&path, "/.");
	assert_int_equal(trust(buf_cstr(&path), &err), -ENAMETOOLONG);
}

static void test_trusted_loops(void **state)
{
	struct error err = { 0 };
	char from[16], to[16];

	(void)state;
	make_link("self", "self");
	make_link("b", "a");
	make_link("a", "b");
	make_link("grow/x", "grow");
	assert_int_equal(trust(at("self"), &err), -ELOOP);
	assert_has(err.text, "more than 40 symbolic links");
	assert_int_equal(trust(at("a/x"), &err), -ELOOP);
	assert_int_equal(trust(at("grow"), &err), -ELOOP);
	/* 40 links are well, 41 are not */
	put("l0", "x", 0600);
	for (int i = 1; i <= 41; i++) {
		(void)snprintf(from, sizeof(from), "l%d", i);
		(void)snprintf(to, sizeof(to), "l%d", i - 1);
		make_link(to, from);
	}
	assert_int_equal(trust(at("l40"), &err), 0);
	assert_int_equal(trust(at("l41"), &err), -ELOOP);
}

static void test_trusted_not_regular(void **state)
{
	static const char *const names[] = { "fifo", "socket", "to-fifo" };
	struct error err = { 0 };
	int fd;

	(void)state;
	assert_int_equal(mkfifoat(dir_fd, "fifo", 0600), 0);
	make_socket("socket");
	assert_int_equal(fchmodat(dir_fd, "socket", 0600, 0), 0);
	make_link("fifo", "to-fifo");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(trust(at(names[i]), &err), -EINVAL);
		assert_int_equal(file_open_trusted(at(names[i]), O_WRONLY | O_APPEND | O_CREAT,
						   geteuid(), &err), -EINVAL);
	}
	/* only looked at, it may be anything */
	fd = file_open_trusted(at("fifo"), O_PATH, geteuid(), &err);
	assert_true(fd >= 0);
	close(fd);
	if (need_root() && mknodat(dir_fd, "zero", S_IFCHR | 0600, makedev(1, 5)) == 0)
		assert_int_equal(trust(at("zero"), &err), -EINVAL);
}

static void test_trusted_create(void **state)
{
	const int flags = O_WRONLY | O_APPEND | O_CREAT;
	_cleanup_buf_ struct buf b = { 0 };
	struct error err = { 0 };
	struct stat st;
	int fd;

	(void)state;
	for (int i = 0; i < 2; i++) {
		fd = file_open_trusted(at("log"), flags, geteuid(), &err);
		assert_true(fd >= 0);
		assert_int_equal(file_write_all(fd, "line\n", 5, &err), 0);
		close(fd);
	}
	assert_int_equal(file_read(dir_fd, "log", true, 100, &b, &st, &err), 0);
	assert_string_equal(buf_cstr(&b), "line\nline\n");
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(file_open_trusted(at("log"), flags | O_EXCL, geteuid(), &err), -EEXIST);
	make_link("fresh", "link");
	assert_int_equal(file_open_trusted(at("link"), flags | O_EXCL, geteuid(), &err), -EEXIST);
	assert_int_equal(file_open_trusted(at("no/log"), flags, geteuid(), &err), -ENOENT);
	assert_int_equal(file_open_trusted(at("new/"), flags, geteuid(), &err), -ENOENT);
	fd = file_open_trusted(at("link"), flags, geteuid(), &err);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(faccessat(dir_fd, "fresh", F_OK, 0), 0);
	/* nothing is made in a folder that is not trusted */
	make_dir("open", 0777);
	assert_int_equal(file_open_trusted(at("open/log"), flags, geteuid(), &err), -EPERM);
	assert_int_equal(faccessat(dir_fd, "open/log", F_OK, 0), -1);
	assert_int_equal(fchmodat(dir_fd, "log", 0666, 0), 0);
	assert_int_equal(file_open_trusted(at("log"), flags, geteuid(), &err), -EPERM);
}

/* Many hooks start at once and all make the same log. */
static void test_trusted_create_race(void **state)
{
	enum { RACERS = 8 };
	pid_t pids[RACERS];
	struct error err = { 0 };
	int p[2];

	(void)state;
	for (int round = 0; round < 10; round++) {
		(void)unlinkat(dir_fd, "log", 0);
		assert_int_equal(pipe2(p, O_CLOEXEC), 0);
		for (int i = 0; i < RACERS; i++) {
			pids[i] = fork();
			if (pids[i] == 0) {
				char c;

				close(p[1]);
				(void)!read(p[0], &c, 1);	/* until all are there */
				_exit(file_open_trusted(at("log"), O_WRONLY | O_APPEND | O_CREAT,
							geteuid(), &err) < 0);
			}
		}
		close(p[0]);
		close(p[1]);
		for (int i = 0; i < RACERS; i++) {
			int status;

			assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
			assert_int_equal(status, 0);
		}
	}
}

/* ---- file_replace ---- */

/* How many entries the folder has, apart from "." and "..". */
static int entries(const char *path)
{
	_cleanup_dir_ DIR *d = opendir(path);
	int n = -2;

	assert_non_null(d);
	while (readdir(d))
		n++;
	return n;
}

static void test_replace(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };
	_cleanup_close_ int path_fd = open(dir_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct error err = { 0 };
	struct stat st, after;

	(void)state;
	put("f", "old", 04751);
	if (need_root()) {
		give("f");
		assert_int_equal(fchmodat(dir_fd, "f", 04751, 0), 0);
	}
	assert_int_equal(fstatat(dir_fd, "f", &st, 0), 0);
	umask(077);
	assert_int_equal(file_replace(dir_fd, "f", "n\0w", 3, &st, &err), 0);
	assert_int_equal(file_read(dir_fd, "f", true, 100, &b, &after, &err), 0);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "n\0w", 3);
	assert_int_equal(after.st_mode, st.st_mode);
	assert_int_equal(after.st_uid, st.st_uid);
	assert_int_equal(after.st_gid, st.st_gid);
	assert_true(after.st_ino != st.st_ino);
	/* through O_PATH, with nothing to write, of a new name */
	assert_int_equal(file_replace(path_fd, "f", NULL, 0, &st, &err), 0);
	assert_int_equal(file_replace(path_fd, "new", "x", 1, &st, &err), 0);
	assert_int_equal(entries(dir_path), 2);
	/* a link is replaced, and what it points to is not */
	put("target", "kept", 0600);
	make_link("target", "link");
	assert_int_equal(file_replace(dir_fd, "link", "x", 1, &st, &err), 0);
	assert_int_equal(file_read(dir_fd, "link", true, 100, &b, NULL, &err), 0);
	assert_int_equal(file_read(dir_fd, "target", true, 100, &b, NULL, &err), 0);
	assert_string_equal(buf_cstr(&b), "kept");
	assert_int_equal(entries(dir_path), 4);
}

static void test_replace_bad_name(void **state)
{
	static const char *const names[] = { "", ".", "..", "a/b", "/a", "../f", "f/" };
	struct error err = { 0 };
	struct stat st = { .st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid() };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(file_replace(dir_fd, names[i], "x", 1, &st, &err), -EINVAL);
	/* a folder in its place: fails at the last step, and is cleaned up */
	make_dir("d", 0700);
	assert_int_equal(file_replace(dir_fd, "d", "x", 1, &st, &err), -EISDIR);
	assert_int_equal(entries(dir_path), 1);
	assert_int_equal(file_replace(-1, "f", "x", 1, &st, &err), -EBADF);
}

/* In a child: the limit of a file's size cannot be raised again. */
static int replace_limited(const struct stat *st, uid_t user)
{
	static char big[100000];
	struct rlimit limit = { 8192, 8192 };
	struct error err = { 0 };
	int r;

	signal(SIGXFSZ, SIG_IGN);
	if (user != 0) {
		if (setresgid(user, user, user) < 0 || setresuid(user, user, user) < 0)
			return 100;
	} else if (setrlimit(RLIMIT_FSIZE, &limit) < 0) {
		return 100;
	}
	r = file_replace(dir_fd, "f", big, sizeof(big), st, &err);
	return r < 0 && err.code == r && strstr(err.text, "f: cannot replace: ") ? -r : 101;
}

static void check_replace_fails(uid_t user, int want)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct error err = { 0 };
	struct stat st, after;
	int status;
	pid_t pid;

	assert_int_equal(fstatat(dir_fd, "f", &st, 0), 0);
	pid = fork();
	if (pid == 0)
		_exit(replace_limited(&st, user));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), want);
	assert_int_equal(file_read(dir_fd, "f", true, 100, &b, &after, &err), 0);
	assert_string_equal(buf_cstr(&b), "old");
	assert_int_equal(after.st_ino, st.st_ino);
	assert_int_equal(entries(dir_path), 1);
}

static void test_replace_fails(void **state)
{
	(void)state;
	put("f", "old", 0644);
	check_replace_fails(0, EFBIG);
	if (!need_root())
		return;
	/* a folder they may not write to; then one they may, but not give away */
	assert_int_equal(fchmod(dir_fd, 0755), 0);
	check_replace_fails(STRANGER, EACCES);
	assert_int_equal(fchmod(dir_fd, 0777), 0);
	check_replace_fails(STRANGER, EPERM);
}

static void test_write_all(void **state)
{
	_cleanup_close_ int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(file_write_all(-1, NULL, 0, &err), 0);
	assert_int_equal(file_write_all(-1, "x", 1, &err), -EBADF);
	if (full >= 0)
		assert_int_equal(file_write_all(full, "x", 1, &err), -ENOSPC);
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, file_setup, file_teardown)

int main(void)
{
	const struct CMUnitTest error_tests[] = {
		cmocka_unit_test(test_error_set),
		cmocka_unit_test(test_error_truncated),
		cmocka_unit_test(test_error_sys),
		cmocka_unit_test(test_error_oom_context),
		cmocka_unit_test(test_error_without_memory),
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_buf_oom),
	};
	const struct CMUnitTest text_tests[] = {
		cmocka_unit_test(test_text_escape),
		cmocka_unit_test(test_text_escape_cut),
		cmocka_unit_test(test_text_utf8),
		cmocka_unit_test(test_text_nearest),
		cmocka_unit_test(test_text_size),
		cmocka_unit_test(test_text_format_size),
		cmocka_unit_test(test_text_cpu),
		cmocka_unit_test(test_text_glob),
		cmocka_unit_test(test_text_path_below),
		cmocka_unit_test(test_text_path_clean),
	};
	const struct CMUnitTest file_tests[] = {
		FILE_TEST(test_read),
		FILE_TEST(test_read_large),
		FILE_TEST(test_read_not_regular),
		FILE_TEST(test_read_links),
		FILE_TEST(test_stream),
		FILE_TEST(test_stream_endless),
		FILE_TEST(test_stream_without_end),
		FILE_TEST(test_stream_trickle),
		FILE_TEST(test_trusted),
		FILE_TEST(test_trusted_relative),
		FILE_TEST(test_trusted_writable),
		FILE_TEST(test_trusted_owner),
		FILE_TEST(test_trusted_links),
		FILE_TEST(test_trusted_link_owner),
		FILE_TEST(test_trusted_root),
		FILE_TEST(test_trusted_missing),
		FILE_TEST(test_trusted_loops),
		FILE_TEST(test_trusted_not_regular),
		FILE_TEST(test_trusted_create),
		FILE_TEST(test_trusted_create_race),
		FILE_TEST(test_replace),
		FILE_TEST(test_replace_bad_name),
		FILE_TEST(test_replace_fails),
		FILE_TEST(test_write_all),
	};
	int failed;

	umask(022);
	failed = cmocka_run_group_tests_name("error and buf", error_tests, NULL, NULL);
	failed += cmocka_run_group_tests_name("text", text_tests, NULL, NULL);
	failed += cmocka_run_group_tests_name("file", file_tests, NULL, NULL);
	return failed != 0;
}
