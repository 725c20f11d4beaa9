/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/process.h>

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <cofferdam/file.h>
#include <cofferdam/mem.h>

/* since Linux 5.14 */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

uint64_t now_us(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

bool kernel_file(int fd)
{
	static const unsigned long types[] = {
		PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
		DEBUGFS_MAGIC, TRACEFS_MAGIC, SECURITYFS_MAGIC, SELINUX_MAGIC, BPF_FS_MAGIC,
		EFIVARFS_MAGIC,
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if ((unsigned long)fs.f_type == types[i])
			return true;
	}
	return false;
}

int process_stderr(pid_t pid)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	_cleanup_close_ int fd = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, STDERR_FILENO, 0);

	return fd >= 0 && kernel_file(fd) ? -1 : steal_fd(&fd);
}

char *program_beside(const char *name)
{
	_cleanup_free_ char *path = NULL;
	int r = link_read(AT_FDCWD, "/proc/self/exe", &path);
	const char *slash = r == 0 ? strrchr(path, '/') : NULL;
	char *beside = NULL;

	if (!slash || asprintf(&beside, "%.*s/%s", (int)(slash - path), path, name) < 0)
		return NULL;
	return beside;
}

char *process_cgroup(const char *text, const char *controller)
{
	const size_t len = strlen(controller);

	for (const char *line = text; line && *line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
		const char *at;

		if (!path)
			continue;
		at = list + 1;
		if (len == 0 && at == path && line[0] == '0')
			return strndup(path + 1, strcspn(path + 1, "\n"));
		while (len && at < path) {
			const size_t n = strcspn(at, ",:");

			if (n == len && strncmp(at, controller, len) == 0)
				return strndup(path + 1, strcspn(path + 1, "\n"));
			at += n + 1;
		}
	}
	return NULL;
}

void process_populate(void *start, size_t len, bool write)
{
	const uintptr_t page = (uintptr_t)getpagesize();
	const uintptr_t first = (uintptr_t)start & ~(page - 1);

	(void)madvise((void *)first, (uintptr_t)start + len - first,
		      write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
}
