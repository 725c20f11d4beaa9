/* SPDX-License-Identifier: Apache-2.0 */
/* One case as it is written. */
#include "trial-private.h"

#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/strict.h>

void case_free(struct trial_case *c)
{
	free(c->name);
	free(c->file);
	free(c->id);
	free(c->bundle);
	labels_free(&c->labels);
	buf_free(&c->config);
	buf_free(&c->facts);
	buf_free(&c->asked);
	list_free(c->findings);
}

static int copy(char **ret, const char *s, struct error *err)
{
	*ret = strdup(s);
	return *ret ? 0 : error_oom(err);
}

static int read_base(const struct json_doc *doc, const struct json *node, struct trial_case *c,
		     struct error *err)
{
	_cleanup_buf_ struct buf all = { 0 };
	const struct base *base;

	for (size_t i = 0; (base = base_at(i)); i++) {
		buf_printf(&all, "%s%s", i ? ", " : "", base->name);
		if (strcmp(base->name, node->str) != 0)
			continue;
		buf_add(&c->config, base->config, (size_t)(base->config_end - base->config));
		buf_add(&c->facts, base->facts, (size_t)(base->facts_end - base->facts));
		c->engine = base->engine;
		return buf_check(&c->config, err) < 0 ? err->code : buf_check(&c->facts, err);
	}
	return strict_error(doc, node, err, "no base \"%s\"; there are %s", node->str,
			    buf_cstr(&all));
}

/* read_file - a file beside the cases, or what stands there itself. */
static int read_file(const struct trial_dir *dir, const struct json_doc *doc,
		     const struct json *node, struct buf *ret, struct error *err)
{
	struct error why;
	int r;

	buf_reset(ret);
	if (node->type == JSON_OBJECT) {
		buf_add(ret, doc->text + node->start, node->end - node->start);
		return buf_check(ret, err);
	}
	if (node->type != JSON_STRING)
		return strict_error(doc, node, err, "%s is the name of a file, or an object",
				    node->key);
	if (strchr(node->str, '/'))
		return strict_error(doc, node, err, "%s is the name of a file beside this one",
				    node->key);
	r = file_read(dir->fd, node->str, true, FILE_CONFIG_MAX, ret, NULL, &why);
	return r < 0 ? strict_error(doc, node, err, "%s", why.text) : 0;
}

static int patch(const struct json_doc *doc, const struct json *ops, struct buf *text,
		 struct error *err)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	_cleanup_json_ struct json_doc *before = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	struct error why;
	int r = json_edits_read(doc, ops, &edits, err);

	if (r < 0)
		return r;
	r = json_parse("what is patched", buf_cstr(text), text->len, 0, &before, err);
	if (r < 0)
		return r;
	if (json_apply(before, &edits, &out, &why) < 0)
		return strict_error(doc, ops, err, "%s", why.text);
	buf_free(text);
	*text = out;
	out = (struct buf){ 0 };
	return 0;
}

static int read_engine(const struct json_doc *doc, const struct json *node, struct trial_case *c,
		       struct error *err)
{
	const char *words[ENGINE_MAX + 1] = { "unknown" };
	int r;

	for (size_t i = 1; i < ENGINE_MAX; i++)
		words[i] = engine_names()[i - 1];
	r = strict_word(doc, node, words, err);
	if (r >= 0)
		c->engine = (enum engine)r;
	return r < 0 ? r : 0;
}

/* read_on - what is asked for. */
static int read_on(const struct json_doc *doc, const struct json *node, struct trial_case *c,
		   struct error *err)
{
	static const char *const words[] = { "start", "exec", "update", "restore", "checkpoint", NULL };
	static const unsigned on[] = { ON_START, ON_EXEC, ON_UPDATE, ON_RESTORE, ON_CHECKPOINT };
	const int r = strict_word(doc, node, words, err);

	if (r < 0)
		return r;
	c->on = on[r];
	return 0;
}

static int read_words(const struct json_doc *doc, const struct json *m, struct trial_case *c,
		      struct error *err)
{
	static const char *const doors[] = { "runtime", "precreate", "hook", NULL };
	static const char *const verdicts[] = { "deny", "unjudged", "harden", "allow", NULL };
	int r;

	if (strcmp(m->key, "engine") == 0)
		return read_engine(doc, m, c, err);
	if (strcmp(m->key, "door") == 0) {
		r = strict_word(doc, m, doors, err);
		if (r >= 0)
			c->door = (enum door)r;
	} else {
		r = strict_word(doc, m, verdicts, err);
		if (r >= 0)
			c->expect = (enum verdict)r;
	}
	return r < 0 ? r : 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* read_finding - "deny host-pid". */
static int read_finding(const struct json_doc *doc, const struct json *node, char **ret,
			struct error *err)
{
	static const char *const words[] = { "deny", "unjudged", "harden", "warn", "exempt",
					     "audit" };
	enum rule_id rule;
	const char *space;
	struct error why;
	int r = strict_type(doc, node, JSON_STRING, "each entry", err);

	if (r < 0)
		return r;
	space = strchr(node->str, ' ');
	for (size_t i = 0; space && i < ARRAY_SIZE(words); i++) {
		if (strlen(words[i]) != (size_t)(space - node->str) ||
		    strncmp(words[i], node->str, (size_t)(space - node->str)) != 0)
			continue;
		if (registry_find(space + 1, &rule, &why) < 0)
			return strict_error(doc, node, err, "%s", why.text);
		return copy(ret, node->str, err);
	}
	return strict_error(doc, node, err,
			    "a finding is \"deny RULE\", or another word of unjudged, harden, warn, exempt, audit");
}

static int read_findings(const struct json_doc *doc, const struct json *node,
			 struct trial_case *c, struct error *err)
{
	size_t n = 0;
	int r = strict_type(doc, node, JSON_ARRAY, "findings", err);

