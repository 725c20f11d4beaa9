/* SPDX-License-Identifier: Apache-2.0 */
/* What is where on a host: programs, drop-ins, and what a chain of files says. */
#include "install-private.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

/* Where distributions and people put programs, as a PATH would have it. */
static const char *const folders[] = {
	"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
};

/* Where the door looks for what it stands for (hook/door-find.c). */
static const char *const places[] = {
	"/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin",
};

void paths_free(struct paths *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		free(paths->v[i]);
	free(paths->v);
	*paths = (struct paths){ 0 };
}

int paths_add(struct paths *paths, const char *path, struct error *err)
{
	char **v;

	for (size_t i = 0; i < paths->n; i++) {
		if (strcmp(paths->v[i], path) == 0)
			return 0;
	}
	v = reallocarray(paths->v, paths->n + 1, sizeof(*v));
	if (!v)
		return error_oom(err);
	paths->v = v;
	v[paths->n] = strdup(path);
	if (!v[paths->n])
		return error_oom(err);
	paths->n++;
	return 0;
}

static char *first_of(const struct tree *tree, const char *const *in, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s/%s", in[i], name) < 0)
			path = NULL;
		if (path && tree_has(tree, path))
			return steal_ptr(path);
	}
	return NULL;
}

char *where_program(const struct tree *tree, const char *name)
{
	return first_of(tree, folders, ARRAY_SIZE(folders), name);
}

char *where_runtime(const struct tree *tree, const char *name)
{
	return first_of(tree, places, ARRAY_SIZE(places), name);
}

bool where_door_looks(const char *path)
{
	const size_t len = (size_t)(strrchr(path, '/') - path);

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (strlen(places[i]) == len && strncmp(path, places[i], len) == 0)
			return true;
	}
	return false;
}

int where_all(const struct tree *tree, const char *name, struct paths *ret, struct error *err)
{
	_cleanup_paths_ struct paths found = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *path = NULL, *real = NULL;

		if (asprintf(&path, "%s/%s", folders[i], name) < 0) {
			path = NULL;
			return error_oom(err);
		}
		real = tree_real(tree, path);
		if (!real || text_path_below(real, LIBEXECDIR))
			continue;
		if (paths_add(&found, real, err) < 0)
			return -ENOMEM;
	}
	*ret = found;
	found = (struct paths){ 0 };
	return 0;
}

int where_beginning(const struct tree *tree, const char *begin, struct paths *ret,
		    struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++) {
		_cleanup_close_ int fd = tree_fd(tree, folders[i], O_RDONLY | O_DIRECTORY);
		_cleanup_dir_ DIR *dir = fd < 0 ? NULL : dir_open(fd);
		const struct dirent *entry;

		while (r == 0 && dir && dir_next(dir, &entry) > 0) {
			_cleanup_free_ char *path = NULL, *real = NULL;

			if (strncmp(entry->d_name, begin, strlen(begin)) != 0)
				continue;
			if (asprintf(&path, "%s/%s", folders[i], entry->d_name) < 0)
				path = NULL;
			real = path ? tree_real(tree, path) : NULL;
			r = real ? paths_add(ret, real, err) : 0;
		}
	}
	return r;
}

bool where_engine(const struct tree *tree, enum engine engine)
{
	static const char *const programs[ENGINE_MAX] = {
		[ENGINE_PODMAN] = "podman", [ENGINE_CRIO] = "crio",
		[ENGINE_CONTAINERD] = "containerd", [ENGINE_DOCKER] = "dockerd",
	};
	_cleanup_free_ char *path = where_program(tree, programs[engine]);

	return path != NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int where_conf(const struct tree *tree, const char *folder, const char *suffix,
	       struct paths *ret, struct error *err)
{
	_cleanup_close_ int fd = tree_fd(tree, folder, O_RDONLY | O_DIRECTORY);
	_cleanup_paths_ struct paths found = { 0 };
	_cleanup_dir_ DIR *dir = NULL;
	const struct dirent *entry;
	int r;

	if (fd == -ENOENT)
		return 0;
	dir = fd < 0 ? NULL : dir_open(fd);
	if (!dir)
		return error_sys(err, fd < 0 ? -fd : errno, "%s%s", tree->name, folder);
	while ((r = dir_next(dir, &entry)) > 0) {
		size_t n = strlen(entry->d_name), m = strlen(suffix);
		_cleanup_free_ char *path = NULL;

		if (n < m || strcmp(entry->d_name + n - m, suffix) != 0)
			continue;
		if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0) {
			path = NULL;
			return error_oom(err);
		}
		if (paths_add(&found, path, err) < 0)
			return -ENOMEM;
	}
	if (r < 0)
		return error_sys(err, -r, "%s%s: cannot be listed", tree->name, folder);
	if (found.n > 0)
		qsort(found.v, found.n, sizeof(*found.v), compare);
	for (size_t i = 0; i < found.n; i++) {
		if (paths_add(ret, found.v[i], err) < 0)
			return -ENOMEM;
	}
	return 0;
}

void said_free(struct said *said)
{
	buf_free(&said->file);
	paths_free(&said->list);
}

/* A value that is a list of strings, or one string. */
static int take(const struct toml *doc, const struct toml_entry *entry, struct said *ret,
		struct error *err)
{
	_cleanup_paths_ struct paths list = { 0 };
	_cleanup_buf_ struct buf one = { 0 };
	size_t at = 0;
	int r = 1;

	if (doc->text[entry->value] != '[') {
		r = toml_string(doc, entry, &one, err);
		if (r == 0)
			r = paths_add(&list, buf_cstr(&one), err);
	} else {
		while (r > 0) {
			r = toml_next_string(doc, entry, &at, &one, err);
			if (r > 0 && paths_add(&list, buf_cstr(&one), err) < 0)
				r = -ENOMEM;
		}
	}
	if (r < 0)
		return r;
	paths_free(&ret->list);
	ret->list = list;
	list = (struct paths){ 0 };
	buf_reset(&ret->file);
	buf_str(&ret->file, doc->name);
	return 0;
}

int said_last(const struct tree *tree, const struct paths *files, const char *path,
		 struct said *ret, struct error *err)
{
	for (size_t i = 0; i < files->n; i++) {
		_cleanup_toml_ struct toml doc = { 0 };
		_cleanup_buf_ struct buf text = { 0 };
		const struct toml_entry *entry;
		int r = tree_follow(tree, files->v[i], &text, err);

		if (r == -ENOENT)
			continue;
		if (r == 0)
			r = toml_parse(files->v[i], &text, &doc, err);
		if (r < 0)
			return r;
		entry = toml_find(&doc, TOML_VALUE, path);
		r = entry ? take(&doc, entry, ret, err) : toml_plain(&doc, path, err);
		if (r < 0)
			return r;
	}
	return 0;
}
