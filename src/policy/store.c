/* SPDX-License-Identifier: Apache-2.0 */
/* The store of a host's bundles: where it is, who may change it, what is in it. */
#include "config.h"

#include "store-private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#define LOCK_WAIT_MS 5000
#define LOCK_STEP_MS 50

int sync_folder(int fd, const char *name, struct error *err)
{
	const int r = file_sync_dir(fd);

	return r < 0 ? error_sys(err, -r, "%s: cannot be synced", name) : 0;
}

static int open_dir(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int store_open(const char *host_config, uid_t owner, struct store *ret, struct error *err)
{
	const char *host = host_config ? host_config : HOST_FILE, *slash = strrchr(host, '/');
	_cleanup_store_ struct store store = STORE_CLOSED;

	store.owner = owner;
	store.host_config = host_config;
	if (asprintf(&store.bundles, "%.*sbundles", slash ? (int)(slash - host) + 1 : 0, host) < 0) {
		store.bundles = NULL;
		return error_oom(err);
	}
	store.bundles_fd = file_open_trusted(store.bundles, O_RDONLY | O_DIRECTORY, owner, err);
	if (store.bundles_fd < 0 && store.bundles_fd != -ENOENT)
		return store.bundles_fd;
	if (store.bundles_fd >= 0) {
		store.store_fd = open_dir(store.bundles_fd, STORE);
		if (store.store_fd < 0 && errno != ENOENT)
			return error_sys(err, errno, "%s/" STORE, store.bundles);
	}
	*ret = store;
	store = (struct store)STORE_CLOSED;
	return 0;
}

void store_close(struct store *store)
{
	close_fd(&store->lock);
	close_fd(&store->store_fd);
	close_fd(&store->bundles_fd);
	free(store->bundles);
	*store = (struct store)STORE_CLOSED;
}

/* sweep - links that an activation which was killed did not put in their place. */
static void sweep(int fd)
{
	_cleanup_dir_ DIR *dir = dir_open(fd);
	const struct dirent *entry;

	while (dir && dir_next(dir, &entry) > 0) {
		if (strncmp(entry->d_name, STORE_LINK, strlen(STORE_LINK)) == 0)
			(void)unlinkat(fd, entry->d_name, 0);
	}
}

/* make_dirs - bundles/ and its .store, where they are missing. */
static int make_dirs(struct store *store, struct error *err)
{
	if (store->bundles_fd < 0) {
		if (mkdir(store->bundles, 0755) < 0 && errno != EEXIST)
			return error_sys(err, errno, "%s: cannot be made", store->bundles);
		store->bundles_fd = file_open_trusted(store->bundles, O_RDONLY | O_DIRECTORY,
						      store->owner, err);
		if (store->bundles_fd < 0)
			return store->bundles_fd;
	}
	if (store->store_fd < 0) {
		if (mkdirat(store->bundles_fd, STORE, 0755) < 0 && errno != EEXIST)
			return error_sys(err, errno, "%s/" STORE ": cannot be made", store->bundles);
		store->store_fd = open_dir(store->bundles_fd, STORE);
		if (store->store_fd < 0)
			return error_sys(err, errno, "%s/" STORE, store->bundles);
		return sync_folder(store->bundles_fd, store->bundles, err);
	}
	return 0;
}

int store_lock(struct store *store, struct error *err)
{
	const struct timespec step = { .tv_nsec = LOCK_STEP_MS * 1000000L };
	int r = make_dirs(store, err);

	if (r < 0)
		return r;
	/* nobody else may open it, so nobody else can hold it */
	store->lock = openat(store->store_fd, STORE_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (store->lock < 0)
		return error_sys(err, errno, "%s/" STORE "/" STORE_LOCK, store->bundles);
	for (int waited = 0; flock(store->lock, LOCK_EX | LOCK_NB) < 0; waited += LOCK_STEP_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_sys(err, errno, "%s/" STORE "/" STORE_LOCK, store->bundles);
		if (waited >= LOCK_WAIT_MS)
			return error_set(err, -EBUSY,
					 "%s: another cofferdam bundle is changing it; try again",
					 store->bundles);
		(void)nanosleep(&step, NULL);
	}
	sweep(store->store_fd);
	return 0;
}

int store_dir(const struct store *store, const char *name, const char *sub, bool make,
	      struct error *err)
{
	_cleanup_close_ int outer = -1;
	int fd, r = 0;

	if (make && mkdirat(store->store_fd, name, 0755) < 0 && errno != EEXIST)
		return error_sys(err, errno, "%s/" STORE "/%s", store->bundles, name);
	outer = open_dir(store->store_fd, name);
	if (outer < 0 && errno == ENOENT)
		return error_set(err, -ENOENT, "no bundle \"%s\" is installed in %s", name,
				 store->bundles);
	if (outer >= 0 && make && mkdirat(outer, sub, 0755) < 0 && errno != EEXIST)
		return error_sys(err, errno, "%s/" STORE "/%s/%s", store->bundles, name, sub);
	fd = outer < 0 ? -1 : open_dir(outer, sub);
	if (fd < 0)
		return error_sys(err, errno, "%s/" STORE "/%s/%s", store->bundles, name, sub);
	if (make)
		r = file_sync_dir(outer);
	if (make && r == 0)
		r = file_sync_dir(store->store_fd);
	if (r == 0)
		return fd;
	(void)close(fd);
	return error_sys(err, -r, "%s/" STORE "/%s: cannot be synced", store->bundles, name);
}

/* read_link - the target, which is short if it is ours; @ret is "" if it is not. */
static int read_link(int at, const char *name, char *ret, size_t size)
{
	ssize_t n = readlinkat(at, name, ret, size);

	if (n < 0)
		return -errno;
	ret[(size_t)n < size ? (size_t)n : 0] = '\0';
	return 0;
}

int store_active(const struct store *store, const char *name, unsigned *ret, struct error *err)
{
	char target[256], wanted[256];
	unsigned n = 0;
	int r;

	*ret = 0;
	if (store->bundles_fd < 0)
		return 0;
	r = read_link(store->bundles_fd, name, target, sizeof(target));
	if (r == -ENOENT)
		return 0;
	if (r == 0) {
		const char *last = strrchr(target, '/');

		n = last ? (unsigned)strtoul(last + 1, NULL, 10) : 0;
		(void)snprintf(wanted, sizeof(wanted), STORE "/%s/gen/%u", name, n);
		if (n > 0 && strcmp(target, wanted) == 0) {
			*ret = n;
			return 0;
		}
	}
	if (r < 0 && r != -EINVAL)
		return error_sys(err, -r, "%s/%s", store->bundles, name);
	return error_set(err, -EEXIST,
			 "%s/%s was not put there by cofferdam bundle; move it away, or leave the bundle to whoever put it there",
			 store->bundles, name);
}

int store_version(const struct store *store, const char *name, unsigned n, char **ret,
		  struct error *err)
{
	static const char below[] = "../versions/";
	char target[256], number[16];
	_cleanup_close_ int gen = store_dir(store, name, "gen", false, err);
	int r;

	if (gen < 0)
		return gen;
	(void)snprintf(number, sizeof(number), "%u", n);
	r = read_link(gen, number, target, sizeof(target));
	if (r < 0)
		return error_set(err, r, "%s has no generation %u", name, n);
	if (strncmp(target, below, sizeof(below) - 1) != 0 ||
	    !manifest_valid_version(target + sizeof(below) - 1))
		return error_set(err, -EINVAL, "generation %u of %s is no version of it", n, name);
	*ret = strdup(target + sizeof(below) - 1);
	return *ret ? 0 : error_oom(err);
}

void stored_list_free(struct stored_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->v[i].name);
		free(list->v[i].version);
		free(list->v[i].description);
	}
	free(list->v);
	*list = (struct stored_list){ 0 };
}

