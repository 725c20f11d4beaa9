/* SPDX-License-Identifier: Apache-2.0 */
/* The files of cases, and what comes of a case. */
#include "trial-private.h"

#include <fcntl.h>
#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/report.h>
#include <cofferdam/strict.h>

#define TESTS_MAX 1000		/* files */

void list_free(char **list)
{
	for (char **s = list; s && *s; s++)
		free(*s);
	free(list);
}

void trial_free(struct trial *trial)
{
	for (size_t i = 0; i < trial->n; i++)
		case_free(&trial->cases[i]);
	free(trial->cases);
	*trial = (struct trial){ 0 };
}

static int read_cases(const struct trial_dir *dir, const struct json_doc *doc,
		      struct trial *trial, struct error *err)
{
	static const char *const names[] = { "format", "cases", NULL };
	const struct json *list;
	int r = strict_format(doc, err);

	if (r == 0)
		r = strict_known(doc, doc->root, names, err);
	if (r < 0)
		return r;
	list = json_get(doc->root, "cases");
	if (!list || list->type != JSON_ARRAY)
		return strict_error(doc, list ? list : doc->root, err, "\"cases\" is a list");
	for (const struct json *n = list->first; r == 0 && n; n = n->next) {
		struct trial_case *all = reallocarray(trial->cases, trial->n + 1, sizeof(*all));

		if (!all)
			return error_oom(err);
		trial->cases = all;
		all[trial->n] = (struct trial_case){ .file = strdup(doc->name) };
		if (!all[trial->n++].file)
			return error_oom(err);
		r = case_read(dir, doc, n, &all[trial->n - 1], err);
	}
	return r;
}

