/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>

#include <cofferdam/door.h>
#include <cofferdam/file.h>
#include <cofferdam/text.h>

void input_free(struct input *input)
{
	free(input->name);
	free(input->base);
	free(input->dir);
	close_fd(&input->dir_fd);
	buf_free(&input->text);
	*input = (struct input){ .dir_fd = -1 };
}

/* split - the folder and the file of @path. */
static int split(const char *path, char **ret_dir, char **ret_base, struct error *err)
{
	const char *slash = strrchr(path, '/');

	*ret_dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	*ret_base = strdup(slash ? slash + 1 : path);
	return *ret_dir && *ret_base ? 0 : error_oom(err);
}

/*
 * open_folder - @dir; where no symbolic link is met, its text tells its real path, which
 * the kernel would have to be asked for.
 */
static int open_folder(const char *dir, struct input *ret, struct error *err)
{
	_cleanup_free_ char *clean = dir[0] == '/' && !text_path_climbs(dir)
		? text_path_clean(dir) : NULL;

	ret->dir_fd = clean ? open_resolve(AT_FDCWD, clean, O_PATH | O_DIRECTORY,
					   RESOLVE_NO_SYMLINKS) : -1;
	if (ret->dir_fd >= 0)
		ret->dir = steal_ptr(clean);
	else
		ret->dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return ret->dir_fd < 0 ? error_sys(err, errno, "%s", dir) : 0;
}

/* whole_name - the error names the file alone; say its folder as well. */
static int whole_name(const struct input *input, int code, struct error *err)
{
	const size_t len = strlen(input->base);

	if (strncmp(err->text, input->base, len) != 0)
		return error_context(err, "%s", input->name);
	return error_set(err, code, "%s%s", input->name, err->text + len);
}

char *input_in(const char *folder, const char *name)
{
	_cleanup_buf_ struct buf path = { 0 };

	buf_str(&path, folder);
	if (path.len == 0 || folder[path.len - 1] != '/')
		buf_char(&path, '/');
	buf_str(&path, name);
	return buf_steal(&path);
}

int input_read(const char *path, struct input *ret, struct error *err)
{
	_cleanup_free_ char *config = NULL;
	struct stat st;

	if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		path = config = input_in(path, "config.json");
		if (!path)
			return error_oom(err);
	}
	return input_read_file(path, ret, err);
}

int input_read_file(const char *path, struct input *ret, struct error *err)
{
	_cleanup_input_ struct input input = { .dir_fd = -1 };
	_cleanup_free_ char *dir = NULL;
	int r;

	if (strcmp(path, "-") == 0) {
		input.name = strdup("standard input");
		if (!input.name)
			return error_oom(err);
		r = file_read_stream(STDIN_FILENO, "standard input", FILE_CONFIG_MAX,
				     STDIN_WAIT_MS, &input.text, err);
		if (r < 0)
			return r;
	} else {
		r = split(path, &dir, &input.base, err);
		if (r < 0)
			return r;
		input.name = input_in(dir, input.base);
		if (!input.name)
			return error_oom(err);
		r = open_folder(dir, &input, err);
		if (r < 0)
			return r;
		r = file_read(input.dir_fd, input.base, false, FILE_CONFIG_MAX, &input.text,
			      &input.st, err);
		if (r < 0)
			return whole_name(&input, r, err);
	}
	*ret = input;
	input = (struct input){ .dir_fd = -1 };
	return 0;
}

static int load_facts(const char *path, struct candidate *c, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = file_read(AT_FDCWD, path, false, FILE_CONFIG_MAX, &text, NULL, err);

	return r < 0 ? r : facts_load(path, buf_cstr(&text), text.len, &c->spec, &c->facts, err);
}

/* with_exec - @text with the process file @path in it. */
static int with_exec(const struct buf *text, const char *path, struct buf *ret,
		     struct error *err)
{
	_cleanup_buf_ struct buf process = { 0 };
	int r = file_read(AT_FDCWD, path, false, FILE_CONFIG_MAX, &process, NULL, err);

	return r < 0 ? r : door_exec_config(text, &process, ret, err);
}

int input_judge(struct input *input, const struct cli_options *options,
		const struct policies *policies, struct candidate *admitted,
		struct candidate *ret, struct error *err)
{
	_cleanup_buf_ struct buf exec = { 0 };
	struct facts_source source = {
		.bundle_fd = input->dir_fd >= 0 ? input->dir_fd : AT_FDCWD,
		.bundle = input->dir,
		.engine = options->engine,
		.engine_bundle = options->bundle,
	};
	struct subject how = {
		.engine = options->engine, .door = options->door, .id = options->id,
		.bundle = options->bundle, .spec = &ret->spec, .sketch = input->sketch,
		.host_config = options->host_config,
	};
	int r = 0;

	if (options->exec) {
		how.on = ON_EXEC;
		how.admitted = &admitted->spec;
		r = candidate_parse(input->name, &input->text, admitted, err);
		if (r == 0)
			r = with_exec(&input->text, options->exec, &exec, err);
		if (r == 0) {
			buf_free(&input->text);
			input->text = exec;
			exec = (struct buf){ 0 };
		}
	}
	if (r == 0)
		r = candidate_parse_shared(options->exec ? options->exec : input->name,
					   &input->text, input->shared, ret, err);
	if (r == 0)
		r = policies_for(policies, &how, &how.policy, err);
	if (r < 0)
		return r;
	if (input->lent && !options->facts)
		source.host = lent_for(input->lent, how.policy, &input->known);
	if (source.host)
		source.seen = input->seen;
	how.known = &input->known;
	if (options->facts)
		r = load_facts(options->facts, ret, err);
	else
		r = facts_gather(&ret->spec, how.policy, &source, &ret->facts, err);
	if (r == 0)
		r = candidate_judge(ret, &how, err);
	if (r == 0 && input->lent)
		lent_learn(input->lent, ret);
	return r;
}
