/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is in the container's cgroup: a runtime writes its limits there and kills
 * at the end what is in it, whoever that is (cgroups(7)).
 */
#include "facts-private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

/* A cgroup that is new or the container's own has a handful. */
#define FOLDERS_MAX 512
#define PROCESSES_MAX 4096

struct scan {
	const struct cgroup_query *query;
	bool ns_read;
	struct stat ns;			/* the container's pid namespace */
	uint32_t others;
	size_t folders, processes;
	struct buf todo;		/* folders to visit, each ended by NUL */
};

/* What stays unreadable in any case; -ENOMEM is out of memory. */
#define TOO_MANY (-E2BIG)

static int members_unreadable(struct fact_cgroup *ret, struct error *err, int errnum)
{
	if (errnum == ENOMEM)
		return error_oom(err);
	ret->is = FACT_UNREADABLE;
	ret->others = 0;
	if (errnum == -TOO_MANY)
		return fact_why(&ret->why, err, "too many processes or cgroups are in it");
	return fact_why_sys(&ret->why, err, errnum);
}

static int pid_ns(int64_t pid, struct stat *ret)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%" PRId64 "/ns/pid", pid);
	return stat(path, ret) < 0 ? -errno : 0;
}

/* 1, 0, or -errno: what the container's own namespace is cannot be told. */
static int is_other(struct scan *s, int64_t pid)
{
	struct stat st;
	int r;

	if (s->query->pid <= 0 || pid == 0)	/* 0: of a pid namespace that is not below ours */
		return 1;
	if (pid == s->query->pid)
		return 0;
	if (s->query->shared)
		return 1;
	r = s->ns_read ? 0 : pid_ns(s->query->pid, &s->ns);
	if (r < 0)
		return r;
	s->ns_read = true;
	r = pid_ns(pid, &st);
	if (r < 0)
		return r != -ENOENT && r != -ESRCH;	/* else it has just ended */
	return st.st_dev != s->ns.st_dev || st.st_ino != s->ns.st_ino;
}

static int count(struct scan *s, int64_t pid)
{
	int r = ++s->processes > PROCESSES_MAX ? TOO_MANY : is_other(s, pid);

	if (r < 0)
		return r;
	s->others += (uint32_t)r;
	return 0;
}

/* The numbers of cgroup.procs, one a line. */
static int read_procs(int dir, struct scan *s)
{
	_cleanup_close_ int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[1024];
	int64_t pid = -1;
	int r = 0;

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t n = read(fd, text, sizeof(text));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return pid < 0 ? 0 : count(s, pid);
		for (ssize_t i = 0; i < n && r == 0; i++) {
			if (text[i] >= '0' && text[i] <= '9' && pid <= INT32_MAX) {
				pid = (pid < 0 ? 0 : pid * 10) + (text[i] - '0');
			} else if (text[i] == '\n' && pid >= 0) {
				r = count(s, pid);
				pid = -1;
			} else {
				r = -EINVAL;
			}
		}
		if (r < 0)
			return r;
	}
}

static int add_folder(struct scan *s, const char *above, const char *name)
{
	if (++s->folders > FOLDERS_MAX)
		return TOO_MANY;
	if (above) {
		buf_str(&s->todo, above);
		buf_char(&s->todo, '/');
	}
	buf_str(&s->todo, name);
	buf_char(&s->todo, '\0');
	return s->todo.oom ? -ENOMEM : 0;
}

static int add_folders(int dir, const char *path, struct scan *s)
{
	_cleanup_dir_ DIR *stream = NULL;
	const struct dirent *entry;
	struct stat st;
	int r;

	if (fstat(dir, &st) < 0)
		return -errno;
	if (st.st_nlink == 2)	/* "." and its name: no folder below has a ".." */
		return 0;
	stream = dir_open(dir);
	if (!stream)
		return -errno;
	while ((r = dir_next(stream, &entry)) > 0) {
		r = entry->d_type == DT_DIR ? add_folder(s, path, entry->d_name) : 0;
		if (r != 0)
			return r;
	}
	return r;
}

/* -ENOENT: there is no such folder, or it has just gone. */
static int visit(enum hierarchy which, const char *path, struct scan *s)
{
	_cleanup_close_ int dir = cgroups_open(s->query->all, which, path);
	int r = dir < 0 ? dir : read_procs(dir, s);

	if (r == 0)
		r = add_folders(dir, path, s);
	return r == -ENODEV ? -ENOENT : r;
}

/* One hierarchy: the cgroup and all below it. 0, or -errno; -ENOENT: it is not there. */
static int scan_hierarchy(enum hierarchy which, struct scan *s)
{
	const char *path = s->query->path + strspn(s->query->path, "/");
	int r;

	buf_reset(&s->todo);
	s->others = 0;
	s->folders = s->processes = 0;
	r = visit(which, *path ? path : ".", s);
	for (size_t at = 0; r == 0 && at < s->todo.len; ) {
		/* a copy: what is added may move the text */
		_cleanup_free_ char *next = strdup(s->todo.data + at);

		if (!next)
			return -ENOMEM;
		at += strlen(next) + 1;
		r = visit(which, next, s);
		r = r == -ENOENT ? 0 : r;
	}
	return r;
}

