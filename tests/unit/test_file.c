/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

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

/* Files of the kernel: the same limits and refusals, without a look beforehand. */
static void test_read_kernel(void **state)
{
	_cleanup_close_ int proc = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_buf_ struct buf b = { 0 };
	struct error err = { 0 };

	(void)state;
	buf_str(&b, "old content");
	assert_int_equal(file_read_kernel(proc, "status", 65536, &b, &err), 0);
	assert_has(buf_cstr(&b), "Name:");
	assert_null(strstr(buf_cstr(&b), "old content"));
	assert_int_equal(file_read_kernel(proc, "status", 10, &b, &err), -EFBIG);
	assert_int_equal(file_read_kernel(proc, "none", 10, &b, &err), -ENOENT);
	assert_has(err.text, "none: No such file");
	assert_int_equal(file_read_kernel(proc, "exe", 10, &b, &err), -ELOOP);
	assert_int_equal(file_read_kernel(proc, "fd", 10, &b, &err), -EISDIR);
	assert_has(buf_cstr(&b), "Name:");	/* untouched */
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
	assert_int_equal(file_read_stream(p[0], "stdin", 100, -5000, &b, &err), -ETIMEDOUT);
	close(p[0]);
	close(p[1]);
}

/* The time was over long before anybody looked: what is there counts. */
static void test_stream_overslept(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct error err = { 0 };
	int p[2];

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(write(p[1], "state", 5), 5);
	close(p[1]);
	assert_int_equal(file_read_stream(p[0], "stdin", 100, -5000, &b, &err), 0);
	assert_string_equal(buf_cstr(&b), "state");
	close(p[0]);
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
	static const struct file_part parts[] = { { "one,", 4 }, { NULL, 0 }, { " and two", 8 } };
	struct file_new how = { .name = "new", .fd = -1 };
	_cleanup_buf_ struct buf b = { 0 };
	_cleanup_close_ int path_fd = open(dir_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct error err = { 0 };
	struct stat st, after;

	(void)state;
	put("f", "old", 04751);
	if (is_root()) {
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
	assert_int_equal(file_put(path_fd, "new", "x", 1, &st, &err), 0);
	assert_int_equal(file_read(dir_fd, "new", true, 100, &b, &after, &err), 0);
	assert_string_equal(buf_cstr(&b), "x");
	assert_int_equal(after.st_mode, st.st_mode);
	how.dirfd = path_fd;
	how.like = &st;
	assert_int_equal(file_put_parts(&how, parts, ARRAY_SIZE(parts), &err), 0);
	assert_int_equal(file_read(dir_fd, "new", true, 100, &b, &after, &err), 0);
	assert_string_equal(buf_cstr(&b), "one, and two");
	assert_int_equal(after.st_mode, st.st_mode);
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

/* In two steps: until the second the old file is there, and without it nothing else. */
static void test_prepare(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };
	_cleanup_close_ int path_fd = open(dir_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct error err = { 0 };
	struct stat st, after;

	(void)state;
	put("f", "old", 0644);
	assert_int_equal(fstatat(dir_fd, "f", &st, 0), 0);
	for (int settled = 0; settled < 2; settled++) {
		_cleanup_new_ struct file_new new = {
			.dirfd = path_fd, .name = "f", .like = &st, .fd = -1,
		};

		assert_int_equal(file_prepare(&new, "new", 3, &err), 0);
		assert_int_equal(entries(dir_path), 2);
		assert_int_equal(file_read(dir_fd, "f", true, 100, &b, NULL, &err), 0);
		assert_string_equal(buf_cstr(&b), "old");
		if (!settled)
			continue;
		assert_int_equal(file_settle(&new, &err), 0);
		assert_int_equal(entries(dir_path), 1);
	}
	assert_int_equal(entries(dir_path), 1);
	assert_int_equal(file_read(dir_fd, "f", true, 100, &b, &after, &err), 0);
	assert_string_equal(buf_cstr(&b), "new");
	assert_int_equal(after.st_mode, st.st_mode);
}

static void test_prepare_fails(void **state)
{
	static const char *const names[] = { "", "..", "a/b" };
	struct stat st = { .st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid() };
	struct error err = { 0 };
	int pipes[2];

	(void)state;
	make_dir("d", 0700);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_new_ struct file_new new = {
			.dirfd = dir_fd, .name = names[i], .like = &st, .fd = -1,
		};

		assert_int_equal(file_prepare(&new, "x", 1, &err), -EINVAL);
	}
	/* what cannot be synced does not take the place, nor anything that of a folder */
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	for (int folder = 0; folder < 2; folder++) {
		_cleanup_new_ struct file_new new = {
			.dirfd = dir_fd, .name = folder ? "d" : "f", .like = &st, .fd = -1,
		};

		assert_int_equal(file_prepare(&new, "x", 1, &err), 0);
		assert_int_equal(entries(dir_path), 2);
		if (!folder)
			assert_int_equal(dup2(pipes[0], new.fd), new.fd);
		assert_int_equal(file_settle(&new, &err), folder ? -EISDIR : -EINVAL);
	}
	assert_int_equal(entries(dir_path), 1);
	close(pipes[0]);
	close(pipes[1]);
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
}

static void test_replace_not_permitted(void **state)
{
	(void)state;
	need_root();
	put("f", "old", 0644);
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

/* Where links and descriptors lead; names that nobody knows before. */
static void test_leads(void **state)
{
	_cleanup_free_ char *target = NULL, *none = NULL, *folder = NULL, *real = NULL;
	char one[FILE_FRESH_MAX], two[FILE_FRESH_MAX];
	struct error err;

	(void)state;
	make_link("some where/../else", "link");
	put("file", "x", 0600);
	assert_int_equal(link_read(dir_fd, "link", &target), 0);
	assert_string_equal(target, "some where/../else");
	assert_int_equal(link_read(dir_fd, "file", &none), -EINVAL);
	assert_int_equal(link_read(dir_fd, "missing", &none), -ENOENT);
	assert_int_equal(fd_path(-1, &none), -ENOENT);
	assert_null(none);
	real = realpath(dir_path, NULL);
	assert_int_equal(fd_path(dir_fd, &folder), 0);
	assert_string_equal(folder, real);
	assert_int_equal(file_fresh(one, ".new.", &err), 0);
	assert_int_equal(file_fresh(two, ".new.", &err), 0);
	assert_int_equal(strlen(one), strlen(".new.") + 16);
	assert_memory_equal(one, ".new.", 5);
	assert_string_not_equal(one, two);
	assert_int_equal(file_sync_dir(dir_fd), 0);
	assert_int_equal(file_sync_dir(-1), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(test_read),
		FILE_TEST(test_read_large),
		FILE_TEST(test_read_not_regular),
		FILE_TEST(test_read_kernel),
		FILE_TEST(test_read_links),
		FILE_TEST(test_stream),
		FILE_TEST(test_stream_endless),
		FILE_TEST(test_stream_without_end),
		FILE_TEST(test_stream_overslept),
		FILE_TEST(test_stream_trickle),
		FILE_TEST(test_replace),
		FILE_TEST(test_prepare),
		FILE_TEST(test_prepare_fails),
		FILE_TEST(test_replace_bad_name),
		FILE_TEST(test_replace_fails),
		FILE_TEST(test_replace_not_permitted),
		FILE_TEST(test_write_all),
		FILE_TEST(test_leads),
	};

	umask(022);
	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
