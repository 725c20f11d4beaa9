/* SPDX-License-Identifier: Apache-2.0 */
/* Limits in the files of the container's cgroups (cgroup-v2.rst, cgroup-v1/). */
#include "gate-private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include <cofferdam/file.h>

#include "cgroup-private.h"

/* One limit, in both versions. */
struct limit_files {
	const char *what, *controller;
	const char *v2, *v1;		/* the files */
};

static const struct limit_files memory_files = { "memory", "memory", "memory.max",
						 "memory.limit_in_bytes" };
static const struct limit_files pids_files = { "process", "pids", "pids.max", "pids.max" };
static const struct limit_files cpu_files = { "CPU", "cpu", "cpu.max", "cpu.cfs_quota_us" };

/* limit_folder - where the limit's file is, and its name. A descriptor or -errno. */
static int limit_folder(struct gate *g, const struct limit_files *files, const char **ret_name)
{
	int dir = gate_cgroup(g, files->controller);

	*ret_name = files->v1;
	if (dir >= 0 && faccessat(dir, files->v1, F_OK, 0) == 0)
		return dir;
	dir = gate_cgroup(g, "");
	*ret_name = files->v2;
	return dir >= 0 && faccessat(dir, files->v2, F_OK, 0) < 0 ? -ENOENT : dir;
}

static int write_text(int dir, const char *name, const char *text, struct error *err)
{
	_cleanup_close_ int fd = openat(dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return error_sys(err, errno, "%s", name);
	return file_write_all(fd, text, strlen(text), err);
}

static int write_limit(struct gate *g, const struct limit_files *files, uint64_t value,
		       struct error *err)
{
	char text[64];
	const char *name;
	pid_t other = 0;
	int dir, r;

	dir = limit_folder(g, files, &name);
	if (dir < 0)
		return error_set(err, -ENOENT,
				 "the %s limit cannot be set: the container has no cgroup of its own for it",
				 files->what);
	r = cgroup_only(g, dir, &other);
	if (r < 0 || other)
		return error_set(err, r < 0 ? r : -EBUSY,
				 "the %s limit cannot be set: the cgroup is not the container's alone",
				 files->what);
	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	if (files == &cpu_files && name == files->v1) {
		(void)snprintf(text, sizeof(text), "%" PRIu64, g->wants.cpu_period);
		r = write_text(dir, "cpu.cfs_period_us", text, err);
		(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	} else if (files == &cpu_files) {
		(void)snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64, value,
			       g->wants.cpu_period);
	}
	if (r == 0)
		r = write_text(dir, name, text, err);
	if (r < 0)
		return error_context(err, "the %s limit cannot be set", files->what);
	note(&g->tightened, "%s limit", files->what);
	return 0;
}

int tighten_limits(struct gate *g, struct error *err)
{
	const struct wants *w = &g->wants;
	int r = w->memory ? write_limit(g, &memory_files, w->memory, err) : 0;

	if (r == 0 && w->pids)
		r = write_limit(g, &pids_files, w->pids, err);
	return r == 0 && w->cpu_quota ? write_limit(g, &cpu_files, w->cpu_quota, err) : r;
}

static uint64_t parse(const char **at)
{
	char *end;
	unsigned long long v = strtoull(*at, &end, 10);

	if (end == *at || **at == '-')
		return UINT64_MAX;
	*at = end;
	return v;
}

/* millicpu - thousandths of a CPU, rounded up: no limit must look stricter than it is. */
static uint64_t millicpu(uint64_t quota, uint64_t period)
{
	if (quota == UINT64_MAX || period == 0 || period == UINT64_MAX || quota > UINT64_MAX / 2000)
		return UINT64_MAX;
	return (quota * 1000 + period - 1) / period;
}

/* read_limit - the limit in force; UINT64_MAX is none. 0 or -errno. */
static int read_limit(struct gate *g, const struct limit_files *files, uint64_t *ret)
{
	_cleanup_buf_ struct buf text = { 0 }, period = { 0 };
	struct error err = { 0 };
	const char *name, *at;
	int dir = limit_folder(g, files, &name);
	int r = dir < 0 ? dir : file_read_kernel(dir, name, 4096, &text, &err);

	if (r < 0)
		return r;
	at = buf_cstr(&text);
	*ret = parse(&at);
	if (files != &cpu_files)
		return 0;
	if (name == files->v1) {
		r = file_read_kernel(dir, "cpu.cfs_period_us", 4096, &period, &err);
		if (r < 0)
			return r;
		at = buf_cstr(&period);
	}
	at += strspn(at, " ");
	*ret = millicpu(*ret, *ret == UINT64_MAX ? 0 : parse(&at));
	return 0;
}

static void verify_limit(struct gate *g, const struct limit_files *files, uint64_t admitted)
{
	uint64_t found = UINT64_MAX;
	int r;

	if (admitted == 0)
		return;
	r = read_limit(g, files, &found);
	if (r < 0)
		note(&g->unverified, "%s limit: %s", files->what,
		     r == -ENOENT ? "the container has no cgroup of its own for it" : strerror(-r));
	else if (found > admitted)
		mismatch(g, "the %s limit is %" PRIu64 " where %" PRIu64 " was admitted", files->what,
			 found, admitted);
	else
		note(&g->verified, "%s limit", files->what);
}

static uint64_t positive(const struct field_int *field)
{
	return field->is == FIELD_PRESENT && field->v > 0 ? (uint64_t)field->v : 0;
}

/* same_words - whatever the space between and after them. */
static bool same_words(const char *a, const char *b)
{
	for (;;) {
		const size_t n = strcspn(a += strspn(a, " \t\n"), " \t\n");

		b += strspn(b, " \t\n");
		if (n != strcspn(b, " \t\n") || strncmp(a, b, n) != 0)
			return false;
		if (n == 0)
			return true;
		a += n;
		b += n;
	}
}

int unified_holds(const char *file, const char *wanted, const char *found)
{
	static const char *const ceilings[] = {
		"memory.max", "memory.high", "memory.swap.max", "memory.swap.high",
		"memory.zswap.max", "pids.max",
	};
	const bool cpu = strcmp(file, "cpu.max") == 0;
	uint64_t limit = parse(&wanted), is = parse(&found);

	for (size_t i = 0; i < ARRAY_SIZE(ceilings); i++) {
		if (strcmp(file, ceilings[i]) == 0)
			return is <= limit;
	}
	if (cpu) {
		wanted += strspn(wanted, " ");
		found += strspn(found, " ");
		/* a quota alone is one of the period that is there */
		return millicpu(is, is == UINT64_MAX ? 0 : parse(&found)) <=
		       millicpu(limit, limit == UINT64_MAX ? 0 :
				*wanted >= '0' && *wanted <= '9' ? parse(&wanted) : 100000);
	}
	return -EINVAL;
}

/* verify_unified - the files that linux.resources.unified names. */
static void verify_unified(struct gate *g, int dir, const struct field_str *value)
{
	const char *file = value->node ? value->node->key : NULL;
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };
	int r;

	/* the name of a file in the folder, and not a way out of it */
	if (!file || !*file || !value->v || strchr(file, '/') ||
	    file_read_kernel(dir, file, 1u << 16, &text, &err) < 0) {
		note(&g->unverified, "linux.resources.unified %s", file ? file : "?");
		return;
	}
	if (same_words(value->v, buf_cstr(&text)))
		r = 1;
	else
		r = unified_holds(file, value->v, buf_cstr(&text));
	if (r > 0)
		note(&g->verified, "%s", file);
	else if (r == 0)
		mismatch(g, "%s of its cgroup is %.*s, where %s was admitted", file,
			 (int)strcspn(buf_cstr(&text), "\n"), buf_cstr(&text), value->v);
	else
		note(&g->unverified, "linux.resources.unified %s: its file reads otherwise", file);
}

