/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs tests/rules/RULE-ID/cases.json for every rule and prints TAP. The
 * folder is the first argument, or tests/rules below $top_srcdir.
 */
#include "case.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include <cofferdam/file.h>

struct run {
	struct place place;
	unsigned tests, failed;
	size_t verdicts[RULE_MAX][VERDICT_MAX];	/* cases by what they expect */
	size_t hardened[RULE_MAX];
	bool exercised[RULE_MAX][PARAMS_MAX];
};

static void tell(struct run *run, int r, const struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void tell(struct run *run, int r, const struct error *err, const char *fmt, ...)
{
	va_list ap;

	printf("%s %u - ", r < 0 ? "not ok" : "ok", ++run->tests);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (r < 0) {
		run->failed++;
		printf("# %s\n", err->text);
	}
	(void)fflush(stdout);
}

static int mark_params(struct run *run, const struct rule_case *c, struct error *err)
{
	const struct rule *rule = registry_rule(c->rule);

	for (size_t p = 0; p < PARAMS_MAX && rule->params[p].name; p++) {
		int r = case_exercises(c, rule->params[p].name, err);

		if (r < 0)
			return r;
		if (r)
			run->exercised[c->rule][p] = true;
	}
	return 0;
}

static void run_case(struct run *run, enum rule_id rule, const struct json_doc *file,
		     const struct json *node)
{
	_cleanup_case_ struct rule_case c = { .rule = rule };
	struct error err = { 0 };
	int r = case_read(&run->place, file, node, &c, &err);

	if (r == 0)
		r = case_check(&c, &err);
	if (r == 0)
		r = mark_params(run, &c, &err);
	tell(run, r, &err, "%s: %s", registry_rule(rule)->id, c.name ? c.name : "?");
	if (r < 0)
		return;
	run->verdicts[rule][c.expect]++;
	run->hardened[rule] += c.hardens;
}

static bool name_repeated(const struct json *node)
{
	const struct json *name = json_get(node, "name");

	for (const struct json *n = node->parent->first; name && n != node; n = n->next) {
		const struct json *other = json_get(n, "name");

		if (other && name->str && other->str && strcmp(name->str, other->str) == 0)
			return true;
	}
	return false;
}

static void run_folder(struct run *run, enum rule_id rule)
{
	const char *id = registry_rule(rule)->id;
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf path = { 0 }, text = { 0 };
	struct error err = { 0 };
	int r;

	buf_printf(&path, "%s/%s/cases.json", run->place.dir, id);
	r = buf_check(&path, &err);
	if (r == 0)
		r = file_read(AT_FDCWD, buf_cstr(&path), false, FILE_CONFIG_MAX, &text, NULL, &err);
	if (r == 0)
		r = json_parse(buf_cstr(&path), buf_cstr(&text), text.len, JSON_COMMENTS, &doc,
			       &err);
	if (r == 0 && doc->root->type != JSON_ARRAY)
		r = error_set(&err, -EINVAL, "%s: not a list of cases", buf_cstr(&path));
	for (const struct json *n = r == 0 ? doc->root->first : NULL; n; n = n->next) {
		if (name_repeated(n))
			r = error_set(&err, -EINVAL, "two cases have the name \"%s\"",
				      json_get(n, "name")->str);
		run_case(run, rule, doc, n);
	}
	tell(run, r, &err, "%s: its cases can be read", id);
}

/* What the cases of a rule must be, all together. */
static void check_complete(struct run *run, enum rule_id id)
{
	const struct rule *rule = registry_rule(id);
	const size_t *verdicts = run->verdicts[id];
	struct error err = { 0 };
	int r = 0;

	if (!verdicts[VERDICT_ALLOW] || !verdicts[VERDICT_DENY])
		r = error_set(&err, -EBADMSG, "an allowed case and a denied one are needed");
	else if (rule->facts && !verdicts[VERDICT_UNJUDGED])
		r = error_set(&err, -EBADMSG, "it needs facts: a case without them is needed");
	else if (rule->remedy && !run->hardened[id])
		r = error_set(&err, -EBADMSG, "it has a remedy: a hardened case is needed");
	for (size_t p = 0; r == 0 && p < PARAMS_MAX && rule->params[p].name; p++) {
		if (!run->exercised[id][p])
			r = error_set(&err, -EBADMSG, "no case differs by the value of \"%s\"",
				      rule->params[p].name);
	}
	tell(run, r, &err, "%s: its cases are complete", rule->id);
}

/* Every folder is a rule; the other way round, run_folder() fails. */
static void check_folders(struct run *run)
{
	_cleanup_dir_ DIR *dir = opendir(run->place.dir);
	struct error err = { 0 };
	struct dirent *entry;
	int r = dir ? 0 : error_sys(&err, errno, "%s", run->place.dir);

	while (r == 0 && (entry = readdir(dir))) {
		enum rule_id rule;

		if (entry->d_name[0] == '.' || strchr(entry->d_name, '.') ||
		    strcmp(entry->d_name, "bases") == 0)
			continue;
		r = registry_find(entry->d_name, &rule, &err);
	}
	tell(run, r, &err, "every folder is a rule's");
}

/* A base that must be clean, and who is registered when it is judged. */
struct honest {
	const char *name;
	enum engine engine;
	bool mapped;			/* has a user namespace */
};

/*
 * expected - whether the finding is the one warning that these bases are meant
 * to have: containers of docker and of pods without a user namespace.
 */
static bool expected(const struct honest *base, const struct decision *decision, size_t i)
{
	return decision->findings.v[i].rule == RULE_HOST_USER &&
	       decision->each[i] == VERDICT_ALLOW && !decision->findings.v[i].unjudged &&
	       !base->mapped;
}

static int judge_base(const struct run *run, const struct honest *base, enum bundle bundle,
		      struct error *err)
{
	_cleanup_judged_ struct judged judged = { 0 };
	_cleanup_buf_ struct buf config = { 0 }, facts = { 0 };
	const struct decision *decision = &judged.candidate.decision;
	struct subject how = { .door = DOOR_HOOK, .engine = base->engine };
	size_t warnings = 0;
	int r = policy_shipped(bundle, &judged.policy, err);

	how.policy = judged.policy;
	if (r == 0)
		r = base_read(&run->place, base->name, &config, &facts, err);
	if (r == 0)
		r = judge_text(&how, &config, &facts, &judged, err);
	for (size_t i = 0; r == 0 && i < decision->findings.n; i++) {
		const struct finding *f = &decision->findings.v[i];

		if (expected(base, decision, i))
			warnings++;
		else
			r = error_set(err, -EBADMSG, "%s: %s: %s", registry_rule(f->rule)->id,
				      f->pointer, f->text);
	}
	if (r == 0 && warnings > 1)
		r = error_set(err, -EBADMSG, "one warning, twice");
	return r;
}

/*
 * The bases whose names say so keep every rule of every shipped bundle, but
 * for a user namespace: at the door that can only refuse, nothing is found.
 */
static void check_bases(struct run *run)
{
	static const struct honest honest[] = {
		{ "honest", ENGINE_DOCKER, false },
		{ "honest-pod", ENGINE_CONTAINERD, false },
		{ "honest-podman", ENGINE_PODMAN, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(honest); i++) {
		for (size_t b = 0; b < BUNDLE_MAX; b++) {
			struct error err = { 0 };
			int r = judge_base(run, &honest[i], (enum bundle)b, &err);

			tell(run, r, &err, "%s is allowed by all of %s", honest[i].name,
			     bundle_name((enum bundle)b));
		}
	}
}

static void clean_up(const char *scratch)
{
	_cleanup_dir_ DIR *dir = opendir(scratch);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	}
	(void)rmdir(scratch);
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("top_srcdir"), *tmp = getenv("TMPDIR");
	_cleanup_buf_ struct buf dir = { 0 }, scratch = { 0 };
	struct run run = { 0 };

	if (argc > 1)
		buf_str(&dir, argv[1]);
	else
		buf_printf(&dir, "%s/tests/rules", srcdir ? srcdir : ".");
	buf_printf(&scratch, "%s/cofferdam-rules.XXXXXX", tmp ? tmp : "/tmp");
	if (dir.oom || scratch.oom || !mkdtemp(scratch.data)) {
		printf("Bail out! no scratch folder\n");
		return 1;
	}
	run.place = (struct place){ buf_cstr(&dir), buf_cstr(&scratch) };
	check_bases(&run);
	check_folders(&run);
	for (size_t i = 0; i < RULE_MAX; i++) {
		run_folder(&run, (enum rule_id)i);
		check_complete(&run, (enum rule_id)i);
	}
	printf("1..%u\n", run.tests);
	clean_up(scratch.data);
	return run.failed ? 1 : 0;
}
