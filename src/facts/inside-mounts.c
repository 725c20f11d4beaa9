/* SPDX-License-Identifier: Apache-2.0 */
/* What is mounted in the container, and where: what a path meets before the image. */
#include "facts-private.h"

#include <fcntl.h>
#include <search.h>
#include <string.h>

#include <cofferdam/file.h>

/* last_slash - where the last one of the first @len bytes of @path is; 0: none, or the first. */
static size_t last_slash(const char *path, size_t len)
{
	const char *slash = memrchr(path, '/', len);

	return slash ? (size_t)(slash - path) : 0;
}

/* The last of the mounts at one path, of @len bytes; what follows them is not looked at. */
struct mounted {
	const char *at;
	size_t len, index;
};

static int by_path(const void *a, const void *b)
{
	const struct mounted *one = a, *two = b;
	const int r = memcmp(one->at, two->at, one->len < two->len ? one->len : two->len);

	return r != 0 ? r : (one->len > two->len) - (one->len < two->len);
}

static void mounted_free(void *mounted)
{
	struct mounted *m = mounted;

	free((void *)(uintptr_t)m->at);
	free(m);
}

void inside_view_free(struct inside_view *view)
{
	tdestroy(view->mounted, mounted_free);
	view->mounted = NULL;
}

int inside_add(struct inside_view *view, const char *at)
{
	const struct oci_mount *mount = oci_mount_at(view->spec, view->n);
	struct mounted *m, **found;

	/* what is copied up is what the image has */
	if (strcmp(at, "/") == 0 || (!mount->bind && oci_mount_option(mount, "tmpcopyup"))) {
		view->n++;
		return 0;
	}
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	*m = (struct mounted){ strdup(at), strlen(at), view->n };
	found = m->at ? tsearch(m, &view->mounted, by_path) : NULL;
	if (!found || *found != m)
		mounted_free(m);
	if (!found)
		return -ENOMEM;
	(*found)->index = view->n++;
	return 0;
}

const struct oci_mount *inside_mount(const struct inside_view *view, const char *path,
				     const char **ret_rest)
{
	const struct mounted *last = NULL;

	for (size_t len = strlen(path); len > 0; len = last_slash(path, len)) {
		const struct mounted key = { path, len, 0 };
		struct mounted *const *found = tfind(&key, &view->mounted, by_path);

		if (found && (!last || (*found)->index > last->index))
			last = *found;
	}
	if (!last)
		return NULL;
	*ret_rest = path + last->len;
	return oci_mount_at(view->spec, last->index);
}

int inside_source(const struct inside_view *view, const struct oci_mount *mount)
{
	int fd = -ENOENT;

	if (mount->bind && mount->source.v && *mount->source.v)
		fd = path_open_old(view->bundle_fd, mount->source.v, O_DIRECTORY);
	return fd == -ENOTDIR ? -ENOENT : fd;
}
