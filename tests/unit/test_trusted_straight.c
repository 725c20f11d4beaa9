/* SPDX-License-Identifier: Apache-2.0 */
/* The plain path, which is opened at once, against the walk. */
#include "files.h"
#include "kernel-has.h"

#include "../../src/base/base-private.h"

/* same_walk - the plain path and one that has to be walked come to the same; the
 * first without a walk, if @without. */
static void same_walk(const char *name, int flags, uid_t owner, bool without)
{
	_cleanup_free_ char *walked = NULL, *plain = strdup(at(name));
	struct error err = { 0 }, walk_err = { 0 };
	struct stat a, b;
	int straight, fd, walk_fd;

	assert_non_null(plain);
	assert_true(asprintf(&walked, "/.%s", plain) > 0);
	straight = trusted_straight(plain, flags, owner, &a);
	assert_int_equal(trusted_straight(walked, flags, owner, &a), -1);
	fd = file_open_trusted(plain, flags, owner, &err);
	walk_fd = file_open_trusted(walked, flags, owner, &walk_err);
	if (walk_fd < 0) {
		assert_int_equal(straight, -1);
		assert_int_equal(fd, walk_fd);
		assert_string_equal(err.text, walk_err.text);
		assert_false(without);
		return;
	}
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &a), 0);
	assert_int_equal(fstat(walk_fd, &b), 0);
	assert_true(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
	assert_int_equal(fcntl(fd, F_GETFL), fcntl(walk_fd, F_GETFL));
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	close(walk_fd);
	if (straight >= 0) {
		assert_int_equal(fstat(straight, &a), 0);
		assert_true(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
		close(straight);
	}
	assert_int_equal(straight >= 0, without && openat2_there());
}

/* same_real - a folder's path without links is the kernel's, whichever way it was found. */
static void same_real(const char *path)
{
	_cleanup_free_ char *real = NULL;
	struct error err = { 0 };
	_cleanup_close_ int fd = dir_open_trusted(path, geteuid(), &real, &err);
	char name[64], kernel[PATH_MAX] = { 0 };

	if (fd < 0)
		fail_msg("%s: %s", path, err.text);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	assert_true(readlink(name, kernel, sizeof(kernel) - 1) > 0);
	assert_string_equal(real, kernel);
}

static void test_real(void **state)
{
	struct error err = { 0 };
	char *real = NULL;

	(void)state;
	make_dir("d", 0755);
	make_dir("d/e", 0755);
	make_link("d", "link");
	make_link("../link/e", "d/back");
	put("d/f", "x", 0644);
	same_real(at("d"));
	same_real(at("d/e"));
	same_real(at("d/e/"));
	same_real(at("d//e/."));
	same_real(at("d/e/.."));
	same_real(at("d/e/../../../../.."));
	same_real(at("link"));
	same_real(at("link/e"));
	same_real(at("link/e/../back"));
	same_real(at("d/back/.."));
	same_real("/");
	same_real("//");
	assert_int_equal(chdir(at("link/e")), 0);
	same_real(".");
	same_real("..");
	same_real("../back");
	assert_int_equal(dir_open_trusted(at("d/f"), geteuid(), &real, &err), -ENOTDIR);
	assert_int_equal(dir_open_trusted(at("none"), geteuid(), &real, &err), -ENOENT);
	assert_null(real);
}

static void test_straight(void **state)
{
	const uid_t me = geteuid();
	const mode_t bad[] = { 0775, 0757, 0777 };

	(void)state;
	make_dir("d", 0755);
	make_dir("d/e", 0755);
	put("d/e/f", "x", 0644);
	assert_int_equal(mkfifoat(dir_fd, "d/fifo", 0600), 0);
	assert_int_equal(symlinkat("e", dir_fd, "d/link"), 0);
	assert_int_equal(symlinkat("e/f", dir_fd, "d/file"), 0);
	same_walk("d/e/f", O_RDONLY, me, true);
	same_walk("d/e/f", O_WRONLY | O_APPEND | O_CREAT, me, true);
	same_walk("d/e/f", O_PATH, me, true);
	same_walk("d/e", O_RDONLY, me, true);
	same_walk("d/e", O_PATH | O_DIRECTORY, me, true);
	same_walk("d/fifo", O_PATH, me, true);
	same_walk("d/fifo", O_RDONLY, me, false);
	same_walk("d/e/f", O_WRONLY | O_CREAT | O_EXCL, me, false);
	same_walk("d/e/f", O_RDONLY | O_DIRECTORY, me, false);
	same_walk("d/none", O_RDONLY, me, false);
	same_walk("d/none/f", O_RDONLY, me, false);
	same_walk("d/e/f/x", O_RDONLY, me, false);
	/* a link is the walk's to follow, and to refuse */
	same_walk("d/file", O_RDONLY, me, false);
	same_walk("d/file", O_PATH, me, false);
	same_walk("d/file", O_RDONLY | O_NOFOLLOW, me, false);
	same_walk("d/link/f", O_RDONLY, me, false);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(fchmodat(dir_fd, "d", bad[i], 0), 0);
		same_walk("d/e/f", O_RDONLY, me, false);
		same_walk("d/e", O_PATH, me, false);
		assert_int_equal(fchmodat(dir_fd, "d", 0755, 0), 0);
		assert_int_equal(fchmodat(dir_fd, "d/e", bad[i], 0), 0);
		same_walk("d/e/f", O_RDONLY, me, false);
		assert_int_equal(fchmodat(dir_fd, "d/e", 0755, 0), 0);
		assert_int_equal(fchmodat(dir_fd, "d/e/f", bad[i], 0), 0);
		same_walk("d/e/f", O_RDONLY, me, false);
		assert_int_equal(fchmodat(dir_fd, "d/e/f", 0644, 0), 0);
	}
	assert_int_equal(fchmodat(dir_fd, "d", 01777, 0), 0);
	same_walk("d/e/f", O_RDONLY, me, true);
}

/* Every folder, and the file, each somebody else's. */
static void test_straight_owner(void **state)
{
	static const char *const names[] = { "d", "d/e", "d/e/f" };

	(void)state;
	need_root();
	make_dir("d", 0755);
	make_dir("d/e", 0755);
	put("d/e/f", "x", 0644);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		give(names[i]);
		same_walk("d/e/f", O_RDONLY, 0, false);
		same_walk("d/e/f", O_PATH, 0, false);
		same_walk("d/e/f", O_RDONLY, STRANGER, true);
		assert_int_equal(fchownat(dir_fd, names[i], 0, 0, 0), 0);
	}
	same_walk("d/e/f", O_RDONLY, 0, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(test_straight),
		FILE_TEST(test_real),
		FILE_TEST(test_straight_owner),
	};

	umask(022);
	return cmocka_run_group_tests_name("trusted-straight", tests, NULL, NULL);
}
