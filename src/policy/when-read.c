/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "when" as it is written. MUST: refuse what the caller of an engine could
 * forge under that engine, and an image's name by itself, which anybody gives
 * to a container that runs another command (docs/policy-guide.md).
 */
#include "policy-private.h"

#include <string.h>

#include <cofferdam/text.h>

#define PATTERN_MAX 1024	/* bytes */
#define STARS_MAX 8		/* fnmatch(3) tries every split at every star */

static int check_pattern(const struct json_doc *doc, const struct json *node, struct error *err)
{
	size_t stars = 0;

	for (const char *s = node->str; *s; s++)
		stars += *s == '*';
	if (node->len == 0 || node->len > PATTERN_MAX)
		return strict_error(doc, node, err, "a pattern has 1 to %d bytes", PATTERN_MAX);
	if (stars > STARS_MAX)
		return strict_error(doc, node, err, "a pattern has at most %d \"*\"", STARS_MAX);
	return 0;
}

static int add_pattern(const struct json_doc *doc, const struct json *node, char **ret,
		       struct error *err)
{
	int r = strict_type(doc, node, JSON_STRING, node->key ? node->key : "each entry", err);

	if (r == 0)
		r = check_pattern(doc, node, err);
	if (r < 0)
		return r;
	*ret = strdup(node->str);
	return *ret ? 0 : error_oom(err);
}

/* read_patterns - a string or a list of them; @ret is freed with its struct. */
static int read_patterns(const struct json_doc *doc, const struct json *node, char ***ret,
			 struct error *err)
{
	const bool list = node->type == JSON_ARRAY;
	size_t n = 0;
	int r = 0;

	if (list && node->count == 0)
		return strict_error(doc, node, err, "an empty list matches nothing");
	*ret = calloc((list ? node->count : 1) + 1, sizeof(**ret));
	if (!*ret)
		return error_oom(err);
	if (!list)
		return add_pattern(doc, node, *ret, err);
	for (const struct json *e = node->first; r == 0 && e; e = e->next)
		r = add_pattern(doc, e, &(*ret)[n++], err);
	return r;
}

static int read_engine(const struct json_doc *doc, const struct json *node, struct when *when,
		       struct error *err)
{
	const char *words[ENGINE_MAX] = { NULL };
	int r;

	for (size_t i = 0; i < ENGINE_MAX - 1; i++)
		words[i] = engine_names()[i];
	r = strict_word(doc, node, words, err);
	if (r < 0)
		return r;
	when->some_engine = when->engines[r + 1] = true;
	return 0;
}

static int read_engines(const struct json_doc *doc, const struct json *node, struct when *when,
			struct error *err)
{
	int r = 0;

	if (node->type != JSON_ARRAY)
		return read_engine(doc, node, when, err);
	if (node->count == 0)
		return strict_error(doc, node, err, "an empty list matches no engine");
	for (const struct json *e = node->first; r == 0 && e; e = e->next)
		r = read_engine(doc, e, when, err);
	return r;
}

int labels_read(const struct json_doc *doc, const struct json *node, struct labels *ret,
		struct error *err)
{
	int r = strict_type(doc, node, JSON_OBJECT, "labels", err);

	if (r < 0)
		return r;
	if (node->count == 0)
		return strict_error(doc, node, err, "labels is empty; leave it out");
	ret->v = calloc(node->count, sizeof(*ret->v));
	if (!ret->v)
		return error_oom(err);
	for (const struct json *m = node->first; m; m = m->next) {
		struct label *l = &ret->v[ret->n++];

		if (m->repeated)
			return strict_error(doc, m, err, "\"%s\" stands here a second time", m->key);
		r = add_pattern(doc, m, &l->value, err);
		if (r < 0)
			return r;
		l->name = strdup(m->key);
		if (!l->name)
			return error_oom(err);
	}
	return 0;
}

/* Two words, and no patterns: one that matches neither would only look like a rule. */
static int check_kinds(const struct json_doc *doc, const struct json *node, struct error *err)
{
	const char *words[] = { "sandbox", "container", NULL };
	int r = 0;

	if (node->type != JSON_ARRAY)
		r = strict_word(doc, node, words, err);
	for (const struct json *e = node->first; r >= 0 && e; e = e->next)
		r = strict_word(doc, e, words, err);
	return r < 0 ? r : 0;
}

