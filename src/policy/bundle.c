/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle's folder, walked from one descriptor: what is there, and nothing else. */
#include "store-private.h"

#include <fcntl.h>
#include <string.h>

/* A walk over a bundle's folder: every file is read whole, bounded in all. */
struct bundle_walk {
	uid_t owner;
	bool anyone;			/* whoever may have written them */
	int (*file)(struct bundle_walk *w, const char *path, const struct buf *text,
		    struct error *err);
	int (*folder)(struct bundle_walk *w, const char *path, struct error *err); /* or NULL */
	void *arg;
	size_t files, folders, bytes;	/* private */
};

static int check_trust(const struct bundle_walk *w, const struct stat *st, const char *path,
		       struct error *err)
{
	if (w->anyone)
		return 0;
	if (st->st_uid != 0 && st->st_uid != w->owner)
		return error_set(err, -EPERM, "%s: belongs to user %u, who is not trusted", path,
				 st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, -EPERM, "%s: writable by group or others; run chmod go-w", path);
	return 0;
}

static int visit_file(struct bundle_walk *w, int dir, const char *name, const char *path,
		      struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct stat st;
	int r;

	if (++w->files > BUNDLE_FILES_MAX + 1)
		return error_set(err, -EFBIG, "more than %d files", BUNDLE_FILES_MAX);
	r = file_read(dir, name, true, POLICY_FILE_MAX, &text, &st, err);
	if (r < 0)
		return r;
	w->bytes += text.len;
	if (w->bytes > BUNDLE_BYTES_MAX)
		return error_set(err, -EFBIG, "more than %u bytes in all", BUNDLE_BYTES_MAX);
	r = check_trust(w, &st, path, err);
	return r < 0 ? r : w->file(w, path, &text, err);
}

static int walk_dir(struct bundle_walk *w, int dir, const char *prefix, unsigned depth,
		    struct error *err);

static int visit(struct bundle_walk *w, int dir, const char *name, const char *prefix,
		 unsigned depth, struct error *err)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int sub = -1;
	struct stat st;
	int r;

	if (asprintf(&path, "%s%s", prefix, name) < 0) {
		path = NULL;
		return error_oom(err);
	}
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, errno, "%s", path);
	if (S_ISREG(st.st_mode))
		return visit_file(w, dir, name, path, err);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, -EINVAL, "%s: %s; a bundle has regular files and folders alone",
				 path, S_ISLNK(st.st_mode) ? "is a symbolic link" :
				 "is a device, FIFO or socket");
	sub = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (sub < 0)
		return error_sys(err, errno, "%s", path);
	if (++w->folders > BUNDLE_FOLDERS_MAX)
		return error_set(err, -EFBIG, "more than %d folders", BUNDLE_FOLDERS_MAX);
	if (depth == BUNDLE_DEPTH_MAX)
		return error_set(err, -EINVAL, "%s: more than %d folders deep", path, BUNDLE_DEPTH_MAX);
	r = check_trust(w, &st, path, err);
	if (r == 0 && w->folder)
		r = w->folder(w, path, err);
	free(steal_ptr(path));
	if (r < 0)
		return r;
	if (asprintf(&path, "%s%s/", prefix, name) < 0) {
		path = NULL;
		return error_oom(err);
	}
	return walk_dir(w, sub, path, depth + 1, err);
}

static int walk_dir(struct bundle_walk *w, int fd, const char *prefix, unsigned depth,
		    struct error *err)
{
	_cleanup_dir_ DIR *dir = dir_open(fd);
	const struct dirent *entry;
	int r;

	if (!dir)
		return error_sys(err, errno, "%s", *prefix ? prefix : "the bundle's folder");
	while ((r = dir_next(dir, &entry)) > 0) {
		r = visit(w, fd, entry->d_name, prefix, depth, err);
		if (r < 0)
			return r;
	}
	return r < 0 ? error_sys(err, -r, "%s", *prefix ? prefix : "the bundle's folder") : 0;
}

int bundle_open(const char *path, uid_t owner, bool anyone, struct error *err)
{
	int fd;

	if (!anyone)
		return file_open_trusted(path, O_RDONLY | O_DIRECTORY, owner, err);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? error_sys(err, errno, "%s", path) : fd;
}

/* checked - @path is what the manifest says; marked as seen. */
static int checked(struct bundle_walk *w, const char *path, const struct buf *text,
		   struct error *err)
{
	struct bundle_check *check = w->arg;
	int r;

	if (strcmp(path, MANIFEST) != 0) {
		r = manifest_check(check->manifest, path, text, err);
		if (r < 0)
			return r;
		check->seen[manifest_find(check->manifest, path) - check->manifest->files] = true;
	}
	return check->take ? check->take(check, path, text, err) : 0;
}

