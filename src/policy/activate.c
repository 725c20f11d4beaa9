/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is active, by one rename. MUST: leave the link as it was until the new
 * bundle is whole on disk and every bundle of the host can be read with it;
 * never change what a link has led to.
 */
#include "store-private.h"

#include <fcntl.h>
#include <string.h>

/* reads - whether the bundle @name can be read, with @instead. */
static int reads(const struct store *store, const char *name,
		 const struct policy_instead *instead, struct error *err)
{
	_cleanup_policy_ struct policy *policy = NULL;

	return policy_load_instead(name, store->bundles, instead, &policy, err);
}

/* used - whether what host.json chooses can be read with its overlay, and with @instead. */
static int used(const struct host *host, size_t i, const struct policy_instead *instead,
		struct error *err)
{
	_cleanup_policy_ struct policy *policy = NULL;

	return host_use_instead(host, host_choice(host, i), instead, &policy, err);
}

/*
 * all_used - that host.json can use the new bundle where it names it, and what it could use
 * without. Where it cannot be read itself, every container is refused with any bundle.
 */
static int all_used(const struct store *store, const struct policy_instead *instead,
		    struct error *err)
{
	const struct policy_instead none = { .owner = store->owner };
	_cleanup_host_ struct host *host = NULL;
	struct error why;
	int r;

	if (host_load(store->host_config, store->owner, &host, &why) < 0)
		return 0;
	for (size_t i = 0; i < host_choices(host); i++) {
		const struct host_choice *choice = host_choice(host, i);
		const char *use = choice ? choice->use : "restricted";

		r = used(host, i, instead, err);
		if (r < 0 && (strcmp(use, instead->name) == 0 || used(host, i, &none, &why) == 0))
			return error_context(err, "with it, this host could not use %s", use);
	}
	return 0;
}

/*
 * all_read - that the new bundle is a policy, and that no other stops being one
 * which it is now.
 */
static int all_read(const struct store *store, const struct policy_instead *instead,
		    struct error *err)
{
	const struct policy_instead none = { .owner = store->owner };
	_cleanup_dir_ DIR *dir = dir_open(store->bundles_fd);
	const struct dirent *entry;
	struct error why;
	int r = reads(store, instead->name, instead, err);

	if (r < 0)
		return r;
	if (!dir)
		return error_sys(err, errno, "%s", store->bundles);
	while ((r = dir_next(dir, &entry)) > 0) {
		if (!policy_valid_name(entry->d_name) || strcmp(entry->d_name, instead->name) == 0)
			continue;
		r = reads(store, entry->d_name, instead, err);
		if (r < 0 && reads(store, entry->d_name, &none, &why) == 0)
			return error_context(err, "with it, %s could no longer be used", entry->d_name);
	}
	return r < 0 ? error_sys(err, -r, "%s", store->bundles) : all_used(store, instead, err);
}

static int check_name(const char *name, struct error *err)
{
	return policy_valid_name(name) ? 0 :
	       error_set(err, -EINVAL,
			 "\"%s\" is no bundle's name; cofferdam bundle list has those that are installed",
			 name);
}

/* version_path - malloc'd: where version @version of @name is kept; -ENOENT: it is not. */
static int version_path(const struct store *store, const char *name, const char *version, char **ret,
			struct error *err)
{
	_cleanup_free_ char *path = NULL;
	int r = check_name(name, err);

	if (r < 0)
		return r;
	if (!manifest_valid_version(version))
		return manifest_no_version(version, err);
	if (asprintf(&path, "%s/" STORE "/%s/versions/%s", store->bundles, name, version) < 0) {
		path = NULL;
		return error_oom(err);
	}
	if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return error_set(err, -ENOENT,
				 "version %s of %s is not installed: cofferdam bundle list shows what is, cofferdam bundle install puts it there",
				 version, name);
	*ret = steal_ptr(path);
	return 0;
}

int store_policy(const struct store *store, const char *name, const char *version,
		 struct policy **ret, struct error *err)
{
	_cleanup_free_ char *path = NULL;
	struct policy_instead instead = { .name = name, .owner = store->owner };
	int r = version_path(store, name, version, &path, err);

	instead.path = path;
	return r < 0 ? r : policy_load_instead(name, store->bundles, &instead, ret, err);
}

/* fit - whether version @version of @name is whole and may become active. */
static int fit(const struct store *store, const char *name, const char *version,
	       struct manifest *ret, struct error *err)
{
	_cleanup_manifest_ struct manifest m = { 0 };
	_cleanup_free_ char *path = NULL;
	struct policy_instead instead = { .name = name, .owner = store->owner };
	int r = version_path(store, name, version, &path, err);

	if (r < 0)
		return r;
	instead.path = path;
	r = bundle_verify(path, store->owner, false, &m, err);
	if (r == 0 && (strcmp(m.name, name) != 0 || strcmp(m.version, version) != 0))
		r = error_set(err, -EINVAL, "%s: its manifest says %s %s", path, m.name, m.version);
	if (r == 0)
		r = all_read(store, &instead, err);
	if (r < 0)
		return error_context(err, "%s %s is not activated", name, version);
	*ret = m;
	m = (struct manifest){ 0 };
	return 0;
}

