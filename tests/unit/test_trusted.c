/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

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
	assert_int_equal(file_read_trusted(at("d/f"), geteuid(), 7, &b, NULL, &err), 0);
	assert_string_equal(buf_cstr(&b), "trusted");
	assert_int_equal(file_read_trusted(at("d/f"), geteuid(), 6, &b, NULL, &err), -EFBIG);
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
	assert_int_equal(file_read_trusted(at("d"), geteuid(), 10, &b, NULL, &err), -EINVAL);
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
	need_root();
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
	need_root();
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
	need_root();
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
			skip();		/* chroot(2) is not allowed here */
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
	if (is_root() && mknodat(dir_fd, "zero", S_IFCHR | 0600, makedev(1, 5)) == 0)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	umask(022);
	return cmocka_run_group_tests_name("trusted", tests, NULL, NULL);
}
