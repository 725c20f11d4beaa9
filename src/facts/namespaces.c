/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces by their nsfs inode (namespaces(7)) and user namespaces' maps. */
#include "facts-private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cofferdam/file.h>

/* linux/magic.h */
#define NSFS_TYPE 0x6e736673u

/* The kernel allows 340 lines of at most 33 bytes. */
#define IDMAP_FILE_MAX (64u << 10)

static int ns_unreadable(struct fact_ns *ns, struct error *err, int errnum)
{
	if (errnum == ENOMEM)
		return error_oom(err);
	ns->is = FACT_UNREADABLE;
	return fact_why_sys(&ns->why, err, errnum);
}

static void ns_known(struct fact_ns *ns, const struct stat *st)
{
	ns->is = FACT_KNOWN;
	ns->dev = st->st_dev;
	ns->ino = st->st_ino;
}

/* Read "net:[4026531840]". 0, or -errno; -ENODATA if it is something else. */
static int link_inode(int dir, const char *name, uint64_t *ret)
{
	char text[64], *at = text;
	const size_t len = strlen(name);
	const ssize_t n = readlinkat(dir, name, text, sizeof(text) - 1);
	uint64_t v = 0;

	if (n < 0)
		return -errno;
	text[n] = '\0';
	if (strncmp(at, name, len) != 0 || strncmp(at + len, ":[", 2) != 0)
		return -ENODATA;
	for (at += len + 2; *at >= '0' && *at <= '9'; at++) {
		if (v > UINT32_MAX)
			return -ENODATA;
		v = v * 10 + (uint64_t)(*at - '0');
	}
	if (v == 0 || strcmp(at, "]") != 0)
		return -ENODATA;
	*ret = v;
	return 0;
}

/*
 * One namespace of the folder @dir. All are files of one file system (nsfs): once
 * @known says which, the text of the link, which has the inode, is cheaper. 0 or
 * -errno.
 */
static int look_at(int dir, const char *name, const struct fact_ns *known, struct fact_ns *ret)
{
	uint64_t ino;
	struct stat st;
	int r = known ? link_inode(dir, name, &ino) : -ENODATA;

	if (r == -ENODATA) {
		if (fstatat(dir, name, &st, 0) < 0)
			return -errno;
		ns_known(ret, &st);
	} else if (r == 0) {
		*ret = (struct fact_ns){ .is = FACT_KNOWN, .dev = known->dev, .ino = ino };
	}
	return r == -ENODATA ? 0 : r;
}

/* All of a /proc/PID/ns. A file that @own, if given, has is unreadable without it. */
static int read_folder(const char *path, const struct fact_ns *own, struct fact_ns v[NS_MAX],
		       struct error *err)
{
	_cleanup_close_ int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const int failed = dir < 0 ? -errno : 0;
	const struct fact_ns *known = NULL;
	int r = 0;

	for (size_t i = 0; own && !known && i < NS_MAX; i++)
		known = own[i].is == FACT_KNOWN ? &own[i] : NULL;
	for (size_t i = 0; i < NS_MAX && r == 0; i++) {
		int s = failed ? failed : look_at(dir, oci_ns_proc((enum oci_ns)i), known, &v[i]);

		if (s == 0)
			known = &v[i];
		else if (s == -ENOENT && !failed && (!own || own[i].is == FACT_ABSENT))
			v[i].is = FACT_ABSENT;	/* the kernel has no such namespaces */
		else
			r = ns_unreadable(&v[i], err, -s);
	}
	return r;
}

int namespaces_own(struct fact_ns v[NS_MAX], struct error *err)
{
	return read_folder("/proc/self/ns", NULL, v, err);
}

int namespaces_of(int64_t pid, const struct fact_ns own[NS_MAX], struct fact_ns v[NS_MAX],
		  struct error *err)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%" PRId64 "/ns", pid);
	return read_folder(path, own, v, err);
}

/*
 * Whether @path is "/proc/PID/ns/NAME". With "self" it names the runtime's own
 * namespaces, which are ours. Any other way through /proc/self (its
 * descriptors, say) is another thing to the runtime than to us.
 */
static bool is_proc_ns(const char *path)
{
	static const char proc[] = "/proc/", self[] = "self/", ns[] = "ns/";
	size_t n;

	if (strncmp(path, proc, sizeof(proc) - 1) != 0)
		return false;
	path += sizeof(proc) - 1;
	n = strspn(path, "0123456789");
	if (n > 0 && path[n] == '/')
		path += n + 1;
	else if (strncmp(path, self, sizeof(self) - 1) == 0)
		path += sizeof(self) - 1;
	else
		return false;
	return strncmp(path, ns, sizeof(ns) - 1) == 0 && !strchr(path + sizeof(ns) - 1, '/');
}

