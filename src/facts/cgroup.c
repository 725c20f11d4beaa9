/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of the cgroup above the container's (cgroups(7), cgroup-v2.rst). */
#include "facts-private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

#define VALUE_MAX 64

/* cgroup v1 shows "no limit" as the largest multiple of a page. */
#define V1_NO_LIMIT (1ull << 62)

/* 0, -ENOENT or another -errno. The value of "max" and "-1" is UINT64_MAX. */
static int parse_value(const char *s, uint64_t *ret, const char **rest)
{
	uint64_t v = 0;

	if (strncmp(s, "max", 3) == 0 || strncmp(s, "-1", 2) == 0) {
		*ret = UINT64_MAX;
		*rest = s + (s[0] == '-' ? 2 : 3);
		return 0;
	}
	if (*s < '0' || *s > '9')
		return -EINVAL;
	for (; *s >= '0' && *s <= '9'; s++) {
		uint64_t digit = (uint64_t)(*s - '0');

		v = v > (UINT64_MAX - digit) / 10 ? UINT64_MAX : v * 10 + digit;
	}
	*ret = v;
	*rest = s;
	return 0;
}

static int read_file(int dir, const char *name, char ret[VALUE_MAX])
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		n = read(fd, ret, VALUE_MAX - 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	ret[n] = '\0';
	return 0;
}

/* The one number in a file. A missing file (controller off) limits nothing. */
static int read_number(int dir, const char *name, uint64_t *ret)
{
	char text[VALUE_MAX];
	const char *rest;
	int r = read_file(dir, name, text);

	if (r == -ENOENT) {
		*ret = UINT64_MAX;
		return 0;
	}
	if (r < 0)
		return r;
	r = parse_value(text, ret, &rest);
	return r == 0 && *rest && *rest != '\n' ? -EINVAL : r;
}

static int add_cpu(uint64_t quota, uint64_t period, struct fact_limits *limits)
{
	uint64_t millicpu;

	if (quota == UINT64_MAX || quota > UINT64_MAX / 1000 - period)
		return 0;
	if (period == 0 || period == UINT64_MAX)
		return -EINVAL;
	/* rounded up: a limit must not look stricter than it is */
	millicpu = (quota * 1000 + period - 1) / period;
	if (millicpu < limits->millicpu)
		limits->millicpu = millicpu;
	return 0;
}

/* cpu.max: "QUOTA PERIOD" in microseconds, QUOTA may be "max". */
static int read_cpu_max(int dir, struct fact_limits *limits)
{
	char text[VALUE_MAX];
	const char *rest;
	uint64_t quota, period;
	int r = read_file(dir, "cpu.max", text);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = parse_value(text, &quota, &rest);
	if (r == 0)
		r = *rest == ' ' ? parse_value(rest + 1, &period, &rest) : -EINVAL;
	return r < 0 ? r : add_cpu(quota, period, limits);
}

static int read_v1_cpu(int dir, struct fact_limits *limits)
{
	uint64_t quota, period;
	int r = read_number(dir, "cpu.cfs_quota_us", &quota);

	if (r < 0 || quota == UINT64_MAX)
		return r;
	r = read_number(dir, "cpu.cfs_period_us", &period);
	return r < 0 ? r : add_cpu(quota, period, limits);
}

/* A limit binds those below only with use_hierarchy, which was optional before 5.11. */
static int read_v1_memory(int dir, struct fact_limits *limits)
{
	uint64_t value, on = 1;
	int r = read_number(dir, "memory.limit_in_bytes", &value);

	if (r < 0 || value >= V1_NO_LIMIT)
		return r;
	r = read_number(dir, "memory.use_hierarchy", &on);
	if (r == 0 && on != 0 && value < limits->memory)
		limits->memory = value;
	return r;
}

static int read_pids(int dir, struct fact_limits *limits)
{
	uint64_t value;
	int r = read_number(dir, "pids.max", &value);

	if (r == 0 && value < limits->pids)
		limits->pids = value;
	return r;
}

/* One folder of a hierarchy. */
static int read_level(int dir, enum hierarchy which, struct fact_limits *limits)
{
	uint64_t memory;
	int r;

	switch (which) {
	case HIERARCHY_MEMORY:
		return read_v1_memory(dir, limits);
	case HIERARCHY_PIDS:
		return read_pids(dir, limits);
	case HIERARCHY_CPU:
		return read_v1_cpu(dir, limits);
	case HIERARCHY_V2:
	case HIERARCHY_DEVICES:
	case HIERARCHY_FREEZER:
	case HIERARCHY_MAX:
		break;
	}
	r = read_number(dir, "memory.max", &memory);
	if (r == 0 && memory < limits->memory)
		limits->memory = memory;
	if (r == 0)
		r = read_pids(dir, limits);
	return r < 0 ? r : read_cpu_max(dir, limits);
}

/* The parent and all folders above it but the root. 0, or -errno. */
static int read_hierarchy(struct cgroups *all, enum hierarchy which, struct fact_limits *limits)
{
	_cleanup_free_ char *path = strdup(limits->cgroup + 1);

	if (!path)
		return -ENOMEM;
	for (;;) {
		_cleanup_close_ int dir = cgroups_open(all, which, path);
		char *slash = strrchr(path, '/');
		int r = dir < 0 ? dir : read_level(dir, which, limits);

		if (r < 0 || !slash)
			return r;
		*slash = '\0';
	}
}

