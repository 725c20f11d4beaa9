/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing what was admitted. Apart from admitted.c, so that the hook, which only
 * reads it, does not carry libselinux (see base/replace.c).
 */
#include <cofferdam/admitted.h>

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

#include "door-private.h"

/* make_dir - the folder and the one above it, for root alone. */
static int make_dir(const char *dir, struct error *err)
{
	const char *slash = strrchr(dir, '/');
	_cleanup_free_ char *parent = slash && slash > dir ? strndup(dir, (size_t)(slash - dir))
							   : NULL;
	int fd = admitted_open(dir, err);

	if (fd != -ENOENT)
		return fd;
	if (!parent)
		return error_oom(err);
	if ((mkdir(parent, 0700) < 0 && errno != EEXIST) ||
	    (mkdir(dir, 0700) < 0 && errno != EEXIST))
		return error_sys(err, errno, "%s: cannot be made", dir);
	return admitted_open(dir, err);
}

static void member(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "\"%s\":", name);
	json_quote(out, value ? value : "", value ? strlen(value) : 0);
	buf_str(out, ",\n");
}

/* print_head - all that stands before the configuration, which is not copied. */
static void print_head(struct buf *out, const struct admission *what)
{
	buf_str(out, RECORD_BEGIN "\"time\":\"");
	text_utc(out, time(NULL));
	buf_str(out, "Z\",\n");
	member(out, "id", what->id);
	member(out, "bundle", what->bundle);
	member(out, "engine", what->engine);
	member(out, "runtime", what->runtime);
	member(out, "policy", what->policy);
	member(out, "verdict", what->verdict);
	buf_str(out, "\"config\":");
}

/* put - whole, and not synced: it is about processes, which end with the host. */
static int put(int fd, const struct admission *what, struct error *err)
{
	const struct stat like = { .st_mode = S_IFREG | 0600 };
	_cleanup_buf_ struct buf head = { 0 };
	char name[ADMITTED_NAME];
	const struct file_new how = { .dirfd = fd, .name = name, .like = &like, .fd = -1 };
	struct file_part parts[] = {
		{ NULL, 0 }, { what->config, what->len }, { RECORD_END, strlen(RECORD_END) },
	};
	int r;

	print_head(&head, what);
	r = buf_check(&head, err);
	if (r < 0)
		return r;
	parts[0] = (struct file_part){ head.data, head.len };
	admitted_pending(name, what->id, what->config, what->len);
	return file_put_parts(&how, parts, ARRAY_SIZE(parts), err);
}

int admitted_put(const char *dir, const struct admission *what, struct error *err)
{
	_cleanup_close_ int fd = make_dir(dir, err);
	int r = fd < 0 ? fd : put(fd, what, err);

	return r < 0 ? error_context(err, "%s: what was admitted cannot be recorded", dir) : 0;
}