/* open_walked - component by component: whether it leads through /proc/self shows. */
static int open_walked(const char *path, int bundle_fd, bool *ret_own)
{
	struct walk walk = { .fd = -1 };
	int r = path_walk(bundle_fd, path, &walk);

	if (r == 0 && walk.rest)
		r = -ENOENT;
	if (r == 0) {
		*ret_own = walk.own;
		r = steal_fd(&walk.fd);
	}
	walk_free(&walk);
	return r;
}

static bool is_nsfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (uint64_t)fs.f_type == NSFS_TYPE;
}

/*
 * open_entry - most often a mounted file of nsfs: no way through /proc/self leads to one
 * but by a magic link (symlink(7)), or none that exists.
 */
static int open_entry(const char *path, int bundle_fd, bool *ret_own)
{
	_cleanup_close_ int fd = -1;

	if (is_proc_ns(path))
		return path_open_old(AT_FDCWD, path, 0);
	fd = path_open(bundle_fd, path, 0, RESOLVE_NO_MAGICLINKS);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return -ENOENT;
	if (fd >= 0 && is_nsfs(fd))
		return steal_fd(&fd);
	return open_walked(path, bundle_fd, ret_own);
}

static int look_entry(const char *path, int bundle_fd, struct fact_ns *ret, struct error *err)
{
	bool own = false;
	_cleanup_close_ int fd = open_entry(path, bundle_fd, &own);
	struct stat st;

	if (fd < 0)
		return ns_unreadable(ret, err, -fd);
	if (fstat(fd, &st) < 0)
		return ns_unreadable(ret, err, errno);
	if (own || !is_nsfs(fd)) {
		ret->is = FACT_UNREADABLE;
		return fact_why(&ret->why, err, own ? "it leads through /proc/self, which is "
				"another thing to each process" : "not a namespace file");
	}
	ns_known(ret, &st);
	return 0;
}

int namespace_entry(const struct oci_namespace *entry, int bundle_fd, bool look,
		    struct fact_ns *ret, struct error *err)
{
	if (entry->path.is == FIELD_WRONG) {
		ret->is = FACT_UNREADABLE;
		return fact_why(&ret->why, err, "its path is not a string");
	}
	if (entry->path.is != FIELD_PRESENT || !*entry->path.v) {
		ret->is = FACT_ABSENT;
		return 0;
	}
	ret->path = fact_strdup(entry->path.v, err);
	if (!ret->path)
		return -ENOMEM;
	return look ? look_entry(ret->path, bundle_fd, ret, err) : 0;
}

static bool parse_u32(const char **at, uint32_t *ret)
{
	uint64_t v = 0;
	const char *s = *at;

	s += strspn(s, " ");
	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		v = v * 10 + (uint64_t)(*s - '0');
		if (v > UINT32_MAX)
			return false;
	}
	*at = s;
	*ret = (uint32_t)v;
	return true;
}

int idmap_parse(const char *text, struct fact_idmap *ret)
{
	struct fact_idrange *v;
	size_t lines = 0, n = 0;

	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	if (lines == 0)
		return -EINVAL;
	v = calloc(lines, sizeof(*v));
	if (!v)
		return -ENOMEM;
	for (; n < lines; n++) {
		if (!parse_u32(&text, &v[n].inside) || !parse_u32(&text, &v[n].outside) ||
		    !parse_u32(&text, &v[n].count) || *text++ != '\n')
			break;
	}
	if (n < lines || *text) {
		free(v);
		return -EINVAL;
	}
	ret->v = v;
	ret->n = n;
	return 0;
}

static int idmap_unreadable(struct fact_idmap *map, struct error *err, const char *why)
{
	map->is = FACT_UNREADABLE;
	return fact_why(&map->why, err, "%s", why);
}

/* @file of the process @pid, "uid_map" or "gid_map". */
static int idmap_read(const char *pid, const char *file, struct fact_idmap *ret,
		      struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error why = { 0 };
	char path[64];
	int r;

	if (snprintf(path, sizeof(path), "/proc/%s/%s", pid, file) >= (int)sizeof(path))
		return idmap_unreadable(ret, err, "no such process");
	r = file_read_kernel(AT_FDCWD, path, IDMAP_FILE_MAX, &text, &why);
	if (r == -ENOMEM)
		return error_oom(err);
	if (r < 0)
		return idmap_unreadable(ret, err, why.text);
	/* an empty map is one that is not written yet: it must not look like none */
	r = text.len == 0 ? -EINVAL : idmap_parse(buf_cstr(&text), ret);
	if (r == -ENOMEM)
		return error_oom(err);
	if (r < 0)
		return idmap_unreadable(ret, err, text.len == 0 ? "the map is not written yet" :
					"the map is malformed");
	ret->is = FACT_KNOWN;
	return 0;
}