/* set_by - whether linux.resources.unified sets the file, which is applied last, in @dir:
 * where cgroup v2 does not have the controller it sets nothing. */
static bool set_by(const struct field_map *unified, const struct limit_files *files, int dir)
{
	if (dir < 0 || faccessat(dir, files->v2, F_OK, 0) < 0)
		return false;
	for (size_t i = 0; i < unified->n; i++) {
		const struct json *node = unified->v[i].node;

		if (node && node->key && strcmp(node->key, files->v2) == 0)
			return true;
	}
	return false;
}

void verify_limits(struct gate *g)
{
	const struct oci_resources *r = &g->call->wanted->linux_.resources;
	const uint64_t quota = positive(&r->cpu.quota);
	const uint64_t period = r->cpu.period.is == FIELD_PRESENT && r->cpu.period.v ? r->cpu.period.v
										     : 100000;
	const int dir = r->unified.n > 0 ? gate_cgroup(g, "") : -1;

	/* a user without root may have none to give */
	if (cgroup_none(g) && !g->call->rootless &&
	    (r->unified.n > 0 || quota || positive(&r->memory.limit) || positive(&r->pids.limit))) {
		mismatch(g, "the limits that were admitted are not in force: it has no cgroup of its own");
		return;
	}
	if (r->unified.n > 0 && dir < 0)
		note(&g->unverified, "linux.resources.unified: the container has no cgroup v2 of its own");
	for (size_t i = 0; dir >= 0 && i < r->unified.n; i++)
		verify_unified(g, dir, &r->unified.v[i]);
	if (!set_by(&r->unified, &memory_files, dir))
		verify_limit(g, &memory_files, positive(&r->memory.limit));
	if (!set_by(&r->unified, &pids_files, dir))
		verify_limit(g, &pids_files, positive(&r->pids.limit));
	if (!set_by(&r->unified, &cpu_files, dir))
		verify_limit(g, &cpu_files, quota ? millicpu(quota, period) : 0);
}