static struct stored *add(struct stored_list *list, const char *name, const char *version,
			  struct error *err)
{
	struct stored *v = reallocarray(list->v, list->n + 1, sizeof(*v));

	if (!v) {
		(void)error_oom(err);
		return NULL;
	}
	list->v = v;
	v += list->n++;
	*v = (struct stored){ .name = strdup(name), .version = version ? strdup(version) : NULL };
	if (v->name && (!version || v->version))
		return v;
	(void)error_oom(err);
	return NULL;
}

/* read_manifest - what the manifest in the folder @name below @at says, where it can be read. */
static void read_manifest(int at, const char *name, struct stored *ret)
{
	_cleanup_close_ int fd = open_dir(at, name);
	_cleanup_manifest_ struct manifest manifest = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	struct error why;

	if (fd < 0 || file_read(fd, MANIFEST, true, POLICY_FILE_MAX, &text, NULL, &why) < 0)
		return;
	digest_of(buf_cstr(&text), text.len, ret->digest);
	if (manifest_parse(MANIFEST, &text, &manifest, &why) == 0)
		ret->description = steal_ptr(manifest.description);
}

/* A version that is in force, or would be after a rollback. */
struct pointed {
	char *version;			/* NULL: none */
	bool found;			/* it is there */
};

static void pointed_free(struct pointed *p)
{
	free(p->version);
}