static bool range_from(const struct oci_idmap *from, struct fact_idrange *ret)
{
	if (from->is != FIELD_PRESENT || from->container_id.is == FIELD_WRONG ||
	    from->host_id.is == FIELD_WRONG || from->size.is == FIELD_WRONG ||
	    from->container_id.v > UINT32_MAX || from->host_id.v > UINT32_MAX ||
	    from->size.v > UINT32_MAX)
		return false;
	/* absent ones are 0 to both runtimes */
	ret->inside = (uint32_t)from->container_id.v;
	ret->outside = (uint32_t)from->host_id.v;
	ret->count = (uint32_t)from->size.v;
	return true;
}

static int idmap_from_spec(const struct field_list *list, struct fact_idmap *ret,
			   struct error *err)
{
	const struct oci_idmap *v = list->v;

	if (list->is == FIELD_WRONG)
		return idmap_unreadable(ret, err, "the mappings are not a list");
	if (list->n == 0)
		return idmap_unreadable(ret, err, "the user namespace has no mappings");
	ret->v = calloc(list->n, sizeof(*ret->v));
	if (!ret->v)
		return error_oom(err);
	ret->n = list->n;
	for (size_t i = 0; i < list->n; i++) {
		if (!range_from(&v[i], &ret->v[i]))
			return idmap_unreadable(ret, err, "a mapping is not of three 32-bit numbers");
	}
	ret->is = FACT_KNOWN;
	return 0;
}

/* The PID of "/proc/PID/ns/user", into @ret. */
static bool proc_pid(const char *path, char ret[24])
{
	static const char prefix[] = "/proc/", suffix[] = "/ns/user";
	size_t n;

	if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
		return false;
	path += sizeof(prefix) - 1;
	n = strspn(path, "0123456789");
	if (n == 0 || n >= 24 || strcmp(path + n, suffix) != 0)
		return false;
	memcpy(ret, path, n);
	ret[n] = '\0';
	return true;
}

static int both_unreadable(struct facts *facts, struct error *err, const char *why)
{
	int r = idmap_unreadable(&facts->uid_map, err, why);

	return r < 0 ? r : idmap_unreadable(&facts->gid_map, err, why);
}

static int both_of(struct facts *facts, const char *pid, struct error *err)
{
	int r = idmap_read(pid, "uid_map", &facts->uid_map, err);

	return r < 0 ? r : idmap_read(pid, "gid_map", &facts->gid_map, err);
}

/* KNOWN and empty: ids inside are ids outside. */
static int no_maps(struct facts *facts)
{
	facts->uid_map.is = FACT_KNOWN;
	facts->gid_map.is = FACT_KNOWN;
	return 0;
}

static bool same_ns(const struct fact_ns *a, const struct fact_ns *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

/* The process exists: its own maps are the truth. */
static int idmaps_of_process(int64_t pid, struct facts *facts, struct error *err)
{
	const struct fact_ns *host = &facts->host[NS_USER], *own = &facts->container[NS_USER];
	char name[24];

	if (own->is == FACT_ABSENT && host->is == FACT_ABSENT)
		return no_maps(facts);
	if (own->is != FACT_KNOWN || host->is != FACT_KNOWN)
		return both_unreadable(facts, err, "its user namespace is not known");
	if (same_ns(own, host))
		return no_maps(facts);
	(void)snprintf(name, sizeof(name), "%" PRId64, pid);
	return both_of(facts, name, err);
}

int idmaps_gather(const struct oci_spec *spec, int64_t pid, struct facts *facts,
		  struct error *err)
{
	const struct oci_namespace *entry = oci_ns_find(spec, NS_USER);
	const struct fact_ns *joined;
	char name[24];
	int r;

	if (pid > 0)
		return idmaps_of_process(pid, facts, err);
	/* runtimes ignore mappings without a user namespace */
	if (!entry)
		return no_maps(facts);
	joined = &facts->namespaces[entry - oci_ns_at(spec, 0)];
	if (joined->is == FACT_UNREADABLE)
		return both_unreadable(facts, err, "its user namespace cannot be read");
	if (joined->is == FACT_KNOWN && same_ns(joined, &facts->host[NS_USER]))
		return no_maps(facts);
	if (joined->is == FACT_KNOWN && proc_pid(joined->path, name))
		return both_of(facts, name, err);
	/* a pinned namespace (CRI-O) does not show its maps; CRI-O repeats them */
	r = idmap_from_spec(&spec->linux_.uid_mappings, &facts->uid_map, err);
	return r < 0 ? r : idmap_from_spec(&spec->linux_.gid_mappings, &facts->gid_map, err);
}

int fact_id(const struct fact_idmap *map, uint64_t id, uint64_t *ret)
{
	if (map->n == 0) {
		*ret = id;
		return 0;
	}
	for (size_t i = 0; i < map->n; i++) {
		const struct fact_idrange *range = &map->v[i];

		if (id >= range->inside && id - range->inside < range->count) {
			*ret = range->outside + (id - range->inside);
			return 0;
		}
	}
	return -ENOENT;
}
