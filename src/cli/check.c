/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pool.h"

/* bytes that most reports take, rather than grow step by step */
#define REPORT_ROOM 8000u
#define JSON_ROOM 48000u

struct checking {
	const struct cli_options *options;
	const struct policies *policies;
	struct lent *lent;
	bool json, colour;
};

/* unjudged - a configuration of which no rule could be asked. */
static void unjudged(const struct checking *how, const char *name, const struct error *error,
		     struct job *job)
{
	job->status = STATUS_UNJUDGED;
	buf_reset(&job->out);
	if (!how->json) {
		buf_printf(&job->err, "cofferdam: %s\n", error->text);
		return;
	}
	buf_str(&job->out, "{\"format\":1,\"name\":");
	json_quote_shown(&job->out, name, strlen(name));
	buf_str(&job->out, ",\"verdict\":\"unjudged\",\"failure\":");
	json_quote_shown(&job->out, error->text, strlen(error->text));
	buf_str(&job->out, ",\"findings\":[]}\n");
}

/* judge - an input that was read; what is kept of others, and for others, is on @desk. */
static void judge(const struct checking *how, struct input *input, struct desk *desk,
		  struct job *job)
{
	_cleanup_candidate_ struct candidate admitted = { 0 }, c = { 0 };
	struct report report = { 0 };
	struct error err;

	input->lent = how->lent;
	input->seen = desk->seen;
	input->shared = desk->shared;
	input->sketch = !how->json;
	if (input_judge(input, how->options, how->policies, &admitted, &c, &err) < 0) {
		unjudged(how, input->name, &err, job);
		return;
	}
	report = (struct report){
		.subject = &c.subject, .decision = &c.decision, .name = input->name,
		.words = engine_wording(how->options->engine, &c.spec),
		.colour = how->colour, .verbose = how->options->verbose,
		.kept = desk->kept,
	};
	(void)buf_room(&job->out, how->json ? JSON_ROOM : REPORT_ROOM);
	if (how->json) {
		report_json(&job->out, &report);
		buf_char(&job->out, '\n');
	} else {
		report_text(&job->out, &report);
	}
	job->status = cli_status(c.decision.verdict);
}

/* check_one - on any thread: all that @context points to is only read, or lent out. */
static void check_one(void *context, struct job *job)
{
	const struct checking *how = context;
	_cleanup_input_ struct input input = { .dir_fd = -1 };
	struct error err;
	struct desk desk;

	if (job->failed) {
		unjudged(how, job->path, job->failed, job);
		return;
	}
	if (input_read_file(job->path, &input, &err) < 0) {
		unjudged(how, job->path, &err, job);
		return;
	}
	desk = lent_desk(how->lent);
	judge(how, &input, &desk, job);
	lent_return(how->lent, &desk);
}

/* wanted - of a folder: those below it. */
static int wanted(const struct dirent *e)
{
	return (e->d_type == DT_DIR || e->d_type == DT_UNKNOWN) && strcmp(e->d_name, ".") != 0 &&
	       strcmp(e->d_name, "..") != 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* unreadable - what there is at @path is told of, so that something was found. */
static void unreadable(struct pool *pool, const char *path, size_t *found)
{
	struct error err;

	(void)error_sys(&err, errno, "%s", path);
	++*found;
	pool_add(pool, path, &err);
}

/* is_folder - or it cannot be told, and looking into it will say why. */
static bool is_folder(const char *path, const struct dirent *e)
{
	struct stat st;

	return e->d_type == DT_DIR || lstat(path, &st) < 0 || S_ISDIR(st.st_mode);
}

static void check_below(struct pool *pool, const char *path, size_t *found);

/* check_folders - those in @path, in order of their names; links are not followed. */
static void check_folders(struct pool *pool, const char *path, size_t *found)
{
	struct dirent **v;
	const int n = scandir(path, &v, wanted, by_name);

	if (n < 0) {
		unreadable(pool, path, found);
		return;
	}
	for (int i = 0; i < n; i++) {
		_cleanup_free_ struct dirent *e = v[i];
		_cleanup_free_ char *name = input_in(path, e->d_name);

		if (!name)
			unreadable(pool, path, found);
		else if (is_folder(name, e))
			check_below(pool, name, found);
	}
	free(v);
}

/*
 * check_below - the bundle @path, or every bundle below it, counted in @found. What a bundle
 * holds is its container's: an image may have any number of files called config.json.
 * PATH_MAX bounds how deep it goes.
 */
static void check_below(struct pool *pool, const char *path, size_t *found)
{
	_cleanup_free_ char *config = input_in(path, "config.json");
	struct stat st;
	int r;

	if (!config) {
		unreadable(pool, path, found);
		return;
	}
	r = lstat(config, &st);
	if (r == 0 && !S_ISDIR(st.st_mode)) {
		++*found;
		pool_add(pool, config, NULL);
	} else if (r == 0 || errno == ENOENT) {
		check_folders(pool, path, found);
	} else {
		unreadable(pool, config, found);
	}
}

static void check_path(struct pool *pool, const char *path)
{
	size_t found = 0;
	struct error err;
	struct stat st;

	if (strcmp(path, "-") == 0 || stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
		pool_add(pool, path, NULL);
		return;
	}
	check_below(pool, path, &found);
	if (found > 0)
		return;
	(void)error_set(&err, -ENOENT, "%s: holds no config.json", path);
	pool_add(pool, path, &err);
}

/* jobs - of --jobs: 0 and the number, or -EINVAL. */
static int jobs(const char *text, unsigned *ret)
{
	char *end;
	const unsigned long n = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || n < 1 || n > POOL_THREADS_MAX)
		return -EINVAL;
	*ret = (unsigned)n;
	return 0;
}

int cmd_check(const struct command *self, int argc, char **argv)
{
	_cleanup_policies_ struct policies policies = { 0 };
	_cleanup_lent_ struct lent lent = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct cli_options options = { 0 };
	struct checking how = { .options = &options, .policies = &policies, .lent = &lent };
	struct pool pool = { .work = check_one, .context = &how };
	int first = cli_options(self, argc, argv, "phFfedIBxvj", &options);
	struct error err;

	if (first < 0)
		return ~first;
	if (first == argc)
		return cli_usage(self, "which configuration?");
	how.json = options.format && strcmp(options.format, "json") == 0;
	if (options.format && !how.json && strcmp(options.format, "text") != 0)
		return cli_usage(self, "--format takes text or json, not \"%s\"", options.format);
	if (options.jobs && jobs(options.jobs, &pool.threads) < 0)
		return cli_usage(self, "--jobs takes a number from 1 to %u, not \"%s\"",
				 POOL_THREADS_MAX, options.jobs);
	how.colour = !how.json && isatty(STDOUT_FILENO);
	pool.separate = !how.json;
	if (policies_load(&options, &policies, &err) < 0)
		return cli_fail(&err);
	for (int i = first; i < argc; i++)
		check_path(&pool, argv[i]);
	return pool_finish(&pool);
}