/* made - of a folder in which the manifest names no file nothing is taken, nor is it itself. */
static int made(struct bundle_walk *w, const char *path, struct error *err)
{
	struct bundle_check *check = w->arg;

	return check->folder && manifest_holds(check->manifest, path) ?
	       check->folder(check, path, err) : 0;
}

int bundle_check(struct bundle_check *check, int fd, struct error *err)
{
	struct bundle_walk w = {
		.owner = check->owner, .anyone = check->anyone, .file = checked, .folder = made,
		.arg = check,
	};
	_cleanup_buf_ struct buf text = { 0 };
	int r = file_read(fd, MANIFEST, true, POLICY_FILE_MAX, &text, NULL, err);

	if (r == -ENOENT)
		return error_set(err, r, MANIFEST " is missing; cofferdam bundle seal writes it");
	if (r == 0)
		r = manifest_parse(MANIFEST, &text, check->manifest, err);
	/* it is walked over too; it must be the one that was read */
	check->text = &text;
	if (r == 0)
		r = walk_dir(&w, fd, "", 0, err);
	for (size_t i = 0; r == 0 && i < check->manifest->n; i++) {
		if (!check->seen[i])
			r = error_set(err, -ENOENT, "the manifest names %s, which is missing",
				      check->manifest->files[i].path);
	}
	check->text = NULL;
	return r;
}

int bundle_verify(const char *path, uid_t owner, bool anyone, struct manifest *ret,
		  struct error *err)
{
	_cleanup_manifest_ struct manifest m = { 0 };
	struct bundle_check check = { .manifest = &m, .owner = owner, .anyone = anyone };
	_cleanup_close_ int fd = bundle_open(path, owner, anyone, err);
	int r;

	if (fd < 0)
		return fd;
	r = bundle_check(&check, fd, err);
	if (r < 0)
		return error_context(err, "%s", path);
	*ret = m;
	m = (struct manifest){ 0 };
	return 0;
}

/* What seal writes. */
struct sealing {
	struct buf files;
};

static int seal_file(struct bundle_walk *w, const char *path, const struct buf *text,
		     struct error *err)
{
	struct sealing *s = w->arg;
	char digest[DIGEST_MAX];

	if (strcmp(path, MANIFEST) == 0)
		return 0;
	digest_of(buf_cstr(text), text->len, digest);
	buf_str(&s->files, s->files.len ? ",\n    " : "\n    ");
	json_string(&s->files, path);
	buf_printf(&s->files, ": \"%s\"", digest);
	return buf_check(&s->files, err);
}

static int seal_text(int fd, const char *version, const struct policy *policy,
		     struct buf *out, struct error *err)
{
	struct sealing s = { { 0 } };
	struct bundle_walk w = { .owner = geteuid(), .file = seal_file, .arg = &s };
	int r = walk_dir(&w, fd, "", 0, err);

	buf_str(out, "{\n  \"format\": 1,\n  \"name\": ");
	json_string(out, policy->name);
	buf_str(out, ",\n  \"version\": ");
	json_string(out, version);
	if (policy->description) {
		buf_str(out, ",\n  \"description\": ");
		json_string(out, policy->description);
	}
	buf_printf(out, ",\n  \"files\": {%s\n  }\n}\n", buf_cstr(&s.files));
	buf_free(&s.files);
	return r < 0 ? r : buf_check(out, err);
}

int bundle_seal(const char *path, const char *version, struct manifest *ret, struct error *err)
{
	const struct stat like = { .st_mode = 0644, .st_uid = geteuid(), .st_gid = getegid() };
	_cleanup_manifest_ struct manifest m = { 0 };
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_free_ char *folder = NULL;
	_cleanup_close_ int fd = bundle_open(path, geteuid(), false, err);
	int r;

	if (fd < 0)
		return fd;
	if (!manifest_valid_version(version))
		return manifest_no_version(version, err);
	/* a name with a slash is a path */
	if (asprintf(&folder, "%s/.", path) < 0) {
		folder = NULL;
		return error_oom(err);
	}
	r = policy_load(folder, NULL, geteuid(), &policy, err);
	if (r == 0)
		r = seal_text(fd, version, policy, &text, err);
	if (r == 0)
		r = manifest_parse(MANIFEST, &text, &m, err);
	if (r == 0)
		r = file_replace(fd, MANIFEST, buf_cstr(&text), text.len, &like, err);
	if (r < 0)
		return error_context(err, "%s", path);
	*ret = m;
	m = (struct manifest){ 0 };
	return 0;
}
