/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces by their nsfs inode (namespaces(7)). */
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

int namespace_inode(const char *text, const char *name, uint64_t *ret)
{
	const size_t len = strlen(name);
	const char *at = text;
	uint64_t v = 0;

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

/* link_inode - of the link @name. 0, or -errno; -ENODATA as above. */
static int link_inode(int dir, const char *name, uint64_t *ret)
{
	char text[64];
	const ssize_t n = readlinkat(dir, name, text, sizeof(text) - 1);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return namespace_inode(text, name, ret);
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
	static const char self[] = "/proc/self", ns[] = "/ns/";
	const char *rest = path_behind_pid(path);

	if (!rest && strncmp(path, self, sizeof(self) - 1) == 0)
		rest = path + sizeof(self) - 1;
	return rest && strncmp(rest, ns, sizeof(ns) - 1) == 0 && !strchr(rest + sizeof(ns) - 1, '/');
}

void ns_look_free(struct ns_look *how)
{
	if (how->folder[0])
		close_fd(&how->fd);
	how->folder[0] = '\0';
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

/*
 * open_of_process - what is_proc_ns(). Several entries most often name one process: its
 * folder is looked for once, also where it is gone.
 */
static int open_of_process(struct ns_look *how, const char *path)
{
	const char *slash = strrchr(path, '/');
	const size_t len = (size_t)(slash - path);

	if (len >= sizeof(how->folder) || !slash[1])
		return path_open_old(AT_FDCWD, path, 0);
	if (strncmp(how->folder, path, len) != 0 || how->folder[len]) {
		ns_look_free(how);
		*(char *)mempcpy(how->folder, path, len) = '\0';
		how->fd = path_open_old(AT_FDCWD, how->folder, O_DIRECTORY);
	}
	return how->fd < 0 ? how->fd : path_open_old(how->fd, slash + 1, 0);
}

/* is_gone - whether the folder of @path, whose text has @len bytes, is known not to be there. */
static bool is_gone(const struct ns_gone *gone, const char *path, size_t len)
{
	for (size_t i = 0; i < NS_GONE_MAX && len > 0; i++) {
		if (strncmp(gone->folder[i], path, len) == 0 && !gone->folder[i][len])
			return true;
	}
	return false;
}

/* learn_gone - of @path, which is missing, perhaps with its folder. */
static void learn_gone(struct ns_gone *gone, const char *path, size_t len)
{
	char *folder = gone->folder[gone->next];
	_cleanup_close_ int fd = -1;
	char text[sizeof(gone->folder[0])];

	if (path[0] != '/' || len == 0 || len >= sizeof(text))
		return;
	*(char *)mempcpy(text, path, len) = '\0';
	fd = path_open(AT_FDCWD, text, O_DIRECTORY, RESOLVE_NO_MAGICLINKS);
	if (fd != -ENOENT)
		return;
	memcpy(folder, text, len + 1);
	gone->next = (gone->next + 1) % NS_GONE_MAX;
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
static int open_entry(const char *path, struct ns_look *how, bool *ret_own)
{
	const char *slash = strrchr(path, '/');
	const size_t len = slash ? (size_t)(slash - path) : 0;
	_cleanup_close_ int fd = -1;

	if (is_proc_ns(path))
		return open_of_process(how, path);
	if (is_gone(how->gone, path, len))
		return -ENOENT;
	fd = path_open(how->bundle_fd, path, 0, RESOLVE_NO_MAGICLINKS);
	if (fd == -ENOENT || fd == -ENOTDIR) {
		learn_gone(how->gone, path, len);
		return -ENOENT;
	}
	if (fd >= 0 && is_nsfs(fd))
		return steal_fd(&fd);
	return open_walked(path, how->bundle_fd, ret_own);
}

static int look_entry(const char *path, struct ns_look *how, struct fact_ns *ret,
		      struct error *err)
{
	bool own = false;
	_cleanup_close_ int fd = open_entry(path, how, &own);
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

int namespace_entry(const struct oci_namespace *entry, struct ns_look *how,
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
	return how ? look_entry(ret->path, how, ret, err) : 0;
}

bool fact_ns_same(const struct fact_ns *a, const struct fact_ns *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}
