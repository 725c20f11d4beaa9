/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <cofferdam/lines.h>
#include <cofferdam/text.h>

#include "log.h"

#define SHOWN_MAX 100u		/* bytes of a name in the text form */
#define NAME_WIDTH 26
#define WHERE_MAX 3u		/* images and namespaces named below a rule */

static int read_lines(int fd, struct summary *summary, struct error *err)
{
	_cleanup_lines_ struct lines lines = { .fd = fd };
	const char *text;
	size_t len;
	int r;

	while ((r = lines_next(&lines, &text, &len, err)) != 0) {
		_cleanup_log_entry_ struct log_entry entry = { 0 };

		if (r < 0 && r != -E2BIG)
			return r;
		r = r == -E2BIG ? -EINVAL : entry_read(text, len, &entry, err);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			summary->unreadable++;
		else
			r = summary_add(summary, &entry, err);
		if (r == -ENOMEM)
			return r;
	}
	return 0;
}

/* log_file - what host.json logs to, or NULL. malloc'd. */
static int log_file(const struct cli_options *options, char **ret, struct error *err)
{
	_cleanup_host_ struct host *host = NULL;
	int r = host_load(options->host_config, geteuid(), &host, err);

	if (r < 0)
		return r;
	if (!host->log.file)
		return error_set(err, -ENOENT,
				 "host.json logs to no file; for the journal: journalctl -t cofferdam -o cat | cofferdam log summary -");
	*ret = strdup(host->log.file);
	return *ret ? 0 : error_oom(err);
}

static void name(struct buf *out, const char *s)
{
	if (*s)
		text_escape(out, s, strlen(s), SHOWN_MAX);
	else
		buf_str(out, "(not told)");
}

static void counts(struct buf *out, const size_t *v)
{
	for (size_t i = 0; i < OUTCOME_CLEAN; i++)
		buf_printf(out, " %8zu", v[i]);
	buf_char(out, '\n');
}

static void heading(struct buf *out, const char *what)
{
	/* in the order of enum outcome; "+would": but for audit */
	buf_printf(out, "\n%-*s %8s %8s %8s %8s %8s %8s\n", NAME_WIDTH, what, "refused", "+would",
		   "hardened", "+would", "exempt", "warned");
}

/* where - the images and namespaces that are most often behind a rule's findings. */
static void where(struct buf *out, const struct rows *cross, const char *rule)
{
	size_t shown = 0, more = 0;

	for (size_t i = 0; i < cross->n; i++) {
		const struct row *row = cross->v[i];
		size_t n = 0;

		if (strcmp(row->rule, rule) != 0 || (!*row->image && !*row->namespace_))
			continue;
		if (shown++ >= WHERE_MAX) {
			more++;
			continue;
		}
		for (size_t k = 0; k < OUTCOME_CLEAN; k++)
			n += row->counts[k];
		buf_printf(out, "    %zu: image ", n);
		name(out, row->image);
		buf_str(out, ", namespace ");
		name(out, row->namespace_);
		buf_char(out, '\n');
	}
	if (more > 0)
		buf_printf(out, "    and %zu more; --format json has all\n", more);
}

static void table(struct buf *out, const char *what, const struct rows *rows,
		  const struct rows *cross)
{
	heading(out, what);
	for (size_t i = 0; i < rows->n; i++) {
		const struct row *row = rows->v[i];
		const size_t start = out->len;

		name(out, row->rule ? row->rule : row->image ? row->image : row->namespace_);
		for (size_t len = out->len - start; len < NAME_WIDTH; len++)
			buf_char(out, ' ');
		if (out->len - start > NAME_WIDTH)
			buf_printf(out, "\n%*s", NAME_WIDTH, "");
		counts(out, row->counts);
		if (cross)
			where(out, cross, row->rule);
	}
}

static void print_text(struct buf *out, const struct summary *s)
{
	static const char *const words[OUTCOME_MAX] = {
		"refused", "would have been refused", "hardened", "would have been hardened",
		"exempt", "warned of", "without a finding",
	};
	const char *separator = "  ";
	struct error err;
	enum rule_id id;

	buf_printf(out, "%zu records", s->records);
	if (s->first[0])
		buf_printf(out, ", %s to %s", s->first, s->last);
	buf_char(out, '\n');
	for (size_t i = 0; i < OUTCOME_MAX; i++) {
		if (s->counts[i] == 0)
			continue;
		buf_printf(out, "%s%zu %s", separator, s->counts[i], words[i]);
		separator = ", ";
	}
	if (s->records > 0)
		buf_char(out, '\n');
	if (s->failures > 0)
		buf_printf(out, "  %zu were not judged at all, or killed at the gate: see their \"failure\"\n", s->failures);
	if (s->unreadable > 0)
		buf_printf(out, "  %zu lines are no records\n", s->unreadable);
	if (s->records == 0)
		return;
	table(out, "BY RULE", &s->rules, &s->cross);
	table(out, "BY IMAGE", &s->images, NULL);
	table(out, "BY NAMESPACE", &s->namespaces, NULL);
	for (size_t i = 0; i < s->rules.n; i++) {
		if (registry_find(s->rules.v[i]->rule, &id, &err) < 0)
			continue;	/* nothing can be explained of it */
		buf_printf(out, "\nNext: cofferdam explain %s\n", s->rules.v[i]->rule);
		break;
	}
}

