/* SPDX-License-Identifier: Apache-2.0 */
/* The CPU limit that a container has now (cgroups(7), cgroup-v2.rst, sched-bwc.rst). */
#include "door-private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/process.h>

#define FILE_BYTES 4096u

/* read_file - "/sys/fs/cgroup/TOP/PATH/NAME" */
static int read_file(const char *top, const char *path, const char *name, struct buf *ret,
		     struct error *err)
{
	_cleanup_buf_ struct buf file = { 0 };

	buf_printf(&file, "/sys/fs/cgroup%s%s/%s", top, path, name);
	if (buf_check(&file, err) < 0)
		return err->code;
	return file_read_kernel(AT_FDCWD, buf_cstr(&file), FILE_BYTES, ret, err);
}

/* version_1 - of the hierarchy that has the controller. */
static int version_1(const char *path, struct cpu_limit *ret, struct error *err)
{
	_cleanup_buf_ struct buf quota = { 0 }, period = { 0 };
	int r = read_file("/cpu", path, "cpu.cfs_quota_us", &quota, err);

	if (r == 0)
		r = read_file("/cpu", path, "cpu.cfs_period_us", &period, err);
	if (r == 0 && (sscanf(buf_cstr(&quota), "%" SCNd64, &ret->quota) != 1 ||
		       sscanf(buf_cstr(&period), "%" SCNd64, &ret->period) != 1))
		return error_set(err, -EBADMSG, "the files of its cgroup are not understood");
	return r;
}

/* version_2 - "QUOTA PERIOD" or "max PERIOD" */
static int version_2(const char *path, struct cpu_limit *ret, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	char max[4];
	int r = read_file("", path, "cpu.max", &text, err);

	if (r < 0)
		return r;
	if (sscanf(buf_cstr(&text), "%3[max] %" SCNd64, max, &ret->period) == 2)
		ret->quota = -1;
	else if (sscanf(buf_cstr(&text), "%" SCNd64 " %" SCNd64, &ret->quota, &ret->period) != 2)
		return error_set(err, -EBADMSG, "cpu.max of its cgroup is not understood");
	return 0;
}

int cpu_now(int64_t pid, struct cpu_limit *ret, struct error *err)
{
	_cleanup_free_ char *one = NULL, *two = NULL;
	_cleanup_buf_ struct buf cgroups = { 0 };
	char name[64];
	int r;

	(void)snprintf(name, sizeof(name), "/proc/%" PRId64 "/cgroup", pid);
	r = file_read_kernel(AT_FDCWD, name, 1u << 20, &cgroups, err);
	if (r < 0)
		return r;
	one = process_cgroup(buf_cstr(&cgroups), "cpu");
	if (one && strncmp(one, "/..", 3) != 0)
		return version_1(one, ret, err);
	two = process_cgroup(buf_cstr(&cgroups), "");
	if (two && strncmp(two, "/..", 3) != 0)
		return version_2(two, ret, err);
	return error_set(err, -ENOENT, "it has no cgroup that can be seen from here");
}
