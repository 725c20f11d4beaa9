/* SPDX-License-Identifier: Apache-2.0 */
/* A folder for each test, or each group of them. Compiled into each. */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <cofferdam/file.h>

#include "unit.h"

/* From folder_make() to folder_remove(), with root's /tmp above it */
static char dir_path[64];
static int dir_fd = -1;

/* folder_open - open it, or what has been mounted there since. */
static inline int folder_open(void)
{
	if (dir_fd >= 0)
		(void)close(dir_fd);
	dir_fd = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir_fd < 0 ? -1 : 0;
}

static inline int folder_make(void)
{
	(void)snprintf(dir_path, sizeof(dir_path), "/tmp/cofferdam-test.XXXXXX");
	return mkdtemp(dir_path) ? folder_open() : -1;
}

static inline int folder_remove(void)
{
	char command[128];

	(void)close(dir_fd);
	dir_fd = -1;
	(void)snprintf(command, sizeof(command), "rm -rf --one-file-system %s", dir_path);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

/* The path of @name in the folder; good until the call after next. */
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
	(void)close(fd);
}

#endif
