/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>
#include <unistd.h>

#include <cofferdam/lines.h>

#include "unit.h"

static int file_of(const char *text, size_t len)
{
	int fd = memfd_create("lines", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* all - every line of @text, each in brackets; "!" for one that is too long. */
static char *all(const char *text, size_t len)
{
	_cleanup_close_ int fd = file_of(text, len);
	_cleanup_lines_ struct lines lines = { .fd = fd };
	struct buf out = { 0 };
	struct error err;
	const char *line;
	size_t n;
	int r;

	while ((r = lines_next(&lines, &line, &n, &err)) != 0) {
		assert_true(r == 1 || r == -E2BIG);
		if (r == 1)
			buf_printf(&out, "[%.*s]", (int)n, line);
		else
			buf_char(&out, '!');
	}
	assert_int_equal(lines_next(&lines, &line, &n, &err), 0);
	return buf_steal(&out);
}

static void is(const char *text, const char *wanted)
{
	_cleanup_free_ char *got = all(text, strlen(text));

	assert_string_equal(got, wanted);
}

static void test_lines(void **state)
{
	(void)state;
	is("", "");
	is("\n", "[]");
	is("a", "[a]");
	is("a\n", "[a]");
	is("a\nb", "[a][b]");
	is("a\n\n\nb\n", "[a][][][b]");
}

/* A line of every length around the pieces in which it is read. */
static void test_pieces(void **state)
{
	_cleanup_free_ char *text = malloc(200000);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 200000);
	for (size_t n = 65530; n < 65540; n++) {
		_cleanup_free_ char *got = NULL;

		text[n] = '\n';
		text[n + 3] = '\n';
		got = all(text, n + 5);
		assert_int_equal(strlen(got), n + 2 + 4 + 3);
		assert_memory_equal(got + n + 2, "[xx][x]", 8);
		text[n] = text[n + 3] = 'x';
	}
}

/* What is too long is passed over, wherever it stands, and the next one is whole. */
static void test_too_long(void **state)
{
	const size_t len = LINES_MAX + 300000;
	_cleanup_free_ char *text = malloc(len + 64), *got = NULL;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len + 64);
	memcpy(text, "first\n", 6);
	memcpy(text + len, "\nnext\n", 6);
	got = all(text, len + 6);
	assert_string_equal(got, "[first]![next]");
	free(got);
	got = all(text, len);		/* the last one, without an end */
	assert_string_equal(got, "[first]!");
	free(got);
	got = all(text + 6, LINES_MAX);	/* as long as may be */
	assert_int_equal(strlen(got), LINES_MAX + 2);
	free(got);
	text[6 + LINES_MAX] = '\n';
	got = all(text + 6, LINES_MAX + 1);
	assert_int_equal(strlen(got), LINES_MAX + 2);
}

static void test_zero_bytes(void **state)
{
	_cleanup_close_ int fd = file_of("a\0b\nc", 5);
	_cleanup_lines_ struct lines lines = { .fd = fd };
	struct error err;
	const char *line;
	size_t n;

	(void)state;
	assert_int_equal(lines_next(&lines, &line, &n, &err), 1);
	assert_int_equal(n, 3);
	assert_memory_equal(line, "a\0b", 3);
}

static void test_unreadable(void **state)
{
	_cleanup_lines_ struct lines lines = { .fd = -1 };
	struct error err;
	const char *line;
	size_t n;

	(void)state;
	assert_int_equal(lines_next(&lines, &line, &n, &err), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_zero_bytes),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