static int unreadable(struct fact_limits *ret, struct error *err, int errnum)
{
	if (errnum == ENOMEM)
		return error_oom(err);
	ret->is = FACT_UNREADABLE;
	return fact_why_sys(&ret->why, err, errnum);
}

/* take_kept - most engines put all of their containers below one cgroup: what was read of it. */
static bool take_kept(const struct cgroups *all, struct fact_limits *ret)
{
	const struct fact_limits *kept = &all->parent;

	if (!kept->cgroup || strcmp(kept->cgroup, ret->cgroup) != 0)
		return false;
	ret->is = kept->is;
	ret->memory = kept->memory;
	ret->pids = kept->pids;
	ret->millicpu = kept->millicpu;
	return true;
}

static int keep_limits(struct cgroups *all, const struct fact_limits *found, struct error *err)
{
	char *cgroup = all->keep ? fact_strdup(found->cgroup, err) : NULL;

	if (!cgroup)
		return all->keep ? -ENOMEM : 0;
	free(all->parent.cgroup);
	all->parent = *found;
	all->parent.cgroup = cgroup;
	return 0;
}

int limits_read(struct cgroups *all, struct fact_limits *ret, struct error *err)
{
	const enum hierarchy first = all->v2 ? HIERARCHY_V2 : HIERARCHY_MEMORY;
	const enum hierarchy last = all->v2 ? HIERARCHY_V2 : HIERARCHY_CPU;
	struct fact_limits found = {
		.is = FACT_ABSENT,
		.cgroup = ret->cgroup,
		.memory = UINT64_MAX,
		.pids = UINT64_MAX,
		.millicpu = UINT64_MAX,
	};
	int r;

	if (take_kept(all, ret))
		return 0;
	r = cgroups_root(all);
	if (r < 0)
		return unreadable(ret, err, -r);
	for (size_t i = first; i <= last; i++) {
		r = read_hierarchy(all, (enum hierarchy)i, &found);

		if (r < 0 && r != -ENOENT)
			return unreadable(ret, err, -r);
		if (r == 0)
			found.is = FACT_KNOWN;
	}
	if (found.is != FACT_KNOWN) {
		ret->is = FACT_ABSENT;
		return 0;
	}
	*ret = found;
	return keep_limits(all, &found, err);
}

/* Whether limits hold by the hierarchy of the controllers @list, which it cuts to pieces. */
static bool limits_by(const struct cgroups *all, char *list)
{
	if (all->v2)
		return *list == '\0';
	for (const char *one; (one = strsep(&list, ","));) {
		if (strcmp(one, "memory") == 0 || strcmp(one, "pids") == 0 || strcmp(one, "cpu") == 0)
			return true;
	}
	return false;
}

bool cgroup_holds(const struct cgroups *all, const char *own, int64_t pid)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error ignored = { 0 };
	char file[64], *rest;
	bool found = false;

	(void)snprintf(file, sizeof(file), "/proc/%" PRId64 "/cgroup", pid);
	if (file_read_kernel(AT_FDCWD, file, 1u << 16, &text, &ignored) < 0)
		return false;
	rest = text.data;
	/* "0::/a/b", "4:memory:/a/b", "5:cpu,cpuacct:/a/b" */
	for (char *line; rest && (line = strsep(&rest, "\n"));) {
		char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		if (!limits_by(all, list + 1))
			continue;
		if (!text_path_below(path, own))
			return false;
		found = true;
	}
	return found;
}

/*
 * not_there - the form "slice:prefix:name" says where limits hold to a runtime that uses
 * systemd; to others it is the name of a cgroup at the top. NULL: it says so.
 */
static int not_there(const char *path, const struct facts_source *source, const char **why)
{
	_cleanup_free_ char *own = NULL;
	int r;

	if (!cgroup_is_systemd(path))
		return 0;
	if (source->cgroup_by == CGROUP_BY_FILES) {
		*why = "linux.cgroupsPath is written for systemd, which the runtime is not told to use";
		return -EINVAL;
	}
	if (source->pid <= 0)
		return 0;
	r = cgroup_own(path, &own, why);
	if (r == 0)
		r = cgroups_version(&source->seen->cgroups);
	if (r == 0 && !cgroup_holds(&source->seen->cgroups, own, source->pid)) {
		*why = "the container is not in the cgroup that linux.cgroupsPath names to systemd";
		return -EINVAL;
	}
	return r;
}

int limits_gather(const struct oci_spec *spec, const struct facts_source *source,
		  struct fact_limits *ret, struct error *err)
{
	struct cgroups *all = &source->seen->cgroups;
	const struct field_str *path = &spec->linux_.cgroups_path;
	const char *why = cgroup_doubt(path);
	int r = 0;

	if (!why && path->is == FIELD_PRESENT && *path->v)
		r = limits_parent(path->v, &ret->cgroup, &why);
	if (r == 0 && !why && ret->cgroup)
		r = not_there(path->v, source, &why);
	if (r < 0 && r != -ENOMEM && !why)
		return unreadable(ret, err, -r);
	if (r == -ENOMEM)
		return error_oom(err);
	if (why) {
		ret->is = FACT_UNREADABLE;
		return fact_why(&ret->why, err, "%s", why);
	}
	if (!ret->cgroup) {
		ret->is = FACT_ABSENT;
		return 0;
	}
	r = cgroups_version(all);
	return r < 0 ? unreadable(ret, err, -r) : limits_read(all, ret, err);
}
