/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which cgroup linux.cgroupsPath means: a path, or to a runtime that uses systemd
 * "slice:prefix:name" (runc's docs/systemd.md).
 */
#include "facts-private.h"

#include <fcntl.h>
#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

static bool is_slice(const char *name, size_t len)
{
	static const char suffix[] = ".slice";
	size_t n = sizeof(suffix) - 1;

	return len > n && memcmp(name + len - n, suffix, n) == 0 && !memchr(name, '/', len);
}

/* "a-b.slice" is "/a.slice/a-b.slice" (systemd.slice(5)). */
static int expand_slice(const char *name, size_t len, char **ret, const char **why)
{
	size_t stem = len - (sizeof(".slice") - 1);
	_cleanup_buf_ struct buf out = { 0 };

	*ret = NULL;
	if (stem == 1 && name[0] == '-')
		return 0;
	for (size_t i = 0; i <= stem; i++) {
		if (i < stem && name[i] != '-')
			continue;
		if (i == 0 || name[i - 1] == '-') {
			*why = "linux.cgroupsPath names no valid slice";
			return -EINVAL;
		}
		buf_char(&out, '/');
		buf_add(&out, name, i);
		buf_str(&out, ".slice");
	}
	*ret = buf_steal(&out);
	return *ret ? 0 : -ENOMEM;
}

bool cgroup_is_systemd(const char *path)
{
	const char *colon = strchr(path, ':');

	colon = colon ? strchr(colon + 1, ':') : NULL;
	return colon && !strchr(colon + 1, ':') && !strchr(path, '/');
}

int limits_parent(const char *cgroups_path, char **ret, const char **why)
{
	_cleanup_free_ char *full = NULL, *clean = NULL;
	char *slash;

	if (cgroup_is_systemd(cgroups_path)) {
		size_t n = strcspn(cgroups_path, ":");

		if (n == 0)	/* the default of runc and crun for root */
			return expand_slice("system.slice", strlen("system.slice"), ret, why);
		if (!is_slice(cgroups_path, n)) {
			*why = "linux.cgroupsPath names no valid slice";
			return -EINVAL;
		}
		return expand_slice(cgroups_path, n, ret, why);
	}
	full = path_join("/", cgroups_path);
	clean = full ? text_path_clean(full) : NULL;
	if (!clean)
		return -ENOMEM;
	slash = strrchr(clean, '/');
	*slash = '\0';
	*ret = slash == clean ? NULL : steal_ptr(clean);
	return 0;
}

int cgroup_own(const char *cgroups_path, char **ret, const char **why)
{
	static const char slice[] = ".slice";
	_cleanup_free_ char *parent = NULL, *full = NULL;
	const char *prefix = strchr(cgroups_path, ':'), *name;
	size_t n;
	int r;

	if (!cgroup_is_systemd(cgroups_path)) {
		full = path_join("/", cgroups_path);
		*ret = full ? text_path_clean(full) : NULL;
		return *ret ? 0 : -ENOMEM;
	}
	r = limits_parent(cgroups_path, &parent, why);
	if (r < 0)
		return r;
	name = strchr(++prefix, ':');
	n = strlen(name);
	if (n >= sizeof(slice) && strcmp(name + n - (sizeof(slice) - 1), slice) == 0) {
		*why = "runtimes differ on a linux.cgroupsPath whose name is a slice";
		return -EINVAL;
	}
	if (asprintf(&full, "%s/%.*s-%s.scope", parent ? parent : "", (int)(name - prefix), prefix,
		     name + 1) < 0) {
		full = NULL;
		return -ENOMEM;
	}
	*ret = steal_ptr(full);
	return 0;
}

/* A relative path: below "/" to crun, below the runtime's own cgroup to runc. */
static bool own_is_root(void)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };
	const char *line;

	if (file_read_kernel(AT_FDCWD, "/proc/self/cgroup", 1u << 16, &text, &err) < 0)
		return false;
	for (line = buf_cstr(&text); line && *line; line = strchr(line, '\n') + 1) {
		/* "4:memory:/a/b" */
		const char *path = strchr(line, ':');

		path = path ? strchr(path + 1, ':') : NULL;
		if (!path || strncmp(path, ":/\n", 3) != 0)
			return false;
	}
	return true;
}

const char *cgroup_doubt(const struct field_str *path)
{
	if (path->is == FIELD_WRONG)
		return "linux.cgroupsPath is not a string";
	if (path->is == FIELD_PRESENT && *path->v && path->v[0] != '/' &&
	    !cgroup_is_systemd(path->v) && !own_is_root())
		return "runtimes differ on a relative linux.cgroupsPath";
	return NULL;
}
