/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a daemon's unit gives it on its command line (systemd.service(5)), and what the
 * files say that distributions have for its options: far enough to see one option.
 */
#include "doctor-private.h"

#include <string.h>

#include <cofferdam/text.h>

static const char *const folders[] = {
	"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system", "/lib/systemd/system",
};

static int by_name(const void *a, const void *b)
{
	return strcmp(text_path_base(*(const char *const *)a),
		      text_path_base(*(const char *const *)b));
}

/* The unit, of several the first; its drop-ins by name; then what it may get its options from. */
static int files_of(const struct tree *tree, const char *daemon, struct paths *ret,
		    struct error *err)
{
	static const char *const options[] = { "/etc/default", "/etc/sysconfig" };
	_cleanup_paths_ struct paths drop_ins = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *unit = NULL, *folder = NULL;

		if (asprintf(&unit, "%s/%s.service", folders[i], daemon) < 0)
			unit = NULL;
		if (asprintf(&folder, "%s/%s.service.d", folders[i], daemon) < 0)
			folder = NULL;
		if (!unit || !folder)
			return error_oom(err);
		if (ret->n == 0 && tree_has(tree, unit))
			r = paths_add(ret, unit, err);
		if (r == 0)
			r = where_conf(tree, folder, ".conf", &drop_ins, err);
	}
	if (drop_ins.n > 0)
		qsort(drop_ins.v, drop_ins.n, sizeof(*drop_ins.v), by_name);
	for (size_t i = 0; r == 0 && i < drop_ins.n; i++)
		r = paths_add(ret, drop_ins.v[i], err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(options); i++) {
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s/%s", options[i], daemon) < 0) {
			path = NULL;
			return error_oom(err);
		}
		r = paths_add(ret, path, err);
	}
	return r;
}

/* The words of one line, which is changed. */
static int line_says(char *line, const struct unit_option *what, struct buf *ret,
		     struct error *err)
{
	static const char between[] = " \t\r\"'";
	char *rest = line;

	for (char *word; (word = strsep(&rest, between));) {
		const char *next = rest ? rest + strspn(rest, between) : NULL, *value;
		_cleanup_free_ char *one = NULL;

		/* the first of a variable's, which is not in quotes */
		if (word[0] != '-' && strstr(word, "=-"))
			word = strstr(word, "=-") + 1;
		value = option_value(word, next ? next : "", what->option);
		value = value ? value : option_value(word, next ? next : "", what->letter);
		if (!value)
			continue;
		one = strndup(value, strcspn(value, between));
		if (!one)
			return error_oom(err);
		buf_reset(ret);
		buf_str(ret, one);
		return buf_check(ret, err) < 0 ? -ENOMEM : 1;
	}
	return 0;
}

/* All lines of a file; the last one wins, and an ExecStart takes the place of those before. */
static int file_says(char *text, const struct unit_option *what, struct buf *ret,
		     bool *found, struct error *err)
{
	char *rest = text;

	for (char *at = text; (at = strstr(at, "\\\n"));)
		at[0] = at[1] = ' ';
	for (char *line; (line = strsep(&rest, "\n"));) {
		int r;

		line += strspn(line, " \t");
		if (*line == '#' || *line == ';')
			continue;
		if (strncmp(line, "ExecStart=", strlen("ExecStart=")) == 0)
			*found = false;
		r = line_says(line, what, ret, err);
		if (r < 0)
			return r;
		*found |= r > 0;
	}
	return 0;
}

int unit_says(const struct tree *tree, const char *daemon, const struct unit_option *what,
	      struct buf *ret, struct error *err)
{
	_cleanup_paths_ struct paths files = { 0 };
	int r = files_of(tree, daemon, &files, err);
	bool found = false;

	for (size_t i = 0; r == 0 && i < files.n; i++) {
		_cleanup_buf_ struct buf text = { 0 };
		_cleanup_free_ char *real = tree_real(tree, files.v[i]);
		struct error ignored;

		/* a unit that cannot be read starts nothing */
		if (!real || tree_read(tree, real, &text, NULL, &ignored) < 0 || text.len == 0)
			continue;
		r = file_says(text.data, what, ret, &found, err);
	}
	return r < 0 ? r : found;
}
