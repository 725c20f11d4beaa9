/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of files: a folder for each test. Compiled into each. */
#ifndef TESTS_UNIT_FILES_H
#define TESTS_UNIT_FILES_H

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

static inline int file_setup(void **state)
{
	(void)state;
	alarm(30);	/* a test that hangs must fail */
	(void)snprintf(dir_path, sizeof(dir_path), "/tmp/cofferdam-test.XXXXXX");
	if (!mkdtemp(dir_path))
		return -1;
	dir_fd = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir_fd < 0 ? -1 : 0;
}

static inline int file_teardown(void **state)
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

static inline bool is_root(void)
{
	return geteuid() == 0;
}

/* need_root - a test skips without: giving files to another user takes it. */
static inline void need_root(void)
{
	if (!is_root())
		skip();
}

/* The path of @name in the folder of the test; good until the call after next. */
static inline const char *at(const char *name)
{
	static char paths[2][PATH_MAX];
	static int turn;

	turn = !turn;
	(void)snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", dir_path, name);
	return paths[turn];
}

static inline void put(const char *name, const char *content, mode_t mode)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct error err = { 0 };

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, content, strlen(content), &err), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static inline void make_dir(const char *name, mode_t mode)
{
	assert_int_equal(mkdirat(dir_fd, name, 0700), 0);
	assert_int_equal(fchmodat(dir_fd, name, mode, 0), 0);
}

static inline void make_link(const char *target, const char *name)
{
	assert_int_equal(symlinkat(target, dir_fd, name), 0);
}

static inline void give(const char *name)
{
	assert_int_equal(fchownat(dir_fd, name, STRANGER, STRANGER, AT_SYMLINK_NOFOLLOW), 0);
}

static inline void make_socket(const char *name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_true(strlen(at(name)) < sizeof(sa.sun_path));
	strcpy(sa.sun_path, at(name));
	assert_int_equal(bind(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
}

static inline int64_t now_ms(void)
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

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, file_setup, file_teardown)

#endif