/* scan_folder - those directly in the cgroup @path; who keeps what was found asks once for one. */
static int scan_folder(enum hierarchy which, const char *path, struct scan *s)
{
	struct cgroup_top *top = &s->query->all->v[which];
	const size_t before = s->processes;
	_cleanup_close_ int dir = -1;
	int r;

	if (top->empty && strcmp(top->empty, path) == 0)
		return 0;
	dir = cgroups_open(s->query->all, which, path);
	r = dir < 0 ? dir : read_procs(dir, s);
	if (r == 0 && s->processes == before && s->query->all->keep) {
		free(top->empty);
		top->empty = strdup(path);	/* without memory it is asked again */
	}
	return r;
}

/*
 * Those that are directly in a cgroup above: it is theirs, and so are its limits. Engines
 * have nobody in the ones below which they put containers: the kernel forbids it in v2, and
 * podman leaves its own (--cgroups=split) to everything in it for one beside the container's.
 */
static int scan_above(enum hierarchy which, struct scan *s)
{
	_cleanup_free_ char *path = strdup(s->query->path + strspn(s->query->path, "/"));

	if (!path)
		return -ENOMEM;
	s->others = 0;
	s->processes = 0;
	for (char *slash; (slash = strrchr(path, '/'));) {
		int r;

		*slash = '\0';
		r = scan_folder(which, path, s);
		/* a threaded one has no processes of its own */
		if (r < 0 && r != -ENOENT && r != -ENODEV && r != -EOPNOTSUPP)
			return r;
	}
	return 0;
}

/* Those whose members a runtime limits, freezes or kills: all that there are. */
static int scan_all(const struct cgroup_query *query, struct scan *s, struct fact_cgroup *ret)
{
	const enum hierarchy first = query->all->v2 ? HIERARCHY_V2 : HIERARCHY_MEMORY;
	const enum hierarchy last = query->all->v2 ? HIERARCHY_V2 : HIERARCHY_FREEZER;
	int r = cgroups_root(query->all);

	if (r < 0)
		return r;
	for (size_t i = first; i <= last; i++) {
		r = scan_hierarchy((enum hierarchy)i, s);

		if (r < 0 && r != -ENOENT)
			return r;
		if (r == -ENOENT)
			continue;
		ret->is = FACT_KNOWN;
		if (s->others > ret->others)
			ret->others = s->others;
	}
	for (size_t i = first; i <= last; i++) {
		r = scan_above((enum hierarchy)i, s);
		if (r < 0)
			return r == -ENOENT ? 0 : r;
		if (s->others == 0)
			continue;
		ret->is = FACT_KNOWN;
		if (s->others > ret->others)
			ret->others = s->others;
	}
	return 0;
}

int cgroup_members(const struct cgroup_query *query, struct fact_cgroup *ret, struct error *err)
{
	struct scan s = { .query = query };
	int r;

	if (ret->is == FACT_UNREADABLE)
		return 0;
	if (ret->is == FACT_UNKNOWN)
		ret->is = FACT_ABSENT;
	r = scan_all(query, &s, ret);
	buf_free(&s.todo);
	return r < 0 ? members_unreadable(ret, err, -r) : 0;
}

/* Whether others than the container may be in its pid namespace. */
static bool pid_shared(const struct oci_spec *spec)
{
	const struct oci_namespace *entry = oci_ns_find(spec, NS_PID);

	return !entry || entry->path.is == FIELD_WRONG || (entry->path.v && *entry->path.v);
}

static int look(const struct cgroup_query *base, const char *cgroups_path,
		struct fact_cgroup *ret, struct error *err)
{
	_cleanup_free_ char *own = NULL, *plain = NULL;
	struct cgroup_query query = *base;
	const char *why = NULL;
	int r = cgroup_own(cgroups_path, &own, &why);

	if (r == -ENOMEM)
		return error_oom(err);
	if (r < 0) {
		ret->is = FACT_UNREADABLE;
		return fact_why(&ret->why, err, "%s", why);
	}
	query.path = own;
	r = cgroup_members(&query, ret, err);
	if (r < 0 || !cgroup_is_systemd(cgroups_path))
		return r;
	/* to a runtime that does not use systemd it is a name like any other */
	plain = path_join("/", cgroups_path);
	if (!plain)
		return error_oom(err);
	query.path = plain;
	return cgroup_members(&query, ret, err);
}

int cgroup_gather(const struct oci_spec *spec, struct cgroup_query *query,
		  struct fact_cgroup *ret, struct error *err)
{
	const struct field_str *path = &spec->linux_.cgroups_path;
	const char *why = cgroup_doubt(path);
	int r = cgroups_version(query->all);

	if (r < 0)
		return members_unreadable(ret, err, -r);
	ret->v2 = query->all->v2;
	if (why) {
		ret->is = FACT_UNREADABLE;
		return fact_why(&ret->why, err, "%s", why);
	}
	if (path->is != FIELD_PRESENT || !*path->v) {
		ret->is = FACT_ABSENT;
		return 0;
	}
	query->shared = query->pid > 0 && pid_shared(spec);
	return look(query, path->v, ret, err);
}