static bool is(struct pointed *p, const char *version)
{
	const bool same = p->version && strcmp(p->version, version) == 0;

	p->found = p->found || same;
	return same;
}

/* add_gone - somebody has removed what is pointed to: said, and not left out. */
static int add_gone(struct stored_list *list, const char *name, const struct pointed *p, bool active,
		    struct error *err)
{
	struct stored *s;

	if (!p->version || p->found)
		return 0;
	s = add(list, name, p->version, err);
	if (!s)
		return err->code;
	s->gone = true;
	s->active = active;
	s->previous = !active;
	return 0;
}

static int list_versions(const struct store *store, const char *name, struct stored_list *list,
			 struct error *err)
{
	_cleanup_(pointed_free) struct pointed active = { 0 }, previous = { 0 };
	_cleanup_close_ int fd = store_dir(store, name, "versions", false, err);
	_cleanup_dir_ DIR *dir = fd >= 0 ? dir_open(fd) : NULL;
	const struct dirent *entry;
	struct error why;
	unsigned n = 0;
	int r = 0;

	/* an install that was killed may not have made it */
	if (!dir && fd != -ENOENT)
		return fd < 0 ? fd : error_sys(err, errno, "%s", name);
	if (store_active(store, name, &n, &why) == 0 && n > 0) {
		(void)!store_version(store, name, n, &active.version, &why);
		if (n > 1)
			(void)!store_version(store, name, n - 1, &previous.version, &why);
	}
	while (dir && (r = dir_next(dir, &entry)) > 0) {
		struct stored *s;

		if (!manifest_valid_version(entry->d_name))
			continue;
		s = add(list, name, entry->d_name, err);
		if (!s)
			return err->code;
		s->active = is(&active, s->version);
		s->previous = is(&previous, s->version);
		read_manifest(fd, s->version, s);
	}
	if (r < 0)
		return error_sys(err, -r, "%s", name);
	r = add_gone(list, name, &active, true, err);
	return r < 0 ? r : add_gone(list, name, &previous, false, err);
}

static int by_name(const void *a, const void *b)
{
	const struct stored *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c ? c : strverscmp(x->version ? x->version : "", y->version ? y->version : "");
}

/* kept - whether the store has anything of @name. */
static bool kept(const struct store *store, const char *name)
{
	return store->store_fd >= 0 &&
	       faccessat(store->store_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* each_name - call @list_one for every bundle's name in the folder @fd. */
static int each_name(const struct store *store, int fd, bool stored, struct stored_list *list,
		     struct error *err)
{
	_cleanup_dir_ DIR *dir = dir_open(fd);
	const struct dirent *entry;
	struct error why;
	enum bundle shipped;
	unsigned n;
	int r;

	if (!dir)
		return error_sys(err, errno, "%s", store->bundles);
	while ((r = dir_next(dir, &entry)) > 0) {
		struct stored *s;

		if (!policy_valid_name(entry->d_name) ||
		    (stored && strcmp(entry->d_name, STORE_LOCK) == 0))
			continue;
		if (stored) {
			r = list_versions(store, entry->d_name, list, err);
			if (r < 0)
				return r;
		} else if ((r = store_active(store, entry->d_name, &n, &why)) == -EEXIST ||
			   (r == 0 && n > 0 && !kept(store, entry->d_name))) {
			s = add(list, entry->d_name, NULL, err);
			if (!s)
				return err->code;
			/* a shipped policy's name never means it */
			s->active = bundle_parse(s->name, &shipped) < 0;
			s->gone = r == 0;
			read_manifest(fd, s->name, s);
		}
	}
	return r < 0 ? error_sys(err, -r, "%s", store->bundles) : 0;
}

int store_list(const struct store *store, struct stored_list *ret, struct error *err)
{
	struct stored_list list = { 0 };
	int r = 0;

	if (store->bundles_fd >= 0)
		r = each_name(store, store->bundles_fd, false, &list, err);
	if (r == 0 && store->store_fd >= 0)
		r = each_name(store, store->store_fd, true, &list, err);
	if (r < 0) {
		stored_list_free(&list);
		return r;
	}
	if (list.n > 0)
		qsort(list.v, list.n, sizeof(*list.v), by_name);
	*ret = list;
	return 0;
}
