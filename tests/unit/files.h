/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of files: a folder for each test. Compiled into each. */
#ifndef TESTS_UNIT_FILES_H
#define TESTS_UNIT_FILES_H

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include <cofferdam/error.h>
#include <cofferdam/file.h>
#include <cofferdam/text.h>

#include "folder.h"

/* A user who is neither root nor the tester. */
#define STRANGER 4242

static inline int file_setup(void **state)
{
	(void)state;
	alarm(30);	/* a test that hangs must fail */
	return folder_make();
}

static inline int file_teardown(void **state)
{
	(void)state;
	alarm(0);
	return folder_remove();
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
