/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's files, seen from a root that need not be "/": paths are resolved
 * inside of it, also those that symbolic links give.
 */
#include "install-private.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

/* Far more than any engine's configuration, and it ends up in the state. */
#define TREE_FILE_MAX (1u << 20)

int tree_open(const char *root, struct tree *ret, struct error *err)
{
	int fd = open(root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_sys(err, errno, "%s: not a folder to install into", root);
	ret->name = root && strcmp(root, "/") != 0 ? root : "";
	ret->fd = fd;
	return 0;
}

void tree_close(struct tree *tree)
{
	close_fd(&tree->fd);
	tree->fd = -1;
}

int tree_fd(const struct tree *tree, const char *path, int flags)
{
	return open_resolve(tree->fd, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/* tree_parent - the folder of @path; @ret_base points into @path. */
static int tree_parent(const struct tree *tree, const char *path, const char **ret_base)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *dir = NULL;

	if (!slash || slash[1] == '\0')
		return -EINVAL;
	dir = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (!dir)
		return -ENOMEM;
	*ret_base = slash + 1;
	return tree_fd(tree, dir, O_PATH | O_DIRECTORY);
}

int tree_read(const struct tree *tree, const char *path, struct buf *ret, struct stat *ret_st,
	      struct error *err)
{
	_cleanup_close_ int dir = -1;
	_cleanup_buf_ struct buf text = { 0 };
	const char *base = NULL;
	int r;

	dir = tree_parent(tree, path, &base);
	if (dir < 0)
		return error_sys(err, -dir, "%s%s", tree->name, path);
	r = file_read(dir, base, true, TREE_FILE_MAX, &text, ret_st, err);
	if (r < 0)
		return error_context(err, "%s%s", tree->name, path);
	if (text_valid_utf8(buf_cstr(&text), text.len) >= 0 || memchr(buf_cstr(&text), 0, text.len))
		return error_set(err, -EINVAL, "%s%s: not UTF-8 text", tree->name, path);
	buf_free(ret);
	*ret = text;
	text = (struct buf){ 0 };
	return 0;
}

int tree_follow(const struct tree *tree, const char *path, struct buf *ret, struct error *err)
{
	_cleanup_free_ char *real = tree_real(tree, path);

	return tree_read(tree, real ? real : path, ret, NULL, err);
}

int tree_look(const struct tree *tree, const char *path, struct stat *ret)
{
	_cleanup_close_ int dir = -1;
	const char *base = NULL;

	dir = tree_parent(tree, path, &base);
	if (dir < 0)
		return dir;
	return fstatat(dir, base, ret, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

bool tree_has(const struct tree *tree, const char *path)
{
	_cleanup_close_ int fd = tree_fd(tree, path, O_PATH);

	return fd >= 0;
}

char *tree_link_target(const struct tree *tree, const char *path)
{
	_cleanup_close_ int dir = -1;
	const char *base = NULL;
	char *target = NULL;

	dir = tree_parent(tree, path, &base);
	return dir >= 0 && link_read(dir, base, &target) == 0 ? target : NULL;
}

char *tree_real(const struct tree *tree, const char *path)
{
	_cleanup_close_ int fd = tree_fd(tree, path, O_PATH);
	_cleanup_free_ char *shown = NULL, *root = NULL;

	if (fd < 0 || fd_path(fd, &shown) < 0 || fd_path(tree->fd, &root) < 0)
		return NULL;
	if (strcmp(root, "/") == 0)
		return steal_ptr(shown);
	if (!text_path_below(shown, root))
		return NULL;
	return strdup(shown + strlen(root));
}

char *tree_outside(const struct tree *tree, const char *path, struct error *err)
{
	_cleanup_free_ char *real = NULL;
	char *ret = NULL;

	/* who looks at "/" itself is told what is wrong with a link */
	if (!tree->name[0])
		ret = strdup(path);
	else if (!(real = tree_real(tree, path)))
		return (void)error_set(err, -ENOENT, "%s: %s is not there, or a link leads nowhere in it",
				       tree->name, path), NULL;
	else if (asprintf(&ret, "%s%s", tree->name, real) < 0)
		ret = NULL;
	if (!ret)
		(void)error_oom(err);
	return ret;
}

int tree_mkdir(const struct tree *tree, const char *path, struct error *err)
{
	_cleanup_close_ int dir = -1;
	const char *base = NULL;

	dir = tree_parent(tree, path, &base);
	if (dir < 0)
		return error_sys(err, -dir, "%s%s: cannot make the folder", tree->name, path);
	if (mkdirat(dir, base, 0755) < 0) {
		struct stat st;
		int code = errno;

		if (code == EEXIST && fstatat(dir, base, &st, 0) == 0 && S_ISDIR(st.st_mode))
			return 0;
		return error_sys(err, code, "%s%s: cannot make the folder", tree->name, path);
	}
	/* whatever the umask, others have to read what lies there */
	if (fchmodat(dir, base, 0755, 0) < 0)
		return error_sys(err, errno, "%s%s: cannot make the folder", tree->name, path);
	return 0;
}

int tree_write(const struct tree *tree, const char *path, const struct buf *text,
	       const struct stat *like, struct error *err)
{
	_cleanup_close_ int dir = -1;
	const char *base = NULL;

	dir = tree_parent(tree, path, &base);
	if (dir < 0)
		return error_sys(err, -dir, "%s%s", tree->name, path);
	if (file_replace(dir, base, buf_cstr(text), text->len, like, err) < 0)
		return error_context(err, "%s%s", tree->name, path);
	return 0;
}

/* A symbolic link cannot be written over, so it is made beside and renamed. */
int tree_symlink(const struct tree *tree, const char *path, const char *target,
		 struct error *err)
{
	_cleanup_close_ int dir = -1;
	_cleanup_free_ char *beside = NULL;
	const char *base = NULL;
	int r = 0;

	dir = tree_parent(tree, path, &base);
	if (dir < 0)
		return error_sys(err, -dir, "%s%s", tree->name, path);
	if (asprintf(&beside, ".%s.cofferdam-new", base) < 0) {
		beside = NULL;
		return error_oom(err);
	}
	if (unlinkat(dir, beside, 0) < 0 && errno != ENOENT)
		return error_sys(err, errno, "%s%s", tree->name, path);
	if (symlinkat(target, dir, beside) < 0)
		return error_sys(err, errno, "%s%s: cannot make the link", tree->name, path);
	if (renameat(dir, beside, dir, base) < 0) {
		r = error_sys(err, errno, "%s%s: cannot make the link", tree->name, path);
		(void)unlinkat(dir, beside, 0);
	}
	return r;
}

int tree_remove(const struct tree *tree, const char *path, bool folder, struct error *err)
{
	_cleanup_close_ int dir = -1;
	const char *base = NULL;

	dir = tree_parent(tree, path, &base);
	if (dir == -ENOENT)
		return 0;
	if (dir < 0)
		return error_sys(err, -dir, "%s%s", tree->name, path);
	if (unlinkat(dir, base, folder ? AT_REMOVEDIR : 0) == 0 || errno == ENOENT)
		return 0;
	if (folder && (errno == ENOTEMPTY || errno == EEXIST || errno == EBUSY))
		return 0;	/* others use it, too */
	return error_sys(err, errno, "%s%s: cannot be removed", tree->name, path);
}

/* The folders of two paths. */
struct two {
	int old, new;
	const char *old_base, *new_base;
};

static void two_close(struct two *two)
{
	close_fd(&two->old);
	close_fd(&two->new);
}

static int two_open(const struct tree *tree, const char *from, const char *to, struct two *ret,
		    struct error *err)
{
	ret->old = tree_parent(tree, from, &ret->old_base);
	ret->new = ret->old < 0 ? ret->old : tree_parent(tree, to, &ret->new_base);
	return ret->new < 0 ? error_sys(err, -ret->new, "%s%s", tree->name, from) : 0;
}

/* Two names in one folder; the first goes. */
int tree_rename(const struct tree *tree, const char *from, const char *to, struct error *err)
{
	_cleanup_(two_close) struct two two = { -1, -1, NULL, NULL };

	if (two_open(tree, from, to, &two, err) < 0)
		return err->code;
	if (renameat(two.old, two.old_base, two.new, two.new_base) < 0)
		return error_sys(err, errno, "%s%s: cannot be renamed to %s", tree->name, from, to);
	return 0;
}

/* A second name, so that there is no moment without the first. */
int tree_second_name(const struct tree *tree, const char *from, const char *to,
		     struct error *err)
{
	_cleanup_(two_close) struct two two = { -1, -1, NULL, NULL };

	if (two_open(tree, from, to, &two, err) < 0)
		return err->code;
	if (linkat(two.old, two.old_base, two.new, two.new_base, 0) < 0)
		return error_sys(err, errno, "%s%s: cannot be given the second name %s", tree->name,
				 from, to);
	return 0;
}

/* One folder or file, which is no link. */
static int trusted_one(const struct tree *tree, const char *path, struct error *err)
{
	_cleanup_close_ int fd = tree_fd(tree, path, O_PATH | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, fd < 0 ? -fd : errno, "%s%s", tree->name, path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return error_set(err, -EPERM, "%s%s: belongs to user %u; run chown root", tree->name, path,
				 st.st_uid);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX)))
		return error_set(err, -EPERM, "%s%s: others than root can change it (mode %04o); run "
				 "chmod go-w", tree->name, path, st.st_mode & 07777);
	return 0;
}

/* @path without links, and every folder above it. */
static int trusted_up(const struct tree *tree, char *path, struct error *err)
{
	int r = trusted_one(tree, path, err);

	for (char *slash; r == 0 && (slash = strrchr(path, '/')) && slash > path;) {
		*slash = '\0';
		r = trusted_one(tree, path, err);
	}
	return r;
}

int tree_trusted(const struct tree *tree, const char *path, struct error *err)
{
	_cleanup_free_ char *real = tree_real(tree, path), *dir = NULL, *folder = NULL;
	const char *slash = strrchr(path, '/');
	int r;

	dir = slash > path ? strndup(path, (size_t)(slash - path)) : strdup("/");
	if (!dir)
		return error_oom(err);
	/* where a link stands, and where it leads to */
	folder = tree_real(tree, dir);
	if (!real || !folder)
		return error_set(err, -ENOENT, "%s%s: is not there", tree->name, path);
	r = trusted_up(tree, folder, err);
	return r < 0 ? r : trusted_up(tree, real, err);
}

int tree_program(const struct tree *tree, const char *path, struct error *err)
{
	_cleanup_close_ int fd = tree_fd(tree, path, O_PATH);
	struct stat st;

	if (fd < 0)
		return error_sys(err, -fd, "the program %s%s", tree->name, path);
	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "the program %s%s", tree->name, path);
	if (!S_ISREG(st.st_mode) || !(st.st_mode & S_IXUSR))
		return error_set(err, -EINVAL, "%s%s: not a program that can be executed",
				 tree->name, path);
	return tree_trusted(tree, path, err);
}