static void member(struct buf *out, const char *key, const char *s)
{
	if (!s)
		return;
	buf_printf(out, "\"%s\":", key);
	json_string_shown(out, *s ? s : NULL);
	buf_char(out, ',');
}

static void json_counts(struct buf *out, const size_t *v)
{
	for (size_t i = 0; i < OUTCOME_MAX; i++)
		buf_printf(out, "%s\"%s\":%zu", i ? "," : "", outcome_name((enum outcome)i), v[i]);
}

static void json_rows(struct buf *out, const char *key, const struct rows *rows)
{
	buf_printf(out, ",\"%s\":[", key);
	for (size_t i = 0; i < rows->n; i++) {
		buf_str(out, i ? ",\n{" : "\n{");
		member(out, "rule", rows->v[i]->rule);
		member(out, "image", rows->v[i]->image);
		member(out, "namespace", rows->v[i]->namespace_);
		json_counts(out, rows->v[i]->counts);
		buf_char(out, '}');
	}
	buf_char(out, ']');
}

static void print_json(struct buf *out, const struct summary *s)
{
	buf_printf(out, "{\"format\":1,\"records\":%zu,\"unreadable\":%zu,\"failures\":%zu,",
		   s->records, s->unreadable, s->failures);
	member(out, "first", s->first);
	member(out, "last", s->last);
	json_counts(out, s->counts);
	json_rows(out, "rules", &s->rules);
	json_rows(out, "images", &s->images);
	json_rows(out, "namespaces", &s->namespaces);
	json_rows(out, "cross", &s->cross);
	buf_str(out, "}\n");
}

int log_open(const char *path, int *ret, struct error *err)
{
	*ret = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
				      : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return *ret < 0 ? error_sys(err, errno, "%s", path) : 0;
}

/* own_open - the host's log, which nobody waits for: what lies there may be anything. */
static int own_open(const char *path, int *ret, struct error *err)
{
	struct stat st;

	*ret = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (*ret < 0 && errno == ENOENT)
		return error_set(err, -ENOENT, "%s: does not exist: nothing was recorded yet, or it was moved", path);
	if (*ret < 0 || fstat(*ret, &st) < 0)
		return error_sys(err, errno, "%s", path);
	return S_ISREG(st.st_mode) ? 0 : error_set(err, -EINVAL, "%s: not a regular file", path);
}

int cmd_log(const struct command *self, int argc, char **argv)
{
	_cleanup_summary_ struct summary summary = { 0 };
	_cleanup_free_ char *own = NULL;
	_cleanup_close_ int fd = -1;
	_cleanup_buf_ struct buf out = { 0 };
	struct cli_options options = { 0 };
	int first = cli_options(self, argc, argv, "hf", &options), r = 0;
	struct error err;
	bool json;

	if (first < 0)
		return ~first;
	if (first == argc || strcmp(argv[first], "summary") != 0 || argc - first > 2)
		return cli_usage(self, "log takes: summary [FILE]");
	json = options.format && strcmp(options.format, "json") == 0;
	if (options.format && !json && strcmp(options.format, "text") != 0)
		return cli_usage(self, "--format takes text or json, not \"%s\"", options.format);
	if (first + 1 == argc) {
		r = log_file(&options, &own, &err);
		if (r == 0)
			r = own_open(own, &fd, &err);
	} else {
		r = log_open(argv[first + 1], &fd, &err);
	}
	if (r == 0) {
		r = read_lines(fd, &summary, &err);
		if (r < 0)
			(void)error_context(&err, "%s", own ? own : argv[first + 1]);
	}
	if (r < 0)
		return cli_fail(&err);
	summary_sort(&summary);
	if (json)
		print_json(&out, &summary);
	else
		print_text(&out, &summary);
	return cli_print(&out, STATUS_ALLOWED);
}