/* check_form - that a pattern can match what the key is: else an entry would never be chosen. */
static int check_form(const struct json_doc *doc, const struct json *node, enum when_key key,
		      char *const *patterns, struct error *err)
{
	for (; *patterns; patterns++) {
		if (key == WHEN_BUNDLE && !strchr("/*?[\\", **patterns))
			return strict_error(doc, node, err,
					    "\"%s\" matches no bundle: each is an absolute path", *patterns);
		if (key == WHEN_IMAGE_ID && strchr(*patterns, ':'))
			return strict_error(doc, node, err,
					    "\"%s\" matches no image: an id has 64 digits, and nothing before them",
					    *patterns);
	}
	return 0;
}

static int read_members(const struct json_doc *doc, const struct json *node, struct when *when,
			struct error *err)
{
	const char *names[WHEN_MAX + 4] = { "engine", "args", "labels" };
	int r;

	for (size_t i = 0; i < WHEN_MAX; i++)
		names[i + 3] = when_key_name((enum when_key)i);
	r = strict_type(doc, node, JSON_OBJECT, "when", err);
	if (r == 0)
		r = strict_known(doc, node, names, err);
	for (const struct json *m = r == 0 ? node->first : NULL; r == 0 && m; m = m->next) {
		size_t key = 0;

		while (key < WHEN_MAX && strcmp(m->key, when_key_name((enum when_key)key)) != 0)
			key++;
		if (strcmp(m->key, "engine") == 0)
			r = read_engines(doc, m, when, err);
		else if (strcmp(m->key, "labels") == 0)
			r = labels_read(doc, m, &when->labels, err);
		else if (key == WHEN_KIND && check_kinds(doc, m, err) < 0)
			r = err->code;
		else if (strcmp(m->key, "args") != 0)
			r = read_patterns(doc, m, &when->keys[key], err) < 0 ? err->code :
			    check_form(doc, m, (enum when_key)key, when->keys[key], err);
		else if (m->type != JSON_ARRAY)
			r = strict_error(doc, m, err, "args is the list of all arguments");
		else
			r = read_patterns(doc, m, &when->args, err);
	}
	return r;
}

/* check_key - that each engine which is meant writes @key itself. */
static int check_key(const struct json_doc *doc, const struct json *node,
		     const struct when *when, enum when_key key, struct error *err)
{
	const char *name = when_key_name(key);
	const struct json *m = json_get(node, name);

	if (!when->some_engine)
		return strict_error(doc, m, err,
				    "%s needs \"engine\": without it nobody knows who wrote the %s",
				    name, name);
	for (size_t e = 0; e < ENGINE_MAX; e++) {
		if (when->engines[e] && !when_trusts((enum engine)e, key))
			return strict_error(doc, m, err,
					    "under %s whoever starts a container could choose its %s, so it tells nothing apart",
					    engine_name((enum engine)e), name);
	}
	return 0;
}

static int check_trusted(const struct json_doc *doc, const struct json *node,
			 const struct when *when, struct error *err)
{
	const struct json *image = json_get(node, "image"), *args = json_get(node, "args");
	int r = 0;

	for (size_t i = 0; r == 0 && i < WHEN_MAX; i++) {
		if (when->keys[i])
			r = check_key(doc, node, when, (enum when_key)i, err);
	}
	if (r < 0 || when_tells(when, WHEN_NAMESPACE) || when_tells(when, WHEN_IMAGE_ID) ||
	    when_tells(when, WHEN_ID))
		return r;
	if (image)
		return strict_error(doc, image, err,
				    "an image's name alone tells nothing apart: anybody can start it with another command; add \"namespace\", \"image_id\" or \"id\"");
	if (args)
		return strict_error(doc, args, err,
				    "arguments alone tell nothing apart: anybody can write them; add \"namespace\", \"image_id\" or \"id\"");
	return 0;
}

int when_read(const struct json_doc *doc, const struct json *node, struct when *ret,
	      struct error *err)
{
	int r = read_members(doc, node, ret, err);

	if (r == 0 && node->count == 0)
		return strict_error(doc, node, err,
				    "an empty \"when\" matches nothing; leave it out to match all");
	return r < 0 ? r : check_trusted(doc, node, ret, err);
}
