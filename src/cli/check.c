/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <fts.h>
#include <string.h>
#include <unistd.h>

struct checking {
	const struct cli_options *options;
	const struct policies *policies;
	bool json, colour;
	size_t seen;
};

static enum wording words(const struct checking *how, const struct candidate *c)
{
	if (how->options->engine != ENGINE_UNKNOWN)
		return engine_wording(how->options->engine);
	return engine_wording(engine_guess(&c->spec));
}

/* unjudged - a configuration of which no rule could be asked. */
static int unjudged(const struct checking *how, const char *name, const struct error *err)
{
	_cleanup_buf_ struct buf out = { 0 };

	if (!how->json)
		return cli_fail(err);
	buf_str(&out, "{\"format\":1,\"name\":");
	json_quote(&out, name, strlen(name));
	buf_str(&out, ",\"verdict\":\"unjudged\",\"failure\":");
	json_quote(&out, err->text, strlen(err->text));
	buf_str(&out, ",\"findings\":[]}\n");
	return cli_print(&out, STATUS_UNJUDGED);
}

static int check_one(struct checking *how, const char *path)
{
	_cleanup_candidate_ struct candidate c = { 0 };
	_cleanup_input_ struct input input = { .dir_fd = -1 };
	_cleanup_buf_ struct buf out = { 0 };
	struct report report = { 0 };
	struct error err;

	if (!how->json && how->seen++ > 0)
		buf_char(&out, '\n');
	if (input_read(path, &input, &err) < 0)
		return unjudged(how, path, &err);
	if (input_judge(&input, how->options, how->policies, &c, &err) < 0)
		return unjudged(how, input.name, &err);
	report = (struct report){
		.subject = &c.subject, .decision = &c.decision, .name = input.name,
		.words = words(how, &c), .colour = how->colour, .verbose = how->options->verbose,
	};
	if (how->json) {
		report_json(&out, &report);
		buf_char(&out, '\n');
	} else {
		report_text(&out, &report);
	}
	return cli_print(&out, cli_status(c.decision.verdict));
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void close_fts(FTS **fts)
{
	if (*fts)
		(void)fts_close(*fts);
}

/* check_tree - every config.json below @path; links are not followed. */
static int check_tree(struct checking *how, char *path)
{
	char *const roots[] = { path, NULL };
	_cleanup_(close_fts) FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	int status = STATUS_ALLOWED;
	size_t found = 0;
	struct error err;
	FTSENT *e;

	while (fts) {
		errno = 0;
		e = fts_read(fts);
		if (!e)
			break;
		if (e->fts_info == FTS_ERR || e->fts_info == FTS_DNR || e->fts_info == FTS_NS) {
			(void)error_sys(&err, e->fts_errno, "%s", e->fts_path);
			status = cli_worst(status, unjudged(how, e->fts_path, &err));
		} else if (e->fts_info != FTS_D && e->fts_info != FTS_DP &&
			   strcmp(e->fts_name, "config.json") == 0) {
			found++;
			status = cli_worst(status, check_one(how, e->fts_path));
		}
	}
	if (!fts || errno) {
		(void)error_sys(&err, errno, "%s: cannot be read to its end", path);
		return unjudged(how, path, &err);
	}
	if (found == 0) {
		(void)error_set(&err, -ENOENT, "%s: holds no config.json", path);
		return unjudged(how, path, &err);
	}
	return status;
}

static int check_path(struct checking *how, char *path)
{
	_cleanup_free_ char *config = NULL;
	struct error err;
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return check_one(how, path);
	if (asprintf(&config, "%s/config.json", path) < 0) {
		config = NULL;
		(void)error_oom(&err);
		return unjudged(how, path, &err);
	}
	return lstat(config, &st) == 0 ? check_one(how, path) : check_tree(how, path);
}

int cmd_check(const struct command *self, int argc, char **argv)
{
	_cleanup_policies_ struct policies policies = { 0 };
	struct cli_options options = { 0 };
	struct checking how = { .options = &options };
	int first = cli_options(self, argc, argv, "phFfedIBv", &options);
	int status = STATUS_ALLOWED;
	struct error err;

	if (first < 0)
		return ~first;
	if (first == argc)
		return cli_usage(self, "which configuration?");
	how.json = options.format && strcmp(options.format, "json") == 0;
	if (options.format && !how.json && strcmp(options.format, "text") != 0)
		return cli_usage(self, "--format takes text or json, not \"%s\"", options.format);
	how.colour = !how.json && isatty(STDOUT_FILENO);
	if (policies_load(&options, &policies, &err) < 0)
		return cli_fail(&err);
	how.policies = &policies;
	for (int i = first; i < argc; i++)
		status = cli_worst(status, check_path(&how, argv[i]));
	return status;
}