	if (r < 0)
		return r;
	c->findings = calloc(node->count + 1, sizeof(*c->findings));
	if (!c->findings)
		return error_oom(err);
	for (const struct json *f = node->first; r == 0 && f; f = f->next)
		r = read_finding(doc, f, &c->findings[n++], err);
	if (r == 0)
		qsort(c->findings, n, sizeof(*c->findings), by_text);
	return r;
}

static int read_string(const struct json_doc *doc, const struct json *m, char **ret,
		       struct error *err)
{
	int r = strict_type(doc, m, JSON_STRING, m->key, err);

	return r < 0 ? r : copy(ret, m->str, err);
}

static int read_date(const struct json_doc *doc, const struct json *m, struct trial_case *c,
		     struct error *err)
{
	int r = strict_type(doc, m, JSON_STRING, "date", err);

	if (r == 0 && policy_date(m->str, &c->now) < 0)
		r = strict_error(doc, m, err, "date must be a day, such as \"2027-01-31\"");
	c->now += r == 0 && c->now == 0;	/* 0 is today */
	return r;
}

static int read_member(const struct trial_dir *dir, const struct json_doc *doc,
		       const struct json *m, struct trial_case *c, struct error *err)
{
	if (strcmp(m->key, "name") == 0)
		return read_string(doc, m, &c->name, err);
	if (strcmp(m->key, "id") == 0)
		return read_string(doc, m, &c->id, err);
	if (strcmp(m->key, "bundle") == 0)
		return read_string(doc, m, &c->bundle, err);
	if (strcmp(m->key, "labels") == 0)
		return labels_read(doc, m, &c->labels, err);
	if (strcmp(m->key, "date") == 0)
		return read_date(doc, m, c, err);
	if (strcmp(m->key, "on") == 0)
		return read_on(doc, m, c, err);
	if (strcmp(m->key, "findings") == 0)
		return read_findings(doc, m, c, err);
	if (strcmp(m->key, "facts") == 0)
		return read_file(dir, doc, m, &c->facts, err);
	if (strcmp(m->key, "engine") == 0 || strcmp(m->key, "door") == 0 ||
	    strcmp(m->key, "expect") == 0)
		return read_words(doc, m, c, err);
	return 0;	/* base, config and patches have had their turn, or will */
}

static int check_members(const struct json_doc *doc, const struct json *node, struct error *err)
{
	static const char *const names[] = { "name", "base", "config", "patch", "facts",
		"facts_patch", "on", "asks", "engine", "door", "id", "bundle", "labels", "date",
		"expect", "findings", NULL };
	int r = strict_type(doc, node, JSON_OBJECT, "each case", err);

	if (r == 0)
		r = strict_known(doc, node, names, err);
	if (r < 0)
		return r;
	if (!json_get(node, "name") || !json_get(node, "expect"))
		return strict_error(doc, node, err, "\"%s\" is missing",
				    json_get(node, "name") ? "expect" : "name");
	if (!json_get(node, "base") == !json_get(node, "config"))
		return strict_error(doc, node, err, "a case has a \"base\" or a \"config\"");
	if (json_get(node, "config") && !json_get(node, "facts"))
		return strict_error(doc, node, err,
				    "\"facts\" is missing: of a config of one's own (cofferdam facts records them)");
	return 0;
}

/* read_asked - what an exec or an update makes of the container that it is about. */
static int read_asked(const struct json_doc *doc, const struct json *node, struct trial_case *c,
		      struct error *err)
{
	const struct json *ops = json_get(node, "asks");

	if (c->on != ON_EXEC && c->on != ON_UPDATE)
		return ops ? strict_error(doc, ops, err, "asks goes with \"on\": \"exec\" or \"update\"") : 0;
	if (!ops)
		return strict_error(doc, node, err,
				    "\"asks\" is missing: a patch, what the exec or update changes");
	buf_add(&c->asked, buf_cstr(&c->config), c->config.len);
	return buf_check(&c->asked, err) < 0 ? err->code : patch(doc, ops, &c->asked, err);
}

int case_read(const struct trial_dir *dir, const struct json_doc *doc, const struct json *node,
	      struct trial_case *c, struct error *err)
{
	const struct json *base, *config, *ops;
	unsigned column;
	int r = check_members(doc, node, err);

	if (r < 0)
		return r;
	json_where(doc, node->start, &c->line, &column);
	base = json_get(node, "base");
	config = json_get(node, "config");
	if (base) {
		r = strict_type(doc, base, JSON_STRING, "base", err);
		if (r == 0)
			r = read_base(doc, base, c, err);
	} else {
		r = read_file(dir, doc, config, &c->config, err);
	}
	/* after the base, whose engine and facts these replace */
	for (const struct json *m = node->first; r == 0 && m; m = m->next)
		r = read_member(dir, doc, m, c, err);
	c->usual = base && !json_get(node, "facts");
	ops = json_get(node, "patch");
	if (r == 0 && ops)
		r = patch(doc, ops, &c->config, err);
	if (r == 0)
		r = read_asked(doc, node, c, err);
	ops = json_get(node, "facts_patch");
	return r == 0 && ops ? patch(doc, ops, &c->facts, err) : r;
}