static int read_one(const struct trial_dir *dir, const char *name, struct trial *trial,
		    struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_free_ char *path = NULL;
	int r;

	if (asprintf(&path, "%s/%s", dir->path, name) < 0) {
		path = NULL;
		return error_oom(err);
	}
	r = file_read(dir->fd, name, true, FILE_CONFIG_MAX, &text, NULL, err);
	if (r == 0)
		r = json_parse(path, buf_cstr(&text), text.len, JSON_COMMENTS, &doc, err);
	return r < 0 ? r : read_cases(dir, doc, trial, err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* list_files - the names that end in ".cases.json", sorted. */
static int list_files(const struct trial_dir *dir, char ***ret, struct error *err)
{
	static const char end[] = ".cases.json";
	_cleanup_dir_ DIR *d = dir_open(dir->fd);
	char **names = calloc(TESTS_MAX + 1, sizeof(*names));
	const struct dirent *entry;
	size_t n = 0;
	int r = 0;

	if (!d || !names) {
		free(names);
		return d ? error_oom(err) : error_sys(err, errno, "%s", dir->path);
	}
	while (r == 0 && (r = dir_next(d, &entry)) > 0) {
		const size_t len = strlen(entry->d_name);

		r = 0;
		if (len < sizeof(end) || strcmp(entry->d_name + len - (sizeof(end) - 1), end) != 0)
			continue;
		if (n == TESTS_MAX)
			r = error_set(err, -E2BIG, "%s: more than %d files", dir->path, TESTS_MAX);
		else if (!(names[n++] = strdup(entry->d_name)))
			r = error_oom(err);
	}
	if (r < 0) {
		list_free(names);
		return r;
	}
	if (n > 0)
		qsort(names, n, sizeof(*names), by_name);
	*ret = names;
	return 0;
}

static void free_names(char ***names)
{
	list_free(*names);
}

int trial_read(const char *path, struct trial *ret, struct error *err)
{
	_cleanup_trial_ struct trial trial = { 0 };
	_cleanup_(free_names) char **names = NULL;
	_cleanup_free_ char *tests = NULL;
	_cleanup_close_ int fd = -1;
	struct trial_dir dir;
	int r;

	if (asprintf(&tests, "%s/tests", path) < 0) {
		tests = NULL;
		return error_oom(err);
	}
	fd = open(tests, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return error_set(err, -ENOENT, "%s: does not exist; its tests belong there, as NAME.cases.json "
				 "(TESTS in cofferdam-policy(5))", tests);
	if (fd < 0)
		return error_sys(err, errno, "%s", tests);
	dir = (struct trial_dir){ fd, tests };
	r = list_files(&dir, &names, err);
	for (size_t i = 0; r == 0 && names[i]; i++)
		r = read_one(&dir, names[i], &trial, err);
	if (r == 0 && trial.n == 0)
		r = error_set(err, -ENOENT, "%s: no case in a *.cases.json", tests);
	if (r < 0)
		return r;
	*ret = trial;
	trial = (struct trial){ 0 };
	return 0;
}

void outcome_free(struct outcome *outcome)
{
	list_free(outcome->findings);
	buf_free(&outcome->all);
	*outcome = (struct outcome){ 0 };
}

/* word - what is done about finding @i. */
static const char *word(const struct candidate *c, size_t i)
{
	const struct finding *f = &c->decision.findings.v[i];
	const enum verdict each = c->decision.each[i];

	if (each != VERDICT_ALLOW)
		return verdict_name(each);
	if (verdict_would(&c->subject, f) == VERDICT_ALLOW)
		return "warn";
	return c->decision.exempt[f->rule].by ? "exempt" : "audit";
}

static int collect(const struct candidate *c, struct outcome *ret, struct error *err)
{
	const struct decision *d = &c->decision;
	size_t n = 0;

	ret->findings = calloc(d->findings.n + 1, sizeof(*ret->findings));
	if (!ret->findings)
		return error_oom(err);
	for (size_t i = 0; i < d->findings.n; i++) {
		const enum rule_id rule = d->findings.v[i].rule;
		const char *done = word(c, i);

		if (asprintf(&ret->findings[n], "%s %s", done, registry_rule(rule)->id) < 0) {
			ret->findings[n] = NULL;
			return error_oom(err);
		}
		n++;
		ret->found[rule] = true;
		if (strcmp(done, "exempt") == 0)
			ret->used[rule] = d->exempt[rule].by;
	}
	if (n > 0)
		qsort(ret->findings, n, sizeof(*ret->findings), by_name);
	/* none twice */
	for (size_t i = 1, kept = 1; i < n; i++) {
		char *s = ret->findings[i];

		ret->findings[i] = NULL;
		if (strcmp(s, ret->findings[kept - 1]) == 0)
			free(s);
		else
			ret->findings[kept++] = s;
	}
	return 0;
}

int trial_judge(const struct policy *policy, const struct trial_case *c, struct outcome *ret,
		struct error *err)
{
	_cleanup_candidate_ struct candidate candidate = { 0 }, admitted = { 0 };
	_cleanup_outcome_ struct outcome outcome = { 0 };
	const struct subject how = {
		.policy = policy, .engine = c->engine, .door = c->door, .id = c->id,
		.bundle = c->bundle, .labels = &c->labels, .now = c->now, .on = c->on,
		.admitted = c->asked.len > 0 ? &admitted.spec : NULL,
	};
	const struct report report = {
		.subject = &candidate.subject, .decision = &candidate.decision,
		.name = "config.json", .words = WORDS_SPEC,
	};
	_cleanup_buf_ struct buf more = { 0 };
	const struct buf *facts = c->usual ? &more : &c->facts;
	int r = candidate_parse("config.json", c->asked.len > 0 ? &c->asked : &c->config, &candidate,
				err);

	if (r == 0 && c->asked.len > 0)
		r = candidate_parse("config.json", &c->config, &admitted, err);
	if (r == 0 && c->usual)
		r = places_add(policy, &c->facts, &more, err);
	if (r == 0)
		r = facts_load("facts", buf_cstr(facts), facts->len, &candidate.spec,
			       &candidate.facts, err);
	if (r == 0)
		r = candidate_judge(&candidate, &how, err);
	if (r == 0)
		r = collect(&candidate, &outcome, err);
	if (r < 0)
		return r;
	report_json(&outcome.all, &report);
	r = buf_check(&outcome.all, err);
	if (r < 0)
		return r;
	outcome.verdict = candidate.decision.verdict;
	*ret = outcome;
	outcome = (struct outcome){ 0 };
	return 0;
}

bool list_holds(char *const *list, const char *s)
{
	for (; list && *list; list++) {
		if (strcmp(*list, s) == 0)
			return true;
	}
	return false;
}

bool case_minds(const struct trial_case *c, const char *finding)
{
	return c->findings && !list_holds(c->findings, finding) && strncmp(finding, "warn ", 5) != 0;
}

bool outcome_right(const struct outcome *outcome, const struct trial_case *c)
{
	if (outcome->verdict != c->expect)
		return false;
	for (char **s = c->findings; s && *s; s++) {
		if (!list_holds(outcome->findings, *s))
			return false;
	}
	for (char **s = outcome->findings; *s; s++) {
		if (case_minds(c, *s))
			return false;
	}
	return true;
}
