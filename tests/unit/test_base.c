/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <cofferdam/arena.h>
#include <cofferdam/digest.h>
#include <cofferdam/process.h>

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
	assert_null(b.data);
	buf_printf(&b, "%s", "");
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_cstr(&b), "");
	buf_str(&b, "one");
	buf_char(&b, ' ');
	buf_printf(&b, "%d-%s", 2, "three");
	buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 14);
	assert_memory_equal(b.data, "one 2-threea\0b", 15);
	memcpy(buf_room(&b, 100), " and more", 9);
	buf_took(&b, 4);
	assert_memory_equal(b.data, "one 2-threea\0b and", 19);
	buf_free(&b);
	assert_non_null(buf_room(&b, 100));
	assert_string_equal(buf_cstr(&b), "");	/* whether or not something is taken */
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

static void check_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* check_printf - what snprintf(3) says is what is to be said. */
static void check_printf(const char *fmt, ...)
{
	_cleanup_buf_ struct buf b = { 0 };
	char wanted[512];
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	(void)vsnprintf(wanted, sizeof(wanted), fmt, ap);
	buf_str(&b, "> ");
	buf_vprintf(&b, fmt, again);
	va_end(again);
	va_end(ap);
	assert_string_equal(buf_cstr(&b) + 2, wanted);
	assert_int_equal(b.len, strlen(wanted) + 2);
}

static void test_buf_printf(void **state)
{
	char wide[300];

	(void)state;
	memset(wide, 'w', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	check_printf("as it is");
	check_printf("%s", "");
	check_printf("%s%s", wide, "end");
	check_printf("a %s, %u and %zu: %lu", "name", 0u, (size_t)10, 1234567890ul);
	check_printf("%u %u", UINT_MAX, 7u);
	check_printf("%zu%zu", SIZE_MAX, (size_t)0);
	check_printf("%lu", ULONG_MAX);
	check_printf("%u%%, %s", 50u, "of it");
	check_printf("%d, %s", -1, "less");
	check_printf("%d %d %d", 0, INT_MAX, INT_MIN);
	check_printf("%ld %ld %ld", 0l, LONG_MAX, LONG_MIN);
	check_printf("%llu %04x %-8s| %.*s %c", 1ull, 0xau, "left", 2, "cut", 'c');
	check_printf("%5u %ld %zd", 3u, -3l, (ssize_t)-4);
	check_printf("%s %d", wide, 5);
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

/* ---- digest: the vectors of FIPS 180-4's examples ---- */

static void test_digest(void **state)
{
	char digest[DIGEST_MAX];

	(void)state;
	digest_of("abc", 3, digest);
	assert_string_equal(digest, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_true(digest_valid(digest));
	digest_of("", 0, digest);
	assert_string_equal(digest, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	digest[sizeof("sha256:")] = 'A';
	assert_false(digest_valid(digest));
	assert_false(digest_valid("sha256:"));
	assert_false(digest_valid("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

static void test_digest_quick(void **state)
{
	char text[] = "nineteen characters";
	const size_t len = strlen(text);
	const uint64_t sum = digest_quick(len, text, len);

	(void)state;
	/* a word that is the same in either byte order */
	assert_true(digest_quick(8, "aaaaaaaa", 8) == 0xbf96a382d8137a1fu);
	assert_true(digest_quick(7, "", 0) == 7);
	assert_true(digest_quick(digest_quick(len, text, 8), text + 8, len - 8) == sum);
	assert_true(digest_quick(len - 1, text, len) != sum);
	for (size_t i = 0; i < len; i++) {
		text[i] ^= 1;
		assert_true(digest_quick(len, text, len) != sum);
		text[i] ^= 1;
	}
}

/* Zeroed and aligned, whatever came before; none overlaps another. */
static void test_arena(void **state)
{
	static const size_t sizes[] = { 1, 24, 3, 999, 1001, 16, 5000, 7, 4000, 0, 100000, 8 };
	_cleanup_(arena_free) struct arena arena = { 0 };
	unsigned char *had[ARRAY_SIZE(sizes) * 8];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(had); i++) {
		const size_t n = sizes[i % ARRAY_SIZE(sizes)];

		had[i] = arena_zeroed(&arena, n, 1);
		assert_non_null(had[i]);
		assert_int_equal((uintptr_t)had[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(had[i][k], 0);
		memset(had[i], (int)i + 1, n);
	}
	for (size_t i = 0; i < ARRAY_SIZE(had); i++) {
		for (size_t k = 0; k < sizes[i % ARRAY_SIZE(sizes)]; k++)
			assert_int_equal(had[i][k], i + 1);
	}
	assert_null(arena_zeroed(&arena, SIZE_MAX / 2, 3));
	assert_null(arena_zeroed(&arena, SIZE_MAX, 1));
}

/* stderr_of - whether a child whose standard error is @fd has one to be told by. */
static bool stderr_of(int fd)
{
	const pid_t pid = fork();
	int theirs;

	if (pid == 0) {
		(void)dup2(fd, STDERR_FILENO);
		(void)raise(SIGSTOP);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
	theirs = process_stderr(pid);
	if (theirs >= 0)
		(void)close(theirs);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return theirs >= 0;
}

static void test_kernel_file(void **state)
{
	_cleanup_close_ int comm = open("/proc/self/comm", O_RDWR | O_CLOEXEC);
	_cleanup_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	_cleanup_close_ int in = -1, out = -1, own = -1;
	int ends[2];

	(void)state;
	assert_true(comm >= 0 && null >= 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	in = ends[0];
	out = ends[1];
	assert_true(kernel_file(comm));
	assert_false(kernel_file(null));
	assert_false(kernel_file(out));
	assert_true(kernel_file(-1));
	assert_false(stderr_of(comm));
	own = process_stderr(getpid());
	if (own < 0)		/* no pidfd_getfd(2), as under old valgrind */
		return;
	assert_true(stderr_of(out));
	assert_true(stderr_of(null));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error_set),
		cmocka_unit_test(test_error_truncated),
		cmocka_unit_test(test_error_sys),
		cmocka_unit_test(test_error_oom_context),
		cmocka_unit_test(test_error_without_memory),
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_buf_printf),
		cmocka_unit_test(test_buf_oom),
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_kernel_file),
		cmocka_unit_test(test_digest_quick),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