/* point - the link bundles/NAME to generation @n: one rename. */
static int point(const struct store *store, const char *name, unsigned n, struct error *err)
{
	char target[256], fresh[FILE_FRESH_MAX];
	int r = file_fresh(fresh, STORE_LINK, err);

	if (r < 0)
		return r;
	(void)snprintf(target, sizeof(target), STORE "/%s/gen/%u", name, n);
	if (symlinkat(target, store->store_fd, fresh) < 0)
		return error_sys(err, errno, "%s: cannot make a link", store->bundles);
	if (renameat(store->store_fd, fresh, store->bundles_fd, name) < 0) {
		r = error_sys(err, errno, "%s/%s: cannot be put in its place", store->bundles, name);
		(void)unlinkat(store->store_fd, fresh, 0);
		return r;
	}
	return sync_folder(store->bundles_fd, store->bundles, err);
}

/* add_generation - generation @n is @version; there may be one that was rolled back. */
static int add_generation(const struct store *store, const char *name, unsigned n,
			  const char *version, struct error *err)
{
	_cleanup_close_ int gen = store_dir(store, name, "gen", true, err);
	char target[256], number[16];

	if (gen < 0)
		return gen;
	if (n > STORE_GENERATIONS_MAX)
		return error_set(err, -EOVERFLOW, "%s has had too many generations", name);
	(void)snprintf(number, sizeof(number), "%u", n);
	(void)snprintf(target, sizeof(target), "../versions/%s", version);
	if ((unlinkat(gen, number, 0) < 0 && errno != ENOENT) ||
	    symlinkat(target, gen, number) < 0)
		return error_sys(err, errno, "%s: generation %u cannot be made", name, n);
	return sync_folder(gen, name, err);
}

/* only_version - the one version of @name that is installed. */
static int only_version(const struct store *store, const char *name, char **ret,
			struct error *err)
{
	_cleanup_close_ int fd = store_dir(store, name, "versions", false, err);
	_cleanup_dir_ DIR *dir = fd >= 0 ? dir_open(fd) : NULL;
	_cleanup_free_ char *found = NULL;
	const struct dirent *entry;
	int r;

	if (!dir)
		return fd < 0 ? fd : error_sys(err, errno, "%s", name);
	while ((r = dir_next(dir, &entry)) > 0) {
		if (!manifest_valid_version(entry->d_name))
			continue;
		if (found)
			return error_set(err, -EINVAL,
					 "which version? %s@%s, %s@%s, ...: see cofferdam bundle list",
					 name, found, name, entry->d_name);
		found = strdup(entry->d_name);
		if (!found)
			return error_oom(err);
	}
	if (r < 0)
		return error_sys(err, -r, "%s", name);
	if (!found)
		return error_set(err, -ENOENT, "no version of %s is installed", name);
	*ret = steal_ptr(found);
	return 0;
}

int store_activate(struct store *store, const char *name, const char *version,
		   struct manifest *ret, struct error *err)
{
	_cleanup_manifest_ struct manifest m = { 0 };
	_cleanup_free_ char *only = NULL, *now = NULL;
	struct error why;
	unsigned n = 0;
	int r = check_name(name, err);

	if (r == 0)
		r = store_active(store, name, &n, err);
	if (r == 0 && !version)
		r = only_version(store, name, &only, err);
	if (r < 0)
		return r;
	version = version ? version : only;
	r = fit(store, name, version, &m, err);
	if (r < 0)
		return r;
	/* again what is active: nothing to do, and rollback stays as it was */
	if (n == 0 || store_version(store, name, n, &now, &why) < 0 || strcmp(now, version) != 0) {
		r = add_generation(store, name, n + 1, version, err);
		if (r == 0)
			r = point(store, name, n + 1, err);
	}
	if (r < 0)
		return r;
	*ret = m;
	m = (struct manifest){ 0 };
	return 0;
}

int store_rollback(struct store *store, const char *name, struct manifest *ret,
		   struct error *err)
{
	_cleanup_manifest_ struct manifest m = { 0 };
	_cleanup_free_ char *version = NULL;
	unsigned n = 0;
	int r = check_name(name, err);

	if (r == 0)
		r = store_active(store, name, &n, err);
	if (r < 0)
		return r;
	if (n < 2)
		return error_set(err, -ENOENT, n ?
				 "%s: nothing was active before; cofferdam bundle activate takes a version of it" :
				 "%s: is not active; cofferdam bundle list shows what is", name);
	r = store_version(store, name, n - 1, &version, err);
	if (r == 0)
		r = fit(store, name, version, &m, err);
	if (r == 0)
		r = point(store, name, n - 1, err);
	if (r < 0)
		return r;
	*ret = m;
	m = (struct manifest){ 0 };
	return 0;
}
