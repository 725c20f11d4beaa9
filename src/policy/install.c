/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle into the store: copied beside, every byte compared with the manifest
 * as it is copied, synced, renamed. What has the name of a version is whole.
 */
#include "store-private.h"

#include <fcntl.h>
#include <string.h>

static int take_folder(struct bundle_check *check, const char *path, struct error *err)
{
	return mkdirat(check->to, path, 0755) < 0 ? error_sys(err, errno, "%s", path) : 0;
}

static int take_file(struct bundle_check *check, const char *path, const struct buf *text,
		     struct error *err)
{
	_cleanup_close_ int fd = -1;
	int r;

	/* changed since it was read? then what was checked is not what would be there */
	if (strcmp(path, MANIFEST) == 0 && (text->len != check->text->len ||
	    memcmp(buf_cstr(text), buf_cstr(check->text), text->len) != 0))
		return error_set(err, -ESTALE, "%s changes while it is read", path);
	fd = openat(check->to, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_sys(err, errno, "%s: cannot be made in the store", path);
	r = file_write_all(fd, buf_cstr(text), text->len, err);
	/* whatever the umask is: the hook of a rootless engine reads it too */
	if (r == 0 && (fchmod(fd, 0644) < 0 || fsync(fd) < 0))
		r = error_sys(err, errno, "%s: cannot be written to the store", path);
	return r < 0 ? error_context(err, "%s", path) : 0;
}

/* empty - take everything out of the folder @fd; a crash may have left it. */
static int empty(int fd, unsigned depth)
{
	_cleanup_dir_ DIR *dir = dir_open(fd);
	const struct dirent *entry;
	int r;

	if (!dir || depth > BUNDLE_DEPTH_MAX + 1)
		return -EIO;
	while ((r = dir_next(dir, &entry)) > 0) {
		_cleanup_close_ int sub = -1;

		if (unlinkat(fd, entry->d_name, 0) == 0)
			continue;
		sub = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0 || empty(sub, depth + 1) < 0 ||
		    unlinkat(fd, entry->d_name, AT_REMOVEDIR) < 0)
			return -EIO;
	}
	return r;
}

static void discard(int versions, const char *name)
{
	_cleanup_close_ int fd = openat(versions, name,
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && empty(fd, 0) == 0)
		(void)unlinkat(versions, name, AT_REMOVEDIR);
}

/* sweep - what an install that was interrupted left; the lock is held. */
static void sweep(int versions)
{
	_cleanup_dir_ DIR *dir = dir_open(versions);
	const struct dirent *entry;

	while (dir && dir_next(dir, &entry) > 0) {
		if (entry->d_name[0] == '.')
			discard(versions, entry->d_name);
	}
}

static int sync_folders(struct bundle_check *check, struct error *err)
{
	/* each folder of a file, then the bundle's own */
	for (size_t i = 0; i < check->manifest->n; i++) {
		_cleanup_free_ char *path = strdup(check->manifest->files[i].path);
		char *slash = path ? strrchr(path, '/') : NULL;
		_cleanup_close_ int fd = -1;
		int r;

		if (!path)
			return error_oom(err);
		if (!slash)
			continue;
		*slash = '\0';
		fd = openat(check->to, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = fd < 0 ? error_sys(err, errno, "%s", path) : sync_folder(fd, path, err);
		if (r < 0)
			return r;
	}
	return sync_folder(check->to, "the bundle", err);
}

/* copy - the bundle at @from into the fresh folder @fresh of @versions. */
static int copy(struct bundle_check *check, int from, int versions, const char *fresh,
		struct error *err)
{
	_cleanup_close_ int to = -1;
	int r;

	if (mkdirat(versions, fresh, 0755) < 0)
		return error_sys(err, errno, "the store: cannot make a folder");
	to = openat(versions, fresh, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0 || fchmod(to, 0755) < 0)
		return error_sys(err, errno, "the store: its new folder");
	check->to = to;
	check->take = take_file;
	check->folder = take_folder;
	r = bundle_check(check, from, err);
	return r < 0 ? r : sync_folders(check, err);
}

/* there_already - 1 if the version is there, alike; 0 if it is not there. */
static int there_already(const struct store *store, const struct manifest *m, struct error *err)
{
	_cleanup_manifest_ struct manifest have = { 0 };
	_cleanup_free_ char *path = NULL;
	int r;

	if (asprintf(&path, "%s/" STORE "/%s/versions/%s", store->bundles, m->name,
		     m->version) < 0) {
		path = NULL;
		return error_oom(err);
	}
	r = bundle_verify(path, store->owner, false, &have, err);
	if (r == -ENOENT && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (r < 0)
		return error_context(err, "%s %s is installed, but not as it was: remove that folder, and install it again",
				     m->name, m->version);
	if (strcmp(have.digest, m->digest) == 0)
		return 1;
	return error_set(err, -EEXIST,
			 "%s %s is installed with another content (%s); what changes needs a new version",
			 m->name, m->version, have.digest);
}

static int check_source(int from, const char *digest, const struct store *store,
			struct manifest *ret, struct error *err)
{
	struct bundle_check check = {
		.manifest = ret, .owner = store->owner, .anyone = digest != NULL,
	};
	enum bundle shipped;
	int r = bundle_check(&check, from, err);

	if (r < 0)
		return r;
	if (digest && strcmp(digest, ret->digest) != 0)
		return error_set(err, -ESTALE, "its digest is %s, not %s", ret->digest, digest);
	if (strcmp(ret->name, STORE_LOCK) == 0)
		return error_set(err, -EINVAL, "a bundle of the name \"%s\" cannot be kept in the store: call it otherwise",
				 ret->name);
	if (bundle_parse(ret->name, &shipped) == 0)
		return error_set(err, -EINVAL, "\"%s\" is the name of a shipped policy", ret->name);
	return 0;
}

static int put(struct store *store, int from, const char *digest, struct manifest *m,
	       struct error *err)
{
	_cleanup_manifest_ struct manifest again = { 0 };
	struct bundle_check check = {
		.manifest = &again, .owner = store->owner, .anyone = digest != NULL,
	};
	_cleanup_close_ int versions = store_dir(store, m->name, "versions", true, err);
	char fresh[FILE_FRESH_MAX];
	int r;

	if (versions < 0)
		return versions;
	sweep(versions);
	r = file_fresh(fresh, ".new.", err);
	if (r < 0)
		return r;
	r = copy(&check, from, versions, fresh, err);
	if (r == 0 && strcmp(again.digest, m->digest) != 0)
		r = error_set(err, -ESTALE, MANIFEST " changes while it is read");
	if (r == 0 && renameat(versions, fresh, versions, m->version) < 0)
		r = error_sys(err, errno, "%s %s: cannot be put in its place", m->name, m->version);
	if (r < 0) {
		discard(versions, fresh);
		return r;
	}
	return sync_folder(versions, "the store", err);
}

int store_install(struct store *store, const char *path, const char *digest,
		  struct manifest *ret, struct error *err)
{
	_cleanup_manifest_ struct manifest m = { 0 };
	_cleanup_close_ int from = bundle_open(path, store->owner, digest != NULL, err);
	int r;

	if (from < 0)
		return from;
	r = check_source(from, digest, store, &m, err);
	if (r < 0)
		return error_context(err, "%s", path);
	r = there_already(store, &m, err);
	if (r == 0)
		r = put(store, from, digest, &m, err);
	if (r < 0)
		return r;
	*ret = m;
	m = (struct manifest){ 0 };
	return r;
}
