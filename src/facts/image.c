/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbolic links of the image, an attacker's, and of what is bound into it, that a
 * runtime would follow. For an exec they are looked for in the container as it runs:
 * it may have made more, on a tmpfs or a volume.
 */
#include "facts-private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

void image_free(struct fact_image *image)
{
	free(image->why);
	free(image->link);
	free(image->cwd);
	free(image->over);
	free(image->over_at);
	*image = (struct fact_image){ 0 };
}

/* dev_mounted - whether the image's own /dev is not seen. */
static bool dev_mounted(const struct oci_spec *spec)
{
	for (size_t i = 0; i < spec->mounts.n; i++) {
		const char *dest = oci_mount_at(spec, i)->destination.v;
		_cleanup_free_ char *clean = dest ? text_path_clean(dest) : NULL;

		if (clean && (strcmp(clean, "/dev") == 0 || strcmp(clean, "dev") == 0))
			return true;
	}
	return false;
}

/*
 * find_link - the first of the kernel's folders that is a link, or NULL; where nothing
 * is mounted on /dev, also of the nodes that runtimes open there and leave as they are.
 */
static int find_link(const struct oci_spec *spec, int root, const char **ret)
{
	static const char *const names[] = { "/proc", "/sys", "/dev", "/dev/null", "/dev/zero",
					     "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty",
					     "/dev/console" };
	const size_t n = dev_mounted(spec) ? 3 : ARRAY_SIZE(names);

	for (size_t i = 0; i < n; i++) {
		struct stat st;

		if (fstatat(root, names[i] + 1, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0) {
			if (S_ISLNK(st.st_mode)) {
				*ret = names[i];
				return 0;
			}
		} else if (errno != ENOENT && errno != ENOTDIR) {
			return -errno;
		}
	}
	return 0;
}

/* lead - to @ret_at where @dest leads; and it is told if that is over the kernel's folders by a link. */
static int lead(const struct inside_view *view, const char *dest, struct fact_image *ret,
		char **ret_at)
{
	_cleanup_free_ char *clean = NULL, *at = NULL;
	int r = inside_lead(view, dest, &clean, &at);

	if (r < 0)
		return r;
	if (!ret->over && dest && oci_over_system(at) && strcmp(at, clean) != 0) {
		ret->over = strdup(dest);
		ret->over_at = strdup(at);
		if (!ret->over || !ret->over_at)
			return -ENOMEM;
	}
	*ret_at = steal_ptr(at);
	return 0;
}

/*
 * find_over - the first mount whose destination leads over the kernel's folders by a
 * link, of the image or of what an earlier mount binds. 0 or -errno.
 */
static int find_over(struct inside_view *view, struct fact_image *ret)
{
	const struct oci_spec *spec = view->spec;
	int r = 0;

	while (r == 0 && view->n < spec->mounts.n) {
		_cleanup_free_ char *at = NULL;

		r = lead(view, oci_mount_at(spec, view->n)->destination.v, ret, &at);
		if (r == 0)
			r = inside_add(view, at);
	}
	return r;
}

/* find_remedy - likewise of the mounts that rootfs-writable would add. */
static int find_remedy(const struct inside_view *view, const struct policy *policy,
		       struct fact_image *ret)
{
	const int param = registry_param(registry_rule(RULE_ROOTFS_WRITABLE), "tmpfs");
	const char *const *places;
	int r = 0;

	if (!policy || view->spec->root.readonly.v ||
	    policy->rules[RULE_ROOTFS_WRITABLE].action != ACTION_HARDEN)
		return 0;
	places = policy->rules[RULE_ROOTFS_WRITABLE].params[param].list;
	for (size_t i = 0; r == 0 && places && places[i]; i++) {
		_cleanup_free_ char *at = NULL;

		r = lead(view, places[i], ret, &at);
	}
	return r;
}

static int unreadable(struct fact_image *ret, struct error *err, int errnum)
{
	if (errnum == ENOMEM)
		return error_oom(err);
	ret->is = FACT_UNREADABLE;
	if (errnum == ELOOP)
		return fact_why(&ret->why, err, "a path leads through too many symbolic links");
	return fact_why_sys(&ret->why, err, errnum);
}

/* open_root - of the container that runs, where there is one; else of the bundle. */
static int open_root(const char *path, const struct facts_source *source)
{
	char live[64];

	if (source->live <= 0)
		return path_open_old(source->bundle_fd, path, O_DIRECTORY);
	(void)snprintf(live, sizeof(live), "/proc/%" PRId64 "/root", source->live);
	return path_open_old(AT_FDCWD, live, O_DIRECTORY);
}

int image_gather(const struct oci_spec *spec, const struct policy *policy,
		 const struct facts_source *source, struct fact_image *ret, struct error *err)
{
	const struct field_str *path = &spec->root.path, *cwd = &spec->process.cwd;
	_cleanup_(inside_view_free) struct inside_view view = {
		.live = source->live > 0, .bundle_fd = source->bundle_fd, .spec = spec,
	};
	_cleanup_free_ char *link_copy = NULL, *cwd_copy = NULL;
	_cleanup_close_ int root = -1;
	const char *link_name = NULL;
	int r = 0;

	if (path->is != FIELD_PRESENT || !*path->v) {
		ret->is = path->is == FIELD_WRONG ? FACT_UNREADABLE : FACT_ABSENT;
		return ret->is == FACT_ABSENT ? 0
			: fact_why(&ret->why, err, "root.path is not a string");
	}
	root = open_root(path->v, source);
	if (root == -ENOENT || root == -ENOTDIR) {
		ret->is = FACT_ABSENT;
		return 0;
	}
	if (root < 0)
		return unreadable(ret, err, -root);
	view.root = root;
	r = find_link(spec, root, &link_name);
	if (r == 0 && !view.live)
		r = find_over(&view, ret);
	if (r == 0 && !view.live)
		r = find_remedy(&view, policy, ret);
	if (r == 0 && cwd->is == FIELD_PRESENT) {
		if (cwd->v[0] == '/')
			r = inside_walk(&view, cwd->v, &cwd_copy);
		else if (!(cwd_copy = strdup(cwd->v)))
			r = -ENOMEM;
	}
	if (r == 0 && link_name && !(link_copy = strdup(link_name)))
		r = -ENOMEM;
	if (r < 0)
		return unreadable(ret, err, -r);
	ret->is = FACT_KNOWN;
	ret->link = steal_ptr(link_copy);
	ret->cwd = steal_ptr(cwd_copy);
	return 0;
}
